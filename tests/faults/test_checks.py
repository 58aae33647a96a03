"""The rules of the house turn red: a planted utils.py, a commit in an action, a read in a view, a style."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The house once more, to plant something in."""
    place = tmp_path_factory.mktemp("house")
    for name in ("logbook", "door", "templates", "migrations", "benchmarks", "tests"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "babel.cfg", "run.py", ".gitignore"):
        shutil.copy(ROOT / name, place / name)
    return place


@pytest.fixture
def plant(house):
    """plant(path, change) writes what `change` makes of a file, or a new file; afterwards all is as before."""
    before = {}

    def change_one(path, change):
        before[path] = (house / path).read_text("utf-8") if (house / path).exists() else None
        (house / path).write_text(change(before[path] or ""), "utf-8")
        assert (house / path).read_text("utf-8") != before[path]

    yield change_one
    for path, text in before.items():
        (house / path).unlink() if text is None else (house / path).write_text(text, "utf-8")


def run(folder, *argv, **env):
    options = {"cwd": folder, "env": {**os.environ, **env}, "capture_output": True, "text": True}
    done = subprocess.run([sys.executable, *argv], check=False, **options)
    return done.returncode, done.stdout + done.stderr


def looked_at(house, *rules):
    """Look at the house by all rules, or by those of these tests."""
    named = [f"tests/test_house.py::{rule}" for rule in rules] or ["tests/test_house.py"]
    # They need nothing of the suite around them, whose start takes longer than they do.
    argv = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "--noconftest", *named]
    return run(house, *argv, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


def imports(house):
    return run(house, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache")


def test_the_house_as_it_is_is_green(house):
    assert looked_at(house)[0] == 0
    assert imports(house)[0] == 0


def test_a_utils_file_turns_the_contracts_red(house, plant):
    plant("logbook/visits/utils.py", lambda _none: '"""Anything."""\n')
    for code, said in (looked_at(house, "test_no_room_without_a_name"), imports(house)):
        assert code != 0
        assert "utils" in said


@pytest.mark.parametrize("room", ["sample", "documents"])
def test_a_room_without_a_place_turns_the_contracts_red(house, plant, room):
    plant(f"logbook/{room}/odds.py", lambda _none: '"""Anything."""\n')
    code, said = imports(house)
    assert code != 0
    assert f"logbook.{room}.odds" in said


def test_a_module_of_the_domain_that_the_contract_forgot_turns_the_house_red(house, plant):
    plant("pyproject.toml", lambda text: text.replace('"logbook.years.coverage", "logbook', '"logbook'))
    code, said = looked_at(house, "test_the_whole_domain_knows_no_web")
    assert code != 0
    assert "logbook.years.coverage" in said


def test_pandas_at_the_top_turns_the_house_red(house, plant):
    plant("logbook/years/frames.py", lambda text: text + "\n\nimport pandas\n")
    code, said = looked_at(house, "test_the_first_page_loads_nothing_heavy")
    assert code != 0
    assert "import it inside the function that needs it" in said


@pytest.mark.parametrize("planted", ["{{ visit.guidance }}", "{{ visit.contents|length }}"])
def test_a_lazy_load_in_a_page_turns_its_test_red(house, plant, planted):
    """A column and a relationship of each listed record that the list's query does not load."""
    row = "{% for visit in page.records %}"
    plant("templates/visits/index.html", lambda text: text.replace(row, row + planted))
    argv = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/visits/test_pages.py", "-k", "both_ways"]
    code, said = run(house, *argv)
    assert code != 0
    assert "LazyLoad" in said


@pytest.mark.parametrize(
    ("rule", "place", "line"),
    [
        ("commits_stand_in_sight", "logbook/visits/actions.py", "\n\ndef sneak() -> None:\n    db.session.commit()\n"),
        (
            "queries_stand_in_queries",
            "logbook/visits/views.py",
            "\n\ndef late() -> object:\n    return select(Visit)\n",
        ),
        (
            "every_route_names_its_act",
            "logbook/problems/views.py",
            '\n\n@bp.route("/open")\ndef open_door() -> str:\n    return ""\n',
        ),
        ("nothing_stands_inline", "templates/visits/index.html", '<p style="color: red">x</p>\n'),
        ("nothing_is_marked_safe", "templates/visits/show.html", "{{ visit.findings|safe }}\n"),
        ("every_text_has_its_english", "templates/visits/show.html", "{{ _('没有翻译的字') }}\n"),
    ],
)
def test_what_is_planted_turns_the_house_red(house, plant, rule, place, line):
    plant(place, lambda text: text + line)
    code, said = looked_at(house, f"test_{rule}")
    assert code == 1, said
    assert Path(place).name in said or "problems.open_door" in said


def test_an_import_upwards_turns_the_contracts_red(house, plant):
    plant("logbook/problems/queries.py", lambda text: "from logbook.visits import queries as upwards\n" + text)
    code, said = imports(house)
    assert code != 0
    assert "logbook.problems.queries" in said
