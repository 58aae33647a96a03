"""Reads of branches, terms, own branches, placements and liaison: as they hold on a day, or in a year."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Row, or_, select, union
from sqlalchemy.orm import joinedload

from logbook.accounts.models import Person
from logbook.db import db
from logbook.organization.models import Branch, Liaison, Membership, Placement, SecretaryTerm

ORDER = (Branch.official_order, Branch.pinyin, Branch.id)


def _holds(table: type[Placement | SecretaryTerm | Membership], on: dt.date) -> tuple[ColumnElement[bool], ...]:
    return table.void.is_(False), table.from_on <= on, or_(table.to_on.is_(None), table.to_on >= on)


def branches(on: dt.date | None = None) -> Sequence[Branch]:
    """All branches, or those that exist on a day, in official order."""
    query = select(Branch).order_by(*ORDER)
    if on is not None:
        query = query.where(
            or_(Branch.from_on.is_(None), Branch.from_on <= on), or_(Branch.to_on.is_(None), Branch.to_on >= on)
        )
    return db.session.scalars(query).all()


def branch(branch_id: int) -> Branch | None:
    return db.session.get(Branch, branch_id)


def liaisons(year: int) -> Sequence[Liaison]:
    """The year's arrangement with members and branches, by the member's official order."""
    return db.session.scalars(
        select(Liaison)
        .join(Person, Person.id == Liaison.member_id)
        .where(Liaison.year == year, Liaison.void.is_(False))
        .options(joinedload(Liaison.member, innerjoin=True), joinedload(Liaison.branch, innerjoin=True))
        .order_by(Person.official_order, Person.pinyin, Liaison.from_on, Liaison.id)
    ).all()


def liaisons_of(member_id: int, on: dt.date) -> Sequence[Liaison]:
    """The member's liaison branches in force on a day, in the branches' official order."""
    return db.session.scalars(
        select(Liaison)
        .join(Branch, Branch.id == Liaison.branch_id)
        .where(*_in_force(on), Liaison.member_id == member_id)
        .options(joinedload(Liaison.branch, innerjoin=True))
        .order_by(*ORDER)
    ).all()


def _in_force(on: dt.date) -> tuple[ColumnElement[bool], ...]:
    return Liaison.void.is_(False), Liaison.year == on.year, Liaison.from_on <= on, Liaison.to_on >= on


def liaison_in_force(member_id: int, branch_id: int, on: dt.date) -> bool:
    """Whether the branch was the member's liaison point on that day."""
    found = select(Liaison.id).where(*_in_force(on), Liaison.member_id == member_id, Liaison.branch_id == branch_id)
    return db.session.scalar(found.limit(1)) is not None


def secretary_terms(branch_id: int) -> Sequence[SecretaryTerm]:
    """The branch's secretaries, the latest first."""
    return db.session.scalars(
        select(SecretaryTerm)
        .where(SecretaryTerm.branch_id == branch_id, SecretaryTerm.void.is_(False))
        .options(joinedload(SecretaryTerm.person, innerjoin=True))
        .order_by(SecretaryTerm.from_on.desc(), SecretaryTerm.id.desc())
    ).all()


def secretary_on(branch_id: int, on: dt.date) -> Person | None:
    return db.session.scalar(
        select(Person)
        .join(SecretaryTerm, SecretaryTerm.person_id == Person.id)
        .where(SecretaryTerm.branch_id == branch_id, *_holds(SecretaryTerm, on))
        .limit(1)
    )


def secretaries_on(on: dt.date) -> dict[int, Person]:
    """Each branch's secretary on a day, by branch id."""
    rows = db.session.execute(
        select(SecretaryTerm.branch_id, Person)
        .join(Person, Person.id == SecretaryTerm.person_id)
        .where(*_holds(SecretaryTerm, on))
    )
    return {branch_id: person for branch_id, person in rows}  # noqa: C416 - dict(rows) would take a row for a mapping


def reporting_secretaries(year: int) -> Sequence[Row[Branch, Person]]:
    """(branch, secretary) of the branches that report to the group: its last secretary in the year."""
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    rows = db.session.execute(
        select(Branch, Person)
        .join(SecretaryTerm, SecretaryTerm.branch_id == Branch.id)
        .join(Person, Person.id == SecretaryTerm.person_id)
        .where(
            Branch.reports_to_group,
            SecretaryTerm.void.is_(False),
            SecretaryTerm.from_on <= last,
            or_(SecretaryTerm.to_on.is_(None), SecretaryTerm.to_on >= first),
        )
        .order_by(*ORDER, SecretaryTerm.from_on.desc(), SecretaryTerm.id.desc())
    ).all()
    latest: dict[int, Row[Branch, Person]] = {}
    for row in rows:
        latest.setdefault(row[0].id, row)
    return list(latest.values())


def own_organizations(person_id: int, on: dt.date) -> frozenset[int]:
    """The branches a person belongs to or leads on a day, and the general branches that contain these."""
    own = union(
        select(Membership.branch_id).where(Membership.person_id == person_id, *_holds(Membership, on)),
        select(SecretaryTerm.branch_id).where(SecretaryTerm.person_id == person_id, *_holds(SecretaryTerm, on)),
    ).cte("own")
    around = select(Placement.general_branch_id).join(own, own.c.branch_id == Placement.branch_id)
    return frozenset(db.session.scalars(union(select(own.c.branch_id), around.where(*_holds(Placement, on)))))


def general_branch_of(branch_id: int, on: dt.date) -> int | None:
    """The general branch that contains a branch on a day."""
    return db.session.scalar(
        select(Placement.general_branch_id).where(Placement.branch_id == branch_id, *_holds(Placement, on)).limit(1)
    )


def placements() -> Sequence[Placement]:
    """All placements that were not entered in error."""
    return db.session.scalars(select(Placement).where(Placement.void.is_(False)).order_by(Placement.id)).all()


def inside(general_branch_id: int, on: dt.date) -> frozenset[int]:
    """The branches inside a general branch on a day."""
    return frozenset(
        db.session.scalars(
            select(Placement.branch_id).where(Placement.general_branch_id == general_branch_id, *_holds(Placement, on))
        )
    )
