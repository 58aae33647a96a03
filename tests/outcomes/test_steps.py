"""Steps out of their order are told where they are taken, and want a tick; and papers made of them tell it beside."""

import datetime as dt
import re

import pytest

from logbook.ballots.models import Ballot
from logbook.comments.models import Part
from logbook.db import db
from logbook.formats import now, today
from logbook.minutes.models import Minutes
from logbook.review import steps
from logbook.review.models import Decision, Meeting, Report
from logbook.review.steps import Standing, Step
from tests import factories
from tests.client import filled
from tests.outcomes.test_outcomes import TODAY, YEAR, grades, held, settled  # noqa: F401 - a fixture

DAY = dt.timedelta(days=1)


@pytest.fixture
def coming(held):  # noqa: F811
    """The same three secretaries; their meeting is tomorrow."""
    db.session.query(Meeting).one().held_on = today() + DAY
    db.session.commit()
    return held


def test_grades_dated_before_the_meeting_are_told_and_want_a_tick(coming):
    _clerk, leader, _member, reports = coming
    sent = grades(reports, "good", "good", "poor") | {"decided_on": TODAY}
    path = f"/review/{YEAR}/outcomes/grades"
    refused = leader.post(path, sent)
    assert (refused.status_code, db.session.query(Decision).count()) == (422, 0)
    assert re.search("会议定在.*，这里填的.*在会议以前", refused.text)
    assert refused.text.count("selected") == 3  # nothing typed is lost
    again = filled(refused.text, path)
    assert leader.post(path, again | {"go_on": "y"}).status_code == 303
    assert db.session.query(Decision).count() == 3


def test_a_single_grade_is_told_the_same(coming):
    _clerk, leader, _member, reports = coming
    path, sent = f"/review/reports/{reports[0]}/grade", {"grade": "good", "decided_on": TODAY}
    refused = leader.post(path, sent)
    assert (refused.status_code, "在会议以前" in refused.text) == (422, True)
    assert leader.post(path, sent | {"go_on": "y"}).status_code == 303


def test_a_ballot_opened_before_the_day_is_told_and_wants_a_tick(coming):
    clerk, *_rest = coming
    path = f"/review/{YEAR}/ballot"
    page = clerk.get(path).text
    assert "还没有开" in page
    sent = filled(page, path) | {"witness_name": "凌照棠"}
    assert clerk.post(path, sent).status_code == 422
    assert db.session.query(Ballot).count() == 0
    assert clerk.post(path, sent | {"go_on": "y"}).status_code == 303


def test_feedback_without_a_settled_comment_is_told_and_wants_a_tick(held):  # noqa: F811
    clerk, leader, _member, reports = held
    settled(reports[0], (Part.SHORTCOMING, "学习不够。"))
    leader.post(f"/review/{YEAR}/outcomes/grades", grades(reports, "good", "good", "") | {"decided_on": TODAY})
    path = f"/review/{YEAR}/outcomes/feedback"
    page = clerk.get(f"/review/{YEAR}/outcomes").text
    assert "还没有审定的点评：环湖党支部　王珺。" in page
    both = {"on": TODAY, "reports": [str(one) for one in reports[:2]]}
    refused = clerk.post(path, both)
    assert (refused.status_code, "还没有审定的点评：环湖党支部　王珺。" in refused.text) == (422, True)
    assert clerk.post(path, {"on": TODAY, "reports": str(reports[0])}).status_code == 303
    assert clerk.post(path, {"on": TODAY, "reports": str(reports[1]), "go_on": "y"}).status_code == 303


def test_papers_tell_beside_their_preview_what_they_lack(held):  # noqa: F811
    clerk, leader, _member, reports = held
    settled(reports[0], (Part.SHORTCOMING, "学习不够。"))
    leader.post(f"/review/{YEAR}/outcomes/grades", grades(reports, "good", "", "") | {"decided_on": TODAY})
    beside = {
        "outcomes/feedback.pdf": ("还没有审定的点评：环湖党支部　王珺、码头党支部　钱玥。", "赵堃的反馈表没有写：肯定"),
        "outcomes/notice.pdf": ("还没有登记等次：环湖党支部　王珺、码头党支部　钱玥。",),
    }
    for paper, sentences in beside.items():
        shown = clerk.get(f"/review/{YEAR}/{paper}?preview=1", follow_redirects=True).text
        for said in sentences:
            assert said in shown, paper


def test_minutes_before_the_meeting_are_told_and_their_settling_wants_a_tick(coming):
    clerk, *_rest = coming
    clerk.post(f"/review/{YEAR}/minutes/draft")
    assert "还没有开" in clerk.get(f"/review/{YEAR}/minutes").text
    path = f"/review/{YEAR}/minutes/settle"
    sent = filled(clerk.get(path).text, path)
    sent.pop("go_on", None)
    assert clerk.post(path, sent).status_code == 422
    assert db.session.query(Minutes).one().settled_at is None
    assert clerk.post(path, sent | {"go_on": "y"}).status_code == 303
    assert db.session.query(Minutes).one().settled_at


def test_a_list_before_the_grades_is_told(held):  # noqa: F811
    clerk, _leader, _member, reports = held
    settled(reports[0], (Part.SHORTCOMING, "学习不够。"))
    clerk.post(f"/review/{YEAR}/rectification/draft")
    assert "还没有登记等次：森林党支部　赵堃" in clerk.get(f"/review/{YEAR}/rectification").text


def test_whoever_is_under_review_is_told_nothing_of_themself(client, held):  # noqa: F811
    """Rule 7: of the leader's own case not even that it lacks something."""
    _clerk, _leader, _member, reports = held
    other = factories.leader(name="沈岚")
    db.session.get(Report, reports[1]).person_id = other
    db.session.commit()
    page = client(other).get(f"/review/{YEAR}/outcomes").text
    assert "沈岚" not in page.split("<main")[1]


def test_every_step_names_what_it_rests_on_once_and_in_order():
    order = list(Step)
    for step, rests_on in steps.AFTER.items():
        assert all(order.index(one) < order.index(step) for one in rests_on), step
    meeting = Meeting(held_on=None)
    for step in steps.AFTER:
        standing = Standing(meeting, [], frozenset(), now().date())
        assert len(steps.told(step, standing)) == (Step.MEETING in steps.AFTER[step])
        assert not steps.out_of_order(step, Standing(Meeting(held_on=today()), [], frozenset(), today()))
