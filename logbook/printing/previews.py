"""Previews: a folder for each below the one of the person who asked, so that nobody else's address finds it.

What is known of one stands in its folder: any process of the server may show it, and end it.
"""

import contextlib
import datetime as dt
import fcntl
import json
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from logbook.clock import written_at
from logbook.documents import pictures
from logbook.documents.paper import Paper
from logbook.errors import NotThere
from logbook.printing.actions import Made
from logbook.printing.press import Busy

KEPT_FOR = dt.timedelta(hours=1)
MOST_RUNNING = 2  # of one person; a third ends the oldest
MOST_KEPT = 5
MOST_AT_ALL = 4  # running, of everybody: a large book takes a gigabyte
PATIENCE = 3  # seconds until progress is shown instead
ASKED = "asked.json"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: the file as the list will note it, and the addresses around it."""

    made: Made
    back: str
    again: str = ""
    word: str = ""
    posts: bool = False  # the Word file is asked for by a form
    roles: str = ""  # of who asked
    told: Sequence[str] = ()  # what whoever looks at it should know, and no paper says


@dataclass(frozen=True, slots=True)
class Shelf:
    """All previews of an installation: `folder` is there from the first one on."""

    folder: Path

    def start(self, paper: Paper, asked: Asked, person_id: int, *, at: dt.datetime, fonts: Path) -> str:
        """Start one and return its token; one's own older ones make room for it. Raise Busy when others run enough."""
        token = secrets.token_urlsafe(24)
        with self._turn():
            self._clean(at)
            self._make_room(person_id)
            if self.running() >= MOST_AT_ALL:
                raise Busy
            place = self._person(person_id) / token
            place.mkdir(mode=0o700, parents=True)
            try:
                (place / ASKED).write_text(json.dumps(asdict(asked)), encoding="utf-8")
                pictures.begin(paper, place, fonts)
            except OSError:
                _remove(place)
                raise
        return token

    def find(self, person_id: int, token: str, *, at: dt.datetime) -> tuple[Path, Asked]:
        """Its folder, and what was asked for; another's, an old and an ended one are not there."""
        place = self._person(person_id) / token
        if _old(place, at):
            raise NotThere
        try:
            found = json.loads((place / ASKED).read_text(encoding="utf-8"))
        except FileNotFoundError as error:  # ended a moment ago
            raise NotThere from error
        return place, Asked(**found | {"made": Made(**found["made"])})

    def end(self, person_id: int, token: str) -> None:
        """End it and remove all of it."""
        with self._turn():
            _remove(self._person(person_id) / token)

    def end_all(self, person_id: int) -> None:
        """End and remove all of a person's."""
        with self._turn():
            for place in self._person(person_id).glob("*/"):
                _remove(place)

    def running(self) -> int:
        """How many of everybody's."""
        return sum(pictures.look(place).running for place in self.folder.glob("*/*/"))

    def clean(self, at: dt.datetime) -> None:
        """Remove what is too old."""
        with self._turn():
            self._clean(at)

    def _clean(self, at: dt.datetime) -> None:
        for place in self.folder.glob("*/*/"):  # folders only: a stray file is not ours
            if _old(place, at):
                _remove(place)

    def _make_room(self, person_id: int) -> None:
        mine = sorted(self._person(person_id).glob("*/"), key=_begun)
        running = [place for place in mine if pictures.look(place).running]
        for place in {*running[: 1 - MOST_RUNNING], *mine[: 1 - MOST_KEPT]}:
            _remove(place)

    def _person(self, person_id: int) -> Path:
        return self.folder / str(person_id)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """One at a time, over all processes: two started at once are two."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with (self.folder / "turn").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def wait(place: Path) -> None:
    """Give a short one the time to be done."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and pictures.look(place).running:
        time.sleep(0.05)


def _begun(place: Path) -> dt.datetime:
    """When it was asked for; what is being removed by another process is the oldest."""
    try:
        return written_at(place / ASKED)
    except FileNotFoundError:
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def _old(place: Path, at: dt.datetime) -> bool:
    return _begun(place) < at - KEPT_FOR


def _remove(place: Path) -> None:
    pictures.end(place)
    shutil.rmtree(place, ignore_errors=True)
