"""The child that makes papers and reads files: a job on stdin, each result on stdout behind its length."""

import pickle
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from logbook.documents import child, package, pdf, reader, sheet, word

Take = Callable[[], Any]


def _pdf(take: Take) -> Iterator[bytes]:
    paper, folder = take()
    child.end_with_server()
    yield pdf.typeset(pdf.job(paper, folder))


def _word(take: Take) -> Iterable[bytes]:
    papers = take()
    child.end_with_server()
    return word.build(papers)


def _workbook(take: Take) -> Iterator[bytes]:
    content = sheet.build(sheet.handed(take))
    child.end_with_server()
    yield content


def _read(take: Take) -> Iterator[bytes]:
    """What a Word file says, or the one word why it isn't taken."""
    content = take()
    child.end_with_server()
    try:
        found: reader.WordText | str = reader.read(content)
    except package.Refused as refused:
        found = str(refused)
    except package.BROKEN:
        found = "damaged"
    yield pickle.dumps(found)


MAKERS: dict[str, Callable[[Take], Iterable[bytes]]] = {
    "pdf": _pdf,
    "word": _word,
    "workbook": _workbook,
    "read": _read,
}


def main() -> None:
    """Make what is asked for; a full disk is told by the number it ends with."""
    child.step_back()
    kind, longest = child.take()
    try:
        for content in MAKERS[kind](partial(child.take, longest)):
            sys.stdout.buffer.write(len(content).to_bytes(child.LENGTH))
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
    except Exception as error:
        number = child.full(error)
        if number:
            sys.exit(number)
        raise


if __name__ == "__main__":
    main()
