"""A page that refused what was typed: shown again by Back and a reload, to who typed it, and to nobody else."""

import datetime as dt
import sqlite3
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import OperationalError

from logbook.access import Role
from logbook.accounts.kept_pages import KEPT_FOR, MOST_BYTES, MOST_PAGES, Drawer, RefusedPage
from logbook.accounts.models import RoleGrant
from logbook.clock import written_at
from logbook.db import db
from logbook.formats import now, today
from logbook.visits import actions
from logbook.visits.models import Level
from tests import factories
from tests.client import posting, sent_by
from tests.test_access import world

__all__ = ["world"]
NAVIGATES = [{"Sec-Fetch-Mode": "navigate"}, {"Upgrade-Insecure-Requests": "1"}]
WORDS = "写了很久的一段"
PATH = "/visits/new"


@pytest.fixture
def browser(client):
    return client(factories.member())


def refused(browser, path=PATH, data=None, headers=NAVIGATES[0]):
    """The address that a refused form leads to."""
    answer = browser.post(path, data or {"findings": WORDS}, headers=headers)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def files(app):
    return [one for one in (app.config["INSTANCE"] / "refused").glob("*/*") if one.is_file()]


@pytest.mark.parametrize("headers", NAVIGATES)
def test_a_refused_form_has_an_address_of_its_own(browser, headers):
    place = refused(browser, headers=headers)
    assert urlsplit(place).path == PATH
    for _again in range(2):
        page = browser.get(place)
        assert WORDS in page.text
        assert "还没有保存" in page.text
        assert page.status_code == 422


def test_who_sends_by_script_or_asks_for_json_gets_the_answer_itself(browser):
    assert browser.post(PATH, {"findings": WORDS}).status_code == 422
    asks = {"Accept": "application/json", **NAVIGATES[0]}
    assert browser.post(PATH, {"findings": WORDS}, headers=asks).status_code == 422
    by_script = {"Sec-Fetch-Mode": "cors", **NAVIGATES[1]}
    assert browser.post(PATH, {"findings": WORDS}, headers=by_script).status_code == 422


def test_what_the_address_asked_for_stays_in_it(browser):
    branch = factories.branch()
    place = refused(browser, f"{PATH}?branch={branch}&refused=x")
    assert dict(pair.split("=") for pair in urlsplit(place).query.split("&"))["branch"] == str(branch)
    assert place.count("refused=") == 1


def test_nobody_else_sees_it(app, client, browser):
    place = refused(browser)
    for other in (client(factories.member()), client(factories.leader()), client(factories.office())):
        page = other.get(place, follow_redirects=True)
        assert WORDS not in page.text
        assert page.status_code == 200
    assert WORDS not in client().get(place, follow_redirects=True).text


def test_another_sign_in_of_the_same_person_does_not_see_it(client):
    person = factories.member()
    place = refused(client(person))
    assert WORDS not in client(person).get(place, follow_redirects=True).text


def test_signing_out_removes_it(app, browser):
    refused(browser)
    assert files(app)
    browser.post("/sign-out")
    assert files(app) == []


def test_nothing_of_it_is_readable_on_the_disk_or_in_the_log(app, browser, caplog):
    refused(browser)
    assert all(WORDS.encode() not in one.read_bytes() for one in files(app))
    assert WORDS not in caplog.text


def test_it_goes_with_the_role_it_was_typed_in(client):
    person = factories.office()
    browser = client(person)
    place = refused(browser, "/settings", {"unit_name": "", "superior": WORDS})
    assert WORDS in browser.get(place).text
    db.session.query(RoleGrant).filter_by(person_id=person).delete()
    db.session.add(RoleGrant(person_id=person, role=Role.MEMBER, granted_at=now(), granted_by_id=person))
    db.session.commit()
    page = browser.get(place, follow_redirects=True)
    assert page.status_code == 403
    assert WORDS not in page.text


def test_it_is_shown_as_long_as_its_page_may_be_opened(client):
    person = factories.member()
    browser, visit = client(person), factories.visit(person, factories.branch(), today())
    place = refused(browser, f"/visits/{visit}/correct", {"findings": WORDS})
    assert WORDS in browser.get(place).text
    actions.withdraw(visit, reason="登记错了", by=factories.actor(person), at=now())
    db.session.commit()
    assert WORDS not in browser.get(place, follow_redirects=True).text


def test_a_form_without_a_page_of_its_own_is_shown_where_it_was_refused(client):
    member, leader = factories.member(), factories.leader()
    visit = factories.visit(member, factories.branch(), today())
    browser = client(leader)
    place = refused(browser, f"/visits/{visit}/instruct", {"text": f"{WORDS}，机密★一年"})
    assert WORDS in browser.get(place).text


def test_what_was_refused_is_gone_once_it_is_taken(app, browser):
    branch = factories.branch()
    place = refused(browser, data={"findings": WORDS, "visited_on": today().isoformat()})
    form = next(one for one in posting(browser.get(place).text) if one.get("action") == PATH)
    sent = sent_by(form) | {"branch_id": str(branch), "kinds": "research"}
    come = {**NAVIGATES[0], "Referer": f"http://localhost{place}"}
    assert browser.post(PATH, sent, headers=come).status_code == 303
    assert files(app) == []
    assert WORDS not in browser.get(place, follow_redirects=True).text


def test_a_fault_of_ours_is_kept_as_well(browser, monkeypatch):
    def fail(*_all, **_more):
        raise OperationalError("", {}, sqlite3.OperationalError("database is locked"))

    monkeypatch.setattr(actions, "log_visit", fail)
    branch, day = factories.branch(), today().isoformat()
    typed = {
        "findings": WORDS,
        "branch_id": str(branch),
        "kinds": "research",
        "visited_on": day,
        "level": Level.GROUP.value,
    }
    page = browser.get(refused(browser, data=typed))
    assert (page.status_code, WORDS in page.text) == (200, True)


def test_a_full_disk_refuses_as_before(browser, monkeypatch):
    def full(*_all, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Drawer, "keep", full)
    answer = browser.post(PATH, {"findings": WORDS}, headers=NAVIGATES[0])
    assert (answer.status_code, WORDS in answer.text) == (422, True)


@pytest.mark.parametrize("error", [OperationalError("", {}, ValueError())])
def test_without_its_database_the_answer_itself_comes(browser, monkeypatch, error):
    def away(*_all, **_more):
        raise error

    monkeypatch.setattr(Drawer, "keep", away)
    assert browser.post(PATH, {"findings": WORDS}, headers=NAVIGATES[0]).status_code == 422


@pytest.mark.parametrize("path", ["/sign-in", "/code", "/vote"])
def test_pages_for_everybody_keep_nothing(app, client, path):
    client().post(path, {"code": "AAAA", "sign_in_name": "x", "password": "y"}, headers=NAVIGATES[0])
    assert files(app) == []


def test_a_ballot_lies_on_no_disk(app, world):
    _people, browsers = world
    browsers["office"].post("/review/1/ballot/type/1/first", {"x": WORDS}, headers=NAVIGATES[0])
    assert files(app) == []


@pytest.mark.parametrize("name", ["x", "..", "a/b", "名", "a.typed"])
def test_a_name_that_is_no_ones_leads_to_the_form(browser, name):
    assert browser.get(f"{PATH}?refused={name}", follow_redirects=True).status_code == 200
    assert browser.get(f"/nowhere?refused={name}", follow_redirects=True).status_code == 200


def test_what_was_typed_since_is_kept_beside_it(browser):
    place = refused(browser)
    address = f"/refused/{place.rpartition('=')[2]}"
    assert browser.get(address).json is None
    assert browser.put(address, json=[[["findings", "接着写的"]]]).status_code == 200
    assert browser.get(address).json == [[["findings", "接着写的"]]]
    assert browser.put("/refused/nobodys-page", json=[]).status_code == 410


DAY = dt.timedelta(days=1)
PAGE = RefusedPage(1, ("member",), PATH, 422, WORDS)


@pytest.fixture
def drawer(tmp_path):
    return Drawer(tmp_path / "refused", b"secret", "token")


def test_a_page_is_there_for_a_while(drawer):
    name = drawer.keep(PAGE, at=now())
    assert drawer.find(name, at=now()) == PAGE
    assert drawer.find(name, at=now() + KEPT_FOR + DAY) is None
    drawer.keep(PAGE, at=now() + KEPT_FOR + DAY)
    assert len(list(drawer.folder.glob("*/*"))) == 1, "the old one is removed with the next"


def test_a_sign_in_keeps_so_many_pages(drawer):
    names = [drawer.keep(PAGE, at=now()) for _n in range(MOST_PAGES + 3)]
    there = [name for name in names if drawer.find(name, at=now())]
    assert len(there) == MOST_PAGES
    assert names[-1] in there


def test_too_large_a_page_is_not_kept(drawer):
    assert drawer.keep(RefusedPage(1, (), PATH, 422, "字" * MOST_BYTES), at=now()) == ""
    name = drawer.keep(PAGE, at=now())
    assert not drawer.keep_typed(name, b"x" * (MOST_BYTES + 1), at=now())


def test_another_key_opens_nothing(drawer):
    name = drawer.keep(PAGE, at=now())
    (file,) = drawer.folder.glob("*/*")
    assert written_at(file) <= now() + DAY
    assert Drawer(drawer.folder, b"another", "token").find(name, at=now()) is None
    assert Drawer(drawer.folder, b"secret", "another").find(name, at=now()) is None
