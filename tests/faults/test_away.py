"""The database is away: a page that needs none says so, and shows again what was typed."""

import contextvars
import errno
import sqlite3

import psycopg
import pytest
import sqlalchemy as sa

from logbook import faults
from logbook.accounts import carried
from logbook.app import create_app
from logbook.db import db
from logbook.faults import Kind
from tests import factories
from tests.client import check_page, filled

TYPED = {
    "findings": "写好的话，不能丢。<b>&amp;",
    "problem_text": "缺遮阳棚",
    "client_key": "key-000001",
    "kinds": ["a", "b"],
}


@pytest.fixture
def away(tmp_path):
    """A member's browser, and an installation whose database has just been taken away."""
    url = f"sqlite:///{tmp_path / 'logbook.db'}"
    app = create_app({"INSTANCE": str(tmp_path), "SECRET_KEY": "x" * 32, "SQLALCHEMY_DATABASE_URI": url})
    app.config["WTF_CSRF_ENABLED"] = False
    with app.app_context():
        db.create_all()
        token = factories.sign_in(factories.member())
        db.session.remove()
        db.engine.dispose()
        (tmp_path / "logbook.db").rename(tmp_path / "gone.db")
        (tmp_path / "logbook.db").mkdir()
        browser = app.test_client()
        browser.set_cookie("logbook", token)
        yield browser
        db.session.remove()
        db.engine.dispose()


def send(browser, method, path, **options):
    answer = contextvars.Context().run(getattr(browser, method), path, **options)
    if answer.mimetype == "text/html":
        check_page(answer.text)
    return answer


@pytest.mark.parametrize("path", ["/visits/new", "/visits/7/withdraw", "/years/text", "/nowhere"])
def test_what_was_typed_is_shown_again_and_can_be_sent_once_more(away, path):
    answer = send(away, "post", f"{path}?year=2026", data=TYPED)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "数据库暂时连不上，没有保存。" in answer.text
    assert "写好的话，不能丢。&lt;b&gt;&amp;amp;" in answer.text
    assert filled(answer.text, f"{path}?year=2026") == {
        name: [text] if isinstance(text, str) else text for name, text in TYPED.items()
    }


def test_who_reads_is_told_in_their_language(away):
    answer = send(away, "get", "/visits?member=3")
    assert (answer.status_code, "数据库暂时连不上" in answer.text, 'href="/visits?member=3"' in answer.text) == (
        503,
        True,
        True,
    )
    away.set_cookie("language", "en")
    answer = send(away, "get", "/visits")
    assert (answer.status_code, "The database does not answer" in answer.text) == (503, True)
    assert 'lang="en"' in answer.text


def test_a_phone_keeps_what_it_sent(away):
    answer = send(away, "post", "/visits/new", data=TYPED, headers={"Accept": "application/json"})
    assert (answer.status_code, "没有保存" in answer.json["error"], answer.retry_after is not None) == (503, True, True)


def test_a_password_is_on_no_page_and_what_was_typed_before_the_sign_in_goes_on(away):
    with away.application.test_request_context("/visits/new", method="POST"):
        mark = carried.owner_mark(1)
    with away.application.test_request_context("/visits/new", method="POST", data=TYPED | {"typed_by": mark}):
        before = carried.pack()
    typed = {"sign_in_name": "wang", "password": "SECRETWORD", "code": "SECRETCODE", carried.FIELD: before}
    answer = send(away, "post", "/sign-in", data=typed)
    assert (answer.status_code, "SECRET" in answer.text, "写好的话，不能丢。" in answer.text) == (503, False, False)
    assert filled(answer.text, "/sign-in") == {"sign_in_name": ["wang"], carried.FIELD: [before]}


def test_a_vote_that_the_database_could_not_take_is_not_to_be_filled_in_again(away):
    answer = send(away, "post", "/vote/cast", data={"code": "ABCD-EFGH-JKLM", "r1": "good"})
    assert filled(answer.text, "/vote/cast") == {"code": ["ABCD-EFGH-JKLM"], "r1": ["good"]}
    assert answer.status_code == 503


@pytest.mark.parametrize("path", ["/witness", "/witness/act", "/witness/3/second"])
def test_a_witness_s_code_goes_on_with_what_they_typed(away, path):
    """Every page of theirs carries it; without it nothing could be sent once more."""
    typed = {"code": "ABCD-EFGH-JKLM", "act": "agree", "sheets": "[]"}
    answer = send(away, "post", path, data=typed)
    assert filled(answer.text, path) == {name: [text] for name, text in typed.items()}


@pytest.mark.parametrize("path", ["/code", "/review/2026/ballot/3/mend", "/sign-in"])
def test_no_other_code_stands_on_a_page_again(away, path):
    answer = send(
        away, "post", path, data={"code": "ABCD-EFGH-JKLM", "slip": "QRST-UVWX-YZ23", "password": "SECRETWORD"}
    )
    assert ("ABCD" in answer.text, "SECRETWORD" in answer.text, "QRST" in answer.text) == (False, False, True)


def test_an_error_page_whose_database_is_away_is_no_empty_page(away):
    answer = send(away, "get", "/static/none.css")
    assert answer.status_code == 503
    assert "数据库暂时连不上" in answer.text


def test_a_fault_of_the_program_keeps_what_was_typed_as_well(tmp_path):
    app = create_app({"INSTANCE": str(tmp_path), "SECRET_KEY": "x" * 32, "WTF_CSRF_ENABLED": False})

    @app.post("/boom")
    def boom():
        raise ValueError("SECRETWORD")

    with app.app_context():
        db.create_all()
        answer = send(app.test_client(), "post", "/boom", data=TYPED)
        db.session.remove()
        db.engine.dispose()
    assert (answer.status_code, "SECRETWORD" in answer.text, "缺遮阳棚" in answer.text) == (500, False, True)


def test_where_the_database_goes_away_during_a_commit_nobody_says_that_nothing_was_saved(tmp_path):
    app = create_app({"INSTANCE": str(tmp_path), "SECRET_KEY": "x" * 32, "WTF_CSRF_ENABLED": False})
    gone = sqlite3.OperationalError("disk I/O error")
    gone.sqlite_errorcode = sqlite3.SQLITE_IOERR

    @app.post("/half")
    def half():
        @sa.event.listens_for(db.engine, "commit", once=True)
        def break_off(_connection):
            raise sa.exc.OperationalError("COMMIT", None, gone)

        factories.setting("unit_name", "青湖")

    with app.app_context():
        db.create_all()
        answer = send(app.test_client(), "post", "/half", data=TYPED)
        db.session.remove()
        db.engine.dispose()
    assert (answer.status_code, "不能确定是否已经保存" in answer.text, "缺遮阳棚" in answer.text) == (503, True, True)


STATES = {
    None: Kind.AWAY, "57P01": Kind.AWAY, "57P03": Kind.AWAY, "08006": Kind.AWAY, "25006": Kind.AWAY,
    "53200": Kind.AWAY, "53300": Kind.BUSY, "55P03": Kind.BUSY, "40P01": Kind.BUSY, "40001": Kind.BUSY,
    "57014": Kind.BUSY, "53100": Kind.FULL, "42P01": None, "23505": None, "22P02": None, "0A000": None,
}  # fmt: skip
CODES = {
    sqlite3.SQLITE_BUSY: Kind.BUSY, sqlite3.SQLITE_BUSY_SNAPSHOT: Kind.BUSY, sqlite3.SQLITE_LOCKED: Kind.BUSY,
    sqlite3.SQLITE_FULL: Kind.FULL, sqlite3.SQLITE_IOERR_WRITE: Kind.AWAY, sqlite3.SQLITE_CANTOPEN: Kind.AWAY,
    sqlite3.SQLITE_READONLY: Kind.AWAY, sqlite3.SQLITE_ERROR: None, sqlite3.SQLITE_CONSTRAINT_UNIQUE: None,
}  # fmt: skip


@pytest.mark.parametrize(("state", "kind"), STATES.items())
def test_what_postgres_says_passes_or_does_not(state, kind):
    said = psycopg.OperationalError("said") if state is None else psycopg.errors.lookup(state)("said")
    assert faults.kind_of(sa.exc.OperationalError("SELECT", None, said)) is kind
    wrapped = RuntimeError("a library's own")
    wrapped.__cause__ = said
    assert faults.kind_of(wrapped) is kind


@pytest.mark.parametrize(("code", "kind"), CODES.items())
def test_what_sqlite_says_passes_or_does_not(code, kind):
    said = sqlite3.OperationalError("said")
    said.sqlite_errorcode = code
    assert faults.kind_of(sa.exc.OperationalError("SELECT", None, said)) is kind


def test_a_full_disk_is_found_below_anything_and_no_free_connection_is_waited_for():
    full = ValueError("said")
    full.__context__ = OSError(errno.ENOSPC, "said")
    assert faults.kind_of(full) is Kind.FULL
    assert faults.kind_of(sa.exc.TimeoutError()) is Kind.BUSY
    assert faults.kind_of(KeyError("said")) is None
    assert faults.kind_of(sa.exc.OperationalError("S", None, KeyError(), connection_invalidated=True)) is Kind.AWAY
