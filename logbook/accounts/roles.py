"""Roles and the use of accounts: what one may change, what a second person confirms, what must stay open."""

import contextlib
import datetime as dt
from collections.abc import Iterator

from flask_babel import lazy_gettext as _

from logbook.access import Role
from logbook.accounts import phone_keys, queries, requests, sessions
from logbook.accounts.actions import find_person, refuse_taken
from logbook.accounts.models import Person
from logbook.db import db
from logbook.errors import RuleBroken

# Of these somebody who can sign in is always left.
KEPT = {
    Role.SYSADMIN: _("至少保留一名能登录的系统管理员，没有保存。"),
    Role.OFFICE: _("至少保留一名能登录的党办人员，没有保存。"),
}


def change_account(person_id: int, sign_in_name: str | None, *, active: bool, by: int | None, at: dt.datetime) -> None:
    """Change a person's sign-in name and whether the account is in use, and end what that makes void.

    Raise RuleBroken("sign_in_name") when the name is taken, RuleBroken("active") when it is one's own account.
    """
    person = find_person(person_id)
    refuse_taken(sign_in_name, person_id)
    if by == person_id and (person.active != active or not sign_in_name):
        raise RuleBroken("active", _("本人的账号由另一名系统管理员停用。"))
    with keeping_ways_in(at):
        if (person.active and not active) or (person.sign_in_name and not sign_in_name):
            sessions.end_all(person_id, at=at)
            phone_keys.renew(person_id, at=at)
        if person.sign_in_name != (sign_in_name or None):
            change_sign_in_name(person, sign_in_name, at=at)
        person.active = active


def change_sign_in_name(person: Person, sign_in_name: str | None, *, at: dt.datetime) -> None:
    """Let the account be opened by another name: what was given out for the former one ends, by page or workbook."""
    sessions.end_codes(person.id, at=at)
    person.sign_in_name = sign_in_name or None


def set_roles(person_id: int, roles: frozenset[Role], *, by: int | None, at: dt.datetime) -> frozenset[Role]:
    """Make `roles` the person's roles and return those that wait for a second person's confirmation.

    A role taken away ends at once, and with it the sessions. By None is the server's administrator, whose
    word counts alone. Raise RuleBroken("roles") for one's own, RuleBroken("way_in") when nobody would be left.
    """
    held = {grant.role: grant for grant in queries.grants(person_id)}
    asked = {one.role: one for one in queries.requests_about(person_id) if one.role}
    if roles == held.keys() | asked.keys():
        return frozenset(asked)
    if by == person_id:
        raise RuleBroken("roles", _("本人的角色由另一名系统管理员更改。"))
    with keeping_ways_in(at):
        for role in held.keys() - roles:
            held[role].ended_at = at
            sessions.end_all(person_id, at=at)
        for role in asked.keys() - roles:
            requests.end(asked[role], by=by, at=at)
        _add(person_id, roles - held.keys() - asked.keys(), by=by, at=at)
    return (roles - held.keys()) if by is not None and not counts_alone(by) else frozenset()


def _add(person_id: int, roles: frozenset[Role], *, by: int | None, at: dt.datetime) -> None:
    for role in sorted(roles, key=lambda role: role.value):
        if by is None or counts_alone(by):
            requests.grant(person_id, role, by=by, agreed_by=None, at=at)
        else:
            requests.ask(person_id, role, by=by, at=at)


def counts_alone(by: int) -> bool:
    """Whether this account's grants need no second person yet: nobody else ever opened an account here.

    That ends with the first password of another, and never comes again: no password is ever taken away.
    """
    return not queries.ever_used(but=frozenset({by}))


@contextlib.contextmanager
def keeping_ways_in(at: dt.datetime) -> Iterator[None]:
    """Let accounts be changed inside; raise RuleBroken("way_in") when that shut the last way in."""
    before = [role for role in KEPT if queries.can_sign_in(role, at)]
    yield
    db.session.flush()
    for role in before:
        if not queries.can_sign_in(role, at):
            raise RuleBroken("way_in", KEPT[role])
