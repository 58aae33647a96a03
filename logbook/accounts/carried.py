"""What was typed when the session had ended: the sign-in form carries it, and shows it again afterwards.

It travels signed, with the person it belongs to, and is shown to nobody else. Files and passwords cannot travel.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar
from urllib.parse import parse_qsl

from flask import current_app, g, make_response, render_template, request
from flask_babel import gettext as _
from itsdangerous import BadData
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from logbook.accounts import filled
from logbook.cleaning import storable
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.signing import Dated

MAX_AGE = 30 * 24 * 3600  # seconds
REFUSED = {403, 404, 409}  # by the page itself, which then holds what was typed
SHORTEST = 4  # characters of a text worth copying
FIELD = "carried"
OWNER = "typed_by"
NOT_KEPT = {"csrf_token", "client_key", OWNER, FIELD, "password", "old", "own_password", "code"}
# What the house itself puts into its forms beside what a person fills in.
MACHINE = {
    "act", "add", "as", "based_on", "begun_from", "bundle", "client_key", "digest", "from_on", "looked", "member_id",
    "person_id", "preview", "problem_line", "problem_repeats", "rows", "seen", "settle", "shown", "stance", "step",
    "sure", "trips", "turn", "undertaking_line", "upload", "version", "waited", "what",
}  # fmt: skip
_DIGEST = re.compile(r"[0-9a-f]{32,}")

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Carried:
    """A body typed by a person for a path of ours."""

    path: str
    person_id: int | None
    fields: tuple[tuple[str, str], ...]
    had_files: bool


def _signer(salt: str) -> Dated:
    return Dated(current_app.secret_key, salt=salt)  # type: ignore[arg-type]


def owner_mark(person_id: int) -> str:
    """A signed mark of who has the form open, for a hidden field of every form."""
    return str(_signer(OWNER).dumps(person_id))


def owner_of(mark: str) -> int | None:
    """Return whose mark it is; None when it is not ours, or older than 30 days."""
    try:
        return int(_signer(OWNER).loads(mark, max_age=MAX_AGE))
    except (BadData, ValueError):
        return None


def had_files() -> bool:
    """Whether this request brought files: they are dropped wherever a form is shown again."""
    try:
        return any(file.filename for file in request.files.values())
    except HTTPException:
        return False


def pack() -> str:
    """Return the body of this request, signed, for a hidden field of the sign-in form.

    Nothing where the form bore no mark of who had it open: what was typed could be shown to nobody.
    """
    if not request.form.get(OWNER):
        return ""
    fields = [(k, v) for k, v in request.form.items(multi=True) if k == "client_key" or k not in NOT_KEPT]
    payload = [request.full_path.rstrip("?"), owner_of(request.form[OWNER]), fields, had_files()]
    return str(_signer(FIELD).dumps(payload))


def unpack(text: str) -> Carried | None:
    """Return what the sign-in form carried; None when there is nothing or it is not ours."""
    try:
        path, person_id, fields, had_files = _signer(FIELD).loads(text, max_age=MAX_AGE)
    except BadData:
        return None
    return Carried(path, person_id, tuple((k, v) for k, v in fields), had_files)


def shows_typed(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view without a page of its own that shows its form as typed where it is not carried out.

    It must do nothing but where `Form.validate_on_submit` says so: a form shown again is never submitted.
    """
    view.shows_typed = True  # type: ignore[attr-defined]
    return view


def show_again(path: str, fields: MultiDict[str, str], *, own: bool = True) -> Response | None:
    """Show what was typed for `path`, its query included, carrying nothing out.

    On its own page where that holds all of it; else on a page that sends it once more as it was. Only for who typed
    it: whoever calls has made sure of that (troubles.py); not `own` is a public page's, where nobody is signed in.
    None where there is no page for it.
    Where its page refuses meanwhile, what was typed stands under the reason, to be copied.
    """
    page, _mark, query = path.partition("?")
    adapter = current_app.create_url_adapter(request)
    if adapter is None or not adapter.test(page, method="POST"):
        return None
    method = "GET" if adapter.test(page, method="GET") else "POST"
    endpoint, values = adapter.match(page, method=method)
    fields = MultiDict([(name, storable(text)) for name, text in fields.items(multi=True)])
    g.had_files = had_files()
    if method == "POST" and not hasattr(current_app.view_functions[endpoint], "shows_typed"):
        return _offer(path, fields) if own else None
    g.shown_again, g.shown_path = fields, path
    # The page is only looked at, whatever asked for it.
    asked = request.method, request.args
    request.method, request.args = "GET", ImmutableMultiDict(parse_qsl(query))
    try:
        shown = _page(endpoint, values, fields)
    finally:
        request.method, request.args = asked
    if shown.status_code in REFUSED or filled.holds(shown.get_data(as_text=True), page, written(fields)):
        return shown
    return _offer(path, fields, here=path if method == "GET" else "") if own else keep("", 409, fields)


def _page(endpoint: str, values: Mapping[str, Any], fields: MultiDict[str, str]) -> Response:
    """The page as it is now; where it refuses, what was typed under the reason."""
    try:
        return make_response(current_app.view_functions[endpoint](**values))
    except RuleBroken as broken:
        return keep(str(broken.message), 409, fields)
    except NotAllowed:
        return keep(_("您没有这项权限。"), 403, fields)
    except NotThere:
        return keep(_("这一页已经没有了，或不在您的知悉范围。"), 404, fields)


def written(fields: MultiDict[str, str]) -> list[tuple[str, str]]:
    """What may stand on a page again: all but secrets and what the house itself put into the form."""
    return [(name, text) for name, text in fields.items(multi=True) if name not in NOT_KEPT]


def filled_in(fields: MultiDict[str, str]) -> list[tuple[str, str]]:
    """What a person filled in, be it a name of two characters or a number; nothing of what the house put there."""
    return [(name, text) for name, text in written(fields) if text.strip() and not _is_machine(name, text)]


def texts(fields: MultiDict[str, str]) -> list[str]:
    """What somebody may want to copy: a name of two characters too, a number not."""
    return [text for _name, text in filled_in(fields) if len(text) >= SHORTEST or not text.isascii()]


def _is_machine(name: str, text: str) -> bool:
    """Whether no person typed it: by its name, or because it is a digest or a list made by a script."""
    if name in MACHINE or _DIGEST.fullmatch(text) or (name, text) == ("back", "home"):
        return True
    try:
        return text[:1] in {"[", "{"} and isinstance(json.loads(text), list | dict)
    except ValueError:
        return False


def is_shown_again() -> bool:
    """Whether a form of this page was typed before, and is shown as it was."""
    return "shown_again" in g


def typed() -> MultiDict[str, str]:
    """What was typed into the form of this page: in this request, or before, shown again."""
    shown: MultiDict[str, str] | None = g.get("shown_again")
    return request.form if shown is None else shown


def again(name: str, default: object = "", **of: str) -> object:
    """Return for a template what a field held that is shown again; `of` names the form where a page has several."""
    shown = g.get("shown_again")
    return default if shown is None or any(shown.get(k) != v for k, v in of.items()) else shown.get(name, default)


def keep(reason: str, status: int, fields: MultiDict[str, str]) -> Response:
    """A page that says why it was not carried out, with what was typed."""
    db.session.rollback()
    g.had_files = had_files()
    return make_response(render_template("accounts/kept.html", reason=reason, typed=texts(fields)), status)


def _offer(path: str, fields: MultiDict[str, str], here: str = "") -> Response:
    """A page that sends what was typed once more, where its own page cannot show all of it; `here` is that page."""
    db.session.rollback()
    sent = [pair for pair in fields.items(multi=True) if pair[0] == "client_key" or pair[0] not in NOT_KEPT]
    page = render_template("accounts/kept.html", reason="", typed=texts(fields), path=path, fields=sent, here=here)
    return make_response(page, 409)
