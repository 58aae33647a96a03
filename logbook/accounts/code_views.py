"""Codes and roles that need a second person: asking, agreeing, printing, and who was told of what."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts import actions, codes, passwords, queries, requests
from logbook.accounts.forms import OwnPasswordForm, SecondForm
from logbook.accounts.models import AccessRequest, OneTimeCode, Person
from logbook.db import db, reading
from logbook.errors import NotThere, RuleBroken
from logbook.formats import now

bp = Blueprint("codes", __name__)


def prove(password: str | None, field: str = "own_password") -> None:
    """Raise RuleBroken(field) unless it is the own password; wrong ones are slowed down as at sign-in.

    For before the act: it reads and writes in transactions of its own, and hashes outside any.
    """
    person, moment = current_user.person, now()
    tried = f"again\0{person.id}"  # U+0000: no name that can be typed
    db.session.close()
    with reading():
        wait = actions.wait_seconds(tried, at=moment)
        db.session.close()
    if wait:
        raise RuleBroken(field, _("连续几次密码不对，请%(n)s秒后再试。", n=wait))
    right = passwords.verify(person.password_hash, password or "")
    if right:
        actions.note_success(tried)
    else:
        actions.note_failure(tried, at=moment)
    db.session.commit()
    if not right:
        raise RuleBroken(field, _("密码不对。这里填您自己的登录密码。"))


def waiting() -> tuple[Sequence[AccessRequest], Sequence[AccessRequest]]:
    """What waits for whoever is signed in: to agree to, and to print."""
    return requests.waiting_for(actor(), at=now())


def used_lately() -> Sequence[OneTimeCode]:
    """The codes used lately, for the homes of leader and sysadmin."""
    return codes.used_lately(actor(), at=now())


def notices() -> Sequence[OneTimeCode]:
    """The codes that opened the account of whoever is signed in, until they acknowledge them."""
    if not (current_user.is_authenticated and current_user.person.code_to_acknowledge):
        return ()
    with reading():  # also on the page that says why nothing was written
        return queries.to_acknowledge(current_user.person.id)


@bp.route("/people/<int:person_id>/code", methods=["GET", "POST"])
@may(Act.ISSUE_CODE)
def give(person_id: int) -> str | Response | tuple[str, int]:
    form = OwnPasswordForm()
    if form.validate_on_submit():
        try:
            prove(form.own_password.data)
            return _give(actions.find_person(person_id))
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    moment, person = now(), actions.find_person(person_id)
    return render_template(
        "accounts/give_code.html", form=form, person=person, first=codes.is_first(person),
        replaces=actions.has_code(person_id, at=moment), request_=codes.open_request(person_id, at=moment),
    ), form.status  # fmt: skip


def _give(person: Person) -> str | Response:
    if not codes.is_first(person):
        codes.ask(person.id, by=actor(), at=now())
        db.session.commit()
        flash(_("已申请，请另一人当面或电话核实本人后同意。"))
        return redirect(url_for("codes.give", person_id=person.id), 303)
    code = codes.issue_first(person.id, by=actor(), at=now())
    db.session.commit()
    return _slip(person, code)


def _slip(person: Person, code: str) -> str:
    """The slip, in the answer to the POST that made the code: it stands nowhere else, and is not shown again."""
    return render_template("accounts/slip.html", person=person, code=code, days=actions.CODE_DAYS)


@bp.route("/requests/<int:request_id>", methods=["GET", "POST"])
@may(Act.AGREE)
def agree(request_id: int) -> str | Response | tuple[str, int]:
    form = OwnPasswordForm()
    if form.validate_on_submit():
        try:
            prove(form.own_password.data)
            one = requests.agree(request_id, by=actor(), at=now())
            db.session.commit()
            flash(_("已确认，从现在起生效。") if one.role else _("已同意，由申请人打印。"))
            return redirect(url_for("desk.home"), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    one = requests.find(request_id, by=actor(), at=now())
    return render_template("accounts/agree.html", form=form, one=one), form.status


@bp.post("/requests/<int:request_id>/decline")
@may(Act.AGREE)
def decline(request_id: int) -> Response:
    requests.end(requests.find(request_id, by=actor(), at=now()), by=actor().person_id, at=now())
    db.session.commit()
    flash(_("未同意，此项已结束。"))
    return redirect(url_for("desk.home"), 303)


@bp.post("/requests/<int:request_id>/withdraw")
@may(Act.ISSUE_CODE)
def withdraw(request_id: int) -> Response:
    requests.end(requests.find_own(request_id, by=actor(), at=now()), by=actor().person_id, at=now())
    db.session.commit()
    flash(_("已撤回。"))
    return redirect(url_for("accounts.people"), 303)


@bp.route("/requests/<int:request_id>/print", methods=["GET", "POST"])
@may(Act.ISSUE_CODE)
def print_code(request_id: int) -> str | tuple[str, int]:
    form = OwnPasswordForm()
    if form.validate_on_submit():
        try:
            prove(form.own_password.data)
            person, code = codes.print_agreed(request_id, by=actor(), at=now())
            db.session.commit()
            return _slip(person, code)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    one = requests.find_own(request_id, by=actor(), at=now())
    if one.role or one.agreed_at is None:
        raise NotThere
    return render_template("accounts/print_code.html", form=form, one=one), form.status


@bp.route("/codes")
@may(Act.READ_CODES)
def index() -> str:
    named = queries.second_named()
    return render_template("accounts/codes.html", lines=codes.listed(at=now()), named=named, form=_second_form(named))


def _second_form(named: Person | None = None) -> SecondForm:
    form = SecondForm(person_id=named.id if named else 0)
    form.offer([one for one in queries.members() if one.id != actor().person_id])
    return form


@bp.post("/codes/second")
@may(Act.NAME_SECOND)
def name_second() -> Response:
    form = _second_form()
    if form.validate_on_submit():
        requests.name_second(form.person_id.data or None, by=actor(), at=now())
        db.session.commit()
        flash(_("已保存。"))
    return redirect(url_for("codes.index"), 303)


@bp.post("/me/codes/<int:code_id>/acknowledge")
@may(Act.MANAGE_SELF)
def acknowledge(code_id: int) -> Response:
    actions.acknowledge_code(actor(), code_id, at=now())
    db.session.commit()
    return redirect(url_for("desk.home"), 303)
