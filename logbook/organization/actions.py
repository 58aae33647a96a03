"""The lists and their history: branches, who leads them, who belongs to them, what contains them, who visits them.

Nothing is overwritten: a new secretary ends the former's term the day before. What reaches into a closed
year is refused.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from flask_babel import lazy_gettext as _

from logbook.access import Act, Actor
from logbook.accounts import queries as accounts
from logbook.accounts.actions import pinyin
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.folding import clean_name
from logbook.formats import shown_date, today
from logbook.organization import bound, queries
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
    SecretaryTerm,
)
from logbook.organization.queries import History

DAY = dt.timedelta(days=1)
MAX_TARGET = 99
# Which column of a row with history says whose it is, and which says what holds.
OWNER = {Placement: "branch_id", SecretaryTerm: "branch_id", Membership: "person_id"}
VALUE = {Placement: "general_branch_id", SecretaryTerm: "person_id", Membership: "branch_id"}
DATED = ("name", "host_unit", "host_kind", "reports_to_group")  # of a branch's entry: what papers and figures show


@dataclass(frozen=True, slots=True)
class NewBranch:
    """A branch as a form or the import hands it over."""

    name: str
    kind: BranchKind
    host_unit: str
    host_kind: HostKind = HostKind.BUREAU
    reports_to_group: bool = False
    official_order: int = 999
    from_on: dt.date | None = None
    to_on: dt.date | None = None
    is_another: bool = False  # than the one whose name looks the same: somebody was asked and said so


@dataclass(frozen=True, slots=True)
class NewLiaison:
    """One member for one branch, both days included, inside `year`; `target` visits a `period`."""

    year: int
    member_id: int
    branch_id: int
    from_on: dt.date
    to_on: dt.date
    target: int = 1
    period: Period = Period.QUARTER


@dataclass(frozen=True, slots=True)
class Copied:
    """What copying a year's arrangement did: how many it added, and which it left for the office to confirm."""

    added: int
    own: tuple[str, ...]
    bound: tuple[str, ...] = ()  # rule 7: of whose branch colleagues decided already


def _allowed(by: Actor) -> None:
    if not by.may(Act.KEEP_LISTS):
        raise NotAllowed(Act.KEEP_LISTS.value)


def _branch(branch_id: int) -> Branch:
    branch = queries.branch(branch_id)
    if branch is None:
        raise NotThere
    return branch


def _known_person(person_id: int) -> None:
    if accounts.person(person_id) is None:
        raise NotThere


def add_branch(new: NewBranch, *, by: Actor) -> Branch:
    """Add a branch; raise RuleBroken("name") when the name is taken or empty, ("to_on") when it ends first."""
    _allowed(by)
    _check_branch(new, None)
    branch = Branch(name=clean_name(new.name), pinyin=pinyin(clean_name(new.name)))
    db.session.add(_written(branch, new))
    db.session.flush()
    return branch


def change_branch(branch_id: int, new: NewBranch, *, since: dt.date | None, by: Actor) -> Branch:
    """Let a new entry hold `since` a day; None corrects what was wrong all along, and keeps no former entry.

    Raise RuleBroken: "name", "to_on" as above; "kind" while branches stand inside it, or it inside another;
    "since" closed, yet to come, or not after the last change.
    """
    bound.refuse_own(bound.concerned(branch_id), by=by)
    branch, new = _branch(branch_id), replace(new, name=clean_name(new.name), host_unit=new.host_unit.strip())
    _check_branch(new, branch_id)
    if new.kind is not branch.kind and (queries.contains_any(branch_id) or queries.placements_of(branch_id)):
        raise RuleBroken("kind", _("这个党组织与其他党组织有隶属关系，类别不能改。"))
    if since and any(getattr(new, name) != getattr(branch, name) for name in DATED):
        keep_former(branch, since, queries.former_entries(branch_id))
    if new.name != branch.name:
        branch.name = new.name
        branch.pinyin = pinyin(branch.name)
    _written(branch, new)
    db.session.flush()
    return branch


def keep_former(branch: Branch, since: dt.date, former: Sequence[FormerEntry]) -> None:
    """Keep what the branch's entry says until the day before; what it said for no day at all is not kept."""
    refuse_closed(since, "since")
    if since > today():
        raise RuleBroken("since", _("还没有到这一天，请到时再改。"))
    last = former[0].to_on if former else None
    if last and since <= last:
        raise RuleBroken("since", _("上一次变动是%(day)s，请填这一天或以后。", day=shown_date(last + DAY)))
    if last != since - DAY:
        said = {name: getattr(branch, name) for name in DATED}
        db.session.add(FormerEntry(branch_id=branch.id, to_on=since - DAY, **said))


def void_entry(entry_id: int, *, by: Actor) -> None:
    """Mark a former entry as entered in error: what came after it holds from where it began."""
    entry = queries.former_entry(entry_id)
    if entry is None:
        raise NotThere
    bound.refuse_own(bound.concerned(entry.branch_id), by=by)
    refuse_closed(entry.to_on)
    entry.void = True
    db.session.flush()


def _written(branch: Branch, new: NewBranch) -> Branch:
    branch.kind, branch.host_unit, branch.host_kind = new.kind, new.host_unit.strip(), new.host_kind
    branch.reports_to_group, branch.official_order = new.reports_to_group, new.official_order
    branch.from_on, branch.to_on = new.from_on, new.to_on
    return branch


def _check_branch(new: NewBranch, branch_id: int | None) -> None:
    name = clean_name(new.name)
    if not name:
        raise RuleBroken("name", _("请填写名称。"))
    alike = [one for one in queries.branches_named_alike(name) if one.id != branch_id]
    if any(one.name == name for one in alike):
        raise RuleBroken("name", _("已有同名的党组织。"))
    before = queries.branch(branch_id) if branch_id else None
    if alike and not new.is_another and not (before and clean_name(before.name) == name):
        raise RuleBroken("name", _("名册中已有“%(name)s”，是否为同一个党组织？", name=alike[0].name))
    if new.from_on and new.to_on and new.to_on < new.from_on:
        raise RuleBroken("to_on", _("撤销日期早于成立日期。"))


def place_inside(
    branch_id: int, general_id: int | None, from_on: dt.date, *, confirmed: bool = False, by: Actor
) -> None:
    """Put a branch inside a general branch from a day on, or (None) inside none."""
    bound.refuse_own(bound.around(branch_id), by=by)
    refuse_closed(from_on)
    if _branch(branch_id).kind is BranchKind.GENERAL:
        raise RuleBroken("general_branch_id", _("党总支不能放在另一个党总支之内。"))
    if general_id is not None and _branch(general_id).kind is not BranchKind.GENERAL:
        raise RuleBroken("general_branch_id", _("请选择一个党总支。"))
    with _asking_for_own(from_on, confirmed=confirmed):
        succeed(queries.placements_of(branch_id), Placement, branch_id, general_id, from_on)


@contextmanager
def _asking_for_own(since: dt.date, *, confirmed: bool) -> Iterator[None]:
    """What the change inside makes of liaison points the member's own organization, the office confirms.

    Raise RuleBroken("own_confirmed"), naming them, when it did not.
    """
    known = {one.id for one in queries.own_points(since)}
    yield
    db.session.flush()
    found = [one for one in queries.own_points(since) if one.id not in known]
    if found and not confirmed:
        points = "；".join(point_name(one) for one in found)
        raise RuleBroken(
            "own_confirmed",
            _("改动后是本人所在党组织的挂点：%(points)s。请勾选确认，或先结束这些挂点联系。", points=points),
        )
    for one in found:
        one.own_confirmed = True
    db.session.flush()


def point_name(one: Liaison) -> str:
    """Whose liaison point it is, in a line."""
    return f"{one.year} {one.member.name} — {one.branch.name}"


def set_secretary(
    branch_id: int, person_id: int | None, from_on: dt.date, *, confirmed: bool = False, by: Actor
) -> None:
    """Make a person the branch's secretary from a day on, or (None) leave the post vacant."""
    bound.refuse_own(bound.concerned(branch_id), by=by)
    refuse_closed(from_on)
    _branch(branch_id)
    if person_id is not None:
        _known_person(person_id)
    former = sorted(queries.secretary_terms(branch_id), key=lambda term: (term.from_on, term.id))
    with _asking_for_own(from_on, confirmed=confirmed):
        succeed(former, SecretaryTerm, branch_id, person_id, from_on)


def set_own_branch(
    person_id: int, branch_id: int | None, from_on: dt.date, *, confirmed: bool = False, by: Actor
) -> None:
    """Make a branch the person's own from a day on, or (None) none."""
    held = queries.memberships_of(person_id)
    bound.refuse_own(bound.under_review() & {person_id} if held else (), by=by)
    refuse_closed(from_on)
    _known_person(person_id)
    if branch_id is not None:
        _branch(branch_id)
    with _asking_for_own(from_on, confirmed=confirmed):
        succeed(held, Membership, person_id, branch_id, from_on)


def refuse_closed(from_on: dt.date, field: str = "from_on") -> None:
    """Raise RuleBroken(field) for a day in a closed year, or before one: it would change what was true then."""
    if from_on.year <= queries.last_locked_year():
        raise RuleBroken(field, _("%(year)s年已归档，不能再改。", year=from_on.year))


def succeed(rows: Sequence[History], table: type[History], owner_id: int, value: int | None, from_on: dt.date) -> None:
    """Let `value` hold for the owner from a day on; `rows` are the owner's, the earliest first.

    What held is ended the day before; what begins later stays and ends the new row the day before it begins.
    """
    before = [row for row in rows if row.from_on <= from_on]
    after = [row for row in rows if row.from_on > from_on]
    held = before[-1] if before and (before[-1].to_on is None or before[-1].to_on >= from_on) else None
    if (getattr(held, VALUE[table]) if held else None) == value:
        return
    if held:
        _end_before(held, from_on)
    if after and getattr(after[0], VALUE[table]) == value:
        after[0].from_on = from_on  # only the day was wrong
    elif value is not None:
        to_on = after[0].from_on - DAY if after else None
        db.session.add(table(**{OWNER[table]: owner_id, VALUE[table]: value}, from_on=from_on, to_on=to_on))


def _end_before(row: Placement | SecretaryTerm | Membership, from_on: dt.date) -> None:
    if row.from_on == from_on:
        row.void = True
    else:
        row.to_on = from_on - DAY


def void_term(term_id: int, *, by: Actor) -> None:
    """Mark a term as entered in error; the one it had ended goes on."""
    _void(SecretaryTerm, term_id, by)


def void_placement(placement_id: int, *, by: Actor) -> None:
    """Mark a placement as entered in error; the one it had ended goes on."""
    _void(Placement, placement_id, by)


def void_membership(membership_id: int, *, by: Actor) -> None:
    """Mark a person's own branch as entered in error; the one it had ended goes on."""
    _void(Membership, membership_id, by)


def _void(table: type[History], row_id: int, by: Actor) -> None:
    row = queries.history_row(table, row_id)
    if row is None:
        raise NotThere
    bound.refuse_own(_held_against(row), by=by)
    refuse_closed(row.from_on)
    with _asking_for_own(row.from_on, confirmed=False):
        row.void = True
        for former in _rows_of(row):
            if former.to_on == row.from_on - DAY:
                former.to_on = row.to_on


def _held_against(row: Placement | SecretaryTerm | Membership) -> frozenset[int]:
    """Whom rule 7 would let go with this row."""
    if isinstance(row, Membership):
        return bound.under_review() & {row.person_id}
    if isinstance(row, Placement):
        return bound.concerned(row.branch_id, row.general_branch_id)
    return bound.concerned(row.branch_id)


def _rows_of(row: Placement | SecretaryTerm | Membership) -> Sequence[Placement | SecretaryTerm | Membership]:
    if isinstance(row, Placement):
        return queries.placements_of(row.branch_id)
    if isinstance(row, SecretaryTerm):
        return queries.secretary_terms(row.branch_id)
    return queries.memberships_of(row.person_id)


def add_liaison(new: NewLiaison, *, confirmed: bool, by: Actor) -> Liaison:
    """Add a liaison; `confirmed` says the office knows that it is the member's own organization.

    Raise RuleBroken: "year" closed, "from_on"/"to_on" outside the year, "target", "branch_id" overlapping,
    "own_confirmed" the member's own organization and not confirmed.
    """
    bound.refuse_own(bound.concerned(new.branch_id), by=by)
    _branch(new.branch_id)
    _known_person(new.member_id)
    check_liaison(new, queries.locked_years())
    _refuse_overlap(new)
    liaison = Liaison(**{name: getattr(new, name) for name in NewLiaison.__slots__})
    db.session.add(liaison)
    db.session.flush()
    if liaison in queries.own_points(new.from_on):
        if not confirmed:
            raise RuleBroken("own_confirmed", _("这是本人所在的党组织。确要作为挂点的，请勾选确认。"))
        liaison.own_confirmed = True
        db.session.flush()
    return liaison


def check_liaison(new: NewLiaison, locked: frozenset[int]) -> None:
    """Raise RuleBroken for a closed year, days outside it, or a target that is none."""
    if new.year in locked:
        raise RuleBroken("year", _("%(year)s年已归档，不能再改。", year=new.year))
    if new.from_on.year != new.year:
        raise RuleBroken("from_on", _("开始日期不在%(year)s年内。", year=new.year))
    if new.to_on.year != new.year or new.to_on < new.from_on:
        raise RuleBroken("to_on", _("结束日期要在%(year)s年内，不早于开始日期。", year=new.year))
    if not 1 <= new.target <= MAX_TARGET:
        raise RuleBroken("target", _("次数为1至99。"))


def _refuse_locked(year: int) -> None:
    if year in queries.locked_years():
        raise RuleBroken("year", _("%(year)s年已归档，不能再改。", year=year))


def _refuse_overlap(new: NewLiaison) -> None:
    for other in queries.same_liaison(new.year, new.member_id, new.branch_id):
        if other.from_on <= new.to_on and new.from_on <= other.to_on:
            raise RuleBroken("branch_id", _("这段时间已有同一人对同一党组织的挂点联系。"))


def _open_liaison(liaison_id: int, by: Actor) -> Liaison:
    """The liaison, for who may change it: whoever goes to a branch comments on its secretary (rule 7)."""
    liaison = queries.liaison(liaison_id)
    if liaison is None:
        raise NotThere
    bound.refuse_own(bound.concerned(liaison.branch_id), by=by)
    _refuse_locked(liaison.year)
    return liaison


def end_liaison(liaison_id: int, on: dt.date, *, by: Actor) -> None:
    """Let a day be the liaison's last; raise RuleBroken("on") for a day outside it."""
    liaison = _open_liaison(liaison_id, by)
    if not liaison.from_on <= on <= liaison.to_on:
        raise RuleBroken("on", _("最后一天要在原来的起止日期之内。"))
    liaison.to_on = on
    db.session.flush()


def change_target(liaison_id: int, target: int, period: Period, *, by: Actor) -> None:
    """Change how often; raise RuleBroken("target") outside 1…99."""
    liaison = _open_liaison(liaison_id, by)
    if not 1 <= target <= MAX_TARGET:
        raise RuleBroken("target", _("次数为1至99。"))
    liaison.target, liaison.period = target, period
    db.session.flush()


def void_liaison(liaison_id: int, *, by: Actor) -> None:
    """Mark a liaison as entered in error."""
    _open_liaison(liaison_id, by).void = True
    db.session.flush()


def copy_liaison(from_year: int, to_year: int, *, by: Actor) -> Copied:
    """Copy what was in force on 31 December into the whole of `to_year`.

    Left out: what `to_year` has already, members no longer in use, branches dissolved; and, named, what is the
    member's own organization: each year it is confirmed anew, or not. What others arranged for a branch is copied
    by anybody of the office: there is nothing to choose. But where the new year has any row of a branch, a voided one
    included, somebody decided on it: whom it is held against adds nothing to that (rule 7).
    """
    _allowed(by)
    _refuse_locked(to_year)
    first, last = dt.date(to_year, 1, 1), dt.date(to_year, 12, 31)
    have = {(row.member_id, row.branch_id) for row in queries.liaisons(to_year)}
    existing = {branch.id for branch in queries.branches(first)}
    rows = [
        row
        for row in queries.liaisons(from_year)
        if row.to_on == dt.date(from_year, 12, 31) and row.member.active and row.branch_id in existing
    ]
    missing = [row for row in rows if (row.member_id, row.branch_id) not in have]
    decided = {one for one in queries.arranged_branches(to_year) if by.person_id in bound.concerned(one)}
    added = [row for row in missing if row.branch_id not in decided]
    copies = [
        Liaison(
            year=to_year, member_id=row.member_id, branch_id=row.branch_id, from_on=first, to_on=last,
            target=row.target, period=row.period,
        )
        for row in added
    ]  # fmt: skip
    db.session.add_all(copies)
    db.session.flush()
    own = [one for one in queries.own_points(first) if one in copies]
    for one in own:
        db.session.delete(one)  # it was never committed: nobody saw it
    db.session.flush()
    left = tuple(point_name(row) for row in missing if row.branch_id in decided)
    return Copied(len(copies) - len(own), tuple(point_name(one) for one in own), left)


def lock_liaison(year: int, *, by: Actor, at: dt.datetime) -> None:
    """Close the year's liaison for good; called by the closing of the year."""
    if not by.may(Act.CLOSE_YEAR):
        raise NotAllowed(Act.CLOSE_YEAR.value)
    if year not in queries.locked_years():
        db.session.add(LiaisonLock(year=year, locked_at=at, locked_by_id=by.person_id))
        db.session.flush()
