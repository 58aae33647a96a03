"""What was typed when the session had ended: the sign-in form carries it, and shows it again afterwards.

It travels signed, with the person it belongs to, and is shown to nobody else. Files cannot travel.
"""

from dataclasses import dataclass

from flask import current_app, g, make_response, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

MAX_AGE = 24 * 3600  # seconds
FIELD = "carried"
OWNER = "typed_by"


@dataclass(frozen=True, slots=True)
class Carried:
    """A body typed by a person for a path of ours."""

    path: str
    person_id: int | None
    fields: tuple[tuple[str, str], ...]
    had_files: bool


def _signer(salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key, salt=salt)  # type: ignore[arg-type]


def owner_mark(person_id: int) -> str:
    """A signed mark of who has the form open, for a hidden field of every form."""
    return str(_signer(OWNER).dumps(person_id))


def _owner(mark: str) -> int | None:
    try:
        return int(_signer(OWNER).loads(mark, max_age=30 * MAX_AGE))
    except (BadData, ValueError):
        return None


def pack() -> str:
    """Return the body of this request, signed, for a hidden field of the sign-in form."""
    fields = [(k, v) for k, v in request.form.items(multi=True) if k not in {"csrf_token", OWNER}]
    had_files = any(file.filename for file in request.files.values())
    payload = [request.path, _owner(request.form.get(OWNER, "")), fields, had_files]
    return str(_signer(FIELD).dumps(payload))


def unpack(text: str) -> Carried | None:
    """Return what the sign-in form carried; None when there is nothing or it is not ours."""
    try:
        path, person_id, fields, had_files = _signer(FIELD).loads(text, max_age=MAX_AGE)
    except BadData:
        return None
    return Carried(path, person_id, tuple((k, v) for k, v in fields), had_files)


def show_again(path: str, fields: MultiDict[str, str]) -> Response | None:
    """Render the page of `path` with the fields as typed, carrying nothing out; None when it has no page."""
    try:
        endpoint, values = current_app.create_url_adapter(request).match(path, method="GET")  # type: ignore[union-attr]
        current_app.create_url_adapter(request).match(path, method="POST")  # type: ignore[union-attr]
    except HTTPException:
        return None
    g.shown_again = fields
    return make_response(current_app.ensure_sync(current_app.view_functions[endpoint])(**values))
