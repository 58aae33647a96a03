"""Previews: real children, real files; one's own, for an hour, and never too many."""

import io
import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from flask import current_app
from PIL import Image
from pypdf import PdfReader

from logbook.access import Role
from logbook.accounts.roles import set_roles
from logbook.app import create_server_app
from logbook.db import db
from logbook.documents import pictures
from logbook.documents.paper import Chart
from logbook.formats import now, today
from logbook.printing import previews
from logbook.printing.actions import Made
from logbook.printing.models import MadePaper
from logbook.printing.previews import Asked
from logbook.printing.views import _back, shelf
from tests import factories
from tests.clock import wait_until
from tests.documents.papers import short
from tests.documents.test_pictures import LONG, over

ASKED = Asked(
    Made("长.pdf", "2026年", "0" * 64, "0"), back="/years?from=2026-01-01", again="/years/paper.pdf?preview=1"
)


@pytest.fixture
def people(app):
    member, office = factories.member(name="王珺"), factories.office(name="赵堃")
    return member, office, factories.visit(member, factories.branch("码头党支部"), today())


def started(person, paper=LONG, at=None):
    roles = " ".join(sorted(role.value for role in factories.actor(person).roles))
    return shelf().start(paper, replace(ASKED, roles=roles), person, at=at or now(), fonts=Path("none"))


def place(person, token):
    return current_app.config["INSTANCE"] / "previews" / str(person) / token


def seen(browser, path, **options):
    """The finished preview of an address."""
    page = browser.get(path, follow_redirects=True, **options)
    while "<progress" in page.text:
        time.sleep(0.1)
        page = browser.get(page.request.path)
    return page


def test_a_paper_is_seen_page_by_page_and_then_downloaded_as_it_was_seen(client, people):
    member, _office, visit = people
    browser = client(member)
    page = seen(
        browser, f"/visits/{visit}/record.pdf?preview=1", headers={"Referer": f"http://localhost/visits/{visit}"}
    )
    ((link, width, height),) = re.findall(r'<img src="([^"]+)" alt="第1页" width="(\d+)" height="(\d+)"', page.text)
    with Image.open(io.BytesIO(browser.get(link).data)) as picture:
        assert picture.size == (int(width), int(height))
    assert f'<a class="button quiet" href="/visits/{visit}">返回' in page.text
    assert "下载Word" not in page.text  # a record has none
    assert db.session.query(MadePaper).count() == 0  # only looked at
    # A download manager asks for pieces: it is given the whole, for each piece would be noted.
    answer = browser.get(re.search(r'href="([^"]+paper.pdf)"', page.text)[1], headers={"Range": "bytes=0-9"})
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith(
        f"attachment; filename={today().year}-001.pdf; filename*=UTF-8''%E4"
    )
    assert answer.data == (place(member, page.request.path.split("/")[-1]) / "paper.pdf").read_bytes()
    browser.get(f"/visits/{visit}/record.pdf")
    previewed, direct = db.session.query(MadePaper).order_by(MadePaper.id)
    assert (previewed.name, previewed.digest, previewed.by_id) == (direct.name, direct.digest, member)
    assert previewed.digest[:12] in PdfReader(io.BytesIO(answer.data)).metadata["/Keywords"]


def test_word_stands_beside_it_with_what_was_asked_for(client, people):
    _member, office, _visit = people
    asked = f"/years/paper.pdf?from={today().year}-01-01&to={today()}&counts=1"
    page = seen(client(office), f"{asked}&preview=1")
    word = re.search(r'href="([^"]+)">下载Word', page.text)[1].replace("&amp;", "&")
    assert word == asked.replace(".pdf", ".docx")
    assert "共" in page.text
    assert page.text.count('loading="lazy"') > 3


def test_a_brief_is_previewed_by_its_form_and_has_its_word_by_one(client, people):
    _member, office, visit = people
    branch = db.session.get_one(factories.Visit, visit).branch_id
    factories.term(branch, factories.person(name="喆"))
    browser = client(office)
    browser.post(f"/review/{today().year}/create")
    page = browser.post("/review/reports/1/print", {"preview": "1"}, follow_redirects=True)
    page = seen(browser, page.request.path)
    assert 'action="/review/reports/1/print"' in page.text
    assert 'name="as" value="docx"' in page.text


@pytest.mark.parametrize("below", ["", "/1.png", "/paper.pdf"])
def test_nobody_else_finds_it(client, people, below):
    member, office, _visit = people
    token = "token-of-another"
    factories.preview(member, token)
    assert client(office).get(f"/papers/preview/{token}{below}").status_code == 404
    assert client(member).get(f"/papers/preview/{token}{below}").status_code == 200


def test_whose_roles_changed_finds_nothing_of_before(client, people):
    _member, office, _visit = people
    factories.preview(office, "token-of-the-office")
    assert client(office).get("/papers/preview/token-of-the-office").status_code == 200
    factories.office()  # one of the office stays
    set_roles(office, frozenset({Role.MEMBER}), by=None, at=now())
    db.session.commit()
    for below in ("", "/1.png", "/paper.pdf"):
        assert client(office).get(f"/papers/preview/token-of-the-office{below}").status_code == 404


def test_what_goes_while_it_is_asked_for_is_not_there(client, people, monkeypatch):
    member, _office, _visit = people
    folder = factories.preview(member, "token-that-goes")
    (folder / "1.png").unlink()
    assert client(member).get("/papers/preview/token-that-goes/1.png").status_code == 404
    monkeypatch.setattr(previews, "_old", lambda place, _at: (place / "asked.json").unlink())
    assert client(member).get("/papers/preview/token-that-goes").status_code == 404


def serve_here(monkeypatch):
    """Begin a server's process in the test's own folder, with the key that belongs to its data."""
    instance = current_app.config["INSTANCE"]
    (instance / "secret_key").write_text(current_app.config["SECRET_KEY"])
    monkeypatch.setenv("LOGBOOK_INSTANCE", str(instance))
    create_server_app()


def test_a_stray_file_stops_neither_a_preview_nor_the_server(people, monkeypatch):
    member, _office, _visit = people
    folder = factories.preview(member, "token-of-today").parent
    (folder / ".DS_Store").touch()
    serve_here(monkeypatch)
    shelf().end(member, started(member, short()))


def test_a_folder_that_cannot_be_used_keeps_nobody_from_serving_or_signing_out(client, people, monkeypatch):
    member, _office, _visit = people
    (current_app.config["INSTANCE"] / "previews").touch()
    serve_here(monkeypatch)
    assert client(member).post("/sign-out").status_code == 303


def test_a_token_cannot_be_guessed_and_what_lies_there_is_the_servers_alone(people):
    member, _office, _visit = people
    one, other = started(member), started(member)
    assert one[:8] != other[:8]
    assert min(len(one), len(other)) >= 32  # base64: 192 bits
    assert (current_app.config["INSTANCE"] / "previews").stat().st_mode & 0o077 == 0
    shelf().end_all(member)


def test_a_long_one_tells_how_far_it_is_and_can_be_cancelled(client, people):
    member, office, _visit = people
    token = started(member)
    child = int((place(member, token) / "running").read_text())
    page = client(member).get(f"/papers/preview/{token}")
    for said in ("正在排版", "<progress", 'aria-live="polite"', "刷新", "取消", "preview.js"):
        assert said in page.text
    assert client(office).post(f"/papers/preview/{token}/cancel").status_code == 404
    assert Path(f"/proc/{child}").exists()
    browser = client(member)
    answer = browser.post(f"/papers/preview/{token}/cancel")
    assert (answer.status_code, answer.headers["Location"]) == (303, ASKED.back)
    assert not place(member, token).exists()
    wait_until(lambda: not Path(f"/proc/{child}").exists())
    assert "已取消预览" in browser.get("/").text
    assert browser.get(f"/papers/preview/{token}").status_code == 404


def test_progress_counts_the_pages(client, people):
    member, _office, _visit = people
    folder = factories.preview(member, "token-under-way")
    (folder / "sizes").write_text('{"pages": 90, "sizes": [[1191, 1684], [1191, 1684]]}')
    with (folder / "running").open("w") as file:
        pictures.fcntl.flock(file, pictures.fcntl.LOCK_EX)
        page = client(member).get("/papers/preview/token-under-way").text
    assert "排好共90页，正在画预览：1 / 2" in page
    assert '<progress max="2" value="1"' in page


def test_a_third_ends_the_oldest_and_another_persons_goes_on(people):
    member, office, _visit = people
    theirs = started(office)
    tokens = [started(member) for _ in range(3)]
    running = [pictures.look(place(member, token)).running for token in tokens]
    assert running == [False, True, True]
    assert not place(member, tokens[0]).exists()
    assert pictures.look(place(office, theirs)).running
    shelf().end_all(member)
    shelf().end_all(office)


def test_five_are_kept(people):
    member, _office, _visit = people
    for n in range(6):
        kept = factories.preview(member, f"token-number-{n}")
        os.utime(kept / "asked.json", (time.time() - 100 + n,) * 2)
    started(member, short())
    left = {path.name for path in place(member, "x").parent.iterdir()}
    assert len(left) == 5
    assert {f"token-number-{n}" for n in range(2, 6)} < left
    shelf().end_all(member)


def test_an_hour_later_it_is_gone_for_its_reader_and_then_from_the_disk(client, people):
    member, office, _visit = people
    folder = factories.preview(member, "token-of-before")
    fresh = factories.preview(office, "token-of-today")
    os.utime(folder / "asked.json", (time.time() - 61 * 60,) * 2)
    assert client(member).get("/papers/preview/token-of-before").status_code == 404
    token = started(office, short())
    assert not folder.exists()
    assert fresh.exists()
    shelf().end(office, token)


def test_a_server_that_starts_removes_what_is_old(people, monkeypatch):
    member, _office, _visit = people
    old, fresh = (factories.preview(member, f"token-of-{day}") for day in ("before", "today"))
    os.utime(old / "asked.json", (time.time() - 3700,) * 2)
    serve_here(monkeypatch)
    assert (old.exists(), fresh.exists()) == (False, True)


def test_signing_out_leaves_nothing_behind(client, people):
    member, office, _visit = people
    mine, theirs = factories.preview(member, "token-of-mine"), factories.preview(office, "token-of-theirs")
    client(member).post("/sign-out")
    assert (mine.exists(), theirs.exists()) == (False, True)


def test_a_failed_one_says_so_and_what_to_do(client, people):
    member, _office, visit = people
    token = started(member, short(blocks=(Chart("<svg>没有完"),)))
    over(place(member, token))
    page = client(member).get(f"/papers/preview/{token}").text
    assert "没有做成预览。请再试一次" in page
    assert 'href="/years/paper.pdf?preview=1">再试一次' in page
    browser = client(member)
    come_from = {"Referer": f"http://localhost/papers/preview/{token}"}
    again = seen(browser, f"/visits/{visit}/record.pdf?preview=1", headers=come_from)
    assert f'href="{ASKED.back}">返回' in again.text
    browser.http.set_cookie("language", "en")
    assert "The preview could not be made. Try again" in browser.get(f"/papers/preview/{token}").text
    assert browser.get(f"/papers/preview/{token}/paper.pdf").status_code == 404


def test_a_child_that_was_killed_has_failed(client, people):
    member, _office, _visit = people
    token = started(member)
    os.kill(int((place(member, token) / "running").read_text()), 9)
    over(place(member, token))
    assert "没有做成预览" in client(member).get(f"/papers/preview/{token}").text


def test_a_full_disk_is_said(client, people):
    member, _office, _visit = people
    folder = factories.preview(member, "token-without-room")
    for path in folder.glob("[!a]*"):
        path.unlink()
    (folder / "paper.pdf.part").symlink_to("/dev/full")
    pictures.begin(short(), folder)
    over(folder)
    assert "磁盘已满，没有做成预览" in client(member).get("/papers/preview/token-without-room").text


def test_the_way_back_finds_what_was_ticked(client):
    browser = client(factories.office())
    address = "/years/paper.pdf?from=2026-01-01&to=2026-06-30&counts=1&as=report&preview=1"
    page = seen(browser, address, headers={"Referer": "http://localhost/years?from=2026-01-01&to=2026-06-30"})
    back = re.search(r'href="(/years[^"]*)">返回', page.text)[1].replace("&amp;", "&")
    assert back == "/years?from=2026-01-01&to=2026-06-30&counts=1&as=report"
    again = browser.get(back).text
    assert re.findall(r'type="checkbox" id="(\w+)"[^>]* checked', again) == ["counts", "as"]


@pytest.mark.parametrize(
    ("referrer", "back"),
    [
        ("http://localhost/years?from=2026-01-01", "/years?from=2026-01-01"),
        ("http://localhost/visits/1/confirm", "/visits/1"),  # that only takes a form
        *((one, "/") for one in ("http://elsewhere.example/visits", "http://localhost//elsewhere.example", "", "x")),
    ],
)
def test_the_way_back_leads_to_a_page_of_this_house(app, referrer, back):
    with app.test_request_context("/visits/1/record.pdf?preview=1", headers={"Referer": referrer}):
        assert _back() == back


def test_when_as_many_run_as_may_nobody_starts_another(client, people, monkeypatch):
    member, office, visit = people
    token = started(office)
    monkeypatch.setattr(previews, "MOST_AT_ALL", 1)
    answer = client(member).get(f"/visits/{visit}/record.pdf?preview=1", follow_redirects=True)
    assert "正在生成材料的人较多" in answer.text
    shelf().end(office, token)
