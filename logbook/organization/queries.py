"""Reads of branches, terms, own branches, placements and liaison: as they hold on a day, or in a year."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Date, Integer, Row, and_, bindparam, exists, func, or_, select, union
from sqlalchemy.orm import aliased, joinedload

from logbook.access import Role
from logbook.accounts.models import Person, RoleGrant
from logbook.db import db
from logbook.folding import key
from logbook.organization.models import (
    Branch,
    BranchKind,
    FormerEntry,
    HostKind,
    Liaison,
    LiaisonLock,
    Membership,
    Period,
    Placement,
    Reporter,
    SecretaryTerm,
    StandIn,
)

History = TypeVar("History", Placement, SecretaryTerm, Membership)
MOST_UNITS = 60  # of a city with thousands of branches: whoever guesses does not try them all either
ORDER = (Branch.official_order, Branch.pinyin, Branch.id)


def _holds(table: type[Placement | SecretaryTerm | Membership], on: Any) -> tuple[ColumnElement[bool], ...]:
    return table.void.is_(False), table.from_on <= on, or_(table.to_on.is_(None), table.to_on >= on)


def branches(on: dt.date | None = None) -> Sequence[Branch]:
    """All branches, or those that exist on a day, in official order."""
    query = select(Branch).order_by(*ORDER)
    if on is not None:
        query = query.where(
            or_(Branch.from_on.is_(None), Branch.from_on <= on), or_(Branch.to_on.is_(None), Branch.to_on >= on)
        )
    return db.session.scalars(query).all()


@dataclass(frozen=True, slots=True)
class BranchAsOf:
    """A branch with its entry as it stood on a day."""

    id: int
    name: str
    kind: BranchKind
    host_unit: str
    host_kind: HostKind
    reports_to_group: bool
    from_on: dt.date | None
    to_on: dt.date | None


def branches_as_of(on: dt.date) -> list[BranchAsOf]:
    """All branches in official order, each as its entry stood on a day."""
    query = select(FormerEntry).where(FormerEntry.void.is_(False), FormerEntry.to_on >= on)
    rows = db.session.scalars(query.order_by(FormerEntry.to_on.desc(), FormerEntry.id.desc()))
    former = {row.branch_id: row for row in rows}  # the earliest that reaches the day comes last, and stays
    return [_as_of(one, former.get(one.id, one)) for one in branches()]


def _as_of(branch: Branch, said: Branch | FormerEntry) -> BranchAsOf:
    return BranchAsOf(
        branch.id, said.name, branch.kind, said.host_unit, said.host_kind, said.reports_to_group, branch.from_on,
        branch.to_on,
    )  # fmt: skip


def former_entries(branch_id: int) -> Sequence[FormerEntry]:
    """What the branch's entry said before, the latest first."""
    query = select(FormerEntry).where(FormerEntry.branch_id == branch_id, FormerEntry.void.is_(False))
    return db.session.scalars(query.order_by(FormerEntry.to_on.desc(), FormerEntry.id.desc())).all()


def former_entry(entry_id: int) -> FormerEntry | None:
    """The row, unless it was entered in error."""
    return db.session.scalar(select(FormerEntry).where(FormerEntry.id == entry_id, FormerEntry.void.is_(False)))


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


def liaisons_in(member_id: int, year: int) -> Sequence[Liaison]:
    """The member's liaisons of a year, as they began."""
    return db.session.scalars(
        select(Liaison)
        .where(Liaison.member_id == member_id, Liaison.year == year, Liaison.void.is_(False))
        .options(joinedload(Liaison.branch, innerjoin=True))
        .order_by(Liaison.from_on, Liaison.id)
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


def own_points(since: dt.date) -> Sequence[Liaison]:
    """Unconfirmed liaisons ending on `since` or later whose branch is, on one of their days, the member's own."""
    own: list[ColumnElement[bool]] = []
    for table in (Membership, SecretaryTerm):
        theirs = (table.void.is_(False), table.person_id == Liaison.member_id, _overlap(table, Liaison))
        own.append(exists().where(*theirs, table.branch_id == Liaison.branch_id))
        around = (Placement.branch_id == table.branch_id, Placement.general_branch_id == Liaison.branch_id)
        together = (_overlap(Placement, Liaison), _overlap(Placement, table))
        own.append(exists().where(*theirs, Placement.void.is_(False), *around, *together))
    return db.session.scalars(
        select(Liaison)
        .where(Liaison.void.is_(False), Liaison.own_confirmed.is_(False), Liaison.to_on >= since, or_(*own))
        .options(joinedload(Liaison.member, innerjoin=True), joinedload(Liaison.branch, innerjoin=True))
        .order_by(Liaison.year, Liaison.id)
    ).all()


def _overlap(table: Any, other: Any) -> ColumnElement[bool]:
    """Whether two rows are in force on a common day."""
    return and_(
        or_(other.to_on.is_(None), table.from_on <= other.to_on),
        or_(table.to_on.is_(None), other.from_on <= table.to_on),
    )


def _in_force(on: dt.date) -> tuple[ColumnElement[bool], ...]:
    return Liaison.void.is_(False), Liaison.year == on.year, Liaison.from_on <= on, Liaison.to_on >= on


def secretary_terms(branch_id: int) -> Sequence[SecretaryTerm]:
    """The branch's secretaries, the latest first."""
    return db.session.scalars(
        select(SecretaryTerm)
        .where(SecretaryTerm.branch_id == branch_id, SecretaryTerm.void.is_(False))
        .options(joinedload(SecretaryTerm.person, innerjoin=True))
        .order_by(SecretaryTerm.from_on.desc(), SecretaryTerm.id.desc())
    ).all()


def secretaries_on(on: dt.date, branch_ids: Collection[int] | None = None) -> dict[int, Person]:
    """The secretary on a day of each branch, or of each of these, by branch id."""
    query = (
        select(SecretaryTerm.branch_id, Person)
        .join(Person, Person.id == SecretaryTerm.person_id)
        .where(*_holds(SecretaryTerm, on))
    )
    rows = db.session.execute(query if branch_ids is None else query.where(SecretaryTerm.branch_id.in_(branch_ids)))
    return {branch_id: person for branch_id, person in rows}  # noqa: C416 - dict(rows) would take a row for a mapping


def reporting_secretaries(year: int, today: dt.date) -> Sequence[Row[Branch, Person]]:
    """(branch, secretary) of the branches that report to the group: its last secretary in the year.

    Of those that are there, and report, at the year's end, or today while it runs.
    """
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    on = min(last, today)
    reporting = {one.id for one in branches_as_of(on) if one.reports_to_group}
    rows = db.session.execute(
        select(Branch, Person)
        .join(SecretaryTerm, SecretaryTerm.branch_id == Branch.id)
        .join(Person, Person.id == SecretaryTerm.person_id)
        .where(
            or_(Branch.from_on.is_(None), Branch.from_on <= on),
            or_(Branch.to_on.is_(None), Branch.to_on >= on),
            SecretaryTerm.void.is_(False),
            SecretaryTerm.from_on <= last,
            or_(SecretaryTerm.to_on.is_(None), SecretaryTerm.to_on >= first),
        )
        .order_by(*ORDER, SecretaryTerm.from_on.desc(), SecretaryTerm.id.desc())
    ).all()
    latest: dict[int, Row[Branch, Person]] = {}
    for row in rows:
        if row[0].id in reporting:
            latest.setdefault(row[0].id, row)
    return list(latest.values())


def secretaries_since(branch_id: int, year: int) -> Sequence[Person]:
    """Who led the branch in that year or later, the latest first."""
    held = or_(SecretaryTerm.to_on.is_(None), SecretaryTerm.to_on >= dt.date(year, 1, 1))
    rows = db.session.scalars(
        select(SecretaryTerm)
        .where(SecretaryTerm.branch_id == branch_id, SecretaryTerm.void.is_(False), held)
        .options(joinedload(SecretaryTerm.person, innerjoin=True))
        .order_by(SecretaryTerm.from_on.desc(), SecretaryTerm.id.desc())
    )
    return [one.person for one in rows]


def own_organizations(person_id: int, on: dt.date) -> frozenset[int]:
    """The branches a person belongs to or leads on a day, and the general branches that contain these."""
    own = union(
        select(Membership.branch_id).where(Membership.person_id == person_id, *_holds(Membership, on)),
        select(SecretaryTerm.branch_id).where(SecretaryTerm.person_id == person_id, *_holds(SecretaryTerm, on)),
    ).cte("own")
    around = select(Placement.general_branch_id).join(own, own.c.branch_id == Placement.branch_id)
    return frozenset(db.session.scalars(union(select(own.c.branch_id), around.where(*_holds(Placement, on)))))


@dataclass(frozen=True, slots=True)
class Ground:
    """What a record needs to know of its branch on its day."""

    host_unit: str
    own: bool  # the member's own organization
    liaison: bool  # the member's liaison point, or inside one


def places_of(person_id: int) -> list[str]:
    """The names of the person's own organizations and of the units that branches belong to: easily guessed words."""
    units = db.session.scalars(select(Branch.host_unit).distinct().order_by(Branch.host_unit).limit(MOST_UNITS))
    own = select(Branch.name).where(
        or_(
            Branch.id.in_(select(Membership.branch_id).where(Membership.person_id == person_id)),
            Branch.id.in_(select(SecretaryTerm.branch_id).where(SecretaryTerm.person_id == person_id)),
        )
    )
    return [*units, *db.session.scalars(own.order_by(Branch.id))]


def _leads_or_belongs(branch_id: Any) -> ColumnElement[bool]:
    """Whether the person :member belongs to the branch, or leads it, on :on."""
    found = [
        exists().where(table.branch_id == branch_id, table.person_id == _MEMBER, *_holds(table, _ON))
        for table in (Membership, SecretaryTerm)
    ]
    return or_(*found)


# Built once: recording a visit runs it every time, and building costs more than running.
_MEMBER, _BRANCH, _ON = (
    bindparam("member", type_=Integer),
    bindparam("branch", type_=Integer),
    bindparam("on", type_=Date),
)
_AROUND = exists().where(
    Placement.general_branch_id == _BRANCH, *_holds(Placement, _ON), _leads_or_belongs(Placement.branch_id)
)
_OUTSIDE = select(Placement.general_branch_id).where(Placement.branch_id == _BRANCH, *_holds(Placement, _ON))
_LIAISON = exists().where(
    Liaison.void.is_(False),
    Liaison.member_id == _MEMBER,
    or_(Liaison.branch_id == _BRANCH, Liaison.branch_id.in_(_OUTSIDE)),
    Liaison.from_on <= _ON,
    Liaison.to_on >= _ON,
)
GROUND = select(Branch.host_unit, or_(_leads_or_belongs(_BRANCH), _AROUND), _LIAISON).where(Branch.id == _BRANCH)


def ground(member_id: int, branch_id: int, on: dt.date) -> Ground | None:
    """What a record of the member at the branch on that day needs to know; None for no such branch."""
    row = db.session.execute(GROUND, {"member": member_id, "branch": branch_id, "on": on}).one_or_none()
    return Ground(row[0], bool(row[1]), bool(row[2])) if row else None


def placements() -> Sequence[Placement]:
    """All placements that were not entered in error."""
    return db.session.scalars(select(Placement).where(Placement.void.is_(False)).order_by(Placement.id)).all()


def placed_on(on: dt.date) -> dict[int, int]:
    """The general branch of every branch that stands inside one on a day, by branch id."""
    rows = db.session.execute(select(Placement.branch_id, Placement.general_branch_id).where(*_holds(Placement, on)))
    return {branch_id: general_id for branch_id, general_id in rows}  # noqa: C416 - as in secretaries_on


def inside(general_branch_id: int, on: dt.date) -> frozenset[int]:
    """The branches inside a general branch on a day."""
    return inside_each([general_branch_id], on)[general_branch_id]


def inside_each(general_branch_ids: Collection[int], on: dt.date) -> dict[int, frozenset[int]]:
    """The branches inside each of these on a day; one statement."""
    around = Placement.general_branch_id
    rows = db.session.execute(
        select(around, Placement.branch_id).where(around.in_(general_branch_ids), *_holds(Placement, on))
    ).all()
    return {one: frozenset(inner for outer, inner in rows if outer == one) for one in general_branch_ids}


def last_locked_year() -> int:
    """The latest closed year, 0 when none is."""
    return db.session.scalar(select(func.max(LiaisonLock.year))) or 0


def locked_years() -> frozenset[int]:
    return frozenset(db.session.scalars(select(LiaisonLock.year)))


def branches_named_alike(name: str) -> Sequence[Branch]:
    """Branches whose name looks the same in print."""
    sought = key(name)
    return [one for one in branches() if key(one.name) == sought]


def placements_of(branch_id: int) -> Sequence[Placement]:
    """Where the branch stood, the earliest first."""
    query = select(Placement).where(Placement.branch_id == branch_id, Placement.void.is_(False))
    return db.session.scalars(query.order_by(Placement.from_on, Placement.id)).all()


def contains_any(general_branch_id: int) -> bool:
    """Whether any branch ever stood inside this one."""
    query = select(Placement.id).where(Placement.general_branch_id == general_branch_id, Placement.void.is_(False))
    return db.session.scalar(query.limit(1)) is not None


def terms() -> Sequence[SecretaryTerm]:
    """All secretaries' terms that were not entered in error, the earliest first."""
    query = select(SecretaryTerm).where(SecretaryTerm.void.is_(False))
    return db.session.scalars(query.order_by(SecretaryTerm.from_on, SecretaryTerm.id)).all()


def memberships() -> Sequence[Membership]:
    """Everyone's own branches, not entered in error, the earliest first."""
    query = select(Membership).where(Membership.void.is_(False))
    return db.session.scalars(query.order_by(Membership.from_on, Membership.id)).all()


def memberships_of(person_id: int) -> Sequence[Membership]:
    """The person's own branches, the earliest first."""
    query = select(Membership).where(Membership.person_id == person_id, Membership.void.is_(False))
    return db.session.scalars(query.order_by(Membership.from_on, Membership.id)).all()


def belonging_to(branch_id: int, on: dt.date) -> Sequence[Membership]:
    """Whose own branch this is on a day, with the person, in official order."""
    return db.session.scalars(
        select(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.branch_id == branch_id, *_holds(Membership, on))
        .options(joinedload(Membership.person, innerjoin=True))
        .order_by(Person.official_order, Person.pinyin, Person.id)
    ).all()


def history_row(table: type[History], row_id: int) -> History | None:
    """The row, unless it was entered in error."""
    return db.session.scalar(select(table).where(table.id == row_id, table.void.is_(False)))


def liaison(liaison_id: int) -> Liaison | None:
    """The row with its member and branch, unless it was entered in error."""
    return db.session.scalar(
        select(Liaison)
        .where(Liaison.id == liaison_id, Liaison.void.is_(False))
        .options(joinedload(Liaison.member, innerjoin=True), joinedload(Liaison.branch, innerjoin=True))
    )


def liaisons_of_branch(branch_id: int) -> Sequence[Liaison]:
    """Every liaison of a branch with its member, the latest first."""
    return db.session.scalars(
        select(Liaison)
        .where(Liaison.branch_id == branch_id, Liaison.void.is_(False))
        .options(joinedload(Liaison.member, innerjoin=True))
        .order_by(Liaison.year.desc(), Liaison.from_on.desc(), Liaison.id)
    ).all()


def arranged_branches(year: int) -> frozenset[int]:
    """The branches of which the year has any liaison, those entered in error included: somebody decided on them."""
    return frozenset(db.session.scalars(select(Liaison.branch_id).where(Liaison.year == year)))


def same_liaison(year: int, member_id: int, branch_id: int) -> Sequence[Liaison]:
    """The member's periods with that branch in the year."""
    query = select(Liaison).where(Liaison.year == year, Liaison.member_id == member_id, Liaison.branch_id == branch_id)
    return db.session.scalars(query.where(Liaison.void.is_(False)).order_by(Liaison.from_on)).all()


def liaison_years() -> Sequence[int]:
    """The years that have an arrangement, the latest first."""
    query = select(Liaison.year).where(Liaison.void.is_(False)).distinct()
    return db.session.scalars(query.order_by(Liaison.year.desc())).all()


def liaisons_since(year: int) -> Sequence[Liaison]:
    """The arrangements of a year and all after it."""
    query = select(Liaison).where(Liaison.void.is_(False), Liaison.year >= year)
    return db.session.scalars(query.order_by(Liaison.from_on, Liaison.id)).all()


def everyone() -> Sequence[Person]:
    """Everyone in official order, without their grants: one statement however many there are."""
    return db.session.scalars(select(Person).order_by(Person.official_order, Person.pinyin, Person.id)).all()


def grants() -> Sequence[Row[int, Role, dt.datetime | None]]:
    """(person id, role, ended at or None) of every grant there ever was."""
    return db.session.execute(
        select(RoleGrant.person_id, RoleGrant.role, RoleGrant.ended_at).order_by(RoleGrant.id)
    ).all()


def _arrangement() -> Any:
    year, this_year = bindparam("year", type_=Integer), aliased(Liaison)
    goes_on = exists().where(
        this_year.branch_id == Liaison.branch_id, this_year.member_id == Liaison.member_id, this_year.void.is_(False),
        this_year.year == year, this_year.period.in_(bindparam("looks_back", expanding=True)),
    )  # fmt: skip
    wanted = or_(Liaison.year == year, and_(Liaison.year == year - 1, goes_on))
    return (
        select(Branch, Liaison)
        .outerjoin(Liaison, and_(Liaison.branch_id == Branch.id, Liaison.void.is_(False), wanted))
        .options(joinedload(Liaison.member))
        .order_by(*ORDER, Liaison.from_on, Liaison.id)
    )


_ARRANGEMENT = _arrangement()  # built once, as GROUND


def arrangement(year: int, looks_back: Collection[Period]) -> Sequence[Row[Branch, Liaison | None]]:
    """Every branch with each liaison on it of the year, and their members; one statement.

    With the liaison of the year before where it goes on, in a period of `looks_back`.
    """
    return db.session.execute(_ARRANGEMENT, {"year": year, "looks_back": list(looks_back)}).all()


def leaders_since(first: dt.date, branch_ids: Collection[int] | None = None) -> frozenset[int]:
    """Who leads, led or reports for these branches (of all branches) in the year of `first` or later."""
    led = select(SecretaryTerm.person_id).where(
        SecretaryTerm.void.is_(False), or_(SecretaryTerm.to_on.is_(None), SecretaryTerm.to_on >= first)
    )
    reports = select(Reporter.person_id).where(Reporter.year >= first.year)
    if branch_ids is not None:
        led = led.where(SecretaryTerm.branch_id.in_(branch_ids))
        reports = reports.where(Reporter.branch_id.in_(branch_ids))
    return frozenset(db.session.scalars(union(led, reports)))


def is_reported_since(year: int) -> bool:
    """Whether a review meeting of that year or later was built."""
    return bool(db.session.scalar(select(exists().where(Reporter.year >= year))))


def led_since(person_id: int, first: dt.date) -> frozenset[int]:
    """The branches this person leads, led or reports for in the year of `first` or later."""
    ended = or_(SecretaryTerm.to_on.is_(None), SecretaryTerm.to_on >= first)
    led = select(SecretaryTerm.branch_id).where(
        SecretaryTerm.person_id == person_id, SecretaryTerm.void.is_(False), ended
    )
    reports = select(Reporter.branch_id).where(Reporter.person_id == person_id, Reporter.year >= first.year)
    return frozenset(db.session.scalars(union(led, reports)))


def stand_in() -> StandIn | None:
    """Whom the leader of now named last, with the person: what a former one said ends with them."""
    leads = exists().where(
        RoleGrant.person_id == StandIn.named_by_id, RoleGrant.role == Role.LEADER, RoleGrant.ended_at.is_(None)
    )
    latest = select(StandIn).where(leads).options(joinedload(StandIn.person)).order_by(StandIn.id.desc()).limit(1)
    return db.session.scalar(latest)
