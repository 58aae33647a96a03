"""Where large answers lie until they are fetched: a folder of one server's own, locked as long as it lives.

It goes with its server. What one left that was killed is removed by the next start of any.
"""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

PREFIX = "logbook-answers-"


class Folder:
    """The folder of this server."""

    def __init__(self) -> None:
        for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            _remove_left(left)
        self.path, self._lock = _begin()

    def keep(self, begun: bytes | bytearray, chunks: Iterable[bytes]) -> Path:
        """Write an answer into a file: what has come of it, and the rest."""
        handle, name = tempfile.mkstemp(dir=self.path)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(begun)
                file.writelines(chunks)
        except BaseException:
            Path(name).unlink(missing_ok=True)  # a full disk is not made fuller
            raise
        return Path(name)

    def close(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _begin() -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(path, os.O_RDONLY)
            with contextlib.suppress(OSError):  # where nothing can be locked nothing of others is removed either
                fcntl.flock(handle, fcntl.LOCK_EX)
            if path.exists():  # another's start may have taken it for one that was left
                return path, handle
            os.close(handle)


def _remove_left(path: Path) -> None:
    """Remove a folder of this account's that nobody holds."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if os.fstat(handle).st_uid == os.geteuid():
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path)
        finally:
            os.close(handle)
