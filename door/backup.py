"""Backup: a zip with the database, the key, the attachments, and manifest.json with each one's SHA-256.

The zip's comment is the SHA-256 of all bytes before it, so that not one of them can change unseen.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import mmap
import os
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from door import dumps
from door.dumps import Dump
from door.home import Home, close_key, home_here, marker_of, moment, sharing
from door.lines import Stop, say
from door.programs import digest
from logbook import instance, restoring

SEAL = 64
BOX = ".backup-"
MOST_NAMED = 20  # records whose files are missing, in one line


@dataclass(frozen=True)
class Unpacked:
    """A backup in a folder, every byte verified."""

    box: Path
    dump: Dump

    @property
    def key(self) -> Path:
        return self.box / "secret_key"

    @property
    def attachments(self) -> Path:
        return self.box / "attachments"


def backup(options: argparse.Namespace) -> int:
    """备份数据库、附件、设置和密钥，并核对 · back up database, attachments and settings, verified"""
    home = home_here()
    target = options.file or home.folder / "backups" / f"logbook-{moment()}.zip"
    return 0 if write_backup(home, target.absolute()) else 1


def write_backup(home: Home, target: Path) -> bool:
    """Write `target`, read it again, and only then let it take its name; return whether no attachment is missing."""
    if home.folder.exists():
        restoring.settle_alone(home.folder, lambda: marker_of(home))
    if home.database and not home.database.exists():
        raise Stop("no_data", path=home.database)
    # Taking the name of a device or a folder would destroy it.
    if target.exists() and not target.is_file():
        raise Stop("not_a_file", path=target)
    close_key(home)
    target.parent.mkdir(parents=True, exist_ok=True)
    with sharing(home.folder), _box(target.parent) as box:
        part, key = box / "backup.zip", instance.sound_key(home.key)
        dump = _dump(home, box)
        _refuse_other_house(home, dump, key)
        lost = _pack(home, dump, part)
        incomplete = _line_of_lost(dump, lost) if lost else None
        unpack(part, box / "check", dump.schema)
        part.replace(target)
        instance.sync(target.parent)
    say("backed_up", path=target)
    if incomplete:
        print(incomplete, file=sys.stderr, flush=True)
    return not incomplete


def _dump(home: Home, box: Path) -> Dump:
    """Copy the database where no ballot is open: neither now nor, by its own rows, in the copy."""
    if dumps.open_ballots_now(home):
        raise Stop("ballot_open")
    dump = dumps.take(home, box)
    if dump.open_ballots():
        raise Stop("ballot_open")
    return dump


@contextlib.contextmanager
def _box(folder: Path) -> Iterator[Path]:
    """A folder for what is being made, locked: what a killed backup left is nobody's, and goes."""
    with _locked(folder):
        for left in folder.glob(f"{BOX}*"):
            with contextlib.suppress(BlockingIOError), _locked(left, wait=False):
                shutil.rmtree(left, ignore_errors=True)
        box = Path(tempfile.mkdtemp(dir=folder, prefix=BOX))
        held = contextlib.ExitStack()
        held.enter_context(_locked(box))
    with held:
        try:
            yield box
        finally:
            shutil.rmtree(box, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path, *, wait: bool = True) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(handle)


def _refuse_other_house(home: Home, dump: Dump, key: str) -> None:
    """A backup from a host that has another key, or no attachments, would be one in name only."""
    for row in dump.rows("installation"):
        known = instance.Identity(str(row["mark"]), str(row["key_digest"]))
        instance.refuse_other(instance.identity(home.folder, key), known, alone=dump.is_sqlite)


# --- the zip


def _pack(home: Home, dump: Dump, part: Path) -> set[str]:
    """Write and seal it; return the digests of attachments that are missing or damaged.

    The dump comes first: whatever its rows name was stored before them.
    """
    digests: dict[str, str] = {}
    lost: set[str] = set()
    with part.open("w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as pack:
            for path in (dump.file, home.key):
                digests[dump.file.name if path == dump.file else "secret_key"] = _add(
                    pack, path, dump.file.name if path == dump.file else "secret_key"
                )
            for name in sorted({str(row["digest"]) for row in dump.rows("attachment")}):
                inside = f"attachments/{name[:2]}/{name}"
                with contextlib.suppress(FileNotFoundError):
                    digests[inside] = _add(pack, home.folder / inside, inside)
                if digests.get(inside) != name:
                    lost.add(name)
            manifest = {"files": digests, "schema": dump.schema, "lost": sorted(lost)}
            with pack.open("manifest.json", "w") as into:
                into.write(json.dumps(manifest).encode())
            pack.comment = b"0" * SEAL
        seal, _zeros = _seals(part)
        file.seek(-SEAL, os.SEEK_END)
        file.write(seal)
        file.flush()
        os.fsync(file.fileno())
    return lost


def _add(pack: zipfile.ZipFile, path: Path, name: str) -> str:
    """Put a file in and return its SHA-256. Its date stays outside: a zip holds none before 1980 or after 2107."""
    found = hashlib.sha256()
    with path.open("rb") as file, pack.open(name, "w", force_zip64=True) as into:
        while piece := file.read(1 << 20):
            found.update(piece)
            into.write(piece)
    return found.hexdigest()


def _line_of_lost(dump: Dump, lost: set[str]) -> Stop:
    visits = {row["visit_id"] for row in dump.rows("attachment") if row["digest"] in lost}
    numbers = sorted(f"{row['year']}-{int(row['seq'] or 0):03}" for row in dump.rows("visit") if row["id"] in visits)
    named = "、".join(numbers[:MOST_NAMED]) + ("……" if len(numbers) > MOST_NAMED else "")
    return Stop("lost", n=len(lost), records=named)


def _seals(path: Path) -> tuple[bytes, bytes]:
    """Return the hexadecimal SHA-256 of all but the last 64 bytes, and those 64 bytes."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        found = hashlib.sha256()
        for start in range(0, len(whole) - SEAL, 1 << 20):
            found.update(whole[start : min(start + (1 << 20), len(whole) - SEAL)])
        return found.hexdigest().encode(), whole[-SEAL:]


def unpack(file: Path, into: Path, schema: str) -> Unpacked:
    """Unpack a backup, every byte and its database verified. Raise Stop when damaged."""
    try:
        if len(set(_seals(file))) != 1:
            raise Stop("damaged")
        with zipfile.ZipFile(file) as pack:
            pack.extractall(into)
        manifest = json.loads((into / "manifest.json").read_text("utf-8"))
        digests = manifest["files"]
        whole = "secret_key" in digests and all(digest(into / name) == sum_ for name, sum_ in digests.items())
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, NotImplementedError):
        raise Stop("damaged") from None
    except FileNotFoundError as error:
        raise (Stop("damaged") if file.exists() else error) from None
    if not whole:
        raise Stop("damaged")
    return Unpacked(into, dumps.found_in(into, str(manifest.get("schema") or ""), schema))
