"""A ballot from opening to its result: one on a voter's phone, the others from paper by the keyboard alone."""

import re

import pytest

from logbook.formats import today
from tests.browser.test_every_page import enter, faults

YEAR = today().year
KEYS = "1234 0"  # the four grades, an abstention, an invalid cell


@pytest.fixture
def desk(busy_bureau, open_page):
    """A clerk who is not under review, with the meeting of the year."""
    for name, password, *_rest in (line for line in busy_bureau.accounts if "党办" in line[3]):
        page = open_page()
        enter(page, busy_bureau, name, password)
        page.goto(f"{busy_bureau.url}/review")
        if page.get_by_role("button", name=f"{YEAR}年").count():
            page.get_by_role("button", name=f"{YEAR}年").click()
        page.goto(f"{busy_bureau.url}/review/{YEAR}")
        if page.get_by_role("link", name="民主测评").count():
            page.get_by_role("link", name="民主测评").click()
            return page
    raise AssertionError("every office holder is under review")


def checked(page):
    assert not faults(page.url, page, page.content())
    return page


def test_from_opening_to_the_result(busy_bureau, desk, open_page):
    checked(desk).get_by_text("四个等次", exact=True).click()
    desk.get_by_role("button", name="开始测评").click()
    for handed_out in desk.locator("input[name=handed_out]").all():
        assert handed_out.input_value() == "0"
    hand_out(desk, "A票 党组成员", 6)
    vote(busy_bureau, code_for(desk, "A票 党组成员"), open_page)
    reports = type_in(desk, "A票 党组成员")
    checked(desk).get_by_role("link", name="结束测评…").click()
    desk.get_by_role("button", name="结束测评").wait_for()
    checked(desk).get_by_role("button", name="结束测评").click()
    desk.get_by_text("发出6份").wait_for()
    assert "发出6份，收回5份" in checked(desk).locator("main").inner_text()
    rows = [row.split("\t") for row in desk.locator("tbody tr").all_inner_texts()]
    whole = [list(map(int, row[2:])) for row in rows]
    # The first sheet goes through the keys, the others give everybody the same, on the phone all are good.
    wanted = [[0] * 6 for _report in range(reports)]
    for n, row in enumerate(wanted):
        row["1234 0".index(KEYS[n % 6])] += 1
        row[1] += 3
        row[0] += 1
    assert whole == wanted


def section(page, name):
    return page.locator("section").filter(has=page.get_by_role("heading", name=name))


def hand_out(page, name, n):
    one = section(page, name)
    one.get_by_label("发出份数").fill(str(n))
    one.get_by_role("button", name="保存").click()


def code_for(page, name):
    one = section(page, name)
    one.get_by_label("测评码张数").fill("2")
    one.get_by_role("button", name="打印测评码").click()
    page.locator(".code").first.wait_for()
    code = checked(page).locator(".code").first.inner_text()
    page.get_by_role("link", name="完成").click()
    return code


def vote(house, code, open_page):
    """On a phone: a tap on each 好; a browser closed in the middle has cast nothing, and its code is still good."""
    for finished in (False, True):
        phone = open_page(width=390, height=800, has_touch=True, is_mobile=True)
        phone.goto(f"{house.url}/vote")
        phone.get_by_label("测评码").fill(code)
        checked(phone).get_by_role("button", name="打开测评表").click()
        phone.get_by_role("button", name="投票").wait_for()
        checked(phone)
        for good in phone.get_by_text("好", exact=True).all():
            good.tap()
        if finished:
            phone.get_by_role("button", name="投票").tap()
            phone.get_by_text("已投票").wait_for()
            checked(phone)
    assert not [one["name"] for one in phone.context.cookies()]


def type_in(page, name):
    """Twice four sheets, no mouse once the page is open; return how many cells a sheet has."""
    for link in ("录入纸质测评表", "再录一遍"):
        section(page, name).get_by_role("link", name=link).click()
        page.locator("input.cell").first.wait_for()
        cells = checked(page).locator("input.cell").count()
        for n in range(4):
            for cell in range(cells):
                page.keyboard.type((KEYS[cell % 6] if n == 0 else "2").strip())
                page.keyboard.press("Enter" if cell == cells - 1 else "Tab")
            page.get_by_text(re.compile(f"第{n + 2}份")).wait_for()
        page.get_by_role("link", name="回到测评").click()
    return cells
