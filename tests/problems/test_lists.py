"""The ledger as lists for the table."""

import datetime as dt
import io

import pytest
from docx import Document
from pypdf import PdfReader

from logbook.db import db
from logbook.problems.models import Handling, Problem, Side, State
from tests import factories


@pytest.fixture
def office(app):
    return factories.office()


@pytest.fixture
def ledger(office):
    member = factories.member(name="王珺")
    branch = factories.branch("码头党支部")
    factories.problem(member, branch, text="遮阳棚破损", measures="更换", due_on=dt.date(2027, 1, 5))
    factories.problem(member, branch, text="候船楼漏水", handling=Handling.GROUP, due_on=dt.date(2027, 1, 6))
    factories.problem(member, branch, text="已不载明", dropped=True)


def rows(answer):
    assert answer.status_code == 200
    tables = Document(io.BytesIO(answer.data)).tables
    return [[cell.text for cell in row.cells] for row in tables[0].rows] if tables else []


def test_a_branchs_own_problem_is_the_branchs_and_a_units_the_units(client, office):
    """M10: the host unit never answers for what is the branch's own, and is no department of the bureau."""
    member, pier = factories.member(name="王珺"), factories.branch("水库党支部", host_unit="青岚水库管理所")
    values = {"owner_unit": "青岚水库管理所", "due_on": dt.date(2027, 1, 5)}
    person = factories.person(name="李镕")
    factories.problem(member, pier, text="学习记录不全", side=Side.BRANCH, owner_person_id=person, **values)
    factories.problem(member, pier, text="闸门漏水", **values)
    factories.problem(member, pier, text="餐补没有答复", side=Side.MEMBER, owner_person_id=member, **values)
    browser = client(office)
    by_text = {row[3]: row[4:7] for row in rows(browser.get("/problems/list-responsible.docx"))}
    assert by_text["学习记录不全"] == ["支部自身", "水库党支部", "李镕"]
    assert by_text["闸门漏水"] == ["责任单位", "青岚水库管理所", "无"]
    assert by_text["餐补没有答复"] == ["党组成员", "无", "王珺"]
    for path in ("/problems", f"/branches/{pier}"):
        said = browser.get(path).text
        assert "支部自身：水库党支部、李镕" in said
        assert "责任单位：青岚水库管理所" in said
        assert "党组成员：王珺" in said
        assert "局机关科室" not in said


def test_what_becomes_the_branchs_own_has_no_unit_any_more(client, office):
    problem = factories.problem(factories.member(), factories.branch(), due_on=dt.date(2027, 1, 5))
    sent = {"side": "branch", "category": "other", "handling": "coordinate", "owner_unit": "工程科",
            "due_on": "2027-01-05"}  # fmt: skip
    assert client(office).post(f"/problems/{problem}/change", sent).status_code == 303
    held = db.session.get(Problem, problem)
    assert (held.side, held.owner_unit) == (Side.BRANCH, "")


@pytest.mark.parametrize(
    ("kind", "title", "cells"),
    [
        ("found", "问题清单", ["码头党支部", "遮阳棚破损", "其他", "2026年6月9日"]),
        ("responsible", "责任清单", ["码头党支部", "遮阳棚破损", "责任单位", "工程科", "无", "2027年1月5日"]),
        ("mended", "整改清单", ["码头党支部", "遮阳棚破损", "更换", "工程科", "2027年1月5日", "未办"]),
    ],
)
def test_each_list_says_what_it_is_for(client, office, ledger, kind, title, cells):
    browser = client(office)
    found = rows(browser.get(f"/problems/list-{kind}.docx"))
    assert len(found) == 3  # its head, and two that stand
    assert found[1][2:] == cells
    printed = "".join(
        PdfReader(io.BytesIO(browser.get(f"/problems/list-{kind}.pdf").data)).pages[0].extract_text().split()
    )
    assert title in printed
    assert "".join(cells) in printed


def test_what_goes_on_for_long_is_not_shown_as_past_its_day(client, office, ledger):
    factories.problem(
        factories.member(), factories.branch(), text="职称", state=State.LONG_TERM, due_on=dt.date(2024, 5, 11)
    )
    for kind in ("responsible", "mended"):
        (row,) = [one for one in rows(client(office).get(f"/problems/list-{kind}.docx")) if "职称" in one]
        assert "长期推进" in row
        assert "2024年5月11日" not in row


def test_the_group_is_asked_to_decide_only_what_was_put_to_it(client, office, ledger):
    found = rows(client(office).get("/problems/list-group.docx"))
    assert [row[3] for row in found[1:]] == ["候船楼漏水"]


def test_filters_narrow_a_list_and_an_empty_one_says_so(client, office, ledger):
    browser = client(office)
    assert len(rows(browser.get("/problems/list-found.docx?text=漏水"))) == 2
    empty = browser.get("/problems/list-found.docx?text=没有的")
    assert rows(empty) == []
    assert "没有需要列出的事项。" in [one.text for one in Document(io.BytesIO(empty.data)).paragraphs]
