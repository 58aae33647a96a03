"""From the year to its paper as pictures, to the file; without scripts and with them."""

import fcntl
import io

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.browser.test_every_page import faults, sign_in


@pytest.mark.parametrize(("width", "scripts"), [(1280, True), (390, False)])
def test_the_years_paper_is_looked_at_and_then_kept(bureau, open_page, width, scripts):
    page = open_page(width=width, java_script_enabled=scripts)
    sign_in(page, bureau, "党办")
    page.goto(f"{bureau.url}/years")
    page.get_by_role("button", name="预览").click()
    while not page.locator(".sheets").count():  # on a slow machine: progress first
        page.get_by_role("link", name="刷新").click()
    pictures = page.locator(".sheets img")
    pages = pictures.count()
    assert [one.get_attribute("alt") for one in pictures.all()] == [f"第{n + 1}页" for n in range(pages)]
    before = page.evaluate("document.documentElement.scrollHeight") if scripts else 0
    if scripts:
        pictures.last.scroll_into_view_if_needed()
        expect(pictures.last).to_have_js_property("complete", True)
        assert pictures.last.evaluate("one => one.naturalWidth") > 1000
        assert page.evaluate("document.documentElement.scrollHeight") == before  # nothing jumped
        assert not faults("preview", page, page.content())
    with page.expect_download() as waited:
        page.get_by_role("link", name="下载PDF").click()
    with waited.value.path().open("rb") as file:
        assert len(PdfReader(io.BytesIO(file.read())).pages) == pages
    page.get_by_role("link", name="返回").click()
    assert "/years" in page.url


def test_progress_goes_on_by_itself(bureau, open_page):
    page = open_page()
    sign_in(page, bureau, "党办")
    page.goto(f"{bureau.url}/years")
    page.get_by_role("button", name="预览").click()
    page.wait_for_url("**/papers/preview/*")
    page.locator(".sheets").wait_for()
    (folder,) = [one for one in (bureau.instance / "previews").glob("*/*") if one.name in page.url]
    first = folder / "1.png"
    first.rename(folder / "kept")
    with (folder / "running").open("w") as running:
        fcntl.flock(running, fcntl.LOCK_EX)  # as if its child still lived
        page.reload()
        page.get_by_text("正在画预览").wait_for()
        (folder / "kept").rename(first)
        whole = page.locator("progress").get_attribute("max")
        expect(page.locator("progress")).to_have_attribute("value", whole)
    page.locator(".sheets img").first.wait_for()
