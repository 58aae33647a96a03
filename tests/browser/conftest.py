"""A real server on a real database, and a real Chromium in front of it."""

import contextlib
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect, sync_playwright

import run
from logbook.clock import now, offset
from tests.clock import wait_until
from tests.conftest import POSTGRES, drop_database, new_database

ROOT = Path(__file__).parent.parent.parent
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
PATIENCE = 60_000  # milliseconds: what does not come on a quiet machine comes on no other
expect.set_options(timeout=PATIENCE)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in Path(item.fspath).parts:
            item.add_marker(pytest.mark.browser)


def chromium():
    """Debian's own; a missing one fails the test and says what to install."""
    found = os.environ.get("LOGBOOK_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, "install Chromium (apt-get install chromium), or run the tests with --no-browser"
    return found


def set_clock(context):
    """A browser's clock is the suite's."""
    if offset():
        context.clock.install(time=now())


@pytest.fixture(scope="session")
def driver():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(driver):
    browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS.split())
    yield browser
    browser.close()


@pytest.fixture
def open_page(browser):
    """open_page(width=390) is a fresh browser of that width, with nobody signed in; its script errors fail the test."""
    contexts, errors = [], []

    def open_one(width=1280, height=900, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", **options)
        contexts.append(context)
        set_clock(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.set_default_timeout(PATIENCE)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not errors, errors


@pytest.fixture
def page(open_page):
    return open_page()


class House:
    """An installation being served: its address, and its commands. It is empty, or a copy of another at rest."""

    def __init__(self, instance, like=None, database=None):
        self.instance = instance
        self.environment = os.environ | {"LOGBOOK_INSTANCE": str(instance), "PYTHONPATH": str(ROOT)}
        self.environment.pop("LOGBOOK_DATABASE_URL", None)
        self.database = f"sqlite:///{instance / 'logbook.db'}"
        if like:
            shutil.copytree(like.instance, instance)
        self.name = None
        if POSTGRES and not database:
            self.name, database = new_database(like.name) if like else new_database()
        if database:
            self.database = self.environment["LOGBOOK_DATABASE_URL"] = database
        with contextlib.closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        if not like:
            self.flask("db-upgrade")

    def close(self):
        """Take its database away; files go with their folder."""
        if self.name:
            drop_database(self.name)

    def rows(self, query, **values):
        """What is stored: the rows of a query, or nothing after a change."""
        engine = sa.create_engine(self.database, poolclass=sa.NullPool)
        with engine.begin() as connection:
            found = connection.execute(sa.text(query), values)
            return found.all() if found.returns_rows else []

    def flask(self, *arguments):
        """Run one of the application's commands and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "logbook.app", *arguments],
            env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @contextlib.contextmanager
    def served(self):
        """Serve as run.py does, in one process."""
        command = run.server_command(sys.executable, "127.0.0.1", self.port, 1)
        self.process = server = subprocess.Popen(command, env=self.environment, cwd=ROOT)
        try:
            self._wait()
            yield self
        finally:
            server.terminate()
            server.wait(timeout=120)

    def _wait(self):
        wait_until(self._answers)

    def _answers(self):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/health", timeout=10) as answer:
            return answer.status == 200


@contextlib.contextmanager
def house_in(instance, like=None):
    """A House, gone afterwards."""
    house = House(instance, like)
    try:
        yield house
    finally:
        house.close()


class Pattern(NamedTuple):
    """An installation at rest, to be copied: its folder, its database on PostgreSQL, and who can sign in."""

    instance: Path
    name: str | None
    accounts: list


def pattern_of(tmp_path_factory, name, fill):
    """The Pattern that fill(house) makes; it returns its accounts. The first of the suite's processes makes it."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    instance, kept = root / name, root / f"{name}.json"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            house = House(instance)
            kept.write_text(json.dumps([house.name, fill(house)]), "utf-8")
    return Pattern(instance, *json.loads(kept.read_text("utf-8")))


def sampled(*options):
    """Fills a house with the sample bureau; its accounts are lines of sign-in name, password, person and roles."""
    return lambda house: [line.split() for line in house.flask("sample", "--seed", "7", *options).splitlines()]


@pytest.fixture(scope="session")
def empty_house(tmp_path_factory):
    """An installation with its tables, at rest."""
    return pattern_of(tmp_path_factory, "empty", lambda _house: [])


@pytest.fixture
def house(tmp_path, empty_house):
    """An empty installation, served."""
    with served_copy(empty_house, tmp_path / "instance") as house:
        yield house


@pytest.fixture(scope="session")
def full_house(tmp_path_factory):
    """The sample bureau, at rest."""
    return pattern_of(tmp_path_factory, "full", sampled())


@contextlib.contextmanager
def served_copy(like, instance):
    """A copy of an installation, served."""
    with house_in(instance, like) as house, house.served():
        house.accounts = like.accounts
        yield house


@pytest.fixture(scope="session")
def bureau(tmp_path_factory, full_house):
    """A sample bureau for all tests that only look."""
    with served_copy(full_house, tmp_path_factory.mktemp("bureau") / "instance") as house:
        yield house


@pytest.fixture(scope="module")
def busy_bureau(tmp_path_factory, full_house):
    """A sample bureau of this module's own, for tests that record."""
    with served_copy(full_house, tmp_path_factory.mktemp("busy") / "instance") as house:
        yield house
