"""The people and branches of a workbook beside those of the database.

Everything is read with the same few statements however many lines there are.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from flask_babel import lazy_gettext as _

from logbook.access import Actor, Role
from logbook.accounts.models import Person
from logbook.formats import today
from logbook.organization import bound, queries
from logbook.organization.actions import NewLiaison
from logbook.organization.models import Branch, Liaison
from logbook.organization.queries import History
from logbook.organization.workbook import BRANCHES, PEOPLE, BranchRow, LiaisonRow, Lists, PersonRow, Problem

Found = TypeVar("Found", Person, Branch)
Row = TypeVar("Row", PersonRow, BranchRow)


@dataclass(eq=False, slots=True)
class Entry(Generic[Found, Row]):
    """A person or branch: in the database, in the workbook, or both."""

    found: Found | None = None
    row: Row | None = None

    @property
    def name(self) -> str:
        return self.row.name if self.row else self.found.name if self.found else ""


PersonEntry = Entry[Person, PersonRow]
BranchEntry = Entry[Branch, BranchRow]


@dataclass(eq=False, slots=True)
class Point:
    """A liaison of the workbook: its line, whom it names, the row it changes if there is one."""

    row: LiaisonRow
    member: PersonEntry
    branch: BranchEntry
    found: Liaison | None
    new: NewLiaison  # member_id and branch_id are 0 until both are stored


class Work:
    """The lists of the workbook beside those of the database, while an import is planned and carried out."""

    def __init__(self, lists: Lists, from_on: dt.date, by: Actor) -> None:
        self.lists, self.from_on, self.by, self.today = lists, from_on, by, today()
        self.problems = list(lists.problems)
        self.people = [PersonEntry(found=person) for person in queries.everyone()]
        self.branches = [BranchEntry(found=branch) for branch in queries.branches()]
        self.roles: dict[int, set[Role]] = defaultdict(set)
        self.ever: dict[int, set[Role]] = defaultdict(set)
        for person_id, role, ended_at in queries.grants():
            self.ever[person_id].add(role)
            if ended_at is None:
                self.roles[person_id].add(role)
        self.placements = _by_owner(queries.placements(), "branch_id")
        self.terms = _by_owner(queries.terms(), "branch_id")
        self.led = _by_owner((term for rows in self.terms.values() for term in rows), "person_id")
        self.memberships = _by_owner(queries.memberships(), "person_id")
        self.locked = queries.locked_years()
        self.led_by_reader = queries.led_since(by.person_id, bound.open_since())
        self.liaison: dict[tuple[int, int, int], list[Liaison]] = defaultdict(list)
        for liaison in queries.liaisons_since(min((row.year for row in lists.liaison), default=from_on.year)):
            self.liaison[liaison.year, liaison.member_id, liaison.branch_id].append(liaison)
        self.named_in_faulty: dict[str, set[str]] = defaultdict(set)
        for row in lists.faulty:
            self.named_in_faulty[row.sheet] |= _names(row)
        self._pair_people()
        self._pair_branches()
        self.people_named = _people_named(self.people)
        self.branches_named = {name: entry for entry in self.branches for name in [entry.name]}
        self.by_branch_id = {entry.found.id: entry for entry in self.branches if entry.found}
        self.by_person_id = {entry.found.id: entry for entry in self.people if entry.found}
        # What the lines name, once it is found: filled while planning, written when carried out.
        self.own: dict[PersonEntry, BranchEntry] = {}
        self.secretary: dict[BranchEntry, PersonEntry] = {}
        self.general: dict[BranchEntry, BranchEntry] = {}
        self.points: list[Point] = []

    def refuse(self, sheet: str, row: int, column: str, why: object) -> None:
        self.problems.append(Problem(sheet, row, column, str(why)))

    def _pair_people(self) -> None:
        by_name, by_sign_in = defaultdict(list), {}
        for entry in self.people:
            by_name[entry.name].append(entry)
            if entry.found and entry.found.sign_in_name:
                by_sign_in[entry.found.sign_in_name] = entry
        for row in self.lists.people:
            self._pair_person(row, by_sign_in.get(row.sign_in_name or ""), by_name[row.name])

    def _pair_person(self, row: PersonRow, signed: PersonEntry | None, named: Sequence[PersonEntry]) -> None:
        fitting = [signed] if signed else [entry for entry in named if _may_be(entry, row)]
        if len(fitting) > 1:
            self.refuse(PEOPLE, row.row, "姓名", _("名册里有几个人同名，请填登录名。"))
        elif not fitting:
            self.people.append(PersonEntry(row=row))
        elif fitting[0].row:
            self.refuse(PEOPLE, row.row, "姓名", _("与第%(row)s行是同一个人。", row=fitting[0].row.row))
        else:
            fitting[0].row = row

    def _pair_branches(self) -> None:
        by_name = {entry.name: entry for entry in self.branches}
        for row in self.lists.branches:
            if row.name in by_name:
                by_name[row.name].row = row
            else:
                self.branches.append(BranchEntry(row=row))

    def person(self, text: str, sheet: str, row: int, column: str) -> PersonEntry | None:
        """Return who is meant by a name or sign-in name; None, and a problem, when nobody is or several are."""
        fitting = self.people_named.get(text, [])
        if len(fitting) == 1:
            return fitting[0]
        if not fitting and self.may_stand(PEOPLE, text):
            return None
        why = (
            _("有几个人同名，请写登录名：%(name)s", name=text) if fitting else _("名册里没有此人：%(name)s", name=text)
        )
        self.refuse(sheet, row, column, why)
        return None

    def branch(self, text: str, sheet: str, row: int, column: str) -> BranchEntry | None:
        """Return the branch of that name; None and a problem when there is none."""
        entry = self.branches_named.get(text)
        if entry is None and not self.may_stand(BRANCHES, text):
            self.refuse(sheet, row, column, _("名册里没有这个党组织：%(name)s", name=text))
        return entry

    def may_stand(self, sheet: str, text: str) -> bool:
        """Whether what is not known may stand in a sheet or line that could not be read: that is fault enough."""
        return sheet in self.lists.unread or text in self.named_in_faulty[sheet]


def _names(row: PersonRow | BranchRow | LiaisonRow) -> set[str]:
    if isinstance(row, LiaisonRow):
        return set()
    signs = {row.sign_in_name or ""} if isinstance(row, PersonRow) else set()
    return {row.name, *signs} - {""}


def _by_owner(rows: Iterable[History], owner: str) -> dict[int, list[History]]:
    found: dict[int, list[History]] = defaultdict(list)
    for row in rows:
        found[getattr(row, owner)].append(row)
    return found


def _may_be(entry: PersonEntry, row: PersonRow) -> bool:
    """Two different sign-in names are two people, whatever their name."""
    return not (row.sign_in_name and entry.found and entry.found.sign_in_name)


def _people_named(people: Iterable[PersonEntry]) -> dict[str, list[PersonEntry]]:
    named: dict[str, list[PersonEntry]] = defaultdict(list)
    for entry in people:
        signs = {side.sign_in_name for side in (entry.found, entry.row) if side and side.sign_in_name}
        for text in {entry.name} | signs:
            named[text].append(entry)
    return named


def held(rows: Iterable[History], on: dt.date) -> History | None:
    return next((row for row in rows if row.from_on <= on and (row.to_on is None or row.to_on >= on)), None)
