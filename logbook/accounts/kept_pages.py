"""Pages that refused what was typed, kept for a while, so that Back and a reload show them again.

Each is a file of one sign-in, sealed with what only that browser's cookie and this installation know together: a copy
of the disk does not open it, nobody else's browser does, and signing out removes it.
"""

import contextlib
import datetime as dt
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from logbook.clock import written_at

KEPT_FOR = dt.timedelta(hours=2)
MOST_PAGES = 12  # of one sign-in; one more takes the place of the oldest
MOST_BYTES = 1024 * 1024  # of one page
IV_BYTES = 12
TYPED = ".typed"  # what was typed into the page since then


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """A page as it was answered: to whom, in which roles, for which address."""

    person_id: int
    roles: tuple[str, ...]
    path: str
    status: int
    page: str


@dataclass(frozen=True, slots=True)
class Drawer:
    """The refused pages of one sign-in; `folder` is the installation's, `token` the cookie's."""

    folder: Path
    secret: bytes
    token: str

    def keep(self, refused: RefusedPage, *, at: dt.datetime) -> str:
        """Keep the page and return its name; nothing where it is too large."""
        packed = json.dumps(asdict(refused), ensure_ascii=False).encode()
        if len(packed) > MOST_BYTES:
            return ""
        _clean(self.folder, at)
        place = self._place()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in sorted(_pages(place), key=written_at)[: 1 - MOST_PAGES or None]:
            _remove(old)
        name = secrets.token_urlsafe(16)
        self._write(name, packed)
        return name

    def find(self, name: str, *, at: dt.datetime) -> RefusedPage | None:
        """The page of that name; None where it is not there any more, or not of this sign-in."""
        packed = self._read(name, at)
        if packed is None:
            return None
        found = json.loads(packed)
        return RefusedPage(**found | {"roles": tuple(found["roles"])})

    def keep_typed(self, name: str, typed: bytes, *, at: dt.datetime) -> bool:
        """Keep what was typed into the page since; False where the page is not there."""
        if len(typed) > MOST_BYTES or self._read(name, at) is None:
            return False
        self._write(name + TYPED, typed)
        return True

    def typed(self, name: str, *, at: dt.datetime) -> bytes | None:
        """What was typed into the page since it was refused."""
        return self._read(name + TYPED, at)

    def drop(self, name: str) -> None:
        """Remove one page: what stood in it was taken."""
        _remove(self._place() / name)

    def wipe(self) -> None:
        """Remove all pages of this sign-in."""
        shutil.rmtree(self._place(), ignore_errors=True)

    def _place(self) -> Path:
        return self.folder / hashlib.sha256(b"refused place" + self.token.encode()).hexdigest()[:32]

    def _key(self) -> bytes:
        return hashlib.sha256(b"refused key" + self.secret + self.token.encode()).digest()

    def _write(self, name: str, packed: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - a library written in Rust

        iv = os.urandom(IV_BYTES)
        begun = self._place() / f"{name}.new-{secrets.token_hex(4)}"
        begun.write_bytes(iv + AESGCM(self._key()).encrypt(iv, packed, name.encode()))
        begun.replace(self._place() / name)

    def _read(self, name: str, at: dt.datetime) -> bytes | None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - see _write
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - see _write

        path = self._place() / name
        try:
            if at - written_at(path) > KEPT_FOR:
                return None
            raw = path.read_bytes()
            return AESGCM(self._key()).decrypt(raw[:IV_BYTES], raw[IV_BYTES:], name.encode())
        except (OSError, InvalidTag):
            return None


def _pages(place: Path) -> Iterator[Path]:
    return (one for one in place.iterdir() if one.suffix != TYPED)


def _remove(page: Path) -> None:
    with contextlib.suppress(OSError):
        page.unlink(missing_ok=True)
        page.with_name(page.name + TYPED).unlink(missing_ok=True)


def _clean(folder: Path, at: dt.datetime) -> None:
    """Remove what is too old, whoever's it was: a browser that never came back cannot do it."""
    for page in folder.glob("*/*"):
        with contextlib.suppress(OSError):  # gone meanwhile
            if at - written_at(page) > KEPT_FOR:
                page.unlink()
    for place in folder.glob("*"):
        with contextlib.suppress(OSError):  # not empty
            place.rmdir()
