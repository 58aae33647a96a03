"""A record on its sheet, the bound book, January's three papers: what stands on which page, for whom."""

import datetime as dt
import io

import pytest
from docx import Document
from pypdf import PdfReader

from logbook.db import db
from logbook.problems.models import Side, SourceKind, State
from logbook.visits.models import Level, Visit
from tests import factories

YEAR = 2026


@pytest.fixture
def people(app):
    leader = factories.leader(name="陈喆")
    member = factories.member(name="王珺", post="党组成员、副局长")
    return {"leader": leader, "member": member, "office": factories.office(name="赵堃")}


@pytest.fixture
def shelf(people):
    """A book of three lines: one with a problem that was closed, one withdrawn, one for its author alone."""
    branch = factories.branch("码头党支部")
    factories.liaison(people["member"], branch, year=YEAR)
    factories.book(people["member"], YEAR)
    first = factories.visit(people["member"], branch, dt.date(2026, 3, 5), findings="到码头巡查。", thinking="想法甲")
    factories.problem(
        people["member"], branch, source_kind=SourceKind.VISIT, source_id=first, text="遮阳棚破损", side=Side.BUREAU,
        state=State.DONE, closed_on=dt.date(2026, 4, 1), result="已更换",
    )  # fmt: skip
    factories.visit(
        people["member"], branch, dt.date(2026, 3, 6), findings="撤销的文字", counts=False,
        withdrawn_at=factories.AT, withdraw_reason="记错了支部",
    )  # fmt: skip
    factories.visit(people["member"], branch, dt.date(2026, 3, 7), findings="只给自己看", level=Level.SELF)
    return first


def pages(answer):
    assert answer.status_code == 200
    return ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(answer.data)).pages]


def test_the_book_is_bound_line_by_line(client, people, shelf):
    found = pages(client(people["member"]).get(f"/books/{people['member']}/{YEAR}/book.pdf"))
    assert len(found) == 6  # the cover, its empty back, the liaison, three records
    assert "下基层记录本" in found[0]
    assert "王珺" in found[0]
    assert "—" not in found[0] + found[1]
    assert found[1] == ""
    assert "码头党支部" in found[2]
    assert found[2].endswith("—1—")
    assert "到码头巡查。" in found[3]
    assert "2026年3月5日" in found[3]
    assert "2026年6月10日" in found[3]  # 登记日期
    assert "记录人王珺" in found[3]
    assert "2026年4月1日已办结。已更换" in found[3]
    assert "记错了支部" in found[4]
    assert "撤销的文字" not in found[4]
    assert "只给自己看" in found[5]


def test_others_find_one_closing_line_for_what_is_not_theirs(client, people, shelf):
    text = "".join(pages(client(people["office"]).get(f"/books/{people['member']}/{YEAR}/book.pdf")))
    assert "只给自己看" not in text
    assert "想法甲" not in text
    assert "另有1条不在知悉范围。" in text


def test_a_book_without_a_record_says_so(client, people):
    found = pages(client(people["member"]).get(f"/books/{people['member']}/{YEAR}/book.pdf"))
    assert "本年没有挂点安排。" in found[2]
    assert "本年没有记录。" in found[3]


def test_a_record_fills_one_sheet(client, people, shelf):
    (sheet,) = pages(client(people["member"]).get(f"/visits/{shelf}/record.pdf"))
    assert "2026-001" in sheet
    assert "遮阳棚破损。责任方：责任单位：工程科" in sheet
    assert "想法甲" in sheet


@pytest.mark.parametrize(
    "text", ["甲" * 10_000, "\n" * 50 + "一", "#let x = 1 $a$ *粗* _斜_ @b <c>", "=1+1", "㎡ 喆堃珺玥镕"]
)
def test_any_text_is_printed_as_it_is(client, people, shelf, text):
    db.session.get(Visit, shelf).findings = text
    db.session.commit()
    printed = "".join(pages(client(people["member"]).get(f"/visits/{shelf}/record.pdf")))
    wanted = "".join(text.split())
    assert wanted[:30] in printed
    assert printed.count("甲") >= wanted.count("甲")


def test_a_character_that_no_font_has_costs_nobody_the_paper(client, people, shelf):
    db.session.get(Visit, shelf).findings = "前\U0010fffd\ue000后😀完"
    db.session.commit()
    printed = "".join(pages(client(people["member"]).get(f"/visits/{shelf}/record.pdf")))
    assert "前〓〓后" in printed
    assert "完" in printed
    assert client(people["member"]).get(f"/books/{people['member']}/{YEAR}/book.pdf").status_code == 200


def test_january_begins_with_the_record_system(client, people):
    browser = client(people["office"])
    (sheet,) = pages(browser.get("/books/system.pdf"))
    word = Document(io.BytesIO(browser.get("/books/system.docx").data))
    text = "".join("".join(one.text.split()) for one in word.paragraphs)
    for rule in ("每季度到挂点支部不少于1次", "不要求照片、心得", "基层不填报、不签字、不陪同", "交党办归档"):
        assert rule in sheet, rule
        assert rule in text, rule


def test_the_arrangement_names_member_branch_secretary_and_how_often(client, people):
    branch = factories.branch("码头党支部", host_unit="旅游码头管理所")
    factories.term(branch, factories.person(name="秦堃"))
    factories.liaison(people["member"], branch, year=YEAR)
    browser = client(people["office"])
    (sheet,) = pages(browser.get(f"/books/{YEAR}/arrangement.pdf"))
    assert "1王珺党组成员、副局长码头党支部旅游码头管理所秦堃每季度不少于1次" in sheet
    table = Document(io.BytesIO(browser.get(f"/books/{YEAR}/arrangement.docx").data)).tables[0]
    assert [cell.text for cell in table.rows[1].cells][1:4] == ["王珺", "党组成员、副局长", "码头党支部"]
    assert "本年没有挂点安排。" in "".join(pages(browser.get("/books/2031/arrangement.pdf")))


def test_the_blank_book_has_sixty_pages_to_write_on(client, people):
    branch = factories.branch("码头党支部")
    factories.liaison(people["member"], branch, year=YEAR)
    browser = client(people["office"])
    found = pages(browser.get(f"/books/{YEAR}/blank.pdf?member={people['member']}"))
    assert len(found) == 3 + 60
    assert "码头党支部" in found[2]
    assert all("基本情况" in one and "领办事项" in one for one in found[3:])
    assert "王珺" not in "".join(pages(browser.get(f"/books/{YEAR}/blank.pdf")))


def test_what_the_office_entered_about_the_branch_a_member_leads_is_not_in_the_members_own_book(client, people, shelf):
    """Rule 7: in whatever role."""
    own = factories.branch("机关党支部")
    factories.term(own, people["member"])
    factories.visit(people["member"], own, dt.date(2026, 3, 8), observation="书记抓得不紧", thinking="想法乙",
                    entered_by_id=people["office"])  # fmt: skip
    browser = client(people["member"])
    for text in (
        "".join(pages(browser.get(f"/books/{people['member']}/{YEAR}/book.pdf"))),
        browser.get(f"/books/{people['member']}/{YEAR}").text,
    ):
        assert "想法乙" in text
        assert "抓得不紧" not in text
