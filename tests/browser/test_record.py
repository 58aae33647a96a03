"""What only a browser shows of a record: lines offered while they are typed, and how a book prints."""

from playwright.sync_api import expect

from tests.browser.test_every_page import sign_in


def test_a_line_is_offered_while_it_is_typed_and_taken_with_one_tap(bureau, open_page):
    phone = open_page(width=390, height=844)
    sign_in(phone, bureau, "党组成员")
    phone.goto(f"{bureau.url}/visits/new")
    findings = phone.get_by_label("基本情况")
    findings.press_sequentially("到环湖路巡查。\n问题：码头候船区无遮阳棚")
    expect(phone.get_by_role("button", name="记为问题")).to_be_in_viewport()  # the text box has the focus still
    phone.get_by_role("button", name="记为问题").click()
    expect(phone.locator("[name=problem_text]")).to_have_value("码头候船区无遮阳棚")
    expect(findings).to_have_value("到环湖路巡查。")
    findings.evaluate("box => { box.value += '\\n我来办：联系路灯'; box.dispatchEvent(new InputEvent('input')) }")
    phone.get_by_role("button", name="不用").click()  # pasted or spoken
    expect(phone.get_by_role("button", name="记为领办事项")).to_have_count(0)


def test_a_book_prints_without_tags_and_says_that_it_is_internal(bureau, open_page):
    desk = open_page()
    sign_in(desk, bureau, "党办")
    desk.goto(f"{bureau.url}/visits?state=late")
    desk.locator("a.row").first.click()
    numbered = desk.locator("h1 ~ p", has_text="编号").first.inner_text()
    name, year = numbered.split("，")[1].split("第")[0], numbered[2:6]
    desk.goto(f"{bureau.url}/books/{year}")
    desk.get_by_role("link", name=name).click()
    expect(desk.get_by_role("button", name="打印")).to_be_visible()
    expect(desk.get_by_text("登记较晚").first).to_be_visible()
    desk.emulate_media(media="print")
    expect(desk.get_by_text("内部资料　注意保管")).to_be_visible()
    assert not [tag for tag in desk.locator(".tag").all() if tag.is_visible()]


def test_no_print_button_where_no_script_runs(bureau, open_page):
    plain = open_page(java_script_enabled=False)
    sign_in(plain, bureau, "党组成员")
    plain.goto(f"{bureau.url}/book")
    expect(plain.get_by_role("heading", level=1)).to_be_visible()
    expect(plain.locator("[data-print]")).to_be_hidden()
