"""Signing in and out, one's own account, and the office's and sysadmin's list of people."""

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Request,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask import session as cookie_session
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, current_user
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from logbook import cookies, logs
from logbook.access import UNWATCHED, Act, Actor, Role, actor, may
from logbook.accounts import actions, carried, devices, passwords, phone_keys, queries, renaming, roles, sessions
from logbook.accounts.code_views import prove, waiting
from logbook.accounts.forms import AccountForm, CodeForm, PasswordForm, PersonForm, SignInForm
from logbook.accounts.kept_pages import Drawer
from logbook.accounts.models import Person, SignInSession
from logbook.config import secret_key
from logbook.db import db, reading, touching
from logbook.errors import NotThere, RuleBroken
from logbook.formats import local_date, now, shown_date, typed_name
from logbook.settings.views import current

bp = Blueprint("accounts", __name__)
login_manager = LoginManager()
KNOWN_DAYS, LANGUAGE_DAYS = 30, 365


class Nobody(AnonymousUserMixin):
    """Whoever has not signed in; `stale_id` is the person whose session had ended."""

    actor = Actor(0, "", frozenset())
    stale_id: int | None = None


@dataclasses.dataclass(eq=False)
class SignedIn(UserMixin):
    """The person of this request and the session they came by."""

    actor: Actor
    person: Person
    session: SignInSession


login_manager.anonymous_user = Nobody


@login_manager.request_loader
def _load(incoming: Request) -> SignedIn | None:
    token = None if incoming.endpoint in UNWATCHED else cookies.SESSION.read(incoming)
    found = sessions.find(token) if token else None
    if found is None:
        return None
    session, person, who = found
    moment = now()
    if not sessions.alive(session, person, current(), moment):
        g.stale_person_id = person.id
        return None
    if moment - session.last_seen_at > sessions.TOUCH_AFTER:
        _touch(session.id, moment)
    return SignedIn(who, person, session)


def _touch(session_id: int, at: dt.datetime) -> None:
    """Note that the session is used, in a transaction of its own, if nobody writes just now; no page waits for that."""
    try:
        with touching():
            sessions.touch(session_id, at=at)
            db.session.commit()
    except OperationalError:
        logs.log.warning("a session's last use was not noted: the database is busy")
    finally:
        db.session.close()


@login_manager.unauthorized_handler
def _ask_to_sign_in() -> Response:
    if request.accept_mimetypes.best == "application/json":
        return make_response({"error": "signed out"}, 401)
    if request.method == "GET":
        following = request.full_path.rstrip("?")
        return redirect(
            url_for("accounts.sign_in", next=following) if following != "/" else url_for("accounts.sign_in")
        )
    form = SignInForm(formdata=None)
    return make_response(render_template("accounts/sign_in.html", form=form, carried=carried.pack()), 401)


def ask_owner() -> Response:
    """Somebody else had this form open: it waits for their sign-in, and not a word of it is shown."""
    form = SignInForm(formdata=None)
    by_another = current_user.is_authenticated
    page = render_template("accounts/sign_in.html", form=form, carried=carried.pack(), by_another=by_another)
    return make_response(page, 409)


def ask_again() -> Response:
    """The sign-in page was open too long: once more, with what it carries; to its owner, signed in meanwhile, that."""
    before = request.form.get(carried.FIELD, "")
    body = carried.unpack(before)
    if body and current_user.is_authenticated and body.person_id == actor().person_id:
        return _go_on(current_user.person)
    by_code = request.endpoint == "accounts.use_code"
    kept: dict[str, Any] = {"formdata": None, "data": {"sign_in_name": request.form.get("sign_in_name", "")}}
    form = CodeForm(**kept) if by_code else SignInForm(**kept)
    form.form_errors.append(_("页面打开得太久，请再登录一次。"))
    page = "accounts/use_code.html" if by_code else "accounts/sign_in.html"
    return make_response(render_template(page, form=form, carried=before), 400)


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | Response | tuple[str, int]:
    before = request.form.get(carried.FIELD, "")
    comes = bool(before) and "sign_in_name" not in request.form  # back from the page of codes
    form = SignInForm(formdata=None) if comes else SignInForm()
    if not comes and form.validate_on_submit():
        name = typed_name(form.sign_in_name.data)
        person, refusal = _recognise(name, form.password.data or "")
        if person is not None:
            return _enter(person, name)
        form.form_errors.append(refusal)
        return render_template("accounts/sign_in.html", form=form, carried=before), 422
    return render_template("accounts/sign_in.html", form=form, carried=before)


def _recognise(name: str, password: str) -> tuple[Person | None, str]:
    moment = now()
    with reading():  # the password is hashed outside any transaction
        person = queries.by_sign_in_name(name)
        tried = _tried_as(name, person)
        wait = actions.wait_seconds(tried, at=moment)
        db.session.close()
    if wait:
        return None, _("连续几次没有登录成功，请%(n)s秒后再试。", n=wait)
    fits = passwords.verify(person.password_hash if person else None, password)
    if not fits or not (person and person.active):
        actions.note_failure(tried, at=moment)
        db.session.commit()
        return None, _("登录名或密码不对。忘记密码请向党办或系统管理员领取一次性登录码。")
    _renew_hash(person, password)
    return person, ""


def _renew_hash(person: Person, password: str) -> None:
    """A hash of earlier days is put right when its password comes by; the transaction that signs in commits it."""
    old = person.password_hash or ""
    new = passwords.renewed(old, password)
    if new:
        actions.renew_hash(person.id, old, new)


def _tried_as(name: str, person: Person | None) -> str:
    """Under what failures count: a browser this person signed in with lately is not slowed by what strangers try."""
    if person is not None and carried.owner_of(cookies.KNOWN.read(request)) == person.id:
        return f"known\0{person.id}"  # U+0000: no name that can be typed
    return name


def _enter(person: Person, name: str) -> Response:
    moment = now()
    actions.note_success(_tried_as(name, person))
    sessions.replace(cookies.earlier_sessions(request), at=moment)
    token = sessions.begin(person.id, device=devices.device(request.user_agent.string), at=moment)
    phone_keys.begin(person.id, at=moment)
    db.session.commit()
    found = sessions.find(token)
    if found:
        current_app.login_manager._update_request_context_with_user(SignedIn(found[2], found[1], found[0]))  # type: ignore[attr-defined]  # noqa: SLF001
    cookie_session.clear()
    g.pop("csrf_token", None)  # made for the session that has just been cleared
    if found and found[2].is_office:
        _show_grants(person)
    _show_names(person.id)
    answer = _go_on(person)
    return _with_cookies(answer, token, carried.owner_mark(person.id))


def _show_grants(person: Person) -> None:
    """Every office holder is told at their next sign-in who became leader or office."""
    for grant, name in queries.new_grants(person.grants_seen):
        day = shown_date(local_date(grant.granted_at))
        flash(_("%(day)s，%(name)s被授予“%(role)s”角色。", day=day, name=name, role=grant.role.label))
    actions.see_grants(person.id)
    db.session.commit()


def _show_names(person_id: int) -> None:
    """Whoever was renamed is told at their next sign-in, by whom and when."""
    person = queries.person(person_id)
    for change, author in renaming.untold(person) if person else ():
        day = shown_date(local_date(change.moment))
        since = _("自%(day)s起", day=shown_date(change.since_on)) if change.since_on else _("改正错字")
        said = {"day": day, "author": author or "—", "old": change.old, "new": change.new, "since": since}
        flash(_("%(day)s，%(author)s把您的姓名由“%(old)s”改为“%(new)s”（%(since)s）。如有不符，请告知党办。", **said))
    if person and person.names_told < len(person.renamings):
        actions.see_names(person)
        db.session.commit()


def _go_on(person: Person) -> Response:
    before = request.form.get(carried.FIELD, "")
    body = carried.unpack(before)
    if body and body.person_id == person.id:
        if body.had_files:
            flash(_("已重新登录。附件需要重新选择，其他内容都在。"))
        else:
            flash(_("已重新登录。刚才填写的内容都在，请再提交一次。"))
        page = carried.show_again(body.path, MultiDict(body.fields))
        if page is not None:
            return make_response(page)
    elif before:
        flash(_("登录前填写的内容没有显示：不是您填写的，或者已超过30天。"))
    return redirect(safe_next(request.args.get("next")), 303)


def safe_next(path: str | None) -> str:
    """The path when it is one of ours: browsers drop tabs and line ends, and read a backslash as a slash."""
    if path and path.isprintable() and " " not in path and "\\" not in path:
        with contextlib.suppress(ValueError):
            parts = urlsplit(path)
            if not parts.scheme and not parts.netloc and path.startswith("/") and not path.startswith("//"):
                return path
    return url_for("desk.home")


def nearest_page(path: str) -> str:
    """The path itself, or of one that only takes forms, the page it belongs to."""
    adapter = current_app.create_url_adapter(request)
    while adapter and path != "/" and not adapter.test(path.split("?", maxsplit=1)[0], method="GET"):
        path = path.rsplit("/", 1)[0] or "/"
    return path


def came_from() -> str:
    """The page of this house that somebody came from; home, from another house."""
    return nearest_page(safe_next((request.referrer or "").removeprefix(request.host_url.rstrip("/"))))


def _with_cookies(answer: Any, token: str, known: str) -> Response:
    response = make_response(answer)
    cookies.drop_earlier(response)
    cookies.SESSION.put(response, token, days=current().session_days)
    cookies.KNOWN.put(response, known, days=KNOWN_DAYS)
    return response


@bp.route("/code", methods=["GET", "POST"])
def use_code() -> str | Response | tuple[str, int]:
    before = request.form.get(carried.FIELD, "")
    comes = bool(before) and "code" not in request.form  # from the sign-in page, with what was typed before
    form = CodeForm(formdata=None) if comes else CodeForm()
    if not comes and form.validate_on_submit():
        name = typed_name(form.sign_in_name.data)
        try:  # a code has 60 random bits: nobody guesses it, and whoever holds it need not wait for those who try
            return _enter(_by_code(name, form.code.data or "", form.password.data or ""), name)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return render_template("accounts/use_code.html", form=form, carried=before), form.status


def _by_code(name: str, code: str, password: str) -> Person:
    moment = now()
    with reading():  # as in _recognise
        _code, person = actions.code_of(name, code, at=moment)
        names = _names_around(person.id)
        db.session.close()
    return actions.use_code(name, code, passwords.hashed(person, password, names), at=moment)


def _names_around(person_id: int) -> list[str]:
    """The names that a password must not be made of: the unit's and those of its places (app.py hands them down)."""
    return [current().unit_name, *current_app.config["PLACES_OF"](person_id)]


@bp.post("/sign-out")
@may(Act.MANAGE_SELF)
def sign_out() -> Response:
    sessions.end(current_user.session.id, at=now())
    db.session.commit()
    Drawer(current_app.config["INSTANCE"] / "refused", secret_key(), cookies.SESSION.read(request)).wipe()
    cookie_session.clear()
    response = redirect(url_for("accounts.sign_in"), 303)
    cookies.SESSION.drop(response)
    response.headers["Clear-Site-Data"] = '"cache"'  # not "storage": that would delete unsent drafts
    return response


@bp.post("/language")
def language() -> Response:
    chosen = "en" if request.form.get("language") == "en" else "zh"
    response = redirect(nearest_page(safe_next(request.form.get("next"))), 303)
    cookies.LANGUAGE.put(response, chosen, days=LANGUAGE_DAYS)
    return response


@bp.route("/me", methods=["GET", "POST"])
@may(Act.MANAGE_SELF)
def me() -> str | Response | tuple[str, int]:
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            prove(form.old.data, "old")
            with reading():  # the person was read with the session, in a transaction that is over: see _recognise
                names = _names_around(actor().person_id)
                db.session.close()
            new = passwords.hashed(current_user.person, form.password.data or "", names)
            actions.change_password(actor(), new, session_id=current_user.session.id, at=now())
            db.session.commit()
            flash(_("密码已更改，其他设备上的登录已结束。"))
            return redirect(url_for("accounts.me"), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    mine = queries.open_sessions(actor().person_id)
    this = current_user.session.id
    lost = any(devices.is_carried(one.device) for one in mine if one.id != this)
    shown = {"device": devices.shown, "carried": devices.is_carried, "lost": lost}
    page = render_template("accounts/me.html", form=form, sessions=mine, this=this, **shown)
    return page, form.status


@bp.post("/me/sessions/<int:session_id>/end")
@may(Act.MANAGE_SELF)
def end_session(session_id: int) -> Response:
    if session_id not in {session.id for session in queries.open_sessions(actor().person_id)}:
        raise NotThere
    sessions.end(session_id, at=now())
    db.session.commit()
    flash(_("那台设备上的登录已结束。"))
    return redirect(url_for("accounts.me"), 303)


@bp.post("/me/sessions/<int:session_id>/lost")
@may(Act.MANAGE_SELF)
def lose_device(session_id: int) -> Response:
    actions.lose_device(actor(), session_id, at=now())
    db.session.commit()
    flash(_("那台设备上的登录已结束，里面没有送出的记录不能再以您的名义送来。密码可能被人知道的，请再改一次密码。"))
    return redirect(url_for("accounts.me"), 303)


@bp.route("/people")
@may(Act.ISSUE_CODE)
def people() -> str:
    to_agree, to_print = waiting()
    asked = queries.open_requests(now())
    return render_template(
        "accounts/people.html", people=queries.people(), asked=asked, to_agree=to_agree, to_print=to_print
    )


def _person_form(person: Person | None = None, shown: Iterable[Role] = ()) -> PersonForm:
    """The form of a person: with their account for who keeps the accounts, but for what is one's own."""
    if not actor().may(Act.KEEP_ACCOUNTS):
        return PersonForm(obj=person)
    form = AccountForm(obj=person, data={"roles": [role.value for role in shown]} if person else None)
    form.offer_roles()
    if person and person.id == actor().person_id:
        form.hold_own()
    return form


def _set_account(person_id: int, form: AccountForm) -> None:
    """Change sign-in name, use and roles as typed; say what waits for a second person."""
    by = actor().person_id
    roles.change_account(person_id, form.sign_in_name.data, active=form.in_use, by=by, at=now())
    wanted = form.new_roles()
    if wanted is not None and roles.set_roles(person_id, wanted, by=by, at=now()):
        flash(_("新增的角色经另一人确认后生效。"))


@bp.route("/people/new", methods=["GET", "POST"])
@may(Act.KEEP_PEOPLE)
def add_person() -> str | Response | tuple[str, int]:
    form = _person_form()
    if form.validate_on_submit():
        try:
            if isinstance(form, AccountForm) and form.opens_doors(None, frozenset()):
                prove(form.own_password.data)
            person = actions.add_person(form.new_person())
            if isinstance(form, AccountForm):
                _set_account(person.id, form)
            db.session.commit()
            flash(_("已添加%(name)s。", name=person.name))
            return redirect(url_for("accounts.people"), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return render_template("accounts/person.html", form=form, person=None), form.status


@bp.route("/people/<int:person_id>", methods=["GET", "POST"])
@may(Act.KEEP_PEOPLE)
def edit_person(person_id: int) -> str | Response | tuple[str, int]:
    person, shown, asked = _entry(person_id)
    form, hanging = _person_form(person, shown), _hanging(person_id) if not person.active else []
    if form.validate_on_submit():
        try:
            if isinstance(form, AccountForm) and form.closes_doors(person, shown):
                hanging = _hanging(person_id)
                form.told = [_("此人名下还有以下事项，停用以后无人办理：")] if hanging else []
                form.check_order()
            if isinstance(form, AccountForm) and form.opens_doors(person, shown):
                prove(form.own_password.data)
                form = _person_form(*_entry(person_id)[:2])  # proving ended the transaction
            if form.validate():
                _change_person(person_id, form)
                db.session.commit()
                flash(_("已保存%(name)s。", name=form.name.data))
                return redirect(url_for("accounts.people"), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    page = render_template("accounts/person.html", form=form, person=person, asked=asked, hanging=hanging)
    return page, form.status


def _hanging(person_id: int) -> list[Any]:
    """What hangs on this person, for who is signed in (app.py hands it down)."""
    found: list[Any] = current_app.config["HANGING_ON"](actor(), person_id)
    return found


def _entry(person_id: int) -> tuple[Person, frozenset[Role], set[Role]]:
    """A person as they stand now, with their roles, those asked for included, and which these are."""
    person = queries.person(person_id)
    if person is None:
        raise NotThere
    asked = {one.role for one in queries.requests_about(person_id) if one.role}
    return person, queries.roles_of(person_id) | asked, asked


def _change_person(person_id: int, form: PersonForm) -> None:
    actions.change_person(person_id, form.new_person(), since=form.since_on(), by=actor().person_id, at=now())
    if isinstance(form, AccountForm):
        _set_account(person_id, form)
