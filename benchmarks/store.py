"""Storing one visit with three problems over HTTP, 16 clients; beside it the same rows by raw SQLite, WAL and FULL."""

import http.client
import itertools
import re
import secrets
import sqlite3
import statistics
import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.house import House, tokens

CLIENTS = 16
SECONDS = 8.0
RAW_ROWS = 3000


@dataclass(frozen=True)
class Stored:
    """Visits a second and the 99th percentile in milliseconds."""

    rate: float
    p99: float


def over_http(house: House) -> Stored:
    """16 clients, each signed in, each with its form's CSRF token."""
    keys = tokens(house.app(), CLIENTS)
    with house.served() as port:
        clients = [_Client(port, key) for key in keys]
        until = time.perf_counter() + SECONDS
        threads = [threading.Thread(target=client.run, args=(until,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    times = sorted(itertools.chain.from_iterable(client.times for client in clients))
    return Stored(len(times) / SECONDS, 1000 * times[int(0.99 * len(times))])


class _Client:
    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.times: list[float] = []
        self.connection.request("GET", "/visits/new", headers={"Cookie": f"logbook={token}"})
        response = self.connection.getresponse()
        page = response.read().decode()
        cookie = response.headers["Set-Cookie"].split(";")[0]
        fields = {name: _hidden(page, name) for name in ("csrf_token", "typed_by", "member_id")}
        branch = re.findall(r'name="branch_id".*?<option value="(\d+)"', page, re.DOTALL)[0]
        self.body = fields | {
            "visited_on": _hidden(page, "visited_on"), "branch_id": branch, "kinds": "research", "level": "group",
            "findings": "到码头、环湖路巡查，同支委和6名党员职工座谈，护林防火安排到位，总体平稳。",
        }  # fmt: skip
        self.headers = {
            "Cookie": f"logbook={token}; {cookie}", "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }  # fmt: skip

    def run(self, until: float) -> None:
        """Send visits until the time is over."""
        while time.perf_counter() < until:
            pairs = [*self.body.items(), ("client_key", secrets.token_urlsafe(12))]
            for n in range(3):
                pairs += [("problem_text", f"码头候船区无遮阳棚，第{n + 1}处"), ("problem_line", "")]
                pairs += [("problem_side", "bureau"), ("problem_handling", "coordinate"), ("problem_owner", "办公室")]
            started = time.perf_counter()
            self.connection.request("POST", "/visits/new", urllib.parse.urlencode(pairs), self.headers)
            response = self.connection.getresponse()
            answer = response.read()
            if response.status != 201:
                raise SystemExit(f"{response.status}: {answer[:500]!r}")
            self.times.append(time.perf_counter() - started)


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""


def raw(house: House) -> float:
    """Commits a second of the same rows into a copy of the same tables by plain sqlite3: one writer, WAL, FULL.

    What one record writes: the two counters, the visit, its kind, its version, three problems.
    """
    copy = house.folder / "raw.db"
    copy.unlink(missing_ok=True)
    source = sqlite3.connect(house.database)
    source.execute("VACUUM INTO ?", (str(copy),))
    source.close()
    connection = sqlite3.connect(copy, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    write = _writer(connection)
    rates = []
    for _ in range(3):
        started = time.perf_counter()
        for _row in range(RAW_ROWS // 3):
            write()
        rates.append(RAW_ROWS / 3 / (time.perf_counter() - started))
    connection.close()
    return statistics.median(rates)


def _writer(connection: sqlite3.Connection) -> Callable[[], None]:
    """Writes the last stored record once more, under the next ids."""
    found = connection.execute(
        "SELECT source_id FROM problem WHERE source_line = 3 ORDER BY id DESC LIMIT 1"
    ).fetchone()
    rows = {
        "visit": ("id", "SELECT * FROM visit WHERE id = ?"),
        "visit_kind": ("visit_id", "SELECT * FROM visit_kind WHERE visit_id = ?"),
        "visit_version": ("visit_id", "SELECT * FROM visit_version WHERE visit_id = ?"),
        "problem": ("source_id", "SELECT * FROM problem WHERE source_id = ? AND source_kind = 'visit'"),
    }
    inserts = []
    for table, (key, query) in rows.items():
        cursor = connection.execute(query, found)
        names = [column[0] for column in cursor.description]
        for row in cursor.fetchall():
            values = dict(zip(names, row, strict=True)) | {"id": None}
            marks = ", ".join(f":{name}" for name in names)
            inserts.append((f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", values, key))
    year, member = connection.execute("SELECT year, member_id FROM visit WHERE id = ?", found).fetchone()
    last = connection.execute("SELECT max(id) FROM visit").fetchone()[0]

    def write() -> None:
        nonlocal last
        last += 1
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE book SET lines = lines + 1 WHERE member_id = ? AND year = ?", (member, year))
        taken = "UPDATE number_series SET last = last + 1 WHERE year = ? RETURNING last"
        seq = connection.execute(taken, (year,)).fetchone()[0]
        for statement, values, key in inserts:
            connection.execute(statement, values | {key: last, "seq": seq, "client_key": f"raw{last}"})
        connection.execute("COMMIT")

    return write
