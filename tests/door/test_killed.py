"""A restore is one step: killed anywhere it leaves what was there, or what the backup holds, and never a mixture."""

import shutil
import subprocess

import pytest

from logbook import config
from logbook.restoring import JOURNAL
from tests.conftest import THOROUGH
from tests.door.conftest import ALL_STEPS, MOVES, tree

STEPS = ALL_STEPS if THOROUGH else MOVES


def everything(clone):
    """What an installation is: its people, key and files."""
    files = {name: found for name, found in tree(clone.instance / "attachments").items() if name != "installation"}
    people = clone.sql("SELECT name FROM person ORDER BY id")
    return people, (clone.instance / "secret_key").read_text("ascii"), files


def left_over(clone):
    kept = ("attachments", "backups", "in_use", "logbook.db", "logbook.db-wal", "logbook.db-shm", "secret_key")
    return [one.name for one in clone.instance.iterdir() if not one.name.startswith(("before-restore-", *kept))]


@pytest.fixture
def changed(installed, tmp_path):
    """An installation that went on after its backup b.zip; `then` and `now` are what it was and is."""
    installed.attach("那时的附件")
    assert installed.run("backup", tmp_path / "b.zip").returncode == 0
    installed.then = everything(installed)
    installed.sql("UPDATE person SET name = '改了'")
    installed.attach("后来的附件")
    (installed.instance / "secret_key").write_text("another key, as long as a key has to be", "ascii")
    installed.now = everything(installed)
    shutil.copytree(installed.instance, tmp_path / "before")
    return installed


def begin_again(clone, tmp_path):
    shutil.rmtree(clone.instance)
    shutil.copytree(tmp_path / "before", clone.instance)


def test_killed_at_every_step_it_is_old_or_new(changed, tmp_path, monkeypatch):
    monkeypatch.delenv("LOGBOOK_DATABASE_URL", raising=False)
    found, at = [], 1
    while changed.stopped(tmp_path, at, STEPS, "restore", tmp_path / "b.zip"):
        config.load({"INSTANCE": str(changed.instance)})  # the application, started any other way
        assert everything(changed) in (changed.now, changed.then), at
        assert not (changed.instance / JOURNAL).exists()
        found.append(everything(changed) == changed.then)
        if found[-1]:
            begin_again(changed, tmp_path)
        at += 1
    assert found == sorted(found), "old until one step, new ever after"
    assert True in found
    assert everything(changed) == changed.then
    assert left_over(changed) == []


def test_killed_again_while_it_is_carried_out(changed, tmp_path):
    assert changed.stopped(tmp_path, 1, MOVES, "restore", tmp_path / "b.zip", once=changed.instance / JOURNAL)
    for again in range(1, 60):
        if not changed.stopped(tmp_path, again % 5 + 1, MOVES, "backup", tmp_path / "c.zip"):
            break
    assert everything(changed) == changed.then
    assert left_over(changed) == []


def test_no_first_start_over_what_was_there(changed, tmp_path):
    assert changed.stopped(tmp_path, 1, "rename", "restore", tmp_path / "b.zip", once=changed.instance / JOURNAL)
    assert changed.stopped(tmp_path, 3, "rename", "backup", tmp_path / "c.zip")
    with changed.serving("serve"):
        pass
    assert "一次性登录码" not in changed.output
    assert everything(changed) == changed.then


def test_what_a_killed_backup_left_is_removed_by_the_next(installed, tmp_path):
    (tmp_path / "out").mkdir()
    assert installed.stopped(tmp_path, 2, "replace fsync", "backup", tmp_path / "out" / "a.zip")
    assert [one.name[:8] for one in (tmp_path / "out").iterdir()] == [".backup-"]
    assert installed.run("backup", tmp_path / "out" / "b.zip").returncode == 0
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["b.zip"]


def test_a_key_that_lies_elsewhere_and_linked_attachments_change_as_well(changed, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    shutil.move(changed.instance / "attachments", tmp_path / "shared")
    (changed.instance / "attachments").symlink_to(tmp_path / "shared")
    shutil.move(changed.instance / "secret_key", tmp_path / "elsewhere" / "key")
    done = changed.run("restore", tmp_path / "b.zip", LOGBOOK_SECRET_KEY_FILE=str(tmp_path / "elsewhere" / "key"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "elsewhere" / "key").read_text("ascii") == changed.then[1]
    assert (changed.instance / "attachments").is_symlink()
    kept = {name for name in tree(tmp_path / "shared") if not name.startswith("before-restore-")}
    assert kept == {*changed.then[2], "installation"}
    assert not list(tmp_path.rglob(".restore-*"))


@pytest.fixture
def on_postgres(installed_on_postgres, tmp_path):
    """As `changed`, on PostgreSQL."""
    clone = installed_on_postgres
    clone.record()
    clone.attach("那时的附件")
    assert clone.run("backup", tmp_path / "b.zip").returncode == 0
    clone.then = everything(clone)
    (clone.instance / "secret_key").write_text("another key, as long as a key has to be", "ascii")
    clone.sql("UPDATE person SET name = '改了'")
    clone.flask("db-open", "--take-over")
    clone.now = everything(clone)
    assert clone.run("backup", tmp_path / "now.zip").returncode == 0
    return clone


def start_otherwise(clone):
    """The application, started in any other way than by run.py."""
    config.load({"INSTANCE": str(clone.instance), "SQLALCHEMY_DATABASE_URI": clone.env["LOGBOOK_DATABASE_URL"]})
    assert not (clone.instance / JOURNAL).exists()


def test_postgres_killed_at_every_step_is_old_or_new(on_postgres, tmp_path):
    once, at, found = None if THOROUGH else on_postgres.instance / JOURNAL, 1, []
    assert on_postgres.stopped(tmp_path, 1, MOVES, "restore", tmp_path / "b.zip")
    start_otherwise(on_postgres)
    assert everything(on_postgres) == on_postgres.now
    while on_postgres.stopped(tmp_path, at, STEPS, "restore", tmp_path / "b.zip", once=once):
        start_otherwise(on_postgres)
        assert everything(on_postgres) in (on_postgres.now, on_postgres.then), at
        found.append(everything(on_postgres) == on_postgres.then)
        if found[-1]:
            assert on_postgres.run("restore", tmp_path / "now.zip").returncode == 0
        at += 1
    assert found == sorted(found)
    assert True in found


def test_postgres_still_loading_when_its_restore_was_killed(on_postgres, tmp_path):
    """psql lives on, and may still come through: nobody decides to go on or back before it has ended."""
    psycopg = pytest.importorskip("psycopg")
    url = on_postgres.env["LOGBOOK_DATABASE_URL"].replace("+psycopg", "")
    with psycopg.connect(url) as other:
        other.execute("SELECT count(*) FROM person")  # its lock makes the load wait
        command = on_postgres.command("restore", tmp_path / "b.zip")
        restoring = subprocess.Popen(command, env=on_postgres.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'person'::regclass"
        while other.execute(waiting).fetchone() == (0,):
            assert restoring.poll() is None, restoring.stderr.read()
        restoring.kill()
        restoring.communicate()
        assert "正在从备份恢复" in on_postgres.refused("backup", tmp_path / "c.zip")
    while on_postgres.run("backup", tmp_path / "c.zip").returncode != 0:
        assert (on_postgres.instance / JOURNAL).exists()
    assert everything(on_postgres) in (on_postgres.then, on_postgres.now)


def test_a_failed_postgres_restore_says_why_and_changes_nothing(on_postgres, tmp_path):
    on_postgres.sql("DROP INDEX ix_attachment_visit_id")
    on_postgres.sql("CREATE VIEW ix_attachment_visit_id AS SELECT 1 AS one")
    assert 'relation "ix_attachment_visit_id" already exists' in on_postgres.refused("restore", tmp_path / "b.zip")
    assert everything(on_postgres) == on_postgres.now
    assert left_over(on_postgres) == []
    assert not list(on_postgres.instance.glob("before-restore-*"))
