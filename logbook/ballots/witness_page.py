"""The page of a ballot's witness, by an account or by a code: the numbers, what waits for a yes, the second typing."""

from collections.abc import Sequence

from flask import render_template, request
from flask_babel import gettext as _

from logbook.ballots import box, opening, sheets, steps
from logbook.ballots.models import Ballot
from logbook.errors import RuleBroken
from logbook.formats import as_count, now
from logbook.review.models import Meeting, Report


def show(
    ballot: Ballot, meeting: Meeting, reports: Sequence[Report], *, code: str = "", own: str = "", trouble: str = ""
) -> str:
    """`code` is carried by the page's forms; `own` is a new one that only the witness is shown."""
    step, found = steps.waiting(ballot), box.read(ballot.id)
    return render_template(
        "ballots/witness.html", ballot=ballot, meeting=meeting, reports=reports, code=code, own=own, trouble=trouble,
        frame="ballots/frame.html" if code else "base.html", step=step,
        shown=opening.numbers_as_shown(ballot), seen=steps.as_seen(ballot, step) if step else "", found=found,
        to_be_voided=steps.to_be_voided, next_bundle=sheets.next_bundle,
    )  # fmt: skip


def answer(ballot: Ballot) -> bool:
    """Carry out what the witness pressed; True where it closed the ballot."""
    pressed, step = request.form.get("act", ""), as_count(request.form.get("step", "")) or 0
    if pressed == "confirm":
        opening.confirm(ballot, request.form.get("shown", ""), at=now())
    elif pressed == "agree":
        steps.agree(ballot, step, request.form.get("seen", ""), at=now())
    elif pressed == "decline":
        steps.decline(ballot, step, at=now())
    else:
        raise RuleBroken("", _("这一项刚有变动，请再看一遍。"))
    return ballot.closed_at is not None
