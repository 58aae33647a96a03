"""Drafts never contradict or repeat themselves, whatever a branch's ledger and its 点评人 say."""

import datetime as dt
import re
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from logbook.comments import drafting, matters
from logbook.comments.models import Part
from logbook.problems.models import Answer, Side, State
from logbook.review.models import Stance

TODAY = dt.date(2026, 12, 1)
SAID = (
    "主题党日形式比较单一",
    "活动室漏水",
    "新职工不清楚支部活动安排",
    "第一党小组会议记录简单",
    "第二党小组会议记录简单",
)


def row(i=1, text="主题党日形式比较单一", side=Side.BRANCH, state=State.OPEN, **values):
    values = {"due_on": TODAY - dt.timedelta(days=9), "dropped": False, "answer": None, "result": ""} | values
    return SimpleNamespace(
        id=i, text=text, side=side, state=state, taken_up_as="", source_label=f"2026-{i}/1", **values
    )


def record(i, text, stance=Stance.GOOD):
    return SimpleNamespace(id=i, observation=text, number=f"2026-{i}", version=1, counts=True), stance


def texts(*drafts):
    return [(one.part, one.text) for one in drafts]


@st.composite
def worded(draw):
    """One of a few matters as people type it: blanks, full stops, a word more or less, full width."""
    text = draw(st.sampled_from(SAID))
    text = draw(
        st.sampled_from([text, f"{text}。", f" {text}；", text.replace("比较", ""), f"存在{text}的问题", f"“{text}”"])
    )
    return draw(st.sampled_from([text, text.replace("的", "的 "), text.replace("，", ",")]))


rows = st.lists(st.builds(
    lambda text, side, state, late, dropped, answer: (text, side, state, late, dropped, answer),
    worded(), st.sampled_from(Side), st.sampled_from(State), st.booleans(), st.booleans(),
    st.sampled_from([None, *Answer]),
), max_size=8)  # fmt: skip
observed = st.lists(st.tuples(worded(), st.sampled_from(Stance)), max_size=4)


@settings(max_examples=400, deadline=None)
@given(rows, rows, observed)
def test_no_matter_is_praised_and_blamed_and_none_said_twice(asked, others, said):
    made = [
        row(i, text, side, state, dropped=dropped, answer=answer, due_on=TODAY + dt.timedelta(days=-9 if late else 9))
        for i, (text, side, state, late, dropped, answer) in enumerate([*asked, *others], 1)
    ]
    records = [record(i, text, stance) for i, (text, stance) in enumerate(said, 100)]
    drafts = list(drafting.drafted(made[: len(asked)], made[len(asked) :], records, TODAY))
    for i, one in enumerate(drafts):
        for other in drafts[i + 1 :]:
            assert not matters.is_same(one.about, other.about), (one.text, other.text)
    still = [one.text for one in made if one.state is not State.DONE and not one.dropped]
    praised = [one.about for one in drafts if one.part is Part.PRAISE]
    assert not any(matters.is_same(about, text) for about in praised for text in still)
    for one in drafts:  # as it is read, too
        assert len(re.findall(r"尚未办结|仍在办理|部分解决|已整改", one.text)) <= 1


def test_a_matter_that_stands_open_is_not_praised():
    mended = row(1, "主题党日形式单一。", state=State.DONE)
    (only,) = drafting.drafted([], [mended, row(2)], [], TODAY)
    assert only.part is Part.SHORTCOMING
    assert only.source.id == 2
    in_time = row(2, due_on=TODAY + dt.timedelta(days=3))
    assert not list(drafting.drafted([], [mended, in_time], [], TODAY))
    long_term = row(2, state=State.LONG_TERM, side=Side.BUREAU)
    assert not list(drafting.drafted([], [mended, long_term], [], TODAY))


def test_what_was_not_accepted_is_no_praise():
    for answer in (Answer.NOT, Answer.PARTLY):
        assert not list(drafting.drafted([], [row(state=State.DONE, answer=answer)], [], TODAY))
    (praise,) = drafting.drafted([], [row(state=State.DONE, answer=Answer.SOLVED)], [], TODAY)
    assert praise.text == "“主题党日形式比较单一”的问题已整改。"


def test_the_same_matter_is_said_once_as_last_years_item():
    asked, again = row(1, due_on=dt.date(2026, 6, 30)), row(2, "主题党日形式单一", due_on=dt.date(2026, 3, 1))
    found = texts(*drafting.drafted([asked], [again], [], TODAY))
    assert found == [(Part.SHORTCOMING, "上年整改事项“主题党日形式比较单一”，原定2026年6月30日前完成，目前尚未办结。")]


def test_an_extract_does_not_repeat_or_contradict_the_ledger():
    said = [
        record(7, "主题党日形式比较单一。", Stance.GOOD),
        record(8, "台账齐全", Stance.GOOD),
        record(9, "台账齐全。"),
    ]
    found = texts(*drafting.drafted([], [row()], said, TODAY))
    assert [part for part, _text in found] == [Part.SHORTCOMING, Part.PRAISE]
    assert found[1][1] == "台账齐全。"
    both = [record(7, "台账齐全", Stance.GOOD), record(8, "台账齐全", Stance.WANTING)]
    assert texts(*drafting.drafted([], [], both, TODAY)) == [(Part.SHORTCOMING, "台账齐全。")]


def test_what_only_looks_alike_is_two_matters():
    for one, other in (
        ("第一党小组会议记录简单", "第二党小组会议记录简单"), ("东码头遮阳棚破损", "西码头遮阳棚破损"),
        ("2025年党费没有收齐", "2026年党费没有收齐"), ("学习记录不全", "会议记录不全"), ("不全", "记录不全"),
    ):  # fmt: skip
        assert not matters.is_same(one, other), (one, other)
    for one, other in (
        ("主题党日形式单一", "主题党日形式比较单一。"), ("活动室漏水", "活动室  漏水；"),
        ("存在活动室漏水的问题", "活动室漏水"),
        ("ＡＢ区路灯不亮", "AB区路灯不亮"),
    ):  # fmt: skip
        assert matters.is_same(one, other), (one, other)
