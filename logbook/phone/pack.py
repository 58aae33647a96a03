"""What a phone takes along: people and branches to choose from, the cards of the member's own branches as texts.

It lies on the phone for days: nothing restricted is in it, and no text that is only true today.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from logbook.access import Actor
from logbook.accounts import queries as accounts
from logbook.desk import cards
from logbook.desk.cards import Card, Point
from logbook.formats import shown_date, shown_short
from logbook.organization import queries as organization
from logbook.problems.models import Problem, Undertaking, answerable
from logbook.settings.queries import Settings
from logbook.visits import queries as visits
from logbook.visits.models import Visit

MOST_RECORDS = 5  # of one branch
MOST_FINDINGS = 200  # characters of one record


def pack(by: Actor, settings: Settings, on: dt.date) -> dict[str, Any]:
    """All that is no secret of the phone's own; as many statements for one branch as for many."""
    return {
        "name": by.name,
        "member_id": by.person_id,
        "is_member": by.is_member,
        "on": shown_date(on),
        "defaults": {"kind": settings.default_kind, "level": settings.default_level},
        "members": [{"id": one.id, "name": one.name} for one in accounts.members() if one.id != by.person_id],
        "branches": [{"id": one.id, "name": one.name} for one in organization.branches(on)],
        "cards": _cards(by, on) if by.is_member else [],
    }


def _cards(by: Actor, on: dt.date) -> list[dict[str, Any]]:
    liaisons = organization.liaisons_of(by.person_id, on)
    branches = [one.branch for one in liaisons]
    records = visits.taken_along(by, [one.id for one in branches], MOST_RECORDS)
    made = zip(cards.points(liaisons, on), cards.cards(by, branches, on), strict=True)
    return [_standing(point, card) | _open(card, records[card.branch.id]) for point, card in made]


def _standing(point: Point, card: Card) -> dict[str, Any]:
    branch, state = card.branch, point.state
    secretary = [_("书记%(name)s", name=card.secretary.name)] if card.secretary else []
    last = point.last_on
    visited = _("最近一次有领导到%(day)s", day=shown_short(last)) if last else _("今年还没有领导到过")
    return {
        "branch_id": branch.id,
        "name": branch.name,
        "line": _("，").join([branch.kind.label, branch.host_unit, *secretary]),
        "standing": state.standing.value,
        "state": _(state.word),
        "why": _why(point),
        "last_on": f"{visited}{_('。')}",
        "visitors": card.visitors,
    }


def _why(point: Point) -> str:
    decides = point.state.decides
    if decides is None:
        return ""
    period = _(decides.span.name)
    return str(_("%(period)s应到%(due)s次、到%(done)s次。", period=period, due=decides.due, done=decides.done))


def _open(card: Card, records: Sequence[Visit]) -> dict[str, Any]:
    return {
        "last_report": _last_report(card),
        "problems": [_problem(one) for one in card.own_problems],
        "owed": [_problem(one) for one in card.owed],
        "promises": [_promise(one) for one in card.promises],
        "records": [_record(one) for one in records],
    }


def _last_report(card: Card) -> str:
    report = card.last_report
    if report is None:
        return ""
    said = _("，").join(filter(None, (report.grade.label, report.ground)))
    told = "".join(f"　{one.part.label}{_('：')}{one.text}" for one in card.last_said)
    return f"{_('%(year)s年', year=report.meeting_year)}{_('：')}{said}{told}"


def _problem(one: Problem) -> dict[str, Any]:
    side = answerable(one.side.label, one.unit, one.owner_name)
    raised = {"number": one.label, "day": shown_short(one.raised_on)}
    return {"id": one.id, "text": one.text, "state": one.state.label, "side": side, "due": _due(one)} | raised


def _promise(one: Undertaking) -> dict[str, Any]:
    return {"text": one.text, "member": one.member.name, "due": _due(one)}


def _due(one: Problem | Undertaking) -> str:
    """By its day: how long it is overdue changes while the phone is away."""
    return str(_("%(day)s前", day=shown_date(one.due_on)))


def _record(one: Visit) -> dict[str, Any]:
    whole = len(one.findings) <= MOST_FINDINGS
    findings = one.findings if whole else f"{one.findings[: MOST_FINDINGS - 1]}…"
    return {"number": one.number, "day": shown_date(one.visited_on), "member": one.member_name, "findings": findings}
