"""Building the meeting, and sending its papers as one PDF or as a folder of Word files."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts import carried
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.formats import as_integer, now, today
from logbook.pack import actions, queries
from logbook.pack.papers import Folder
from logbook.printing import views as printing
from logbook.review import queries as review
from logbook.review.forms import places
from logbook.settings.views import current

bp = Blueprint("pack", __name__)
Answer = str | Response | tuple[str, int]


@bp.post("/review/<year:year>/create")
@may(Act.STAND_IN)
def build(year: int) -> Response:
    actions.build(year, by=actor(), at=now())
    db.session.commit()
    flash(_("会议已建好：述职名单按党组织排列，年度数字和文字已固定，点评稿已起草。"))
    return redirect(url_for("review.show", year=year), 303)


@bp.route("/review/<year:year>/remove", methods=["GET", "POST"])
@may(Act.STAND_IN)
def remove(year: int) -> Answer:
    meeting = review.the_meeting(year)
    if request.method == "GET":
        review.refuse_own_list(meeting, by=actor())
        return render_template("pack/remove.html", meeting=meeting)
    actions.remove_meeting(year, by=actor())
    db.session.commit()
    flash(_("已删去%(year)s年度的会议。", year=year))
    return redirect(url_for("review.index"), 303)


@bp.post("/review/<year:year>/reports/<int:report_id>/move")
@may(Act.STAND_IN)
def move(year: int, report_id: int) -> Response:
    actions.arrange(year, report_id, up=request.form.get("to") == "up", by=actor())
    db.session.commit()
    return redirect(url_for("review.show", year=year, _anchor=f"r{report_id}"), 303)


@bp.route("/review/<year:year>/order", methods=["GET", "POST"])
@may(Act.STAND_IN)
def order(year: int) -> Answer:
    """The order drawn by hand, typed in."""
    meeting = review.the_meeting(year)
    reports = review.reports(meeting.id)
    review.refuse_own_list(meeting, by=actor())
    if request.method == "GET":
        return render_template("pack/order.html", meeting=meeting, reports=reports, typed=carried.typed(), trouble="")
    try:
        actions.draw_lots(year, places(request.form, [one.id for one in reports]), by=actor())
        db.session.commit()
    except RuleBroken as broken:
        db.session.close()
        page = render_template(
            "pack/order.html", meeting=review.the_meeting(year), reports=review.reports(meeting.id), typed=request.form,
            trouble=broken.message,
        )  # fmt: skip
        return page, 422
    flash(_("已按抽签的次序排好。"))
    return redirect(url_for("review.show", year=year), 303)


@bp.route("/review/reports/<int:report_id>/replace", methods=["GET", "POST"])
@may(Act.STAND_IN)
def replace(report_id: int) -> Answer:
    """Another secretary of the branch reports: after a page that says what it means."""
    report, _meeting, others = queries.successors(actor(), report_id)
    if request.method == "GET":
        return render_template("pack/replace.html", report=report, others=others)
    actions.replace_secretary(report_id, as_integer(request.form.get("person_id", "")), by=actor(), at=now())
    db.session.commit()
    flash(_("已改由继任的书记述职。"))
    return redirect(url_for("reports.brief", report_id=report_id), 303)


def _printed(year: int) -> Folder:
    """Its briefs are kept as they are printed now."""
    found = queries.gather(actor(), review.the_meeting(year), today(), current())
    actions.keep_briefs(found, by=actor(), at=now())
    db.session.commit()
    return Folder(found, current(), today())


@bp.post("/review/<year:year>/pack.pdf")
@may(Act.RUN_MEETING)
def whole(year: int) -> Response:
    """All of it as one, with contents."""
    found = _printed(year)
    return printing.send(found.whole(found.parts), "pdf", f"{year}年述职评议会议材料")


@bp.post("/review/<year:year>/pack.zip")
@may(Act.RUN_MEETING)
def folder(year: int) -> Response:
    """Each of them as a Word file."""
    name = f"{year}年述职评议会议材料"
    return printing.send_folder(_printed(year).parts, name, name)
