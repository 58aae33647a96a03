"""Recording, reading and correcting; the marks of member, office and leader; files."""

import datetime as dt
import json
import secrets
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from logbook.access import Act, Actor, actor, may
from logbook.accounts import carried
from logbook.accounts import queries as accounts
from logbook.db import db, reading
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import as_integer, now, today
from logbook.organization import queries as organization
from logbook.printing import views as printing
from logbook.printing.lengths import Part, refuse_long
from logbook.printing.refusals import days_apart
from logbook.problems import queries as problems
from logbook.problems.models import Category, Handling, Side, SourceKind
from logbook.settings.views import current
from logbook.visits import actions, attachments, offered, papers, queries, rules, versions
from logbook.visits.forms import (
    STATES,
    Basis,
    InstructForm,
    Row,
    VisitForm,
    WithdrawForm,
    contents_offered,
    filters_from,
    typed_from,
)
from logbook.visits.lines import GRAMMAR_TEXT
from logbook.visits.models import Content, Kind, Level, Visit
from logbook.visits.queries import Filters, Record
from logbook.visits.rules import NewVisit

bp = Blueprint("visits", __name__)
LINES = ("problems", "undertakings")
MOST_VOICES = 1000  # lines of a page
Answer = str | Response | tuple[str, int] | tuple[dict[str, Any], int]


# --- lists ----------------------------------------------------------------------------------------


@bp.route("/visits")
@may(Act.READ_RECORDS)
def index() -> str:
    filters = _filters()
    older, newer = request.args.get("older", ""), request.args.get("newer", "")
    page = queries.records(actor(), filters, older_than=older, newer_than=newer)
    # A count reads every row it counts: the whole list is counted on its last page only.
    counted = queries.listed_totals(actor(), filters) if filters.narrows or page.older is None else None
    names = dict(zip(("members", "branches"), queries.filter_names(), strict=True))
    contents = contents_offered(seven=current().seven_constructions)
    words = {
        "kinds": list(Kind), "states": STATES,
        "contents": [one for one in Content if one in contents or one is filters.content],
    }  # fmt: skip
    kept = {k: v for k, v in request.args.items() if v and k not in {"older", "newer", "text"}}
    return render_template(
        "visits/index.html", page=page, filters=filters, counted=counted, kept=kept, **names, **words
    )


def _filters() -> Filters:
    """What the address asks for; who was late is for the office and the leader to ask."""
    filters = filters_from(request.args)
    late = filters.state == "late" and not actor().may(Act.READ_YEAR)
    return replace(filters, state="") if late else filters


@bp.route("/visits.xlsx")
@may(Act.READ_RECORDS)
def xlsx() -> Response:
    filters = _filters()
    everything, shown = queries.listed_totals(actor(), filters)
    refuse_long(shown, [] if filters.from_on else _year_by_year(), workbook=True)
    sheet = papers.sheet(queries.export(actor(), filters), everything - shown, current().words)
    return printing.export([sheet], "下基层记录.xlsx")


def _year_by_year() -> list[Part]:
    """What the address asks for, of each year."""
    here: dict[str, Any] = request.args.to_dict()
    return [
        (
            str(_("%(year)s年", year=year)),
            url_for(request.endpoint or "", **here | {"from": f"{year}-01-01", "to": f"{year}-12-31"}),
        )
        for year in sorted(queries.years(), reverse=True)
    ]


@bp.route("/voices")
@may(Act.READ_RECORDS)
def voices() -> str:
    filters = replace(_filters(), state="counted")
    category = next((one for one in Category if one.value == request.args.get("category")), None)
    found = queries.voices(actor(), filters, category, most=MOST_VOICES)
    parts = days_apart(filters.from_on, filters.to_on or today()) if filters.from_on else _year_by_year()
    return render_template("visits/voices.html", found=found, filters=filters, category=category, parts=parts)


# --- recording ------------------------------------------------------------------------------------


@bp.route("/visits/new", methods=["GET", "POST"])
@may(Act.RECORD)
def log() -> Answer:
    by = actor()
    form = VisitForm(data=_preset(by))
    if not form.validate_on_submit() or form.adds_row():
        return _form_page(form, by)
    try:
        new = _with_files(form.new_visit(member_of(form, by), Basis()))
        if _asks():
            offered.ask(form, new, by)
        visit = _stored(new, by, offered.answers(form))
    except RuleBroken as broken:
        db.session.close()
        return _refused(form, broken, by)
    if not _wants_json():
        return redirect(url_for("visits.show", visit_id=visit.id, received=1), 303)
    # What was sent is what is stored, but for the reason the program may have added: then the stored text is read.
    as_sent = visit.version == 1 and visit.late_reason == new.late_reason
    return _told(visit, 1, versions.digest_of(versions.body_of(new)) if as_sent else ""), 201


def _asks() -> bool:
    """Whether somebody is there to answer: a page, or a phone whose form is on the screen; nobody where it waited."""
    return not _wants_json() or request.form.get("asks") == "1"


def _stored(new: NewVisit, by: Actor, reason: str) -> Visit:
    try:
        visit = actions.log_visit(new, by=by, at=now(), settings=current(), reason=reason)
        db.session.commit()
    except IntegrityError:  # the same record, or the year's first, came in at the same moment: look again
        db.session.close()
        visit = actions.log_visit(new, by=by, at=now(), settings=current(), reason=reason)
        db.session.commit()
    return visit


def _preset(by: Actor) -> dict[str, Any]:
    return {
        "member_id": str(by.person_id) if by.is_member else "",
        "visited_on": today().isoformat(),
        "branch_id": request.args.get("branch", ""),
        "kinds": [current().default_kind],
        "level": current().default_level,
        "client_key": secrets.token_urlsafe(16),
    }


def member_of(form: VisitForm, by: Actor) -> int | None:
    """Whose record it is: the member's own; the office says for whom."""
    return by.person_id if by.is_member and not by.is_office else as_integer(form.member_id.data or "")


def _with_files(new: NewVisit) -> NewVisit:
    """With the files chosen now, checked and stored; no transaction is open meanwhile, pictures take their time."""
    chosen = [(f.filename or "", f.stream) for f in request.files.getlist("files") if f.filename]
    if not chosen:
        return new
    db.session.close()
    return replace(new, files=(*new.files, *attachments.keep(_folder(), chosen)))


def _files_chosen() -> bool:
    return any(f.filename for f in request.files.values())


def _folder() -> Path:
    folder: Path = current_app.config["INSTANCE"] / "attachments"
    return folder


def _refused(form: VisitForm, broken: RuleBroken, by: Actor) -> Answer:
    form.refuse(broken)
    status = 409 if broken.field == "client_key" else 422
    if form.parsed is not None and status == 422:  # noqa: PLR2004
        form.refuse_more(rules.all_breaches(form.parsed, by, now()))
    if not _wants_json():
        return _form_page(form, by, status)
    return ({"receipt": _receipt(form.client_key.data, by)} if status == 409 else _faults(form)), status  # noqa: PLR2004


def _faults(form: VisitForm) -> dict[str, str]:
    return {name: message for name, (_label, message) in form.faults().items()}


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _told(visit: Visit, n: int, digest: str = "") -> dict[str, Any]:
    """The receipt of a version; its digest is read where the caller does not know it."""
    if not digest:
        with reading():
            stored = queries.version(visit.id, n)
        digest = stored.digest if stored else ""
    return {"number": visit.number, "version": n, "digest": digest, "id": visit.id}


def _receipt(client_key: str | None, by: Actor) -> dict[str, Any] | None:
    """What is stored under the key, told only to whose record it is."""
    stored = queries.by_client_key(client_key or "")
    if stored is None or by.person_id not in {stored[0].member_id, stored[0].entered_by_id}:
        return None
    return _told(stored[0], 1)


def _form_page(form: VisitForm, by: Actor, status: int = 200, **shown: Any) -> tuple[str, int]:
    """The form with all it offers; `record` and `differences` when a record is corrected."""
    record: Record | None = shown.get("record")
    member_id = record.visit.member_id if record else as_integer(form.member_id.data or "")
    for_self = member_id == by.person_id and by.is_member
    branch_id = as_integer(form.branch_id.data or "")
    liaisons = organization.liaisons_of(member_id, today()) if member_id else []
    form.offer_people(accounts.members(), member_id)
    form.offer_branches(organization.branches(today()), [one.branch_id for one in liaisons])
    levels = [level for level in Level if for_self or level is not Level.SELF]
    form.offer(today=today(), seven=current().seven_constructions, levels=levels)
    page = render_template(
        "visits/log.html", form=form, faults=form.faults(), for_self=for_self, last_on=_last_on(branch_id),
        branch=organization.branch(branch_id) if branch_id else None, grammar=GRAMMAR_TEXT,
        open_problems=offered.open_problems(branch_id, record.visit.id if record else None),
        categories=list(Category), sides=list(Side), handlings=list(Handling),
        files_lost=_files_chosen(), **shown,
    )  # fmt: skip
    return page, status


def _last_on(branch_id: int | None) -> Any:
    return queries.last_visited_on(branch_id) if branch_id else None


# --- one record -----------------------------------------------------------------------------------


@bp.route("/visits/<int:visit_id>")
@may(Act.READ_RECORDS)
def show(visit_id: int) -> str:
    record = _record(visit_id)
    visit, by = record.visit, actor()
    own = visit.member_id == by.person_id
    like = None
    known = by.person_id in {visit.member_id, visit.entered_by_id}
    received = as_integer(request.args.get("received", "")) if known else None  # the version just sent
    if own and received == 1:  # a gentle hint, to the author alone, right after sending
        like = versions.repeated(visit.findings, queries.own_texts(by.person_id, visit.id))
    lines = problems.of_source(SourceKind.VISIT, visit.id)
    return render_template(
        "visits/show.html", received=received, record=record, visit=visit, own=own, like=like,
        problems=lines[0], undertakings=lines[1],
        changeable=_changeable(record, by), form=InstructForm(formdata=None),
        hints=offered.hints(record, by, lines, just_sent=received == 1),
        trip=queries.trip_people(by, visit) if visit.joint_of_id else [],
    )  # fmt: skip


def _record(visit_id: int) -> Record:
    record = queries.record(actor(), visit_id)
    if record is None:
        raise NotThere
    return record


def _changeable(record: Record, by: Actor) -> bool:
    if record.locked:
        return False
    try:
        rules.refuse_own(actions.correctable(record.visit.id, by=by), by, "")
    except (NotAllowed, RuleBroken):
        return False
    return True


@bp.route("/visits/<int:visit_id>/history")
@may(Act.READ_RECORDS)
def history(visit_id: int) -> str:
    record = _record(visit_id)
    stored = queries.versions(visit_id)
    kept_back = queries.kept_back(actor(), record, stored)
    steps = [
        (
            after,
            versions.differences(before.body, after.body, _names(after.at), kept_back[before.n] | kept_back[after.n]),
        )
        for before, after in pairwise(stored)
    ]
    return render_template("visits/history.html", record=record, first=stored[0], steps=steps, kept_back=kept_back)


def _names(at: dt.datetime) -> dict[str, dict[int, str]]:
    """How people were called at a moment, and branches are called."""
    people = {one.id: one.name_at(at) for one in accounts.people()}
    return {"people": people, "branches": {one.id: one.name for one in organization.branches()}}


@bp.route("/visits/<int:visit_id>/correct", methods=["GET", "POST"])
@may(Act.RECORD)
def correct(visit_id: int) -> Answer:
    by, record = actor(), _record(visit_id)
    basis, typed, rows = basis_of(record, _stood_on(record, by))
    if request.method == "GET":
        _fill_in(record, typed, rows)
    form = VisitForm(data=typed, rows=rows)
    if not form.validate_on_submit() or form.adds_row():
        visit = actions.correctable(visit_id, by=by)
        if request.method == "GET":
            rules.refuse_own(visit, by, "")
        return _form_page(form, by, record=record)
    try:
        visit = _corrected(form, record, basis, by)
    except RuleBroken as broken:
        db.session.close()
        stored = actions.correctable(visit_id, by=by)  # what no other text would mend is said apart
        form.refuse(broken)
        if form.parsed is not None and broken.field == "based_on":
            return _conflict(form, by, _record(visit_id), form.parsed)
        if form.parsed is not None:
            form.refuse_more(rules.correction_breaches(stored, form.parsed, form.reason.data or ""))
            form.refuse_more(rules.all_breaches(form.parsed, by, now(), stored))
        return (_faults(form), 422) if _wants_json() else _form_page(form, by, 422, record=_record(visit_id))
    if _wants_json():
        return _told(visit, visit.version), 201
    flash(_("已更正，现在是第%(n)s版。", n=visit.version))
    return redirect(url_for("visits.show", visit_id=visit_id), 303)


def _corrected(form: VisitForm, record: Record, basis: Basis, by: Actor) -> Visit:
    new, visit_id = form.new_visit(record.visit.member_id, basis), record.visit.id
    if _files_chosen():
        actions.correctable(visit_id, by=by)  # before anything is stored for a record that takes nothing
    new, grounds = _with_files(new), form.grounds()
    if _asks() and actions.corrected(visit_id, new, grounds["based_on"], by) is None:
        for broken in rules.correction_breaches(record.visit, new, grounds["reason"]):
            raise broken
        known_lines = [one["line"] for one in basis.body.get("problems", ())]
        offered.ask(form, new, by, stored=record.visit, known_lines=known_lines)
    visit = actions.correct(visit_id, new, **grounds, by=by, at=now(), settings=current())
    db.session.commit()
    return visit


def _fill_in(record: Record, typed: dict[str, Any], rows: dict[str, list[Row]]) -> None:
    """What the record's page offered, filled in: it is read, and submitted like any other correction."""
    if request.args.get("lines") and "findings" in typed:
        offered.take_lines(typed, rows)
    if request.args.get("merge"):
        own = problems.of_source(SourceKind.VISIT, record.visit.id)[0]
        found = offered.merges(record.visit, own)
        offered.take_merges(typed, rows, {str(one.source_line): found[one.id] for one in own if one.id in found})


def _stood_on(record: Record, by: Actor) -> int | None:
    """The version before the newest, where that one is theirs and comes once more: or its lines were numbered anew."""
    visit = record.visit
    newest = queries.version(visit.id, visit.version)
    again = visit.version > 1 and newest is not None and newest.by_id == by.person_id
    return visit.version - 1 if again and request.form.get("based_on") == str(visit.version - 1) else None


def basis_of(record: Record, version: int | None = None) -> tuple[Basis, dict[str, Any], dict[str, list[Row]]]:
    """The record as it stands, or stood at a version: what a correction keeps, and how it shows in the form."""
    visit = record.visit
    bodies = [json.loads(stored.body) for stored in queries.versions(visit.id)[:version]]
    values, rows = typed_from(bodies[-1])
    shown = {name: value for name, value in values.items() if name not in record.hidden}
    shown |= {"based_on": str(visit.version), "reason": "", "member_id": str(visit.member_id)}
    shown["client_key"] = secrets.token_urlsafe(16)
    lines = [one["line"] for body in bodies for kind in LINES for one in body.get(kind, ())]
    return Basis(bodies[-1], record.hidden, max(lines, default=0)), shown, rows


def _conflict(form: VisitForm, by: Actor, record: Record, new: NewVisit) -> Answer:
    """Somebody was quicker: both texts side by side; sent once more, this one becomes the next version."""
    if _wants_json():
        return {"conflict": True}, 409
    stored = queries.versions(record.visit.id)[-1].body
    differences = versions.differences(stored, versions.body_of(new), _names(now()), record.hidden)
    form.based_on.data = str(record.visit.version)
    return _form_page(form, by, 409, record=record, differences=differences)


@bp.route("/visits/<int:visit_id>/withdraw", methods=["GET", "POST"])
@may(Act.RECORD)
def withdraw(visit_id: int) -> Answer:
    record, form = _record(visit_id), WithdrawForm()
    visit = actions.correctable(visit_id, by=actor())
    if request.method == "GET":
        rules.refuse_own(visit, actor(), "")
    if form.validate_on_submit():
        try:
            actions.withdraw(visit_id, reason=form.reason.data or "", by=actor(), at=now())
            db.session.commit()
            flash(_("记录%(number)s已撤销。", number=record.visit.number))
            return redirect(url_for("visits.show", visit_id=visit_id), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
            record = _record(visit_id)
    return render_template("visits/withdraw.html", form=form, record=record), 422 if form.errors else 200


@bp.post("/visits/<int:visit_id>/confirm")
@may(Act.CONFIRM)
def confirm(visit_id: int) -> Response:
    actions.confirm(visit_id, by=actor(), at=now(), version=as_integer(request.form.get("version", "")))
    db.session.commit()
    flash(_("已确认。"))
    return _back(visit_id)


@bp.post("/visits/<int:visit_id>/decline")
@may(Act.CONFIRM)
def decline(visit_id: int) -> Response:
    visit = actions.decline(visit_id, by=actor(), at=now())
    db.session.commit()
    if visit.is_unclaimed:
        flash(_("已说明不是您写的，这条记录不计，请再告诉党办一声。点错了的，年度归档前都可以在这里改回。"))
    else:
        flash(_("已说明未参加，这条记录不计。点错了的，年度归档前都可以在这里改回。"))
    return _back(visit_id)


@bp.post("/visits/<int:visit_id>/receive")
@may(Act.RECEIVE)
def receive(visit_id: int) -> Response:
    version = as_integer(request.form.get("version", "")) or 0
    visit = actions.receive(visit_id, version, by=actor(), at=now())
    db.session.commit()
    if visit.is_new:
        flash(_("已收阅%(number)s第%(n)s版；之后又有更正，还在新收到的记录里。", number=visit.number, n=version))
    else:
        flash(_("已收阅%(number)s。", number=visit.number))
    return _back(visit_id)


@bp.route("/visits/<int:visit_id>/instruct", methods=["GET", "POST"])
@may(Act.INSTRUCT)
def instruct(visit_id: int) -> Answer:
    record, form = _record(visit_id), InstructForm()
    if form.validate_on_submit():
        try:
            actions.instruct(visit_id, form.text.data or "", by=actor(), at=now())
            db.session.commit()
            flash(_("批示已记下。"))
            return _back(visit_id)
        except RuleBroken as broken:
            if not form.text.data:  # nothing was typed: back to where the button stood
                raise
            form.refuse(broken)
    return render_template("visits/instruct.html", form=form, record=record), 422 if form.errors else 200


def _back(visit_id: int) -> Response:
    """To the page the button stood on, or to the record."""
    home = request.form.get("back") == "home"
    return redirect(url_for("desk.home") if home else url_for("visits.show", visit_id=visit_id), 303)


@bp.errorhandler(RuleBroken)
def _cannot(broken: RuleBroken) -> Response:
    """A button that may no longer be pressed says why, on the page it leads to; what was typed is kept."""
    db.session.close()
    if _wants_json():
        return make_response({broken.field: str(broken.message)}, 422)
    typed = MultiDict(request.form.items(multi=True))
    if request.method == "POST" and (request.endpoint == "visits.correct" or carried.texts(typed)):
        return carried.keep(str(broken.message), 409, typed)
    flash(str(broken.message))
    visit_id = (request.view_args or {}).get("visit_id")
    return _back(visit_id) if visit_id else redirect(url_for("desk.home"), 303)


@bp.route("/attachments/<int:attachment_id>")
@may(Act.READ_RECORDS)
def attachment(attachment_id: int) -> Response:
    file = queries.attachment(actor(), attachment_id)
    if file is None:
        raise NotThere
    path = attachments.path_of(_folder(), file.digest)
    if not path.exists():
        raise NotThere
    picture = file.media_type.startswith("image/")
    return send_file(path, mimetype=file.media_type, as_attachment=not picture, download_name=file.name)
