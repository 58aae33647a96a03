"""A ballot from opening to its result: one on a voter's phone, the others from paper by the keyboard alone, the
witness on a phone of their own.
"""

import json
import re
import urllib.parse

import pytest

from logbook.app import create_app
from logbook.db import db
from logbook.formats import today
from tests import factories
from tests.browser.conftest import house_in
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
    witness = begin(busy_bureau, desk, open_page, sheets=5, codes=1)
    vote(busy_bureau, code_for(desk, "A票 党组成员"), open_page)
    reports = type_in(desk, "A票 党组成员", sheets=4)
    close(checked(desk), checked(witness))
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


def begin(house, desk, open_page, *, sheets, codes):
    """Open, say the numbers of the A ballots, and have the witness confirm them on a phone: the phone's page."""
    desk.get_by_label("监票人姓名").fill("凌照棠")
    desk.get_by_role("button", name="开始测评").click()
    checked(desk).get_by_label("A票 党组成员 发出纸质").fill(str(sheets))
    desk.get_by_label("A票 党组成员 发出测评码").fill(str(codes))
    desk.get_by_role("button", name="保存数目").click()
    desk.get_by_role("button", name="打印监票码").click()
    code = checked(desk).locator(".code").inner_text()
    desk.get_by_role("link", name="完成").click()
    phone = open_page(width=390, height=800, has_touch=True, is_mobile=True)
    phone.goto(f"{house.url}/witness")
    phone.get_by_label("监票码").fill(code)
    checked(phone).get_by_role("button", name="开始监票").tap()
    phone.get_by_role("button", name="核对无误，可以开始").wait_for()
    checked(phone).get_by_role("button", name="核对无误，可以开始").tap()
    phone.get_by_text("数目已核对").wait_for()
    desk.reload()
    return phone


def close(desk, witness):
    """Asked for at the desk, agreed to on the phone."""
    desk.get_by_role("link", name="结束测评…").click()
    desk.get_by_role("button", name="提请监票人同意结束").wait_for()
    checked(desk).get_by_role("button", name="提请监票人同意结束").click()
    desk.get_by_text("等监票人同意").first.wait_for()
    witness.get_by_role("button", name="刷新").tap()
    witness.get_by_role("button", name="同意", exact=True).wait_for()
    checked(witness).get_by_role("button", name="同意", exact=True).tap()
    witness.get_by_text("测评已结束").wait_for()
    desk.reload()
    desk.get_by_text("统计表（Word）").first.wait_for()


def code_for(page, name):
    one = section(page, name)
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
        phone.get_by_role("button", name="提交").wait_for()
        checked(phone)
        for good in phone.get_by_text("好", exact=True).all():
            good.tap()
        if finished:
            phone.get_by_role("button", name="提交").tap()
            phone.get_by_text("您的测评已计入").wait_for()
            checked(phone)
    assert not [one["name"] for one in phone.context.cookies()]


def count(page, name, sheets):
    one = section(page, name)
    one.get_by_label("收回纸质测评表").fill(str(sheets))
    one.get_by_role("button", name="点清了，开始录入").click()


def type_in(page, name, sheets):
    """Twice so many sheets, no mouse once the page is open; return how many cells a sheet has."""
    count(page, name, sheets)
    for link in ("录入第一遍", "录入第二遍"):
        section(page, name).get_by_role("link", name=link).click()
        page.locator("input.cell").first.wait_for()
        cells = checked(page).locator("input.cell").count()
        for n in range(sheets):
            type_sheet(page, [KEYS[cell % 6] if n == 0 else "2" for cell in range(cells)])
        page.wait_for_url(re.compile("/ballot$"))
    return cells


def type_sheet(page, keys):
    """A grade moves on by itself, an empty cell by Enter; the last one waits for it."""
    for cell, key in enumerate(keys):
        page.keyboard.type(key.strip())
        if cell == len(keys) - 1 or not key.strip():
            page.keyboard.press("Enter")


@pytest.fixture
def typing(tmp_path, open_page, empty_house):
    """A house of its own with four secretaries and twenty A ballots of paper, at the first typing."""
    with house_in(tmp_path / "instance", empty_house) as house:
        app = create_app({"INSTANCE": str(house.instance), "SQLALCHEMY_DATABASE_URI": house.database})
        with app.app_context():
            factories.setting("unit_name", "青湖风景区管理局")
            factories.office(name="钱玥", sign_in_name="clerk")
            for i in range(4):
                factories.term(factories.branch(f"第{i + 1}党支部"), factories.person(name=f"书记{i + 1}"))
            db.session.remove()
            db.engine.dispose()
        with house.served():
            desk = open_page()
            enter(desk, house, "clerk", factories.PASSWORD)
            desk.goto(f"{house.url}/review")
            desk.get_by_role("button", name=f"新建{YEAR}年度会议").click()
            desk.goto(f"{house.url}/review/{YEAR}/ballot")
            begin(house, desk, open_page, sheets=20, codes=0)
            count(desk, "A票 党组成员", 20)
            section(desk, "A票 党组成员").get_by_role("link", name="录入第一遍").click()
            desk.locator("input.cell").first.wait_for()
            yield desk


def test_no_key_is_lost_while_bundles_are_on_their_way(typing):
    """Two bundles at full speed while the server's first answer is lost; before, what was typed is gone back over."""
    desk, tries = typing, []

    def lose_the_first(route):
        tries.append(dict(urllib.parse.parse_qsl(route.request.post_data, keep_blank_values=True)))
        if len(tries) == 1:
            route.abort()
        else:
            route.continue_()

    desk.route("**/first", lose_the_first)
    go_back_over_the_first_sheet(desk)
    wanted = [[str(1 + (n + cell) % 4) for cell in range(4)] for n in range(20)]
    for keys in wanted:
        type_sheet(desk, keys)
    desk.wait_for_url(re.compile("/ballot$"))
    assert "已录完" in section(desk, "A票 党组成员").inner_text()
    assert [one["bundle"] for one in tries] == ["0", "0", "1"]
    sent = [list(sheet.values()) for one in tries[1:] for sheet in json.loads(one["sheets"])]
    assert sent == wanted[:9] + wanted[10:19]


def go_back_over_the_first_sheet(desk):
    """A Tab by habit skips nothing; Backspace in an empty cell leads back, to the sheet before as well."""
    desk.keyboard.type("1")
    desk.keyboard.press("Tab")
    desk.keyboard.type("222")
    desk.keyboard.press("Enter")
    desk.get_by_text("第2份").wait_for()
    desk.keyboard.press("Backspace")
    desk.get_by_text("第1份").wait_for()
    values = desk.eval_on_selector_all("input.cell", "all => all.map(one => one.value)")
    assert values == ["1", "2", "2", "2"]
    for _cell in range(4):
        desk.keyboard.press("Backspace")
        desk.keyboard.press("Backspace")


def type_bundle(desk):
    for _sheet in range(10):
        type_sheet(desk, ["1", "2", "3", "4"])


def test_sheets_outlive_a_session_that_ended_and_are_sent_after_another_sign_in(typing):
    """In another tab, as the page says; the token of the former session is of no use any more."""
    desk, url = typing, typing.url.partition("/review")[0]
    other = desk.context.new_page()
    other.goto(f"{url}/me")
    other.get_by_role("button", name="退出").click()
    other.get_by_label("登录名").wait_for()
    type_bundle(desk)
    desk.get_by_text("登录已失效").wait_for()
    type_sheet(desk, ["4", "4", "4", "4"])
    other.goto(f"{url}/sign-in")
    other.get_by_label("登录名").fill("clerk")
    other.get_by_label("密码", exact=True).fill(factories.PASSWORD)
    other.get_by_role("button", name="登录").click()
    other.wait_for_url("**/")
    with desk.expect_response(lambda one: one.url.endswith("/first") and one.ok):
        checked(desk).get_by_role("button", name="再发一次").click()
    desk.get_by_text("第2扎，第12份").wait_for()
    for _sheet in range(9):
        type_sheet(desk, ["1", "1", "1", "1"])
    desk.wait_for_url(re.compile("/ballot$"))
    assert "录入第一遍：已录完" in section(desk, "A票 党组成员").inner_text()


def test_a_bundle_that_is_refused_stays_is_told_and_can_be_sent_again(typing):
    desk, sent = typing, []

    def refuse_the_first(route):
        sent.append(dict(urllib.parse.parse_qsl(route.request.post_data, keep_blank_values=True)))
        if len(sent) == 1:
            route.fulfill(status=409, json={"said": "这一扎刚有变动。"})
        else:
            route.continue_()

    desk.route("**/first", refuse_the_first)
    type_bundle(desk)
    desk.get_by_text("这一扎刚有变动。").wait_for()
    type_bundle(desk)  # the other bundle is not kept waiting for it
    desk.get_by_role("button", name="再发一次").click()
    desk.wait_for_url(re.compile("/ballot$"))
    assert [one["bundle"] for one in sent] == ["0", "1", "0"]
    assert sent[0] | {"csrf_token": ""} == sent[2] | {"csrf_token": ""}
    assert "录入第一遍：已录完" in section(desk, "A票 党组成员").inner_text()
