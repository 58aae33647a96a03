"""Grades beside the tally, feedback, the papers afterwards. Nobody meets their own before it is fed back (rule 7)."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts import carried
from logbook.ballots import actions as ballot_actions
from logbook.ballots import queries as ballots
from logbook.ballots import tally
from logbook.ballots.tally import Result
from logbook.comments import queries as comments
from logbook.comments.models import Part
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import now, today
from logbook.outcomes import actions, papers, suggesting
from logbook.outcomes.forms import DecideForm, FeedbackForm
from logbook.outcomes.papers import Held, Told
from logbook.printing import views as printing
from logbook.rectification import queries as rectification
from logbook.review import queries as review
from logbook.review.models import Grade, Meeting, Report
from logbook.review.steps import Standing, Step, out_of_order
from logbook.review.steps import told as steps_told
from logbook.settings.views import current

bp = Blueprint("outcomes", __name__)
Answer = str | Response | tuple[str, int]


def _meeting(year: int) -> tuple[Meeting, Sequence[Report], bool]:
    """The meeting with the reports this reader may know the outcome of, and whether these are all of them.

    They are all others', or the cases that this person runs.
    """
    meeting = review.the_meeting(year)
    reports = review.reports(meeting.id)
    shown = review.about_others(actor(), reports)
    wide = actor().may(Act.DECIDE_GRADE)
    found = [one for one in reports if one.id in shown and (wide or review.runs_case(actor(), one))]
    if not wide and not found:
        raise NotAllowed("read outcomes")
    return meeting, found, len(found) == len(reports)


@bp.route("/review/<year:year>/outcomes")
@may(Act.READ_MEETING)
def show(year: int) -> str:
    return _page(year)


def _page(year: int, **shown: Any) -> str:
    meeting, reports, whole = _meeting(year)
    result, rule = _result(meeting, reports), tally.rule_of(ballots.ballot(meeting.id), current())
    rows = {one.report.id: one for one in result.rows} if result else {}
    forms: dict[str, Any] = {
        "decide_form": DecideForm(formdata=None),
        "feedback_form": _feedback_form(meeting, reports),
    }
    return render_template(
        "outcomes/show.html", meeting=meeting, reports=reports, result=result, rows=rows, words=tally.WORDS,
        suggested={i: suggesting.suggested(row, result, rule.suggests) for i, row in rows.items() if result},
        told=[*steps_told(Step.GRADES, _standing(meeting, reports)), *_feedback_told(meeting, reports)],
        rule=rule, grades=list(Grade), chosen=carried.typed(), whole=whole, cap=rule.cap_percent if whole else 0,
        missing=suggesting.missing_to_cap([one.grade for one in reports if one.grade], rule.cap_percent),
        **forms | shown,
    )  # fmt: skip


def _feedback_form(meeting: Meeting, reports: Sequence[Report], **options: Any) -> FeedbackForm:
    """Ticked beforehand are those of whom somebody has settled what is said."""
    said = {one.report_id for one in comments.of_meeting(actor(), meeting.id) if one.settled_at}
    ready = [one.id for one in reports if one.id in said and one.grade and not one.fed_back_on]
    form = FeedbackForm(data={"on": today(), "reports": ready}, **{"formdata": None} | options)
    form.offer(one for one in reports if review.runs_case(actor(), one))
    return form


def _feedback_told(meeting: Meeting, reports: Sequence[Report]) -> list[str]:
    """What is missing for the feedback to those whose grade is registered."""
    waiting = [one for one in reports if one.grade and not one.fed_back_on and review.runs_case(actor(), one)]
    return steps_told(Step.FEEDBACK, _standing(meeting, waiting))


def _standing(meeting: Meeting, reports: Sequence[Report], on: dt.date | None = None) -> Standing:
    """How far these reports are; a step bears today unless it says another day."""
    said = frozenset(one.report_id for one in comments.of_meeting(actor(), meeting.id) if one.settled_at)
    return Standing(meeting, reports, said, on or today())


def _result(meeting: Meeting, reports: Sequence[Report]) -> Result | None:
    """What came out of these reports' ballot; None before it is closed and erased, and of a void one."""
    ballot = ballots.ballot(meeting.id)
    if ballot is None or not ballot.erased_at or ballot_actions.is_void(ballot):
        return None
    return tally.result(ballot, reports, current())


@bp.route("/review/<year:year>/outcomes/grades", methods=["GET", "POST"])
@may(Act.DECIDE_GRADE)
def decide(year: int) -> Answer:
    """All that the group decided in one sitting."""
    meeting, reports, _whole = _meeting(year)
    form = DecideForm()
    if form.validate_on_submit():
        form.told = out_of_order(Step.GRADES, _standing(meeting, reports, form.decided_on.data))
        try:
            n = actions.decide(meeting, form.decisions(request.form, reports), by=actor(), at=now())
            form.check_order()
            db.session.commit()
            flash(_("已登记%(n)s个党组织的等次。", n=n))
            return redirect(url_for("outcomes.show", year=year), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return _page(year, decide_form=form), form.status


@bp.route("/review/<year:year>/outcomes/feedback", methods=["GET", "POST"])
@may(Act.READ_MEETING)
def feed_back(year: int) -> Answer:
    meeting, reports, _whole = _meeting(year)
    form = _feedback_form(meeting, reports, formdata=carried.typed() or None)
    if form.validate_on_submit():
        chosen = [one for one in reports if one.id in (form.reports.data or ())]
        form.told = out_of_order(Step.FEEDBACK, _standing(meeting, chosen))
        try:
            items = actions.feed_back(form.reports.data or (), form.on.data, by=actor(), at=now())
            form.check_order()
            db.session.commit()
            n = len(form.reports.data or ())
            flash(_("已登记%(n)s份签收，%(items)s项整改事项转入问题台账。", n=n, items=items))
            return redirect(url_for("outcomes.show", year=year), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return _page(year, feedback_form=form), form.status


@bp.route("/review/<year:year>/outcomes/feedback.<any(docx, pdf):ending>")
@may(Act.READ_MEETING)
def feedback_forms(year: int, ending: str) -> Response:
    """A page for each secretary, or one secretary's with ?report=; only cases that this person may read."""
    meeting, reports, _whole = _meeting(year)
    asked = request.args.get("report", type=int)
    chosen = [one for one in reports if review.reads_case(actor(), one) and asked in {None, one.id}]
    if not chosen:
        raise NotThere
    said = [one for one in comments.of_meeting(actor(), meeting.id) if one.settled_at]
    to_mend = {one.id: lines for one, lines in rectification.lists(actor(), meeting)}
    told = [Told(one, [c for c in said if c.report_id == one.id], to_mend.get(one.id, ())) for one in chosen]
    about = chosen[0].person_id if asked else None
    missing = [*steps_told(Step.FEEDBACK, _standing(meeting, chosen)), *map(_empty, told)]
    return printing.send(
        papers.feedback(told, meeting, current()), ending, about=about, told=[one for one in missing if one]
    )


def _empty(one: Told) -> str:
    """What is left to be written by hand on the form of somebody who was commented on."""
    parts = [part.label for part in Part if one.comments and one.said(part) == papers.EMPTY]
    if Part.ADVICE.label in parts and one.to_mend:
        parts.remove(Part.ADVICE.label)
    if not parts:
        return ""
    return str(_("%(name)s的反馈表没有写：%(parts)s。", name=one.report.secretary_name, parts=_("、").join(parts)))


@bp.route("/review/<year:year>/outcomes/notice.<any(docx, pdf):ending>")
@may(Act.RUN_MEETING)
def notice(year: int, ending: str) -> Response:
    """With ?grades=1 as the group decided."""
    meeting, held = _held(year)
    grades = request.args.get("grades") == "1"
    if grades and not all(one.grade for one in held.reports):
        raise RuleBroken("", _("等次没有全部登记，写明等次的通报还不能印。"))
    made = papers.notice(meeting, held, current(), today(), grades=grades)
    return printing.send(made, ending, told=steps_told(Step.NOTICE, _standing(meeting, held.reports)))


@bp.route("/review/<year:year>/outcomes/account.<any(docx, pdf):ending>")
@may(Act.RUN_MEETING)
def account(year: int, ending: str) -> Response:
    meeting, held = _held(year)
    made = papers.account(meeting, held, current(), today())
    return printing.send(made, ending, told=steps_told(Step.NOTICE, _standing(meeting, held.reports)))


def _held(year: int) -> tuple[Meeting, Held]:
    """What is told of the whole: for nobody who may not know all of it."""
    meeting, reports, whole = _meeting(year)
    if not whole:
        raise NotThere
    if meeting.held_on is None or meeting.held_on > today():
        raise RuleBroken("", _("会议还没有开：开过以后，在会议页填好日期，才有通报和报告。"))
    result = _result(meeting, reports)
    return meeting, Held(
        reports=reports, comments=comments.of_meeting(actor(), meeting.id),
        items=sum(not line.removed for _one, lines in rectification.lists(actor(), meeting) for line in lines),
        handed_out=result.handed_out if result else 0, came_back=result.came_back if result else 0,
    )  # fmt: skip
