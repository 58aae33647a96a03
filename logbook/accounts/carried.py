"""What was typed when the session had ended: the sign-in form carries it, and shows it again afterwards.

It travels signed, with the person it belongs to, and is shown to nobody else. Files and passwords cannot travel.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import current_app, g, make_response, render_template, request
from flask_babel import gettext as _
from itsdangerous import BadData
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.signing import Dated

MAX_AGE = 24 * 3600  # seconds
SHORTEST = 4  # characters of a text worth copying
FIELD = "carried"
OWNER = "typed_by"
NOT_KEPT = {"csrf_token", "client_key", OWNER, FIELD, "password", "old", "own_password", "code"}


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
        return int(_signer(OWNER).loads(mark, max_age=30 * MAX_AGE))
    except (BadData, ValueError):
        return None


def pack() -> str:
    """Return the body of this request, signed, for a hidden field of the sign-in form."""
    fields = [(k, v) for k, v in request.form.items(multi=True) if k == "client_key" or k not in NOT_KEPT]
    had_files = any(file.filename for file in request.files.values())
    payload = [request.full_path.rstrip("?"), owner_of(request.form.get(OWNER, "")), fields, had_files]
    return str(_signer(FIELD).dumps(payload))


def unpack(text: str) -> Carried | None:
    """Return what the sign-in form carried; None when there is nothing or it is not ours."""
    try:
        path, person_id, fields, had_files = _signer(FIELD).loads(text, max_age=MAX_AGE)
    except BadData:
        return None
    return Carried(path, person_id, tuple((k, v) for k, v in fields), had_files)


def show_again(path: str, fields: MultiDict[str, str]) -> Response | None:
    """Render the page of `path`, its query included, with the fields as typed, carrying nothing out.

    None when it has no page.

    Where that page refuses meanwhile, what was typed stands under the reason, to be copied.
    """
    page, _mark, query = path.partition("?")
    try:
        endpoint, values = current_app.create_url_adapter(request).match(page, method="GET")  # type: ignore[union-attr]
        current_app.create_url_adapter(request).match(page, method="POST")  # type: ignore[union-attr]
    except HTTPException:
        return None
    g.shown_again, g.shown_path = fields, path
    # The page is only looked at, whatever asked for it.
    asked = request.method, request.args
    request.method, request.args = "GET", ImmutableMultiDict(parse_qsl(query))
    try:
        return make_response(current_app.view_functions[endpoint](**values))
    except RuleBroken as broken:
        return keep(str(broken.message), 409, fields)
    except NotAllowed:
        return keep(_("您没有这项权限。"), 403, fields)
    except NotThere:
        return keep(_("这一页已经没有了，或不在您的知悉范围。"), 404, fields)
    finally:
        request.method, request.args = asked


def keep(reason: str, status: int, fields: MultiDict[str, str]) -> Response:
    """A page that says why it was not carried out, with what was typed."""
    db.session.rollback()
    typed = [text for name, text in fields.items(multi=True) if name not in NOT_KEPT and len(text) >= SHORTEST]
    return make_response(render_template("accounts/kept.html", reason=reason, typed=typed), status)
