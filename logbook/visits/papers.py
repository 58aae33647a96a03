"""The list of records as a workbook, Chinese only: both dates and who wrote it down, as papers print them."""

from collections.abc import Iterable
from typing import IO

from logbook.documents.sheet import Column, Sheet, write
from logbook.formats import local_date
from logbook.settings.queries import Words
from logbook.visits.models import Visit

COLUMNS = (
    Column("编号", 18), Column("下基层日期", 16, "date"), Column("登记日期", 16, "date"), Column("记录人", 10),
    Column("党组成员", 10), Column("党组织或地点", 28), Column("方式", 20), Column("基本情况", 60),
    Column("现场解决", 30), Column("指导意见", 30),
)  # fmt: skip


def workbook(target: IO[bytes], records: Iterable[tuple[Visit, str]], hidden: int, words: Words) -> None:
    """Write the records, one a row; `hidden` is said in a closing line."""
    columns = tuple(Column(words.apply(one.title), one.width, one.kind) for one in COLUMNS)
    note = f"另有{hidden}条不在知悉范围" if hidden else ""
    write(target, [Sheet("下基层记录", columns, map(_row, records), note=note)])


def _row(record: tuple[Visit, str]) -> tuple[object, ...]:
    visit, kinds = record
    marks = "（已更正）" if visit.version > 1 else ""
    marks += "（已撤销）" if visit.withdrawn_at else ""
    return (
        visit.number + marks, visit.visited_on, local_date(visit.recorded_at), visit.entered_by.name,
        visit.member.name, visit.branch.name if visit.branch else visit.place, kinds, visit.findings,
        visit.solved_on_site, visit.guidance,
    )  # fmt: skip
