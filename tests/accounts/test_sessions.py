"""One browser, one session: the one it came with ends when another begins; and cookies no other host can plant."""

import pytest

from logbook.accounts import actions, carried, queries, roles, sessions
from logbook.accounts.models import SignInSession
from logbook.app import create_app
from logbook.db import db
from logbook.formats import now
from tests import factories
from tests.client import Client

GOOD = "环湖 步道 照明 九月"


def enter(browser, name, **body):
    return browser.post("/sign-in", {"sign_in_name": name, "password": factories.PASSWORD} | body)


def token(browser, name="logbook"):
    return browser.http.get_cookie(name).value


def opens(client, stolen):
    other = client()
    other.http.set_cookie("logbook", stolen)
    return other.get("/me").status_code == 200


def code_for(person):
    code = actions.issue_code(person, by=None, at=now())
    db.session.commit()
    return code


def carry(app):
    with app.test_request_context("/visits/new", method="POST"):
        mark = carried.owner_mark(0)
    with app.test_request_context("/visits/new", method="POST", data={"findings": "写了一半", "typed_by": mark}):
        return carried.pack()


@pytest.mark.parametrize("way", ["again", "as another", "with a code", "as another with a code", "carrying a form"])
def test_the_session_a_browser_came_with_ends_when_another_begins(app, client, way):
    mine = factories.office(sign_in_name="ban")
    factories.office(sign_in_name="other")
    code = {"sign_in_name": "ban", "code": code_for(mine), "password": GOOD}
    begin = {
        "again": lambda: enter(browser, "ban"),
        "as another": lambda: enter(browser, "other"),
        "with a code": lambda: browser.post("/code", code),
        "as another with a code": lambda: browser.post("/code", code),
        "carrying a form": lambda: enter(browser, "ban", carried=carry(app)),
    }[way]
    browser, elsewhere = client(), client(factories.member())
    enter(browser, "other" if way == "as another with a code" else "ban")
    before = token(browser)
    assert begin().status_code == 303
    assert token(browser) != before
    assert not opens(client, before)
    assert opens(client, token(browser))
    assert elsewhere.get("/me").status_code == 200  # another browser's goes on


def test_a_session_that_was_only_idle_ends_as_well(client):
    person = factories.office(sign_in_name="ban")
    browser = client(person)
    queries.open_sessions(person)[0].last_seen_at = factories.AT
    db.session.commit()
    enter(browser, "ban")
    assert len(queries.open_sessions(person)) == 1


def test_who_cannot_sign_in_ends_nobodys_session(client):
    factories.office(sign_in_name="ban")
    browser = client()
    enter(browser, "ban")
    before = token(browser)
    assert enter(browser, "ban", password="wrong").status_code == 422
    assert opens(client, before)


def test_the_session_ends_in_the_transaction_that_begins_the_other(client, monkeypatch):
    person = factories.office(sign_in_name="ban")
    browser = client()
    enter(browser, "ban")
    before = token(browser)
    monkeypatch.setattr(sessions.secrets, "token_urlsafe", lambda _n: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        enter(browser, "ban")
    assert [one.token_hash for one in queries.open_sessions(person)] == [sessions.digest(before)]


# --- where HTTPS is on ----------------------------------------------------------------------------


@pytest.fixture
def secure(app):
    """The same installation, behind HTTPS; browsers of it."""
    same = ("TESTING", "INSTANCE", "SECRET_KEY", "WTF_CSRF_ENABLED", "SQLALCHEMY_DATABASE_URI")
    served = create_app({name: app.config[name] for name in same} | {"HTTPS": True})

    def browser(person=None):
        made = Client(served, person)
        made.http.environ_base["wsgi.url_scheme"] = "https"
        return made

    yield browser
    with served.app_context():
        db.engine.dispose()


def test_no_other_host_of_the_domain_can_plant_a_cookie(secure):
    factories.office(sign_in_name="ban")
    browser = secure()
    given = [
        *browser.get("/sign-in").headers.getlist("Set-Cookie"),
        *enter(browser, "ban").headers.getlist("Set-Cookie"),
    ]
    given += browser.post("/language", {"language": "en"}).headers.getlist("Set-Cookie")
    given = [one for one in given if "Max-Age=0" not in one]
    names = {one.partition("=")[0] for one in given}
    assert names == {"__Host-logbook", "__Host-logbook_form", "__Host-language", "__Secure-known"}
    for one in given:
        flags = one.split("; ")
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(flags), one
        assert not any(flag.startswith("Domain") for flag in flags), one
        assert ("Path=/sign-in" if one.startswith("__Secure-") else "Path=/") in flags, one
    assert '<html lang="en">' in browser.get("/me").text


def test_an_earlier_name_is_not_believed_and_goes_at_the_next_sign_in(secure, client):
    person = factories.office(sign_in_name="ban")
    browser, old = secure(), factories.sign_in(person)
    for name, value in (("logbook", old), ("language", "en")):
        browser.http.set_cookie(name, value, secure=True)
    asked = browser.get("/me")
    assert (asked.status_code, asked.headers["Location"]) == (302, "/sign-in?next=/me")
    assert '<html lang="zh-CN">' in browser.get("/sign-in").text
    dropped = {
        one.partition("=")[0] for one in enter(browser, "ban").headers.getlist("Set-Cookie") if "Max-Age=0" in one
    }
    assert dropped == {"logbook", "known", "logbook_form"}
    assert browser.get("/me").status_code == 200
    assert db.session.query(SignInSession).filter_by(token_hash=sessions.digest(old)).one().ended_at


def test_signing_out_takes_the_cookie_away(secure):
    factories.office(sign_in_name="ban")
    browser = secure()
    enter(browser, "ban")
    browser.post("/sign-out")
    assert browser.http.get_cookie("__Host-logbook") is None
    assert browser.get("/").status_code == 302


def test_a_known_browser_is_known_by_its_new_name(secure):
    factories.office(sign_in_name="ban")
    own = secure()
    enter(own, "ban")
    own.post("/sign-out")
    for _ in range(actions.FREE_FAILURES + 1):
        enter(secure(), "ban", password="wrong")
    factories.keep_failing()
    assert "秒后再试" in enter(secure(), "ban").text
    assert enter(own, "ban").status_code == 303


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/static/none.css", "/visits", "/health"])
def test_every_answer_asks_for_https_from_then_on(secure, path):
    for answer in (secure().http.get(path), secure(factories.sysadmin()).http.get(path)):
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", path


def test_without_https_nothing_asks_for_it(client):
    assert "Strict-Transport-Security" not in client().get("/sign-in").headers


def test_who_has_no_sign_in_name_any_more_is_signed_out(client):
    """And what their phone holds waits for their tap: an account nobody can open vouches for nothing."""
    person = factories.member(sign_in_name="ban")
    browser, keys = client(person), len(queries.phone_keys(person))
    assert browser.get("/me").status_code == 200
    roles.change_account(person, None, active=True, by=None, at=now())
    db.session.commit()
    assert browser.get("/me").status_code != 200
    assert queries.open_sessions(person) == []
    assert len(queries.phone_keys(person)) == keys + 1
