"""What people type for a number or a code, on a Chinese keyboard, by dictation or from a paper."""

import pytest

from logbook.formats import as_count, as_label, as_typed, today
from tests import factories


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
