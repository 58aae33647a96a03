"""A member with bad luck: the session over in the middle of a record, two tabs, somebody else on the same phone."""

from playwright.sync_api import expect

from tests.browser.test_phone import arrived, phones, small_house, stored, world, write

__all__ = ["phones", "small_house", "world"]


def test_a_record_typed_when_the_session_was_over_arrives_after_the_sign_in(world, phones):
    phone, text = phones(), "说到一半登录过期的一条"
    write(phone, text, send=False)
    world.rows("DELETE FROM sign_in_session")
    phone.page.locator(".foot button.big").click()
    expect(phone.page.get_by_role("link", name="重新登录")).to_be_visible()
    assert stored(world, text) == 0
    phone.sign_in(*phone.owner)
    arrived(phone)
    assert stored(world, text) == 1


def test_somebody_elses_sign_in_after_it_neither_shows_nor_loses_it(world, phones):
    phone, text = phones(), "换人以前写的一条"
    world.line.cut()
    write(phone, text, send=False)
    world.rows("DELETE FROM sign_in_session")
    world.line.restore()
    phone.sign_in(*world.members[1])
    phone.goto("/visits/new")
    assert text not in phone.page.content()
    phone.sign_out()
    phone.sign_in(*world.members[0])
    phone.goto("/visits/new")
    phone.ready(shell=False)
    expect(phone.page.locator("#findings")).to_have_value(text)


def type_into(page, text):
    page.locator("#findings").fill(text)
    for state in ("在本机", "草稿已存"):
        expect(page.locator("#draft-state")).to_have_text(state)


def test_two_tabs_of_a_new_record_keep_both_texts(world, phones):
    phone = phones()
    write(phone, "第一页写的", send=False)
    first = phone.page
    phone.page = phone.context.new_page()
    write(phone, "第二页写的", send=False)
    type_into(first, "第一页写的，接着写。")
    type_into(phone.page, "第二页写的，也接着写。")
    texts = {dict(map(tuple, item["fields"]))["findings"] for item in phone.items()}
    assert texts >= {"第一页写的，接着写。", "第二页写的，也接着写。"}


def test_another_record_is_there_again_after_back_and_forward_and_a_reload(world, phones):
    phone, text = phones(), "按了返回又回来的一条"
    phone.goto("/")
    write(phone, text, send=False)
    for step in (lambda: (phone.page.go_back(), phone.page.go_forward()), phone.page.reload):
        step()
        phone.ready(shell=False)
        expect(phone.page.locator("#findings")).to_have_value(text)
    assert len(phone.items()) == 1
