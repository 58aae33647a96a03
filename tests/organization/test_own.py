"""Nobody's own organization becomes their liaison point unasked, whichever way it comes about."""

import datetime as dt

import pytest

from logbook.access import Role
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.organization import actions, importing, queries, workbook
from logbook.organization.actions import NewLiaison
from logbook.organization.models import BranchKind, Liaison
from tests import factories

JAN, JUN, DEC = dt.date(2026, 1, 1), dt.date(2026, 6, 1), dt.date(2026, 12, 31)


@pytest.fixture
def by(app):
    return factories.actor(factories.person(Role.OFFICE, name="党办主任"))


@pytest.fixture
def point(app):
    """A member and their liaison branch, which stands inside no general branch yet."""
    member, branch = factories.member(name="白一鸣"), factories.branch("码头党支部")
    return member, branch, factories.liaison(member, branch)


def asked(act):
    with pytest.raises(RuleBroken) as broken:
        act()
    assert broken.value.field == "own_confirmed"
    assert "2026 白一鸣" in str(broken.value.message)
    db.session.rollback()


def confirmed(liaison):
    return db.session.get(Liaison, liaison).own_confirmed


@pytest.mark.parametrize("how", ["secretary", "member", "around"])
def test_the_office_confirms_what_becomes_the_members_own(point, by, how):
    member, branch, liaison = point
    inner, general = factories.branch(), factories.branch("机关党总支", kind=BranchKind.GENERAL)
    if how == "around":
        factories.membership(member, inner)
        liaison = factories.liaison(member, general)

    def act(**sure):
        if how == "secretary":
            actions.set_secretary(branch, member, JUN, by=by, **sure)
        elif how == "member":
            actions.set_own_branch(member, branch, JUN, by=by, **sure)
        else:
            actions.place_inside(inner, general, JUN, by=by, **sure)

    asked(act)
    assert not confirmed(liaison)
    act(confirmed=True)
    assert confirmed(liaison)


def test_what_ended_before_is_not_asked_about(point, by):
    member, branch, liaison = point
    actions.end_liaison(liaison, JUN - actions.DAY, by=by)
    actions.set_secretary(branch, member, JUN, by=by)
    assert not confirmed(liaison)


def test_what_was_so_already_is_not_asked_again(point, by):
    member, branch, _liaison = point
    factories.membership(member, branch)
    actions.set_secretary(factories.branch(), factories.person(), JUN, by=by)


def test_a_new_liaison_is_looked_at_over_all_its_days(by):
    member, branch = factories.member(name="白一鸣"), factories.branch()
    factories.term(branch, member, from_on=dt.date(2026, 4, 1), to_on=JUN)
    new = NewLiaison(2026, member, branch, JAN, DEC)
    with pytest.raises(RuleBroken):
        actions.add_liaison(new, confirmed=False, by=by)
    db.session.rollback()
    assert actions.add_liaison(new, confirmed=True, by=by).own_confirmed


def test_voiding_a_term_does_not_bring_one_about_either(point, by):
    member, branch, _liaison = point
    factories.term(branch, member, to_on=dt.date(2025, 12, 31))
    later = factories.term(branch, factories.person(), from_on=JAN)
    asked(lambda: actions.void_term(later, by=by))


def test_january_leaves_the_members_own_out_and_names_it(client, point):
    member, branch, liaison = point
    db.session.get(Liaison, liaison).own_confirmed = True
    factories.membership(member, branch)
    factories.liaison(member, factories.branch())
    answer = client(factories.office()).post("/lists/liaison/copy?year=2027", follow_redirects=True).text
    assert "复制1条" in answer
    assert "没有复制的，是本人所在党组织：2027 白一鸣 — 码头党支部" in answer
    assert [one.own_confirmed for one in queries.liaisons(2027)] == [False]


def test_the_branchs_page_asks_with_a_tick(client, point):
    member, branch, liaison = point
    browser, page = client(factories.office()), f"/lists/branches/{branch}"
    body = {"secretary-person_id": member, "secretary-from_on": "2026-06-01"}
    assert "仍作为挂点" not in browser.get(page).text
    refused = browser.post(page + "/secretary", body)
    assert refused.status_code == 422
    assert 'name="secretary-own_confirmed"' in refused.text
    assert "2026 白一鸣 — 码头党支部" in refused.text
    assert browser.post(page + "/secretary", body | {"secretary-own_confirmed": "y"}).status_code == 303
    assert confirmed(liaison)


def planned(by, people=(), branches=(), from_on=JUN):
    heads = {name: [list(titles)] for name, titles in workbook.COLUMNS.items()}
    heads["人员"] += map(list, people)
    heads["党组织"] += map(list, branches)
    return importing.plan_import(workbook.parse(heads, {}), from_on, by=by)


@pytest.mark.parametrize(
    ("people", "branches", "where"),
    [
        ([("白一鸣", "", "", "", "", "码头党支部")], (), ("人员", 2, "所在党组织")),
        ((), [("码头党支部", "党支部", "局机关", "", "", "白一鸣")], ("党组织", 2, "书记")),
    ],
)
def test_an_import_refuses_at_its_line_what_would_make_a_point_the_members_own(point, by, people, branches, where):
    (wrong,) = planned(by, people, branches).wrong
    assert (wrong.sheet, wrong.row, wrong.column) == where
    assert "2026 白一鸣 — 码头党支部" in wrong.why
    assert planned(by, people, branches, dt.date(2027, 1, 1)).wrong == ()


def test_an_import_refuses_a_general_branch_around_the_members_own(by):
    member, inner = factories.member(name="白一鸣"), factories.branch("候船党支部")
    general = factories.branch("机关党总支", kind=BranchKind.GENERAL)
    factories.membership(member, inner)
    factories.liaison(member, general)
    (wrong,) = planned(by, (), [("候船党支部", "党支部", "局机关", "", "机关党总支")]).wrong
    assert (wrong.sheet, wrong.column) == ("党组织", "上级党总支")


def test_an_import_that_moves_a_member_away_is_welcome(point, by):
    member, branch, _liaison = point
    factories.membership(member, branch)
    factories.branch("候船党支部")
    assert planned(by, [("白一鸣", "", "", "", "", "候船党支部")], from_on=JAN).wrong == ()
