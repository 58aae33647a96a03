"""Pieces of a file on its way, on the disk until the whole is there: where the line breaks, one piece is sent again.

The name of what is kept says how many of its bytes count; what a cut in the middle of a write left behind them is not
looked at.
"""

import contextlib
import datetime as dt
import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from logbook.clock import written_at
from logbook.config import MIB
from logbook.instance import sync

MOST_PIECE = MIB
KEPT_FOR = dt.timedelta(days=7)  # since its last piece, where nobody went on


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a file of `total` bytes, beginning at `start`."""

    start: int
    total: int
    content: bytes

    @property
    def end(self) -> int:
        return self.start + len(self.content)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a person sends to a record under a key of their own; another person's is another upload."""

    folder: Path
    person_id: int
    visit_id: int
    key: str

    def have(self) -> int:
        """How many bytes need not be sent again; of a whole that nobody took yet, the last is asked for once more.

        So there is always a piece left to send, and with it the file is taken.
        """
        with _turn(self.folder):
            kept = [(_counted(path), int(path.stem.split(".")[1])) for path in self._kept()]
        return max((min(have, total - 1) for have, total in kept), default=0)

    def add(self, piece: Piece, at: dt.datetime) -> tuple[int, bytes]:
        """Keep the piece when it is the next one; return how many bytes are there, and the whole once all are.

        What is returned is on the disk. A first piece of another total begins anew: the file was chosen again.
        """
        with _turn(self.folder):
            path = next(self.folder.glob(f"{self._name}.{piece.total}.*"), None)
            if piece.start == 0 and path is None:
                self._begin(at)
            path = path or self.folder / f"{self._name}.{piece.total}.0"
            if piece.start == _counted(path) < piece.total:
                path = _grown(path, piece.content)
            have = _counted(path)
            return have, path.read_bytes() if have == piece.total else b""

    def drop(self) -> None:
        """Forget all that was kept."""
        with _turn(self.folder):
            for path in self._kept():
                path.unlink()

    def _begin(self, at: dt.datetime) -> None:
        left = [path for path in self.folder.iterdir() if written_at(path) < at - KEPT_FOR]
        for path in {*left, *self._kept()}:
            path.unlink()

    def _kept(self) -> list[Path]:
        return list(self.folder.glob(f"{self._name}.*"))

    @property
    def _name(self) -> str:
        """A hash: what lies on the disk tells nobody who sends what."""
        return hashlib.sha256(f"{self.person_id}/{self.visit_id}/{self.key}".encode()).hexdigest()


def _counted(path: Path) -> int:
    return int(path.suffix[1:])


def _grown(path: Path, content: bytes) -> Path:
    """Write behind what counts, and only when that is on the disk give the file the name that counts it."""
    have = _counted(path)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        file.truncate(have)
        file.seek(have)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    grown = path.rename(path.with_suffix(f".{have + len(content)}"))
    sync(grown.parent)
    return grown


@contextlib.contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One at a time, over all processes: a repeat may arrive while the first is still being written."""
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
