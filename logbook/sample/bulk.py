"""Many records at once, straight into the tables, as consistent as recorded ones: for benchmarks and large trials."""

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import func, insert, select

from logbook.db import db
from logbook.formats import SHANGHAI
from logbook.problems.actions import NewProblem
from logbook.problems.models import Handling, Problem, Side, SourceKind, State
from logbook.sample import texts
from logbook.sample.bureau import LIAISON, Bureau
from logbook.visits.actions import COLUMNS, NewVisit
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
)
from logbook.visits.versions import body_of, digest_of

MOST_A_YEAR = 10_000
BATCH = 2_000


def spread(total: int, today: dt.date) -> dict[int, int]:
    """How many records each year gets: at most 10,000, the last full year as many as it can."""
    found: dict[int, int] = {}
    year = today.year - 1
    while total > 0:
        found[year] = min(total, MOST_A_YEAR)
        total -= found[year]
        year -= 1
    return dict(sorted(found.items()))


def write(bureau: Bureau, random: Random, total: int, commit: Callable[[], None]) -> None:
    """Write `total` records into past years, a batch at a time; progress goes to standard error."""
    ids = count((db.session.scalar(select(func.max(Visit.id))) or 0) + 1)
    done = 0
    for year, n in spread(total, bureau.today).items():
        lines: Counter[int] = Counter()
        start = db.session.scalar(select(NumberSeries.last).where(NumberSeries.year == year)) or 0
        for first in range(0, n, BATCH):
            seqs = range(start + first + 1, start + min(first + BATCH, n) + 1)
            _batch(bureau, random, year, zip(ids, seqs, strict=False), lines)
            done += len(seqs)
            sys.stderr.write(f"\r{done}/{total}")
        _close(year, start + n, lines)
        commit()
    sys.stderr.write("\n")


def _batch(bureau: Bureau, random: Random, year: int, keys: Iterable[tuple[int, int]], lines: Counter[int]) -> None:
    rows: dict[Any, list[dict[str, Any]]] = {
        table: [] for table in (Visit, VisitVersion, VisitKind, VisitContent, Voice, Problem)
    }
    for visit_id, seq in keys:
        new = _new(bureau, random, year)
        lines[new.member_id] += 1
        _rows(rows, new, visit_id, seq, lines[new.member_id])
    for table, values in rows.items():
        if values:
            db.session.execute(insert(table), values)


def _new(bureau: Bureau, random: Random, year: int) -> NewVisit:
    member = random.randrange(7)
    text, category = random.choice(texts.VOICES)
    return NewVisit(
        member_id=bureau.members[member],
        visited_on=dt.date(year, 1, 1) + dt.timedelta(days=random.randrange(360)),
        findings=texts.findings(random),
        kinds=(random.choice(list(Kind)),),
        level=random.choices((Level.GROUP, Level.OFFICE), (9, 1))[0],
        branch_id=bureau.branches[random.choice(LIAISON[member])],
        half_days=random.choice((1, 2, None)),
        contents=(random.choice(list(Content)[:4]),),
        voices=((text, category),) if random.random() < 0.3 else (),
        problems=(NewProblem(text, 1, category, Side.BUREAU, owner_unit="办公室"),) if random.random() < 0.5 else (),
    )


def _rows(rows: dict[Any, list[dict[str, Any]]], new: NewVisit, visit_id: int, seq: int, line: int) -> None:
    on, body = new.visited_on, body_of(new)
    at = dt.datetime(on.year, on.month, on.day, 15, tzinfo=SHANGHAI)
    rows[Visit].append(
        {name: getattr(new, name) for name in COLUMNS}
        | {
            "id": visit_id,
            "year": on.year,
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
    )
    rows[VisitVersion].append(
        {
            "visit_id": visit_id,
            "n": 1,
            "body": body,
            "digest": digest_of(body),
            "by_id": new.member_id,
            "at": at,
            "reason": "",
        }
    )
    rows[VisitKind] += [{"visit_id": visit_id, "kind": kind} for kind in new.kinds]
    rows[VisitContent] += [{"visit_id": visit_id, "content": content} for content in new.contents]
    rows[Voice] += [{"visit_id": visit_id, "text": text, "category": category} for text, category in new.voices]
    rows[Problem] += [_problem(one, new, visit_id, f"{on.year}-{seq}/1") for one in new.problems]


def _problem(one: NewProblem, new: NewVisit, visit_id: int, label: str) -> dict[str, Any]:
    on = new.visited_on
    return {
        "source_kind": SourceKind.VISIT,
        "source_id": visit_id,
        "source_label": label,
        "source_line": 1,
        "dropped": False,
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
        book.lines += n
    db.session.flush()
