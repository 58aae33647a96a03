"""What one person typed is shown to nobody else, and is never lost without a word."""

import io

import pytest
from werkzeug.datastructures import MultiDict

from logbook.accounts import carried
from logbook.db import db
from logbook.formats import now, today
from logbook.visits.models import LockedYear
from tests import factories
from tests.client import filled, posting, sent_by
from tests.faults.test_typed import away

ASKS = 'id="main" tabindex="-1" data-typed>'
SECRET = "老周想调走，只同我说过。"


@pytest.fixture
def pair(app, client):
    """(Wang, Li): two members; tokens are asked for."""
    app.config["WTF_CSRF_ENABLED"] = True
    return factories.member(name="王珺", sign_in_name="wang"), factories.member(name="李澜", sign_in_name="li")


def opened(browser, path, **typed):
    """What the form of that page sends, filled in so."""
    return {name: texts[-1] for name, texts in filled(browser.get(path).text, path).items()} | typed


def sign_in(browser, name, page):
    """Sign in on the page at hand, with all that its form carries."""
    return browser.post("/sign-in", filled(page, "/sign-in") | {"sign_in_name": name, "password": factories.PASSWORD})


def another_tab(browser, name):
    """Somebody signs in in another tab of the same browser."""
    assert sign_in(browser, name, browser.get("/sign-in").text).status_code == 303


@pytest.mark.parametrize("path", ["/visits/new", "/visits/{}/correct", "/visits/{}/withdraw"])
def test_what_was_typed_by_who_signed_in_before_waits_for_them(client, pair, path):
    browser, branch = client(pair[0]), factories.branch()
    path = path.format(factories.visit(pair[0], branch, today()))
    body = opened(browser, path, thinking=SECRET, reason=SECRET)
    another_tab(browser, "li")
    answer = browser.post(path, body)
    assert (answer.status_code, SECRET in answer.text) == (409, False)
    assert "另一位同志" in answer.text
    assert all(sent_by(form).get("thinking") is None for form in posting(answer.text))
    assert SECRET in sign_in(browser, "wang", answer.text).text


def test_a_form_without_a_mark_and_with_another_s_token_is_not_shown(client, pair):
    browser = client(pair[1])
    answer = browser.post("/visits/new", {"thinking": SECRET, "csrf_token": "stale"})
    assert (answer.status_code, SECRET in answer.text, "不知是谁登录时" in answer.text) == (409, False, True)


def test_a_token_too_old_and_a_database_away_lose_nothing_and_show_nothing(client, pair):
    browser = client(pair[0])
    body = opened(browser, "/visits/new", thinking=SECRET) | {"csrf_token": "stale"}
    with away():
        answer = browser.post("/visits/new", body)
    assert answer.status_code == 503
    assert filled(answer.text, "/visits/new")["thinking"] == [SECRET]
    assert f">{SECRET}<" not in answer.text


@pytest.mark.parametrize("path", ["/sign-in", "/code"])
def test_a_sign_in_page_open_too_long_goes_on_carrying(client, pair, path):
    browser = client(pair[0])
    body = opened(browser, "/visits/new", findings="写了一半的话")
    browser.http.delete_cookie("logbook")
    page = browser.post("/visits/new", body)
    asked = browser.post("/code", filled(page.text, "/code")) if path == "/code" else page
    sent = filled(asked.text, path) | {"csrf_token": "stale", "sign_in_name": "wang", "password": "x", "code": "y"}
    again = browser.post(path, sent)
    assert (again.status_code, filled(again.text, path)["sign_in_name"]) == (400, ["wang"])
    back = again if path == "/sign-in" else browser.post("/sign-in", filled(again.text, "/sign-in"))
    assert "还没有保存" not in back.text or path == "/sign-in"
    assert "写了一半的话" in sign_in(browser, "wang", back.text).text


def test_who_signed_in_meanwhile_need_not_sign_in_twice(client, pair):
    browser = client(pair[0])
    body = opened(browser, "/visits/new", findings="写了一半的话")
    browser.http.delete_cookie("logbook")
    page = browser.post("/visits/new", body)
    another_tab(browser, "wang")
    assert "写了一半的话" in sign_in(browser, "wang", page.text).text


def test_what_is_not_shown_after_a_sign_in_is_said(client, pair):
    browser = client(pair[0])
    body = opened(browser, "/visits/new", thinking=SECRET)
    browser.http.delete_cookie("logbook")
    page = browser.post("/visits/new", body).text
    sign_in(browser, "li", page)
    home = browser.get("/").text
    assert ("登录前填写的内容没有显示" in home, SECRET in home) == (True, False)


def test_what_was_typed_waits_as_long_as_the_mark(app):
    with app.test_request_context("/", method="POST", data={"reason": "写了一半", "typed_by": carried.owner_mark(7)}):
        packed = carried.pack()
        assert carried.unpack(packed).person_id == 7
    assert carried.MAX_AGE == 30 * 24 * 3600


def test_a_file_that_was_chosen_is_asked_for_again_once_and_only_then(client, pair):
    browser = client(pair[0])
    body = opened(browser, "/visits/new", findings="写了一半的话", csrf_token="stale")
    without = browser.post("/visits/new", body).text
    file = {"files": (io.BytesIO(b"%PDF-1.7 x"), "通知.pdf")}
    with_file = browser.post("/visits/new", body | file, content_type="multipart/form-data").text
    assert [page.count("请重新选择") for page in (without, with_file)] == [0, 1]
    assert "写了一半的话" in with_file


def test_a_workbook_too_is_asked_for_again(client, pair):
    clerk = client(factories.office())
    body = opened(clerk, "/lists/import", csrf_token="stale") | {"file": (io.BytesIO(b"PK"), "名册.xlsx")}
    assert clerk.post("/lists/import", body, content_type="multipart/form-data").text.count("请重新选择") == 1


def test_nor_is_it_forgotten_where_the_form_has_no_page_of_its_own(client, pair):
    browser = client(pair[0])
    body = opened(browser, "/visits/new", csrf_token="stale") | {
        "result": "已\x01修好",
        "file": (io.BytesIO(b"x"), "一.pdf"),
    }
    page = browser.post("/directives/1/close", body, content_type="multipart/form-data").text
    assert (page.count("请重新选择"), "已修好" in page, "\x01" in page) == (1, True, False)


def test_nothing_that_a_page_carries_is_left_unasked(client, pair):
    """Its language, the way home: the browser asks first, where the text stands nowhere else (logbook.js)."""
    browser = client(pair[0])
    body = opened(browser, "/visits/new", findings="写了一半的话")
    browser.http.delete_cookie("logbook")
    page = browser.post("/visits/new", body).text
    by_code = browser.post("/code", filled(page, "/code")).text
    assert [ASKS in one for one in (page, by_code, browser.get("/sign-in").text)] == [True, True, False]
    assert ASKS not in client(pair[0]).get("/me").text


def test_the_text_to_be_copied_is_what_a_person_typed(app):
    typed = {
        "findings": "写了一段话", "based_on": "1234567", "digest": "a" * 64, "client_key": "key-000001", "back": "home",
        "rows": '{"1": ["甲"]}', "sheets": '[{"c1_0": "1"}]', "reason": "[待核实]", "made": "0f" * 32,
    }  # fmt: skip
    assert carried.texts(MultiDict(typed)) == ["写了一段话", "[待核实]"]


@pytest.mark.parametrize("odd", ["\0", "\x01", "\x0b", "\x7f", "\x85", "\ufffe", "\ufdd0"])
def test_no_control_character_stands_on_a_page_again(client, pair, odd):
    """The browser that opens the page is strict (tests/client.py)."""
    browser = client(pair[0])
    body = opened(browser, "/visits/new", findings=f"写了{odd}一半的话\n第二行", csrf_token="stale")
    answer = browser.post("/visits/new", body)
    assert answer.status_code == 400
    assert "".join(filled(answer.text, "/visits/new")["findings"][0].split()) == "写了一半的话第二行"


def test_a_refusal_gives_back_what_is_short(client, pair):
    """A year was closed while a reason of two characters was typed."""
    browser, visit = client(pair[0]), factories.visit(pair[0], factories.branch(), today())
    path = f"/visits/{visit}/withdraw"
    body = opened(browser, path, reason="重了")
    db.session.add(LockedYear(year=today().year, locked_at=now(), locked_by_id=pair[0]))
    db.session.commit()
    assert "重了" in browser.post(path, body).text
