"""The liaison arrangement of a year (挂点联系支部安排表), for Word, PDF and Excel. Chinese only."""

import datetime as dt
from collections.abc import Mapping, Sequence

from logbook.accounts.models import Person
from logbook.documents.paper import Paper, Para, Table
from logbook.documents.sheet import Column, Sheet
from logbook.formats import full_date
from logbook.organization.models import Liaison
from logbook.settings.queries import Settings

NONE = "无"


def title(year: int, settings: Settings) -> str:
    """××局党组成员 / 2026年度挂点联系支部安排表."""
    words = settings.words.apply
    return f"{settings.unit_name}{words('党组成员')}\n{year}年度{words('挂点联系支部')}安排表"


def arrangement(
    year: int, liaisons: Sequence[Liaison], secretaries: Mapping[int, Person], settings: Settings, on: dt.date
) -> Paper:
    """Who is responsible for which branch, in official order; `secretaries` by branch id."""
    words = settings.words.apply
    head, rows = _head(settings), _rows(year, liaisons, secretaries)
    made = f"{settings.unit_name}{words('党办')}　{full_date(on)}"
    table = Table(head, tuple(rows), (1.4, 2.6, 4, 4, 3.6, 2, 4.5), note=made)
    return Paper(
        title=title(year, settings),
        blocks=(table,) if rows else (Para(words("本年没有挂点安排。")),),
        inner=False,
        made_from=f"{year}年，{len(rows)}项",
    )


def sheet(year: int, liaisons: Sequence[Liaison], secretaries: Mapping[int, Person], settings: Settings) -> Sheet:
    """The same as a sheet."""
    columns = zip(_head(settings), (6, 12, 26, 30, 26, 12, 30), strict=True)
    return Sheet(
        f"{year}年度安排", tuple(Column(name, width) for name, width in columns), _rows(year, liaisons, secretaries)
    )


def _head(settings: Settings) -> tuple[str, ...]:
    words = settings.words.apply
    return "序号", words("党组成员"), "职务", words("挂点支部"), "所在单位", "书记", "联系频次"


def _rows(year: int, liaisons: Sequence[Liaison], secretaries: Mapping[int, Person]) -> list[tuple[str, ...]]:
    return [
        (
            str(n), one.member.name_in(one.year), one.member.post or NONE, one.branch.name,
            one.branch.host_unit or NONE,
            secretaries[one.branch_id].name if one.branch_id in secretaries else NONE, _often(one, year),
        )
        for n, one in enumerate(liaisons, 1)
    ]  # fmt: skip


def _often(one: Liaison, year: int) -> str:
    whole = (one.from_on, one.to_on) == (dt.date(year, 1, 1), dt.date(year, 12, 31))
    days = "" if whole else f"（{full_date(one.from_on)}至{full_date(one.to_on)}）"
    return f"{one.period.chinese}不少于{one.target}次{days}"
