"""What a workbook would change in the lists, and carrying it out: all or nothing.

The plan compares each line with what the database has; carrying out writes what the plan found.
"""

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from flask_babel import lazy_gettext as _

from logbook.access import Act, Actor, Role
from logbook.accounts import actions as accounts
from logbook.accounts import roles
from logbook.accounts.models import Person
from logbook.accounts.renaming import refuse_own_name, rename
from logbook.db import Word, db
from logbook.errors import NotAllowed, RuleBroken
from logbook.formats import SIGN_IN_NAME, full_date, local_date
from logbook.organization import bound, queries
from logbook.organization.actions import DATED, NewLiaison, check_liaison, keep_former, succeed
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
from logbook.organization.own import refuse_own
from logbook.organization.pairing import BranchEntry, PersonEntry, Point, Question, Work, held
from logbook.organization.workbook import (
    BRANCHES,
    LIAISON,
    PEOPLE,
    BranchRow,
    LiaisonRow,
    Lists,
    PersonRow,
    Problem,
)

COLUMN = {
    "name": "名称", "post": "职务", "official_order": "排序", "sign_in_name": "登录名", "kind": "类别",
    "host_unit": "所在单位", "host_kind": "单位类别", "reports_to_group": "向党组述职", "roles": "角色",
    "branch": "所在党组织", "general": "上级党总支", "secretary": "书记", "year": "年度", "from_on": "开始日期",
    "to_on": "结束日期", "target": "次数", "period": "周期",
}  # fmt: skip
# The same fields under the heads of 人员.
OF_PEOPLE = {"name": "姓名", "official_order": "职务排序"}
Change = tuple[str, str, str]  # column, what stands there now, what would


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the preview: what changes, or of something new all that is written; empty for what stays."""

    sheet: str
    row: int
    name: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What carrying out would do; `digest` tells whether a second plan says the same."""

    from_on: dt.date
    new: tuple[Item, ...]
    changed: tuple[Item, ...]
    unchanged: tuple[Item, ...]
    wrong: tuple[Problem, ...]
    questions: tuple[Question, ...]
    work: Work = field(compare=False, repr=False)

    @property
    def opens_doors(self) -> bool:
        """Whether sign-in names or roles change."""
        doors = {COLUMN["roles"], COLUMN["sign_in_name"]}
        lines = [item for item in (*self.new, *self.changed) if item.sheet == PEOPLE]
        return any(column in doors for item in lines for column, _old, _new in item.changes)

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()


def plan_import(lists: Lists, from_on: dt.date, *, by: Actor, apart: Container[str] | None = None) -> ImportPlan:
    """Compare a workbook with the database; secretaries, own and containing branches change from `from_on` on.

    `apart` names the questions that were answered: it is somebody else; None before anybody was asked.
    """
    if not by.may(Act.KEEP_LISTS):
        raise NotAllowed(Act.KEEP_LISTS.value)
    work = Work(lists, from_on, by, apart)
    items: list[tuple[bool, Item]] = [
        *(_person_item(work, entry, entry.row) for entry in work.people if entry.row),
        *(_branch_item(work, entry, entry.row) for entry in work.branches if entry.row),
        *(found for row in lists.liaison if (found := _liaison_item(work, row))),
    ]
    for row in lists.faulty:
        _check_names(work, row)
    _refuse_overlaps(work)
    refuse_own(work)
    return ImportPlan(
        from_on=from_on,
        new=tuple(item for is_new, item in items if is_new),
        changed=tuple(item for is_new, item in items if item.changes and not is_new),
        unchanged=tuple(item for is_new, item in items if not item.changes and not is_new),
        wrong=tuple(sorted(work.problems, key=lambda p: ((PEOPLE, BRANCHES, LIAISON).index(p.sheet), p.row))),
        questions=tuple(work.questions),
        work=work,
    )


def _check_names(work: Work, row: PersonRow | BranchRow | LiaisonRow) -> None:
    """A line that cannot be read whole still tells, with its other faults, whom it names that nobody knows."""
    if isinstance(row, LiaisonRow):
        people, branches = {"党组成员": row.member}, {"党组织": row.branch}
    elif isinstance(row, BranchRow):
        people, branches = {COLUMN["secretary"]: row.secretary}, {COLUMN["general"]: row.general}
    else:
        people, branches = {}, {COLUMN["branch"]: row.branch}
    for column, name in people.items():
        if name:
            work.person(name, row.sheet, row.row, column)
    for column, name in branches.items():
        if name:
            work.branch(name, row.sheet, row.row, column)


def _person_item(work: Work, entry: PersonEntry, row: PersonRow) -> tuple[bool, Item]:
    changes = _changes(entry.found, _person_values(row), COLUMN | OF_PEOPLE)
    found_id = entry.found.id if entry.found else 0
    if row.roles is not None and row.roles != work.roles.get(found_id, set()):
        changes.append((COLUMN["roles"], _shown(work.roles.get(found_id, ())), _shown(row.roles)))
    _check_rights(work, row, found_id, {column for column, _old, _new in changes})
    if row.branch and (own := work.branch(row.branch, PEOPLE, row.row, COLUMN["branch"])):
        work.own[entry] = own
        now = held(work.memberships.get(found_id, ()), work.from_on)
        now_branch = work.by_branch_id[now.branch_id] if now else None
        moved = _moved(work, now_branch, own, (PEOPLE, row.row, COLUMN["branch"]))
        if moved and work.led_by_reader and found_id == work.by.person_id and work.memberships.get(found_id):
            work.refuse(PEOPLE, row.row, COLUMN["branch"], bound.OTHERS)
        changes += moved
    return entry.found is None, Item(PEOPLE, row.row, row.name, tuple(changes))


def _check_rights(work: Work, row: PersonRow, found_id: int, columns: set[str]) -> None:
    """Sign-in names and roles open doors: only who keeps the accounts may import them."""
    for column in sorted(columns & {COLUMN["roles"], COLUMN["sign_in_name"]}):
        if not work.by.may(Act.KEEP_ACCOUNTS):
            work.refuse(PEOPLE, row.row, column, _("登录名和角色由系统管理员设置，请留空。"))
    _check_sign_in_name(work, row, columns)
    if OF_PEOPLE["name"] in columns and found_id:
        try:
            refuse_own_name(found_id, work.by.person_id)
        except RuleBroken as broken:
            work.refuse(PEOPLE, row.row, OF_PEOPLE["name"], broken.message)
    if COLUMN["roles"] not in columns:
        return
    if found_id == work.by.person_id:
        work.refuse(PEOPLE, row.row, COLUMN["roles"], _("本人的角色由另一名系统管理员更改。"))
    elif Role.SYSADMIN in work.roles.get(found_id, set()) - (row.roles or set()):
        work.refuse(PEOPLE, row.row, COLUMN["roles"], _("系统管理员的角色请在“人员和账号”里去掉。"))


def _check_sign_in_name(work: Work, row: PersonRow, columns: set[str]) -> None:
    """One with a blank is known from before, and none is made any more."""
    if COLUMN["sign_in_name"] in columns and not SIGN_IN_NAME.fullmatch(row.sign_in_name or ""):
        work.refuse(PEOPLE, row.row, COLUMN["sign_in_name"], _("登录名请用2至60个小写字母、数字。"))


def _person_values(row: PersonRow) -> dict[str, object]:
    return {
        "name": row.name,
        "post": row.post,
        "official_order": row.official_order,
        "sign_in_name": row.sign_in_name,
    }


def _branch_values(row: BranchRow, found: Branch | None) -> dict[str, object]:
    presets = {"host_kind": HostKind.BUREAU, "reports_to_group": False} if found is None else {}
    given = {
        "name": row.name,
        "kind": row.kind,
        "host_unit": row.host_unit,
        "host_kind": row.host_kind,
        "reports_to_group": row.reports,
        "official_order": row.official_order,
    }
    return {name: presets.get(name) if value is None else value for name, value in given.items()}


def _changes(
    found: Person | Branch | Liaison | None, values: Mapping[str, object], titles: Mapping[str, str] = COLUMN
) -> list[Change]:
    """Return what differs; a cell left empty (None) changes nothing, and the name of something new is its heading."""
    old = {name: getattr(found, name, None) for name in values}
    return [
        (titles[name], _shown(old[name]), _shown(value))
        for name, value in values.items()
        if value is not None and value != old[name] and (found or name != "name")
    ]


def _shown(value: object) -> str:
    if isinstance(value, set | frozenset | tuple):
        return "、".join(role.label for role in Role if role in value)
    if isinstance(value, Word):
        return value.label
    if isinstance(value, dt.date):
        return full_date(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    return "" if value is None else str(value)


def _moved(
    work: Work,
    now: PersonEntry | BranchEntry | None,
    wanted: PersonEntry | BranchEntry,
    where: tuple[str, int, str],
) -> list[Change]:
    """Return the change of a secretary, own or containing branch; a problem when it reaches into a closed year."""
    if wanted is now:
        return []
    sheet, row, column = where
    if work.from_on.year <= max(work.locked, default=0):
        work.refuse(sheet, row, column, _("%(year)s年已归档，不能再改。", year=work.from_on.year))
    return [(column, now.name if now else "", f"{wanted.name}（{full_date(work.from_on)}起）")]


def _branch_item(work: Work, entry: BranchEntry, row: BranchRow) -> tuple[bool, Item]:
    changes = _entry_changes(work, entry.found, row)
    found_id = entry.found.id if entry.found else 0
    if row.secretary and (person := work.person(row.secretary, BRANCHES, row.row, COLUMN["secretary"])):
        work.secretary[entry] = person
        term = held(work.terms.get(found_id, ()), work.from_on)
        now_person = work.by_person_id[term.person_id] if term else None
        changes += _moved(work, now_person, person, (BRANCHES, row.row, COLUMN["secretary"]))
    if row.general and (general := _general(work, row)):
        work.general[entry] = general
        now = held(work.placements.get(found_id, ()), work.from_on)
        now_general = work.by_branch_id[now.general_branch_id] if now else None
        changes += _moved(work, now_general, general, (BRANCHES, row.row, COLUMN["general"]))
    _check_kind(work, entry, row)
    _refuse_own(work, found_id, row, [column for column, _old, _new in changes])
    return entry.found is None, Item(BRANCHES, row.row, row.name, tuple(changes))


def _refuse_own(work: Work, branch_id: int, row: BranchRow, columns: Sequence[str]) -> None:
    """Refuse the reader what rule 7 holds against them: of a branch they led, or from inside one they led."""
    around = {placement.general_branch_id for placement in work.placements.get(branch_id, ())}
    for column in columns:
        if {branch_id, *(around if column == COLUMN["general"] else ())} & work.led_by_reader:
            work.refuse(BRANCHES, row.row, column, bound.OTHERS)


def _entry_changes(work: Work, found: Branch | None, row: BranchRow) -> list[Change]:
    """Return the changes of a branch's entry; what figures and papers show holds from today on."""
    changes = _changes(found, _branch_values(row, found))
    dated = {COLUMN[name] for name in DATED} & {column for column, _old, _new in changes} if found else set()
    if dated and work.today.year <= max(work.locked, default=0):
        work.refuse(BRANCHES, row.row, min(dated), _("%(year)s年已归档，不能再改。", year=work.today.year))
    since = f"（{full_date(work.today)}起）"
    return [(column, old, new + since if column in dated else new) for column, old, new in changes]


def _general(work: Work, row: BranchRow) -> BranchEntry | None:
    general = work.branch(row.general, BRANCHES, row.row, COLUMN["general"])
    if general is None:
        return None
    kind = general.row.kind if general.row else general.found.kind if general.found else None
    if row.kind is BranchKind.GENERAL:
        work.refuse(BRANCHES, row.row, COLUMN["general"], _("党总支不能放在另一个党总支之内。"))
    elif kind is not BranchKind.GENERAL:
        work.refuse(BRANCHES, row.row, COLUMN["general"], _("不是党总支：%(name)s", name=row.general))
    return general


def _check_kind(work: Work, entry: BranchEntry, row: BranchRow) -> None:
    if entry.found and entry.found.kind is not row.kind:
        inside = {placement.general_branch_id for rows in work.placements.values() for placement in rows}
        if entry.found.id in inside or entry.found.id in work.placements:
            work.refuse(BRANCHES, row.row, COLUMN["kind"], _("这个党组织与其他党组织有隶属关系，类别不能改。"))


def _liaison_item(work: Work, row: LiaisonRow) -> tuple[bool, Item] | None:
    member = work.person(row.member, LIAISON, row.row, "党组成员")
    branch = work.branch(row.branch, LIAISON, row.row, "党组织")
    if member is None or branch is None:
        _check_point(work, row, _new_liaison(row, None))
        return None
    same = _same_liaison(work, row, member, branch)
    if same is None:
        return None
    found = same[0] if same else None
    new = _new_liaison(row, found)
    changes = _changes(found, {name: getattr(new, name) for name in ("from_on", "to_on", "target", "period")})
    if changes or found is None:
        _check_point(work, row, new)
        if branch.found and branch.found.id in work.led_by_reader:
            work.refuse(LIAISON, row.row, "党组织", bound.OTHERS)
    point = Point(row, member, branch, found, new)
    if found is None:
        _check_member(work, point)
    work.points.append(point)
    return found is None, Item(LIAISON, row.row, f"{row.year} {member.name} {branch.name}", tuple(changes))


def _same_liaison(work: Work, row: LiaisonRow, member: PersonEntry, branch: BranchEntry) -> list[Liaison] | None:
    """Return the liaison the line is about, none when it is new; None and a problem when several could be meant."""
    if not (member.found and branch.found):
        return []
    held = work.liaison.get((row.year, member.found.id, branch.found.id), [])
    fitting = [liaison for liaison in held if row.from_on in {None, liaison.from_on}]
    if len(fitting) > 1:
        work.refuse(LIAISON, row.row, COLUMN["from_on"], _("这一年有几段，请填开始日期。"))
        return None
    return fitting


def _new_liaison(row: LiaisonRow, found: Liaison | None) -> NewLiaison:
    return NewLiaison(
        year=row.year,
        member_id=found.member_id if found else 0,
        branch_id=found.branch_id if found else 0,
        from_on=row.from_on or (found.from_on if found else dt.date(row.year, 1, 1)),
        to_on=row.to_on or (found.to_on if found else dt.date(row.year, 12, 31)),
        target=row.target or (found.target if found else 1),
        period=row.period or (found.period if found else Period.QUARTER),
    )


def _check_point(work: Work, row: LiaisonRow, new: NewLiaison) -> None:
    try:
        check_liaison(new, work.locked)
    except RuleBroken as broken:
        work.refuse(LIAISON, row.row, COLUMN[broken.field], broken.message)


def _check_member(work: Work, point: Point) -> None:
    member = point.member
    roles = (work.ever[member.found.id] if member.found else set()) | set((member.row and member.row.roles) or ())
    if not roles & {Role.MEMBER, Role.LEADER} and not work.may_stand(PEOPLE, member.name):
        work.refuse(LIAISON, point.row.row, "党组成员", _("不是党组成员：%(name)s", name=member.name))


def _refuse_overlaps(work: Work) -> None:
    """Two periods of one member with one branch may not overlap, whether both are lines or one stands already."""
    periods: dict[tuple[int, PersonEntry, BranchEntry], list[tuple[dt.date, dt.date, int]]] = defaultdict(list)
    for point in work.points:
        key = (point.row.year, point.member, point.branch)
        if key not in periods:
            periods[key] = _standing(work, *key)
        for first, last, row in periods[key]:
            if first <= point.new.to_on and point.new.from_on <= last:
                where = _("第%(row)s行", row=row) if row else _("名册")
                why = _("与%(where)s里同一人对同一党组织的挂点联系日期重叠。", where=where)
                work.refuse(LIAISON, point.row.row, COLUMN["from_on"], why)
        periods[key].append((point.new.from_on, point.new.to_on, point.row.row))


def _standing(work: Work, year: int, member: PersonEntry, branch: BranchEntry) -> list[tuple[dt.date, dt.date, int]]:
    """The periods in the database that no line changes."""
    changed = {point.found.id for point in work.points if point.found}
    stored = work.liaison.get((year, member.found.id, branch.found.id), []) if member.found and branch.found else []
    return [(liaison.from_on, liaison.to_on, 0) for liaison in stored if liaison.id not in changed]


def carry_out(plan: ImportPlan, *, by: Actor, at: dt.datetime) -> None:
    """Write a plan made in this transaction, all of it; raise RuleBroken("file") when anything is wrong in it."""
    if plan.wrong:
        raise RuleBroken("file", _("还有不对的地方，一条也没有导入。"))
    work = plan.work
    with roles.keeping_ways_in(at):
        for person in work.people:
            if person.row:
                _write_person(person, person.row, work, at)
        for branch in work.branches:
            if branch.row:
                _write_branch(work, branch, branch.row)
        db.session.flush()
        _write_roles(work, by, at)
        _write_history(work)
        for point in work.points:
            _write_point(point)
        db.session.flush()


def _write_person(entry: PersonEntry, row: PersonRow, work: Work, at: dt.datetime) -> None:
    if entry.found is None:
        entry.found = Person(name=row.name, pinyin=accounts.pinyin(row.name))
        db.session.add(entry.found)
    elif entry.found.name != row.name:
        rename(entry.found, row.name, since=local_date(at), by=work.by.person_id, at=at)
        entry.found.pinyin = accounts.pinyin(row.name)
    if entry.found.id and row.sign_in_name and entry.found.sign_in_name != row.sign_in_name:
        roles.change_sign_in_name(entry.found, row.sign_in_name, at=at)
    _write(entry.found, _person_values(row))


def _write_branch(work: Work, entry: BranchEntry, row: BranchRow) -> None:
    values = _branch_values(row, entry.found)
    if entry.found and any(values[name] not in {None, getattr(entry.found, name)} for name in DATED):
        keep_former(entry.found, work.today, queries.former_entries(entry.found.id))
    if entry.found is None:
        entry.found = Branch(pinyin=accounts.pinyin(row.name))
        db.session.add(entry.found)
    _write(entry.found, values)


def _write(row: Person | Branch | Liaison, values: Mapping[str, object]) -> None:
    for name, value in values.items():
        if value is not None and value != getattr(row, name):
            setattr(row, name, value)


def _write_roles(work: Work, by: Actor, at: dt.datetime) -> None:
    for entry in work.people:
        if entry.row and entry.row.roles is not None and entry.row.roles != work.roles.get(_id(entry), set()):
            roles.set_roles(_id(entry), entry.row.roles, by=by.person_id, at=at)


def _write_history(work: Work) -> None:
    for person, branch in work.own.items():
        rows = work.memberships.get(_id(person), [])
        succeed(rows, Membership, _id(person), _id(branch), work.from_on)
    for branch, person in work.secretary.items():
        succeed(work.terms.get(_id(branch), []), SecretaryTerm, _id(branch), _id(person), work.from_on)
    for branch, general in work.general.items():
        succeed(work.placements.get(_id(branch), []), Placement, _id(branch), _id(general), work.from_on)


def _id(entry: PersonEntry | BranchEntry) -> int:
    assert entry.found is not None  # noqa: S101 - stored a moment ago
    return entry.found.id


def _write_point(point: Point) -> None:
    if point.found is None:
        new = replace(point.new, member_id=_id(point.member), branch_id=_id(point.branch))
        db.session.add(Liaison(**asdict(new)))
    else:
        _write(point.found, {name: getattr(point.new, name) for name in ("from_on", "to_on", "target", "period")})


def as_lines(on: dt.date, year: int, apply: Callable[[str], str] = str) -> dict[str, list[list[object]]]:
    """The lists as they hold on a day, with the year's liaison, as lines of the workbook."""
    work = Work(Lists(), on, Actor(0, "", frozenset()))
    names = {entry.found.id: _reference(work, entry) for entry in work.people if entry.found}
    branches = {branch_id: entry.name for branch_id, entry in work.by_branch_id.items()}
    return {
        PEOPLE: [_person_line(work, entry.found, branches, apply) for entry in work.people if entry.found],
        BRANCHES: [_branch_line(work, entry.found, branches, names) for entry in work.branches if entry.found],
        LIAISON: [_liaison_line(row, names) for row in queries.liaisons(year)],
    }  # fmt: skip


def _liaison_line(row: Liaison, names: Mapping[int, str]) -> list[object]:
    days = [row.from_on.isoformat(), row.to_on.isoformat()]
    return [row.year, names[row.member_id], row.branch.name, *days, row.target, row.period.chinese]


def _reference(work: Work, entry: PersonEntry) -> str:
    """The name, or the sign-in name where several have the name."""
    alone = len(work.people_named[entry.name]) == 1
    return entry.name if alone or not entry.found else entry.found.sign_in_name or entry.name


def _person_line(work: Work, person: Person, branches: Mapping[int, str], apply: Callable[[str], str]) -> list[object]:
    own = held(work.memberships.get(person.id, ()), work.from_on)
    roles = "、".join(apply(role.chinese) for role in Role if role in work.roles.get(person.id, ()))
    return [
        person.name, person.post, person.official_order, person.sign_in_name or "", roles,
        branches[own.branch_id] if own else "",
    ]  # fmt: skip


def _branch_line(work: Work, branch: Branch, branches: Mapping[int, str], names: Mapping[int, str]) -> list[object]:
    inside = held(work.placements.get(branch.id, ()), work.from_on)
    term = held(work.terms.get(branch.id, ()), work.from_on)
    return [
        branch.name, branch.kind.chinese, branch.host_unit, branch.host_kind.chinese,
        branches[inside.general_branch_id] if inside else "", names[term.person_id] if term else "",
        "是" if branch.reports_to_group else "否", branch.official_order,
    ]  # fmt: skip
