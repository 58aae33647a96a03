"""Many records at once, straight into the tables, as consistent as recorded ones: for benchmarks and large trials."""

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from sqlalchemy import insert, select

from logbook.db import db
from logbook.formats import SHANGHAI
from logbook.problems.actions import NewProblem
from logbook.problems.models import Handling, Problem, Side, SourceKind, State
from logbook.sample import texts
from logbook.sample.bureau import LIAISON, Bureau
from logbook.visits.actions import COLUMNS
from logbook.visits.models import (
    Book,
    Content,
    Kind,
    Level,
    NumberSeries,
    Visit,
    VisitContent,
    VisitKind,
    VisitVersion,
    Voice,
    number_of,
)
from logbook.visits.rules import NewVisit
from logbook.visits.versions import body_of, digest_of

MOST_A_YEAR, MOST_YEARS = 10_000, 20
BATCH = 2_000
KINDS, CONTENTS = list(Kind), list(Content)[:4]


def spread(total: int, today: dt.date) -> dict[int, int]:
    """How many records each past year gets: 10,000 from the last one back; more when that took over 20 years."""
    found: dict[int, int] = {}
    most = max(MOST_A_YEAR, -(-total // MOST_YEARS))
    year = today.year - 1
    while total > 0:
        found[year] = min(total, most)
        total -= found[year]
        year -= 1
    return dict(sorted(found.items()))


def write(bureau: Bureau, random: Random, total: int, commit: Callable[[], None]) -> None:
    """Write `total` records into past years, a batch at a time; progress goes to standard error."""
    done = 0
    for year, n in spread(total, bureau.today).items():
        lines = Counter(dict(db.session.execute(select(Book.member_id, Book.lines).where(Book.year == year)).all()))
        days = iter(sorted(dt.date(year, 1, 1) + dt.timedelta(days=random.randrange(360)) for _ in range(n)))
        start = db.session.scalar(select(NumberSeries.last).where(NumberSeries.year == year)) or 0
        for first in range(0, n, BATCH):
            seqs = range(start + first + 1, start + min(first + BATCH, n) + 1)
            _batch([_new(bureau, random, next(days)) for _ in seqs], seqs, lines)
            done += len(seqs)
            sys.stderr.write(f"\r{done}/{total}")
        _close(year, start + n, lines)
        commit()
    sys.stderr.write("\n")


def _batch(news: list[NewVisit], seqs: range, lines: Counter[int]) -> None:
    visits = []
    for new, seq in zip(news, seqs, strict=True):
        lines[new.member_id] += 1
        visits.append(_visit(new, seq, lines[new.member_id]))
    ids = db.session.scalars(insert(Visit).returning(Visit.id, sort_by_parameter_order=True), visits).all()
    rows: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (VisitVersion, VisitKind, VisitContent, Voice, Problem)
    }
    for new, seq, visit_id in zip(news, seqs, ids, strict=True):
        _lines(rows, new, visit_id, f"{number_of(new.visited_on.year, seq)}/1")
    for table, values in rows.items():
        if values:
            db.session.execute(insert(table), values)


def _new(bureau: Bureau, random: Random, on: dt.date) -> NewVisit:
    member = random.randrange(7)
    place = random.choice(LIAISON[member])
    theme, kind = texts.THEMES[place], random.choice(KINDS)
    text, category = random.choice(theme.voices)
    return NewVisit(
        member_id=bureau.members[bureau.holder(place, member, on)],
        visited_on=on,
        findings=texts.findings(random, kind, theme),
        kinds=(kind,),
        level=random.choices((Level.GROUP, Level.OFFICE), (9, 1))[0],
        branch_id=bureau.branches[place],
        half_days=random.choice((1, 2, None)),
        contents=(random.choice(CONTENTS),),
        voices=((text, category),) if random.random() < 0.3 else (),
        problems=(NewProblem(text, 1, category, Side.BUREAU, owner_unit="办公室"),) if random.random() < 0.5 else (),
    )


def _received_at(new: NewVisit) -> dt.datetime:
    return dt.datetime.combine(new.visited_on, dt.time(15), SHANGHAI)


def _visit(new: NewVisit, seq: int, line: int) -> dict[str, Any]:
    at = _received_at(new)
    return {name: getattr(new, name) for name in COLUMNS} | {
        "year": new.visited_on.year,
        "seq": seq,
        "member_id": new.member_id,
        "book_line": line,
        "recorded_at": at,
        "entered_by_id": new.member_id,
        "confirmed_at": at,
        "is_liaison": True,
        "version": 1,
        "received_version": 1,
        "received_at": at,
        "late": False,
        "counts": True,
        "own_organization": False,
        "withdraw_reason": "",
    }


def _lines(rows: dict[Any, list[dict[str, Any]]], new: NewVisit, visit_id: int, label: str) -> None:
    body = body_of(new)
    rows[VisitVersion].append(
        {
            "visit_id": visit_id,
            "n": 1,
            "body": body,
            "digest": digest_of(body),
            "by_id": new.member_id,
            "at": _received_at(new),
            "reason": "",
        }
    )
    rows[VisitKind] += [{"visit_id": visit_id, "kind": kind} for kind in new.kinds]
    rows[VisitContent] += [{"visit_id": visit_id, "content": content} for content in new.contents]
    rows[Voice] += [{"visit_id": visit_id, "text": text, "category": category} for text, category in new.voices]
    rows[Problem] += [_problem(one, new, visit_id, label) for one in new.problems]


def _problem(one: NewProblem, new: NewVisit, visit_id: int, label: str) -> dict[str, Any]:
    on = new.visited_on
    return {
        "source_kind": SourceKind.VISIT,
        "source_id": visit_id,
        "source_label": label,
        "source_line": 1,
        "dropped": False,
        "detached": False,
        "branch_id": new.branch_id,
        "raised_by_id": new.member_id,
        "raised_on": on,
        "text": one.text,
        "category": one.category,
        "side": one.side,
        "handling": Handling.COORDINATE,
        "owner_unit": one.owner_unit,
        "due_on": on + dt.timedelta(days=30),
        "measures": "",
        "state": State.DONE,
        "result": texts.RESULTS[0],
        "told_whom": "",
        "closed_on": on + dt.timedelta(days=20),
    }


def _close(year: int, last: int, lines: Counter[int]) -> None:
    """The number series and the books' lines, as if every record had been received one by one."""
    db.session.merge(NumberSeries(year=year, last=last))
    for member_id, n in sorted(lines.items()):
        book = db.session.scalar(select(Book).where(Book.member_id == member_id, Book.year == year))
        if book is None:
            at = dt.datetime(year, 1, 4, 1, tzinfo=dt.UTC)
            book = Book(member_id=member_id, year=year, issued_at=at, lines=0)
            db.session.add(book)
        book.lines = n
    db.session.flush()
