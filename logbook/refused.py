"""A page that refuses what was typed is led to by an address of its own, so that Back and a reload show it again.

A browser keeps the answer to a form no longer than it is looked at: by Back it would ask to send the form once more.
So who navigates gets 303 to the form's own address, which shows the page that was made. Whoever sends by script, or
asks for JSON, gets the answer itself, with its status.
"""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, Flask, current_app, make_response, redirect, request, url_for
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from logbook import cookies
from logbook.access import PUBLIC, Act, actor, may
from logbook.accounts.kept_pages import Drawer, RefusedPage
from logbook.config import secret_key
from logbook.db import db
from logbook.errors import NotAllowed, NotThere
from logbook.formats import now

bp = Blueprint("refused", __name__)
ASKED = "refused"  # in an address: the name of the page that is to be shown
# Where a ballot is typed in, a page holds one: it lies on no disk, sealed or not.
NOT_KEPT = frozenset({"ballots", "voting", "witness"})
_NAME = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
FIRST_REFUSAL, FIRST_FAULT = 400, 500  # HTTP statuses


def register(app: Flask) -> None:
    """Let the application keep what it refuses. After its own hook for headers, so that this one runs before it."""
    app.before_request(_show)
    app.after_request(_lead)
    app.register_blueprint(bp)


def drawer() -> Drawer:
    """The pages of this sign-in."""
    return Drawer(current_app.config["INSTANCE"] / "refused", secret_key(), cookies.SESSION.read(request))


# --- kept -----------------------------------------------------------------------------------------


def _lead(response: Response) -> Response:
    if request.method != "POST" or not _navigates() or not _is_kept_for(request.endpoint):
        return response
    if response.status_code < FIRST_REFUSAL:
        _drop_taken()
        return response
    return _kept(response) or response


def _navigates() -> bool:
    """Whether a browser goes to a page; over plain http it says so by asking for https."""
    mode = request.headers.get("Sec-Fetch-Mode")
    return mode == "navigate" if mode else request.headers.get("Upgrade-Insecure-Requests") == "1"


def _is_kept_for(endpoint: str | None) -> bool:
    return endpoint is not None and endpoint not in PUBLIC and endpoint.partition(".")[0] not in NOT_KEPT


def _kept(response: Response) -> Response | None:
    """The way to the page, once it is kept; None where it cannot be: then the page itself is the answer."""
    if response.mimetype != "text/html" or response.is_streamed:
        return None
    try:
        if not current_user.is_authenticated:
            return None
        by = actor()
        roles = tuple(sorted(role.value for role in by.roles))
        page = RefusedPage(by.person_id, roles, request.path, response.status_code, response.get_data(as_text=True))
        name = drawer().keep(page, at=now())
    except (OSError, SQLAlchemyError):  # a full disk, a database that is away
        return None
    return redirect(_address(request.full_path, name), 303) if name else None


def _address(path: str, name: str) -> str:
    """The address with the page's name in it; none with nothing."""
    place, _mark, query = path.partition("?")
    asked = [pair for pair in parse_qsl(query) if pair[0] != ASKED] + ([(ASKED, name)] if name else [])
    return f"{place}?{urlencode(asked)}" if asked else place


def _drop_taken() -> None:
    """What was refused before has been taken now: Back leads to the form as it is."""
    before = dict(parse_qsl(urlsplit(request.referrer or "").query)).get(ASKED, "")
    if _NAME.fullmatch(before):
        drawer().drop(before)


# --- shown ----------------------------------------------------------------------------------------


def _show() -> Any:
    name = request.args.get(ASKED, "")
    if request.method != "GET" or not name or request.endpoint == "static" or not current_user.is_authenticated:
        return None
    found, by = drawer().find(name, at=now()) if _NAME.fullmatch(name) else None, actor()
    roles = tuple(sorted(role.value for role in by.roles))
    if found is None or (found.person_id, found.roles, found.path) != (by.person_id, roles, request.path):
        return redirect(_address(request.full_path, "") if request.endpoint else url_for("desk.home"), 303)
    instead = _as_it_is_now()
    if instead is not None:
        return instead
    db.session.close()
    return make_response(found.page, found.status if found.status < FIRST_FAULT else 200)


def _as_it_is_now() -> Response | None:
    """What the address answers where the reader may not open it any more, or it is led elsewhere; None: they may."""
    if request.endpoint is None:
        _refuse_act()
        return None
    answer = make_response(current_app.view_functions[request.endpoint](**(request.view_args or {})))
    return None if answer.status_code == 200 else answer  # noqa: PLR2004


def _refuse_act() -> None:
    """An address that only takes forms: whoever may send it may see what it refused them."""
    adapter = current_app.create_url_adapter(request)
    try:
        endpoint, _values = adapter.match(method="POST") if adapter else ("", {})
    except (HTTPException, RequestRedirect) as error:
        raise NotThere from error
    act = getattr(current_app.view_functions[endpoint], "act", None)
    if act is None or not actor().may(act):
        raise NotAllowed(ASKED)


# --- what was typed since -------------------------------------------------------------------------


@bp.get("/refused/<key:token>")
@may(Act.MANAGE_SELF)
def typed(token: str) -> Response:
    """What was typed into the page after it had refused, as kept.js sent it; nothing where nothing was."""
    found = drawer().typed(token, at=now())
    return _json(found or b"null", 200)


@bp.put("/refused/<key:token>")
@may(Act.MANAGE_SELF)
def keep_typed(token: str) -> Response:
    """Keep what was typed since, beside the page and as short as it."""
    kept = drawer().keep_typed(token, request.get_data(), at=now())
    return _json(b"true" if kept else b"false", 200 if kept else 410)


def _json(said: bytes, status: int) -> Response:
    return current_app.response_class(said, status, mimetype="application/json")
