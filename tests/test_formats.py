"""What people type for a number or a code, on a Chinese keyboard, by dictation or from a paper."""

import datetime as dt

import pytest

from logbook.formats import as_count, as_date, as_label, as_typed, today
from logbook.settings import queries
from tests import factories
from tests.settings.test_settings import BODY


@pytest.mark.parametrize(
    "typed", ["12", "１２", " 12 ", "12人", "１２名", "约12人", "12人左右", "12余人", "1\u200b2", "12个"]
)
def test_a_number_of_people_is_taken_as_it_is_said(typed):
    assert as_count(typed, 1000, about=True) == 12


@pytest.mark.parametrize("typed", ["十二", "12.5", "-1", "12-13", "1 2人3", "", "人", "1001", "12元"])
def test_what_is_no_number_of_people_is_none(typed):
    assert as_count(typed, 1000, about=True) is None


def test_what_is_counted_is_not_about_a_number():
    assert [as_count(typed) for typed in ("１２ 份", "约30", "30余人", "12张左右")] == [12, None, None, None]


@pytest.mark.parametrize(
    "typed",
    ["2026-150", "2026—150", "２０２６－１５０", "2026年第150号", "2026 – 150", "2026第150号", "2026‑150"],
)
def test_a_records_number_is_known_however_it_is_typed(typed):
    assert as_label(typed) == "2026-150"


@pytest.mark.parametrize("typed", ["2026年", "码头—候船", "2026-150次", "150", "第150号", "2026年 第一季度"])
def test_other_words_are_searched_as_they_were_typed(typed):
    assert as_label(typed) == typed


@pytest.mark.parametrize(
    "typed",
    ["2026-03-05", "2026-3-5", "2026.3.5", "2026/03/05", "2026年3月5日", "2026年03月05", "２０２６年３月５日",
     "2026 年 3 月 5 日", "2026—3—5", "2026。3。5", "20260305", "2026\u200b-3-5"],
)  # fmt: skip
def test_a_day_is_read_as_people_write_one(typed):
    assert as_date(typed) == dt.date(2026, 3, 5)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "3月5日",
        "26.3.5",
        "2026-W10-4",
        "2026-2-29",
        "2026-13-1",
        "202635",
        "46086",
        "2026-3-5 14:00",
        "二〇二六年三月五日",
    ],
)
def test_what_is_no_day_is_none(typed):
    assert as_date(typed) is None


def test_a_form_takes_days_and_numbers_from_any_keyboard(client):
    office = client(factories.office())
    assert office.post("/settings", BODY | {"late_after_days": "十天"}).status_code == 422
    assert office.post("/settings", BODY | {"late_after_days": "１０天"}).status_code == 303
    assert queries.load().late_after_days == 10
    day, due = today(), today() + dt.timedelta(days=30)
    typed = {"text": "到两个单位去。", "due_on": f"{due.year}.{due.month}.{due.day}"}
    refused = office.post("/directives", typed | {"issued_on": "下周一"})
    assert refused.status_code == 422
    assert "请填日期，例如2026年3月5日。" in refused.text
    assert "下周一" in refused.text
    wide = f"{day:%Y年%m月%d日}".translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    assert office.post("/directives", typed | {"issued_on": wide}).status_code == 303


def test_a_code_is_read_through_dashes_blanks_and_what_nobody_sees():
    assert as_typed("ＡＢＣＤ－ 2345\u200b—６７８９") == "ABCD-2345-6789"


def test_the_form_takes_a_headcount_with_its_word_and_the_lists_find_a_number(client):
    member = factories.member()
    branch = factories.branch("码头党支部")
    browser = client(member)
    form = {"visited_on": today().isoformat(), "branch_id": branch, "kinds": ["research"], "level": "group"}
    sent = browser.post("/visits/new", form | {"findings": "看了码头。", "headcount": "约１２人"})
    assert sent.status_code == 303
    assert "12人" in browser.get(sent.location).text
    year = today().year
    for path in (f"/visits?text={year}年第1号", f"/visits?text={year}—001"):
        assert "码头党支部" in browser.get(path).text
