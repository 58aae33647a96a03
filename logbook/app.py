"""The factory: settings, extensions, features, error pages, response headers; the only file that knows all features."""

import contextlib
import errno
import gc
import gzip
import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import Babel, Domain, get_locale
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from markupsafe import Markup, escape
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, IntegerConverter
from werkzeug.wrappers import Response

from logbook import access, cli, config, formats, logs
from logbook.access import Act
from logbook.accounts import carried
from logbook.accounts.views import bp as accounts
from logbook.accounts.views import came_from, login_manager
from logbook.ballots.box import clean_after_kill
from logbook.ballots.counting import shown as points
from logbook.ballots.views import bp as ballots
from logbook.ballots.voting import bp as voting
from logbook.ballots.witness_views import bp as witness
from logbook.comments.views import bp as comments
from logbook.db import db, reading, set_writing
from logbook.desk.views import bp as desk
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.minutes.views import bp as minutes
from logbook.organization.views import bp as organization
from logbook.outcomes.views import bp as outcomes
from logbook.pack.views import bp as pack
from logbook.phone import keys
from logbook.phone.shell import MODULES
from logbook.phone.shell import bp as shell
from logbook.phone.views import bp as phone
from logbook.printing.previews import Shelf
from logbook.printing.views import bp as printing
from logbook.problems.views import bp as problems
from logbook.rectification.views import bp as rectification
from logbook.review.report_views import bp as reports
from logbook.review.views import bp as review
from logbook.sample import cli as sample
from logbook.settings.queries import Words
from logbook.settings.views import bp as settings
from logbook.settings.views import current
from logbook.visits.book_views import bp as books
from logbook.visits.draft_views import bp as drafts
from logbook.visits.upload_views import bp as uploads
from logbook.visits.views import bp as visits
from logbook.years.views import bp as years

FEATURES = (
    settings,
    accounts,
    printing,
    organization,
    problems,
    visits,
    books,
    drafts,
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
SAFE = {"GET", "HEAD", "OPTIONS"}
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
    app.config.update(config.load(overrides))
    if app.config["PROXIES"]:
        hops = app.config["PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    db.init_app(app)
    WordedBabel(app, locale_selector=_language)
    csrf = CSRFProtect(app)
    for codes in (voting, witness):  # a token would need a session; the code on the slip is what a forger lacks
        csrf.exempt(codes)
    login_manager.init_app(app)
    logs.init_app(app)
    app.url_map.converters |= {"int": Identity, "year": Year, "key": ClientKey}
    for feature in FEATURES:
        app.register_blueprint(feature)
    cli.register(app)
    sample.register(app)
    _errors(app)
    _templates(app)
    app.before_request(_begin)
    app.after_request(_finish)
    return app


def create_server_app() -> Flask:
    """Return the application of a server process, which lives long and makes only one."""
    app = create_app()
    with contextlib.suppress(OSError):  # a full disk, a folder that is another's: no reason not to serve
        Shelf(app.config["INSTANCE"] / "previews").clean(formats.now())
        with app.app_context():
            clean_after_kill()
    gc.collect()
    gc.freeze()  # or every full collection walks all modules again, and sixteen people wait 40 ms for it
    return app


def _language() -> str:
    return "en" if request and request.cookies.get("language") == "en" else "zh"


def _begin() -> None:
    g.unwatched = request.endpoint in access.UNWATCHED
    set_writing(on=request.method not in SAFE)
    if request.endpoint != "static":
        with reading():  # a transaction of its own, or every request would begin by waiting for the writers
            g.words = current().words
            db.session.close()


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
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
        "asset": _asset,
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


def _errors(app: Flask) -> None:
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(RuleBroken, _refused)
    app.register_error_handler(NotAllowed, lambda _error: _page(403))
    app.register_error_handler(NotThere, lambda _error: _page(404))
    app.register_error_handler(OperationalError, _database_trouble)
    app.register_error_handler(HTTPException, lambda error: _page(error.code or 500))
    app.register_error_handler(Exception, _unforeseen)
    # What fails on an error page itself: its kind and place only, as for every other error.
    app.log_exception = lambda exc_info: _log(exc_info[1])  # type: ignore[method-assign]


def _page(status: int, message: str = "") -> Any:
    db.session.rollback()
    if request.accept_mimetypes.best == "application/json":
        return {"error": message or str(status)}, status
    return render_template("errors/error.html", status=status, message=message), status


def _refused(broken: RuleBroken) -> Any:
    """A button that may not be pressed says why, on the page where it was; a form says it at its field, by itself."""
    db.session.close()
    back = came_from()
    if back.partition("?")[0] == request.path and request.method in SAFE:  # it would come here again
        return _page(400, str(broken.message))
    flash(str(broken.message))
    return redirect(back, 303)


def _form_expired(_error: CSRFError) -> Any:
    """A page left open too long: what was typed is shown again with a fresh token."""
    if request.accept_mimetypes.best == "application/json":
        return {"error": _("页面打开得太久，请刷新后再提交一次。")}, 400
    body = MultiDict(request.form.items(multi=True))
    if current_user.is_authenticated and request.endpoint not in access.PUBLIC:
        g.trouble = _("页面打开得太久，没有保存。内容还在下面，请再提交一次；附件要重新选择。")
        page = carried.show_again(request.full_path.rstrip("?"), body)
        if page is not None:
            page.status_code = max(page.status_code, 400)
            return page
    if request.endpoint == "accounts.sign_in":
        return redirect(url_for("accounts.sign_in"), 303)
    if not current_user.is_authenticated and request.endpoint not in access.PUBLIC:
        return login_manager.unauthorized()
    return _page(400, _("页面打开得太久，请返回上一页，刷新后再提交一次。"))


def _database_trouble(error: OperationalError) -> Any:
    """A long writer, a full disk: the request was not carried out, what was typed is shown again."""
    said = str(error.orig)
    if "full" in said or "No space left" in said:
        return _disk_full()
    if "lock" in said or "connection" in said:
        return _trouble(_("系统正忙，没有保存。请过一会儿再提交，内容还在下面。"))
    return _unforeseen(error)


def _disk_full() -> Any:
    if request.method == "GET":
        return _trouble(_("磁盘已满，文件没有生成。请联系系统管理员清理磁盘后再试。"))
    return _trouble(_("磁盘已满，没有保存。请联系系统管理员清理磁盘后再提交，内容还在下面。"))


def _trouble(message: str) -> Any:
    db.session.rollback()
    set_writing(on=False)
    g.trouble = message
    body, posted = MultiDict(request.form.items(multi=True)), request.method == "POST"
    page = carried.show_again(request.full_path.rstrip("?"), body) if posted else None
    return (page, 503) if page is not None else _page(503, message)


def _found_full(error: BaseException | None) -> bool:
    """Whether a full disk lies at the bottom of it: libraries wrap what the system said."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return True
        error = error.__cause__ or error.__context__
    return False


def _log(error: BaseException | None) -> None:
    """The kind of error and its place, never its message: that may hold what somebody typed."""
    trace = error.__traceback__ if error else None
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    logs.log.error("%s in %s at %s", type(error).__name__, request.endpoint, place)


def _unforeseen(error: Exception) -> Any:
    db.session.rollback()
    if _found_full(error):
        return _disk_full()
    _log(error)
    if request.endpoint == "static" or not _database_answers():
        return "系统暂时不能使用，请稍后再试。 The system is not available at the moment.", 500
    return _page(500)


def _database_answers() -> bool:
    try:
        current()
    except Exception:  # noqa: BLE001 - an error page must not fail, whatever is wrong below
        return False
    return True


gc.freeze()  # what was imported stays; making the application would have all of it looked through again and again
