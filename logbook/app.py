"""The factory: settings, extensions, features, error pages, response headers; the only file that knows all features."""

import contextlib
import gc
import gzip
import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import Babel, Domain, get_locale
from flask_login import current_user
from flask_wtf import CSRFProtect
from markupsafe import Markup, escape
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, IntegerConverter
from werkzeug.wrappers import Response

from logbook import access, cli, clock, config, cookies, formats, instance, logs, refused, troubles
from logbook.access import Act
from logbook.accounts import carried
from logbook.accounts.code_views import bp as codes
from logbook.accounts.code_views import notices
from logbook.accounts.views import bp as accounts
from logbook.accounts.views import login_manager
from logbook.ballots.box import clean_after_kill
from logbook.ballots.counting import shown as points
from logbook.ballots.views import bp as ballots
from logbook.ballots.voting import bp as voting
from logbook.ballots.witness_views import bp as witness
from logbook.comments.views import bp as comments
from logbook.db import begin_request, db, end_request, reading
from logbook.desk.hanging import hanging_on
from logbook.desk.views import bp as desk
from logbook.gate import ARRIVED, SAFE, Gate
from logbook.minutes.views import bp as minutes
from logbook.organization.queries import places_of
from logbook.organization.stand_in_views import bp as stand_in
from logbook.organization.views import bp as organization
from logbook.outcomes.views import bp as outcomes
from logbook.pack.views import bp as pack
from logbook.phone import keys
from logbook.phone.shell import MODULES
from logbook.phone.shell import bp as shell
from logbook.phone.views import bp as phone
from logbook.printing.press import Press
from logbook.printing.previews import Shelf
from logbook.printing.views import bp as printing
from logbook.problems.views import bp as problems
from logbook.rectification.views import bp as rectification
from logbook.review.report_views import bp as reports
from logbook.review.views import bp as review
from logbook.sample import cli as sample
from logbook.settings import queries as settings_queries
from logbook.settings.queries import Settings, Words
from logbook.settings.views import bp as settings
from logbook.settings.views import current
from logbook.typed import TypedRequest
from logbook.visits.book_views import bp as books
from logbook.visits.draft_views import bp as drafts
from logbook.visits.offer_views import bp as offers
from logbook.visits.upload_views import bp as uploads
from logbook.visits.views import bp as visits
from logbook.years.views import bp as years

FEATURES = (
    settings,
    accounts,
    codes,
    printing,
    organization,
    stand_in,
    problems,
    visits,
    books,
    drafts,
    offers,
    uploads,
    years,
    review,
    reports,
    comments,
    ballots,
    voting,
    witness,
    rectification,
    outcomes,
    minutes,
    pack,
    desk,
    phone,
    shell,
)
ROOT = Path(__file__).parent
MOST_TEXTS = 4000  # of a language: twice what the catalogue has
SMALLEST_TO_PACK = 1400  # bytes: below, one network packet holds it anyway
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Identity(IntegerConverter):
    """An id in an address: what no table can hold is simply not there."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"max": 2**31 - 1} | options)


class Year(IntegerConverter):
    """A year in an address, of those the house is made for."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"min": 2000, "max": 2999} | options)


class ClientKey(BaseConverter):
    """The key a browser gave to what it sends."""

    regex = "[A-Za-z0-9_-]{8,64}"


@lru_cache(maxsize=8)
def _looked_up(_language: str, _words: Words) -> dict[str, str]:
    return {}


class WordedDomain(Domain):
    """Chinese source texts with this unit's own words (党委, 组织科 …) in the place of the presets."""

    def gettext(self, string: str, **variables: object) -> str:
        texts: dict[str, str] = g.texts if "texts" in g else self._texts()
        text = texts.get(string)
        if text is None:
            if len(texts) >= MOST_TEXTS:  # a text that holds what somebody typed would stay for good
                texts.clear()
            text = texts[string] = self._worded(string)
        return text % variables if variables else text

    def _texts(self) -> dict[str, str]:
        """What was looked up before in this request's language and the unit's words; a page asks a hundred times."""
        locale = get_locale()
        if "words" not in g or locale is None:
            return {}
        g.texts = _looked_up(locale.language, g.words)
        found: dict[str, str] = g.texts
        return found

    def _worded(self, string: str) -> str:
        text: str = self.get_translations().ugettext(string)
        locale = get_locale()
        if "words" in g and locale is not None and locale.language == "zh":
            words: Words = g.words
            text = words.apply(text)
        return text


class WordedBabel(Babel):
    """Flask-Babel whose texts come from WordedDomain; one catalogue a process, not one a request."""

    domain_instance = WordedDomain(str(ROOT / "translations"))


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """Return the application, configured from the environment and `overrides`."""
    # The version stands in the path: scripts import one another by their plain names, and are kept for a year.
    app = Flask(__name__, template_folder=str(ROOT.parent / "templates"), static_url_path=f"/static/{_release()}")
    app.request_class = TypedRequest
    app.config.update(config.load(overrides))
    app.wsgi_app = Gate(  # type: ignore[method-assign]
        app.wsgi_app, most=app.config["MAX_CONTENT_LENGTH"], hosts=app.config["HOSTS"]
    )
    app.config["PLACES_OF"] = places_of  # accounts stand below the organization
    app.config["HANGING_ON"] = hanging_on  # and below all that can hang on an account
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.init_app(app)
    WordedBabel(app, locale_selector=_language)
    csrf = CSRFProtect(app)
    for by_code in (voting, witness):  # a token would need a session; the code on the slip is what a forger lacks
        csrf.exempt(by_code)
    login_manager.init_app(app)
    logs.init_app(app)
    app.url_map.merge_slashes = False  # it would lead to an address made of the Host that was sent
    app.url_map.converters |= {"int": Identity, "year": Year, "key": ClientKey}
    for feature in FEATURES:
        app.register_blueprint(feature)
    cli.register(app)
    sample.register(app)
    troubles.register(app)
    _templates(app)
    app.before_request(_begin)
    app.after_request(_finish)
    refused.register(app)
    app.teardown_request(lambda _error: end_request())
    return app


def create_server_app() -> Flask:
    """Return the application of a server process, which lives long and makes only one."""
    app = create_app()
    _refuse_a_moved_clock(app.config["INSTANCE"])
    _refuse_other_house(app)
    # A full disk, a folder that is another's, a database that somebody holds: no reason not to serve.
    with contextlib.suppress(OSError, SQLAlchemyError):
        Shelf(app.config["INSTANCE"] / "previews").clean(formats.now())
        Press(app.config["INSTANCE"] / "making").clean()
        with app.app_context(), reading():
            clean_after_kill()
    gc.collect()
    gc.freeze()  # or every full collection walks all modules again, and sixteen people wait 40 ms for it
    return app


def _refuse_a_moved_clock(folder: Path) -> None:
    """A real installation, which run.py keeps to one server by a file in it, has the machine's own time."""
    if clock.offset() and (folder / "in_use").exists() and not (folder / "demo.json").exists():
        raise RuntimeError(
            "LOGBOOK_CLOCK 只供测试拨动时钟，正式使用不能设置。 LOGBOOK_CLOCK moves the clock for tests; unset it."
        )


def _refuse_other_house(app: Flask) -> None:
    """Of two hosts with one database, the one with another key or folder does not start."""
    with app.app_context(), reading(), contextlib.suppress(SQLAlchemyError):  # away, or not yet upgraded: pages say so
        known = settings_queries.known_installation()
        if known is not None:
            here = instance.identity(app.config["INSTANCE"], app.config["SECRET_KEY"])
            instance.refuse_other(here, known, alone=db.engine.dialect.name == "sqlite")


def _language() -> str:
    return "en" if request and cookies.LANGUAGE.read(request) == "en" else "zh"


def _begin() -> None:
    g.unwatched = request.endpoint in access.UNWATCHED
    begin_request(writes=request.method not in SAFE, arrived=request.environ[ARRIVED])
    if request.endpoint != "static":
        with reading():  # a transaction of its own, or every request would begin by waiting for the writers
            g.words = _settings().words
            db.session.close()


def _settings() -> Settings:
    """The settings; asked for once more where the connection was one to a server that was restarted meanwhile."""
    try:
        return current()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        db.session.close()
        return current()


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    place = response.headers.get("Location", "").removeprefix(request.host_url)
    if place and place != response.headers["Location"]:  # Werkzeug's own redirects name the Host that was sent
        response.headers["Location"] = "/" + place.lstrip("/")
    if current_app.config["HTTPS"] or request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint == "static" and response.status_code in {200, 304}:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"
    return _packed(response)


def _packed(response: Response) -> Response:
    fixed = request.endpoint == "static"
    if (
        (response.is_streamed and not fixed)
        or response.mimetype not in {"text/html", "text/css", "text/javascript", "application/json", "image/svg+xml"}
        or not request.accept_encodings.quality("gzip")
        or (response.content_length or 0) < SMALLEST_TO_PACK
    ):
        return response
    response.direct_passthrough = False
    response.set_data(gzip.compress(response.get_data(), compresslevel=6 if fixed else 1, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _templates(app: Flask) -> None:
    app.jinja_options = {"autoescape": True}
    # Flask-Babel would hand templates the bare catalogue, past the unit's own words.
    app.jinja_env.globals.update(_=_shown, gettext=_shown, phone_modules=MODULES)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        full_date=formats.shown_date,
        short_date=formats.shown_short,
        minute=formats.shown_minute,
        local_date=formats.local_date,
        points=points,
    )
    app.context_processor(_shown_everywhere)


def _shown(text: str, /, **variables: object) -> Markup:
    """A text in the reader's language; what stands in it is escaped, and the unit's own words as well."""
    shown = escape(WordedBabel.domain_instance.gettext(text))
    return shown % variables if variables else shown


def _shown_everywhere() -> dict[str, object]:
    return {
        "Act": Act,
        "again": carried.again,
        "asset": _asset,
        "code_notices": notices,
        "known_endpoints": current_app.view_functions,
        "locale": str(get_locale() or "zh"),
        "me": current_user.actor,
        "owner_mark": carried.owner_mark(current_user.actor.person_id) if current_user.is_authenticated else "",
        "owner_id": keys.owner_id(current_app.config["SECRET_KEY"], current_user.actor.person_id),
        "settings": current(),
        "shell": False,
        "today": formats.today(),
    }


@cache
def _release() -> str:
    """A digest of all that is static."""
    files = sorted(path for path in (ROOT / "static").iterdir() if path.is_file())
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _asset(name: str) -> str:
    return url_for("static", filename=name)


gc.freeze()  # what was imported stays; making the application would have all of it looked through again and again
