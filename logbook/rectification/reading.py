"""A 整改清单 that comes back in Word: found by its head, read cell by cell, with distrust.

Reading is pure: bytes in, frozen rows and faults out. Nothing here knows the database.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from logbook.cleaning import clean_text
from logbook.db import N_
from logbook.errors import RuleBroken
from logbook.formats import as_integer, as_typed
from logbook.problems.actions import MAX_LINE
from logbook.review import word_file

LONGEST_HEAD = 12  # characters of a cell of the head; a longer one is a sentence
TITLES = {"measures": N_("整改措施"), "progress": N_("进展情况"), "result": N_("整改结果")}
RESULT = "整改结果："  # begins the step in which a secretary says how it ended; closing is the ledger's
_SIGNS = {"measures": "措施", "progress": "进展", "result": "结果", "source": "来源", "line": "序号"}
_NUMBER = re.compile(r"(?<![0-9])([0-9]{4})-([0-9]{1,6})(?![0-9])")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list as it came back: of which file, the how manyth below the head, and what was filled in."""

    file: str
    row: int
    year: int
    n: int
    measures: str = ""
    progress: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What can't be taken, where; `row` 0 is the whole file."""

    file: str
    row: int
    why: object


def plain(text: str) -> str:
    """The words of a cell: no blanks around its lines, no empty lines."""
    return "\n".join(line.strip() for line in clean_text(text).splitlines() if line.strip())


def read(name: str, content: bytes) -> tuple[list[Row], list[Fault]]:
    """The rows of all lists in a file. One that can't be read at all is a fault of the file."""
    try:
        body = word_file.body(name, content)
    except RuleBroken as broken:
        return [], [Fault(name, 0, broken.message)]
    rows: list[Row] = []
    faults: list[Fault] = []
    for i, cells in enumerate(_filled(body), 1):
        found = _row(name, i, cells)
        if isinstance(found, Row):
            rows.append(found)
        elif found is not None:
            faults.append(found)
    if not rows and not faults:
        why = _("没有找到填好的整改清单：表头要有来源、整改措施、进展情况、整改结果。")
        faults.append(Fault(name, 0, why))
    return rows, faults


# --- tables ---------------------------------------------------------------------------------------


def _filled(body: Any) -> Iterator[dict[str, list[str]]]:
    """The rows below the heads of all lists, by what each column is."""
    for table in body.iter(_q("w:tbl")):
        columns: dict[str, list[int]] = {}
        for cells in _rows(table):
            head = _head(cells)
            if head:
                columns = head  # a head repeated further down is one again, not a row
            elif columns:
                yield {name: [cells.get(at, "") for at in places] for name, places in columns.items()} | {
                    "all": list(cells.values())
                }


def _head(cells: dict[int, str]) -> dict[str, list[int]]:
    """Which column is what, where this row is a head; empty where it isn't."""
    found: dict[str, list[int]] = {}
    for at, text in cells.items():
        said = "".join(text.split())
        name = next((name for name, sign in _SIGNS.items() if sign in said and len(said) <= LONGEST_HEAD), None)
        if name:
            found.setdefault(name, []).append(at)
    whole = found.keys() >= TITLES.keys() and ("source" in found or "line" in found)
    return found if whole else {}


def _rows(table: Any) -> Iterator[dict[int, str]]:
    """The cells of each row by the column of the grid they begin in; one merged downwards says in each row the same."""
    above: dict[int, str] = {}
    for row in table.xpath("./w:tr | ./w:sdt/w:sdtContent/w:tr"):
        if row.xpath("./w:trPr/w:del"):  # taken out with changes tracked
            continue
        at, cells = _columns(row.xpath("./w:trPr/w:gridBefore/@w:val")), {}
        for cell in row.xpath("./w:tc | ./w:sdt/w:sdtContent/w:tc"):
            merged = cell.xpath("./w:tcPr/w:vMerge[not(@w:val='restart')]")
            cells[at] = above.get(at, "") if merged else _text(cell)
            at += max(1, _columns(cell.xpath("./w:tcPr/w:gridSpan/@w:val")))
        above = cells
        yield cells


def _columns(said: list[str]) -> int:
    """How many columns of the grid a file says; what is no number is none, and no table has a thousand."""
    return min(sum(as_integer(one) or 0 for one in said), 1000)


def _text(cell: Any) -> str:
    paragraphs = ("".join(map(_piece, one.iter(*map(_q, _PIECES)))) for one in cell.iter(_q("w:p")))
    return plain("\n".join(paragraphs))


_PIECES = ("w:t", "w:br", "w:cr", "w:tab", "w:noBreakHyphen")
_OTHERS = {"br": "\n", "cr": "\n", "tab": " ", "noBreakHyphen": "-"}


def _piece(element: Any) -> str:
    kind = element.tag.rsplit("}", 1)[-1]
    if kind == "t":
        return "" if element.xpath("ancestor::w:moveFrom") else element.text or ""
    return _OTHERS[kind]


def _q(name: str) -> str:
    from docx.oxml.ns import qn  # noqa: PLC0415 - see review.word_file

    return str(qn(name))


# --- rows -----------------------------------------------------------------------------------------


def _row(name: str, i: int, cells: dict[str, list[str]]) -> Row | Fault | None:
    """A row with its number, or what is wrong with it; None for one that says nothing."""
    if not any(cells["all"]):
        return None
    numbers = set(_numbers([*cells.get("source", ()), *cells.get("line", ())]))
    if not numbers:
        return Fault(name, i, _("这一行没有编号（如整改2026-03），请不要改动“来源”。"))
    if len(numbers) > 1:
        return Fault(name, i, _("这一行有几个编号。"))
    filled = {key: "\n".join(filter(None, dict.fromkeys(cells[key]))) for key in TITLES}
    for key, text in filled.items():
        most = MAX_LINE - (len(RESULT) if key == "result" else 0)
        if len(text) > most:
            return Fault(name, i, _("“%(what)s”超过%(most)s字。", what=TITLES[key], most=most))
    year, n = numbers.pop()
    return Row(name, i, year, n, **filled)


def _numbers(texts: Iterable[str]) -> Iterator[tuple[int, int]]:
    for text in texts:
        yield from ((int(year), int(n)) for year, n in _NUMBER.findall(as_typed(text)))
