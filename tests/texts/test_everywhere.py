"""One text that holds a character of every class, typed into every text field of every form, and what becomes of it.

The fields are read from the pages that show them: a new one is tried without being named.
"""

import contextlib
import contextvars
import html

import pytest
import sqlalchemy as sa

from logbook.cleaning import clean_text, without_unseen
from logbook.db import Base, db
from tests.client import posting
from tests.faults.test_typed import PUBLIC_FORMS, endpoint_of, is_filled_in, written
from tests.test_access import TABLE, address, routes, world
from tests.texts.test_cleaning import CLASSES

__all__ = ["world"]
ODD = "甲" + "".join(chars for chars, _becomes in CLASSES.values() if "\ud800" not in chars) + "乙"
SEEN = clean_text(ODD)
# Kept as they came: a phone's draft is its own until it is sent, a body of a version never changes.
AS_THEY_CAME = {"draft.fields", "visit_version.body", "made_paper.question"}
PAPERS = (".pdf", ".docx", ".xlsx", ".zip")


def typed(form):
    """The form as `written` fills it in, with the odd text in every field that takes one."""
    sent = written(form)
    for one in form.iter():
        name, kind = one.get("name"), one.get("type", "text")
        if one.tag == "textarea" or (one.tag == "input" and kind in {"text", "search", "tel", "url", "email"}):
            sent[name] = ["１７" if one.get("inputmode") == "numeric" else ODD]
        elif one.tag == "input" and kind == "date":
            sent[name] = ["２０２５年３月９日"]
    return {name: texts for name, texts in sent.items() if name}


def pages(app, people, browsers):
    """(browser, address) of every GET route for everybody who may open it."""
    for (endpoint, method), readers in TABLE.items():
        for reader in set(readers.split()) - {"nobody"} if method == "GET" else ():
            yield browsers[reader], address(routes(app)[endpoint, method], people)


def opened(browser, path):
    """The status, and the page if it is one."""
    with contextlib.closing(contextvars.Context().run(browser.http.get, path)) as answer:
        return answer.status_code, answer.text if answer.mimetype == "text/html" else ""


def test_a_text_of_every_class_is_stored_cleaned_and_fails_no_page_and_no_paper(app, world):
    people, browsers = world
    db.session.remove()
    tried, refused = set(), set()
    for browser, path in list(pages(app, people, browsers)):
        status, page = opened(browser, path)
        for form in posting(page) if status == 200 else ():
            taken = endpoint_of(form.get("action"))
            if not taken or taken in PUBLIC_FORMS or not is_filled_in(form):
                continue
            body = typed(form)
            db.session.remove()  # or the form would wait for what this test has read
            answered = contextvars.Context().run(lambda b=browser, f=form, d=body: b.http.post(f.get("action"), data=d))
            assert answered.status_code < 500, (taken, answered.status_code)
            (tried if answered.status_code == 303 else refused).add(taken)
            if ODD in body.values() and answered.status_code == 422:
                assert html.escape(SEEN[:3]) in answered.text, taken
    db.session.rollback()
    assert len(tried) > 20, (tried, refused)
    unclean = {place for place, text in stored() if text != without_unseen(text) and place not in AS_THEY_CAME}
    assert unclean == set()
    assert any(SEEN[:3] in text for _place, text in stored())
    addresses = list(pages(app, people, browsers))
    db.session.remove()
    for browser, path in addresses:
        assert opened(browser, path)[0] < 500, path


def stored():
    """(table.column, text) of all texts in the database."""
    for table in Base.metadata.sorted_tables:
        columns = [one for one in table.columns if isinstance(one.type, sa.Text | sa.String)]
        for row in db.session.execute(sa.select(*columns)).all() if columns else ():
            yield from (
                (f"{table.name}.{c.name}", text) for c, text in zip(columns, row, strict=True) if isinstance(text, str)
            )


@pytest.mark.parametrize("path", ["/visits", "/problems", "/voices"])
def test_a_search_for_an_odd_text_finds_or_finds_nothing(world, path):
    _people, browsers = world
    assert browsers["office"].get(path, query_string={"text": ODD}).status_code == 200
