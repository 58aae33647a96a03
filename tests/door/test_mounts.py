"""A restore where the key, the attachments or the database are mounted by themselves, as containers have them.

The kernel renames no place where something is mounted: what lies there changes, or nothing does.
"""

import shlex
import shutil
import sqlite3
import subprocess
import sys

import pytest

from logbook import restoring
from logbook.restoring import JOURNAL
from tests.conftest import THOROUGH
from tests.door.conftest import ALL_STEPS, MOVES, free_port, tree
from tests.door.test_killed import everything

# Root may mount here; who may not does so as the root of a namespace of their own.
ROOMS = [["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]]
PLACES = {"secret_key": "key", "attachments": "files", "logbook.db": "database"}
STEPS = ALL_STEPS if THOROUGH else MOVES


@pytest.fixture
def room():
    """The command before a shell's line whose mounts nobody else sees."""
    for one in ROOMS:
        if not subprocess.run(
            [*one, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False
        ).returncode:
            return [*one, "sh", "-c"]
    pytest.skip("nothing may be mounted here")


def mounting(clone, room, *lines):
    """Let the clone's commands run where these lines have been."""
    plain = clone.command
    clone.command = lambda *argv: [*room, " && ".join([*lines, f"exec {shlex.join(plain(*argv))}"])]


def bind(source, target, options="bind"):
    return f"mount -o {options} {shlex.quote(str(source))} {shlex.quote(str(target))}"


@pytest.fixture
def mounted(installed, tmp_path, room):
    """An installation whose three parts are mounted by themselves, changed since its backup b.zip."""
    installed.attach("那时的附件")
    assert installed.run("backup", tmp_path / "b.zip").returncode == 0
    installed.then = everything(installed)
    installed.sql("UPDATE person SET name = '改了'")
    installed.attach("后来的附件")
    (installed.instance / "secret_key").write_text("another key, as long as a key has to be", "ascii")
    installed.now = everything(installed)
    installed.volume = tmp_path / "volume"
    shutil.copytree(installed.instance, installed.volume)
    for name in PLACES:
        if (installed.instance / name).is_dir():
            shutil.rmtree(installed.instance / name)
            (installed.instance / name).mkdir()
        else:
            (installed.instance / name).write_bytes(b"")
    installed.binds = [bind(installed.volume / name, installed.instance / name) for name in PLACES]
    return installed


def as_it_lies(clone, monkeypatch):
    """What the volume holds, as the mounted places show it; what a restore left lies beside."""
    monkeypatch.setattr(clone, "instance", clone.volume)
    people, key, files = everything(clone)
    return (
        people,
        key,
        {name: one for name, one in files.items() if not name.startswith(("before-restore-", ".restore-"))},
    )


def test_what_is_mounted_by_itself_is_restored(mounted, room, tmp_path, monkeypatch):
    mounting(mounted, room, *mounted.binds)
    done = mounted.run("restore", tmp_path / "b.zip")
    assert done.returncode == 0, done.stderr
    assert "换容器时最近保存的会丢失" in done.stdout
    kept = list(mounted.instance.glob("before-restore-*/*")) + list(mounted.volume.glob("attachments/before-*/*"))
    assert {one.name for one in kept} >= {"logbook.db", "secret_key", "installation"}
    assert not [one for place in (mounted.instance, mounted.volume) for one in place.rglob(".*")]
    assert as_it_lies(mounted, monkeypatch) == mounted.then


def test_killed_at_every_step_it_is_carried_out_at_the_next_start(mounted, room, tmp_path, monkeypatch):
    mounting(mounted, room, *mounted.binds)
    shutil.copytree(mounted.volume, tmp_path / "before")
    for at in range(1, 1000):  # before there is a journal, it is as anywhere else: test_killed
        if not mounted.stopped(tmp_path, at, STEPS, "restore", tmp_path / "b.zip", once=mounted.instance / JOURNAL):
            break
        mounted.run("backup", tmp_path / "c.zip")  # whatever comes next; this one finds the other key
        assert not (mounted.instance / JOURNAL).exists()
        with monkeypatch.context() as here:
            assert as_it_lies(mounted, here) == mounted.then, at
        shutil.rmtree(mounted.volume)
        shutil.copytree(tmp_path / "before", mounted.volume)
    assert at > 10
    assert not [*mounted.instance.rglob(".restore-*"), *mounted.volume.rglob(".restore-*")]


@pytest.mark.parametrize("name", PLACES)
def test_what_is_mounted_and_cannot_change_is_refused_before_anything_does(mounted, room, tmp_path, name):
    lines = [*mounted.binds, bind(mounted.volume / name, mounted.instance / name, "bind,remount,ro")]
    if name == "attachments":  # what is mounted deep inside cannot go aside
        (mounted.volume / "attachments" / "ab" / "in").mkdir(parents=True)
        lines = [*mounted.binds, f"mount -t tmpfs none {mounted.instance}/attachments/ab/in"]
    mounting(mounted, room, *lines)
    before = tree(mounted.volume), tree(mounted.instance)
    assert "是单独挂载的" in mounted.refused("restore", tmp_path / "b.zip")
    assert (tree(mounted.volume), tree(mounted.instance)) == before
    assert not list(mounted.volume.rglob("*restor*"))


def test_what_nothing_can_take_the_place_of_is_said(mounted, room, tmp_path):
    """A mounted key that is to be another one, and a backup under a mounted name."""
    (tmp_path / "out.zip").write_bytes(b"")
    (mounted.volume / "secret_key").write_bytes(b"")
    mounting(mounted, room, *mounted.binds, bind(tmp_path / "out.zip", tmp_path / "out.zip"))
    assert "secret_key 是单独挂载的" in mounted.refused("serve", "--take-over", "--port", free_port())
    (mounted.volume / "secret_key").write_text(mounted.then[1], "ascii")
    assert "out.zip 是单独挂载的" in mounted.refused("backup", tmp_path / "out.zip")


def test_a_read_only_key_that_is_the_same_one_stays(mounted, room, tmp_path, monkeypatch):
    (mounted.volume / "secret_key").write_text(mounted.then[1], "ascii")
    mounting(
        mounted,
        room,
        *mounted.binds,
        bind(mounted.volume / "secret_key", mounted.instance / "secret_key", "bind,remount,ro"),
    )
    done = mounted.run("restore", tmp_path / "b.zip")
    assert done.returncode == 0, done.stderr
    assert as_it_lies(mounted, monkeypatch) == mounted.then


def test_a_folder_of_a_containers_image_is_restored(mounted, room, tmp_path):
    """An overlay renames no folder of the layer below: it is copied aside."""
    layers = [tmp_path / name for name in ("upper", "work", "all")]
    for one in layers:
        one.mkdir()
    upper, work, top = map(str, layers)
    options = f"lowerdir={mounted.volume},upperdir={upper}/u,workdir={upper}/w"
    overlaid = [
        f"mount -t tmpfs none {work}", f"mount -t tmpfs none {upper}", f"mkdir {upper}/u {upper}/w",
        f"mount -t overlay overlay -o {options} {top}",
    ]  # fmt: skip
    if subprocess.run([*room, " && ".join(overlaid)], capture_output=True, check=False).returncode:
        pytest.skip("nothing may be overlaid here")
    mounting(mounted, room, *overlaid, bind(top, mounted.instance))
    looked = f"find {mounted.instance}/attachments {mounted.instance}/before-restore-*/attachments -type f"
    restored = [*mounted.command("restore", tmp_path / "b.zip")]
    restored[-1] = restored[-1].replace("exec ", "") + f" && {looked}"
    done = subprocess.run(restored, env=mounted.env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("/before-restore-") == len(mounted.now[2]) + 2, "with its mark, and where it lies"
    assert sum(name in done.stdout for name in mounted.then[2]) == len(mounted.then[2])


def test_what_is_mounted_is_seen_also_under_a_name_with_spaces(tmp_path, room):
    place = tmp_path / "有 空格"
    place.mkdir()
    look = (
        "import sys; from pathlib import Path; from logbook.restoring import mounted_below\n"
        "place = Path(sys.argv[1]); print(len(mounted_below(place)), len(mounted_below(place.parent)))"
    )
    lines = ["mount", "-t", "tmpfs", "none", str(place)], [sys.executable, "-c", look, str(place)]
    shell = " && ".join(map(shlex.join, lines))
    assert subprocess.run([*room, shell], capture_output=True, text=True, check=False).stdout.split() == ["1", "1"]
    assert restoring.mounted_below(place) == []


def test_a_mounted_database_without_room_for_its_copy_is_refused_before_there_is_a_journal(mounted, room, tmp_path):
    """Else every command would end at the full disk until somebody makes room."""
    clone, small = mounted, mounted.instance
    database = sqlite3.connect(clone.volume / "logbook.db")
    database.execute("CREATE TABLE large AS SELECT zeroblob(30 * 1024 * 1024)")
    database.commit()
    database.close()
    names = f"mkdir {small}/attachments && touch {small}/logbook.db {small}/secret_key"
    lines = " && ".join([f"mount -t tmpfs -o size=20m none {small}", names, *clone.binds])
    plain, before = clone.command, tree(clone.volume)
    clone.command = lambda *argv: [*room, f"{lines} && ({shlex.join(plain(*argv))}; ls -A {small}; exit 1)"]
    done = clone.run("restore", tmp_path / "b.zip")
    assert "磁盘空间不够，没有恢复，现有数据没有改动" in done.stderr
    assert JOURNAL not in done.stdout.split()
    assert tree(clone.volume) == before
