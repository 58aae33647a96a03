"""The review meeting: created from its year, put in order, its arrangement printed."""

import datetime as dt

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.db import db
from logbook.documents.paper import Paper
from logbook.errors import NotThere, RuleBroken
from logbook.formats import now, today
from logbook.organization import bound
from logbook.printing import views as printing
from logbook.review import actions, counting, papers, queries
from logbook.review.forms import MeetingForm
from logbook.review.models import Meeting
from logbook.settings.views import current
from logbook.years import summary

bp = Blueprint("review", __name__)
Answer = str | Response | tuple[str, int]


@bp.route("/review")
@may(Act.READ_MEETING)
def index() -> str:
    meetings = queries.meetings()
    having = {one.year for one in meetings}
    free = [year for year in (today().year, today().year - 1) if year not in having]
    builds = [year for year in free if queries.builds(actor(), year, today())]
    return render_template(
        "review/index.html", meetings=meetings, free=free, builds=builds, stands_in=bound.is_named(actor())
    )


@bp.route("/review/<year:year>", methods=["GET", "POST"])
@may(Act.READ_MEETING)
def show(year: int) -> Answer:
    meeting = queries.the_meeting(year)
    form = MeetingForm.of(meeting)
    if request.method == "POST" and not actor().may(Act.RUN_MEETING):
        raise NotThere
    if form.validate_on_submit():
        try:
            actions.change_meeting(year, form.arrangement())
            db.session.commit()
            flash(_("已保存。"))
            return redirect(url_for("review.show", year=year), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return _page(queries.the_meeting(year), form), form.status


def _page(meeting: Meeting, form: MeetingForm) -> str:
    reports = queries.reports(meeting.id)
    shown = queries.about_others(actor(), reports)
    return render_template(
        "review/show.html", meeting=meeting, reports=reports, shown=shown, form=form,
        runs=queries.reads_ballot(actor(), reports), missing=[one for one in reports if not one.written],
        figures=summary.load(meeting.summary), fixed=queries.is_decided(meeting.id),
        kept=queries.is_printed(meeting.id), arranges=queries.arranges(actor(), reports),
        people=counting.people(reports), decided=sum(one.grade is not None for one in reports if one.id in shown),
    )  # fmt: skip


@bp.post("/review/<year:year>/freeze")
@may(Act.STAND_IN)
def freeze(year: int) -> Response:
    actions.freeze_again(year, by=actor(), at=now())
    db.session.commit()
    flash(_("已按现在的数字和文字重新固定。"))
    return redirect(url_for("review.show", year=year), 303)


@bp.route("/review/<year:year>/agenda.<any(docx, pdf):ending>")
@may(Act.RUN_MEETING)
def agenda(year: int, ending: str) -> Response:
    meeting = queries.the_meeting(year)
    made = papers.agenda(meeting, queries.reports(meeting.id), current(), _dated(meeting))
    return printing.send(made, ending, f"{year}年述职评议会议议程")


@bp.route("/review/<year:year>/script.<any(docx, pdf):ending>")
@may(Act.RUN_MEETING)
def script(year: int, ending: str) -> Response:
    """What the host says, from the first word to the last."""
    meeting = queries.the_meeting(year)
    made = papers.script(meeting, queries.reports(meeting.id), current())
    return printing.send(made, ending, f"{year}年述职评议会议主持词")


@bp.route("/review/<year:year>/meeting.<any(docx, pdf):ending>")
@may(Act.RUN_MEETING)
def meeting_paper(year: int, ending: str) -> Response:
    return printing.send(_paper(year), ending, f"{year}年述职评议会议安排")


def _dated(meeting: Meeting) -> dt.date:
    """A paper of before the meeting is not younger than it."""
    return min(today(), meeting.held_on or today())


def _paper(year: int) -> Paper:
    """Without grades, unless the group decided that they are printed."""
    meeting = queries.the_meeting(year)
    reports = queries.reports(meeting.id)
    graded = queries.about_others(actor(), reports) if request.args.get("grades") == "1" else None
    return papers.meeting_paper(
        meeting, reports, summary.load(meeting.summary), current(), _dated(meeting), graded=graded
    )
