"""A ballot from opening to closing: what is counted, what is refused, and that nothing of it is left behind."""

import pytest

from logbook.ballots import actions, box, closing, erasing, forms, opening, queries, sheets
from logbook.ballots.actions import Judgement
from logbook.ballots.models import Ballot, BallotClass, BallotCode, Count, Sheet, VoterClass
from logbook.ballots.opening import NewBallot, Numbers
from logbook.ballots.sheets import Typed
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.review import actions as meetings
from logbook.review.models import Meeting, Report
from tests import factories
from tests.ballots.holding import WITNESS, close_in_domain, open_in_domain

AT = factories.AT
YEAR = AT.year


@pytest.fixture
def clerk(app):
    clerk = factories.actor(factories.office())
    for name in ("森林党支部", "环湖党支部", "码头党支部"):
        factories.term(factories.branch(name), factories.person())
    meetings.create_meeting(YEAR, by=clerk, at=AT)
    db.session.commit()
    return clerk


@pytest.fixture
def held(clerk):
    """An open ballot of both sheets, two codes and a sheet in each class: (meeting id, class ids, report ids)."""
    meeting = db.session.query(Meeting).one()
    numbers = dict.fromkeys(("a", "b", "c"), Numbers(sheets=1, codes=2))
    classes = open_in_domain(meeting, clerk, Sheet.BOTH, numbers)
    return meeting.id, classes, [one.id for one in db.session.query(Report)]


def judged(reports, *grades):
    return [Judgement(report, 0, grade) for report, grade in zip(reports, grades, strict=True)]


def codes(class_id):
    made = actions.make_codes(class_id, forms.digest_of)
    db.session.commit()
    return made


def cast(code, judgements):
    actions.cast(forms.digest_of(code), judgements)
    db.session.commit()


def test_a_cast_ballot_is_counted_once_and_its_code_is_gone(held):
    meeting, classes, reports = held
    first, second = codes(classes["a"])
    cast(first.lower().replace("-", " "), judged(reports, "good", "poor", "blank"))
    with pytest.raises(RuleBroken, match="已使用"):
        cast(first, judged(reports, "good", "good", "good"))
    cast(second, judged(reports, "good", "invalid", "good"))
    found = close_in_domain(meeting)
    assert [found["a", report, 0] for report in reports] == [
        {"good": 2}, {"poor": 1, "invalid": 1}, {"blank": 1, "good": 1},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "typed", ["ＡＰＹＡ－２３４５－ＱＲＳＴ", "apya—2345—qrst", "APYA\u200b–2345−QRST", "  ＡＰＹＡ2345‑QRST　"]
)
def test_a_code_is_read_however_a_keyboard_typed_it(app, typed):
    assert forms.digest_of(typed) == forms.digest_of("APYA-2345-QRST")


def test_nothing_of_a_result_is_there_before_the_ballot_is_closed_and_erased(held):
    meeting, classes, reports = held
    cast(codes(classes["a"])[0], judged(reports, "good", "good", "good"))
    ballot = queries.ballot(meeting)
    assert queries.counts(ballot.id) == {}
    assert db.session.query(Count).count() == 0
    closing.close(ballot, at=AT)
    assert queries.counts(ballot.id) == {}


def test_after_closing_no_code_casts_nothing_is_typed_in_and_the_box_is_gone(held):
    meeting, classes, reports = held
    (code, _other), ballot = codes(classes["c"]), queries.ballot(meeting)
    close_in_domain(meeting)
    assert box.read(ballot.id) is None
    with pytest.raises(RuleBroken):
        cast(code, judged(reports, "good", "good", "good"))
    with pytest.raises(NotThere):
        sheets.type_in(classes["c"], "first", Typed(0, [judged(reports, "good", "good", "good")]), by="甲")


def test_codes_are_made_once_as_many_as_were_confirmed(held):
    meeting, classes, _reports = held
    assert len(codes(classes["a"])) == 2
    with pytest.raises(RuleBroken, match="没有可以打印的测评码"):
        codes(classes["a"])
    assert [one.codes for one in queries.ballot(meeting).classes] == [2, 2, 2]


def test_before_the_witness_confirmed_nothing_is_made_or_counted(clerk):
    meeting = db.session.query(Meeting).one()
    opening.open_ballot(meeting, NewBallot(Sheet.GRADES, clerk.person_id, None, WITNESS), by=clerk, at=AT)
    db.session.expire_all()
    ballot = queries.ballot(meeting.id)
    opening.set_numbers(ballot, {one.id: Numbers(codes=3, sheets=3) for one in ballot.classes})
    with pytest.raises(RuleBroken):
        actions.make_codes(ballot.classes[0].id, forms.digest_of)
    with pytest.raises(RuleBroken, match="先核对"):
        sheets.count_paper(ballot.classes[0].id, 3)
    with pytest.raises(RuleBroken, match="刚有改动"):
        opening.confirm(ballot, "what was shown before", at=AT)


def test_due_and_present_are_as_many_as_are_handed_out_unless_said(clerk, held):
    meeting, _classes, _reports = held
    one = queries.ballot(meeting).classes[0]
    assert (one.due, one.present, one.printed, one.sheets, one.codes, one.handed_out) == (3, 3, 1, 1, 2, 3)


@pytest.mark.parametrize("bad", [{"present": 2}, {"due": 2}, {"printed": 0}, {"due": 2001, "present": 2001}])
def test_numbers_that_cannot_be_are_refused(clerk, bad):
    meeting = db.session.query(Meeting).one()
    opening.open_ballot(meeting, NewBallot(Sheet.GRADES, clerk.person_id, None, WITNESS), by=clerk, at=AT)
    db.session.expire_all()
    ballot = queries.ballot(meeting.id)
    with pytest.raises(RuleBroken, match="发出不多于实到"):
        opening.set_numbers(ballot, {ballot.classes[0].id: Numbers(**{"sheets": 1, "codes": 2} | bad)})


def test_more_paper_than_was_handed_out_is_void_and_held_again(clerk, held):
    meeting, classes, reports = held
    sheets.count_paper(classes["a"], 2)
    for typing in ("first", "second"):
        sheets.type_in(classes["a"], typing, Typed(0, [judged(reports, "good", "good", "good")] * 2), by="甲")
    db.session.commit()
    close_in_domain(meeting)
    assert actions.is_void(queries.ballot(meeting))
    again = opening.open_ballot(
        db.session.get(Meeting, meeting), NewBallot(Sheet.GRADES, clerk.person_id, None, WITNESS), by=clerk, at=AT
    )
    db.session.commit()
    assert [one.id for one in queries.ballots(meeting)] == [again.id, again.id - 1]


def test_a_cell_that_is_not_on_the_ballot_casts_nothing(held):
    _meeting, classes, reports = held
    code, _other = codes(classes["a"])
    for bad in (Judgement(reports[0], 1, "16"), Judgement(999, 0, "good"), Judgement(reports[0], 9, "good")):
        with pytest.raises(NotThere):
            cast(code, [bad])
        db.session.rollback()
    assert actions.class_of_code(forms.digest_of(code))[1].id == classes["a"]


def test_a_ballot_on_which_nothing_is_valid_is_counted_as_invalid(held):
    meeting, classes, reports = held
    first, second = codes(classes["a"])
    cast(first, judged(reports, "invalid", "invalid", "blank"))
    cast(second, judged(reports, "blank", "blank", "blank"))
    close_in_domain(meeting)
    assert queries.ballot(meeting).classes[0].spoiled == 1


# --- bundles of paper -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sheets", "sizes"),
    [(0, []), (1, [1]), (4, [4]), (9, [9]), (10, [10]), (14, [14]), (15, [10, 5]), (24, [10, 14]), (30, [10, 10, 10])],
)
def test_sheets_are_put_into_bundles_of_which_none_is_small_that_need_not_be(sheets, sizes):
    assert box.sizes(sheets) == sizes


def type_all(class_id, typing, ballots):
    at = 0
    for number, size in enumerate(box.sizes(len(ballots))):
        sheets.type_in(class_id, typing, Typed(number, ballots[at : at + size]), by=typing)
        at += size
    db.session.commit()


@pytest.fixture
def thick(clerk):
    """Twenty sheets of a class that came back."""
    meeting = db.session.query(Meeting).one()
    classes = open_in_domain(meeting, clerk, Sheet.GRADES, {"c": Numbers(sheets=20)})
    sheets.count_paper(classes["c"], 20)
    db.session.commit()
    return queries.ballot(meeting.id), classes["c"], [one.id for one in db.session.query(Report)]


def test_nothing_of_a_typing_shows_before_both_are_finished(thick):
    ballot, class_id, reports = thick
    good = judged(reports, "good", "good", "good")
    type_all(class_id, "first", [good] * 20)
    assert sheets.differences(actions.the_box(ballot)[class_id]) == []
    sheets.type_in(class_id, "second", Typed(0, [judged(reports, "poor", "good", "good"), *[good] * 9]), by="乙")
    assert sheets.differences(actions.the_box(ballot)[class_id]) == []
    sheets.type_in(class_id, "second", Typed(1, [good] * 10), by="乙")
    (number, apart), *others = sheets.differences(actions.the_box(ballot)[class_id])
    assert (number, others) == (0, [])
    assert apart == [(str(reports[0]), "0")]


def test_only_a_bundle_that_differs_is_typed_again_and_no_bundle_is_kept_that_agrees(thick):
    ballot, class_id, reports = thick
    good, bad = judged(reports, "good", "good", "good"), judged(reports, "good", "poor", "good")
    type_all(class_id, "first", [good] * 20)
    type_all(class_id, "second", [good] * 19 + [bad])
    mine = actions.the_box(ballot)[class_id]
    assert (mine.bundles[0].agreed, mine.bundles[0].first, mine.paper.n) == (True, None, 10)
    with pytest.raises(RuleBroken):
        sheets.type_again(class_id, "second", 0, turn=mine.turn)
    with pytest.raises(RuleBroken, match="不一致"):
        closing.close(ballot, at=AT)
    sheets.type_again(class_id, "second", 1, turn=actions.the_box(ballot)[class_id].turn)
    sheets.type_in(class_id, "second", Typed(1, [good] * 10), by="乙")
    db.session.commit()
    assert close_in_domain(ballot.meeting_id)["c", reports[1], 0] == {"good": 20}


def test_a_bundle_sent_twice_is_one_and_another_in_its_place_is_refused(thick):
    ballot, class_id, reports = thick
    good = [judged(reports, "good", "good", "good")] * 10
    for _once_more in range(2):
        sheets.type_in(class_id, "first", Typed(0, good), by="甲")
    assert actions.the_box(ballot)[class_id].bundles[0].first.n == 10
    with pytest.raises(RuleBroken, match="已经录过"):
        sheets.type_in(class_id, "first", Typed(0, [judged(reports, "poor", "good", "good"), *good[1:]]), by="甲")
    with pytest.raises(NotThere):
        sheets.type_in(class_id, "first", Typed(1, good[:3]), by="甲")


def test_miscounted_sheets_are_counted_and_typed_in_anew(thick):
    ballot, class_id, reports = thick
    type_all(class_id, "first", [judged(reports, "good", "good", "good")] * 20)
    with pytest.raises(RuleBroken, match="先清空"):
        sheets.count_paper(class_id, 19)
    sheets.begin_paper_again(class_id, turn=actions.the_box(ballot)[class_id].turn)
    sheets.count_paper(class_id, 19)
    mine = actions.the_box(ballot)[class_id]
    assert [one.size for one in mine.bundles] == [10, 9]
    assert mine.typists == {"first": [], "second": []}


# --- what an earlier version left ---------------------------------------------------------------------


def left_open(second):
    """A ballot that an earlier version opened: codes in a table, sums in the counters, no witness."""
    ballot = Ballot(meeting_id=1, sheet=Sheet.GRADES, items="[]", opened_at=AT, opened_by_id=1)
    db.session.add(ballot)
    db.session.flush()
    voters = BallotClass(ballot_id=ballot.id, voters=VoterClass.MEMBERS, handed_out=6, cast=5, first=1, second=second)
    db.session.add(voters)
    db.session.flush()
    report = db.session.query(Report).first().id
    counted = {"class_id": voters.id, "report_id": report, "item": 0, "value": "good", "cast": 5, "first": 1}
    db.session.add(Count(**counted, second=second))
    db.session.add(BallotCode(digest="0" * 64, class_id=voters.id))
    db.session.commit()
    return queries.ballot(1), report


def test_a_ballot_left_open_by_an_earlier_version_is_closed_as_it_was(clerk):
    _ballot, report = left_open(second=1)
    assert close_in_domain(1) == {("a", report, 0): {"good": 6}}
    assert db.session.query(BallotCode).count() == 0
    assert not actions.is_void(queries.ballot(1))


def test_one_whose_typings_differ_is_void(clerk):
    ballot, _report = left_open(second=0)
    with pytest.raises(RuleBroken, match="只能作废"):
        closing.close(ballot, at=AT)
    closing.close(ballot, at=AT, void_reason="升级以前开始")
    db.session.commit()
    assert erasing.erase(ballot)
    assert actions.is_void(queries.ballot(1))
