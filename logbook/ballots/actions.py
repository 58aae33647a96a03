"""An open ballot's codes and votes, and what every act on it asks first. Every vote adds to sums, and none is kept.

It is opened and confirmed in opening.py, its paper is typed in in sheets.py, closed in closing.py; what needs both,
计票人 and 监票人, stands in steps.py.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from logbook.accounts.actions import CODE_LETTERS
from logbook.ballots import box, counting, queries
from logbook.ballots.box import Box, ClassBox, Sums
from logbook.ballots.models import BLANK, INVALID, Ballot, BallotClass
from logbook.errors import NotThere, RuleBroken
from logbook.review import queries as review

MOST_VOTERS = 2000  # of a class
CODE_LENGTH = 12  # of 31 letters: 59 bits
Digest = Callable[[str], str]  # of a code, keyed


@dataclass(frozen=True, slots=True)
class Judgement:
    """One cell of a ballot: the secretary's report, the item (0: overall), the value as counting.py reads it."""

    report_id: int
    item: int
    value: str


# --- codes and votes ------------------------------------------------------------------------------------


def new_code() -> str:
    """A random code, without its dashes."""
    return "".join(secrets.choice(CODE_LETTERS) for _letter in range(CODE_LENGTH))


def spaced(code: str) -> str:
    """A code as it is printed."""
    return "-".join(code[i : i + 4] for i in range(0, CODE_LENGTH, 4))


def codes_to_make(ballot: Ballot, voters: BallotClass, mine: ClassBox) -> int:
    """How many codes may be printed now: what both confirmed and is not made yet. It is reckoned and stored nowhere, so
    that a box whose step was not committed allows no more than the database does.
    """
    return max(0, (voters.codes or 0) - mine.made + mine.voided) if ballot.confirmed_at else 0


def make_codes(class_id: int, digest: Digest) -> Sequence[str]:
    """Return the codes of a class, to be printed on slips handed out unmarked: as many as were confirmed, once."""
    ballot, voters = open_class(class_id)
    found = the_box(ballot)
    mine = found[class_id]
    codes = [new_code() for _code in range(codes_to_make(ballot, voters, mine))]
    if not codes:
        raise RuleBroken("", _("没有可以打印的测评码：数目由监票人核对，丢失的由两人共同作废后补发。"))
    mine.codes += map(digest, codes)
    mine.made += len(codes)
    box.replace(ballot.id, found)
    return [spaced(one) for one in codes]


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
    mine.asked = {step: code for step, code in mine.asked.items() if code != digest}
    mine.cast.add(sums_of(ballot, [judgements]))
    box.replace(ballot.id, state)


def cells(ballot: Ballot) -> Iterable[tuple[int, tuple[str, ...]]]:
    """What is judged of every secretary: the item, and the values it may have."""
    for one in ballot.columns:
        values = map(str, range(one.most + 1)) if one.most else counting.GRADES
        yield one.number, (*values, BLANK, INVALID)


def sums_of(ballot: Ballot, ballots: Sequence[Collection[Judgement]]) -> Sums:
    """What these ballots come to; raise NotThere for a cell that is not on them."""
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


# --- what all of them ask -------------------------------------------------------------------------------


def over(ballot: Ballot) -> Sequence[BallotClass]:
    """The classes of which more ballots came back than were handed out."""
    return [one for one in ballot.classes if one.is_over]


def is_void(ballot: Ballot) -> bool:
    """收回多于发出，无效: one class makes the whole ballot void; or both declared it so, with a reason."""
    return bool(ballot.void_reason or over(ballot))


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


def check_open(ballot: Ballot) -> None:
    """Raise NotThere for a closed ballot."""
    if ballot.closed_at:
        raise NotThere


def check_confirmed(ballot: Ballot) -> None:
    """Raise RuleBroken before the witness has checked the numbers."""
    if not ballot.confirmed_at:
        raise RuleBroken("", _("应到、实到和发出的数目，请监票人先核对。"))
