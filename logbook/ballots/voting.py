"""Casting a ballot on a screen: no session is read, no line is logged, nothing says who was here.

A code from an unmarked slip is all that is asked for; it stands in no address, and goes with the ballot.
"""

from collections.abc import Mapping

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from logbook.ballots import actions, counting, forms, queries
from logbook.ballots.models import INVALID, Ballot, BallotClass, Sheet, VoterClass
from logbook.db import db, let_go, set_writing
from logbook.errors import RuleBroken
from logbook.review import queries as review
from logbook.review.models import Grade

bp = Blueprint("voting", __name__)
Answer = str | Response | tuple[str, int]


@bp.route("/vote", methods=["GET", "POST"])
def enter() -> Answer:
    """The code; with a good one, the ballot."""
    if request.method == "GET":
        typed = g.get("shown_again", {}).get("code", "")
        return render_template("ballots/enter.html", done=request.args.get("done") == "1", typed=typed)
    found = actions.class_of_code(forms.digest_of(request.form.get("code", "")))
    if found is None:
        return _refuse(
            _(
                "没有这张测评码，或已使用：输错的，请核对纸条上的12位字母数字；刚才已点“提交”的，您的测评已计入，无需再投。"
            )
        )
    return _sheet(*found)


def _refuse(broken: str) -> Answer:
    """What was typed stays, to be compared with the slip."""
    return render_template("ballots/enter.html", broken=broken, typed=request.form.get("code", "")), 422


def _show_again() -> Answer:
    """A fault on the way: what was chosen is shown, to be sent once more. Nothing is logged."""
    let_go()
    set_writing(on=False)
    found = actions.class_of_code(forms.digest_of(request.form.get("code", "")))
    if found is None:
        return _refuse_cast()
    g.trouble = _("系统正忙，测评没有提交成功，测评码仍然有效。您选的还在下面，请过一会儿再提交一次。")
    page, _status = _sheet(*found)
    return page, 503


def _refuse_cast() -> Answer:
    """Used codes are kept nowhere; but whoever sends a ballot had opened it with a code that was good then."""
    if not queries.open_ballots():
        return _refuse(_("测评已经结束。结束以前已点“提交”的，您的测评已计入；没有投过的，请当场向监票人说明。"))
    return _refuse(_("此测评码已使用。刚才已点“提交”的，您的测评已计入，无需再投；没有投过的，请当场向监票人说明。"))


def _sheet(ballot: Ballot, voters: BallotClass, *, faulty: bool = False) -> tuple[str, int]:
    page = render_template(
        "ballots/sheet.html", voters=voters.voters, items=ballot.columns, grades=Grade, faulty=faulty,
        reports=review.reports(ballot.meeting_id), typed=request.form, name_of=forms.name_of,
        is_bad=lambda text, most: bool(text) and counting.score(text, most) == INVALID,
    )  # fmt: skip
    return page, 422 if faulty else 200


@bp.post("/vote/cast")
def cast() -> Answer:
    """Cast it. A cell that cannot count, a secretary without a judgement is shown first, and counts when it is sent
    again.
    """
    digest = forms.digest_of(request.form.get("code", ""))
    found = actions.class_of_code(digest)
    if found is None:
        return _refuse_cast()
    ballot, voters = found
    ids = {one.id: one.person_id for one in review.reports(ballot.meeting_id)}
    judged = forms.judged(request.form, ids, ballot.columns)
    asked = _ask_once(ballot, voters, ids, faulty=any(one.value == INVALID for one in judged))
    if asked is not None:
        return asked
    try:
        actions.cast(digest, judged)
        db.session.commit()
    except RuleBroken:  # the same code a moment ago, on another screen
        db.session.close()
        return _refuse_cast()
    except (OperationalError, OSError):
        return _show_again()
    return redirect(url_for("voting.enter", done=1), 303)


def _ask_once(ballot: Ballot, voters: BallotClass, ids: Mapping[int, int], *, faulty: bool) -> Answer | None:
    """A question before it is cast, or None; the way back to the sheet is none of the two."""
    if request.form.get("back"):
        return _sheet(ballot, voters)
    if request.form.get("sure"):
        return None
    if faulty and not request.form.get("looked"):
        return _sheet(ballot, voters, faulty=True)
    left = forms.unfilled(request.form, ids, ballot.columns)
    own = voters.voters is VoterClass.SECRETARIES and left == 1  # their own, as the sheet says
    if not left or own:
        return None
    cells = [(name, text) for name, text in request.form.items(multi=True) if name not in {"sure", "back"}]
    may_be_own = voters.voters is not VoterClass.MASSES
    return render_template(
        "ballots/unfilled.html", left=left, cells=cells, may_be_own=may_be_own, points=ballot.sheet is not Sheet.GRADES
    )
