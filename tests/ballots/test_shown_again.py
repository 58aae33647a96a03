"""What was chosen or typed comes back from every fault and sign-in; a page that is only looked at ends nothing."""

import errno
import json
import os
import re

import pytest
from flask import current_app

from logbook.accounts.models import Person, SignInSession
from logbook.ballots import box, closing, queries, sealed
from logbook.db import db
from logbook.formats import today
from tests import factories
from tests.ballots.holding import Held
from tests.ballots.test_two_persons import people
from tests.client import filled, logged, posting, sent_by
from tests.conftest import POSTGRES

__all__ = ["people"]
YEAR = today().year
PATH = f"/review/{YEAR}/ballot"
GOOD, POOR = {"c1_0": "1", "c2_0": "1"}, {"c1_0": "4", "c2_0": "3"}


@pytest.fixture
def held(client, people):
    return Held(client(people["clerk"])).begin(a={"sheets": 2, "codes": 1})


@pytest.mark.skipif(bool(POSTGRES), reason="a file beside SQLite's")
def test_a_voter_whose_ballot_did_not_reach_the_disk_sends_it_once_more(client, held, monkeypatch, caplog):
    (code,) = held.codes("a")

    def failing(_descriptor):
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "fsync", failing)
    with logged(caplog):
        answer = client().post("/vote/cast", {"code": code, "c1_0": "good", "c2_0": "poor"})
    monkeypatch.undo()
    assert (answer.status_code, "您选的还在下面" in answer.text, caplog.text) == (503, True, "")
    again = filled(answer.text, "/vote/cast")
    assert again == {"code": [code], "c1_0": ["good"], "c2_0": ["poor"]}
    assert client().post("/vote/cast", again).status_code == 303
    assert held.box["a"].cast.counts == {"1.0.good": 1, "2.0.poor": 1}


def sign_in_in_between(held, people, path, body):
    """The session ended while somebody typed: the page after they signed in again."""
    person = db.session.get(Person, people["clerk"])
    person.sign_in_name = "qianyue"
    db.session.query(SignInSession).delete()
    db.session.commit()
    asked = held.office.post(path, body)
    carried = re.search(r'name="carried" value="([^"]+)"', asked.text)[1]
    sent = {"sign_in_name": "qianyue", "password": factories.PASSWORD, "carried": carried}
    return held.office.post("/sign-in", sent)


def test_sheets_of_paper_without_a_script_stand_there_again_after_a_sign_in(held, people):
    """The earlier ones of the bundle, and the last in its cells; sent again they are the same bundle."""
    held.back("a", 2)
    path = f"{PATH}/{held.classes['a']}/first"
    page = held.office.post(path, filled(held.office.get(path).text, "/first") | GOOD)
    sent = {name: values[0] for name, values in filled(page.text, "/first").items()} | POOR
    again = sign_in_in_between(held, people, path, sent)
    body = {name: values[0] for name, values in filled(again.text, "/first").items()}
    assert "第1扎，第2份（共2份）" in again.text
    assert {name: body[name] for name in ("bundle", "client_key", *POOR)} == {
        name: sent[name] for name in ("bundle", "client_key", *POOR)
    }
    assert json.loads(body["sheets"]) == [GOOD]
    assert held.office.post(path, body).status_code == 303
    assert held.box["a"].bundles[0].first.counts == {"1.0.good": 1, "2.0.good": 1, "1.0.poor": 1, "2.0.average": 1}


def test_sheets_are_not_taken_in_another_s_name(client, held):
    """Who signed in meanwhile in another tab did not type them."""
    held.back("a", 2)
    path = f"{PATH}/{held.classes['a']}/first"
    page, other = held.office.get(path).text, client(factories.office(name="韦芷"))
    sent = filled(page, "/first") | GOOD | {"sheets": json.dumps([GOOD])}
    refused = other.post(path, sent, headers={"Accept": "application/json"})
    assert (refused.status_code, "另一个人" in refused.json["said"]) == (409, True)
    assert held.box["a"].bundles[0].first is None


@pytest.mark.parametrize(
    ("page", "typed"),
    [
        ("{class_id}/mend", {"what": "codes", "slip": "ABCD-EFGH-JKLM", "reason": "这张污损了"}),
        ("{class_id}/mend", {"what": "numbers", "sheets": "7", "codes": "9", "reason": "又来了几位"}),
        ("close", {"sealed_by": "闻溪、凌照棠"}),
        ("close", {"void": "1", "reason": "发错了类别"}),
        ("witness-new", {"witness_id": "", "witness_name": "闻溪", "reason": "身体不适"}),
    ],
)
def test_a_request_stands_there_again_after_a_sign_in(held, people, page, typed):
    """Above all a slip to be voided: without its code all unused ones would be."""
    held.codes("a")
    path = f"{PATH}/{page.format(class_id=held.classes['a'])}"
    again = sign_in_in_between(held, people, path, {"typed_by": typed_by(held, path)} | typed)
    assert any(
        typed.items() <= {name: one[0] for name, one in sent_by(form).items()}.items() for form in posting(again.text)
    )


def typed_by(held, path):
    """The mark of who has the form open."""
    return re.search(r'name="typed_by" value="([^"]+)"', held.office.get(path).text)[1]


def everything(held):
    """What stands on the disk and in the ballot."""
    found = held.ballot
    files = [] if POSTGRES else sorted((one.name, one.read_bytes()) for one in sealed.files(box.place_of(found.id)))
    return files, repr(box.read(found.id)), found.closed_at, found.erased_at, found.witness_code


@pytest.mark.parametrize("closed", [False, True])
def test_no_page_that_is_only_opened_ends_or_erases_anything(client, held, people, closed):
    if closed:  # and not erased: a process died in between
        closing.close(held.ballot, at=factories.AT)
        db.session.commit()
    before = everything(held)
    values = {"year": YEAR, "class_id": held.classes["a"], "typing": "first", "ending": "docx"}
    addresses = current_app.url_map.bind("localhost")
    for rule in current_app.url_map.iter_rules():
        if rule.endpoint.startswith(("ballots.", "witness.", "voting.")) and "GET" in rule.methods:
            path = addresses.build(rule.endpoint, {name: values[name] for name in rule.arguments})
            for browser in (held.office, held.phone, client(people["member"]), client(people["leader"])):
                assert browser.get(path).status_code < 500, path
    assert everything(held) == before
    if closed:
        assert held.office.post(f"{PATH}/close").status_code == 303
        assert queries.ballot(1).erased_at


def test_a_ballot_whose_votes_are_gone_says_so_and_is_held_again(client, people, held):
    """As where a copy of the database alone was put in place."""
    box.destroy(held.ballot_id)
    db.session.commit()
    assert "票不在这台服务器上" in held.office.get(PATH).text
    assert "票不在这台服务器上" in held.phone.post("/witness", {"code": held.code}).text
    assert held.office.get(f"{PATH}/close").status_code == 200
    held.office.post(f"{PATH}/close", {"void": "1", "reason": "服务器更换"})
    assert held.press("agree").status_code == 200
    assert Held(held.office).ballot_id > held.ballot_id
