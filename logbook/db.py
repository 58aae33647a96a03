"""The Base, the column types, the session, and the guard that nothing loads lazily."""

import contextlib
import datetime as dt
import enum
import sqlite3
import threading
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

# A transaction that will write takes SQLite's lock at its beginning; one that only reads must not.
_writing: ContextVar[bool] = ContextVar("writing", default=True)


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside only read: on SQLite they take no write lock."""
    token = _writing.set(False)
    try:
        yield
    finally:
        _writing.reset(token)


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """A transaction begun inside writes, also while a page is only read."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


def set_writing(*, on: bool) -> None:
    """Say whether transactions begun from here on, in this request, will write."""
    _writing.set(on)


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
_POSTGRES_PRESENCE = "SELECT pg_advisory_lock_shared(hashtext('logbook ' || current_schema())), current_schema()"


@event.listens_for(Engine, "connect")
def _be_present(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        return
    connection.autocommit = True  # the lock is the connection's, not a transaction's
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRES_PRESENCE)
        _lock, schema = cursor.fetchone()
    connection.autocommit = False
    if schema is None:  # then there would be no turn for writers either
        connection.close()
        raise MissingSchema("logbook: no such schema")


# One writer at a time in one unit's schema, as on SQLite: rules that read first and write then hold on both.
_POSTGRES_TURN = "SELECT set_config('lock_timeout', '30s', true), pg_advisory_xact_lock(hashtext(current_schema()))"


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        if _writing.get():
            connection.exec_driver_sql(_POSTGRES_TURN)
    elif _writing.get():
        _take_turn(connection)
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql("BEGIN")


def _take_turn(connection: Connection) -> None:
    """Wait for the writers before; the turn ends when the connection goes back to its pool."""
    turn = _turns.setdefault(str(connection.engine.url), threading.Lock())
    if "turn" in connection.info:
        return
    if not turn.acquire(timeout=connection.info["patience"]):
        raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
    connection.info["turn"] = turn


@event.listens_for(Pool, "checkin")
@event.listens_for(Pool, "invalidate")
def _end_turn(_connection: Any, record: Any, *_fault: Any) -> None:
    turn = record.info.pop("turn", None)
    if turn is not None:
        turn.release()
