"""What was refused stays where it was typed: after Back, after a reload; a photo that was refused is told."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.test_every_page import sign_in
from tests.browser.test_phone import arrived, opened, phones, small_house, stored, world, write

__all__ = ["phones", "small_house", "world"]
TEXT = "传达机密会议，又看了候船区。"
PRESS = ".foot button.big"


def back_from_home(page):
    """Away by the brand and Back, without a question of the browser's."""
    page.locator("a.brand").click()
    page.wait_for_url(lambda address: address.endswith("/"))
    page.go_back()
    page.locator(".errors").wait_for()


def test_a_refused_record_is_there_after_back_and_a_reload_with_what_was_typed_since(phones):
    phone = phones()
    page = opened(phone, "/visits/new")
    page.locator("#findings").fill(TEXT)
    page.locator("[name=branch_id]").select_option(index=1)
    page.locator(PRESS).click()
    expect(page.locator(".errors")).to_contain_text("机密")
    for again in (lambda: back_from_home(page), page.reload):
        again()
        phone.ready(shell=False)
        expect(page.locator("#findings")).to_have_value(TEXT)
        expect(page.locator(".errors")).to_contain_text("机密")
    page.locator("#findings").fill(f"{TEXT}接着写的。")
    expect(page.locator("#draft-state")).to_have_text("在本机")
    back_from_home(page)
    phone.ready(shell=False)
    expect(page.locator("#findings")).to_have_value(f"{TEXT}接着写的。")
    page.locator("[name=no_secrets]").check()
    page.locator(PRESS).click()
    page.wait_for_url("**/visits/*?received=*")
    arrived(phone)
    assert [item["state"] for item in phone.items()] == ["received"]


@pytest.mark.parametrize("scripts", [True, False])
def test_any_refused_form_is_there_after_back_and_a_reload(world, open_page, scripts):
    page = open_page(java_script_enabled=scripts)
    sign_in(page, world, "党办")
    page.goto(f"{world.url}/lists/branches/new")
    page.locator("[name=host_unit]").fill("码头管理所")
    page.locator("main form[method=post] button.button").last.click()
    expect(page.locator(".errors")).to_be_visible()
    for again in (lambda: back_from_home(page), page.reload):
        again()
        expect(page.locator("[name=host_unit]")).to_have_value("码头管理所")
        expect(page.locator(".errors")).to_be_visible()
    if scripts:
        page.locator("[name=host_unit]").fill("码头管理所二部")
        page.locator("html[data-kept]").wait_for(state="attached")
        back_from_home(page)
        expect(page.locator("[name=host_unit]")).to_have_value("码头管理所二部")


def attach(page, name, content):
    page.locator("#fold-files").evaluate("fold => { fold.open = true; }")
    page.locator("[name=files]").set_input_files([{"name": name, "mimeType": "image/jpeg", "buffer": content}])


def photo():
    packed = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(packed, "JPEG")
    return packed.getvalue()


BAD = b"\x00\x00\x00\x18ftypheic this is no picture of ours"


def refused_photo(phone):
    """A record whose photo was refused, on its page."""
    page = opened(phone, "/visits/new")
    page.locator("#findings").fill("看了候船区。")
    page.locator("[name=branch_id]").select_option(index=1)
    attach(page, "IMG_0001.jpg", BAD)
    page.locator(PRESS).click()
    page.wait_for_url("**/visits/*?received=*")
    expect(page.locator("#files-refused")).to_contain_text("IMG_0001.jpg")
    return page


def test_a_refused_photo_is_told_where_received_stands_until_it_was_read(world, phones):
    phone = phones()
    page = refused_photo(phone)
    expect(page.locator(".flash:has-text('已收到')")).to_be_visible()
    assert stored(world, "看了候船区。") == 1
    page.reload()
    expect(page.locator("#files-refused")).to_contain_text("IMG_0001.jpg")
    phone.goto("/visits")
    phone.ready(shell=False)
    expect(phone.page.locator("#outbox")).to_contain_text("IMG_0001.jpg")
    phone.page.locator("#outbox").get_by_role("button", name="看记录").click()
    phone.page.locator("#files-refused").get_by_role("button", name="知道了").click()
    expect(phone.page.locator("#files-refused")).to_be_hidden()
    phone.page.reload()
    phone.ready(shell=False)
    expect(phone.page.locator("#files-refused")).to_be_hidden()


def test_another_photo_takes_the_place_of_a_refused_one(world, phones):
    phone = phones()
    page = refused_photo(phone)
    page.locator("#files-refused input[type=file]").set_input_files(
        [{"name": "码头.jpg", "mimeType": "image/jpeg", "buffer": photo()}]
    )
    expect(page.get_by_role("link", name="码头.jpg")).to_be_visible()
    expect(page.locator("#files-refused")).to_be_hidden()
    assert world.rows("SELECT name FROM attachment WHERE name = '码头.jpg'") == [("码头.jpg",)]


def test_a_photo_refused_after_it_waited_is_told_as_well(world, phones):
    phone = phones()
    page = opened(phone, "/visits/new")
    page.locator("#findings").fill("没有信号时写的。")
    page.locator("[name=branch_id]").select_option(index=1)
    attach(page, "IMG_0002.jpg", BAD)
    world.line.cut()
    page.locator(PRESS).click()
    page.locator("#outbox [data-note=kept]:visible").wait_for()
    world.line.restore()
    arrived(phone)
    phone.page.locator("#outbox").get_by_role("button", name="看记录").first.click()
    expect(phone.page.locator("#files-refused")).to_contain_text("IMG_0002.jpg")


def test_an_empty_photo_is_told_with_its_reason(phones):
    phone = phones()
    page = opened(phone, "/visits/new")
    page.locator("#findings").fill("看了候船区。")
    page.locator("[name=branch_id]").select_option(index=1)
    attach(page, "空.jpg", b"")
    page.locator(PRESS).click()
    page.wait_for_url("**/visits/*?received=*")
    expect(page.locator("#files-refused")).to_contain_text("文件是空的")


def test_home_takes_back_that_there_is_no_signal(world, phones):
    phone = phones()
    world.line.cut()
    phone.goto("/")
    expect(phone.page.locator("[data-no-signal]")).to_be_visible()
    world.line.restore()
    phone.page.evaluate("dispatchEvent(new Event('online'))")
    expect(phone.page.locator("[data-no-signal]")).to_be_hidden()
    expect(phone.page.locator("[data-signal-back]")).to_be_visible()


def test_after_received_the_next_is_one_tap_away(phones):
    phone = phones()
    write(phone, "第一条。")
    phone.page.get_by_role("link", name="再记一次").click()
    phone.ready(shell=False)
    expect(phone.page.locator("#findings")).to_have_value("")
    phone.page.go_back()
    phone.page.get_by_role("link", name="回首页").click()
    phone.page.wait_for_url(lambda address: address.endswith("/"))


def test_versions_are_read_without_a_sideways_scroll_at_the_width_of_a_phone(world, phones):
    phone = phones()
    write(phone, "到码头看了候船区，同值班的同志聊了聊。" * 8)
    page = phone.page
    page.get_by_role("link", name="更正").click()
    phone.ready(shell=False)
    text = page.locator("#findings").input_value()
    page.locator("#findings").fill(text.replace("候船区", "候船厅", 1))
    page.locator("[name=reason]").fill("写错一个字")
    page.locator(PRESS).click()
    page.wait_for_url("**/visits/*?received=2")
    page.get_by_role("link", name="各个版本").click()
    expect(page.locator("del")).to_have_text(["区"])
    expect(page.locator("ins")).to_have_text(["厅"])
    assert page.locator(".differences").evaluate("one => one.scrollWidth <= one.clientWidth")
    assert page.locator("dd").first.bounding_box()["width"] > 250
