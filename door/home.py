"""An installation: its folder, database and key."""

import contextlib
import datetime as dt
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from door import postgres
from door.lines import Stop, say
from door.programs import PYTHON, ROOT, quietly
from logbook import instance, restoring

IN_USE = restoring.IN_USE
CLOCK = "LOGBOOK_CLOCK"  # seconds, for tests: see logbook/clock.py


@dataclass(frozen=True)
class Home:
    """Where one installation keeps its data."""

    folder: Path
    url: str
    key: Path

    @property
    def database(self) -> "Path | None":
        """The SQLite file; None on PostgreSQL."""
        return Path(self.url.removeprefix("sqlite:///")) if self.url.startswith("sqlite:") else None

    @property
    def attachments(self) -> Path:
        return self.folder / "attachments"

    def environment(self) -> dict[str, str]:
        """Return the environment in which the application finds this installation."""
        own = {"INSTANCE": self.folder, "DATABASE_URL": self.url, "SECRET_KEY_FILE": self.key}
        return {**os.environ, **{f"LOGBOOK_{name}": str(value) for name, value in own.items()}}

    def flask(self, *argv: str) -> str:
        """Run one of the application's commands and return what it printed."""
        return quietly([PYTHON, "-m", "flask", "--app", "logbook.app", *argv], env=self.environment()).strip()


def home_here() -> Home:
    """Return the installation that the environment names, by default instance/; what is written stays private."""
    if os.environ.get(CLOCK):
        raise Stop("clock")
    os.umask(0o077)
    folder = Path(os.environ.get("LOGBOOK_INSTANCE") or ROOT / "instance").absolute()
    url = known_url(os.environ.get("LOGBOOK_DATABASE_URL") or f"sqlite:///{folder / 'logbook.db'}", folder)
    return Home(folder, url, Path(os.environ.get("LOGBOOK_SECRET_KEY_FILE") or folder / "secret_key").absolute())


def known_url(url: str, folder: Path) -> str:
    """Return the address as the application takes it: a file's in full, from the installation's folder on."""
    kind, _colon, rest = url.partition("://")
    if kind == "sqlite" and rest.startswith("/") and rest != "/":
        return f"sqlite:///{folder / rest[1:]}"
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if kind in {"postgres", "postgresql", "postgresql+psycopg"} and parts.port != 0 and len(parts.path) > 1:
            return f"postgresql+psycopg://{rest}"
    raise Stop("bad_url")


def hold(home: Home) -> int:
    """Keep this installation to this process, also after exec: one server, and no restore beneath it.

    A restore that was broken off is carried out first. Return the lock's handle, for a child that must keep it too.
    """
    home.folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(home.folder / IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Stop("in_use", folder=home.folder) from None
    os.set_inheritable(handle, True)
    restoring.settle(home.folder, lambda: marker_of(home))
    close_key(home)
    if home.database and restoring.mounted_below(home.database):
        say("database_alone", path=home.database)
    return handle


def marker_of(home: Home) -> str:
    """Return by which restore PostgreSQL's tables came; SQLite needs none."""
    return postgres.ask(home.url, restoring.TURN, restoring.MARKER)


def close_key(home: Home) -> None:
    """Take the key from everybody but its owner, and say so."""
    if home.key.exists() and instance.close_key(home.key):
        say("key_closed", path=home.key)


@contextlib.contextmanager
def sharing(folder: Path, *, alone: bool = False) -> Iterator[None]:
    """Read an installation while no restore changes it; `alone` is the restore, which waits for no backup."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, alone=alone)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, *, alone: bool) -> None:
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Stop("backing_up" if alone else "being_restored") from None
    except OSError:  # a network share that locks no folders
        return


def refuse_newer(version: str) -> None:
    if not any((ROOT / "migrations" / "versions").glob(f"{version}_*.py")):
        raise Stop("newer", version=version)


def moment() -> str:
    return f"{dt.datetime.now().astimezone():%Y%m%d-%H%M%S}"
