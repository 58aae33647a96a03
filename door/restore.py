"""Restore: everything is verified and laid ready beside what it will replace; then one journal makes it so."""

import argparse
import contextlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from door import dumps, postgres
from door.backup import Unpacked, unpack
from door.home import Home, hold, home_here, marker_of, moment, sharing
from door.lines import Stop, say
from door.programs import digest
from logbook import instance, restoring
from logbook.ballots import places as ballot_places
from logbook.restoring import BOX, JOURNAL, Place, Plan

SPARE = 1024 * 1024  # bytes: the journal, the folders' own


@dataclass
class Stage:
    """Folders beside what will change, so that every change is a rename; gone afterwards, whatever happened."""

    home: Home
    token: str = field(default_factory=lambda: f"{moment()}-{secrets.token_hex(4)}")
    boxes: list[Path] = field(default_factory=list)
    asides: set[Path] = field(default_factory=set)

    def box(self, parent: Path) -> Path:
        """Return the folder in `parent` in which things are laid ready."""
        own = restoring.own_box(self.home.folder)
        box = parent / f"{own}{self.token}"
        if box not in self.boxes:
            for left in parent.glob(f"{own}*"):  # of a restore that was killed
                shutil.rmtree(left, ignore_errors=True)
            if self.boxes:  # the first lies in the installation's own folder
                with (self.boxes[0] / restoring.ELSEWHERE).open("a", encoding="utf-8") as note:
                    note.write(f"{box}\n")
            box.mkdir(mode=0o700)
            self.boxes.append(box)
        return box

    def place(self, target: Path, source: "Path | None") -> Place:
        """Lay `source` ready for `target`; without one, `target` only goes aside. Raise Stop where that cannot be."""
        had, mounted = os.path.lexists(target), bool(restoring.mounted_below(target))
        if source and had and _may_stay(target, source, mounted=mounted):
            return Place(str(target), "")
        if mounted:
            _refuse_unchangeable(target, source)
        near = self.home.folder if mounted else target.parent
        aside = near / f"before-restore-{self.token}" / target.name
        if had:
            self.asides.add(aside.parent)
        if source is None:
            return Place(str(target), str(aside), had=had)
        ready = self.box(near) / f"ready-{target.name}"
        shutil.move(source, ready)
        restoring.sync_tree(ready)
        instance.sync(ready.parent)
        return Place(str(target), str(aside), str(ready), had, mounted)

    def close(self) -> None:
        """Remove the folders, unless the journal still needs them."""
        if not (self.home.folder / JOURNAL).exists():
            for box in self.boxes:
                shutil.rmtree(box, ignore_errors=True)


def restore(options: argparse.Namespace) -> None:
    """从备份恢复，先全部核对，原来的数据另存 · restore a backup, verified whole first; the old data is kept"""
    home = home_here()
    lock = hold(home)
    with sharing(home.folder, alone=True), contextlib.closing(Stage(home)) as stage:
        schema = "" if home.database else postgres.schema_of(home.url)
        new = unpack(options.backup.absolute(), stage.box(home.folder), schema)
        if new.dump.is_sqlite != bool(home.database):
            raise Stop("other_kind")
        voided = new.dump.open_ballots()
        if home.database:
            _switch_sqlite(home, new, stage)
        else:
            _switch_postgres(home, new, stage, lock)
    say("restored", aside="、".join(map(str, sorted(stage.asides))) or "—")
    say("ended")
    if voided:
        say("voided", n=voided)


def _switch_sqlite(home: Home, new: Unpacked, stage: Stage) -> None:
    database = home.database
    assert database is not None  # noqa: S101 - the caller asked
    new.dump.change(_prepared(new))
    _refuse_readers(database)
    # The write-ahead log belongs to the old file: left behind, it would be played into the new one.
    logs = [stage.place(Path(f"{database}{end}"), None) for end in ("-wal", "-shm")]
    # The votes of a ballot that is open in what goes aside lie beside its database, and go with it.
    files = [file for one in ballot_places.places(database) for file in sorted(ballot_places.files(one))]
    votes = [stage.place(file, None) for file in files]
    places = [*logs, stage.place(database, new.dump.file), *votes, *_common(home, new, stage)]
    _refuse_without_room(places)
    restoring.write_journal(home.folder, Plan(tuple(places), tuple(map(str, stage.boxes))))
    restoring.settle(home.folder, str)


def _switch_postgres(home: Home, new: Unpacked, stage: Stage, lock: int) -> None:
    """The new tables and their marker come in one transaction: by it the next start knows whether to go on or back."""
    marker = f"restored {stage.token}"
    after = [*_prepared(new), f"COMMENT ON TABLE alembic_version IS '{marker}'"]
    before = stage.box(home.folder) / "before.dump"
    postgres.dump(home.url, before)
    aside = home.folder / f"before-restore-{stage.token}"
    stage.asides.add(aside)
    kept = Place(str(aside / "database.dump"), "", str(before))
    places = [kept, *_common(home, new, stage)]
    _refuse_without_room(places)
    restoring.write_journal(home.folder, Plan(tuple(places), tuple(map(str, stage.boxes)), marker))
    try:
        postgres.load(home.url, new.dump.file, new.dump.schema, after, keep=lock)
    finally:
        restoring.settle(home.folder, lambda: marker_of(home))


def _prepared(new: Unpacked) -> list[str]:
    """Give the attachments a mark of their own; return the SQL that goes with them."""
    mark, key = instance.new_mark(), instance.sound_key(new.key)
    instance.write_mark(new.box, mark)
    return dumps.statements_after(new.dump, mark, instance.key_digest(key))


def _common(home: Home, new: Unpacked, stage: Stage) -> Iterator[Place]:
    """The key and the attachments. Of a mounted or linked folder its contents change: it stays where it is."""
    yield stage.place(home.key, new.key)
    folder = home.attachments
    if not (folder.is_symlink() or restoring.mounted_below(folder)):
        yield stage.place(folder, new.attachments)
        return
    ours = {path.name: path for path in new.attachments.iterdir()}
    theirs = {path.name for path in folder.iterdir() if not path.name.startswith((BOX, "before-restore-"))}
    for name in sorted({*ours, *theirs}):
        yield stage.place(folder / name, ours.get(name))


def _may_stay(target: Path, source: Path, *, mounted: bool) -> bool:
    """A key that is handed in from outside, as containers have it, often is the very one."""
    fixed = mounted or not os.access(target.parent, os.W_OK)
    return fixed and target.is_file() and source.is_file() and digest(target) == digest(source)


def _refuse_unchangeable(target: Path, source: "Path | None") -> None:
    """Raise Stop unless the mounted file can be written: a folder's contents are places of their own."""
    try:
        if source is None:
            raise IsADirectoryError
        with target.open("r+b"):
            return
    except OSError:
        raise Stop("mounted", path=target) from None


def _refuse_without_room(places: Iterable[Place]) -> None:
    """Raise Stop unless the disks hold what a mounted file needs: it goes aside as a copy, and may grow. Once there is
    a journal, every start would end at the full disk.
    """
    needed: dict[int, int] = {}
    folders: dict[int, Path] = {}
    for one in places:
        if one.stays:
            old, new = Path(one.target).stat().st_size, Path(one.ready).stat().st_size
            for folder, size in ((Path(one.aside).parent.parent, old), (Path(one.target), max(0, new - old))):
                device = folder.stat().st_dev
                folders.setdefault(device, folder)
                needed[device] = needed.get(device, 0) + size
    for device, size in needed.items():
        lacking = size + SPARE - shutil.disk_usage(folders[device]).free
        if size and lacking > 0:
            raise Stop("no_room", path=folders[device], n=-(-lacking // SPARE))


def _refuse_readers(database: Path) -> None:
    """Raise Stop where another program has the file open; one that is damaged has no readers worth waiting for."""
    if not database.exists():
        return
    with contextlib.closing(sqlite3.connect(database, timeout=1, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise Stop("locked") from None
