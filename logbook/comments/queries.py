"""Reads of comments. Rule 7: nobody reads what is said of themself before feedback (review.queries.report)."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from logbook.access import Actor
from logbook.comments import drafting
from logbook.comments.models import Clause, Comment
from logbook.db import db
from logbook.problems.models import Problem
from logbook.review import queries as review
from logbook.review.models import Report
from logbook.visits.models import Visit

WHOLE = (selectinload(Comment.clauses), joinedload(Comment.commentator, innerjoin=True))


def comment(actor: Actor, comment_id: int) -> Comment | None:
    """A comment for the office, the leader and who is to give it; None for others, and about the reader."""
    found = db.session.scalar(select(Comment).where(Comment.id == comment_id).options(*WHOLE))
    if found is None or review.report(actor, found.report_id) is None:
        return None
    return found if actor.is_office or actor.is_leader or found.commentator_id == actor.person_id else None


def of_report(actor: Actor, report_id: int) -> Sequence[Comment]:
    """The comments on a secretary that this reader may see, the first drafted first."""
    if review.report(actor, report_id) is None:
        return []
    query = select(Comment).where(Comment.report_id == report_id)
    if not (actor.is_office or actor.is_leader):
        query = query.where(Comment.commentator_id == actor.person_id)
    return db.session.scalars(query.options(*WHOLE).order_by(Comment.id)).all()


def of_meeting(actor: Actor, meeting_id: int) -> Sequence[Comment]:
    """Every comment of a meeting that this reader may see, in the order of the reports."""
    shown = review.about_others(actor, review.reports(meeting_id))
    query = select(Comment).join(Report, Report.id == Comment.report_id).where(Comment.report_id.in_(shown))
    if not (actor.is_office or actor.is_leader):
        query = query.where(Comment.commentator_id == actor.person_id)
    return db.session.scalars(query.options(*WHOLE).order_by(Report.position, Comment.id)).all()


def by(report_id: int, commentator_id: int) -> Comment | None:
    """The comment of this member on this secretary."""
    query = select(Comment).where(Comment.report_id == report_id, Comment.commentator_id == commentator_id)
    return db.session.scalar(query.options(*WHOLE))


def to_settle(person_id: int) -> Sequence[Comment]:
    """What this member has still to settle, by meeting and order."""
    return db.session.scalars(
        select(Comment)
        .where(Comment.commentator_id == person_id, Comment.settled_at.is_(None))
        .options(*WHOLE, joinedload(Comment.report, innerjoin=True))
        .order_by(Comment.report_id)
    ).all()


def sources(clauses: Iterable[Clause]) -> dict[tuple[str, int], drafting.Source]:
    """What the sources of these clauses say now, by kind and id."""
    ids: dict[str, set[int]] = {"problem": set(), "visit": set()}
    for one in clauses:
        if one.source_id is not None:
            ids[one.source_kind].add(one.source_id)
    problems = db.session.scalars(select(Problem).where(Problem.id.in_(ids["problem"])))
    visits = db.session.scalars(select(Visit).where(Visit.id.in_(ids["visit"])))
    found = [*map(drafting.of_problem, problems), *map(drafting.of_visit, visits)]
    return {(one.kind, one.id): one for one in found}


def stale(comment: Comment) -> frozenset[int]:
    """The clauses whose source says something else than when they were written, or is gone."""
    now = {key: one.rests_on for key, one in sources(comment.clauses).items()}
    cited = (one for one in comment.clauses if one.source_id is not None)
    return frozenset(one.id for one in cited if now.get((one.source_kind, one.source_id or 0)) != one.rests_on)
