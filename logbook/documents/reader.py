"""Reads a Word file as Word shows it: all changes accepted, body and tables in order, numbers as printed.

Nothing that is hidden, moved away, deleted, a guide or a fallback; what can't be read is counted. Runs in the child.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from logbook.documents import package
from logbook.documents.numbers import Numbers, Styles, switch, value, whole

MOST_COLUMNS = 1000  # of a table, by what its spans say


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph with the number that is printed before it."""

    text: str
    number: str = ""

    def __str__(self) -> str:
        return self.number + self.text if self.text.strip() else ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell from the column of the grid it begins in; `goes_on` with the one above it."""

    column: int
    blocks: tuple["Paragraph | Table", ...]
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells."""

    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class WordText:
    """What a file says, in order; `unread` how many pictures, formulas and notes it says nothing of."""

    blocks: tuple["Paragraph | Table", ...]
    unread: int = 0


def read(content: bytes) -> WordText:
    """The text of a Word file. Raise package.Refused."""
    file = package.look_through(content)
    if file.kind != package.WORD:
        raise package.Refused("excel")
    root = file.xml(file.main)
    body = root.find("w-body")
    if root.tag != "w-document" or body is None:
        raise package.Refused("damaged")
    styles = Styles.of(_part(file, "styles"))
    reader = _Reader(styles, Numbers.of(_part(file, "numbering"), styles))
    blocks = tuple(reader.blocks(body))
    return WordText(blocks, sum(reader.unread.values()))


def _part(file: package.Package, kind: str) -> Element | None:
    name = file.related.get(kind, "")
    return file.xml(name) if name in file.archive.namelist() else None


def lines(blocks: tuple["Paragraph | Table", ...]) -> Iterator[str]:
    """A line for each paragraph, those of tables among them."""
    for one in blocks:
        if isinstance(one, Paragraph):
            yield str(one)
        else:
            for cell in (cell for row in one.rows for cell in row if not cell.goes_on):
                yield from lines(cell.blocks)


def tables(blocks: tuple["Paragraph | Table", ...]) -> Iterator[Table]:
    """Every table, one inside another after it."""
    for one in blocks:
        if isinstance(one, Table):
            yield one
            for cell in (cell for row in one.rows for cell in row):
                yield from tables(cell.blocks)


# --- the walk -------------------------------------------------------------------------------------

_GONE = {"w-del", "w-moveFrom", "w-rPr", "w-pPr", "w-sdtPr", "w-tblPr", "w-tcPr", "w-trPr", "w-rt", "w-instrText"}
_CHARACTERS = {
    "w-tab": "\t", "w-ptab": "\t", "w-br": "\n", "w-cr": "\n", "w-noBreakHyphen": "-"
}  # fmt: skip
_UNREAD = {"pic", "chart", "relIds", "v-imagedata", "v-textpath", "oMath", "w-object", "w-altChunk", "w-control",
           "w-footnoteReference", "w-endnoteReference", "inkML", "contentPart"}  # fmt: skip
_SYMBOLS = {
    "A8": "□", "6F": "□", "FE": "☑", "FD": "☒", "FC": "√", "FB": "×", "52": "☑", "A3": "□", "B7": "•", "6C": "●",
    "6E": "■", "D8": "➢", "75": "◆",
}  # fmt: skip


@dataclass(slots=True)
class _Open:
    """A paragraph being read: its pieces, and the boxes that hang on it."""

    pieces: list[str] = field(default_factory=list)
    boxes: list["Paragraph | Table"] = field(default_factory=list)
    style_hides: bool = False


@dataclass(slots=True)
class _Reader:
    styles: Styles
    numbers: Numbers
    unread: Counter[str] = field(default_factory=Counter)
    fields: list[bool] = field(default_factory=list)  # of each open field: is its code being read

    def blocks(self, parent: Element) -> Iterator["Paragraph | Table"]:
        """Its paragraphs and tables; a paragraph whose end is deleted or hidden goes on in the next one."""
        current = _Open()
        last: Element | None = None
        for one in _shown(parent):
            if one.tag == "w-p":
                properties = one.find("w-pPr")
                current.style_hides = self.styles.hides(value(properties, "w-pStyle") or self.styles.preset)
                self._inline(one, current)
                self.fields = [code for code in self.fields if not code]  # a code ends with its paragraph
                last = properties
                if not self._joins(properties, hides=current.style_hides):
                    yield from self._finished(current, properties)
                    current, last = _Open(), None
            elif one.tag == "w-tbl":
                yield Table(tuple(self._rows(one)))
            elif one.tag in _UNREAD:
                self.unread[one.tag] += 1
        if current.pieces or current.boxes:
            yield from self._finished(current, last)

    def _joins(self, properties: Element | None, *, hides: bool) -> bool:
        mark = None if properties is None else properties.find("w-rPr")
        gone = mark is not None and (mark.find("w-del") is not None or mark.find("w-moveFrom") is not None)
        hidden = switch(mark, "w-vanish")
        return gone or (hides if hidden is None else hidden)

    def _finished(self, current: _Open, properties: Element | None) -> Iterator["Paragraph | Table"]:
        yield Paragraph("".join(current.pieces), self.numbers.next(properties))
        yield from current.boxes

    def _inline(self, parent: Element, current: _Open) -> None:
        for one in _shown(parent):
            if one.tag == "w-r":
                if not self._hidden(one, hides=current.style_hides):
                    self._inline(one, current)
            elif one.tag in {"w-drawing", "w-pict"}:
                self._shapes(one, current)
            elif one.tag in _UNREAD:
                self.unread[one.tag] += 1
            elif piece := self._piece(one):
                current.pieces.append("" if any(self.fields) else piece)
            else:
                self._inline(one, current)

    def _piece(self, element: Element) -> str:
        if element.tag == "w-fldChar":
            self._field(element.get("fldCharType", ""))
        if element.tag == "w-t":
            return element.text or ""
        if element.tag == "w-sym":
            return self._symbol(element.get("char", ""))
        return _CHARACTERS.get(element.tag, "")

    def _symbol(self, code: str) -> str:
        if code.upper()[-2:] in _SYMBOLS and code.upper().startswith("F0"):
            return _SYMBOLS[code.upper()[-2:]]
        try:
            char = chr(int(code, 16))
        except (ValueError, OverflowError):
            char = "\ue000"
        if "\ue000" <= char <= "\uf8ff" or not char.isprintable():
            self.unread["w-sym"] += 1
            return ""
        return char

    def _field(self, kind: str) -> None:
        if kind == "begin":
            self.fields.append(True)
        elif kind == "separate" and self.fields:
            self.fields[-1] = False
        elif kind == "end" and self.fields:
            self.fields.pop()

    def _hidden(self, run: Element, *, hides: bool) -> bool:
        said = switch(run, "w-rPr/w-vanish")
        return said if said is not None else hides != self.styles.hides(value(run, "w-rPr/w-rStyle"))

    def _shapes(self, parent: Element, current: _Open) -> None:
        for one in _shown(parent):
            if one.tag == "w-txbxContent":
                current.boxes.extend(self.blocks(one))
            elif one.tag in _UNREAD:
                self.unread[one.tag] += 1
            else:
                self._shapes(one, current)

    def _rows(self, table: Element) -> Iterator[tuple[Cell, ...]]:
        for row in (one for one in _shown(table) if one.tag == "w-tr"):
            properties = row.find("w-trPr")
            gone = properties is not None and properties.find("w-del") is not None
            if not gone and not switch(properties, "w-hidden"):
                yield tuple(self._cells(row, whole(value(properties, "w-gridBefore"))))

    def _cells(self, row: Element, at: int) -> Iterator[Cell]:
        at = min(at, MOST_COLUMNS)
        for cell in (one for one in _shown(row) if one.tag == "w-tc"):
            properties = cell.find("w-tcPr")
            if properties is not None and properties.find("w-cellDel") is not None:
                continue
            merged = None if properties is None else properties.find("w-vMerge")
            goes_on = merged is not None and merged.get("val") != "restart"
            yield Cell(at, () if goes_on else tuple(self.blocks(cell)), goes_on)
            at = min(at + max(1, whole(value(properties, "w-gridSpan"))), MOST_COLUMNS)


def _shown(parent: Element) -> Iterator[Element]:
    """The children that are shown, out of what only wraps them."""
    for one in parent:
        if one.tag in _GONE:
            continue
        if one.tag == "w-sdt":
            if not switch(one, "w-sdtPr/w-showingPlcHdr"):  # a guide is no answer
                yield from _in(one.find("w-sdtContent"))
        elif one.tag == "mc-AlternateContent":
            yield from _in(_branch(one))
        elif one.tag in {"w-ins", "w-moveTo", "w-customXml", "w-smartTag"}:
            yield from _shown(one)
        else:
            yield one


def _in(parent: Element | None) -> Iterator[Element]:
    return iter(()) if parent is None else _shown(parent)


def _branch(element: Element) -> Element | None:
    """The first choice that is understood, else the fallback; never both."""
    choices = (one for one in element.findall("mc-Choice") if one.get("understood"))
    return next(choices, element.find("mc-Fallback"))
