"""A review meeting of twenty secretaries and eight members, from one click to next year's first topic."""

import datetime as dt

import pytest

from logbook.app import create_app
from logbook.db import db
from logbook.formats import today
from logbook.problems.models import Side
from tests import factories
from tests.browser.conftest import house_in
from tests.browser.test_ballot import begin, close, count, section, type_sheet
from tests.browser.test_every_page import enter, faults

YEAR = today().year - 1
SECRETARIES, MEMBERS = 20, 8
WANTING = "新入职职工不清楚支部活动安排{}"


@pytest.fixture
def house(tmp_path, empty_house):
    """Twenty branches, each with a problem of its own from last year; eight members with their liaison points."""
    with house_in(tmp_path / "instance", empty_house) as house:
        app = create_app({"INSTANCE": str(house.instance), "SQLALCHEMY_DATABASE_URI": house.database})
        with app.app_context():
            fill()
            db.session.remove()
            db.engine.dispose()
        with house.served():
            yield house


def fill():
    factories.setting("unit_name", "青湖风景区管理局")
    factories.office(name="钱玥", sign_in_name="clerk")
    members = [factories.member(name=f"成员{i}", sign_in_name=f"m{i}") for i in range(MEMBERS)]
    for i in range(SECRETARIES):
        branch = factories.branch(f"第{i + 1}党支部")
        factories.term(branch, factories.person(name=f"书记{i + 1}"))
        factories.liaison(members[i % MEMBERS], branch, year=YEAR)
        factories.problem(members[0], branch, text=WANTING.format(i + 1), side=Side.BRANCH,
                          raised_on=dt.date(YEAR, 6, 9), due_on=dt.date(YEAR, 7, 9))  # fmt: skip


class Clicks:
    """A page whose clicks are counted."""

    def __init__(self, page):
        self.page, self.made = page, 0

    def on(self, role, name):
        self.made += 1
        self.page.get_by_role(role, name=name).first.click()


def checked(page):
    assert not faults(page.url, page, page.content())
    return page


def test_from_one_click_to_the_first_topic_of_next_year(house, open_page):
    desk = open_page()
    enter(desk, house, "clerk", factories.PASSWORD)
    desk.goto(f"{house.url}/review")
    clicks = Clicks(desk)
    clicks.on("button", f"新建{YEAR}年度会议")
    desk.get_by_text(f"述职{SECRETARIES}人").wait_for()
    assert clicks.made == 1
    assert checked(desk).locator("ol.rows > li").count() == SECRETARIES
    for i in range(MEMBERS):
        settle_all(house, open_page(width=390, height=800), f"m{i}")
    hold_the_ballot(house, desk, open_page)
    result_record_and_list(house, desk)
    tell_everybody(house, desk)
    next_year(house, desk)


def settle_all(house, page, name):
    """Nothing is to be changed: from home to settled in three clicks at most, each."""
    enter(page, house, name, factories.PASSWORD)
    while page.get_by_role("link", name="请审定点评").count():
        clicks = Clicks(page)
        clicks.on("link", "请审定点评")
        page.get_by_text("不足").first.wait_for()
        checked(page)
        clicks.on("button", "不用改，审定")
        page.get_by_text("点评已审定").wait_for()
        assert clicks.made <= 3
        page.goto(house.url)


def hold_the_ballot(house, page, open_page):
    """Eight sheets of twenty cells, typed twice by the keyboard alone."""
    page.goto(f"{house.url}/review/{YEAR}/ballot")
    witness = begin(house, page, open_page, sheets=MEMBERS, codes=0)
    count(page, "A票 党组成员", MEMBERS)
    for link in ("录入第一遍", "录入第二遍"):
        section(page, "A票 党组成员").get_by_role("link", name=link).click()
        page.locator("input.cell").first.wait_for()
        checked(page)
        for sheet in range(MEMBERS):
            type_sheet(page, ["1" if cell % 4 or sheet < 6 else "3" for cell in range(SECRETARIES)])
        page.wait_for_url("**/ballot")
    close(page, witness)
    assert page.get_by_text(f"发出{MEMBERS}份").count()


def result_record_and_list(house, page):
    """One click each from the meeting's page."""
    for role, name, seen in (
        ("link", "结果", "书记20"),
        ("button", "会议记录", "民主测评"),
        ("button", "整改清单", "整改"),
    ):
        page.goto(f"{house.url}/review/{YEAR}")
        clicks = Clicks(page)
        clicks.on(role, name)
        page.locator("main").get_by_text(seen).first.wait_for()
        assert clicks.made == 1
        checked(page)
    assert page.get_by_text(WANTING.format(20)).count()


def tell_everybody(house, page):
    page.goto(f"{house.url}/review/{YEAR}/outcomes")
    for choice in page.locator("select[name^=grade]").all():
        choice.select_option("good")
    page.get_by_label("党组研究确定的日期").fill(today().isoformat())
    page.get_by_role("button", name="登记党组确定的等次").click()
    page.get_by_text(f"已登记{SECRETARIES}个党组织的等次").wait_for()
    checked(page).get_by_role("button", name="登记签收").click()
    page.get_by_text(f"已登记{SECRETARIES}份签收").wait_for()


def next_year(house, page):
    """Its brief opens with what is to be mended, and the number leads into the ledger."""
    page.goto(f"{house.url}/review")
    page.get_by_role("button", name=f"新建{YEAR + 1}年度会议").click()
    page.locator("ol.rows a.row").first.click()
    brief = page.locator("main .sheet.pad").filter(has=page.get_by_role("heading", name="上年整改事项"))
    brief.wait_for()
    first = checked(page) and brief.inner_text().strip()
    assert first.startswith("上年整改事项")
    assert WANTING.format(1) in first.split("联系情况")[0]
    page.get_by_role("link", name=f"整改{YEAR}-01").click()
    page.get_by_role("heading", level=1).wait_for()
    assert WANTING.format(1) in page.locator("main").inner_text()
