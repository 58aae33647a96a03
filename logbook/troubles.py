"""What is answered where a request could not be carried out: error pages, and what was typed, never lost.

A page of the house needs the database. Where that is away, a page of its own says so, which needs none.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask, current_app, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from logbook import access, faults, logs
from logbook.accounts import carried
from logbook.accounts.views import ask_again, ask_owner, came_from, login_manager
from logbook.db import db, is_uncertain, let_go, set_writing
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.faults import Kind
from logbook.gate import SAFE

RETRY_AFTER = 10  # seconds
# What stands in no page again, whatever else comes to be a secret; the ballot's own pages carry their code as well.
SECRETS = carried.NOT_KEPT - {"csrf_token", "client_key", carried.OWNER, carried.FIELD}


def register(app: Flask) -> None:
    """Let the application answer its errors here."""
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(RuleBroken, _refused)
    app.register_error_handler(NotAllowed, lambda _error: _page(403))
    app.register_error_handler(NotThere, lambda _error: _page(404))
    for kind in (OperationalError, InterfaceError, NoConnectionFree):
        app.register_error_handler(kind, _unforeseen)
    app.register_error_handler(HTTPException, lambda error: _page(error.code or 500))
    app.register_error_handler(Exception, _unforeseen)
    # What fails on an error page itself: its kind and place only, as for every other error.
    app.log_exception = lambda exc_info: _log(exc_info[1])  # type: ignore[method-assign]


def _asks_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _page(status: int, message: str = "") -> Any:
    let_go()
    if _asks_json():
        return {"error": message or str(status)}, status
    try:
        return render_template("errors/error.html", status=status, message=message), status
    except Exception as error:  # noqa: BLE001 - an error page must not fail, whatever is wrong below
        _log(error)
        kind = faults.kind_of(error)
        return _bare(message or _said(kind), _status(kind))


def _refused(broken: RuleBroken) -> Any:
    """A button that may not be pressed says why, on the page where it was; a form says it at its field, by itself."""
    db.session.close()
    if request.method not in SAFE and _is_own() and (carried.filled_in(_typed()) or carried.had_files()):
        g.trouble = str(broken.message)
        page = _form_again()
        if page is not None:
            page.status_code = max(page.status_code, 422)
            return page
    back = came_from()
    if back.partition("?")[0] == request.path and request.method in SAFE:  # it would come here again
        return _page(400, str(broken.message))
    flash(str(broken.message))
    return redirect(back, 303)


def _form_expired(_error: CSRFError) -> Any:
    """A page left open too long, or opened by whoever was signed in before: to its owner it is shown again.

    The token is of this sign-in alone, so here nothing but the form's own mark says who had it open.
    """
    g.stale = True
    try:
        return _after_expiry()
    except Exception as error:  # noqa: BLE001 - it is a fault of its own, with what was typed at stake
        return _unforeseen(error)


def _after_expiry() -> Any:
    if _asks_json():
        return {"error": _("页面打开得太久，请刷新后再提交一次。")}, 400
    if current_user.is_authenticated and request.endpoint not in access.PUBLIC:
        g.trouble = _("页面打开得太久，没有保存。内容还在下面，请再提交一次。")
        page = _shown_again()
        if page is not None:
            page.status_code = max(page.status_code, 400)
            return page
    if request.endpoint in {"accounts.sign_in", "accounts.use_code"} and _typed().get(carried.FIELD):
        return ask_again()
    if request.endpoint == "accounts.sign_in":
        return redirect(url_for("accounts.sign_in"), 303)
    if not current_user.is_authenticated and request.endpoint not in access.PUBLIC:
        return login_manager.unauthorized()
    return _page(400, _("页面打开得太久，请返回上一页，刷新后再提交一次。"))


def _said(kind: Kind | None) -> str:
    """Why it was not carried out, and what to do, for the reader."""
    if request.method in SAFE:
        texts = {
            Kind.FULL: _("磁盘已满，文件没有生成。请联系系统管理员清理磁盘后再试。"),
            Kind.BUSY: _("系统正忙，请过一会儿再试。"),
            Kind.AWAY: _("数据库暂时连不上，请过一会儿再试；一直不行请联系系统管理员。"),
            None: _("没有办成。请返回上一页再试一次；仍不行请联系系统管理员。"),
        }
    elif kind is Kind.AWAY and is_uncertain():
        texts = {
            kind: _("数据库刚才中断了，不能确定是否已经保存。请过一会儿先看一看有没有；没有的，再提交，内容还在下面。")
        }
    else:
        texts = {
            Kind.FULL: _("磁盘已满，没有保存。请联系系统管理员清理磁盘后再提交，内容还在下面。"),
            Kind.BUSY: _("系统正忙，没有保存。请过一会儿再提交，内容还在下面。"),
            Kind.AWAY: _("数据库暂时连不上，没有保存。请过一会儿再提交，内容还在下面。"),
            None: _("出错了，没有保存。请再提交一次；仍不行请联系系统管理员，内容还在下面。"),
        }
    return str(texts[kind])


def _unforeseen(error: Exception) -> Any:
    """A long writer, a full disk, a database that is away, a fault of ours: what was typed is shown again."""
    kind = faults.kind_of(error)
    said = _said(kind)  # before the transaction is let go: it tells whether a commit was under way
    let_go()
    set_writing(on=False)
    if kind is None:
        _log(error)
        if request.endpoint == "static":
            return "系统暂时不能使用，请稍后再试。 The system is not available at the moment.", 500
    page = make_response(_after(kind, said))
    page.status_code = _status(kind)
    if kind:
        page.retry_after = RETRY_AFTER
    return page


def _status(kind: Kind | None) -> int:
    return 503 if kind else 500


def _after(kind: Kind | None, said: str) -> Any:
    """What is shown after a fault: the form as it was typed; where its page cannot be made, one without database."""
    if _asks_json():
        return {"error": said}
    if request.method in SAFE:
        return _bare(said, _status(kind)) if kind is Kind.AWAY else _page(_status(kind), said if kind else "")
    g.trouble = said
    page = _form_again() if kind in {Kind.BUSY, Kind.FULL} else None
    return page or _bare(said, _status(kind))


def _form_again() -> Response | None:
    try:
        return _shown_again()
    except Exception as error:  # noqa: BLE001 - what happened first is said
        _log(error)
        let_go()
    return None


def _owner() -> int | None:
    """Who had the form open, by its mark."""
    return carried.owner_of(_typed().get(carried.OWNER, ""))


def _is_own() -> bool:
    """Whether who sends the form is who had it open; where no session may be read, nobody knows."""
    return bool(not g.get("unwatched") and current_user.is_authenticated and _owner() == current_user.actor.person_id)


def _shown_again() -> Response | None:
    """The form as it was typed, to who typed it; to anybody else, whose sign-in it waits for, and not a word of it."""
    path = request.full_path.rstrip("?")
    if request.endpoint in access.PUBLIC:
        return carried.show_again(path, _typed(), own=False)
    if _is_own() or (_owner() is None and not g.get("stale")):  # its token is of this sign-in
        return carried.show_again(path, _typed())
    g.pop("trouble", None)  # it says that all stands below
    if not carried.filled_in(_typed()):
        return None
    if _owner() is not None:
        return ask_owner()
    said = _("这一页不知是谁登录时打开的，填写的内容没有保存，也不在这里显示。请返回上一页复制，刷新后再提交。")
    return carried.keep(said, 409, MultiDict())


def _typed() -> MultiDict[str, str]:
    """What the form held; nothing where it cannot be read."""
    try:
        return MultiDict(request.form.items(multi=True))
    except HTTPException:
        return MultiDict()


def _bare(said: str, status: int) -> Response:
    """A page made without the database: what happened, what was typed, and a button that sends it once more."""
    posted = request.method not in SAFE
    fields = [(k, v) for k, v in _typed().items(multi=True) if _may_stand(k)] if posted else []
    page = current_app.jinja_env.get_template("errors/bare.html").render(
        said=said, posted=posted, fields=fields, address=request.full_path.rstrip("?"), typed=_texts(fields),
        had_files=carried.had_files() if fields else False,
        style=url_for("static", filename="style.css"), locale=str(get_locale() or "zh"),
    )  # fmt: skip
    return make_response(page, status)


def _may_stand(name: str) -> bool:
    return name not in SECRETS or (name == "code" and request.endpoint in access.BY_CODE)


def _texts(fields: Sequence[tuple[str, str]]) -> list[str]:
    """What somebody wrote, to be seen and copied; nothing where another may have signed in since they had it open."""
    return [] if g.get("stale") else carried.texts(MultiDict(fields))


def _log(error: BaseException | None) -> None:
    """The kind of error and its place, never its message: that may hold what somebody typed."""
    trace = error.__traceback__ if error else None
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    logs.log.error("%s in %s at %s", type(error).__name__, request.endpoint, place)
