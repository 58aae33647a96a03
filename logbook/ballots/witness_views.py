"""The witness of a ballot without an account: a code of one day opens this ballot's page, and nothing else.

The code stands in no address; every form of the page carries it. The one on the slip was seen by whoever printed it:
the first use gives another, which only the witness is shown.
"""

from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.ballots import closing, erasing, forms, opening, paper_page, queries, witness_page
from logbook.ballots.models import Ballot
from logbook.ballots.paper_page import Place
from logbook.ballots.sheets import Round
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import now
from logbook.review import queries as review
from logbook.review.models import Meeting

bp = Blueprint("witness", __name__)
Answer = str | Response | tuple[str, int]


@bp.route("/witness", methods=["GET", "POST"])
def enter() -> Answer:
    """The code; with a good one, the ballot."""
    if request.method == "GET":
        return render_template("ballots/witness_enter.html", typed=g.get("shown_again", {}).get("code", ""))
    return _page(_ballot(slip=True))


@bp.errorhandler(NotThere)
def _refuse(_error: NotThere) -> Any:
    db.session.close()
    if paper_page.is_from_script():
        return {"said": ""}, 404
    broken = _("监票码不对，或已经换发、过期，或测评已经结束。刚打印的纸条就不能用的，请当场说明。")
    return render_template("ballots/witness_enter.html", broken=broken), 422


@bp.errorhandler(RuleBroken)
def _tell(broken: RuleBroken) -> Any:
    """A rule refused it: the page as it stands now, with the reason."""
    db.session.rollback()
    if paper_page.is_from_script():
        return {"said": str(broken.message)}, 409
    return _page(_ballot(), trouble=str(broken.message)), 422


def _ballot(*, slip: bool = False) -> Ballot:
    """The open ballot of the code that was sent; raise NotThere.

    The code of a `slip` opens the first page alone, which replaces it: whoever printed it is found out by using it.
    """
    found = queries.ballot_watched_by(forms.digest_of(request.form.get("code", "")))
    if found is None or found.witness_id is not None or not found.witness_code_until:
        raise NotThere
    if found.witness_code_until < now() or not (found.witness_code_own or slip):
        raise NotThere
    return found


def _meeting(ballot: Ballot) -> Meeting:
    meeting = db.session.get(Meeting, ballot.meeting_id)
    if meeting is None:
        raise NotThere
    return meeting


def _page(ballot: Ballot, *, trouble: str = "") -> str:
    code, own = request.form.get("code", ""), ""
    if not ballot.witness_code_own:
        code = own = opening.take_over_code(ballot, forms.digest_of)
        db.session.commit()
    meeting = _meeting(ballot)
    return witness_page.show(ballot, meeting, review.reports(meeting.id), code=code, own=own, trouble=trouble)


@bp.post("/witness/act")
def act() -> Answer:
    """One of the page's buttons."""
    ballot = _ballot()
    closed = witness_page.answer(ballot)
    db.session.commit()
    if not closed:
        return _page(ballot)
    erasing.erase(ballot)
    closing.note_erased(ballot, at=now())
    db.session.commit()
    return render_template("ballots/witness_enter.html", closed=True)


@bp.post("/witness/<int:class_id>/<any(first,second):typing>")
def type_in(class_id: int, typing: Round) -> Any:
    """The sheets of paper, once more; as in ballots.type_in."""
    ballot = _ballot()
    voters = next((one for one in ballot.classes if one.id == class_id), None)
    if voters is None:
        raise NotThere
    reports = review.reports(ballot.meeting_id)
    place = Place(ballot, voters, reports, typing, url_for("witness.enter"), request.form.get("code", ""))
    if "sheets" in request.form and paper_page.take(place, by=ballot.witness_name):
        db.session.commit()
        if paper_page.is_from_script():
            return {"said": paper_page.hint(place)}
    return paper_page.show(place)
