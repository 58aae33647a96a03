"""Roles count once a second person confirmed them, nobody changes their own, and the last way in stays open."""

import pytest

from logbook.access import Role
from logbook.accounts import actions, queries, requests, roles
from logbook.accounts.models import AccessRequest, Person
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.formats import now
from tests import factories

OWN = {"own_password": factories.PASSWORD}


@pytest.fixture
def keeper(app):
    return factories.sysadmin(name="韩若溪", sign_in_name="han")


def entry(name, *held, sign_in="x8", **values):
    body = {"name": name, "official_order": "5", "sign_in_name": sign_in, "roles": list(held), "active": "y"}
    return body | OWN | values


@pytest.mark.parametrize("role", ["leader", "member", "office", "sysadmin"])
def test_a_role_counts_once_a_second_person_confirms_it(client, keeper, role):
    clerk, person = factories.office(name="白一鸣"), factories.person(name="王珺", sign_in_name="x8")
    saved = client(keeper).post(f"/people/{person}", entry("王珺", role), follow_redirects=True).text
    assert "新增的角色经另一人确认后生效" in saved
    assert "（待另一人确认）" in saved
    assert queries.roles_of(person) == frozenset()
    request_id = db.session.query(AccessRequest).one().id
    assert client(keeper).post(f"/requests/{request_id}", OWN).status_code == 404
    assert "韩若溪拟授予王珺" in client(clerk).get("/").text
    assert client(clerk).post(f"/requests/{request_id}").status_code == 422  # without the own password
    assert client(clerk).post(f"/requests/{request_id}", OWN).status_code == 303
    assert [(one.role.value, one.granted_by_id, one.agreed_by_id) for one in queries.grants(person)] == [
        (role, keeper, clerk)
    ]


def test_nobody_changes_their_own_roles_or_use(client, keeper):
    """F9, F2: not by the page, not by what is sent past it, and not by a second sysadmin's absence."""
    factories.office()
    page = client(keeper).get(f"/people/{keeper}").text
    assert "由另一名系统管理员更改" in page
    assert 'name="roles"' not in page
    sent = entry("韩若溪", "sysadmin", "leader", sign_in="han") | {"active": ""}
    assert client(keeper).post(f"/people/{keeper}", sent).status_code == 303
    assert queries.roles_of(keeper) == {Role.SYSADMIN}
    assert db.session.get(Person, keeper).active
    with pytest.raises(RuleBroken):
        roles.set_roles(keeper, frozenset({Role.SYSADMIN, Role.LEADER}), by=keeper, at=now())
    for name, active in (("", True), ("han", False)):
        with pytest.raises(RuleBroken):
            roles.change_account(keeper, name, active=active, by=keeper, at=now())


def test_ones_own_sign_in_name_may_change_but_not_go(client, keeper):
    assert client(keeper).post(f"/people/{keeper}", entry("韩若溪", sign_in="han2")).status_code == 303
    refused = client(keeper).post(f"/people/{keeper}", entry("韩若溪", sign_in=""))
    assert refused.status_code == 422
    assert db.session.get(Person, keeper).sign_in_name == "han2"


def test_at_the_first_start_the_first_account_gives_roles_alone(client, keeper):
    person = factories.person(name="王珺", sign_in_name="x8")
    client(keeper).post(f"/people/{person}", entry("王珺", "leader"))
    assert queries.roles_of(person) == {Role.LEADER}
    code = client(keeper).post(f"/people/{person}/code", OWN).text.split('class="code">')[1].split("<")[0]
    client().post("/code", {"sign_in_name": "x8", "code": code, "password": "环湖 步道 照明 九月"})
    client(keeper).post(f"/people/{person}", entry("王珺", "leader", "office"))
    assert queries.roles_of(person) == {Role.LEADER}  # from the first password of another on, never again


def test_the_first_start_does_not_come_again(app, keeper):
    other = factories.office()
    assert not roles.counts_alone(keeper)
    factories.office()
    roles.set_roles(other, frozenset(), by=keeper, at=now())
    roles.change_account(other, None, active=False, by=keeper, at=now())
    assert not roles.counts_alone(keeper)


def test_where_nobody_else_ever_signed_in_a_member_confirms(app, keeper):
    """A new bureau: one person is office and sysadmin, and a member was the first to sign in."""
    member, person = factories.member(), factories.person(name="王珺", sign_in_name="x8")
    assert roles.set_roles(person, frozenset({Role.LEADER}), by=keeper, at=now()) == {Role.LEADER}
    (one,) = queries.requests_about(person)
    assert requests.may_agree(one, factories.actor(member))
    factories.office()
    assert not requests.may_agree(one, factories.actor(member))


def test_an_unticked_role_goes_at_once_and_a_waiting_one_is_withdrawn(client, keeper):
    clerk, person = factories.office(), factories.member(name="王珺", sign_in_name="x8")
    client(keeper).post(f"/people/{person}", entry("王珺", "member", "leader"))
    page = client(keeper).get(f"/people/{person}").text
    assert "待另一人确认：党组书记" in page
    client(keeper).post(f"/people/{person}", entry("王珺"))
    assert queries.roles_of(person) == frozenset()
    assert queries.requests_about(person) == []
    assert "拟授予" not in client(clerk).get("/").text


def test_accounts_are_changed_by_who_knows_their_own_password(client, keeper):
    factories.office()
    person = factories.member(name="王珺", sign_in_name="x8")
    for changed in ({"roles": []}, {"active": ""}, {"sign_in_name": "x9"}):
        sent = entry("王珺", "member") | changed | {"own_password": "wrong"}
        assert "密码不对" in client(keeper).post(f"/people/{person}", sent).text
    assert client(keeper).post("/people/new", entry("李四", sign_in="li") | {"own_password": ""}).status_code == 422
    assert queries.roles_of(person) == {Role.MEMBER}
    assert client(keeper).post(f"/people/{person}", entry("王玥", "member", own_password="")).status_code == 303


def shut(person, how):
    held = queries.roles_of(person)
    return {
        "roles": lambda by: roles.set_roles(person, frozenset(), by=by, at=now()),
        "use": lambda by: roles.change_account(person, "x8", active=False, by=by, at=now()),
        "name": lambda by: roles.change_account(person, None, active=True, by=by, at=now()),
    }[how], held


@pytest.mark.parametrize("how", ["roles", "use", "name"])
@pytest.mark.parametrize("role", [Role.SYSADMIN, Role.OFFICE])
def test_the_last_way_in_stays_open(app, role, how):
    """F9: saved without 在用, with an empty sign-in name, by two in turn, or of the office."""
    last = factories.person(role, sign_in_name="x8")
    by = factories.person(Role.MEMBER)  # an account that keeps none of them open
    change, held = shut(last, how)
    with pytest.raises(RuleBroken, match="way_in"):
        change(by)
    db.session.rollback()
    assert queries.roles_of(last) == held
    factories.person(role)
    shut(last, how)[0](by)


def test_an_account_without_password_or_good_code_is_no_way_in(app):
    last, by = factories.sysadmin(sign_in_name="x8"), factories.member()
    other = factories.sysadmin(sign_in_name="x9")
    db.session.get(Person, other).password_hash = None
    db.session.commit()
    with pytest.raises(RuleBroken, match="way_in"):
        roles.change_account(last, "x8", active=False, by=by, at=now())
    db.session.rollback()
    actions.issue_code(other, by=None, at=now())
    roles.change_account(last, "x8", active=False, by=by, at=now())


def test_what_shuts_the_last_way_in_says_so_on_the_page(client, keeper):
    clerk = factories.office(name="白一鸣", sign_in_name="x8")
    answer = client(keeper).post(f"/people/{clerk}", entry("白一鸣"))
    assert (answer.status_code, "至少保留一名能登录的党办人员" in answer.text) == (422, True)
    assert queries.roles_of(clerk) == {Role.OFFICE}


def test_no_role_is_confirmed_for_an_account_that_was_closed(app, keeper):
    clerk, person = factories.office(), factories.person(name="王珺", sign_in_name="x8")
    one = requests.ask(person, Role.LEADER, by=keeper, at=now())
    db.session.get(Person, person).active = False
    with pytest.raises(RuleBroken):
        requests.agree(one.id, by=factories.actor(clerk), at=now())


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=arguments)


def test_the_server_opens_it_again(app, client):
    """F9: `run.py code` said that there is no sign-in name, and no command gave an account back."""
    person = factories.sysadmin(name="韩若溪", sign_in_name="han")
    found = db.session.get(Person, person)
    found.active, found.sign_in_name = False, None
    queries.grants(person)[0].ended_at = now()
    db.session.commit()
    assert "--reactivate" in run(app, "code", "韩若溪").output
    assert "--sign-in-name" in run(app, "code", "--reactivate", "韩若溪").output
    code = run(app, "code", "--reactivate", "--sign-in-name", "ＨＡＮ", "韩若溪").output.strip()
    assert run(app, "sysadmin", "han").output.strip() == "韩若溪"
    assert queries.roles_of(person) == {Role.SYSADMIN}
    code = run(app, "code", "han").output.strip()  # a change of roles ended the first
    answer = client().post("/code", {"sign_in_name": "han", "code": code, "password": "环湖 步道 照明 九月"})
    assert answer.status_code == 303


def test_the_office_is_told_of_a_role_the_server_gave(app, client):
    factories.office(sign_in_name="ban")
    factories.member(name="韩若溪", sign_in_name="han")
    run(app, "sysadmin", "han")
    browser = client()
    browser.post("/sign-in", {"sign_in_name": "ban", "password": factories.PASSWORD})
    assert "韩若溪被授予“系统管理员”角色" in browser.get("/").text
