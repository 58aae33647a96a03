"""The rules of the house turn red: a planted utils.py, a commit in an action, a read in a view, a style."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def copy(tmp_path):
    """The house, to plant something in."""
    for name in ("logbook", "door", "templates", "migrations", "benchmarks", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "babel.cfg", "run.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(folder, *argv):
    done = subprocess.run([sys.executable, *argv], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def house(folder):
    return run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_house.py")


def imports(folder):
    return run(folder, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache")


def test_the_house_as_it_is_is_green(copy):
    assert house(copy)[0] == 0
    assert imports(copy)[0] == 0


def test_a_utils_file_turns_the_contracts_red(copy):
    (copy / "logbook" / "visits" / "utils.py").write_text('"""Anything."""\n')
    for code, said in (house(copy), imports(copy)):
        assert code != 0
        assert "utils" in said


@pytest.mark.parametrize("room", ["sample", "documents"])
def test_a_room_without_a_place_turns_the_contracts_red(copy, room):
    (copy / "logbook" / room / "odds.py").write_text('"""Anything."""\n')
    code, said = imports(copy)
    assert code != 0
    assert f"logbook.{room}.odds" in said


def test_a_module_of_the_domain_that_the_contract_forgot_turns_the_house_red(copy):
    path = copy / "pyproject.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"logbook.years.coverage", "logbook', '"logbook'), encoding="utf-8"
    )
    code, said = house(copy)
    assert code != 0
    assert "logbook.years.coverage" in said


def test_pandas_at_the_top_turns_the_house_red(copy):
    path = copy / "logbook" / "years" / "frames.py"
    path.write_text(path.read_text(encoding="utf-8") + "\n\nimport pandas\n", encoding="utf-8")
    code, said = house(copy)
    assert code != 0
    assert "import it inside the function that needs it" in said


@pytest.mark.parametrize("planted", ["{{ visit.guidance }}", "{{ visit.contents|length }}"])
def test_a_lazy_load_in_a_page_turns_its_test_red(copy, planted):
    """A column and a relationship of each listed record that the list's query does not load."""
    path = copy / "templates" / "visits" / "index.html"
    row = "{% for visit in page.records %}"
    assert row in path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace(row, row + planted), encoding="utf-8")
    argv = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/visits/test_pages.py", "-k", "both_ways"]
    code, said = run(copy, *argv)
    assert code != 0
    assert "LazyLoad" in said


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("logbook/visits/actions.py", "\n\ndef sneak() -> None:\n    db.session.commit()\n"),
        ("logbook/visits/views.py", "\n\nLATE = select(Visit)\n"),
        ("logbook/problems/views.py", '\n\n@bp.route("/open")\ndef open_door() -> str:\n    return ""\n'),
        ("templates/visits/index.html", '<p style="color: red">x</p>\n'),
        ("templates/visits/show.html", "{{ visit.findings|safe }}\n"),
        ("templates/visits/show.html", "{{ _('没有翻译的字') }}\n"),
    ],
)
def test_what_is_planted_turns_the_house_red(copy, place, line):
    path = copy / place
    path.write_text(path.read_text(encoding="utf-8") + line, encoding="utf-8")
    code, said = house(copy)
    assert code != 0
    assert Path(place).name in said or "problems.open_door" in said


def test_an_import_upwards_turns_the_contracts_red(copy):
    path = copy / "logbook" / "problems" / "queries.py"
    path.write_text(
        "from logbook.visits import queries as upwards\n" + path.read_text(encoding="utf-8"), encoding="utf-8"
    )
    code, said = imports(copy)
    assert code != 0
    assert "logbook.problems.queries" in said
