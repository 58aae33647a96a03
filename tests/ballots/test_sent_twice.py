"""Whatever is sent again after a lost answer is answered kindly and changes nothing; what differs is told."""

import json

import pytest

from logbook.ballots import queries
from logbook.ballots.models import Ballot, BallotStep
from logbook.db import db
from logbook.formats import today
from tests.ballots.holding import Held
from tests.ballots.test_two_persons import people, state
from tests.client import filled

__all__ = ["people"]
YEAR = today().year
PATH = f"/review/{YEAR}/ballot"
GOOD, POOR = {"c1_0": "1", "c2_0": "1"}, {"c1_0": "4", "c2_0": "4"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def held(client, people):
    return Held(client(people["clerk"])).begin(a={"sheets": 2, "codes": 1})


def send(held, typing, sheets, key="k" * 22):
    body = {"bundle": "0", "sheets": json.dumps(sheets[:-1]), "client_key": key} | sheets[-1]
    return held.office.post(f"{PATH}/{held.classes['a']}/{typing}", body, headers=JSON)


@pytest.mark.parametrize("second", [[GOOD, POOR], [GOOD, GOOD]])
def test_the_same_bundle_sent_again_is_one_and_another_in_its_place_is_told(held, second):
    """Before both agree, and after: then no sheet and no sum of it is left to compare with."""
    held.back("a", 2)
    assert send(held, "first", [GOOD, POOR]).status_code == 200
    send(held, "second", second)
    before = state(held)
    assert send(held, "first", [GOOD, POOR]).status_code == 200
    for other in ([POOR, POOR], [GOOD, GOOD]):
        refused = send(held, "first", other)
        assert (refused.status_code, "原来的不变" in refused.json["said"]) == (409, True)
    assert send(held, "second", [GOOD, POOR], key="another key of a page").status_code == 409
    assert state(held) == before


def test_an_agreed_bundle_leaves_nothing_that_tells_its_sums(held):
    """Its mark holds a key that only the page knew; without it, or without any, the same sums give another."""
    held.back("a", 2)
    for typing in ("first", "second"):
        send(held, typing, [GOOD, POOR])
    one = held.box["a"].bundles[0]
    assert (one.agreed, one.first, one.second) == (True, None, None)
    assert send(held, "first", [GOOD, POOR], key="").status_code == 409
    held.clear("a")
    held.back("a", 2)
    for typing in ("first", "second"):
        send(held, typing, [GOOD, POOR], key="")
    assert set(held.box["a"].bundles[0].marks.values()) == {""}
    assert send(held, "first", [GOOD, POOR], key="").status_code == 409


def test_numbers_requests_and_the_witness_s_answers_sent_twice_are_one(held):
    for _twice in range(2):
        answer = held.numbers(a={"sheets": 2, "codes": 1})
        assert "已保存" in held.office.get(answer.headers["Location"]).text
    mend = {"what": "numbers", "sheets": "3", "codes": "1", "reason": "一人迟到"}
    for _twice in range(2):
        held.office.post(f"{PATH}/{held.classes['a']}/mend", mend)
    page = held.phone.post("/witness", {"code": held.code}).text
    body = filled(page, "/witness/act")
    for _twice in range(2):
        assert held.phone.post("/witness/act", body | {"act": "agree"}).status_code == 200
    assert (db.session.query(BallotStep).count(), held.ballot.classes[0].sheets) == (1, 3)
    held.office.post(f"{PATH}/close", {"void": "1", "reason": "重来"})
    body = filled(held.phone.post("/witness", {"code": held.code}).text, "/witness/act")
    for _twice in range(2):
        assert held.phone.post("/witness/act", body | {"act": "decline"}).status_code == 200


def test_a_count_sent_again_while_its_sheets_are_typed_is_the_same_count(held):
    held.back("a", 2)
    held.type_in("a", "first", [GOOD] * 2)
    before = state(held)
    assert "已保存" in held.office.get(held.back("a", 2).headers["Location"]).text
    assert "先清空" in held.office.get(held.back("a", 3).headers["Location"]).text
    assert state(held) == before


def test_clearing_sent_again_throws_away_nothing_that_was_typed_since(held):
    """Nor does it from a page that was opened before the last bundle came."""
    held.back("a", 2)
    path, turn = f"{PATH}/{held.classes['a']}", str(held.box["a"].turn)
    held.office.post(f"{path}/back", {"again": "1", "turn": turn})
    held.back("a", 2)
    held.type_in("a", "first", [GOOD] * 2)
    held.type_in("a", "second", [POOR] * 2)
    before = state(held)
    held.office.post(f"{path}/back", {"again": "1", "turn": turn})
    held.office.post(f"{path}/first/again", {"bundle": "0", "turn": turn})
    held.office.post(f"{path}/back", {"again": "1"})
    assert state(held) == before
    held.press_again("a", "first", 0)
    assert held.box["a"].bundles[0].first is None


def test_a_ballot_opened_twice_by_one_form_is_one_and_so_is_another_witness(client, people):
    office = client(people["clerk"])
    body = {"sheet": "grades", "clerk_id": str(people["clerk"]), "witness_id": "", "witness_name": "凌 照棠"}
    answers = [office.post(PATH, body) for _twice in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert db.session.query(Ballot).count() == 1
    assert office.post(PATH, body | {"witness_name": "另一人"}).status_code == 303
    assert "已经有测评" in office.get(PATH).text
    new = {"witness_id": "", "witness_name": "闻溪", "reason": "离会"}
    for _twice in range(2):
        office.post(f"{PATH}/witness-new", new)
    assert [one.kind.value for one in queries.steps(1)] == ["witness"]
