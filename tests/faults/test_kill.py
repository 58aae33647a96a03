"""kill -9 while saving: what was acknowledged is there, whole and once."""

import contextlib
import http.client
import json
import os
import random
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

import pytest

from logbook.app import create_app
from logbook.db import db
from logbook.schema import upgrade
from logbook.visits.models import number_of
from logbook.visits.versions import digest_of
from tests import factories
from tests.conftest import THOROUGH

ROOT = Path(__file__).parent.parent.parent
KILLS, LEAST = (200, 2000) if THOROUGH else (12, 120)
WRITERS = 4


class Writer(threading.Thread):
    """Sends one visit after the other; one that was not answered is sent again, under its key, until it is."""

    def __init__(self, port, token, stop):
        super().__init__()
        self.port, self.token, self.stop = port, token, stop
        self.acknowledged, self.faults = {}, []
        self.connection = None

    def run(self):
        fields = self.form()
        while not self.stop.is_set():
            key = secrets.token_urlsafe(9)
            body = [*fields, ("client_key", key), ("findings", f"第{key}次。"), ("problem_text", f"缺棚{key}")]
            body += [("problem_line", ""), ("problem_side", "bureau"), ("problem_owner", "办公室")]
            status, answer = self.insist("POST", "/visits/new", urllib.parse.urlencode(body))
            if status == 201:
                self.acknowledged[key] = json.loads(answer)
            elif status:
                self.faults.append((status, answer[:300]))

    def form(self):
        _status, page = self.insist("GET", "/visits/new", None)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        branch = re.search(r'name="branch_id".*?<option value="(\d+)"', page, re.DOTALL)[1]
        day = re.search(r'name="visited_on"[^>]*value="(\d{4}-\d\d-\d\d)"', page)[1]
        return [
            ("csrf_token", token),
            ("branch_id", branch),
            ("visited_on", day),
            ("kinds", "research"),
            ("level", "group"),
        ]

    def insist(self, method, path, body):
        while not self.stop.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                return self.send(method, path, body)
            self.connection = None
            time.sleep(0.01)
        return None, ""

    def send(self, method, path, body):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.connection.connect()
        headers = {"Cookie": self.token, "Accept": "application/json" if body else "text/html"}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        if answer.headers.get("Set-Cookie"):
            self.token = f"{self.token.split(';')[0]}; {answer.headers['Set-Cookie'].split(';')[0]}"
        return answer.status, answer.read().decode()


@pytest.fixture
def installation(tmp_path):
    """A migrated installation on SQLite with a member of each writer; returns their session tokens."""
    app = create_app({"INSTANCE": str(tmp_path), "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / 'logbook.db'}"})
    with app.app_context():
        upgrade()
        factories.setting("unit_name", "青湖风景区管理局")
        factories.branch()
        tokens = [f"logbook={factories.sign_in(factories.member())}" for _ in range(WRITERS)]
        db.session.remove()
        db.engine.dispose()
    return tokens


@contextlib.contextmanager
def server(folder):
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"LOGBOOK_INSTANCE": str(folder), "PYTHONPATH": str(ROOT)}
    environment.pop("LOGBOOK_DATABASE_URL", None)
    argv = [sys.executable, str(ROOT / "tests" / "faults" / "server.py"), str(port)]
    parent = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield port, parent.stdout
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()


def kill_again_and_again(children, writers):
    """Kill the server in the midst of its answers; on a slow machine it lives until it has given some."""
    random.seed(7)
    for _ in range(KILLS):
        child, wanted = int(children.readline()), given(writers) + LEAST // KILLS
        deadline = time.monotonic() + 300
        while given(writers) < wanted and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.05))  # noqa: S311 - a moment, no secret
        os.kill(child, signal.SIGKILL)
    return int(children.readline())


def given(writers):
    return sum(len(writer.acknowledged) for writer in writers)


def test_nothing_acknowledged_is_lost(installation, tmp_path):
    stop = threading.Event()
    with server(tmp_path) as (port, children):
        writers = [Writer(port, token, stop) for token in installation]
        for writer in writers:
            writer.start()
        last = kill_again_and_again(children, writers)
        stop.set()
        for writer in writers:
            writer.join(timeout=60)
        os.kill(last, signal.SIGKILL)
    acknowledged = {key: one for writer in writers for key, one in writer.acknowledged.items()}
    assert not [fault for writer in writers for fault in writer.faults]
    assert len(acknowledged) >= LEAST
    check(tmp_path / "logbook.db", acknowledged)


def check(path, acknowledged):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        stored = {
            key: (number_of(year, seq), digest, body)
            for key, year, seq, digest, body in connection.execute(
                "SELECT client_key, year, seq, digest, body FROM visit JOIN visit_version ON visit_id = visit.id"
            )
        }
        for key, answer in acknowledged.items():
            number, digest, body = stored[key]
            assert (answer["number"], answer["digest"]) == (number, digest)
            assert digest == digest_of(body)
            assert key in json.loads(body)["findings"]
        whole = "SELECT count(*) FROM visit WHERE (SELECT count(*) FROM {} WHERE {} = visit.id) != 1"
        for table, column in (("visit_version", "visit_id"), ("visit_kind", "visit_id"), ("problem", "source_id")):
            assert connection.execute(whole.format(table, column)).fetchone() == (0,), table
        last, count, highest = connection.execute(
            "SELECT (SELECT last FROM number_series), count(*), max(seq) FROM visit"
        ).fetchone()
        assert last == count == highest, "no number is missing, none is given twice"
        lines = "SELECT count(*) FROM visit WHERE visit.member_id = book.member_id"
        books = f"SELECT count(*) FROM book WHERE lines != ({lines})"
        assert connection.execute(books).fetchone() == (0,)
