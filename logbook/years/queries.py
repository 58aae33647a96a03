"""Reads of a year: tallies for coverage, plain rows for the figures, what is stored of it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, case, extract, func, or_, select
from sqlalchemy.orm import joinedload

from logbook.access import Actor
from logbook.db import db
from logbook.organization.models import Liaison, Placement
from logbook.visits import rights
from logbook.visits.models import Addendum, Level, Visit, VisitContent, VisitKind, Voice
from logbook.visits.queries import first_of_trip
from logbook.years.models import SummaryText, YearClosing


@dataclass(frozen=True, slots=True)
class Tally:
    """Counted records of one member on one branch in one month; `general_branch_id` contained it then."""

    branch_id: int
    general_branch_id: int | None
    member_id: int
    year: int
    month: int
    own_organization: bool
    records: int
    trips: int
    last_on: dt.date


def _contained() -> Any:
    """The placement that put the record's branch inside a general branch on its day."""
    return and_(
        Placement.branch_id == Visit.branch_id,
        Placement.void.is_(False),
        Placement.from_on <= Visit.visited_on,
        or_(Placement.to_on.is_(None), Placement.to_on >= Visit.visited_on),
    )


def _tallies() -> Any:
    in_month = extract("month", Visit.visited_on)
    time = (Visit.year, in_month)
    place = (Visit.branch_id, Placement.general_branch_id, Visit.member_id, *time, Visit.own_organization)
    firsts = func.sum(case((first_of_trip(), 1), else_=0))
    return (
        select(*place, func.count(), firsts, func.max(Visit.visited_on))
        .select_from(Visit)
        .outerjoin(Placement, _contained())
        .where(Visit.year.between(bindparam("first"), bindparam("last")), Visit.counts, Visit.branch_id.is_not(None))
        .group_by(*place)
    )


_TALLIES = _tallies()  # built once: building it costs more than running it


def tallies(first: int, last: int) -> list[Tally]:
    """The counted records of branches in these years, both included, tallied; one statement."""
    return [
        Tally(branch, general, member, year, int(month), own, records, int(trips), last_on)
        for branch, general, member, year, month, own, records, trips, last_on in db.session.execute(
            _TALLIES, {"first": first, "last": last}
        )
    ]


# --- rows for the figures: plain columns, one statement each --------------------------------------


def _counted(first: dt.date, last: dt.date) -> tuple[Any, ...]:
    years = range(first.year, last.year + 1)
    return Visit.counts, Visit.year.in_(years), Visit.visited_on >= first, Visit.visited_on <= last


def visit_rows(first: dt.date, last: dt.date) -> Sequence[Any]:
    """(id, member_id, branch_id, general_branch_id, visited_on, half_days, first_of_trip) of the counted records."""
    return db.session.execute(
        select(
            Visit.id, Visit.member_id, Visit.branch_id, Placement.general_branch_id, Visit.visited_on,
            Visit.half_days, case((first_of_trip(), 1), else_=0),
        )
        .outerjoin(Placement, _contained())
        .where(*_counted(first, last))
    ).all()  # fmt: skip


def kind_rows(first: dt.date, last: dt.date) -> Sequence[Any]:
    """(member_id, kind, records)."""
    return db.session.execute(
        select(Visit.member_id, VisitKind.kind, func.count())
        .join(VisitKind, VisitKind.visit_id == Visit.id)
        .where(*_counted(first, last))
        .group_by(Visit.member_id, VisitKind.kind)
    ).all()


def content_rows(first: dt.date, last: dt.date) -> Sequence[Any]:
    """(content, records)."""
    return db.session.execute(
        select(VisitContent.content, func.count())
        .join(Visit, Visit.id == VisitContent.visit_id)
        .where(*_counted(first, last))
        .group_by(VisitContent.content)
    ).all()


def voice_rows(first: dt.date, last: dt.date) -> Sequence[Any]:
    """(category, 条)."""
    return db.session.execute(
        select(Voice.category, func.count())
        .join(Visit, Visit.id == Voice.visit_id)
        .where(*_counted(first, last))
        .group_by(Voice.category)
    ).all()


# --- what is stored -------------------------------------------------------------------------------


def addenda(year: int) -> Sequence[Addendum]:
    """What was added to the closed year and to its records: to those only that the whole group may read.

    The year's paper goes to all of it; what was added to another record stands on that record's page.
    """
    return db.session.scalars(
        select(Addendum)
        .outerjoin(Visit, Visit.id == Addendum.visit_id)
        .where(Addendum.year == year, or_(Addendum.visit_id.is_(None), Visit.level == Level.GROUP))
        .options(joinedload(Addendum.by, innerjoin=True), joinedload(Addendum.visit))
        .order_by(Addendum.id)
    ).all()


def first_visits(
    actor: Actor, liaisons: Sequence[Liaison], since: dt.date, until: dt.date
) -> list[tuple[Liaison, Any | None]]:
    """Each liaison with its member's first counted record on its branch in these days: id, visited_on, readable."""
    rows = db.session.execute(
        select(
            Visit.id, Visit.member_id, Visit.branch_id, Placement.general_branch_id, Visit.visited_on,
            Visit.own_organization, rights.readable(actor).label("readable"),
        )
        .outerjoin(Placement, _contained())
        .where(*_counted(since, until))
        .order_by(Visit.visited_on, Visit.id)
    ).all()  # fmt: skip
    return [(one, next((row for row in rows if _fulfils(row, one)), None)) for one in liaisons]


def _fulfils(row: Any, liaison: Liaison) -> bool:
    here = row.member_id == liaison.member_id and liaison.branch_id in {row.branch_id, row.general_branch_id}
    return here and (not row.own_organization or liaison.own_confirmed)


def closing(year: int) -> YearClosing | None:
    return db.session.scalar(
        select(YearClosing).where(YearClosing.year == year).options(joinedload(YearClosing.closed_by, innerjoin=True))
    )


def office_text(first: dt.date, last: dt.date) -> SummaryText | None:
    """The office's own text over a span, with who edited it."""
    return db.session.scalar(
        select(SummaryText)
        .where(SummaryText.from_on == first, SummaryText.to_on == last)
        .options(joinedload(SummaryText.edited_by, innerjoin=True))
    )
