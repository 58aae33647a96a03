"""The office's lists: branches with their history, the year's liaison, the workbook in and out."""

import datetime as dt
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts import carried
from logbook.accounts import queries as accounts
from logbook.accounts.code_views import prove
from logbook.accounts.models import Person
from logbook.clock import written_at
from logbook.db import db
from logbook.documents.sheet import UnreadableWorkbook
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import now, shown_date, today
from logbook.organization import actions, bound, importing, queries, workbook
from logbook.organization.forms import (
    BranchForm,
    ConfirmImportForm,
    EndForm,
    ImportForm,
    LiaisonForm,
    OwnBranchForm,
    PlacementForm,
    SecretaryForm,
    TargetForm,
)
from logbook.organization.models import Branch, Liaison, Membership, Period, Placement, SecretaryTerm
from logbook.printing import views as printing
from logbook.settings.forms import Form
from logbook.settings.views import current

bp = Blueprint("organization", __name__)

Page = str | Response | tuple[str, int]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KEPT_FOR = dt.timedelta(days=1)  # an upload waits a day for its confirmation
ROWS: dict[str, Callable[[int], Placement | SecretaryTerm | Membership | None]] = {
    "terms": lambda row_id: queries.history_row(SecretaryTerm, row_id),
    "placements": lambda row_id: queries.history_row(Placement, row_id),
    "memberships": lambda row_id: queries.history_row(Membership, row_id),
}
VOID_HINT = lazy_gettext("取消后如同没有填过；有前一条的，前一条接着有效。")
VOID_HINTS = {
    "liaison": lazy_gettext("取消后如同没有填过。"),
    "entries": lazy_gettext("取消后如同没有填过，以前的也照后来的显示。"),
}
VOIDS = {
    "terms": actions.void_term,
    "placements": actions.void_placement,
    "memberships": actions.void_membership,
    "liaison": actions.void_liaison,
    "entries": actions.void_entry,
}


def _done(form: Form, act: Callable[[], object]) -> bool:
    """Carry out and commit; when a rule refuses, roll back, put it beside its field, and return False."""
    try:
        act()
        db.session.commit()
    except RuleBroken as broken:
        db.session.rollback()
        form.refuse(broken)
        return False
    return True


def _year() -> int:
    year = request.args.get("year", type=int)
    return year if year and 2000 <= year <= 2100 else today().year  # noqa: PLR2004 - what a liaison's year may be


def _day(year: int) -> dt.date:
    """The day the year's lists are shown as of: today, or its last day once it is over."""
    return min(today(), dt.date(year, 12, 31))


@bp.route("/lists")
@may(Act.KEEP_LISTS)
def index() -> str:
    year = _year()
    day = _day(year)
    branches = queries.branches_as_of(day)
    return render_template(
        "organization/index.html",
        year=year,
        years=sorted({*queries.liaison_years(), today().year, today().year + 1, year}, reverse=True),
        branches=branches,
        names={branch.id: branch.name for branch in branches},
        secretaries=queries.secretaries_on(day),
        general=queries.placed_on(day),
        liaisons=queries.liaisons(year),
        members=accounts.members(),
        on=day,
        whole=(dt.date(year, 1, 1), dt.date(year, 12, 31)),
        locked=year in queries.locked_years(),
        mine=queries.led_since(actor().person_id, bound.open_since()),
    )


@bp.route("/lists/branches/new", methods=["GET", "POST"])
@may(Act.KEEP_LISTS)
def add_branch() -> Page:
    form = BranchForm()
    form.offer()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit() and _done(form, lambda: actions.add_branch(form.new_branch(), by=actor())):
        flash(_("已添加%(name)s。点开它可以填书记。", name=form.name.data))
        return redirect(url_for("organization.index"), 303)
    return render_template("organization/new_branch.html", form=form), status


def _branch(branch_id: int) -> Branch:
    """A branch, for the office and for who stands in for it."""
    if not bound.opens_lists(by=actor()):
        raise NotAllowed(Act.KEEP_LISTS.value)
    branch = queries.branch(branch_id)
    if branch is None:
        raise NotThere
    return branch


def _show_branch(branch: Branch, status: int = 200, **forms: Any) -> Page:
    """The branch's page; `forms` are those that were sent and refused, the others are fresh."""
    branches, people = queries.branches(), queries.everyone()
    shown = {
        "form": _branch_form(branch, formdata=None),
        "secretary": SecretaryForm(formdata=None, prefix="secretary-"),
        "placement": PlacementForm(formdata=None, prefix="placement-"),
        "own": OwnBranchForm(formdata=None, prefix="own-"),
    } | forms
    shown["form"].offer()
    shown["secretary"].offer(people)
    shown["placement"].offer(branches)
    shown["own"].offer(people)
    page = render_template(
        "organization/branch.html",
        **shown,
        branch=branch,
        names={other.id: other.name for other in branches},
        former=queries.former_entries(branch.id),
        terms=queries.secretary_terms(branch.id),
        placements=queries.placements_of(branch.id),
        belonging=queries.belonging_to(branch.id, today()),
        liaisons=queries.liaisons_of_branch(branch.id),
        mine=actor().person_id in bound.around(branch.id),
        led=actor().person_id in bound.concerned(branch.id),
        locked=queries.locked_years(),
    )
    return page, status


@bp.route("/lists/branches/<int:branch_id>", methods=["GET", "POST"])
@may(Act.STAND_IN)
def branch(branch_id: int) -> Page:
    found = _branch(branch_id)
    if request.method == "GET":
        return _show_branch(found, **({"form": _branch_form(found)} if carried.is_shown_again() else {}))
    form = _branch_form(found)
    form.offer()
    if form.validate_on_submit() and _done(
        form, lambda: actions.change_branch(branch_id, form.new_branch(), since=form.since_on(), by=actor())
    ):
        return _saved(branch_id)
    return _show_branch(_branch(branch_id), form.status, form=form)


def _branch_form(branch: Branch, **options: Any) -> BranchForm:
    return BranchForm(data=BranchForm.typed(branch), **options)


def _saved(branch_id: int) -> Response:
    flash(_("已保存。"))
    return redirect(url_for("organization.branch", branch_id=branch_id), 303)


@bp.post("/lists/branches/<int:branch_id>/secretary")
@may(Act.STAND_IN)
@carried.shows_typed
def set_secretary(branch_id: int) -> Page:
    found, form = _branch(branch_id), SecretaryForm(prefix="secretary-")
    form.offer(queries.everyone())
    if form.validate_on_submit() and _done(
        form,
        lambda: actions.set_secretary(
            branch_id,
            form.person_id.data or None,
            form.from_on.data,
            confirmed=form.own_confirmed.data,
            by=actor(),
        ),
    ):
        return _saved(branch_id)
    return _show_branch(found, 422, secretary=form)


@bp.post("/lists/branches/<int:branch_id>/placement")
@may(Act.STAND_IN)
@carried.shows_typed
def place(branch_id: int) -> Page:
    found, form = _branch(branch_id), PlacementForm(prefix="placement-")
    form.offer(queries.branches())
    if form.validate_on_submit() and _done(
        form,
        lambda: actions.place_inside(
            branch_id,
            form.general_branch_id.data or None,
            form.from_on.data,
            confirmed=form.own_confirmed.data,
            by=actor(),
        ),
    ):
        return _saved(branch_id)
    return _show_branch(found, 422, placement=form)


@bp.post("/lists/branches/<int:branch_id>/people")
@may(Act.STAND_IN)
@carried.shows_typed
def set_own_branch(branch_id: int) -> Page:
    found, form = _branch(branch_id), OwnBranchForm(prefix="own-")
    form.offer(queries.everyone())
    if form.validate_on_submit() and _done(
        form,
        lambda: actions.set_own_branch(
            form.person_id.data, branch_id, form.from_on.data, confirmed=form.own_confirmed.data, by=actor()
        ),
    ):
        return _saved(branch_id)
    return _show_branch(found, 422, own=form)


def _ask(title: str, words: str, back: str, *, hint: str, **hidden: str) -> str:
    """A page that asks once more before what is shown is carried out."""
    values = {"title": title, "sure": title, "words": words, "hint": hint, "back": back, "hidden": hidden}
    return render_template("organization/sure.html", **values, action=request.path)


def _voidable(what: str, row_id: int) -> tuple[str, str]:
    """What is to be voided, in words, and the page it stands on; NotThere when it is not there."""
    if not bound.opens_lists(by=actor()):
        raise NotAllowed(Act.KEEP_LISTS.value)
    if what == "liaison":
        found = _liaison(row_id)
        return actions.point_name(found), _back(found.year, found.branch_id)
    if what == "entries":
        entry = queries.former_entry(row_id)
        if entry is None:
            raise NotThere
        back = url_for("organization.branch", branch_id=entry.branch_id)
        return _("%(name)s（至%(day)s）", name=entry.name, day=shown_date(entry.to_on)), back
    row = ROWS[what](row_id)
    if row is None:
        raise NotThere
    back = url_for("organization.branch", branch_id=row.branch_id)
    other = _branch(row.general_branch_id).name if isinstance(row, Placement) else _person(row.person_id).name
    return f"{_branch(row.branch_id).name} — {other}（{shown_date(row.from_on)}）", back


def _person(person_id: int) -> Person:
    person = accounts.person(person_id)
    if person is None:
        raise NotThere
    return person


@bp.route(
    "/lists/<any(terms, placements, memberships, liaison, entries):what>/<int:row_id>/void", methods=["GET", "POST"]
)
@may(Act.STAND_IN)
def void(what: str, row_id: int) -> Page:
    words, back = _voidable(what, row_id)
    if request.method == "GET":
        return _ask(_("作为误填取消"), words, back, hint=str(VOID_HINTS.get(what, VOID_HINT)))
    VOIDS[what](row_id, by=actor())
    db.session.commit()
    flash(_("已作为误填取消：%(words)s", words=words))
    return redirect(back, 303)


def _back(year: int, branch_id: int) -> str:
    """The year's lists; for who stands in for the office, the branch's page."""
    if actor().may(Act.KEEP_LISTS):
        return url_for("organization.index", year=year)
    return url_for("organization.branch", branch_id=branch_id)


@bp.route("/lists/liaison/new", methods=["GET", "POST"])
@may(Act.STAND_IN)
def add_liaison() -> Page:
    if not bound.opens_lists(by=actor()):
        raise NotAllowed(Act.KEEP_LISTS.value)
    form = LiaisonForm(year=_year(), branch_id=request.args.get("branch", type=int), period="quarter")
    form.offer(accounts.members(), queries.branches())
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit() and _done(
        form,
        lambda: actions.add_liaison(form.new_liaison(), confirmed=bool(form.own_confirmed.data), by=actor()),
    ):
        flash(_("已添加挂点联系。"))
        return redirect(_back(form.year.data, form.branch_id.data), 303)
    back = _back(form.year.data or today().year, form.branch_id.data or 0)
    return render_template("organization/new_liaison.html", form=form, back=back), status


def _liaison(liaison_id: int) -> Liaison:
    """A liaison, for the office and for who stands in for it."""
    if not bound.opens_lists(by=actor()):
        raise NotAllowed(Act.KEEP_LISTS.value)
    found = queries.liaison(liaison_id)
    if found is None:
        raise NotThere
    return found


def _show_liaison(found: Liaison, status: int = 200, **forms: Any) -> Page:
    shown = {
        "target": _target_form(found, formdata=None),
        "end": EndForm(formdata=None, data={"on": min(found.to_on, max(found.from_on, today()))}),
    } | forms
    shown["target"].offer()
    locked = found.year in queries.locked_years()
    mine = actor().person_id in bound.concerned(found.branch_id)
    back = _back(found.year, found.branch_id)
    page = render_template("organization/liaison.html", **shown, liaison=found, locked=locked, mine=mine, back=back)
    return page, status


@bp.route("/lists/liaison/<int:liaison_id>", methods=["GET", "POST"])
@may(Act.STAND_IN)
def liaison(liaison_id: int) -> Page:
    found = _liaison(liaison_id)
    if request.method == "GET":
        return _show_liaison(found, **({"target": _target_form(found)} if carried.is_shown_again() else {}))
    form = _target_form(found)
    form.offer()
    if form.validate_on_submit() and _done(
        form,
        lambda: actions.change_target(liaison_id, form.target.data, Period(form.period.data), by=actor()),
    ):
        flash(_("已保存。"))
        return redirect(_back(found.year, found.branch_id), 303)
    return _show_liaison(_liaison(liaison_id), form.status, target=form)


def _target_form(liaison: Liaison, **options: Any) -> TargetForm:
    return TargetForm(data={"target": liaison.target, "period": liaison.period.value}, **options)


@bp.post("/lists/liaison/<int:liaison_id>/end")
@may(Act.STAND_IN)
@carried.shows_typed
def end_liaison(liaison_id: int) -> Page:
    found, form = _liaison(liaison_id), EndForm()
    if form.validate_on_submit() and not form.sure.data:
        words, back = _voidable("liaison", liaison_id)
        hint = _("最后一天：%(day)s", day=shown_date(form.on.data))
        return _ask(_("结束挂点联系"), words, back, hint=hint, on=form.on.data.isoformat(), sure="1")
    if form.validate_on_submit() and _done(form, lambda: actions.end_liaison(liaison_id, form.on.data, by=actor())):
        flash(_("已改最后一天。"))
        return redirect(_back(found.year, found.branch_id), 303)
    return _show_liaison(_liaison(liaison_id), 422, end=form)


@bp.post("/lists/liaison/copy")
@may(Act.KEEP_LISTS)
def copy_liaison() -> Response:
    year = _year()
    copied = actions.copy_liaison(year - 1, year, by=actor())
    db.session.commit()
    flash(_("已从%(year)s年复制%(n)s条挂点联系。", year=year - 1, n=copied.added))
    if copied.own:
        names = "；".join(copied.own)
        flash(_("没有复制的，是本人所在党组织：%(names)s。确要作为挂点的，请逐条添加并确认。", names=names))
    if copied.bound:
        names = "；".join(copied.bound)
        flash(_("没有复制的，是涉及您本人、今年已有安排的：%(names)s。需要添加的，请由其他党办人员办理。", names=names))
    return redirect(url_for("organization.index", year=year), 303)


@bp.route("/lists/template.xlsx")
@may(Act.KEEP_LISTS)
def template() -> Response:
    return printing.export(workbook.template(apply=current().words.apply), _("名册模板.xlsx"))


@bp.route("/lists/current.xlsx")
@may(Act.KEEP_LISTS)
def export() -> Response:
    apply = current().words.apply
    lines = importing.as_lines(_day(_year()), _year(), apply)
    return printing.export(workbook.template(lines, apply=apply), _("名册.xlsx"))


@bp.route("/lists/import", methods=["GET", "POST"])
@may(Act.KEEP_LISTS)
def import_lists() -> Page:
    form = ImportForm()
    status = 422 if form.is_submitted() else 200
    if form.validate_on_submit():
        content = form.workbook.data.read()
        try:
            plan = _plan(content, form.from_on.data)
            return _preview(plan, _keep(content))
        except UnreadableWorkbook as unreadable:
            form.refuse(RuleBroken("workbook", _("读不了这个文件：%(why)s", why=unreadable)))
    return render_template("organization/import.html", form=form), status


def _plan(content: bytes, from_on: dt.date, apart: list[str] | None = None) -> importing.ImportPlan:
    return importing.plan_import(workbook.read(content, current().words.apply), from_on, by=actor(), apart=apart)


def _preview(
    plan: importing.ImportPlan, upload: str, *, again: bool = False, form: ConfirmImportForm | None = None
) -> Page:
    shown = form or ConfirmImportForm(formdata=None)
    page = render_template("organization/preview.html", plan=plan, upload=upload, again=again, form=shown)
    return page, 422 if plan.wrong or again or shown.errors else 200


@bp.post("/lists/import/confirm")
@may(Act.KEEP_LISTS)
def confirm_import() -> Page:
    form = ConfirmImportForm()
    content = _kept(form.upload.data or "") if form.validate_on_submit() else None
    if content is None:
        flash(_("上传的文件已过期，请重新选择。"))
        return redirect(url_for("organization.import_lists"), 303)
    apart = form.apart.data or []
    plan = _plan(content, form.from_on.data, apart)
    if sorted(apart) != (form.shown_apart.data or "").split():
        flash(_("已按您的选择更新预览，请再看一遍。还没有导入。"))
        return _preview(plan, form.upload.data or "")
    if plan.opens_doors and plan.digest == form.digest.data:
        try:
            prove(form.own_password.data)
        except RuleBroken as broken:
            form.refuse(broken)
            return _preview(plan, form.upload.data or "", form=form)
        plan = _plan(content, form.from_on.data, apart)  # proving ended the transaction
    if plan.wrong or plan.digest != form.digest.data:
        return _preview(plan, form.upload.data, again=True)
    importing.carry_out(plan, by=actor(), at=now())
    db.session.commit()
    _upload(form.upload.data).unlink(missing_ok=True)
    flash(_("导入完成：新增%(new)s条，改动%(changed)s条。", new=len(plan.new), changed=len(plan.changed)))
    return redirect(url_for("organization.index"), 303)


def _uploads() -> Path:
    folder = Path(current_app.config["INSTANCE"]) / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _keep(content: bytes) -> str:
    """Keep what was uploaded, under its owner's id, until it is confirmed; return its name."""
    for old in _uploads().iterdir():
        if written_at(old) < now() - KEPT_FOR:
            old.unlink(missing_ok=True)
    digest = hashlib.sha256(content).hexdigest()
    _upload(digest).write_bytes(content)
    return digest


def _upload(digest: str) -> Path:
    return _uploads() / f"{actor().person_id}-{digest}"


def _kept(digest: str) -> bytes | None:
    """Return one's own upload of that name, unless it expired."""
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        return None
    path = _upload(digest)
    if not path.exists() or written_at(path) < now() - KEPT_FOR:
        return None
    return path.read_bytes()
