"""A restore is one step: its journal. What the journal names is carried out by whoever comes next, again and again.

run.py restore lays everything ready and then writes the journal, whole. From there on a kill, a power cut, changes
nothing: every start first carries the journal out (or, where PostgreSQL did not take the new tables, drops it).
Standard library only, like instance.py.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from logbook.instance import Refused, sync, write_whole

JOURNAL = "restoring"
IN_USE = "in_use"  # locked by whoever serves or restores
BOX = ".restore-"  # a folder in which a restore lays things ready
# PostgreSQL is asked in two steps: who waited for a load to end must look with fresh eyes.
TURN = "SELECT pg_advisory_lock(hashtext(current_schema()))"
MARKER = "SELECT obj_description(to_regclass('alembic_version'))"


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder that changes: what is at `target` now goes `aside`, what lies `ready` takes its name."""

    target: str
    aside: str
    ready: str = ""
    had: bool = False  # whether there was something at `target`


@dataclass(frozen=True, slots=True)
class Plan:
    """A restore laid ready. With a `marker` it holds only if PostgreSQL's tables bear that."""

    places: tuple[Place, ...]
    boxes: tuple[str, ...]
    marker: str = ""


def write_journal(folder: Path, plan: Plan) -> None:
    """From here on the restore is done, whatever happens."""
    write_whole(folder / JOURNAL, json.dumps(asdict(plan)))


def settle(folder: Path, marker: Callable[[], str]) -> None:
    """Carry a broken-off restore out or drop it, and remove what one left. The caller holds the folder."""
    journal = folder / JOURNAL
    if journal.exists():
        read = json.loads(journal.read_text("utf-8"))
        plan = Plan(tuple(Place(**one) for one in read["places"]), tuple(read["boxes"]), read["marker"])
        if not plan.marker or plan.marker == marker():
            for place in plan.places:
                _change(place)
        for box in plan.boxes:
            shutil.rmtree(box, ignore_errors=True)
        journal.unlink()
        sync(folder)
    for left in folder.glob(f"{BOX}*"):
        shutil.rmtree(left, ignore_errors=True)


def settle_alone(folder: Path, marker: Callable[[], str]) -> None:
    """Settle before this process opens the installation; raise Refused while a restore is at work."""
    if (folder / JOURNAL).exists():
        with held(folder):
            settle(folder, marker)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep the folder to this process for a moment."""
    handle = os.open(folder / IN_USE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Refused(
            "正在从备份恢复，请等它结束后再运行一次。", "A restore is at work; run this again when it has ended."
        ) from None
    finally:
        os.close(handle)


def _change(place: Place) -> None:
    """Safe to repeat from wherever it was broken off: what lies aside or is no longer ready tells how far it came."""
    target, aside, ready = Path(place.target), Path(place.aside), Path(place.ready)
    if place.had and not os.path.lexists(aside) and os.path.lexists(target):
        aside.parent.mkdir(mode=0o700, exist_ok=True)
        _move(target, aside)
    if place.ready and os.path.lexists(ready):
        target.parent.mkdir(mode=0o700, exist_ok=True)
        _move(ready, target)


def _move(source: Path, target: Path) -> None:
    source.rename(target)
    sync(target.parent)
    sync(source.parent)
