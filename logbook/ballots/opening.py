"""A ballot is opened: what is asked, who counts and who watches, and the numbers that the witness confirms."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from flask_babel import lazy_gettext as _

from logbook.access import Actor, Role
from logbook.accounts import queries as accounts
from logbook.accounts.models import Person
from logbook.ballots import box, queries
from logbook.ballots.actions import MOST_VOTERS, Digest, check_open, is_void, new_code, spaced, the_box
from logbook.ballots.box import ClassBox
from logbook.ballots.models import Ballot, BallotClass, Sheet, VoterClass
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
MAX_NAME = 40


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


def open_ballot(meeting: Meeting, new: NewBallot, *, by: Actor, at: dt.datetime) -> Ballot:
    """Open the meeting's ballot with an empty box. Raise RuleBroken where one is open, or holds."""
    former = queries.ballot(meeting.id)
    if review.is_decided(meeting.id):
        raise RuleBroken("", _("已经登记过等次，不再测评。"))
    if former is not None and _is_same(former, new):  # sent twice
        return former
    if former is not None and not (former.closed_at and is_void(former)):
        raise RuleBroken("", _("这次会议已经有测评。收回多于发出、作为无效的，才能重新测评。"))
    reports = review.reports(meeting.id)
    if new.clerk_id not in {one.id for one in clerks(reports)}:
        raise RuleBroken("clerk_id", _("计票人要能组织测评，且不是本次述职人员。"))
    name = check_witness(new.witness_id, new.witness_name, new.clerk_id, reports)
    items, settings = ITEMS if new.sheet is not Sheet.GRADES else (), load()
    ballot = Ballot(
        meeting_id=meeting.id, sheet=new.sheet, items=json.dumps(items, ensure_ascii=False), opened_at=at,
        opened_by_id=by.person_id, clerk_id=new.clerk_id, witness_id=new.witness_id, witness_name=name,
        weights=json.dumps(settings.ballot_weights), rule=json.dumps(asdict(settings.rule)),
    )  # fmt: skip
    db.session.add(ballot)
    db.session.flush()
    classes = [BallotClass(ballot_id=ballot.id, voters=one, codes=0) for one in VoterClass]
    db.session.add_all(classes)
    db.session.flush()
    box.replace(ballot.id, {one.id: ClassBox() for one in classes})
    return ballot


def _is_same(former: Ballot, new: NewBallot) -> bool:
    """Whether this ballot was just opened by the same form."""
    asked = (new.sheet, new.clerk_id, new.witness_id)
    named = new.witness_id is not None or "".join(new.witness_name.split()) == former.witness_name
    fresh = not (former.closed_at or former.confirmed_at)
    return fresh and named and asked == (former.sheet, former.clerk_id, former.witness_id)


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


# --- numbers, confirmed by the witness -----------------------------------------------------------------


def set_numbers(ballot: Ballot, numbers: Mapping[int, Numbers]) -> None:
    """Say who is due and present in each class and what is handed out, until the witness confirms it."""
    check_open(ballot)
    found = {one: _check_numbers(one, numbers.get(one.id, Numbers())) for one in ballot.classes}
    if ballot.confirmed_at and all(said == _stored(one) for one, said in found.items()):  # sent twice
        return
    if ballot.confirmed_at:
        raise RuleBroken("", _("监票人已核对，更正须两人共同办理并写明原因。"))
    for one, said in found.items():
        one.due, one.present, one.printed, one.codes, one.handed_out = said
    db.session.flush()


def _stored(one: BallotClass) -> tuple[int | None, ...]:
    return one.due, one.present, one.printed, one.codes, one.handed_out


def _check_numbers(one: BallotClass, new: Numbers) -> tuple[int, int, int, int, int]:
    out = new.sheets + new.codes
    present = out if new.present is None else new.present
    due = present if new.due is None else new.due
    printed = new.sheets if new.printed is None else new.printed
    if not (out <= present <= due <= MOST_VOTERS and new.sheets <= printed <= 2 * MOST_VOTERS):
        raise RuleBroken("", _("%(voters)s：发出不多于实到，实到不多于应到，印制不少于发出。", voters=one.voters.label))
    return due, present, printed, new.codes, out


def numbers_as_shown(ballot: Ballot) -> str:
    """A digest of the numbers, so that a witness confirms what they read."""
    return fingerprint([(one.id, *_stored(one)) for one in ballot.classes])


def confirm(ballot: Ballot, shown: str, *, at: dt.datetime) -> None:
    """The witness has checked the numbers: from here on codes are printed, and nothing is changed by one alone."""
    check_open(ballot)
    if ballot.confirmed_at:
        return
    if shown != numbers_as_shown(ballot):
        raise RuleBroken("", _("份数刚有改动，请再核对一遍。"))
    if not any(one.handed_out for one in ballot.classes):
        raise RuleBroken("", _("还没有填写发出份数。"))
    the_box(ballot)
    ballot.confirmed_at = at
    db.session.flush()
