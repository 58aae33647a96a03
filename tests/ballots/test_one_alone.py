"""One account alone, trying everything on every route of the ballot, again and again: refused, or printed."""

import io
import json
import re

import pytest
from docx import Document
from flask import current_app

from logbook.ballots.models import BallotStep
from logbook.db import db
from logbook.formats import today
from tests import factories
from tests.ballots.holding import Held
from tests.ballots.test_two_persons import ballot_routes, people
from tests.client import Client, filled

__all__ = ["people"]
YEAR = today().year
PATH = f"/review/{YEAR}/ballot"
GOOD = {"c1_0": "1", "c2_0": "1"}
ROUNDS = 2  # what one attempt lays ready the next one takes


@pytest.fixture
def held(client, people):
    """Two sheets and two codes, checked by the witness; nothing typed in yet."""
    return Held(client(people["clerk"])).begin(a={"sheets": 2, "codes": 2})


def bodies(held):
    """Everything the pages send, with the values that hold at this moment."""
    step = db.session.query(BallotStep).order_by(BallotStep.id.desc()).first()
    seen = re.search(r'name="seen" value="(\w+)"', held.phone.post("/witness", {"code": held.code}).text)
    answer = {"step": str(step.id) if step else "1", "seen": seen[1] if seen else "", "shown": "x"}
    turn = {"turn": str(held.box["a"].turn)}
    yield {"due": "9", "sheets": "9", "codes": "9", "reason": "多来了几个人", "what": "numbers"}
    yield from ({"what": "codes", "reason": "丢了"}, {"back": "2"}, {"back": "9"}, {"again": "1"} | turn)
    yield from ({"sealed_by": "甲"}, {"void": "1", "reason": "重来"}, {"bundle": "0"} | turn)
    yield {"bundle": "0", "sheets": json.dumps([GOOD]), "client_key": "k" * 22} | GOOD
    yield {f"{name}{held.classes['a']}": "9" for name in ("due", "present", "printed", "sheets", "codes")}
    yield from (answer | {"act": act} for act in ("confirm", "agree"))


def try_everything(browser, held, **more):
    """Every body to every route, for both typings."""
    for _round in range(ROUNDS):
        sent_now = list(bodies(held))
        for rule in ballot_routes():
            if rule.endpoint in {"ballots.replace_witness", "ballots.make_witness_code"}:
                continue  # by one alone, and printed: below
            if rule.endpoint in {"ballots.watch", "witness.act"}:  # with what is asked for by now
                sent_now = list(bodies(held))
            for typing in ("first", "second") if "typing" in rule.arguments else ("",):
                values = {"year": YEAR, "class_id": held.classes["a"], "typing": typing}
                sent = {name: values[name] for name in rule.arguments}
                path = current_app.url_map.bind("localhost").build(rule.endpoint, sent)
                for body in sent_now:
                    assert browser.post(path, body | more).status_code < 500, (path, body)


def numbers(held):
    ballot = held.ballot
    shown = [(one.due, one.present, one.printed, one.codes, one.handed_out) for one in ballot.classes]
    return ballot.closed_at, ballot.confirmed_at, ballot.witness_name, shown, held.box["a"].cast.n


@pytest.mark.parametrize("who", ["clerk", "other office", "handler", "judged"])
def test_no_account_alone_closes_it_changes_a_number_or_has_a_code_too_many(client, people, held, who):
    """The two of the office may type the paper in, and bear their name for it; the others do not get that far."""
    person = factories.office(name="韦芷") if who == "other office" else people.get(who)
    before = numbers(held)
    try_everything(client(person) if person else client(), held)
    mine = held.box["a"]
    assert numbers(held) == before
    assert mine.made <= 2
    assert db.session.query(BallotStep).filter(BallotStep.agreed_at.is_not(None)).count() == 0
    typists = {"clerk": "钱玥", "other office": "韦芷"}.get(who)
    assert {name for names in mine.typists.values() for name in names} <= {typists}


def test_the_witness_alone_closes_nothing_and_makes_no_code(held):
    """Nobody asked for anything: there is nothing to agree to. They may type, and bear their name for it."""
    held.back("a", 2)
    before = numbers(held)
    try_everything(held.phone, held, code=held.code)
    assert numbers(held) == before
    assert (held.box["a"].made, held.box["a"].back) == (0, 2)
    assert {name for names in held.box["a"].typists.values() for name in names} == {"凌照棠"}


def test_a_clerk_who_makes_a_witness_up_stands_in_the_statistics_with_it(held):
    """What one alone can do: another witness, their slip, both typings, the end. All of it is printed."""
    held.office.post(f"{PATH}/witness-new", {"witness_id": "", "witness_name": "某某", "reason": "离会"})
    slip = re.search(r'class="code">([A-Z0-9-]{14})<', held.office.post(f"{PATH}/witness-code").text)[1]
    alone = Client(held.office.http.application)
    page = alone.post("/witness", {"code": slip}).text
    code = re.search(r'class="code">([A-Z0-9-]{14})<', page)[1]
    held.paper("a", [GOOD] * 2)
    held.office.post(f"{PATH}/close", {"sealed_by": "钱玥"})
    page = alone.post("/witness", {"code": code}).text
    alone.post("/witness/act", filled(page, "/witness/act") | {"act": "agree"})
    paper = Document(io.BytesIO(held.office.get(f"{PATH}/statistics.docx").data))
    text = "\n".join(one.text for one in paper.paragraphs)
    for said in ("监票人由凌照棠更换为某某（钱玥办理）；原因：离会。", "第一遍钱玥；第二遍钱玥。", "监票码发放2次。"):
        assert said in text
    assert held.phone.post("/witness", {"code": held.code}).status_code == 422, "the former one finds out"


def test_an_account_that_watches_does_nothing_of_the_other_s(client, people):
    """On the witness's page nothing waits; on every other they are refused, but for typing under their name."""
    watching, office = client(people["member"]), client(people["clerk"])
    held = Held(office).begin(a={"sheets": 2, "codes": 2})
    body = {"witness_id": str(people["member"]), "witness_name": "", "reason": "离会"}
    office.post(f"{PATH}/witness-new", body)
    held.back("a", 2)
    before = numbers(held)
    try_everything(watching, held)
    assert numbers(held) == before
    assert {name for names in held.box["a"].typists.values() for name in names} == {"王珺"}
    assert db.session.query(BallotStep).filter(BallotStep.agreed_at.is_not(None)).count() == 1
