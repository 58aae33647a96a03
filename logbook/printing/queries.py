"""The list of made papers, the latest first."""

from collections.abc import Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from logbook.access import Actor
from logbook.db import db
from logbook.printing.models import MadePaper

PAGE = 50


def made(actor: Actor, before: int | None = None) -> tuple[Sequence[MadePaper], int | None]:
    """A page of the papers the reader made; for the office of everybody's, but those that hold what it may not read.

    And the key of the next page.
    """
    query = _readable(actor).order_by(MadePaper.id.desc())
    if before is not None:
        query = query.where(MadePaper.id < before)
    rows = db.session.scalars(query.limit(PAGE + 1)).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def one(actor: Actor, paper_id: int) -> MadePaper | None:
    """A made paper, for whoever may see it in the list."""
    return db.session.scalars(_readable(actor).where(MadePaper.id == paper_id)).one_or_none()


def _readable(actor: Actor) -> Select[MadePaper]:
    """Rule 7: what speaks of the reader, under review, is not theirs to see."""
    query = select(MadePaper).options(joinedload(MadePaper.by, innerjoin=True))
    query = query.where(or_(MadePaper.about_id.is_(None), MadePaper.about_id != actor.person_id))
    mine = MadePaper.by_id == actor.person_id
    return query.where(or_(MadePaper.private.is_(False), mine)) if actor.is_office else query.where(mine)
