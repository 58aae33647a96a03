"""PDF/A-2a and PDF/UA-1 by typst, in a child process that ends: the typesetter would keep its memory for good."""

import base64
import contextlib
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from logbook.clock import today
from logbook.documents import fonts
from logbook.documents.paper import Block, Chart, Paper, Signature, Table, full_date, printable

HERE = Path(__file__).parent
SOURCE = str(HERE / "paper.typ")
LONGEST = 60  # seconds
PIXELS = 200  # an inch, of a chart in a Word file
MOST_MISSING = 100  # different characters that no font has, in one paper
GETA = "〓"  # the printers' sign for a character that is not at hand
JOINED = {"Mn", "Me", "Cf", "Sk"}
MISSING = re.compile(r'the text `"(.+?)"` could not be displayed|contains the codepoint `"(.+?)"`', re.DOTALL)


class PaperFailed(RuntimeError):  # noqa: N818
    """The typesetter gave up; the message is its own."""


def make(paper: Paper, folder: Path | None = None) -> bytes:
    """The paper as PDF/A-2a and PDF/UA-1; `folder` holds a site's own fonts, tried first. Raise PaperFailed."""
    return _child(job(paper, folder))[0]


def job(paper: Paper, folder: Path | None = None) -> dict[str, Any]:
    """The paper as a child is given it: plain, with the folders of its fonts."""
    return {"paper": printable(_plain(paper)), "fonts": [str(one) for one in fonts.folders(folder)]}


def for_word(papers: Sequence[tuple[Paper, Sequence[str]]]) -> list[tuple[float, list[bytes]]]:
    """Of each paper how many pages it fills (1.9 is one and nine tenths of the next), and its charts as PNG.

    One child for all of them: to begin one costs more than to count. Raise PaperFailed.
    """
    counts = [printable(_plain(paper)) for paper, _svgs in papers]
    svgs = [svg for _paper, drawn in papers for svg in drawn]
    done = iter(_child({"counts": counts, "svgs": svgs, "fonts": [str(one) for one in fonts.folders()]}))
    pages = [float(next(done)) for _count in counts]
    return [(n, [next(done) for _svg in drawn]) for n, (_paper, drawn) in zip(pages, papers, strict=True)]


def environment() -> dict[str, str]:
    """What a child finds around it."""
    return os.environ | {"PYTHONPATH": str(HERE.parent.parent), "SOURCE_DATE_EPOCH": "0"}


def _child(given: dict[str, Any]) -> list[bytes]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "logbook.documents.pdf"],
            input=json.dumps(given).encode(), capture_output=True, check=False, timeout=LONGEST, env=environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise PaperFailed("timeout") from error
    if done.returncode:
        raise PaperFailed(done.stderr.decode(errors="replace")[-500:])
    return [base64.b64decode(one) for one in json.loads(done.stdout)]


def _plain(paper: Paper) -> dict[str, Any]:
    names = [one.name for one in paper.attachments]
    return {
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
        "blocks": _blocks(paper.blocks),
        "attachments": [
            {"title": one.title, "landscape": one.landscape, "blocks": _blocks(one.blocks)} for one in paper.attachments
        ],
        "fonts": {**fonts.FAMILIES, "bold": True},
    }


def _blocks(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    """As the typesetter takes them; a heading is tagged at most one level below the one before it (PDF/UA)."""
    found, depth = [_block(one) for one in blocks], 0
    for one in found:
        if one["kind"] == "heading":
            depth = one["depth"] = min(one["level"], depth + 1)
    return found


def _block(block: Block) -> dict[str, Any]:
    values = asdict(block) | {"kind": type(block).__name__.lower()}
    if isinstance(block, Table):
        values["widths"] = list(block.widths) or [1] * len(block.head)
    if isinstance(block, Signature):
        values["dated"] = full_date(block.dated) if block.dated else ""
    if isinstance(block, Chart):
        values["alt"] = label(block)
    return values


def label(chart: Chart) -> str:
    """What the chart says it shows, for those who cannot see it."""
    found = re.search(r'aria-label="([^"]*)"', chart.svg)
    return chart.title or (found[1] if found else "图")


def _typeset() -> None:
    """The child: a job on stdin, its results on stdout."""
    import typst  # noqa: PLC0415 - in the child only: it would stay in memory

    step_back()
    given = json.load(sys.stdin)
    if "paper" in given:
        results = [typeset(given)]
    else:
        places = _fonts(given)
        inputs = [{"paper": json.dumps(count)} for count in given["counts"]]
        ask: Any = {"field": "value", "one": True, "font_paths": places}
        results = [typst.query(SOURCE, "<pages>", sys_inputs=one, **ask).encode() for one in inputs]
        chart = '#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")'
        results += [
            typst.compile(chart.encode(), font_paths=places, sys_inputs={"svg": svg}, format="png", ppi=PIXELS)
            for svg in given["svgs"]
        ]
    json.dump([base64.b64encode(one).decode() for one in results], sys.stdout)


def step_back() -> None:
    """In a child: pages go before papers, and where memory runs out the system ends the child, not the server."""
    os.nice(5)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def typeset(given: dict[str, Any]) -> bytes:
    """In the child: the PDF of a `job`; a character that no font has is printed as 〓.

    PDF/A refuses it (ISO 19005-2, 6.2.11.8), and one emoji pasted by mistake must not cost a bureau its summary.
    """
    import typst  # noqa: PLC0415 - see _typeset

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
    import typst  # noqa: PLC0415 - see _typeset

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
    import typst  # noqa: PLC0415 - see _typeset

    return typst.Fonts(font_paths=given["fonts"])


def _without(missed: str, text: str) -> str:
    """The text with 〓 for what was missed; where that was missed, without what joins it: skin, hair, accents."""
    gone = {char for char in missed if char > "~" and char != GETA}
    if gone:
        return "".join(GETA if char in gone else char for char in text)
    return "".join(char for char in text if char <= "~" or unicodedata.category(char) not in JOINED)


def _unescaped(text: str) -> str:
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), text)


if __name__ == "__main__":
    _typeset()
