"""What this process reads from its environment: where its data lives and how it is served."""

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import make_url

from logbook import restoring
from logbook.instance import close_key, read_key

VERSION = "0.1.0"  # as pyproject.toml has it
MIB = 1024 * 1024
PEOPLE = "SELECT count(*) FROM (SELECT 1 FROM person LIMIT 1) AS found"


def load(overrides: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return Flask's configuration; `overrides` (tests, the demo) win over the environment."""
    overrides = overrides or {}
    instance = Path(overrides.get("INSTANCE") or os.environ.get("LOGBOOK_INSTANCE", "instance")).resolve()
    instance.mkdir(parents=True, exist_ok=True)
    url = overrides.get("SQLALCHEMY_DATABASE_URI") or os.environ.get("LOGBOOK_DATABASE_URL")
    url = url or f"sqlite:///{instance / 'logbook.db'}"
    https = overrides.get("HTTPS", os.environ.get("LOGBOOK_HTTPS") == "1")
    config: dict[str, Any] = {
        "VERSION": VERSION,
        "INSTANCE": instance,
        "SECRET_KEY": overrides.get("SECRET_KEY") or _open(instance, url),
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(url),
        # Eight attachments of 10 MiB and the text; what is larger is refused before it is read.
        "MAX_CONTENT_LENGTH": 84 * MIB,
        "MAX_FORM_MEMORY_SIZE": 4 * MIB,
        "MAX_FORM_PARTS": 2000,
        "WTF_CSRF_TIME_LIMIT": None,
        "HTTPS": https,  # then cookies go over HTTPS only, under names that no other host can plant (cookies.py)
        "SESSION_COOKIE_NAME": "__Host-logbook_form" if https else "logbook_form",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "BABEL_DEFAULT_LOCALE": "zh",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
        # How many reverse proxies stand in front (HTTPS); 0: none, their headers are not believed.
        # The names it is asked for under; none: any, as it cannot know them.
        "HOSTS": [name for name in os.environ.get("LOGBOOK_HOSTS", "").lower().replace(" ", "").split(",") if name],
        "PROXIES": int(os.environ.get("LOGBOOK_PROXIES", "0")),
    }
    return config | overrides | {"INSTANCE": instance}


def secret_key() -> bytes:
    """Return the installation's key, of the application at work."""
    key: str = current_app.config["SECRET_KEY"]
    return key.encode()


def _engine_options(url: str) -> dict[str, Any]:
    """A connection for each of the server's threads; a command waits 30 s for a long writer, a request less (db.py)."""
    options: dict[str, Any] = {"pool_size": 12, "max_overflow": 4, "pool_timeout": 5}
    if url.startswith("sqlite"):
        return options | {"connect_args": {"timeout": 30}}
    # Who is gone without a word is noticed in seconds, not in two hours; what the address says itself wins.
    line = {
        "connect_timeout": 3,
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    said = make_url(url).query
    # A page that is read does not wait for a table that somebody holds.
    server = {"options": f"{said.get('options', '')} -c lock_timeout=5s".strip()}
    return options | {"connect_args": {k: v for k, v in line.items() if k not in said} | server}


def _open(instance: Path, url: str) -> str:
    """Return the installation's key, after a restore that was broken off is carried out."""
    path = Path(os.environ.get("LOGBOOK_SECRET_KEY_FILE", instance / "secret_key"))
    restoring.settle_alone(instance, lambda: _asked_postgres(url, restoring.TURN, restoring.MARKER))
    key = read_key(
        path, lambda: _asked(url, instance, "SELECT EXISTS (SELECT 1 FROM person)") not in {"", "0", "False"}
    )
    close_key(path)
    return key


def _asked(url: str, instance: Path, query: str) -> str:
    """The one value that a query finds, as text; nothing where its table is not there yet."""
    if not url.startswith("sqlite"):
        return _asked_postgres(url, query)
    file = instance / url.removeprefix("sqlite:///")
    if not file.exists():
        return ""
    with contextlib.closing(sqlite3.connect(file, timeout=30)) as connection:
        try:
            return str(connection.execute(query).fetchone()[0])
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return ""


def _asked_postgres(url: str, *queries: str) -> str:  # pragma: no cover - run on PostgreSQL
    import psycopg  # noqa: PLC0415 - an extra, only where PostgreSQL serves

    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        try:
            rows = [connection.execute(query.encode()).fetchone() for query in queries]
        except psycopg.errors.UndefinedTable:
            return ""
    found = rows[-1][0] if rows[-1] else None
    return "" if found is None else str(found)
