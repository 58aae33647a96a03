"""What a backup and a start look at: names and dates on the disk, the key, the folder, a ballot, the clock, rights."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

import run
from door import backup, dumps
from door.home import Home
from door.lines import Stop
from tests.conftest import THOROUGH
from tests.door.conftest import free_port, tree

TIMES = 100 if THOROUGH else 4


@pytest.mark.parametrize("seconds", [0, -1, 4_400_000_000])  # 1970, before it, 2109: no zip holds these
def test_no_date_and_no_name_on_the_disk_stops_a_backup(installed, tmp_path, seconds):
    path = installed.attach("附件")
    (path.parent / "tmpf0dyy1b3").write_text("arriving")
    for one in (path, installed.instance / "secret_key"):
        os.utime(one, (seconds, seconds))
    assert installed.run("backup", tmp_path / "b.zip").returncode == 0
    assert installed.run("restore", tmp_path / "b.zip").returncode == 0
    assert path.read_text("utf-8") == "附件"
    assert not (path.parent / "tmpf0dyy1b3").exists()


def test_a_missing_attachment_is_said_with_its_record(installed, tmp_path):
    installed.record(seq=7)
    installed.attach("附件").unlink()
    installed.attach("好的")
    done = installed.run("backup", tmp_path / "b.zip")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "附件有1个缺失或损坏" in done.stderr
    assert "2026-007" in done.stderr
    assert installed.run("restore", tmp_path / "b.zip").returncode == 0, "the rest is as good as ever"


def test_attachments_arrive_while_backups_are_made(installed, tmp_path):
    done = threading.Event()

    def arrive():
        n = 0
        while not done.wait(0.1):  # some during every backup, and not so many that the hundredth takes minutes
            installed.attach(f"附件{(n := n + 1)}" * 500)

    arriving = threading.Thread(target=arrive)
    arriving.start()
    try:
        made = [installed.run("backup", tmp_path / f"{n}.zip") for n in range(TIMES)]
    finally:
        done.set()
        arriving.join()
    assert [one.returncode for one in made] == [0] * TIMES, [one.stderr for one in made]
    assert installed.run("restore", tmp_path / f"{TIMES - 1}.zip").returncode == 0
    assert installed.run("backup", tmp_path / "again.zip").returncode == 0


# --- the key


@pytest.mark.parametrize("content", ["", "short", None])
def test_a_lost_key_beside_data_is_never_made_anew(installed, tmp_path, content):
    key = installed.instance / "secret_key"
    key.unlink() if content is None else key.write_text(content)
    for command in (["backup", tmp_path / "b.zip"], *([["serve", "--port", free_port()]] if content else ())):
        line = installed.refused(*command)
        assert str(key) in line
        assert "--take-over" in line
    assert (key.read_text() if key.exists() else None) == content


def test_a_key_that_is_lost_for_good_is_replaced_when_asked_for(installed, tmp_path):
    (installed.instance / "secret_key").unlink()
    assert "--take-over" in installed.refused("code", "王一")
    with installed.serving("serve", "--take-over"):
        assert len((installed.instance / "secret_key").read_text()) > 40
    assert "一次性登录码" in installed.run("code", "王一").stdout
    assert installed.run("backup", tmp_path / "b.zip").returncode == 0


def test_the_application_started_otherwise_refuses_a_lost_key_too(installed):
    (installed.instance / "secret_key").write_text("")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        installed.flask("db-version")
    assert "是空的或不完整" in refused.value.stderr
    assert "Traceback" not in refused.value.stderr


def test_a_key_cut_off_at_a_first_start_is_made_again(clone):
    (clone.instance / "secret_key").write_text("")
    clone.flask("db-upgrade")
    assert len((clone.instance / "secret_key").read_text()) > 40


def test_a_key_others_can_read_is_closed_and_that_is_said(installed, tmp_path):
    (installed.instance / "secret_key").chmod(0o644)
    assert "已改为只有本账号可读" in installed.run("backup", tmp_path / "b.zip").stdout
    assert (installed.instance / "secret_key").stat().st_mode & 0o777 == 0o600


def test_another_key_or_folder_than_the_databases_own_is_noticed(installed, tmp_path):
    installed.attach("附件")
    shutil.copytree(installed.instance, tmp_path / "moved")
    moved = {"LOGBOOK_INSTANCE": str(tmp_path / "moved")}
    assert installed.run("code", "王一", **moved).returncode == 0, "a folder that moves along is not another"
    assert installed.run("backup", tmp_path / "moved.zip", **moved).returncode == 0
    (tmp_path / "moved" / "secret_key").write_text("another key, as long as a key has to be")
    for command in (["serve", "--port", free_port()], ["backup", tmp_path / "b.zip"]):
        line = installed.refused(*command, **moved)
        assert "密钥不是本机的" in line
        assert "secret_key" in line


def test_postgres_notices_a_second_host_with_its_own_folder(installed_on_postgres, tmp_path):
    clone = installed_on_postgres
    clone.attach("附件")
    second = {"LOGBOOK_INSTANCE": str(tmp_path / "second")}
    (tmp_path / "second").mkdir()
    assert "密钥" in clone.refused("serve", "--port", free_port(), **second)
    shutil.copy(clone.instance / "secret_key", tmp_path / "second")
    for command in (["serve", "--port", free_port()], ["backup", tmp_path / "b.zip"]):
        assert "附件文件夹不是本机的" in clone.refused(*command, **second)
    (tmp_path / "second" / "attachments").symlink_to(clone.instance / "attachments")
    done = clone.run("backup", tmp_path / "b.zip", **second)
    assert done.returncode == 0, done.stderr


# --- a ballot, the clock, rights


def open_ballot(clone):
    columns, values = "id, meeting_id, sheet, items, opened_at, opened_by_id", "1, 1, 'grades', '[]', '2026-03-05', 1"
    clone.sql(f"INSERT INTO ballot ({columns}) VALUES ({values})")
    columns = 'id, ballot_id, voters, handed_out, "cast", "first", "second"'
    clone.sql(f"INSERT INTO ballot_class ({columns}) VALUES (1, 1, 'a', 7, 3, 0, 0)")
    clone.sql("INSERT INTO ballot_code (digest, class_id) VALUES ('d', 1)")


def test_no_backup_and_no_upgrade_while_a_ballot_is_open(installed, tmp_path):
    open_ballot(installed)
    assert "民主测评正在进行" in installed.refused("backup", tmp_path / "b.zip")
    installed.sql("UPDATE alembic_version SET version_num = '0008'")
    before = tree(installed.instance)
    refused = installed.refused("serve", "--port", free_port())
    assert "没有升级；请先用原来版本的程序启动，在“民主测评”页结束测评" in refused
    assert {name: found for name, found in tree(installed.instance).items() if "-" not in name} == before


def the_home(clone):
    url = clone.env.get("LOGBOOK_DATABASE_URL") or f"sqlite:///{clone.instance / 'logbook.db'}"
    return Home(clone.instance, url, clone.instance / "secret_key")


def of_an_open_ballot_no_copy_is_begun(clone, tmp_path, monkeypatch):
    open_ballot(clone)
    with pytest.raises(Stop, match="民主测评正在进行"):
        backup._dump(the_home(clone), tmp_path / "no box: whoever began one would say so")
    monkeypatch.setattr(dumps, "open_ballots_now", lambda _home: 0)  # it is opened right after this was asked
    (tmp_path / "box").mkdir()
    with pytest.raises(Stop, match="民主测评正在进行"):
        backup._dump(the_home(clone), tmp_path / "box")
    clone.sql("UPDATE ballot SET closed_at = '2026-03-05'")
    monkeypatch.undo()
    shutil.rmtree(tmp_path / "box")
    (tmp_path / "box").mkdir()
    assert backup._dump(the_home(clone), tmp_path / "box").open_ballots() == 0


def test_of_an_open_ballot_no_copy_is_begun(installed, tmp_path, monkeypatch):
    of_an_open_ballot_no_copy_is_begun(installed, tmp_path, monkeypatch)


def test_of_an_open_ballot_postgres_begins_no_copy(installed_on_postgres, tmp_path, monkeypatch, postgres_url):
    of_an_open_ballot_no_copy_is_begun(installed_on_postgres, tmp_path, monkeypatch)
    installed_on_postgres.env["LOGBOOK_DATABASE_URL"] = postgres_url
    assert dumps.open_ballots_now(the_home(installed_on_postgres)) == 0, "where there are no tables yet"


def test_a_restore_ends_sessions_codes_and_open_ballots(installed, tmp_path):
    assert installed.run("code", "王一").returncode == 0
    open_ballot(installed)
    source = (installed.folder / "door").resolve()
    (installed.folder / "door").unlink()  # a backup from before ballots were looked at
    shutil.copytree(source, installed.folder / "door")
    asking = installed.folder / "door" / "dumps.py"
    text = asking.read_text("utf-8").replace('row["closed_at"] is None', "False")
    asking.write_text(
        text.replace("def open_ballots_now(", "open_ballots_now = lambda _home: 0\n\n\ndef asked("), "utf-8"
    )
    assert installed.run("backup", tmp_path / "b.zip").returncode == 0
    shutil.rmtree(installed.folder / "door")
    (installed.folder / "door").symlink_to(source)
    done = installed.run("restore", tmp_path / "b.zip")
    assert "没有结束的民主测评（1个）作废" in done.stdout
    assert installed.sql("SELECT count(*) FROM ballot_code") == installed.sql("SELECT count(*) FROM ballot") == [(0,)]
    assert installed.sql(
        "SELECT count(*) FROM one_time_code WHERE used_at IS NULL AND expires_at > strftime('%Y-%m-%d %H:%M:%f', 'now')"
    ) == [(0,)]


def test_the_votes_of_a_ballot_that_a_restore_puts_away_go_aside_with_it(installed, tmp_path):
    """Left where they are they would be another ballot's, or taken away at the next start."""
    assert installed.run("backup", tmp_path / "b.zip").returncode == 0
    open_ballot(installed)
    names = ("logbook.db-ballot-1", "ballot-2")  # as it is, and as earlier versions named it
    votes = {f"{name}.{ending}": b"k" * 32 for name in names for ending in ("key", "0123456789abcdef")}
    for name, content in votes.items():
        (installed.instance / name).write_bytes(content)
    assert installed.run("restore", tmp_path / "b.zip").returncode == 0
    assert not list(installed.instance.glob("*ballot-*"))
    (aside,) = installed.instance.glob("before-restore-*")
    assert {one.name: one.read_bytes() for one in aside.glob("*ballot-*")} == votes
    assert (aside / "logbook.db").exists()


def test_a_clock_behind_the_newest_record_is_refused(installed):
    installed.record("2040-03-05 01:00:00.000000")
    line = installed.refused("serve", "--port", free_port())
    assert "请校正时间" in line
    assert "2040-03-05" in line
    run.judge_clock("2040-03-05T01:00:00+00:00", is_right=True)


def test_a_clock_far_ahead_is_said(capsys):
    run.judge_clock("2020-03-05T01:00:00+00:00", is_right=False)
    assert "最近一条记录是 2020-03-05" in capsys.readouterr().out
    run.judge_clock("-", is_right=False)
    assert capsys.readouterr().out == ""


NOBODY = {"user": 65534, "group": 65534, "extra_groups": []}


SYSTEM = Path("/usr/bin/python3")  # this test's own Python may lie where no other account can reach it


@pytest.fixture
def opened(installed):
    """An installation that another account can read and run, and whose program it cannot write."""
    with tempfile.TemporaryDirectory(prefix="logbook-opened-") as place:
        # Every other session of pytest closes the folder that all of them share to other accounts.
        Path(place).chmod(0o755)
        installed.folder = Path(shutil.move(installed.folder, place))
        installed.instance = installed.folder / "instance"
        installed.env["PYTHONPATH"] = str(Path(sa.__file__).parent.parent)
        installed.python = str(SYSTEM)
        if not can_run(installed.env):
            pytest.skip("no other account can run this here")
        venv = installed.folder / ".venv"
        (venv / "bin").unlink()
        (venv / "bin").mkdir()
        (venv / "bin" / "python").symlink_to(SYSTEM)
        digests = (venv / "installed").read_text().split("\n")[1:]
        (venv / "installed").write_text("\n".join([os.path.realpath(SYSTEM), *digests]))
        yield installed


def can_run(env):
    seen = [SYSTEM, "-c", "import granian, argon2, sqlalchemy"]
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        subprocess.run(seen, env=env, check=True, capture_output=True, **NOBODY)
        return True
    return False


def test_a_folder_of_another_account_is_said_in_one_sentence(opened, tmp_path):
    for command in (["backup"], ["serve", "--port", free_port()], ["restore", tmp_path / "b.zip"], ["code", "王一"]):
        done = subprocess.run(
            opened.command(*command), env=opened.env, capture_output=True, text=True, check=False, **NOBODY
        )
        assert done.returncode == 1
        assert re.search("没有权限读写|数据库不可写", done.stderr), done.stderr
        assert done.stderr.count("\n") == 1, done.stderr


def test_who_serves_need_not_be_able_to_write_the_program(opened):
    for path in (opened.instance, *opened.instance.rglob("*")):
        os.chown(path, 65534, 65534)
    with opened.serving("serve", **NOBODY):
        pass
    (opened.folder / ".venv" / "installed").unlink()
    done = subprocess.run(
        opened.command("serve"), env=opened.env, capture_output=True, text=True, check=False, **NOBODY
    )
    assert "run.py install" in done.stderr


def test_a_read_only_folder_is_said(installed, tmp_path):
    """What a mount says, whoever asks: root too."""
    (tmp_path / "sitecustomize.py").write_text(
        "import errno, os, pathlib\n"
        "def read_only(*_given, **_options):\n    raise OSError(errno.EROFS, os.strerror(errno.EROFS))\n"
        "pathlib.Path.mkdir = read_only\n"
    )
    assert "只读" in installed.refused("backup", PYTHONPATH=str(tmp_path))
