"""A browser without a screen: every page it opens is checked, a GET that writes fails, a forgotten commit shows."""

import contextlib
import contextvars
import re

import html5lib
import sqlalchemy as sa

from logbook import logs
from logbook.db import db
from tests import factories

# What a safe request may leave behind, as a log is (RFC 9110, 9.2.1): when a session was used, which paper was made.
LOGGED = {"sign_in_session", "made_paper"}
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\s+(?:INTO\s+|FROM\s+)?\"?(\w+)", re.IGNORECASE)
WRITTEN = {"text", "search", "password", "email", "tel", "url"}


class Client:
    """A browser without a screen: every page it opens is checked; after each answer the session is rolled back."""

    def __init__(self, app, person=None):
        self.http = app.test_client()
        self.token = factories.sign_in(person) if person else None
        if self.token:
            self.http.set_cookie("logbook", self.token)

    def get(self, path, **options):
        with listening() as made:
            response = self._checked(self.http.get, path, **options)
        written = {found[2] for found in map(WRITES.match, made) if found} - LOGGED
        assert not written, f"GET {path} wrote into {written}"
        return response

    def post(self, path, data=None, **options):
        return self._checked(self.http.post, path, data=data or {}, **options)

    def put(self, path, data=b"", **options):
        return self._checked(self.http.put, path, **({} if "json" in options else {"data": data}), **options)

    def delete(self, path, **options):
        return self._checked(self.http.delete, path, **options)

    def _checked(self, send, path, **options):
        db.session.rollback()
        # A context of its own: the request has its own session, and a commit that the view forgot shows.
        response = contextvars.Context().run(send, path, **options)
        db.session.expire_all()
        response.get_data()  # a file is read whole, and closed
        response.close()
        if response.mimetype == "text/html" and response.status_code not in {204, 301, 302, 303}:
            check_page(response.text)
        return response


def check_page(html):
    """Valid HTML5, one h1, a title, a label for every control, an action for every form, no id twice, no text kept."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    tree = parser.parse(html)
    assert len(tree.findall(".//h1")) == 1, "one h1"
    assert (tree.findtext(".//title") or "").strip(), "a title"
    ids = [e.get("id") for e in tree.iter() if e.get("id")]
    assert len(ids) == len(set(ids)), f"id twice: {sorted(i for i in ids if ids.count(i) > 1)}"
    labelled = {e.get("for") for e in tree.iter("label")}
    for form in tree.iter("form"):
        assert form.get("action") or form.get("method", "get") in {"get", "dialog"}, "a form's action"
    for control in [*tree.iter("input"), *tree.iter("select"), *tree.iter("textarea")]:
        if control.get("type") not in {"hidden", "submit"}:
            named = control.get("id") in labelled or control.get("aria-label") or control.get("aria-labelledby")
            assert named, f"a label for {control.attrib}"
        if control.tag == "textarea" or (control.tag == "input" and control.get("type", "text") in WRITTEN):
            assert control.get("autocomplete"), f"off, or what a password manager may keep: {control.attrib}"
    assert not re.search(r"<[^>]+\sstyle=|<script(?![^>]+src=)|\son\w+=", html), "nothing inline"


def filled(page, action=""):
    """What the page's form to that address would send as it is: {name: [value, …]}."""
    return sent_by(next(one for one in posting(page) if (one.get("action") or "").endswith(action)))


def posting(page):
    """The forms of a page that are sent by POST."""
    forms = html5lib.parse(page, namespaceHTMLElements=False).iter("form")
    return [one for one in forms if one.get("method") == "post"]


def sent_by(form):
    """What a form would send as it is: {name: [value, …]}."""
    sent = {}
    for one in form.iter():
        ticked = one.get("type") not in {"checkbox", "radio"} or one.get("checked") is not None
        if one.tag == "select":
            chosen = [option for option in one.iter("option") if option.get("selected") is not None]
            values = [option.get("value") for option in chosen or list(one.iter("option"))[:1]]
        else:
            values = [one.get("value") or (one.text or "")]
        if one.tag in {"input", "textarea", "select"} and one.get("name") and one.get("type") != "file" and ticked:
            sent.setdefault(one.get("name"), []).extend(values)
    return sent


@contextlib.contextmanager
def listening():
    """Collects the SQL statements sent meanwhile."""
    made = []

    def note(_connection, _cursor, statement, *_rest):
        if not statement.startswith(("BEGIN", "PRAGMA", "SELECT set_config")):  # begun, not asked
            made.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield made
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


@contextlib.contextmanager
def logged(caplog):
    """Lets `caplog` read the lines of the requests made meanwhile; else a test's application writes none."""
    logs.log.disabled = False
    logs.log.addHandler(caplog.handler)
    try:
        yield
    finally:
        logs.log.removeHandler(caplog.handler)
        logs.log.disabled = True


def answer_but_its_path(browser, path):
    """Status and page, without the address that was asked for and the token of its moment."""
    answer = browser.get(path)
    page = answer.data.decode(errors="replace").replace(path, "")
    return answer.status_code, re.sub(r'(name="csrf_token" value|data-typed-by)="[^"]+"', "", page)
