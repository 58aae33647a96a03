"""A first draft from facts, by rule; no opinion is made up. And what a clause's source says, to see it change."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from logbook.comments.models import Part
from logbook.formats import full_date
from logbook.problems.models import Side, SourceKind, State
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
    source: Source | None


def digest(*said: object) -> str:
    """SHA-256 of what a source says."""
    return hashlib.sha256(json.dumps(said, default=str, ensure_ascii=False).encode()).hexdigest()


def of_problem(row: Any) -> Source:
    """A problem says its text, state, due day and result; one that no record states any more says that too."""
    said = (row.text, row.state.value, row.due_on, row.result, row.dropped, row.side.value)
    return Source("problem", row.id, row.source_label, digest(*said))


def of_visit(visit: Any) -> Source:
    """A record says what its version says, as long as it counts."""
    number = f"{visit.number} 第{visit.version}版" if visit.version > 1 else visit.number
    return Source("visit", visit.id, number, digest(visit.version, visit.counts))


STATES = {State.OPEN: "目前尚未办结", State.UNDERWAY: "目前仍在办理", State.PARTLY: "目前部分解决"}


def drafted(items: Sequence[Any], today: dt.date) -> Iterable[Draft]:
    """Clauses from a branch's problems of the year: its own alone speak for or against its secretary (rule 4).

    What is mended speaks for them, once where it was said several times; what is past its day against them, and what
    a meeting asked for. What is still in its time says nothing of the secretary.
    """
    own = [one for one in items if one.side is Side.BRANCH and not one.dropped]
    for one in {_plain(one.text): one for one in own if one.state is State.DONE}.values():
        yield Draft(Part.PRAISE, f"{_of_last_year(one)}“{_plain(one.text)}”的问题已整改。", of_problem(one))
    for one in own:
        late = one.due_on < today
        if one.state in STATES and (late or one.source_kind is SourceKind.MEETING):
            due = f"原定{full_date(one.due_on)}前完成，" if late else ""
            said = f"{_of_last_year(one)}“{_plain(one.text)}”，{due}{STATES[one.state]}。"
            yield Draft(Part.SHORTCOMING, said, of_problem(one))


def _of_last_year(one: Any) -> str:
    return "上年整改事项" if one.source_kind is SourceKind.MEETING else ""


def extracted(sorted_visits: Iterable[tuple[Any, Stance]]) -> Iterable[Draft]:
    """Clauses from observations, as the 点评人 sorted them."""
    for visit, stance in sorted_visits:
        part = Part.PRAISE if stance is Stance.GOOD else Part.SHORTCOMING
        yield Draft(part, f"{_plain(visit.observation)}。", of_visit(visit))


def _plain(text: str) -> str:
    return text.strip().rstrip("。；;.")[:LONGEST]
