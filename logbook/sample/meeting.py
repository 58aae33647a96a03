"""Last year's review meeting, held in January: what it found wanting is what the running year begins with."""

import datetime as dt
from dataclasses import replace

from logbook.accounts import queries as accounts
from logbook.comments import actions as comments
from logbook.comments import queries as said
from logbook.comments.actions import NewClause
from logbook.comments.models import Comment, Part
from logbook.formats import SHANGHAI
from logbook.minutes import actions as minutes
from logbook.outcomes import actions as outcomes
from logbook.outcomes.actions import Decisions
from logbook.problems import actions as problems
from logbook.problems import queries as ledger
from logbook.problems.actions import Closing
from logbook.problems.models import Answer, SourceKind
from logbook.rectification import actions as rectification
from logbook.review import actions as review
from logbook.review import queries
from logbook.review.actions import Arrangement
from logbook.review.models import Grade
from logbook.sample import texts
from logbook.sample.visits import DAY, Year

HELD, TOLD = (1, 12), (1, 20)  # month and day
DUE, MENDED = 90, 50  # days after it


def hold(last: Year) -> None:
    """From the list to the feedback; two of three items are mended in spring, as far as today has come."""
    year, clerk = last.year, last.actor(last.bureau.office[1])
    held_on, told_on = dt.date(year + 1, *HELD), dt.date(year + 1, *TOLD)
    if told_on >= last.bureau.today:
        return
    at = dt.datetime.combine(held_on, dt.time(10), SHANGHAI)
    meeting = review.create_meeting(year, by=clerk, at=at - 7 * DAY)
    review.change_meeting(year, Arrangement(held_on, "局机关二楼会议室"))
    reports = queries.reports(meeting.id)
    for one in reports:
        written, before = texts.REPORT.format(branch=one.branch.name, year=year), review.state_of(one)
        review.file_report(one.id, written, "", based_on=before, by=clerk)
    comments.draft_all(meeting, by=clerk, at=at - 5 * DAY)
    for i, comment in enumerate(said.of_meeting(clerk, meeting.id)):
        _settle(comment, last, at - DAY, texts.WANTING[i % len(texts.WANTING)])
    rectification.draft(meeting, days=DUE, by=clerk, at=at)
    grades = {one.id: Grade.FAIRLY_GOOD if i % 3 == 1 else Grade.GOOD for i, one in enumerate(reports)}
    outcomes.decide(meeting, Decisions(grades, held_on), by=clerk, at=at)
    told_at = dt.datetime.combine(told_on, dt.time(10), SHANGHAI)
    outcomes.feed_back([one.id for one in reports], told_on, by=clerk, at=told_at)
    recorder = accounts.person(clerk.person_id)
    minutes.draft(year, by=replace(clerk, name=recorder.name if recorder else ""), at=told_at)
    _mend(meeting.id, last, told_at + MENDED * DAY)


def _settle(comment: Comment, last: Year, at: dt.datetime, wanting: str) -> None:
    """As drafted, with a shortcoming of the member's own where the facts tell of none."""
    giver = last.actor(comment.commentator_id)
    if not any(one.part is Part.SHORTCOMING for one in comment.clauses):
        kept = [NewClause(one.part, one.text, one.id) for one in comment.clauses]
        new = [*kept, NewClause(Part.SHORTCOMING, wanting)]
        comments.rewrite(comment.id, new, version=comment.version, by=giver)
    comments.settle(comment.id, version=comment.version, by=giver, at=at)


def _mend(meeting_id: int, last: Year, at: dt.datetime) -> None:
    clerk = last.actor(last.bureau.office[1])
    for i, one in enumerate(ledger.of_source(SourceKind.MEETING, meeting_id)[0]):
        if i % 3 and at.date() < last.bureau.today:
            problems.close_problem(one.id, Closing(texts.MENDED, "支部", None, Answer.SOLVED), by=clerk, at=at)
