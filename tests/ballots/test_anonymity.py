"""Who holds everything that was on the disk before the first ballot and after closing learns nothing of a vote.

The attacker knows all but one thing: which of two elections was held. Both have the same voters and codes and come to
the same counts; in one of them voters gave one another's votes, and what one gave to two secretaries is tied another
way. What differs between the two leavings is all there is to learn from: it must be nothing.
"""

import contextlib
import json
import random
import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import current_app

from logbook.ballots import actions, counting, erasing, queries
from logbook.ballots.models import Sheet, VoterClass
from logbook.db import db
from logbook.formats import today
from logbook.review import actions as meetings
from logbook.review.models import Report
from tests import factories
from tests.client import logged
from tests.conftest import POSTGRES, THOROUGH

YEAR = today().year
AT = factories.AT
ELECTIONS = 1000 if THOROUGH else 20
BALLOT = ("ballot", "ballot_class", "ballot_count", "ballot_code", "setting")
TABLES = (*BALLOT, "sign_in_session", "made_paper", "person")


@pytest.fixture
def office(app):
    clerk = factories.actor(factories.office())
    for name in ("森林党支部", "环湖党支部", "码头党支部"):
        factories.term(factories.branch(name), factories.person())
    return clerk


class Election:
    """The votes of a few people of each class, each a ballot by secretary; and the same counts, given by others."""

    def __init__(self, dice):
        self.dice = dice
        self.sheet = dice.choice(list(Sheet))
        self.sizes = {one: dice.randint(1, 7) for one in VoterClass}

    def votes(self, reports, items):
        """{class: [ballot, …]}, a ballot {(report, item): value}."""
        values = {item: [*map(str, range(max(0, most - 3), most + 1)), "", "x"] if most else [*counting.GRADES, ""]
                  for item, most in items}  # fmt: skip
        return {
            one: [{(report, item): self.dice.choice(values[item]) for report in reports for item in values}
                  for _voter in range(n)]
            for one, n in self.sizes.items()
        }  # fmt: skip

    def given_by_others(self, votes):
        """What each secretary was given, dealt out anew among the voters of the class."""
        other = {}
        for voters, ballots in votes.items():
            columns = {cell: [ballot[cell] for ballot in ballots] for cell in ballots[0]}
            for column in columns.values():
                self.dice.shuffle(column)
            other[voters] = [{cell: column[n] for cell, column in columns.items()} for n in range(len(ballots))]
        return other


@pytest.fixture
def hold(app, office, caplog, tmp_path):
    """Hold elections on one and the same beginning; each leaves what an attacker finds afterwards."""
    begin = Beginning(tmp_path / "before.db")

    def prepare(election):
        db.session.execute(sa.text("DELETE FROM ballot_code"))
        for table in ("ballot_count", "ballot_class", "ballot", "report", "meeting"):
            db.session.execute(sa.text(f"DELETE FROM {table}"))
        meeting = meetings.create_meeting(YEAR, by=office, at=AT)
        actions.open_ballot(meeting, election.sheet, by=office, at=AT)
        db.session.expire_all()
        ballot = queries.ballot(meeting.id)
        classes = {one.voters: one.id for one in ballot.classes}
        codes = {}
        for voters, n in election.sizes.items():
            actions.hand_out(classes[voters], n)
            codes[voters] = list(actions.make_codes(classes[voters], n + 2))
        items = [(0, 0)] * (ballot.sheet is not Sheet.SCORES)
        items += [(i, most) for i, (_name, most) in enumerate(json.loads(ballot.items), 1)]
        reports = [one.id for one in db.session.query(Report).order_by(Report.position)]
        db.session.commit()
        begin.keep()
        return meeting.id, codes, reports, items

    def vote(prepared, votes, order):
        meeting, codes, _reports, _items = prepared
        begin.again()
        caplog.clear()
        for voters, n in order:
            body = {"code": codes[voters][n], "sure": "1"}
            body |= {f"c{report}_{item}": value for (report, item), value in votes[voters][n].items() if value}
            with logged(caplog):
                assert app.test_client().post("/vote/cast", data=body).status_code == 303
        actions.close(meeting, at=AT)
        db.session.commit()
        assert erasing.erase()
        actions.note_erased(meeting, at=AT)
        db.session.commit()
        counts = queries.counts(queries.ballot(meeting).id)
        db.session.remove()
        return counts, left_behind() | {"log": caplog.text}

    return prepare, vote


class Beginning:
    """The state before the first ballot, to begin again from."""

    def __init__(self, path):
        self.path = path

    def keep(self):
        db.session.remove()
        if not POSTGRES:
            empty_log()
            shutil.copy(database(), self.path)
            return
        with db.engine.begin() as connection:
            self.rows = {one: connection.execute(db.metadata.tables[one].select()).mappings().all() for one in BALLOT}

    def again(self):
        db.session.remove()
        if not POSTGRES:
            db.engine.dispose()
            for ending in ("-wal", "-shm"):
                Path(f"{database()}{ending}").unlink(missing_ok=True)
            shutil.copy(self.path, database())
            return
        with db.engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {', '.join(BALLOT)}"))
            for one in BALLOT:
                if self.rows[one]:
                    connection.execute(db.metadata.tables[one].insert(), [dict(row) for row in self.rows[one]])


def database():
    return Path(current_app.config["INSTANCE"]) / "logbook.db"


def empty_log():
    db.session.remove()
    db.engine.dispose()
    with contextlib.closing(sqlite3.connect(database())) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def left_behind():
    """Everything there is to read: whole files, or every row of PostgreSQL with where and by which write it lies."""
    if not POSTGRES:
        files = [one for one in database().parent.rglob("*") if one.is_file() and one.name != "before.db"]
        found = {one.name: one.read_bytes() for one in files if not one.name.endswith("-shm")}  # -shm: an index of -wal
        return {name: pages(content) if name.endswith("-wal") else content for name, content in found.items()}
    found = {}
    with db.engine.connect() as connection:
        for one in TABLES:
            query = f"SELECT xmin::text::bigint AS x, ctid::text AS c, t.*::text FROM {one} t ORDER BY ctid"
            rows = connection.execute(sa.text(query))
            found[one] = [tuple(row) for row in rows]
    # A transaction's number counts all of the server's: what tells is which rows were written together, and the order.
    numbers = sorted({row[0] for rows in found.values() for row in rows})
    return {one: str([(numbers.index(x), *rest) for x, *rest in rows]) for one, rows in found.items()}


def order_of(votes, dice=None):
    found = [(voters, n) for voters, ballots in votes.items() for n in range(len(ballots))]
    if dice:
        dice.shuffle(found)
    return found


def pages(log):
    """What a write-ahead log says; its salts are drawn by lot each time it begins anew (SQLite file format, 4.1)."""
    size = int.from_bytes(log[8:12], "big")
    starts = range(32, len(log), 24 + size)
    return [(log[at : at + 8], log[at + 24 : at + 24 + size]) for at in starts]


def tells(one, other):
    """What differs between two leavings."""
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def test_who_gave_what_is_lost_with_the_ballots(hold):
    prepare, vote = hold
    for seed in range(ELECTIONS):
        election = Election(random.Random(seed))  # noqa: S311 - a history, no secret
        prepared = prepare(election)
        votes = election.votes(*prepared[2:])
        dealt = election.given_by_others(votes)
        counts, left = vote(prepared, votes, order_of(votes))
        counts_again, left_again = vote(prepared, dealt, order_of(dealt, election.dice))
        assert counts == counts_again, f"the same counts, seed {seed}"
        assert not tells(left, left_again), f"seed {seed}: {tells(left, left_again)}"


@pytest.mark.parametrize("leak", ["rows", "last", "moments"])
def test_a_planted_leak_is_caught(hold, monkeypatch, leak):
    """A row a ballot; only the last one; when a judgement was last given, by the ballots before it."""
    prepare, vote = hold
    plain = actions._add

    def leaking(class_id, column, judgements):
        plain(class_id, column, judgements)
        tick = db.session.scalar(sa.select(sa.func.sum(queries.BallotClass.cast)))
        ballot = [(one.report_id, one.item, one.value) for one in judgements]
        rows = {
            "rows": [(f"b{tick}", ballot)],
            "last": [("b", ballot)],
            "moments": [(str(one), tick) for one in ballot],
        }
        for name, value in rows[leak]:
            db.session.execute(sa.text("DELETE FROM setting WHERE name = :n"), {"n": name})
            db.session.execute(
                sa.text("INSERT INTO setting (name, value) VALUES (:n, :v)"), {"n": name, "v": str(value)}
            )

    monkeypatch.setattr(actions, "_add", leaking)
    assert told(prepare, vote)


@pytest.mark.skipif(bool(POSTGRES), reason="SQLite's own log")
def test_a_write_ahead_log_left_behind_is_caught(hold, monkeypatch):
    prepare, vote = hold
    monkeypatch.setattr(erasing, "erase", lambda: True)
    assert "logbook.db-wal" in told(prepare, vote)


def told(prepare, vote):
    election = Election(random.Random(7))  # noqa: S311 - a history, no secret
    election.sheet, election.sizes = Sheet.GRADES, dict.fromkeys(VoterClass, 6)
    prepared = prepare(election)
    votes = election.votes(*prepared[2:])
    dealt = election.given_by_others(votes)
    left = vote(prepared, votes, order_of(votes))[1]
    return tells(left, vote(prepared, dealt, order_of(dealt, election.dice))[1])


def test_no_line_is_logged(hold, client, caplog):
    prepare, vote = hold
    election = Election(random.Random(1))  # noqa: S311 - a history, no secret
    prepared = prepare(election)
    votes = election.votes(*prepared[2:])
    _counts, left = vote(prepared, votes, order_of(votes))
    assert left["log"] == ""
    with logged(caplog):
        client().get("/sign-in")
    assert "GET accounts.sign_in 200" in caplog.text  # whatever else is asked for is
