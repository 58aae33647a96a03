"""Who may read which record, and which of its fields: conditions that every read is narrowed by."""

import json
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, extract, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from logbook.access import Actor
from logbook.organization.models import Placement, Reporter, SecretaryTerm
from logbook.visits.models import Level, Visit, VisitVersion


def readable(actor: Actor) -> ColumnElement[bool]:
    """The records this person may read: own, by level, and what the office entered itself.

    A companion's record, and one that came under its member's name from a phone not known to be theirs, are nobody
    else's before they confirmed it, but the office's.
    """
    own = Visit.member_id == actor.person_id if actor.is_member else false()
    entered = and_(Visit.joint_of_id.is_(None), Visit.entered_by_id != Visit.member_id)
    settled = true() if actor.is_office else or_(entered, Visit.confirmed_at.is_not(None))
    by_level = and_(Visit.level.in_(_levels(actor)), Visit.declined_at.is_(None), settled)
    return or_(own, by_level, _entered_by(actor) if actor.is_office else false())


def _entered_by(actor: Actor) -> ColumnElement[bool]:
    """Entered by this clerk, who knows it anyway; with the member's own first version that is over."""
    own_version = exists().where(VisitVersion.visit_id == Visit.id, VisitVersion.by_id == Visit.member_id)
    return and_(Visit.entered_by_id == actor.person_id, Visit.level != Level.SELF, ~own_version)


def _levels(actor: Actor) -> list[Level]:
    """The levels at which this person reads what others recorded."""
    if actor.is_leader:
        return [Level.LEADER, Level.OFFICE, Level.GROUP]
    if actor.is_office:
        return [Level.OFFICE, Level.GROUP]
    return [Level.GROUP] if actor.is_member else []


def leads_branch(actor: Actor) -> ColumnElement[bool]:
    """Rule 7: in the record's year the reader led its branch, or reports for it, or for the general branch around it.

    The brief of a general branch quotes what stands inside.
    """
    return or_(_led(actor, Visit.branch_id), inside(_led(actor, Placement.general_branch_id)))


def _led(actor: Actor, branch_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    reports = exists().where(
        Reporter.branch_id == branch_id, Reporter.person_id == actor.person_id, Reporter.year == Visit.year
    )
    return or_(reports, _held_term(actor, branch_id))


def _held_term(actor: Actor, branch_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    return exists().where(
        SecretaryTerm.branch_id == branch_id,
        SecretaryTerm.person_id == actor.person_id,
        SecretaryTerm.void.is_(False),
        extract("year", SecretaryTerm.from_on) <= Visit.year,
        or_(SecretaryTerm.to_on.is_(None), extract("year", SecretaryTerm.to_on) >= Visit.year),
    )


def sees_thinking(actor: Actor) -> ColumnElement[bool]:
    """思想动向: author, leader, office; others only where the author widened it."""
    if actor.is_leader or actor.is_office:
        return true()
    return or_(Visit.member_id == actor.person_id, Visit.thinking_widened)


def sees_observation(actor: Actor) -> ColumnElement[bool]:
    """平时工作掌握情况: author and leader; others where widened; never the branch's own secretary (rule 7)."""
    wide = true() if actor.is_leader else or_(Visit.member_id == actor.person_id, Visit.observation_widened)
    return and_(wide, ~leads_branch(actor))


def kept_back(
    actor: Actor, visit: Visit, stored: VisitVersion, hidden: frozenset[str], led: frozenset[int]
) -> frozenset[str]:
    """The fields of one version that are not for this reader; `hidden`: of the record, `led`: branches they led."""
    body = json.loads(stored.body)
    own = visit.member_id == actor.person_id
    wrote = actor.is_office and stored.by_id == actor.person_id
    level = Level(body.get("level", visit.level))
    if not own and level not in _levels(actor) and not (wrote and level is not Level.SELF):
        return frozenset({*body, "reason"})
    thinking = own or actor.is_leader or actor.is_office or body.get("thinking_widened")
    observation = (own or actor.is_leader or body.get("observation_widened")) and body.get("branch_id") not in led
    hidden = hidden if thinking else hidden | {"thinking"}
    return hidden if observation else hidden | {"observation"}


def at_branch(branch_id: int) -> ColumnElement[bool]:
    """A record counts for its branch and for the general branch that contained it on that day."""
    return or_(Visit.branch_id == branch_id, inside(Placement.general_branch_id == branch_id))


def inside(general_branch: ColumnElement[bool]) -> ColumnElement[bool]:
    """The record's branch stood that day inside a general branch of which this holds."""
    return exists().where(Placement.branch_id == Visit.branch_id, general_branch, *held_then())


def held_then() -> tuple[ColumnElement[bool], ...]:
    """The placement held on the day of the visit."""
    return (
        Placement.void.is_(False),
        Placement.from_on <= Visit.visited_on,
        or_(Placement.to_on.is_(None), Placement.to_on >= Visit.visited_on),
    )
