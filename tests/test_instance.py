"""The folder of an installation: its key, its mark, and a restore that was broken off."""

from pathlib import Path

import pytest

from logbook import app as application
from logbook import config, instance, restoring
from logbook.db import db
from logbook.instance import Identity, Refused
from logbook.restoring import Place, Plan
from logbook.settings import queries

KEY = "a key that is as long as a key has to be"


@pytest.mark.parametrize("content", ["", "short", "密钥" * 20, None])
def test_no_key_is_made_where_data_needs_the_old_one(tmp_path, content):
    key = tmp_path / "secret_key"
    if content is not None:
        key.write_text(content, "utf-8")
    with pytest.raises(Refused, match="密钥"):
        instance.read_key(key, lambda: True)
    assert not instance.is_sound(key)
    assert (key.read_text("utf-8") if key.exists() else None) == content


def test_a_first_start_makes_the_key_also_where_one_was_cut_off(tmp_path):
    (tmp_path / "cut").write_text("")
    for name in ("new", "cut"):
        made = instance.read_key(tmp_path / name, lambda: False)
        assert instance.read_key(tmp_path / name, lambda: True) == made
    assert sorted(one.name for one in tmp_path.iterdir()) == ["cut", "new"]


def test_of_two_that_make_the_key_at_once_one_counts(tmp_path):
    (tmp_path / "key").write_text(KEY)
    instance.write_whole(tmp_path / "key", "another", over=False)
    assert instance.sound_key(tmp_path / "key") == KEY


def test_where_no_folder_can_be_synced_work_goes_on():
    instance.sync(Path("/proc"))  # as some network shares answer


def test_only_its_owner_reads_the_key(tmp_path):
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "key").chmod(0o640)
    assert instance.close_key(tmp_path / "key")
    assert not instance.close_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_another_key_or_mark_than_the_known_one_is_refused():
    known = Identity("mark", "digest")
    instance.refuse_other(known, known, alone=False)
    instance.refuse_other(Identity("", "digest"), known, alone=True)
    for here, alone in (
        (Identity("mark", "x"), True),
        (Identity("x", "digest"), True),
        (Identity("", "digest"), False),
    ):
        with pytest.raises(Refused, match="--take-over"):
            instance.refuse_other(here, known, alone=alone)


def laid_ready(folder, marker=""):
    """A restore whose journal was written, and nothing more: a changes, b is new, c goes."""
    box = folder / ".restore-1"
    box.mkdir()
    for path, text in ((folder / "a", "old"), (folder / "c", "old"), (box / "a", "new"), (box / "b", "new")):
        path.write_text(text)
    aside = folder / "before"
    places = [
        Place(str(folder / name), str(aside / name), str(box / name) if ready else "", had)
        for name, ready, had in (("a", True, True), ("b", True, False), ("c", False, True))
    ]
    restoring.write_journal(folder, Plan(tuple(places), (str(box),), marker))


def found(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


NEW = {"a": "new", "b": "new", "before/a": "old", "before/c": "old"}


@pytest.mark.parametrize(
    ("marker", "loaded", "after"),
    [("", "whatever", NEW), ("restored 1", "restored 1", NEW), ("restored 1", "", {"a": "old", "c": "old"})],
)
def test_a_broken_off_restore_is_carried_out_or_dropped(tmp_path, marker, loaded, after):
    laid_ready(tmp_path, marker)
    journal = (tmp_path / restoring.JOURNAL).read_text()
    for _again in range(2):  # killed right before the journal went, all of it is done once more
        restoring.settle_alone(tmp_path, lambda: loaded)
        assert found(tmp_path) == after | {"in_use": ""}
        (tmp_path / restoring.JOURNAL).write_text(journal)


def test_a_start_removes_what_its_own_restores_left_and_nothing_of_anothers(tmp_path):
    """Another installation's key may lie in this folder, and its restore be broken off."""
    own, others = tmp_path / f"{restoring.own_box(tmp_path)}1", tmp_path / f"{restoring.own_box(tmp_path / 'other')}1"
    far = tmp_path / "elsewhere" / own.name
    for box in (own, others, far):
        box.mkdir(parents=True)
        (box / "ready-secret_key").write_text(KEY)
    (own / restoring.ELSEWHERE).write_text(f"{far}\n", "utf-8")
    restoring.settle(tmp_path, str)
    assert [box.exists() for box in (own, others, far)] == [False, True, False]


def test_a_broken_off_restore_goes_along_with_its_folder(tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    laid_ready(before)
    before.rename(after)
    restoring.settle(after, str)
    assert found(after) == NEW


def test_while_a_restore_is_at_work_nothing_else_opens_the_installation(tmp_path):
    laid_ready(tmp_path)
    with restoring.held(tmp_path), pytest.raises(Refused, match="正在从备份恢复"):
        config.load({"INSTANCE": str(tmp_path)})
    assert (tmp_path / restoring.JOURNAL).exists()


def test_a_database_notes_its_folder_and_key_and_knows_them_again(tmp_path):
    app = application.create_app({"INSTANCE": str(tmp_path), "SECRET_KEY": KEY, "TESTING": True})

    def run(*arguments):
        return app.test_cli_runner().invoke(args=arguments)

    with app.app_context():
        assert run("db-open").output.split()[0] == "-"
        run("db-upgrade")
        assert run("db-open").output.split()[2:] == ["nobody", "-"]
        known = queries.known_installation()
        assert known == instance.identity(tmp_path, KEY)
        (tmp_path / "attachments" / instance.MARK).unlink()
        assert run("db-open").exit_code == 0, "the only host may have lost its mark"
        app.config["SECRET_KEY"] = KEY[::-1]
        assert "密钥不是本机的" in run("db-open").output
        assert run("db-open", "--take-over").exit_code == 0
        assert queries.known_installation() == Identity(known.mark, instance.key_digest(KEY[::-1]))
        db.session.remove()
        db.engine.dispose()


def test_the_server_does_not_start_beside_another_ones_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LOGBOOK_INSTANCE", str(tmp_path))
    monkeypatch.delenv("LOGBOOK_DATABASE_URL", raising=False)
    app = application.create_server_app()  # its tables are not there yet: that is for pages to say
    with app.app_context():
        app.test_cli_runner().invoke(args=["db-upgrade"])
        app.test_cli_runner().invoke(args=["db-open"])
        db.engine.dispose()
    application.create_server_app()
    (tmp_path / "attachments" / instance.MARK).write_text("another")
    with pytest.raises(Refused, match="附件文件夹不是本机的"):
        application.create_server_app()
