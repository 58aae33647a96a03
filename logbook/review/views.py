"""The review meeting: created from its year, arranged, briefed, decided, printed."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.documents.paper import Paper
from logbook.errors import NotThere, RuleBroken
from logbook.formats import now, today
from logbook.printing import views as printing
from logbook.problems.models import State
from logbook.review import actions, briefs, papers, queries
from logbook.review.forms import GradeForm, MeetingForm, ReportForm
from logbook.review.models import Meeting, Report
from logbook.settings.forms import Form
from logbook.settings.views import current
from logbook.years import summary

bp = Blueprint("review", __name__)
Answer = str | Response | tuple[str, int]
YEAR = "<int(min=2000, max=2999):year>"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@bp.route("/review")
@may(Act.READ_MEETING)
def index() -> str:
    meetings = queries.meetings()
    having = {one.year for one in meetings}
    free = [year for year in (today().year, today().year - 1) if year not in having]
    return render_template("review/index.html", meetings=meetings, free=free)


@bp.post(f"/review/{YEAR}/create")
@may(Act.RUN_MEETING)
def create(year: int) -> Response:
    try:
        actions.create_meeting(year, by=actor(), at=now())
        db.session.commit()
        flash(_("会议已建好：述职名单按党组织排列，年度数字和文字已固定。"))
    except RuleBroken as broken:
        db.session.close()
        flash(str(broken.message))
        return redirect(url_for("review.index"), 303)
    return redirect(url_for("review.show", year=year), 303)


def _meeting(year: int) -> Meeting:
    meeting = queries.meeting(year)
    if meeting is None:
        raise NotThere
    return meeting


@bp.route(f"/review/{YEAR}", methods=["GET", "POST"])
@may(Act.READ_MEETING)
def show(year: int) -> Answer:
    meeting = _meeting(year)
    form = MeetingForm(obj=meeting)
    if request.method == "POST" and not actor().may(Act.RUN_MEETING):
        raise NotThere
    if form.validate_on_submit():
        try:
            actions.change_meeting(year, form.held_on.data, form.place.data or "")
            db.session.commit()
            flash(_("已保存。"))
            return redirect(url_for("review.show", year=year), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return _page(_meeting(year), form), 422 if form.errors else 200


def _page(meeting: Meeting, form: MeetingForm) -> str:
    reports = queries.reports(meeting.id)
    shown = queries.about_others(actor(), reports)
    return render_template(
        "review/show.html", meeting=meeting, reports=reports, shown=shown, form=form,
        figures=summary.load(meeting.summary), fixed=queries.is_decided(meeting.id),
        kept=queries.is_printed(meeting.id),
        decided=sum(one.grade is not None for one in reports if one.id in shown),
    )  # fmt: skip


@bp.post(f"/review/{YEAR}/freeze")
@may(Act.RUN_MEETING)
def freeze(year: int) -> Response:
    try:
        actions.freeze_again(year, at=now())
        db.session.commit()
        flash(_("已按现在的数字和文字重新固定。"))
    except RuleBroken as broken:
        db.session.close()
        flash(str(broken.message))
    return redirect(url_for("review.show", year=year), 303)


@bp.route(f"/review/{YEAR}/remove", methods=["GET", "POST"])
@may(Act.RUN_MEETING)
def remove(year: int) -> Answer:
    meeting = _meeting(year)
    if request.method == "GET":
        return render_template("review/remove.html", meeting=meeting)
    try:
        actions.remove_meeting(year)
        db.session.commit()
        flash(_("已删去%(year)s年度的会议。", year=year))
    except RuleBroken as broken:
        db.session.close()
        flash(str(broken.message))
        return redirect(url_for("review.show", year=year), 303)
    return redirect(url_for("review.index"), 303)


@bp.post(f"/review/{YEAR}/reports/<int:report_id>/move")
@may(Act.RUN_MEETING)
def move(year: int, report_id: int) -> Response:
    actions.arrange(year, report_id, up=request.form.get("to") == "up")
    db.session.commit()
    return redirect(url_for("review.show", year=year, _anchor=f"r{report_id}"), 303)


@bp.route("/review/reports/<int:report_id>")
@may(Act.READ_MEETING)
def brief(report_id: int) -> str:
    return _brief(report_id)


def _report(report_id: int) -> tuple[Report, Meeting]:
    found = queries.report(actor(), report_id)
    if found is None:
        raise NotThere
    return found


def _report_form(report: Report, **options: Any) -> ReportForm:
    form = ReportForm(
        data={"commentator_id": str(report.commentator_id or ""), "in_writing": report.in_writing}, **options
    )
    form.offer([one for one in accounts.members() if one.id != report.person_id])
    return form


def _grade_form(report: Report, **options: Any) -> GradeForm:
    held = report.decision
    stored = {"grade": report.grade.value if report.grade else "", "ground": held.ground if held else ""}
    form = GradeForm(data={**stored, "decided_on": held.decided_on if held else None}, **options)
    form.offer()
    return form


def _brief(report_id: int, **shown: Form) -> str:
    """The page, with the form that was sent as it was typed and what is wrong with it."""
    report, meeting = _report(report_id)
    forms = {"report_form": _report_form(report, formdata=None), "grade_form": _grade_form(report, formdata=None)}
    return render_template(
        "review/brief.html", report=report, meeting=meeting, brief=briefs.build(actor(), meeting, report, today()),
        printed=queries.printed(report_id), State=State, **forms | shown,
    )  # fmt: skip


# GET as well: what was typed when the session had ended is shown again on the same address.
@bp.route("/review/reports/<int:report_id>/change", methods=["GET", "POST"])
@may(Act.RUN_MEETING)
def change_report(report_id: int) -> Answer:
    form = _report_form(_report(report_id)[0])
    if form.validate_on_submit():
        actions.change_report(report_id, form.commentator(), in_writing=bool(form.in_writing.data), by=actor())
        db.session.commit()
        flash(_("已保存。"))
        return redirect(url_for("review.brief", report_id=report_id), 303)
    return _brief(report_id, report_form=form), 422 if form.errors else 200


@bp.route("/review/reports/<int:report_id>/grade", methods=["GET", "POST"])
@may(Act.DECIDE_GRADE)
def decide(report_id: int) -> Answer:
    report, meeting = _report(report_id)
    form, year = _grade_form(report), meeting.year
    if form.validate_on_submit():
        try:
            decision = actions.decide_grade(report_id, form.decision(), by=actor(), at=now())
            said = _("等次已登记。") if decision.grade else _("已改为未定。")
            db.session.commit()
            flash(said)
            return redirect(url_for("review.show", year=year, _anchor=f"r{report_id}"), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return _brief(report_id, grade_form=form), 422 if form.errors else 200


@bp.post("/review/reports/<int:report_id>/print")
@may(Act.READ_MEETING)
def print_brief(report_id: int) -> Response:
    found, report = actions.print_brief(report_id, by=actor(), at=now())
    db.session.commit()
    paper = papers.brief_paper(found, current())
    name = f"{found.branch}平时工作掌握情况"
    return printing.send(paper, "pdf" if request.form.get("as") == "pdf" else "docx", name, report.person_id)


@bp.route(f"/review/{YEAR}/meeting.<any(docx, pdf):ending>")
@may(Act.RUN_MEETING)
def meeting_paper(year: int, ending: str) -> Response:
    return printing.send(_paper(year), ending, f"{year}年述职评议会议安排")


def _paper(year: int) -> Paper:
    """Without grades, unless the group decided that they are printed."""
    meeting = _meeting(year)
    reports = queries.reports(meeting.id)
    graded = queries.about_others(actor(), reports) if request.args.get("grades") == "1" else None
    return papers.meeting_paper(meeting, reports, summary.load(meeting.summary), current(), today(), graded=graded)
