"""A branch's card: what one reads before going there; one branch or many, in the same number of statements."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from logbook.access import Actor
from logbook.accounts.models import Person
from logbook.comments import queries as comments
from logbook.comments.models import Clause
from logbook.organization import queries as organization
from logbook.organization.models import Branch, Liaison
from logbook.problems import queries as problems
from logbook.problems.models import Problem, Side, SourceKind, Undertaking
from logbook.review import queries as review
from logbook.visits import queries as visits
from logbook.years import coverage
from logbook.years import queries as years
from logbook.years.coverage import LiaisonState, Tallies

FORTNIGHT = dt.timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Card:
    """What is open at a branch and the branches inside it."""

    branch: Branch
    inside: frozenset[int]
    secretary: Person | None
    own_problems: list[Problem]
    owed: list[Problem]  # by the bureau
    promises: list[Undertaking]
    visitors: int  # members of the group who were there within a fortnight
    last_report: Any
    last_said: Sequence[Clause]  # what the last review found wanting, and advised


def cards(by: Actor, branches: Sequence[Branch], on: dt.date) -> list[Card]:
    """The cards of these branches; seven statements, however many they are."""
    ids = [one.id for one in branches]
    inside = organization.inside_each(ids, on)
    everywhere = frozenset(ids).union(*inside.values())
    secretaries, reports = organization.secretaries_on(on, ids), review.last_reports(by, ids)
    open_problems, promises = problems.open_at_branch(everywhere), problems.undertakings_at(everywhere)
    visitors, said = visits.visitors_by_branch(on - FORTNIGHT), comments.last_said(ids)
    made = []
    for branch in branches:
        here = {branch.id, *inside[branch.id]}
        raised = [one for one in open_problems if one.branch_id in here]
        own = [one for one in raised if one.side is Side.BRANCH]
        own.sort(key=lambda one: not one.taken_up_by and one.source_kind is not SourceKind.MEETING)  # 整改 first
        owed = [one for one in raised if one.side is not Side.BRANCH]
        promised = [one for one in promises if one.branch_id in here]
        known = (secretaries.get(branch.id), own, owed, promised, len(visitors.get(branch.id, ())))
        made.append(Card(branch, inside[branch.id], *known, reports.get(branch.id), said.get(branch.id, ())))
    return made


@dataclass(frozen=True, slots=True)
class Point:
    """One of a member's liaison points: how it stands, as members see it, and when anyone was last there this year."""

    state: LiaisonState
    last_on: dt.date | None


def points(liaisons: Sequence[Liaison], on: dt.date) -> list[Point]:
    """How a member's liaisons of the year stand; one statement."""
    tallies = Tallies(years.tallies(on.year, on.year))
    return [
        Point(coverage.liaison_state(one, tallies.by_month(one), on).to_members, tallies.last_on.get(one.branch_id))
        for one in liaisons
    ]
