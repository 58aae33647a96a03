"""PDF/A-2a and PDF/UA-1 by typst, in a child that ends: the typesetter would keep its memory for good."""

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from logbook.clock import today
from logbook.documents import child, fonts
from logbook.documents.child import PaperFailed
from logbook.documents.paper import Block, Chart, Form, Paper, Signature, Table, full_date, printable

HERE = Path(__file__).parent
SOURCE = str(HERE / "paper.typ")
PIXELS = 200  # an inch, of a chart in a Word file
SURELY_TWO = 100  # rows that fill more than a page, whatever they say: not typeset to be counted
MOST_MISSING = 100  # different characters that no font has, in one paper
GETA = "〓"  # the printers' sign for a character that is not at hand
JOINED = {"Mn", "Me", "Cf", "Sk"}
MISSING = re.compile(
    r'the text `"(.+?)"` could not be displayed|contains the (?:disallowed )?codepoint `"(.+?)"`', re.DOTALL
)
PAIR = 2  # cells of a form's row that go over the whole width
# Letters without a place to break are broken anywhere, as Word does it: in a narrow cell sooner than in a line.
UNBROKEN, UNBROKEN_IN_CELLS = (re.compile(rf"[0-9A-Za-z\u00c0-\u024f]{{{most},}}") for most in (30, 12))


def make(paper: Paper, folder: Path | None = None, room: Path | None = None) -> bytes:
    """The paper as PDF/A-2a and PDF/UA-1; `folder` holds a site's own fonts, tried first. Raise PaperFailed."""
    return next(child.results("pdf", [(paper, folder)], room))


# --- in the child ---------------------------------------------------------------------------------


def job(paper: Paper, folder: Path | None = None) -> dict[str, Any]:
    """The paper as the typesetter takes it: plain, with the folders of its fonts."""
    return {"paper": _plain(paper), "fonts": [str(one) for one in fonts.folders(folder)]}


def for_word(papers: Sequence[tuple[Paper, Sequence[str]]]) -> list[tuple[float, list[bytes]]]:
    """Of each paper how many pages it fills (1.9 is one and nine tenths of the next; 2 of a long one, whatever it
    has), and its charts as PNG.
    """
    import typst  # noqa: PLC0415 - in the child only: it would stay in memory

    places = typst.Fonts(font_paths=[str(one) for one in fonts.folders()])
    ask: Any = {"field": "value", "one": True, "font_paths": places}
    chart = '#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")'
    found = []
    for paper, svgs in papers:
        pages: float | str = 2.0
        if sum(len(one.rows) for one in paper.blocks if isinstance(one, Table)) <= SURELY_TWO:
            pages = typst.query(SOURCE, "<pages>", sys_inputs={"paper": json.dumps(_plain(paper))}, **ask)
        drawn = [
            typst.compile(
                chart.encode(), font_paths=places, sys_inputs={"svg": printable(svg)}, format="png", ppi=PIXELS
            )
            for svg in svgs
        ]
        found.append((float(pages), drawn))
    return found


def _plain(paper: Paper) -> dict[str, Any]:
    names = [one.name for one in paper.attachments]
    said = {
        "title": paper.title,
        "keywords": paper.made_from,
        "inner": paper.inner,
        "bound": paper.bound,
        "collected": paper.collected,
        "folios": paper.folios,
        "landscape": paper.landscape,
        "receiver": paper.receiver,
        "signed": paper.signed,
        "day": list((paper.dated or today()).timetuple()[:3]),  # PDF/A wants a date
        "dated": full_date(paper.dated) if paper.dated else "",
        "names": names,
        "attachments": [{"title": one.title, "landscape": one.landscape} for one in paper.attachments],
        "fonts": {**fonts.FAMILIES, "bold": True},
    }
    plain: dict[str, Any] = printable(said)
    plain["blocks"] = _blocks(paper.blocks)
    for shown, one in zip(plain["attachments"], paper.attachments, strict=True):
        shown["blocks"] = _blocks(one.blocks)
    return plain


def _blocks(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """As the typesetter takes them; a heading is tagged at most one level below the one before it (PDF/UA)."""
    found, depth = [_block(one) for one in blocks], 0
    for one in found:
        if one["kind"] == "heading":
            depth = one["depth"] = min(one["level"], depth + 1)
    return found


def _block(block: Block) -> dict[str, Any]:
    values: dict[str, Any] = printable(asdict(block)) | {"kind": type(block).__name__.lower()}
    if isinstance(block, Form):
        values["rows"] = [
            _breakable(row, UNBROKEN if len(row) == PAIR else UNBROKEN_IN_CELLS) for row in values["rows"]
        ]
    elif not isinstance(block, Chart):
        values = _breakable(values, UNBROKEN_IN_CELLS if isinstance(block, Table) else UNBROKEN)
    if isinstance(block, Table):
        values["widths"] = list(block.widths) or [1] * len(block.head)
    if isinstance(block, Signature):
        values["dated"] = full_date(block.dated) if block.dated else ""
    if isinstance(block, Chart):
        values["alt"] = label(block)
    return values


def _breakable(value: Any, unbroken: re.Pattern[str]) -> Any:
    """The texts with U+200B, an unseen place to break, between the letters of what would run off the page."""
    if isinstance(value, str):
        return unbroken.sub(lambda found: "\u200b".join(found[0]), value)
    if isinstance(value, dict):
        return {name: _breakable(one, unbroken) for name, one in value.items()}
    return [_breakable(one, unbroken) for one in value] if isinstance(value, list | tuple) else value


def label(chart: Chart) -> str:
    """What the chart says it shows, for those who cannot see it."""
    found = re.search(r'aria-label="([^"]*)"', chart.svg)
    return chart.title or (found[1] if found else "图")


def typeset(given: dict[str, Any]) -> bytes:
    """The PDF of a `job`; a character that no font has is printed as 〓.

    PDF/A refuses it (ISO 19005-2, 6.2.11.8), and one emoji pasted by mistake must not cost a bureau its summary.
    """
    import typst  # noqa: PLC0415 - see for_word

    places = _fonts(given)

    def made(text: str) -> bytes:
        return typst.compile(SOURCE, font_paths=places, sys_inputs={"paper": text}, pdf_standards=["a-2a", "ua-1"])

    text = json.dumps(given["paper"], ensure_ascii=False)
    for n in range(MOST_MISSING):
        try:
            return made(text)
        except typst.TypstError as error:
            missed = _missed(error)
            if not missed:
                raise
            if n == 0:  # a book is not set again for each of a hundred: a page of its characters tells them all
                missed += _absent(given["paper"], text, made)
            text = _without(missed, text)
    raise PaperFailed("too many characters that no font has")


def _missed(error: Exception) -> str:
    found = MISSING.search(str(error))
    return _unescaped(found[1] or found[2]) if found else ""


def _absent(paper: dict[str, Any], text: str, made: Callable[[str], bytes]) -> str:
    """The paper's characters that no font has; what only joins others is judged where it stands."""
    import typst  # noqa: PLC0415 - see for_word

    left = {char for char in text if char > "~" and unicodedata.category(char) not in JOINED}
    gone: set[str] = set()
    while True:
        line = {"kind": "para", "text": " ".join(sorted(left)), "lead": "", "indent": True, "keep": False}
        try:
            made(json.dumps({**paper, "title": "", "blocks": [line], "names": [], "signed": "", "attachments": []}))
        except typst.TypstError as error:
            new = left & set(_missed(error))
            gone, left = gone | new, left - new
            if new:
                continue
        return "".join(gone)


def _fonts(given: dict[str, Any]) -> Any:
    """Read once for all that a job typesets."""
    import typst  # noqa: PLC0415 - see for_word

    return typst.Fonts(font_paths=given["fonts"])


def _without(missed: str, text: str) -> str:
    """The text with 〓 for what was missed; where that was missed, without what joins it: skin, hair, accents."""
    gone = {
        ord(char): "" if unicodedata.category(char) == "Cf" else GETA for char in missed if char > "~" and char != GETA
    }
    if gone:
        return text.translate(gone)
    return "".join(char for char in text if char <= "~" or unicodedata.category(char) not in JOINED)


def _unescaped(text: str) -> str:
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), text)
