"""The people and branches of a workbook beside those of the database.

Everything is read with the same few statements however many lines there are.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from flask_babel import lazy_gettext as _

from logbook.access import Actor, Role
from logbook.accounts.models import Person
from logbook.folding import clean_name, key
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

    def is_called(self, name: str) -> bool:
        """Whether that is its name: one that was kept with its padding is the same without."""
        return clean_name(self.name) == name


PersonEntry = Entry[Person, PersonRow]
BranchEntry = Entry[Branch, BranchRow]


@dataclass(frozen=True, slots=True)
class Question:
    """A line whose name looks the same as one in the lists. `apart` says that it is another: as answered, or likely."""

    sheet: str
    row: int
    name: str
    known: tuple[str, ...]  # the names of the lists, with what tells them apart
    apart: bool

    @property
    def key(self) -> str:
        """As a form names it."""
        return f"{self.sheet}:{self.row}"


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

    def __init__(self, lists: Lists, from_on: dt.date, by: Actor, apart: Container[str] | None = None) -> None:
        self.apart, self.questions = apart, list[Question]()
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
        self.people_alike = defaultdict(list)
        for one in self.people:
            self.people_alike[key(one.name)].append(one)
        self.branches_named = {key(entry.name): entry for entry in self.branches} | {
            clean_name(entry.name): entry for entry in self.branches
        }
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
        by_key, by_sign_in = defaultdict(list), {}
        for entry in self.people:
            by_key[key(entry.name)].append(entry)
            if entry.found and entry.found.sign_in_name:
                by_sign_in[entry.found.sign_in_name] = entry
        for row in self.lists.people:
            self._pair_person(row, by_sign_in.get(row.sign_in_name or ""), by_key[key(row.name)])

    def _pair_person(self, row: PersonRow, signed: PersonEntry | None, alike: Sequence[PersonEntry]) -> None:
        if signed:
            self._take(signed, row)
            return
        fitting = [entry for entry in alike if _may_be(entry, row)]
        same = _in_use([entry for entry in fitting if entry.is_called(row.name)] or fitting)
        if (alike and self._is_apart(row, alike, likely=not fitting)) or not alike:
            self.people.append(PersonEntry(row=row))
        elif len(same) > 1:
            self.refuse(PEOPLE, row.row, "姓名", _("名册里有几个人同名，请填登录名。"))
        else:
            self._take((same or alike)[0], row)

    def _take(self, entry: PersonEntry, row: PersonRow) -> None:
        if entry.row:
            self.refuse(PEOPLE, row.row, "姓名", _("与第%(row)s行是同一个人。", row=entry.row.row))
        else:
            entry.row = _as_known(row, entry.name)

    def _pair_branches(self) -> None:
        by_key: dict[str, list[BranchEntry]] = defaultdict(list)
        for entry in self.branches:
            by_key[key(entry.name)].append(entry)
        for row in self.lists.branches:
            alike = by_key[key(row.name)]
            same = [entry for entry in alike if entry.is_called(row.name)]
            if same:
                same[0].row = _as_known(row, same[0].name)
            elif not alike or self._is_apart(row, alike, likely=False):
                self.branches.append(BranchEntry(row=row))
            elif alike[0].row:
                self.refuse(BRANCHES, row.row, "名称", _("与第%(row)s行是同一个党组织。", row=alike[0].row.row))
            else:
                alike[0].row = _as_known(row, alike[0].name)

    def _is_apart(
        self, row: PersonRow | BranchRow, alike: Sequence[PersonEntry] | Sequence[BranchEntry], *, likely: bool
    ) -> bool:
        """Whether the line is somebody else than whoever looks the same; asked about but where nothing differs."""
        asked = Question(row.sheet, row.row, row.name, tuple(map(_told_apart, alike)), likely)
        apart = likely if self.apart is None else asked.key in self.apart
        if apart or likely or not any(entry.is_called(row.name) for entry in alike):
            self.questions.append(replace(asked, apart=apart))
        return apart

    def person(self, text: str, sheet: str, row: int, column: str) -> PersonEntry | None:
        """Return who is meant by a name or sign-in name; None, and a problem, when nobody is or several are."""
        fitting = _in_use(self.people_named.get(text) or self.people_alike.get(key(text), []))
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
        entry = self.branches_named.get(text) or self.branches_named.get(key(text))
        if entry is None and not self.may_stand(BRANCHES, text):
            self.refuse(sheet, row, column, _("名册里没有这个党组织：%(name)s", name=text))
        return entry

    def may_stand(self, sheet: str, text: str) -> bool:
        """Whether what is not known may stand in a sheet or line that could not be read: that is fault enough."""
        return sheet in self.lists.unread or not {text, key(text)}.isdisjoint(self.named_in_faulty[sheet])


def _names(row: PersonRow | BranchRow | LiaisonRow) -> set[str]:
    if isinstance(row, LiaisonRow):
        return set()
    signs = {row.sign_in_name or ""} if isinstance(row, PersonRow) else set()
    return {row.name, key(row.name), *signs} - {""}


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


def _in_use(entries: Sequence[PersonEntry]) -> Sequence[PersonEntry]:
    """Of several who could be meant, those who are still in use, if anybody is."""
    return [entry for entry in entries if not entry.found or entry.found.active] or entries


def _as_known(row: Row, name: str) -> Row:
    """A line of somebody the lists know under a name that looks the same: it renames nobody."""
    return row if row.name == name or key(row.name) != key(name) else replace(row, name=name)


def _told_apart(entry: PersonEntry | BranchEntry) -> str:
    """A name with what tells it from others that look the same."""
    told = entry.found or entry.row
    more = getattr(told, "post", None) or getattr(told, "host_unit", None)
    return f"{entry.name}（{more}）" if more else entry.name


def held(rows: Iterable[History], on: dt.date) -> History | None:
    return next((row for row in rows if row.from_on <= on and (row.to_on is None or row.to_on >= on)), None)
