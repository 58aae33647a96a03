"""整改清单: drawn up, changed, printed, sent out, read back; progress and closing are in the ledger."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadData
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.cleaning import clean_text
from logbook.comments import queries as comments
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import as_integer, now, today
from logbook.printing import views as printing
from logbook.rectification import actions, importing, papers, queries, reading
from logbook.rectification.forms import ConfirmForm, ItemForm, NewItemForm, UploadForm
from logbook.rectification.models import number_of
from logbook.rectification.queries import Line
from logbook.rectification.reading import Fault, Row
from logbook.review import queries as review
from logbook.review import word_file
from logbook.review.models import Meeting, Report
from logbook.review.steps import Standing, Step, told
from logbook.settings.views import current
from logbook.signing import Dated

bp = Blueprint("rectification", __name__)
Answer = str | Response | tuple[str, int]
Lists = Sequence[tuple[Report, Sequence[Line]]]
MOST_FILES = 40  # at once: one of each secretary
KEPT_SECONDS = 24 * 3600  # what was read waits a day for its confirmation


def _meeting(year: int, *, reads: bool = False) -> Meeting:
    """The meeting, for the office and for whom the leader named; each finds the cases they run. `reads`: or reads."""
    meeting, by = review.the_meeting(year), actor()
    allowed = review.reads_case if reads else review.runs_case
    if not (reads and by.is_leader) and not any(allowed(by, one) for one in review.reports(meeting.id)):
        raise NotAllowed("run a case")
    return meeting


def _there(year: int, anchor: str | None = None) -> Response:
    return redirect(url_for("rectification.show", year=year, _anchor=anchor), 303)


@bp.route("/review/rectification/<int:meeting_id>")
@may(Act.READ_MEETING)
def source(meeting_id: int) -> Response:
    """The list a problem of the ledger comes from."""
    meeting = queries.meeting_by_id(meeting_id)
    if meeting is None:
        raise NotThere
    _meeting(meeting.year)
    return redirect(url_for("rectification.show", year=meeting.year))


@bp.route("/review/<year:year>/rectification")
@may(Act.READ_MEETING)
def show(year: int) -> str:
    meeting = _meeting(year, reads=True)
    lists = queries.lists(actor(), meeting)
    runs = [one.id for one, _lines in lists if review.runs_case(actor(), one)]
    missing = _told(meeting, lists)
    return render_template("rectification/show.html", meeting=meeting, lists=lists, runs=runs, told=missing)


def _told(meeting: Meeting, lists: Lists) -> list[str]:
    """What a list rests on and is still to come, of those who are not fed back yet."""
    reports = [one for one, _lines in lists if not one.fed_back_on]
    settled = [one for one in comments.of_meeting(actor(), meeting.id) if one.settled_at]
    missing = told(Step.ITEMS, Standing(meeting, reports, frozenset(one.report_id for one in settled), today()))
    words = {(one.report_id, clause.text) for one in settled for clause in one.clauses}
    known = {one.id for one, _lines in lists}
    drawn = [one for one in queries.drawn(meeting.id) if one[0] in known and (one[0], one[2]) not in words]
    if drawn:
        numbers = _("、").join(number_of(meeting.year, n) for _report_id, n, _said in drawn)
        missing.append(_("%(numbers)s所依据的点评已有改动，或撤回了审定：请核对这几项。", numbers=numbers))
    return missing


@bp.post("/review/<year:year>/rectification/draft")
@may(Act.READ_MEETING)
def draft(year: int) -> Response:
    added = actions.draft(_meeting(year), days=current().rectification_days, by=actor(), at=now())
    db.session.commit()
    none = _("没有新的不足：点评审定后，里面的不足才列入。")
    flash(_("列入%(n)s项。", n=added) if added else none)
    return _there(year)


# GET as well: what was typed when the session had ended is shown again on the same address.
@bp.route("/review/<year:year>/rectification/add", methods=["GET", "POST"])
@may(Act.READ_MEETING)
def add(year: int) -> Answer:
    meeting = _meeting(year)
    form = NewItemForm(data={"due_on": today() + dt.timedelta(days=current().rectification_days)})
    form.offer([one for one in review.reports(meeting.id) if review.runs_case(actor(), one)])
    if form.validate_on_submit():
        try:
            item = actions.add_item(form.report_id.data, form.new_item(), by=actor(), at=now())
            db.session.commit()
            flash(_("已添加。"))
            return _there(year, f"i{item.id}")
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return render_template("rectification/item.html", meeting=meeting, form=form, item=None), form.status


@bp.route("/review/rectification/items/<int:item_id>", methods=["GET", "POST"])
@may(Act.READ_MEETING)
def change(item_id: int) -> Answer:
    found = queries.item(actor(), item_id)
    if found is None or found[0].removed:
        raise NotThere
    item, report, meeting = found
    form = ItemForm(obj=item, data={"based_on": actions.state_of(item)})
    if form.validate_on_submit():
        try:
            actions.change_item(item_id, form.new_item(), based_on=form.based_on.data or "", by=actor(), at=now())
            db.session.commit()
            flash(_("已保存。"))
            return _there(meeting.year, f"i{item_id}")
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
            item, report, meeting = queries.item(actor(), item_id) or found
            form.based_on.data = actions.state_of(item)  # only who was told what is there now writes on top of it
    page = render_template("rectification/item.html", meeting=meeting, form=form, item=item, report=report)
    return page, 422 if form.errors or form.form_errors else 200


@bp.post("/review/rectification/items/<int:item_id>/remove")
@may(Act.READ_MEETING)
def remove(item_id: int) -> Response:
    meeting = actions.remove_item(item_id, by=actor())
    db.session.commit()
    flash(_("已移出清单，可以恢复。"))
    return _there(meeting.year)


@bp.post("/review/rectification/items/<int:item_id>/restore")
@may(Act.READ_MEETING)
def restore(item_id: int) -> Response:
    meeting = actions.restore_item(item_id, by=actor(), at=now())
    db.session.commit()
    flash(_("已恢复。"))
    return _there(meeting.year)


@bp.route("/review/<year:year>/rectification/list.<any(docx, pdf):ending>")
@may(Act.READ_MEETING)
def paper(year: int, ending: str) -> Response:
    """Of one secretary (?report=…), or of all that this reader may see."""
    meeting = _meeting(year, reads=True)
    lists, wanted = queries.lists(actor(), meeting), request.args.get("report")
    if wanted is None:
        made = papers.paper(meeting, lists, current(), today(), one=False)
        return printing.send(made, ending, f"{year}年度整改清单", told=_told(meeting, lists))
    mine = [one for one in lists if one[0].id == as_integer(wanted)]
    if not mine:
        raise NotThere
    report = mine[0][0]
    made = papers.paper(meeting, mine, current(), today(), one=True)
    return printing.send(made, ending, f"{report.branch.name}{year}年度整改清单", report.person_id)


# --- back in --------------------------------------------------------------------------------------


@bp.route("/review/<year:year>/rectification/import", methods=["GET", "POST"])
@may(Act.READ_MEETING)
def import_lists(year: int) -> Answer:
    meeting, form = _meeting(year), UploadForm()
    files = [one for one in request.files.getlist("files") if one.filename]
    if form.validate_on_submit():
        if files and len(files) <= MOST_FILES:
            rows, faults = _read(files)
            return _preview(meeting, rows, faults)
        why = _("一次最多%(most)s份。", most=MOST_FILES) if files else _("请选择文件。")
        form.refuse(RuleBroken("files", why))
    return render_template("rectification/import.html", meeting=meeting, form=form), form.status


def _read(files: Iterable[Any]) -> tuple[list[Row], list[Fault]]:
    rows: list[Row] = []
    faults: list[Fault] = []
    for file in files:
        name = clean_text(file.filename.replace("\\", "/").rsplit("/", 1)[-1])[:120]
        found, wrong = reading.read(name, file.stream.read(word_file.MOST_BYTES + 1))
        rows += found
        faults += wrong
    return rows, faults


def _preview(meeting: Meeting, rows: list[Row], faults: list[Fault], *, sent: ConfirmForm | None = None) -> Answer:
    """What would change. The rows that change something go to the page and back, signed for this reader alone."""
    plan = importing.plan(meeting, rows, faults, by=actor())
    form = sent or ConfirmForm(formdata=None)
    said = form.ask_about(plan.texts)
    form.form_errors.extend(said)
    kept = {
        "rows": [dataclasses.astuple(one.row) for one in plan.changed],
        "faults": [(one.file, one.row, str(one.why)) for one in plan.wrong],
    }
    page = render_template(
        "rectification/preview.html", meeting=meeting, plan=plan, form=form, rows=_signer(meeting).dumps(kept),
        again=sent is not None,
    )  # fmt: skip
    return page, 422 if plan.wrong or said or sent else 200


def _signer(meeting: Meeting) -> Dated:
    salt = f"rectification {meeting.id} {actor().person_id}"
    return Dated(current_app.config["SECRET_KEY"], salt=salt)


@bp.post("/review/<year:year>/rectification/import/confirm")
@may(Act.READ_MEETING)
def confirm_import(year: int) -> Answer:
    meeting, form = _meeting(year), ConfirmForm()
    try:
        kept = _signer(meeting).loads(form.rows.data or "", max_age=KEPT_SECONDS)
    except BadData:
        flash(_("上传的文件已过期，请重新选择。"))
        return redirect(url_for("rectification.import_lists", year=year), 303)
    rows, faults = [Row(*one) for one in kept["rows"]], [Fault(*one) for one in kept["faults"]]
    plan = importing.plan(meeting, rows, (), by=actor())
    if not form.validate_on_submit() or plan.digest != form.digest.data or form.ask_about(plan.texts):
        return _preview(meeting, rows, faults, sent=form)
    importing.carry_out(plan, by=actor(), at=now())
    db.session.commit()
    flash(_("导入完成：%(n)s项有改动。", n=len(plan.changed)))
    return _there(year)
