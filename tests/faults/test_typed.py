"""Nothing typed is lost: every form of every page, sent when it cannot be taken.

A new route is walked by itself: its fields are read from the page that shows its form.
"""

import contextlib
import contextvars
import sqlite3
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import current_app
from werkzeug.exceptions import HTTPException

from logbook.accounts import carried
from logbook.accounts.models import Person
from logbook.db import db
from tests import factories
from tests.client import Client, check_page, posting, sent_by
from tests.test_access import TABLE, address, routes, world

__all__ = ["world"]
SECRET = "SECRETWORD"
NO_PAGES = {"shell.home", "shell.form"}  # filled and sent by a script only (tests/browser/test_phone.py)
# Of who is not signed in: nothing but a name and a code, and the ballot's own (tests/faults/test_away.py).
PUBLIC_FORMS = {"accounts.sign_in", "accounts.use_code", "accounts.language", "voting.enter", "witness.enter"}

# Their page shows a form only at another step; what is typed there.
BY_HAND = {
    "ballots.show": ("office", {"sheet": "grades", "witness_id": "1", "clerk_id": "4"}),
    "ballots.count_paper": ("office", {"back": "17"}),
    "problems.reopen": ("office", {"reason": "写好的话，又漏雨了。"}),
    "reports.sort_extract": ("owner", {"part": "praise", "text": "写好的话。"}),
    "outcomes.feed_back": ("office", {"fed_back_on1": "2025-03-09"}),
    "rectification.confirm_import": ("office", {"rows": "写好的话", "digest": "0" * 64}),
}
# Buttons, passwords, codes and files alone: nothing is typed that could be shown again.
BUTTONS = {
    "accounts.end_session", "accounts.lose_device", "accounts.me", "accounts.sign_out", "books.issue",
    "ballots.make_codes", "ballots.make_witness_code", "ballots.type_again", "ballots.watch",
    "codes.acknowledge", "codes.agree", "codes.decline", "codes.give", "codes.print_code", "codes.withdraw",
    "comments.add_facts", "comments.draft", "comments.draft_all", "comments.look_at",
    "comments.take_back",
    "minutes.draft", "minutes.settle", "organization.confirm_import", "organization.copy_liaison", "organization.void",
    "pack.build", "pack.folder", "pack.move", "pack.remove", "pack.replace", "pack.whole",
    "phone.import_rescue", "printing.cancel", "problems.close_directive", "problems.reopen_directive",
    "rectification.draft", "rectification.import_lists", "rectification.remove", "rectification.restore",
    "reports.print_brief", "review.freeze", "visits.confirm", "visits.decline", "visits.receive",
    "voting.cast", "ballots.type_in", "witness.act", "witness.type_in",
}  # fmt: skip


def endpoint_of(path):
    """The endpoint that takes a POST to this address; None when none does."""
    try:
        return current_app.url_map.bind("localhost").match(urlsplit(path).path, method="POST")[0]
    except HTTPException:
        return None


def is_filled_in(form):
    """Whether there is anything in it for a person to fill in, and not a button alone."""
    controls = (one for one in form.iter() if one.tag in {"input", "textarea", "select"})
    return any(one.get("type") not in {"hidden", "password"} for one in controls)


def written(form):
    """What the form sends with a text of its own in every field that takes one; a secret in every secret one."""
    sent = sent_by(form)
    for one in form.iter():
        name, kind = one.get("name"), one.get("type", "text")
        if one.tag == "textarea" or (one.tag == "input" and kind in {"text", "search", "tel", "url", "email"}):
            sent[name] = ["17" if one.get("inputmode") == "numeric" else f"写好的话 {name} <b>&"]
        elif one.tag == "input" and kind == "date":
            sent[name] = ["2025-03-09"]
        elif one.tag == "input" and kind == "password":
            sent[name] = [SECRET]
        elif one.tag == "select":
            sent[name] = [list(one.iter("option"))[-1].get("value")]
        elif one.tag == "input" and kind in {"checkbox", "radio"}:
            sent[name] = [one.get("value", "on")]
    return {name: texts for name, texts in sent.items() if name}


@pytest.fixture
def forms(app, world):
    """{(endpoint, fields): (reader, address, what is typed)}: every form that any page shows to who may send it."""
    people, browsers = world
    found = {}
    for (endpoint, method), readers in TABLE.items():
        on_page = method == "GET" and endpoint not in NO_PAGES and "." not in routes(app)[endpoint, method].rule
        for reader in set(readers.split()) - {"nobody"} if on_page else ():
            answer = browsers[reader].get(address(routes(app)[endpoint, method], people))
            for form in posting(answer.text) if answer.mimetype == "text/html" and answer.status_code == 200 else ():
                taken, body = endpoint_of(form.get("action")), written(form)
                if taken and taken not in PUBLIC_FORMS and is_filled_in(form):
                    found.setdefault((taken, frozenset(body)), (reader, form.get("action"), body))
    for endpoint, (reader, body) in BY_HAND.items():
        mark = {"typed_by": carried.owner_mark(people[reader])}
        found[endpoint, ""] = reader, address(routes(app)[endpoint, "POST"], people), body | mark
    return found


def send(browser, path, body):
    """The answer to the form; a page is checked as every page is."""
    answer = contextvars.Context().run(lambda: browser.http.post(path, data=body))
    if answer.mimetype == "text/html" and answer.status_code != 303:
        check_page(answer.text)
    return answer


def lost(answer, path, body):
    """What was typed, and can neither be seen nor sent from the answer; a secret that can."""
    there = [sent_by(form) for form in posting(answer.text) if urlsplit(form.get("action")).path == urlsplit(path).path]
    has = {(name, plain(text)) for fields in there for name, texts in fields.items() for text in texts}
    kept = {name: texts for name, texts in body.items() if name not in carried.NOT_KEPT}
    gone = [name for name, texts in kept.items() for text in as_list(texts) if text and (name, plain(text)) not in has]
    return gone + (["a secret"] if SECRET in answer.text else [])


def as_list(texts):
    return [texts] if isinstance(texts, str) else texts


def plain(text):
    return " ".join(text.split())


def walk(forms, send_one):
    """{endpoint: what is lost} over all forms, sent by `send_one(reader, path, body)`."""
    found = {}
    for (endpoint, _fields), (reader, path, body) in forms.items():
        answer = send_one(reader, path, body)
        if gone := lost(answer, path, body):
            found[f"{endpoint} {answer.status_code}"] = gone
    return found


@contextlib.contextmanager
def away():
    """The database answers nothing."""
    gone = sqlite3.OperationalError("unable to open database file")
    gone.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN

    def refuse(*_statement):
        raise sa.exc.OperationalError("SELECT", None, gone)

    sa.event.listen(db.engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", refuse)


@pytest.fixture
def locked(app):
    """Somebody else writes, and does not end; nobody waits for long."""

    def shorten(connection, record):
        connection.execute("PRAGMA busy_timeout=10").close()
        record.info["patience"] = 0.01

    @contextlib.contextmanager
    def lock():
        with contextlib.closing(sqlite3.connect(app.config["INSTANCE"] / "logbook.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield

    engine = db.engine
    sa.event.listen(engine, "connect", shorten)
    db.session.remove()
    engine.dispose()
    yield lock
    sa.event.remove(engine, "connect", shorten)  # the engine outlives this test: later ones wait as they should
    db.session.remove()
    engine.dispose()


def test_what_was_typed_in_any_form_stays_or_can_be_sent_again(app, world, forms, locked):
    people, browsers = world
    names = {reader: db.session.get(Person, person).sign_in_name for reader, person in people.items()}
    db.session.remove()

    def send_as_usual(reader, path, body):
        return send(browsers[reader], path, body)

    def send_with_an_old_token(reader, path, body):
        return send(browsers[reader], path, body | {"csrf_token": "stale"})

    def send_when_the_session_is_over(reader, path, body):
        asked = send(Client(app), path, body)
        assert SECRET not in asked.text
        again = {"sign_in_name": names[reader], "password": factories.PASSWORD}
        return send(Client(app), "/sign-in", again | {"carried": sent_by(posting(asked.text)[-1])["carried"]})

    everything = {endpoint for endpoint, method in TABLE if method == "POST"}
    assert everything - {endpoint for endpoint, _fields in forms} <= BUTTONS | PUBLIC_FORMS
    with locked():
        assert walk(forms, send_as_usual) == {}
    with away():
        assert walk(forms, send_as_usual) == {}
    assert walk(forms, send_when_the_session_is_over) == {}
    app.config["WTF_CSRF_ENABLED"] = True
    assert walk(forms, send_with_an_old_token) == {}


def test_while_others_write_a_form_is_shown_as_itself(app, world, locked):
    """With its own fields to go on in, and not on the bare page of a database that is away."""
    _people, browsers = world
    for reader, page, name in (("owner", "/visits/new", "findings"), ("office", "/lists/branches/new", "name")):
        forms = posting(browsers[reader].get(page).text)
        body = written(next(one for one in forms if endpoint_of(one.get("action")) == endpoint_of(page)))
        with locked():
            answer = send(browsers[reader], page, body)
        controls = [one for form in posting(answer.text) for one in form.iter() if one.get("name") == name]
        assert answer.status_code == 503
        assert [one for one in controls if one.get("type") != "hidden"], page
