"""What a workbook makes of the members' own organizations: a liaison point there is refused, for a page to confirm."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import lazy_gettext as _

from logbook.organization.actions import DAY, VALUE
from logbook.organization.models import Liaison
from logbook.organization.pairing import BranchEntry, Entry, PersonEntry, Point, Work
from logbook.organization.queries import History
from logbook.organization.workbook import BRANCHES, LIAISON, PEOPLE

Where = tuple[str, int, str]  # sheet, row, column


@dataclass(frozen=True, slots=True)
class Span:
    """What holds between two days; `where` is the line of the workbook that makes it so, if one does."""

    value: Entry[Any, Any]
    first: dt.date
    last: dt.date
    where: Where | None = None

    def during(self, other: "Span") -> "Span | None":
        """This span as far as the other one goes."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Span(self.value, first, last, other.where or self.where) if first <= last else None


def refuse_own(work: Work) -> None:
    """Refuse what would make a liaison point the member's own organization, at the line that would."""
    moved = [point for point in work.points if _is_new(point)]
    for point in moved:
        if _hits(work, point.member, point.branch, point.new.from_on, point.new.to_on):
            why = _("是本人所在的党组织。确要作为挂点的，请在名册页面逐条添加并确认。")
            work.refuse(LIAISON, point.row.row, "党组织", why)
    settled = {point.found.id for point in moved if point.found}
    for row in (one for rows in work.liaison.values() for one in rows if one.id not in settled):
        if not row.own_confirmed and row.year not in work.locked:
            _refuse_standing(work, row)


def _is_new(point: Point) -> bool:
    found = point.found
    return found is None or (found.from_on, found.to_on) != (point.new.from_on, point.new.to_on)


def _refuse_standing(work: Work, row: Liaison) -> None:
    """Refuse each line of the workbook that makes a liaison point of the lists the member's own organization."""
    member, branch = work.by_person_id[row.member_id], work.by_branch_id[row.branch_id]
    point = f"{row.year} {member.name} — {branch.name}"
    hits = _hits(work, member, branch, row.from_on, row.to_on)
    for where in sorted({span.where for span in hits if span.where}):
        why = _("改动后是本人所在党组织的挂点：%(point)s。请在党组织的页面改动并确认，或先结束它。", point=point)
        work.refuse(*where, why)


def _hits(work: Work, member: PersonEntry, branch: BranchEntry, first: dt.date, last: dt.date) -> list[Span]:
    asked = Span(branch, first, last)
    return [one for span in _own(work, member) if span.value is branch and (one := asked.during(span))]


def _own(work: Work, member: PersonEntry) -> Iterator[Span]:
    """The branches the member belongs to or leads once all is carried out, and what contains these."""
    for span in [*_belongs(work, member), *_leads(work, member)]:
        yield span
        branch = span.value
        where = (BRANCHES, branch.row.row, "上级党总支") if branch.row else None
        rows = work.placements.get(branch.found.id, []) if branch.found else []
        for around in _then(work, rows, work.by_branch_id, work.general.get(branch), where):
            inside = around.during(span)
            if inside:
                yield inside


def _belongs(work: Work, member: PersonEntry) -> Iterable[Span]:
    where = (PEOPLE, member.row.row, "所在党组织") if member.row else None
    rows = work.memberships.get(member.found.id, []) if member.found else []
    return _then(work, rows, work.by_branch_id, work.own.get(member), where)


def _leads(work: Work, member: PersonEntry) -> Iterator[Span]:
    led = [work.by_branch_id[term.branch_id] for term in work.led.get(member.found.id, ())] if member.found else []
    for branch in dict.fromkeys([*led, *(one for one, secretary in work.secretary.items() if secretary is member)]):
        where = (BRANCHES, branch.row.row, "书记") if branch.row else None
        rows = work.terms.get(branch.found.id, []) if branch.found else []
        for span in _then(work, rows, work.by_person_id, work.secretary.get(branch), where):
            if span.value is member:
                yield replace(span, value=branch)


def _then(
    work: Work, rows: Sequence[History], entries: Mapping[int, Entry[Any, Any]], wanted: Any, where: Where | None
) -> list[Span]:
    """One owner's history as `actions.succeed` would leave it when `wanted` holds from the import's day on."""
    day = work.from_on
    spans = [Span(entries[getattr(row, VALUE[type(row)])], row.from_on, row.to_on or dt.date.max) for row in rows]
    held = next((span for span in spans if span.first <= day <= span.last), None)
    if wanted is None or (held and held.value is wanted):
        return spans
    before: list[Span] = [replace(span, last=min(span.last, day - DAY)) for span in spans if span.first < day]
    later: list[Span] = [span for span in spans if span.first > day]
    last = min((span.first - DAY for span in later), default=dt.date.max)
    return [*before, Span(wanted, day, last, where), *later]
