"""What the group decided is entered for all at once; each secretary is told their own."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from logbook.access import Actor
from logbook.errors import RuleBroken
from logbook.formats import local_date
from logbook.rectification import actions as rectification
from logbook.review import actions as review
from logbook.review import queries
from logbook.review.actions import NewDecision
from logbook.review.models import Grade, Meeting


@dataclass(frozen=True, slots=True)
class Decisions:
    """The grades by report, and what they have in common: the day of the group's meeting and its ground."""

    grades: Mapping[int, Grade | None]
    decided_on: dt.date | None
    ground: str = ""


def decide(meeting: Meeting, new: Decisions, *, by: Actor, at: dt.datetime) -> int:
    """Enter the grades that differ from what holds; return how many. All of them, or none.

    Raise RuleBroken where one was entered before: changing it wants a reason, on its own page.
    """
    reports = queries.reports(meeting.id)
    shown = queries.about_others(by, reports)
    changed = [one for one in reports if one.id in shown and new.grades.get(one.id, one.grade) != one.grade]
    for one in changed:
        if one.decisions:
            raise RuleBroken("", _("%(name)s的等次已经登记过：点开他的一页，写明原因再改。", name=one.person.name))
        review.decide_grade(one.id, NewDecision(new.grades[one.id], new.decided_on, new.ground), by=by, at=at)
    if not changed:
        raise RuleBroken("", _("没有新选的等次。"))
    return len(changed)


def feed_back(report_ids: Collection[int], on: dt.date | None, *, by: Actor, at: dt.datetime) -> int:
    """Each of them has signed for their own result; what they are to mend goes into the ledger: return how much.

    Raise RuleBroken("on") where a grade is missing or the day is none.
    """
    if not report_ids:
        raise RuleBroken("reports", _("请勾选已经签收的书记。"))
    items = 0
    for report_id in report_ids:
        review.give_feedback(report_id, on, by=by, at=at)
        items += rectification.hand_over(report_id, on or local_date(at), by=by, at=at)
    return items
