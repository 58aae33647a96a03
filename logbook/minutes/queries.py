"""Reads of minutes. They hold comments on everybody: whoever is under review finds nothing of them (rule 7)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from logbook.access import Actor
from logbook.accounts.models import Person
from logbook.db import db
from logbook.minutes.models import Minutes, MinutesVersion
from logbook.review import queries as review
from logbook.review.models import Meeting, Report


def meeting(actor: Actor, year: int) -> tuple[Meeting, Sequence[Report]] | None:
    """The year's meeting and its reports; None for whoever reports at it, before all of theirs is fed back."""
    found = review.meeting(year)
    if found is None:
        return None
    reports = review.reports(found.id)
    return (found, reports) if len(review.about_others(actor, reports)) == len(reports) else None


def minutes(actor: Actor, year: int) -> Minutes | None:
    """The minutes of the year's meeting, with who settled them."""
    found = meeting(actor, year)
    if found is None:
        return None
    query = select(Minutes).where(Minutes.meeting_id == found[0].id).options(joinedload(Minutes.settled_by))
    return db.session.scalar(query)


def version(minutes: Minutes, n: int | None = None) -> MinutesVersion | None:
    """A version of minutes that were found for their reader, with who saved it; without a number, the latest."""
    query = select(MinutesVersion).where(MinutesVersion.minutes_id == minutes.id)
    if n is not None:
        query = query.where(MinutesVersion.n == n)
    query = query.options(joinedload(MinutesVersion.by, innerjoin=True)).order_by(MinutesVersion.n.desc()).limit(1)
    return db.session.scalar(query)


def versions(minutes: Minutes) -> Sequence[Any]:
    """(n, at, reason, by) of every version of minutes that were found for their reader, the latest first."""
    return db.session.execute(
        select(MinutesVersion.n, MinutesVersion.at, MinutesVersion.reason, Person)
        .join(Person, Person.id == MinutesVersion.by_id)
        .where(MinutesVersion.minutes_id == minutes.id)
        .order_by(MinutesVersion.n.desc())
    ).all()
