"""A first draft from facts, by rule; no opinion is made up. And what a clause's source says, to see it change."""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from logbook.comments.models import Part
from logbook.formats import fingerprint, full_date
from logbook.problems.models import Side, State
from logbook.review.models import Stance

LONGEST = 300  # characters of what a clause is drafted from


@dataclass(frozen=True, slots=True)
class Source:
    """What a clause rests on: where it is, how it is cited, and a digest of what it says."""

    kind: str
    id: int
    label: str
    rests_on: str


@dataclass(frozen=True, slots=True)
class Draft:
    part: Part
    text: str
    source: Source


def of_problem(row: Any) -> Source:
    """A problem says its text, state, due day and result; one that no record states any more says that too."""
    said = (row.text, row.state.value, row.due_on, row.result, row.dropped, row.side.value)
    return Source("problem", row.id, row.taken_up_as or row.source_label, fingerprint(*said))


def of_visit(visit: Any) -> Source:
    """A record says what its version says, as long as it counts."""
    number = f"{visit.number} 第{visit.version}版" if visit.version > 1 else visit.number
    return Source("visit", visit.id, number, fingerprint(visit.version, visit.counts))


STATES = {State.OPEN: "目前尚未办结", State.UNDERWAY: "目前仍在办理", State.PARTLY: "目前部分解决"}


def drafted(rectification: Sequence[Any], others: Sequence[Any], today: dt.date) -> Iterable[Draft]:
    """Clauses from what a branch was to mend since the last meeting and from its other problems.

    Its own alone speak for or against its secretary (rule 4). What is mended speaks for them, once where it was said
    several times; what is past its day against them, and what a meeting asked for. What is still in its time says
    nothing of the secretary.
    """
    asked = {one.id for one in rectification}
    own = [one for one in (*rectification, *others) if one.side is Side.BRANCH and not one.dropped]
    for one in {_plain(one.text): one for one in own if one.state is State.DONE}.values():
        yield Draft(Part.PRAISE, f"{_named(one, asked)}的问题已整改。", of_problem(one))
    for one in own:
        late = one.due_on < today
        if one.state in STATES and (late or one.id in asked):
            due = f"原定{full_date(one.due_on)}前完成，" if late else ""
            yield Draft(Part.SHORTCOMING, f"{_named(one, asked)}，{due}{STATES[one.state]}。", of_problem(one))


def _named(one: Any, asked: Collection[int]) -> str:
    return f"{'上年整改事项' if one.id in asked else ''}“{_plain(one.text)}”"


def extracted(sorted_visits: Iterable[tuple[Any, Stance]]) -> Iterable[Draft]:
    """Clauses from observations, as the 点评人 sorted them."""
    for visit, stance in sorted_visits:
        part = Part.PRAISE if stance is Stance.GOOD else Part.SHORTCOMING
        yield Draft(part, f"{_plain(visit.observation)}。", of_visit(visit))


def _plain(text: str) -> str:
    """As it is quoted: quotation marks in it are inner ones."""
    return text.strip().rstrip("。；;.")[:LONGEST].replace("“", "‘").replace("”", "’")
