"""A brief: what is known of a branch's secretary from everyday work, as far as its reader may see it.

Facts and extracts with the numbers of their sources. Only the branch's own problems count for or against the
secretary; what the bureau owes the branch stands apart; members' failings stand nowhere.
"""

import datetime as dt
from dataclasses import asdict, dataclass, replace
from typing import Any

from logbook.access import Actor
from logbook.organization import queries as organization
from logbook.problems import queries as problems
from logbook.problems.models import Side, SourceKind, State
from logbook.review.models import Meeting, Report
from logbook.visits import queries as visits
from logbook.visits.queries import Filters

LONGEST = 300  # characters of one extract


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence and the numbers it rests on: 2026-034 第2版, 2026-021/1."""

    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brief:
    """One secretary's brief; `hidden` counts records of the branch that this reader may not read."""

    branch: str
    secretary: str
    commentator: str
    until: dt.date
    rectification: tuple[Fact, ...]
    contact: tuple[Fact, ...]
    own_problems: tuple[Fact, ...]
    extracts: tuple[Fact, ...]
    owed: tuple[Fact, ...]
    hidden: int


def build(actor: Actor, meeting: Meeting, report: Report, today: dt.date) -> Brief:
    """The brief as its reader may see it now."""
    first, last = dt.date(meeting.year, 1, 1), dt.date(meeting.year, 12, 31)
    filters = Filters(first, last, branch_id=report.branch_id, state="counted", by_date=True)
    everything, readable = visits.totals(actor, filters)
    trips, _readable = visits.totals(actor, replace(filters, trips=True))
    here = {report.branch_id, *organization.inside(report.branch_id, last)}
    items = [row for row in problems.year_items(first, last) if row.branch_id in here and not row.dropped]
    latest = visits.records(actor, filters).records[:1]
    return Brief(
        branch=report.branch.name,
        secretary=report.person.name,
        commentator=report.commentator.name if report.commentator else "",
        until=min(last, today),
        rectification=tuple(_item(row) for row in items if row.source_kind is SourceKind.MEETING),
        contact=(_contact(trips, latest),),
        own_problems=_own_problems([row for row in items if row.side is Side.BRANCH]),
        extracts=tuple(_extract(one) for one in visits.observations(actor, report.branch_id, first, last)),
        owed=_owed([row for row in items if row.side is not Side.BRANCH]),
        hidden=everything - readable,
    )


def _contact(trips: int, latest: Any) -> Fact:
    if not trips:
        return Fact("全年没有党组成员到支部的记录。")
    if not latest:
        return Fact(f"全年党组成员到支部{trips}次。")
    on = latest[0].visited_on
    return Fact(f"全年党组成员到支部{trips}次，最近一次{on.month}月{on.day}日", (_cited(latest[0]),))


def _cited(visit: Any) -> str:
    return f"{visit.number} 第{visit.version}版" if visit.version > 1 else str(visit.number)


def _own_problems(rows: list[Any]) -> tuple[Fact, ...]:
    if not rows:
        return (Fact("没有支部自身问题的记录。"),)
    done = tuple(row.source_label for row in rows if row.state is State.DONE)
    if len(done) == len(rows):
        return (Fact(f"支部自身的问题{len(rows)}个，全部办结", done),)
    lead = Fact(f"支部自身的问题{len(rows)}个" + (f"，已办结{len(done)}个" if done else ""), done)
    return (lead, *(_item(row) for row in rows if row.state is not State.DONE))


def _item(row: Any) -> Fact:
    return Fact(f"{row.text}（{row.state.chinese}）", (row.source_label,))


def _extract(visit: Any) -> Fact:
    text = visit.observation if len(visit.observation) <= LONGEST else visit.observation[:LONGEST] + "……"
    return Fact(f"“{text}”", (_cited(visit),))


def _owed(rows: list[Any]) -> tuple[Fact, ...]:
    if not rows:
        return ()
    done = sum(row.state is State.DONE for row in rows)
    return (Fact(f"{len(rows)}个，办结{done}个（不作为评价书记的依据）", tuple(row.source_label for row in rows)),)


def plain(brief: Brief) -> dict[str, Any]:
    """The brief as JSON can hold it."""
    return asdict(brief) | {"until": brief.until.isoformat()}
