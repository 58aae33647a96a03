"""Backup and restore."""

import argparse
import contextlib
import hashlib
import json
import mmap
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from door.home import Home, hold, home_here, moment, refuse_newer
from door.lines import Stop, say
from door.programs import digest, quietly

# --- backup and restore
# A backup is a zip: the database, the key, the attachments, manifest.json with each one's SHA-256. The zip's comment
# is the SHA-256 of all bytes before it, so that not one of them can change unseen.

SEAL = 64


def backup(options: argparse.Namespace) -> None:
    """备份数据库、附件、设置和密钥，并核对 · back up database, attachments and settings, verified"""
    home = home_here()
    target = options.file or home.folder / "backups" / f"logbook-{moment()}.zip"
    write_backup(home, target.absolute())


def write_backup(home: Home, target: Path) -> None:
    """Write `target`, read it again, and only then let it take its name."""
    if home.database and not home.database.exists():
        raise Stop("no_data", path=home.database)
    # Taking the name of a device or a folder would destroy it.
    if target.exists() and not target.is_file():
        raise Stop("not_a_file", path=target)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as box:
            _pack(home, _dump(home, Path(box)), part)
            unpack(part, Path(box) / "check")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    say("backed_up", path=target)


def _dump(home: Home, box: Path) -> Path:
    if home.database is None:
        return _dump_postgres(home, box / "database.dump")
    with contextlib.closing(sqlite3.connect(home.database, timeout=30)) as connection:
        connection.execute("VACUUM INTO ?", (str(box / "logbook.db"),))
    return box / "logbook.db"


def _dump_postgres(home: Home, file: Path) -> Path:
    postgres_program(home, "pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--file={file}")
    return file


def postgres_program(home: Home, name: str, *argv: str) -> None:
    """Run one of PostgreSQL's programs on this installation's database; its password stands in no command line."""
    url = urlsplit(home.url)
    parts = {"host": url.hostname, "port": url.port, "user": url.username, "password": url.password}
    given = {**parts, "database": url.path.lstrip("/"), **dict(parse_qsl(url.query))}
    env = {f"PG{name.upper()}": unquote(str(value)) for name, value in given.items() if value}
    if not shutil.which(name):
        raise Stop("missing", name=name, packages="postgresql-client")
    quietly([name, *argv], env={**os.environ, **env})


def _pack(home: Home, dump: Path, part: Path) -> None:
    stored = sorted(path for path in home.attachments.rglob("*") if path.is_file())
    files = {dump.name: dump, "secret_key": home.key}
    files.update({f"attachments/{path.relative_to(home.attachments)}": path for path in stored})
    with part.open("w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as pack:
            for name, path in files.items():
                pack.write(path, name)
            digests = {name: digest(path) for name, path in files.items()}
            pack.writestr("manifest.json", json.dumps({"files": digests}))
            pack.comment = b"0" * SEAL
        seal, _zeros = _seals(part)
        file.seek(-SEAL, os.SEEK_END)
        file.write(seal)
        file.flush()
        os.fsync(file.fileno())


def _seals(path: Path) -> tuple[bytes, bytes]:
    """Return the hexadecimal SHA-256 of all but the last 64 bytes, and those 64 bytes."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        found = hashlib.sha256()
        for start in range(0, len(whole) - SEAL, 1 << 20):
            found.update(whole[start : min(start + (1 << 20), len(whole) - SEAL)])
        return found.hexdigest().encode(), whole[-SEAL:]


def unpack(file: Path, into: Path) -> Path:
    """Unpack a backup, every byte and its database verified; return the database's file. Raise Stop when damaged."""
    try:
        if len(set(_seals(file))) != 1:
            raise Stop("damaged")
        with zipfile.ZipFile(file) as pack:
            pack.extractall(into)
        digests = json.loads((into / "manifest.json").read_text("utf-8"))["files"]
        whole = "secret_key" in digests and all(digest(into / name) == sum_ for name, sum_ in digests.items())
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, AttributeError, NotImplementedError):
        raise Stop("damaged") from None
    except FileNotFoundError as error:
        raise (Stop("damaged") if file.exists() else error) from None
    if not whole:
        raise Stop("damaged")
    return _sound_database(into)


def _sound_database(box: Path) -> Path:
    dump, file = box / "database.dump", box / "logbook.db"
    if dump.exists():
        quietly(["pg_restore", "--list", dump])
        return dump
    try:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            (version,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            connection.execute("SELECT 1 FROM visit LIMIT 1")
    except (sqlite3.DatabaseError, TypeError):
        sound = False
    if not sound:
        raise Stop("damaged")
    refuse_newer(version)
    return file


def restore(options: argparse.Namespace) -> None:
    """从备份恢复，先全部核对，原来的数据另存 · restore a backup, verified whole first; the old data is kept"""
    home = home_here()
    hold(home)
    with tempfile.TemporaryDirectory(dir=home.folder, prefix=".restore-") as box:
        new = unpack(options.backup.absolute(), Path(box))
        if (new.suffix == ".db") != bool(home.database):
            raise Stop("other_kind")
        aside = Path(tempfile.mkdtemp(dir=home.folder, prefix=f"before-restore-{moment()}-"))
        with _changed_places(home, Path(box), aside):
            if home.database is None:
                _load_postgres(home, new, aside)
    say("restored", aside=aside)


@contextlib.contextmanager
def _changed_places(home: Home, box: Path, aside: Path) -> Iterator[None]:
    """Move the present files aside and the unpacked ones in; on any fault move all back."""
    places = [(box / "secret_key", home.key), (box / "attachments", home.attachments)]
    if home.database:
        # The write-ahead log belongs to the old file: left behind, it would be played into the new one.
        places += [(box / f"logbook.db{end}", Path(f"{home.database}{end}")) for end in ("", "-wal", "-shm")]
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in [(place, aside / place.name) for _new, place in places] + places:
            if source.exists():
                shutil.move(source, target)
                done.append((source, target))
        yield
    except BaseException:
        for source, target in reversed(done):
            shutil.move(target, source)
        aside.rmdir()
        raise


def _load_postgres(home: Home, dump: Path, aside: Path) -> None:
    """Replace the tables in one transaction; the present ones are dumped aside first."""
    _dump_postgres(home, aside / "database.dump")
    script, clear = dump.with_name("load.sql"), dump.with_name("clear.sql")
    quietly(["pg_restore", "--no-owner", "--no-acl", f"--file={script}", dump])
    clear.write_text(
        "DO $$ DECLARE t record; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP "
        "EXECUTE format('DROP TABLE public.%I CASCADE', t.tablename); END LOOP; END $$;",
        "utf-8",
    )
    once = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]
    postgres_program(home, "psql", *once, f"--file={clear}", f"--file={script}")
