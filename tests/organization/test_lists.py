"""Branches, who leads and contains them, own branches, liaison: with history that later changes leave alone."""

import datetime as dt

import pytest

from logbook.access import Role
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import today
from logbook.organization import actions, queries
from logbook.organization.actions import NewBranch, NewLiaison
from logbook.organization.models import BranchKind, Period
from tests import factories

JAN, JUN, DEC = dt.date(2026, 1, 1), dt.date(2026, 6, 1), dt.date(2026, 12, 31)


@pytest.fixture
def by(app):
    return factories.actor(factories.person(Role.OFFICE, Role.SYSADMIN))


def lock(year, by):
    actions.lock_liaison(year, by=by, at=factories.AT)
    db.session.commit()


def year_2026(member, branch, **values):
    return NewLiaison(**{"year": 2026, "member_id": member, "branch_id": branch, "from_on": JAN, "to_on": DEC} | values)


def refused(field, act, *args, **values):
    with pytest.raises(RuleBroken) as broken:
        act(*args, **values)
    assert broken.value.field == field
    db.session.rollback()
    return str(broken.value.message)


def test_a_new_secretary_ends_the_former_term_the_day_before(by):
    branch, former, new = factories.branch(), factories.person(), factories.person()
    actions.set_secretary(branch, former, dt.date(2024, 3, 1), by=by)
    actions.set_secretary(branch, new, JUN, by=by)
    latest, first = queries.secretary_terms(branch)
    assert (first.person_id, first.from_on, first.to_on) == (former, dt.date(2024, 3, 1), dt.date(2026, 5, 31))
    assert (latest.person_id, latest.from_on, latest.to_on) == (new, JUN, None)
    assert queries.secretaries_on(dt.date(2026, 5, 31))[branch].id == former


def test_history_may_be_told_out_of_order(by):
    branch, first, second, third = factories.branch(), *(factories.person() for _ in range(3))
    actions.set_secretary(branch, third, JUN, by=by)
    actions.set_secretary(branch, first, dt.date(2020, 1, 1), by=by)
    actions.set_secretary(branch, second, dt.date(2023, 1, 1), by=by)
    days = [dt.date(2020, 1, 1), dt.date(2022, 12, 31), dt.date(2023, 1, 1), dt.date(2026, 5, 31), JUN]
    assert [queries.secretaries_on(day)[branch].id for day in days] == [first, first, second, second, third]


def test_the_same_day_again_replaces_and_an_earlier_day_of_the_same_person_moves_the_beginning(by):
    branch, wrong, right = factories.branch(), factories.person(), factories.person()
    actions.set_secretary(branch, wrong, JUN, by=by)
    actions.set_secretary(branch, right, JUN, by=by)
    actions.set_secretary(branch, right, JAN, by=by)
    actions.set_secretary(branch, right, dt.date(2026, 8, 1), by=by)
    (only,) = queries.secretary_terms(branch)
    assert (only.person_id, only.from_on, only.to_on) == (right, JAN, None)


def test_a_post_may_fall_vacant(by):
    branch, person = factories.branch(), factories.person()
    actions.set_secretary(branch, person, JAN, by=by)
    actions.set_secretary(branch, None, JUN, by=by)
    assert queries.secretaries_on(JUN).get(branch) is None
    assert queries.secretaries_on(dt.date(2026, 5, 31))[branch].id == person


def test_what_was_entered_in_error_leaves_what_it_ended_going_on(by):
    branch, other, general = factories.branch(), factories.branch(), factories.branch(kind=BranchKind.GENERAL)
    former, new = factories.person(), factories.person()
    for person, day in ((former, JAN), (new, JUN)):
        actions.set_secretary(branch, person, day, by=by)
    for own, day in ((branch, JAN), (other, JUN)):
        actions.set_own_branch(former, own, day, by=by)
    actions.place_inside(branch, general, JAN, by=by)
    actions.void_term(queries.secretary_terms(branch)[0].id, by=by)
    actions.void_membership(queries.memberships_of(former)[1].id, by=by)
    actions.void_placement(queries.placements_of(branch)[0].id, by=by)
    assert queries.secretaries_on(DEC)[branch].id == former
    assert queries.own_organizations(former, DEC) == {branch}
    assert queries.placed_on(DEC) == {}
    with pytest.raises(NotThere):
        actions.void_term(10_000, by=by)


def test_a_branch_stands_inside_a_general_branch_from_a_day_on(by):
    branch, first, second = factories.branch(), *(factories.branch(kind=BranchKind.GENERAL) for _ in range(2))
    actions.place_inside(branch, first, JAN, by=by)
    actions.place_inside(branch, second, JUN, by=by)
    assert queries.placed_on(dt.date(2026, 5, 31)) == {branch: first}
    assert queries.placed_on(JUN) == {branch: second}
    actions.place_inside(branch, None, DEC, by=by)
    assert queries.inside(second, DEC) == frozenset()


def test_a_general_branch_stands_inside_none(by):
    branch, first, second = factories.branch(), *(factories.branch(kind=BranchKind.GENERAL) for _ in range(2))
    refused("general_branch_id", actions.place_inside, first, second, JAN, by=by)
    refused("general_branch_id", actions.place_inside, branch, factories.branch(), JAN, by=by)


def test_a_branch_has_a_name_of_its_own_and_keeps_its_kind_while_others_stand_inside(by):
    general = actions.add_branch(NewBranch(" 机关党总支 ", BranchKind.GENERAL, "局机关"), by=by)
    branch = actions.add_branch(NewBranch("票务党支部", BranchKind.BRANCH, "票务中心"), by=by)
    db.session.commit()
    assert (general.name, general.pinyin) == ("机关党总支", "ji guan dang zong zhi")
    refused("name", actions.add_branch, NewBranch("票务党支部", BranchKind.BRANCH, "x"), by=by)
    refused("name", actions.add_branch, NewBranch("  ", BranchKind.BRANCH, "x"), by=by)
    refused("to_on", actions.add_branch, NewBranch("a", BranchKind.BRANCH, "x", from_on=JUN, to_on=JAN), by=by)
    actions.place_inside(branch.id, general.id, JAN, by=by)
    db.session.commit()
    for row, kind in ((general, BranchKind.BRANCH), (branch, BranchKind.GENERAL)):
        refused("kind", actions.change_branch, row.id, NewBranch(row.name, kind, "x"), since=None, by=by)
    actions.change_branch(branch.id, NewBranch("检票党支部", BranchKind.BRANCH, "票务中心"), since=JAN, by=by)
    assert queries.branch(branch.id).pinyin.startswith("jian piao")


def test_only_who_keeps_the_lists_may_change_them(app):
    member, branch = factories.member(), factories.branch()
    by = factories.actor(member)
    for act in (
        lambda: actions.add_branch(NewBranch("a", BranchKind.BRANCH, "x"), by=by),
        lambda: actions.set_secretary(branch, member, JAN, by=by),
        lambda: actions.add_liaison(year_2026(member, branch), confirmed=False, by=by),
        lambda: actions.lock_liaison(2026, by=by, at=factories.AT),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_liaison_stays_inside_its_year_and_does_not_overlap(by):
    member, branch = factories.member(), factories.branch()
    actions.add_liaison(year_2026(member, branch, to_on=dt.date(2026, 5, 31)), confirmed=False, by=by)
    db.session.commit()
    add = {"confirmed": False, "by": by}
    refused("branch_id", actions.add_liaison, year_2026(member, branch, from_on=dt.date(2026, 5, 31)), **add)
    refused("from_on", actions.add_liaison, year_2026(member, branch, from_on=dt.date(2025, 12, 31)), **add)
    refused("to_on", actions.add_liaison, year_2026(member, branch, to_on=dt.date(2027, 1, 1)), **add)
    refused("to_on", actions.add_liaison, year_2026(member, branch, from_on=DEC, to_on=JUN), **add)
    refused("target", actions.add_liaison, year_2026(member, branch, from_on=JUN, target=0), **add)
    actions.add_liaison(year_2026(member, branch, from_on=JUN), **add)
    assert len(queries.liaisons(2026)) == 2
    for unknown in (year_2026(member, 999), year_2026(999, branch)):
        with pytest.raises(NotThere):
            actions.add_liaison(unknown, **add)


def test_the_own_organization_needs_a_confirmation(by):
    member, branch, general = factories.member(), factories.branch(), factories.branch(kind=BranchKind.GENERAL)
    factories.membership(member, branch)
    factories.placement(branch, general)
    for own in (branch, general):
        refused("own_confirmed", actions.add_liaison, year_2026(member, own), confirmed=False, by=by)
        assert actions.add_liaison(year_2026(member, own), confirmed=True, by=by).own_confirmed
    assert not actions.add_liaison(year_2026(member, factories.branch()), confirmed=True, by=by).own_confirmed


def test_last_years_liaison_stays_when_someone_moves(by):
    member, branch = factories.member(), factories.branch()
    last = factories.liaison(member, branch, 2025, target=2)
    this = factories.liaison(member, branch, 2026)
    actions.end_liaison(this, dt.date(2026, 5, 31), by=by)
    actions.add_liaison(year_2026(factories.member(), branch, from_on=JUN), confirmed=False, by=by)
    actions.set_own_branch(member, branch, JUN, by=by)
    actions.change_branch(branch, NewBranch("改名党支部", BranchKind.BRANCH, "别处"), since=JUN, by=by)
    (row,) = queries.liaisons(2025)
    assert (row.id, row.member_id, row.from_on, row.to_on, row.target) == (
        last, member, dt.date(2025, 1, 1), dt.date(2025, 12, 31), 2,
    )  # fmt: skip
    assert queries.own_organizations(member, dt.date(2026, 5, 31)) == frozenset()
    assert queries.ground(member, branch, dt.date(2026, 5, 31)).liaison
    assert not queries.ground(member, branch, JUN).liaison


def test_a_liaison_is_ended_changed_and_voided(by):
    liaison = factories.liaison(factories.member(), factories.branch())
    refused("on", actions.end_liaison, liaison, dt.date(2027, 1, 1), by=by)
    refused("target", actions.change_target, liaison, 100, Period.YEAR, by=by)
    actions.change_target(liaison, 3, Period.HALF, by=by)
    assert (queries.liaison(liaison).target, queries.liaison(liaison).period) == (3, Period.HALF)
    actions.void_liaison(liaison, by=by)
    assert queries.liaisons(2026) == []
    with pytest.raises(NotThere):
        actions.void_liaison(liaison, by=by)


def test_a_closed_year_changes_no_more(by):
    member, branch, other = factories.member(), factories.branch(), factories.branch()
    liaison = factories.liaison(member, branch)
    term = factories.term(branch, member, from_on=JAN)
    lock(2026, by)
    lock(2026, by)  # a second time is no fault
    message = refused("year", actions.add_liaison, year_2026(member, other), confirmed=False, by=by)
    assert message == "2026年已归档，不能再改。"
    refused("year", actions.end_liaison, liaison, JUN, by=by)
    refused("year", actions.change_target, liaison, 2, Period.YEAR, by=by)
    refused("year", actions.void_liaison, liaison, by=by)
    refused("year", actions.copy_liaison, 2025, 2026, by=by)
    for year in (2024, 2026):  # what begins before a closed year reaches into it
        refused("from_on", actions.set_secretary, branch, member, dt.date(year, 2, 1), by=by)
        refused("from_on", actions.set_own_branch, member, branch, dt.date(year, 2, 1), by=by)
        refused("from_on", actions.place_inside, branch, None, dt.date(year, 2, 1), by=by)
    refused("from_on", actions.void_term, term, by=by)
    actions.set_secretary(branch, factories.person(), dt.date(2027, 1, 1), by=by)
    assert queries.secretaries_on(DEC)[branch].id == member
    assert actions.copy_liaison(2026, 2027, by=by).added == 1


def test_nobody_unknown_becomes_anything(by):
    branch = factories.branch()
    for act in (actions.set_secretary, actions.place_inside):
        with pytest.raises(NotThere):
            act(branch, 999, JAN, by=by)
    with pytest.raises(NotThere):
        actions.set_own_branch(999, branch, JAN, by=by)
    actions.set_own_branch(by.person_id, None, JAN, by=by)
    assert queries.memberships_of(by.person_id) == []


def test_january_copies_what_still_held_in_december(by):
    member, gone = factories.member(), factories.member()
    kept, ended, dissolved, had = (factories.branch() for _ in range(4))
    factories.liaison(member, kept, 2025, target=2, period=Period.HALF, from_on=dt.date(2025, 4, 1))
    factories.liaison(member, ended, 2025, to_on=dt.date(2025, 6, 30))
    factories.liaison(member, dissolved, 2025)
    factories.liaison(member, had, 2025)
    factories.liaison(member, had, 2026, target=4)
    factories.liaison(gone, kept, 2025)
    queries.branch(dissolved).to_on = dt.date(2025, 12, 31)
    db.session.get(factories.Person, gone).active = False
    assert actions.copy_liaison(2025, 2026, by=by).added == 1
    assert actions.copy_liaison(2025, 2026, by=by).added == 0
    (row,) = [row for row in queries.liaisons(2026) if row.branch_id == kept]
    assert (row.from_on, row.to_on, row.target, row.period) == (JAN, DEC, 2, Period.HALF)


# The pages


@pytest.fixture
def browser(client, app):
    return client(factories.office())


def test_an_empty_list_says_what_to_do(browser):
    text = browser.get("/lists?year=1").text
    assert "还没有党组织" in text
    assert f"{today().year}年还没有挂点联系" in text
    assert "先要有党组成员和党组织" in browser.get("/lists/liaison/new").text


@pytest.mark.parametrize("path", ["/lists", "/lists/branches/new", "/lists/liaison/new"])
def test_a_member_keeps_no_lists(client, path):
    assert client(factories.member()).get(path).status_code == 403


def test_the_office_builds_the_lists(browser):
    member, secretary = factories.member(name="白一鸣"), factories.person(name="柳青")
    general = factories.branch("机关党总支", kind=BranchKind.GENERAL)
    body = {
        "name": "码头党支部",
        "kind": "branch",
        "host_unit": "码头",
        "host_kind": "subordinate",
        "official_order": "2",
    }
    assert browser.post("/lists/branches/new", body).status_code == 303
    assert "已有同名的党组织" in browser.post("/lists/branches/new", body).text
    branch = queries.branches_named_alike("码头党支部")[0].id
    page = f"/lists/branches/{branch}"
    day = "2026-01-01"
    sent = [
        ("/secretary", {"secretary-person_id": secretary, "secretary-from_on": day}),
        ("/placement", {"placement-general_branch_id": general, "placement-from_on": day}),
        ("/people", {"own-person_id": secretary, "own-from_on": day}),
        ("", body | {"name": "南码头党支部"}),
    ]
    for path, fields in sent:
        assert browser.post(page + path, fields).status_code == 303
    year = today().year
    liaison = {"year": year, "member_id": member, "branch_id": branch, "target": "2", "period": "half"}
    assert browser.post("/lists/liaison/new", liaison).status_code == 303
    text = browser.get("/lists").text
    for word in ("南码头党支部", "柳青", "属机关党总支", "白一鸣", "每半年 2次", "全年"):
        assert word in text
    text = browser.get(page).text
    assert "2026年1月1日起" in text
    assert 'selected value="subordinate"' in text


def test_what_a_rule_refuses_stands_beside_its_field(browser, by):
    member, branch = factories.member(), factories.branch()
    factories.membership(member, branch)
    lock(2026, by)
    page = f"/lists/branches/{branch}"
    day = "2026-02-01"
    for path, fields in (
        ("/secretary", {"secretary-person_id": member, "secretary-from_on": day}),
        ("/placement", {"placement-general_branch_id": 0, "placement-from_on": day}),
        ("/people", {"own-person_id": member, "own-from_on": day}),
    ):
        answer = browser.post(page + path, fields)
        assert answer.status_code == 422
        assert "2026年已归档" in answer.text
    answer = browser.post(page + "/secretary", {"secretary-person_id": member, "secretary-from_on": "0001-01-01"})
    assert "日期要在1949年至2100年之间" in answer.text
    assert browser.post(page, {"name": ""}).status_code == 422
    slip = browser.post(page + "/secretary", {"secretary-person_id": -1, "secretary-from_on": "2027-01-01"})
    assert "请选择。" in slip.text
    fields = {"year": 2027, "member_id": member, "branch_id": branch, "target": "1", "period": "year"}
    assert "这是本人所在的党组织" in browser.post("/lists/liaison/new", fields).text
    assert browser.post("/lists/liaison/new", fields | {"own_confirmed": "y"}).status_code == 303


def test_ending_and_voiding_ask_once_more(browser):
    member, branch = factories.member(), factories.branch()
    liaison = factories.liaison(member, branch)
    page = f"/lists/liaison/{liaison}"
    assert browser.get(page).status_code == 200
    assert browser.post(page, {"target": "5", "period": "year"}).status_code == 303
    assert browser.post(page, {"target": "0", "period": "year"}).status_code == 422
    asked = browser.post(page + "/end", {"on": "2026-06-30"})
    assert asked.status_code == 200
    assert "最后一天：2026年6月30日" in asked.text
    assert queries.liaison(liaison).to_on == DEC
    assert browser.post(page + "/end", {"on": "2026-06-30", "sure": "1"}).status_code == 303
    assert browser.post(page + "/end", {"on": "2026-07-01", "sure": "1"}).status_code == 422
    assert (queries.liaison(liaison).to_on, queries.liaison(liaison).target) == (dt.date(2026, 6, 30), 5)
    assert browser.get(page + "/void").status_code == 200
    assert browser.post(page + "/void").status_code == 303
    assert browser.get(page).status_code == 404


def test_history_is_voided_from_the_branchs_page(browser, by):
    branch, person = factories.branch(), factories.person()
    term = factories.term(branch, person, from_on=JAN)
    own = factories.membership(person, branch)
    place = factories.placement(branch, factories.branch(kind=BranchKind.GENERAL))
    for path in (f"terms/{term}", f"memberships/{own}", f"placements/{place}"):
        assert browser.get(f"/lists/{path}/void").status_code == 200
    lock(2025, by)
    browser.post(f"/lists/terms/{term}/void")
    browser.post(f"/lists/memberships/{own}/void")  # reaches into the closed year
    assert queries.secretary_terms(branch) == []
    assert len(queries.memberships_of(person)) == 1
    assert browser.get(f"/lists/terms/{term}/void").status_code == 404


def test_members_without_a_liaison_are_named(browser):
    with_one, branch = factories.member(name="白一鸣"), factories.branch()
    factories.member(name="高山")
    factories.liaison(with_one, branch, today().year)
    assert "还没有挂点的：高山。" in browser.get("/lists").text


def test_one_tap_copies_last_years_liaison(browser, by):
    member, branch = factories.member(), factories.branch()
    factories.liaison(member, branch, 2025, from_on=dt.date(2025, 4, 1))
    assert "4月1日至12月31日" in browser.get("/lists?year=2025").text
    assert browser.post("/lists/liaison/copy?year=2026").status_code == 303
    assert len(queries.liaisons(2026)) == 1
    lock(2026, by)
    assert "2026年已归档，挂点联系和次数不再改动" in browser.get("/lists?year=2026").text
    browser.post("/lists/liaison/copy?year=2026")
    assert len(queries.liaisons(2026)) == 1
    assert "不再改动" in browser.get(f"/lists/liaison/{queries.liaisons(2026)[0].id}").text


def test_what_is_not_there_is_not_found(browser):
    branch = factories.branch()
    assert browser.post("/lists/branches/77/secretary").status_code == 404
    body = {"own-person_id": 77, "own-from_on": "2026-01-01"}
    assert browser.post(f"/lists/branches/{branch}/people", body).status_code == 422
    for path in ("/lists/branches/77", "/lists/liaison/77", "/lists/terms/77/void", "/lists/liaison/77/void"):
        assert browser.get(path).status_code == 404


def test_the_overview_asks_as_often_for_many_as_for_one(browser, statements):
    def fill(count):
        for _ in range(count):
            branch, member = factories.branch(), factories.member()
            factories.term(branch, member)
            factories.liaison(member, branch, today().year)
        with statements() as made:
            browser.get("/lists")
        return len(made)

    browser.get("/lists")
    assert fill(1) == fill(12)
