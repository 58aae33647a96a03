"""One click builds the meeting of a year with all that is drafted for it."""

import datetime as dt
from collections.abc import Mapping

from flask_babel import lazy_gettext as _

from logbook.access import Actor
from logbook.ballots import queries as ballots
from logbook.ballots.actions import is_void
from logbook.comments import actions as comments
from logbook.comments import queries as said
from logbook.errors import RuleBroken
from logbook.formats import local_date
from logbook.pack import queries as gathered
from logbook.pack.queries import Gathered
from logbook.review import actions as review
from logbook.review import queries
from logbook.review.models import Meeting


def build(year: int, *, by: Actor, at: dt.datetime) -> Meeting:
    """The meeting from its year, and a comment drafted for every 点评人. Raise RuleBroken where it is there already."""
    if year not in {local_date(at).year - 1, local_date(at).year}:
        raise RuleBroken("year", _("只能新建今年或去年的会议。"))
    meeting = review.create_meeting(year, by=by, at=at)
    comments.draft_all(meeting, by=by, at=at)
    return meeting


def keep_briefs(found: Gathered, *, by: Actor, at: dt.datetime) -> None:
    """What is printed of briefs is kept as it was, for who printed it."""
    for case in found.cases:
        review.keep_print(case.report.id, case.brief, by=by, at=at)


def arrange(year: int, report_id: int, *, up: bool, by: Actor) -> None:
    """Move a report one place up or down."""
    queries.refuse_own_list(queries.the_meeting(year), by=by)
    _open_list(year)
    review.arrange(year, report_id, up=up, by=by)


def draw_lots(year: int, places: Mapping[int, int | None], *, by: Actor) -> None:
    """Put the reports in the order drawn by hand."""
    queries.refuse_own_list(queries.the_meeting(year), by=by)
    _open_list(year)
    review.draw_lots(year, places, by=by)


def replace_secretary(report_id: int, person_id: int | None, *, by: Actor, at: dt.datetime) -> None:
    """Let another secretary of the branch report. What was said of the one before is not moved to another.

    Raise RuleBroken once a ballot is open, or somebody worked on a comment.
    """
    report, meeting, others = gathered.successors(by, report_id)
    if person_id not in {one.id for one in others}:
        raise RuleBroken("person_id", _("请从名册里选一位继任的书记。"))
    _open_list(meeting.year)
    comments.remove_drafts(meeting.id, report_id)
    if said.any_on(report_id):
        raise RuleBroken("person_id", _("对原述职人的点评已经有人改过或审定，不能改由他人述职。"))
    review.change_person(report_id, person_id or 0, by=by)
    if report.commentator_id is not None and queries.runs_case(by, report):
        comments.draft(report_id, by=by, at=at)


def _open_list(year: int) -> None:
    """A ballot's sheets are printed in the list's order, and its counters are the secretaries'."""
    meeting = queries.the_meeting(year)
    ballot = ballots.ballot(meeting.id)
    if ballot is not None and not (ballot.closed_at and is_void(ballot)):
        raise RuleBroken("", _("已经开始测评，名单和次序不再改动。"))


def remove_meeting(year: int, *, by: Actor) -> None:
    """Take away a meeting made by mistake with what was drafted for it, as long as nobody has done anything with it."""
    meeting = queries.the_meeting(year)
    queries.refuse_own_list(meeting, by=by)
    comments.remove_drafts(meeting.id)
    review.remove_meeting(year, by=by)
