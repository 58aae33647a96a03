"""Whose feedback is noted reads what was kept from them, and goes on running nothing of it (A7)."""

import pytest

from logbook.ballots.models import Ballot
from logbook.comments.models import Clause, Comment
from logbook.db import db
from logbook.formats import today
from logbook.minutes.models import MinutesVersion
from logbook.review.models import Report
from tests.ballots.holding import Held
from tests.rectification.conftest import comment
from tests.review.test_bound import YEAR, Bureau

MINUTES = f"/review/{YEAR}/minutes"


@pytest.fixture
def bureau(app, client):
    found = Bureau()
    client(found.clerk).post(f"/review/{YEAR}/create")
    found.report = db.session.query(Report).filter_by(person_id=found.head).one().id
    return found


def feed_back():
    for one in db.session.query(Report):
        one.fed_back_on = today()
    db.session.commit()


def test_they_read_the_minutes_and_do_not_write_them(client, bureau):
    head, clerk = client(bureau.head), client(bureau.clerk)
    clerk.post(f"{MINUTES}/draft")
    feed_back()
    page = head.get(MINUTES)
    assert (page.status_code, "定稿…" in page.text, "各版对照" in page.text) == (200, False, True)
    for method, path in (("get", "edit"), ("post", "edit"), ("get", "settle"), ("post", "settle"), ("post", "draft")):
        assert getattr(head, method)(f"{MINUTES}/{path}").status_code == 403, path
    assert db.session.query(MinutesVersion).count() == 1
    assert clerk.post(f"{MINUTES}/edit", {"text": "改过的", "begun_from": "1"}).status_code == 303


def test_where_the_whole_office_reports_the_leader_writes_them(app, client):
    bureau = Bureau(second_clerk=False)
    leader, head = client(bureau.leader), client(bureau.head)
    leader.post(f"/review/{YEAR}/create")
    feed_back()
    assert head.post(f"{MINUTES}/draft").status_code == 403
    assert "起草会议记录" in leader.get(MINUTES).text
    assert leader.post(f"{MINUTES}/draft").status_code == 303
    assert leader.post(f"{MINUTES}/edit", {"text": "改过的", "begun_from": "1"}).status_code == 303
    assert client(bureau.member).get(MINUTES).status_code == 403


def test_they_read_what_was_said_of_them_and_change_no_word_of_it(client, bureau):
    comment(bureau.report, bureau.member, "台账不齐。", settled=False)
    made = db.session.query(Comment).filter_by(report_id=bureau.report, commentator_id=bureau.member).one().id
    head = client(bureau.head)
    assert head.get(f"/review/comments/{made}").status_code == 404
    feed_back()
    page = head.get(f"/review/comments/{made}")
    assert (page.status_code, "台账不齐。" in page.text) == (200, True)
    for path in ("", "/facts"):
        assert head.post(f"/review/comments/{made}{path}", {"version": "1"}).status_code == 403, path
    assert db.session.query(Clause).filter_by(comment_id=made).count() == 2


def test_they_hold_no_ballot_and_read_its_result(client, bureau):
    Held(client(bureau.clerk))
    feed_back()
    head, path = client(bureau.head), f"/review/{YEAR}/ballot"
    assert head.get(path).status_code == 200
    before = repr(db.session.execute(Ballot.__table__.select()).all())
    for post in ("/numbers", "/witness-code", "/close", "/witness-new"):
        assert head.post(f"{path}{post}", {"sealed_by": "甲", "reason": "x"}).status_code == 403, post
    assert repr(db.session.execute(Ballot.__table__.select()).all()) == before


def test_their_own_sheet_is_theirs_to_read_and_anothers_to_note(client, bureau):
    feed_back()
    head, path = client(bureau.head), f"/review/{YEAR}/outcomes/feedback"
    assert head.get(f"{path}.docx?report={bureau.report}").status_code == 200
    answer = head.post(path, {"on": today().isoformat(), "reports": str(bureau.report)})
    assert answer.status_code == 422
    assert client(bureau.clerk).get(f"{path}.docx?report={bureau.report}").status_code == 200
