"""Casting a ballot on a screen: no session is read, no line is logged, nothing says who was here.

A code from an unmarked slip is all that is asked for; it stands in no address, and goes with the ballot.
"""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.ballots import actions, counting, forms, queries
from logbook.ballots.models import INVALID
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.review import queries as review
from logbook.review.models import Grade

bp = Blueprint("voting", __name__)
Answer = str | Response | tuple[str, int]


@bp.route("/vote", methods=["GET", "POST"])
def enter() -> Answer:
    """The code; with a good one, the ballot."""
    if request.method == "GET":
        return render_template("ballots/enter.html", done=request.args.get("done") == "1")
    class_id = queries.class_of_code(actions.digest_of(request.form.get("code", "")))
    return _sheet(class_id) if class_id else _refused()


def _refused() -> Answer:
    broken = _("这张测评码不对，或已经投过，或测评已经结束。请核对纸条上的12位字母数字。")
    return render_template("ballots/enter.html", broken=broken), 422


def _sheet(class_id: int, *, faulty: bool = False) -> Answer:
    found = queries.ballot_of(class_id)
    if found is None:
        return _refused()
    ballot, voters = found
    page = render_template(
        "ballots/sheet.html", voters=voters.voters, items=ballot.columns, grades=Grade,
        reports=review.reports(ballot.meeting_id), typed=request.form, faulty=faulty, name_of=forms.name_of,
        is_bad=lambda text, most: bool(text) and counting.score(text, most) == INVALID,
    )  # fmt: skip
    return page, 422 if faulty else 200


@bp.post("/vote/cast")
def cast() -> Answer:
    """Cast it; a cell that cannot count is shown first, and counts as invalid when it is sent again."""
    code = request.form.get("code", "")
    class_id = queries.class_of_code(actions.digest_of(code))
    found = queries.ballot_of(class_id) if class_id else None
    if class_id is None or found is None:
        return _refused()
    reports = [one.id for one in review.reports(found[0].meeting_id)]
    judged = forms.judged(request.form, reports, found[0].columns)
    if any(one.value == INVALID for one in judged) and not request.form.get("sure"):
        return _sheet(class_id, faulty=True)
    try:
        actions.cast(code, judged)
        db.session.commit()
    except RuleBroken:  # the same code a moment ago, on another screen
        db.session.close()
        return _refused()
    return redirect(url_for("voting.enter", done=1), 303)
