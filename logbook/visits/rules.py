"""What a record is as it is handed over, and what refuses it: each rule raises for the field at fault."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from flask_babel import lazy_gettext as _

from logbook.access import Actor, Role
from logbook.accounts import queries as accounts
from logbook.errors import NotAllowed, RuleBroken
from logbook.formats import MAX_TEXT, local_date
from logbook.organization import bound
from logbook.organization import queries as organization
from logbook.organization.queries import Ground
from logbook.problems.actions import NewProblem, NewUndertaking, line_breaches
from logbook.problems.models import Category
from logbook.settings.queries import Settings
from logbook.visits import queries
from logbook.visits.attachments import MOST_FILES, NewFile
from logbook.visits.models import Content, Kind, Level, Visit

MAX_LINE = 2000  # characters of one line: a voice, a note, a reason
EARLIEST = dt.date(2000, 1, 1)
LONG = ("findings", "thinking", "solved_on_site", "guidance", "observation")
SHORT = ("place", "people_met", "companions_note", "late_reason")


@dataclass(frozen=True, slots=True)
class NewVisit:
    """A record as a form hands it over; its fields are those of a version's body."""

    member_id: int
    visited_on: dt.date
    findings: str
    kinds: tuple[Kind, ...]
    level: Level
    branch_id: int | None = None
    place: str = ""
    half_days: int | None = None
    people_met: str = ""
    headcount: int | None = None
    companion_ids: tuple[int, ...] = ()
    companions_note: str = ""
    contents: tuple[Content, ...] = ()
    voices: tuple[tuple[str, Category], ...] = ()
    thinking: str = ""
    thinking_widened: bool = False
    solved_on_site: str = ""
    guidance: str = ""
    observation: str = ""
    observation_widened: bool = False
    problems: tuple[NewProblem, ...] = ()
    undertakings: tuple[NewUndertaking, ...] = ()
    files: tuple[NewFile, ...] = ()
    paper_on: dt.date | None = None
    late_reason: str = ""
    client_key: str | None = None
    waited: bool = False  # on a phone, for a connection
    unclaimed: bool = False  # sealed with a key that somebody else may hold: nobody's own before its member's tap


def check_author(member_id: int, by: Actor) -> None:
    if member_id == by.person_id and by.is_member:
        return
    if not by.is_office:
        raise NotAllowed("record for another")
    if accounts.roles_of(member_id).isdisjoint({Role.MEMBER, Role.LEADER}):
        raise RuleBroken("member_id", _("请选择一位党组成员。"))


def check(new: NewVisit, by: Actor, at: dt.datetime, *, locked: bool, paper_on: dt.date | None = None) -> None:
    """Refuse what breaks a rule; `paper_on` is the date of the paper original as it stands."""
    for broken in breaches(new, by, at, locked=locked, paper_on=paper_on):
        raise broken


def breaches(
    new: NewVisit, by: Actor, at: dt.datetime, *, locked: bool, paper_on: dt.date | None = None
) -> Iterator[RuleBroken]:
    """All that a record breaks, also of one that lacks something: what lacks is told, and nothing else of it."""
    today = local_date(at)
    yield from _day_breaches(new.visited_on, today, locked=locked)
    yield from missing(new.findings, new.kinds, new.branch_id, new.place)
    yield from _text_breaches(new)
    if new.member_id != by.person_id and new.level is Level.SELF:
        yield RuleBroken("level", _("代为登记的记录不能设为仅本人。"))
    yield from _paper_breaches(new, by, today, paper_on)
    if new.member_id in new.companion_ids:
        yield RuleBroken("companion_ids", _("同行成员不含本人。"))
    if len(new.files) > MOST_FILES:
        yield too_many()


def all_breaches(new: NewVisit, by: Actor, at: dt.datetime, stored: Visit | None = None) -> Iterator[RuleBroken]:
    """What else is to be mended in a record that was refused, so that it is told at once: of the form, nothing stored.

    `stored` is the record that it corrects.
    """
    known = new.visited_on is not None  # a day that could not be read is told already
    locked = known and queries.is_locked(new.visited_on.year)
    yield from breaches(new, by, at, locked=locked, paper_on=stored.paper_on if stored else None)
    if not known:
        return
    yield from line_breaches(new.problems, "problem", new.visited_on)
    yield from line_breaches(new.undertakings, "undertaking", new.visited_on)
    for rule in (partial(ground_of, new), partial(refuse_own_praise, new, by, stored)):
        try:
            rule()
        except RuleBroken as broken:
            yield broken


def correction_breaches(visit: Visit, new: NewVisit, reason: str) -> Iterator[RuleBroken]:
    """What a correction cannot be, and cannot be without."""
    if new.visited_on is not None and new.visited_on.year != visit.year:
        yield RuleBroken("visited_on", _("更正不能改变年度。请撤销这条记录，重新登记。"))
    if new.member_id != visit.member_id:
        yield RuleBroken("member_id", _("更正不能改变党组成员。请撤销这条记录，重新登记。"))
    if not reason.strip():
        yield RuleBroken("reason", _("请写一句更正的原因。"))
    if len(reason) > MAX_LINE:
        yield RuleBroken("reason", _("每条不超过%(most)s字。", most=MAX_LINE))


def refuse_own(visit: Visit, by: Actor, field: str, to_branch: int | None = None) -> None:
    """Rule 7: what is said of a branch is not changed, moved or withdrawn by who led it that year, or leads it now.

    One's own record is one's own word, and so is what one wrote for another who has not confirmed it.
    Raise RuleBroken(field); `to_branch` is where a correction takes it.
    """
    if visit.member_id == by.person_id or not concerns(by, visit.year, visit.branch_id, to_branch):
        return
    if queries.is_vouched(by, visit):
        raise _for_others(field)


def _for_others(field: str) -> RuleBroken:
    return RuleBroken(field, _("这条记录的党组织和日期涉及您本人，请由其他党办人员更正。"))


def concerns(by: Actor, year: int, *branch_ids: int | None) -> bool:
    """Whether a record of one of these branches speaks of this person, who led it that year or answers for it now."""
    ids = {one for one in branch_ids if one is not None}
    return bool(ids & queries.led_in(by, year)) or any(by.person_id in bound.around(one) for one in ids)


def refuse_own_praise(new: NewVisit, by: Actor, stored: Visit | None = None) -> None:
    """Rule 7: writing for another, nobody writes what was observed of themself.

    What `stored` says of the same branch may stay; moved to another branch, it is written of that branch's secretary.
    """
    if new.member_id == by.person_id or new.unclaimed or not new.observation:
        return
    same = stored is not None and new.observation == stored.observation
    if stored and same and new.branch_id == stored.branch_id:
        return
    if concerns(by, new.visited_on.year, new.branch_id):
        if same:  # their form may not even show it
            raise _for_others("branch_id")
        raise RuleBroken(
            "observation", _("平时工作掌握情况涉及您本人，请留空，由其本人确认时补写，或由其他党办人员登记。")
        )


def too_many() -> RuleBroken:
    return RuleBroken("files", _("一条记录最多%(most)s个附件。", most=MOST_FILES))


def locked_out(year: int) -> RuleBroken:
    return RuleBroken(
        "visited_on", _("%(year)s年已归档，不能再登记、更正或撤销。请告诉党办，由党办作补充说明。", year=year)
    )


def missing(findings: str, kinds: Sequence[Kind], branch_id: int | None, place: str) -> Iterator[RuleBroken]:
    """All that a record cannot be without and that is not there."""
    if branch_id is None and not place.strip():
        yield RuleBroken("branch_id", _("请选择党组织，或写明其他地点。"))
    if not kinds:
        yield RuleBroken("kinds", _("请至少选一种方式。"))
    if not findings.strip():
        yield RuleBroken("findings", _("请写一两行基本情况；没有问题可写“无问题”。"))


def _day_breaches(on: dt.date | None, today: dt.date, *, locked: bool) -> Iterator[RuleBroken]:
    if on is None:
        return
    if on > today:
        yield RuleBroken("visited_on", _("下基层日期不能晚于今天。"))
    elif on < EARLIEST:
        yield RuleBroken("visited_on", _("请核对年份。"))
    elif locked:
        yield locked_out(on.year)


def _text_breaches(new: NewVisit) -> Iterator[RuleBroken]:
    for field, most in (*((name, MAX_TEXT) for name in LONG), *((name, MAX_LINE) for name in SHORT)):
        length = len(getattr(new, field))
        if length > most:
            yield RuleBroken(
                field, _("共%(n)s字，超过%(most)s字，没有保存。请精简，或作为附件上传。", n=length, most=most)
            )
    if any(len(text) > MAX_LINE for text, _category in new.voices):
        yield RuleBroken("voices", _("每条不超过%(most)s字。", most=MAX_LINE))


def _paper_breaches(new: NewVisit, by: Actor, today: dt.date, stored: dt.date | None) -> Iterator[RuleBroken]:
    own = new.member_id == by.person_id
    if own and new.paper_on != stored:
        yield RuleBroken("paper_on", _("纸质原件记录日期由党办代为登记时填写。"))
    if new.paper_on is not None and new.visited_on is not None and not new.visited_on <= new.paper_on <= today:
        field = "visited_on" if own else "paper_on"  # the member's form has no field for the paper's date
        yield RuleBroken(field, _("纸质原件记录日期应在下基层日期和今天之间。"))


def ground_of(new: NewVisit) -> Ground | None:
    """What is to be known of the branch on that day; None for another place."""
    known = organization.ground(new.member_id, new.branch_id, new.visited_on) if new.branch_id is not None else None
    return checked_ground(new, known)


def checked_ground(new: NewVisit, ground: Ground | None) -> Ground | None:
    if new.branch_id is None:
        return None
    if ground is None:
        raise RuleBroken("branch_id", _("请选择列出的党组织。"))
    if ground.own and new.observation:
        raise RuleBroken("observation", _("本人所在或任书记的党组织，不写平时工作掌握情况。"))
    return ground


def is_late(new: NewVisit, recorded_at: dt.datetime, settings: Settings) -> bool:
    """Judged by the day it was written down here: a day corrected back is no way around it."""
    return new.paper_on is None and (local_date(recorded_at) - new.visited_on).days > settings.late_after_days
