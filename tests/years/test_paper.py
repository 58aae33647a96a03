"""A year as a clerk would lay it out: sentences shared, titles broken by meaning, nothing empty attached."""

import datetime as dt
import io
from dataclasses import replace

import openpyxl
import pytest
from openpyxl.utils import get_column_letter
from pypdf import PdfReader

from logbook.formats import full_date, today
from logbook.years import wording
from logbook.years.summary import Miss
from tests import factories
from tests.years.test_text_and_closing import UNIT, figures

pytestmark = pytest.mark.usefixtures("app")


def missing(branch, *quarters, later=0):
    spans = ("第一季度", "第二季度", "第三季度", "第四季度")
    ends = [(dt.date(2025, 3 * n - 2, 1), dt.date(2025, 3 * n, 28)) for n in quarters]
    return [
        Miss(0, branch, 0, "", spans[n - 1], 0, 1, later, *days) for n, days in zip(quarters, ends, strict=True)
    ]  # fmt: skip


def test_branches_that_missed_the_same_quarters_share_a_sentence():
    misses = (
        *missing("甲党支部", 2, 3, 4), *missing("乙党支部", 1, later=2), *missing("丙党支部", 2, 3, 4),
        *missing("丁党支部", 1, later=2), *missing("戊党支部", 1, 3), *missing("己党支部", 1, 2, 3, 4),
    )  # fmt: skip
    found = replace(figures(), misses=misses, liaison_branches=7, due_branches=7)
    assert (
        "1个支部在应联系的各期均有挂点领导到支部；甲党支部、丙党支部第二至第四季度未按安排到支部；"
        "乙党支部、丁党支部第一季度未按安排到支部，此后已各前往2次；戊党支部第一、第三季度未按安排到支部；"
        "己党支部各季度未按安排到支部。"
    ) in wording.written(found, None, UNIT)


def test_an_empty_year_is_one_page_without_an_empty_table(client):
    answer = client(factories.office()).get("/years/paper.pdf?from=2025-01-01&to=2025-12-31")
    (page,) = PdfReader(io.BytesIO(answer.data)).pages
    text = page.extract_text()
    assert "附件" not in text
    assert "（一）" not in text, "one part alone has no number"
    assert text.splitlines()[-2:] == ["青湖风景区管理局党办", full_date(today())]


@pytest.mark.parametrize(
    ("first", "last", "lines"),
    [
        ("2025-01-01", "2025-12-31", ["关于2025年度党组成员下基层情况的报告"]),
        ("2025-01-01", "2025-06-30", ["关于2025年上半年", "党组成员下基层情况的报告"]),
        ("2024-11-03", "2025-10-20", ["关于2024年11月3日至2025年10月20日", "党组成员下基层情况的报告"]),
    ],
)
def test_a_reports_title_is_broken_by_meaning(client, first, last, lines):
    answer = client(factories.office()).get(f"/years/paper.pdf?from={first}&to={last}&as=report")
    text = PdfReader(io.BytesIO(answer.data)).pages[0].extract_text().splitlines()
    assert text[: 1 + len(lines)] == ["青湖风景区管理局党组", *lines]
    assert text[1 + len(lines)] == "市直机关工委："


def test_last_year_stands_beside_a_year_without_a_record():
    member = factories.member()
    factories.visit(member, factories.branch(), dt.date(2024, 5, 5))
    earlier = figures(dt.date(2024, 1, 1), dt.date(2024, 12, 31))
    assert "全年没有党组成员下基层的记录（上年1人次）。" in wording.written(figures(), earlier, UNIT)
    half = figures(dt.date(2025, 1, 1), dt.date(2025, 6, 30))
    assert "上半年没有党组成员下基层的记录（上年同期1人次）。" in wording.written(half, earlier, UNIT)
    town = replace(UNIT, unit_name="青湖街道办事处")
    assert "根据党组关于建立" in wording.written(figures(), None, town)


def sheets_of(browser, path):
    return openpyxl.load_workbook(io.BytesIO(browser.get(path).data))


def test_a_workbook_prints_whole_texts_and_its_chart(client):
    member, branch = factories.member(), factories.branch()
    for month in (3, 5):
        factories.visit(member, branch, dt.date(2025, month, 5))
    factories.problem(member, branch, raised_on=dt.date(2025, 3, 5), text="码头遮阳棚破损，雨天无法候船。" * 5)
    book = sheets_of(client(factories.office()), "/years/paper.xlsx?from=2025-01-01&to=2025-12-31")
    items, months = book["问题和领办事项"], book["各月"]
    lines = 75 * 2 / items.column_dimensions["D"].width
    assert items.row_dimensions[2].height >= 15 * lines
    anchor = months._charts[0].anchor
    assert months.print_area == f"'各月'!$A$1:${get_column_letter(anchor.to.col + 1)}$21"
    assert anchor.to.row < 21
    assert (items.oddHeader.center.text, items.oddFooter.center.text) == ("&A", "— &P —")
