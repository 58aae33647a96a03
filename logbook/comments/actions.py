"""A comment drafted from facts, edited freely, looked through where a source changed, and settled by who gives it."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from sqlalchemy import delete

from logbook.access import Actor
from logbook.comments import changed, drafting, queries
from logbook.comments.drafting import Draft
from logbook.comments.models import Clause, Comment, Part, Settling
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import local_date
from logbook.printing import actions as printing
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
        clause.source, clause.rests_on, clause.said = source.label, source.rests_on, source.said
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


def keep_clause(comment_id: int, clause_id: int, *, by: Actor) -> None:
    """The clause stands after its source changed: it is cited as it is now, or no more where it is gone.

    What stands open beside a matter that it praises is known from here on.
    """
    comment, clause = _clause_of(comment_id, clause_id, by)
    known = json.loads(clause.said or "{}").get("beside", [])
    known += [row.id for row in queries.rivals(comment).get(clause.id, ())]
    now = queries.sources([clause]).get((clause.source_kind, clause.source_id or 0))
    _rest(clause, now)
    if now and known:
        clause.said = json.dumps({**json.loads(now.said), "beside": known}, ensure_ascii=False)
    comment.version += 1
    db.session.flush()


def renew_clause(comment_id: int, clause_id: int, *, by: Actor, at: dt.datetime) -> None:
    """Put what a draft of today says in the place of a stale clause. Raise RuleBroken where it says nothing now."""
    comment, clause = _clause_of(comment_id, clause_id, by)
    report, meeting = review.the_report(by, comment.report_id)
    facts = queries.facts(by, report, meeting, comment.commentator_id, local_date(at))
    new = changed.wording(comment, clause, facts)
    if new is None:
        raise RuleBroken("clauses", _("这件事现在没有新的写法：请删去这一条，或核实后保留原句。"))
    clause.part, clause.text = new.part, new.text
    _rest(clause, new.source)
    comment.version += 1
    db.session.flush()


def drop_clause(comment_id: int, clause_id: int, *, by: Actor) -> None:
    """Take a clause away."""
    comment, clause = _clause_of(comment_id, clause_id, by)
    db.session.execute(delete(Clause).where(Clause.id == clause.id))
    comment.version += 1
    db.session.flush()
    db.session.expire(comment, ["clauses"])


def _clause_of(comment_id: int, clause_id: int, by: Actor) -> tuple[Comment, Clause]:
    comment = _open(comment_id, by)
    clause = next((one for one in comment.clauses if one.id == clause_id), None)
    if clause is None:
        raise NotThere
    return comment, clause


def _rest(clause: Clause, on: drafting.Source | None) -> None:
    """Cite the source as it is now; nothing where it is gone."""
    clause.source_kind, clause.source_id = (on.kind, on.id) if on else ("", None)
    clause.source, clause.rests_on, clause.said = (on.label, on.rests_on, on.said) if on else ("", "", "")


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
        raise RuleBroken(
            "clauses", _("有的内容所依据的记录已有变化：请逐条改用现在的写法、删去，或核实后保留，再审定。")
        )
    comment.settled_at = at
    db.session.add(_settling(comment, by.person_id, at))
    db.session.flush()
    return comment


def take_back(comment_id: int, *, by: Actor, at: dt.datetime) -> Comment:
    """撤回审定: the comment can be changed again, what was settled is kept, and papers made of it are marked.

    Until the meeting's day, and until a grade is registered. Raise RuleBroken then, and where it isn't settled.
    """
    comment = _comment(comment_id, by)
    report, meeting = review.the_report(by, comment.report_id)
    since = comment.settled_at
    if since is None:
        raise RuleBroken("", _("这份点评还没有审定。"))
    why = refusal(report, meeting, local_date(at))
    if why is not None:
        raise RuleBroken("", why)
    if not queries.settlings(comment_id):  # settled before that was kept
        db.session.add(_settling(comment, comment.commentator_id, since))
    comment.settled_at = None
    comment.version += 1
    db.session.add(_settling(comment, by.person_id, at, taken_back=True))
    printing.overtake(f"点评{comment.id}，", since=since, at=at)
    printing.overtake(f"{meeting.year}年述职评议会议", COMMENTED, since=since, at=at)
    db.session.flush()
    return comment


# What the names of papers hold that quote or count what was settled: the forms, what is told of the meeting, the pack.
COMMENTED = ("反馈表", "情况的通报", "情况的报告", "会议材料", "会议记录")


def refusal(report: Report, meeting: Meeting, today: dt.date) -> object:
    """Why what was settled stays so; None where it can be taken back."""
    if report.decisions:
        return _("已经登记过等次，不能撤回审定。")
    if meeting.held_on is not None and meeting.held_on <= today:
        return _("会议日期已到，不能撤回审定。")
    return None


def _settling(comment: Comment, by_id: int, at: dt.datetime, *, taken_back: bool = False) -> Settling:
    said = [[one.part.value, one.text, one.source] for one in comment.clauses]
    body = json.dumps(said, ensure_ascii=False)
    return Settling(
        comment_id=comment.id, taken_back=taken_back, version=comment.version, body=body, by_id=by_id, at=at
    )


def _comment(comment_id: int, by: Actor) -> Comment:
    """A comment that this person may change, settled or not."""
    comment = queries.comment(by, comment_id)
    if comment is None:
        raise NotThere
    if not queries.drafts(by, comment):
        raise NotAllowed("change another's comment")
    return comment


def _open(comment_id: int, by: Actor) -> Comment:
    comment = _comment(comment_id, by)
    if comment.settled_at:
        raise RuleBroken("", _("这份点评已审定，不能再改。"))
    return comment
