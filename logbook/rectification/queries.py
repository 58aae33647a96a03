"""Reads of rectification items. Rule 7: nobody finds those about themself before feedback, in no list and no count."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from logbook.access import Actor
from logbook.db import db
from logbook.problems.models import Problem, State
from logbook.rectification.models import RectificationItem, number_of
from logbook.rectification.reading import RESULT
from logbook.review import queries as review
from logbook.review.models import Meeting, Report

HELD = joinedload(RectificationItem.problem)
WHOLE = (
    HELD.selectinload(Problem.progress),
    HELD.joinedload(Problem.closed_by),
    HELD.joinedload(Problem.owner_person),
)


@dataclass(frozen=True, slots=True)
class Line:
    """An item as it stands: by its own words before the feedback, by the ledger's since. `said`: all steps' words."""

    id: int
    number: str
    n: int
    text: str
    measures: str
    due_on: dt.date
    owner: str
    removed: bool = False
    problem_id: int | None = None
    state: State | None = None
    progress: str = ""
    result: str = ""
    closed_on: dt.date | None = None
    closed_by: str = ""
    said: frozenset[str] = frozenset()


def lists(actor: Actor, meeting: Meeting) -> list[tuple[Report, list[Line]]]:
    """The items of each case that this reader may read, removed ones too, in the reports' order."""
    reports = review.reports(meeting.id)
    others = review.about_others(actor, reports)
    shown = [one.id for one in reports if one.id in others and (actor.is_leader or review.reads_case(actor, one))]
    query = select(RectificationItem).where(RectificationItem.report_id.in_(shown)).options(*WHOLE)
    found = db.session.scalars(query.order_by(RectificationItem.n)).all()
    return [
        (report, [_line(one, meeting.year, report) for one in found if one.report_id == report.id])
        for report in reports
        if report.id in shown
    ]


def _line(item: RectificationItem, year: int, report: Report) -> Line:
    number, held = number_of(year, item.n), item.problem
    if held is None:
        owner = report.secretary_name
        return Line(item.id, number, item.n, item.text, item.measures, item.due_on, owner, removed=item.removed)
    steps = [one for one in held.progress if not one.of_terms]
    results = [one.text.removeprefix(RESULT) for one in steps if one.text.startswith(RESULT)]
    progress = [one.text for one in steps if not one.text.startswith(RESULT) and one.state != State.DONE.value]
    return Line(
        id=item.id, number=number, n=item.n, text=held.text, measures=held.measures, due_on=held.due_on,
        owner=held.owner_name or report.branch.name,
        problem_id=held.id, state=held.state, progress=progress[-1] if progress else "",
        result=held.result or (results[-1] if results else ""), closed_on=held.closed_on,
        closed_by=held.closer_name, said=frozenset(one.text for one in steps),
    )  # fmt: skip


def item(actor: Actor, item_id: int) -> tuple[RectificationItem, Report, Meeting] | None:
    """An item with its report and meeting; None when it is absent, or of a case that the reader doesn't run."""
    found = db.session.get(RectificationItem, item_id)
    about = review.report(actor, found.report_id) if found else None
    return (found, *about) if found and about and review.runs_case(actor, about[0]) else None


def of_report(report_id: int) -> Sequence[RectificationItem]:
    """All of a report's, removed ones too, by number."""
    query = select(RectificationItem).where(RectificationItem.report_id == report_id)
    return db.session.scalars(query.order_by(RectificationItem.n)).all()


def words_of(meeting_id: int) -> set[tuple[int, str]]:
    """(report, words) of all items of a meeting, as they were said and as they read now; removed ones too."""
    columns = (RectificationItem.report_id, RectificationItem.said, RectificationItem.text)
    rows = db.session.execute(select(*columns).where(RectificationItem.meeting_id == meeting_id))
    return {(report_id, words) for report_id, *both in rows for words in both}


def drawn(meeting_id: int) -> Sequence[tuple[int, int, str]]:
    """(report, number, the comment's words) of the items that were drawn from a comment and aren't in the ledger."""
    columns = (RectificationItem.report_id, RectificationItem.n, RectificationItem.said)
    waiting = (RectificationItem.problem_id.is_(None), RectificationItem.removed.is_(False))
    query = select(*columns).where(RectificationItem.meeting_id == meeting_id, *waiting, RectificationItem.said != "")
    return [(report_id, n, said) for report_id, n, said in db.session.execute(query.order_by(RectificationItem.n))]


def next_number(meeting_id: int) -> int:
    """The number after the meeting's last; whoever adds at the same moment waits until this one is stored."""
    db.session.execute(select(Meeting.id).where(Meeting.id == meeting_id).with_for_update())
    last = select(func.max(RectificationItem.n)).where(RectificationItem.meeting_id == meeting_id)
    return (db.session.scalar(last) or 0) + 1


def meeting_by_id(meeting_id: int) -> Meeting | None:
    return db.session.get(Meeting, meeting_id)
