"""Building the meeting, and sending its papers as one PDF or as a folder of Word files."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import as_integer, now, today
from logbook.organization import queries as organization
from logbook.pack import actions, queries
from logbook.pack.papers import Folder
from logbook.printing import views as printing
from logbook.review import queries as review
from logbook.review.forms import places
from logbook.review.models import Meeting
from logbook.settings.views import current

bp = Blueprint("pack", __name__)
Answer = str | Response | tuple[str, int]
YEAR = "<int(min=2000, max=2999):year>"


@bp.post(f"/review/{YEAR}/create")
@may(Act.RUN_MEETING)
def build(year: int) -> Response:
    try:
        actions.build(year, by=actor(), at=now())
        db.session.commit()
        flash(_("会议已建好：述职名单按党组织排列，年度数字和文字已固定，点评稿已起草。"))
    except RuleBroken as broken:
        db.session.close()
        flash(str(broken.message))
        return redirect(url_for("review.index"), 303)
    return redirect(url_for("review.show", year=year), 303)


def _meeting(year: int) -> Meeting:
    meeting = review.meeting(year)
    if meeting is None:
        raise NotThere
    return meeting


@bp.route(f"/review/{YEAR}/remove", methods=["GET", "POST"])
@may(Act.RUN_MEETING)
def remove(year: int) -> Answer:
    meeting = _meeting(year)
    if request.method == "GET":
        return render_template("pack/remove.html", meeting=meeting)
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
    try:
        actions.arrange(year, report_id, up=request.form.get("to") == "up")
        db.session.commit()
    except RuleBroken as broken:
        db.session.close()
        flash(str(broken.message))
    return redirect(url_for("review.show", year=year, _anchor=f"r{report_id}"), 303)


@bp.route(f"/review/{YEAR}/order", methods=["GET", "POST"])
@may(Act.RUN_MEETING)
def order(year: int) -> Answer:
    """The order drawn by hand, typed in."""
    meeting = _meeting(year)
    reports = review.reports(meeting.id)
    if request.method == "GET":
        return render_template("pack/order.html", meeting=meeting, reports=reports, typed={}, trouble="")
    try:
        actions.draw_lots(year, places(request.form, [one.id for one in reports]))
        db.session.commit()
    except RuleBroken as broken:
        db.session.close()
        page = render_template(
            "pack/order.html", meeting=_meeting(year), reports=review.reports(meeting.id), typed=request.form,
            trouble=broken.message,
        )  # fmt: skip
        return page, 422
    flash(_("已按抽签的次序排好。"))
    return redirect(url_for("review.show", year=year), 303)


@bp.route("/review/reports/<int:report_id>/replace", methods=["GET", "POST"])
@may(Act.RUN_MEETING)
def replace(report_id: int) -> Answer:
    """Another secretary of the branch reports: after a page that says what it means."""
    found = review.report(actor(), report_id)
    if found is None:
        raise NotThere
    report, meeting = found
    others = [one for one in organization.secretaries_since(report.branch_id, meeting.year) if one != report.person]
    if request.method == "GET":
        return render_template("pack/replace.html", report=report, meeting=meeting, others=others)
    try:
        actions.replace_secretary(report_id, as_integer(request.form.get("person_id", "")), by=actor(), at=now())
        db.session.commit()
        flash(_("已改由继任的书记述职。"))
    except RuleBroken as broken:
        db.session.close()
        flash(str(broken.message))
    return redirect(url_for("reports.brief", report_id=report_id), 303)


def _printed(year: int) -> Folder:
    """Its briefs are kept as they are printed now."""
    found = queries.gather(actor(), _meeting(year), today(), current())
    actions.keep_briefs(found, by=actor(), at=now())
    db.session.commit()
    return Folder(found, current(), today())


@bp.post(f"/review/{YEAR}/pack.pdf")
@may(Act.RUN_MEETING)
def whole(year: int) -> Response:
    """All of it as one, with contents."""
    found = _printed(year)
    return printing.send(found.whole(found.parts), "pdf", f"{year}年述职评议会议材料")


@bp.post(f"/review/{YEAR}/pack.zip")
@may(Act.RUN_MEETING)
def folder(year: int) -> Response:
    """Each of them as a Word file."""
    name = f"{year}年述职评议会议材料"
    return printing.send_folder(_printed(year).parts, name, name)
