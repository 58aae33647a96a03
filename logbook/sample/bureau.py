"""The sample bureau's organization over three years: branches, secretaries, own branches, liaison, with moves."""

import datetime as dt
from dataclasses import dataclass
from random import Random

from logbook.accounts.actions import pinyin
from logbook.accounts.models import AccessRequest, OneTimeCode, Person, RoleGrant
from logbook.accounts.passwords import HASHER
from logbook.db import db
from logbook.organization.models import (
    Branch,
    BranchKind,
    HostKind,
    Liaison,
    Membership,
    Period,
    Placement,
    SecretaryTerm,
)
from logbook.sample.people import SamplePerson, cast
from logbook.settings import actions as settings

UNIT = "青湖风景区管理局"
GENERAL, PLAIN = BranchKind.GENERAL, BranchKind.BRANCH
BUREAU, SUB = HostKind.BUREAU, HostKind.SUBORDINATE
FOREST, LAKE = "三岭山森林公园管理所", "环湖巡护大队"
# (name, kind, host unit, host kind, the general branch around it)
BRANCHES = (
    ("机关党总支", GENERAL, "局机关", BUREAU, None),
    ("机关第一党支部", PLAIN, "局机关", BUREAU, 0),
    ("机关第二党支部", PLAIN, "局机关", BUREAU, 0),
    ("森林公园党总支", GENERAL, FOREST, SUB, None),
    ("三岭山森林公园党支部", PLAIN, FOREST, SUB, 3),
    ("护林防火党支部", PLAIN, FOREST, SUB, 3),
    ("环湖党总支", GENERAL, LAKE, SUB, None),
    ("环湖巡护党支部", PLAIN, LAKE, SUB, 6),
    ("码头服务党支部", PLAIN, LAKE, SUB, 6),
    ("科技教育党支部", PLAIN, "科普馆", BUREAU, None),
    ("医疗保健中心党支部", PLAIN, "医疗保健中心", BUREAU, None),
    ("离退休干部党支部", PLAIN, "局机关", BUREAU, None),
)
LIAISON = ((3, 11), (4, 0), (5, 9), (6, 7), (8, 1), (10, 2), (7,))  # branches by member; the last is shared
OWN = (1, 1, 2, 2, 2, 1, 1)  # each member's own branch; the second's lies inside a liaison point, and the office knows
QUIET = 9  # the branch nobody has been to this year
MOVED, MOVED_TO, MOVED_ON = (5, 10), 1, (5, 15)  # (member, branch), the member after, month and day of last year
FOUNDED = dt.date(2001, 7, 1)


@dataclass(frozen=True, slots=True)
class Bureau:
    """Ids of what was made: members (the first leads), the office, branches in the order of BRANCHES."""

    members: list[int]
    office: list[int]
    branches: list[int]
    first_year: int  # of records
    today: dt.date

    def holder(self, place: int, member: int, on: dt.date) -> int:
        """Who has a liaison point of this member on a day: one moved in the middle of last year."""
        moved = on.year == self.today.year - 1 and (member, place) == MOVED and on >= dt.date(on.year, *MOVED_ON)
        return MOVED_TO if moved else member


def make(random: Random, first_year: int, today: dt.date) -> tuple[Bureau, list[SamplePerson]]:
    """Write the unit, its people and its organization; return their ids and who can sign in."""
    settings.change({"unit_name": UNIT})
    people = cast(random, len(BRANCHES))
    ids = _people(people, dt.datetime(first_year, 1, 4, 1, tzinfo=dt.UTC))
    branches = _branches()
    bureau = Bureau(ids[:7], ids[7:9], branches, first_year, today)
    _places(bureau)
    _secretaries(bureau, ids[10:])
    _liaison(bureau)
    _code(ids, dt.datetime(first_year, 9, 7, 1, tzinfo=dt.UTC))
    db.session.flush()
    return bureau, [one for one in people if one.roles]


def _people(people: list[SamplePerson], at: dt.datetime) -> list[int]:
    rows = [
        Person(
            name=one.name,
            pinyin=pinyin(one.name),
            post=one.post,
            official_order=one.order,
            sign_in_name=one.sign_in_name or None,
            password_hash=HASHER.hash(one.password) if one.password else None,
        )
        for one in people
    ]
    db.session.add_all(rows)
    db.session.flush()
    for row, one in zip(rows, people, strict=True):
        for role in sorted(one.roles, key=lambda role: role.value):
            db.session.add(RoleGrant(person_id=row.id, role=role, granted_at=at))
    return [row.id for row in rows]


def _code(ids: list[int], at: dt.datetime) -> None:
    """A member forgot their password once: one of the office asked for a code, the other agreed."""
    member, asker, agreer = ids[2], ids[7], ids[8]
    given = {"asked_by_id": asker, "asked_at": at, "agreed_by_id": agreer, "agreed_at": at, "carried_out_at": at}
    asked = AccessRequest(person_id=member, expires_at=at + dt.timedelta(days=1), **given)
    db.session.add(asked)
    db.session.flush()
    used = {"used_at": at + dt.timedelta(hours=1), "acknowledged_at": at + dt.timedelta(hours=2)}
    good = {"issued_by_id": asker, "issued_at": at, "expires_at": at + dt.timedelta(days=7)}
    db.session.add(OneTimeCode(person_id=member, code_hash="used", request_id=asked.id, **good, **used))


def _branches() -> list[int]:
    rows = [
        Branch(
            name=name,
            pinyin=pinyin(name),
            kind=kind,
            host_unit=host,
            host_kind=host_kind,
            official_order=i,
            reports_to_group=kind is GENERAL or around is None,
            from_on=FOUNDED,
        )
        for i, (name, kind, host, host_kind, around) in enumerate(BRANCHES, 1)
    ]
    db.session.add_all(rows)
    db.session.flush()
    return [row.id for row in rows]


def _places(bureau: Bureau) -> None:
    for branch_id, (*_rest, around) in zip(bureau.branches, BRANCHES, strict=True):
        if around is not None:
            general = bureau.branches[around]
            db.session.add(Placement(branch_id=branch_id, general_branch_id=general, from_on=FOUNDED))
    for member_id, own in zip(bureau.members, OWN, strict=True):
        db.session.add(Membership(person_id=member_id, branch_id=bureau.branches[own], from_on=FOUNDED))


def _secretaries(bureau: Bureau, others: list[int]) -> None:
    """A member leads the bureau's general branch, the office's head a branch; two posts changed last year."""
    change = dt.date(bureau.today.year - 1, 5, 20)
    led = [bureau.members[6], bureau.office[0], *others]
    for i, branch_id in enumerate(bureau.branches):
        changed = i in {4, 7}
        until = change - dt.timedelta(days=1) if changed else None
        db.session.add(SecretaryTerm(branch_id=branch_id, person_id=led[i], from_on=FOUNDED, to_on=until))
        if changed:
            successor = led[len(BRANCHES) + (i == 7)]
            db.session.add(SecretaryTerm(branch_id=branch_id, person_id=successor, from_on=change))


def _liaison(bureau: Bureau) -> None:
    """Once a quarter; one branch twice a half; last year one moved from one member to another in the middle."""
    for year in range(bureau.first_year, bureau.today.year + 1):
        for i, places in enumerate(LIAISON):
            for place in places:
                _arrange(bureau, year, i, place)


def _arrange(bureau: Bureau, year: int, member: int, place: int) -> None:
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    often = {"target": 2, "period": Period.HALF} if place == 3 else {"target": 1, "period": Period.QUARTER}
    own = OWN[member] == place or BRANCHES[OWN[member]][-1] == place
    common = {"year": year, "branch_id": bureau.branches[place], "own_confirmed": own, **often}
    after = bureau.holder(place, member, last)
    if after != member:
        moved = dt.date(year, *MOVED_ON)
        before = moved - dt.timedelta(days=1)
        db.session.add(Liaison(member_id=bureau.members[member], from_on=first, to_on=before, **common))
        first = moved
    db.session.add(Liaison(member_id=bureau.members[after], from_on=first, to_on=last, **common))
