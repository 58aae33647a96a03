"""Reads of ballots. Nothing of a result is read before the ballot is closed and its traces are erased."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, inspect, or_, select
from sqlalchemy.orm import selectinload

from logbook.ballots.models import Ballot, BallotClass, BallotCode, Count
from logbook.db import Base, db


def ballot(meeting_id: int) -> Ballot | None:
    """The meeting's latest, with its classes: where one was void it is held again."""
    return db.session.scalars(
        select(Ballot)
        .where(Ballot.meeting_id == meeting_id)
        .options(selectinload(Ballot.classes))
        .order_by(Ballot.id.desc())
        .limit(1)
    ).one_or_none()


def ballot_of(class_id: int) -> tuple[Ballot, BallotClass] | None:
    """A class with its ballot."""
    query = select(Ballot, BallotClass).join(BallotClass, BallotClass.ballot_id == Ballot.id)
    row = db.session.execute(query.where(BallotClass.id == class_id)).one_or_none()
    return (row[0], row[1]) if row else None


def class_of_code(digest: str) -> int | None:
    """The class a code casts a ballot in."""
    return db.session.scalar(select(BallotCode.class_id).where(BallotCode.digest == digest))


def codes_left(ballot_id: int) -> int:
    """How many codes were made and are not used."""
    query = select(func.count()).select_from(BallotCode).join(BallotClass, BallotClass.id == BallotCode.class_id)
    return db.session.scalar(query.where(BallotClass.ballot_id == ballot_id)) or 0


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
