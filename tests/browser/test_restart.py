"""PostgreSQL goes away and comes back under eight writers and a person in a browser: nothing is lost."""

import contextlib
import http.client
import signal
import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect

import run
from logbook.visits.models import number_of
from tests import factories, postgres
from tests.browser.conftest import House
from tests.conftest import THOROUGH
from tests.faults.test_kill import Writer
from tests.serving.conftest import inside, wait_for

INITDB = run._which(["initdb"])
LASTING = "-c listen_addresses= -c max_connections=200 -c fsync=on -c synchronous_commit=on"
RESTARTS, WRITERS, EACH = (20 if THOROUGH else 2), 8, 16  # acknowledged between two restarts, at least


class Patient(Writer):
    """Sends again what the server says it could not take; anything but that and a receipt is a fault."""

    def send(self, method, path, body):
        status, answer = super().send(method, path, body)
        if status == 503:
            self.connection.close()
            self.stop.wait(0.1)
            raise http.client.HTTPException(status)
        return status, answer


@pytest.fixture
def cluster():
    """cluster() runs a PostgreSQL that keeps what it acknowledged; `.address` is its database."""
    if not INITDB:
        pytest.skip("PostgreSQL is not installed: its restart was not tried")
    programs = Path(INITDB).parent
    with postgres.folder() as home:
        postgres.make(programs, home)

        def cluster():
            return postgres.running(programs, home, LASTING)

        cluster.address = f"postgresql+psycopg://postgres@/postgres?host={home}"
        yield cluster


@contextlib.contextmanager
def writing(house, tokens):
    """Eight people save one record after the other; yields them."""
    stop = threading.Event()
    writers = [Patient(house.port, f"logbook={token}", stop) for token in tokens]
    for one in writers:
        one.start()
    try:
        yield writers
    finally:
        stop.set()
        for one in writers:
            one.join(timeout=120)


def given(writers):
    return sum(len(one.acknowledged) for one in writers)


def await_more(writers):
    wanted = given(writers) + EACH
    wait_for(lambda: given(writers) >= wanted or any(one.faults for one in writers), 300)


def test_nothing_acknowledged_is_lost_and_what_was_typed_is_shown_again(tmp_path, cluster, open_page):
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(contextlib.ExitStack())
        first.enter_context(cluster())
        house = House(tmp_path / "instance", database=cluster.address)
        with inside(house):
            factories.setting("unit_name", "青湖风景区管理局")
            factories.branch()
            tokens = [factories.sign_in(factories.member()) for _ in range(WRITERS + 1)]
        stack.enter_context(house.served())
        page = open_page(java_script_enabled=False)
        page.context.add_cookies([{"name": "logbook", "value": tokens.pop(), "url": house.url}])
        page.goto(f"{house.url}/visits/new")
        page.get_by_label("基本情况").fill("写在车上的话，不能丢。")
        page.locator("[name=branch_id]").select_option(index=1)
        writers = stack.enter_context(writing(house, tokens))
        await_more(writers)
        first.close()
        page.get_by_role("button", name="提交").first.click()
        expect(page.get_by_role("alert")).to_contain_text("数据库")
        expect(page.get_by_text("写在车上的话，不能丢。")).to_be_visible()
        for n in range(RESTARTS):
            with cluster() as process:
                await_more(writers)
                if n == 0:
                    page.get_by_role("button", name="再提交一次").click()
                    expect(page.get_by_text("已收到").first).to_be_visible()
                process.send_signal((signal.SIGINT, signal.SIGQUIT)[n % 2])
        stack.enter_context(cluster())
        await_more(writers)
        stack.callback(check, house, writers)


def check(house, writers):
    """All that was acknowledged is there, under its number and whole; what was typed in the browser is there once."""
    assert not [fault for one in writers for fault in one.faults]
    acknowledged = {key: said for one in writers for key, said in one.acknowledged.items()}
    rows = house.rows(
        "SELECT client_key, year, seq, digest, findings FROM visit JOIN visit_version ON visit_id = visit.id"
    )
    stored = {key: (number_of(year, seq), digest) for key, year, seq, digest, _findings in rows}
    assert {key: (said["number"], said["digest"]) for key, said in acknowledged.items()}.items() <= stored.items()
    assert [findings for *_others, findings in rows].count("写在车上的话，不能丢。") == 1
