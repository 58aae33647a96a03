"""Copies of the program in temporary folders, run the way a technician runs them."""

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy as sa

from logbook.db import Base
from tests.conftest import POSTGRES, drop_database, new_database

ROOT = Path(__file__).parent.parent.parent
SHARED = ("door", "logbook", "templates", "pyproject.toml", "requirements.lock", "requirements-test.lock")
FIRST_START = ["--unit-name", "青湖风景区管理局", "--name", "王一", "--sign-in-name", "wang"]


class Clone:
    """A fresh clone whose packages are this test run's own."""

    def __init__(self, folder):
        self.folder = folder
        self.instance = folder / "instance"
        self.python = sys.executable
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("LOGBOOK_", "COV"))}
        folder.mkdir()
        self.instance.mkdir()
        shutil.copy(ROOT / "run.py", folder)
        shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
        for name in SHARED:
            (folder / name).symlink_to(ROOT / name)

    def borrow_packages(self):
        venv = self.folder / ".venv"
        venv.mkdir()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (venv / name).symlink_to(Path(sys.prefix) / name)
        door = [sys.executable, "-c", "import run; print(run.digest(run.RUNTIME), run.digest(run.TEST), sep='\\n')"]
        digests = subprocess.run(door, cwd=self.folder, capture_output=True, text=True, check=True).stdout
        (venv / "installed").write_text(f"{os.path.realpath(venv / 'bin' / 'python')}\n{digests.strip()}")

    def command(self, *argv):
        return [self.python, str(self.folder / "run.py"), *map(str, argv)]

    def run(self, *argv, **env):
        return subprocess.run(
            self.command(*argv),
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def refused(self, *argv, **env):
        """Run a command that must fail with one line and no traceback; return the line."""
        done = self.run(*argv, **env)
        assert done.returncode == 1, done.stdout + done.stderr
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        assert lines[0].startswith("错误 Error: ")
        return lines[0]

    def stopped(self, folder, at, on, *argv, once=None):
        """Run a command that is killed before its `at`-th step, counted from when `once` is there; return whether
        it came that far."""
        (folder / "sitecustomize.py").write_text(STOP)
        env = {"PYTHONPATH": str(folder), "STOP_AT": str(at), "STOP_ON": on, "PYTHONDONTWRITEBYTECODE": "1"}
        env |= {"STOP_ONCE": str(once or "/")}
        done = self.run(*argv, **env)
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr
        return done.returncode != 0

    def flask(self, *argv, **env):
        python = str(self.folder / ".venv" / "bin" / "python")
        argv = [python, "-m", "flask", "--app", "logbook.app", *argv]
        env = {**self.env, "LOGBOOK_INSTANCE": str(self.instance), **env}
        return subprocess.run(argv, cwd=self.folder, env=env, capture_output=True, text=True, check=True).stdout

    def sql(self, statement, **values):
        """The rows of a statement, or nothing after a change, in the clone's database; no foreign key is looked at."""
        url = self.env.get("LOGBOOK_DATABASE_URL")
        if not url:
            with (
                contextlib.closing(sqlite3.connect(self.instance / "logbook.db", timeout=30)) as connection,
                connection,
            ):
                return connection.execute(statement, values).fetchall()
        return self.sql_on(url, statement, **values)

    @staticmethod
    def sql_on(url, statement, **values):
        """The same on that PostgreSQL database."""
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            found = connection.execute(sa.text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def record(self, at="2026-03-05 01:00:00.000000", **more):
        """Put a record into the database, received at that moment; what it must hold and nobody looks at is 1."""
        known = Base.metadata.tables["visit"].columns
        plain = {"BOOLEAN": True, "DATE": at[:10], "DATETIME": at, "INTEGER": 1}
        values = {
            one.name: plain.get(str(one.type), "1")
            for one in known
            if not one.nullable and one.name != "id" and one.server_default is None
        }
        values |= {"recorded_at": at, "visited_on": at[:10], "year": int(at[:4]), **more}
        self.sql(f"INSERT INTO visit ({', '.join(values)}) VALUES ({', '.join(f':{one}' for one in values)})", **values)

    def attach(self, text, visit=1):
        """Store a file as the application does, with the row that names it; return its path."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = self.instance / "attachments" / digest[:2] / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        path.chmod(0o600)
        self.sql(
            "INSERT INTO attachment (visit_id, digest, name, media_type, size, added_by_id, added_at) "
            "VALUES (:visit, :digest, '附件.pdf', 'application/pdf', 1, 1, '2026-03-05 01:00:00')",
            visit=visit,
            digest=digest,
        )
        return path

    @contextlib.contextmanager
    def serving(self, *argv, stop=signal.SIGTERM, **account):
        """The server while it answers; afterwards its `output` is complete and its end was clean."""
        port = free_port()
        server = subprocess.Popen(
            self.command(*argv, "--port", port),
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **account,
        )
        try:
            await_answer(server, port)
            yield port
        finally:
            server.send_signal(stop)
            self.output, errors = server.communicate(timeout=300)
        assert server.returncode == 0, errors
        assert "Traceback" not in errors


def tree(folder):
    """Every file's digest and mode; the lock file says nothing."""
    return {
        str(path.relative_to(folder)): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mode & 0o777)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "in_use"
    }


# A child that imports this ends, as if by kill -9, right before the n-th of the steps that change the disk.
STOP = """
import os, signal
left = int(os.environ["STOP_AT"])
def counted(real):
    def one(*args, **options):
        global left
        left -= os.path.exists(os.environ["STOP_ONCE"])
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **options)
    return one
for name in os.environ["STOP_ON"].split():
    setattr(os, name, counted(getattr(os, name)))
"""
MOVES, ALL_STEPS = "rename replace link unlink", "rename replace link unlink mkdir rmdir fsync"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def await_answer(server, port):
    until = time.monotonic() + 240  # on a busy machine each step of a first start takes its time
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=10):
            return
        time.sleep(0.05)
    pytest.fail(f"no answer: {server.communicate(timeout=5) if server.poll() is not None else 'still silent'}")


@pytest.fixture
def bare(tmp_path):
    """A fresh clone, nothing installed."""
    return Clone(tmp_path / "clone")


@pytest.fixture
def clone(bare):
    """A fresh clone with its packages."""
    bare.borrow_packages()
    return bare


@pytest.fixture(scope="session")
def first_instance(tmp_path_factory):
    """What a first start leaves: a database and its first account; made once, copied by whoever needs one."""
    made = Clone(tmp_path_factory.mktemp("first") / "clone")
    made.borrow_packages()
    made.flask("db-upgrade")
    made.flask("first-account", *FIRST_START)
    made.flask("db-open")
    return made.instance


@pytest.fixture
def installed(clone, first_instance):
    """A clone with a database and its first account."""
    shutil.copytree(first_instance, clone.instance, dirs_exist_ok=True)
    return clone


@pytest.fixture
def postgres_url():
    """A database of this test's own on the test server."""
    if not POSTGRES:
        pytest.skip("run with --postgres")
    name, url = new_database()
    yield url
    drop_database(name)


@pytest.fixture(scope="session")
def _first_on_postgres(tmp_path_factory):
    """As first_instance, on PostgreSQL: a database to be copied, and its folder."""
    if not POSTGRES:
        pytest.skip("run with --postgres")
    made = Clone(tmp_path_factory.mktemp("first-on-postgres") / "clone")
    made.borrow_packages()
    name, made.env["LOGBOOK_DATABASE_URL"] = new_database()
    made.flask("db-upgrade")
    made.flask("first-account", *FIRST_START)
    made.flask("db-open")
    yield name, made.instance
    drop_database(name)


@pytest.fixture
def installed_on_postgres(clone, _first_on_postgres):
    """A clone with a PostgreSQL database and its first account."""
    like, instance = _first_on_postgres
    shutil.copytree(instance, clone.instance, dirs_exist_ok=True)
    name, clone.env["LOGBOOK_DATABASE_URL"] = new_database(like)
    yield clone
    drop_database(name)
