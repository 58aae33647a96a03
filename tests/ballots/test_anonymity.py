"""Who copies the disk, once, at any moment of a ballot, learns the sums of that moment and nothing else.

After each vote everything in the installation's folder (or every row of PostgreSQL with its place and the order of its
writing) is read. The attacker knows all that was there before the first vote, and what the sums are: what is there
besides is all there is to learn from, and must be nothing. After closing two elections that came to the same counts,
voted by others in another order, must have left the same.
"""

import contextlib
import json
import os
import random
import shutil
import sqlite3
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import current_app

from logbook.ballots import actions, box, counting, forms, places, queries, sealed
from logbook.ballots.models import Sheet, VoterClass
from logbook.ballots.opening import Numbers
from logbook.db import db
from logbook.formats import today
from logbook.review import actions as meetings
from logbook.review.models import Report
from tests import factories
from tests.ballots.holding import close_in_domain, open_in_domain
from tests.client import logged
from tests.conftest import POSTGRES, THOROUGH

YEAR = today().year
VOTERS = 18
ELECTIONS = (50 if POSTGRES else 1000) if THOROUGH else 20
BALLOT = ("ballot", "ballot_class", "ballot_count", "ballot_code", "ballot_step", "ballot_box", "setting")
TABLES = (*BALLOT, "sign_in_session", "made_paper", "person")


@pytest.fixture
def office(app):
    clerk = factories.actor(factories.office())
    for name in ("森林党支部", "环湖党支部", "码头党支部"):
        factories.term(factories.branch(name), factories.person())
    return clerk


class Election:
    """Eighteen votes of three classes, each a ballot by secretary; and the same counts, given by others."""

    def __init__(self, seed, sheet=None):
        self.dice = random.Random(seed)  # noqa: S311 - a history, no secret
        self.sheet = sheet or self.dice.choice(list(Sheet))
        first, second = sorted(self.dice.sample(range(1, VOTERS), 2))
        self.sizes = dict(zip(VoterClass, (first, second - first, VOTERS - second), strict=True))

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

    def order_of(self, votes):
        found = [(voters, n) for voters, ballots in votes.items() for n in range(len(ballots))]
        self.dice.shuffle(found)
        return found


class House:
    """An open ballot on one and the same beginning; elections are held on it again and again."""

    def __init__(self, app, office, folder, caplog):
        self.app, self.office, self.caplog, self.kept = app, office, caplog, folder / "before"

    def open(self, election):
        for table in ("ballot_box", "ballot_code", "ballot_step", "ballot_count", "ballot_class", "ballot"):
            db.session.execute(sa.text(f"DELETE FROM {table}"))
        db.session.execute(sa.text("DELETE FROM report"))
        db.session.execute(sa.text("DELETE FROM reporter"))
        db.session.execute(sa.text("DELETE FROM meeting"))
        meeting = meetings.create_meeting(YEAR, by=self.office, at=factories.AT)
        numbers = {one.value: Numbers(codes=n) for one, n in election.sizes.items()}
        self.classes = open_in_domain(meeting, self.office, election.sheet, numbers)
        self.codes = {one: list(actions.make_codes(self.classes[one.value], forms.digest_of)) for one in VoterClass}
        ballot = queries.ballot(meeting.id)
        self.items = [(one.number, one.most) for one in ballot.columns]
        self.reports = [one.id for one in db.session.query(Report).order_by(Report.position)]
        self.meeting, self.ballot = meeting.id, ballot.id
        db.session.commit()
        self._keep()

    def _keep(self):
        db.session.remove()
        if POSTGRES:
            with db.engine.begin() as connection:
                self.rows = {one: connection.execute(table(one).select()).mappings().all() for one in BALLOT}
            return
        empty_log()
        shutil.rmtree(self.kept, ignore_errors=True)
        self.kept.mkdir()
        for one in (database(), *sealed.files(box.place_of(self.ballot))):
            shutil.copy2(one, self.kept)

    def begin_again(self):
        db.session.remove()
        self.caplog.clear()
        if POSTGRES:
            with db.engine.begin() as connection:
                connection.execute(sa.text(f"TRUNCATE {', '.join(BALLOT)}"))
                for one in BALLOT:
                    if self.rows[one]:
                        connection.execute(table(one).insert(), [dict(row) for row in self.rows[one]])
        else:
            db.engine.dispose()
            for ending in ("-wal", "-shm"):
                Path(f"{database()}{ending}").unlink(missing_ok=True)
            for one in sealed.files(box.place_of(self.ballot)):
                one.unlink()
            for one in self.kept.iterdir():
                shutil.copy2(one, database().parent)
        self.used, self.sums, self.before = [], {}, look()

    def vote(self, voters, n, ballot):
        code = self.codes[voters][n]
        body = {"code": code, "sure": "1"} | {
            f"c{report}_{item}": text for (report, item), text in ballot.items() if text
        }
        with logged(self.caplog):
            assert self.app.test_client().post("/vote/cast", data=body).status_code == 303
        self.used.append(forms.digest_of(code))
        most = dict(self.items)
        for (report, item), text in ballot.items():
            value = counting.score(text, most[item]) if most[item] else counting.grade([text] if text else [])
            cell = (voters, f"{report}.{item}.{value}")
            self.sums[cell] = self.sums.get(cell, 0) + 1

    def learned(self):
        """What one look now tells besides the sums; empty where it is nothing."""
        now = look()
        text = now.pop("the box")
        told = sorted(
            name for name in {*now, *self.before} if name != "the box" and now.get(name) != self.before.get(name)
        )
        return told + self._learned_from(text)

    def _learned_from(self, text):
        """The box says how things stand, in the one order that says nothing else."""
        found = json.loads(text)
        told = [] if text == json.dumps(found, ensure_ascii=False, sort_keys=True) else ["the box's order"]
        for voters in VoterClass:
            mine = found[str(self.classes[voters.value])]
            left = sorted({forms.digest_of(one) for one in self.codes[voters]} - set(self.used))
            counts = {cell: n for (one, cell), n in self.sums.items() if one is voters}
            told += [] if mine["codes"] == left else [f"codes of {voters.value}"]
            told += [] if mine["cast"]["counts"] == counts else [f"counts of {voters.value}"]
            told += [] if {*mine["asked"].values()} <= {*left} else [f"a used code of {voters.value}"]
            known = {"codes", "cast", "paper", "asked", "carried_out", "made", "voided", "back"}
            told += sorted({*mine} - known - {"bundles", "typists", "again", "turn"})
        return told

    def hold(self, votes, order):
        """Every vote with one look after it; then closed: (what was learned, the counts, what is left)."""
        self.begin_again()
        told = []
        for voters, n in order:
            self.vote(voters, n, votes[voters][n])
            told += self.learned()
        counts = close_in_domain(self.meeting)
        db.session.remove()
        return told, counts, look() | {"log": self.caplog.text}


@pytest.fixture
def house(app, office, caplog, tmp_path_factory):
    return House(app, office, tmp_path_factory.mktemp("kept"), caplog)


def table(name):
    return db.metadata.tables[name]


def database():
    return Path(current_app.config["INSTANCE"]) / "logbook.db"


def empty_log():
    db.session.remove()
    db.engine.dispose()
    with contextlib.closing(sqlite3.connect(database())) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def look():
    """Everything there is to read: whole files, or every row of PostgreSQL with where and by which write it lies."""
    if POSTGRES:
        return look_into_postgres()
    found = {}
    for one in database().parent.rglob("*"):
        if one.is_file() and one.stat().st_size and not one.name.endswith("-shm"):  # -shm: an index of -wal
            content = one.read_bytes()
            found[one.name] = pages(content) if one.name.endswith("-wal") else content
    for place in places.places(database()):
        mine = sorted(sealed.files(place))
        for one in mine:
            found.pop(one.name)
        # A key and what it opens: noise else, of one length, with a stamp that tells nothing.
        stamps = [(one.stat().st_size, one.stat().st_mtime) for one in mine]
        found |= {"the box": sealed.read(place), "its files": sorted(stamps)}
    return found


def look_into_postgres():
    found = {}
    with db.engine.connect() as connection:
        for one in TABLES:
            query = f"SELECT xmin::text::bigint AS x, ctid::text AS c, t.*::text FROM {one} t ORDER BY ctid"
            found[one] = [tuple(row) for row in connection.execute(sa.text(query))]
        state = connection.execute(sa.text("SELECT state, ctid::text FROM ballot_box")).one_or_none()
    found.pop("ballot_box")
    # A transaction's number counts all of the server's: what tells is which rows were written together, and the order.
    numbers = sorted({row[0] for rows in found.values() for row in rows})
    found = {one: str([(numbers.index(x), *rest) for x, *rest in rows]) for one, rows in found.items()}
    return found | ({"the box": state[0], "its place": state[1]} if state else {})


def pages(log):
    """What a write-ahead log says; its salts are drawn by lot each time it begins anew (SQLite file format, 4.1)."""
    size = int.from_bytes(log[8:12], "big")
    starts = range(32, len(log), 24 + size)
    return [(log[at : at + 8], log[at + 24 : at + 24 + size]) for at in starts]


def rebuilt(folder, copy):
    """What an attacker rebuilds from one copy of file and log: every row that came or went with a commit of the log."""
    content, log = copy / "logbook.db", (copy / "logbook.db-wal").read_bytes()
    size = int.from_bytes(log[8:12], "big") if log else 0
    ends = [at + 24 + size for at in range(32, len(log), 24 + size) if int.from_bytes(log[at + 4 : at + 8], "big")]
    states = []
    for n, end in enumerate([0, *ends]):
        place = folder / f"cut{n}"
        place.mkdir(parents=True)
        shutil.copy(content, place)
        (place / "logbook.db-wal").write_bytes(log[:end])
        with contextlib.closing(sqlite3.connect(place / "logbook.db")) as connection:
            states.append({one: set(connection.execute(f"SELECT * FROM {one}")) for one in BALLOT})
    return [(one, row) for former, later in pairwise(states) for one in BALLOT for row in former[one] ^ later[one]]


def test_one_look_after_any_vote_tells_the_sums_and_nothing_else(house):
    for seed in range(ELECTIONS):
        election = Election(seed)
        house.open(election)
        votes = election.votes(house.reports, house.items)
        dealt = election.given_by_others(votes)
        told, counts, left = house.hold(votes, election.order_of(votes))
        assert not told, f"seed {seed}: {told}"
        told, counts_again, left_again = house.hold(dealt, election.order_of(dealt))
        assert not told, f"seed {seed}: {told}"
        assert counts == counts_again, f"the same counts, seed {seed}"
        assert left == left_again, f"seed {seed}: {[name for name in left if left[name] != left_again.get(name)]}"
        assert left["log"] == ""


@pytest.mark.skipif(bool(POSTGRES), reason="SQLite's own log")
def test_while_others_work_their_log_tells_nothing_of_the_ballot(house, client, tmp_path_factory):
    election = Election(1, Sheet.GRADES)
    house.open(election)
    votes = election.votes(house.reports, house.items)
    house.begin_again()
    member, copies = factories.member(), tmp_path_factory.mktemp("copies")
    for i, (voters, n) in enumerate(election.order_of(votes)):
        house.vote(voters, n, votes[voters][n])
        factories.visit(member, None, today())
        client(member).get("/")
        shutil.copytree(database().parent, copies / str(i), ignore=shutil.ignore_patterns("*-shm"))
        assert not house._learned_from(look()["the box"])
    for i in (0, VOTERS // 2, VOTERS - 1):
        assert (copies / str(i) / "logbook.db-wal").stat().st_size, "others did work"
        assert not rebuilt(copies / f"cut{i}", copies / str(i))


def planted(house, monkeypatch, fault):
    """Hold an election in which something is kept that must not be; return what one look finds."""
    plain, dump = box.replace, box._dump
    tick = iter(range(1000))

    def leaking(ballot_id, found):
        if fault == "history":
            db.session.execute(sa.text(f"INSERT INTO setting (name, value) VALUES ('b{next(tick)}', '{dump(found)}')"))
        if fault == "log":  # the box as a row that is written over, in a log that keeps the former ones
            db.session.execute(sa.text("DELETE FROM ballot_box"))
            row = {"ballot_id": ballot_id, "state": dump(found)}
            db.session.execute(table("ballot_box").insert(), [row])
        if not (fault == "log" and POSTGRES):
            plain(ballot_id, found)

    def in_order_of_printing(found):
        return json.dumps({str(one): asdict(mine) for one, mine in found.items()}, ensure_ascii=False, sort_keys=True)

    if fault == "order":
        monkeypatch.setattr(box, "_dump", in_order_of_printing)
    election = Election(7, Sheet.GRADES)
    house.open(election)
    votes = election.votes(house.reports, house.items)
    monkeypatch.setattr(box, "replace", leaking)
    return house.hold(votes, election.order_of(votes))[0]


@pytest.mark.parametrize("fault", ["history", "log", "order"])
def test_a_planted_leak_is_found(house, monkeypatch, fault):
    assert planted(house, monkeypatch, fault)


@pytest.mark.skipif(bool(POSTGRES), reason="SQLite's own log")
def test_a_log_that_keeps_the_box_gives_every_vote(house, monkeypatch, tmp_path_factory):
    """What one copy gave before there was a box: each vote whole, with the digest of its slip."""
    planted(house, monkeypatch, "log")
    election = Election(7, Sheet.GRADES)
    votes = election.votes(house.reports, house.items)
    house.begin_again()
    for voters, n in election.order_of(votes)[:4]:
        house.vote(voters, n, votes[voters][n])
    copies = tmp_path_factory.mktemp("copies")
    shutil.copytree(database().parent, copies / "one", ignore=shutil.ignore_patterns("*-shm"))
    states = [row[1] for name, row in rebuilt(copies / "cut", copies / "one") if name == "ballot_box"]
    assert len(set(states)) >= 4


@pytest.mark.skipif(bool(POSTGRES), reason="a file beside SQLite's")
def test_what_a_killed_process_had_not_acknowledged_is_taken_away(house):
    election = Election(3, Sheet.GRADES)
    house.open(election)
    place = box.place_of(house.ballot)
    before = sealed.read(place)
    place.with_name(f"{place.name}.0123456789abcdef").write_text("{}")
    place.with_name("logbook.db-ballot-99.key").write_text("of a ballot that a restore took away")
    box.clean_after_kill()
    assert (sealed.read(place), len(list(database().parent.glob("*ballot-*")))) == (before, 2)


@pytest.mark.skipif(bool(POSTGRES), reason="files beside SQLite's")
def test_a_copy_between_any_two_steps_of_a_vote_opens_one_state(house, monkeypatch, tmp_path_factory):
    election, copies = Election(5, Sheet.GRADES), tmp_path_factory.mktemp("copies")
    house.open(election)
    place, votes, synced = box.place_of(house.ballot), election.votes(house.reports, house.items), os.fsync

    def copied(descriptor):
        shutil.copytree(place.parent, copies / str(len(list(copies.iterdir()))))
        synced(descriptor)

    house.begin_again()
    monkeypatch.setattr(os, "fsync", copied)
    states = [sealed.read(place)]
    for voters, n in election.order_of(votes)[:3]:
        house.vote(voters, n, votes[voters][n])
        states.append(sealed.read(place))
    found = [opened(copy, place.name) for copy in sorted(copies.iterdir(), key=lambda one: int(one.name))]
    assert len(found) >= 9
    assert all(len(one) == 1 for one in found), "one key, one state"
    assert [one for (one,) in found] == sorted((one for (one,) in found), key=states.index), "each in its time"


def opened(copy, name):
    """Every state in a copy that a key in it opens."""
    from cryptography.exceptions import InvalidTag

    found = []
    for key in copy.glob(f"{name}.key"):
        for file in {*copy.glob(f"{name}.*")} - {key}:
            with contextlib.suppress(InvalidTag):
                found.append(sealed._open(file.read_bytes(), key.read_bytes()))
    return found
