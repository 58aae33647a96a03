"""整改清单, to be sent out to a secretary and to be kept: what is filled in comes back by 整改2026-03. Chinese only."""

import datetime as dt
from collections.abc import Sequence

from logbook.documents.paper import Block, Paper, Para, Table
from logbook.formats import full_date
from logbook.rectification.queries import Line
from logbook.review.models import Meeting, Report
from logbook.settings.queries import Settings

EMPTY = "　"  # to be filled in
HEAD = ("序号", "问题", "来源", "整改措施", "责任人", "完成时限", "进展情况", "整改结果", "销号（日期、确认人）")
WIDTHS = (1.2, 3.4, 2.6, 2.9, 2.4, 2.95, 2.7, 2.1, 2.95)  # centimetres: a number, and a date, on one line


def paper(
    meeting: Meeting, lists: Sequence[tuple[Report, Sequence[Line]]], settings: Settings, on: dt.date, *, one: bool
) -> Paper:
    """The items of these secretaries on lying sheets; `one`: of a single one, named above the table."""
    words = settings.words.apply
    lines = [(report, line) for report, found in lists for line in found if not line.removed]
    rows = tuple(_row(str(i), report, line, one=one) for i, (report, line) in enumerate(lines, 1))
    blocks: list[Block] = [Para("没有整改事项。")]
    if rows:
        made = f"{settings.unit_name}{words('党办')}　{full_date(on)}"
        blocks = [Table(HEAD, rows, WIDTHS, note=made)]
    if one:
        report = lists[0][0]
        blocks.insert(0, Para(f"{report.branch.name}　书记：{report.secretary_name}", indent=False, keep=True))
    return Paper(
        title=f"{meeting.year}年度党组织书记抓基层党建工作\n述职评议整改清单", blocks=tuple(blocks), landscape=True,
        made_from=f"{meeting.year}年度述职评议整改清单，{len(rows)}项，{full_date(on)}",
    )  # fmt: skip


def _row(i: str, report: Report, line: Line, *, one: bool) -> tuple[str, ...]:
    owner = line.owner if one else f"{report.branch.name}\n{line.owner}"
    closed = f"{full_date(line.closed_on)}\n{line.closed_by}" if line.closed_on else ""
    cells = (i, line.text, f"述职评议\n{line.number}", line.measures, owner, full_date(line.due_on), line.progress,
             line.result, closed)  # fmt: skip
    return tuple(cell or EMPTY for cell in cells)
