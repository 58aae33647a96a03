"""run.py as a technician meets it: one line that says what to do, and a server that starts and stops."""

import ast
import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import run
from logbook.settings import queries
from tests.door.conftest import FIRST_START, ROOT, free_port


def test_an_old_python_can_read_why_it_is_refused():
    source = (ROOT / "run.py").read_text("utf-8")
    ast.parse(source, feature_version=(3, 6))
    old = "import sys; sys.version_info = (3, 6, 15); exec(compile(sys.stdin.read(), 'run.py', 'exec'))"
    done = subprocess.run([sys.executable, "-c", old], input=source, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "需要 Python 3.11" in done.stderr
    assert "3.6.15" in done.stderr


def test_every_command_has_a_line_of_help_in_both_languages(bare):
    text = bare.run("--help").stdout
    commands = "demo serve code sysadmin backup restore install test check bench lock bundle"
    for name in commands.split():
        assert f"\n    {name}" in text
        assert " · " in bare.run(name, "--help").stdout


def test_the_words_offered_are_the_words_of_the_settings():
    offered = (queries.GROUP_WORDS, queries.OFFICE_WORDS, queries.LIAISON_WORDS, queries.BALLOT_WORDS)
    assert tuple(run.WORDS.values()) == offered


def test_without_the_venv_module_it_names_the_package(bare, tmp_path):
    # What Debian's python3 looks like before python3-venv is installed.
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['ensurepip'] = None")
    line = bare.refused("serve", "--port", free_port(), PYTHONPATH=str(tmp_path), PATH="/nowhere")
    assert "apt-get install python3-venv" in line


def test_without_a_network_it_says_so(bare):
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    line = bare.refused("serve", "--port", free_port(), PATH="/usr/bin:/bin", PIP_EXTRA_INDEX_URL="", **nowhere)
    assert "连不上软件源" in line


def tiny_wheel(folder, sha256=None):
    """Put a package and a lock that names it into a clone; return nothing."""
    (folder / "wheelhouse").mkdir()
    wheel = folder / "wheelhouse" / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as pack:
        pack.writestr("tiny.py", "")
        pack.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        pack.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        pack.writestr("tiny-1.0.dist-info/RECORD", "")
    sha256 = sha256 or hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "requirements.lock").unlink()
    (folder / "requirements.lock").write_text(f"tiny==1.0 --hash=sha256:{sha256}\n")


def test_installs_from_the_wheelhouse_once(bare):
    tiny_wheel(bare.folder)
    first, second = (bare.run("code", "wang") for _ in range(2))
    assert list(bare.folder.glob(".venv/lib/python*/site-packages/tiny.py"))
    assert "正在安装依赖" in first.stdout
    assert "正在安装依赖" not in second.stdout


def test_a_package_that_differs_from_its_hash_is_refused(bare):
    tiny_wheel(bare.folder, "0" * 64)
    assert "摘要不一致" in bare.refused("code", "wang")
    assert not (bare.folder / ".venv" / "installed").exists()


def test_a_taken_port_is_named(bare):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"端口 {port} 已被占用" in bare.refused("demo", "--port", port)
    for nonsense in ("70000", "-1", "0"):
        assert "请改 --port" in bare.refused("serve", "--port", nonsense)
    assert "参数有误" in bare.refused("serve", "--port", "abc")


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://u@h/x", "sqlite://", "sqlite:///", "postgresql+psycopg://u@h:port/x", "postgresql://h"]
)
def test_an_address_of_no_database_is_said(clone, url):
    assert "LOGBOOK_DATABASE_URL 不对" in clone.refused("code", "wang", LOGBOOK_DATABASE_URL=url)
    assert "LOGBOOK_DATABASE_URL 不对" in clone.refused("backup", LOGBOOK_DATABASE_URL=url)


def test_a_file_that_is_no_database_is_said(clone, tmp_path):
    (tmp_path / "no.db").write_bytes(b"no database" * 900)
    for url in (f"sqlite:///{tmp_path}/no.db", f"sqlite:///{tmp_path}"):
        assert "打不开或已损坏" in clone.refused("code", "wang", LOGBOOK_DATABASE_URL=url)


def test_a_database_named_in_short_lies_in_the_installations_folder(installed):
    (installed.instance / "logbook.db").rename(installed.instance / "short.db")
    installed.env["LOGBOOK_DATABASE_URL"] = "sqlite:///short.db"
    assert "一次性登录码" in installed.run("code", "王一").stdout
    assert installed.run("backup").returncode == 0


def test_first_start_then_serves_and_stops_cleanly(clone):
    with clone.serving("serve", *FIRST_START, "--group-word", "党委", stop=signal.SIGINT):
        assert (clone.instance / "secret_key").stat().st_mode & 0o777 == 0o600
    assert "一次性登录码" in clone.output
    with clone.serving("serve", stop=signal.SIGTERM) as port:
        assert "正由另一个服务使用" in clone.refused("serve", "--port", port + 1)
        assert "正由另一个服务使用" in clone.refused("restore", "any.zip")
    assert "一次性登录码" not in clone.output


def test_the_first_start_names_what_it_needs(clone):
    assert "--unit-name" in clone.refused("serve", "--port", free_port())
    assert "--sign-in-name" in clone.refused("serve", "--port", free_port(), *FIRST_START[:4])


def test_a_code_before_the_first_start_says_what_to_do(clone):
    assert "请先运行 run.py serve" in clone.refused("code", "wang")


def test_a_code_for_somebody_who_cannot_sign_in(installed):
    assert "找到0个" in installed.refused("code", "李二")
    assert "一次性登录码" in installed.run("code", "王一", "--reactivate", "--sign-in-name", "wang").stdout
    assert "王一已是系统管理员" in installed.run("sysadmin", "wang").stdout


def set_version(installed, version):
    # Closed, so that the write-ahead log is in the file when its bytes are compared.
    with contextlib.closing(sqlite3.connect(installed.instance / "logbook.db", isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))


def test_a_database_of_a_newer_version_is_left_alone(installed):
    set_version(installed, "9999")
    before = (installed.instance / "logbook.db").read_bytes()
    assert "较新版本程序的（9999）" in installed.refused("serve", "--port", free_port())
    assert (installed.instance / "logbook.db").read_bytes() == before


def add_migration(installed, *statements):
    """Make the program one version newer than its database."""
    ((head,),) = installed.sql("SELECT version_num FROM alembic_version")
    lines = "".join(f"    op.execute({statement!r})\n" for statement in statements)
    (installed.folder / "migrations" / "versions" / "9000_more.py").write_text(
        f"from alembic import op\nrevision = '9000'\ndown_revision = {head!r}\ndef upgrade():\n{lines}"
    )
    # The application finds its migrations beside its own package.
    (installed.folder / "logbook").unlink()
    shutil.copytree(ROOT / "logbook", installed.folder / "logbook")


def test_backs_up_before_it_migrates(installed):
    add_migration(installed, "CREATE TABLE more (id INTEGER)")
    with installed.serving("serve"):
        pass
    assert list((installed.instance / "backups").glob("before-9000-*.zip"))
    assert installed.sql("SELECT version_num, (SELECT count(*) FROM more) FROM alembic_version") == [("9000", 0)]


def test_a_full_disk_while_migrating_changes_nothing(installed):
    add_migration(
        installed,
        "PRAGMA max_page_count = 1",
        "CREATE TABLE more (text)",
        "INSERT INTO more VALUES (zeroblob(9999999))",
    )
    done = installed.run("serve", "--port", free_port())
    assert "磁盘已满" in done.stderr
    assert "Traceback" not in done.stderr
    assert installed.sql("SELECT version_num FROM alembic_version") != [("9000",)]


def test_the_second_start_of_the_demo_only_serves(clone):
    clone.instance /= "demo"
    clone.flask("db-upgrade")
    (clone.instance / "demo.json").write_text(json.dumps({"visits": None, "accounts": "王一 wang"}), "utf-8")
    with clone.serving("demo", "--host", "0.0.0.0"):  # noqa: S104 - a phone in the office shall see it
        pass
    assert "王一 wang" in clone.output
    assert "正在" not in clone.output
    assert "没有加密（HTTP），只宜试用" in clone.output


def own_test(clone, body):
    (clone.folder / "tests").mkdir()
    (clone.folder / "tests" / "test_own.py").write_text(f"import os\n\ndef test_own():\n    {body}\n")


def test_what_needs_other_programs_is_left_out_only_when_asked(clone):
    own_test(clone, "assert 'LOGBOOK_CHROMIUM' not in os.environ")
    with (clone.folder / "tests" / "test_own.py").open("a") as more:
        more.write("import pytest\n@pytest.mark.office\ndef test_own_office():\n    pytest.fail('is run')\n")
    done = clone.run("test", "--no-browser", "--no-office", "-n0", "-k", "own", "tests/test_own.py")
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert "按要求不运行浏览器测试" in done.stdout
    assert "按要求不运行用 LibreOffice 的测试" in done.stdout
    line = clone.refused("test", "--postgres", PATH="/nowhere")  # all of it, and nothing is run
    assert "apt-get install chromium fonts-noto-cjk libreoffice-writer-nogui" in line.replace(" libatomic1", "")
    assert "apt-get install libreoffice-writer-nogui" in clone.refused("test", "--no-browser", PATH="/nowhere")


def test_what_playwrights_node_needs_is_looked_for(monkeypatch):
    """A bare Debian has no libatomic1; a library is on no path."""
    assert run._which(["libc.so.6"]) == "libc.so.6"
    assert run._which(["libnowhere.so.1"]) is None
    monkeypatch.setattr(run, "apt", lambda *_packages: False)
    with pytest.raises(run.Stop, match="apt-get install libatomic1"):
        run.provide((("libnowhere.so.1",), run.DRIVER[1]))


def test_tests_begin_at_the_moment_asked_for(clone):
    own_test(clone, "from logbook.formats import SHANGHAI, now; print(f'it is {now().astimezone(SHANGHAI):%F %H}')")
    left_out = ["--no-browser", "--no-office", "-s", "-n0", "tests/test_own.py"]
    assert "it is 2028-02-29 23" in clone.run("test", "--at=2028-02-29T23:15", *left_out).stdout
    assert "it is 2028-12-31 0" in clone.run("test", *left_out, LOGBOOK_CLOCK=run.clock_at("2028-12-31T04:15")).stdout
    assert "参数有误" in clone.refused("test", "--at=tomorrow", *left_out)


@pytest.mark.parametrize("command", ["serve", "code wang", "backup", "restore any.zip"])
def test_a_real_installation_has_the_machines_own_clock(installed, command):
    port = ["--port", free_port()] if command == "serve" else []
    assert "LOGBOOK_CLOCK 只供测试" in installed.refused(*command.split(), *port, LOGBOOK_CLOCK="+5")


@pytest.mark.skipif(not run._which(["initdb"]), reason="PostgreSQL is not installed")
def test_a_postgres_of_the_tests_own_is_gone_afterwards(clone):
    url = "os.environ['LOGBOOK_TEST_DATABASE_URL'].replace('+psycopg', '')"
    own_test(clone, f"import pathlib, psycopg; psycopg.connect({url}).close(); pathlib.Path('url').write_text({url})")
    (clone.folder / "tests" / "postgres.py").symlink_to(ROOT / "tests" / "postgres.py")
    done = clone.run("test", "--no-browser", "--no-office", "--postgres", "-n0", "tests/test_own.py")
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert not Path((clone.folder / "url").read_text().partition("host=")[2]).exists()
