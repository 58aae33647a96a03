"""The box of an open ballot: all its counters and the digests of its codes, one text, replaced whole by every vote.

The text says how things stand and nothing of how they came to: sums, sorted. So one copy of the disk, taken at any
moment, tells the sums of that moment. On SQLite it lies sealed beside the database (sealed.py), because the database's
log keeps every commit until no reader is in the way; on PostgreSQL a row whose table begins anew with every vote.
Whoever reads it to change it has begun a writing transaction before: writers take turns.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sqlalchemy import insert

from logbook.ballots import places, queries, sealed
from logbook.ballots.models import Ballot, BallotBox
from logbook.db import db

BUNDLE, SMALLEST_BUNDLE = 10, 5


@dataclass
class Sums:
    """How many ballots, on how many of them nothing is valid, and how often each value: {"report.item.value": n}."""

    n: int = 0
    spoiled: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, other: "Sums") -> None:
        """Add what another holds."""
        self.n += other.n
        self.spoiled += other.spoiled
        for cell, n in other.counts.items():
            self.counts[cell] = self.counts.get(cell, 0) + n


@dataclass
class Bundle:
    """Some ten sheets of paper as they were typed in, twice; once both agree only their number is left."""

    size: int
    first: Sums | None = None
    second: Sums | None = None
    agreed: bool = False
    marks: dict[str, str] = field(default_factory=dict)  # of each typing: sheets.Typed.mark

    def typed(self, typing: str) -> bool:
        """Whether this typing of it is there."""
        return self.agreed or (self.first if typing == "first" else self.second) is not None


@dataclass
class ClassBox:
    """A class of voters: codes not used yet, how many were made and voided, what was cast, what was typed in."""

    codes: list[str] = field(default_factory=list)
    made: int = 0
    voided: int = 0
    asked: dict[str, str] = field(default_factory=dict)  # {step: the code it is about}: no row holds it, nor the log
    carried_out: dict[str, int] = field(default_factory=dict)  # {step: how many codes it voided}: a commit may fail
    cast: Sums = field(default_factory=Sums)
    paper: Sums = field(default_factory=Sums)
    back: int | None = None  # sheets of paper that came back, as counted before they are typed in
    bundles: list[Bundle] = field(default_factory=list)
    typists: dict[str, list[str]] = field(default_factory=lambda: {"first": [], "second": []})
    again: int = 0  # how often something was thrown away to be typed in anew
    turn: int = 0  # how often its paper was counted, typed or cleared: who read another turn agreed to something else

    def finished(self, typing: str) -> bool:
        """Whether every bundle was typed in this time."""
        return all(one.typed(typing) for one in self.bundles)

    @property
    def settled(self) -> bool:
        """Whether both typings of all paper agree."""
        return all(one.agreed for one in self.bundles)


Box = dict[int, ClassBox]


def sizes(sheets: int) -> list[int]:
    """Bundles of ten; what is left over makes one of its own from five on, or goes into the one before."""
    full, rest = divmod(sheets, BUNDLE)
    found = [BUNDLE] * full
    if rest >= SMALLEST_BUNDLE or (rest and not full):
        found.append(rest)
    elif rest:
        found[-1] += rest
    return found


def read(ballot_id: int) -> Box | None:
    """How the ballot stands; None where it has no box (closed, or opened by an earlier version)."""
    text = sealed.read(place_of(ballot_id)) if _is_file() else queries.box_state(ballot_id)
    return None if text is None else _load(text)


def replace(ballot_id: int, found: Box) -> None:
    """Put this state in the place of the former one; of that nothing is left.

    A file is replaced at once, a row with the transaction's commit: it is the last thing an action does.
    """
    if _is_file():
        sealed.write(place_of(ballot_id), _dump(found))
        return
    states = queries.other_boxes(ballot_id) | {ballot_id: _dump(found)}
    _begin_table_anew(states)


def destroy(ballot_id: int) -> None:
    """Take the box away."""
    if _is_file():
        sealed.destroy(place_of(ballot_id))
    else:
        _begin_table_anew(queries.other_boxes(ballot_id))


def clean_after_kill() -> None:
    """Take away what a process that was killed in the middle of a vote had written and not acknowledged, and boxes of
    ballots that are not open: a restore brought other ones.
    """
    if not _is_file():
        return
    ballots = queries.open_ballots()
    for one in ballots:
        _rename(one)
    held = {place_of(one.id) for one in ballots}
    for place in places.places(_database()):
        sealed.clean(place) if place in held else sealed.destroy(place)


def _rename(ballot: Ballot) -> None:
    """Take over the box that an earlier version named without the database; another ballot's has other classes."""
    former, place = places.former_place_of(_database(), ballot.id), place_of(ballot.id)
    text = None if sealed.read(place) else sealed.read(former)
    if text and {*_load(text)} == {one.id for one in ballot.classes}:
        sealed.write(place, text)
        sealed.destroy(former)


def _begin_table_anew(states: Mapping[int, str]) -> None:
    """An updated row would keep its former state among the table's dead rows, and the moment of its writing."""
    connection = db.session.connection()
    connection.exec_driver_sql(f"TRUNCATE {BallotBox.__tablename__}")
    if states:
        rows = [{"ballot_id": ballot_id, "state": state} for ballot_id, state in sorted(states.items())]
        connection.execute(insert(BallotBox), rows)


def _is_file() -> bool:
    return db.engine.dialect.name == "sqlite"


def _database() -> Path:
    return Path(db.engine.url.database or "")


def place_of(ballot_id: int) -> Path:
    """Where its box lies, on SQLite."""
    return places.place_of(_database(), ballot_id)


def _dump(found: Box) -> str:
    """Sorted throughout: the text tells no order in which anything came."""
    plain = {str(class_id): asdict(one) | {"codes": sorted(one.codes)} for class_id, one in found.items()}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True)


def _load(text: str) -> Box:
    return {int(class_id): _class_box(plain) for class_id, plain in json.loads(text).items()}


def _class_box(plain: Mapping[str, object]) -> ClassBox:
    read_as = {name: one for name, one in plain.items() if name != "to_make"}  # stored by earlier versions
    read_as |= {"cast": _sums(plain["cast"]), "paper": _sums(plain["paper"]), "bundles": _bundles(plain["bundles"])}
    return ClassBox(**read_as)  # type: ignore[arg-type]  # what asdict wrote


def _bundles(plain: object) -> list[Bundle]:
    found: Iterable[Mapping[str, object]] = plain  # type: ignore[assignment]  # what asdict wrote
    return [
        Bundle(**{**one, "first": _maybe(one["first"]), "second": _maybe(one["second"])})  # type: ignore[arg-type]  # as above
        for one in found
    ]


def _maybe(plain: object) -> Sums | None:
    return None if plain is None else _sums(plain)


def _sums(plain: object) -> Sums:
    return Sums(**plain)  # type: ignore[arg-type]  # what asdict wrote
