"""The first minutes: a code on a slip, a password, the empty house."""

import re

from playwright.sync_api import expect


def test_the_first_account_signs_in_with_its_code(house, page):
    code = house.flask(
        "first-account", "--unit-name", "青湖风景区管理局", "--name", "王玥", "--sign-in-name", "wangyue"
    )
    page.goto(house.url)
    page.get_by_role("link", name="有一次性登录码").click()
    page.get_by_label("登录名").fill("wangyue")
    page.get_by_label("一次性登录码").fill(code)
    page.get_by_label("设一个密码").fill("环湖 步道 照明 九月")
    page.get_by_role("button", name="设密码并登录").click()
    expect(page).to_have_url(re.compile("/$"))
    page.get_by_role("link", name="人员和账号").click()
    expect(page.get_by_role("row", name="王玥")).to_contain_text("系统管理员")
    page.get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")
