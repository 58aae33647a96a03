"""All reads of records, scoped to who asks."""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload, load_only, selectinload, undefer

from logbook.access import Act, Actor, Role
from logbook.accounts.models import Person, RoleGrant
from logbook.db import db
from logbook.formats import begin_of
from logbook.organization.models import Branch, Placement, Reporter, SecretaryTerm
from logbook.organization.queries import GROUND, Ground
from logbook.problems.models import Category
from logbook.visits import rights
from logbook.visits.models import (
    NEW,
    UNCONFIRMED,
    Addendum,
    Attachment,
    Book,
    Companion,
    Content,
    Draft,
    Instruction,
    Kind,
    Level,
    LockedYear,
    NumberSeries,
    Visit,
    VisitContent,
    VisitKind,
    VisitVersion,
    Voice,
    number_of,
)

PAGE = 25
NUMBER = r"(\d{4})-(\d{1,9})"
NAMED = (Person.name, Person.former_names)
SEARCHED = (Visit.findings, Visit.guidance, Visit.solved_on_site, Visit.place, Visit.people_met)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list of records is narrowed to; `state`: counted, new, late, unconfirmed, withdrawn."""

    from_on: dt.date | None = None
    to_on: dt.date | None = None
    member_id: int | None = None
    branch_id: int | None = None
    kind: Kind | None = None
    content: Content | None = None
    state: str = ""
    text: str = ""
    by_date: bool = False
    since: dt.date | None = None  # recorded on this day or later
    trips: bool = False  # one record a trip and branch: 次, not 人次

    @property
    def narrows(self) -> bool:
        """Whether the list is narrowed at all."""
        return replace(self, by_date=False) != Filters()


@dataclass(frozen=True, slots=True)
class Page:
    """Records of one page, and the keys to the pages beside it (None: there is none)."""

    records: Sequence[Visit]
    newer: str | None
    older: str | None


# --- lists ----------------------------------------------------------------------------------------


def records(actor: Actor, filters: Filters, *, older_than: str = "", newer_than: str = "") -> Page:
    """One page of what the reader may read, the newest first; keys are those of the first and last row."""
    key = (Visit.visited_on, Visit.id) if filters.by_date else (Visit.year, Visit.seq)
    query = _list_query().where(rights.readable(actor), *_conditions(actor, filters))
    before, after = _key(older_than, filters), _key(newer_than, filters)
    if after and not before:
        found = list(db.session.scalars(query.where(tuple_(*key) > after).order_by(*key).limit(PAGE + 1)))
        rows = found[:PAGE][::-1]
        return _page(rows, filters, newer=len(found) > PAGE, older=True)
    if before:
        query = query.where(tuple_(*key) < before)
    found = list(db.session.scalars(query.order_by(*(c.desc() for c in key)).limit(PAGE + 1)))
    return _page(found[:PAGE], filters, newer=before is not None, older=len(found) > PAGE)


def _page(rows: Sequence[Visit], filters: Filters, *, newer: bool, older: bool) -> Page:
    keys = [f"{v.visited_on}_{v.id}" if filters.by_date else v.number for v in rows]
    return Page(rows, keys[0] if newer and keys else None, keys[-1] if older and keys else None)


def _key(text: str, filters: Filters) -> tuple[object, int] | None:
    """The key in an address; None for nonsense, which then opens the first page."""
    pattern = r"(\d{4}-\d\d-\d\d)_(\d{1,9})" if filters.by_date else NUMBER
    found = re.fullmatch(pattern, text, re.ASCII)
    try:
        return found and (dt.date.fromisoformat(found[1]) if filters.by_date else int(found[1]), int(found[2]))
    except ValueError:
        return None


@cache  # building it costs as much as running it
def _list_query() -> Select[Visit]:
    return _plain_query().options(selectinload(Visit.kinds))


@cache
def _plain_query() -> Select[Visit]:
    return select(Visit).options(
        load_only(
            Visit.year, Visit.seq, Visit.visited_on, Visit.findings, Visit.member_id, Visit.entered_by_id, Visit.late,
            Visit.version, Visit.received_version, Visit.withdrawn_at, Visit.confirmed_at, Visit.counts, Visit.place,
            Visit.joint_of_id, Visit.recorded_at, Visit.book_line, Visit.declined_at, Visit.level,
        ),
        joinedload(Visit.branch).load_only(Branch.name),
        joinedload(Visit.member, innerjoin=True).load_only(*NAMED, Person.official_order, Person.pinyin),
    )  # fmt: skip


def _conditions(actor: Actor, filters: Filters) -> Iterable[ColumnElement[bool]]:
    if filters.from_on:
        yield Visit.visited_on >= filters.from_on
    if filters.to_on:
        yield Visit.visited_on <= filters.to_on
    if filters.member_id:
        yield Visit.member_id == filters.member_id
    if filters.branch_id:
        yield rights.at_branch(filters.branch_id)
    if filters.since:
        yield Visit.recorded_at >= begin_of(filters.since)
    yield from _of_words(filters)
    if filters.text:
        yield _contains(actor, filters.text)


def _of_words(filters: Filters) -> Iterable[ColumnElement[bool]]:
    if filters.kind:
        yield exists().where(VisitKind.visit_id == Visit.id, VisitKind.kind == filters.kind)
    if filters.content:
        yield exists().where(VisitContent.visit_id == Visit.id, VisitContent.content == filters.content)
    yield from _state(filters.state)
    if filters.trips:
        yield first_of_trip()


def _state(state: str) -> Iterable[ColumnElement[bool]]:
    conditions: dict[str, ColumnElement[bool]] = {
        "counted": Visit.counts.is_(True),
        # What is for the leader alone is never the office's to receive.
        "new": and_(Visit.counts, NEW, Visit.level.in_((Level.OFFICE, Level.GROUP))),
        "late": and_(Visit.counts, Visit.late),
        "unconfirmed": UNCONFIRMED,
        "withdrawn": Visit.withdrawn_at.is_not(None),
    }
    yield conditions[state] if state in conditions else Visit.declined_at.is_(None)


def _contains(actor: Actor, text: str) -> ColumnElement[bool]:
    """The text in any field this reader may see, or the record's number; % and _ are letters like any other."""
    number = re.fullmatch(NUMBER, text, re.ASCII)
    if number:
        return and_(Visit.year == int(number[1]), Visit.seq == int(number[2]))
    found = [column.contains(text, autoescape=True) for column in SEARCHED]
    thinking = and_(Visit.thinking.contains(text, autoescape=True), rights.sees_thinking(actor))
    observation = and_(Visit.observation.contains(text, autoescape=True), rights.sees_observation(actor))
    voiced = Visit.id.in_(select(Voice.visit_id).where(Voice.text.contains(text, autoescape=True)))
    return or_(*found, thinking, observation, voiced)


def first_of_trip() -> ColumnElement[bool]:
    """Of the counted records of one trip to one branch, the first: trips (次) count these."""
    other = aliased(Visit)
    same_trip = or_(other.id == Visit.joint_of_id, and_(other.joint_of_id == Visit.joint_of_id, other.id < Visit.id))
    same_place = func.coalesce(other.branch_id, 0) == func.coalesce(Visit.branch_id, 0)
    return or_(Visit.joint_of_id.is_(None), ~exists().where(other.counts, same_trip, same_place))


def filter_names() -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """(members, branches) as (id, name) in official order, for a list's filters; one statement."""
    people = select(literal("p").label("what"), Person.id, Person.name, Person.official_order, Person.pinyin).where(
        exists().where(RoleGrant.person_id == Person.id, RoleGrant.role.in_((Role.MEMBER, Role.LEADER)))
    )
    branches = select(literal("b"), Branch.id, Branch.name, Branch.official_order, Branch.pinyin)
    rows = db.session.execute(union_all(people, branches).order_by("official_order", "pinyin")).all()
    return [(r.id, r.name) for r in rows if r.what == "p"], [(r.id, r.name) for r in rows if r.what == "b"]


def totals(actor: Actor, filters: Filters) -> tuple[int, int]:
    """(all, shown): how many records the filters count, and how many of them this reader may read."""
    shown = func.sum(case((rights.readable(actor), 1), else_=0))
    query = select(func.count(), func.coalesce(shown, 0)).select_from(Visit)
    # Searching counts only what is read: a hidden record's text must not be felt through a number.
    if filters.text:
        query = query.where(rights.readable(actor))
    everything, readable_ones = db.session.execute(query.where(*_conditions(actor, filters))).one()
    return int(everything), int(readable_ones)


def listed_totals(actor: Actor, filters: Filters) -> tuple[int, int]:
    """The same for a list. Figures open their lists in full; who opens no figure is not told what hidden records say.

    By member, branch and day of the visit such a reader is told how many there are (另有N条不在知悉范围), by kind,
    content, state, trip or day of receipt only of those they read.
    """
    everything, shown = totals(actor, filters)
    return (shown, shown) if _feels(actor, filters) else (everything, shown)


def _feels(actor: Actor, filters: Filters) -> bool:
    """Whether a number of what these filters keep would tell this reader what hidden records say, or when they came."""
    asks = filters.kind or filters.content or filters.trips or filters.since or filters.state not in {"", "counted"}
    return bool(asks) and not actor.may(Act.READ_YEAR)


@lru_cache(maxsize=16)  # building costs as much as running, and the office's home asks it every time
def _new_records(actor: Actor, limit: int) -> Select[Visit, int]:
    query = _plain_query().add_columns(func.count().over()).where(rights.readable(actor), *_state("new"))
    return query.order_by(Visit.year.desc(), Visit.seq.desc()).limit(limit)


def new_records(actor: Actor, limit: int) -> tuple[int, Sequence[Visit]]:
    """How many records the office has not received, and the first of them, without their kinds; one statement."""
    rows = db.session.execute(_new_records(actor, limit)).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def to_confirm(member_id: int) -> Sequence[Visit]:
    """What waits for the member's own tap: entered for them, or a trip they were named on."""
    return db.session.scalars(
        _list_query()
        .options(joinedload(Visit.entered_by, innerjoin=True).load_only(*NAMED))
        .where(Visit.member_id == member_id, *_state("unconfirmed"))
        .order_by(Visit.year, Visit.seq)
    ).all()


EXPORTED = 1000  # rows read at a time


def export(actor: Actor, filters: Filters) -> Iterator[tuple[Visit, str]]:
    """Every record the filters name that this reader may read, in order of number, with its kinds in words.

    Read in pieces, so that memory does not grow with their number.
    """
    conditions = (rights.readable(actor), *_conditions(actor, filters))
    query = _plain_query().options(
        joinedload(Visit.entered_by, innerjoin=True).load_only(*NAMED),
        undefer(Visit.guidance), undefer(Visit.solved_on_site), undefer(Visit.paper_on),
    )  # fmt: skip
    after = (0, 0)
    while True:
        page = query.where(*conditions, tuple_(Visit.year, Visit.seq) > after).order_by(Visit.year, Visit.seq)
        rows = db.session.scalars(page.limit(EXPORTED)).all()
        kinds = _kinds([row.id for row in rows])
        yield from ((row, kinds.get(row.id, "")) for row in rows)
        db.session.expunge_all()
        if len(rows) < EXPORTED:
            return
        after = (rows[-1].year, rows[-1].seq)


def _kinds(ids: Sequence[int]) -> dict[int, str]:
    found: dict[int, list[str]] = {}
    pairs = select(VisitKind.visit_id, VisitKind.kind).where(VisitKind.visit_id.in_(ids)).order_by(VisitKind.id)
    for visit_id, kind in db.session.execute(pairs):
        found.setdefault(visit_id, []).append(kind.chinese)
    return {visit_id: "、".join(words) for visit_id, words in found.items()}


# --- one record -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """A record as this reader may see it: `hidden` names the fields kept from them."""

    visit: Visit
    hidden: frozenset[str]
    locked: bool


def record(actor: Actor, visit_id: int) -> Record | None:
    """The whole record, or None when it is absent or not for this reader."""
    row = db.session.execute(
        select(
            Visit,
            rights.sees_thinking(actor),
            rights.sees_observation(actor),
            rights.leads_branch(actor),
            _locked(Visit.year),
        )
        .where(Visit.id == visit_id, rights.readable(actor))
        .options(
            joinedload(Visit.branch),
            joinedload(Visit.member, innerjoin=True),
            joinedload(Visit.entered_by, innerjoin=True),
            joinedload(Visit.received_by),
            selectinload(Visit.kinds),
            selectinload(Visit.contents),
            selectinload(Visit.voices),
            selectinload(Visit.companions).joinedload(Companion.person),
            selectinload(Visit.attachments),
            selectinload(Visit.instructions).joinedload(Instruction.by),
            selectinload(Visit.addenda).joinedload(Addendum.by),
        )
    ).one_or_none()
    if row is None:
        return None
    visit, thinking, observation, leads, locked = row
    hidden = {"thinking", "thinking_widened"} if not thinking else set()
    hidden |= {"observation", "observation_widened"} if not observation else set()
    # What the leader wrote may be about what was observed of the reader (rule 7).
    hidden |= {"instructions"} if leads and visit.member_id != actor.person_id else set()
    return Record(visit, frozenset(hidden), bool(locked))


def versions(visit_id: int) -> Sequence[VisitVersion]:
    """All versions of a record, the first first; for those who may read the record."""
    return db.session.scalars(
        select(VisitVersion)
        .where(VisitVersion.visit_id == visit_id)
        .options(joinedload(VisitVersion.by, innerjoin=True))
        .order_by(VisitVersion.n)
    ).all()


def kept_back(actor: Actor, record: Record, stored: Sequence[VisitVersion]) -> dict[int, frozenset[str]]:
    """By version, the fields that are not for this reader.

    Widening a record later opens nothing written before, and moving it to another branch tells nobody what was
    observed of themself (rule 7).
    """
    led = led_in(actor, record.visit.year)
    return {one.n: rights.kept_back(actor, record.visit, one, record.hidden, led) for one in stored}


def led_in(actor: Actor, year: int) -> frozenset[int]:
    """The branches this person led or reports for in a year, and those inside them."""
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)

    def in_year(table: type[SecretaryTerm | Placement]) -> tuple[ColumnElement[bool], ...]:
        return table.void.is_(False), table.from_on <= last, or_(table.to_on.is_(None), table.to_on >= first)

    led = select(SecretaryTerm.branch_id).where(SecretaryTerm.person_id == actor.person_id, *in_year(SecretaryTerm))
    reports = select(Reporter.branch_id).where(Reporter.person_id == actor.person_id, Reporter.year == year)
    outer = union(led, reports).subquery()
    inside = select(Placement.branch_id).where(
        Placement.general_branch_id.in_(select(outer.c.branch_id)), *in_year(Placement)
    )
    return frozenset(db.session.scalars(union(select(outer.c.branch_id), inside)))


def is_moved_away(actor: Actor, visit: Visit, branch_id: int | None, on: dt.date) -> bool:
    """Whether a correction takes what another hand wrote away from a branch its reader led (rule 7)."""
    if (branch_id, on) == (visit.branch_id, visit.visited_on):
        return False
    others = exists().where(VisitVersion.visit_id == Visit.id, VisitVersion.by_id != actor.person_id)
    return bool(db.session.scalar(select(exists().where(Visit.id == visit.id, rights.leads_branch(actor), others))))


def is_vouched(actor: Actor, visit: Visit) -> bool:
    """Whether a record is more than this person's own words: another wrote in it, or its member stands by it."""
    others = exists().where(VisitVersion.visit_id == visit.id, VisitVersion.by_id != actor.person_id)
    return visit.confirmed_at is not None or bool(db.session.scalar(select(others)))


def version(visit_id: int, n: int) -> VisitVersion | None:
    return db.session.scalar(select(VisitVersion).where(VisitVersion.visit_id == visit_id, VisitVersion.n == n))


def has_version(visit_id: int, digest: str) -> bool:
    """Whether a record has or had that text."""
    found = exists().where(VisitVersion.visit_id == visit_id, VisitVersion.digest == digest)
    return bool(db.session.scalar(select(found)))


def attachment(actor: Actor, attachment_id: int) -> Attachment | None:
    """A file of a record this person may read; the record's level covers it."""
    return db.session.scalar(
        select(Attachment)
        .join(Visit, Visit.id == Attachment.visit_id)
        .where(Attachment.id == attachment_id, rights.readable(actor))
    )


def newest_recorded_at() -> dt.datetime | None:
    """When the last record was received."""
    return db.session.scalar(select(Visit.recorded_at).order_by(Visit.id.desc()).limit(1))


def attachments(visit_id: int) -> Sequence[Attachment]:
    """All files of a record; for those who may read it."""
    return db.session.scalars(select(Attachment).where(Attachment.visit_id == visit_id).order_by(Attachment.id)).all()


def own_texts(member_id: int, but: int, limit: int = 50) -> Sequence[Row[int, int, str]]:
    """(year, seq, findings) of the member's latest other records: for the author's own hint."""
    return db.session.execute(
        select(Visit.year, Visit.seq, Visit.findings)
        .where(Visit.member_id == member_id, Visit.id != but, Visit.withdrawn_at.is_(None))
        .order_by(Visit.year.desc(), Visit.seq.desc())
        .limit(limit)
    ).all()


class SameDay(NamedTuple):
    """A record of the same member, day and place; a number is told to whom the record may be shown."""

    id: int
    year: int
    seq: int
    readable: bool

    @property
    def number(self) -> str:
        return number_of(self.year, self.seq)


def same_day(
    actor: Actor, member_id: int, on: dt.date, place: tuple[int | None, str], *, but: int | None = None
) -> list[SameDay]:
    """The member's records of that day at a branch, or at a place without one, the first first."""
    branch_id, name = place
    here = Visit.branch_id == branch_id if branch_id is not None else Visit.branch_id.is_(None) & (Visit.place == name)
    found = db.session.execute(
        select(Visit.id, Visit.year, Visit.seq, rights.readable(actor))
        .where(Visit.member_id == member_id, Visit.visited_on == on, here)
        .where(Visit.withdrawn_at.is_(None), Visit.declined_at.is_(None), Visit.id != (but or 0))
        .order_by(Visit.id)
    )
    return [SameDay(row[0], row[1], row[2], bool(row[3])) for row in found]


def last_visited_on(branch_id: int) -> dt.date | None:
    """The day of the last counted visit to the branch, whoever went."""
    return db.session.scalar(select(func.max(Visit.visited_on)).where(rights.at_branch(branch_id), Visit.counts))


def visitors_by_branch(since: dt.date) -> dict[int, set[int]]:
    """The members who went to each branch since a day; to an inner branch is also to the one around it."""
    inside = and_(Placement.branch_id == Visit.branch_id, *rights.held_then())
    rows = db.session.execute(
        select(Visit.branch_id, Placement.general_branch_id, Visit.member_id)
        .outerjoin(Placement, inside)
        .where(Visit.visited_on >= since, Visit.counts, Visit.branch_id.is_not(None))
        .distinct()
    )
    found: dict[int, set[int]] = defaultdict(set)
    for branch_id, general_id, member_id in rows:
        for one in filter(None, (branch_id, general_id)):
            found[one].add(member_id)
    return found


def taken_along(actor: Actor, branch_ids: Collection[int], most: int) -> dict[int, list[Visit]]:
    """The last counted records of each branch that may lie on a phone, the newest first; one statement.

    What the whole group may read, and the reader's own; of an inner branch also for the one around it.
    """
    day, mine = (Visit.id, Visit.visited_on), or_(Visit.level == Level.GROUP, Visit.member_id == actor.person_id)
    allowed = (Visit.counts, mine, rights.readable(actor))
    at = select(Visit.branch_id.label("point"), *day).where(Visit.branch_id.in_(branch_ids), *allowed)
    placed = and_(Placement.branch_id == Visit.branch_id, *rights.held_then())
    around = Placement.general_branch_id
    inner = select(around, *day).join(Placement, placed).where(around.in_(branch_ids), *allowed)
    both = union_all(at, inner).subquery()
    newest = func.row_number().over(partition_by=both.c.point, order_by=(both.c.visited_on.desc(), both.c.id.desc()))
    ranked = select(both.c.point, both.c.id, newest.label("n")).subquery()
    query = _plain_query().add_columns(ranked.c.point).join(ranked, and_(ranked.c.id == Visit.id, ranked.c.n <= most))
    found: dict[int, list[Visit]] = {one: [] for one in branch_ids}
    for visit, point in db.session.execute(query.order_by(ranked.c.n)):
        found[point].append(visit)
    return found


def instructions_on(member_id: int, since: dt.date) -> Sequence[Instruction]:
    """What the leader wrote on the member's records since a day, with the record and its branch, the latest first."""
    return db.session.scalars(
        select(Instruction)
        .join(Visit, Visit.id == Instruction.visit_id)
        .where(Visit.member_id == member_id, Instruction.at >= begin_of(since))
        .options(
            joinedload(Instruction.by, innerjoin=True),
            joinedload(Instruction.visit, innerjoin=True).joinedload(Visit.branch),
        )
        .order_by(Instruction.id.desc())
    ).all()


def instructions_by(person_id: int, visit_ids: Iterable[int]) -> dict[int, list[str]]:
    """What a leader wrote on these records already, by record."""
    query = select(Instruction.visit_id, Instruction.text).where(
        Instruction.by_id == person_id, Instruction.visit_id.in_(list(visit_ids))
    )
    found: dict[int, list[str]] = defaultdict(list)
    for visit_id, text in db.session.execute(query.order_by(Instruction.id)):
        found[visit_id].append(text)
    return found


@dataclass(frozen=True, slots=True)
class Voices:
    """Lines of voices with their records, as far as this reader may read them."""

    lines: Sequence[Row[Voice, Visit]]
    everything: int
    older: int = 0  # lines for this reader that are not among `lines`


def voices(actor: Actor, filters: Filters, category: Category | None, most: int | None = None) -> Voices:
    """The voices of the counted records the filters name, the newest first; `most` of them."""
    conditions = list(_conditions(actor, filters))
    by_category = category is not None and not actor.may(Act.READ_YEAR)
    if filters.text or by_category or _feels(actor, filters):  # as in `totals` and `listed_totals`
        conditions.append(rights.readable(actor))
    if category:
        conditions.append(Voice.category == category)
    joined = select(Voice, Visit).join(Visit, Visit.id == Voice.visit_id).where(*conditions)
    lines = db.session.execute(
        joined.where(rights.readable(actor))
        .options(joinedload(Visit.branch).load_only(Branch.name))
        .order_by(Visit.year.desc(), Visit.seq.desc(), Voice.id)
        .limit(most)
    ).all()
    counted = select(func.count()).select_from(Voice).join(Visit, Visit.id == Voice.visit_id).where(*conditions)
    everything, older = db.session.scalar(counted) or 0, 0
    if len(lines) == most:
        older = (db.session.scalar(counted.where(rights.readable(actor))) or 0) - len(lines)
    return Voices(lines, everything, older)


def observations(actor: Actor, branch_id: int, first: dt.date, last: dt.date) -> Sequence[Visit]:
    """Counted records of the branch that say something of its secretary's Party work which this reader may see."""
    return db.session.scalars(
        select(Visit)
        .where(
            rights.at_branch(branch_id),
            Visit.counts,
            Visit.visited_on >= first,
            Visit.visited_on <= last,
            Visit.observation != "",
            rights.readable(actor),
            rights.sees_observation(actor),
        )
        .options(joinedload(Visit.member, innerjoin=True))
        .order_by(Visit.visited_on, Visit.id)
    ).all()


def plain_visit(visit_id: int) -> Visit | None:
    """The bare row, for an action that checks itself who may."""
    return db.session.get(Visit, visit_id)


def readable_visit(actor: Actor, visit_id: int) -> Visit | None:
    """The bare row, when this person may read the record."""
    return db.session.scalar(select(Visit).where(Visit.id == visit_id, rights.readable(actor)))


def joint_records(visit_id: int) -> Sequence[Visit]:
    """The companions' records of a trip, the oldest first."""
    return db.session.scalars(select(Visit).where(Visit.joint_of_id == visit_id).order_by(Visit.id)).all()


def trip_people(actor: Actor, record: Visit) -> Sequence[str]:
    """Who else was on the trip of a companion's record; its own member knows, others by what they may read."""
    trip = or_(Visit.id == record.joint_of_id, Visit.joint_of_id == record.joint_of_id)
    query = select(Person).join(Visit, Visit.member_id == Person.id).where(trip, Visit.id != record.id)
    if record.member_id != actor.person_id:
        query = query.where(rights.readable(actor))
    there = query.where(Visit.withdrawn_at.is_(None), Visit.declined_at.is_(None))
    found = db.session.scalars(there.order_by(Person.official_order, Person.pinyin, Person.id))
    return [one.name_at(record.recorded_at) for one in found]


def companions(visit_id: int) -> Sequence[Companion]:
    return db.session.scalars(select(Companion).where(Companion.visit_id == visit_id)).all()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is there when a record arrives: is its year closed, is its key known, what of its branch that day."""

    locked: bool
    repeated: bool
    ground: Ground | None


# Built once: every record that is sent asks for it, and building costs more than running.
_LOCKED = exists().where(LockedYear.year == bindparam("year"))
_KNOWN = exists().where(Visit.client_key == bindparam("key"))
_AT_BRANCH = GROUND.add_columns(_LOCKED, _KNOWN)
_ELSEWHERE = select(_LOCKED, _KNOWN)


def receipt(member_id: int, branch_id: int | None, on: dt.date, client_key: str | None) -> Receipt:
    """All that must be known before a record is written; one statement."""
    known = {"year": on.year, "key": client_key}
    row: Any = None
    if branch_id is not None:
        values = known | {"member": member_id, "branch": branch_id, "on": on}
        row = db.session.execute(_AT_BRANCH, values).one_or_none()
    if row is not None:
        return Receipt(bool(row[3]), bool(row[4]), Ground(row[0], bool(row[1]), bool(row[2])))
    locked, repeated = db.session.execute(_ELSEWHERE, known).one()
    return Receipt(bool(locked), bool(repeated), None)


_BY_KEY = (
    select(Visit, VisitVersion.body)
    .join(VisitVersion, (VisitVersion.visit_id == Visit.id) & (VisitVersion.n == 1))
    .where(Visit.client_key == bindparam("key"))
)


def by_client_key(client_key: str) -> Row[Visit, str] | None:
    """The record stored under that key with the body of its first version."""
    return db.session.execute(_BY_KEY, {"key": client_key}).one_or_none()


# --- drafts ---------------------------------------------------------------------------------------


def drafts(person_id: int, since: dt.datetime) -> Sequence[Draft]:
    """A person's own drafts saved since then, the newest first."""
    return db.session.scalars(
        select(Draft)
        .where(Draft.person_id == person_id, Draft.saved_at >= since)
        .order_by(Draft.saved_at.desc(), Draft.id.desc())
    ).all()


def draft(person_id: int, key: str) -> Draft | None:
    return db.session.scalar(select(Draft).where(Draft.person_id == person_id, Draft.key == key))


def drafts_of(person_id: int) -> int:
    """How many drafts a person has."""
    return db.session.scalar(select(func.count()).select_from(Draft).where(Draft.person_id == person_id)) or 0


# --- books and years ------------------------------------------------------------------------------


def _locked(year: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return exists().where(LockedYear.year == year)


def is_locked(year: int) -> bool:
    return db.session.get(LockedYear, year) is not None


def locked_years() -> frozenset[int]:
    return frozenset(db.session.scalars(select(LockedYear.year)))


def book(member_id: int, year: int) -> Book | None:
    return db.session.scalar(
        select(Book).where(Book.member_id == member_id, Book.year == year).options(joinedload(Book.member))
    )


def books(year: int) -> Sequence[Book]:
    """The year's books, 按职务排序."""
    return db.session.scalars(
        select(Book)
        .where(Book.year == year)
        .join(Person, Person.id == Book.member_id)
        .options(joinedload(Book.member))
        .order_by(Person.official_order, Person.pinyin, Person.id)
    ).all()


def book_years(member_id: int) -> Sequence[int]:
    """The years the member has a book of, the latest first."""
    return db.session.scalars(select(Book.year).where(Book.member_id == member_id).order_by(Book.year.desc())).all()


def years() -> Sequence[int]:
    """The years that have records, the latest first."""
    return db.session.scalars(select(NumberSeries.year).order_by(NumberSeries.year.desc())).all()


def _in_book(member_id: int, year: int) -> ColumnElement[bool]:
    return and_(Visit.member_id == member_id, Visit.year == year, Visit.book_line.is_not(None))


Days = tuple[dt.date, dt.date]  # the first and the last


def book_records(actor: Actor, member_id: int, year: int, days: Days | None = None) -> Sequence[Visit]:
    """The records of a book, or of some days in it, line by line, as far as the reader may read them, whole but for
    restricted fields.
    """
    return db.session.scalars(
        select(Visit)
        .where(_in_book(member_id, year), rights.readable(actor), *_within(days))
        .options(
            joinedload(Visit.branch),
            joinedload(Visit.member, innerjoin=True),
            joinedload(Visit.entered_by, innerjoin=True),
            selectinload(Visit.kinds),
            selectinload(Visit.contents),
            selectinload(Visit.voices),
            selectinload(Visit.companions).joinedload(Companion.person),
            selectinload(Visit.addenda).joinedload(Addendum.by),
        )
        .order_by(Visit.book_line)
    ).all()


def about_oneself(actor: Actor, member_id: int, year: int) -> frozenset[int]:
    """The records of a book whose observations are of the reader (rule 7), also where the office entered them."""
    query = select(Visit.id).where(_in_book(member_id, year), rights.leads_branch(actor))
    return frozenset(db.session.scalars(query))


def hidden_in_book(actor: Actor, member_id: int, year: int, days: Days | None = None) -> int:
    """How many lines of a book, or of some days in it, are not for this reader."""
    query = select(func.count()).select_from(Visit).where(_in_book(member_id, year), ~rights.readable(actor))
    return db.session.scalar(query.where(*_within(days))) or 0


def lines_in_book(member_id: int, year: int, days: Days | None = None) -> int:
    """How many lines a book, or some days in it, have."""
    query = select(func.count()).select_from(Visit).where(_in_book(member_id, year), *_within(days))
    return db.session.scalar(query) or 0


def _within(days: Days | None) -> tuple[ColumnElement[bool], ...]:
    return (Visit.visited_on.between(*days),) if days else ()
