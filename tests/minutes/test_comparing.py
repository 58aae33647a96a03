"""What changed between two texts: what is said of it, done to the old one, gives the new one."""

import time

from hypothesis import given
from hypothesis import strategies as st

from logbook.minutes.comparing import compared, paragraphs

# Few letters, so that paragraphs repeat, resemble one another and share their ends.
TEXTS = st.lists(st.text("甲乙丙，。", max_size=9), max_size=9).map("\n".join)


def said(pieces):
    return "".join(one.text for one in pieces)


def in_words(changes):
    verbs = {"=": "改为", "+": "增加", "-": "删去"}
    return [(verbs[one.mark], one.n, said(one.after or one.before)) for one in changes]


def carried_out(before, changes):
    """The old paragraphs with every change done to them as it is described."""
    kept = dict(enumerate(paragraphs(before), 1))
    for one in changes:
        if one.mark != "+":
            assert kept.pop(one.n) == said(one.before)
        if one.mark == "=":
            kept[one.n] = said(one.after)
    found = [kept[n] for n in sorted(kept)]
    for one in changes:
        if one.mark == "+":
            found.insert(one.n - 1, said(one.after))
    return found


@given(TEXTS, TEXTS)
def test_the_changes_done_to_the_old_text_give_the_new_one(before, after):
    assert carried_out(before, compared(before, after)) == paragraphs(after)


@given(TEXTS, TEXTS)
def test_nothing_is_named_that_stayed_and_every_change_once(before, after):
    changes = compared(before, after)
    assert all(said(one.before) != said(one.after) for one in changes)
    assert bool(changes) == (paragraphs(before) != paragraphs(after))
    old = [one.n for one in changes if one.mark != "+"]
    new = [one.n for one in changes if one.mark == "+"]
    assert (old, new) == (sorted(set(old)), sorted(set(new)))


@given(TEXTS)
def test_empty_lines_and_outer_space_are_no_change(text):
    assert compared(text, "\n\n" + text.replace("\n", " \n\n") + "\n") == []


def test_each_kind_of_change_is_named_by_its_paragraph():
    before = "时间：（待填）\n地点：三楼\n主持人：（待填）\n旁听席另设。"
    after = "时间：（待填）\n主持人：王珺\n三、民主测评\n发出10份。"
    assert in_words(compared(before, after)) == [
        ("删去", 2, "地点：三楼"), ("改为", 3, "主持人：王珺"), ("删去", 4, "旁听席另设。"),
        ("增加", 3, "三、民主测评"), ("增加", 4, "发出10份。"),
    ]  # fmt: skip


def test_a_paragraph_put_in_before_a_changed_one_is_not_taken_for_it():
    before = "会上，书记们依次述职，组织部门到会。"
    after = "会前发放了材料。\n会上，八位书记依次述职，组织部门到会。"
    assert in_words(compared(before, after)) == [
        ("增加", 1, "会前发放了材料。"), ("改为", 1, "会上，八位书记依次述职，组织部门到会。"),
    ]  # fmt: skip


def test_inside_a_paragraph_only_what_changed_is_marked():
    (change,) = compared("发出测评表20份，收回19份，有效19份。", "发出测评表20份，收回18份，有效18份。")
    assert [(one.mark, one.text) for one in change.pieces if one.mark != "="] == [
        ("-", "9"), ("+", "8"), ("-", "9"), ("+", "8"),
    ]  # fmt: skip


def test_a_text_however_ugly_is_compared_while_one_waits():
    ugly = [
        ("甲" * 20_000, "甲" * 19_999 + "乙"),
        ("甲，" * 9_000, "乙，甲，" * 4_500),
        ("甲\n乙\n" * 4_500, "乙\n" * 9_000),
    ]
    ugly += [("\n".join(f"{n % 97}" for n in range(7_000)), "\n".join(f"{n * 31 % 97}" for n in range(7_000)))]
    began = time.process_time()  # not the clock: others may keep the machine busy
    for before, after in ugly:
        assert carried_out(before, compared(before, after)) == paragraphs(after)
    assert time.process_time() - began < 10
