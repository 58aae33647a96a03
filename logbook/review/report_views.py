"""One secretary of a meeting: the report handed in, the brief, the grade, and who comments and runs the case."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import now, today
from logbook.organization import bound
from logbook.printing import views as printing
from logbook.problems.models import State
from logbook.review import actions, briefs, papers, queries
from logbook.review.forms import GradeForm, HandlerForm, ReportForm, WrittenReportForm
from logbook.review.models import Report, Stance
from logbook.review.steps import Standing, Step, out_of_order
from logbook.settings.forms import Form
from logbook.settings.views import current

bp = Blueprint("reports", __name__)
Answer = str | Response | tuple[str, int]
USUAL = {"written": 4000, "speech": 1300}  # characters; hints, no limits (mission.md: no word counts)


@bp.route("/review/reports/<int:report_id>")
@may(Act.READ_MEETING)
def brief(report_id: int) -> str:
    return _brief(report_id)


def _brief(report_id: int, **shown: Form) -> str:
    """The page, with the form that was sent as it was typed and what is wrong with it."""
    report, meeting = queries.the_report(actor(), report_id)
    forms: dict[str, Any] = {
        "report_form": _report_form(report, formdata=None), "grade_form": _grade_form(report, formdata=None),
        "handler_form": _handler_form(report, formdata=None),
    }  # fmt: skip
    found, printed = briefs.build(actor(), meeting, report, today()), queries.printed(actor(), report_id)
    kept = briefs.load(printed[0].body) if printed else None
    return render_template(
        "review/brief.html", report=report, meeting=meeting, brief=found, printed=printed, Stance=Stance, State=State,
        outdated=briefs.differences(kept, found) if kept and kept != found else None,
        speaks=queries.speaks(actor(), report), runs=queries.runs_case(actor(), report),
        changes=bound.may_change({report.person_id}, by=actor(), act=Act.RUN_MEETING), **forms | shown,
    )  # fmt: skip


def _report_form(report: Report, **options: Any) -> ReportForm:
    stored = {"commentator_id": str(report.commentator_id or ""), "in_writing": report.in_writing}
    form = ReportForm(data=stored, **options)
    form.offer(one for one in accounts.members() if one.id != report.person_id)
    return form


def _grade_form(report: Report, **options: Any) -> GradeForm:
    held = report.decision
    stored = {"grade": report.grade.value if report.grade else "", "ground": held.ground if held else ""}
    form = GradeForm(data={**stored, "decided_on": held.decided_on if held else None}, **options)
    form.offer()
    return form


def _handler_form(report: Report, **options: Any) -> HandlerForm:
    form = HandlerForm(data={"handler_id": str(report.handler_id or "")}, **options)
    form.offer([one for one in accounts.members() if one.id != report.person_id])
    return form


# GET as well: what was typed when the session had ended is shown again on the same address.
@bp.route("/review/reports/<int:report_id>/change", methods=["GET", "POST"])
@may(Act.STAND_IN)
def change(report_id: int) -> Answer:
    report, _meeting = queries.the_report(actor(), report_id)
    bound.refuse_own({report.person_id}, by=actor(), act=Act.RUN_MEETING)
    form = _report_form(report)
    if form.validate_on_submit():
        try:
            actions.change_report(report_id, form.commentator(), in_writing=bool(form.in_writing.data), by=actor())
            db.session.commit()
            flash(_("已保存。"))
            return redirect(url_for("reports.brief", report_id=report_id), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return _brief(report_id, report_form=form), form.status


@bp.route("/review/reports/<int:report_id>/handler", methods=["GET", "POST"])
@may(Act.NAME_HANDLER)
def name_handler(report_id: int) -> Answer:
    form = _handler_form(queries.the_report(actor(), report_id)[0])
    if form.validate_on_submit():
        actions.name_handler(report_id, form.handler(), by=actor())
        db.session.commit()
        flash(_("已保存。"))
        return redirect(url_for("reports.brief", report_id=report_id), 303)
    return _brief(report_id, handler_form=form), form.status


@bp.route("/review/reports/<int:report_id>/grade", methods=["GET", "POST"])
@may(Act.DECIDE_GRADE)
def decide(report_id: int) -> Answer:
    report, meeting = queries.the_report(actor(), report_id)
    form, year = _grade_form(report), meeting.year
    if form.validate_on_submit():
        standing = Standing(meeting, [report], frozenset(), form.decided_on.data or today())
        form.told = out_of_order(Step.GRADES, standing) if form.grade.data else ()
        try:
            decision = actions.decide_grade(report_id, form.decision(), by=actor(), at=now())
            form.check_order()
            said = _("等次已登记。") if decision.grade else _("已改为未定。")
            db.session.commit()
            flash(said)
            return redirect(url_for("review.show", year=year, _anchor=f"r{report_id}"), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return _brief(report_id, grade_form=form), form.status


@bp.post("/review/reports/<int:report_id>/extracts/<int:visit_id>")
@may(Act.READ_MEETING)
def sort_extract(report_id: int, visit_id: int) -> Response:
    asked = request.form.get("stance", "")
    stance = Stance(asked) if asked in {one.value for one in Stance} else None
    actions.sort_extract(report_id, visit_id, stance, by=actor(), at=now())
    db.session.commit()
    return redirect(url_for("reports.brief", report_id=report_id, _anchor="extracts"), 303)


@bp.post("/review/reports/<int:report_id>/print")
@may(Act.READ_MEETING)
def print_brief(report_id: int) -> Response:
    found, report = actions.print_brief(report_id, by=actor(), at=now())
    db.session.commit()
    paper = papers.brief_paper(found, current())
    name = f"{found.branch}平时工作掌握情况"
    return printing.send(
        paper, "pdf" if request.form.get("as") == "pdf" else "docx", name, report.person_id,
        private=bool(found.extracts) and not actor().is_office,
    )  # fmt: skip


@bp.route("/review/reports/<int:report_id>/printed/<int:print_id>")
@may(Act.READ_MEETING)
def printed(report_id: int, print_id: int) -> str:
    """A brief as this reader printed it then."""
    report, meeting = queries.the_report(actor(), report_id)
    kept = next((one for one in queries.printed(actor(), report_id) if one.id == print_id), None)
    if kept is None:
        raise NotThere
    return render_template(
        "review/printed.html", report=report, meeting=meeting, kept=kept, brief=briefs.load(kept.body), State=State
    )


@bp.route("/review/reports/<int:report_id>/written", methods=["GET", "POST"])
@may(Act.READ_MEETING)
def written(report_id: int) -> Answer:
    """The report as it was handed in: read before the meeting, filed by who runs the case."""
    report, meeting = queries.the_report(actor(), report_id)
    form = WrittenReportForm(obj=report, data={"based_on": actions.state_of(report)})
    if request.method == "POST":
        queries.case(actor(), report_id)
    if form.validate_on_submit():
        try:
            actions.file_report(report_id, *form.texts(), based_on=form.based_on.data or "", by=actor())
            db.session.commit()
            unread = _("Word文件里有%(n)s处图片、图表、公式或注释没有读入，请核对。", n=form.unread)
            flash(_("已保存。") + (unread if form.unread else ""))
            return redirect(url_for("review.show", year=meeting.year, _anchor=f"r{report_id}"), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
            if broken.field != "files":  # only who was told what is there now writes on top of it
                form.based_on.data = actions.state_of(queries.the_report(actor(), report_id)[0])
    report, meeting = queries.the_report(actor(), report_id)
    page = render_template(
        "review/written.html", report=report, meeting=meeting, form=form, usual=USUAL,
        lengths={name: len("".join(getattr(report, name).split())) for name in USUAL},
        runs=queries.runs_case(actor(), report),
    )  # fmt: skip
    return page, form.status
