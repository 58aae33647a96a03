"""What became of a clause's source since it was written: what it said, what it says, and how it would be worded now."""

import datetime as dt
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from logbook.access import Actor
from logbook.comments import matters, queries
from logbook.comments.drafting import Draft, Source
from logbook.comments.models import Clause, Comment
from logbook.formats import shown_date
from logbook.problems.models import Side, State
from logbook.visits import queries as visits

FIELDS = ("text", "state", "due_on", "result", "side", "dropped")  # of a problem, in the order they are read


@dataclass(frozen=True, slots=True)
class Change:
    """`then` and `now` say what differs; `rivals` stand open though the clause says that the matter is mended.

    `draft` is what a draft of today says of the matter, and None where it says nothing, or another clause says it.
    """

    then: str
    now: str
    draft: Draft | None
    rivals: tuple[tuple[int, str, str], ...] = ()  # (problem's id, number, what it says)


def changes(actor: Actor, comment: Comment, facts: Iterable[Draft]) -> dict[int, Change]:
    """Every stale clause of a comment that this reader may see, by id."""
    stale, facts = queries.stale(comment), list(facts)
    clauses = [one for one in comment.clauses if one.id in stale]
    now, rivals = queries.sources(clauses), queries.rivals(comment)
    found = {}
    for one in clauses:
        source = now.get((one.source_kind, one.source_id or 0))
        then, said = _visit(actor, one, source) if one.source_kind == "visit" else _problem(one, source)
        against = tuple((row.id, row.source_label, _sentence(row)) for row in rivals.get(one.id, ()))
        found[one.id] = Change(then, said, _wording(comment, one, source, facts), against)
    return found


def wording(comment: Comment, clause: Clause, facts: Sequence[Draft]) -> Draft | None:
    """What a draft of today says in the place of this clause."""
    source = queries.sources([clause]).get((clause.source_kind, clause.source_id or 0))
    return _wording(comment, clause, source, facts)


def _wording(comment: Comment, clause: Clause, source: Source | None, facts: Sequence[Draft]) -> Draft | None:
    taken = {(one.source_kind, one.source_id) for one in comment.clauses if one.id != clause.id}
    free = [one for one in facts if (one.source.kind, one.source.id) not in taken]
    own = [one for one in free if (one.source.kind, one.source.id) == (clause.source_kind, clause.source_id)]
    said = [json.loads(one or "{}").get("text", "") for one in (clause.said, source.said if source else "")]
    same = [one for one in free if any(text and matters.is_same(one.about, text) for text in said)]
    return next(iter([*own, *same]), None)


def _problem(clause: Clause, source: Source | None) -> tuple[str, str]:
    if source is None:
        return _unknown(), str(_("这个问题已不在台账里"))
    now = json.loads(source.said)
    if not clause.said:  # written before what the source said was kept
        return _unknown(), _shown(now, FIELDS[:4])
    then = json.loads(clause.said)
    names = [name for name in FIELDS if then.get(name) != now[name]]
    return _shown(then, names), _shown(now, names)


def _unknown() -> str:
    return str(_("没有留存，见原句"))


def _sentence(row: Any) -> str:
    return _shown({"text": row.text, "state": row.state.value, "due_on": str(row.due_on)}, FIELDS[:3])


def _shown(said: dict[str, Any], names: Iterable[str]) -> str:
    return str(_("，")).join(filter(None, (_field(name, said.get(name)) for name in names)))


def _field(name: str, value: Any) -> str:
    if name == "text":
        return f"“{value}”"
    if name == "state":
        return State(value).label
    if name == "due_on":
        return str(_("%(day)s前完成", day=shown_date(dt.date.fromisoformat(value))))
    if name == "side":
        return Side(value).label
    if name == "dropped":
        return str(_("记录里已删去这个问题") if value else _("记录里写有这个问题"))
    return str(_("办理结果：%(result)s", result=value) if value else _("没有办理结果"))


def _visit(actor: Actor, clause: Clause, source: Source | None) -> tuple[str, str]:
    """Versions by number; what was observed, as far as this reader may read it in each of them."""
    before = json.loads(clause.said or "{}").get("version")
    then = [clause.source]
    record = visits.record(actor, clause.source_id or 0)
    if record is None or source is None:
        return clause.source, source.label if source else str(_("这条记录已不在"))
    stored = visits.versions(record.visit.id)
    hidden, said = visits.kept_back(actor, record, stored), {one.n: json.loads(one.body) for one in stored}
    now = [source.label, *([] if record.visit.counts else [str(_("不再计算（已撤销或尚未确认）"))])]
    for n, words in ((before, then), (record.visit.version, now)):
        if n in said and "observation" not in hidden[n]:
            words.append(f"“{said[n].get('observation') or _('（无）')}”")
    return "　".join(then), "　".join(now)
