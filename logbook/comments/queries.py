"""Reads of comments. Rule 7: nobody reads what is said of themself before feedback (review.queries.report)."""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload, selectinload

from logbook.access import Actor
from logbook.comments import drafting, matters
from logbook.comments.drafting import Draft
from logbook.comments.models import Clause, Comment, Part, Settling
from logbook.db import db
from logbook.problems.models import Problem, State
from logbook.review import briefs
from logbook.review import queries as review
from logbook.review.briefs import Ledger
from logbook.review.models import Meeting, Report
from logbook.visits import queries as visits
from logbook.visits.models import Level, Visit

WHOLE = (
    selectinload(Comment.clauses), joinedload(Comment.commentator, innerjoin=True),
    joinedload(Comment.report, innerjoin=True).options(
        joinedload(Report.person, innerjoin=True), joinedload(Report.branch, innerjoin=True)
    ),
)  # fmt: skip


def comment(actor: Actor, comment_id: int) -> Comment | None:
    """A comment for who runs the case, the leader and who is to give it; None for others, and about the reader."""
    found = db.session.scalar(select(Comment).where(Comment.id == comment_id).options(*WHOLE))
    if found is None or review.report(actor, found.report_id) is None:
        return None
    return found if reads(actor, found) else None


def reads(actor: Actor, found: Comment) -> bool:
    """The leader, the office once rule 7 lets it, and who gives the comment."""
    return actor.is_leader or drafts(actor, found) or review.reads_case(actor, found.report)


def drafts(actor: Actor, found: Comment) -> bool:
    """Whoever runs the case (党办代拟), and who gives the comment."""
    return found.commentator_id == actor.person_id or review.runs_case(actor, found.report)


def of_meeting(actor: Actor, meeting_id: int) -> Sequence[Comment]:
    """Every comment of a meeting that this reader may see, in the order of the reports."""
    shown = review.about_others(actor, review.reports(meeting_id))
    query = select(Comment).join(Report, Report.id == Comment.report_id).where(Comment.report_id.in_(shown))
    found = db.session.scalars(query.options(*WHOLE).order_by(Report.position, Comment.id))
    return [one for one in found if reads(actor, one)]


def any_on(report_id: int) -> bool:
    """Whether anything is said of a report's secretary."""
    return bool(db.session.scalar(select(exists().where(Comment.report_id == report_id))))


def drafted(meeting_id: int) -> frozenset[tuple[int, int]]:
    """(report, who comments) of all that is drafted for a meeting."""
    query = select(Comment.report_id, Comment.commentator_id).join(Report, Report.id == Comment.report_id)
    return frozenset((row[0], row[1]) for row in db.session.execute(query.where(Report.meeting_id == meeting_id)))


def untouched(meeting_id: int, report_id: int | None = None) -> Sequence[int]:
    """The ids of a meeting's comments, or of one report's, that nobody changed or settled since they were drafted."""
    query = select(Comment.id).join(Report, Report.id == Comment.report_id)
    if report_id is not None:
        query = query.where(Report.id == report_id)
    fresh = (Report.meeting_id == meeting_id, Comment.version == 1, Comment.settled_at.is_(None))
    return db.session.scalars(query.where(*fresh)).all()


def last_said(branch_ids: Collection[int]) -> dict[int, Sequence[Clause]]:
    """What the last review that was fed back found wanting in these branches, and advised, by branch."""
    told = Report.fed_back_on.is_not(None)
    rows = db.session.execute(
        select(Report, Meeting.year, Clause)
        .join(Comment, Comment.report_id == Report.id)
        .join(Clause, Clause.comment_id == Comment.id)
        .join(Meeting, Meeting.id == Report.meeting_id)
        .where(Report.branch_id.in_(branch_ids), Comment.settled_at.is_not(None), told, Clause.part != Part.PRAISE)
        .order_by(Comment.id, Clause.position)
    ).all()
    latest: dict[int, int] = {}
    for report, year, _clause in rows:
        latest[report.branch_id] = max(year, latest.get(report.branch_id, year))
    found: dict[int, list[Clause]] = {}
    for report, year, clause in rows:
        if year == latest[report.branch_id]:
            found.setdefault(report.branch_id, []).append(clause)
    return dict(found)


def by(report_id: int, commentator_id: int) -> Comment | None:
    """The comment of this member on this secretary."""
    query = select(Comment).where(Comment.report_id == report_id, Comment.commentator_id == commentator_id)
    return db.session.scalar(query.options(*WHOLE))


def to_settle(person_id: int) -> Sequence[Comment]:
    """What this member has still to settle, by meeting and order."""
    mine = (Comment.commentator_id == person_id, Comment.settled_at.is_(None), Report.person_id != person_id)
    return db.session.scalars(
        select(Comment)
        .join(Report, Report.id == Comment.report_id)
        .where(*mine)
        .options(*WHOLE)
        .order_by(Report.meeting_id, Report.position)
    ).all()


def facts(
    actor: Actor, report: Report, meeting: Meeting, commentator_id: int, today: dt.date, known: Ledger | None = None
) -> Sequence[Draft]:
    """What a comment may be drafted from: the branch's own problems, and the extracts its 点评人 sorted.

    Of another's observation only what its author shows to all the group: a comment is read by the office as well.
    And of the branch itself, not of those inside it: that is about their own secretaries (rule 7).
    """
    rectification, others = (known or briefs.ledger(meeting)).at(report.branch_id)
    stances = review.sorted_extracts(actor, report.id) if actor.person_id == commentator_id else {}
    year = dt.date(meeting.year, 1, 1), dt.date(meeting.year, 12, 31)
    seen = visits.observations(actor, report.branch_id, *year) if stances else ()
    shown = [one for one in seen if one.id in stances and one.branch_id == report.branch_id]
    own = [one for one in shown if one.member_id == actor.person_id]
    told = [one for one in shown if one not in own and one.observation_widened and one.level is Level.GROUP]
    said = [(one, stances[one.id]) for one in (*own, *told)]
    return list(drafting.drafted(rectification, others, said, today))


def uncited(comment: Comment, facts: Iterable[Draft]) -> Sequence[Draft]:
    """The facts that no clause of the comment rests on, and whose matter none speaks of: it would be said twice."""
    cited = {(one.source_kind, one.source_id) for one in comment.clauses}
    new = [one for one in facts if (one.source.kind, one.source.id) not in cited]
    if not new:
        return []
    spoken = [text for one in comment.clauses for text in (one.text, _said_then(one).get("text", ""))]
    spoken += _texts_now(comment)
    whole = [matters.folded(one.text) for one in comment.clauses]
    return [one for one in new if not _is_spoken_of(one.about, spoken, whole)]


def _is_spoken_of(about: str, spoken: Iterable[str], whole: Iterable[str]) -> bool:
    """Whether a text says the same, or a clause has the matter inside it."""
    plain = matters.folded(about)
    inside = len(plain) >= matters.WITHIN and any(plain in one for one in whole)
    return inside or any(text and matters.is_same(about, text) for text in spoken)


def _said_then(clause: Clause) -> dict[str, Any]:
    """What its source said when it was written, in codes; nothing in clauses of before that was kept."""
    found: dict[str, Any] = json.loads(clause.said or "{}")
    return found


def _texts_now(comment: Comment) -> Sequence[str]:
    ids = [one.source_id for one in comment.clauses if one.source_kind == "problem"]
    return db.session.scalars(select(Problem.text).where(Problem.id.in_(ids))).all()


def sources(clauses: Iterable[Clause]) -> dict[tuple[str, int], drafting.Source]:
    """What the sources of these clauses say now, by kind and id."""
    ids: dict[str, set[int]] = {"problem": set(), "visit": set()}
    for one in clauses:
        if one.source_id is not None:
            ids[one.source_kind].add(one.source_id)
    rows = db.session.scalars(select(Problem).where(Problem.id.in_(ids["problem"])))
    records = db.session.scalars(select(Visit).where(Visit.id.in_(ids["visit"])))
    found = [*map(drafting.of_problem, rows), *map(drafting.of_visit, records)]
    return {(one.kind, one.id): one for one in found}


def stale(*comments: Comment) -> frozenset[int]:
    """The clauses of these comments whose source says something else than when they were written, or is gone.

    And those that praise as mended what stands open elsewhere at the branch.
    """
    clauses = [one for comment in comments for one in comment.clauses if one.source_id is not None]
    now = {key: one.rests_on for key, one in sources(clauses).items()}
    changed = (one.id for one in clauses if now.get((one.source_kind, one.source_id or 0)) != one.rests_on)
    return frozenset(changed) | frozenset(rivals(*comments))


def rivals(*comments: Comment) -> dict[int, list[Any]]:
    """By clause that praises a problem as mended: those of the branch that speak of the same matter and stand open.

    But those that were known when somebody kept the clause as it is.
    """
    praising = [(one, said) for one in comments for said in one.clauses if _praises(said)]
    ledgers: dict[int, Ledger] = {}
    if praising:
        ids = {one.report.meeting_id for one, _said in praising}
        ledgers = {one.id: briefs.ledger(one) for one in db.session.scalars(select(Meeting).where(Meeting.id.in_(ids)))}
    found = {}
    for comment, clause in praising:
        rows = [row for part in ledgers[comment.report.meeting_id].at(comment.report.branch_id) for row in part]
        mended = next((row for row in rows if row.id == clause.source_id and row.state is State.DONE), None)
        known = _said_then(clause).get("beside", ())
        still = [row for row in rows if row.state is not State.DONE and row.id not in known]
        against = [row for row in still if mended and matters.is_same(mended.text, row.text)]
        if against:
            found[clause.id] = against
    return found


def _praises(clause: Clause) -> bool:
    return clause.part is Part.PRAISE and clause.source_kind == "problem" and clause.source_id is not None


def settlings(comment_id: int) -> Sequence[Settling]:
    """Every time a comment was settled or that was taken back, the latest first; for who may read the comment."""
    query = select(Settling).where(Settling.comment_id == comment_id).options(joinedload(Settling.by, innerjoin=True))
    return db.session.scalars(query.order_by(Settling.id.desc())).all()


def taken_back_since(comment_ids: Collection[int], since: dt.datetime) -> frozenset[int]:
    """Those of these comments whose settling was taken back since then."""
    back = (Settling.comment_id.in_(comment_ids), Settling.taken_back, Settling.at >= since)
    return frozenset(db.session.scalars(select(Settling.comment_id).where(*back)))
