"""A restore is one step: its journal. What the journal names is carried out by whoever comes next, again and again.

run.py restore lays everything ready and then writes the journal, whole. From there on a kill, a power cut, changes
nothing: every start first carries the journal out (or, where PostgreSQL did not take the new tables, drops it).
Standard library only, like instance.py.
"""

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from logbook.instance import Refused, sync, write_whole

JOURNAL = "restoring"
IN_USE = "in_use"  # locked by whoever serves or restores
BOX = ".restore-"  # a folder in which a restore lays things ready
ELSEWHERE = "elsewhere"  # in the box of this folder: where its other boxes lie
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
    stays: bool = False  # a file that is mounted: it cannot be renamed, so what it holds changes


@dataclass(frozen=True, slots=True)
class Plan:
    """A restore laid ready. With a `marker` it holds only if PostgreSQL's tables bear that."""

    places: tuple[Place, ...]
    boxes: tuple[str, ...]
    marker: str = ""


def write_journal(folder: Path, plan: Plan) -> None:
    """From here on the restore is done, whatever happens, also to a folder that is carried elsewhere meanwhile."""
    places = [
        asdict(one) | {n: _from(folder, getattr(one, n)) for n in ("target", "aside", "ready")} for one in plan.places
    ]
    boxes = [_from(folder, box) for box in plan.boxes]
    write_whole(folder / JOURNAL, json.dumps({"places": places, "boxes": boxes, "marker": plan.marker}))


def _from(folder: Path, path: str) -> str:
    return path.removeprefix(f"{folder}{os.sep}")


def settle(folder: Path, marker: Callable[[], str]) -> None:
    """Carry a broken-off restore out or drop it, and remove what one of this folder's left. The caller holds it."""
    journal = folder / JOURNAL
    if journal.exists():
        read = json.loads(journal.read_text("utf-8"))
        if not read["marker"] or read["marker"] == marker():
            for one in read["places"]:
                _change(folder, Place(**one))
        for box in read["boxes"]:
            shutil.rmtree(folder / box, ignore_errors=True)
        journal.unlink()
        sync(folder)
    for box in folder.glob(f"{own_box(folder)}*"):
        note = box / ELSEWHERE
        others = note.read_text("utf-8").splitlines() if note.exists() else []
        for one in (*map(Path, others), box):
            shutil.rmtree(one, ignore_errors=True)


def own_box(folder: Path) -> str:
    """How the boxes of this installation's restores begin, wherever they lie: another's may lie beside them."""
    return f"{BOX}{hashlib.sha256(os.path.realpath(folder).encode()).hexdigest()[:8]}-"


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


def mounted_below(path: Path) -> list[Path]:
    """Return what is mounted at `path` or in it: the kernel renames no such place."""
    real = path.parent.resolve() / path.name
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape").splitlines()
    except FileNotFoundError:
        return [path] if path.is_mount() else []
    places = [Path(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), line.split(" ")[4])) for line in lines]
    return [one for one in places if one == real or real in one.parents]


def _change(folder: Path, place: Place) -> None:
    """Safe to repeat from wherever it was broken off: what lies aside or is no longer ready tells how far it came."""
    target, aside, ready = folder / place.target, folder / place.aside, folder / place.ready
    comes = bool(place.ready) and os.path.lexists(ready)
    if place.had and not os.path.lexists(aside) and os.path.lexists(target):
        aside.parent.mkdir(mode=0o700, exist_ok=True)
        _put_aside(target, aside, stays=place.stays)
    if place.had and not place.stays and (comes or not place.ready):
        _remove(target)  # there is one where it went aside as a copy
    if comes and place.stays:
        _write_into(target, ready)
    elif comes:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        _move(ready, target)


def _put_aside(target: Path, aside: Path, *, stays: bool) -> None:
    try:
        if not stays:
            _move(target, aside)
            return
    except OSError as error:
        if error.errno != errno.EXDEV:  # as a container has it: a folder of its image cannot be renamed
            raise
    part = aside.with_name(f".{aside.name}-part")
    _remove(part)
    if target.is_dir():
        shutil.copytree(target, part, symlinks=True)
    else:
        shutil.copy2(target, part)
    sync_tree(part)
    _move(part, aside)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write_into(target: Path, ready: Path) -> None:
    """Broken off, it is done once more: what is ready goes last."""
    with ready.open("rb") as new, target.open("r+b") as old:
        shutil.copyfileobj(new, old)
        old.truncate()
        old.flush()
        os.fsync(old.fileno())
    ready.unlink()
    sync(ready.parent)


def sync_tree(path: Path) -> None:
    """Have the disk hold a file, or a folder and all it holds."""
    for folder, _folders, files in os.walk(path, topdown=False):
        for name in files:
            sync(Path(folder, name))
        sync(Path(folder))
    if path.is_file():
        sync(path)


def _move(source: Path, target: Path) -> None:
    source.rename(target)
    sync(target.parent)
    sync(source.parent)
