"""The form of a record: single values are fields, repeated rows come by parallel names (problem_text, …)."""

import datetime as dt
import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import g, request
from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, DateInput, ListWidget

from logbook import formats
from logbook.accounts.models import Person
from logbook.cleaning import clean_text
from logbook.errors import RuleBroken
from logbook.formats import LARGEST, as_count, as_date, as_integer, as_label
from logbook.organization.models import Branch
from logbook.problems.actions import NewProblem, NewUndertaking
from logbook.problems.models import Category, Handling, Problem, Side
from logbook.settings.forms import WrittenForm
from logbook.visits.asking import told
from logbook.visits.attachments import NewFile
from logbook.visits.models import Content, Kind, Level
from logbook.visits.queries import Filters, SameDay
from logbook.visits.rules import LONG, SHORT, NewVisit, missing

_ = lazy_gettext
T = TypeVar("T", bound=enum.Enum)
V = TypeVar("V")
OTHER_DAY = "other"
NEW = "new"  # in the place of an open problem: asked, and none of them
ROWS = {
    "voice": ("text", "category"),
    "problem": ("line", "text", "category", "side", "handling", "owner", "due", "repeats"),
    "undertaking": ("line", "text", "due"),
}
PARTS = {
    "problem": _("问题"), "undertaking": _("领办事项"), "voice": _("基层呼声"), "voices": _("基层呼声"),
    "files": _("照片、文件"),
}  # fmt: skip
MOST_SEARCHED = 100  # characters of a search
SHOWN = 40  # characters of an open problem in a question
MOST_ROWS = 50  # of one kind in one record
HALF_DAYS = {1: _("半天"), 2: _("一天"), 3: _("一天半"), 4: _("两天"), 6: _("三天"), 8: _("四天"), 10: _("五天")}


@dataclass(slots=True)
class Row:
    """One repeated row as typed; `number` is its line in the record once it is parsed, `errors` are beside it."""

    values: dict[str, str]
    number: int | None = None
    errors: list[object] = field(default_factory=list)
    alike: Problem | None = None  # the open problem that it seems to repeat, when that is asked

    @property
    def is_progress(self) -> bool:
        """Whether it was taken as progress of an open problem, which has its terms already."""
        return self.values.get("repeats", "").isdigit()


@dataclass(frozen=True, slots=True)
class Basis:
    """What a record starts from: the body as it stands, the fields hidden from who types, the last line ever given."""

    body: Mapping[str, Any] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    last_line: int = 0


def form_data() -> MultiDict[str, str] | None:
    """What was typed: in this request, or before a sign-in in the middle of typing; None on a fresh page."""
    if "shown_again" in g:
        shown: MultiDict[str, str] = g.shown_again
        return shown
    return request.form if request.method == "POST" else None


def _text(label: object, **options: Any) -> StringField:
    return StringField(label, **options)


def _long(label: object, rows: int = 3) -> TextAreaField:
    return TextAreaField(label, render_kw={"rows": rows, "class": "short"})


def _ticks(label: object) -> SelectMultipleField:
    return SelectMultipleField(
        label, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), validate_choice=False, choices=[]
    )


class VisitForm(WrittenForm):
    """Field names are those of NewVisit and of the refusals the domain raises."""

    class Meta(WrittenForm.Meta):
        csrf = False  # CSRFProtect has checked the token of every POST; a second check would only cost

    member_id = SelectField(_("党组成员"), validate_choice=False, choices=[])
    visited_on = RadioField(_("日期"), validate_choice=False, choices=[])
    other_on = StringField(_("其他日期"), widget=DateInput())
    branch_id = SelectField(_("党组织"), validate_choice=False, choices=[])
    place = _text(_("其他地点"), description=_("不在名册内的，写明地点。"))
    kinds = _ticks(_("方式"))
    findings = TextAreaField(
        _("基本情况"),
        description=_("三两行就够，可用语音输入；没有问题写“无问题”。写“问题：……”“我来办：……”，会提示记进台账。"),
    )
    level = RadioField(_("知悉范围"), validate_choice=False, choices=[])
    half_days = SelectField(_("时长"), validate_choice=False, choices=[])
    people_met = _text(_("座谈走访对象"))
    headcount = StringField(_("人数"))
    companion_ids = _ticks(_("同行成员"))
    companions_note = _text(_("其他同行人员"))
    contents = _ticks(_("主要内容"))
    thinking = _long(_("思想动向"))
    thinking_widened = BooleanField(_("按本记录知悉范围公开"))
    solved_on_site = _long(_("现场解决"))
    guidance = _long(_("指导意见"))
    observation = _long(_("平时工作掌握情况"))
    observation_widened = BooleanField(_("按本记录知悉范围公开"))
    paper_on = StringField(_("纸质原件记录日期"), widget=DateInput())
    late_reason = _text(_("登记较晚的原因（选填）"))
    reason = _text(_("更正的原因"))
    based_on = HiddenField()
    client_key = HiddenField()
    waited = HiddenField()  # no page shows it: a phone's outbox adds it
    another = HiddenField()  # the records of that day that this one is none of

    def __init__(self, *, rows: dict[str, list[Row]] | None = None, **options: Any) -> None:
        super().__init__(**options)
        typed = options["formdata"] if "formdata" in options else form_data()
        self.rows = rows or {kind: [] for kind in ROWS} if typed is None else {k: _rows(typed, k) for k in ROWS}
        self.part_errors: dict[str, list[object]] = {"voices": [], "files": []}
        self.parsed: NewVisit | None = None  # as typed, whether anything is wrong with it or not
        self.same_day: Sequence[SameDay] = ()  # the records of that day that are asked about
        self._stored_lines = {row.values["text"] for kind in (rows or {}).values() for row in kind}

    def validate(self, extra_validators: Any = None) -> bool:  # noqa: ARG002 - WTForms' own signature
        """Judge nothing yet: new_visit finds every fault at once."""
        return True

    # --- what is offered; only a page that is shown needs it ---

    def offer(self, *, today: dt.date, seven: bool, levels: Sequence[Level]) -> None:
        """Offer days, kinds, contents, levels and durations in the reader's language."""
        self._offer_days(today)
        self.rows = {kind: rows or [empty_row(kind)] for kind, rows in self.rows.items()}
        self.kinds.choices = _choices(Kind)
        self.contents.choices = _choices(contents_offered(seven=seven))
        self.level.choices = _choices(levels)
        known = self.half_days.data
        days = HALF_DAYS if not known or known in map(str, HALF_DAYS) else {**HALF_DAYS, known: known}
        self.half_days.choices = [SelectChoice("", "—"), *(SelectChoice(str(n), str(w)) for n, w in days.items())]

    def _offer_days(self, today: dt.date) -> None:
        yesterday = today - dt.timedelta(days=1)
        here = gettext("今天")
        near = {today.isoformat(): f"{here} {formats.shown_short(today)}", yesterday.isoformat(): gettext("昨天")}
        if self.visited_on.data not in {*near, OTHER_DAY}:
            self.other_on.data = self.other_on.data or self.visited_on.data
            self.visited_on.data = OTHER_DAY
        near[OTHER_DAY] = gettext("其他日期")
        self.visited_on.choices = [SelectChoice(value, label) for value, label in near.items()]

    def offer_people(self, members: Sequence[Person], member_id: int | None) -> None:
        """Offer whom the record may be of, and who may have come along."""
        self.member_id.choices = [SelectChoice("", gettext("请选择")), *(_named(one) for one in members)]
        self.companion_ids.choices = [_named(one) for one in members if one.id != member_id]

    def offer_branches(self, branches: Sequence[Branch], liaison_ids: Sequence[int]) -> None:
        """Offer the branches, the member's own liaison branches first."""
        mine, others = gettext("我的挂点") if liaison_ids else None, gettext("其他党组织") if liaison_ids else None
        known = {one.id: one.name for one in branches}
        first = [SelectChoice(str(i), known[i], optgroup=mine) for i in liaison_ids if i in known]
        rest = [SelectChoice(str(i), name, optgroup=others) for i, name in known.items() if i not in liaison_ids]
        self.branch_id.choices = [SelectChoice("", gettext("请选择，或在下面写明其他地点")), *first, *rest]

    def adds_row(self) -> bool:
        """Whether one more empty row was asked for, and not to save: without JavaScript a button does it."""
        kind = request.form.get("add", "")
        if kind in ROWS and len(self.rows[kind]) < MOST_ROWS:
            self.rows[kind].append(empty_row(kind))
        return bool(kind)

    # --- refusals ---

    def refuse(self, broken: RuleBroken) -> None:
        """Put a refusal beside its field or row (problem-2: the problem of line 2), or on top of the form."""
        if str(broken.message) in {message for _label, message in self.faults().values()}:
            return
        errors = self._errors_of(broken.field)
        if errors is None:
            super().refuse(broken)
        else:
            errors.append(broken.message)

    def refuse_more(self, others: Iterable[RuleBroken]) -> None:
        """Put what else is wrong in its place, so that it is told in one round; one fault for each place."""
        for broken in others:
            errors = self._errors_of(broken.field)
            place = self._fields.get(broken.field)
            if not (errors or (place is not None and place.errors)):
                self.refuse(broken)

    def _errors_of(self, name: str) -> list[object] | None:
        """The faults of a row or a part; None for a field's, which WTForms keeps."""
        kind, _dash, number = name.partition("-")
        row = next((r for r in self.rows.get(kind, []) if str(r.number) == number), None)
        return row.errors if row is not None else self.part_errors.get(name)

    def ask(self, same: Sequence[SameDay], repeated: Mapping[int, Problem], *, own: bool) -> RuleBroken | None:
        """Ask what nobody answered yet, each in its place; return the first question."""
        answered = (self.another.data or "").split(",")
        self.same_day = [one for one in same if str(one.id) not in answered]
        asked = []
        if self.same_day:
            said = _("当日已有您到该处的记录%(numbers)s。") if own else _("当日已有该成员到该处的记录%(numbers)s。")
            asked.append(RuleBroken("another", str(said) % {"numbers": told(self.same_day)}))
        for row in self.rows["problem"]:
            row.alike = repeated.get(row.number or 0) if row.values["repeats"] != NEW else None
            if row.alike is not None:
                asked.append(RuleBroken(f"problem-{row.number}", _asked_of(row.alike)))
        for question in asked:
            self.refuse(question)
        return asked[0] if asked else None

    def faults(self) -> dict[str, tuple[str, str]]:
        """What is wrong: {field or row: (its label, the message)}; for the summary and for JSON."""
        wrong: list[tuple[str, object, Sequence[object]]] = [("", "", self.form_errors)]
        wrong += [(f.name, "" if isinstance(f, HiddenField) else f.label.text, f.errors) for f in self]
        for kind, label in PARTS.items():
            found = enumerate(self.rows.get(kind, ()), 1)
            wrong += [(f"{kind}-{i}", f"{label}{i}", row.errors) for i, row in found if row.errors]
        wrong += [(name, PARTS[name], errors) for name, errors in self.part_errors.items()]
        return {name: (str(label), str(errors[0])) for name, label, errors in wrong if errors}

    # --- what was typed, as the domain takes it ---

    def new_visit(self, member_id: int | None, basis: Basis) -> NewVisit:
        """The record as typed; raise RuleBroken when something is missing or nonsense: every error is in its place."""
        values = {"member_id": member_id, **self._singles(), **self._lists(basis), **self._texts()}
        values |= {name: basis.body[name] for name in basis.hidden if name in basis.body}
        if member_id is None:
            self._wrong("member_id", _("请选择一位党组成员。"))
        for broken in missing(values["findings"], values["kinds"], values["branch_id"], values["place"]):
            if not self[broken.field].errors:
                self.refuse(broken)
        self.refuse_secrecy_marks()
        self.parsed = NewVisit(**values)
        for name, (_label, message) in self.faults().items():
            raise RuleBroken(name, message)
        return self.parsed

    def _singles(self) -> dict[str, Any]:
        return {
            "visited_on": self._visited_on(),
            "branch_id": self._number("branch_id"),
            "level": self._word("level", Level),
            "half_days": self._number("half_days", most=120),
            "headcount": self._count("headcount", most=100_000),
            "paper_on": self._day("paper_on"),
            "client_key": (self.client_key.data or "")[:64] or None,
            "waited": self.waited.data == "1",
        }

    def _lists(self, basis: Basis) -> dict[str, Any]:
        line = _Lines(basis)
        return {
            "kinds": self._words("kinds", Kind),
            "companion_ids": self._people(),
            "contents": self._words("contents", Content),
            "voices": tuple(self._parsed("voice", self._voices)),
            "problems": tuple(self._parsed("problem", self._problem, line)),
            "undertakings": tuple(self._parsed("undertaking", self._undertaking, line)),
            "files": tuple(NewFile(**file) for file in basis.body.get("files", ())),
        }

    def _texts(self) -> dict[str, Any]:
        values: dict[str, Any] = {name: self[name].data or "" for name in (*LONG, *SHORT)}
        for name in ("thinking", "observation"):
            values[f"{name}_widened"] = bool(values[name]) and bool(self[f"{name}_widened"].data)
        return values

    def grounds(self) -> dict[str, Any]:
        """Why a record is corrected, and the version that was read before."""
        return {"reason": self.reason.data or "", "based_on": as_integer(self.based_on.data or "") or 0}

    def refuse_secrecy_marks(self) -> None:
        """Look into the repeated rows too."""
        super().refuse_secrecy_marks()
        for row in (row for rows in self.rows.values() for row in rows):
            if row.values["text"] not in self._stored_lines:
                row.errors += self.refusals(row.values["text"])

    def _wrong(self, name: str, message: object) -> None:
        self.refuse(RuleBroken(name, message))

    def _visited_on(self) -> dt.date | None:
        text = self.visited_on.data if self.visited_on.data != OTHER_DAY else self.other_on.data
        day = as_date(text or "")
        if day is None:
            self._wrong("visited_on", _("请选择下基层日期，例如2026年3月5日。"))
        return day

    def _day(self, name: str) -> dt.date | None:
        day = as_date(self[name].data or "")
        if day is None and self[name].data:
            self._wrong(name, _("请选择日期。"))
        return day

    def _number(self, name: str, most: int = LARGEST) -> int | None:
        text = self[name].data or ""
        number = as_integer(text, most)
        if number is None and text:
            self._wrong(name, _("请重新选择或填写此项。"))
        return number

    def _count(self, name: str, most: int) -> int | None:
        text = self[name].data or ""
        number = as_count(text, most, about=True)
        if number is None and text:
            self._wrong(name, _("请填一个整数，例如12。"))
        return number

    def _word(self, name: str, words: type[T]) -> T | None:
        try:
            return words(self[name].data)
        except ValueError:
            self._wrong(name, _("请重新选择此项。"))
            return None

    def _words(self, name: str, words: type[T]) -> tuple[T, ...]:
        try:
            return tuple(dict.fromkeys(words(value) for value in self[name].data or ()))
        except ValueError:
            self._wrong(name, _("请重新选择此项。"))
            return ()

    def _people(self) -> tuple[int, ...]:
        ids = [as_integer(text) for text in self.companion_ids.data or ()]
        if None in ids:
            self._wrong("companion_ids", _("请重新选择此项。"))
        return tuple(dict.fromkeys(i for i in ids if i is not None))

    def _parsed(self, kind: str, parse: Callable[..., list[Any]], line: "_Lines | None" = None) -> list[Any]:
        found: list[Any] = []
        for i, row in enumerate((r for r in self.rows[kind] if r.values["text"]), 1):
            row.number = line.of(row.values["line"]) if line else i
            try:
                found += parse(row)
            except ValueError:
                row.errors.append(_("请重新选择这一行的内容。"))
            if len(found) > MOST_ROWS:
                row.errors.append(_("一条记录里最多%(most)s条，请分成几条记录。", most=MOST_ROWS))
        return found

    def _voices(self, row: Row) -> list[tuple[str, Category]]:
        """One line is one 条, also when several are typed into one box."""
        category = Category(row.values["category"] or Category.OTHER.value)
        return [(line.strip(), category) for line in row.values["text"].split("\n") if line.strip()]

    def _problem(self, row: Row) -> list[NewProblem]:
        typed = row.values
        new = NewProblem(
            text=typed["text"],
            line=row.number or 0,
            category=Category(typed["category"] or Category.OTHER.value),
            side=Side(typed["side"] or Side.BUREAU.value),
            handling=Handling(typed["handling"] or Handling.COORDINATE.value),
            owner_unit=typed["owner"][:100],
            due_on=_strict(as_date, typed["due"]),
            repeats_id=None if typed["repeats"] == NEW else _strict(as_integer, typed["repeats"]),
        )
        return [new]

    def _undertaking(self, row: Row) -> list[NewUndertaking]:
        due_on = _strict(as_date, row.values["due"])
        return [NewUndertaking(text=row.values["text"], line=row.number or 0, due_on=due_on)]


class WithdrawForm(WrittenForm):
    reason = _text(_("撤销的原因"))


class InstructForm(WrittenForm):
    text = _text(_("批示"))
    back = HiddenField()


class _Lines:
    """Numbers the lines: a line of the current version keeps its number, a new one gets the next, none twice."""

    def __init__(self, basis: Basis) -> None:
        self.kept = {one["line"] for name in ("problems", "undertakings") for one in basis.body.get(name, ())}
        self.last = basis.last_line

    def of(self, typed: str) -> int:
        number = as_integer(typed)
        if number in self.kept:
            self.kept.remove(number)
            return int(number or 0)
        self.last += 1
        return self.last


def _asked_of(problem: Problem) -> object:
    return gettext(
        "与在办问题%(number)s（%(day)s提出）“%(text)s”相同或相近：是它的进展，还是新的问题？请选一项。",
        number=problem.label,
        day=formats.shown_short(problem.raised_on),
        text=problem.text if len(problem.text) <= SHOWN else f"{problem.text[:SHOWN]}…",
    )


def empty_row(kind: str) -> Row:
    """A row to be typed in."""
    return Row(dict.fromkeys(ROWS[kind], ""))


def _rows(typed: MultiDict[str, str], kind: str) -> list[Row]:
    columns = {name: typed.getlist(f"{kind}_{name}") for name in ROWS[kind]}
    count = range(len(columns["text"]))
    return [Row({name: clean_text(_at(column, i)) for name, column in columns.items()}) for i in count]


def _at(column: list[str], i: int) -> str:
    return column[i] if i < len(column) else ""


def _choices(words: Any) -> list[SelectChoice]:
    return [SelectChoice(word.value, word.label) for word in words]


def contents_offered(*, seven: bool) -> list[Content]:
    """主要内容 to choose from; the seven constructions only where the settings say so."""
    return list(Content) if seven else list(Content)[:4]


def _named(person: Person) -> SelectChoice:
    return SelectChoice(str(person.id), person.name)


def _strict(parse: Callable[[str], V | None], text: str) -> V | None:
    """What was typed, None for nothing; raise ValueError for nonsense."""
    value = parse(text)
    if text and value is None:
        raise ValueError(text)
    return value


# --- a stored record as a form shows it -----------------------------------------------------------


def typed_from(stored: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Row]]]:
    """(values, rows) of a version's body, as a person would have typed them."""
    values: dict[str, Any] = {name: value for name, value in stored.items() if isinstance(value, str | bool)}
    values |= {name: str(stored.get(name) or "") for name in ("branch_id", "half_days", "headcount")}
    values |= {name: stored.get(name, []) for name in ("kinds", "contents")}
    values["companion_ids"] = [str(one) for one in stored.get("companion_ids", ())]
    rows = {
        "voice": [Row({"text": text, "category": category}) for text, category in stored.get("voices", ())],
        "problem": [_stored_row(one, "problem") for one in stored.get("problems", ())],
        "undertaking": [_stored_row(one, "undertaking") for one in stored.get("undertakings", ())],
    }
    return values, rows


def _stored_row(one: Mapping[str, Any], kind: str) -> Row:
    stored = {**one, "owner": one.get("owner_unit"), "due": one.get("due_on"), "repeats": one.get("repeats_id")}
    return Row({name: str(stored.get(name) or "") for name in ROWS[kind]})


# --- the filters of a list ------------------------------------------------------------------------

STATES = {
    "counted": _("计入统计"),
    "new": _("新收到"),
    "late": _("登记较晚"),
    "unconfirmed": _("待本人确认"),
    "withdrawn": _("已撤销"),
}


def filters_from(args: Mapping[str, str]) -> Filters:
    """What an address narrows the list to; nonsense narrows nothing."""
    return Filters(
        from_on=as_date(args.get("from", "")),
        to_on=as_date(args.get("to", "")),
        member_id=as_integer(args.get("member", "")),
        branch_id=as_integer(args.get("branch", "")),
        kind=_known(Kind, args.get("kind")),
        content=_known(Content, args.get("content")),
        state=args.get("state", "") if args.get("state") in STATES else "",
        text=as_label(clean_text(args.get("text")))[:MOST_SEARCHED],
        since=as_date(args.get("since", "")),
        by_date=args.get("sort") == "date",
        trips=args.get("trips") == "1",
    )


def _known(words: type[T], value: str | None) -> T | None:
    return next((word for word in words if word.value == value), None)
