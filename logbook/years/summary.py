"""The figures of a span of days as one frozen value: what pages, papers and a closed year read."""

import dataclasses
import datetime as dt
import json
import types
import typing
from dataclasses import dataclass
from typing import Any

from logbook.problems.models import Side, unit_of


@dataclass(frozen=True, slots=True)
class Count:
    """A figure under a word; `value` is the word's stored value, for the link to what it counts."""

    value: str
    n: int


@dataclass(frozen=True, slots=True)
class MonthFigures:
    month: dt.date  # its first day
    trips: int
    records: int


@dataclass(frozen=True, slots=True)
class Miss:
    """A liaison whose ended period was not fulfilled; `later` counts the member's records there afterwards."""

    branch_id: int
    branch: str
    member_id: int
    member: str
    period: str  # 第二季度
    done: int
    due: int
    later: int
    first: dt.date  # of the period
    last: dt.date

    @property
    def after(self) -> dt.date:
        return self.last + dt.timedelta(days=1)

    @property
    def year_end(self) -> dt.date:
        return dt.date(self.last.year, 12, 31)


@dataclass(frozen=True, slots=True)
class BranchFigures:
    branch_id: int
    name: str
    host_unit: str
    liaison: bool  # whether it was a liaison point in these days
    members: str  # its liaison members, 、 between
    secretary: str
    trips: int
    records: int
    last_on: dt.date | None
    months: tuple[int, ...]  # trips, one number a month of the span
    problems: int  # its own and those of the branches that stood inside it the day they were raised
    closed: int


@dataclass(frozen=True, slots=True)
class MemberFigures:
    member_id: int
    name: str
    post: str
    branches: str  # liaison branches, 、 between
    records: int
    half_days: int
    kinds: tuple[str, ...]  # values of the most used kinds, at most two
    solved: tuple[str, ...]  # texts of problems from their records closed in the span, at most three, none twice
    problems: int
    closed: int


@dataclass(frozen=True, slots=True)
class ProblemFigures:
    """Problems raised in the span or carried into it; states as they stood at its end."""

    total: int
    carried: int
    done: int
    partly: int
    underway: int
    not_begun: int
    long_term: int
    overdue: int
    accepted: int  # closed ones of which those who raised them said 已解决
    doubted: int  # … 部分解决 or 未解决
    by_side: tuple[Count, ...]
    by_category: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class UndertakingFigures:
    total: int
    done: int
    underway: int
    explained: int


@dataclass(frozen=True, slots=True)
class Item:
    """A problem or undertaking as it stood at the end of the span: what every figure of them counts, and opens."""

    id: int
    number: str
    branch: str
    branch_ids: tuple[int, ...]  # its branch, and the general branch around it the day it was raised
    member_id: int | None
    text: str
    owner: str
    side: str  # value of Side, as category and answer of theirs; empty for an undertaking
    category: str
    raised_on: dt.date
    due_on: dt.date
    state: str  # value of State or UndertakingState
    overdue: bool
    answer: str
    result: str

    @property
    def unit(self) -> str:
        """Who answers for it: years closed before name a unit of the bureau's also for what is a branch's own."""
        return unit_of(Side(self.side), branch=self.branch, unit=self.owner) if self.side else self.owner


@dataclass(frozen=True, slots=True)
class Visited:
    """How often members went in some days: all that a later span is compared with."""

    first: dt.date
    last: dt.date
    records: int
    trips: int
    months: tuple[MonthFigures, ...]


@dataclass(frozen=True, slots=True)
class YearSummary:
    """All figures from `first` to `last`, both days included. 人次 are records, 次 are trips."""

    first: dt.date
    last: dt.date
    made_on: dt.date
    records: int
    trips: int
    half_days: int
    liaison_branches: int
    covered: int  # of these, how many were visited by anyone
    due_branches: int  # of these, in how many a period that was due has ended inside the span
    months: tuple[MonthFigures, ...]
    kinds: tuple[Count, ...]
    contents: tuple[Count, ...]
    voices: tuple[Count, ...]  # 条 by category
    branches: tuple[BranchFigures, ...]
    members: tuple[MemberFigures, ...]
    misses: tuple[Miss, ...]
    problems: ProblemFigures
    undertakings: UndertakingFigures
    items: tuple[Item, ...]
    promises: tuple[Item, ...]

    @property
    def whole_year(self) -> bool:
        return (self.first.month, self.first.day, self.last.month, self.last.day) == (1, 1, 12, 31) and (
            self.first.year == self.last.year
        )

    @property
    def one_year(self) -> bool:
        return self.first.year == self.last.year

    @property
    def half_year(self) -> bool:
        return (self.first, self.last) == (dt.date(self.first.year, 1, 1), dt.date(self.first.year, 6, 30))

    @property
    def until(self) -> dt.date:
        """The last day there could be a record of."""
        return min(self.last, self.made_on)

    @property
    def ended(self) -> bool:
        return self.made_on > self.last

    @property
    def from_new_year(self) -> bool:
        """What was carried in, was carried over from the year before."""
        return (self.first.month, self.first.day) == (1, 1)

    @property
    def kinds_overlap(self) -> bool:
        return sum(one.n for one in self.kinds) > self.records

    @property
    def contents_overlap(self) -> bool:
        return sum(one.n for one in self.contents) > self.records

    @property
    def voices_total(self) -> int:
        return sum(one.n for one in self.voices)


def dump(summary: YearSummary) -> str:
    """JSON text of the summary, keys sorted."""
    return json.dumps(dataclasses.asdict(summary), default=str, ensure_ascii=False, sort_keys=True)


def load(text: str) -> YearSummary:
    """The summary of `dump`'s text."""
    summary: YearSummary = _typed(YearSummary, json.loads(text))
    return summary


def _typed(kind: Any, value: Any) -> Any:
    origin = typing.get_origin(kind)
    if origin is tuple:
        return tuple(_typed(typing.get_args(kind)[0], one) for one in value)
    if origin is types.UnionType:
        return None if value is None else _typed(typing.get_args(kind)[0], value)
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return typing.cast("Any", kind)(**{name: _typed(hint, value[name]) for name, hint in hints.items()})
    return dt.date.fromisoformat(value) if kind is dt.date else value
