"""The ledger as a workbook, Chinese only."""

import datetime as dt
from collections.abc import Iterable

from logbook.documents.sheet import Column, Sheet, make
from logbook.problems.models import Problem, State
from logbook.settings.queries import Words

COLUMNS = (
    ("编号", 12, "text"),
    ("提出日期", 12, "date"),
    ("党组织", 22, "text"),
    ("问题", 44, "text"),
    ("类别", 10, "text"),
    ("责任方", 12, "text"),
    ("处理方式", 14, "text"),
    ("责任单位", 18, "text"),
    ("责任人", 10, "text"),
    ("完成时限", 12, "date"),
    ("状态", 16, "text"),
    ("超期天数", 10, "number"),
    ("措施", 30, "text"),
    ("办理结果", 30, "text"),
    ("反馈情况", 18, "text"),
    ("反映人的意见", 12, "text"),
    ("办结日期", 12, "date"),
    ("党组成员", 10, "text"),
)


def days_late(problem: Problem, today: dt.date) -> int:
    """Days past due; 0 when it is closed, goes on for long, was taken away or is not due yet."""
    settled = problem.dropped or problem.state in {State.DONE, State.LONG_TERM}
    return 0 if settled else max(0, (today - problem.due_on).days)


def workbook(problems: Iterable[Problem], words: Words, today: dt.date) -> bytes:
    """An .xlsx of the problems as listed, in the unit's own words."""
    rows = [[_worded(value, words) for value in _row(one, today)] for one in problems]
    columns = tuple(Column(words.apply(title), width, kind) for title, width, kind in COLUMNS)
    return make([Sheet("问题台账", columns, rows)])


def _worded(value: object, words: Words) -> object:
    """Our own words become the unit's; what people typed, and dates, stay as they are."""
    return words.apply(value.text) if isinstance(value, _Ours) else value


class _Ours:
    """A word of the program's, not of a person's."""

    def __init__(self, text: str) -> None:
        self.text = text


def _state(one: Problem) -> str:
    if one.dropped:
        return "原记录已更正或撤销"
    return one.state.chinese + ("（原记录已更正或撤销，不再载明）" if one.detached else "")


def _row(one: Problem, today: dt.date) -> list[object]:
    told = one.told_whom + (f"（{one.told_on.isoformat()}）" if one.told_on else "")
    return [
        one.source_label,
        one.raised_on,
        one.branch.name if one.branch else "",
        one.text,
        one.category.chinese,
        _Ours(one.side.chinese),
        _Ours(one.handling.chinese),
        one.owner_unit,
        one.owner_person.name if one.owner_person else "",
        one.due_on,
        _state(one),
        days_late(one, today) or None,
        one.measures,
        one.result,
        told,
        one.answer.chinese if one.answer else "",
        one.closed_on,
        one.raised_by.name if one.raised_by else "",
    ]
