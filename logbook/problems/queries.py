"""Reads of the ledger. An item's text, owner, due and state are for members, leader and office, whatever the level."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, and_, bindparam, case, exists, func, or_, select, tuple_
from sqlalchemy.orm import joinedload, selectinload

from logbook.access import Role
from logbook.accounts.models import Person, RoleGrant
from logbook.db import db
from logbook.organization.models import Branch, Placement
from logbook.problems.models import (
    Category,
    Directive,
    Handling,
    Problem,
    Progress,
    Side,
    SourceKind,
    State,
    Undertaking,
    UndertakingState,
)

PAGE = 25
EXPORTED = 500  # problems in memory while a workbook is written


@dataclass(frozen=True, slots=True)
class Filters:
    """What the ledger is narrowed to; `state`: open, overdue, done, all."""

    state: str = "open"
    side: Side | None = None
    category: Category | None = None
    branch_id: int | None = None
    member_id: int | None = None
    text: str = ""

    @property
    def narrows(self) -> bool:
        """Whether the ledger is narrowed by more than its state."""
        return replace(self, state="open") != Filters()


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, how many there are in all, and the keys of the next page and the one before."""

    items: Sequence[Any]
    total: int
    older: str | None
    newer: str | None


def _overdue(today: Any) -> ColumnElement[bool]:
    """超期: past its day, neither closed nor a long-term matter."""
    return and_(
        Problem.state.in_((State.OPEN, State.UNDERWAY, State.PARTLY)),
        Problem.due_on < today,
        Problem.dropped.is_(False),
    )


def _rank(today: dt.date) -> ColumnElement[int]:
    return case((or_(Problem.state == State.DONE, Problem.dropped), 2), (_overdue(today), 0), else_=1)


def ledger(filters: Filters, today: dt.date, *, after: str = "", before: str = "") -> Page:
    """Problems, the overdue first, then by due date; closed ones last. One statement, and one for the count."""
    conditions = list(_conditions(filters, today))
    columns = (_rank(today), Problem.due_on, Problem.id)
    return _page(Problem, columns, conditions, _SHOWN, after=after, before=before)


def _page(
    table: type[Problem | Undertaking], columns: tuple[Any, ...], conditions: list[Any], shown: tuple[Any, ...],
    *, after: str, before: str,
) -> Page:  # fmt: skip
    """A page after one key, or before another; `columns` order the rows and make the keys: rank, due_on, id."""
    key, back = _key(before or after), bool(_key(before))
    query = select(table, columns[0]).where(*conditions).options(*shown)
    if key is not None:
        query = query.where(tuple_(*columns) < key if back else tuple_(*columns) > key)
    query = query.order_by(*(column.desc() if back else column for column in columns))
    found = db.session.execute(query.limit(PAGE + 1)).all()
    more, rows = len(found) > PAGE, found[:PAGE][:: -1 if back else 1]
    total = db.session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0
    keys = [f"{rank}_{one.due_on}_{one.id}" for one, rank in rows]
    older = keys[-1] if keys and (more or back) else None
    newer = keys[0] if keys and (more if back else key is not None) else None
    return Page([row[0] for row in rows], total, older, newer)


def every(filters: Filters, today: dt.date) -> Sequence[Problem]:
    """All problems the filters keep, in the ledger's order; one statement."""
    query = select(Problem).where(*_conditions(filters, today)).options(*_SHOWN)
    return db.session.scalars(query.order_by(_rank(today), Problem.due_on, Problem.id)).all()


def count(filters: Filters, today: dt.date) -> int:
    """How many problems the filters keep."""
    query = select(func.count()).select_from(Problem).where(*_conditions(filters, today))
    return db.session.scalar(query) or 0


def export(filters: Filters, today: dt.date) -> Iterator[Problem]:
    """As `every`, read in pieces that nobody keeps, so that memory does not grow with their number."""
    query = select(Problem).where(*_conditions(filters, today)).options(*_SHOWN)
    query = query.order_by(_rank(today), Problem.due_on, Problem.id).execution_options(yield_per=EXPORTED)
    yield from db.session.scalars(query)


def members() -> Sequence[Any]:
    """(id, name) of everyone who is or was a member of the group, 按职务排序: for a list's filters."""
    held = exists().where(RoleGrant.person_id == Person.id, RoleGrant.role.in_((Role.MEMBER, Role.LEADER)))
    order = (Person.official_order, Person.pinyin, Person.id)
    return db.session.execute(select(Person.id, Person.name).where(held).order_by(*order)).all()


_SHOWN = (joinedload(Problem.branch), joinedload(Problem.raised_by), joinedload(Problem.owner_person))


def _key(text: str) -> tuple[int, dt.date, int] | None:
    """The key in an address; None for nonsense, which opens the first page."""
    found = re.fullmatch(r"([012])_(\d{4}-\d\d-\d\d)_(\d{1,9})", text, re.ASCII)
    try:
        return (int(found[1]), dt.date.fromisoformat(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _conditions(filters: Filters, today: dt.date) -> Iterable[ColumnElement[bool]]:
    yield from _state(filters, today)
    for column, value in (
        (Problem.side, filters.side),
        (Problem.category, filters.category),
        (Problem.raised_by_id, filters.member_id),
    ):
        if value is not None:
            yield column == value
    if filters.branch_id is not None:
        yield _at(filters.branch_id)
    if filters.text:
        searched = (Problem.text, Problem.result, Problem.owner_unit, Problem.source_label, Problem.taken_up_as)
        yield or_(*(column.contains(filters.text, autoescape=True) for column in searched))


def _state(filters: Filters, today: dt.date) -> Iterable[ColumnElement[bool]]:
    if filters.state == "open":
        yield Problem.state != State.DONE
    elif filters.state == "overdue":
        yield _overdue(today)
    elif filters.state == "done":
        yield Problem.state == State.DONE
    if filters.state != "all":  # what a source took away is shown among all
        yield Problem.dropped.is_(False)


def _at(branch_id: int) -> ColumnElement[bool]:
    """Of the branch, or of one that stood inside it the day the problem was raised."""
    inside = select(Placement.branch_id).where(Placement.general_branch_id == branch_id, *_held(Problem.raised_on))
    return or_(Problem.branch_id == branch_id, Problem.branch_id.in_(inside))


def _held(on: Any) -> tuple[ColumnElement[bool], ...]:
    """The placement held on that day."""
    return (
        Placement.void.is_(False), Placement.from_on <= on, or_(Placement.to_on.is_(None), Placement.to_on >= on),
    )  # fmt: skip


def _concerns(table: type[Problem] | type[Undertaking], first: dt.date, last: dt.date) -> ColumnElement[bool]:
    """Raised in these days, or carried into them: not closed before they began."""
    return and_(table.raised_on <= last, or_(table.closed_on.is_(None), table.closed_on >= first))


def problem(problem_id: int) -> Problem | None:
    """A problem with its branch, people and steps."""
    return db.session.scalar(
        select(Problem)
        .where(Problem.id == problem_id)
        .options(
            joinedload(Problem.branch),
            joinedload(Problem.raised_by),
            joinedload(Problem.owner_person),
            joinedload(Problem.closed_by),
            selectinload(Problem.progress).joinedload(Progress.by),
        )
    )


def open_problem(problem_id: int) -> Problem | None:
    return db.session.scalar(select(Problem).where(Problem.id == problem_id, Problem.state != State.DONE))


def open_at_branch(branch_ids: int | Iterable[int]) -> Sequence[Problem]:
    """The problems of a branch, or of several, that are not closed, the first due first."""
    ids = [branch_ids] if isinstance(branch_ids, int) else list(branch_ids)
    return db.session.scalars(
        select(Problem)
        .where(Problem.branch_id.in_(ids), Problem.state != State.DONE, Problem.dropped.is_(False))
        .options(joinedload(Problem.branch), joinedload(Problem.owner_person))
        .order_by(Problem.due_on, Problem.id)
    ).all()


def open_of(member_id: int) -> Sequence[Problem]:
    """The problems from the member's own records that are not closed, the first due first."""
    return db.session.scalars(
        select(Problem)
        .where(Problem.raised_by_id == member_id, Problem.state != State.DONE, Problem.dropped.is_(False))
        .options(joinedload(Problem.branch))
        .order_by(Problem.due_on, Problem.id)
    ).all()


def open_by_branch(on: dt.date) -> Counter[int]:
    """How many problems of each branch are not closed; an inner branch's are also those of the one around it."""
    rows = db.session.execute(
        select(Problem.branch_id, Placement.general_branch_id, func.count())
        .outerjoin(Placement, and_(Placement.branch_id == Problem.branch_id, *_held(on)))
        .where(Problem.branch_id.is_not(None), Problem.state != State.DONE, Problem.dropped.is_(False))
        .group_by(Problem.branch_id, Placement.general_branch_id)
    )
    found: Counter[int] = Counter()
    for branch_id, general_id, n in rows:
        found.update({one: n for one in (branch_id, general_id) if one is not None})
    return found


_LONGEST_OVERDUE = (  # built once: the office's home runs it every time, and building costs more than running
    select(Problem, func.count().over())
    .where(_overdue(bindparam("today", type_=Date)))
    .options(joinedload(Problem.branch))
    .order_by(Problem.due_on, Problem.id)
    .limit(bindparam("limit", type_=Integer))
)


def overdue(today: dt.date, limit: int) -> tuple[int, Sequence[Problem]]:
    """How many problems are past their day, and the longest overdue of them; one statement."""
    rows = db.session.execute(_LONGEST_OVERDUE, {"today": today, "limit": limit}).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def owned_by(person_id: int) -> Sequence[Problem]:
    """What this person is to answer for and is not closed."""
    return db.session.scalars(
        select(Problem)
        .where(Problem.owner_person_id == person_id, Problem.state != State.DONE, Problem.dropped.is_(False))
        .order_by(Problem.due_on, Problem.id)
    ).all()


def matters_for_group() -> Sequence[Problem]:
    """提请党组研究 and not closed."""
    return db.session.scalars(
        select(Problem)
        .where(Problem.handling == Handling.GROUP, Problem.state != State.DONE, Problem.dropped.is_(False))
        .options(joinedload(Problem.branch))
        .order_by(Problem.due_on, Problem.id)
    ).all()


# --- undertakings and directives ------------------------------------------------------------------


_ENDED = case((Undertaking.state == UndertakingState.UNDERWAY, 0), else_=1)
_PROMISED = (joinedload(Undertaking.member, innerjoin=True), joinedload(Undertaking.branch))


def undertakings(*, everything: bool = False, after: str = "", before: str = "") -> Page:
    """Undertakings, those under way first, the first due first; all of them, or only those under way."""
    conditions: list[ColumnElement[bool]] = [Undertaking.dropped.is_(False)]
    if not everything:
        conditions.append(Undertaking.state == UndertakingState.UNDERWAY)
    columns = (_ENDED, Undertaking.due_on, Undertaking.id)
    return _page(Undertaking, columns, conditions, _PROMISED, after=after, before=before)


def _under_way(*conditions: ColumnElement[bool]) -> Sequence[Undertaking]:
    return db.session.scalars(
        select(Undertaking)
        .where(Undertaking.dropped.is_(False), Undertaking.state == UndertakingState.UNDERWAY, *conditions)
        .options(*_PROMISED)
        .order_by(Undertaking.due_on, Undertaking.id)
    ).all()


def undertakings_of(member_id: int) -> Sequence[Undertaking]:
    """What the member took on and has not done yet."""
    return _under_way(Undertaking.member_id == member_id)


def undertakings_at(branch_ids: Iterable[int]) -> Sequence[Undertaking]:
    """What members took on at these branches and have not done yet."""
    return _under_way(Undertaking.branch_id.in_(list(branch_ids)))


def undertaking(undertaking_id: int) -> Undertaking | None:
    """An undertaking with its member, branch and steps."""
    return db.session.scalar(
        select(Undertaking)
        .where(Undertaking.id == undertaking_id)
        .options(
            joinedload(Undertaking.member, innerjoin=True),
            joinedload(Undertaking.branch),
            selectinload(Undertaking.progress).joinedload(Progress.by),
        )
    )


def directives(*, open_only: bool) -> Sequence[Directive]:
    """The group's orders, the first due first."""
    query = select(Directive).order_by(Directive.closed_on.is_not(None), Directive.due_on, Directive.id)
    return db.session.scalars(query.where(Directive.closed_on.is_(None)) if open_only else query).all()


def directive(directive_id: int) -> Directive | None:
    return db.session.get(Directive, directive_id)


# --- by source, and for the figures of a year -----------------------------------------------------


def of_source(kind: SourceKind, source_id: int) -> tuple[Sequence[Problem], Sequence[Undertaking]]:
    """The problems and undertakings of one source, with their progress, by line."""
    problems = db.session.scalars(
        select(Problem)
        .where(Problem.source_kind == kind, Problem.source_id == source_id)
        .options(
            selectinload(Problem.progress),
            joinedload(Problem.branch),
            joinedload(Problem.owner_person),
        )
        .order_by(Problem.source_line)
    ).all()
    promises = db.session.scalars(
        select(Undertaking)
        .where(Undertaking.source_kind == kind, Undertaking.source_id == source_id)
        .options(selectinload(Undertaking.progress))
        .order_by(Undertaking.source_line)
    ).all()
    return problems, promises


def of_sources(kind: SourceKind, ids: Sequence[int]) -> dict[str, dict[int, list[Any]]]:
    """{"problems", "undertakings"} as many sources of one kind word them now, each by source id; two statements."""
    found: dict[str, dict[int, list[Any]]] = {}
    tables: tuple[tuple[str, Any], ...] = (("problems", Problem), ("undertakings", Undertaking))
    for name, table in tables:
        gone = or_(table.dropped, table.detached)
        query = select(table).where(table.source_kind == kind, table.source_id.in_(ids), ~gone)
        if table is Problem:
            query = query.options(joinedload(Problem.branch), joinedload(Problem.owner_person))
        found[name] = {source_id: [] for source_id in ids}
        for one in db.session.scalars(query.order_by(table.source_line)):
            found[name][one.source_id].append(one)
    return found


def year_items(first: dt.date, last: dt.date, branch_ids: Iterable[int] | None = None) -> Sequence[Any]:
    """Plain columns of the problems raised in these days or carried into them, by number; of some branches, or all.

    `general_branch_id` stood around the branch the day the problem was raised.
    """
    return _columns(and_(_concerns(Problem, first, last), *_of(Problem, branch_ids)))


def meeting_items(ids: Sequence[int]) -> Sequence[Any]:
    """The same columns of all problems on the lists of these meetings, whenever they were raised or closed."""
    raised = and_(Problem.source_kind == SourceKind.MEETING, Problem.source_id.in_(ids))
    return _columns(or_(raised, Problem.taken_up_by.in_(ids)))


def _columns(condition: ColumnElement[bool]) -> Sequence[Any]:
    return db.session.execute(
        select(
            Problem.id, Problem.raised_on, Problem.closed_on, Problem.state, Problem.side, Problem.category,
            Problem.branch_id, Problem.raised_by_id, Problem.source_kind, Problem.source_id, Problem.dropped,
            Problem.answer, Problem.source_label, Problem.text, Problem.due_on, Problem.owner_unit, Problem.result,
            Problem.handling, Problem.taken_up_by, Problem.taken_up_as, Branch.name.label("branch"),
            Placement.general_branch_id,
        )
        .outerjoin(Branch, Branch.id == Problem.branch_id)
        .outerjoin(Placement, and_(Placement.branch_id == Problem.branch_id, *_held(Problem.raised_on)))
        .where(condition)
        .order_by(Problem.raised_on, Problem.id)
    ).all()  # fmt: skip


def year_steps(table: type[Problem] | type[Undertaking], first: dt.date, last: dt.date) -> Sequence[Any]:
    """(item's id, at, state) of every step of these days' items, the earliest first."""
    column = Progress.problem_id if table is Problem else Progress.undertaking_id
    query = select(column, Progress.at, Progress.state).join(table, table.id == column)
    return db.session.execute(query.where(_concerns(table, first, last)).order_by(Progress.id)).all()


def _of(table: type[Problem] | type[Undertaking], branch_ids: Iterable[int] | None) -> list[ColumnElement[bool]]:
    return [] if branch_ids is None else [table.branch_id.in_(list(branch_ids))]


def year_undertakings(first: dt.date, last: dt.date, branch_ids: Iterable[int] | None = None) -> Sequence[Any]:
    """Plain columns of the undertakings of these days, by number; of some branches, or all; `member` is the name."""
    return db.session.execute(
        select(
            Undertaking.id, Undertaking.raised_on, Undertaking.closed_on, Undertaking.state, Undertaking.member_id,
            Undertaking.branch_id, Undertaking.source_kind, Undertaking.source_id, Undertaking.dropped,
            Undertaking.source_label, Undertaking.text, Undertaking.due_on, Undertaking.result,
            Branch.name.label("branch"), Person.name.label("member"),
        )
        .join(Person, Person.id == Undertaking.member_id)
        .outerjoin(Branch, Branch.id == Undertaking.branch_id)
        .where(_concerns(Undertaking, first, last), *_of(Undertaking, branch_ids))
        .order_by(Undertaking.raised_on, Undertaking.id)
    ).all()  # fmt: skip
