"""What needs a second person: a code for an account in use, a role. One asks, another agrees, neither is the owner."""

import datetime as dt
from collections.abc import Sequence

from flask_babel import lazy_gettext as _

from logbook.access import Actor, Role
from logbook.accounts import queries, sessions
from logbook.accounts.models import AccessRequest, NamedSecond, Person, RoleGrant
from logbook.db import db
from logbook.errors import NotThere, RuleBroken

CODE_HOURS = 24  # a request for a code is agreed to and printed within them
_OVER = _("此项已办完、已撤回或已过期。")
# Whoever holds one of these may be the second person; a member only when the leader named them beforehand.
SECONDS = (Role.LEADER, Role.OFFICE, Role.SYSADMIN)


def ask(person_id: int, role: Role | None, *, by: int, at: dt.datetime) -> AccessRequest:
    """Ask for a role, or with None for a code."""
    expires_at = None if role else at + dt.timedelta(hours=CODE_HOURS)
    asked = AccessRequest(person_id=person_id, role=role, asked_by_id=by, asked_at=at, expires_at=expires_at)
    db.session.add(asked)
    db.session.flush()
    return asked


def may_agree(one: AccessRequest, by: Actor) -> bool:
    """Whether this actor can be the second person: never the asker, never the owner, whatever posts they hold."""
    if by.person_id in {one.asked_by_id, one.person_id}:
        return False
    if not by.roles.isdisjoint(SECONDS):
        return True
    return by.is_member and (queries.is_second(by.person_id, since=one.asked_at) or _members_decide(one))


def _members_decide(one: AccessRequest) -> bool:
    """Whether any member may agree to a role: nobody else there ever opened an account (see docs/why.md)."""
    both = frozenset({one.asked_by_id, one.person_id})
    return one.role is not None and not queries.ever_used(but=both, roles=SECONDS)


def find(request_id: int, *, by: Actor, at: dt.datetime) -> AccessRequest:
    """The request that waits for a second person, if this actor can be it; raise NotThere.

    RuleBroken("request") once it is over: two may look at it at a time.
    """
    one = queries.request(request_id)
    if one is None or not may_agree(one, by):
        raise NotThere
    if one.agreed_at or not one.is_open(at):
        raise RuleBroken("request", _OVER)
    return one


def find_own(request_id: int, *, by: Actor, at: dt.datetime) -> AccessRequest:
    """The open request that this actor asked for; raise NotThere, or RuleBroken("request") once it is over."""
    one = queries.request(request_id)
    if one is None or one.asked_by_id != by.person_id:
        raise NotThere
    if not one.is_open(at):
        raise RuleBroken("request", _OVER)
    return one


def agree(request_id: int, *, by: Actor, at: dt.datetime) -> AccessRequest:
    """Be the second person: a role counts from now on, a code may be printed by who asked for it."""
    one = find(request_id, by=by, at=at)
    if not one.person.active:
        raise RuleBroken("person", _("此人的账号已停用，请先恢复在用。"))
    if not one.asked_by.active or queries.roles_of(one.asked_by_id).isdisjoint({Role.OFFICE, Role.SYSADMIN}):
        raise RuleBroken("request", _OVER)  # whoever asked could not ask any more
    one.agreed_by_id, one.agreed_at = by.person_id, at
    if one.role:
        one.carried_out_at = at
        grant(one.person_id, one.role, by=one.asked_by_id, agreed_by=by.person_id, at=at)
    db.session.flush()
    return one


def end(one: AccessRequest, *, by: int | None, at: dt.datetime) -> None:
    """Decline or withdraw it."""
    one.ended_at, one.ended_by_id = at, by
    db.session.flush()


def grant(person_id: int, role: Role, *, by: int | None, agreed_by: int | None, at: dt.datetime) -> None:
    """Let the person hold the role from now on; they sign in anew."""
    db.session.add(RoleGrant(person_id=person_id, role=role, granted_at=at, granted_by_id=by, agreed_by_id=agreed_by))
    sessions.end_all(person_id, at=at)


def waiting_for(by: Actor, *, at: dt.datetime) -> tuple[Sequence[AccessRequest], Sequence[AccessRequest]]:
    """What this actor can agree to, and the agreed codes they can print."""
    rows = queries.open_requests(at) if by.roles else ()
    to_agree = [one for one in rows if one.agreed_at is None and may_agree(one, by)]
    to_print = [one for one in rows if one.agreed_at and one.asked_by_id == by.person_id]
    return to_agree, to_print


def name_second(person_id: int | None, *, by: Actor, at: dt.datetime) -> None:
    """Let the leader name the member who may be the second person from now on, or nobody."""
    members: dict[int, Person] = {one.id: one for one in queries.members() if one.id != by.person_id}
    if person_id is not None and person_id not in members:
        raise RuleBroken("person_id", _("请从党组成员中选择。"))
    for old in queries.named_seconds():
        old.ended_at = at
    if person_id is not None:
        db.session.add(NamedSecond(person_id=person_id, named_by_id=by.person_id, named_at=at))
    db.session.flush()
