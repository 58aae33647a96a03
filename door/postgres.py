"""PostgreSQL's own programs, on the one schema that an installation's address names."""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from door.lines import Stop
from door.programs import quietly

# Whoever serves keeps a shared lock of that name as long as it is connected (logbook/db.py).
CLEAR = """
SET LOCAL lock_timeout = '30s';
SELECT pg_advisory_xact_lock(hashtext(current_schema()));
DO $$ DECLARE t record; BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('logbook ' || current_schema())) THEN
    RAISE EXCEPTION 'logbook: others are connected';
  END IF;
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP TABLE %I.%I CASCADE', current_schema(), t.tablename);
  END LOOP;
END $$;
"""


def call(url: str, name: str, *argv: object, **options: Any) -> str:
    """Run one of its programs on this installation's database; its password stands in no command line."""
    parts = urlsplit(url)
    own = {"host": parts.hostname, "port": parts.port, "user": parts.username, "password": parts.password}
    given = {**own, "database": parts.path.lstrip("/")}
    found = {name: unquote(str(value)) for name, value in given.items() if value} | dict(parse_qsl(parts.query))
    if not shutil.which(name):
        raise Stop("missing", name=name, packages="postgresql-client")
    env = {**os.environ, **{f"PG{name.upper()}": value for name, value in found.items()}}
    return quietly([name, *argv], env=env, **options)


def ask(url: str, *queries: str) -> str:
    """Return what the last of the queries finds, as text."""
    flags = [f"--command={query}" for query in queries]
    found = call(url, "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", *flags)
    return (found.strip().splitlines() or [""])[-1]


def schema_of(url: str) -> str:
    """Return the schema the address names; raise Stop where there is none of that name."""
    found = ask(url, "SELECT current_schema()")
    if not found:
        raise Stop("no_schema")
    return found


def dump(url: str, file: Path) -> str:
    """Dump the one schema; return its name."""
    schema = schema_of(url)
    exactly = '"' + schema.replace('"', '""') + '"'
    call(url, "pg_dump", "--format=custom", "--no-owner", "--no-acl", f"--schema={exactly}", f"--file={file}")
    return schema


def tables(file: Path) -> list[tuple[str, str]]:
    """Return (schema, table) of all that a dump holds."""
    listed = quietly(["pg_restore", "--list", file])
    return [
        (found[1], found[2])
        for found in re.finditer(r"^\d+; \d+ \d+ TABLE (?!DATA )(\S+) (\S+) ", listed, re.MULTILINE)
    ]


def rows(file: Path, schema: str, table: str) -> Iterator[dict[str, "str | None"]]:
    """Read a table's rows from a dump; its texts stand as COPY writes them."""
    flags = ["--data-only", f"--schema={schema}", f"--table={table}", "--file=-"]
    columns: list[str] = []
    for line in quietly(["pg_restore", *flags, file]).split("\n"):
        if line == "\\.":
            columns = []
        elif columns:
            yield dict(zip(columns, (None if cell == "\\N" else cell for cell in line.split("\t")), strict=True))
        elif line.startswith("COPY "):
            columns = [name.strip('"') for name in line[line.index("(") + 1 : line.rindex(")")].split(", ")]


def load(url: str, file: Path, came_from: str, after: Sequence[str], *, keep: int) -> None:
    """Replace this schema's tables by a dump's, and run `after` on them: all of it in one transaction, or nothing.

    The program holds the lock `keep` as long as it lives, also when this one is killed.
    """
    schema = schema_of(url)
    clear, plain, script, last = (file.with_name(f"{name}.sql") for name in ("clear", "plain", "load", "after"))
    quietly(["pg_restore", "--no-owner", "--no-acl", f"--schema={came_from}", f"--file={plain}", file])
    clear.write_text(CLEAR, "utf-8")
    _write_for(plain, script, came_from, schema)
    last.write_text(f"SET LOCAL search_path = {quoted(schema)};\n" + "".join(f"{one};\n" for one in after), "utf-8")
    flags = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction", "--output=/dev/null"]
    call(url, "psql", *flags, *(f"--file={one}" for one in (clear, script, last)), pass_fds=[keep])


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _write_for(plain: Path, script: Path, came_from: str, schema: str) -> None:
    """Write a dump's statements for another schema; the rows between them are left as they are."""
    written = came_from if re.fullmatch(r"[a-z_][a-z0-9_]*", came_from) else quoted(came_from)
    named = re.compile(rf'(?<![\w."]){re.escape(written)}\.(?=["\w])')
    in_rows = False
    with (
        plain.open("r", encoding="utf-8", newline="\n") as old,
        script.open("w", encoding="utf-8", newline="\n") as new,
    ):
        for line in old:
            new.write(line if in_rows else named.sub(lambda _name: f"{quoted(schema)}.", line))
            in_rows = line != "\\.\n" if in_rows else line.startswith("COPY ")
