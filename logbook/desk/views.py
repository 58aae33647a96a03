"""The homes of member, leader, office and sysadmin; the branch card."""

import datetime as dt
from calendar import monthrange
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import east_asian_width

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from logbook.access import Act, Actor, actor, may
from logbook.accounts.code_views import used_lately, waiting
from logbook.comments import queries as comments
from logbook.desk import cards, papers
from logbook.desk.cards import FORTNIGHT
from logbook.desk.papers import Dossier
from logbook.errors import NotThere, RuleBroken
from logbook.formats import today
from logbook.organization import queries as organization
from logbook.organization.models import Branch, Liaison
from logbook.printing import views as printing
from logbook.printing.lengths import refuse_long
from logbook.printing.refusals import days_apart
from logbook.problems import queries as problems
from logbook.problems.models import Directive, Problem, Undertaking
from logbook.review import queries as review
from logbook.settings.views import current
from logbook.visits import queries as visits
from logbook.visits.models import Level
from logbook.visits.queries import Filters
from logbook.years import coverage
from logbook.years import queries as years
from logbook.years.coverage import BranchRow, LiaisonState, Standing, Tallies
from logbook.years.forms import span_from
from logbook.years.frames import Span

bp = Blueprint("desk", __name__)
SHOWN = 5  # rows of a home's short lists
LINES = 31  # of the five lists of a branch card that is printed on one A4, beside everything else on it
WIDTH = 74  # half-width letters in a line of it


@bp.route("/")
@may(Act.MANAGE_SELF)
def home() -> str:
    by, on = actor(), today()
    parts: dict[str, Any] = {}
    if by.is_member:
        parts |= _member(by, on)
    if by.is_office or by.is_leader:
        parts |= _desk(by, on)
    if by.is_leader:
        parts |= {"matters": problems.matters_for_group()}
    parts["to_agree"], parts["to_print"] = waiting()
    parts["codes_used"] = used_lately()
    return render_template("desk/home.html", months=_months(on), year=on.year, **parts)


def _months(on: dt.date) -> list[tuple[int, str]]:
    """Each month of the year, and how an address asks for its days."""
    return [
        (month, f"&from={on.year}-{month:02}-01&to={on.year}-{month:02}-{monthrange(on.year, month)[1]}")
        for month in range(1, 13)
    ]


def _desk(by: Actor, on: dt.date) -> dict[str, Any]:
    """What office and leader see first: coverage, what is overdue, what is new; four statements for the office."""
    late_count, late = problems.overdue(on, SHOWN)
    rows = _coverage(on)
    standing = {one: [row for row in rows if row.worst and row.worst.standing is one] for one in Standing}
    return {
        "rows": rows, "missed": standing[Standing.MISSED], "waiting": standing[Standing.DUE],
        "overdue": late, "overdue_count": late_count, **(_received(by) if by.is_office else _read_lately(by, on)),
    }  # fmt: skip


def _received(by: Actor) -> dict[str, Any]:
    """What waits for the office's mark."""
    count, new = visits.new_records(by, SHOWN)
    return {"new": new, "new_count": count, "new_asked": {"state": "new"}}


def _read_lately(by: Actor, on: dt.date) -> dict[str, Any]:
    """What came in within a fortnight, and what the leader wrote on it already."""
    since = on - FORTNIGHT
    filters = Filters(state="counted", since=since)
    new = visits.records(by, filters).records[:SHOWN]
    return {
        "new": new, "new_count": visits.totals(by, filters)[0],
        "new_asked": {"state": "counted", "since": since.isoformat()},
        "instructed_on": visits.instructions_by(by.person_id, [one.id for one in new]),
    }  # fmt: skip


def _coverage(on: dt.date) -> list[BranchRow]:
    rows = organization.arrangement(on.year, coverage.looking_back(on))
    arranged = [(branch, one) for branch, one in rows if branch.exists_on(on)]
    branches = {branch.id: branch for branch, _one in arranged}
    liaisons: dict[int, list[Liaison]] = {on.year - 1: [], on.year: []}
    for _branch, one in arranged:
        if one is not None:
            liaisons[one.year].append(one)
    tallies = _tallies(on, earlier=bool(liaisons[on.year - 1]))
    before = coverage.last_periods(liaisons[on.year - 1], tallies[on.year - 1])
    return coverage.branch_rows(list(branches.values()), liaisons[on.year], tallies[on.year], on, before)


def _tallies(on: dt.date, *, earlier: bool) -> dict[int, Tallies]:
    """Of the year and, where it may still decide something, of the one before; one statement."""
    rows = years.tallies(on.year - earlier, on.year)
    return {year: Tallies(row for row in rows if row.year == year) for year in (on.year - 1, on.year)}


@dataclass(frozen=True, slots=True)
class Mine:
    """One of the member's branches: how it stands, and why one would go."""

    state: LiaisonState
    last_on: dt.date | None
    problems: int
    promises: int
    visitors: int  # members of the group who were there within a fortnight


def _member(by: Actor, on: dt.date) -> dict[str, Any]:
    """The member's branches, and what waits for them."""
    liaisons = organization.liaisons_of(by.person_id, on)
    promises = problems.undertakings_of(by.person_id)
    return {
        "mine": _mine(liaisons, Counter(one.branch_id for one in promises), on),
        "to_confirm": visits.to_confirm(by.person_id), "promises": promises,
        "my_problems": problems.open_of(by.person_id),
        "directives": [(one, _left(one, by, liaisons, on)) for one in problems.directives(open_only=True)],
        "to_settle": comments.to_settle(by.person_id), "cases": review.cases_of(by.person_id),
        "instructed": visits.instructions_on(by.person_id, on - FORTNIGHT),
    }  # fmt: skip


def _mine(liaisons: Sequence[Liaison], promises: Counter[int | None], on: dt.date) -> list[Mine]:
    points = cards.points(liaisons, on)
    open_here, visitors = problems.open_by_branch(on), visits.visitors_by_branch(on - FORTNIGHT)
    return [
        Mine(one.state, one.last_on, open_here[here], promises[here], len(visitors.get(here, ())))
        for one in sorted(points, key=lambda one: coverage.ORDER.index(one.state.standing))
        for here in [one.state.liaison.branch_id]
    ]


def _left(order: Directive, by: Actor, liaisons: Sequence[Liaison], on: dt.date) -> list[str]:
    """The member's branches that a directive still sends them to."""
    if not order.asks_visits:
        return []
    return [one.branch.name for one, first in years.first_visits(by, liaisons, order.issued_on, on) if first is None]


@bp.route("/branches")
@may(Act.READ_CARD)
def branches() -> str:
    """Every branch there is today, one's own first: the way to its card, whoever's liaison it is."""
    by, on = actor(), today()
    mine = {one.branch_id for one in organization.liaisons_of(by.person_id, on)} if by.is_member else set()
    listed = sorted(organization.branches(on), key=lambda one: one.id not in mine)
    return render_template("desk/branches.html", branches=listed, mine=mine, open_here=problems.open_by_branch(on))


@bp.route("/branches/<int:branch_id>")
@may(Act.READ_CARD)
def branch(branch_id: int) -> str:
    by, on = actor(), today()
    found = organization.branch(branch_id)
    if found is None:
        raise NotThere
    (card,) = cards.cards(by, [found], on)
    filters = Filters(branch_id=branch_id, state="counted", by_date=True)
    everything, readable = visits.totals(by, filters)
    records = visits.records(by, filters).records[:5]
    lists: dict[str, Sequence[Problem | Undertaking]]
    lists = {"own": card.own_problems, "owed": card.owed, "promises": card.promises}
    said = {"said": [_lines(one.text) - 1 for one in card.last_said]}
    sizes = said | {name: [_lines(one.text) for one in listed] for name, listed in lists.items()}
    sizes["records"] = [1 + _lines(one.findings[:60]) for one in records]
    return render_template(
        "desk/branch.html", branch=found, card=card, on=on, months=_months(on),
        inside=[one for one in organization.branches(on) if one.id in card.inside],
        row=next((row for row in _coverage(on) if row.branch.id == branch_id), None),
        records=records, everything=everything, hidden=everything - readable, on_paper=_on_paper(sizes),
    )  # fmt: skip


def _on_paper(lists: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """How many items of each list one sheet holds: in turn one of each, the first first, until its lines are full."""
    left, taken = LINES, dict.fromkeys(lists, 0)
    for n in range(max(map(len, lists.values()))):
        for name, lines in lists.items():
            if taken[name] == n < len(lines) and lines[n] <= left:
                left, taken[name] = left - lines[n], n + 1
    return taken


def _lines(text: str) -> int:
    """What an item takes on paper: its text, cut after two lines, and a line that says whose it is and when."""
    letters = sum(2 if east_asian_width(one) in "WFA" else 1 for one in text)
    return 1 + min(2, -(-letters // WIDTH) + text.count("\n"))


@bp.route("/branches/<int:branch_id>/dossier")
@may(Act.READ_CARD)
def dossier(branch_id: int) -> str | tuple[str, int]:
    """谁去过、反映什么、办得怎样: of this year, or of any days."""
    found = organization.branch(branch_id)
    if found is None:
        raise NotThere
    try:
        span = span_from(request.args, today())
    except RuleBroken as broken:
        days = _typed_days()
        return render_template("desk/dossier.html", branch=found, broken=broken, paper=None, days=days), 422
    days = {"from": span.first.isoformat(), "to": span.last.isoformat()}
    made = papers.dossier(_dossier(found, span), current(), today())
    return render_template("desk/dossier.html", branch=found, broken=None, paper=made, days=days)


@bp.route("/branches/<int:branch_id>/dossier.<any(docx, pdf):ending>")
@may(Act.READ_CARD)
def dossier_paper(branch_id: int, ending: str) -> Response:
    found = organization.branch(branch_id)
    if found is None:
        raise NotThere
    try:
        span = span_from(request.args, today())
    except RuleBroken:
        return redirect(url_for("desk.dossier", branch_id=branch_id, **_typed_days()), 303)
    made = _dossier(found, span)
    private = any(one.level in {Level.SELF, Level.LEADER} for one, _kinds in made.records)
    return printing.send(papers.dossier(made, current(), today()), ending, private=private)


def _typed_days() -> dict[str, Any]:
    return {name: request.args.get(name, "") for name in ("from", "to")}


def _dossier(found: Branch, span: Span) -> Dossier:
    by, first, last = actor(), span.first, span.last
    filters = Filters(from_on=first, to_on=last, branch_id=found.id, state="counted")
    everything, _readable = visits.totals(by, filters)
    refuse_long(everything, days_apart(first, last))
    records = sorted(visits.export(by, filters), key=lambda row: (row[0].visited_on, row[0].seq))
    here = {found.id, *organization.inside_each([found.id], last)[found.id]}
    return Dossier(
        found, first, last, records, everything - len(records), visits.voices(by, filters, None),
        [one for one in problems.year_items(first, last, here) if not one.dropped],
        [one for one in problems.year_undertakings(first, last, here) if not one.dropped],
    )  # fmt: skip


@bp.route("/health")
def health() -> tuple[dict[str, str], int]:
    return {"status": "ok"}, 200
