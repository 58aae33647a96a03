"""A ballot from opening to closing: what is counted, what is refused, and that nothing of it is left behind."""

import pytest

from logbook.ballots import actions, erasing, queries
from logbook.ballots.actions import Judgement
from logbook.ballots.models import BallotCode, Sheet, VoterClass
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.review import actions as meetings
from logbook.review.models import Report
from tests import factories

AT = factories.AT
YEAR = AT.year


@pytest.fixture
def held(app):
    """A meeting of three secretaries with an open ballot of both sheets: (meeting id, class ids, report ids)."""
    clerk = factories.actor(factories.office())
    for name in ("森林党支部", "环湖党支部", "码头党支部"):
        factories.term(factories.branch(name), factories.person())
    meeting = meetings.create_meeting(YEAR, by=clerk, at=AT)
    actions.open_ballot(meeting, Sheet.BOTH, by=clerk, at=AT)
    db.session.commit()
    found = queries.ballot(meeting.id)
    for one in found.classes:
        actions.hand_out(one.id, 2)
    db.session.commit()
    return meeting.id, {one.voters: one.id for one in found.classes}, [one.id for one in db.session.query(Report)]


def judged(reports, *grades):
    return [Judgement(report, 0, grade) for report, grade in zip(reports, grades, strict=True)]


def closed(meeting_id):
    ballot = actions.close(meeting_id, at=AT)
    db.session.commit()
    assert erasing.erase()
    actions.note_erased(meeting_id, at=AT)
    db.session.commit()
    return queries.counts(ballot.id)


def test_a_cast_ballot_is_counted_once_and_its_code_is_gone(held):
    meeting, classes, reports = held
    first, second = actions.make_codes(classes[VoterClass.MEMBERS], 2)
    actions.cast(first.lower().replace("-", " "), judged(reports, "good", "poor", "blank"))
    with pytest.raises(RuleBroken, match="已经投过"):
        actions.cast(first, judged(reports, "good", "good", "good"))
    actions.cast(second, judged(reports, "good", "invalid", "good"))
    found = closed(meeting)
    assert [found["a", report, 0] for report in reports] == [
        {"good": 2}, {"poor": 1, "invalid": 1}, {"blank": 1, "good": 1},
    ]  # fmt: skip
    assert db.session.query(BallotCode).count() == 0


def test_nothing_of_a_result_is_there_before_the_ballot_is_closed_and_erased(held):
    meeting, classes, reports = held
    (code,) = actions.make_codes(classes[VoterClass.MEMBERS], 1)
    actions.cast(code, judged(reports, "good", "good", "good"))
    assert queries.counts(queries.ballot(meeting).id) == {}
    ballot = actions.close(meeting, at=AT)
    assert queries.counts(ballot.id) == {}


def test_after_closing_no_code_casts_and_nothing_is_typed_in(held):
    meeting, classes, reports = held
    (code,) = actions.make_codes(classes[VoterClass.MASSES], 1)
    db.session.commit()
    closed(meeting)
    with pytest.raises(RuleBroken):
        actions.cast(code, judged(reports, "good", "good", "good"))
    with pytest.raises(NotThere):
        actions.type_in(classes[VoterClass.MASSES], "first", judged(reports, "good", "good", "good"))


def test_paper_is_typed_twice_and_a_difference_stops_the_closing(held):
    meeting, classes, reports = held
    members = classes[VoterClass.MEMBERS]
    actions.type_in(members, "first", judged(reports, "good", "good", "poor"))
    actions.type_in(members, "second", judged(reports, "good", "poor", "poor"))
    db.session.commit()
    with pytest.raises(RuleBroken, match="不一致"):
        actions.close(meeting, at=AT)
    apart = queries.typed_apart(queries.ballot(meeting).id)
    assert {(row[1], row[3]) for row in apart} == {(reports[1], "good"), (reports[1], "poor")}
    actions.type_again(members, "second")
    actions.type_in(members, "second", judged(reports, "good", "good", "poor"))
    db.session.commit()
    assert closed(meeting)["a", reports[1], 0] == {"good": 1}


def test_more_ballots_than_were_handed_out_are_void_and_may_be_held_again(held):
    meeting, classes, reports = held
    actions.hand_out(classes[VoterClass.MEMBERS], 1)
    for code in actions.make_codes(classes[VoterClass.MEMBERS], 2):
        actions.cast(code, judged(reports, "good", "good", "good"))
    db.session.commit()
    closed(meeting)
    assert actions.is_void(queries.ballot(meeting))
    again = actions.open_ballot(
        db.session.get(meetings.Meeting, meeting), Sheet.GRADES, by=factories.actor(factories.office()), at=AT
    )
    db.session.commit()
    assert queries.ballot(meeting).id == again.id


def test_a_cell_that_is_not_on_the_ballot_casts_nothing(held):
    _meeting, classes, reports = held
    (code,) = actions.make_codes(classes[VoterClass.MEMBERS], 1)
    db.session.commit()
    with pytest.raises(NotThere):
        actions.cast(code, [Judgement(reports[0], 1, "16")])
    db.session.rollback()
    assert queries.class_of_code(actions.digest_of(code)) == classes[VoterClass.MEMBERS]
