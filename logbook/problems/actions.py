"""The ledger's rules: lines taken from a source, progress, closing. None is ever deleted."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import insert

from logbook.access import Act, Actor
from logbook.accounts import queries as accounts
from logbook.db import Word, db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import full_date, local_date
from logbook.organization import bound
from logbook.organization import queries as organization
from logbook.problems import queries
from logbook.problems.models import (
    Answer,
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

MAX_LINE = 2000  # characters
LONGEST_DUE = dt.timedelta(days=3653)
LONG_AGO = dt.timedelta(days=366)  # an order older than this is a slip of the pen


@dataclass(frozen=True, slots=True)
class Source:
    """Where items come from; an item's label is the source's with its line: 2026-137/2."""

    kind: SourceKind
    id: int
    label: str
    on: dt.date
    branch_id: int | None
    raised_by_id: int | None
    weighs: bool = False  # the office received it, or a meeting rests on it: no longer anybody's own draft


@dataclass(frozen=True, slots=True)
class NewProblem:
    """A problem line as worded; `line` counts from 1 within its source and never changes."""

    text: str
    line: int
    category: Category = Category.OTHER
    side: Side = Side.BUREAU
    handling: Handling = Handling.COORDINATE
    owner_unit: str = ""
    owner_person_id: int | None = None
    due_on: dt.date | None = None
    repeats_id: int | None = None  # the open problem of the same branch that this line repeats


@dataclass(frozen=True, slots=True)
class NewUndertaking:
    text: str
    line: int
    due_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class NewDirective:
    """An order of the group: the day it was issued, the day it is due, whether it sends members to their branches."""

    text: str
    issued_on: dt.date
    due_on: dt.date
    asks_visits: bool = True


@dataclass(frozen=True, slots=True)
class DueRules:
    """Days until due, and the unit that owns a problem when none is named: the branch's host unit."""

    problem_days: int
    undertaking_days: int
    host_unit: str


def record_lines(
    source: Source,
    problems: Sequence[NewProblem],
    undertakings: Sequence[NewUndertaking],
    *,
    rules: DueRules,
    by: Actor,
    at: dt.datetime,
    first: bool = False,
) -> None:
    """Take the lines of a source's version into the ledger; `first`: nothing of the source is there yet."""
    _check(problems, "problem", source.on)
    _check(undertakings, "undertaking", source.on)
    known = ({}, {}) if first else _known(source)
    reworded = {new.line: _problem_row(new, source, rules) for new in problems}
    kept = _kept(known[0], reworded, source, by)
    fresh = [new for new in problems if new.line not in known[0]]
    _insert(Problem, [_problem_row(new, source, rules) for new in fresh if new.repeats_id is None])
    for new in fresh:
        if new.repeats_id is not None:
            _note_repeat(new, source, by=by, at=at)
    rows = [_undertaking_row(new, source, rules) for new in undertakings if new.line not in known[1]]
    _insert(Undertaking, rows)
    _rewrite({line: item for line, item in known[0].items() if line not in kept}, reworded)
    _rewrite(known[1], {new.line: _undertaking_row(new, source, rules) for new in undertakings})
    db.session.flush()


def raise_item(source: Source, new: NewProblem, *, label: str, rules: DueRules, measures: str = "") -> Problem:
    """Take one problem into the ledger under a label of its own; its source answers for its words and its day."""
    problem = Problem(**_problem_row(new, source, rules) | {"source_label": label, "measures": measures})
    db.session.add(problem)
    db.session.flush()
    return problem


def take_up(problem_id: int, source: Source, *, due_on: dt.date, measures: str, by: Actor, at: dt.datetime) -> bool:
    """A review meeting has this problem on its list: it goes on under the list's number, due day and measures.

    Nothing is entered twice. False where it is gone, or is another branch's by now: then the source raises its own.
    """
    problem = queries.problem(problem_id)
    if problem is None or problem.dropped or problem.side is not Side.BRANCH:
        return False
    problem.taken_up_by, problem.taken_up_as = source.id, source.label
    problem.due_on, problem.measures = max(due_on, problem.raised_on), measures or problem.measures
    said = f"列入述职评议整改清单（{source.label}），完成时限{full_date(problem.due_on)}"
    _step(Progress(problem_id=problem.id, state=problem.state.value, of_terms=True), said, by, at)
    return True


def line_breaches(lines: Iterable[NewProblem | NewUndertaking], name: str, on: dt.date) -> Iterator[RuleBroken]:
    """All that lines break, each for its own: problem-2 is the problem of line 2."""
    for new in lines:
        if new.due_on is not None and not on <= new.due_on <= on + LONGEST_DUE:
            yield RuleBroken(f"{name}-{new.line}", _("完成时限应在下基层日期之后，十年以内。"))
        if not new.text.strip():
            yield RuleBroken(f"{name}-{new.line}", _("请写明内容。"))
        if len(new.text) > MAX_LINE:
            yield RuleBroken(f"{name}-{new.line}", _("每条不超过%(most)s字。", most=MAX_LINE))


def _check(lines: Iterable[NewProblem | NewUndertaking], name: str, on: dt.date) -> None:
    for broken in line_breaches(lines, name, on):
        raise broken


def _known(source: Source) -> tuple[dict[int, Any], dict[int, Any]]:
    problems, undertakings = queries.of_source(source.kind, source.id)
    return {one.source_line: one for one in problems}, {one.source_line: one for one in undertakings}


def _insert(table: type[Problem | Undertaking], rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.connection().execute(insert(table), rows)


def _common(new: NewProblem | NewUndertaking, source: Source) -> dict[str, Any]:
    return {
        "source_kind": source.kind,
        "source_id": source.id,
        "source_label": f"{source.label}/{new.line}",
        "source_line": new.line,
        "branch_id": source.branch_id,
        "raised_on": source.on,
        "text": new.text.strip(),
    }


def _problem_row(new: NewProblem, source: Source, rules: DueRules) -> dict[str, Any]:
    solved = new.handling is Handling.ON_SITE
    return _common(new, source) | {
        "raised_by_id": source.raised_by_id,
        "category": new.category,
        "side": new.side,
        "handling": new.handling,
        "owner_unit": "" if new.side is Side.BRANCH else new.owner_unit or rules.host_unit,
        "owner_person_id": new.owner_person_id,
        "due_on": new.due_on or source.on + dt.timedelta(days=rules.problem_days),
        "state": State.DONE if solved else State.OPEN,
        "result": "当场解决" if solved else "",
        "closed_on": source.on if solved else None,
    }


def _undertaking_row(new: NewUndertaking, source: Source, rules: DueRules) -> dict[str, Any]:
    due_on = new.due_on or source.on + dt.timedelta(days=rules.undertaking_days)
    return _common(new, source) | {"member_id": source.raised_by_id, "due_on": due_on}


def _note_repeat(new: NewProblem, source: Source, *, by: Actor, at: dt.datetime) -> None:
    problem = queries.open_problem(new.repeats_id or 0)
    inside = organization.inside(source.branch_id, source.on) if source.branch_id else frozenset[int]()
    if problem is None or problem.branch_id not in {source.branch_id, *inside}:
        raise RuleBroken(f"problem-{new.line}", _("所选的在办问题已办结，或不属于这个支部。"))
    problem.state = State.UNDERWAY if problem.state is State.OPEN else problem.state
    label = f"{source.label}/{new.line}"
    db.session.add(
        Progress(
            problem_id=problem.id,
            at=at,
            by_id=by.person_id,
            text=new.text,
            state=problem.state.value,
            source_label=label,
        )
    )


def _kept(known: dict[int, Problem], rows: dict[int, dict[str, Any]], source: Source, by: Actor) -> set[int]:
    """Rule 7: the lines whose items stay as they are, when who corrects a record is judged by them.

    Raise RuleBroken where the correction would settle one of them, move it to another side or branch, or drop it:
    what the ledger's own page refuses them. Before the record weighs, it is theirs to mend.
    """
    kept = {
        line
        for line, item in known.items()
        if source.weighs and not item.dropped and not _in_hand(item) and judged(item, by=by)
    }
    if any(line not in rows or _settles(rows[line], known[line]) for line in kept):
        raise RuleBroken("", bound.OTHERS)
    return kept


def _settles(row: dict[str, Any], item: Problem) -> bool:
    """Whether a line as corrected is open or closed otherwise than its item, or held for or against somebody else."""
    turned = (row["state"] is State.DONE) != (item.state is State.DONE)
    return turned or (row["side"], row["branch_id"]) != (item.side, item.branch_id)


def _rewrite(known: dict[int, Any], lines: dict[int, dict[str, Any]]) -> None:
    """Reword what nobody has taken in hand; mark what a correction took away."""
    for line, item in known.items():
        _mark(item, gone=line not in lines)
        if line in lines and not _in_hand(item):
            for name, value in lines[line].items():
                setattr(item, name, value)


def _mark(item: Problem | Undertaking, *, gone: bool) -> None:
    """A line the source no longer has: its item goes on, marked, when somebody has it in hand."""
    held = _in_hand(item)
    item.dropped, item.detached = gone and not held, gone and held


def _in_hand(item: Problem | Undertaking) -> bool:
    """Whether anybody did anything about it: what was solved on the spot is born closed, by nobody."""
    by_somebody = item.closed_by_id is not None if isinstance(item, Problem) else item.closed_on is not None
    return bool(item.progress) or by_somebody


# --- the life of an item --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Closing:
    """How a problem was closed: the result, who was told and when, what those who raised it say."""

    result: str
    told_whom: str = ""
    told_on: dt.date | None = None
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the office may change about a problem."""

    side: Side
    category: Category
    handling: Handling
    owner_unit: str
    due_on: dt.date
    measures: str
    owner_person_id: int | None = None


def _problem(problem_id: int, by: Actor, *, closing: bool = False) -> Problem:
    """The problem, when this person may move it: the office, or the member whose record it stands in.

    A matter put to the group is closed by leader or office. Whoever it is held for or against moves it only so far
    (judged), and where that is the whole office, who stands in for it moves it.
    """
    problem = queries.problem(problem_id)
    if problem is None:
        raise NotThere
    own = by.is_member and problem.raised_by_id == by.person_id
    called = bound.stands_in(concerned(problem), by=by)
    if not (by.is_office or own or called or (by.is_leader and _for_group(problem))):
        raise NotAllowed("move another's problem")
    if closing and judged(problem, by=by):
        raise RuleBroken("", bound.OTHERS)
    if closing and _for_group(problem) and not (called or by.may(Act.CLOSE_MATTER)):
        raise RuleBroken("result", _("提请党组研究的问题由党组书记或党办办结。"))
    if problem.dropped:
        raise RuleBroken("text", _("来源的记录已撤销或更正，这个问题不再办理。"))
    return problem


def concerned(problem: Problem) -> frozenset[int]:
    """Who leads, led or reports for the branch of a problem, or for the general branch around it."""
    return bound.around(problem.branch_id) if problem.branch_id is not None else frozenset()


def judged(problem: Problem, *, by: Actor) -> bool:
    """Rule 7: whether the problem is held for or against this person, who then closes, reopens and changes nothing.

    What the bureau or a member owes the branch is not; of that, whoever raised it goes on closing it.
    """
    own = by.is_member and problem.raised_by_id == by.person_id
    return (problem.side is Side.BRANCH or not own) and by.person_id in concerned(problem)


def _for_group(problem: Problem) -> bool:
    return problem.handling is Handling.GROUP


def _text(field: str, text: str, most: int = MAX_LINE) -> str:
    if not text.strip():
        raise RuleBroken(field, _("请写明内容。"))
    if len(text) > most:
        raise RuleBroken(field, _("每条不超过%(most)s字。", most=most))
    return text.strip()


def note_progress(problem_id: int, text: str, state: State, *, by: Actor, at: dt.datetime) -> Problem:
    """A step forward, and the state after it; closing has a result and is its own act."""
    problem = _problem(problem_id, by)
    if problem.state is State.DONE:
        raise RuleBroken("text", _("问题已办结；要继续办理，请先重新打开。"))
    if state is State.DONE:
        raise RuleBroken("state", _("办结请填写办理结果。"))
    if state not in {problem.state, State.UNDERWAY} and judged(problem, by=by):
        raise RuleBroken("state", bound.OTHERS)
    problem.state = state
    _step(Progress(problem_id=problem.id, state=state.value), _text("text", text), by, at)
    return problem


def _step(step: Progress, text: str, by: Actor, at: dt.datetime) -> None:
    step.text, step.by_id, step.at = text, by.person_id, at
    db.session.add(step)
    db.session.flush()


def close_problem(problem_id: int, closing: Closing, *, by: Actor, at: dt.datetime) -> Problem:
    """Close a problem; raise RuleBroken("result") without a result, ("told_on") for a day to come."""
    problem = _problem(problem_id, by, closing=True)
    if problem.state is State.DONE:
        raise RuleBroken("result", _("问题已经办结。"))
    result = _text("result", closing.result)
    if closing.told_on is not None and not problem.raised_on <= closing.told_on <= local_date(at):
        raise RuleBroken("told_on", _("反馈日期应在提出之后、今天之前。"))
    problem.state, problem.result, problem.answer = State.DONE, result, closing.answer
    problem.told_whom, problem.told_on = closing.told_whom.strip()[:200], closing.told_on
    problem.closed_by_id, problem.closed_on = by.person_id, max(local_date(at), problem.raised_on)
    _step(Progress(problem_id=problem.id, state=State.DONE.value), result, by, at)
    return problem


def reopen(problem_id: int, reason: str, *, by: Actor, at: dt.datetime) -> Problem:
    """Take up a closed problem again, with the reason; its former result stays in the history."""
    problem = _problem(problem_id, by, closing=True)
    if problem.state is not State.DONE:
        raise RuleBroken("reason", _("问题没有办结，不用重新打开。"))
    text = f"重新打开：{_text('reason', reason)}（{_former(problem)}）"
    problem.state, problem.result, problem.answer = State.UNDERWAY, "", None
    problem.told_whom, problem.told_on = "", None
    problem.closed_by_id = problem.closed_on = None
    _step(Progress(problem_id=problem.id, state=State.UNDERWAY.value), text, by, at)
    return problem


def _former(problem: Problem) -> str:
    """What was said when it was closed."""
    told = problem.told_whom + (full_date(problem.told_on) if problem.told_on else "")
    parts = [f"原办理结果：{problem.result}", f"反馈：{told}" if told else ""]
    parts += [f"反映人的意见：{problem.answer.chinese}"] if problem.answer else []
    return "；".join(part for part in parts if part)


def change_problem(problem_id: int, terms: Terms, *, by: Actor, at: dt.datetime) -> Problem:
    """The office changes side, owner, due …; every change leaves a step that says from what to what."""
    problem = _problem(problem_id, by)
    bound.refuse_own(concerned(problem), by=by, act=Act.KEEP_LEDGER)
    if not problem.raised_on <= terms.due_on <= problem.raised_on + LONGEST_DUE:
        raise RuleBroken("due_on", _("完成时限应在提出的日期之后，十年以内。"))
    if terms.side is Side.BRANCH:  # no unit of the bureau's answers for what is the branch's own (rule 4)
        terms = replace(terms, owner_unit="")
    elif not terms.owner_unit.strip() and terms.owner_person_id is None:
        raise RuleBroken("owner_unit", _("请填写责任单位，或选一位责任人。"))
    if len(terms.measures) > MAX_LINE:
        raise RuleBroken("measures", _("每条不超过%(most)s字。", most=MAX_LINE))
    changed = [
        f"{LABELS[name]}：{_said(name, getattr(problem, name))} → {_said(name, value)}"
        for name, value in asdict(terms).items()
        if getattr(problem, name) != value
    ]
    for name, value in asdict(terms).items():
        setattr(problem, name, value)
    if changed:
        _step(Progress(problem_id=problem.id, state=problem.state.value, of_terms=True), "；".join(changed), by, at)
    return problem


def change_measures(problem_id: int, measures: str, *, by: Actor, at: dt.datetime) -> Problem:
    """Change the measures alone; the step says from what to what."""
    problem = _problem(problem_id, by)
    held = {one.name: getattr(problem, one.name) for one in fields(Terms)}
    return change_problem(problem_id, Terms(**held | {"measures": measures}), by=by, at=at)


LABELS = {
    "side": "责任方", "category": "类别", "handling": "处理方式", "owner_unit": "责任单位", "due_on": "完成时限",
    "measures": "措施", "owner_person_id": "责任人",
}  # fmt: skip


def _said(name: str, value: Any) -> str:
    if isinstance(value, Word):
        return value.chinese
    if name == "owner_person_id" and value:
        person = accounts.person(value)
        if person is None:
            raise RuleBroken(name, _("请重新选择责任人。"))
        return person.name
    return full_date(value) if isinstance(value, dt.date) else str(value or "无")


def move_undertaking(
    undertaking_id: int, text: str, state: UndertakingState, *, by: Actor, at: dt.datetime
) -> Undertaking:
    """A step of an undertaking by its member or the office; done and explained ones can be taken up again."""
    undertaking = queries.undertaking(undertaking_id)
    if undertaking is None:
        raise NotThere
    if not (by.is_office or (by.is_member and undertaking.member_id == by.person_id)):
        raise NotAllowed("move another's undertaking")
    if undertaking.dropped:
        raise RuleBroken("text", _("来源的记录已撤销或更正，这件事不再办理。"))
    said = _text("text", text)
    ended = state is not UndertakingState.UNDERWAY
    undertaking.state, undertaking.result = state, said if ended else ""
    undertaking.closed_on = max(local_date(at), undertaking.raised_on) if ended else None
    _step(Progress(undertaking_id=undertaking.id, state=state.value), said, by, at)
    return undertaking


def add_directive(new: NewDirective, *, by: Actor, at: dt.datetime) -> Directive:
    """What the group ordered, due by a day; visits count from the day it was issued."""
    today = local_date(at)
    if not today - LONG_AGO <= new.issued_on <= today:
        raise RuleBroken("issued_on", _("部署日期要在最近一年内，不能晚于今天。"))
    if new.due_on < today:
        raise RuleBroken("due_on", _("完成时限不能早于今天。"))
    directive = Directive(
        text=_text("text", new.text), issued_on=new.issued_on, due_on=new.due_on, asks_visits=new.asks_visits,
        entered_by_id=by.person_id,
    )  # fmt: skip
    db.session.add(directive)
    db.session.flush()
    return directive


def close_directive(directive_id: int, *, at: dt.datetime) -> None:
    """The directive is carried out."""
    _directive(directive_id).closed_on = local_date(at)
    db.session.flush()


def reopen_directive(directive_id: int) -> None:
    """It was closed by mistake, or there is more to do."""
    _directive(directive_id).closed_on = None
    db.session.flush()


def _directive(directive_id: int) -> Directive:
    directive = queries.directive(directive_id)
    if directive is None:
        raise NotThere
    return directive


# --- the source -----------------------------------------------------------------------------------


def drop_lines(source: Source, *, by: Actor) -> None:
    """The source was withdrawn: what is in hand goes on, the rest is dropped; both are marked.

    Raise RuleBroken where one is judged by what would be dropped (rule 7).
    """
    problems, undertakings = _known(source)
    _kept(problems, {}, source, by)
    for item in (*problems.values(), *undertakings.values()):
        _mark(item, gone=True)
    db.session.flush()
