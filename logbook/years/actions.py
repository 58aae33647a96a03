"""A summary as it is seen: the office's own text over it; closing a year, once and for good; what is added later."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from logbook.access import Act, Actor
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import local_date
from logbook.organization import actions as organization
from logbook.organization import bound
from logbook.settings import queries as settings
from logbook.settings.queries import Settings
from logbook.visits import queries as visits
from logbook.visits.models import Addendum, LockedYear
from logbook.years import frames, queries, summary, wording
from logbook.years.frames import Span
from logbook.years.models import SummaryText, YearClosing
from logbook.years.summary import Visited, YearSummary

MAX_SUMMARY = 50_000  # characters of an edited summary
MAX_ADDENDUM = 2000


def whole_year(year: int, today: dt.date) -> Span:
    """The span of a year, for its page and for closing it."""
    return Span(dt.date(year, 1, 1), dt.date(year, 12, 31), today)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page or paper of some days is made of."""

    summary: YearSummary
    before: Visited | YearSummary | None  # the same days a year earlier, when they lie in one year and have records
    text: str
    edited: SummaryText | None
    changed: Sequence[tuple[str, float, float]]  # figures that changed since the office edited: (what, then, now)
    closing: YearClosing | None
    addenda: Sequence[Addendum]


def seen(span: Span, unit: Settings) -> Seen:
    """The figures and the text of the days: frozen when they are a closed year, those of now otherwise."""
    figures, closing = _figures(span)
    before = _before(span) if figures.one_year else None
    edited = queries.office_text(span.first, span.last)
    text = closing.text if closing else edited.text if edited else wording.written(figures, before, unit)
    addenda = queries.addenda(span.first.year) if closing else []
    return Seen(figures, before, text, edited, _changed(edited, figures), closing, addenda)


def _figures(span: Span) -> tuple[YearSummary, YearClosing | None]:
    """The frozen figures of a closed year, or those of now."""
    closing = _closing(span)
    return (summary.load(closing.summary), closing) if closing else (frames.summarise(span), None)


def _closing(span: Span) -> YearClosing | None:
    return queries.closing(span.first.year) if span == whole_year(span.first.year, span.today) else None


def _before(span: Span) -> Visited | YearSummary | None:
    """The same days a year earlier, as far as this span has come; None when they have no record."""
    earlier = Span(_earlier(span.first), _earlier_end(min(span.last, span.today)), span.today)
    closing = _closing(earlier)
    found = summary.load(closing.summary) if closing else frames.visited(earlier)
    return found if found.records else None


def _earlier(day: dt.date) -> dt.date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)  # noqa: PLR2004


def _earlier_end(day: dt.date) -> dt.date:
    """A month that is over is set beside a whole one: 28 February 2029 beside 29 February 2028."""
    after = day + dt.timedelta(days=1)
    return _earlier(after) - dt.timedelta(days=1) if after.day == 1 else _earlier(day)


def _changed(edited: SummaryText | None, figures: YearSummary) -> Sequence[tuple[str, float, float]]:
    if edited is None:
        return []
    then, here = json.loads(edited.figures), wording.key_figures(figures)
    return [
        (name, then.get(name, 0), here.get(name, 0))
        for name in {**then, **here}
        if then.get(name, 0) != here.get(name, 0)
    ]


def edit_text(figures: YearSummary, text: str, *, by: Actor, at: dt.datetime) -> None:
    """Store the office's text with the figures it was written over; empty text goes back to the generated one.

    Raise RuleBroken("text") when it is too long, or over a closed year: its text is closed with it.
    """
    if figures.whole_year and visits.is_locked(figures.first.year):
        raise RuleBroken(
            "text", _("%(year)s年已经归档，汇总文字不再改动；遗漏的请作补充说明。", year=figures.first.year)
        )
    if len(text) > MAX_SUMMARY:
        raise RuleBroken("text", _("共%(n)s字，超过%(most)s字，没有保存。", n=len(text), most=MAX_SUMMARY))
    stored = queries.office_text(figures.first, figures.last)
    if not text.strip():
        if stored is not None:
            db.session.delete(stored)
        return db.session.flush()
    if stored is None:
        stored = SummaryText(from_on=figures.first, to_on=figures.last)
        db.session.add(stored)
    stored.text, stored.edited_at, stored.edited_by_id = text, at, by.person_id
    stored.figures = json.dumps(wording.key_figures(figures), ensure_ascii=False)
    return db.session.flush()


def close_year(year: int, *, early: bool, by: Actor, at: dt.datetime) -> YearSummary:
    """Store the year's figures and text as they are, lock its records, liaison and targets; there is no reopening.

    Raise RuleBroken("year") when it is closed already or has not begun, RuleBroken("early") when it has not ended
    and that was not confirmed.
    """
    today = local_date(at)
    if visits.is_locked(year):
        raise RuleBroken("year", _("%(year)s年已经归档。", year=year))
    if year > today.year:
        raise RuleBroken("year", _("%(year)s年还没有开始。", year=year))
    if year == today.year and not early:
        raise RuleBroken("early", _("%(year)s年还没有结束；确实要现在归档的，请勾选。", year=year))
    found = seen(whole_year(year, today), settings.load())
    db.session.add(
        YearClosing(
            year=year, summary=summary.dump(found.summary), text=found.text, closed_at=at, closed_by_id=by.person_id
        )
    )
    db.session.add(LockedYear(year=year, locked_at=at, locked_by_id=by.person_id))
    organization.lock_liaison(year, by=by, at=at)
    db.session.flush()
    return found.summary


def add_addendum(year: int, visit_id: int | None, text: str, reason: str, *, by: Actor, at: dt.datetime) -> None:
    """Add to a closed year, or to a record of it; no figure changes. Raise RuleBroken for the field at fault.

    To what others recorded of a branch, nobody adds who it is held for or against (rule 7).
    """
    refuse_own(year, visit_id, by=by)
    if not visits.is_locked(year):
        raise RuleBroken("", _("%(year)s年还没有归档，请直接登记或更正。", year=year))
    for field, value in (("text", text), ("reason", reason)):
        if not value.strip() or len(value) > MAX_ADDENDUM:
            raise RuleBroken(field, _("请填写此项，不超过%(most)s字。", most=MAX_ADDENDUM))
    db.session.add(
        Addendum(year=year, visit_id=visit_id, text=text.strip(), reason=reason.strip(), by_id=by.person_id, at=at)
    )
    db.session.flush()


def refuse_own(year: int, visit_id: int | None, *, by: Actor) -> None:
    """Let the office add, or who stands in for it. Raise RuleBroken for whom the record speaks of, NotAllowed.

    NotThere comes first: of a record that one may not read, the answer tells nothing.
    """
    visit = visits.readable_visit(by, visit_id) if visit_id is not None else None
    if visit_id is not None and (visit is None or visit.year != year):
        raise NotThere
    others = visit is not None and visit.member_id != by.person_id and visit.year >= bound.open_since().year
    people = bound.around(visit.branch_id) if visit and others and visit.branch_id is not None else ()
    bound.refuse_own(people, by=by, act=Act.CLOSE_YEAR)
