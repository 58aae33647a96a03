"""An installation that 1832a6a made is brought to today's version, and nothing of it is lost.

upgrade/ holds a backup of each kind that 1832a6a itself wrote: its sample bureau with attachments, a closed year, a
closed ballot, sessions, a code and a draft; accounts.txt is who can sign in.
"""

import shutil
from pathlib import Path

from door import backup
from logbook.app import create_app
from logbook.ballots import closing, erasing, queries
from logbook.db import db
from logbook.formats import now
from tests.door.conftest import free_port

OLD = Path(__file__).parent / "upgrade"
ACCOUNTS = [line.split() for line in (OLD / "accounts.txt").read_text("utf-8").splitlines()]
# What a restore ends on purpose, and the version itself.
CHANGED = {"sign_in_session": {"ended_at"}, "one_time_code": {"expires_at"}, "alembic_version": {"version_num"}}


def rows(dump, table, columns=None):
    """A table as a set of rows, of the columns that were there."""
    found = [{name: row[name] for name in columns or row} for row in dump.rows(table)]
    return sorted(repr([(name, row[name]) for name in sorted({*row} - CHANGED.get(table, set()))]) for row in found)


def upgraded(clone, tmp_path, old):
    """Restore the old backup, let today's program serve it once, back it up; return both dumps."""
    done = clone.run("restore", old)
    assert done.returncode == 0, done.stderr
    with clone.serving("serve"):
        pass
    assert list((clone.instance / "backups").glob("before-*.zip"))
    assert clone.run("backup", tmp_path / "new.zip").returncode == 0
    return (backup.unpack(file, tmp_path / file.stem, "").dump for file in (old, tmp_path / "new.zip"))


def nothing_is_lost(clone, tmp_path, old):
    before, after = upgraded(clone, tmp_path, old)
    assert len(before.tables) > 40
    for table in sorted(before.tables):
        columns = next(iter(before.rows(table)), {})
        assert rows(before, table) == rows(after, table, columns), table
    for box in (before, after):
        assert len(list((box.file.parent / "attachments").rglob("*/*"))) == 3
    assert {row["version_num"] for row in before.rows("alembic_version")} == {"0007"}
    assert [row["year"] for row in after.rows("year_closing")] == ["2025"]


def every_role_finds_its_pages(clone, url):
    place = {"SQLALCHEMY_DATABASE_URI": url} if url else {}
    app = create_app({"INSTANCE": str(clone.instance), "TESTING": True, "WTF_CSRF_ENABLED": False, **place})
    app.error_handler_spec[None][None].pop(Exception)  # a test shows the traceback
    rules = [rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments]
    pages = [path for path in rules if "." not in path and path != "/sign-out"]
    for name, password, *_rest in (ACCOUNTS[0], ACCOUNTS[1], ACCOUNTS[7], ACCOUNTS[9]):
        browser = app.test_client()
        answer = browser.post("/sign-in", data={"sign_in_name": name, "password": password})
        assert answer.status_code == 303, name
        assert browser.get("/").status_code == 200
        answers = {path: browser.get(path).status_code for path in (*pages, "/years?year=2025", "/visits/1")}
        assert set(answers.values()) <= {200, 302, 303, 403, 404}, answers
        assert sum(status == 200 for status in answers.values()) > 5, answers
    with app.app_context():
        db.engine.dispose()


def test_nothing_of_an_old_installation_is_lost(clone, tmp_path):
    nothing_is_lost(clone, tmp_path, OLD / "sqlite.zip")
    every_role_finds_its_pages(clone, "")


def test_nothing_of_an_old_postgres_installation_is_lost(clone, tmp_path, postgres_url):
    clone.env["LOGBOOK_DATABASE_URL"] = postgres_url
    nothing_is_lost(clone, tmp_path, OLD / "postgres.zip")
    every_role_finds_its_pages(clone, postgres_url)


def test_a_ballot_that_1832a6a_left_open_is_not_upgraded_under_way_and_is_closed_afterwards(clone, tmp_path):
    """Started, today's program refuses and changes nothing; brought up past it, the ballot is closed as it was."""
    old = backup.unpack(OLD / "sqlite.zip", tmp_path / "old", "")
    shutil.copy(old.dump.file, clone.instance / "logbook.db")
    shutil.copy(old.key, clone.instance / "secret_key")
    shutil.copytree(old.attachments, clone.instance / "attachments")
    clone.sql("INSERT INTO ballot VALUES (9, 1, 'grades', '[]', '2026-03-05', 1, NULL, NULL)")
    clone.sql("INSERT INTO ballot_class VALUES (9, 9, 'a', 7, 5, 1, 1)")
    clone.sql("INSERT INTO ballot_count VALUES (9, 1, 0, 'good', 5, 1, 1)")
    for digest in ("d" * 64, "e" * 64):
        clone.sql(f"INSERT INTO ballot_code VALUES ('{digest}', 9)")
    assert "民主测评正在进行" in clone.refused("serve", "--port", free_port())
    assert clone.sql("SELECT version_num FROM alembic_version") == [("0007",)]
    clone.flask("db-upgrade")
    app = create_app({"INSTANCE": str(clone.instance), "TESTING": True})
    with app.app_context():
        ballot = queries.ballot(1)
        closing.close(ballot, at=now())
        db.session.commit()
        assert erasing.erase(ballot)
        closing.note_erased(queries.ballot(1), at=now())
        db.session.commit()
        assert queries.counts(9) == {("a", 1, 0): {"good": 6}}
        db.session.remove()
        db.engine.dispose()
    assert not [one for one in clone.instance.glob("logbook.db*") if b"d" * 64 in one.read_bytes()]
