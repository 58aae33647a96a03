"""A branch's dossier: who went, what was said, what became of it, over any days and as far as the reader may know."""

import datetime as dt
import io

import pytest
from docx import Document
from pypdf import PdfReader

from logbook.accounts.models import Person
from logbook.db import db
from logbook.problems.models import Category, State
from logbook.visits.models import Level, Visit, Voice
from tests import factories

DAYS = "from=2026-01-01&to=2026-06-30"


@pytest.fixture
def place(app):
    """A branch with a visit inside the days, one after them, and one for its author alone."""
    found = {
        "office": factories.office(),
        "member": factories.member(name="王珺"),
        "other": factories.member(name="李镕"),
    }
    branch = found["branch"] = factories.branch("码头党支部")
    visit = factories.visit(found["member"], branch, dt.date(2026, 3, 5), findings="到码头巡查。")
    db.session.add(Voice(visit_id=visit, text="夜间照明不足", category=Category.FACILITIES))
    factories.visit(found["other"], branch, dt.date(2026, 7, 1), findings="七月的事")
    factories.visit(found["other"], branch, dt.date(2026, 3, 9), findings="只给自己看", level=Level.SELF)
    factories.problem(
        found["member"], branch, raised_on=dt.date(2026, 3, 5), state=State.DONE, result="已更换",
        closed_on=dt.date(2026, 4, 1),
    )  # fmt: skip
    factories.problem(found["member"], branch, raised_on=dt.date(2026, 8, 1), text="八月的问题")
    factories.problem(found["member"], factories.branch(), raised_on=dt.date(2026, 3, 5), text="别处的问题")
    factories.undertaking(found["member"], branch, raised_on=dt.date(2026, 3, 5))
    db.session.commit()
    return found


def text_of(answer):
    assert answer.status_code == 200
    if answer.mimetype == "application/pdf":
        return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(answer.data)).pages)
    if "wordprocessing" in answer.mimetype:
        document = Document(io.BytesIO(answer.data))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        return "".join("".join(text.split()) for text in (*(one.text for one in document.paragraphs), *cells))
    return answer.text


@pytest.mark.parametrize("form", ["", ".pdf", ".docx"])
def test_page_and_papers_answer_the_same(client, place, form):
    text = text_of(client(place["office"]).get(f"/branches/{place['branch']}/dossier{form}?{DAYS}"))
    for said in ("到码头巡查。", "夜间照明不足", "已办结。已更换", "联系路灯改造", "王珺", "另有1条不在知悉范围"):
        assert said in text, said
    for unsaid in ("七月的事", "只给自己看", "八月的问题", "别处的问题"):
        assert unsaid not in text, unsaid


def test_who_wrote_it_reads_their_own(client, place):
    text = text_of(client(place["other"]).get(f"/branches/{place['branch']}/dossier.pdf?{DAYS}"))
    assert "党组成员2人到支部2人次：王珺、李镕" in text
    assert "只给自己看" in text
    assert "不在知悉范围" not in text


def test_people_stand_in_official_order(client, place):
    db.session.get(Person, place["other"]).official_order = 1
    db.session.commit()
    text = text_of(client(place["other"]).get(f"/branches/{place['branch']}/dossier.pdf?{DAYS}"))
    assert "党组成员2人到支部2人次：李镕、王珺" in text


def test_a_title_says_the_year_once(client, place):
    office = client(place["office"])
    text = text_of(office.get(f"/branches/{place['branch']}/dossier.docx?{DAYS}"))
    assert "2026年1月1日至6月30日联系情况" in text
    text = text_of(office.get(f"/branches/{place['branch']}/dossier.docx?from=2025-07-01&to=2026-06-30"))
    assert "2025年7月1日至2026年6月30日联系情况" in text


def test_who_made_it_stands_on_no_page_alone(client, place):
    branch, office = factories.branch("环湖党支部"), client(place["office"])
    visit = db.session.get(Visit, factories.visit(place["member"], branch, dt.date(2026, 3, 5)))
    for lines in range(2, 9):
        visit.findings = "\n".join("一二三四五六七")[: 2 * lines - 1]
        db.session.commit()
        answer = office.get(f"/branches/{branch}/dossier.pdf?{DAYS}")
        last = "".join(PdfReader(io.BytesIO(answer.data)).pages[-1].extract_text().split())
        assert "没有领办事项的记录。" in last, lines


def test_short_cells_of_the_page_do_not_break_and_long_ones_keep_room(client, place):
    text = client(place["office"]).get(f"/branches/{place['branch']}/dossier?{DAYS}").text
    assert '<td class="pre nowrap">2026年3月5日</td>' in text
    factories.visit(place["member"], place["branch"], dt.date(2026, 4, 5), findings="到码头巡查，看值守。" * 3)
    text = client(place["office"]).get(f"/branches/{place['branch']}/dossier?{DAYS}").text
    assert '<td class="pre text">到码头巡查，' in text
    assert '<td class="pre">调研走访</td>' in text


def test_a_branch_nobody_went_to_has_a_dossier_too(client, place):
    empty = factories.branch("离退休干部党支部")
    text = text_of(client(place["office"]).get(f"/branches/{empty}/dossier.docx?{DAYS}"))
    for said in ("没有党组成员到支部的记录", "没有收集到意见建议", "没有收集到问题", "没有领办事项"):
        assert said in text, said


def test_days_that_cannot_be_are_shown_again_with_what_is_wrong(client, place):
    browser = client(place["office"])
    answer = browser.get(f"/branches/{place['branch']}/dossier?from=2026-06-30&to=2026-01-01")
    assert answer.status_code == 422
    assert "结束的日期不能早于开始的日期" in answer.text
    assert 'value="2026-06-30"' in answer.text
    paper = browser.get(f"/branches/{place['branch']}/dossier.pdf?from=x", follow_redirects=True)
    assert "请选择日期" in paper.text


def test_a_record_stands_with_both_dates_who_wrote_it_down_and_its_correction(client, place):
    factories.visit(place["member"], place["branch"], dt.date(2026, 5, 6), findings="更正过的", version=2,
                    entered_by_id=place["office"])  # fmt: skip
    tables = Document(io.BytesIO(client(place["office"]).get(f"/branches/{place['branch']}/dossier.docx?{DAYS}").data))
    cells = [cell.text for cell in tables.tables[0].rows[2].cells]
    clerk = db.session.get(Person, place["office"]).name
    assert cells[1:] == ["2026年5月6日", "王珺", "调研走访", "更正过的", "2026年6月10日", clerk]
    assert cells[0].endswith("（已更正）")


def test_what_is_shown_and_what_is_kept_back_make_the_figure(client, place):
    hidden = factories.visit(place["other"], place["branch"], dt.date(2026, 4, 1), findings="密", level=Level.LEADER)
    db.session.add(Voice(visit_id=hidden, text="只给书记看的话", category=Category.OTHER))
    db.session.commit()
    text = text_of(client(place["office"]).get(f"/branches/{place['branch']}/dossier.pdf?{DAYS}"))
    assert "到支部3人次，下列1人次：王珺。" in text
    said = text.partition("二、反映什么")
    assert "另有2条不在知悉范围。" in said[0]
    assert "另有1条不在知悉范围。" in said[2]
    assert "只给书记看的话" not in text
