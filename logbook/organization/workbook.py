"""The workbook of the lists: its three sheets as a template, and what an uploaded one says, cell by cell.

Reading is pure: rows of cells in, frozen rows and problems out. Nothing here knows the database.
"""

import datetime as dt
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from flask_babel import lazy_gettext as _

from logbook.access import Role
from logbook.cleaning import clean_line, clean_text
from logbook.db import Word
from logbook.documents import sheet
from logbook.folding import clean_name
from logbook.formats import as_count, as_date, as_typed
from logbook.organization.models import BranchKind, HostKind, Period

PEOPLE, BRANCHES, LIAISON, HELP = "人员", "党组织", "挂点联系", "填写说明"
# Sheet → its columns, in order; a star marks what must be filled in.
COLUMNS: dict[str, tuple[str, ...]] = {
    PEOPLE: ("姓名*", "职务", "职务排序", "登录名", "角色", "所在党组织"),
    BRANCHES: ("名称*", "类别*", "所在单位*", "单位类别", "上级党总支", "书记", "向党组述职", "排序"),
    LIAISON: ("年度*", "党组成员*", "党组织*", "开始日期", "结束日期", "次数", "周期"),
}
HELP_LINES = (
    ("各表", "带 * 的列必填。其余留空的，新增时用预设，已有的保持不变。表头和工作表名称不要改，不要合并单元格。"),
    (
        "人员",
        "登录名用小写字母、数字；支部书记不需要登录名。角色填党组成员、党组书记、党办、系统管理员，用顿号隔开。",
    ),
    ("人员", "同名的人都要填登录名；别的表里提到他们时写登录名。"),
    ("党组织", "类别填党总支或党支部；单位类别填局机关或下属单位；向党组述职填是或否。"),
    ("挂点联系", "日期写成 2026-3-1 或 2026年3月1日，留空为全年；周期填每年、每半年或每季度，留空为每季度1次。"),
)
YES, NO = frozenset("是√✓✔☑✅"), frozenset("否×✗✘☒╳")
NOT_READ = frozenset({"序号"})  # columns that every office has
HIGHEST_HEAD = 10  # rows down to which the head is looked for, below titles
# Rows below a list that are none of its lines: notes, sums, who filled it in.
_BELOW = re.compile(
    r"(注|备注|附注|说明|(填表|制表|审核|复核|填报)(人|单位|日期)?|单位?负责人|联系人|联系电话|日期)([^一-龥]|$)"
    r"|(合计|总计|小计|共计)([^一-龥]|$)|共[0-9一二三四五六七八九十]+[人名个条]"
)
MAX_NAME = 60  # characters, as in the forms
MAX_NUMBER = 9999
# As they are made today (formats.SIGN_IN_NAME), and with the blanks that a first start once took: what the lists hold
# comes back.
_SIGN_IN = re.compile(r"[a-z0-9._-][a-z0-9._ -]{0,58}[a-z0-9._-]")
_BETWEEN = re.compile(r"[、,，;；/\s]+")
W = TypeVar("W", bound=Word)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, where: `row` as the spreadsheet numbers it, 0 for the whole sheet."""

    sheet: str
    row: int
    column: str
    why: str


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of 人员; None and "" stand for cells left empty."""

    sheet: ClassVar[str] = PEOPLE
    row: int
    name: str
    post: str | None
    official_order: int | None
    sign_in_name: str | None
    roles: frozenset[Role] | None
    branch: str


@dataclass(frozen=True, slots=True)
class BranchRow:
    """A line of 党组织; None and "" stand for cells left empty."""

    sheet: ClassVar[str] = BRANCHES
    row: int
    name: str
    kind: BranchKind
    host_unit: str
    host_kind: HostKind | None
    general: str
    secretary: str
    reports: bool | None
    official_order: int | None


@dataclass(frozen=True, slots=True)
class LiaisonRow:
    """A line of 挂点联系; None stands for cells left empty."""

    sheet: ClassVar[str] = LIAISON
    row: int
    year: int
    member: str
    branch: str
    from_on: dt.date | None
    to_on: dt.date | None
    target: int | None
    period: Period | None


Row = PersonRow | BranchRow | LiaisonRow
L = TypeVar("L", bound=Row)


@dataclass(frozen=True, slots=True)
class Lists:
    """What a workbook says: its good lines, and beside its problems what could not be read whole."""

    people: tuple[PersonRow, ...] = ()
    branches: tuple[BranchRow, ...] = ()
    liaison: tuple[LiaisonRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    faulty: tuple[Row, ...] = ()  # lines with a cell that cannot be read
    unread: frozenset[str] = frozenset()  # sheets that are missing, or whose head is not as it must be


def same(text: str) -> str:
    """Return the text as it is: the unit's words where it uses the presets."""
    return text


@dataclass(slots=True)
class _Line:
    """One line being read; every cell that cannot be read becomes a problem and an empty value."""

    sheet: str
    row: int
    cells: Mapping[str, object]
    apply: Callable[[str], str]
    problems: list[Problem]
    refused: int = field(default=0)

    def refuse(self, column: str, why: object) -> None:
        self.refused += 1
        self.problems.append(Problem(self.sheet, self.row, column, str(why)))

    def typed(self, column: str, *, required: bool = False, most: int = MAX_NAME) -> str:
        text = clean_line(plain(self.cells.get(column)))
        if required and not text:
            self.refuse(column, _("没有填写。"))
        if len(text) > most:
            self.refuse(column, _("超过%(n)s个字。", n=most))
        return text

    def number(self, column: str, least: int, most: int, *, required: bool = False) -> int | None:
        text = self.typed(column, required=required)
        if not text:
            return None
        number = as_count(as_typed(text).removesuffix("度").removesuffix("年"))
        if number is None or not least <= number <= most:
            self.refuse(column, _("不是%(least)s至%(most)s的整数：%(text)s", least=least, most=most, text=text))
            return None
        return number

    def word(self, column: str, words: Iterable[W], *, required: bool = False) -> W | None:
        text = self.typed(column, required=required)
        if not text:
            return None
        known = {name: word for word in words for name in (word.chinese, self.apply(word.chinese))}
        known |= {name.removeprefix("每"): word for name, word in known.items()}
        found = known.get(_bare(text))
        if found is None:
            names = "、".join(dict.fromkeys(self.apply(word.chinese) for word in known.values()))
            self.refuse(column, _("“%(text)s”不在可选之内：%(names)s。", text=text, names=names))
        return found

    def day(self, column: str) -> dt.date | None:
        value = self.cells.get(column)
        if isinstance(value, dt.date):
            return value.date() if isinstance(value, dt.datetime) else value
        text = clean_line(plain(value))
        if not text:
            return None
        day = as_date(text)
        if day is None:
            self.refuse(column, _("不是日期：%(text)s。请写成 2026-3-1 或 2026年3月1日。", text=text[:20]))
        return day

    def name(self, column: str, *, required: bool = False) -> str:
        return clean_name(self.typed(column, required=required))

    def yes(self, column: str) -> bool | None:
        text = self.typed(column)
        if text not in {"", *YES, *NO}:
            self.refuse(column, _("请填是或否。"))
        return text in YES if text else None

    def roles(self, column: str) -> frozenset[Role] | None:
        text = self.typed(column)
        known = {name: role for role in Role for name in (role.chinese, self.apply(role.chinese))}
        names = [name for name in _BETWEEN.split(text) if name]
        for name in names:
            if name not in known:
                self.refuse(column, _("不认识的角色：%(name)s", name=name))
        return frozenset(known[name] for name in names if name in known) if names else None

    def sign_in_name(self, column: str) -> str | None:
        text = unicodedata.normalize("NFKC", self.typed(column)).lower()
        if text and not _SIGN_IN.fullmatch(text):
            self.refuse(column, _("登录名请用2至60个小写字母、数字。"))
        return text or None


def plain(value: object) -> str:
    """Return a cell as text: whole numbers without .0, nothing for an empty one."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def read(content: bytes, apply: Callable[[str], str] = same) -> Lists:
    """Return what an uploaded workbook says; raise sheet.UnreadableWorkbook when it is none.

    `apply` puts the unit's own words (党委 …) in the place of the presets: both are understood.
    """
    return parse(sheet.read(content), sheet.merged(content), apply)


def parse(
    sheets: Mapping[str, Sequence[Sequence[object]]],
    merged: Mapping[str, Sequence[tuple[int, int, int, int]]],
    apply: Callable[[str], str] = same,
) -> Lists:
    """Read rows of cells (the first is the head) and merged ranges (first row, first column, last row, last column)."""
    problems = _double_sheets(sheets)
    named = {_bare(name): rows for name, rows in sheets.items()}
    ranges = {_bare(name): found for name, found in merged.items()}
    lines = {}
    for name in COLUMNS:
        rows = _either(named, name, apply)
        problems += _merged_problems(name, _either(ranges, name, apply) or (), rows or (), apply)
        lines[name] = _lines(name, rows, apply, problems)
    faulty: list[Row] = []
    people, branches = _all(_person, lines[PEOPLE], faulty), _all(_branch, lines[BRANCHES], faulty)
    liaison = _all(_liaison, lines[LIAISON], faulty)
    problems += _double_people(people) + _double(BRANCHES, "名称", ((row.row, row.name) for row in branches))
    problems += _double(LIAISON, "党组织", ((r.row, (r.year, r.member, r.branch, r.from_on)) for r in liaison))
    unread = frozenset(name for name, found in lines.items() if found is None)
    return Lists(tuple(people), tuple(branches), tuple(liaison), tuple(problems), tuple(faulty), unread)


def _double_sheets(names: Iterable[str]) -> list[Problem]:
    """Of two sheets that look like one by their names nobody knows which is meant."""
    alike: dict[str, list[str]] = defaultdict(list)
    for name in names:
        alike[_bare(name)].append(name)
    why = _("有两张同名的工作表（%(names)s），请只留一张。")
    return [
        Problem(name, 0, "", str(why) % {"names": "、".join(f"“{one}”" for one in found)})
        for name, found in alike.items()
        if name in COLUMNS and len(found) > 1
    ]


def _either(found: Mapping[str, R], name: str, apply: Callable[[str], str]) -> R | None:
    return found.get(_bare(name), found.get(_bare(apply(name))))


def _merged_problems(
    name: str,
    ranges: Iterable[tuple[int, int, int, int]],
    rows: Sequence[Sequence[object]],
    apply: Callable[[str], str],
) -> list[Problem]:
    """Merged cells among the lines; titles above the head and notes below are merged in every office."""
    why, head = _("第%(rows)s行有合并的单元格，请拆开并逐行填写。"), _head(name, rows, apply)
    return [
        Problem(name, a + 1, "", str(why) % {"rows": a + 1 if a == b else f"{a + 1}至{b + 1}"})
        for a, _left, b, _right in ranges
        if b >= head and not (a < len(rows) and _is_below(rows[a]))
    ]


def _bare(title: object) -> str:
    return "".join(clean_text(plain(title)).split()).rstrip("*＊")


def _lines(
    name: str, rows: Sequence[Sequence[object]] | None, apply: Callable[[str], str], problems: list[Problem]
) -> list[_Line] | None:
    """Return the sheet's lines that are not empty; None and a problem when sheet or head are not as they must be."""
    if rows is None:
        problems.append(Problem(name, 0, "", str(_("缺少这张工作表。请使用下载的模板。"))))
        return None
    head = _head(name, rows, apply)
    places = _places(name, head, [_bare(title) for title in rows[head]] if rows else [], apply, problems)
    if places is None:
        return None
    return [
        _Line(name, number, {title: row[at] for title, at in places.items() if at < len(row)}, apply, problems)
        for number, row in enumerate(rows[head + 1 :], start=head + 2)
        if any(_bare(cell) for cell in row) and not _is_below(row)
    ]


def _head(name: str, rows: Sequence[Sequence[object]], apply: Callable[[str], str]) -> int:
    """Which row holds the head: the one that has most of the list's columns; offices set a title above it."""
    known = _known(name, apply)
    fitting = [sum(_bare(cell) in known for cell in row) for row in rows[:HIGHEST_HEAD]]
    return fitting.index(max(fitting)) if any(fitting) else 0


def _is_below(row: Sequence[object]) -> bool:
    """Whether it is a note or a sum: it begins like one, and holds little else."""
    filled = [text for cell in row if (text := _bare(cell))]
    return bool(filled) and len(filled) <= 3 and bool(_BELOW.match(filled[0]))  # noqa: PLR2004 - a word and two figures


def _known(name: str, apply: Callable[[str], str]) -> dict[str, str]:
    return {alias: title for full in COLUMNS[name] for title in [_bare(full)] for alias in (title, apply(title))}


def _places(
    name: str, row: int, head: Sequence[str], apply: Callable[[str], str], problems: list[Problem]
) -> dict[str, int] | None:
    before, known = len(problems), _known(name, apply)
    for title in head:
        if title and title not in known and title not in NOT_READ:
            problems.append(Problem(name, row + 1, title, str(_("不认识的列。请使用下载的模板。"))))
        if title and head.count(title) > 1:
            problems.append(Problem(name, row + 1, title, str(_("这一列出现了两次。"))))
    places = {known[title]: at for at, title in enumerate(head) if title in known}
    missing = [_bare(full) for full in COLUMNS[name] if full.endswith("*") and _bare(full) not in places]
    problems += [Problem(name, row + 1, title, str(_("缺少这一列。请使用下载的模板。"))) for title in missing]
    return places if len(problems) == before else None


def _all(read_line: Callable[[_Line], L], lines: Iterable[_Line] | None, faulty: list[Row]) -> list[L]:
    """Return the good lines; the others go to `faulty`."""
    read_lines = [(line, read_line(line)) for line in lines or ()]
    faulty += [row for line, row in read_lines if line.refused]
    return [row for line, row in read_lines if not line.refused]


def _person(line: _Line) -> PersonRow:
    return PersonRow(
        row=line.row,
        name=line.name("姓名", required=True),
        post=line.typed("职务") or None,
        official_order=line.number("职务排序", 1, MAX_NUMBER),
        sign_in_name=line.sign_in_name("登录名"),
        roles=line.roles("角色"),
        branch=line.name("所在党组织"),
    )


def _branch(line: _Line) -> BranchRow:
    return BranchRow(
        row=line.row,
        name=line.name("名称", required=True),
        kind=line.word("类别", BranchKind, required=True) or BranchKind.BRANCH,
        host_unit=line.name("所在单位", required=True),
        host_kind=line.word("单位类别", HostKind),
        general=line.name("上级党总支"),
        secretary=line.name("书记"),
        reports=line.yes("向党组述职"),
        official_order=line.number("排序", 1, MAX_NUMBER),
    )


def _liaison(line: _Line) -> LiaisonRow:
    return LiaisonRow(
        row=line.row,
        year=line.number("年度", 2000, 2100, required=True) or 0,
        member=line.name("党组成员", required=True),
        branch=line.name("党组织", required=True),
        from_on=line.day("开始日期"),
        to_on=line.day("结束日期"),
        target=line.number("次数", 1, 99),
        period=line.word("周期", Period),
    )


def _double(name: str, column: str, rows: Iterable[tuple[int, object]]) -> list[Problem]:
    first: dict[object, int] = {}
    problems = []
    for row, key in rows:
        if first.setdefault(key, row) != row:
            problems.append(_twice(name, column, first[key], row))
    return problems


def _twice(name: str, column: str, first: int, row: int) -> Problem:
    return Problem(name, row, column, str(_("第%(a)s行和第%(b)s行重复。", a=first, b=row)))


def _double_people(people: Sequence[PersonRow]) -> list[Problem]:
    """Two people of one name are two people only where both have a sign-in name."""
    by_name: dict[str, PersonRow] = {}
    problems = _double(PEOPLE, "登录名", ((row.row, row.sign_in_name) for row in people if row.sign_in_name))
    for row in people:
        first = by_name.setdefault(row.name, row)
        if first is not row and not (first.sign_in_name and row.sign_in_name):
            problems.append(_twice(PEOPLE, "姓名", first.row, row.row))
    return problems


def template(
    lines: Mapping[str, Sequence[Sequence[object]]] | None = None, apply: Callable[[str], str] = same
) -> list[sheet.Sheet]:
    """Return the workbook's sheets with its heads, the help sheet, and `lines` by sheet (none: to be filled in)."""
    lines = lines or {}
    sheets = [
        _sheet(apply(name), [(apply(title), 18) for title in titles], lines.get(name, ()))
        for name, titles in COLUMNS.items()
    ]
    hints = [tuple(map(apply, line)) for line in HELP_LINES]
    return [*sheets, _sheet(HELP, (("工作表", 12), ("说明", 90)), hints)]


def _sheet(name: str, columns: Iterable[tuple[str, int]], rows: Sequence[Sequence[object]]) -> sheet.Sheet:
    return sheet.Sheet(name=name, columns=tuple(sheet.Column(*column) for column in columns), rows=map(list, rows))
