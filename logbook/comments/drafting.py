"""A first draft from facts, by rule; no opinion is made up. And what a clause's source says, to see it change."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from logbook.comments.models import Part
from logbook.formats import full_date
from logbook.problems.models import Side, SourceKind, State
from logbook.review.models import Stance

LONGEST = 300  # characters of a clause drafted from an observation


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


def drafted(items: Sequence[Any]) -> Iterable[Draft]:
    """Clauses from a branch's problems of the year: its own alone speak for or against its secretary (rule 4)."""
    own = [one for one in items if one.side is Side.BRANCH and not one.dropped]
    for one in own:
        last_year = "上年整改事项" if one.source_kind is SourceKind.MEETING else ""
        if one.state is State.DONE:
            yield Draft(Part.PRAISE, f"{last_year}“{_plain(one.text)}”已办结。", of_problem(one))
        elif one.state is not State.LONG_TERM:
            due = f"，原定{full_date(one.due_on)}前完成" if one.due_on else ""
            state = "部分解决" if one.state is State.PARTLY else "目前仍在办理"
            yield Draft(Part.SHORTCOMING, f"{last_year}“{_plain(one.text)}”{due}，{state}。", of_problem(one))


def extracted(sorted_visits: Iterable[tuple[Any, Stance]]) -> Iterable[Draft]:
    """Clauses from observations, as the 点评人 sorted them."""
    for visit, stance in sorted_visits:
        part = Part.PRAISE if stance is Stance.GOOD else Part.SHORTCOMING
        yield Draft(part, f"{_plain(visit.observation)[:LONGEST]}。", of_visit(visit))


def _plain(text: str) -> str:
    return text.strip().rstrip("。；;.")
