"""A comment drafted from facts, edited freely, looked through where a source changed, and settled by who gives it."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from sqlalchemy import delete

from logbook.access import Actor
from logbook.comments import drafting, queries
from logbook.comments.drafting import Draft
from logbook.comments.models import Clause, Comment, Part
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import local_date
from logbook.review import briefs
from logbook.review import queries as review
from logbook.review.models import Meeting, Report

MAX_CLAUSE = 500
MOST = 30  # clauses of a comment


@dataclass(frozen=True, slots=True)
class NewClause:
    """A clause as it was edited; `clause_id` is the one it was, and keeps its source."""

    part: Part
    text: str
    clause_id: int | None = None


def draft(report_id: int, *, by: Actor, at: dt.datetime) -> Comment:
    """Draft a comment from the year's facts; the one there is, where there is one.

    A member drafts their own, whoever runs the case that of the report's 点评人. Raise RuleBroken("commentator_id")
    where nobody is to comment, NotThere for whoever may not see the report.
    """
    report, meeting = review.the_report(by, report_id)
    commentator_id = _commentator(report, by)
    there = queries.by(report_id, commentator_id)
    if there is not None:
        return there
    facts = queries.facts(by, report, meeting, commentator_id, local_date(at))
    return _draft(report, commentator_id, facts, by, at)


def draft_all(meeting: Meeting, *, by: Actor, at: dt.datetime) -> int:
    """Draft what nobody drafted yet for the 点评人 of every case that this person runs; return how many."""
    there, known, n = queries.drafted(meeting.id), briefs.ledger(meeting), 0
    for one in review.reports(meeting.id):
        if one.commentator_id and (one.id, one.commentator_id) not in there and review.runs_case(by, one):
            facts = queries.facts(by, one, meeting, one.commentator_id, local_date(at), known)
            _draft(one, one.commentator_id, facts, by, at)
            n += 1
    return n


def _draft(report: Report, commentator_id: int, facts: Sequence[Draft], by: Actor, at: dt.datetime) -> Comment:
    comment = Comment(report_id=report.id, commentator_id=commentator_id, drafted_by_id=by.person_id, drafted_at=at)
    db.session.add(comment)
    db.session.flush()
    for position, one in enumerate(facts[:MOST], 1):
        db.session.add(_clause(comment, position, one.part, one.text, one.source))
    db.session.flush()
    return comment


def add_facts(comment_id: int, *, by: Actor, at: dt.datetime) -> int:
    """Add what became known since and is not cited yet, behind what is there; return how many."""
    comment = _open(comment_id, by)
    report, meeting = review.the_report(by, comment.report_id)
    new = queries.uncited(comment, queries.facts(by, report, meeting, comment.commentator_id, local_date(at)))
    last = max((one.position for one in comment.clauses), default=0)
    if len(comment.clauses) + len(new) > MOST:
        raise RuleBroken("clauses", _("最多%(most)s条。", most=MOST))
    for position, one in enumerate(new, last + 1):
        db.session.add(_clause(comment, position, one.part, one.text, one.source))
    comment.version += 1
    db.session.flush()
    db.session.expire(comment, ["clauses"])
    return len(new)


def remove_drafts(meeting_id: int, report_id: int | None = None) -> None:
    """Take away the comments that stand as they were drafted, of a meeting or of one report of it.

    What somebody changed or settled stays.
    """
    ids = queries.untouched(meeting_id, report_id)
    db.session.execute(delete(Clause).where(Clause.comment_id.in_(ids)))
    db.session.execute(delete(Comment).where(Comment.id.in_(ids)))
    db.session.flush()


def _commentator(report: Report, by: Actor) -> int:
    """Whose comment this person drafts, or opens: the 点评人's where they run the case, else their own."""
    if report.person_id == by.person_id:  # fed back, and still nobody's own critic
        raise NotThere
    if review.runs_case(by, report) and report.commentator_id is not None:
        return report.commentator_id
    if review.speaks(by, report) or queries.by(report.id, by.person_id) is not None:
        return by.person_id
    if report.grade is not None:
        raise RuleBroken("commentator_id", _("等次已经确定，不再添加点评。"))
    raise RuleBroken("commentator_id", _("请先确定点评人。"))


def _clause(comment: Comment, position: int, part: Part, text: str, source: drafting.Source | None = None) -> Clause:
    clause = Clause(comment_id=comment.id, part=part, position=position, text=text)
    if source is not None:
        clause.source_kind, clause.source_id = source.kind, source.id
        clause.source, clause.rests_on = source.label, source.rests_on
    return clause


def rewrite(comment_id: int, clauses: Sequence[NewClause], *, version: int, by: Actor) -> Comment:
    """Put these clauses in place of those there are; an empty one goes. One that is kept keeps its source.

    Raise RuleBroken("version") when somebody else changed it meanwhile.
    """
    comment = _open(comment_id, by)
    if comment.version != version:
        raise RuleBroken("version", _("您填写期间，这份点评已有改动。请对照下面的内容，决定后再保存。"))
    kept = [one for one in clauses if one.text.strip()]
    if len(kept) > MOST:
        raise RuleBroken("clauses", _("最多%(most)s条。", most=MOST))
    if any(len(one.text) > MAX_CLAUSE for one in kept):
        raise RuleBroken("clauses", _("每条不超过%(most)s字。", most=MAX_CLAUSE))
    before, still = {one.id: one for one in comment.clauses}, set[int]()
    for position, one in enumerate(kept, 1):
        clause = before.get(one.clause_id or 0)
        if clause is None or clause.id in still:
            db.session.add(_clause(comment, position, one.part, one.text.strip()))
        else:  # its row stays, and with it what it rests on
            still.add(clause.id)
            clause.part, clause.position, clause.text = one.part, position, one.text.strip()
    db.session.execute(delete(Clause).where(Clause.id.in_(set(before) - still)))
    comment.version += 1
    db.session.flush()
    db.session.expire(comment, ["clauses"])
    return comment


def look_at(comment_id: int, clause_id: int, *, by: Actor) -> None:
    """The clause stands after its source changed: it is cited as it is now, or no more where it is gone."""
    comment = _open(comment_id, by)
    clause = next((one for one in comment.clauses if one.id == clause_id), None)
    if clause is None:
        raise NotThere
    now = queries.sources([clause]).get((clause.source_kind, clause.source_id or 0))
    clause.source_kind, clause.source_id = (now.kind, now.id) if now else ("", None)
    clause.source, clause.rests_on = (now.label, now.rests_on) if now else ("", "")
    comment.version += 1
    db.session.flush()


def settle(comment_id: int, *, version: int, by: Actor, at: dt.datetime) -> Comment:
    """本人审定: it is locked from here on. Raise RuleBroken where something is missing or a source has changed."""
    comment = _open(comment_id, by)
    if comment.commentator_id != by.person_id:
        raise NotAllowed("settle another's comment")
    if comment.version != version:
        raise RuleBroken("version", _("这份点评刚有改动，请看一遍再审定。"))
    if not any(one.part is Part.SHORTCOMING for one in comment.clauses):
        raise RuleBroken("clauses", _("请至少写一条不足。"))
    if queries.stale(comment):
        raise RuleBroken("clauses", _("有的内容所依据的记录已有变化，请逐条看过再审定。"))
    comment.settled_at = at
    db.session.flush()
    return comment


def _open(comment_id: int, by: Actor) -> Comment:
    comment = queries.comment(by, comment_id)
    if comment is None:
        raise NotThere
    if not queries.drafts(by, comment):
        raise NotAllowed("change another's comment")
    if comment.settled_at:
        raise RuleBroken("", _("这份点评已审定，不能再改。"))
    return comment
