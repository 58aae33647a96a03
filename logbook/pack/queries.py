"""Everything of a meeting that one reader may know, read at once."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from logbook.access import Act, Actor
from logbook.accounts.models import Person
from logbook.ballots import actions as ballot_actions
from logbook.ballots import queries as ballots
from logbook.ballots import tally
from logbook.ballots.models import Ballot, BallotClass, Item, Sheet
from logbook.ballots.tally import Result
from logbook.comments import queries as comments
from logbook.comments.models import Comment
from logbook.minutes import queries as minutes
from logbook.minutes.models import MinutesVersion
from logbook.organization import bound
from logbook.organization import queries as organization
from logbook.rectification import queries as rectification
from logbook.rectification.queries import Line
from logbook.review import briefs, queries
from logbook.review.briefs import Brief
from logbook.review.models import Meeting, Report
from logbook.settings.queries import Settings
from logbook.years import summary
from logbook.years.summary import YearSummary


@dataclass(frozen=True, slots=True)
class Case:
    """One secretary: the report, what is known from everyday work, what is said of it."""

    report: Report
    brief: Brief
    comments: Sequence[Comment]


@dataclass(frozen=True, slots=True)
class Gathered:
    """`columns` is None, and so is `result`, for whoever has nothing to do with the ballot."""

    meeting: Meeting
    reports: Sequence[Report]
    figures: YearSummary
    cases: Sequence[Case]
    columns: Sequence[Item] | None
    result: Result | None
    over: Sequence[BallotClass]  # the classes that make the ballot void
    lists: Sequence[tuple[Report, Sequence[Line]]]  # 整改清单, of the cases this reader runs
    minutes: MinutesVersion | None  # the latest, for whoever may read them


def gather(actor: Actor, meeting: Meeting, today: dt.date, settings: Settings) -> Gathered:
    """What this reader may know of the meeting; of themself nothing before feedback (rule 7)."""
    reports = queries.reports(meeting.id)
    shown, said = queries.about_others(actor, reports), comments.of_meeting(actor, meeting.id)
    ballot, known = ballots.ballot(meeting.id), briefs.ledger(meeting)
    runs = queries.reads_ballot(actor, reports)
    closed = runs and ballot is not None and ballot.erased_at is not None
    return Gathered(
        meeting=meeting,
        reports=reports,
        figures=summary.load(meeting.summary),
        cases=[
            Case(one, briefs.build(actor, meeting, one, today, known), [c for c in said if c.report_id == one.id])
            for one in reports if one.id in shown
        ],
        columns=_columns(ballot) if runs else None,
        result=tally.result(ballot, reports, settings) if ballot and closed else None,
        over=ballot_actions.over(ballot) if ballot else (),
        lists=rectification.lists(actor, meeting),
        minutes=_latest(actor, meeting),
    )  # fmt: skip


def successors(actor: Actor, report_id: int) -> tuple[Report, Meeting, Sequence[Person]]:
    """A case that this reader runs, or stands in for, and who else led its branch in the year or since."""
    report, meeting = queries.the_report(actor, report_id)
    if not queries.runs_case(actor, report):
        bound.refuse_own({report.person_id}, by=actor, act=Act.RUN_MEETING)
    led = organization.secretaries_since(report.branch_id, meeting.year)
    return report, meeting, [one for one in led if one.id != report.person_id]


def _latest(actor: Actor, meeting: Meeting) -> MinutesVersion | None:
    kept = minutes.minutes(actor, meeting.year)
    return minutes.version(kept) if kept else None


def _columns(ballot: Ballot | None) -> Sequence[Item]:
    """Of the ballot that is held, or of four grades as preset."""
    return (ballot or Ballot(sheet=Sheet.GRADES, items=json.dumps(()))).columns
