"""A long writer, a full disk, an error nobody foresaw: said in words, nothing lost, nothing half done."""

import contextlib
import contextvars
import datetime as dt
import errno
import io
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from logbook.accounts.models import SignInSession
from logbook.app import create_app
from logbook.db import Base, db
from logbook.formats import now, today
from logbook.printing.models import MadePaper
from logbook.visits.models import Attachment, Visit
from tests import factories
from tests.client import check_page, logged
from tests.conftest import POSTGRES


@pytest.fixture
def patience():
    """Seconds to wait for another writer."""
    return 0.2


@pytest.fixture
def house(tmp_path, patience):
    """An installation on a SQLite file."""
    url = f"sqlite:///{tmp_path / 'logbook.db'}"
    app = create_app({
        "INSTANCE": str(tmp_path), "SECRET_KEY": "x" * 32, "WTF_CSRF_ENABLED": False, "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": {"connect_args": {"timeout": patience}},
    })  # fmt: skip
    with app.app_context():
        db.create_all()
        factories.setting("unit_name", "青湖风景区管理局")
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def browser(house):
    member = factories.member()
    http = house.test_client()
    http.set_cookie("logbook", factories.sign_in(member))
    db.session.remove()
    return http


def send(browser, method, path, data=None):
    answer = contextvars.Context().run(getattr(browser, method), path, data=data)
    if answer.mimetype == "text/html" and answer.status_code != 303:
        check_page(answer.text)
    return answer


def body(**values):
    return {
        "visited_on": today().isoformat(), "place": "县城", "kinds": "research", "level": "group",
        "findings": "写好的话，不能丢。", "problem_text": "缺遮阳棚", "client_key": "k1",
    } | values  # fmt: skip


def count():
    found = db.session.scalar(sa.select(sa.func.count(Visit.id)))
    db.session.remove()  # an open session would keep its turn as a writer
    return found


@pytest.mark.parametrize(
    ("pragma", "value"), [("synchronous", 2), ("journal_mode", "wal"), ("foreign_keys", 1), ("secure_delete", 1)]
)
def test_what_is_acknowledged_is_on_disk_and_what_is_deleted_is_gone(house, pragma, value):
    """SQLite's own words: 2 is FULL. No kill of a process shows it, only a machine without power."""
    with db.engine.connect() as connection:
        assert connection.execute(sa.text(f"PRAGMA {pragma}")).scalar() == value


@pytest.mark.skipif(not POSTGRES, reason="only PostgreSQL can be told to acknowledge what is not on disk")
def test_on_postgres_what_is_acknowledged_is_on_disk_whatever_the_server_was_tuned_for(app):
    tuned = sa.text("SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'")
    assert db.session.execute(tuned).scalar() == "off"
    assert db.session.execute(sa.text("SHOW synchronous_commit")).scalar() == "on"


def test_a_long_writer_is_waited_for_and_then_said(house, browser):
    with contextlib.closing(sqlite3.connect(house.config["INSTANCE"] / "logbook.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = send(browser, "post", "/visits/new", body())
        assert (refused.status_code, "系统正忙" in refused.text) == (503, True)
        assert "写好的话，不能丢。" in refused.text
        assert "缺遮阳棚" in refused.text
        assert send(browser, "get", "/visits").status_code == 200
        other.execute("ROLLBACK")
    assert count() == 0
    assert send(browser, "post", "/visits/new", body()).status_code == 303
    assert count() == 1


def test_a_page_is_read_while_somebody_writes_though_the_sessions_touch_is_due(house, browser):
    db.session.execute(sa.update(SignInSession).values(last_seen_at=now() - dt.timedelta(minutes=5)))
    db.session.commit()
    db.session.remove()
    with contextlib.closing(sqlite3.connect(house.config["INSTANCE"] / "logbook.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert send(browser, "get", "/visits").status_code == 200
        other.execute("ROLLBACK")
    assert send(browser, "get", "/visits").status_code == 200
    assert now() - db.session.scalar(sa.select(SignInSession.last_seen_at)) < dt.timedelta(minutes=1)


@pytest.mark.parametrize("patience", [30])
def test_writers_in_one_process_take_turns(house, browser):
    token = browser.get_cookie("logbook").value

    def write(n):
        http = house.test_client()
        http.set_cookie("logbook", token)
        answers.append(
            http.post("/visits/new", data=body(client_key=f"k{n}", branch_id="", place=f"第{n}站")).status_code
        )

    answers = []
    threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 12
    numbers = db.session.scalars(sa.select(Visit.seq).order_by(Visit.seq)).all()
    assert numbers == list(range(1, 13))


def test_a_writer_that_never_ends_its_turn_is_not_waited_for_forever(house, browser):
    engine = db.engine
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE setting SET value = value"))
        refused = send(browser, "post", "/visits/new", body())
    assert (refused.status_code, "系统正忙" in refused.text) == (503, True)


@contextlib.contextmanager
def full():
    """The database does not grow meanwhile."""
    engine, pages = db.engine, []

    def limit(connection, _record):
        connection.execute(f"PRAGMA max_page_count={pages[0]}").fetchone()

    with engine.connect() as connection:
        pages.append(connection.execute(sa.text("PRAGMA page_count")).scalar())
    engine.dispose()
    sa.event.listen(engine, "connect", limit)
    yield
    sa.event.remove(engine, "connect", limit)
    engine.dispose()


def test_a_full_disk_is_said_and_nothing_is_half_written(house, browser):
    with full():
        refused = send(browser, "post", "/visits/new", body(findings="长" * 19_000))
    assert (refused.status_code, "磁盘已满" in refused.text) == (503, True)
    assert "长长长" in refused.text
    assert count() == 0
    tables = [t for name, t in Base.metadata.tables.items() if name.startswith(("visit", "book", "problem", "number"))]
    rows = {table.name: db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables}
    db.session.remove()
    assert set(rows.values()) == {0}
    assert send(browser, "post", "/visits/new", body()).status_code == 303


FILLED = (
    "INSERT INTO made_paper (at, by_id, name, made_from, digest, version, private, keyed) "
    "VALUES ('2026-01-01 00:00:00', 1, :text, '', '', 'x', 0, 1)"
)
FULL = """
import io, resource, sys
from pathlib import Path
from logbook.visits import attachments
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    attachments.keep(Path(sys.argv[1]), [("a.pdf", io.BytesIO(b"%PDF-" + b"x" * 5000))])
except OSError as error:
    print(error.errno)
"""


def test_a_file_on_a_full_disk_leaves_nothing_behind(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": "."},
    )  # fmt: skip
    assert done.stdout.strip() == "27"  # EFBIG
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_full_disk_below_any_library_is_said_and_what_was_typed_is_kept(house, browser):
    @house.route("/full", methods=["GET", "POST"])
    def full():
        from flask import g, render_template_string, request

        if request.method == "GET":
            return render_template_string(
                "{{ trouble }} {{ typed }}", trouble=g.trouble, typed=g.shown_again["findings"]
            )
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise ValueError("a library's own error") from error

    answer = contextvars.Context().run(browser.post, "/full", data={"findings": "写好的话"})
    assert (answer.status_code, "磁盘已满" in answer.text, "写好的话" in answer.text) == (503, True, True)


def test_a_paper_that_a_full_disk_keeps_from_being_noted_is_not_handed_out(house, browser):
    place = send(browser, "post", "/visits/new", body()).headers["Location"].split("?")[0]
    with full():
        for size in (4000, 400, 40, 1):  # until there is no room for one row more
            with contextlib.suppress(sa.exc.OperationalError):
                while True:
                    with db.engine.begin() as connection:
                        connection.execute(sa.text(FILLED), {"text": "x" * size})
        answer = send(browser, "get", f"{place}/record.pdf")
    assert (answer.status_code, "磁盘已满，文件没有生成" in answer.text) == (503, True)
    assert db.session.scalar(sa.select(sa.func.count(MadePaper.id)).where(MadePaper.version != "x")) == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the archive tries again as it goes
def test_a_workbook_on_a_full_disk_is_no_half_file(house, browser, monkeypatch):
    with Path("/dev/full").open("r+b", buffering=0) as disk:
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_options: disk)
        answer = send(browser, "get", "/visits.xlsx")
    assert (answer.status_code, "磁盘已满，文件没有生成" in answer.text) == (503, True)
    left = [one for one in Path(house.config["INSTANCE"]).rglob("*") if one.is_file() and "logbook" not in one.name]
    assert {one.suffix for one in left} == {".lock"}


def test_an_attachment_is_on_disk_before_its_record(house, browser):
    file = (io.BytesIO(b"%PDF-1.7 x"), "通知.pdf")
    assert send(browser, "post", "/visits/new", body(files=file)).status_code == 303
    stored = db.session.scalars(sa.select(Attachment)).one()
    path = house.config["INSTANCE"] / "attachments" / stored.digest[:2] / stored.digest
    assert path.read_bytes() == b"%PDF-1.7 x"


PIECE = """
import resource, sys
from pathlib import Path
from logbook.formats import now
from logbook.visits.uploads import Piece, Upload
upload = Upload(Path(sys.argv[1]), 1, 1, "photo-00001")
upload.add(Piece(0, 9000, b"x" * 4000), now())
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 9000))
try:
    upload.add(Piece(4000, 9000, b"y" * 5000), now())
except OSError as error:
    print(error.errno, upload.have())
resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
have, whole = upload.add(Piece(4000, 9000, b"z" * 5000), now())
print(have, whole == b"x" * 4000 + b"z" * 5000)
"""


def test_a_piece_on_a_full_disk_is_not_counted_and_is_sent_again(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PIECE, str(tmp_path)], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": "."},
    )  # fmt: skip
    assert done.stdout.split() == ["27", "4000", "9000", "True"]


def test_a_file_that_came_whole_while_the_database_was_busy_is_attached_by_a_repeat(house, browser):
    content, headers = b"%PDF-1.7 x", {"Accept": "application/json", "Content-Range": "bytes 0-9/10"}
    visit = factories.visit(db.session.scalar(sa.select(SignInSession.person_id)))
    db.session.remove()

    def put():
        path = f"/visits/{visit}/uploads/photo-00001"
        return contextvars.Context().run(browser.put, path, data=content, headers=headers)

    with contextlib.closing(sqlite3.connect(house.config["INSTANCE"] / "logbook.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = put()
        assert (refused.status_code, "系统正忙" in refused.json["error"]) == (503, True)
        other.execute("ROLLBACK")
    assert db.session.scalar(sa.select(sa.func.count(Attachment.id))) == 0
    db.session.remove()
    assert put().status_code == 201
    assert db.session.scalar(sa.select(sa.func.count(Attachment.id))) == 1


# --- what nobody foresaw --------------------------------------------------------------------------


def test_an_unforeseen_error_is_calm_and_logs_no_word(house, browser, caplog):
    @house.route("/boom/<int:n>")
    def boom(n):
        raise ValueError("SECRETWORD")

    with logged(caplog):
        answer = send(browser, "get", "/boom/7?text=SECRETWORD")
    assert answer.status_code == 500
    assert "SECRETWORD" not in answer.text + caplog.text
    assert "ValueError in boom at test_database.py" in caplog.text


def test_without_a_database_there_is_still_an_answer(house, browser):
    db.session.remove()
    with db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE setting RENAME TO gone"))
    answer = contextvars.Context().run(browser.get, "/visits")
    assert answer.status_code == 500
    assert "系统暂时不能使用" in answer.text
