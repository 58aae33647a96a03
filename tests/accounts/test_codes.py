"""One-time codes: a first one by one person, every later one by two, told to its owner, kept nowhere."""

import datetime as dt
import hashlib
import re

import pytest

from logbook.access import Role
from logbook.accounts import actions, codes, queries, requests, roles, sessions
from logbook.accounts.models import AccessRequest, OneTimeCode, Person
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import now, today
from logbook.organization import importing, workbook
from tests import factories

GOOD = "环湖 步道 照明 九月"
OWN = {"own_password": factories.PASSWORD}


@pytest.fixture
def people(app):
    """A leader, two of the office, a sysadmin, a member; all of them were signed in before."""
    return {
        "leader": factories.leader(name="施喆", sign_in_name="shizhe"),
        "clerk": factories.office(name="白一鸣", sign_in_name="bai"),
        "head": factories.office(name="柳青", sign_in_name="liu"),
        "keeper": factories.sysadmin(name="韩若溪", sign_in_name="han"),
        "member": factories.member(name="王珺", sign_in_name="wangjun"),
    }


def code_on(page):
    return re.search(r'class="code">([^<]+)<', page.text)[1]


def asked(client, people, by="clerk", whose="leader"):
    client(people[by]).post(f"/people/{people[whose]}/code", OWN)
    return db.session.query(AccessRequest).order_by(AccessRequest.id.desc()).first().id


def use(client, name, code):
    return client().post("/code", {"sign_in_name": name, "code": code, "password": GOOD})


def test_a_first_code_comes_from_one_person_alone(client, people):
    new = factories.person(name="钱镕", sign_in_name="qian")
    slip = client(people["clerk"]).post(f"/people/{new}/code", OWN)
    assert "http://localhost/code" in slip.text  # where it is typed
    browser = client()
    answer = browser.post("/code", {"sign_in_name": "qian", "code": code_on(slip), "password": GOOD})
    assert answer.status_code == 303
    assert queries.to_acknowledge(new) == []  # they held it in their hands
    assert queries.used_since(now() - dt.timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("by", "whose"), [("clerk", "leader"), ("clerk", "head"), ("keeper", "leader"), ("head", "keeper")]
)
def test_no_later_code_comes_from_one_alone(client, people, by, whose):
    """F2: the office, a colleague under review and the sysadmin were the leader, the clerk and anybody."""
    browser = client(people[by])
    assert browser.post(f"/people/{people[whose]}/code", OWN).status_code == 303
    request_id = db.session.query(AccessRequest).one().id
    assert browser.get(f"/requests/{request_id}").status_code == 404
    assert browser.post(f"/requests/{request_id}", OWN).status_code == 404
    assert browser.post(f"/requests/{request_id}/print", OWN).status_code == 404
    assert db.session.query(OneTimeCode).count() == 0


def test_two_give_a_code_and_a_third_uses_it(client, people):
    asker, agreer = client(people["clerk"]), client(people["head"])
    request_id = asked(client, people)
    assert "白一鸣申请为施喆发登录码，请核实本人后同意" in agreer.get("/").text
    assert "请当面或打电话向施喆本人核实" in agreer.get(f"/requests/{request_id}").text
    assert agreer.post(f"/requests/{request_id}", OWN).status_code == 303
    assert "施喆的登录码，柳青已同意，请打印" in asker.get("/people").text
    assert agreer.post(f"/requests/{request_id}/print", OWN).status_code == 404  # the asker prints, nobody else
    slip = asker.post(f"/requests/{request_id}/print", OWN)
    assert use(client, "shizhe", code_on(slip)).status_code == 303
    stored = db.session.query(OneTimeCode).one()
    assert (stored.issued_by_id, stored.request_id) == (people["clerk"], request_id)
    one = db.session.query(AccessRequest).one()
    assert (one.asked_by_id, one.agreed_by_id) == (people["clerk"], people["head"])


def test_a_slip_is_printed_once_and_stands_in_no_cookie(client, people):
    """F2 f, F17: the code was in a signed cookie, which anybody reads, and a GET took it away."""
    request_id = asked(client, people)
    client(people["keeper"]).post(f"/requests/{request_id}", OWN)
    asker = client(people["clerk"])
    assert "只打印一次" in asker.get(f"/requests/{request_id}/print").text
    code = code_on(asker.post(f"/requests/{request_id}/print", OWN))
    again = asker.post(f"/requests/{request_id}/print", OWN, follow_redirects=True)
    assert "此项已办完" in again.text
    assert code not in again.text
    assert asker.http.get_cookie("logbook_form") is None or "slip" not in asker.http.get_cookie("logbook_form").value
    assert len(queries.unused_codes(people["leader"])) == 1


def test_one_who_holds_several_posts_counts_once(client, people):
    both = factories.person(Role.OFFICE, Role.SYSADMIN, Role.MEMBER, name="陈喆安")
    people["both"] = both
    request_id = asked(client, people, by="both")
    assert client(both).post(f"/requests/{request_id}", OWN).status_code == 404
    assert client(people["member"]).post(f"/requests/{request_id}", OWN).status_code == 404  # nobody named them
    assert client(people["leader"]).post(f"/requests/{request_id}", OWN).status_code == 404  # it is their own


def test_the_owner_neither_asks_nor_agrees(client, people):
    own = client(people["head"]).post(f"/people/{people['head']}/code", OWN)
    assert (own.status_code, "由他人办理" in own.text) == (422, True)
    request_id = asked(client, people, by="clerk", whose="head")
    assert client(people["head"]).post(f"/requests/{request_id}", OWN).status_code == 404


def test_a_member_named_beforehand_may_be_the_second(client, people):
    first = asked(client, people, whose="head")
    client(people["leader"]).post("/codes/second", {"person_id": people["member"]})
    assert client(people["member"]).get(f"/requests/{first}").status_code == 404  # named after it was asked for
    second = asked(client, people, whose="keeper")
    assert "请核实本人后同意" in client(people["member"]).get("/").text
    assert client(people["member"]).post(f"/requests/{second}", OWN).status_code == 303
    client(people["leader"]).post("/codes/second", {"person_id": 0})
    third = asked(client, people, whose="leader")
    assert client(people["member"]).get(f"/requests/{third}").status_code == 404


def test_what_a_former_leader_named_is_over(app, people):
    requests.name_second(people["member"], by=factories.actor(people["leader"]), at=now())
    assert queries.is_second(people["member"], since=now())
    queries.grants(people["leader"], Role.LEADER)[0].ended_at = now()
    assert not queries.is_second(people["member"], since=now())
    with pytest.raises(RuleBroken):
        requests.name_second(people["clerk"], by=factories.actor(people["leader"]), at=now())


@pytest.mark.parametrize("hours", [25, 24])
def test_a_request_is_good_for_a_day(app, people, hours):
    at = now()
    later = at + dt.timedelta(hours=hours)
    one = codes.ask(people["leader"], by=factories.actor(people["clerk"]), at=at)
    with pytest.raises(RuleBroken):
        requests.agree(one.id, by=factories.actor(people["head"]), at=later)
    requests.agree(one.id, by=factories.actor(people["head"]), at=at)
    with pytest.raises(RuleBroken):
        codes.print_agreed(one.id, by=factories.actor(people["clerk"]), at=later)
    assert codes.ask(people["leader"], by=factories.actor(people["head"]), at=later)


def test_a_request_is_withdrawn_or_declined(client, people):
    first = asked(client, people)
    assert "已有人为此人申请" in client(people["head"]).post(f"/people/{people['leader']}/code", OWN).text
    assert client(people["head"]).post(f"/requests/{first}/withdraw").status_code == 404
    assert client(people["clerk"]).post(f"/requests/{first}/withdraw").status_code == 303
    second = asked(client, people)
    assert client(people["head"]).post(f"/requests/{second}/decline").status_code == 303
    assert (
        "此项已办完、已撤回或已过期"
        in client(people["keeper"]).post(f"/requests/{second}", OWN, follow_redirects=True).text
    )
    page = client(people["leader"]).get("/codes").text
    assert "已撤回" in page
    assert "未同意" in page


def test_whoever_agreed_must_still_be_there_when_it_is_printed(app, people):
    one = codes.ask(people["leader"], by=factories.actor(people["clerk"]), at=now())
    requests.agree(one.id, by=factories.actor(people["head"]), at=now())
    db.session.get(Person, people["head"]).active = False
    with pytest.raises(RuleBroken):
        codes.print_agreed(one.id, by=factories.actor(people["clerk"]), at=now())
    role = requests.ask(people["member"], Role.OFFICE, by=people["clerk"], at=now())
    with pytest.raises(NotThere):
        codes.print_agreed(role.id, by=factories.actor(people["clerk"]), at=now())


def test_the_owner_is_told_on_every_page_until_they_say_so(client, people):
    request_id = asked(client, people)
    client(people["head"]).post(f"/requests/{request_id}", OWN)
    use(client, "shizhe", code_on(client(people["clerk"]).post(f"/requests/{request_id}/print", OWN)))
    owner, told = (
        client(people["leader"]),
        "由白一鸣申请、柳青同意，为您发放登录码。如非本人要求，请立即告知党组书记和系统管理员。",
    )
    for path in ("/", "/visits", "/me"):
        assert told in owner.get(path).text
    code_id = db.session.query(OneTimeCode).one().id
    assert client(people["head"]).post(f"/me/codes/{code_id}/acknowledge").status_code == 404
    owner.post(f"/me/codes/{code_id}/acknowledge")
    assert told not in owner.get("/").text
    assert db.session.query(OneTimeCode).one().acknowledged_at


def test_leader_and_sysadmin_read_who_gave_which_code(client, people):
    request_id = asked(client, people, whose="member")
    client(people["head"]).post(f"/requests/{request_id}", OWN)
    code = code_on(client(people["clerk"]).post(f"/requests/{request_id}/print", OWN))
    for reader in ("leader", "keeper"):
        page = client(people[reader]).get("/codes").text
        assert all(words in page for words in ("王珺", "白一鸣", "柳青", "登录码已发、未使用"))
    use(client, "wangjun", code)
    for reader in ("leader", "keeper"):
        assert "王珺使用了登录码（白一鸣申请、柳青同意）" in client(people[reader]).get("/").text
    assert "使用了登录码" not in client(people["clerk"]).get("/").text
    assert "已使用" in client(people["leader"]).get("/codes").text
    assert client(people["clerk"]).get("/codes").status_code == 403


def test_the_servers_code_is_told_as_such(client, people):
    code = actions.issue_code(people["member"], by=None, at=now())
    db.session.commit()
    use(client, "wangjun", code)
    assert "由服务器管理人员为您发放登录码" in client(people["member"]).get("/").text
    assert "由服务器管理人员发放" in client(people["leader"]).get("/codes").text


CHANGES = {
    "password": lambda person: actions.change_password(factories.actor(person), "x", session_id=0, at=now()),
    "roles": lambda person: roles.set_roles(person, frozenset({Role.OFFICE}), by=None, at=now()),
    "use": lambda person: roles.change_account(person, "wangjun", active=False, by=None, at=now()),
    "name": lambda person: roles.change_account(person, "wang", active=True, by=None, at=now()),
    "code": lambda person: actions.issue_code(person, by=None, at=now()),
    "a name by the workbook": lambda person: imported(db.session.get(Person, person).name, "wang"),
}


def imported(name, sign_in_name):
    """The lists' workbook with a sign-in name for somebody whose own was taken away by an earlier version."""
    db.session.query(Person).filter_by(name=name).one().sign_in_name = None
    cells = {sheet: [list(heads)] for sheet, heads in workbook.COLUMNS.items()}
    cells[workbook.PEOPLE].append([name, "", 5, sign_in_name, "", ""])
    by = factories.actor(factories.person(Role.OFFICE, Role.SYSADMIN))
    importing.carry_out(importing.plan_import(workbook.parse(cells, {}), today(), by=by), by=by, at=now())


@pytest.mark.parametrize("change", CHANGES)
def test_a_code_ends_with_every_change_of_credentials(app, people, change):
    """F2 e, g: a code outlived the owner's new password and the loss of roles."""
    code = actions.issue_code(people["member"], by=None, at=now())
    waiting = codes.ask(people["member"], by=factories.actor(people["clerk"]), at=now())
    CHANGES[change](people["member"])
    assert db.session.query(OneTimeCode).first().ended_at
    assert change == "code" or waiting.ended_at
    with pytest.raises(RuleBroken):
        actions.code_of("wangjun", code, at=now())


def test_a_code_of_before_the_upgrade_ends_with_a_sentence(client, people):
    """F24: it was stored under a plain digest, which a copy of the database lets anybody try through."""
    plain = hashlib.sha256(b"APYA23456789").hexdigest()
    late = now() + dt.timedelta(days=7)
    db.session.add(
        OneTimeCode(person_id=people["member"], code_hash=plain, keyed=False, issued_at=now(), expires_at=late)
    )
    db.session.commit()
    assert "系统升级以前发的" in use(client, "wangjun", "APYA-2345-6789").text
    assert "系统升级以前发放" in client(people["leader"]).get("/codes").text


def test_codes_are_keyed_by_the_installation(app, people):
    code = actions.issue_code(people["member"], by=None, at=now()).replace("-", "")
    stored = db.session.query(OneTimeCode).one().code_hash
    assert stored == sessions.keyed_digest(code)
    assert stored != hashlib.sha256(code.encode()).hexdigest()
    app.config["SECRET_KEY"] = "y" * 32
    assert stored != sessions.keyed_digest(code)


@pytest.mark.parametrize("path", ["/people/{leader}/code", "/requests/1", "/requests/2/print"])
def test_ones_own_password_is_asked_and_wrong_ones_are_slowed_down(client, people, path):
    """F2 d: who sits at an unlocked computer issues nothing."""
    factories.access_request(people["keeper"], people["head"])
    factories.access_request(people["keeper"], people["clerk"], agreed_by_id=people["head"], agreed_at=now())
    browser, path = client(people["clerk"]), path.format(**people)
    assert browser.post(path).status_code == 422
    for _ in range(actions.FREE_FAILURES):
        assert "密码不对" in browser.post(path, {"own_password": "wrong"}).text
    factories.keep_failing()
    assert "秒后再试" in browser.post(path, OWN).text
    assert client().post("/sign-in", {"sign_in_name": "bai", "password": factories.PASSWORD}).status_code == 303


def test_a_first_code_waits_for_the_roles_and_a_sysadmins_comes_from_a_sysadmin(client, people):
    new = factories.person(name="钱镕", sign_in_name="qian")
    requests.ask(new, Role.MEMBER, by=people["keeper"], at=now())
    db.session.commit()
    assert "还没有经另一人确认" in client(people["clerk"]).post(f"/people/{new}/code", OWN).text
    second = factories.sysadmin(name="程一", sign_in_name="cheng")
    db.session.get(Person, second).password_hash = None
    db.session.commit()
    assert "由系统管理员发放" in client(people["clerk"]).post(f"/people/{second}/code", OWN).text
    assert 'class="code"' in client(people["keeper"]).post(f"/people/{second}/code", OWN).text
    assert "另发一张" in client(people["keeper"]).get(f"/people/{second}/code").text


def test_no_code_for_who_is_not_there_or_has_no_sign_in_name(client, people):
    browser, nobody = client(people["clerk"]), factories.person(name="钱镕")
    assert "此人没有登录名或已停用" in browser.get(f"/people/{nobody}/code").text
    assert browser.post(f"/people/{nobody}/code", OWN).status_code == 422
    assert browser.get("/people/99999/code").status_code == 404


@pytest.mark.parametrize("gone", ["out of use", "out of the office"])
def test_a_request_ends_with_the_right_to_ask(app, people, gone):
    """Also a role: whoever asked could not ask any more when somebody agrees."""
    asked_for = requests.ask(people["member"], Role.OFFICE, by=people["clerk"], at=now())
    if gone == "out of use":
        roles.change_account(people["clerk"], "bai", active=False, by=None, at=now())
    else:
        roles.set_roles(people["clerk"], frozenset({Role.MEMBER}), by=None, at=now())
    with pytest.raises(RuleBroken, match="此项已办完"):
        requests.agree(asked_for.id, by=factories.actor(people["head"]), at=now())
    assert Role.OFFICE not in queries.roles_of(people["member"])


def test_whoever_agrees_reads_which_account_it_is(client, people):
    """Two may bear one name: the post and the sign-in name say whose."""
    factories.member(name="施喆", sign_in_name="shizhe2")
    request_id = asked(client, people)
    page = client(people["head"]).get(f"/requests/{request_id}").text
    assert "登录名shizhe。" in re.sub(r"<[^>]+>|\s", "", page)
