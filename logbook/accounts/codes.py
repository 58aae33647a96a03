"""One-time codes: a first one by one person, every later one by two, and what became of them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from flask_babel import lazy_gettext as _

from logbook.access import Act, Actor, Role
from logbook.accounts import actions, queries, requests
from logbook.accounts.models import AccessRequest, OneTimeCode, Person
from logbook.errors import NotAllowed, NotThere, RuleBroken

TOLD = dt.timedelta(days=14)  # how long the homes of leader and sysadmin name a code that was used
LISTED = 200  # codes and requests on the list, the latest


def is_first(person: Person) -> bool:
    """Whether the account was never used: no password was ever set."""
    return person.password_hash is None


def issue_first(person_id: int, *, by: Actor, at: dt.datetime) -> str:
    """Return a first code, issued by one person alone; raise RuleBroken where a second one is needed, or too soon."""
    person = _askable(person_id, by)
    if not is_first(person):
        raise RuleBroken("person", _("此账号已有人用过，登录码须由两人办理。"))
    roles = queries.roles_of(person_id)
    if Role.SYSADMIN in roles - by.roles:
        raise RuleBroken("person", _("系统管理员的首个登录码由系统管理员发放。"))
    if any(one.role for one in queries.requests_about(person_id)):
        raise RuleBroken("person", _("此人的角色还没有经另一人确认，确认后再发登录码。"))
    return actions.issue_code(person_id, by=by.person_id, at=at)


def ask(person_id: int, *, by: Actor, at: dt.datetime) -> AccessRequest:
    """Ask for a code for an account in use; a second person agrees before it can be printed."""
    person = _askable(person_id, by)
    if is_first(person):
        raise RuleBroken("person", _("此账号还没有人用过，可以直接发登录码。"))
    if open_request(person_id, at=at):
        raise RuleBroken("person", _("已有人为此人申请登录码，还没有办完。"))
    return requests.ask(person_id, None, by=by.person_id, at=at)


def _askable(person_id: int, by: Actor) -> Person:
    person = actions.find_person(person_id)
    if not by.may(Act.ISSUE_CODE):
        raise NotAllowed(Act.ISSUE_CODE.value)
    if person_id == by.person_id:
        raise RuleBroken("person", _("本人的登录码由他人办理；更改密码在“我的账号”。"))
    if not person.sign_in_name or not person.active:
        raise RuleBroken("person", _("此人没有登录名或已停用，请先由系统管理员在人员页设置。"))
    return person


def open_request(person_id: int, *, at: dt.datetime) -> AccessRequest | None:
    """The request for a code of this person that is under way."""
    return next((one for one in queries.open_requests(at) if one.person_id == person_id and one.role is None), None)


def print_agreed(request_id: int, *, by: Actor, at: dt.datetime) -> tuple[Person, str]:
    """Return the person and the code that was asked for by this actor and agreed to by another, once."""
    one = requests.find_own(request_id, by=by, at=at)
    if one.role or one.agreed_by_id is None:
        raise NotThere
    second = actions.find_person(one.agreed_by_id)
    if not second.active or not requests.may_agree(one, Actor(second.id, second.name, queries.roles_of(second.id))):
        raise RuleBroken("person", _("同意人已不能办理此事，请撤回后重新申请。"))
    one.carried_out_at = at
    _askable(one.person_id, by)
    return one.person, actions.issue_code(one.person_id, by=by.person_id, at=at, request_id=one.id)


def used_lately(by: Actor, *, at: dt.datetime) -> Sequence[OneTimeCode]:
    """The codes used within a fortnight for accounts in use: leader and sysadmin are told."""
    return queries.used_since(at - TOLD) if by.may(Act.READ_CODES) else ()


class State(Enum):
    """How a code or a request for one stands; the words stand in the page."""

    WAITING = "waiting"
    AGREED = "agreed"
    LAPSED = "lapsed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    OVERTAKEN = "overtaken"
    UNUSED = "unused"
    USED = "used"
    ENDED = "ended"
    EXPIRED = "expired"
    EARLIER = "earlier"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list of codes: for whom, who asked and agreed, when it was issued and used."""

    person: Person
    state: State
    began_at: dt.datetime
    request: AccessRequest | None
    code: OneTimeCode | None


def listed(*, at: dt.datetime) -> list[Line]:
    """The codes and the requests of which none came about, the latest first."""
    lines = [Line(one.person, _code_state(one, at), one.issued_at, one.request, one)
             for one in queries.latest_codes(LISTED)]  # fmt: skip
    lines += [Line(one.person, _request_state(one, at), one.asked_at, one, None)
              for one in queries.code_requests_not_carried_out(LISTED)]  # fmt: skip
    return sorted(lines, key=lambda line: line.began_at, reverse=True)[:LISTED]


def _code_state(one: OneTimeCode, at: dt.datetime) -> State:
    if not one.keyed:
        return State.EARLIER
    if one.used_at:
        return State.USED
    if one.ended_at:
        return State.ENDED
    return State.UNUSED if one.expires_at > at else State.EXPIRED


def _request_state(one: AccessRequest, at: dt.datetime) -> State:
    if one.ended_at:
        if one.ended_by_id is None:
            return State.OVERTAKEN
        return State.WITHDRAWN if one.ended_by_id == one.asked_by_id else State.DECLINED
    if one.expires_at and one.expires_at <= at:
        return State.LAPSED
    return State.AGREED if one.agreed_at else State.WAITING
