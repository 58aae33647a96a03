"""A paper as PDF and as pictures of its pages, made in a child process that outlives the request it was asked in.

All that is known of it lies in its folder, so that every process of the server can look at it and end it: `running` is
locked by the child for as long as it lives, however it dies, and holds its number; `sizes` says that the PDF is there.
"""

import fcntl
import io
import json
import math
import os
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from logbook.documents import child, pdf
from logbook.documents.paper import Paper

MOST = 60  # pages drawn; a longer paper is looked at in its file
LONGEST = 120  # seconds
SCALE = 2  # pixels a point: 144 an inch, to be enlarged on a phone
PDF, SIZES, FULL, RUNNING = "paper.pdf", "sizes", "full", "running"


@dataclass(frozen=True, slots=True)
class Drawing:
    """How far it has come: `pages` of the paper, 0 until it is typeset; `sizes`, in pixels, of those to be drawn."""

    running: bool
    pages: int = 0
    sizes: tuple[tuple[int, int], ...] = ()
    drawn: int = 0
    full: bool = False  # the disk

    @property
    def done(self) -> bool:
        return not self.running and 0 < self.drawn == len(self.sizes)


def begin(paper: Paper, folder: Path, own_fonts: Path | None = None) -> None:
    """Start the child; `folder` is there, and empty."""
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with (folder / RUNNING).open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        begun = child.begin("logbook.documents.pictures", folder, pass_fds=[file.fileno()], **silent)
        file.write(str(begun.pid))
    # A thread hands the job over and waits: an ended child that nobody waits for stays in the system's table.
    threading.Thread(target=_see_to_its_end, args=(begun, (paper, own_fonts, folder)), daemon=True).start()


def _see_to_its_end(begun: subprocess.Popen[bytes], job: object) -> None:
    child.hand(begun, job)
    begun.wait()
    child.end(begun)  # only now its pipe is closed, which it takes for our own end


def look(folder: Path) -> Drawing:
    """How far it has come; one that is neither running nor done has failed."""
    running = _alive(folder)  # first: what it has done when it ends is there
    found = _read(folder / SIZES)
    sizes = tuple((wide, high) for wide, high in found["sizes"])
    return Drawing(running, found["pages"], sizes, len(list(folder.glob("*.png"))), (folder / FULL).exists())


def end(folder: Path) -> None:
    """End the child, if it still lives; when this returns it writes nothing more."""
    try:
        with (folder / RUNNING).open("r+", encoding="ascii") as file:
            if not _free(file):
                os.kill(int(file.read()), signal.SIGKILL)
                fcntl.flock(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return {"pages": 0, "sizes": []}
    return found


def _alive(folder: Path) -> bool:
    try:
        with (folder / RUNNING).open("r+", encoding="ascii") as file:
            return not _free(file)
    except FileNotFoundError:
        return False


def _free(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two may look at once
    except BlockingIOError:
        return False
    return True


def _draw() -> None:
    """The child: a job on stdin, its files in the folder; what fails leaves none of them."""
    child.step_back()
    paper, own_fonts, folder = child.take(LONGEST)
    child.end_with_server()
    try:
        _pictures(pdf.typeset(pdf.job(paper, own_fonts)), folder)
    except Exception as error:
        for path in folder.iterdir():
            if path.name.startswith((PDF, SIZES)) or ".png" in path.name:
                path.unlink()
        if child.full(error):
            (folder / FULL).touch()
        raise


def _pictures(content: bytes, folder: Path) -> None:
    import pypdfium2  # noqa: PLC0415 - in the child only

    _put(folder / PDF, content)
    document = pypdfium2.PdfDocument(content)
    shown = range(min(len(document), MOST))
    sizes = [[math.ceil(points * SCALE) for points in document.get_page_size(n)] for n in shown]
    _put(folder / SIZES, json.dumps({"pages": len(document), "sizes": sizes}).encode())
    for n in shown:
        picture = io.BytesIO()
        document[n].render(scale=SCALE).to_pil().save(picture, "png", compress_level=1)
        _put(folder / f"{n + 1}.png", picture.getvalue())


def _put(path: Path, content: bytes) -> None:
    """Under its name a file is whole."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


if __name__ == "__main__":
    _draw()
