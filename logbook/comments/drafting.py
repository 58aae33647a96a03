"""A first draft from facts, by rule; no opinion is made up. And what a clause's source says, to see it change."""

import datetime as dt
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from logbook.comments import matters
from logbook.comments.models import Part
from logbook.formats import fingerprint, full_date
from logbook.problems.models import Answer, Side, State
from logbook.review.models import Stance

LONGEST = 300  # characters of what a clause is drafted from


@dataclass(frozen=True, slots=True)
class Source:
    """What a clause rests on: where it is, how it is cited, a digest of what it says, and what it says in codes."""

    kind: str
    id: int
    label: str
    rests_on: str
    said: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A clause to be; `about` is its matter, as the source has it."""

    part: Part
    text: str
    source: Source
    about: str


def of_problem(row: Any) -> Source:
    """A problem says its text, state, due day and result; one that no record states any more says that too."""
    said = (row.text, row.state.value, row.due_on, row.result, row.dropped, row.side.value)
    names = ("text", "state", "due_on", "result", "dropped", "side")
    kept = json.dumps(dict(zip(names, said, strict=True)), default=str, ensure_ascii=False)
    return Source("problem", row.id, row.taken_up_as or row.source_label, fingerprint(*said), kept)


def of_visit(visit: Any) -> Source:
    """A record says what its version says, as long as it counts."""
    number = f"{visit.number} 第{visit.version}版" if visit.version > 1 else visit.number
    kept = json.dumps({"version": visit.version})
    return Source("visit", visit.id, number, fingerprint(visit.version, visit.counts), kept)


STATES = {State.OPEN: "目前尚未办结", State.UNDERWAY: "目前仍在办理", State.PARTLY: "目前部分解决"}
UNACCEPTED = {Answer.NOT, Answer.PARTLY}


def drafted(
    rectification: Sequence[Any], others: Sequence[Any], said: Iterable[tuple[Any, Stance]], today: dt.date
) -> Iterable[Draft]:
    """Clauses from what a branch was to mend since the last meeting, from its other problems, and from what was seen.

    Each matter is said once, and what stands open is never praised, whoever is to answer for it. A branch's own
    problems alone speak for or against its secretary (rule 4): what is mended, and accepted, for them; what is past
    its day against them, and what a meeting asked for. What is still in its time says nothing of the secretary.
    `said`: observations, as the 点评人 sorted them.
    """
    asked = {one.id for one in rectification}
    rows = [one for one in (*rectification, *others) if not one.dropped]
    facts: list[Any] = [*rows, *(_Seen(*pair) for pair in said)]
    found = [_of_matter(matter, asked, today) for matter in matters.grouped(facts, _about)]
    drafts = [one for one in found if one is not None]
    order = {("problem", Part.PRAISE): 0, ("problem", Part.SHORTCOMING): 1}
    yield from sorted(drafts, key=lambda one: order.get((one.source.kind, one.part), 2))


@dataclass(frozen=True, slots=True)
class _Seen:
    """An observation, as the 点评人 sorted it."""

    visit: Any
    stance: Stance


def _about(fact: Any) -> str:
    return _plain(fact.visit.observation if isinstance(fact, _Seen) else fact.text)


def _of_matter(facts: Sequence[Any], asked: Collection[int], today: dt.date) -> Draft | None:
    """The one clause of a matter: what is wanting goes before what is good, last year's item before the others."""
    seen, rows = [one for one in facts if isinstance(one, _Seen)], [one for one in facts if not isinstance(one, _Seen)]
    own = [one for one in rows if one.side is Side.BRANCH]
    wanting = [one for one in own if one.state in STATES and (one.due_on < today or one.id in asked)]
    if wanting:
        return _wanting(min(wanting, key=lambda one: (one.id not in asked, one.due_on, one.id)), asked, today)
    against = [one for one in seen if one.stance is Stance.WANTING]
    if against:
        return _extracted(against[0])
    if any(one.state is not State.DONE or one.answer in UNACCEPTED for one in rows):
        return None
    if own:
        return _mended(max(own, key=lambda one: (one.id in asked, one.id)), asked)
    return _extracted(seen[0]) if seen else None


def _wanting(one: Any, asked: Collection[int], today: dt.date) -> Draft:
    due = f"原定{full_date(one.due_on)}前完成，" if one.due_on < today else ""
    return Draft(
        Part.SHORTCOMING, f"{_named(one, asked)}，{due}{STATES[one.state]}。", of_problem(one), _plain(one.text)
    )


def _mended(one: Any, asked: Collection[int]) -> Draft:
    return Draft(Part.PRAISE, f"{_named(one, asked)}的问题已整改。", of_problem(one), _plain(one.text))


def _named(one: Any, asked: Collection[int]) -> str:
    return f"{'上年整改事项' if one.id in asked else ''}“{_plain(one.text)}”"


def _extracted(one: _Seen) -> Draft:
    """A clause from an observation."""
    part, said = Part.PRAISE if one.stance is Stance.GOOD else Part.SHORTCOMING, _about(one)
    return Draft(part, f"{said}。", of_visit(one.visit), said)


def _plain(text: str) -> str:
    """As it is quoted: quotation marks in it are inner ones."""
    return text.strip().rstrip("。；;.")[:LONGEST].replace("“", "‘").replace("”", "’")
