"""Where boxes lie: a database's own are known by its name, and nothing else in the folder is touched."""

import contextlib
import shutil
import sqlite3
import subprocess
import sys

import pytest

from logbook.ballots import box, places, sealed
from logbook.db import db
from tests.ballots.holding import Held
from tests.ballots.test_anonymity import database
from tests.ballots.test_two_persons import people
from tests.conftest import POSTGRES

__all__ = ["people"]
pytestmark = pytest.mark.skipif(bool(POSTGRES), reason="files beside SQLite's")


@pytest.fixture
def held(client, people):
    return Held(client(people["clerk"])).begin(a={"codes": 3})


def name_as_before(ballot_id):
    """As an earlier version named the files of its box."""
    place, former = box.place_of(ballot_id), places.former_place_of(database(), ballot_id)
    for one in sealed.files(place):
        one.rename(one.with_name(one.name.replace(place.name, former.name)))


def start():
    box.clean_after_kill()
    db.session.remove()


def test_another_databases_boxes_are_let_alone_at_a_start(held):
    """Two installations with their databases in one folder; both have a ballot 1, only one of them an open 7."""
    shutil.copy(database(), database().with_name("other.db"))
    for name in ("other.db-ballot-1", "other.db-ballot-7", "ballot-7"):
        sealed.write(database().with_name(name), "theirs")
    start()
    held.codes("a")
    for name in ("other.db-ballot-1", "other.db-ballot-7", "ballot-7"):
        assert sealed.read(database().with_name(name)) == "theirs"


def test_a_start_touches_nothing_that_is_merely_named_alike(held):
    names = ("ballot-2026.db", "ballot-2026.db-wal", "logbook.db-ballot-1.docx", "logbook.db-ballot-9.db")
    for name in names:
        database().with_name(name).write_bytes(b"a file of somebody's")
    start()
    assert all(database().with_name(name).exists() for name in names)


@pytest.mark.parametrize("neighbours", [False, True])
def test_a_box_that_an_earlier_version_named_is_found(client, held, neighbours):
    codes = held.codes("a")
    name_as_before(held.ballot_id)
    if neighbours:
        shutil.copy(database(), database().with_name("other.db"))
    start()
    assert client().post("/vote/cast", {"code": codes[0], "c1_0": "good", "c2_0": "good"}).status_code == 303
    assert held.box["a"].cast.n == 1
    assert not list(database().parent.glob("ballot-*"))


def test_a_box_that_an_earlier_version_left_of_no_open_ballot_goes(held):
    sealed.write(database().with_name("ballot-99"), "of a ballot that is closed")
    start()
    assert not list(database().parent.glob("ballot-*"))
    assert held.codes("a")


def test_a_box_of_another_ballot_is_not_taken_for_this_ones(held):
    name_as_before(held.ballot_id)
    former = places.former_place_of(database(), held.ballot_id)
    sealed.write(former, sealed.read(former).replace(f'"{held.classes["a"]}": {{', '"77": {', 1))
    start()
    assert box.read(held.ballot_id) is None


def test_a_databases_name_may_hold_any_sign(tmp_path):
    file = tmp_path / "党建[1].2026*.db"
    place = places.place_of(file, 1)
    sealed.write(place, "一")
    sealed.write(place, "二")
    assert (sealed.read(place), len(list(tmp_path.iterdir())), list(places.places(file))) == ("二", 2, [place])


# What the next program does that opens the database: SQLite's byte of -shm (UNIX_SHM_DMS), shared by who has it open.
TAKE = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+b'), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)"


def takes_it_over(file):
    """Whether another process finds nobody there, and begins -shm anew beneath who has it mapped."""
    return subprocess.run([sys.executable, "-c", TAKE, str(file)], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("named", ["logbook.db", "link"])
def test_looking_for_boxes_takes_no_lock_from_whoever_has_the_database_open(tmp_path, named):
    """Whoever closes a file gives up all that the process has locked in it; the server was ended by a bus error."""
    file = tmp_path / named
    (tmp_path / "link").symlink_to("logbook.db")
    with contextlib.closing(sqlite3.connect(file)) as held:
        held.execute("PRAGMA journal_mode=WAL")
        held.execute("CREATE TABLE one (n)")
        assert not takes_it_over(tmp_path / "logbook.db-shm")
        assert list(places.places(file)) == []
        assert not takes_it_over(tmp_path / "logbook.db-shm")
