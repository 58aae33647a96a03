"""The application on a real database: SQLite by default, PostgreSQL where LOGBOOK_TEST_DATABASE_URL says so."""

import os
import shutil
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from jinja2 import FileSystemBytecodeCache

from logbook.app import create_app
from logbook.db import db
from logbook.formats import today
from run import clock_at
from tests import factories
from tests.client import Client, listening
from tests.clock import keep_within_a_day

THOROUGH = os.environ.get("LOGBOOK_THOROUGH") == "1"
POSTGRES = os.environ.get("LOGBOOK_TEST_DATABASE_URL")
settings.register_profile(
    "here",
    max_examples=200 if THOROUGH else 8,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
settings.load_profile("here")

# What the kind of database cannot change runs once, on SQLite; a run on PostgreSQL names it as left out.
ONCE = (
    "tests/test_house.py", "tests/documents", "tests/office", "tests/printing/test_valid.py", "tests/door",
    "tests/faults/test_checks.py", "tests/browser/test_every_page.py", "tests/browser/test_histories.py",
    "tests/browser/test_preview.py", "tests/browser/test_thirty_seconds.py",
    "tests/pack", "tests/review/test_citations.py", "tests/review/test_rule7.py",
    "tests/review/test_sequences.py", "tests/minutes/test_comparing.py",
    "tests/rectification/test_import.py", "tests/browser/test_restart.py", "tests/faults/test_away.py",
    "tests/faults/test_typed.py", "tests/browser/test_luck.py",
    "tests/serving/test_names.py", "tests/serving/test_alone.py",
)  # fmt: skip


def pytest_collection_modifyitems(config, items):
    for item in items if POSTGRES else ():
        if item.nodeid.startswith(ONCE) and "postgres" not in item.name:
            item.add_marker(pytest.mark.skip(reason="the kind of database changes nothing here: see the run on SQLite"))


def pytest_runtest_setup():
    keep_within_a_day()


@pytest.fixture
def clock(monkeypatch):
    """clock("2028-02-29T23:50") sets the time in Shanghai, for this test and the children it begins afterwards."""
    return lambda moment: monkeypatch.setenv("LOGBOOK_CLOCK", clock_at(moment))


@pytest.fixture
def december(clock):
    """This year is nearly over: what is told of it lies behind."""
    clock(f"{today().year}-12-20T10:00")


def on_postgres(statement):
    """Run a statement about databases themselves, outside any transaction."""
    engine = sa.create_engine(POSTGRES, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


def new_database(like="template1"):
    """A database of a test's own on the test server, a copy of another at rest: its name and address."""
    name = f"d{uuid.uuid4().hex[:12]}"
    on_postgres(f"CREATE DATABASE {name} TEMPLATE {like}")
    return name, POSTGRES.replace("/postgres?", f"/{name}?")


def drop_database(name):
    on_postgres(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def _postgres_url():
    """A schema of this worker's own; the whole suite shares one server."""
    if not POSTGRES:
        yield None
        return
    schema = f"t{uuid.uuid4().hex[:12]}"
    engine = sa.create_engine(POSTGRES)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    yield f"{POSTGRES}&options=-csearch_path%3D{schema}"
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
    engine.dispose()


@pytest.fixture(scope="session")
def _tables(tmp_path_factory, _postgres_url):
    """The tables, made once: on SQLite every test begins with a copy of the file."""
    folder = tmp_path_factory.mktemp("tables")
    app = create_app(_configuration(folder, _postgres_url))
    with app.app_context():
        db.create_all()
        db.engine.dispose()
    return folder / "logbook.db"


def _configuration(folder, url):
    place = {"SQLALCHEMY_DATABASE_URI": url} if url else {}
    return {
        "TESTING": True, "INSTANCE": str(folder), "SECRET_KEY": "x" * 32, "WTF_CSRF_ENABLED": False, **place
    }  # fmt: skip


@pytest.fixture(scope="session")
def _application(tmp_path_factory, _postgres_url, _tables):
    """The application, made once: its routes, templates and statements are compiled once a session, not once a test.

    On SQLite its database lies behind a link, which leads each test to a file of its own.
    """
    link = tmp_path_factory.mktemp("application") / "now"
    app = create_app(_configuration(link.parent, _postgres_url or f"sqlite:///{link / 'logbook.db'}"))
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    app.error_handler_spec[None][None].pop(Exception)  # a test shows the traceback, not the page that hides it
    return app, link


@pytest.fixture
def app(tmp_path: Path, _postgres_url, _application, _tables):
    """A fresh installation with its tables and the unit's name; committed state only survives a request."""
    app, link = _application
    before = {**app.config}
    app.config["INSTANCE"] = tmp_path
    if not _postgres_url:
        shutil.copy(_tables, tmp_path)
        link.unlink(missing_ok=True)
        link.symlink_to(tmp_path)
    with app.app_context():
        listeners = _count_listeners()
        factories.setting("unit_name", "青湖风景区管理局")
        db.session.commit()
        yield app
        left = _count_listeners() != listeners
        db.session.remove()
        if _postgres_url:
            db.session.execute(sa.text(_EMPTIED))
            db.session.commit()
        db.engine.dispose()
    app.config.clear()
    app.config.update(before)
    assert not left, "this test listens on to an engine that later tests share"


HEARD = ("connect", "begin", "commit", "rollback", "before_cursor_execute")


def _count_listeners():
    of = (db.engine.pool.dispatch, db.engine.dispatch)
    return [len(list(getattr(one, name))) for one in of for name in HEARD if hasattr(one, name)]


# TRUNCATE makes every table's files anew; most tests fill a handful of them.
_EMPTIED = """
DO $$ DECLARE one text; filled boolean; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I)', one) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM %I', one); END IF;
    END LOOP;
    FOR one IN SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() AND last_value IS NOT NULL LOOP
        EXECUTE format('ALTER SEQUENCE %I RESTART', one);
    END LOOP;
END $$
"""


@pytest.fixture
def statements(app):
    """`with statements() as made:` collects the SQL sent meanwhile."""
    return listening


@pytest.fixture
def client(app):
    """client() is nobody; client(person_id) is signed in."""
    return lambda person=None: Client(app, person)
