"""The homes of member, leader, office and sysadmin; the branch card."""

import datetime as dt
from typing import Any

from flask import Blueprint, render_template

from logbook.access import Act, Actor, actor, may
from logbook.errors import NotThere
from logbook.formats import today
from logbook.organization import queries as organization
from logbook.organization.models import Branch, Liaison
from logbook.problems import queries as problems
from logbook.problems.models import Side
from logbook.review import queries as review
from logbook.visits import queries as visits
from logbook.visits.queries import Filters
from logbook.years import coverage
from logbook.years import queries as years
from logbook.years.coverage import BranchRow, LiaisonState, Standing, Tallies

bp = Blueprint("desk", __name__)
SHOWN = 5  # rows of a home's short lists
FORTNIGHT = dt.timedelta(days=14)


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
    return render_template("desk/home.html", Standing=Standing, months=range(1, 13), year=on.year, **parts)


def _desk(by: Actor, on: dt.date) -> dict[str, Any]:
    """What office and leader see first: coverage, what is overdue, what is new; four statements."""
    late_count, late = problems.overdue(on, SHOWN)
    new_count, new = visits.new_records(by, SHOWN)
    rows = _coverage(on)
    return {
        "rows": rows,
        "unmet": [row for row in rows if row.worst and row.worst.standing in {Standing.MISSED, Standing.DUE}],
        "overdue": late, "overdue_count": late_count, "new": new, "new_count": new_count,
    }  # fmt: skip


def _coverage(on: dt.date) -> list[BranchRow]:
    branches: dict[int, Branch] = {}
    liaisons: list[Liaison] = []
    for branch, liaison in organization.arrangement(on.year):
        if (branch.from_on is None or branch.from_on <= on) and (branch.to_on is None or branch.to_on >= on):
            branches[branch.id] = branch
            liaisons += [liaison] if liaison else []
    return coverage.branch_rows(list(branches.values()), liaisons, Tallies(years.tallies(on.year)), on)


def _member(by: Actor, on: dt.date) -> dict[str, Any]:
    liaisons = organization.liaisons_of(by.person_id, on)
    tallies = Tallies(years.tallies(on.year))
    mine: list[LiaisonState] = [coverage.liaison_state(one, tallies.by_month(one), on) for one in liaisons]
    return {
        "mine": sorted(mine, key=lambda state: coverage.ORDER.index(state.standing)),
        "last_on": tallies.last_on,
        "to_confirm": visits.to_confirm(by.person_id),
        "promises": problems.undertakings_of(by.person_id),
        "directives": problems.directives(open_only=True),
    }


@bp.route("/branches/<int:branch_id>")
@may(Act.READ_CARD)
def branch(branch_id: int) -> str:
    by, on = actor(), today()
    found = organization.branch(branch_id)
    if found is None:
        raise NotThere
    inside = organization.inside(branch_id, on)
    here = {branch_id, *inside}
    filters = Filters(branch_id=branch_id, state="counted", by_date=True)
    everything, readable = visits.totals(by, filters)
    open_problems = problems.open_at_branch(here)
    return render_template(
        "desk/branch.html", branch=found, on=on, inside=[one for one in organization.branches(on) if one.id in inside],
        secretary=organization.secretary_on(branch_id, on),
        row=next((row for row in _coverage(on) if row.branch.id == branch_id), None),
        records=visits.records(by, filters).records[:10], everything=everything, hidden=everything - readable,
        own_problems=[one for one in open_problems if one.side is Side.BRANCH],
        owed=[one for one in open_problems if one.side is not Side.BRANCH],
        promises=problems.undertakings_at(here), recent=visits.visitors_since(branch_id, on - FORTNIGHT),
        last_report=review.last_report(by, branch_id), months=range(1, 13),
    )  # fmt: skip


@bp.route("/health")
def health() -> tuple[dict[str, str], int]:
    return {"status": "ok"}, 200
