"""Drafts on the server: whose they are, what is kept of them, and when they go."""

import datetime as dt

import pytest

from logbook.db import db
from logbook.formats import now, today
from logbook.settings.queries import Settings
from logbook.visits import actions, drafts, queries
from logbook.visits.models import Draft, Kind, Level, Visit
from logbook.visits.rules import NewVisit
from tests import factories
from tests.visits.test_pages import JSON, TODAY, body

KEY = "key-of-a-draft"
FIELDS = [["findings", "写了一半"], ["kinds", "research"], ["kinds", "forum"]]


def sent(fields=FIELDS, based_on=0, url="/visits/new"):
    return {"fields": fields, "url": url, "based_on": based_on}


@pytest.fixture
def browser(client):
    return client(factories.member())


def kept():
    return [(one.person_id, one.key) for one in db.session.query(Draft).order_by(Draft.id)]


def test_a_draft_is_kept_as_typed_and_removed(browser):
    answer = browser.put(f"/drafts/{KEY}", json=sent())
    assert (answer.status_code, answer.json) == (200, {"revision": 1})
    (draft,) = browser.get("/drafts").json
    saved_at = dt.datetime.fromisoformat(draft.pop("saved_at"))
    assert draft == {"key": KEY, "url": "/visits/new", "fields": FIELDS, "revision": 1}
    assert abs(now() - saved_at) < dt.timedelta(minutes=1)
    assert [browser.delete(f"/drafts/{KEY}").status_code for _ in range(2)] == [204, 204]
    assert browser.get("/drafts").json == []


def test_the_newest_comes_first(browser):
    for n, key in enumerate(("draft-one", "draft-two", "draft-one")):
        browser.put(f"/drafts/{key}", json=sent([["findings", str(n)]], based_on=n // 2))
    assert [(one["key"], one["revision"]) for one in browser.get("/drafts").json] == [
        ("draft-one", 2),
        ("draft-two", 1),
    ]


def test_what_was_changed_elsewhere_is_told_and_not_overwritten(browser):
    browser.put(f"/drafts/{KEY}", json=sent())
    browser.put(f"/drafts/{KEY}", json=sent([["findings", "在电脑上"]], based_on=1))
    late = browser.put(f"/drafts/{KEY}", json=sent([["findings", "在手机上"]], based_on=1))
    assert (late.status_code, late.json) == (409, {"revision": 2, "fields": [["findings", "在电脑上"]]})
    assert browser.put(f"/drafts/{KEY}", json=sent([["findings", "在手机上"]], based_on=2)).json == {"revision": 3}


def test_what_was_removed_elsewhere_does_not_come_back_by_itself(browser):
    browser.put(f"/drafts/{KEY}", json=sent())
    browser.delete(f"/drafts/{KEY}")
    late = browser.put(f"/drafts/{KEY}", json=sent([["findings", "在手机上"]], based_on=1))
    assert (late.status_code, late.json) == (409, {"revision": 0, "fields": []})
    assert kept() == []


def test_the_same_once_more_after_a_lost_answer_is_no_change(browser):
    for _ in range(2):
        assert browser.put(f"/drafts/{KEY}", json=sent()).json == {"revision": 1}


def test_two_on_one_phone_see_each_their_own(client):
    browsers = [client(factories.member()) for _ in range(2)]
    for n, browser in enumerate(browsers):
        browser.put(f"/drafts/{KEY}", json=sent([["findings", str(n)]]))
    assert [[one["fields"] for one in browser.get("/drafts").json] for browser in browsers] == [
        [[["findings", "0"]]],
        [[["findings", "1"]]],
    ]


def test_neither_token_nor_owner_is_kept(browser):
    browser.put(f"/drafts/{KEY}", json=sent([["csrf_token", "T"], ["typed_by", "O"], ["findings", "话"]]))
    assert browser.get("/drafts").json[0]["fields"] == [["findings", "话"]]


@pytest.mark.parametrize(
    "data",
    [
        "", "[]", "null", "{", "[" * 60_000, '{"fields": [], "url": "/visits/new"}',
        '{"fields": [], "url": "/visits/new", "based_on": "0"}',
        '{"fields": [], "url": "https://elsewhere/visits/new", "based_on": 0}',
        '{"fields": [], "url": "/visits/1/withdraw", "based_on": 0}',
        '{"fields": [], "url": "/visits/new\\n", "based_on": 0}',
        '{"fields": [["a"]], "url": "/visits/new", "based_on": 0}',
        '{"fields": [["a", 1]], "url": "/visits/new", "based_on": 0}',
        '{"fields": {"a": "b"}, "url": "/visits/new", "based_on": 0}',
    ],
)  # fmt: skip
def test_what_is_no_draft_is_refused(browser, data):
    answer = browser.put(f"/drafts/{KEY}", data=data, content_type="application/json", headers=JSON)
    assert (answer.status_code, list(answer.json)) == (422, ["fields"])
    assert kept() == []


@pytest.mark.parametrize("text", ["\0", "\ud800", "𠮷", "字" * 10_000, "<script>", "\u202e"])
def test_any_text_comes_back_as_it_was(browser, text):
    assert browser.put(f"/drafts/{KEY}", json=sent([["findings", text]])).status_code == 200
    assert browser.get("/drafts").json[0]["fields"] == [["findings", text]]


@pytest.mark.parametrize("key", ["short", "k" * 65, "key of a draft", "kéy-of-a-draft", "../../etc/passwd"])
def test_a_key_is_a_key(browser, key):
    assert browser.put(f"/drafts/{key}", json=sent()).status_code == 404


def test_a_draft_is_small(browser):
    answer = browser.put(f"/drafts/{KEY}", json=sent([["findings", "a" * drafts.MOST_BYTES]]), headers=JSON)
    assert (answer.status_code, kept()) == (413, [])


def test_there_are_not_too_many(browser):
    for n in range(drafts.MOST_DRAFTS):
        browser.put(f"/drafts/draft-no-{n}", json=sent())
    refused = browser.put("/drafts/one-too-many", json=sent())
    assert (refused.status_code, refused.json) == (422, {"draft": "最多保存50份草稿，请先提交或删去几份。"})
    assert browser.put("/drafts/draft-no-7", json=sent([["findings", "改"]], based_on=1)).status_code == 200
    browser.delete("/drafts/draft-no-7")
    assert browser.put("/drafts/one-too-many", json=sent()).status_code == 200


def test_after_ninety_days_a_draft_is_gone(client, app):
    one, other = factories.member(), factories.member()
    for person in (one, other):
        client(person).put(f"/drafts/{KEY}", json=sent())
    db.session.query(Draft).update({"saved_at": now() - drafts.KEPT - dt.timedelta(minutes=1)})
    db.session.commit()
    assert client(one).get("/drafts").json == []
    client(one).put("/drafts/another-draft", json=sent())
    assert kept() == [(one, "another-draft")]  # whose author never comes again: it goes all the same


def test_who_is_signed_out_keeps_and_reads_none(client):
    for answer in (
        client().get("/drafts", headers=JSON),
        client().put(f"/drafts/{KEY}", json=sent(), headers=JSON),
        client().delete(f"/drafts/{KEY}", headers=JSON),
    ):
        assert answer.status_code == 401
    assert kept() == []


def test_a_token_comes_by_header(app, browser):
    app.config["WTF_CSRF_ENABLED"] = True
    refused = browser.put(f"/drafts/{KEY}", json=sent(), headers=JSON)
    assert (refused.status_code, kept()) == (400, [])
    token = browser.get("/visits/new").text.split('name="csrf_token" value="')[1].split('"')[0]
    assert browser.put(f"/drafts/{KEY}", json=sent(), headers=JSON | {"X-CSRFToken": token}).status_code == 200


# --- the record it becomes ------------------------------------------------------------------------


@pytest.fixture
def typed(client):
    """A branch; a member and another one, each with a draft under the same key."""
    people = factories.member(), factories.member()
    for person in people:
        client(person).put(f"/drafts/{KEY}", json=sent())
    return people, factories.branch()


def test_a_record_takes_its_authors_draft_along(client, typed):
    (member, other), branch = typed
    client(member).put("/drafts/another-draft", json=sent())
    refused = client(member).post("/visits/new", body(branch, client_key=KEY, findings=""), headers=JSON)
    assert (refused.status_code, len(kept())) == (422, 3)
    assert client(member).post("/visits/new", body(branch, client_key=KEY), headers=JSON).status_code == 201
    assert kept() == [(other, KEY), (member, "another-draft")]


def test_both_are_one_transaction(typed):
    (member, other), branch = typed
    new = NewVisit(member, TODAY, "座谈。", (Kind.RESEARCH,), Level.GROUP, branch_id=branch, client_key=KEY)
    actions.log_visit(new, by=factories.actor(member), at=now(), settings=Settings(unit_name="青湖"))
    assert kept() == [(other, KEY)]
    db.session.rollback()
    assert kept() == [(member, KEY), (other, KEY)]
    assert db.session.query(Visit).count() == 0


@pytest.mark.parametrize(("findings", "same"), [(None, True), ("写得更多的一条。", False), ("", False)])
def test_whether_a_draft_says_what_its_record_says_is_told(client, typed, findings, same):
    (member, _other), branch = typed
    record = body(branch, client_key=KEY)
    client(member).post("/visits/new", record)
    text = record | ({} if findings is None else {"findings": findings})
    fields = [[name, one] for name, of in text.items() for one in (of if isinstance(of, list) else [of])]
    late = client(member).put(f"/drafts/{KEY}", json=sent(fields))
    assert (late.status_code, late.json["same"]) == (422, same)
    assert set(late.json["receipt"]) == {"id", "number", "version", "digest"}


def test_what_was_typed_last_and_comes_after_the_record_is_no_draft(client, typed):
    (member, other), branch = typed
    client(member).post("/visits/new", body(branch, client_key=KEY))
    late = client(member).put(f"/drafts/{KEY}", json=sent())
    assert (late.status_code, late.json["key"]) == (422, "这份草稿已经提交，不再保存。")
    assert kept() == [(other, KEY)]
    assert client(other).put(f"/drafts/{KEY}", json=sent(based_on=1)).status_code == 200


def test_a_repeat_takes_the_draft_along_too(client, typed):
    (member, other), branch = typed
    client(member).post("/visits/new", body(branch, client_key=KEY))
    db.session.add(Draft(person_id=member, key=KEY, url="/visits/new", fields="[]", revision=1, saved_at=now()))
    db.session.commit()
    assert client(member).post("/visits/new", body(branch, client_key=KEY), headers=JSON).status_code == 201
    assert kept() == [(other, KEY)]


def test_a_correction_takes_its_draft_along_and_a_refused_one_leaves_it(client, typed):
    (member, other), branch = typed
    visit = factories.visit(member, branch, today())
    changed = body(branch, findings="改了", reason="写错", based_on="1", client_key=KEY)
    client(member).post(f"/visits/{visit}/correct", changed | {"based_on": "7"}, headers=JSON)
    assert kept() == [(member, KEY), (other, KEY)]
    assert client(member).post(f"/visits/{visit}/correct", changed, headers=JSON).status_code == 201
    assert kept() == [(other, KEY)]
    assert queries.draft(member, KEY) is None
