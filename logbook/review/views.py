"""The review meeting: created from its year, arranged, briefed, decided, printed."""

import io

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.documents import pdf, word
from logbook.documents.paper import Paper
from logbook.errors import NotThere, RuleBroken
from logbook.formats import now, today
from logbook.review import actions, briefs, papers, queries
from logbook.review.forms import GradeForm, MeetingForm, ReportForm
from logbook.review.models import Meeting, Report
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
        flash(_("会议已建好：述职名单按职务排序，年度数字已固定。"))
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
    form, status = MeetingForm(obj=meeting), 200
    if form.validate_on_submit():
        return _change(year, form)
    reports = queries.reports(meeting.id)
    page = render_template(
        "review/show.html", meeting=meeting, reports=reports, shown=queries.about_others(actor(), reports), form=form,
        figures=summary.load(meeting.summary), decided=sum(one.grade is not None for one in reports),
    )  # fmt: skip
    return page, 422 if form.errors else status


def _change(year: int, form: MeetingForm) -> Answer:
    if not actor().may(Act.RUN_MEETING):
        raise NotThere
    try:
        actions.change_meeting(year, form.held_on.data, form.place.data or "")
        db.session.commit()
        flash(_("已保存。"))
    except RuleBroken as broken:
        db.session.close()
        flash(str(broken.message))
    return redirect(url_for("review.show", year=year), 303)


@bp.post(f"/review/{YEAR}/reports/<int:report_id>/move")
@may(Act.RUN_MEETING)
def move(year: int, report_id: int) -> Response:
    actions.arrange(year, report_id, up=request.form.get("to") == "up")
    db.session.commit()
    return redirect(url_for("review.show", year=year, _anchor=f"r{report_id}"), 303)


@bp.route("/review/reports/<int:report_id>")
@may(Act.READ_MEETING)
def brief(report_id: int) -> str:
    report, meeting = _report(report_id)
    found = briefs.build(actor(), meeting, report, today())
    report_form, grade_form = _forms(report)
    return render_template(
        "review/brief.html", report=report, meeting=meeting, brief=found, report_form=report_form,
        grade_form=grade_form, printed=queries.printed(report_id),
    )  # fmt: skip


def _report(report_id: int) -> tuple[Report, Meeting]:
    found = queries.report(actor(), report_id)
    if found is None:
        raise NotThere
    return found


def _forms(report: Report) -> tuple[ReportForm, GradeForm]:
    report_form = ReportForm(data={"commentator_id": str(report.commentator_id or ""), "in_writing": report.in_writing})
    report_form.offer([one for one in accounts.members() if one.id != report.person_id])
    stored = {"grade": report.grade.value if report.grade else "", "ground": report.ground}
    grade_form = GradeForm(data={**stored, "decided_on": report.decided_on})
    grade_form.offer()
    return report_form, grade_form


@bp.post("/review/reports/<int:report_id>/change")
@may(Act.RUN_MEETING)
def change_report(report_id: int) -> Answer:
    report, meeting = _report(report_id)
    form = _forms(report)[0]
    if form.validate_on_submit():
        actions.change_report(report_id, form.commentator(), in_writing=bool(form.in_writing.data), by=actor())
        db.session.commit()
        flash(_("已保存。"))
        return redirect(url_for("review.brief", report_id=report_id), 303)
    return _again(report, meeting, report_form=form)


@bp.post("/review/reports/<int:report_id>/grade")
@may(Act.DECIDE_GRADE)
def decide(report_id: int) -> Answer:
    report, meeting = _report(report_id)
    form = _forms(report)[1]
    if form.validate_on_submit():
        try:
            decided_on, ground = form.decided_on.data, form.ground.data or ""
            actions.decide_grade(report_id, form.decided(), decided_on, ground, by=actor(), at=now())
            db.session.commit()
            flash(_("等次已登记。"))
            return redirect(url_for("review.show", year=meeting.year, _anchor=f"r{report_id}"), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return _again(report, meeting, grade_form=form)


def _again(report: Report, meeting: Meeting, **forms: ReportForm | GradeForm) -> tuple[str, int]:
    """The page with what was typed and what is wrong with it."""
    known = dict(zip(("report_form", "grade_form"), _forms(report), strict=True)) | forms
    found = briefs.build(actor(), meeting, report, today())
    page = render_template(
        "review/brief.html", report=report, meeting=meeting, brief=found, printed=queries.printed(report.id), **known
    )
    return page, 422


@bp.post("/review/reports/<int:report_id>/print")
@may(Act.READ_MEETING)
def print_brief(report_id: int) -> Response:
    found, _report_row = actions.print_brief(report_id, by=actor(), at=now())
    db.session.commit()
    paper = papers.brief_paper(found, current())
    name = f"{found.branch}平时工作掌握情况"
    if request.form.get("as") == "pdf":
        content = pdf.make(paper, current_app.config["INSTANCE"] / "fonts")
        return _file(content, f"{name}.pdf", "application/pdf")
    return _file(word.make(paper), f"{name}.docx", DOCX)


@bp.route(f"/review/{YEAR}/meeting.docx")
@may(Act.RUN_MEETING)
def docx(year: int) -> Response:
    return _file(word.make(_paper(year)), f"{year}年述职评议会议安排.docx", DOCX)


@bp.route(f"/review/{YEAR}/meeting.pdf")
@may(Act.RUN_MEETING)
def pdf_paper(year: int) -> Response:
    content = pdf.make(_paper(year), current_app.config["INSTANCE"] / "fonts")
    return _file(content, f"{year}年述职评议会议安排.pdf", "application/pdf")


def _paper(year: int) -> Paper:
    meeting = _meeting(year)
    reports = queries.reports(meeting.id)
    shown = queries.about_others(actor(), reports)
    return papers.meeting_paper(meeting, reports, shown, summary.load(meeting.summary), current())


def _file(content: bytes, name: str, media_type: str) -> Response:
    return send_file(io.BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name)
