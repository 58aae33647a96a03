"""What lists that came back would change, and carrying it out.

A row at fault stays out and the others may go in: importing a file again takes only what isn't there yet.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from logbook.access import Actor
from logbook.errors import NotThere
from logbook.formats import fingerprint
from logbook.problems import actions as ledger
from logbook.problems.models import State
from logbook.rectification import queries
from logbook.rectification.queries import Line
from logbook.rectification.reading import RESULT, TITLES, Fault, Row, plain
from logbook.review import queries as review
from logbook.review.models import Meeting


@dataclass(frozen=True, slots=True)
class Change:
    """A cell: its column, what stands there now, what would."""

    column: str
    old: str
    new: str

    @property
    def title(self) -> str:
        return TITLES[self.column]


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that changes something; `row` as it was read."""

    line: Line
    row: Row
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What carrying out would do; `digest` tells whether a second plan says the same."""

    changed: tuple[Changed, ...]
    unchanged: int
    wrong: tuple[Fault, ...]

    @property
    def digest(self) -> str:
        return fingerprint(*((one.line.id, repr(one.changes)) for one in self.changed))

    @property
    def texts(self) -> list[str]:
        return [change.new for one in self.changed for change in one.changes]


def plan(meeting: Meeting, rows: Sequence[Row], faults: Iterable[Fault], *, by: Actor) -> Plan:
    """Compare the rows with the items of the cases this person runs; an empty cell changes nothing."""
    cases = (lines for report, lines in queries.lists(by, meeting) if review.runs_case(by, report))
    lines = {one.n: one for found in cases for one in found if not one.removed}
    often = Counter((one.year, one.n) for one in rows)
    wrong, changed, unchanged = list(faults), [], 0
    for row in rows:
        why = _refusal(row, lines, meeting, often)
        if why is not None:
            wrong.append(Fault(row.file, row.row, why))
            continue
        line = lines[row.n]
        changes, faulty = _compared(line, row)
        wrong += [Fault(row.file, row.row, one) for one in faulty]
        if changes:
            changed.append(Changed(line, row, tuple(changes)))
        elif not faulty:
            unchanged += 1
    return Plan(tuple(changed), unchanged, tuple(sorted(wrong, key=lambda one: (one.file, one.row))))


def _refusal(row: Row, lines: dict[int, Line], meeting: Meeting, often: Counter[tuple[int, int]]) -> object:
    """Why a row can't be taken at all; None where it can."""
    if row.year != meeting.year:
        return _("是%(year)s年度会议的编号，不是这次会议的。", year=row.year)
    if row.n not in lines:
        return _("整改清单里没有这个编号：%(n)s。", n=f"{row.year}-{row.n:02}")
    if often[row.year, row.n] > 1:
        return _("同一个编号出现了几次，不知道以哪一行为准：%(n)s。", n=lines[row.n].number)
    return None


def _compared(line: Line, row: Row) -> tuple[list[Change], list[object]]:
    """What the row changes, and what of it can't be taken."""
    changes = list(_changes(line, row))
    said = [one for one in changes if one.column != "measures"]
    if line.problem_id is None and said:
        why = _("还没有向书记反馈，进展情况和整改结果暂不能导入。")
        return [one for one in changes if one.column == "measures"], [why]
    if line.state is State.DONE and changes:
        return [], [_("已经销号；要继续办理，请先在问题台账里重新打开。")]
    return changes, []


def _changes(line: Line, row: Row) -> Iterable[Change]:
    if row.measures and row.measures != plain(line.measures):
        yield Change("measures", line.measures, row.measures)
    said = {plain(one) for one in line.said}
    if row.progress and row.progress not in said:
        yield Change("progress", line.progress, row.progress)
    if row.result and row.result != plain(line.result) and plain(RESULT + row.result) not in said:
        yield Change("result", line.result, row.result)


def carry_out(found: Plan, *, by: Actor, at: dt.datetime) -> None:
    """Write a plan made in this transaction: measures, and what is new of progress and result as steps."""
    for one in found.changed:
        new = {change.column: change.new for change in one.changes}
        if "measures" in new:
            _write_measures(one.line, new["measures"], by=by, at=at)
        for text in (new.get("progress"), RESULT + new["result"] if "result" in new else None):
            if text and one.line.problem_id is not None:
                ledger.note_progress(one.line.problem_id, text, _state(one.line), by=by, at=at)


def _state(line: Line) -> State:
    """What somebody works on is 在办."""
    return State.UNDERWAY if line.state is None or line.state is State.OPEN else line.state


def _write_measures(line: Line, measures: str, *, by: Actor, at: dt.datetime) -> None:
    if line.problem_id is not None:
        ledger.change_measures(line.problem_id, measures, by=by, at=at)
        return
    item = queries.item(by, line.id)
    if item is None:
        raise NotThere
    item[0].measures = measures
