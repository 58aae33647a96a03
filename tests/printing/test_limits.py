"""What one paper may take, and all of them at once: told in a sentence, with the parts that can be had; never a 500."""

import datetime as dt
import html
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbook.db import db
from logbook.documents import child, sheet
from logbook.printing import lengths, press
from logbook.printing.models import MadePaper
from logbook.printing.press import Busy, Press
from logbook.problems import queries as problems
from logbook.problems.models import Category
from logbook.visits import views as visits
from logbook.visits.models import Voice
from tests import factories
from tests.faults.test_database import logged
from tests.printing.test_bad_input import parts, text_of

ROOT = Path(child.__file__).parents[2]
HOLDER = """
import sys, time
from pathlib import Path
from logbook.printing.press import Press
one = Press(Path(sys.argv[1]))
with one.place() as first, one.place() as second:
    (first / "half").write_text("x")
    print("held", flush=True)
    time.sleep(600)
"""
YEAR = "from=2026-01-01&to=2026-12-31"


@pytest.fixture
def member(app, monkeypatch):
    monkeypatch.setattr(press, "PATIENCE", 0)
    return factories.member(name="王珺")


# --- how many at once -----------------------------------------------------------------------------


def test_who_finds_no_place_is_told_and_asked_to_come_back(app, client, member):
    place = Press(app.config["INSTANCE"] / "making")
    visit = factories.visit(member)
    with place.place(), place.place():
        answer = client(member).get(f"/visits/{visit}/record.pdf")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "20")
    assert "正在生成材料的人较多，请过一会儿再试。" in answer.text
    assert db.session.query(MadePaper).count() == 0
    assert client(member).get(f"/visits/{visit}/record.pdf").status_code == 200


@pytest.mark.parametrize("path", ["/visits.xlsx", "/problems.xlsx"])
def test_a_workbook_takes_a_place_like_a_paper(app, client, member, path):
    place = Press(app.config["INSTANCE"] / "making")
    with place.place(), place.place():
        assert client(member).get(path).status_code == 503
    assert client(member).get(path).status_code == 200
    assert list((app.config["INSTANCE"] / "making").glob("?/*")) == []


def test_a_killed_server_gives_its_places_back_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(press, "PATIENCE", 0)
    place = Press(tmp_path)
    argv = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy), place.place():
            raise AssertionError
        place.clean()  # of another server that is at work
        assert (tmp_path / "0" / "half").exists()
        holder.kill()
    place.clean()
    assert not (tmp_path / "0").exists()
    with place.place() as first, place.place() as second:
        assert first != second


# --- what fails -----------------------------------------------------------------------------------


def test_a_paper_that_takes_too_long_is_told_in_words(client, member, monkeypatch, caplog):
    visit = factories.visit(member, findings="不进日志的话")
    monkeypatch.setattr(child, "LONGEST", 0.01)
    with logged(caplog):
        answer = client(member).get(f"/visits/{visit}/record.pdf")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "20")
    assert "这份材料太长，一分钟没有生成完" in answer.text
    assert "PaperLate in books.sheet" in caplog.text
    assert "不进日志的话" not in caplog.text


@pytest.mark.parametrize("path", ["/visits/1/record.pdf", "/visits.xlsx"])
def test_a_killed_child_is_a_sentence(app, client, member, monkeypatch, path):
    factories.visit(member)
    begin = child.begin

    def killed(*args, **options):
        begun = begin(*args, **options)
        begun.send_signal(signal.SIGKILL)
        return begun

    monkeypatch.setattr(child, "begin", killed)
    answer = client(member).get(path)
    assert (answer.status_code, "材料没有生成。请再试一次" in answer.text) == (503, True)
    assert not any(one.is_dir() for one in (app.config["INSTANCE"] / "making").iterdir())
    assert db.session.query(MadePaper).count() == 0


# --- how long -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/problems/list-found.docx", "/problems/list-mended.pdf", "/problems.xlsx"])
def test_too_long_a_list_is_offered_by_branch_and_then_by_category(client, member, monkeypatch, path):
    branches = [factories.branch(name) for name in ("码头党支部", "环湖路党支部")]
    for text, branch, category in (
        ("一号", 0, Category.PARTY),
        ("二号", 0, Category.FACILITIES),
        ("三号", 1, Category.OTHER),
    ):
        factories.problem(member, branches[branch], text=text, category=category)
    for limit in ("MOST_ROWS", "MOST_SHEET_ROWS"):
        monkeypatch.setattr(lengths, limit, 1)
    browser = client(member)
    answer = browser.get(f"{path}?state=all")
    assert "这份清单有3行，太长，请按支部或季度分开生成。" in answer.text
    whole, alone = sorted(parts(answer), key=lambda one: "三号" in text_of_or_parts(browser, one))
    assert "state=all" in alone
    said = "".join(text_of_or_parts(browser, one) for one in parts(browser.get(whole)))
    assert ("一号" in said, "二号" in said, "三号" in said) == (True, True, False)


def text_of_or_parts(browser, address):
    answer = browser.get(address)
    return text_of(answer) if answer.status_code == 200 else ""


def test_a_list_that_is_too_long_is_not_even_read(client, member, monkeypatch):
    factories.problem(member, factories.branch())
    monkeypatch.setattr(lengths, "MOST_ROWS", 0)
    monkeypatch.setattr(problems, "every", lambda *_: pytest.fail("read"))
    assert client(member).get("/problems/list-found.pdf").status_code == 422


@pytest.mark.parametrize("preview", ["", "&preview=1"])
def test_too_long_a_year_is_offered_by_quarter(client, monkeypatch, preview):
    browser = client(factories.office())
    monkeypatch.setattr(lengths, "HEAVIEST", 1)
    found = parts(browser.get(f"/years/paper.pdf?{YEAR}&counts=1{preview}"))
    assert [re.findall(r"\d{4}-(\d\d-\d\d)", one) for one in found] == [
        ["01-01", "03-31"], ["04-01", "06-30"], ["07-01", "09-30"], ["10-01", "12-31"]
    ]  # fmt: skip
    assert all("counts=1" in one and ("preview=1" in one) == bool(preview) for one in found)
    assert len(parts(browser.get(found[0]))) == 3  # its months
    monkeypatch.undo()
    assert browser.get(found[0]).status_code in {200, 303}


def test_too_long_a_book_and_a_branchs_page_are_had_by_quarter(client, member, monkeypatch):
    branch = factories.branch("码头党支部")
    factories.book(member)
    for month in (2, 5, 6):
        factories.visit(member, branch, dt.date(2026, month, 9), findings=f"{month}月到码头。")
    monkeypatch.setattr(lengths, "MOST_ROWS", 2)
    browser = client(member)
    for path in (f"/books/{member}/2026/book.pdf", f"/branches/{branch}/dossier.pdf?{YEAR}"):
        found = parts(browser.get(path))
        said = [text_of(browser.get(one)) for one in found[:2]]
        assert ["2月到码头" in one for one in said] == [True, False]
        assert ("5月到码头" in said[1], "6月到码头" in said[1]) == (True, True)
    assert len(parts(browser.get(f"/branches/{branch}/dossier?{YEAR}"))) == 4


def test_too_many_records_for_a_workbook_are_had_by_year(client, member, monkeypatch):
    for year in (2024, 2025, 2025):
        factories.visit(member, None, dt.date(year, 6, 9), findings=f"{year}年的一次。")
    monkeypatch.setattr(lengths, "MOST_SHEET_ROWS", 2)
    browser = client(member)
    found = [one for one in parts(browser.get("/visits.xlsx?member=1")) if "2024" in one]
    assert "member=1" in found[0]
    assert "2024年的一次" in text_of(browser.get(found[0]))


def test_the_heaviest_text_is_weighed_not_only_rows(client, member, monkeypatch):
    visit = factories.visit(member, findings="长" * 20_000)
    monkeypatch.setattr(lengths, "HEAVIEST", 60)
    assert client(member).get(f"/visits/{visit}/record.pdf").status_code == 422
    monkeypatch.setattr(lengths, "HEAVIEST", 80)
    assert client(member).get(f"/visits/{visit}/record.pdf").status_code == 200


@given(st.dates(dt.date(2000, 1, 1), dt.date(2090, 1, 1)), st.integers(0, 1900))
def test_parts_of_days_cover_them_once_and_are_shorter(first, length):
    last = first + dt.timedelta(days=length)
    found = lengths.spans(first, last)
    days = [one for a, b in found for one in range(a.toordinal(), b.toordinal() + 1)]
    assert not found or days == list(range(first.toordinal(), last.toordinal() + 1))
    assert all((b - a).days <= 91 for a, b in found)
    assert len(found) > 1 or (first.year, first.month) == (last.year, last.month)


# --- what a page may hold -------------------------------------------------------------------------


def test_of_many_voices_a_page_has_the_latest_and_leads_to_the_rest(client, member, monkeypatch):
    for year, texts in ((2025, ("最早的", "第二条")), (2026, ("第三条", "第四条"))):
        visit = factories.visit(member, None, dt.date(year, 3, 1))
        db.session.add_all(Voice(visit_id=visit, text=text) for text in texts)
    db.session.commit()
    monkeypatch.setattr(visits, "MOST_VOICES", 2)
    page = client(member).get("/voices").text
    assert ["第三条" in page, "第四条" in page, "最早的" in page] == [True, True, False]
    assert "共4条" in page
    assert "这里只列最近的2条，还有2条" in page
    (older,) = [one for one in re.findall(r'href="(/voices[^"]+)"', page) if "2025" in one]
    assert "最早的" in client(member).get(html.unescape(older)).text


def test_problems_are_exported_in_pieces_and_all_of_them(client, member, monkeypatch):
    monkeypatch.setattr(problems, "EXPORTED", 2)
    branch = factories.branch("码头党支部")
    for n in range(5):
        factories.problem(member, branch, text=f"第{n}个问题")
    rows = sheet.read(client(member).get("/problems.xlsx").data)["问题台账"]
    assert sorted(row[3] for row in rows[1:]) == [f"第{n}个问题" for n in range(5)]
    assert {row[2] for row in rows[1:]} == {"码头党支部"}
