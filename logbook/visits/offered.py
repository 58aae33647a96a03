"""What a page offers with a record: the lines its text tells the ledger, and the questions before it is stored."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from logbook.access import Actor
from logbook.formats import now, shown_short, today
from logbook.organization import queries as organization
from logbook.problems import queries as problems
from logbook.problems.models import Problem, SourceKind, State, Undertaking
from logbook.visits import asking, queries, rules
from logbook.visits.asking import ANOTHER, NEW_PROBLEM
from logbook.visits.forms import NEW, Row, VisitForm, empty_row
from logbook.visits.lines import LedgerLine, ledger_lines, without_lines
from logbook.visits.models import Visit
from logbook.visits.queries import Record, SameDay
from logbook.visits.rules import NewVisit

TAKEN = "把基本情况里写的问题、领办事项记进台账"  # the reason of a correction, as it is filled in beforehand
MERGED = "与在办问题相同的，改记为它的进展"


def open_problems(branch_id: int | None, but_visit: int | None = None) -> list[Problem]:
    """The open problems at a branch and inside it, but those of the record itself."""
    if branch_id is None:
        return []
    here = problems.open_at_branch({branch_id, *organization.inside(branch_id, today())})
    own = (SourceKind.VISIT, but_visit)
    return [one for one in here if (one.source_kind, one.source_id) != own]


def shown_problem(problem: Problem) -> dict[str, Any]:
    """An open problem as a page or a phone offers it: told from others by its number and day."""
    return {"id": problem.id, "number": problem.label, "day": shown_short(problem.raised_on), "text": problem.text}


# --- questions ------------------------------------------------------------------------------------


def ask(
    form: VisitForm, new: NewVisit, by: Actor, *, stored: Visit | None = None, known_lines: Collection[int] = ()
) -> None:
    """Ask what is to be answered before the record is stored; raise RuleBroken for the first question.

    The rules come first: whoever answered is not refused afterwards. `stored` is the record that is corrected, and
    `known_lines` are those of its lines that stand in the ledger.
    """
    if stored is None and new.client_key and queries.by_client_key(new.client_key):
        return  # it is stored: a repeat
    for broken in rules.all_breaches(new, by, now(), stored):
        raise broken
    moved = stored is None or (stored.visited_on, stored.branch_id) != (new.visited_on, new.branch_id)
    same = queries.same_day(by, new.member_id, new.visited_on, (new.branch_id, new.place), but=_id(stored))
    fresh = [one for one in new.problems if one.line not in known_lines and one.repeats_id is None]
    here = open_problems(new.branch_id, _id(stored)) if fresh else []
    asked = form.ask(same if moved else [], asking.repeats(fresh, here), own=new.member_id == by.person_id)
    if asked is not None:
        raise asked


def _id(stored: Visit | None) -> int | None:
    return stored.id if stored else None


def answers(form: VisitForm) -> str:
    """What was answered, as it stands with the record's first version."""
    new = any(row.values["repeats"] == NEW for row in form.rows["problem"])
    return "；".join([ANOTHER] * bool(form.another.data) + [NEW_PROBLEM] * new)


# --- a record's own page --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hints:
    """What the page of a record points out to its author: nothing of it was asked when it came without a page."""

    lines: Sequence[LedgerLine] = ()
    same_day: Sequence[SameDay] = ()
    merges: dict[int, Problem] = field(default_factory=dict)  # {id of its own problem: the open one that it repeats}


def hints(record: Record, by: Actor, own: tuple[Sequence[Problem], Sequence[Undertaking]], *, just_sent: bool) -> Hints:
    """Of a record as it came in: once corrected, it was looked at. Its lines were offered while they were typed."""
    visit = record.visit
    if visit.version > 1 or visit.withdrawn_at or by.person_id not in {visit.member_id, visit.entered_by_id}:
        return Hints()
    first = queries.version(visit.id, 1)
    said = first.reason if first else ""
    known = {one.text for kind in own for one in kind}
    same = queries.same_day(by, visit.member_id, visit.visited_on, (visit.branch_id, visit.place), but=visit.id)
    return Hints(
        lines=[one for one in ledger_lines(visit.findings) if just_sent and one.text not in known],
        same_day=[] if ANOTHER in said else [one for one in same if one.id < visit.id],
        merges={} if NEW_PROBLEM in said else merges(visit, own[0]),
    )


def merges(visit: Visit, own: Sequence[Problem]) -> dict[int, Problem]:
    """The record's problems that nobody has in hand, with the open problem of the branch that each repeats."""
    mine = [one for one in own if one.state is State.OPEN and not one.dropped and not one.progress]
    here = open_problems(visit.branch_id, visit.id) if mine else []
    found = {one.id: asking.like(one.text, here) for one in mine}
    return {i: problem for i, problem in found.items() if problem is not None}


def take_lines(values: dict[str, Any], rows: dict[str, list[Row]]) -> None:
    """Fill a correction with what the text tells the ledger: one tap instead of typing it again."""
    found = ledger_lines(values["findings"])
    for line in found:
        rows[line.kind].append(empty_row(line.kind))
        rows[line.kind][-1].values["text"] = line.text
    values["findings"] = without_lines(values["findings"]) or "；".join(line.text for line in found)
    values["reason"] = TAKEN


def take_merges(values: dict[str, Any], rows: dict[str, list[Row]], found: dict[str, Problem]) -> None:
    """Fill a correction that makes the record's problems progress of open ones; {line: the open problem}."""
    for row in rows["problem"]:
        problem = found.get(row.values["line"])
        if problem is not None:  # a line of its own: the one that stood in the ledger goes
            row.values |= {"line": "", "repeats": str(problem.id)}
    values["reason"] = MERGED
