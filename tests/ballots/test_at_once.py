"""Many vote while the ballot is being closed: who was told that they voted is counted, and nobody else."""

import threading
import time

import pytest

from logbook.ballots import actions, erasing, queries
from logbook.ballots.actions import Judgement
from logbook.ballots.models import Sheet, VoterClass
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.review import actions as meetings
from logbook.review.models import Report
from tests import factories

AT = factories.AT
VOTERS = 40


@pytest.fixture
def opened(app):
    clerk = factories.actor(factories.office())
    for name in ("森林党支部", "环湖党支部"):
        factories.term(factories.branch(name), factories.person())
    meeting = meetings.create_meeting(AT.year, by=clerk, at=AT)
    actions.open_ballot(meeting, Sheet.GRADES, by=clerk, at=AT)
    db.session.expire_all()
    (members, *_others) = sorted(queries.ballot(meeting.id).classes, key=lambda one: one.voters.value)
    actions.hand_out(members.id, VOTERS)
    codes = actions.make_codes(members.id, VOTERS)
    reports = [one.id for one in db.session.query(Report)]
    db.session.commit()
    return meeting.id, members.id, codes, reports


def test_who_was_told_that_they_voted_is_counted(app, opened):
    meeting, _class_id, codes, reports = opened
    told, some_voted = [], threading.Event()

    def vote(mine):
        for code in mine:
            body = {"code": code} | {f"c{one}_0": "good" for one in reports}
            answer = app.test_client().post("/vote/cast", data=body)
            assert answer.status_code in {303, 422}
            told.append(answer.status_code == 303)
            if len(told) > VOTERS // 4:
                some_voted.set()

    voters = [threading.Thread(target=vote, args=(codes[n::8],)) for n in range(8)]
    for voter in voters:
        voter.start()
    assert some_voted.wait(60)
    ballot = actions.close(meeting, at=AT)
    db.session.commit()
    for voter in voters:
        voter.join()
    assert len(told) == VOTERS
    assert erasing.erase()
    actions.note_erased(meeting, at=AT)
    db.session.commit()
    counts = queries.counts(ballot.id)
    assert [counts[VoterClass.MEMBERS.value, one, 0] for one in reports] == [{"good": sum(told)}] * 2


def test_a_vote_on_its_way_is_waited_for(app, opened):
    meeting, _class_id, codes, reports = opened
    on_its_way = threading.Event()

    def vote():
        with app.app_context():
            actions.cast(codes[0], [Judgement(one, 0, "good") for one in reports])
            on_its_way.set()
            time.sleep(0.5)
            db.session.commit()

    voter = threading.Thread(target=vote)
    voter.start()
    assert on_its_way.wait(60)
    ballot = actions.close(meeting, at=AT)
    db.session.commit()
    voter.join()
    assert erasing.erase()
    actions.note_erased(meeting, at=AT)
    db.session.commit()
    assert queries.counts(ballot.id)[VoterClass.MEMBERS.value, reports[0], 0] == {"good": 1}


def test_one_code_sent_by_many_at_once_casts_one_ballot(app, opened):
    _meeting, class_id, codes, reports = opened
    body = {"code": codes[0]} | {f"c{one}_0": "poor" for one in reports}
    answers = []
    voters = [
        threading.Thread(target=lambda: answers.append(app.test_client().post("/vote/cast", data=body).status_code))
        for _n in range(8)
    ]
    for voter in voters:
        voter.start()
    for voter in voters:
        voter.join()
    assert sorted(answers) == [303] + [422] * 7
    db.session.expire_all()
    assert queries.ballot_of(class_id)[1].cast == 1


def test_what_is_typed_in_after_closing_is_refused(opened):
    meeting, class_id, _codes, reports = opened
    actions.close(meeting, at=AT)
    db.session.commit()
    with pytest.raises(NotThere):
        actions.type_in(class_id, "first", [Judgement(reports[0], 0, "good")])
    db.session.rollback()
    with pytest.raises(NotThere):
        actions.type_again(class_id, "first")
    db.session.rollback()
    with pytest.raises(NotThere):
        actions.close(meeting, at=AT)
    db.session.rollback()
    with pytest.raises(RuleBroken):
        actions.cast(_codes[0], [])
    assert queries.ballot_of(class_id)[1].first == 0
