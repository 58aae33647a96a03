"""Which faults of the database and the disk pass by themselves: the request is said to wait, not to be wrong."""

import enum
import errno
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree


class Kind(enum.Enum):
    """Why the request was not carried out."""

    BUSY = "busy"  # somebody else writes, or too many ask at once
    FULL = "full"  # the disk
    AWAY = "away"  # the database does not answer


_SQLITE = {
    sqlite3.SQLITE_BUSY: Kind.BUSY,
    sqlite3.SQLITE_LOCKED: Kind.BUSY,
    sqlite3.SQLITE_PROTOCOL: Kind.BUSY,
    sqlite3.SQLITE_FULL: Kind.FULL,
    sqlite3.SQLITE_IOERR: Kind.AWAY,
    sqlite3.SQLITE_CANTOPEN: Kind.AWAY,
    sqlite3.SQLITE_READONLY: Kind.AWAY,
    sqlite3.SQLITE_NOMEM: Kind.AWAY,
}
# PostgreSQL's SQLSTATE, or its class; the longer one first.
_STATES = {
    "53100": Kind.FULL,
    "53300": Kind.BUSY,  # too many connections
    "55P03": Kind.BUSY,  # a lock was not to be had
    "57014": Kind.BUSY,  # a statement took too long
    "40": Kind.BUSY,  # deadlock, serialization
    "53": Kind.AWAY,
    "57P": Kind.AWAY,  # shutting down, starting up
    "08": Kind.AWAY,
    "25006": Kind.AWAY,  # read only, as after a failover
    "58": Kind.AWAY,  # the system below it
}
_DISK = {errno.ENOSPC, errno.EDQUOT}


def kind_of(error: BaseException) -> Kind | None:
    """Return why it failed where that passes by itself; None for a fault of the program."""
    if _disk_is_full(error):
        return Kind.FULL
    if isinstance(error, NoConnectionFree):
        return Kind.BUSY
    return next(filter(None, map(_kind_of_one, _below(error))), None)


def _below(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.orig if isinstance(error, DBAPIError) else error.__cause__


def _kind_of_one(error: BaseException) -> Kind | None:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Kind.AWAY
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF)
    if type(error).__module__.startswith("psycopg") and hasattr(error, "sqlstate"):
        return _kind_on_postgres(error.sqlstate, type(error).__name__)
    return None


def _kind_on_postgres(state: str | None, name: str) -> Kind | None:
    if state is None:  # not the server's word: the line to it is broken, or was never there
        return Kind.AWAY if name in {"OperationalError", "ConnectionTimeout"} else None
    return next((_STATES[state[:length]] for length in (5, 3, 2) if state[:length] in _STATES), None)


def _disk_is_full(error: BaseException | None) -> bool:
    """Whether a full disk lies at the bottom of it: libraries wrap what the system said."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _DISK:
            return True
        error = error.__cause__ or error.__context__
    return False
