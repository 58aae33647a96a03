"""The list of made papers, the latest first."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from logbook.access import Actor
from logbook.db import db
from logbook.printing.models import MadePaper

PAGE = 50


def made(actor: Actor, before: int | None = None) -> tuple[Sequence[MadePaper], int | None]:
    """A page of the papers the reader made; of everybody's for the office. And the key of the next page."""
    query = select(MadePaper).options(joinedload(MadePaper.by, innerjoin=True)).order_by(MadePaper.id.desc())
    if not actor.is_office:
        query = query.where(MadePaper.by_id == actor.person_id)
    if before is not None:
        query = query.where(MadePaper.id < before)
    rows = db.session.scalars(query.limit(PAGE + 1)).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def one(actor: Actor, paper_id: int) -> MadePaper | None:
    """A made paper, for whoever may see it in the list."""
    query = select(MadePaper).where(MadePaper.id == paper_id).options(joinedload(MadePaper.by, innerjoin=True))
    found = db.session.scalars(query).one_or_none()
    return found if found and (actor.is_office or found.by_id == actor.person_id) else None
