"""A process killed, or a disk full, between the box of a ballot and the database's commit: nothing is half done."""

import itertools
import os
import signal
import warnings

import pytest
import sqlalchemy as sa

from logbook.ballots import box, queries, sealed
from logbook.ballots.models import BallotStep
from logbook.db import db
from tests.ballots.holding import Held
from tests.ballots.test_two_persons import PATH, people, printed
from tests.client import filled
from tests.conftest import POSTGRES

__all__ = ["people"]
pytestmark = pytest.mark.skipif(bool(POSTGRES), reason="a file beside SQLite's: there it is one transaction")
MORE = {"what": "numbers", "sheets": "2", "codes": "5", "reason": "两人迟到"}


@pytest.fixture
def held(client, people):
    return Held(client(people["clerk"])).begin(a={"sheets": 2, "codes": 3})


def killed_before_the_commit(act, nth=1):
    """Do it in a process that is killed when all is written but the database's commit, the first or a later one."""
    db.session.remove()
    db.engine.dispose()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads: the child ends here
        child = os.fork()
    if not child:
        try:
            commits = itertools.count(1)
            sa.event.listen(
                db.engine, "commit", lambda _one: next(commits) == nth and os.kill(os.getpid(), signal.SIGKILL)
            )
            act()
        finally:
            os._exit(1)  # it came to no commit
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    box.clean_after_kill()
    db.session.remove()


def ask(held, **body):
    assert held.office.post(f"{held.path}/{held.classes['a']}/mend", body).status_code == 303


def unused(client, codes):
    return [client().post("/vote", {"code": one}).status_code == 200 for one in codes]


def test_of_a_correction_that_was_cut_off_the_clerk_alone_prints_no_code(held):
    held.codes("a")
    ask(held, **MORE)
    killed_before_the_commit(lambda: held.press("agree"))
    assert held.codes("a") == []
    held.press("decline")
    assert (held.codes("a"), held.ballot.classes[0].codes, held.box["a"].made) == ([], 3, 3)


def test_a_correction_that_was_cut_off_is_agreed_to_again(held):
    held.codes("a")
    ask(held, **MORE)
    killed_before_the_commit(lambda: held.press("agree"))
    held.press("agree")
    assert (len(held.codes("a")), held.ballot.classes[0].codes) == (2, 5)


@pytest.mark.parametrize("lost", [1, 3])
def test_a_replacement_that_was_cut_off_is_carried_out_with_the_number_it_voided(client, held, lost):
    codes = held.codes("a")
    ask(held, what="codes", reason="找不到了", **({"slip": codes[0]} if lost == 1 else {}))
    killed_before_the_commit(lambda: held.press("agree"))
    assert unused(client, codes) == [False] * lost + [True] * (3 - lost)
    assert f"作废{lost}个" in held.phone.post("/witness", {"code": held.code}).text
    assert held.press("agree").status_code == 200
    assert (len(held.codes("a")), held.box["a"].voided) == (lost, lost)
    held.close()
    assert f"作废并补发测评码{lost}个（钱玥提出、监票人同意）；原因：找不到了。" in printed(held)


def test_what_was_voided_is_neither_declined_nor_overtaken(held):
    held.codes("a")
    ask(held, what="codes", reason="找不到了")
    killed_before_the_commit(lambda: held.press("agree"))
    declined = held.press("decline")
    assert (declined.status_code, "再点一次“同意”" in declined.text) == (422, True)
    ask(held, **MORE)
    assert "再点一次“同意”" in held.office.get(held.path).text
    step = db.session.query(BallotStep).one()
    assert (step.declined_at, step.agreed_at) == (None, None)


def test_another_witness_finds_what_the_former_one_agreed_to_carried_out(held):
    """The former one is gone and answers no more."""
    held.codes("a")
    ask(held, what="codes", reason="找不到了")
    killed_before_the_commit(lambda: held.press("agree"))
    sent = {"witness_id": "", "witness_name": "闫玥", "reason": "原监票人因病离场"}
    assert held.office.post(f"{held.path}/witness-new", sent).status_code == 303
    lost = next(one for one in queries.steps(held.ballot_id) if one.kind.value == "replace")
    assert (lost.said, lost.declined_at, bool(lost.agreed_at)) == ({"n": "3"}, None, True)
    assert len(held.codes("a")) == 3


def test_a_vote_that_was_cut_off_counts_once(client, held):
    (code, *_others) = held.codes("a")
    cast = {"code": code, "c1_0": "good", "c2_0": "good"}
    state = sealed.read(box.place_of(held.ballot_id))
    voter = client()
    killed_before_the_commit(lambda: voter.post("/vote/cast", cast))
    assert sealed.read(box.place_of(held.ballot_id)) != state
    assert voter.post("/vote/cast", cast).status_code == 422
    assert held.box["a"].cast.n == 1


def test_a_confirmation_that_was_cut_off_prints_nothing_before_it_is_given(client, people):
    held = Held(client(people["clerk"]))
    held.numbers(a={"codes": 3})
    killed_before_the_commit(lambda: held.press("confirm"))
    held.numbers(a={"codes": 2})
    assert held.codes("a") == []
    held.press("confirm")
    assert len(held.codes("a")) == 2


def test_an_opening_that_was_cut_off_leaves_no_box(client, people):
    office = client(people["clerk"])
    clerk = filled(office.get(PATH).text, PATH)["clerk_id"][0]
    body = {"sheet": "grades", "clerk_id": clerk, "witness_id": "", "witness_name": "凌照棠"}
    killed_before_the_commit(lambda: office.post(PATH, body))
    assert not list(sealed.files(box.place_of(1)))
    assert Held(office).begin(a={"codes": 2}).codes("a")


def test_a_closing_that_was_cut_off_leaves_the_ballot_open_and_whole(client, held):
    (code, *_others) = held.codes("a")
    client().post("/vote/cast", {"code": code, "c1_0": "good", "c2_0": "good"})
    held.office.post(f"{held.path}/close", {"sealed_by": ""})
    killed_before_the_commit(lambda: held.press("agree"))
    assert (held.ballot.closed_at, held.box["a"].cast.n) == (None, 1)
    assert held.press("agree").status_code == 200
    assert queries.counts(held.ballot_id)["a", 1, 0] == {"good": 1}


def test_a_closed_ballot_whose_box_is_gone_but_not_noted_shows_its_result_when_it_is_ended_again(client, held):
    (code, *_others) = held.codes("a")
    client().post("/vote/cast", {"code": code, "c1_0": "good", "c2_0": "good"})
    held.office.post(f"{held.path}/close", {"sealed_by": ""})
    killed_before_the_commit(lambda: held.press("agree"), nth=2)
    assert (bool(held.ballot.closed_at), held.ballot.erased_at, queries.counts(held.ballot_id)) == (True, None, {})
    assert not list(sealed.files(box.place_of(held.ballot_id)))
    held.office.post(f"{held.path}/close")
    assert queries.counts(held.ballot_id)["a", 1, 0] == {"good": 1}


def test_a_box_of_before_may_be_read(held):
    """Earlier versions stored how many codes were still to be printed."""
    plain = (
        sealed.read(box.place_of(held.ballot_id))
        .replace(', "carried_out": {}', "")
        .replace('"turn": 0', '"to_make": 9, "turn": 0')
    )
    sealed.write(box.place_of(held.ballot_id), plain)
    assert len(held.codes("a")) == 3
