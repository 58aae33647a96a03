"""The steps of a review in their order, and what is told of one that is taken before another it rests on.

Nothing is forbidden here: an office has its reasons, and says so with a tick.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from logbook.db import N_, Word
from logbook.formats import shown_date
from logbook.review.models import Meeting, Report


class Step(Word):
    """As an office takes them: 方案和名单, 述职报告, … 报告、通报."""

    COMMENTS = "comments", N_("点评意见")
    MEETING = "meeting", N_("会议")
    BALLOT = "ballot", N_("测评")
    MINUTES = "minutes", N_("会议记录")
    GRADES = "grades", N_("党组研究等次")
    FEEDBACK = "feedback", N_("反馈签收")
    ITEMS = "items", N_("整改清单")
    NOTICE = "notice", N_("报告、通报")


# What each step rests on.
AFTER: dict[Step, tuple[Step, ...]] = {
    Step.BALLOT: (Step.MEETING,),
    Step.MINUTES: (Step.MEETING, Step.COMMENTS),
    Step.GRADES: (Step.MEETING,),
    Step.FEEDBACK: (Step.COMMENTS, Step.GRADES),
    Step.ITEMS: (Step.COMMENTS, Step.GRADES),
    Step.NOTICE: (Step.MEETING, Step.COMMENTS, Step.GRADES),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a review is, as far as its reader may know: `reports` are theirs to see, `said` those commented on.

    `on` is the day that a step bears.
    """

    meeting: Meeting
    reports: Sequence[Report]
    said: frozenset[int]
    on: dt.date

    @property
    def is_before(self) -> bool:
        """Whether the step's day lies before the meeting's, where that is known."""
        return self.meeting.held_on is not None and self.on < self.meeting.held_on


def told(step: Step, standing: Standing) -> list[str]:
    """A sentence for everything a step rests on and that is still to come."""
    return [said for one in AFTER[step] if (said := _missing(one, step, standing))]


def out_of_order(step: Step, standing: Standing) -> list[str]:
    """Of these what is known to be out of order, and wants a tick: a day that nobody filled in is told, no more."""
    rests_on = (Step.COMMENTS, Step.GRADES) if standing.meeting.held_on is None else AFTER[step]
    wanted = [one for one in AFTER[step] if one in rests_on]
    return [said for one in wanted if (said := _missing(one, step, standing))]


def _missing(one: Step, step: Step, standing: Standing) -> str:
    meeting = standing.meeting
    if one is Step.MEETING:
        if meeting.held_on is None:
            return str(_("会议日期还没有填：先在会议页填好。"))
        return _early(step, standing, shown_date(meeting.held_on)) if standing.is_before else ""
    if one is Step.COMMENTS:
        names = _named(report for report in standing.reports if report.id not in standing.said)
        return str(_("还没有审定的点评：%(names)s。", names=names)) if names else ""
    names = _named(report for report in standing.reports if not report.grade)
    return str(_("还没有登记等次：%(names)s。", names=names)) if names else ""


def _early(step: Step, standing: Standing, day: str) -> str:
    if step is Step.GRADES:
        return str(_("会议定在%(day)s，这里填的%(on)s在会议以前。", day=day, on=shown_date(standing.on)))
    return str(_("会议定在%(day)s，还没有开。", day=day))


def _named(reports: Iterable[Report]) -> str:
    return str(_("、")).join(f"{one.branch.name}　{one.secretary_name}" for one in reports)
