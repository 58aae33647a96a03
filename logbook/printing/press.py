"""A few papers are made at a time, of everybody, in whatever process of the server: each may take a gigabyte.

A place is a lock and a folder for what is temporary there; the lock goes with its holder, however that dies.
"""

import contextlib
import fcntl
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PLACES = 2
PATIENCE = 5  # seconds for a place to become free; then a page needs the thread more


class Busy(Exception):  # noqa: N818 - named as what it is
    """As many are made as may."""


@dataclass(frozen=True, slots=True)
class Press:
    """The places of an installation: `folder` is there from the first paper on."""

    folder: Path

    @contextlib.contextmanager
    def place(self) -> Iterator[Path]:
        """Take a place and yield its folder, empty. Raise Busy where none becomes free."""
        until = time.monotonic() + PATIENCE
        while True:
            for number in range(PLACES):
                with self._lock(number) as free:
                    if free:
                        try:
                            yield self._cleared(number)
                        finally:
                            self._clear(number)
                        return
            if time.monotonic() > until:
                raise Busy
            time.sleep(0.02)

    def clean(self) -> None:
        """Remove what papers left that a server's death broke off."""
        for number in range(PLACES):
            with self._lock(number) as free:
                if free:
                    self._clear(number)

    @contextlib.contextmanager
    def _lock(self, number: int) -> Iterator[bool]:
        """Hold a place's lock, where it is free."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with (self.folder / f"{number}.lock").open("w") as file:
            yield _locked(file)

    def _cleared(self, number: int) -> Path:
        self._clear(number)
        room = self.folder / str(number)
        room.mkdir(mode=0o700)
        return room

    def _clear(self, number: int) -> None:
        shutil.rmtree(self.folder / str(number), ignore_errors=True)


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
