"""The ledger's rules: lines taken from a source, progress, closing. None is ever deleted."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import insert

from logbook.access import Actor
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.problems import queries
from logbook.problems.models import (
    Category,
    Handling,
    Problem,
    Progress,
    Side,
    SourceKind,
    State,
    Undertaking,
    UndertakingState,
)

MAX_LINE = 2000  # characters


@dataclass(frozen=True, slots=True)
class Source:
    """Where items come from; an item's label is the source's with its line: 2026-137/2."""

    kind: SourceKind
    id: int
    label: str
    on: dt.date
    branch_id: int | None
    raised_by_id: int | None


@dataclass(frozen=True, slots=True)
class NewProblem:
    """A problem line as worded; `line` counts from 1 within its source and never changes."""

    text: str
    line: int
    category: Category = Category.OTHER
    side: Side = Side.BRANCH
    handling: Handling = Handling.COORDINATE
    owner_unit: str = ""
    owner_person_id: int | None = None
    due_on: dt.date | None = None
    repeats_id: int | None = None  # the open problem of the same branch that this line repeats


@dataclass(frozen=True, slots=True)
class NewUndertaking:
    text: str
    line: int
    due_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class DueRules:
    """Days until due, and the unit that owns a problem when none is named: the branch's host unit."""

    problem_days: int
    undertaking_days: int
    host_unit: str


def record_lines(
    source: Source,
    problems: Sequence[NewProblem],
    undertakings: Sequence[NewUndertaking],
    *,
    rules: DueRules,
    by: Actor,
    at: dt.datetime,
    first: bool = False,
) -> None:
    """Take the lines of a source's version into the ledger; `first`: nothing of the source is there yet."""
    _check(problems, "problem")
    _check(undertakings, "undertaking")
    known = ({}, {}) if first else _known(source)
    fresh = [new for new in problems if new.line not in known[0]]
    _insert(Problem, [_problem_row(new, source, rules) for new in fresh if new.repeats_id is None])
    for new in fresh:
        if new.repeats_id is not None:
            _note_repeat(new, source, by=by, at=at)
    rows = [_undertaking_row(new, source, rules) for new in undertakings if new.line not in known[1]]
    _insert(Undertaking, rows)
    _rewrite(known[0], {new.line: _problem_row(new, source, rules) for new in problems}, State.OPEN)
    _rewrite(known[1], {n.line: _undertaking_row(n, source, rules) for n in undertakings}, UndertakingState.UNDERWAY)
    db.session.flush()


def _check(lines: Iterable[NewProblem | NewUndertaking], name: str) -> None:
    for new in lines:
        if not new.text.strip():
            raise RuleBroken(f"{name}-{new.line}", _("请写明内容。"))
        if len(new.text) > MAX_LINE:
            raise RuleBroken(f"{name}-{new.line}", _("每条不超过%(most)s字。", most=MAX_LINE))


def _known(source: Source) -> tuple[dict[int, Any], dict[int, Any]]:
    problems, undertakings = queries.of_source(source.kind, source.id)
    return {one.source_line: one for one in problems}, {one.source_line: one for one in undertakings}


def _insert(table: type[Problem | Undertaking], rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.execute(insert(table), rows)


def _common(new: NewProblem | NewUndertaking, source: Source) -> dict[str, Any]:
    return {
        "source_kind": source.kind,
        "source_id": source.id,
        "source_label": f"{source.label}/{new.line}",
        "source_line": new.line,
        "branch_id": source.branch_id,
        "raised_on": source.on,
        "text": new.text.strip(),
    }


def _problem_row(new: NewProblem, source: Source, rules: DueRules) -> dict[str, Any]:
    solved = new.handling is Handling.ON_SITE
    return _common(new, source) | {
        "raised_by_id": source.raised_by_id,
        "category": new.category,
        "side": new.side,
        "handling": new.handling,
        "owner_unit": new.owner_unit or rules.host_unit,
        "owner_person_id": new.owner_person_id,
        "due_on": new.due_on or source.on + dt.timedelta(days=rules.problem_days),
        "state": State.DONE if solved else State.OPEN,
        "result": "当场解决" if solved else "",
        "closed_on": source.on if solved else None,
    }


def _undertaking_row(new: NewUndertaking, source: Source, rules: DueRules) -> dict[str, Any]:
    due_on = new.due_on or source.on + dt.timedelta(days=rules.undertaking_days)
    return _common(new, source) | {"member_id": source.raised_by_id, "due_on": due_on}


def _note_repeat(new: NewProblem, source: Source, *, by: Actor, at: dt.datetime) -> None:
    problem = queries.open_problem(new.repeats_id or 0)
    if problem is None or problem.branch_id != source.branch_id:
        raise RuleBroken(f"problem-{new.line}", _("所选的在办问题已办结，或不属于这个支部。"))
    problem.state = State.UNDERWAY if problem.state is State.OPEN else problem.state
    label = f"{source.label}/{new.line}"
    db.session.add(
        Progress(
            problem_id=problem.id,
            at=at,
            by_id=by.person_id,
            text=new.text,
            state=problem.state.value,
            source_label=label,
        )
    )


def _rewrite(known: dict[int, Any], lines: dict[int, dict[str, Any]], untouched: State | UndertakingState) -> None:
    """Reword what nobody has taken in hand; mark what a correction took away."""
    for line, item in known.items():
        item.dropped = line not in lines
        if line in lines and item.state is untouched and not item.progress:
            for name, value in lines[line].items():
                setattr(item, name, value)


def drop_lines(kind: SourceKind, source_id: int) -> None:
    """The source was withdrawn: its items stay in the ledger, marked."""
    for items in queries.of_source(kind, source_id):
        for item in items:
            item.dropped = True
    db.session.flush()
