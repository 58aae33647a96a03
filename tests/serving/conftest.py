"""Real servers, started as run.py starts them, and what people find on their pages."""

import contextlib
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

import run
from logbook.app import create_app
from logbook.db import db
from tests import factories
from tests.browser.conftest import pattern_of, served_copy
from tests.conftest import POSTGRES
from tests.door.conftest import free_port
from tests.serving.wire import get

ROOT = Path(__file__).parent.parent.parent
NGINX = run._which(["nginx"]) or shutil.which("nginx", path="/usr/sbin:/sbin")


def application(house):
    return create_app({"INSTANCE": str(house.instance), "SQLALCHEMY_DATABASE_URI": house.database})


@contextlib.contextmanager
def inside(house):
    """The application's context on this installation, for factories and queries."""
    app = application(house)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def session_cookie(token):
    return f"logbook={token}"


@pytest.fixture(scope="session")
def pattern(tmp_path_factory):
    """An installation with a branch and a member, at rest; its account is the member's cookie."""

    def fill(house):
        with inside(house):
            factories.setting("unit_name", "青湖风景区管理局")
            factories.branch()
            return session_cookie(factories.sign_in(factories.member()))

    return pattern_of(tmp_path_factory, "pattern", fill)


@pytest.fixture
def own_house(tmp_path, pattern):
    """A copy of it, served for one test, which may end its server; `cookie` is the member's."""
    with served_copy(pattern, tmp_path / "instance") as house:
        house.cookie = house.accounts
        yield house


@pytest.fixture(scope="session")
def _common_house(tmp_path_factory, pattern):
    with served_copy(pattern, tmp_path_factory.mktemp("common") / "instance") as house:
        house.cookie = house.accounts
        house.emptied = [table for table, rows in reversed(state(house).items()) if not rows]
        yield house


@pytest.fixture
def small_house(_common_house):
    """The same for tests that leave its server as it was: nothing is recorded yet."""
    engine = sa.create_engine(_common_house.database, poolclass=sa.NullPool)
    with engine.connect() as connection:
        off = "PRAGMA foreign_keys = OFF" if not POSTGRES else "SET session_replication_role = replica"
        connection.connection.cursor().execute(off)
        for table in _common_house.emptied:
            connection.exec_driver_sql(f'DELETE FROM "{table}"')
        connection.commit()
    return _common_house


def form_of(house, path="/visits/new"):
    """A member's open form of a record: the cookie it belongs to, and its fields as they must be sent."""
    _status, page = get(house.port, path, house.cookie)
    cookie = f"{house.cookie}; {re.search(r'set-cookie: (logbook_form=[^;]+)', page, re.IGNORECASE)[1]}"
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    branch = re.search(r'name="branch_id".*?<option value="(\d+)"', page, re.DOTALL)[1]
    day = re.search(r'name="visited_on"[^>]*value="(\d{4}-\d\d-\d\d)"', page)[1]
    fields = {"csrf_token": token, "branch_id": branch, "visited_on": day, "kinds": "research", "level": "group"}
    return cookie, fields | {"findings": "写好的话，不能丢。"}


@contextlib.contextmanager
def nginx(port, folder):
    """nginx as README has it before `port`: yields its port, and one that passes on what comes as it comes."""
    if not NGINX:
        pytest.skip("nginx is not installed: what it passes on was not tried")
    inner = re.search(r"server \{\n(.*?)\n\}", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)[1]
    inner = re.sub(r" *(listen|server_name|ssl_\w+) .*;\n", "", inner).replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    zone = re.search(r"limit_conn_zone .*;", (ROOT / "README.md").read_text("utf-8"))[0]
    ports = free_port(), free_port()
    servers = "".join(
        f"server {{ listen 127.0.0.1:{one}; proxy_request_buffering {buffered};\n{inner}\n}}\n"
        for one, buffered in zip(ports, ("on", "off"), strict=True)
    )
    folder.mkdir()
    folder.chmod(0o755)
    kept = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors; events {{}}\n"
        f"http {{ access_log {folder}/log; {kept} {zone}\n{servers} }}",
        "utf-8",
    )
    process = subprocess.Popen([NGINX, "-p", str(folder), "-c", str(folder / "conf"), "-e", str(folder / "errors")])
    try:
        for one in ports:
            wait_for(lambda one=one: get(one, "/health")[0] == 200)
        yield ports
    finally:
        process.terminate()
        process.wait()


def wait_for(true, seconds=300):
    """Wait until `true()` is; on a busy machine everything takes its time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(OSError):
            if true():
                return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def state(house):
    """All rows of all tables but sessions: what cut requests must not change."""
    engine = sa.create_engine(house.database, poolclass=sa.NullPool)
    with engine.begin() as connection:
        tables = sorted(set(sa.inspect(connection).get_table_names()) - {"sign_in_session"})
        return {one: sorted(map(repr, connection.exec_driver_sql(f'SELECT * FROM "{one}"'))) for one in tables}


def stored(house):
    """The findings of all records."""
    return [text for (text,) in house.rows("SELECT findings FROM visit ORDER BY id")]
