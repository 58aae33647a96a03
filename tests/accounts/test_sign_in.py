"""Signing in: sessions, slow-down, codes, and what was typed when the session had ended."""

import datetime as dt
import re

import pytest
from argon2.exceptions import VerifyMismatchError

from logbook.access import Role
from logbook.accounts import actions, passwords, queries, roles, sessions
from logbook.db import db
from logbook.formats import now, today
from logbook.visits.models import LockedYear
from logbook.years import queries as years
from tests import factories
from tests.client import filled


def sign_in(client, name, password=factories.PASSWORD):
    return client.post("/sign-in", {"sign_in_name": name, "password": password})


def test_signs_in_and_out(client):
    factories.office(sign_in_name="ban")
    browser = client()
    assert browser.get("/").headers["Location"] == "/sign-in"
    assert sign_in(browser, "ban").status_code == 303
    assert browser.get("/").status_code == 200
    browser.post("/sign-out")
    assert browser.get("/").status_code == 302


def test_a_wrong_password_and_an_unknown_name_answer_alike(client):
    factories.office(sign_in_name="ban")
    known, unknown = sign_in(client(), "ban", "wrong"), sign_in(client(), "nobody", "wrong")
    assert known.status_code == unknown.status_code == 422
    for text in (known.text, unknown.text):
        assert "登录名或密码不对" in text


def test_slows_down_one_name_and_no_other(client):
    factories.office(sign_in_name="ban")
    factories.office(sign_in_name="other")
    for _ in range(actions.FREE_FAILURES + 1):
        sign_in(client(), "ban", "wrong")
    factories.keep_failing()
    assert "秒后再试" in sign_in(client(), "ban").text
    assert sign_in(client(), "other").status_code == 303
    assert actions.wait_seconds("ban", at=now() + dt.timedelta(minutes=2)) == 0


def test_the_database_knows_no_token(client):
    person = factories.office()
    token = factories.sign_in(person)
    stored = queries.open_sessions(person)[0].token_hash
    assert token not in stored
    assert stored == sessions.digest(token)


def test_a_session_ends_when_idle_and_when_old(client):
    person = factories.office()
    for age, idle in (
        (dt.timedelta(days=31), dt.timedelta(0)),
        (dt.timedelta(hours=3), dt.timedelta(hours=2)),
    ):
        browser = client(person)
        for session in queries.open_sessions(person):
            session.created_at, session.last_seen_at = now() - age, now() - idle
        db.session.commit()
        assert browser.get("/").status_code == 302


def test_a_code_sets_a_password_once(client):
    person = factories.office(sign_in_name="ban")
    code = actions.issue_code(person, by=None, at=now())
    db.session.commit()
    body = {"sign_in_name": "ban", "code": code.lower(), "password": "环湖 步道 照明 九月"}
    assert client().post("/code", body).status_code == 303
    assert sign_in(client(), "ban", "环湖 步道 照明 九月").status_code == 303
    assert client().post("/code", body).status_code == 422


def test_a_weak_password_is_refused_with_a_reason(client):
    person = factories.office(sign_in_name="zhangwei", name="张伟")
    code = actions.issue_code(person, by=None, at=now())
    db.session.commit()
    answer = client().post("/code", {"sign_in_name": "zhangwei", "code": code, "password": "zhangwei1"})
    assert answer.status_code == 422
    assert "容易被猜到" in answer.text


def test_what_was_typed_is_kept_though_it_can_no_longer_be_carried_out(client):
    """The session ended while a correction was typed, and meanwhile its year was closed."""
    member = factories.member(sign_in_name="wang")
    visit = factories.visit(member, factories.branch(), today())
    browser = client(member)
    page = browser.get(f"/visits/{visit}/correct").text
    mark = re.search(r'name="typed_by" value="([^"]+)"', page)[1]
    browser.http.delete_cookie("logbook")
    typed = {"findings": "补写了一大段话", "reason": "更正", "typed_by": mark}
    carried = re.search(r'name="carried" value="([^"]+)"', browser.post(f"/visits/{visit}/correct", typed).text)[1]
    db.session.add(LockedYear(year=today().year, locked_at=now(), locked_by_id=member))
    db.session.commit()
    body = {"sign_in_name": "wang", "password": factories.PASSWORD, "carried": carried}
    shown = browser.post("/sign-in", body)
    assert shown.status_code == 409
    assert "补写了一大段话" in shown.text
    assert "已归档" in shown.text
    assert browser.get("/").status_code == 200


def test_a_form_shown_after_the_sign_in_goes_where_it_was_meant_and_at_the_first_press(app, client):
    """Its address had a query; the token is of the new session."""
    app.config["WTF_CSRF_ENABLED"] = True
    clerk = factories.office(sign_in_name="ban")
    browser, path = client(clerk), "/years/text?from=2025-01-01&to=2025-06-30"
    opened = browser.get(path).text
    hidden = lambda page, name: re.search(rf'name="{name}" value="([^"]+)"', page)[1]  # noqa: E731
    browser.http.delete_cookie("logbook")
    typed = {"text": "半年小结。", "typed_by": hidden(opened, "typed_by"), "csrf_token": hidden(opened, "csrf_token")}
    asked = browser.post(path, typed).text
    body = {"sign_in_name": "ban", "password": factories.PASSWORD, "csrf_token": hidden(asked, "csrf_token")}
    shown = browser.post("/sign-in", body | {"carried": hidden(asked, "carried")}).text
    assert "半年小结。" in shown
    action = re.search(r'action="(/years/text[^"]+)"', shown)[1].replace("&amp;", "&")
    sent = browser.post(action, {"text": "半年小结。", "csrf_token": hidden(shown.split("<main")[1], "csrf_token")})
    assert sent.status_code == 303
    assert years.office_text(dt.date(2025, 1, 1), dt.date(2025, 6, 30)).text == "半年小结。"


def test_a_change_of_roles_ends_the_sessions(client):
    person = factories.office()
    factories.office()
    browser = client(person)
    roles.set_roles(person, frozenset({Role.MEMBER}), by=None, at=now())
    db.session.commit()
    assert browser.get("/").status_code == 302


def test_an_unknown_name_costs_as_much_as_a_known_one():
    """The same parameters and lengths, and a whole verification: not a hash that is refused before any work."""
    assert not passwords.HASHER.check_needs_rehash(passwords.NOBODY)
    with pytest.raises(VerifyMismatchError):
        passwords.HASHER.verify(passwords.NOBODY, "谁的密码")
    assert not passwords.verify(None, "谁的密码")


def test_what_was_typed_goes_along_to_who_has_forgotten_the_password(client):
    """The session ended; they go on by a one-time code."""
    member = factories.member(sign_in_name="wang")
    browser, path = client(member), f"/visits/{factories.visit(member, factories.branch(), today())}/withdraw"
    typed = {"reason": "登记重了，撤回", "typed_by": filled(browser.get(path).text, path)["typed_by"][0]}
    code = actions.issue_code(member, by=None, at=now())
    db.session.commit()
    browser.http.delete_cookie("logbook")
    asked = browser.post("/code", filled(browser.post(path, typed).text, "/code"))
    assert (asked.status_code, "还没有保存" in asked.text) == (200, False)
    body = {"sign_in_name": "wang", "code": code, "password": "bailu-tongluo-quanyan-9"}
    assert "登记重了，撤回" in browser.post("/code", filled(asked.text, "/code") | body).text
