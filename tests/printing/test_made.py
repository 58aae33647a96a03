"""The list of made papers: who, when, of which figures; on a sheet of its own, and not on the paper."""

import dataclasses
import hashlib
import io
import json
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
from docx import Document
from pypdf import PdfReader

from logbook.accounts.models import Person
from logbook.config import VERSION
from logbook.db import db
from logbook.documents.paper import Paper
from logbook.formats import today
from logbook.printing import actions
from logbook.printing.models import MadePaper
from logbook.visits.models import Level, Visit
from tests import factories
from tests.rendered import MM, pages


@pytest.fixture
def people(app):
    member, office = factories.member(name="王珺"), factories.office(name="赵堃")
    return member, office, factories.visit(member, factories.branch("码头党支部"))


def text(answer):
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(answer.data)).pages)


def test_a_made_paper_is_noted_with_what_stands_on_it(client, people):
    member, office, visit = people
    first = client(member).get(f"/visits/{visit}/record.pdf")
    client(office).get(f"/visits/{visit}/record.pdf")
    mine, theirs = db.session.query(MadePaper).order_by(MadePaper.id)
    assert (mine.by_id, theirs.by_id) == (member, office)
    assert mine.name == "下基层记录2026-001.pdf"
    assert mine.digest == theirs.digest  # the same figures and words
    keywords = PdfReader(io.BytesIO(first.data)).metadata["/Keywords"]
    for said in (mine.digest[:12], VERSION, "王珺"):
        assert said in keywords
        assert said == "王珺" or said not in text(first)  # nothing of it on the paper


@pytest.mark.parametrize("level", list(Level))
def test_a_paper_of_what_the_office_may_not_read_is_listed_for_its_maker_alone(client, people, level):
    """F20: neither that it was printed, nor the digest of its text."""
    member, office, visit = people
    db.session.get(Visit, visit).level = level
    factories.book(member)
    db.session.commit()
    client(member).get(f"/visits/{visit}/record.pdf")
    client(member).get(f"/books/{member}/2026/book.pdf")
    open_to_office = level in {Level.OFFICE, Level.GROUP}
    for name, shown in ((office, open_to_office), (member, True)):
        assert ("2026-001" in client(name).get("/papers").text) is shown
        assert ("下基层记录本" in client(name).get("/papers").text.split("<main")[1]) is shown
        assert client(name).get("/papers/1/origin.pdf").status_code == (200 if shown else 404)


def test_other_words_are_another_digest_and_stand_in_words_properties(client, people):
    _member, office, _visit = people
    browser = client(office)
    browser.get("/books/system.docx")
    factories.setting("office_word", "组织科")
    document = Document(io.BytesIO(browser.get("/books/system.docx").data))
    one, other = db.session.query(MadePaper).order_by(MadePaper.id)
    assert one.digest != other.digest
    assert other.digest[:12] in document.core_properties.comments


def test_the_list_shows_everybodys_to_the_office_and_ones_own_to_a_member(client, people):
    member, office, visit = people
    assert "还没有生成过材料" in client(member).get("/papers").text
    client(office).get("/books/system.pdf")
    client(member).get(f"/visits/{visit}/record.pdf")
    assert "下基层记录2026-001.pdf" in client(office).get("/papers").text
    own = client(member).get("/papers").text
    assert "下基层记录2026-001.pdf" in own
    assert "记录制度" not in own


def test_its_origin_is_a_sheet_of_its_own_for_whoever_sees_it_in_the_list(client, people):
    member, office, visit = people
    client(member).get(f"/visits/{visit}/record.pdf")
    found = db.session.query(MadePaper).one()
    sheet = text(client(office).get(f"/papers/{found.id}/origin.pdf"))
    for said in ("材料备查页", found.digest, "王珺", VERSION, "2026-001第1版"):
        assert said in sheet, said
    (page,) = pages(client(office).get(f"/papers/{found.id}/origin.pdf").data)
    assert max(line.end for line in page.lines) < (210 - 26) * MM  # the digest stays inside its cell
    assert client(factories.member()).get(f"/papers/{found.id}/origin.pdf").status_code == 404


@pytest.mark.parametrize("path", ["/years/paper.xlsx", "/books/{year}/arrangement.xlsx"])
def test_a_workbook_is_noted_with_what_stands_in_its_rows(client, people, path):
    member, office, _visit = people
    browser, path = client(office), path.format(year=today().year)
    browser.get(path)
    browser.get(path)
    branch = factories.branch("环湖路党支部")
    factories.visit(member, branch, today())
    factories.liaison(member, branch)
    browser.get(path)
    same, again, other = db.session.query(MadePaper).order_by(MadePaper.id)
    assert same.name.endswith(".xlsx")
    assert same.by_id == office
    assert same.digest == again.digest != other.digest
    assert str(same.made_from).startswith(str(today().year))


def test_a_name_with_line_ends_and_control_characters_names_a_file(client, people):
    member = people[0]
    factories.book(member)
    db.session.get_one(Person, member).name = "王\r\n\x0b珺"
    db.session.commit()
    answer = client(member).get(f"/books/{member}/2026/book.pdf")
    assert unquote(answer.headers["Content-Disposition"]).endswith("''王珺2026年下基层记录本.pdf")


def test_the_version_is_the_projects():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == VERSION


def test_who_is_under_review_does_not_see_that_their_brief_was_printed(client, app):
    office, head = factories.office(), factories.office()
    factories.term(factories.branch("码头党支部"), head)
    clerk = client(office)
    clerk.post(f"/review/{today().year}/create")
    clerk.post("/review/reports/1/print", {"as": "docx"})
    made = db.session.query(MadePaper).one().id
    assert "平时工作掌握情况" in clerk.get("/papers").text
    assert "平时工作掌握情况" not in client(head).get("/papers").text
    assert client(head).get(f"/papers/{made}/origin.pdf").status_code == 404


def test_a_digest_can_be_tried_through_by_nobody_without_the_key(app):
    """Who sees the list would try which grade, which words the paper about them holds."""
    paper = Paper(title="综合评价意见反馈表", blocks=())
    plain = json.dumps([dataclasses.asdict(paper)], default=str, ensure_ascii=False, sort_keys=True)
    digest = actions.digest_of(paper)
    assert digest != hashlib.sha256(plain.encode()).hexdigest()
    assert digest == actions.digest_of(paper)
    app.config["SECRET_KEY"] = "y" * 32
    assert digest != actions.digest_of(paper)


def test_a_plain_digest_of_earlier_versions_is_its_makers_alone(client, people):
    member, office, visit = people
    client(member).get(f"/visits/{visit}/record.pdf")
    made = db.session.query(MadePaper).one()
    made.keyed, digest = False, made.digest
    db.session.commit()
    assert digest[:12] in client(member).get("/papers").text
    assert digest[:12] not in client(office).get("/papers").text
    assert digest[:12] not in text(client(office).get(f"/papers/{made.id}/origin.pdf"))
    assert digest[:12] in text(client(member).get(f"/papers/{made.id}/origin.pdf"))
