"""Pages in the server: a member's list, the office's coverage, a search, the year; statements counted, time taken."""

import sqlite3
import statistics
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from benchmarks.house import House, session_of

ROUNDS = 61


def client(app: Flask, role: str) -> FlaskClient:
    """A browser of the first who holds `role`."""
    browser = app.test_client()
    browser.set_cookie("logbook", session_of(app, role))
    return browser


def page(app: Flask, browser: FlaskClient, path: str) -> tuple[float, int]:
    """(median milliseconds, SQL statements) of one page."""
    from logbook.db import db

    made: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            made.append(statement)

    with app.app_context():
        engine = db.engine
    browser.get(path)
    sa.event.listen(engine, "before_cursor_execute", note)
    answer = browser.get(path)
    sa.event.remove(engine, "before_cursor_execute", note)
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code}")
    return median(lambda: browser.get(path)), len(made)


def median(act: Callable[[], object]) -> float:
    """Median milliseconds of `act`."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        act()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)


def raw_search(house: House, word: str) -> float:
    """Median milliseconds of the same LIKE over the same columns and the voices, counted and read as the page does."""
    columns = ("findings", "guidance", "solved_on_site", "place", "people_met", "thinking", "observation")
    found = " OR ".join(f"{column} LIKE '%' || ? || '%'" for column in columns)
    found = f"({found} OR id IN (SELECT visit_id FROM voice WHERE text LIKE '%' || ? || '%'))"
    connection = sqlite3.connect(house.database)

    def search() -> None:
        words = [word] * (len(columns) + 1)
        connection.execute(f"SELECT count(*), sum(level = 'group') FROM visit WHERE {found}", words).fetchone()
        newest = f"SELECT * FROM visit WHERE {found} ORDER BY year DESC, seq DESC LIMIT 26"
        connection.execute(newest, words).fetchall()

    return median(search)


def raw_year(house: House, year: int) -> float:
    """Median milliseconds of the figures of a year and of the year before, as plain SQL."""
    connection = sqlite3.connect(house.database)
    counted = "counts AND year = ?"
    month = "strftime('%m', visited_on)"
    queries = (
        f"SELECT count(*), sum(half_days), sum(joint_of_id IS NULL) FROM visit WHERE {counted}",
        f"SELECT {month}, count(*) FROM visit WHERE {counted} GROUP BY 1",
        f"SELECT branch_id, {month}, count(*), max(visited_on) FROM visit WHERE {counted} GROUP BY 1, 2",
        f"SELECT member_id, count(*), sum(half_days) FROM visit WHERE {counted} GROUP BY 1",
        f"SELECT kind, member_id, count(*) FROM visit_kind, visit v WHERE v.id = visit_id AND {counted} GROUP BY 1, 2",
        f"SELECT content, count(*) FROM visit_content JOIN visit v ON v.id = visit_id WHERE {counted} GROUP BY 1",
        f"SELECT category, count(*) FROM voice JOIN visit v ON v.id = visit_id WHERE {counted} GROUP BY 1",
        f"SELECT branch_id, member_id, {month}, count(*) FROM visit WHERE {counted} GROUP BY 1, 2, 3",
    )
    items = [
        f"SELECT i.*, b.name FROM {table} i LEFT JOIN branch b ON b.id = i.branch_id "
        "WHERE raised_on <= ? AND (closed_on IS NULL OR closed_on >= ?) ORDER BY raised_on, i.id"
        for table in ("problem", "undertaking")
    ]

    def figures() -> None:
        for one in (year, year - 1):
            for query in queries:
                connection.execute(query, (one,)).fetchall()
            for query in items:
                connection.execute(query, (f"{one}-12-31", f"{one}-01-01")).fetchall()

    return median(figures)
