"""Reads of the ledger."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from logbook.db import db
from logbook.problems.models import Problem, SourceKind, State, Undertaking


def of_source(kind: SourceKind, source_id: int) -> tuple[Sequence[Problem], Sequence[Undertaking]]:
    """The problems and undertakings of one source, with their progress, by line."""
    problems = db.session.scalars(
        select(Problem)
        .where(Problem.source_kind == kind, Problem.source_id == source_id)
        .options(selectinload(Problem.progress))
        .order_by(Problem.source_line)
    ).all()
    undertakings = db.session.scalars(
        select(Undertaking)
        .where(Undertaking.source_kind == kind, Undertaking.source_id == source_id)
        .options(selectinload(Undertaking.progress))
        .order_by(Undertaking.source_line)
    ).all()
    return problems, undertakings


def open_problem(problem_id: int) -> Problem | None:
    return db.session.scalar(select(Problem).where(Problem.id == problem_id, Problem.state != State.DONE))


def of_sources(kind: SourceKind, ids: Sequence[int]) -> dict[str, dict[int, list[Any]]]:
    """{"problems", "undertakings"} of many sources of one kind, each by source id; two statements."""
    found: dict[str, dict[int, list[Any]]] = {}
    for name, table in (("problems", Problem), ("undertakings", Undertaking)):
        query = select(table).where(table.source_kind == kind, table.source_id.in_(ids), table.dropped.is_(False))
        found[name] = {source_id: [] for source_id in ids}
        for one in db.session.scalars(query.order_by(table.source_line)):
            found[name][one.source_id].append(one)
    return found


def open_at_branch(branch_ids: int | Iterable[int]) -> Sequence[Problem]:
    """The problems of a branch, or of several, that are not closed, the first due first."""
    ids = [branch_ids] if isinstance(branch_ids, int) else list(branch_ids)
    return db.session.scalars(
        select(Problem)
        .where(Problem.branch_id.in_(ids), Problem.state != State.DONE, Problem.dropped.is_(False))
        .order_by(Problem.due_on, Problem.id)
    ).all()
