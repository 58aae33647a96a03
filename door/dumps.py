"""A copy of an installation's database: made, read and judged the same way on both kinds."""

import contextlib
import datetime as dt
import functools
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from door import postgres
from door.home import Home, refuse_newer
from door.lines import Stop

Row = dict[str, "str | None"]
OPEN_BALLOTS = "SELECT id FROM ballot WHERE closed_at IS NULL"


@dataclass(frozen=True)
class Dump:
    """The database of one moment, in a file; `schema` is PostgreSQL's."""

    file: Path
    schema: str = ""

    @property
    def is_sqlite(self) -> bool:
        return self.file.suffix == ".db"

    @functools.cached_property
    def tables(self) -> set[str]:
        if not self.is_sqlite:
            return {table for schema, table in postgres.tables(self.file) if schema == self.schema}
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def rows(self, table: str) -> Iterator[Row]:
        """Read a table's rows as texts; none where there is no such table."""
        if table not in self.tables:
            return
        if not self.is_sqlite:
            yield from postgres.rows(self.file, self.schema, table)
            return
        with contextlib.closing(sqlite3.connect(self.file)) as connection:
            found = connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in found.description]
            for row in found:
                yield dict(zip(names, (None if value is None else str(value) for value in row), strict=True))

    def open_ballots(self) -> int:
        return sum(row["closed_at"] is None for row in self.rows("ballot"))

    def change(self, statements: list[str]) -> None:
        """Change the SQLite file; PostgreSQL's statements are run with its load."""
        with contextlib.closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("BEGIN")
            for statement in statements:
                connection.execute(statement)
            connection.execute("COMMIT")


def take(home: Home, box: Path) -> Dump:
    """Copy the database as it is at this moment, while it is written to."""
    if home.database is None:
        file = box / "database.dump"
        return Dump(file, postgres.dump(home.url, file))
    with contextlib.closing(sqlite3.connect(home.database, timeout=30)) as connection:
        connection.execute("VACUUM INTO ?", (str(box / "logbook.db"),))
    return Dump(box / "logbook.db")


def open_ballots_now(home: Home) -> int:
    """Count the ballots that are open at this moment: of those not even a copy that is thrown away is made."""
    if home.database is None:
        there = postgres.ask(home.url, "SELECT to_regclass('ballot') IS NOT NULL") == "t"
        return int(postgres.ask(home.url, f"SELECT count(*) FROM ({OPEN_BALLOTS}) AS found")) if there else 0
    with contextlib.closing(sqlite3.connect(home.database, timeout=30)) as connection:
        there = bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ballot'").fetchone())
        return len(connection.execute(OPEN_BALLOTS).fetchall()) if there else 0


def found_in(box: Path, schema: str, wanted: str) -> Dump:
    """Return the database that was unpacked into `box`, judged; raise Stop where it is damaged or too new.

    An older backup does not say its schema: then it is the only one, or the `wanted` one.
    """
    file = box / "database.dump"
    if not file.exists():
        return _sound_sqlite(box / "logbook.db")
    with_tables = [one for one, table in postgres.tables(file) if table == "alembic_version"]
    named = [one for one in (schema, *(with_tables if len(with_tables) == 1 else [wanted])) if one in with_tables]
    if not named:
        raise Stop("which_schema" if with_tables else "damaged")
    found = Dump(file, named[0])
    _refuse_newer_rows(found)
    return found


def _refuse_newer_rows(found: Dump) -> None:
    for row in found.rows("alembic_version"):
        refuse_newer(str(row["version_num"]))


def _sound_sqlite(file: Path) -> Dump:
    try:
        with contextlib.closing(sqlite3.connect(file)) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
            connection.execute("SELECT 1 FROM visit LIMIT 1")
    except (sqlite3.DatabaseError, TypeError):
        sound = False
    if not sound:
        raise Stop("damaged")
    _refuse_newer_rows(Dump(file))
    return Dump(file)


# --- what a restore changes in what it brings back

OPEN_CLASSES = f"SELECT id FROM ballot_class WHERE ballot_id IN ({OPEN_BALLOTS})"


def statements_after(dump: Dump, mark: str, key_digest: str) -> list[str]:
    """Return the SQL that ends what must not come to life again, and says which folder and key are the database's."""
    zone = "" if dump.is_sqlite else "+00"
    now = f"'{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M:%S.%f}{zone}'"
    values = f"'{mark}', '{key_digest}', {now}"
    wanted = (
        ("sign_in_session", f"UPDATE sign_in_session SET ended_at = {now} WHERE ended_at IS NULL"),
        ("one_time_code", f"UPDATE one_time_code SET expires_at = {now} WHERE used_at IS NULL AND expires_at > {now}"),
        ("ballot_code", f"DELETE FROM ballot_code WHERE class_id IN ({OPEN_CLASSES})"),
        ("ballot_count", f"DELETE FROM ballot_count WHERE class_id IN ({OPEN_CLASSES})"),
        ("ballot_step", f"DELETE FROM ballot_step WHERE ballot_id IN ({OPEN_BALLOTS})"),
        ("ballot_box", "DELETE FROM ballot_box"),
        ("ballot_class", f"DELETE FROM ballot_class WHERE ballot_id IN ({OPEN_BALLOTS})"),
        ("ballot", "DELETE FROM ballot WHERE closed_at IS NULL"),
        ("installation", "DELETE FROM installation"),
        (
            "installation",
            f"INSERT INTO installation (mark, key_digest, noted_at) VALUES ({values})",
        ),
    )
    return [statement for table, statement in wanted if table in dump.tables]
