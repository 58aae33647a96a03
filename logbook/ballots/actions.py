"""Holding a ballot: opened, cast or typed in, closed. Every act adds to counters; none remembers a voter."""

import datetime as dt
import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from flask_babel import lazy_gettext as _
from sqlalchemy import bindparam, delete, insert, update

from logbook.access import Actor
from logbook.accounts import sessions
from logbook.accounts.actions import CODE_LETTERS
from logbook.ballots import counting, queries
from logbook.ballots.models import BLANK, INVALID, Ballot, BallotClass, BallotCode, Count, Sheet, VoterClass
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.review import queries as review
from logbook.review.models import Meeting

ITEMS = (
    ("政治建设和理论武装", 15), ("履行第一责任人职责", 15), ("支部规范化和组织生活", 15), ("党员队伍教育管理", 10),
    ("党建与业务融合", 15), ("联系服务职工群众", 10), ("作风和廉洁", 10), ("问题查摆和上年度整改", 10),
)  # fmt: skip
MOST_VOTERS = 2000  # of a class
CODE_LENGTH = 12  # of 31 letters: 59 bits
Round = Literal["cast", "first", "second"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """One cell of a ballot: the secretary's report, the item (0: overall), the value as counting.py reads it."""

    report_id: int
    item: int
    value: str


def open_ballot(meeting: Meeting, sheet: Sheet, *, by: Actor, at: dt.datetime) -> Ballot:
    """Open the meeting's ballot, all counters at zero. Raise RuleBroken where one is open, or holds.

    The counters are there from the first: one that appeared with the first vote for it would tell of that vote.
    """
    former = queries.ballot(meeting.id)
    if review.is_decided(meeting.id):
        raise RuleBroken("", _("已经登记过等次，不再测评。"))
    if former is not None and not (former.closed_at and is_void(former)):
        raise RuleBroken("", _("这次会议已经有测评。收回多于发出、作为无效的，才能重新测评。"))
    items = ITEMS if sheet is not Sheet.GRADES else ()
    ballot = Ballot(
        meeting_id=meeting.id, sheet=sheet, items=json.dumps(items, ensure_ascii=False), opened_at=at,
        opened_by_id=by.person_id,
    )  # fmt: skip
    db.session.add(ballot)
    db.session.flush()
    classes = [BallotClass(ballot_id=ballot.id, voters=one) for one in VoterClass]
    db.session.add_all(classes)
    db.session.flush()
    reports, judged = [one.id for one in review.reports(meeting.id)], list(cells(ballot))
    rows = [
        {"class_id": one.id, "report_id": report, "item": item, "value": value, "cast": 0, "first": 0, "second": 0}
        for one in classes for report in reports for item, values in judged for value in values
    ]  # fmt: skip
    db.session.execute(insert(Count), rows)
    db.session.flush()
    return ballot


def cells(ballot: Ballot) -> Iterable[tuple[int, tuple[str, ...]]]:
    """What is judged of every secretary: the item, and the values it may have."""
    for one in ballot.columns:
        values = map(str, range(one.most + 1)) if one.most else counting.GRADES
        yield one.number, (*values, BLANK, INVALID)


def over(ballot: Ballot) -> Sequence[BallotClass]:
    """The classes of which more ballots came back than were handed out."""
    return [one for one in ballot.classes if counting.is_void(one.handed_out, one.cast + one.first)]


def is_void(ballot: Ballot) -> bool:
    """收回多于发出，无效: one class makes the whole ballot void."""
    return bool(over(ballot))


def hand_out(class_id: int, handed_out: int | None) -> None:
    """Say how many ballots of a class were handed out; None is a number that was none."""
    _ballot, found = _open_class(class_id)
    if handed_out is None or handed_out > MOST_VOTERS:
        raise RuleBroken("handed_out", _("请填0至%(most)s。", most=MOST_VOTERS))
    found.handed_out = handed_out
    db.session.flush()


def make_codes(class_id: int, n: int | None) -> Sequence[str]:
    """Return `n` new codes to be printed on slips that are handed out unmarked; only their digests are stored."""
    _open_class(class_id)
    if n is None or not 1 <= n <= MOST_VOTERS:
        raise RuleBroken("codes", _("请填1至%(most)s。", most=MOST_VOTERS))
    codes = ["".join(secrets.choice(CODE_LETTERS) for _letter in range(CODE_LENGTH)) for _code in range(n)]
    db.session.execute(insert(BallotCode), [{"digest": sessions.digest(one), "class_id": class_id} for one in codes])
    db.session.flush()
    return ["-".join(one[i : i + 4] for i in range(0, CODE_LENGTH, 4)) for one in codes]


def digest_of(code: str) -> str:
    """The digest a typed code is looked up by."""
    return sessions.digest("".join(code.split()).replace("-", "").upper())


def cast(code: str, judgements: Collection[Judgement]) -> None:
    """Cast a ballot: its code is gone and the counters are one higher, both or neither.

    Raise RuleBroken("code") where the code is unknown, used, or of a closed ballot.
    """
    digest = digest_of(code)
    class_id = queries.class_of_code(digest)
    used = db.session.connection().execute(delete(BallotCode).where(BallotCode.digest == digest))
    if class_id is None or used.rowcount != 1:
        raise RuleBroken("code", _("这张测评码不对，或已经投过，或测评已经结束。"))
    _add(class_id, "cast", judgements)


def type_in(class_id: int, typing: Round, judgements: Collection[Judgement]) -> None:
    """Count a ballot of paper, in the first or the second typing."""
    _open_class(class_id)
    _add(class_id, typing, judgements)


def _add(class_id: int, column: Round, judgements: Collection[Judgement]) -> None:
    connection = db.session.connection()
    one_more = {column: getattr(BallotClass, column) + 1}
    connection.execute(update(BallotClass).where(BallotClass.id == class_id).values(one_more))
    of_cell = (
        Count.class_id == class_id, Count.report_id == bindparam("of_report"), Count.item == bindparam("of_item"),
        Count.value == bindparam("of_value"),
    )  # fmt: skip
    statement = update(Count).where(*of_cell).values({column: getattr(Count, column) + 1})
    rows = [{"of_report": one.report_id, "of_item": one.item, "of_value": one.value} for one in judgements]
    found = connection.execute(statement, rows).rowcount if rows else 0
    if found != len(rows):
        raise NotThere  # a cell that is not on this ballot


def type_again(class_id: int, typing: Round) -> None:
    """Throw a typing away, to begin it anew."""
    _open_class(class_id)
    if typing == "cast":
        raise NotThere
    db.session.execute(update(BallotClass).where(BallotClass.id == class_id).values({typing: 0}))
    db.session.execute(update(Count).where(Count.class_id == class_id).values({typing: 0}))


def differs(ballot: Ballot) -> bool:
    """Whether the two typings of paper differ anywhere, or one of them is not finished."""
    return any(one.first != one.second for one in ballot.classes) or bool(queries.typed_apart(ballot.id))


def close(meeting_id: int, *, at: dt.datetime) -> Ballot:
    """Close the ballot: no code is left. The disk is cleaned afterwards by erasing.py, and only then a result shows.

    Raise RuleBroken while the two typings differ, or a class does not say how many ballots were handed out.
    """
    ballot = queries.ballot(meeting_id)
    if ballot is None or ballot.closed_at:
        raise NotThere
    if differs(ballot):
        raise RuleBroken("", _("纸质测评表两遍录入不一致，请核对不同的地方，重新录入后再结束。"))
    if any(one.cast + one.first and not one.handed_out for one in ballot.classes):
        raise RuleBroken("", _("请先填写各类测评表的发出份数，再结束测评。"))
    db.session.execute(delete(BallotCode).where(BallotCode.class_id.in_(one.id for one in ballot.classes)))
    ballot.closed_at = at
    db.session.flush()
    return ballot


def note_erased(meeting_id: int, *, at: dt.datetime) -> None:
    """From here on the result may be seen."""
    ballot = queries.ballot(meeting_id)
    if ballot is None or ballot.closed_at is None:
        raise NotThere
    ballot.erased_at = at
    db.session.flush()


def _open_class(class_id: int) -> tuple[Ballot, BallotClass]:
    found = queries.ballot_of(class_id)
    if found is None or found[0].closed_at:
        raise NotThere
    return found
