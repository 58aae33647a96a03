"""A unit with words of its own: 党委, 组织科, 包联, 评分表; the presets stand nowhere it can look."""

import contextlib
import contextvars
import io
import re
import zipfile
from urllib.parse import unquote

import openpyxl
import pytest
from pypdf import PdfReader

from logbook.db import db
from logbook.formats import today
from logbook.settings.queries import Words
from tests import factories
from tests.client import posting
from tests.faults.test_typed import PUBLIC_FORMS, endpoint_of
from tests.test_access import TABLE, address, routes, world

__all__ = ["world"]
PRESET = re.compile("党组(?!织)|党办|挂点|测评表")
OTHERS = (Words("党委", "组织科", "包联", "评分表"), Words("党工委", "党群工作部", "挂钩", "测评票"))
ABOUT = 12  # letters shown around what was found


@pytest.fixture(params=OTHERS, ids=[one.group for one in OTHERS])
def unit(request, app):
    """Set up before anything else, as a first start does; then the world of every page."""
    for name in ("group", "office", "liaison", "ballot"):
        factories.setting(f"{name}_word", getattr(request.param, name))
    return request.getfixturevalue("world")


def said(answer):
    """All that an answer says to a person: its page, its file's name, the text of its paper, its properties."""
    yield unquote(answer.headers.get("Content-Disposition", ""))
    kind, data = answer.mimetype, answer.get_data()
    if kind == "application/pdf":
        paper = PdfReader(io.BytesIO(data))
        yield "".join("".join(page.extract_text() for page in paper.pages).split())
        yield str(paper.metadata)
        yield str(paper.outline)
    elif data[:2] == b"PK":
        yield from packed(data)
    else:
        yield answer.text


def packed(data):
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            yield name
            if name.endswith((".xml", ".rels")):
                yield re.sub(r"<[^>]+>", "", package.read(name).decode())


def found(answer):
    texts = "\n".join(said(answer))
    return {texts[max(0, one.start() - ABOUT) : one.end() + ABOUT] for one in PRESET.finditer(texts)}


def asked(browser, how, path, **given):
    db.session.remove()  # or a form would wait for what this test has read
    answer = contextvars.Context().run(lambda: getattr(browser.http, how)(path, **given))
    with contextlib.closing(answer):
        return answer, found(answer)


def sent(browser, page, tried):
    """{endpoint: what stands on its refusals} of the forms of a page that were not tried yet, sent with nothing."""
    for form in posting(page):
        taken = endpoint_of(form.get("action"))
        if taken and taken not in PUBLIC_FORMS | {"accounts.sign_out"} | tried:
            tried.add(taken)
            yield f"{taken} refused", asked(browser, "post", form.get("action"), data={})[1]


def test_no_preset_word_stands_on_any_page_paper_file_or_refusal(app, unit):
    people, browsers = unit
    leaks, papers, tried, opened = {}, set(), set(), 0
    for (endpoint, method), readers in TABLE.items():
        rule = routes(app)[endpoint, method]
        for reader in sorted(readers.split()) if method == "GET" else ():
            if endpoint in papers:
                continue  # its paper was read, and takes long
            answer, there = asked(browsers[reader], "get", address(rule, people))
            opened += answer.status_code == 200
            leaks.setdefault(endpoint, set()).update(there)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                leaks |= dict(sent(browsers[reader], answer.text, tried))
            elif answer.status_code == 200:
                papers.add(endpoint)
    assert opened > 100
    choosing = {"settings.edit", "settings.edit refused"}  # the presets stand there to be chosen
    assert sorted(f"{where}: {one}" for where, there in leaks.items() for one in there if where not in choosing) == []


def test_a_preview_of_lists_speaks_the_units_words(unit):
    """Its own lists come back unchanged; what is wrong in them is told by the heads and roles of this unit."""
    _people, browsers = unit
    lists = browsers["office"].get("/lists/current.xlsx").data
    page = previewed(browsers["office"], lists)
    assert "新增0条，改动0条" in page.text
    assert found(page) == set()
    book = openpyxl.load_workbook(io.BytesIO(lists))
    for sheet in list(book)[:3]:
        sheet.append(["新来的人", *["不对"] * (sheet.max_column - 1)])
    wrong = io.BytesIO()
    book.save(wrong)
    page = previewed(browsers["office"], wrong.getvalue())
    assert "不对的地方" in page.text
    assert found(page) == set()


def previewed(browser, content):
    return browser.post(
        "/lists/import", {"workbook": (io.BytesIO(content), "名册.xlsx"), "from_on": today().isoformat()}
    )
