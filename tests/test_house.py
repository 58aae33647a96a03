"""The rules of the house that no library knows. Each message says what to do instead."""

import ast
import fnmatch
import io
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from logbook.access import PUBLIC, Act
from logbook.app import create_app

ROOT = Path(__file__).parent.parent
CODE = sorted((ROOT / "logbook").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CATALOGUE = ROOT / "logbook" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
NO_FEATURES = {"documents", "sample", "static", "translations"}
WEB = {
    "__init__", "book_views", "carried", "cli", "code_views", "draft_views", "forms", "offer_views", "offered",
    "paper_page", "papers",
    "refusals", "report_views", "shell", "stand_in_views", "upload_views", "views", "voting",
    "witness_page", "witness_views",
}  # fmt: skip
HEAVY = {"alembic", "pandas", "docx", "typst", "pypdfium2", "pypinyin", "zxcvbn", "PIL", "cryptography"}
ACT = re.compile(r"\.may\(Act\.(\w+)")
KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "N_": None, "ngettext": (1, 2)}


def places(pattern, allowed):
    """file:line of every call that `pattern` names, outside the files `allowed` accepts."""
    found = []
    for path in CODE:
        if not allowed(path):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if re.search(pattern, line.split("#")[0]):
                    found.append(f"{path.relative_to(ROOT)}:{number}")
    return found


def test_queries_stand_in_queries():
    found = places(r"\bselect\(|session\.query\(|\btext\(", lambda p: p.name == "queries.py" or "sample" in p.parts)
    assert not found, f"move the read into the feature's queries.py: {found}"


def test_commits_stand_in_sight():
    allowed = {
        "views.py",
        "book_views.py",
        "draft_views.py",
        "upload_views.py",
        "report_views.py",
        "code_views.py",
        "stand_in_views.py",
        "voting.py",
        "witness_views.py",
        "cli.py",
    }
    found = places(r"\.commit\(", lambda p: p.name in allowed or "sample" in p.parts)
    assert not found, f"an action flushes; the view commits, once, in sight: {found}"


# How long something takes is no day and no hour: these may look at the machine's own time, each for its reason.
CLOCKS = re.compile(
    r"datetime\.(now|today|utcnow)\(|date\.today\(|\btime\.(time|time_ns|localtime|gmtime|ctime|strftime)\("
    r"|\bst_[amc]time|getmtime|CURRENT_(DATE|TIME)|func\.now|URLSafeTimedSerializer"
)
OTHER_CLOCKS = {
    "logbook/clock.py": "it is the clock",
    "logbook/signing.py": "it dates what is signed by the clock",
    "run.py": "the offset itself, and whether the machine's own clock can be right",
    "door/dumps.py": "a real installation's, where no other clock is let in",
    "door/home.py": "names of backups of a real installation, where no other clock is let in",
    "benchmarks/audit.py": "two files' stamps beside each other",
    "benchmarks/browser.py": "a cookie's end, which the browser judges by the machine's clock",
    "tests/test_house.py": "this rule",
    "tests/ballots/test_anonymity.py": "a stamp that must tell nothing",
    "tests/printing/test_previews.py": "stamps of files, which the machine's clock sets",
    "tests/visits/test_uploads.py": "stamps of files, which the machine's clock sets",
}


def test_there_is_one_clock():
    files = (p for folder in ("logbook", "door", "tests", "benchmarks") for p in (ROOT / folder).rglob("*.py"))
    found = {
        str(path.relative_to(ROOT)): line.strip()
        for path in (*files, ROOT / "run.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if CLOCKS.search(line.split("  # ")[0])
    }
    more = {file: line for file, line in found.items() if file not in OTHER_CLOCKS}
    assert not more, f"ask logbook.formats.now() or today(), logbook.clock.written_at() or logbook.signing: {more}"
    assert set(OTHER_CLOCKS) <= set(found), f"no longer needed: {set(OTHER_CLOCKS) - set(found)}"


AT_THE_ROOT = {
    ".gitignore", "README.md", "babel.cfg", "pyproject.toml", "requirements-test.lock", "requirements.lock", "run.py",
}  # fmt: skip


def test_no_stray_file_lies_at_the_root():
    """What an editor or a merge left there is nobody's: .merge_file_…, *.orig, *~."""
    ignored = re.compile("|".join(map(fnmatch.translate, (ROOT / ".gitignore").read_text().split())))
    found = {one.name for one in ROOT.iterdir() if one.is_file() and one.name != ".git"}
    stray = sorted(name for name in found - AT_THE_ROOT if not ignored.match(name))
    assert not stray, f"remove it, put it into a folder, or name it here: {stray}"


def test_no_room_without_a_name():
    vague = {"utils", "helpers", "common", "services", "misc", "base_manager", "lib", "core", "shared"}
    found = [str(p.relative_to(ROOT)) for p in CODE if p.stem in vague or p.parent.name in vague]
    assert not found, f"name it for what it does and put it in its feature: {found}"


def test_every_package_says_in_one_line_what_it_is():
    for path in (p for p in CODE if p.name == "__init__.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert len(tree.body) == 1, f"{path}: an __init__.py is one docstring"
        assert ast.get_docstring(tree), f"{path}: an __init__.py is one docstring"


def test_the_whole_domain_knows_no_web():
    """Every module of a feature but those that face the web or the shell stands in the contract's list."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    listed = next(one["source_modules"] for one in contracts if one["name"] == "The domain knows no web")
    parts = (path.relative_to(ROOT).with_suffix("").parts for path in CODE)
    modules = {".".join(part) for part in parts if len(part) == 3 and part[1] not in NO_FEATURES and part[2] not in WEB}
    assert modules == set(listed), f"add to, or delete from, the contract: {modules ^ set(listed)}"


def test_every_function_stays_short():
    long = []
    for path in CODE:
        functions = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)]
        long += [f"{path}:{f.lineno} {f.name}" for f in functions if f.end_lineno - f.lineno + 1 > 40]
    assert not long, f"a function is a paragraph: {long}"


def test_every_template_is_used():
    text = "\n".join(p.read_text(encoding="utf-8") for p in [*CODE, *TEMPLATES])
    unused = [n for p in TEMPLATES if f'"{(n := str(p.relative_to(ROOT / "templates")))}"' not in text]
    assert not unused, f"delete or use: {unused}"


def test_nothing_stands_inline():
    inline = re.compile(r"<[^>]+\sstyle=|<style|<script(?![^>]*\bsrc=)|\son[a-z]+=\"")
    found = [str(path.relative_to(ROOT)) for path in TEMPLATES if inline.search(path.read_text(encoding="utf-8"))]
    assert not found, f"the Content-Security-Policy forbids it: {found}"


def test_nothing_is_marked_safe():
    found = [str(p.relative_to(ROOT)) for p in TEMPLATES if re.search(r"\|\s*safe\b", p.read_text(encoding="utf-8"))]
    assert not found, f"return Markup from the one function that builds it: {found}"


def routes(tmp_path):
    app = create_app({"INSTANCE": str(tmp_path), "SECRET_KEY": "x", "TESTING": True})
    return app, list(app.url_map.iter_rules())


def test_every_route_names_its_act(tmp_path):
    app, rules = routes(tmp_path)
    missing = [
        rule.endpoint
        for rule in rules
        if rule.endpoint not in PUBLIC and not hasattr(app.view_functions[rule.endpoint], "act")
    ]
    assert not missing, f"decorate with @may(Act.…) right under the route: {missing}"


def test_every_act_opens_a_route(tmp_path):
    app, _rules = routes(tmp_path)
    opened = {view.act for view in app.view_functions.values() if hasattr(view, "act")}
    asked = {name for path in CODE for name in ACT.findall(path.read_text(encoding="utf-8"))}
    idle = [act.name for act in Act if act not in opened and act.name not in asked]
    assert not idle, f"an act nobody can do is no act: guard its route or delete it: {idle}"


def test_the_first_page_loads_nothing_heavy(tmp_path):
    """Heavy libraries are imported where they are used: pandas alone costs 1.3 s."""
    config = {"INSTANCE": str(tmp_path), "SECRET_KEY": "x", "TESTING": True}
    code = (
        "import sys; from logbook.app import create_app; from logbook.db import Base, db\n"
        f"app = create_app({config!r})\n"
        "with app.app_context(): db.create_all()\n"
        "assert app.test_client().get('/sign-in').status_code == 200\n"
        f"print(*sorted({HEAVY!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [], "import it inside the function that needs it"


def test_every_address_parameter_has_a_type(tmp_path):
    _app, rules = routes(tmp_path)
    untyped = [rule.rule for rule in rules if rule.endpoint != "static" and re.search(r"<(?![a-z_]+[:(])", rule.rule)]
    assert not untyped, f"write <int:…> or any(…): {untyped}"


def source_texts():
    mapping, options = parse_mapping_cfg(io.StringIO((ROOT / "babel.cfg").read_text()))
    found = extract_from_dir(str(ROOT), mapping, options, keywords=KEYWORDS, directory_filter=in_the_house)
    return {message if isinstance(message, str) else message[0]: f"{file}:{line}" for file, line, message, *_ in found}


def in_the_house(directory):
    name = Path(directory).name
    return not name.startswith((".", "_")) and name not in {"tests", "instance", "migrations", "benchmarks", "docs"}


def test_every_text_has_its_english():
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file)
    english = {m.id: m.string for m in catalogue if m.id and not m.fuzzy}
    missing = {text: place for text, place in source_texts().items() if not english.get(text)}
    assert not missing, f"translate in messages.po: {missing}"
    for text, translated in english.items():
        assert set(re.findall(r"%\(\w+\)s", text)) == set(re.findall(r"%\(\w+\)s", translated)), text
    stale = english.keys() - source_texts().keys()
    assert not stale, f"no page says this any more, delete: {sorted(stale)}"


def test_the_compiled_catalogue_is_the_catalogue():
    with CATALOGUE.open("rb") as file:
        compiled = io.BytesIO()
        write_mo(compiled, read_po(file))
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled.getvalue(), (
        "run: pybabel compile -d logbook/translations"
    )
