"""Holding a ballot: opened, confirmed by its witness, cast or typed in, closed. Every act adds to sums; none remembers
a voter. What needs both, 计票人 and 监票人, stands in steps.py.
"""

import datetime as dt
import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from flask_babel import lazy_gettext as _
from sqlalchemy import delete, insert

from logbook.access import Actor, Role
from logbook.accounts import queries as accounts
from logbook.accounts.actions import CODE_LETTERS
from logbook.accounts.models import Person
from logbook.ballots import box, counting, queries
from logbook.ballots.box import Box, Bundle, ClassBox, Sums
from logbook.ballots.models import BLANK, INVALID, Ballot, BallotClass, BallotCode, Count, Sheet, VoterClass
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import fingerprint
from logbook.review import queries as review
from logbook.review.models import Meeting, Report
from logbook.settings.queries import load

ITEMS = (
    ("政治建设和理论武装", 15), ("履行第一责任人职责", 15), ("支部规范化和组织生活", 15), ("党员队伍教育管理", 10),
    ("党建与业务融合", 15), ("联系服务职工群众", 10), ("作风和廉洁", 10), ("问题查摆和上年度整改", 10),
)  # fmt: skip
MOST_VOTERS = 2000  # of a class
CODE_LENGTH = 12  # of 31 letters: 59 bits
MAX_NAME = 40
Round = Literal["first", "second"]
Digest = Callable[[str], str]  # of a code, keyed


@dataclass(frozen=True, slots=True)
class Judgement:
    """One cell of a ballot: the secretary's report, the item (0: overall), the value as counting.py reads it."""

    report_id: int
    item: int
    value: str


@dataclass(frozen=True, slots=True)
class NewBallot:
    """What is asked, who counts and who watches: somebody with an account, or a name."""

    sheet: Sheet
    clerk_id: int
    witness_id: int | None = None
    witness_name: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """应到, 实到, 印制, and what is handed out; None is what follows from the others."""

    sheets: int = 0
    codes: int = 0
    due: int | None = None
    present: int | None = None
    printed: int | None = None


# --- opening ------------------------------------------------------------------------------------------


def open_ballot(meeting: Meeting, new: NewBallot, *, by: Actor, at: dt.datetime) -> Ballot:
    """Open the meeting's ballot with an empty box. Raise RuleBroken where one is open, or holds."""
    former = queries.ballot(meeting.id)
    if review.is_decided(meeting.id):
        raise RuleBroken("", _("已经登记过等次，不再测评。"))
    if former is not None and not (former.closed_at and is_void(former)):
        raise RuleBroken("", _("这次会议已经有测评。收回多于发出、作为无效的，才能重新测评。"))
    reports = review.reports(meeting.id)
    if new.clerk_id not in {one.id for one in clerks(reports)}:
        raise RuleBroken("clerk_id", _("计票人要能组织测评，且不是本次述职人员。"))
    name = check_witness(new.witness_id, new.witness_name, new.clerk_id, reports)
    items = ITEMS if new.sheet is not Sheet.GRADES else ()
    ballot = Ballot(
        meeting_id=meeting.id, sheet=new.sheet, items=json.dumps(items, ensure_ascii=False), opened_at=at,
        opened_by_id=by.person_id, clerk_id=new.clerk_id, witness_id=new.witness_id, witness_name=name,
        weights=json.dumps(load().ballot_weights),
    )  # fmt: skip
    db.session.add(ballot)
    db.session.flush()
    classes = [BallotClass(ballot_id=ballot.id, voters=one, codes=0) for one in VoterClass]
    db.session.add_all(classes)
    db.session.flush()
    box.replace(ballot.id, {one.id: ClassBox() for one in classes})
    return ballot


def clerks(reports: Sequence[Report]) -> list[Person]:
    """Who may be 计票人."""
    return list(review.who_runs_ballots(reports))


def witnesses(reports: Sequence[Report]) -> list[Person]:
    """Who may be 监票人 by an account of their own; the leader does not touch the count."""
    judged = {one.person_id for one in reports}
    return [one for one in accounts.business_accounts() if one.id not in judged]


def check_witness(witness_id: int | None, name: str, clerk_id: int, reports: Sequence[Report]) -> str:
    """The witness's name; raise RuleBroken for nobody, the clerk, or somebody under review."""
    if witness_id is not None:
        found = next((one for one in witnesses(reports) if one.id == witness_id), None)
        if found is None or witness_id == clerk_id:
            raise RuleBroken("witness_id", _("监票人不能是本次述职人员、计票人或党组书记。"))
        return found.name
    name = "".join(name.split())
    if not name or len(name) > MAX_NAME:
        raise RuleBroken("witness_name", _("请填写监票人的姓名，或者选一位有账号的。"))
    clerk = accounts.person(clerk_id)
    taken = {one.person.name for one in reports} | {one.name for one in accounts.holders(Role.LEADER)}
    if name in taken | ({clerk.name} if clerk else set()):
        raise RuleBroken("witness_name", _("监票人不能是本次述职人员、计票人或党组书记。"))
    return name


def make_witness_code(ballot: Ballot, digest: Digest, *, at: dt.datetime) -> str:
    """Return a code of one day for a witness without an account; the one before ends. It is printed how many."""
    if ballot.closed_at or not ballot.has_box:
        raise NotThere
    if ballot.witness_id is not None:
        raise RuleBroken("", _("监票人用自己的账号，不用监票码。"))
    code = new_code()
    ballot.witness_code, ballot.witness_code_own = digest(code), False
    ballot.witness_code_until = at + dt.timedelta(days=1)
    ballot.witness_codes += 1
    db.session.flush()
    return spaced(code)


def take_over_code(ballot: Ballot, digest: Digest) -> str:
    """Return a code that only the witness knows, in the place of the one on the slip, which others have seen."""
    code = new_code()
    ballot.witness_code, ballot.witness_code_own = digest(code), True
    db.session.flush()
    return spaced(code)


def new_code() -> str:
    """A random code, without its dashes."""
    return "".join(secrets.choice(CODE_LETTERS) for _letter in range(CODE_LENGTH))


def spaced(code: str) -> str:
    """A code as it is printed."""
    return "-".join(code[i : i + 4] for i in range(0, CODE_LENGTH, 4))


# --- numbers, confirmed by the witness -----------------------------------------------------------------


def set_numbers(ballot: Ballot, numbers: Mapping[int, Numbers]) -> None:
    """Say who is due and present in each class and what is handed out, until the witness confirms it."""
    _check_open(ballot)
    if ballot.confirmed_at:
        raise RuleBroken("", _("监票人已核对，更正须两人共同办理并写明原因。"))
    for one in ballot.classes:
        _set_class(one, numbers.get(one.id, Numbers()))
    db.session.flush()


def _set_class(one: BallotClass, new: Numbers) -> None:
    out = new.sheets + new.codes
    present = out if new.present is None else new.present
    due = present if new.due is None else new.due
    printed = new.sheets if new.printed is None else new.printed
    if not (out <= present <= due <= MOST_VOTERS and new.sheets <= printed <= 2 * MOST_VOTERS):
        raise RuleBroken("", _("%(voters)s：发出不多于实到，实到不多于应到，印制不少于发出。", voters=one.voters.label))
    one.due, one.present, one.printed, one.codes, one.handed_out = due, present, printed, new.codes, out


def numbers_as_shown(ballot: Ballot) -> str:
    """A digest of the numbers, so that a witness confirms what they read."""
    return fingerprint(
        [(one.id, one.due, one.present, one.printed, one.codes, one.handed_out) for one in ballot.classes]
    )


def confirm(ballot: Ballot, shown: str, *, at: dt.datetime) -> None:
    """The witness has checked the numbers: from here on codes are printed, and nothing is changed by one alone."""
    _check_open(ballot)
    if ballot.confirmed_at:
        return
    if shown != numbers_as_shown(ballot):
        raise RuleBroken("", _("份数刚有改动，请再核对一遍。"))
    if not any(one.handed_out for one in ballot.classes):
        raise RuleBroken("", _("还没有填写发出份数。"))
    ballot.confirmed_at = at
    db.session.flush()
    found = the_box(ballot)
    for one in ballot.classes:
        mine = found[one.id]
        mine.to_make = (one.codes or 0) - mine.made + mine.voided  # also where a commit failed after it
    box.replace(ballot.id, found)


def make_codes(class_id: int, digest: Digest) -> Sequence[str]:
    """Return the codes of a class, to be printed on slips handed out unmarked: as many as were confirmed, once."""
    ballot, _voters = open_class(class_id)
    found = the_box(ballot)
    mine = found[class_id]
    if not (mine.to_make and ballot.confirmed_at):
        raise RuleBroken("", _("没有可以打印的测评码：数目由监票人核对，丢失的由两人共同作废后补发。"))
    codes = [new_code() for _code in range(mine.to_make)]
    mine.codes += map(digest, codes)
    mine.made += len(codes)
    mine.to_make = 0
    box.replace(ballot.id, found)
    return [spaced(one) for one in codes]


# --- votes ----------------------------------------------------------------------------------------------


def class_of_code(digest: str) -> tuple[Ballot, BallotClass] | None:
    """The ballot and the class that a code casts in; None for an unknown one, a used one, or one of a closed ballot."""
    for ballot in queries.open_ballots():
        for class_id, one in (box.read(ballot.id) or {}).items():
            if digest in one.codes:
                return ballot, next(voters for voters in ballot.classes if voters.id == class_id)
    return None


def cast(digest: str, judgements: Collection[Judgement]) -> None:
    """Cast a ballot: its code is gone and the sums are one higher, both or neither.

    Raise RuleBroken("code") where the code is unknown, used, or of a closed ballot.
    """
    found = class_of_code(digest)
    if found is None:
        raise RuleBroken("code", _("此测评码已使用。"))
    ballot, voters = found
    state = the_box(ballot)
    mine = state[voters.id]
    mine.codes.remove(digest)
    mine.cast.add(_sums(ballot, [judgements]))
    box.replace(ballot.id, state)


def cells(ballot: Ballot) -> Iterable[tuple[int, tuple[str, ...]]]:
    """What is judged of every secretary: the item, and the values it may have."""
    for one in ballot.columns:
        values = map(str, range(one.most + 1)) if one.most else counting.GRADES
        yield one.number, (*values, BLANK, INVALID)


def _sums(ballot: Ballot, ballots: Sequence[Collection[Judgement]]) -> Sums:
    allowed = {item: set(values) for item, values in cells(ballot)}
    reports = {one.id for one in review.reports(ballot.meeting_id)}
    found = Sums(n=len(ballots))
    for judgements in ballots:
        values = {one.value for one in judgements}
        found.spoiled += INVALID in values and values <= {INVALID, BLANK}
        for one in judgements:
            if one.report_id not in reports or one.value not in allowed.get(one.item, ()):
                raise NotThere  # a cell that is not on this ballot
            cell = f"{one.report_id}.{one.item}.{one.value}"
            found.counts[cell] = found.counts.get(cell, 0) + 1
    return found


# --- paper, typed in twice, in bundles of ten -----------------------------------------------------------


def count_paper(class_id: int, sheets: int | None) -> None:
    """Say how many sheets of paper came back, before they are typed in; they are put into bundles of ten."""
    ballot, _voters = open_class(class_id)
    _check_confirmed(ballot)
    if sheets is None or sheets > MOST_VOTERS:
        raise RuleBroken("back", _("请填0至%(most)s。", most=MOST_VOTERS))
    found = the_box(ballot)
    mine = found[class_id]
    if any(one.typed("first") or one.typed("second") for one in mine.bundles):
        raise RuleBroken("back", _("已经开始录入。份数点错的，先清空两遍录入。"))
    mine.back, mine.bundles = sheets, [Bundle(size) for size in box.sizes(sheets)]
    box.replace(ballot.id, found)


def type_in(class_id: int, typing: Round, number: int, sheets: Sequence[Collection[Judgement]], *, by: str) -> None:
    """Add a bundle of paper, whole, in the first or the second typing. The same sent twice is one."""
    ballot, _voters = open_class(class_id)
    found = the_box(ballot)
    mine = found[class_id]
    if not 0 <= number < len(mine.bundles) or len(sheets) != mine.bundles[number].size:
        raise NotThere
    bundle, typed = mine.bundles[number], _sums(ballot, sheets)
    if bundle.typed(typing):
        if getattr(bundle, typing) in (None, typed):  # an answer was lost; None: both agreed already
            return
        raise RuleBroken("", _("这一扎已经录过。"))
    setattr(bundle, typing, typed)
    if by not in mine.typists[typing]:
        mine.typists[typing] = sorted([*mine.typists[typing], by])
    if bundle.first == bundle.second:
        mine.paper.add(typed)
        mine.bundles[number] = Bundle(bundle.size, agreed=True)
    box.replace(ballot.id, found)


def next_bundle(mine: ClassBox, typing: Round) -> int | None:
    """The first bundle not yet typed in this time."""
    return next((i for i, one in enumerate(mine.bundles) if not one.typed(typing)), None)


def differences(mine: ClassBox) -> list[tuple[int, dict[str, int]]]:
    """(bundle, {cell: how much more the second time}) where both typings are finished and differ; nothing before."""
    if not (mine.finished("first") and mine.finished("second")):
        return []
    return [
        (i, _more(one.first, one.second))
        for i, one in enumerate(mine.bundles)
        if one.first is not None and one.second is not None
    ]


def _more(first: Sums, second: Sums) -> dict[str, int]:
    found = {
        cell: second.counts.get(cell, 0) - first.counts.get(cell, 0) for cell in sorted({*first.counts, *second.counts})
    }
    return {cell: n for cell, n in found.items() if n}


def type_again(class_id: int, typing: Round, number: int) -> None:
    """Throw away one typing of a bundle that differs, to type it in anew."""
    ballot, _voters = open_class(class_id)
    found = the_box(ballot)
    if number not in {i for i, _cells in differences(found[class_id])}:
        raise RuleBroken("", _("这一项刚有变动，请再看一遍。"))
    setattr(found[class_id].bundles[number], typing, None)
    box.replace(ballot.id, found)


def begin_paper_again(class_id: int) -> None:
    """Throw away both typings of a class, to count its sheets anew."""
    ballot, _voters = open_class(class_id)
    found = the_box(ballot)
    mine = found[class_id]
    mine.back, mine.bundles, mine.paper = None, [], Sums()
    mine.typists = {"first": [], "second": []}
    box.replace(ballot.id, found)


# --- closing --------------------------------------------------------------------------------------------


def over(ballot: Ballot) -> Sequence[BallotClass]:
    """The classes of which more ballots came back than were handed out."""
    return [one for one in ballot.classes if one.is_over]


def is_void(ballot: Ballot) -> bool:
    """收回多于发出，无效: one class makes the whole ballot void; or both declared it so, with a reason."""
    return bool(ballot.void_reason or over(ballot))


def check_ready(ballot: Ballot) -> None:
    """Raise RuleBroken while something is still to be done before closing."""
    if not ballot.has_box:
        if queries.typed_apart(ballot.id) or any(one.first != one.second for one in ballot.classes):
            raise RuleBroken("", _("纸质测评表两遍录入不一致。这次测评是升级以前开始的，只能作废，重新测评。"))
        return
    _check_confirmed(ballot)
    if not all(one.settled for one in the_box(ballot).values()):
        raise RuleBroken("", _("纸质测评表还没有录完，或两遍录入不一致，核对一致后再结束。"))


def close(ballot: Ballot, *, at: dt.datetime, sealed_by: str = "", void_reason: str = "") -> None:
    """Close the ballot: its sums are written down, all at once. A result shows when the box is gone (erasing.py)."""
    _check_open(ballot)
    if not void_reason:
        check_ready(ballot)
    if ballot.has_box:
        state = box.read(ballot.id) or {}
        for one in ballot.classes:
            _write_down(one, state.get(one.id, ClassBox()), counted=not void_reason)
    db.session.execute(delete(BallotCode).where(BallotCode.class_id.in_(one.id for one in ballot.classes)))
    ballot.closed_at, ballot.sealed_by, ballot.void_reason = at, sealed_by, void_reason
    ballot.witness_code = None
    db.session.flush()


def _write_down(one: BallotClass, found: ClassBox, *, counted: bool) -> None:
    one.cast, one.first, one.second = found.cast.n, found.back or 0, found.back or 0
    one.codes_made, one.codes_void = found.made, found.voided + len(found.codes)
    one.spoiled = found.cast.spoiled + found.paper.spoiled
    typed = "；".join(f"{name}{'、'.join(found.typists[key])}" for key, name in TYPINGS.items() if found.typists[key])
    one.typed_by = typed
    rows = []
    for cell in sorted({*found.cast.counts, *found.paper.counts}) if counted else ():
        report, item, value = cell.split(".", 2)
        paper = found.paper.counts.get(cell, 0)
        key = {"class_id": one.id, "report_id": int(report), "item": int(item), "value": value}
        rows.append(key | {"cast": found.cast.counts.get(cell, 0), "first": paper, "second": paper})
    if rows:
        db.session.execute(insert(Count), rows)


TYPINGS = {"first": "第一遍", "second": "第二遍"}


def note_erased(ballot: Ballot, *, at: dt.datetime) -> None:
    """From here on the result may be seen."""
    if ballot.closed_at is None:
        raise NotThere
    ballot.erased_at = at
    db.session.flush()


# --- what all of them ask -------------------------------------------------------------------------------


def the_box(ballot: Ballot) -> Box:
    """The ballot's box; raise RuleBroken where it is gone."""
    found = box.read(ballot.id)
    if found is None:
        raise RuleBroken("", _("测评的数据不在了，这次测评只能作废，重新测评。"))
    return found


def open_class(class_id: int) -> tuple[Ballot, BallotClass]:
    """A class of a ballot that is open; raise NotThere for others."""
    found = queries.ballot_of(class_id)
    if found is None or found[0].closed_at or not found[0].has_box:
        raise NotThere
    return found


def _check_open(ballot: Ballot) -> None:
    if ballot.closed_at:
        raise NotThere


def _check_confirmed(ballot: Ballot) -> None:
    if not ballot.confirmed_at:
        raise RuleBroken("", _("应到、实到和发出的数目，请监票人先核对。"))
