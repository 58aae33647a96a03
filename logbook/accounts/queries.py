"""Reads of people, roles, sessions and codes."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, bindparam, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from logbook.access import Role
from logbook.accounts.models import (
    AccessRequest,
    NamedSecond,
    OneTimeCode,
    Person,
    PhoneKey,
    RoleGrant,
    SignInFailure,
    SignInSession,
)
from logbook.db import db
from logbook.folding import clean_name, key
from logbook.formats import typed_name

ORDER = (Person.official_order, Person.pinyin, Person.id)


def _holds(*roles: Role) -> ColumnElement[bool]:
    return exists().where(RoleGrant.person_id == Person.id, RoleGrant.role.in_(roles), RoleGrant.ended_at.is_(None))


# Built once: every request runs it.
_SESSION = (
    select(SignInSession, Person, RoleGrant.role)
    .join(Person, Person.id == SignInSession.person_id)
    .outerjoin(RoleGrant, (RoleGrant.person_id == Person.id) & RoleGrant.ended_at.is_(None))
    .where(SignInSession.token_hash == bindparam("token"))
)


def session_rows(token_hash: str) -> Sequence[Row[SignInSession, Person, Role | None]]:
    """The session of a token with its person, one row a role held now (one with None where there is none)."""
    return db.session.execute(_SESSION, {"token": token_hash}).all()


def session(session_id: int) -> SignInSession | None:
    return db.session.get(SignInSession, session_id)


def person(person_id: int) -> Person | None:
    return db.session.scalar(select(Person).where(Person.id == person_id).options(selectinload(Person.grants)))


def by_sign_in_name(name: str) -> Person | None:
    return db.session.scalar(select(Person).where(Person.sign_in_name == name))


def people() -> Sequence[Person]:
    """Everyone, with their grants, in official order."""
    return db.session.scalars(select(Person).options(selectinload(Person.grants)).order_by(*ORDER)).all()


def members() -> Sequence[Person]:
    """The members of the group now (the leader among them), 按职务排序."""
    return db.session.scalars(
        select(Person).where(Person.active, _holds(Role.MEMBER, Role.LEADER)).order_by(*ORDER)
    ).all()


def holders(role: Role) -> Sequence[Person]:
    """Who holds `role` now."""
    return db.session.scalars(select(Person).where(_holds(role)).order_by(*ORDER)).all()


def active_holders(role: Role) -> Sequence[Person]:
    """Who holds `role` now and can sign in."""
    able = (Person.active, Person.sign_in_name.is_not(None))
    return db.session.scalars(select(Person).where(_holds(role), *able).order_by(*ORDER)).all()


def business_accounts() -> Sequence[Person]:
    """Members and office holders who can sign in; the leader is not among them."""
    able = (Person.active, Person.sign_in_name.is_not(None), _holds(Role.MEMBER, Role.OFFICE), ~_holds(Role.LEADER))
    return db.session.scalars(select(Person).where(*able).order_by(*ORDER)).all()


def roles_of(person_id: int) -> frozenset[Role]:
    return frozenset(
        db.session.scalars(select(RoleGrant.role).where(RoleGrant.person_id == person_id, RoleGrant.ended_at.is_(None)))
    )


def grants(person_id: int, role: Role | None = None) -> Sequence[RoleGrant]:
    """The person's grants in force, of one role or of all."""
    wanted = select(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.ended_at.is_(None))
    return db.session.scalars(wanted.where(RoleGrant.role == role) if role else wanted).all()


def new_grants(since_id: int) -> Sequence[Row[RoleGrant, str]]:
    """Grants of leader, office or sysadmin after `since_id`, with the holder's name: office holders are shown them."""
    return db.session.execute(
        select(RoleGrant, Person.name)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.id > since_id, RoleGrant.role.in_((Role.LEADER, Role.OFFICE, Role.SYSADMIN)))
        .order_by(RoleGrant.id)
    ).all()


def last_grant_id() -> int:
    """The newest grant's id, 0 when there is none."""
    return db.session.scalar(select(func.max(RoleGrant.id))) or 0


def open_sessions(person_id: int) -> Sequence[SignInSession]:
    """The person's own signed-in browsers, the latest first."""
    return db.session.scalars(
        select(SignInSession)
        .where(SignInSession.person_id == person_id, SignInSession.ended_at.is_(None))
        .order_by(SignInSession.last_seen_at.desc())
    ).all()


def session_of(token_hash: str) -> SignInSession | None:
    """The session of a token, ended or not."""
    return db.session.scalar(select(SignInSession).where(SignInSession.token_hash == token_hash))


def phone_keys(person_id: int) -> Sequence[PhoneKey]:
    """The keys of the person's phones, by generation."""
    return db.session.scalars(
        select(PhoneKey).where(PhoneKey.person_id == person_id).order_by(PhoneKey.generation)
    ).all()


def hold(person_id: int) -> None:
    """Have whoever else changes something of this person wait until this transaction ends (SQLite: it does anyway)."""
    db.session.execute(select(Person.id).where(Person.id == person_id).with_for_update())


def code(code_hash: str, at: dt.datetime) -> OneTimeCode | None:
    """The unused, unexpired code of that keyed digest."""
    return db.session.scalar(select(OneTimeCode).where(OneTimeCode.code_hash == code_hash, *_good(at)))


def code_before_keys(code_hash: str, at: dt.datetime) -> OneTimeCode | None:
    """The code of that plain digest which was issued before codes were keyed, and never used."""
    return db.session.scalar(
        select(OneTimeCode).where(
            OneTimeCode.code_hash == code_hash, OneTimeCode.keyed.is_(False),
            OneTimeCode.used_at.is_(None), OneTimeCode.expires_at > at,
        )
    )  # fmt: skip


def _good(at: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OneTimeCode.keyed.is_(True), OneTimeCode.used_at.is_(None), OneTimeCode.ended_at.is_(None),
        OneTimeCode.expires_at > at,
    )  # fmt: skip


def unused_codes(person_id: int) -> Sequence[OneTimeCode]:
    """The person's codes that were neither used nor ended, expired or not."""
    return db.session.scalars(
        select(OneTimeCode).where(
            OneTimeCode.person_id == person_id, OneTimeCode.used_at.is_(None), OneTimeCode.ended_at.is_(None)
        )
    ).all()


_CODE_NAMES = (
    joinedload(OneTimeCode.person),
    joinedload(OneTimeCode.issued_by),
    joinedload(OneTimeCode.request).options(
        joinedload(AccessRequest.asked_by), joinedload(AccessRequest.agreed_by), joinedload(AccessRequest.person)
    ),
)


def to_acknowledge(person_id: int) -> Sequence[OneTimeCode]:
    """The codes that opened this account and whose use its owner has not acknowledged, with who gave them."""
    return db.session.scalars(
        select(OneTimeCode)
        .where(
            OneTimeCode.person_id == person_id, OneTimeCode.used_at.is_not(None), OneTimeCode.acknowledged_at.is_(None)
        )
        .options(*_CODE_NAMES)
        .order_by(OneTimeCode.id)
    ).all()


def latest_codes(most: int) -> Sequence[OneTimeCode]:
    """The codes issued last, with who asked, agreed and issued."""
    return db.session.scalars(
        select(OneTimeCode).options(*_CODE_NAMES).order_by(OneTimeCode.id.desc()).limit(most)
    ).all()


def used_since(moment: dt.datetime) -> Sequence[OneTimeCode]:
    """The codes used since then for accounts that had been in use before, the latest first."""
    # A first code counts as acknowledged in the moment of its use.
    later = or_(OneTimeCode.acknowledged_at.is_(None), OneTimeCode.acknowledged_at != OneTimeCode.used_at)
    return db.session.scalars(
        select(OneTimeCode)
        .where(OneTimeCode.used_at > moment, later)
        .options(*_CODE_NAMES)
        .order_by(OneTimeCode.used_at.desc())
    ).all()


_REQUEST_NAMES = (
    joinedload(AccessRequest.person), joinedload(AccessRequest.asked_by), joinedload(AccessRequest.agreed_by),
)  # fmt: skip
_OPEN = (AccessRequest.carried_out_at.is_(None), AccessRequest.ended_at.is_(None))


def request(request_id: int) -> AccessRequest | None:
    """The request with its people, open or not."""
    found = select(AccessRequest).where(AccessRequest.id == request_id)
    return db.session.scalar(found.options(*_REQUEST_NAMES))


def open_requests(at: dt.datetime) -> Sequence[AccessRequest]:
    """All that waits for a second person or for being carried out, the oldest first."""
    return db.session.scalars(
        select(AccessRequest)
        .where(*_OPEN, or_(AccessRequest.expires_at.is_(None), AccessRequest.expires_at > at))
        .options(*_REQUEST_NAMES)
        .order_by(AccessRequest.id)
    ).all()


def code_requests_not_carried_out(most: int) -> Sequence[AccessRequest]:
    """Requests for a code of which none came about, open ones among them, the latest first."""
    return db.session.scalars(
        select(AccessRequest)
        .where(AccessRequest.role.is_(None), AccessRequest.carried_out_at.is_(None))
        .options(*_REQUEST_NAMES)
        .order_by(AccessRequest.id.desc())
        .limit(most)
    ).all()


def requests_about(person_id: int) -> Sequence[AccessRequest]:
    """What was asked for a person and neither carried out nor ended, expired or not."""
    return db.session.scalars(
        select(AccessRequest).where(AccessRequest.person_id == person_id, *_OPEN).order_by(AccessRequest.id)
    ).all()


def second_named() -> Person | None:
    """The member whom the leader of now named to agree to codes."""
    return db.session.scalar(
        select(Person).join(NamedSecond, NamedSecond.person_id == Person.id).where(*_named_in_force())
    )


def is_second(person_id: int, *, since: dt.datetime) -> bool:
    """Whether the leader of now had named this member, before or at that moment, to agree."""
    found = select(NamedSecond.id).where(
        NamedSecond.person_id == person_id, NamedSecond.named_at <= since, *_named_in_force()
    )
    return db.session.scalar(found.limit(1)) is not None


def _named_in_force() -> tuple[ColumnElement[bool], ...]:
    leads = exists().where(
        RoleGrant.person_id == NamedSecond.named_by_id, RoleGrant.role == Role.LEADER, RoleGrant.ended_at.is_(None)
    )
    return NamedSecond.ended_at.is_(None), leads


def named_seconds() -> Sequence[NamedSecond]:
    """The namings in force, of whoever was leader."""
    return db.session.scalars(select(NamedSecond).where(NamedSecond.ended_at.is_(None))).all()


def ever_used(*, but: frozenset[int], roles: tuple[Role, ...] = ()) -> bool:
    """Whether the account of anybody else was ever opened with a password; of the active holders of `roles`."""
    found = select(Person.id).where(Person.password_hash.is_not(None), Person.id.not_in(but))
    if roles:
        found = found.where(Person.active, Person.sign_in_name.is_not(None), _holds(*roles))
    return db.session.scalar(found.limit(1)) is not None


def can_sign_in(role: Role, at: dt.datetime) -> bool:
    """Whether an active holder of `role` has a sign-in name, and a password or a code that is still good."""
    coded = exists().where(OneTimeCode.person_id == Person.id, *_good(at))
    found = select(Person.id).where(
        Person.active, Person.sign_in_name.is_not(None), or_(Person.password_hash.is_not(None), coded), _holds(role)
    )
    return db.session.scalar(found.limit(1)) is not None


def failure(name_hash: str) -> SignInFailure | None:
    return db.session.get(SignInFailure, name_hash)


def named(text: str) -> Sequence[Person]:
    """People of that name or sign-in name, however it was typed: of the name itself before what looks the same."""
    alike = named_alike(text)
    signed = db.session.scalars(select(Person).where(Person.sign_in_name == typed_name(text))).all()
    return [*([one for one in alike if one.name == clean_name(text)] or alike), *(set(signed) - set(alike))]


def named_alike(name: str) -> Sequence[Person]:
    """People whose name looks the same in print, in official order."""
    sought = key(name)
    everyone = db.session.scalars(select(Person).order_by(Person.official_order, Person.pinyin, Person.id)).all()
    return [one for one in everyone if key(one.name) == sought]


def names_of_others(person_id: int) -> frozenset[str]:
    """Every name that somebody else bears or bore."""
    others = db.session.scalars(select(Person).where(Person.id != person_id)).all()
    return frozenset(name for one in others for name in (one.name, *(former.old for former in one.renamings)))


def anyone() -> bool:
    """Whether the installation has an account at all."""
    return db.session.scalar(select(Person.id).where(Person.sign_in_name.is_not(None)).limit(1)) is not None
