"""The meeting: built from its year with one click, put in order, briefs printed, the group's decisions entered."""

import datetime as dt
import json
from dataclasses import asdict, dataclass

from flask_babel import lazy_gettext as _
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from logbook.access import Actor
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import local_date
from logbook.organization import queries as organization
from logbook.review import briefs, queries
from logbook.review.briefs import Brief
from logbook.review.models import Decision, Grade, Meeting, PrintedBrief, Report
from logbook.settings import queries as settings
from logbook.years import actions as years
from logbook.years import summary

MAX_GROUND = 500


@dataclass(frozen=True, slots=True)
class NewDecision:
    """What the group decided of a report; `reason` says why a former decision is changed."""

    grade: Grade | None
    decided_on: dt.date | None
    ground: str = ""
    reason: str = ""


def create_meeting(year: int, *, by: Actor, at: dt.datetime) -> Meeting:
    """Build the year's meeting: its secretaries in official order, its summary frozen as it is at this moment.

    Raise RuleBroken("year") when there is one, or nobody reports.
    """
    if queries.meeting(year):
        raise RuleBroken("year", _("%(year)s年的述职评议会议已经建好。", year=year))
    reporting = organization.reporting_secretaries(year, local_date(at))
    if not reporting:
        raise RuleBroken("year", _("没有向党组述职的书记：请先在名册里标明向党组述职的党组织和它们的书记。"))
    meeting = Meeting(year=year, created_at=at, created_by_id=by.person_id)
    _freeze(meeting, at)
    db.session.add(meeting)
    db.session.flush()
    # Whose liaison held last comes first, then 按职务排序.
    liaisons = sorted(organization.liaisons(year), key=lambda one: one.to_on, reverse=True)
    for position, (branch, person) in enumerate(reporting, 1):
        members = (one.member_id for one in liaisons if one.branch_id == branch.id and one.member_id != person.id)
        db.session.add(
            Report(
                meeting_id=meeting.id, person_id=person.id, branch_id=branch.id, position=position,
                commentator_id=next(members, None),
            )
        )  # fmt: skip
    db.session.flush()
    return meeting


def _freeze(meeting: Meeting, at: dt.datetime) -> None:
    """The year's figures and text as they are at this moment; those of a closed year as they were closed."""
    found = years.seen(years.whole_year(meeting.year, local_date(at)), settings.load())
    meeting.summary, meeting.text = summary.dump(found.summary), found.text
    meeting.year_was_closed = found.closing is not None


def freeze_again(year: int, *, at: dt.datetime) -> None:
    """Take the figures and the text of now, as long as no grade was decided on the former ones."""
    meeting = _meeting(year)
    if queries.is_decided(meeting.id):
        raise RuleBroken("", _("已经登记过等次，年度数字不再重新固定。"))
    _freeze(meeting, at)
    db.session.flush()


def remove_meeting(year: int) -> None:
    """Take away a meeting made by mistake, while nothing of it was decided or printed."""
    meeting = _meeting(year)
    if queries.is_decided(meeting.id) or queries.is_printed(meeting.id):
        raise RuleBroken("", _("已经登记过等次或打印过材料，会议不能删去。"))
    try:
        db.session.execute(delete(Report).where(Report.meeting_id == meeting.id))
        db.session.execute(delete(Meeting).where(Meeting.id == meeting.id))
    except IntegrityError as error:  # what is built on it, is no business of this file
        raise RuleBroken("", _("这次会议已经有点评、测评或会议记录，不能删去。")) from error
    db.session.flush()


def _meeting(year: int) -> Meeting:
    meeting = queries.meeting(year)
    if meeting is None:
        raise NotThere
    return meeting


def change_meeting(year: int, held_on: dt.date | None, place: str) -> Meeting:
    """When and where."""
    meeting = _meeting(year)
    if held_on is not None and held_on.year not in {year, year + 1}:
        raise RuleBroken("held_on", _("会议日期应在当年或次年。"))
    meeting.held_on, meeting.place = held_on, place.strip()[:200]
    db.session.flush()
    return meeting


def arrange(year: int, report_id: int, *, up: bool) -> None:
    """Move a report one place up or down; the ends stay where they are."""
    found = list(queries.reports(_meeting(year).id))
    here = next((i for i, one in enumerate(found) if one.id == report_id), None)
    if here is None:
        raise NotThere
    there = here - 1 if up else here + 1
    if 0 <= there < len(found):
        found[here], found[there] = found[there], found[here]
    for position, one in enumerate(found, 1):
        one.position = position
    db.session.flush()


def change_report(report_id: int, commentator_id: int | None, *, in_writing: bool, by: Actor) -> Report:
    """Who comments, and whether the report is only in writing; nobody comments on themself."""
    report = _report(report_id, by)
    if commentator_id == report.person_id:
        raise RuleBroken("commentator_id", _("点评人不能是被评议的书记本人。"))
    report.commentator_id, report.in_writing = commentator_id, in_writing
    db.session.flush()
    return report


def decide_grade(report_id: int, new: NewDecision, *, by: Actor, at: dt.datetime) -> Decision:
    """Enter what the group decided; never one's own. Raise RuleBroken for the field at fault.

    Every decision is a row of its own; a later one says why it changes the former.
    """
    report = _report(report_id, by)
    if report.person_id == by.person_id:
        raise NotThere
    _check(new, report, local_date(at))
    decision = Decision(
        report_id=report.id, grade=new.grade, decided_on=new.decided_on if new.grade else None,
        ground=new.ground.strip(), reason=new.reason.strip() if report.decisions else "", by_id=by.person_id, at=at,
    )  # fmt: skip
    db.session.add(decision)
    db.session.flush()
    return decision


def _check(new: NewDecision, report: Report, today: dt.date) -> None:
    if new.grade is None and report.grade is None:
        raise RuleBroken("grade", _("请选择党组确定的等次。"))
    if new.grade is not None and (new.decided_on is None or new.decided_on > today):
        raise RuleBroken("decided_on", _("请填写党组研究确定的日期，不晚于今天。"))
    if report.decisions and not new.reason.strip():
        raise RuleBroken("reason", _("已经登记过等次，请写明更改的原因。"))
    for field, text in (("ground", new.ground), ("reason", new.reason)):
        if len(text) > MAX_GROUND:
            raise RuleBroken(field, _("每条不超过%(most)s字。", most=MAX_GROUND))


def print_brief(report_id: int, *, by: Actor, at: dt.datetime) -> tuple[Brief, Report]:
    """Keep the brief as it is printed now, for this reader."""
    found = queries.report(by, report_id)
    if found is None:
        raise NotThere
    report, meeting = found
    brief = briefs.build(by, meeting, report, local_date(at))
    body = json.dumps(asdict(brief), default=str, ensure_ascii=False, sort_keys=True)
    db.session.add(PrintedBrief(report_id=report.id, reader_id=by.person_id, body=body, printed_at=at))
    db.session.flush()
    return brief, report


def _report(report_id: int, by: Actor) -> Report:
    found = queries.report(by, report_id)
    if found is None:
        raise NotThere
    return found[0]
