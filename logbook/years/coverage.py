"""Coverage: what is due of each liaison in each period, what was done, and how a branch stands on a day.

Due in a period = floor(target × days in force ÷ days of the period + ½); fulfilled by that member's counted
records on that branch in the period. Months suffice: every period begins and ends with one.
"""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from logbook.db import N_, Word
from logbook.organization.models import Branch, Liaison, Period
from logbook.years.queries import Tally

MONTHS = {Period.YEAR: 12, Period.HALF: 6, Period.QUARTER: 3}
NAMES = {
    Period.YEAR: (N_("全年"),),
    Period.HALF: (N_("上半年"), N_("下半年")),
    Period.QUARTER: (N_("第一季度"), N_("第二季度"), N_("第三季度"), N_("第四季度")),
}


class Standing(Word):
    """How a liaison stands, the worst first; the words are those of a quarter, see `LiaisonState.label`."""

    MISSED = "missed", N_("上季度未到")
    DUE = "due", N_("本季度待安排")
    DONE = "done", N_("本季度已到")
    NOT_DUE = "not_due", N_("本季度不需安排")


ORDER = list(Standing)
NOW = {
    Period.YEAR: {Standing.DUE: N_("本年度待安排"), Standing.DONE: N_("本年度已到")},
    Period.HALF: {Standing.DUE: N_("本半年待安排"), Standing.DONE: N_("本半年已到")},
    Period.QUARTER: {Standing.DUE: N_("本季度待安排"), Standing.DONE: N_("本季度已到")},
}
MISSED = {
    "全年": N_("全年未到"), "上半年": N_("上半年未到"), "下半年": N_("下半年未到"),
    "第一季度": N_("第一季度未到"), "第二季度": N_("第二季度未到"), "第三季度": N_("第三季度未到"),
    "第四季度": N_("第四季度未到"),
}  # fmt: skip
MISSED_BEFORE = {Period.YEAR: N_("上年未到"), Period.HALF: N_("上年下半年未到"), Period.QUARTER: N_("上年第四季度未到")}


@dataclass(frozen=True, slots=True)
class Span:
    """One period of a year: its name, first and last day."""

    name: str
    first: dt.date
    last: dt.date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class PeriodState:
    """One liaison in one period."""

    span: Span
    due: int
    done: int


@dataclass(frozen=True, slots=True)
class LiaisonState:
    liaison: Liaison
    standing: Standing
    word: str  # Chinese source text: 第二季度未到, 本季度待安排 …
    decides: PeriodState | None  # the period that says so; None where nothing is due
    periods: tuple[PeriodState, ...]
    running: PeriodState | None = None  # the period of the day

    @property
    def to_members(self) -> "LiaisonState":
        """As members see it: what was missed is office's and leader's to know, here a visit is still to be planned.

        Neither the word nor what is said to explain it names a period that has passed.
        """
        decides = self.decides
        if decides != self.running:
            decides = self.running if self.running and self.running.due else None
        if self.standing is not Standing.MISSED:
            return replace(self, decides=decides)
        return replace(self, standing=Standing.DUE, word=NOW[self.liaison.period][Standing.DUE], decides=decides)


@dataclass(frozen=True, slots=True)
class BranchRow:
    """A branch in the coverage table; `worst` is its worst liaison, None where it is nobody's liaison point."""

    branch: Branch
    months: tuple[int, ...]  # trips by anyone, January first
    trips: int
    last_on: dt.date | None
    liaisons: tuple[LiaisonState, ...]
    worst: LiaisonState | None
    gaps: frozenset[int]  # months of ended quarters in which nobody came

    @property
    def never(self) -> bool:
        """全年未到: no member at all this year."""
        return self.trips == 0 and self.worst is not None


@lru_cache(maxsize=64)
def spans(year: int, period: Period) -> tuple[Span, ...]:
    """The periods of a year."""
    length = MONTHS[period]
    found = []
    for i, name in enumerate(NAMES[period]):
        last = (i + 1) * length
        end = dt.date(year, last, calendar.monthrange(year, last)[1])
        found.append(Span(name, dt.date(year, i * length + 1, 1), end))
    return tuple(found)


def due(target: int, in_force: tuple[dt.date, dt.date], span: Span) -> int:
    """floor(target × days in force ÷ days of the period + ½), in whole numbers."""
    days = (min(in_force[1], span.last) - max(in_force[0], span.first)).days + 1
    return (2 * target * max(days, 0) + span.days) // (2 * span.days)


def liaison_state(
    liaison: Liaison, by_month: Sequence[int], on: dt.date, before: PeriodState | None = None
) -> LiaisonState:
    """How a liaison stands on a day; `by_month` counts the member's records on the branch, January first.

    `before` is the last period of the same liaison the year before: until this year's first one has ended, it is
    the last ended period.
    """
    states = period_states(liaison, by_month)
    now = next((state for state in states if state.span.first <= on <= state.span.last), None)
    standing, word, decides = _standing(liaison, states, by_month, before, (on, now))
    return LiaisonState(liaison, standing, word, decides, states, now)


def period_states(liaison: Liaison, by_month: Sequence[int]) -> tuple[PeriodState, ...]:
    """What was due and done in each period of the liaison's year."""
    states = []
    for span in spans(liaison.year, liaison.period):
        done = sum(by_month[span.first.month - 1 : span.last.month])
        states.append(PeriodState(span, due(liaison.target, (liaison.from_on, liaison.to_on), span), done))
    return tuple(states)


def _standing(
    liaison: Liaison,
    states: Sequence[PeriodState],
    by_month: Sequence[int],
    before: PeriodState | None,
    day: tuple[dt.date, PeriodState | None],
) -> tuple[Standing, str, PeriodState | None]:
    on, now = day
    ended = [state for state in states if state.span.last < on]
    if ended and ended[-1].done < ended[-1].due and not sum(by_month[ended[-1].span.last.month :]):
        return Standing.MISSED, MISSED[ended[-1].span.name], ended[-1]
    if not ended and before and before.done < before.due and not sum(by_month):
        return Standing.MISSED, MISSED_BEFORE[liaison.period], before
    running = now or (ended[-1] if ended else None)
    if running is None or (running.due == 0 and running.done == 0):
        return Standing.NOT_DUE, Standing.NOT_DUE.chinese, None
    standing = Standing.DONE if running.done >= running.due else Standing.DUE
    return standing, NOW[liaison.period][standing], running


Before = dict[tuple[int, int], PeriodState]


def last_periods(liaisons: Iterable[Liaison], tallies: "Tallies") -> Before:
    """The last period of each liaison that was in force when its year ended, by member and branch."""
    return {
        (one.member_id, one.branch_id): period_states(one, tallies.by_month(one))[-1]
        for one in liaisons
        if (one.to_on.month, one.to_on.day) == (12, 31)
    }


def looking_back(on: dt.date) -> list[Period]:
    """The periods whose first of the year has not ended: how they stand, the year before may still decide."""
    return [period for period, length in MONTHS.items() if on.month <= length]


class Tallies:
    """The year's tallies by branch and month, and by member, branch and month; an inner branch's count for both."""

    def __init__(self, rows: Iterable[Tally]) -> None:
        self.trips: dict[int, list[int]] = defaultdict(lambda: [0] * 12)
        self.last_on: dict[int, dt.date] = {}
        self.records: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * 12)
        self.own_records: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * 12)
        for row in rows:
            for branch_id in {row.branch_id, row.general_branch_id or row.branch_id}:
                self._add(branch_id, row)

    def _add(self, branch_id: int, row: Tally) -> None:
        self.trips[branch_id][row.month - 1] += row.trips
        self.last_on[branch_id] = max(row.last_on, self.last_on.get(branch_id, row.last_on))
        records = self.own_records if row.own_organization else self.records
        records[row.member_id, branch_id][row.month - 1] += row.records

    def by_month(self, liaison: Liaison) -> list[int]:
        """The member's records on the branch; those on their own organization where the office confirmed it."""
        key = (liaison.member_id, liaison.branch_id)
        if not liaison.own_confirmed:
            return self.records[key]
        return [a + b for a, b in zip(self.records[key], self.own_records[key], strict=True)]


def branch_rows(
    branches: Sequence[Branch], liaisons: Sequence[Liaison], tallies: Tallies, on: dt.date, before: "Before"
) -> list[BranchRow]:
    """The coverage table on a day, branches in the order given; `liaisons` are those of the day's year."""
    states: dict[int, list[LiaisonState]] = defaultdict(list)
    for one in liaisons:
        state = liaison_state(one, tallies.by_month(one), on, before.get((one.member_id, one.branch_id)))
        states[one.branch_id].append(state)
    return [_row(branch, states[branch.id], tallies, on) for branch in branches]


def _row(branch: Branch, states: list[LiaisonState], tallies: Tallies, on: dt.date) -> BranchRow:
    worst = min(states, key=lambda state: ORDER.index(state.standing), default=None)
    months = tuple(tallies.trips[branch.id])
    ended = range(0, on.month - 1 - (on.month - 1) % 3, 3)  # the quarters before this one, by their first month
    gaps = frozenset(m + 1 for q in ended if not sum(months[q : q + 3]) for m in range(q, q + 3))
    return BranchRow(branch, months, sum(months), tallies.last_on.get(branch.id), tuple(states), worst, gaps)
