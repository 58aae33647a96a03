"""Rule 7 in the lists: the rows it rests on are not changed by whom it is held against; and who changes them instead.

Terms, placements, own organizations and 向党组述职 say who is under review. Another office holder changes them; where
the whole office is bound, the leader, or whom the leader named.
"""

import datetime as dt
from collections.abc import Collection

from flask_babel import lazy_gettext as _

from logbook.access import Act, Actor, Role
from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import today
from logbook.organization import queries
from logbook.organization.models import Branch, StandIn

OTHERS = _("涉及您本人，须由其他党办人员、党组书记或其指定的人办理。")


def open_since() -> dt.date:
    """The first day that still matters: years before are closed, and no meeting of them can be built any more."""
    return dt.date(min(queries.last_locked_year() + 1, today().year - 1), 1, 1)


def concerned(*branch_ids: int) -> frozenset[int]:
    """Whom the rows of these branches are held against: who leads, led or reports for one of them."""
    return queries.leaders_since(open_since(), branch_ids)


def around(branch_id: int) -> frozenset[int]:
    """The same, with those of the general branches it stands or stood in."""
    general = (row.general_branch_id for row in queries.placements_of(branch_id))
    return concerned(branch_id, *general)


def under_review() -> frozenset[int]:
    """Everybody who leads, led or reports for a branch."""
    return queries.leaders_since(open_since())


def refuse_own(people: Collection[int], *, by: Actor, act: Act = Act.KEEP_LISTS) -> None:
    """Let `by` change rows that are held against these people: the office's free ones, or who stands in for them.

    Raise RuleBroken for whom it is about, NotAllowed for who has nothing to do with it.
    """
    if by.person_id in people and (by.may(act) or _is_called(by)):
        raise RuleBroken("", OTHERS)
    if not by.may(act) and not stands_in(people, by=by):
        raise NotAllowed(act.value)


def may_change(people: Collection[int], *, by: Actor, act: Act = Act.KEEP_LISTS) -> bool:
    """Whether `by` may change rows that are held against these people."""
    return by.person_id not in people and (by.may(act) or stands_in(people, by=by))


def stands_in(people: Collection[int], *, by: Actor) -> bool:
    """Whether `by` acts because every office holder is among these people, and is not among them."""
    office = {one.id for one in accounts.holders(Role.OFFICE) if one.active}
    return bool(people) and by.person_id not in people and office <= set(people) and _is_called(by)


def is_named(by: Actor) -> bool:
    """Whether the leader named this person to stand in."""
    named = queries.stand_in()
    return named is not None and named.person_id == by.person_id


def _is_called(by: Actor) -> bool:
    return by.is_leader or is_named(by)


def opens_lists(*, by: Actor) -> bool:
    """Whether a branch's page is open: to the office, and to who stands in where nobody of the office is free."""
    office = {one.id for one in accounts.holders(Role.OFFICE) if one.active}
    return by.may(Act.KEEP_LISTS) or (office <= under_review() and _is_called(by))


def waiting(*, by: Actor) -> list[Branch]:
    """The branches whose rows nobody of the office may change, and `by` may."""
    if by.may(Act.KEEP_LISTS) or not opens_lists(by=by):
        return []
    return [one for one in queries.branches() if stands_in(around(one.id), by=by)]


def name_stand_in(person_id: int | None, *, by: Actor, at: dt.datetime) -> None:
    """The leader names who stands in, or nobody any more; not themself, and nobody without an account."""
    if not by.may(Act.NAME_HANDLER):
        raise NotAllowed(Act.NAME_HANDLER.value)
    if person_id is not None and person_id not in {one.id for one in accounts.members()}:
        raise NotThere
    db.session.add(StandIn(person_id=person_id, named_by_id=by.person_id, named_at=at))
    db.session.flush()
