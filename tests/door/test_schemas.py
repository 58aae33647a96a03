"""Several units in one PostgreSQL database, a schema each: none carries away or touches another's."""

import shutil

import pytest

from door import backup
from tests.conftest import POSTGRES, drop_database, new_database
from tests.door.conftest import FIRST_START, Clone, free_port

UNITS = ("unit_a", "unit_b", "unit_c")


@pytest.fixture(scope="module")
def two_units(tmp_path_factory):
    """A database of two units at rest, and the folder in which theirs lie; unit_c is an empty schema."""
    if not POSTGRES:
        pytest.skip("run with --postgres")
    made = Clone(tmp_path_factory.mktemp("units") / "clone")
    made.borrow_packages()
    name, url = new_database()
    for unit in UNITS:
        made.sql_on(url, f"CREATE SCHEMA {unit}")
    for unit, person in (("unit_a", "王一"), ("unit_b", "李二")):
        here = address(url, made.folder, unit)
        made.flask("db-upgrade", **here)
        made.flask("first-account", *FIRST_START[:3], person, *FIRST_START[4:], **here)
        made.flask("db-open", **here)
    yield name, made.folder
    drop_database(name)


def address(url, folder, unit):
    return {
        "LOGBOOK_DATABASE_URL": f"{url}&options=-csearch_path%3D{unit}", "LOGBOOK_INSTANCE": str(folder / unit)
    }  # fmt: skip


@pytest.fixture
def units(clone, tmp_path, two_units):
    """Two units served from one program."""
    like, folder = two_units
    for unit in ("unit_a", "unit_b"):
        shutil.copytree(folder / unit, tmp_path / unit)
    name, url = new_database(like)
    clone.address = {unit: address(url, tmp_path, unit) for unit in UNITS}
    yield clone
    drop_database(name)


def names(units, unit):
    url = units.address[unit]["LOGBOOK_DATABASE_URL"]
    return [name for (name,) in units.sql_on(url, "SELECT name FROM person ORDER BY id")]


def test_a_postgres_schema_is_backed_up_and_restored_alone(units, tmp_path):
    assert units.run("backup", tmp_path / "a.zip", **units.address["unit_a"]).returncode == 0
    dump = backup.unpack(tmp_path / "a.zip", tmp_path / "unpacked", "").dump
    assert dump.schema == "unit_a"
    assert {row["name"] for row in dump.rows("person")} == {"王一"}
    for unit in ("unit_a", "unit_b"):
        units.sql_on(units.address[unit]["LOGBOOK_DATABASE_URL"], "UPDATE person SET name = '改了'")
    done = units.run("restore", tmp_path / "a.zip", **units.address["unit_a"])
    assert done.returncode == 0, done.stderr
    assert (names(units, "unit_a"), names(units, "unit_b")) == (["王一"], ["改了"])


def test_a_postgres_backup_goes_into_another_schema(units, tmp_path):
    assert units.run("backup", tmp_path / "a.zip", **units.address["unit_a"]).returncode == 0
    here = units.address["unit_c"]
    done = units.run("restore", tmp_path / "a.zip", **here)
    assert done.returncode == 0, done.stderr
    assert "一次性登录码" in units.run("code", "王一", **here).stdout
    assert units.flask("db-check", **here) == ""
    where = "SELECT DISTINCT table_schema FROM information_schema.columns WHERE column_default LIKE '%unit_a%'"
    assert units.sql_on(here["LOGBOOK_DATABASE_URL"], where) == [("unit_a",)]
    assert names(units, "unit_a") == ["王一"]


def test_a_schema_that_postgres_does_not_have_is_refused(units, tmp_path):
    url = units.address["unit_a"]["LOGBOOK_DATABASE_URL"].replace("unit_a", "nowhere")
    for command in (["serve", "--port", free_port()], ["backup", tmp_path / "b.zip"], ["code", "王一"]):
        assert "schema" in units.refused(*command, LOGBOOK_DATABASE_URL=url)
    assert units.sql_on(url.replace("nowhere", "public"), "SELECT 1 FROM pg_tables WHERE schemaname = 'public'") == []


def test_a_postgres_dump_of_two_units_gives_this_one_its_own(units, tmp_path):
    """As 1832a6a made them: the whole database, whatever the address named."""
    assert units.run("backup", tmp_path / "a.zip", **units.address["unit_a"]).returncode == 0
    box = tmp_path / "old"
    backup.unpack(tmp_path / "a.zip", box, "")
    whole = units.address["unit_a"]["LOGBOOK_DATABASE_URL"]
    backup.dumps.postgres.call(whole, "pg_dump", "--format=custom", f"--file={box / 'database.dump'}")
    assert backup.dumps.found_in(box, "", "unit_b").schema == "unit_b"
    with pytest.raises(backup.Stop, match="几个单位"):
        backup.dumps.found_in(box, "", "unit_c")
