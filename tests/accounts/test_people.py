"""People and their accounts: adding, changing, codes, one's own password and devices, the commands."""

from typing import ClassVar

import pytest
from argon2 import PasswordHasher

from logbook.access import Role
from logbook.accounts import actions, passwords, queries
from logbook.accounts.models import Person
from logbook.db import db
from logbook.formats import now
from tests import factories

GOOD = "环湖 步道 照明 九月"
OWN = {"own_password": factories.PASSWORD}


@pytest.fixture
def admin(client):
    return client(factories.sysadmin(sign_in_name="guanli"))


def named(name):
    return db.session.query(Person).filter_by(name=name).one()


def test_a_person_is_added_with_roles_and_gets_a_slip(admin, client):
    body = {"name": "单玥", "post": "党组成员", "official_order": "3", "sign_in_name": "shanyue", "roles": ["member"]}
    answer = admin.post("/people/new", body | OWN | {"active": "y"})
    assert answer.status_code == 303
    assert named("单玥").pinyin == "shan yue"  # a surname of several readings
    assert queries.roles_of(named("单玥").id) == {Role.MEMBER}
    slip = admin.post(f"/people/{named('单玥').id}/code", OWN).text
    assert "http://localhost/code" in slip  # where it is typed
    code = slip.split('class="code">')[1].split("<")[0]
    entered = client().post("/code", {"sign_in_name": "shanyue", "code": code, "password": GOOD})
    assert entered.status_code == 303


def test_the_office_adds_and_renames_people_but_opens_no_doors(client):
    browser = client(factories.office())
    doors = {"sign_in_name": "likun", "roles": ["sysadmin"], "active": ""}
    assert "登录名和角色由系统管理员设置" in browser.get("/people/new").text
    assert browser.post("/people/new", {"name": "李堃", "official_order": "3"} | doors).status_code == 303
    assert (named("李堃").sign_in_name, named("李堃").active) == (None, True)
    person = factories.member(name="王珺", sign_in_name="wangjun")
    browser.post(f"/people/{person}", {"name": "王玥", "post": "副局长", "official_order": "2"} | doors)
    assert (named("王玥").sign_in_name, named("王玥").active, named("王玥").post) == ("wangjun", True, "副局长")
    assert queries.roles_of(person) == {Role.MEMBER}
    branch = factories.branch()
    assert 'href="/people/new"' in browser.get(f"/lists/branches/{branch}").text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": ""}, "请填写此项"),
        ({"name": "  "}, "请填写此项"),
        ({"name": "名" * 61}, "请不超过60个字"),
        ({"sign_in_name": "guanli"}, "已有人使用"),
        ({"sign_in_name": "空 格"}, "请用2至60个小写字母"),
        ({"official_order": "x"}, "请填整数"),
        ({"roles": ["king"]}, "请从列出的选项中选择"),
    ],
)
def test_a_wrong_entry_is_refused_at_its_field(admin, values, said):
    body = {"name": "李堃", "official_order": "3", "sign_in_name": "likun"} | OWN | values
    answer = admin.post("/people/new", body)
    assert answer.status_code == 422
    assert said in answer.text
    assert db.session.query(Person).filter_by(sign_in_name="likun").count() == 0


def test_changing_a_person_keeps_the_rest(admin):
    person = factories.member(name="王珺", sign_in_name="wangjun")
    assert "wangjun" in admin.get(f"/people/{person}").text
    body = {
        "name": "王玥",
        "official_order": "5",
        "sign_in_name": "wangyue",
        "roles": ["member", "leader"],
        "active": "y",
    } | OWN
    assert admin.post(f"/people/{person}", body).status_code == 303
    assert (named("王玥").pinyin, named("王玥").official_order) == ("wang yue", 5)
    assert queries.roles_of(person) == {Role.MEMBER}  # the other waits for a second person
    assert [one.role for one in queries.requests_about(person)] == [Role.LEADER]
    assert admin.get("/people/99999").status_code == 404
    taken = admin.post(f"/people/{person}", body | {"sign_in_name": "guanli"})
    assert (taken.status_code, "已有人使用" in taken.text) == (422, True)


def test_a_deactivated_person_is_signed_out_and_stays_out(admin, client):
    person = factories.member(name="王珺", sign_in_name="wangjun")
    browser = client(person)
    body = {"name": "王珺", "official_order": "5", "sign_in_name": "wangjun", "roles": ["member"]}
    admin.post(f"/people/{person}", body | OWN)
    assert browser.get("/").status_code == 302
    answer = client().post("/sign-in", {"sign_in_name": "wangjun", "password": factories.PASSWORD})
    assert "登录名或密码不对" in answer.text


class Listening(PasswordHasher):
    """The real hasher, which notes whether a transaction is open while it works."""

    open: ClassVar[list] = []

    def hash(self, password, **options):
        self.open.append(db.session().in_transaction())
        return super().hash(password, **options)

    def verify(self, *values):
        self.open.append(db.session().in_transaction())
        return super().verify(*values)


def test_no_transaction_waits_for_a_password_to_be_hashed(client, monkeypatch):
    person, other = factories.member(sign_in_name="wangjun"), factories.member(sign_in_name="libai")
    code = actions.issue_code(other, by=None, at=now())
    db.session.commit()
    monkeypatch.setattr(passwords, "HASHER", Listening(time_cost=1, memory_cost=8, parallelism=1))
    assert client(person).post("/me", {"old": factories.PASSWORD, "password": GOOD}).status_code == 303
    assert client().post("/code", {"sign_in_name": "libai", "code": code, "password": GOOD}).status_code == 303
    keeper = client(factories.sysadmin())
    assert keeper.post(f"/people/{person}/code", OWN).status_code == 303
    body = {"name": "王珺", "official_order": "5", "sign_in_name": "wang", "roles": ["member"], "active": "y"}
    assert keeper.post(f"/people/{person}", body | OWN).status_code == 303
    assert Listening.open == [False] * 5


def test_one_changes_ones_password_and_ends_the_other_devices(client):
    person = factories.member(sign_in_name="wangjun")
    here, there = client(person), client(person)
    assert "另一台设备" in here.get("/me").text
    wrong = here.post("/me", {"old": "wrong", "password": GOOD})
    assert (wrong.status_code, "密码不对" in wrong.text) == (422, True)
    assert here.post("/me", {"old": factories.PASSWORD, "password": GOOD}).status_code == 303
    assert there.get("/").status_code == 302
    assert here.get("/").status_code == 200
    assert client().post("/sign-in", {"sign_in_name": "wangjun", "password": GOOD}).status_code == 303


def test_ones_old_password_is_not_tried_through(client):
    """Whoever sits at an unlocked phone waits as they would at the sign-in."""
    browser = client(factories.member())
    for _ in range(actions.FREE_FAILURES):
        browser.post("/me", {"old": "wrong", "password": GOOD})
    factories.keep_failing()
    assert "秒后再试" in browser.post("/me", {"old": factories.PASSWORD, "password": GOOD}).text


def test_one_ends_a_device_of_ones_own_and_no_others(client):
    person, other = factories.member(), factories.member()
    here, there = client(person), client(person)
    sessions = queries.open_sessions(person)
    mine = next(s.id for s in sessions if f"/me/sessions/{s.id}/end" in here.get("/me").text)
    assert client(other).post(f"/me/sessions/{mine}/end").status_code == 404
    assert here.post(f"/me/sessions/{mine}/end").status_code == 303
    assert there.get("/").status_code == 302


def test_the_office_is_told_once_who_became_leader_or_office(client):
    factories.office(sign_in_name="ban")
    factories.leader(name="施喆")
    factories.member(name="王珺")

    def enter():
        browser = client()
        browser.post("/sign-in", {"sign_in_name": "ban", "password": factories.PASSWORD})
        return browser.get("/").text

    told = enter()
    assert "施喆被授予“党组书记”角色" in told
    assert "王珺被授予" not in told
    assert "施喆被授予" not in enter()


def test_a_sign_in_goes_on_to_where_one_wanted_and_nowhere_else(client):
    factories.office(sign_in_name="ban")
    body = {"sign_in_name": "ban", "password": factories.PASSWORD}
    for wanted, found in (
        ("/visits?state=new", "/visits?state=new"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/visits\r\nX: y", "/"),
        ("//[", "/"),
    ):
        answer = client().post("/sign-in", body, query_string={"next": wanted})
        assert answer.headers["Location"] == found
    asked = client().get("/visits?state=new")
    assert asked.headers["Location"] == "/sign-in?next=/visits?state%3Dnew"


def test_what_strangers_try_keeps_nobody_out(client):
    """The one who holds a code, and the browser they signed in with before, need not wait."""
    person = factories.office(sign_in_name="ban")
    own, body = client(), {"sign_in_name": "ban", "password": factories.PASSWORD}
    own.post("/sign-in", body)
    own.post("/sign-out")
    for name in ("ban", "ban known"):
        for _ in range(actions.FREE_FAILURES + 3):
            client().post("/sign-in", body | {"password": "wrong", "sign_in_name": name})
    factories.keep_failing()
    assert "秒后再试" in client().post("/sign-in", body).text
    assert own.post("/sign-in", body).status_code == 303
    code = actions.issue_code(person, by=None, at=now())
    db.session.commit()
    assert client().post("/code", {"sign_in_name": "ban", "code": code, "password": GOOD}).status_code == 303


def test_a_known_browser_is_slowed_by_what_is_tried_there(client):
    factories.office(sign_in_name="ban")
    own, body = client(), {"sign_in_name": "ban", "password": factories.PASSWORD}
    own.post("/sign-in", body)
    for _ in range(actions.FREE_FAILURES + 1):
        own.post("/sign-in", body | {"password": "wrong"})
    factories.keep_failing()
    assert "秒后再试" in own.post("/sign-in", body).text
    assert client().post("/sign-in", body).status_code == 303


@pytest.mark.parametrize("password", ["short", "x" * 129])
def test_a_password_has_a_length(client, password):
    person = factories.office(sign_in_name="ban")
    code = actions.issue_code(person, by=None, at=now())
    db.session.commit()
    answer = client().post("/code", {"sign_in_name": "ban", "code": code, "password": password})
    assert answer.status_code == 422


def test_the_language_is_chosen_by_a_button(client):
    browser = client(factories.office())
    answer = browser.post("/language", {"language": "en", "next": "/visits"})
    assert answer.headers["Location"] == "/visits"
    assert '<html lang="en">' in browser.get("/visits").text
    page = browser.get("/visits?state=new&text=a").text
    assert 'name="next" value="/visits?state=new&amp;text=a"' in page
    refused = browser.post("/language", {"language": "en", "next": "/lists/branches/7/secretary"})
    assert refused.headers["Location"] == "/lists/branches/7"
    browser.post("/language", {"language": "zh", "next": "//evil.example"})
    assert '<html lang="zh-CN">' in browser.get("/visits").text


# --- commands -------------------------------------------------------------------------------------


def run(app, *arguments):
    return app.test_cli_runner().invoke(args=arguments)


FIRST = ("first-account", "--unit-name", "青湖风景区管理局", "--name", "王玥", "--sign-in-name", "WangYue")


def test_the_first_account_is_office_and_sysadmin(app, client):
    made = run(app, *FIRST, "--group-word", "党委")
    code = made.output.strip()
    assert client().post("/code", {"sign_in_name": "wangyue", "code": code, "password": GOOD}).status_code == 303
    assert queries.roles_of(named("王玥").id) == {Role.OFFICE, Role.SYSADMIN}
    assert "已有账号" in run(app, *FIRST).output


def test_the_first_account_needs_words_that_are_offered(app):
    made = run(app, *FIRST, "--group-word", "董事会")
    assert made.exit_code == 1
    assert "请从列出的用词中选择" in made.output
    assert not queries.anyone()


def test_a_code_is_printed_for_one_person_only(app, client):
    factories.member(name="王珺", sign_in_name="wangjun")
    factories.member(name="王珺", sign_in_name="wangjun2")
    factories.person(name="钱镕")
    assert "找到2个" in run(app, "code", "王珺").output
    assert "没有登录名" in run(app, "code", "钱镕").output
    assert "找到0个" in run(app, "sysadmin", "无此人").output
    code = run(app, "code", "wangjun2").output.strip()
    assert client().post("/code", {"sign_in_name": "wangjun2", "code": code, "password": GOOD}).status_code == 303
