"""The Base, the column types, the session, and the guard that nothing loads lazily."""

import contextlib
import datetime as dt
import enum
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Annotated, Any, Self

import sqlalchemy as sa
from flask_babel import gettext
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session, mapped_column, registry
from sqlalchemy.pool import Pool
from sqlalchemy.types import TypeDecorator


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark `text` for the catalogue; it is translated when shown."""
    return text


class Word(enum.Enum):
    """A stored value and the Chinese word people see for it: `.chinese` on papers, `.label` on pages."""

    chinese: str

    def __new__(cls, value: str, chinese: str = "") -> Self:
        member = object.__new__(cls)
        member._value_ = value
        member.chinese = chinese
        return member

    @property
    def label(self) -> str:
        """The word in the reader's language."""
        return str(gettext(self.chinese))


class Instant(TypeDecorator[dt.datetime]):
    """A moment: aware in Python, always UTC; SQLite keeps it without a zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """All tables. The type map stands in the registry: Flask-SQLAlchemy cannot take it from the class."""

    registry = registry(
        type_annotation_map={
            dt.datetime: Instant(),
            str: sa.Text(),
            enum.Enum: sa.Enum(
                enum.Enum,
                native_enum=False,
                create_constraint=False,
                length=40,
                values_callable=lambda e: [m.value for m in e],
            ),
        }
    )
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


Key = Annotated[int, mapped_column(primary_key=True)]


class LazyLoad(RuntimeError):  # noqa: N818
    """A relationship or column was about to be loaded behind the page's back; its query must load it."""


class MissingSchema(RuntimeError):  # noqa: N818
    """The address names a schema that the database does not have."""


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

# In one process, writers take turns here: SQLite's own waiting is a nap that knows no order.
_turns: dict[str, threading.Lock] = {}


class Purpose(enum.Enum):
    """What a transaction is begun for."""

    READ = "read"
    WRITE = "write"  # takes the writers' turn at its beginning; whoever only reads must not
    TOUCH = "touch"  # writes a trifle if nobody writes just now, and waits for nobody


# Seconds that a request waits for other writers, its time in the server's queue included: with what is rendered
# afterwards nobody waits for more than ten. A page that is read waits for a row in a log only.
WRITER_WAITS, READER_WAITS = 8.0, 3.0
AT_LEAST = 0.5  # also for a request whose own work took long: the writer before it is done in a moment

_purpose: ContextVar[Purpose] = ContextVar("purpose", default=Purpose.WRITE)
_until: ContextVar[float | None] = ContextVar("until", default=None)  # by time.monotonic(); None: no request
_uncertain: ContextVar[bool] = ContextVar("uncertain", default=False)


@contextlib.contextmanager
def _begun_for(purpose: Purpose) -> Iterator[None]:
    token = _purpose.set(purpose)
    try:
        yield
    finally:
        _purpose.reset(token)


def reading() -> contextlib.AbstractContextManager[None]:
    """Transactions begun inside only read: on SQLite they take no write lock."""
    return _begun_for(Purpose.READ)


def writing() -> contextlib.AbstractContextManager[None]:
    """A transaction begun inside writes, also while a page is only read."""
    return _begun_for(Purpose.WRITE)


def touching() -> contextlib.AbstractContextManager[None]:
    """A transaction begun inside writes what nobody waits for: it fails at once where somebody writes."""
    return _begun_for(Purpose.TOUCH)


def set_writing(*, on: bool) -> None:
    """Say whether transactions begun from here on, in this request, will write."""
    _purpose.set(Purpose.WRITE if on else Purpose.READ)


def begin_request(*, writes: bool, arrived: float) -> None:
    """Say what this request is for, and when it arrived, by time.monotonic(): others are waited for from then on."""
    set_writing(on=writes)
    _until.set(arrived + (WRITER_WAITS if writes else READER_WAITS))
    _uncertain.set(False)


def end_request() -> None:
    """Forget when it arrived: a thread, or a test, goes on with something else."""
    _until.set(None)


def is_uncertain() -> bool:
    """Whether a commit was under way last: what the database did with it is known to nobody when it went away."""
    return _uncertain.get()


def let_go() -> None:
    """End the session's transaction, also on a connection that is broken."""
    try:
        db.session.rollback()
    except Exception:  # noqa: BLE001 - whatever a broken connection says: it is given up
        db.session().invalidate()


@event.listens_for(Session, "do_orm_execute")
def _refuse_lazy_loads(state: ORMExecuteState) -> None:
    if state.is_relationship_load and state.lazy_loaded_from is not None:
        raise LazyLoad(f"{state.lazy_loaded_from} is loaded lazily; let its query in queries.py load it (selectinload)")
    if state.is_column_load:
        _refuse_left_out(state)


def _refuse_left_out(state: ORMExecuteState) -> None:
    """A column that load_only left out was read: that is a statement a row. What a rollback expired is read again."""
    options: Any = state._orm_compile_options()  # noqa: SLF001 - nothing public tells the one from the other
    row: Any = state.load_options._refresh_state  # noqa: SLF001
    left_out = set(options._only_load_props or ()) - row.expired_attributes  # noqa: SLF001
    if left_out:
        raise LazyLoad(
            f"{sorted(left_out)} of {row.class_.__name__} was left out by its query in queries.py: load it there"
        )


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()
        _record.info["patience"] = connection.execute("PRAGMA busy_timeout").fetchone()[0] / 1000  # seconds


# Held as long as a connection lives: no restore replaces the tables beneath a server, on whatever host.
_POSTGRES_PRESENCE = """
SELECT pg_advisory_lock_shared(hashtext('logbook ' || current_schema())), current_schema(),
    current_setting('synchronous_commit')
"""
# As synchronous=FULL on SQLite: a number on a member's phone is a promise, whatever the server was tuned for.
_POSTGRES_DURABLE = "SET synchronous_commit = on"


@event.listens_for(Engine, "connect")
def _be_present(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        return
    connection.autocommit = True  # the lock is the connection's, not a transaction's
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRES_PRESENCE)
        _lock, schema, commits = cursor.fetchone()
        if commits == "off":
            cursor.execute(_POSTGRES_DURABLE)
    connection.autocommit = False
    if schema is None:  # then there would be no turn for writers either
        connection.close()
        raise MissingSchema("logbook: no such schema")


# One writer at a time in one unit's schema, as on SQLite: rules that read first and write then hold on both.
_POSTGRES_TURN = "SELECT set_config('lock_timeout', %s, true), pg_advisory_xact_lock(hashtext(current_schema()))"
_POSTGRES_TOUCH = "SELECT set_config('lock_timeout', '50ms', true)"


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    _uncertain.set(False)
    purpose = _purpose.get()
    begin = _begin_sqlite if connection.dialect.name == "sqlite" else _begin_postgres
    begin(connection, purpose)


@event.listens_for(Engine, "commit")
def _commit(_connection: Connection) -> None:
    _uncertain.set(True)


def _left(most: float) -> float:
    """How many seconds this request may still wait for others, `most` at most."""
    until = _until.get()
    return most if until is None else min(most, max(AT_LEAST, until - time.monotonic()))


def _begin_postgres(connection: Connection, purpose: Purpose) -> None:  # pragma: no cover - run on PostgreSQL
    if purpose is Purpose.WRITE:
        patience = max(1, int(1000 * _left(30)))  # 0 would be for ever
        connection.exec_driver_sql(_POSTGRES_TURN, (f"{patience}ms",))
    elif purpose is Purpose.TOUCH:
        connection.exec_driver_sql(_POSTGRES_TOUCH)


def _begin_sqlite(connection: Connection, purpose: Purpose) -> None:
    most: float = connection.info["patience"]
    if purpose is Purpose.READ:
        _be_patient(connection, min(most, READER_WAITS))
        connection.exec_driver_sql("BEGIN")
        return
    _take_turn(connection, 0 if purpose is Purpose.TOUCH else _left(most))
    _be_patient(connection, 0 if purpose is Purpose.TOUCH else _left(most))
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _be_patient(connection: Connection, seconds: float) -> None:
    """Let SQLite itself wait so long: for other programs."""
    milliseconds = int(1000 * seconds)
    if connection.info.get("waits") != milliseconds:
        pooled: Any = connection.connection.driver_connection
        pooled.execute(f"PRAGMA busy_timeout={milliseconds}").close()
        connection.info["waits"] = milliseconds


def _take_turn(connection: Connection, seconds: float) -> None:
    """Wait for the writers before; the turn ends when the connection goes back to its pool."""
    turn = _turns.setdefault(str(connection.engine.url), threading.Lock())
    if "turn" in connection.info:
        return
    if not turn.acquire(timeout=seconds):
        busy = sqlite3.OperationalError("database is locked")
        busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise OperationalError("BEGIN IMMEDIATE", None, busy)
    connection.info["turn"] = turn


@event.listens_for(Pool, "checkin")
def _be_patient_again(connection: Any, record: Any) -> None:
    """Whoever takes the connection past the transactions above (VACUUM, a checkpoint) waits as long as it was told."""
    if connection is not None and record.info.pop("waits", None) is not None:
        connection.execute(f"PRAGMA busy_timeout={int(1000 * record.info['patience'])}").close()


@event.listens_for(Pool, "checkin")
@event.listens_for(Pool, "invalidate")
def _end_turn(_connection: Any, record: Any, *_fault: Any) -> None:
    turn = record.info.pop("turn", None)
    if turn is not None:
        turn.release()
