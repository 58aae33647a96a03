"""The page on which sheets of paper are typed in, whoever does it: a bundle is sent whole, nothing less is stored."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import g, render_template, request
from flask_babel import gettext as _

from logbook.ballots import actions, forms, sheets
from logbook.ballots.box import ClassBox
from logbook.ballots.models import Ballot, BallotClass, VoterClass
from logbook.ballots.sheets import Round, Typed
from logbook.errors import NotThere, RuleBroken
from logbook.review.models import Report

MOST_OF_A_KEY = 64


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
    """The next sheet: of the bundle whose sheets the page holds until it is whole, else of the next one.

    After a fault or a sign-in in between all that was typed stands there again, the last sheet in its cells.
    """
    mine = _counted(place)
    sent: Mapping[str, str] = g.get("shown_again", request.form)
    typing, again = "sheets" in sent, "shown_again" in g
    number = _number(sent, mine) if typing else sheets.next_bundle(mine, place.typing)
    last = _last(place, sent)
    typed = [*forms.earlier_sheets(sent), *([] if again else [last])] if typing else []
    before = 0 if number is None else sum(one.size for one in mine.bundles[:number])
    return render_template(
        "ballots/type_in.html", place=place, items=place.ballot.columns, name_of=forms.name_of, number=number,
        bundles=mine.bundles, n=before + len(typed), typed=json.dumps(typed), before=before, total=mine.back,
        frame="ballots/frame.html" if place.code else "base.html", cells=last if again else {},
        key=(again and sent.get("client_key")) or secrets.token_urlsafe(16),
    )  # fmt: skip


def take(place: Place, *, by: str) -> bool:
    """Add the bundle, if with this sheet it is whole; False while it is not."""
    mine = _counted(place)
    number = _number(request.form, mine)
    typed = [*forms.earlier_sheets(request.form), _last(place, request.form)]
    if len(typed) < mine.bundles[number].size:
        return False
    ids, items = [one.id for one in place.reports], place.ballot.columns
    judged = [forms.typed_in(one, ids, items) for one in typed]
    key = request.form.get("client_key", "")[:MOST_OF_A_KEY]
    sheets.type_in(place.voters.id, place.typing, Typed(number, judged, key), by=by)
    return True


def _counted(place: Place) -> ClassBox:
    mine = actions.the_box(place.ballot)[place.voters.id]
    if mine.back is None:
        raise RuleBroken("", _("请先清点收回的份数，再录入。"))
    return mine


def _number(sent: Mapping[str, str], mine: ClassBox) -> int:
    number = sent.get("bundle", "")
    if not number.isdecimal() or int(number) >= len(mine.bundles):
        raise NotThere
    return int(number)


def is_from_script() -> bool:
    """Whether the page's script sent it, and reads the answer."""
    return request.accept_mimetypes.best == "application/json"


def _last(place: Place, sent: Mapping[str, str]) -> dict[str, str]:
    return forms.sheet_keys(sent, [one.id for one in place.reports], place.ballot.columns)


def hint(place: Place) -> str:
    """What a whole bundle of B sheets looks like where a page that should be missing is not; nothing for others."""
    if place.voters.voters is not VoterClass.SECRETARIES:
        return ""
    ids, items = [one.id for one in place.reports], place.ballot.columns
    full = 0
    for one in [*forms.earlier_sheets(request.form), _last(place, request.form)]:
        full += {judged.report_id for judged in forms.typed_in(one, ids, items)} == set(ids)
    return _("刚才这一扎有%(n)s份B票没有一页填“-”：述职书记的B票应当缺本人一页。", n=full) if full else ""
