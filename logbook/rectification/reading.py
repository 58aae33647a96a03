"""A 整改清单 that comes back in Word: found by its head, read cell by cell, with distrust.

Reading is pure: bytes in, frozen rows and faults out. Nothing here knows the database.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from logbook.cleaning import clean_text
from logbook.db import N_
from logbook.documents.reader import Cell, Paragraph, Table, lines, tables
from logbook.errors import RuleBroken
from logbook.formats import as_typed
from logbook.problems.actions import MAX_LINE
from logbook.review import word_file

LONGEST_HEAD = 12  # characters of a cell of the head; a longer one is a sentence
TITLES = {"measures": N_("整改措施"), "progress": N_("进展情况"), "result": N_("整改结果")}
RESULT = "整改结果："  # begins the step in which a secretary says how it ended; closing is the ledger's
_SIGNS = {"measures": "措施", "progress": "进展", "result": "结果", "source": "来源", "line": "序号"}
_ASIDE = re.compile(r"[（(][^（）()]*[）)]")  # as （截至2026年3月5日）
_ALSO = re.compile(r"[0-9]{4}-[0-9]{1,6}[、,，和及/及;；.]+[0-9]{1,6}(?![0-9年月日-])")
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
        document = word_file.read(name, content)
    except RuleBroken as broken:
        return [], [Fault(name, 0, broken.message)]
    rows: list[Row] = []
    faults: list[Fault] = []
    for i, cells in enumerate(_filled(document.blocks), 1):
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


def _filled(blocks: tuple[Paragraph | Table, ...]) -> Iterator[dict[str, list[str]]]:
    """The rows below the heads of all lists, by what each column is; a list cut in two goes on with the head above."""
    columns: dict[str, list[int]] = {}
    for table in tables(blocks):
        rows = list(_rows(table))
        if columns and not any(map(_head, rows)) and not _goes_on(rows, columns):
            columns = {}  # a table of something else
        for cells in rows:
            head = _head(cells)
            if head:
                columns = head  # a head repeated further down is one again, not a row
            elif columns:
                yield {name: [cells.get(at, "") for at in places] for name, places in columns.items()} | {
                    "all": list(cells.values())
                }


def _goes_on(rows: list[dict[int, str]], columns: dict[str, list[int]]) -> bool:
    """Whether a table without a head is the rest of the list above: a number stands where numbers stood."""
    places = [at for key in ("source", "line") for at in columns.get(key, ())]
    return any(any(_numbers([cells.get(at, "")])) for cells in rows for at in places)


def _head(cells: dict[int, str]) -> dict[str, list[int]]:
    """Which column is what, where this row is a head; empty where it isn't."""
    found: dict[str, list[int]] = {}
    for at, text in cells.items():
        said = _ASIDE.sub("", "".join(text.split()))
        name = next((name for name, sign in _SIGNS.items() if sign in said and len(said) <= LONGEST_HEAD), None)
        if name:
            found.setdefault(name, []).append(at)
    whole = found.keys() >= TITLES.keys() and ("source" in found or "line" in found)
    return found if whole else {}


def _rows(table: Table) -> Iterator[dict[int, str]]:
    """The cells of each row by the column of the grid they begin in; one merged downwards says in each row the same."""
    above: dict[int, str] = {}
    for row in table.rows:
        above = {one.column: above.get(one.column, "") if one.goes_on else _text(one) for one in row}
        yield above


def _text(cell: Cell) -> str:
    return plain("\n".join(lines(cell.blocks)).replace("\t", " "))


# --- rows -----------------------------------------------------------------------------------------


def _row(name: str, i: int, cells: dict[str, list[str]]) -> Row | Fault | None:
    """A row with its number, or what is wrong with it; None for one that says nothing."""
    if not any(cells["all"]):
        return None
    numbers = set(_numbers([*cells.get("source", ()), *cells.get("line", ())]))
    if not numbers:
        return Fault(name, i, _("这一行没有编号（如整改2026-03），请不要改动“来源”。"))
    if len(numbers) > 1 or any(_ALSO.search(as_typed(one)) for key in ("source", "line") for one in cells.get(key, ())):
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
