"""Whoever reads is answered while others are slow, hold the database, or wait for it."""

import contextlib
import datetime as dt
import json
import select
import threading

import pytest
import sqlalchemy as sa

from logbook.db import writing
from logbook.formats import now
from tests.conftest import POSTGRES
from tests.serving.conftest import form_of, stored
from tests.serving.wire import FORM, ask, begun, get, head, post, urlencoded

SLOW = 200
STALE = (
    "UPDATE sign_in_session SET last_seen_at = '2026-01-01 00:00:00.000000', created_at = '2027-01-01 00:00:00.000000'"
)


def answered(house):
    """Read what readers read: whether the server is well, the sign-in page, a member's list."""
    return [get(house.port, path, house.cookie)[0] for path in ("/health", "/sign-in", "/visits")]


@pytest.mark.parametrize("how_many", [6, SLOW])
def test_half_sent_bodies_keep_nobody_from_reading(small_house, how_many):
    top = head("POST", "/sign-in", Content_Type=FORM, Content_Length=100_000)
    slow = [begun(small_house.port, top, b"sign_in_nam") for _ in range(how_many)]
    try:
        assert answered(small_house) == [200] * 3
        assert select.select(slow, [], [], 0)[0] == [], "they were still being waited for"
        cookie, fields = form_of(small_house)
        assert ask(small_house.port, *post("/visits/new", cookie, *urlencoded(fields)))[0] == 303, "nor from writing"
    finally:
        for line in slow:
            line.close()


def test_who_fetches_slowly_keeps_nobody_from_reading(small_house):
    path = next(word for word in get(small_house.port, "/sign-in")[1].split('"') if word.endswith("style.css"))
    slow = [begun(small_house.port, head("GET", path) * 40) for _ in range(40)]
    try:
        assert answered(small_house) == [200] * 3
    finally:
        for line in slow:
            line.close()


@contextlib.contextmanager
def held(house):
    """Another program has the writers' turn meanwhile: it is taken where a transaction begins."""
    with writing(), sa.create_engine(house.database, poolclass=sa.NullPool).begin():
        yield


def test_a_long_writer_keeps_nobody_from_reading_and_writers_are_told_soon(small_house):
    cookie, fields = form_of(small_house)
    make_touch_due(small_house)
    due, told = last_use(small_house), []

    def save(**headers):
        told.append(ask(small_house.port, *post("/visits/new", cookie, *urlencoded(fields), **headers)))

    with held(small_house):
        writers = [threading.Thread(target=save, kwargs=one) for one in [{}] * 9 + [{"Accept": "application/json"}]]
        for one in writers:
            one.start()
        assert answered(small_house) == [200] * 3
        for one in writers:  # each is told while the lock is still held
            one.join()
        assert answered(small_house) == [200] * 3
    assert [status for status, _text in told] == [503] * 10
    assert all("retry-after: 10" in text for _status, text in told)
    assert sum("系统正忙，没有保存" in text and "写好的话，不能丢。" in text for _status, text in told) == 9
    (for_a_phone,) = [text.partition("\n\n")[2] for _status, text in told if "application/json" in text]
    assert "系统正忙" in json.loads(for_a_phone)["error"]
    assert stored(small_house) == []
    assert POSTGRES or last_use(small_house) == due, "on SQLite it was left unnoted; PostgreSQL has room for it beside"
    assert ask(small_house.port, *post("/visits/new", cookie, *urlencoded(fields)))[0] == 303
    assert last_use(small_house) != due


def make_touch_due(house):
    """Let the session's last use be five minutes ago."""
    then = now().astimezone(dt.UTC) - dt.timedelta(minutes=5)
    house.rows("UPDATE sign_in_session SET last_seen_at = :then", then=f"{then:%Y-%m-%d %H:%M:%S}.000000")


def last_use(house):
    return house.rows("SELECT max(last_seen_at) FROM sign_in_session")


def test_a_paper_waits_among_papers(small_house):
    cookie, fields = form_of(small_house)
    place = ask(small_house.port, *post("/visits/new", cookie, *urlencoded(fields)))[1]
    path = next(line for line in place.split("\r\n") if line.startswith("location:")).split()[1].partition("?")[0]
    with held(small_house):
        papers = [begun(small_house.port, head("GET", f"{path}/record.pdf", cookie)) for _ in range(8)]
        assert answered(small_house) == [200] * 3
        for line in papers:
            line.close()
