"""A branch's entry changes from a day on; what was said before stays where it was said."""

import datetime as dt

import pytest

from logbook.access import Role
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import full_date, today
from logbook.organization import actions, importing, queries, workbook
from logbook.organization.actions import NewBranch
from logbook.organization.models import BranchKind, HostKind
from logbook.years import frames
from tests import factories

DAY = dt.timedelta(days=1)
JUN = dt.date(2026, 6, 1)
OLD, NEW = "票务党支部", "检票党支部"


@pytest.fixture
def by(app):
    return factories.actor(factories.person(Role.OFFICE))


@pytest.fixture
def branch(app):
    return factories.branch(OLD, host_unit="票务中心", reports=False)


def change(branch, by, since=JUN, **values):
    new = {"name": NEW, "kind": BranchKind.BRANCH, "host_unit": "检票中心", "reports_to_group": True} | values
    actions.change_branch(branch, NewBranch(**new), since=since, by=by)
    db.session.commit()


def said_on(day):
    (only,) = queries.branches_as_of(day)
    return only.name, only.host_unit, only.reports_to_group


def test_an_entry_holds_from_a_day_on(branch, by):
    change(branch, by)
    assert said_on(JUN - DAY) == (OLD, "票务中心", False)
    assert said_on(JUN) == said_on(today()) == (NEW, "检票中心", True)


def test_two_changes_leave_two_former_entries(branch, by):
    change(branch, by, JUN, host_kind=HostKind.SUBORDINATE)
    change(branch, by, JUN + DAY, name="入口党支部")
    assert [said_on(JUN + n * DAY)[0] for n in (-1, 0, 1)] == [OLD, NEW, "入口党支部"]
    change(branch, by, JUN + DAY, name="门口党支部")  # the same day again: nobody worked under the name between
    assert [one.name for one in queries.former_entries(branch)] == [NEW, OLD]


def test_a_correction_keeps_nothing(branch, by):
    change(branch, by, since=None)
    assert said_on(dt.date(2020, 1, 1))[0] == NEW
    assert queries.former_entries(branch) == []


def test_what_papers_do_not_show_changes_without_a_trace(branch, by):
    change(branch, by, name=OLD, host_unit="票务中心", reports_to_group=False, official_order=3)
    assert queries.former_entries(branch) == []


@pytest.mark.parametrize("since", [dt.date(2025, 12, 31), JUN - DAY, "tomorrow"])
def test_a_day_that_cannot_be_is_refused(branch, by, since):
    change(branch, by)
    actions.lock_liaison(2025, by=by, at=factories.AT)
    with pytest.raises(RuleBroken) as broken:
        change(branch, by, today() + DAY if since == "tomorrow" else since, name="别的党支部")
    assert broken.value.field == "since"


def test_last_years_figures_and_meeting_stay_when_the_entry_changes(branch, by):
    member = factories.member()
    factories.term(branch, factories.person())
    factories.liaison(member, branch, year=2025)
    factories.problem(member, branch, raised_on=dt.date(2025, 3, 1))
    last_year = frames.Span(dt.date(2025, 1, 1), dt.date(2025, 12, 31), today())
    before = frames.summarise(last_year)
    change(branch, by)
    assert frames.summarise(last_year) == before
    shown = (before.branches[0].name, before.items[0].branch, before.misses[0].branch, before.members[0].branches)
    assert set(shown) == {OLD}
    assert [len(queries.reporting_secretaries(year, today())) for year in (2025, 2026)] == [0, 1]


def test_the_page_changes_from_a_day_on_and_shows_what_was(client, branch):
    browser, page = client(factories.office()), f"/lists/branches/{branch}"
    body = {"name": NEW, "kind": "branch", "host_unit": "检票中心", "host_kind": "bureau", "official_order": "2"}
    assert browser.post(page, body | {"since": "2026-06-01"}).status_code == 303
    text = browser.get(page).text
    assert OLD in text
    assert "至2026年5月31日" in text
    assert OLD in browser.get("/lists?year=2025").text
    browser.post(page, body | {"name": "门党支部", "wrong": "y", "since": "2026-06-01"})
    assert [one.name for one in queries.former_entries(branch)] == [OLD]
    early = browser.post(page, body | {"since": "2026-05-01"})
    assert (early.status_code, "上一次变动是2026年6月1日" in early.text) == (422, True)


def test_a_former_entry_is_voided_like_the_rest(client, branch, by):
    change(branch, by)
    browser, entry = client(factories.office()), queries.former_entries(branch)[0].id
    assert OLD in browser.get(f"/lists/entries/{entry}/void").text
    assert browser.post(f"/lists/entries/{entry}/void").status_code == 303
    assert said_on(dt.date(2020, 1, 1))[0] == NEW
    assert browser.get(f"/lists/entries/{entry}/void").status_code == 404
    with pytest.raises(NotThere):
        actions.void_entry(entry, by=by)


def test_an_import_changes_an_entry_from_today_on_and_says_so(branch, by):
    heads = {name: [list(titles)] for name, titles in workbook.COLUMNS.items()}
    heads["党组织"].append([OLD, "党支部", "检票中心", "下属单位", "", "", "是", ""])
    plan = importing.plan_import(workbook.parse(heads, {}), dt.date(2026, 1, 1), by=by)
    assert ("所在单位", "票务中心", f"检票中心（{full_date(today())}起）") in plan.changed[0].changes
    importing.carry_out(plan, by=by, at=factories.AT)
    assert said_on(today() - DAY) == (OLD, "票务中心", False)
    assert said_on(today()) == (OLD, "检票中心", True)


def test_an_import_in_a_closed_running_year_changes_no_entry(branch, by):
    actions.lock_liaison(today().year, by=by, at=factories.AT)
    heads = {name: [list(titles)] for name, titles in workbook.COLUMNS.items()}
    heads["党组织"].append([OLD, "党支部", "检票中心"])
    plan = importing.plan_import(workbook.parse(heads, {}), today(), by=by)
    assert [(one.row, one.column) for one in plan.wrong] == [(2, "所在单位")]
