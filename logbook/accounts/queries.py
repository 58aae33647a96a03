"""Reads of people, roles, sessions and codes."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, bindparam, exists, func, or_, select
from sqlalchemy.orm import selectinload

from logbook.access import Role
from logbook.accounts.models import OneTimeCode, Person, RoleGrant, SignInFailure, SignInSession
from logbook.db import db

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
    """Grants of leader or office after `since_id`, with the holder's name: office holders are shown them."""
    return db.session.execute(
        select(RoleGrant, Person.name)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.id > since_id, RoleGrant.role.in_((Role.LEADER, Role.OFFICE)))
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


def code(code_hash: str, at: dt.datetime) -> OneTimeCode | None:
    """The unused, unexpired code of that hash."""
    return db.session.scalar(
        select(OneTimeCode).where(
            OneTimeCode.code_hash == code_hash, OneTimeCode.used_at.is_(None), OneTimeCode.expires_at > at
        )
    )


def unused_codes(person_id: int) -> Sequence[OneTimeCode]:
    return db.session.scalars(
        select(OneTimeCode).where(OneTimeCode.person_id == person_id, OneTimeCode.used_at.is_(None))
    ).all()


def failure(name_hash: str) -> SignInFailure | None:
    return db.session.get(SignInFailure, name_hash)


def named(text: str) -> Sequence[Person]:
    """People of that name or sign-in name."""
    return db.session.scalars(select(Person).where(or_(Person.name == text, Person.sign_in_name == text))).all()


def anyone() -> bool:
    """Whether the installation has an account at all."""
    return db.session.scalar(select(Person.id).where(Person.sign_in_name.is_not(None)).limit(1)) is not None
