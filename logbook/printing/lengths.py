"""How long a paper may be. What is too long to make says so before it is begun, and in which
parts it can be had.

Measured: 6,000 rows of a table, or as many forms, take 10 s of a processor and 900 MB as PDF, 12 s and 1.1 GB as Word
file; 300 characters weigh as much as a row. A workbook's rows stay nowhere: 50,000 take 4 s.
"""

import datetime as dt
from collections.abc import Iterable, Sequence

from logbook.documents.paper import Block, Form, Paper, Table

MOST_ROWS = 6_000  # of some eighty characters
CHARACTERS = 300  # as heavy as a row
HEAVIEST = 7_500  # rows, and characters as rows
MOST_SHEET_ROWS = 150_000
QUARTER = 3  # months

Part = tuple[str, str]  # its name, its address


class TooLong(Exception):  # noqa: N818 - named as what it is
    """The paper would have so many rows; `parts` are what can be had in its place."""

    def __init__(self, rows: int, parts: Sequence[Part] = ()) -> None:
        super().__init__(rows)
        self.rows = rows
        self.parts = parts


def refuse_long(rows: int, parts: Sequence[Part] = (), *, workbook: bool = False) -> None:
    """Raise TooLong where a paper of so many rows, or a workbook, cannot be made; before they are read."""
    if rows > (MOST_SHEET_ROWS if workbook else MOST_ROWS):
        raise TooLong(rows, parts)


def refuse_heavy(paper: Paper, parts: Sequence[Part] = ()) -> None:
    """Raise TooLong where the paper cannot be made, for its rows or its text."""
    rows = list(_cells([*paper.blocks, *(block for one in paper.attachments for block in one.blocks)]))
    characters = sum(len(text) for cells in rows for text in cells)
    if len(rows) + characters // CHARACTERS > HEAVIEST:
        raise TooLong(len(rows), parts)


def _cells(blocks: Iterable[Block]) -> Iterable[Sequence[str]]:
    """A row of a table, a form, a paragraph: the texts of each."""
    for block in blocks:
        if isinstance(block, Table):
            yield from block.rows
        elif isinstance(block, Form):
            yield [text for row in block.rows for text in row]
        else:
            yield [str(getattr(block, "text", ""))]


def spans(first: dt.date, last: dt.date) -> list[tuple[dt.date, dt.date]]:
    """The quarters of these days, or the months where they are no longer than a quarter; none of a month."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = QUARTER if months > QUARTER else 1
    begins = [first, *(one for one in _months(first, last) if (one.month - 1) % step == 0 and one > first)]
    ends = [one - dt.timedelta(days=1) for one in begins[1:]] + [last]
    return list(zip(begins, ends, strict=True)) if len(begins) > 1 else []


def _months(first: dt.date, last: dt.date) -> Iterable[dt.date]:
    """The first days of the months that begin in these days."""
    for number in range(first.year * 12 + first.month - 1, last.year * 12 + last.month):
        one = dt.date(number // 12, number % 12 + 1, 1)
        if first <= one:
            yield one
