"""One click builds the meeting of a year with all that is drafted for it."""

import datetime as dt

from logbook.access import Actor
from logbook.comments import actions as comments
from logbook.errors import NotThere
from logbook.pack.queries import Gathered
from logbook.review import actions as review
from logbook.review import queries
from logbook.review.models import Meeting


def build(year: int, *, by: Actor, at: dt.datetime) -> Meeting:
    """The meeting from its year, and a comment drafted for every 点评人. Raise RuleBroken where it is there already."""
    meeting = review.create_meeting(year, by=by, at=at)
    comments.draft_all(meeting.id, by=by, at=at)
    return meeting


def keep_briefs(found: Gathered, *, by: Actor, at: dt.datetime) -> None:
    """What is printed of briefs is kept as it was, for who printed it."""
    for case in found.cases:
        review.keep_print(case.report.id, case.brief, by=by, at=at)


def remove_meeting(year: int) -> None:
    """Take away a meeting made by mistake with what was drafted for it, as long as nobody has done anything with it."""
    meeting = queries.meeting(year)
    if meeting is None:
        raise NotThere
    comments.remove_drafts(meeting.id)
    review.remove_meeting(year)
