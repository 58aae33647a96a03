"""Every form of the product, as somebody of each role finds it on a page."""

import re

from werkzeug.exceptions import HTTPException
from werkzeug.routing import AnyConverter

from tests.client import posting, sent_by
from tests.conftest import THOROUGH
from tests.serving.wire import get

PAGES = 2 if THOROUGH else 1  # of one kind, looked at by each role
NO_PAGE = re.compile(r"\.(pdf|docx|xlsx|zip)|preview=1|/static/")


def every_form(app, port, cookies):
    """{endpoint: (path, cookie, fields)}; what is sent by scripts only gets a body that is made up."""
    rules, found = app.url_map.bind("127.0.0.1"), {}
    for cookie in cookies:
        for path, whose, fields in _on_pages(port, rules, cookie):
            found.setdefault(rules.match(path.partition("?")[0], method="POST")[0], (path, whose, fields))
    _path, whose, fields = next(iter(found.values()))
    made_up = [("csrf_token", dict(fields)["csrf_token"]), ("text", "写好的话" * 20)]
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods:
            found.setdefault(rule.endpoint, (rules.build(rule.endpoint, _values(rule), "POST"), whose, made_up))
    return found


def _values(rule):
    return {name: _value(name, one) for name, one in rule._converters.items()}


def _value(name, converter):
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return {"year": 2026, "key": "photo-00001"}.get(name, 1)


def _on_pages(port, rules, cookie):
    """Walk the links from home, a few pages of each kind, and yield the forms: (path, cookie, fields)."""
    waiting, looked = ["/"], {}
    while waiting:
        status, answer = get(port, path := waiting.pop(0), cookie)
        top, _blank, page = answer.partition("\n\n")
        if status != 200 or "text/html" not in top:
            continue
        fresh = re.search(r"set-cookie: (logbook_form=[^;]+)", top, re.IGNORECASE)
        cookie = f"{cookie}; {fresh[1]}" if fresh and "logbook_form" not in cookie else cookie
        waiting += [link for link in re.findall(r'href="(/[^"#]*)"', page) if _is_new(link, rules, looked)]
        for form in posting(page):
            fields = [(name, value or "") for name, values in sent_by(form).items() for value in values]
            yield form.get("action") or path, cookie, fields


def _is_new(link, rules, looked):
    link = link.replace("&amp;", "&")
    try:
        endpoint = rules.match(link.partition("?")[0], method="GET")[0]
    except HTTPException:
        return False
    seen = looked.setdefault(endpoint, set())
    if NO_PAGE.search(link) or link in seen or len(seen) == PAGES:
        return False
    seen.add(link)
    return True
