"""Dictated text becomes ledger lines in one tap each; the same open problem is offered from every way in."""

import pytest
from playwright.sync_api import expect

from tests.browser.line import Line
from tests.browser.phones import Phone
from tests.browser.test_every_page import enter

TEXT = "候船区没有遮阳"
SAID = f"今天到码头看了看。问题：{TEXT}。我来办：联系规划科。"
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}


@pytest.fixture
def member(busy_bureau):
    """A member with liaison branches: (sign-in name, password, an own branch, another's)."""
    busy_bureau.rows("UPDATE visit SET withdrawn_at = recorded_at WHERE withdrawn_at IS NULL AND seq > 0")
    name, password = next(line[:2] for line in busy_bureau.accounts if line[3] == "党组成员")
    own = busy_bureau.rows(
        "SELECT branch_id FROM liaison JOIN person ON person.id = member_id WHERE sign_in_name = :name AND year = "
        "(SELECT max(year) FROM liaison) ORDER BY branch_id", name=name,
    )  # fmt: skip
    mine = {row[0] for row in own}
    others = [row[0] for row in busy_bureau.rows("SELECT id FROM branch ORDER BY id") if row[0] not in mine]
    return name, password, min(mine), others[0]


def put_problem(house, branch):
    """The open problem of that branch, and of no other."""
    house.rows("UPDATE problem SET state = 'done' WHERE text = :text", text=TEXT)
    (first,) = house.rows("SELECT min(id) FROM problem")
    house.rows(
        "UPDATE problem SET text = :text, branch_id = :branch, state = 'open', closed_on = NULL, side = 'bureau', "
        "source_label = '2026-129/1' WHERE id = :id", text=TEXT, branch=branch, id=first[0],
    )  # fmt: skip
    return first[0]


def choose(page, branch):
    page.locator("#branch_id").evaluate(
        "(list, id) => { list.value = id; list.dispatchEvent(new Event('change', { bubbles: true })); }", str(branch)
    )


def offered(page, problem):
    return page.locator(f"#offers [data-repeats='{problem}']")


def test_a_dictated_paragraph_becomes_a_problem_and_an_undertaking_in_one_tap_each(busy_bureau, member, open_page):
    phone = open_page(**PHONE)
    enter(phone, busy_bureau, *member[:2])
    phone.goto(f"{busy_bureau.url}/visits/new?branch={member[2]}")
    expect(phone.get_by_text("会提示记进台账")).to_be_visible()
    phone.get_by_label("基本情况").fill(SAID)
    phone.get_by_role("button", name="记为问题").tap()
    phone.get_by_role("button", name="记为领办事项").tap()
    expect(phone.locator("[name=problem_text]")).to_have_value(TEXT)
    expect(phone.locator("[name=undertaking_text]")).to_have_value("联系规划科")
    expect(phone.get_by_label("基本情况")).to_have_value("今天到码头看了看。")
    expect(phone.locator(".offer")).to_have_count(0)


def test_a_list_is_taken_line_by_line_in_any_order(busy_bureau, member, open_page):
    phone = open_page(**PHONE)
    enter(phone, busy_bureau, *member[:2])
    phone.goto(f"{busy_bureau.url}/visits/new?branch={member[2]}")
    phone.get_by_label("基本情况").fill("到码头。\n存在问题：\n1.缺棚\n2.缺灯\n3.缺水\n下午返回。")
    for word in ("缺灯", "缺棚", "缺水"):
        phone.locator(".offer", has_text=word).get_by_role("button", name="记为问题").tap()
    assert phone.locator("[name=problem_text]").evaluate_all("all => all.map((one) => one.value)") == [
        "缺灯", "缺棚", "缺水",
    ]  # fmt: skip
    expect(phone.get_by_label("基本情况")).to_have_value("到码头。\n下午返回。")


@pytest.mark.parametrize("way", ["big button", "chip", "branch", "other branch", "chosen before", "correction"])
def test_the_same_open_problem_is_offered_however_the_form_was_opened(busy_bureau, member, open_page, way):
    branch = member[3] if way in {"other branch", "chosen before"} else member[2]
    problem = put_problem(busy_bureau, branch)
    phone = open_page(**PHONE)
    enter(phone, busy_bureau, *member[:2])
    if way == "correction":
        phone.goto(f"{busy_bureau.url}/visits/new?branch={branch}")
        phone.get_by_label("基本情况").fill("看了看。")
        phone.locator(".foot button").tap()
        phone.wait_for_url("**/visits/*received*")
        phone.get_by_role("link", name="更正", exact=True).tap()
    else:
        phone.goto(f"{busy_bureau.url}/visits/new" + (f"?branch={branch}" if way == "branch" else "#new"))
    if way == "chosen before":
        choose(phone, branch)
    phone.get_by_label("基本情况").fill(f"看了看。问题：{TEXT}。")
    if way == "chip":
        phone.locator(f".picks [data-pick='{branch}']").first.tap()
    elif way in {"big button", "other branch"}:
        choose(phone, branch)
    expect(offered(phone, problem)).to_contain_text("2026-129/1")
    offered(phone, problem).tap()
    row = phone.locator("[data-row=problem]").last
    expect(row.locator("[name=problem_repeats]")).to_have_value(str(problem))
    expect(row.locator("[name=problem_side]")).to_be_hidden()
    expect(row.get_by_label("完成时限")).to_be_hidden()


def test_another_branch_has_other_problems(busy_bureau, member, open_page):
    problem = put_problem(busy_bureau, member[2])
    phone = open_page(**PHONE)
    enter(phone, busy_bureau, *member[:2])
    phone.goto(f"{busy_bureau.url}/visits/new")
    choose(phone, member[2])
    phone.get_by_label("基本情况").fill(f"看了看。问题：{TEXT}。")
    expect(offered(phone, problem)).to_be_visible()
    choose(phone, member[3])
    expect(offered(phone, problem)).to_have_count(0)
    expect(phone.locator("#card a")).to_have_attribute("href", f"/branches/{member[3]}")


def test_it_is_offered_without_signal_from_what_the_phone_took_along(busy_bureau, member, driver, tmp_path):
    problem = put_problem(busy_bureau, member[2])
    line = Line(busy_bureau.port)
    phone = Phone(driver, tmp_path / "profile", line)
    try:
        phone.sign_in(*member[:2])
        line.cut()
        phone.goto(f"/visits/new?branch={member[2]}")
        phone.ready(shell=False)
        phone.page.locator("#findings").fill(f"看了看。问题：{TEXT}。")
        expect(offered(phone.page, problem)).to_contain_text("2026-129/1")
    finally:
        phone.close()
        line.close()


@pytest.mark.parametrize("script", [True, False])
def test_the_server_asks_before_it_is_entered_twice(busy_bureau, member, open_page, script):
    problem = put_problem(busy_bureau, member[2])
    page = open_page(java_script_enabled=script)
    enter(page, busy_bureau, *member[:2])
    page.goto(f"{busy_bureau.url}/visits/new?branch={member[2]}")
    page.get_by_label("基本情况").fill("又去看了看。")
    page.locator("details.fold summary", has_text="＋问题").click()
    page.locator("[name=problem_text]").first.fill(TEXT)
    page.locator(".foot button").click()
    expect(page.locator(".errors")).to_contain_text("是它的进展，还是新的问题")
    page.locator("#problem_repeats-1").select_option(str(problem))
    page.locator(".foot button").click()
    expect(page.get_by_role("status").filter(has_text="已收到")).to_be_visible()
    assert busy_bureau.rows("SELECT count(*) FROM problem WHERE text = :text AND state <> 'done'", text=TEXT) == [(1,)]


@pytest.mark.parametrize("script", [True, False])
def test_another_visit_of_the_day_takes_one_tap_more(busy_bureau, member, open_page, script):
    page = open_page(java_script_enabled=script)
    enter(page, busy_bureau, *member[:2])
    for n in (1, 2):
        page.goto(f"{busy_bureau.url}/visits/new?branch={member[2]}#new")
        page.get_by_label("基本情况").fill(f"第{n}次到。")
        page.locator(".foot button").click()
        if n == 1:
            expect(page.get_by_role("status").filter(has_text="已收到")).to_be_visible()
    expect(page.locator(".errors")).to_contain_text("当日已有您到该处的记录")
    page.get_by_role("button", name="另一次，照样提交").click()
    expect(page.get_by_role("status").filter(has_text="已收到")).to_be_visible()
    expect(page.get_by_text("第2次到。")).to_be_visible()
