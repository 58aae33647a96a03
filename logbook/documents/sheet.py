"""Workbooks: written row by row in constant memory, text always as text; read with distrust."""

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from math import ceil
from pathlib import Path
from typing import IO, Any

from logbook.clock import now
from logbook.documents import child
from logbook.documents.paper import printable

MOST_UNPACKED = 200 * 1024 * 1024  # bytes
MOST_ENTRIES = 2000
MOST_RATIO = 200  # unpacked : packed, of an entry above one MiB
MIB = 1024 * 1024
AT_ONCE = 500  # rows handed to the child
HIGHEST_ROW = 409  # points
LONGEST_CELL = 32_767  # characters Excel keeps in a cell
MOST_CELLS = 5_000_000  # of the rectangle up to the last cell: 160 MB in the reader
CHART_ROWS, CHART_COLUMNS = 20, 9  # cells that a chart beside the rows takes
CELL = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{1,7})[0-9]""")
ROW = re.compile(rb"""\br\s*=\s*["'][A-Za-z]*([0-9]{1,10})""")
ROW_TAG, CELL_TAG = re.compile(rb"<(?:\w+:)?row[\s/>]"), re.compile(rb"<(?:\w+:)?c[\s/>]")
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


class UnreadableWorkbook(Exception):  # noqa: N818 - named as what it is
    """The bytes are no workbook that can be read; args[0] says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `kind` is text, number or date, `width` in characters."""

    title: str
    width: float = 12
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes; `value` is what a reader shows that computes nothing."""

    text: str
    value: float


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """Columns beside the rows: `labels` and `values` are columns, `rows` the first and the last row, all from 0."""

    title: str
    labels: int
    values: tuple[int, ...]
    rows: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet; `rows` may be a generator. `totals` adds a row of sums under the number columns.

    It prints lying, as wide as the paper, its head on every page.
    """

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[object, ...] | list[object]]
    totals: bool = False
    note: str = ""
    charts: tuple[ColumnChart, ...] = ()


def make(sheets: Iterable[Sheet], room: Path | None = None) -> bytes:
    """The workbook's bytes. Raise PaperFailed."""
    return next(child.results("workbook", _parts(sheets), room))


def write(target: IO[bytes], sheets: Iterable[Sheet], room: Path | None = None) -> None:
    """Write the workbook, made in a child as its rows come; memory does not grow with them. Raise PaperFailed."""
    for piece in child.pieces("workbook", _parts(sheets), room):
        target.write(piece)


def _parts(sheets: Iterable[Sheet]) -> Iterator[Any]:
    """What the child is handed: of each sheet its head, its rows by some hundred, and an end."""
    for one in sheets:
        yield replace(one, rows=()), isinstance(one.rows, Sequence)
        rows = iter(one.rows)
        while some := [tuple(map(_value, row)) for row in islice(rows, AT_ONCE)]:
            yield some
        yield None
    yield None


def _value(cell: object) -> object:
    """A text that is translated when it is shown is only a text elsewhere."""
    return cell if cell is None or isinstance(cell, int | float | dt.date | Formula) else str(cell)


# --- writing, in the child ------------------------------------------------------------------------


def handed(take: Callable[[], Any]) -> Iterator[Sheet]:
    """The sheets of `_parts`, their rows as they come where they were not counted."""
    while head := take():
        one, counted = head
        rows = chain.from_iterable(iter(take, None))
        yield replace(one, rows=list(rows) if counted else rows)


def build(sheets: Iterable[Sheet]) -> bytes:
    """The workbook's bytes; what is temporary lies in files meanwhile."""
    import xlsxwriter  # noqa: PLC0415 - in the child only

    stream = io.BytesIO()
    # Text that begins with = + - @ stays text: nothing typed is ever taken for a formula or a link.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(stream, options)
    book.set_properties({"created": now().replace(tzinfo=None)})
    taken: set[str] = set()
    formats = {
        "head": book.add_format({"bold": True, "bg_color": "#EEF1F4", "border": 1, "text_wrap": True, "valign": "top"}),
        "figures": book.add_format(
            {"bold": True, "bg_color": "#EEF1F4", "border": 1, "text_wrap": True, "valign": "top", "align": "right"}
        ),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "number": book.add_format({"valign": "top"}),
        "date": book.add_format({"num_format": 'yyyy"年"m"月"d"日"', "valign": "top", "align": "left"}),
    }
    try:
        for sheet in sheets:
            _write_sheet(book, book.add_worksheet(_free_name(sheet.name, taken)), sheet, formats)
    finally:
        book.close()  # also after a failure: the rows written so far wait in open temporary files
    return stream.getvalue()


def _free_name(name: str, taken: set[str]) -> str:
    """A name Excel accepts and no other sheet has; it takes no notice of case."""
    plain = FORBIDDEN.sub(" ", name).strip("' ") or "表"
    names = (plain[: 31 - len(tail)] + tail for tail in ("", *(f" ({n})" for n in range(2, 1000))))
    free = next(one for one in names if one.casefold() not in taken)
    taken.add(free.casefold())
    return free


def _write_sheet(book: Any, page: Any, sheet: Sheet, formats: dict[str, Any]) -> None:
    for i, column in enumerate(sheet.columns):
        page.set_column(i, i, column.width)
        page.write_string(0, i, column.title, formats["figures" if column.kind == "number" else "head"])
    page.freeze_panes(1, 0)
    last, sums = _write_rows(page, sheet, formats)
    if last:
        page.autofilter(0, 0, last, len(sheet.columns) - 1)
    if sheet.totals and last:
        _write_totals(page, sheet, last, sums, formats)
    if sheet.note:
        page.write_string(last + 2, 0, sheet.note)
    _lay_out(page, sheet, last + 2)
    for n, chart in enumerate(sheet.charts):
        _add_chart(book, page, chart, (1 + CHART_ROWS * n, len(sheet.columns) + 1))


def _write_rows(page: Any, sheet: Sheet, formats: dict[str, Any]) -> tuple[int, list[float]]:
    """The last row's position, and each column's sum."""
    sums, last = [0.0] * len(sheet.columns), 0
    for last, row in enumerate(sheet.rows, 1):
        height = _height(sheet.columns, row) if isinstance(sheet.rows, Sequence) else None
        if height:  # the library keeps each: not of a generator, whose rows may be very many
            page.set_row(last, height)
        for i, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            _write_cell(page, last, i, value, formats)
            number = value.value if isinstance(value, Formula) else value
            if column.kind == "number" and isinstance(number, int | float):
                sums[i] += number
    return last, sums


def _height(columns: tuple[Column, ...], row: Sequence[object]) -> int | None:
    """Points that the row's longest text takes when it is wrapped; not every program finds out by itself."""
    lines = [_lines(value, one.width) for one, value in zip(columns, row, strict=True) if isinstance(value, str)]
    return min(15 * max(lines), HIGHEST_ROW) if max(lines, default=1) > 1 else None


def _lines(text: str, width: float) -> int:
    wide = (sum(2.2 if char > "\x7f" else 1.1 for char in line) for line in text.split("\n"))
    return sum(max(ceil(one / width), 1) for one in wide)


def _lay_out(page: Any, sheet: Sheet, last: int) -> None:
    """Lying A4 as wide as the sheet with its charts, the sheet's name above and the page below."""
    columns = len(sheet.columns) + (CHART_COLUMNS if sheet.charts else 0)
    page.set_header("&C&A")
    page.set_footer("&C— &P —")
    page.set_landscape()
    page.set_paper(9)  # A4
    page.set_margins(left=0.4, right=0.4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.print_area(0, 0, max(last, CHART_ROWS * len(sheet.charts)), columns - 1)


def _add_chart(book: Any, page: Any, chart: ColumnChart, place: tuple[int, int]) -> None:
    drawn = book.add_chart({"type": "column"})
    first, last = chart.rows
    for column in chart.values:
        drawn.add_series(
            {
                "name": [page.name, 0, column],
                "categories": [page.name, first, chart.labels, last, chart.labels],
                "values": [page.name, first, column, last, column],
            }
        )
    drawn.set_title({"name": chart.title})
    if len(chart.values) == 1:
        drawn.set_legend({"none": True})
    page.insert_chart(*place, drawn, {"description": chart.title})


def _write_cell(page: Any, row: int, column: int, value: object, formats: dict[str, Any]) -> None:
    if value is None or value == "":
        return
    if isinstance(value, Formula):
        page.write_formula(row, column, value.text, formats["number"], value.value)
    elif isinstance(value, dt.date):
        page.write_datetime(row, column, dt.datetime(value.year, value.month, value.day), formats["date"])  # noqa: DTZ001
    elif isinstance(value, int | float):
        page.write_number(row, column, value, formats["number"])
    else:
        page.write_string(row, column, printable(str(value))[:LONGEST_CELL], formats["text"])


def _write_totals(page: Any, sheet: Sheet, last: int, sums: list[float], formats: dict[str, Any]) -> None:
    from xlsxwriter.utility import xl_col_to_name  # noqa: PLC0415 - see build

    page.write_string(last + 1, 0, "合计", formats["head"])
    for i, column in enumerate(sheet.columns):
        if column.kind == "number":
            name = xl_col_to_name(i)
            page.write_formula(last + 1, i, f"=SUM({name}2:{name}{last + 1})", formats["head"], sums[i])


# --- reading --------------------------------------------------------------------------------------


def read(content: bytes, most_rows: int = 20_000) -> dict[str, list[list[object]]]:
    """Each sheet's rows by its name, cells as str, int, float, bool, date or None; raise UnreadableWorkbook."""
    from python_calamine import CalamineError  # noqa: PLC0415 - see _open

    book = _open(content)
    try:
        return {name: _rows(book, name, most_rows) for name in book.sheet_names}
    except CalamineError as error:
        raise UnreadableWorkbook("有工作表已损坏，请另存为.xlsx后再试。") from error


def _rows(book: Any, name: str, most_rows: int) -> list[list[object]]:
    sheet = book.get_sheet_by_name(name)
    if sheet.end and sheet.end[0] >= most_rows:
        raise UnreadableWorkbook(f"工作表“{name}”超过{most_rows}行，请分几次导入。")
    return [[_plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]


def merged(content: bytes) -> dict[str, list[tuple[int, int, int, int]]]:
    """Each sheet's merged cells as (first row, first column, last row, last column), counted from 0."""
    book = _open(content)
    found = {}
    for name in book.sheet_names:
        ranges = book.get_sheet_by_name(name).merged_cell_ranges or []
        found[name] = [(top, left, bottom, right) for (top, left), (bottom, right) in ranges]
    return found


def _open(content: bytes) -> Any:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 - only the import needs it

    _refuse_bomb(content)
    _refuse_vast(content)
    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(content), load_tables=False)
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableWorkbook("打不开这个文件，请另存为.xlsx后再试。") from error


def _refuse_bomb(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableWorkbook("不是.xlsx文件，请另存为.xlsx后再试。") from error
    dense = any(e.file_size > MIB and e.file_size > MOST_RATIO * max(e.compress_size, 1) for e in entries)
    if len(entries) > MOST_ENTRIES or sum(e.file_size for e in entries) > MOST_UNPACKED or dense:
        raise UnreadableWorkbook("文件解开后过大，疑似压缩炸弹。")


def _refuse_vast(content: bytes) -> None:
    """The reader takes memory for the whole rectangle up to the last cell: two cells can ask for 500 GB and end us."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.namelist():
            if entry.lower().endswith(".xml") and _rectangle(_unpack(archive, entry)) > MOST_CELLS:
                raise UnreadableWorkbook("表格占的范围过大，请只留有内容的行和列。")


def _unpack(archive: zipfile.ZipFile, entry: str) -> bytes:
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnreadableWorkbook("打不开这个文件，请另存为.xlsx后再试。") from error


def _rectangle(xml: bytes) -> int:
    """At most so many cells, by the cells themselves: <dimension> may say anything, and positions may be left out."""
    if b"\0" in xml:
        return MOST_CELLS + 1  # UTF-16, which no spreadsheet program writes, would hide the positions
    columns = max((_number(found[1]) for found in CELL.finditer(xml)), default=0)
    rows = max((int(found[1]) for found in ROW.finditer(xml)), default=0)
    runs = ROW_TAG.split(xml)
    return (columns + max(len(CELL_TAG.findall(run)) for run in runs)) * (rows + len(runs))


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _plain(cell: object) -> object:
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return None if cell == "" else cell
