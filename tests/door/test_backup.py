"""A backup is whole or refused, and a refused one changes nothing."""

import hashlib
import os
import subprocess
import sys
import zipfile

import pytest

from tests.door.conftest import tree

LONG = "会议纪要" * 2000


def names(clone):
    return [name for (name,) in clone.sql("SELECT name FROM person ORDER BY id")]


def change_everything(clone):
    clone.sql("UPDATE person SET name = '改了'")
    stored(clone).write_text("改了", "utf-8")
    clone.attach("新的")
    (clone.instance / "secret_key").write_text("another key, as long as a key has to be", "ascii")


def stored(clone, text=LONG):
    digest = hashlib.sha256(text.encode()).hexdigest()
    return clone.instance / "attachments" / digest[:2] / digest


@pytest.fixture
def backed_up(installed, tmp_path):
    """An installation with an attachment, and its backup in tmp_path/b.zip."""
    installed.attach(LONG)
    done = installed.run("backup", tmp_path / "b.zip")
    assert done.returncode == 0, done.stderr
    assert "已备份并核对" in done.stdout
    return installed


def test_what_was_backed_up_comes_back(backed_up, tmp_path):
    key = (backed_up.instance / "secret_key").read_text("ascii")
    change_everything(backed_up)
    done = backed_up.run("restore", tmp_path / "b.zip")
    assert done.returncode == 0, done.stderr
    assert names(backed_up) == ["王一"]
    assert (backed_up.instance / "secret_key").read_text("ascii") == key
    assert (backed_up.instance / "secret_key").stat().st_mode & 0o777 == 0o600
    assert stored(backed_up).read_text("utf-8") == LONG
    assert not stored(backed_up, "新的").exists()
    with backed_up.serving("serve"):
        pass


def test_pieces_of_files_on_their_way_are_not_carried(installed, tmp_path):
    (installed.instance / "uploads").mkdir()
    (installed.instance / "uploads" / "piece.9.5").write_text("12345", "ascii")
    assert installed.run("backup", tmp_path / "b.zip").returncode == 0
    assert not [name for name in zipfile.ZipFile(tmp_path / "b.zip").namelist() if "piece" in name]
    assert installed.run("restore", tmp_path / "b.zip").returncode == 0
    assert (installed.instance / "uploads" / "piece.9.5").exists()


def test_what_was_there_before_is_kept_aside(backed_up, tmp_path):
    change_everything(backed_up)
    before = tree(backed_up.instance)
    backed_up.run("restore", tmp_path / "b.zip")
    (aside,) = backed_up.instance.glob("before-restore-*")
    assert tree(aside) == before


def test_a_backup_moves_to_an_empty_machine(backed_up, tmp_path):
    done = backed_up.run("restore", tmp_path / "b.zip", LOGBOOK_INSTANCE=str(tmp_path / "new"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new" / stored(backed_up).relative_to(backed_up.instance)).read_text("utf-8") == LONG


def test_one_damaged_byte_anywhere_is_refused_whole(backed_up, tmp_path):
    whole, before = (tmp_path / "b.zip").read_bytes(), tree(backed_up.instance)
    for place in [*range(0, len(whole), len(whole) // 12), len(whole) - 1]:
        damaged = bytearray(whole)
        damaged[place] ^= 1
        (tmp_path / "damaged.zip").write_bytes(damaged)
        assert "已损坏" in backed_up.refused("restore", tmp_path / "damaged.zip"), place
        assert tree(backed_up.instance) == before


@pytest.mark.parametrize("content", [b"", b"no zip", b"0" * 5000])
def test_what_is_no_backup_is_refused(backed_up, tmp_path, content):
    (tmp_path / "other.zip").write_bytes(content)
    assert "已损坏" in backed_up.refused("restore", tmp_path / "other.zip")
    assert "找不到文件" in backed_up.refused("restore", tmp_path / "none.zip")


def test_a_well_sealed_backup_of_a_broken_database_is_refused(backed_up, tmp_path):
    database = backed_up.instance / "logbook.db"
    content = bytearray(database.read_bytes())
    content[4096:12288] = os.urandom(8192)
    database.write_bytes(content)
    line = backed_up.refused("backup", tmp_path / "c.zip")
    assert "错误" in line
    assert not (tmp_path / "c.zip").exists()


def reseal(path, change):
    """A backup whose files were changed by hand and sealed anew."""
    with zipfile.ZipFile(path) as pack:
        files = {name: pack.read(name) for name in pack.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w") as pack:
        for name, content in files.items():
            pack.writestr(name, content)
        pack.comment = b"0" * 64
    whole = path.read_bytes()[:-64]
    path.write_bytes(whole + hashlib.sha256(whole).hexdigest().encode())


@pytest.mark.parametrize("manifest", ["[]", '"x"', '{"files": []}', '{"files": {}}', '{"files": {"gone": "0"}}', None])
def test_a_sealed_backup_of_something_else_is_refused(backed_up, tmp_path, manifest):
    before = tree(backed_up.instance)
    reseal(tmp_path / "b.zip", lambda files: files.update({"manifest.json": manifest}) if manifest else files.clear())
    assert "已损坏" in backed_up.refused("restore", tmp_path / "b.zip")
    assert tree(backed_up.instance) == before


def test_two_restores_in_one_second_keep_both_asides(backed_up, tmp_path):
    for _n in range(2):
        assert backed_up.run("restore", tmp_path / "b.zip").returncode == 0
    assert len(list(backed_up.instance.glob("before-restore-*"))) == 2
    assert "不是普通文件" in backed_up.refused("restore", tmp_path)


def test_a_backup_of_a_newer_version_is_refused(backed_up, tmp_path):
    before = tree(backed_up.instance)
    for migration in (backed_up.folder / "migrations" / "versions").glob("*.py"):
        migration.unlink()
    assert "较新版本" in backed_up.refused("restore", tmp_path / "b.zip")
    assert tree(backed_up.instance) == before


def test_a_fault_while_changing_places_moves_all_back(backed_up, tmp_path):
    before = tree(backed_up.instance)
    backed_up.refused("restore", tmp_path / "b.zip", LOGBOOK_SECRET_KEY_FILE=str(tmp_path / "nowhere" / "key"))
    assert tree(backed_up.instance) == before
    assert not list(backed_up.instance.glob("before-restore-*"))


def test_a_full_disk_leaves_no_half_backup(backed_up, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "sitecustomize.py").write_text(
        "import errno, os, zipfile\ndef full(*_):\n    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "zipfile._ZipWriteFile.write = full\n"
    )
    assert "磁盘已满" in backed_up.refused("backup", tmp_path / "full" / "c.zip", PYTHONPATH=str(tmp_path))
    assert not list((tmp_path / "full").iterdir())


def test_a_backup_never_takes_the_place_of_a_folder_or_device(backed_up, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "不是普通文件" in backed_up.refused("backup", tmp_path / "pipe")
    assert "不是普通文件" in backed_up.refused("backup", tmp_path)
    assert (tmp_path / "pipe").is_fifo()


def test_nothing_to_back_up_is_said(bare, tmp_path):
    assert "还没有数据" in bare.refused("backup", tmp_path / "b.zip")


def test_a_backup_is_private_and_an_ordinary_zip(backed_up, tmp_path):
    assert (tmp_path / "b.zip").stat().st_mode & 0o777 == 0o600
    unzip = [sys.executable, "-m", "zipfile", "-t", str(tmp_path / "b.zip")]
    assert subprocess.run(unzip, capture_output=True, check=False).returncode == 0
    assert str(stored(backed_up).relative_to(backed_up.instance)) in zipfile.ZipFile(tmp_path / "b.zip").namelist()


def test_postgres_comes_back_too(installed_on_postgres, tmp_path):
    clone = installed_on_postgres
    assert clone.run("backup", tmp_path / "b.zip").returncode == 0
    clone.sql("UPDATE person SET name = '改了'")
    clone.sql("CREATE TABLE later (person_id integer REFERENCES person)")
    done = clone.run("restore", tmp_path / "b.zip")
    assert done.returncode == 0, done.stderr
    assert names(clone) == ["王一"]
    assert clone.sql("SELECT to_regclass('later')") == [(None,)]
    with clone.serving("serve"):
        line = clone.refused("restore", tmp_path / "b.zip", LOGBOOK_INSTANCE=str(tmp_path / "another-host"))
        assert "还有服务连着" in line
    assert "数据库种类不同" in clone.refused("restore", tmp_path / "b.zip", LOGBOOK_DATABASE_URL="")
