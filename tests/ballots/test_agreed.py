"""The second person agrees to what they have seen, and to nothing else."""

import pytest

from logbook.ballots import queries
from logbook.ballots.forms import digest_of
from logbook.ballots.models import BallotStep
from logbook.db import db
from logbook.formats import today
from tests.ballots.holding import Held
from tests.ballots.test_two_persons import people, printed
from tests.client import filled

__all__ = ["people"]
YEAR = today().year
GOOD, POOR = {"c1_0": "1", "c2_0": "1"}, {"c1_0": "4", "c2_0": "4"}


@pytest.fixture
def held(client, people):
    """Two sheets that were typed in twice, three codes, and the end is asked for."""
    held = Held(client(people["clerk"])).begin(a={"sheets": 2, "codes": 3})
    held.slips = held.codes("a")
    held.paper("a", [GOOD] * 2)
    held.office.post(f"{held.path}/close", {"sealed_by": "钱玥、凌照棠"})
    return held


def open_page(held):
    return held.phone.post("/witness", {"code": held.code}).text


def agree(held, page):
    return held.phone.post("/witness/act", filled(page, "/witness/act") | {"act": "agree"})


def type_anew(held):
    held.clear("a")
    held.paper("a", [POOR] * 2)


def type_one_bundle_anew(held):
    held.clear("a")
    held.back("a", 2)
    held.type_in("a", "first", [GOOD, POOR])
    held.type_in("a", "second", [POOR, POOR])
    held.press_again("a", "first", 0)
    held.type_in("a", "first", [POOR, POOR])


def clear(held):
    held.clear("a")


def cast_one_more(held):
    body = {"code": held.slips[0], "c1_0": "poor", "c2_0": "poor"}
    assert held.phone.post("/vote/cast", body).status_code == 303


@pytest.mark.parametrize("change", [type_anew, type_one_bundle_anew, clear, cast_one_more])
def test_an_end_agreed_to_is_the_one_that_was_seen(held, change):
    """The same number of sheets typed anew by the same hands looks the same, and is another result."""
    page = open_page(held)
    change(held)
    answer = agree(held, page)
    assert (answer.status_code, "刚有变动" in answer.text) == (422, True)
    assert not held.ballot.closed_at
    if change is not clear:
        assert agree(held, answer.text).status_code == 200
        assert held.ballot.closed_at


def test_an_account_s_yes_is_to_what_its_page_said(client, people):
    watching = client(people["member"])
    office, path = client(people["clerk"]), f"/review/{YEAR}/ballot"
    body = {"sheet": "grades", "clerk_id": str(people["clerk"]), "witness_id": str(people["member"])}
    office.post(path, body)
    first = queries.ballot(1).classes[0].id
    office.post(f"{path}/numbers", {f"sheets{first}": "1"})
    watching.post(f"{path}/witness", filled(watching.get(f"{path}/witness").text, "/witness") | {"act": "confirm"})
    office.post(f"{path}/{first}/back", {"back": "0"})
    office.post(f"{path}/close", {"sealed_by": ""})
    page = watching.get(f"{path}/witness").text
    office.post(f"{path}/{first}/back", {"again": "1", "turn": "1"})
    watching.post(f"{path}/witness", filled(page, "/witness") | {"act": "agree"})
    assert not queries.ballot(1).closed_at


def test_what_a_corrected_number_takes_with_it_is_said_and_printed(client, people):
    """Who is handed a ballot late is present and due as well: the witness reads the numbers that will be printed."""
    held = Held(client(people["clerk"])).begin(a={"sheets": 6, "present": 6, "due": 7})
    path = f"{held.path}/{held.classes['a']}/mend"
    held.office.post(path, {"what": "numbers", "sheets": "8", "codes": "0", "reason": "两人迟到"})
    assert "同时改为：实到8人、应到8人、印制8份。" in open_page(held)
    held.press("agree")
    held.paper("a", [GOOD] * 6)
    held.close()
    assert "更正为纸质8份、测评码0个，实到8人、应到8人、印制8份（钱玥提出、监票人同意）" in printed(held)


def test_votes_cast_meanwhile_do_not_keep_the_witness_from_other_answers(held):
    """In a room that votes the number of unused slips falls while the witness reads; it is shown as it is now."""
    held.office.post(f"{held.path}/{held.classes['a']}/mend", {"what": "codes", "reason": "丢了"})
    page = open_page(held)
    assert "作废3个" in page
    cast_one_more(held)
    assert "作废2个" in open_page(held)
    assert agree(held, page).status_code == 200
    assert (held.to_make("a"), held.box["a"].voided) == (2, 2)


def test_who_sealed_the_sheets_is_read_before_it_is_agreed_to(held):
    assert "原始测评表封存人：钱玥、凌照棠。" in open_page(held)


@pytest.mark.parametrize("answer", ["decline", "overtaken"])
def test_a_slip_that_stays_good_is_named_nowhere(held, answer):
    held.office.post(f"{held.path}/{held.classes['a']}/mend", {"what": "codes", "slip": held.slips[0], "reason": "污"})
    if answer == "decline":
        held.press("decline")
    else:
        held.office.post(f"{held.path}/close", {"sealed_by": ""})
    assert held.phone.post("/vote", {"code": held.slips[0]}).status_code == 200
    db.session.expire_all()
    digests = held.box["a"].codes
    assert not [one for one in db.session.query(BallotStep) if any(digest in one.what for digest in digests)]


def test_a_code_that_was_asked_about_is_nowhere_once_it_voted(held, app):
    code, other = held.slips[:2]
    with app.test_request_context():
        digest, unused = digest_of(code), digest_of(other)
    held.office.post(f"{held.path}/{held.classes['a']}/mend", {"what": "codes", "slip": code, "reason": "字迹不清"})
    assert "作废1个" in open_page(held)
    cast_one_more(held)
    box = held.box["a"]
    assert (digest in box.codes, digest in box.asked.values(), unused in box.codes) == (False, False, True)
    kept = [one.what for one in db.session.query(BallotStep)]
    kept += [one.read_bytes().decode("latin-1") for one in app.config["INSTANCE"].rglob("*") if one.is_file()]
    assert not [text[:60] for text in kept if digest in text]
