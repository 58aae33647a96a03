"""The meeting: built from its year with one click, put in order, briefs printed, the group's decisions entered."""

import datetime as dt
import json

from flask_babel import lazy_gettext as _

from logbook.access import Actor
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import local_date
from logbook.organization import queries as organization
from logbook.review import briefs, queries
from logbook.review.briefs import Brief
from logbook.review.models import Grade, Meeting, PrintedBrief, Report
from logbook.years import actions as years
from logbook.years import frames, summary
from logbook.years import queries as year_queries

MAX_GROUND = 500


def create_meeting(year: int, *, by: Actor, at: dt.datetime) -> Meeting:
    """Build the year's meeting: its secretaries in official order, its figures frozen as they are at this moment.

    Raise RuleBroken("year") when there is one, or nobody reports.
    """
    if queries.meeting(year):
        raise RuleBroken("year", _("%(year)s年的述职评议会议已经建好。", year=year))
    reporting = organization.reporting_secretaries(year)
    if not reporting:
        raise RuleBroken("year", _("没有向党组述职的书记：请先在名册里标明向党组述职的党组织和它们的书记。"))
    closing = year_queries.closing(year)
    figures = closing.summary if closing else summary.dump(frames.summarise(years.whole_year(year, local_date(at))))
    meeting = Meeting(
        year=year, summary=figures, year_was_closed=closing is not None, created_at=at, created_by_id=by.person_id
    )
    db.session.add(meeting)
    db.session.flush()
    liaison = {one.branch_id: one.member_id for one in organization.liaisons(year)}
    for position, (branch, person) in enumerate(reporting, 1):
        commentator = liaison.get(branch.id)
        db.session.add(
            Report(
                meeting_id=meeting.id, person_id=person.id, branch_id=branch.id, position=position,
                commentator_id=commentator if commentator != person.id else None,
            )
        )  # fmt: skip
    db.session.flush()
    return meeting


def change_meeting(year: int, held_on: dt.date | None, place: str) -> Meeting:
    """When and where."""
    meeting = queries.meeting(year)
    if meeting is None:
        raise NotThere
    if held_on is not None and held_on.year not in {year, year + 1}:
        raise RuleBroken("held_on", _("会议日期应在当年或次年。"))
    meeting.held_on, meeting.place = held_on, place.strip()[:200]
    db.session.flush()
    return meeting


def arrange(year: int, report_id: int, *, up: bool) -> None:
    """Move a report one place up or down; the ends stay where they are."""
    meeting = queries.meeting(year)
    found = list(queries.reports(meeting.id)) if meeting else []
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


def decide_grade(
    report_id: int, grade: Grade | None, decided_on: dt.date | None, ground: str, *, by: Actor, at: dt.datetime
) -> Report:
    """Enter what the group decided; never one's own. Raise RuleBroken for the field at fault."""
    report = _report(report_id, by)
    if report.person_id == by.person_id:
        raise NotThere
    if grade is not None and (decided_on is None or decided_on > local_date(at)):
        raise RuleBroken("decided_on", _("请填写党组研究确定的日期，不晚于今天。"))
    if len(ground) > MAX_GROUND:
        raise RuleBroken("ground", _("每条不超过%(most)s字。", most=MAX_GROUND))
    report.grade, report.decided_on, report.ground = grade, decided_on if grade else None, ground.strip()
    db.session.flush()
    return report


def print_brief(report_id: int, *, by: Actor, at: dt.datetime) -> tuple[Brief, Report]:
    """Keep the brief as it is printed now, for this reader."""
    found = queries.report(by, report_id)
    if found is None:
        raise NotThere
    report, meeting = found
    brief = briefs.build(by, meeting, report, local_date(at))
    body = json.dumps(briefs.plain(brief), ensure_ascii=False, sort_keys=True)
    db.session.add(PrintedBrief(report_id=report.id, reader_id=by.person_id, body=body, printed_at=at))
    db.session.flush()
    return brief, report


def _report(report_id: int, by: Actor) -> Report:
    found = queries.report(by, report_id)
    if found is None:
        raise NotThere
    return found[0]
