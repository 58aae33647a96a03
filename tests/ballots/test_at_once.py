"""Many vote while the ballot is being closed: who was told that they voted is counted, and nobody else."""

import threading
import time

import pytest

from logbook.ballots import actions, closing, forms, queries, sheets
from logbook.ballots.actions import Judgement
from logbook.ballots.models import Sheet, VoterClass
from logbook.ballots.opening import Numbers
from logbook.ballots.sheets import Typed
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.review import actions as meetings
from logbook.review.models import Report
from tests import factories
from tests.ballots.holding import close_in_domain, open_in_domain

AT = factories.AT
VOTERS = 40


@pytest.fixture
def opened(app):
    clerk = factories.actor(factories.office())
    for name in ("森林党支部", "环湖党支部"):
        factories.term(factories.branch(name), factories.person())
    meeting = meetings.create_meeting(AT.year, by=clerk, at=AT)
    members = open_in_domain(meeting, clerk, Sheet.GRADES, {"a": Numbers(codes=VOTERS)})["a"]
    codes = actions.make_codes(members, forms.digest_of)
    reports = [one.id for one in db.session.query(Report)]
    db.session.commit()
    return meeting.id, members, codes, reports


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
    counts = close_in_domain(meeting)
    for voter in voters:
        voter.join()
    assert len(told) == VOTERS
    assert [counts[VoterClass.MEMBERS.value, one, 0] for one in reports] == [{"good": sum(told)}] * 2


def test_a_vote_on_its_way_is_waited_for(app, opened):
    meeting, _class_id, codes, reports = opened
    on_its_way = threading.Event()

    def vote():
        with app.app_context():
            actions.cast(forms.digest_of(codes[0]), [Judgement(one, 0, "good") for one in reports])
            on_its_way.set()
            time.sleep(0.5)
            db.session.commit()

    voter = threading.Thread(target=vote)
    voter.start()
    assert on_its_way.wait(60)
    counts = close_in_domain(meeting)
    voter.join()
    assert counts[VoterClass.MEMBERS.value, reports[0], 0] == {"good": 1}


def test_one_code_sent_by_many_at_once_casts_one_ballot(app, opened):
    meeting, class_id, codes, reports = opened
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
    assert actions.the_box(queries.ballot(meeting))[class_id].cast.n == 1


def test_what_is_typed_in_after_closing_is_refused(opened):
    meeting, class_id, codes, reports = opened
    ballot = queries.ballot(meeting)
    closing.close(ballot, at=AT)
    db.session.commit()
    for late in (
        lambda: sheets.type_in(class_id, "first", Typed(0, [[Judgement(reports[0], 0, "good")]]), by="甲"),
        lambda: sheets.type_again(class_id, "first", 0, turn=1),
        lambda: sheets.count_paper(class_id, 3),
        lambda: actions.make_codes(class_id, forms.digest_of),
        lambda: closing.close(queries.ballot(meeting), at=AT),
    ):
        with pytest.raises(NotThere):
            late()
        db.session.rollback()
    with pytest.raises(RuleBroken):
        actions.cast(forms.digest_of(codes[0]), [])
