"""Midnight in Shanghai: New Year's Eve, 29 February, a quarter's end; begun before it, gone on with after it."""

import datetime as dt
import io
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from logbook.accounts import actions as accounts
from logbook.accounts import carried
from logbook.app import create_server_app
from logbook.db import db
from logbook.documents import pdf, sheet, word
from logbook.documents.paper import Paper
from logbook.errors import RuleBroken
from logbook.formats import local_date, now, today
from logbook.problems.models import Problem
from logbook.signing import Dated
from logbook.visits.models import Visit
from logbook.years import actions as years
from logbook.years.frames import Span
from tests import factories
from tests.client import filled

MIDNIGHTS = [  # in Shanghai, before and after
    ("2027-12-31T23:50", "2028-01-01T00:05"),
    ("2028-02-28T23:50", "2028-02-29T00:05"),
    ("2028-02-29T23:50", "2028-03-01T00:05"),
    ("2028-03-31T23:50", "2028-04-01T00:05"),
    ("2028-12-31T23:50", "2029-01-01T00:05"),
]


@pytest.fixture
def place(app):
    """A member with a liaison branch in both years of a New Year's Eve."""
    member, branch = factories.member(name="王珺"), factories.branch("三岭山森林公园党支部")
    for year in (2027, 2028, 2029):
        factories.liaison(member, branch, year=year)
    return member, branch


def day(text):
    return dt.date.fromisoformat(text[:10])


@pytest.mark.parametrize(("before", "after"), MIDNIGHTS)
def test_a_form_opened_before_midnight_is_of_that_day(clock, client, place, before, after):
    clock(before)
    browser = client(place[0])
    form = filled(browser.get(f"/visits/new?branch={place[1]}").text, "/visits/new")
    clock(after)
    answer = browser.post("/visits/new", form | {"visited_on": [before[:10]], "findings": ["座谈，总体平稳。"]})
    assert f"已收到，编号{before[:4]}-001" in browser.get(answer.headers["Location"]).text
    (visit,) = db.session.query(Visit).all()
    assert (visit.visited_on, local_date(visit.recorded_at), visit.late) == (day(before), day(after), False)
    assert (visit.year, visit.is_liaison) == (day(before).year, True)


@pytest.mark.parametrize(("before", "after"), MIDNIGHTS)
def test_today_and_yesterday_are_offered_by_shanghais_day(clock, client, place, before, after):
    clock(before)
    browser = client(place[0])
    assert f'value="{after[:10]}"' not in browser.get("/visits/new").text
    clock(after)
    days = [value for value in (after[:10], before[:10]) if f'value="{value}"' in browser.get("/visits/new").text]
    assert days == [after[:10], before[:10]]
    assert filled(browser.get("/visits/new").text, "/visits/new")["visited_on"] == [after[:10]]


@pytest.mark.parametrize(("before", "after"), MIDNIGHTS)
def test_tomorrow_begins_at_midnight_and_not_before(clock, client, place, before, after):
    body = {"branch_id": place[1], "kinds": ["research"], "level": "group", "findings": "平稳。"}
    clock(before)
    browser = client(place[0])
    refused = browser.post("/visits/new", body | {"visited_on": "other", "other_on": after[:10]})
    assert (refused.status_code, "不能晚于今天" in refused.text) == (422, True)
    clock(after)
    assert browser.post("/visits/new", body | {"visited_on": after[:10]}).status_code == 303


def test_late_begins_with_the_eighth_day(clock, client, place):
    """Seven days may pass; the hour counts by the day in Shanghai, which is another one in UTC until eight o'clock."""
    body = {"branch_id": place[1], "kinds": ["research"], "level": "group", "visited_on": "other"}
    for moment, late in (("2028-01-07T23:50", False), ("2028-01-08T00:05", True)):
        clock(moment)
        sent = body | {"other_on": "2027-12-31", "findings": moment, "late_reason": "出差" if late else ""}
        client(place[0]).post("/visits/new", sent | factories.another())
        assert db.session.query(Visit).filter_by(findings=moment).one().late is late


@pytest.mark.parametrize(
    ("before", "after", "missed"),
    [
        ("2028-03-31T23:50", "2028-04-01T00:05", "第一季度未到"),
        ("2028-12-31T23:50", "2029-01-01T00:05", "上年第四季度未到"),
    ],
)
def test_a_quarter_ends_at_midnight(clock, client, place, before, after, missed):
    clock(before)
    clerk = client(factories.office())
    assert missed not in clerk.get("/").text
    clock(after)
    assert missed in clerk.get("/").text


def test_a_problem_raised_on_29_february_is_due_thirty_days_later(clock, client, place):
    clock("2028-02-29T23:50")
    body = {"visited_on": "2028-02-29", "branch_id": place[1], "kinds": ["research"], "level": "group"}
    line = {"problem_text": ["码头遮阳棚破损"], "problem_side": ["bureau"]}
    client(place[0]).post("/visits/new", body | line | {"findings": "平稳。"})
    (problem,) = db.session.query(Problem).all()
    assert (problem.raised_on, problem.due_on) == (dt.date(2028, 2, 29), dt.date(2028, 3, 30))


@pytest.mark.parametrize(
    ("first", "last", "on", "earlier"),
    [
        ("2028-01-01", "2028-02-29", "2028-02-29", "2027-02-28"),
        ("2029-02-01", "2029-02-28", "2029-03-01", "2028-02-29"),
        ("2029-02-01", "2029-12-31", "2029-02-28", "2028-02-29"),
        ("2028-01-01", "2028-12-31", "2028-01-01", "2027-01-01"),
        ("2028-01-01", "2028-12-31", "2028-12-31", "2027-12-31"),
    ],
)
def test_the_same_days_a_year_earlier(place, first, last, on, earlier):
    """A visit on the last of them counts; February is over when its own last day is."""
    factories.visit(*place, day(earlier))
    factories.visit(*place, day(earlier) + dt.timedelta(days=1))
    assert years._before(Span(day(first), day(last), day(on))).records == 1


def test_a_code_is_good_for_seven_days(clock, app):
    clock("2027-12-28T23:50")
    person = factories.office(sign_in_name="ban")
    code = accounts.issue_code(person, by=None, at=now())
    clock("2028-01-04T23:45")
    assert accounts.code_of("ban", code, at=now())
    clock("2028-01-04T23:55")
    with pytest.raises(RuleBroken, match="已过期"):
        accounts.code_of("ban", code, at=now())


def test_what_is_signed_is_as_old_as_the_one_clock_says(clock, app):
    clock("2028-02-28T12:00")
    with app.test_request_context():
        mark = carried.owner_mark(7)
        clock("2028-03-29T11:00")
        assert carried.owner_of(mark) == 7
        clock("2028-03-29T13:00")
        assert carried.owner_of(mark) is None
    assert Dated("key").loads(Dated("key").dumps(1), max_age=0) == 1


def test_a_moment_that_is_set_has_come(clock):
    """Rounded to the nearest second it would be 23:49:59, in half of all tries."""
    for _ in range(20):
        clock("2027-12-31T23:50")
        assert now() >= dt.datetime(2027, 12, 31, 15, 50, tzinfo=dt.UTC)
        time.sleep(0.03)


def test_a_paper_without_a_date_is_of_shanghais_day(clock):
    clock("2028-01-01T00:05")
    assert pdf.job(Paper("清单", ()))["paper"]["day"] == [2028, 1, 1]
    clock("2027-12-31T23:50")
    for file in (word.make(Paper("清单", ())), sheet.make([sheet.Sheet("清单", [sheet.Column("一", 9)], [])])):
        assert b"2027-12-31T15:5" in _core(file)


def _core(file):
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        return archive.read("docProps/core.xml")


@pytest.mark.parametrize("moment", ["2027-12-31T23:50", "2028-01-01T00:05", "2028-02-29T23:50", "2028-04-01T00:05"])
def test_children_have_the_clock_of_their_parent(clock, moment):
    clock(moment)
    code = "from logbook.formats import today; print(today())"
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == moment[:10] == today().isoformat()


@pytest.mark.parametrize("said", ["1", "+1.5", "tomorrow", "+", "-1 day"])
def test_a_clock_that_is_no_number_of_seconds_is_refused(monkeypatch, said):
    monkeypatch.setenv("LOGBOOK_CLOCK", said)
    with pytest.raises(ValueError, match="whole number of seconds"):
        now()


def test_a_real_installation_is_not_served_with_it(clock, tmp_path, monkeypatch):
    clock("2028-02-29T23:50")
    monkeypatch.setenv("LOGBOOK_INSTANCE", str(tmp_path))
    create_server_app()
    (tmp_path / "in_use").touch()
    with pytest.raises(RuntimeError, match="LOGBOOK_CLOCK"):
        create_server_app()
    monkeypatch.delenv("LOGBOOK_CLOCK")
    assert os.environ.get("LOGBOOK_CLOCK") is None
    create_server_app()
