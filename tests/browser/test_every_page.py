"""Every page that a role can reach by its links: accessible, valid, no sideways scroll, in Chinese and English,
light and dark."""

import re
from collections import deque
from urllib.parse import urlsplit

import html5lib
import pytest
from axe_playwright_python.sync_playwright import Axe

ROLES = ("党组书记", "党组成员", "党办", "系统管理员")
MOST_PAGES = 60  # a bound for the walk, well above the pages there are


def shape(path):
    """Addresses of one page have one shape: /visits/12?kind=talk is /visits/N?kind."""
    if "preview=1" in path:  # one preview is like another, and each is typeset
        return "preview"
    parts = urlsplit(re.sub(r"/preview/[\w-]+", "/preview/T", path))
    names = sorted({pair.split("=")[0] for pair in parts.query.split("&") if pair})
    return re.sub(r"\d+", "N", parts.path) + "?" + ",".join(names[:1])


def links(page):
    found = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
    return [href for href in found if href.startswith("/") and not href.startswith("/static")]


def pages_of(page, house):
    """Walk the links breadth first, one address a shape; yields each page, opened."""
    queue, seen = deque(["/", "/me"]), set()
    while queue and len(seen) < MOST_PAGES:
        path = queue.popleft()
        if shape(path) in seen:
            continue
        seen.add(shape(path))
        answer = page.context.request.get(house.url + path)
        assert answer.status == 200, f"{path}: {answer.status}"
        if "text/html" in answer.headers["content-type"]:
            page.goto(house.url + path)
            yield path, answer.text()
            queue.extend(links(page))


def sign_in(page, house, role):
    enter(page, house, *next(line[:2] for line in house.accounts if role in line[3]))


def enter(page, house, name, password):
    page.goto(house.url)
    page.get_by_label("登录名").fill(name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/")


def faults(path, page, html):
    """What is wrong with the page that is open: axe's findings, invalid HTML, sideways scroll at 320 px."""
    found = [f"{path}: {v['id']} {v['nodes'][0]['html'][:120]}" for v in Axe().run(page).response["violations"]]
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    parser.parse(html)
    found += [f"{path}: HTML {error}" for error in parser.errors]
    width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*found, *([f"{path}: {width} px too wide"] if width > 0 else [])]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("language", "width", "scheme"), [("zh", 320, "light"), ("en", 1280, "dark")])
def test_nothing_is_wrong_on_any_page(bureau, open_page, role, language, width, scheme):
    page = open_page(width=width, color_scheme=scheme)
    sign_in(page, bureau, role)
    page.context.add_cookies([{"name": "language", "value": language, "url": bureau.url}])
    found, walked = [], 0
    for path, html in pages_of(page, bureau):
        found += faults(path, page, html)
        walked += 1
        if language == "en":
            assert page.locator("html").get_attribute("lang") == "en"
    assert walked >= 3
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", ["/sign-in", "/code", "/nowhere"])
def test_nothing_is_wrong_before_signing_in(bureau, open_page, path):
    page = open_page(width=320)
    page.goto(bureau.url + path)
    assert not faults(path, page, page.content())
