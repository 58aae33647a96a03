"""Reads of the ledger."""

from collections.abc import Sequence

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
