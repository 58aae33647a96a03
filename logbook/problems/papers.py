"""The ledger as a workbook and as printed lists: 问题清单, 责任清单, 整改清单, 提请党组研究事项. Chinese only."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence

from logbook.db import N_
from logbook.documents.paper import Block, Paper, Para, Table
from logbook.documents.sheet import Column, Sheet
from logbook.formats import full_date
from logbook.problems.models import Problem, State
from logbook.settings.queries import Settings, Words

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


def sheet(problems: Iterable[Problem], words: Words, today: dt.date) -> Sheet:
    """The problems as listed, in the unit's own words; read as the sheet is written."""
    rows = ([_worded(value, words) for value in _row(one, today)] for one in problems)
    columns = tuple(Column(words.apply(title), width, kind) for title, width, kind in COLUMNS)
    return Sheet("问题台账", columns, rows)


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
    told = one.told_whom + (f"（{full_date(one.told_on)}）" if one.told_on else "")
    return [
        one.source_label,
        one.raised_on,
        one.branch.name if one.branch else "",
        one.text,
        one.category.chinese,
        _Ours(one.side.chinese),
        _Ours(one.handling.chinese),
        one.unit,
        one.owner_name,
        one.due_on,
        _state(one),
        days_late(one, today) or None,
        one.measures,
        one.result,
        told,
        one.answer.chinese if one.answer else "",
        one.closed_on,
        one.raiser_name,
    ]


# --- lists that are printed -----------------------------------------------------------------------

NONE = "无"
Cells = Callable[[Problem, Words], tuple[str, ...]]


def _branch(one: Problem) -> str:
    return one.branch.name if one.branch else NONE


def _owner(one: Problem, words: Words) -> tuple[str, str, str]:
    person = one.owner_name or NONE
    return words.apply(one.side.chinese), one.unit or NONE, person


def _found(one: Problem, _words: Words) -> tuple[str, ...]:
    return _branch(one), one.text, one.category.chinese, full_date(one.raised_on)


def _due(one: Problem) -> str:
    """What goes on for long has no day that could have passed."""
    return State.LONG_TERM.chinese if one.state is State.LONG_TERM else full_date(one.due_on)


def _responsible(one: Problem, words: Words) -> tuple[str, ...]:
    return _branch(one), one.text, *_owner(one, words), _due(one)


def _mended(one: Problem, _words: Words) -> tuple[str, ...]:
    how = f"{_state(one)}。{one.result}" if one.result else _state(one)
    return _branch(one), one.text, one.measures or NONE, one.unit or NONE, _due(one), how


def _for_the_group(one: Problem, _words: Words) -> tuple[str, ...]:
    raised = one.raiser_name or NONE
    return _branch(one), one.text, raised, full_date(one.raised_on), one.unit or NONE, one.measures or NONE


# By the name in the address: title, head below 序号 and 编号, widths, cells.
LISTS: dict[str, tuple[str, tuple[str, ...], tuple[float, ...], Cells]] = {
    "found": (N_("问题清单"), ("党组织", "问题", "类别", "提出日期"), (4, 9, 2.2, 3.4), _found),
    "responsible": (
        N_("责任清单"), ("党组织", "问题", "责任方", "责任单位", "责任人", "完成时限"), (3.4, 5.7, 2.6, 3, 2, 3.6),
        _responsible,
    ),
    "mended": (
        N_("整改清单"),
        ("党组织", "问题", "整改措施", "责任单位", "完成时限", "办理情况"),
        (3.2, 4.4, 3.4, 3, 3.7, 4.2),
        _mended,
    ),
    "group": (
        N_("提请党组研究事项"), ("党组织", "事项", "提出人", "提出日期", "责任单位", "建议"), (3.2, 5.3, 2, 3.8, 3, 4),
        _for_the_group,
    ),
}  # fmt: skip


def listed(kind: str, problems: Sequence[Problem], settings: Settings, on: dt.date) -> Paper:
    """One of LISTS on lying sheets, in the order they were raised, signed by the office."""
    words = settings.words
    name, head, widths, cells = LISTS[kind]
    raised = sorted(problems, key=lambda one: (one.raised_on, one.id))
    rows = tuple((str(n), one.source_label, *cells(one, words)) for n, one in enumerate(raised, 1))
    body: Block = Para("没有需要列出的事项。")
    if rows:
        made = f"{settings.unit_name}{words.apply('党办')}　{full_date(on)}"
        body = Table(("序号", "编号", *map(words.apply, head)), rows, (1.4, 2.8, *widths), note=made)
    return Paper(
        title=f"{settings.unit_name}{words.apply(name)}", blocks=(body,), landscape=True,
        made_from=f"{words.apply(name)}，{len(rows)}条，{full_date(on)}",
    )  # fmt: skip
