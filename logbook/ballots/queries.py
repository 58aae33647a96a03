"""Reads of ballots. Nothing of a result is read before the ballot is closed and its traces are erased."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, inspect, or_, select
from sqlalchemy.orm import joinedload, selectinload

from logbook.ballots.models import Ballot, BallotBox, BallotClass, BallotStep, Count
from logbook.db import Base, db

LOADED = (selectinload(Ballot.classes), joinedload(Ballot.clerk))


def ballots(meeting_id: int) -> Sequence[Ballot]:
    """The meeting's, the latest first, with their classes: where one was void it is held again."""
    mine = select(Ballot).where(Ballot.meeting_id == meeting_id).options(*LOADED)
    return db.session.scalars(mine.order_by(Ballot.id.desc())).all()


def ballot(meeting_id: int) -> Ballot | None:
    """The meeting's latest."""
    mine = select(Ballot).where(Ballot.meeting_id == meeting_id).options(*LOADED)
    return db.session.scalars(mine.order_by(Ballot.id.desc()).limit(1)).one_or_none()


def open_ballots() -> Sequence[Ballot]:
    """All that have a box and are not closed."""
    wanted = (Ballot.closed_at.is_(None), Ballot.witness_name != "")
    return db.session.scalars(select(Ballot).where(*wanted).options(*LOADED).order_by(Ballot.id)).all()


def ballot_of(class_id: int) -> tuple[Ballot, BallotClass] | None:
    """A class with its ballot."""
    query = select(Ballot, BallotClass).join(BallotClass, BallotClass.ballot_id == Ballot.id)
    row = db.session.execute(query.where(BallotClass.id == class_id).options(*LOADED)).one_or_none()
    return (row[0], row[1]) if row else None


def ballot_watched_by(code: str) -> Ballot | None:
    """The open ballot whose witness has the code of that digest."""
    wanted = (Ballot.witness_code == code, Ballot.closed_at.is_(None))
    return db.session.scalars(select(Ballot).where(*wanted).options(*LOADED)).one_or_none()


def steps(ballot_id: int) -> Sequence[BallotStep]:
    """What was asked of both, in its order."""
    mine = select(BallotStep).where(BallotStep.ballot_id == ballot_id)
    loaded = (joinedload(BallotStep.by, innerjoin=True), joinedload(BallotStep.voters))
    return db.session.scalars(mine.options(*loaded).order_by(BallotStep.id)).all()


def box_state(ballot_id: int) -> str | None:
    """On PostgreSQL: the text of a box."""
    return db.session.scalar(select(BallotBox.state).where(BallotBox.ballot_id == ballot_id))


def other_boxes(ballot_id: int) -> dict[int, str]:
    """The texts of all boxes but one, by ballot."""
    rows = db.session.execute(select(BallotBox.ballot_id, BallotBox.state).where(BallotBox.ballot_id != ballot_id))
    return {row.ballot_id: row.state for row in rows}


def typed_apart(ballot_id: int) -> Sequence[tuple[int, int, int, str, int, int]]:
    """(class, report, item, value, first, second) of whatever was typed differently the two times."""
    rows = db.session.execute(
        select(Count.class_id, Count.report_id, Count.item, Count.value, Count.first, Count.second)
        .join(BallotClass, BallotClass.id == Count.class_id)
        .where(BallotClass.ballot_id == ballot_id, Count.first != Count.second)
        .order_by(Count.class_id, Count.report_id, Count.item, Count.value)
    )
    return [(one.class_id, one.report_id, one.item, one.value, one.first, one.second) for one in rows]


def counts(ballot_id: int) -> Mapping[tuple[str, int, int], Mapping[str, int]]:
    """{(class, report, item): {value: how often}} of a closed and erased ballot; empty before."""
    rows = db.session.execute(
        select(BallotClass.voters, Count.report_id, Count.item, Count.value, Count.cast + Count.first)
        .join(BallotClass, BallotClass.id == Count.class_id)
        .join(Ballot, Ballot.id == BallotClass.ballot_id)
        .where(Ballot.id == ballot_id, Ballot.erased_at.is_not(None), or_(Count.cast > 0, Count.first > 0))
    )
    found: dict[tuple[str, int, int], dict[str, int]] = {}
    for voters, report_id, item, value, n in rows:
        found.setdefault((voters.value, report_id, item), {})[value] = n
    return found


def everything(connection: Connection, table: type[Base]) -> list[dict[str, Any]]:
    """All rows of a table, in the order of its key."""
    rows = connection.execute(select(table.__table__).order_by(*inspect(table).primary_key))
    return [dict(row) for row in rows.mappings()]
