"""A brief: what is known of a branch's secretary from everyday work, as far as its reader may see it.

Facts and extracts with the numbers of their sources. Only the branch's own problems count for or against the
secretary; what the bureau owes the branch stands apart; members' failings stand nowhere.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from logbook.access import Actor
from logbook.problems import queries as problems
from logbook.problems.models import Side, SourceKind, State
from logbook.review import queries
from logbook.review.models import Meeting, Report, Stance
from logbook.visits import queries as visits
from logbook.visits.models import number_of
from logbook.visits.queries import Filters

LONGEST = 300  # characters of one extract
ORDER = (Stance.GOOD.value, Stance.WANTING.value, "")
LISTS = ("rectification", "own_problems", "extracts", "owed")


@dataclass(frozen=True, slots=True)
class Line:
    """What was written, and the number it rests on: 2026-034 第2版, 2026-021/1; `state` is a problem's value.

    `visit_id` or `problem_id` is where the number leads; `stance` is an extract's, as its reader sorted it.
    """

    text: str
    source: str
    state: str = ""
    problem_id: int | None = None
    visit_id: int | None = None
    stance: str = ""

    @property
    def done(self) -> bool:
        return bool(self.state == State.DONE.value)


@dataclass(frozen=True, slots=True)
class Brief:
    """One secretary's brief as facts; page and paper make the sentences.

    `hidden` counts records of the branch that this reader may not read.
    """

    branch: str
    secretary: str
    commentator: str
    until: dt.date
    ended: bool  # whether the year is over: 全年
    rectification: tuple[Line, ...]
    trips: int
    last_on: dt.date | None
    last: Line | None  # None where the reader may not read that record
    own_problems: tuple[Line, ...]
    extracts: tuple[Line, ...]
    owed: tuple[Line, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the ledger has for a meeting: rectification items of earlier ones, and the year's other problems."""

    rectification: Sequence[Any]
    others: Sequence[Any]

    @property
    def all(self) -> Sequence[Any]:
        return [*self.rectification, *self.others]

    def at(self, branch_id: int) -> tuple[list[Any], list[Any]]:
        """Both of one branch."""
        here = [[row for row in rows if _of(row, branch_id)] for rows in (self.rectification, self.others)]
        return here[0], here[1]


def ledger(meeting: Meeting) -> Ledger:
    """Read once for all its secretaries.

    Of the meeting before all items, whatever became of them; of older ones those still open when the year began.
    """
    first, last, earlier = (
        dt.date(meeting.year, 1, 1),
        dt.date(meeting.year, 12, 31),
        queries.meetings_before(meeting.year),
    )
    items = [
        row
        for row in problems.meeting_items(earlier)
        if (row.taken_up_by or row.source_id) == earlier[0] or row.closed_on is None or row.closed_on >= first
    ]
    listed = {row.id for row in items}
    rows = [row for row in problems.year_items(first, last) if row.source_kind is not SourceKind.MEETING]
    others = [row for row in rows if row.id not in listed]
    return Ledger(*([row for row in rows if not row.dropped] for rows in (items, others)))


def build(actor: Actor, meeting: Meeting, report: Report, today: dt.date, known: Ledger | None = None) -> Brief:
    """The brief as its reader may see it now; `known` is the ledger, where it is read for several."""
    first, last = dt.date(meeting.year, 1, 1), dt.date(meeting.year, 12, 31)
    filters = Filters(first, last, branch_id=report.branch_id, state="counted", by_date=True)
    everything, readable = visits.totals(actor, filters)
    trips, _readable = visits.totals(actor, replace(filters, trips=True))
    latest = queries.last_visit(actor, report.branch_id, first, last)
    rectification, items = (known or ledger(meeting)).at(report.branch_id)
    return Brief(
        branch=report.branch.name,
        secretary=report.secretary_name,
        commentator=report.commentator_name,
        until=min(last, today),
        ended=today > last,
        rectification=tuple(map(_item, rectification)),
        trips=trips,
        last_on=latest.visited_on if latest else None,
        last=_record(latest) if latest and latest.readable else None,
        own_problems=tuple(_item(row) for row in items if row.side is Side.BRANCH),
        extracts=_extracts(actor, report, first, last),
        owed=tuple(_item(row) for row in items if row.side is not Side.BRANCH),
        hidden=everything - readable,
    )


def _of(row: Any, branch_id: int) -> bool:
    """Raised at the branch, or at one that stood inside it that day."""
    return branch_id in {row.branch_id, row.general_branch_id}


def _cited(number: str, version: int) -> str:
    return f"{number} 第{version}版" if version > 1 else number


def _item(row: Any) -> Line:
    return Line(row.text, row.taken_up_as or row.source_label, row.state.value, problem_id=row.id)


def _record(row: Any) -> Line:
    return Line("", _cited(number_of(row.year, row.seq), row.version), visit_id=row.id)


def _extracts(actor: Actor, report: Report, first: dt.date, last: dt.date) -> tuple[Line, ...]:
    """What speaks for the secretary before what does not, as this reader sorted it; the rest after both."""
    stances = queries.sorted_extracts(actor, report.id)
    found = [_extract(one, stances.get(one.id)) for one in visits.observations(actor, report.branch_id, first, last)]
    return tuple(sorted(found, key=lambda one: ORDER.index(one.stance)))


def _extract(visit: Any, stance: Stance | None) -> Line:
    text = visit.observation if len(visit.observation) <= LONGEST else visit.observation[:LONGEST] + "……"
    source = _cited(visit.number, visit.version)
    return Line(text, source, visit_id=visit.id, stance=stance.value if stance else "")


def differences(before: Brief, after: Brief) -> tuple[list[Line], list[Line]]:
    """The lines that stood in one brief alone, and those that stand in the other alone; how they were sorted is none.

    A last record that changed is one of them.
    """
    found = []
    for one, other in ((before, after), (after, before)):
        known = {_said(line) for line in _lines(other)}
        found.append([line for line in _lines(one) if _said(line) not in known])
    return found[0], found[1]


def _said(line: Line) -> tuple[str, str, str]:
    return line.text, line.source, line.state


def _lines(brief: Brief) -> list[Line]:
    lines = [*brief.rectification, *brief.own_problems, *brief.extracts, *brief.owed]
    return [*lines, *([brief.last] if brief.last else [])]


def dump(brief: Brief) -> str:
    """A brief as JSON text, as it is kept when it is printed."""
    return json.dumps(asdict(brief), default=str, ensure_ascii=False, sort_keys=True)


def load(text: str) -> Brief:
    """A brief as it was printed."""
    kept = json.loads(text)
    if "last" not in kept:  # printed before the number led anywhere
        source = kept.pop("last_source")
        kept["last"] = {"text": "", "source": source} if source else None
    lists = {name: tuple(Line(**one) for one in kept[name]) for name in LISTS}
    days = {name: dt.date.fromisoformat(kept[name]) if kept[name] else None for name in ("until", "last_on")}
    return Brief(**kept | lists | days | {"last": Line(**kept["last"]) if kept["last"] else None})
