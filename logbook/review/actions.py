"""The meeting: built from its year with one click, put in order, briefs printed, the group's decisions entered."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from logbook.access import Act, Actor
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import MAX_TEXT, fingerprint, full_date, local_date
from logbook.organization import bound
from logbook.organization import queries as organization
from logbook.organization.models import Reporter
from logbook.review import briefs, queries
from logbook.review.briefs import Brief
from logbook.review.models import Agenda, Decision, Grade, Meeting, PrintedBrief, Report, SortedExtract, Stance
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


@dataclass(frozen=True, slots=True)
class Arrangement:
    """When and where the group meets, how reports and comments follow one another, and who comes from above."""

    held_on: dt.date | None
    place: str = ""
    agenda: Agenda = Agenda.EACH
    guest: str = ""


def create_meeting(year: int, *, by: Actor, at: dt.datetime) -> Meeting:
    """Build the year's meeting: its secretaries in official order, its summary frozen as it is at this moment.

    Raise RuleBroken("year") when there is one, or nobody reports; nobody builds one about themself.
    """
    reporting = organization.reporting_secretaries(year, local_date(at))
    bound.refuse_own({person.id for _branch, person in reporting}, by=by, act=Act.RUN_MEETING)
    if queries.meeting(year):
        raise RuleBroken("year", _("%(year)s年的述职评议会议已经建好。", year=year))
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
        db.session.add(Reporter(year=year, branch_id=branch.id, person_id=person.id))
    db.session.flush()
    return meeting


def _freeze(meeting: Meeting, at: dt.datetime) -> None:
    """The year's figures and text as they are at this moment; those of a closed year as they were closed."""
    found = years.seen(years.whole_year(meeting.year, local_date(at)), settings.load())
    meeting.summary, meeting.text = summary.dump(found.summary), found.text
    meeting.year_was_closed = found.closing is not None


def freeze_again(year: int, *, by: Actor, at: dt.datetime) -> None:
    """Take the figures and the text of now, as long as no grade was decided on the former ones.

    Not of a meeting about oneself: the moment is a choice.
    """
    meeting = queries.the_meeting(year)
    queries.refuse_own_list(meeting, by=by)
    if queries.is_decided(meeting.id):
        raise RuleBroken("", _("已经登记过等次，年度数字不再重新固定。"))
    _freeze(meeting, at)
    db.session.flush()


def remove_meeting(year: int, *, by: Actor) -> None:
    """Take away a meeting made by mistake, while nothing of it was decided or printed; nobody one about themself."""
    meeting = queries.the_meeting(year)
    queries.refuse_own_list(meeting, by=by)
    filed = any(one.written or one.speech for one in queries.reports(meeting.id))
    if filed or queries.is_decided(meeting.id) or queries.is_printed(meeting.id):
        raise RuleBroken("", _("已经收过述职报告、登记过等次或打印过材料，会议不能删去。"))
    try:
        db.session.execute(delete(Report).where(Report.meeting_id == meeting.id))
        db.session.execute(delete(Meeting).where(Meeting.id == meeting.id))
        db.session.execute(delete(Reporter).where(Reporter.year == year))
    except IntegrityError as error:  # what is built on it, is no business of this file
        raise RuleBroken("", _("这次会议已经有测评、点评、整改清单或记录，不能删去。")) from error
    db.session.flush()


def change_meeting(year: int, new: Arrangement) -> Meeting:
    """Raise RuleBroken("held_on") for a day in another year than the meeting's or the next."""
    meeting = queries.the_meeting(year)
    if new.held_on is not None and new.held_on.year not in {year, year + 1}:
        raise RuleBroken("held_on", _("会议日期应在当年或次年。"))
    meeting.held_on, meeting.place = new.held_on, new.place.strip()[:200]
    meeting.agenda, meeting.guest = new.agenda, new.guest.strip()[:200]
    db.session.flush()
    return meeting


def _unheld(year: int, by: Actor) -> Meeting:
    """The meeting, as long as no grade was decided: what was done at it stays as it was. For who is not on its list."""
    meeting = queries.the_meeting(year)
    queries.refuse_own_list(meeting, by=by)
    if queries.is_decided(meeting.id):
        raise RuleBroken("", _("已经登记过等次，述职的次序不再改动。"))
    return meeting


def arrange(year: int, report_id: int, *, up: bool, by: Actor) -> None:
    """Move a report one place up or down; the ends stay where they are."""
    found = list(queries.reports(_unheld(year, by).id))
    here = next((i for i, one in enumerate(found) if one.id == report_id), None)
    if here is None:
        raise NotThere
    there = here - 1 if up else here + 1
    if 0 <= there < len(found):
        found[here], found[there] = found[there], found[here]
    for position, one in enumerate(found, 1):
        one.position = position
    db.session.flush()


def draw_lots(year: int, places: Mapping[int, int | None], *, by: Actor) -> None:
    """Put the reports in the order drawn by hand: {report's id: place}, every place from 1 on given once."""
    found = {one.id: one for one in queries.reports(_unheld(year, by).id)}
    if set(places) != set(found) or {*places.values()} != {*range(1, len(found) + 1)}:
        raise RuleBroken("", _("序号应从1到%(n)s，每个用一次。", n=len(found)))
    for report_id, place in places.items():
        found[report_id].position = place or 0
    db.session.flush()


def change_report(report_id: int, commentator_id: int | None, *, in_writing: bool, by: Actor) -> Report:
    """Who comments, and whether the report is only in writing; nobody comments on themself."""
    report = queries.the_report(by, report_id)[0]
    bound.refuse_own({report.person_id}, by=by, act=Act.RUN_MEETING)
    if commentator_id == report.person_id:
        raise RuleBroken("commentator_id", _("点评人不能是被评议的书记本人。"))
    report.commentator_id, report.in_writing = commentator_id, in_writing
    db.session.flush()
    return report


def change_person(report_id: int, person_id: int, *, by: Actor) -> None:
    """Another secretary reports. Who was graded stays who reported, and nobody runs or comments on their own case."""
    report, meeting = queries.the_report(by, report_id)
    bound.refuse_own({report.person_id, person_id}, by=by, act=Act.RUN_MEETING)
    if report.decisions or person_id in {report.handler_id, report.commentator_id}:
        raise RuleBroken("person_id", _("已经登记过等次，或他是这一件的经办人、点评人，不能改由他述职。"))
    where = {"year": meeting.year, "branch_id": report.branch_id, "person_id": report.person_id}
    db.session.execute(update(Reporter).filter_by(**where).values(person_id=person_id))
    report.person_id = person_id
    db.session.flush()
    db.session.expire(report, ["person"])


def state_of(report: Report) -> str:
    """What is filed now, in short: who files on top of something else sees it."""
    return fingerprint(report.written, report.speech)


def file_report(report_id: int, written: str, speech: str, *, based_on: str, by: Actor) -> Report:
    """Keep a secretary's report as it was handed in; the office files it, nobody writes it here.

    Raise RuleBroken("written") for what is too long, and where somebody filed another meanwhile.
    """
    report = queries.case(by, report_id)[0]
    if based_on != state_of(report):
        raise RuleBroken("written", _("您填写期间，这份报告已有改动。请另开一页核对，确认后再保存一次。"))
    for field, text in (("written", written), ("speech", speech)):
        if len(text) > MAX_TEXT:
            raise RuleBroken(field, _("不超过%(most)s字。", most=MAX_TEXT))
    report.written, report.speech = written, speech
    db.session.flush()
    return report


def name_handler(report_id: int, handler_id: int | None, *, by: Actor) -> Report:
    """The leader names who runs a case instead of the office, or nobody any more; not whom it is about."""
    report = queries.the_report(by, report_id)[0]
    if by.person_id == report.person_id:
        raise RuleBroken("handler_id", bound.OTHERS)
    if handler_id == report.person_id:
        raise RuleBroken("handler_id", _("经办人不能是被评议的书记本人。"))
    report.handler_id = handler_id
    db.session.flush()
    return report


def sort_extract(report_id: int, visit_id: int, stance: Stance | None, *, by: Actor, at: dt.datetime) -> None:
    """Say what an extract of the brief speaks for, for oneself; None leaves it unsorted again."""
    report, meeting = queries.the_report(by, report_id)
    brief = briefs.build(by, meeting, report, local_date(at))
    if visit_id not in {one.visit_id for one in brief.extracts}:
        raise NotThere
    key = {"report_id": report_id, "visit_id": visit_id, "reader_id": by.person_id}
    db.session.execute(delete(SortedExtract).filter_by(**key))
    if stance is not None:
        db.session.add(SortedExtract(**key, stance=stance))
    db.session.flush()


def give_feedback(report_id: int, on: dt.date | None, *, by: Actor, at: dt.datetime) -> Report:
    """The secretary has signed for the result on that day, and from then on sees what is about them (rule 7)."""
    report = queries.case(by, report_id)[0]
    if report.grade is None or report.decision is None:
        raise RuleBroken("on", _("%(name)s的等次还没有登记，不能反馈。", name=report.person.name))
    if on is None or not (report.decision.decided_on or on) <= on <= local_date(at):
        raise RuleBroken("on", _("签收日期应在党组研究确定之后、今天以前。"))
    report.fed_back_on = on
    db.session.flush()
    return report


def decide_grade(report_id: int, new: NewDecision, *, by: Actor, at: dt.datetime) -> Decision:
    """Enter what the group decided; never one's own. Raise RuleBroken for the field at fault.

    Every decision is a row of its own; a later one says why it changes the former.
    """
    report, meeting = queries.the_report(by, report_id)
    if report.person_id == by.person_id:
        raise NotThere
    _check(new, report, meeting.year, local_date(at))
    reason = new.reason.strip() if report.decisions else ""
    if report.fed_back_on:  # what was signed for no longer holds: it is to be told again, and until then rule 7 holds
        reason += f"（此前已于{full_date(report.fed_back_on)}反馈，需重新反馈）"
        report.fed_back_on = None
    decision = Decision(
        report_id=report.id, grade=new.grade, decided_on=new.decided_on if new.grade else None,
        ground=new.ground.strip(), reason=reason, by_id=by.person_id, at=at,
    )  # fmt: skip
    db.session.add(decision)
    db.session.flush()
    db.session.expire(report, ["decisions"])
    return decision


def _check(new: NewDecision, report: Report, year: int, today: dt.date) -> None:
    if new.grade is None and report.grade is None:
        raise RuleBroken("grade", _("请选择党组确定的等次。"))
    if new.grade is not None and (new.decided_on is None or not dt.date(year, 1, 1) <= new.decided_on <= today):
        raise RuleBroken("decided_on", _("请填写党组研究确定的日期，不晚于今天。"))
    if report.decisions and not new.reason.strip():
        raise RuleBroken("reason", _("已经登记过等次，请写明更改的原因。"))
    for field, text in (("ground", new.ground), ("reason", new.reason)):
        if len(text) > MAX_GROUND:
            raise RuleBroken(field, _("每条不超过%(most)s字。", most=MAX_GROUND))


def print_brief(report_id: int, *, by: Actor, at: dt.datetime) -> tuple[Brief, Report]:
    """Keep the brief as it is printed now, for this reader."""
    report, meeting = queries.the_report(by, report_id)
    brief = briefs.build(by, meeting, report, local_date(at))
    keep_print(report.id, brief, by=by, at=at)
    return brief, report


def keep_print(report_id: int, brief: Brief, *, by: Actor, at: dt.datetime) -> None:
    """Keep a brief as it is printed now; nothing changes it."""
    kept = briefs.dump(brief)
    db.session.add(PrintedBrief(report_id=report_id, reader_id=by.person_id, body=kept, printed_at=at))
    db.session.flush()
