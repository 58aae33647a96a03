"""Drawing up the list, changing it before the feedback, and handing it to the ledger with the feedback."""

import datetime as dt
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from logbook.access import Actor
from logbook.comments import queries as comments
from logbook.comments.models import Clause, Part
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import fingerprint, local_date
from logbook.problems import actions as ledger
from logbook.problems.actions import LONGEST_DUE, MAX_LINE, DueRules, NewProblem, Source
from logbook.problems.models import Category, Side, SourceKind
from logbook.rectification import queries
from logbook.rectification.models import RectificationItem, number_of
from logbook.review import briefs
from logbook.review import queries as review
from logbook.review.models import Meeting, Report


@dataclass(frozen=True, slots=True)
class NewItem:
    """What is to be put right, how, and by when."""

    text: str
    due_on: dt.date
    measures: str = ""


def draft(meeting: Meeting, *, days: int, by: Actor, at: dt.datetime) -> int:
    """An item for every shortcoming of the settled comments, as it was said; tell how many are new.

    What an item says already, or said before it was reworded or removed, isn't taken again.
    """
    reports = {one.id: one for one in review.reports(meeting.id)}
    known, due_on = queries.words_of(meeting.id), local_date(at) + dt.timedelta(days=days)
    first = number = queries.next_number(meeting.id)
    texts = {one.id: one.text for one in briefs.ledger(meeting).all}  # what the ledger has is named as it is there
    said = (
        (comment.report_id, clause)
        for comment in comments.of_meeting(by, meeting.id)
        if comment.settled_at and review.runs_case(by, reports[comment.report_id])
        for clause in comment.clauses
        if clause.part is Part.SHORTCOMING
    )
    for report_id, clause in said:
        if (report_id, clause.text) not in known:
            known.add((report_id, clause.text))
            text = texts.get(clause.source_id or 0, clause.text) if clause.source_kind == "problem" else clause.text
            _add(reports[report_id], meeting, NewItem(text, due_on), number, said=clause, by=by, at=at)
            number += 1
    return number - first


def add_item(report_id: int, new: NewItem, *, by: Actor, at: dt.datetime) -> RectificationItem:
    """An item in the office's own words. Raise RuleBroken for the field at fault."""
    report, meeting = review.case(by, report_id)
    _check(new, local_date(at))
    return _add(report, meeting, new, queries.next_number(meeting.id), by=by, at=at)


def _add(
    report: Report, meeting: Meeting, new: NewItem, n: int, *, by: Actor, at: dt.datetime, said: Clause | None = None
) -> RectificationItem:
    item = RectificationItem(
        meeting_id=meeting.id, report_id=report.id, n=n, said=said.text if said else "",
        rests_on_id=said.source_id if said and said.source_kind == "problem" else None,
        text=new.text.strip(), measures=new.measures.strip(), due_on=new.due_on,
    )  # fmt: skip
    db.session.add(item)
    db.session.flush()
    if report.fed_back_on:
        _hand_over(item, report, meeting, local_date(at), by, at)
    return item


def _check(new: NewItem, today: dt.date, *, kept: dt.date | None = None) -> None:
    """`kept` is the due day that stands: it may be past."""
    if not new.text.strip():
        raise RuleBroken("text", _("请写明内容。"))
    for field, text in (("text", new.text), ("measures", new.measures)):
        if len(text) > MAX_LINE:
            raise RuleBroken(field, _("每条不超过%(most)s字。", most=MAX_LINE))
    if new.due_on != kept and not today <= new.due_on <= today + LONGEST_DUE:
        raise RuleBroken("due_on", _("完成时限应不早于今天，十年以内。"))


def state_of(item: RectificationItem) -> str:
    """How the item reads now, in short: who changes it on top of something else sees that."""
    return fingerprint(item.text, item.measures, item.due_on)


def change_item(item_id: int, new: NewItem, *, based_on: str, by: Actor, at: dt.datetime) -> RectificationItem:
    """Reword an item, its measures, its due day, as long as it isn't in the ledger.

    Raise RuleBroken("text") where somebody else changed it meanwhile.
    """
    item = _open(item_id, by)[0]
    if based_on != state_of(item):
        raise RuleBroken("text", _("您填写期间，这一项已有改动。请另开一页核对，确认后再保存一次。"))
    _check(new, local_date(at), kept=item.due_on)
    item.text, item.measures, item.due_on = new.text.strip(), new.measures.strip(), new.due_on
    db.session.flush()
    return item


def remove_item(item_id: int, *, by: Actor) -> Meeting:
    """Take an item off the list of its meeting; its number stays its own, and it can be put back."""
    item, _report, meeting = _open(item_id, by)
    item.removed = True
    db.session.flush()
    return meeting


def restore_item(item_id: int, *, by: Actor, at: dt.datetime) -> Meeting:
    """Put a removed item back on the list of its meeting."""
    item, report, meeting = _open(item_id, by)
    item.removed, item.due_on = False, max(item.due_on, local_date(at))
    db.session.flush()
    if report.fed_back_on:
        _hand_over(item, report, meeting, local_date(at), by, at)
    return meeting


def _open(item_id: int, by: Actor) -> tuple[RectificationItem, Report, Meeting]:
    found = queries.item(by, item_id)
    if found is None:
        raise NotThere
    if found[0].problem_id is not None:
        raise RuleBroken("", _("已转入问题台账，请在台账里办理。"))
    return found


def hand_over(report_id: int, on: dt.date, *, by: Actor, at: dt.datetime) -> int:
    """The feedback is given on that day: the report's items become problems of the ledger; tell how many.

    Before it a secretary who reads the ledger must find nothing about themself there (rule 7). Called again, it takes
    what isn't there yet. Raise RuleBroken("due_on") for an item that would be overdue from its first day.
    """
    report, meeting = review.case(by, report_id)
    if on > local_date(at):
        raise RuleBroken("on", _("反馈日期不能晚于今天。"))
    waiting = [one for one in queries.of_report(report_id) if one.problem_id is None and not one.removed]
    for item in waiting:
        _hand_over(item, report, meeting, on, by, at)
    return len(waiting)


def _hand_over(
    item: RectificationItem, report: Report, meeting: Meeting, on: dt.date, by: Actor, at: dt.datetime
) -> None:
    number = number_of(meeting.year, item.n)
    if item.due_on < on:
        raise RuleBroken("due_on", _("%(number)s的完成时限早于反馈日期，请先改整改清单。", number=number))
    source = Source(SourceKind.MEETING, meeting.id, number, on, report.branch_id, None)
    if item.rests_on_id and ledger.take_up(
        item.rests_on_id, source, due_on=item.due_on, measures=item.measures, by=by, at=at
    ):
        item.problem_id = item.rests_on_id
    else:
        item.problem_id = _raise(item, source, report)
    db.session.flush()


def _raise(item: RectificationItem, source: Source, report: Report) -> int:
    new = NewProblem(
        item.text, item.n, Category.PARTY, Side.BRANCH, owner_person_id=report.person_id, due_on=item.due_on
    )
    rules = DueRules(0, 0, report.branch.host_unit)
    return ledger.raise_item(source, new, label=source.label, measures=item.measures, rules=rules).id
