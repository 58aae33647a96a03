"""The page on which sheets of paper are typed in, whoever does it: a bundle is sent whole, nothing less is stored."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template, request
from flask_babel import gettext as _

from logbook.ballots import actions, forms, sheets
from logbook.ballots.models import Ballot, BallotClass, VoterClass
from logbook.ballots.sheets import Round
from logbook.errors import NotThere, RuleBroken
from logbook.review.models import Report


@dataclass(frozen=True, slots=True)
class Place:
    """What is typed, and where: `code` is the witness's, who types without an account."""

    ballot: Ballot
    voters: BallotClass
    reports: Sequence[Report]
    typing: Round
    back: str
    code: str = ""


def show(place: Place) -> str:
    """The next sheet of the next bundle. Sheets of the bundle typed so far stay on the page, until it is whole."""
    mine = actions.the_box(place.ballot)[place.voters.id]
    if mine.back is None:
        raise RuleBroken("", _("请先清点收回的份数，再录入。"))
    number = sheets.next_bundle(mine, place.typing)
    same = request.method == "POST" and request.form.get("bundle") == str(number)
    typed = [*forms.earlier_sheets(request.form), _last(place)] if same and "sheets" in request.form else []
    before = 0 if number is None else sum(one.size for one in mine.bundles[:number])
    return render_template(
        "ballots/type_in.html", place=place, items=place.ballot.columns, name_of=forms.name_of, number=number,
        bundles=mine.bundles, n=before + len(typed), typed=json.dumps(typed), before=before,
        frame="ballots/frame.html" if place.code else "base.html",
        total=mine.back,
    )  # fmt: skip


def take(place: Place, *, by: str) -> bool:
    """Add the bundle, if with this sheet it is whole; False while it is not."""
    number, mine = request.form.get("bundle", ""), actions.the_box(place.ballot)[place.voters.id]
    if mine.back is None:
        raise RuleBroken("", _("请先清点收回的份数，再录入。"))
    if not number.isdecimal() or int(number) >= len(mine.bundles):
        raise NotThere
    typed = [*forms.earlier_sheets(request.form), _last(place)]
    if len(typed) < mine.bundles[int(number)].size:
        return False
    ids, items = [one.id for one in place.reports], place.ballot.columns
    judged = [forms.typed_in(one, ids, items) for one in typed]
    sheets.type_in(place.voters.id, place.typing, int(number), judged, by=by)
    return True


def is_from_script() -> bool:
    """Whether the page's script sent it, and reads the answer."""
    return request.accept_mimetypes.best == "application/json"


def _last(place: Place) -> dict[str, str]:
    return forms.sheet_keys(request.form, [one.id for one in place.reports], place.ballot.columns)


def hint(place: Place) -> str:
    """What a whole bundle of B sheets looks like where a page that should be missing is not; nothing for others."""
    if place.voters.voters is not VoterClass.SECRETARIES:
        return ""
    ids, items = [one.id for one in place.reports], place.ballot.columns
    full = 0
    for one in [*forms.earlier_sheets(request.form), _last(place)]:
        full += {judged.report_id for judged in forms.typed_in(one, ids, items)} == set(ids)
    return _("刚才这一扎有%(n)s份B票没有一页填“-”：述职书记的B票应当缺本人一页。", n=full) if full else ""
