"""Reads of review meetings. Rule 7: whoever is under review sees nothing about themself until feedback."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from logbook.access import Act, Actor, Role
from logbook.accounts import queries as accounts
from logbook.accounts.models import Person
from logbook.db import db
from logbook.errors import NotAllowed, NotThere
from logbook.organization import bound
from logbook.organization import queries as organization
from logbook.review.models import Decision, Meeting, PrintedBrief, Report, SortedExtract, Stance
from logbook.visits import rights
from logbook.visits.models import Visit

PEOPLE = (
    joinedload(Report.person, innerjoin=True),
    joinedload(Report.branch, innerjoin=True),
    joinedload(Report.commentator),
    joinedload(Report.handler),
    selectinload(Report.decisions).joinedload(Decision.by, innerjoin=True),
)


def meetings() -> Sequence[Any]:
    """(id, year, held_on) of all meetings, the latest first."""
    return db.session.execute(select(Meeting.id, Meeting.year, Meeting.held_on).order_by(Meeting.year.desc())).all()


def meeting(year: int) -> Meeting | None:
    return db.session.scalar(select(Meeting).where(Meeting.year == year))


def meetings_before(year: int) -> Sequence[int]:
    """The ids of the meetings of earlier years, the latest first."""
    return db.session.scalars(select(Meeting.id).where(Meeting.year < year).order_by(Meeting.year.desc())).all()


def the_meeting(year: int) -> Meeting:
    """The year's; raise NotThere where there is none."""
    found = meeting(year)
    if found is None:
        raise NotThere
    return found


def reports(meeting_id: int) -> Sequence[Report]:
    """The reporting secretaries in their order."""
    return db.session.scalars(
        select(Report).where(Report.meeting_id == meeting_id).options(*PEOPLE).order_by(Report.position, Report.id)
    ).all()


def refuse_own_list(of: Meeting, *, by: Actor) -> None:
    """Let only who is not on its list build, order or remove a meeting. Raise RuleBroken, NotAllowed."""
    bound.refuse_own({one.person_id for one in reports(of.id)}, by=by, act=Act.RUN_MEETING)


def builds(actor: Actor, year: int, today: dt.date) -> bool:
    """Whether this reader may build the meeting of a year."""
    reporting = {person.id for _branch, person in organization.reporting_secretaries(year, today)}
    return bound.may_change(reporting, by=actor, act=Act.RUN_MEETING)


def arranges(actor: Actor, found: Sequence[Report]) -> bool:
    """Whether this reader may order and remove the meeting with these reports."""
    return bound.may_change({one.person_id for one in found}, by=actor, act=Act.RUN_MEETING)


def about_others(actor: Actor, found: Sequence[Report]) -> frozenset[int]:
    """The ids of those reports whose brief and grade this reader may see: not their own before feedback."""
    return frozenset(one.id for one in found if one.person_id != actor.person_id or one.fed_back_on)


def report(actor: Actor, report_id: int) -> tuple[Report, Meeting] | None:
    """A report with its meeting; None when it is absent, or about the reader and not fed back."""
    row = db.session.execute(
        select(Report, Meeting)
        .join(Meeting, Meeting.id == Report.meeting_id)
        .where(Report.id == report_id)
        .options(*PEOPLE)
    ).one_or_none()
    if row is None or (row[0].person_id == actor.person_id and row[0].fed_back_on is None):
        return None
    return row[0], row[1]


def the_report(actor: Actor, report_id: int) -> tuple[Report, Meeting]:
    """A report with its meeting; raise NotThere when it is absent, or about the reader and not fed back."""
    found = report(actor, report_id)
    if found is None:
        raise NotThere
    return found


def case(actor: Actor, report_id: int) -> tuple[Report, Meeting]:
    """The same for whoever runs this case; raise NotAllowed for others."""
    found = the_report(actor, report_id)
    if not runs_case(actor, found[0]):
        raise NotAllowed("run a case")
    return found


def runs_case(actor: Actor, report: Report) -> bool:
    """The office runs every case, and whoever the leader named for this one; nobody their own, fed back or not."""
    return report.person_id != actor.person_id and reads_case(actor, report)


def reads_case(actor: Actor, report: Report) -> bool:
    """Whoever runs a case reads what is said in it; of the office's own people also who it is about, once fed back."""
    return (actor.is_office or report.handler_id == actor.person_id) and bool(about_others(actor, [report]))


def cases_of(person_id: int) -> Sequence[Report]:
    """The cases that the leader named this person for and that are not fed back yet."""
    mine = (Report.handler_id == person_id, Report.person_id != person_id, Report.fed_back_on.is_(None))
    query = select(Report).where(*mine).options(*PEOPLE).order_by(Report.meeting_id, Report.position)
    return db.session.scalars(query).all()


def speaks(actor: Actor, found: Report) -> bool:
    """Any member may comment until the grade is decided, the 点评人 also then; nobody on themself, fed back or not."""
    until = found.grade is None or actor.person_id == found.commentator_id
    return actor.is_member and actor.person_id != found.person_id and until


def who_runs_ballots(found: Sequence[Report]) -> Sequence[Person]:
    """Who of the office is not under review; only where there is nobody, whom the leader named for a case.

    The leader decides the grades and does not touch the count, whatever other role they hold.
    """
    return _holding_ballots(found, {one.person_id for one in found})


def _holding_ballots(found: Sequence[Report], judged: Collection[int]) -> Sequence[Person]:
    able = [one for one in accounts.business_accounts() if one.id not in judged]
    office = {one.id for one in accounts.active_holders(Role.OFFICE)}
    named = {one.handler_id for one in found}
    return [one for one in able if one.id in office] or [one for one in able if one.id in named]


def runs_meeting(actor: Actor, found: Sequence[Report]) -> bool:
    """Ballots are of everybody at once: for those whom who_runs_ballots names."""
    return any(one.id == actor.person_id for one in who_runs_ballots(found))


def reads_ballot(actor: Actor, found: Sequence[Report]) -> bool:
    """Whoever holds it, and who would hold it but for a case of their own, once that is fed back."""
    whole = len(about_others(actor, found)) == len(found)
    waiting = {one.person_id for one in found if not one.fed_back_on}
    return whole and any(one.id == actor.person_id for one in _holding_ballots(found, waiting))


def last_reports(actor: Actor, branch_ids: Collection[int]) -> dict[int, Any]:
    """(meeting_year, grade, ground, …) of each branch's last decided report, by branch id.

    A branch whose last one is about the reader's self has none.
    """
    latest = select(func.max(Decision.id)).where(Decision.report_id == Report.id).correlate(Report).scalar_subquery()
    year = Meeting.year.label("meeting_year")
    rows = db.session.execute(
        select(Report.branch_id, year, Decision.grade, Decision.ground, Report.person_id, Report.fed_back_on)
        .join(Meeting, Meeting.id == Report.meeting_id)
        .join(Decision, Decision.id == latest)
        .where(Report.branch_id.in_(branch_ids), Decision.grade.is_not(None))
        .order_by(Meeting.year)
    )
    last = {row.branch_id: row for row in rows}  # the latest year's comes last, and stays
    return {i: row for i, row in last.items() if row.person_id != actor.person_id or row.fed_back_on is not None}


def is_decided(meeting_id: int) -> bool:
    """Whether a grade was ever entered."""
    found = exists().where(Decision.report_id == Report.id, Report.meeting_id == meeting_id)
    return bool(db.session.scalar(select(found)))


def is_printed(meeting_id: int) -> bool:
    """Whether a brief was ever printed."""
    found = exists().where(PrintedBrief.report_id == Report.id, Report.meeting_id == meeting_id)
    return bool(db.session.scalar(select(found)))


def last_visit(actor: Actor, branch_id: int, first: dt.date, last: dt.date) -> Any:
    """(id, visited_on, year, seq, version, readable) of the branch's last counted record in these days, or None."""
    return db.session.execute(
        select(
            Visit.id, Visit.visited_on, Visit.year, Visit.seq, Visit.version, rights.readable(actor).label("readable")
        )
        .where(rights.at_branch(branch_id), Visit.counts, Visit.visited_on >= first, Visit.visited_on <= last)
        .order_by(Visit.visited_on.desc(), Visit.id.desc())
        .limit(1)
    ).one_or_none()


def printed(actor: Actor, report_id: int) -> Sequence[PrintedBrief]:
    """This reader's own prints of a report's brief, the latest first: others' may say more than they may know."""
    mine = (PrintedBrief.report_id == report_id, PrintedBrief.reader_id == actor.person_id)
    return db.session.scalars(select(PrintedBrief).where(*mine).order_by(PrintedBrief.id.desc())).all()


def sorted_extracts(actor: Actor, report_id: int) -> dict[int, Stance]:
    """How this reader sorted the extracts of a brief, by record."""
    mine = (SortedExtract.report_id == report_id, SortedExtract.reader_id == actor.person_id)
    return {one.visit_id: one.stance for one in db.session.scalars(select(SortedExtract).where(*mine))}
