"""What happens to a record: logged, corrected, withdrawn, confirmed, declined, received, instructed on.

The rules are those of the record system: one number series a year, nothing overwritten, nothing back-dated.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.orm import InstrumentedAttribute

from logbook.access import Actor, Role
from logbook.accounts import queries as accounts
from logbook.db import Base, db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.organization import queries as organization
from logbook.organization.queries import Ground
from logbook.problems import actions as problems
from logbook.problems.actions import DueRules, Source
from logbook.problems.models import SourceKind
from logbook.settings.queries import Settings, load
from logbook.visits import drafts, queries, rules
from logbook.visits.attachments import MOST_FILES, NewFile
from logbook.visits.models import (
    Attachment,
    Book,
    Companion,
    Instruction,
    NumberSeries,
    Visit,
    VisitContent,
    VisitKind,
    VisitVersion,
    Voice,
)
from logbook.visits.rules import MAX_LINE, NewVisit
from logbook.visits.stored import record_in
from logbook.visits.versions import body_of, cleaned, digest_of

# Reasons the program gives, as they stand in a record.
WAITED = "离线保存，联网后送达"
FOLLOWED = "登记人更正了这次下基层的记录"
UNNAMED = "登记人更正了同行成员"
TRIP_WITHDRAWN = "登记人撤销了这次下基层的记录"
RESCUED = "由党办导入救援文件"


# The fields of a record that are columns of its row as they stand.
COLUMNS = (
    "visited_on", "findings", "level", "branch_id", "place", "half_days", "people_met", "headcount", "companions_note",
    "thinking", "thinking_widened", "solved_on_site", "guidance", "observation", "observation_widened", "paper_on",
    "late_reason",
)  # fmt: skip


# --- recording ------------------------------------------------------------------------------------


def log_visit(new: NewVisit, *, by: Actor, at: dt.datetime, settings: Settings, reason: str = "") -> Visit:
    """Store a record with its number, its first version, its lines and the companions' records.

    `reason` stands in the first version: how the record came, when it did not come by itself.
    A repeat under the same client key returns what is stored; its author's draft of it goes. Raise RuleBroken for the
    field at fault; RuleBroken("client_key") when another record was stored under that key.
    """
    receipt = queries.receipt(new.member_id, new.branch_id, new.visited_on, new.client_key)
    drafts.remove(new.client_key, by=by)
    if receipt.repeated:
        return _claimed(_stored(new, by), new, by=by, at=at)
    rules.check_author(new.member_id, by)
    rules.check(new, by, at, locked=receipt.locked)
    rules.refuse_own_praise(new, by)
    ground = rules.checked_ground(new, receipt.ground)
    new = _with_reason(new, late=rules.is_late(new, at, settings))
    visit = _insert(new, ground, by=by, at=at, settings=settings, reason=reason)
    _attach(visit, new.files, by=by, at=at)
    if not new.unclaimed:
        _carry_out(visit, new, ground, by=by, at=at, settings=settings)
    return visit


def _carry_out(
    visit: Visit, new: NewVisit, ground: Ground | None, *, by: Actor, at: dt.datetime, settings: Settings
) -> None:
    """What follows from a record: its lines in the ledger, its companions' own records."""
    _write_lines(visit, new, ground, by=by, at=at, settings=settings)
    _name_companions(visit, new, {}, by=by, at=at, settings=settings)


def _claimed(visit: Visit, new: NewVisit, *, by: Actor, at: dt.datetime) -> Visit:
    """What came by a file first and comes now from the member's own signed-in phone is theirs."""
    if visit.is_unclaimed and not new.unclaimed and not visit.withdrawn_at:
        _refuse_locked(visit)
        _claim(visit, by=by, at=at)
    return visit


def _claim(visit: Visit, *, by: Actor, at: dt.datetime) -> None:
    """The member takes over what came under their name: now what it says is carried out."""
    version = queries.version(visit.id, visit.version)
    if version is not None:
        new = record_in(version.body)
        _settle(visit, at)
        _carry_out(visit, new, rules.ground_of(new), by=by, at=at, settings=load())


def _stored(new: NewVisit, by: Actor) -> Visit:
    """The record that came under this key before, when it is the same and theirs."""
    stored = queries.by_client_key(new.client_key or "")
    if stored is None:
        raise NotThere
    visit, body = stored
    if by.person_id not in {visit.member_id, visit.entered_by_id} or not is_same(new, body):
        raise RuleBroken("client_key", _("这次提交的编号已被另一条记录使用，没有保存。请刷新页面后重新提交。"))
    return visit


def _with_reason(new: NewVisit, *, late: bool) -> NewVisit:
    return replace(new, late_reason=WAITED) if new.waited and late and not new.late_reason else new


def is_same(new: NewVisit, body: str) -> bool:
    """Whether it is the record of that body: a repeat comes before or after the program's reason was needed."""
    reasons = {"", WAITED} if new.late_reason in {"", WAITED} else {new.late_reason}
    return not {body, cleaned(body)}.isdisjoint(body_of(replace(new, late_reason=one)) for one in reasons)


def _marks(ground: Ground | None) -> dict[str, bool]:
    """Whether it was the member's own organization, and whether their liaison point, that day."""
    return {"own_organization": bool(ground and ground.own), "is_liaison": bool(ground and ground.liaison)}


def _insert(
    new: NewVisit,
    ground: Ground | None,
    *,
    by: Actor,
    at: dt.datetime,
    settings: Settings,
    joint_of: Visit | None = None,
    reason: str = "",
) -> Visit:
    year = new.visited_on.year
    own = new.member_id == by.person_id and not new.unclaimed
    # A companion's record counts, and takes its line, when they confirm it; so does one that nobody vouches for.
    counts = own or (joint_of is None and not new.unclaimed)
    line = _next_line(new.member_id, year, at) if counts else None
    visit = Visit(
        **{name: getattr(new, name) for name in COLUMNS},
        **_marks(ground),
        year=year,
        seq=_next_number(year),
        member_id=new.member_id,
        book_line=line,
        recorded_at=at,
        entered_by_id=by.person_id,
        late=rules.is_late(new, at, settings),
        confirmed_at=at if own else None,
        joint_of_id=joint_of.id if joint_of else None,
        counts=counts,
        client_key=new.client_key,
    )
    db.session.add(visit)
    db.session.flush()
    _write_children(visit, new)
    _write_version(visit, new, by=by, at=at, reason=reason)
    return visit


# Built once: building them costs more than running them.
_TAKE_NUMBER = (
    update(NumberSeries)
    .where(NumberSeries.year == bindparam("of_year"))
    .values(last=NumberSeries.last + 1)
    .returning(NumberSeries.last)
)
_TAKE_LINE = (
    update(Book)
    .where(Book.member_id == bindparam("of_member"), Book.year == bindparam("of_year"))
    .values(lines=Book.lines + 1)
    .returning(Book.lines)
)


def _next_number(year: int) -> int:
    """The next number of the year's series; the row's lock keeps two receipts apart."""
    number: int | None = db.session.connection().scalar(_TAKE_NUMBER, {"of_year": year})
    if number is None:
        db.session.execute(insert(NumberSeries).values(year=year, last=1))
        return 1
    return number


def _next_line(member_id: int, year: int, at: dt.datetime) -> int:
    """The next line of the member's book; a missing book is issued here and never stops a record."""
    found: int | None = db.session.connection().scalar(_TAKE_LINE, {"of_member": member_id, "of_year": year})
    if found is None:
        db.session.add(Book(member_id=member_id, year=year, issued_at=at, issued_by_id=None, lines=1))
        return 1
    return found


def _write_children(visit: Visit, new: NewVisit) -> None:
    _insert_all(VisitKind, [{"visit_id": visit.id, "kind": kind} for kind in new.kinds])
    _insert_all(VisitContent, [{"visit_id": visit.id, "content": content} for content in new.contents])
    _insert_all(Voice, [{"visit_id": visit.id, "text": text, "category": category} for text, category in new.voices])


def _attach(visit: Visit, files: Sequence[NewFile], *, by: Actor, at: dt.datetime) -> None:
    rows = [{**asdict(file), "visit_id": visit.id, "added_by_id": by.person_id, "added_at": at} for file in files]
    _insert_all(Attachment, rows)


def _insert_all(table: type[Base], rows: list[dict[str, object]]) -> None:
    """Write the rows past the session: nothing reads them back in this request."""
    if rows:
        db.session.connection().execute(insert(table), rows)


def _write_version(visit: Visit, new: NewVisit, *, by: Actor, at: dt.datetime, reason: str = "") -> None:
    body = body_of(new)
    row = {"visit_id": visit.id, "n": visit.version, "body": body, "digest": digest_of(body), "by_id": by.person_id}
    _insert_all(VisitVersion, [{**row, "at": at, "reason": reason}])


def _source(visit: Visit, *, first: bool = False) -> Source:
    """The record as its lines' source; `first`: as it comes in, when nobody can have read it."""
    weighs = not first and (visit.received_version is not None or organization.is_reported_since(visit.year))
    on, branch_id, member_id = visit.visited_on, visit.branch_id, visit.member_id
    return Source(SourceKind.VISIT, visit.id, visit.number, on, branch_id, member_id, weighs=weighs)


def _write_lines(
    visit: Visit, new: NewVisit, ground: Ground | None, *, by: Actor, at: dt.datetime, settings: Settings
) -> None:
    first = visit.version == 1
    if first and not new.problems and not new.undertakings:
        return
    rules = DueRules(
        settings.problem_due_days, settings.undertaking_due_days, ground.host_unit if ground else settings.unit_name
    )
    source = _source(visit, first=first)
    problems.record_lines(source, new.problems, new.undertakings, rules=rules, by=by, at=at, first=first)


# --- joint trips ----------------------------------------------------------------------------------


def _name_companions(
    visit: Visit, new: NewVisit, known: dict[int, Visit], *, by: Actor, at: dt.datetime, settings: Settings
) -> None:
    """Name the companions; one who has no record of the trip among `known` gets one to confirm."""
    for person_id in new.companion_ids:
        record = known.get(person_id) or _joint_record(visit, new, person_id, by=by, at=at, settings=settings)
        db.session.add(Companion(visit_id=visit.id, person_id=person_id, record_id=record.id))
    db.session.flush()


def _joint_record(
    visit: Visit, new: NewVisit, person_id: int, *, by: Actor, at: dt.datetime, settings: Settings
) -> Visit:
    if accounts.roles_of(person_id).isdisjoint({Role.MEMBER, Role.LEADER}):
        raise RuleBroken("companion_ids", _("同行成员请从党组成员中选择。"))
    copied = _copied(new, person_id)
    return _insert(copied, rules.ground_of(copied), by=by, at=at, settings=settings, joint_of=visit)


def _copied(new: NewVisit, person_id: int) -> NewVisit:
    """What a companion's record takes over: day, place, kinds, findings; nothing restricted, no problems."""
    return NewVisit(
        member_id=person_id,
        visited_on=new.visited_on,
        findings=new.findings,
        kinds=new.kinds,
        level=new.level,
        branch_id=new.branch_id,
        place=new.place,
        half_days=new.half_days,
        paper_on=new.paper_on,
    )


def confirm(visit_id: int, *, by: Actor, at: dt.datetime, version: int | None = None) -> Visit:
    """The member's tap on a record entered for them, or on a trip they were named on; it counts from then.

    `version` is the one they read: a correction made meanwhile is read first. Who first said that they were not
    there may still confirm.
    """
    visit = _own(visit_id, by)
    if visit.withdrawn_at:
        raise RuleBroken("", _("这条记录已撤销。"))
    if version not in {None, visit.version}:
        raise RuleBroken("", _("这条记录刚有更正，请看一遍再确认。"))
    _refuse_locked(visit)
    if visit.is_unclaimed:
        _claim(visit, by=by, at=at)
    else:
        _settle(visit, at)
    db.session.flush()
    return visit


def _settle(visit: Visit, at: dt.datetime) -> None:
    """The member stands by the record: it counts, and has a line in their book."""
    visit.confirmed_at = visit.confirmed_at or at
    visit.counts, visit.declined_at = True, None
    visit.book_line = visit.book_line or _next_line(visit.member_id, visit.year, at)


def decline(visit_id: int, *, by: Actor, at: dt.datetime) -> Visit:
    """A companion was not there, or a record is not theirs: it does not count, unless they confirm it after all."""
    visit = _own(visit_id, by)
    if not (visit.joint_of_id or visit.is_unclaimed) or visit.confirmed_at or visit.withdrawn_at:
        raise RuleBroken("", _("只有同行、尚未确认的记录可以说明未参加。"))
    _refuse_locked(visit)
    visit.declined_at = at
    db.session.flush()
    return visit


# --- correcting and withdrawing -------------------------------------------------------------------


def correct(
    visit_id: int, new: NewVisit, *, reason: str, based_on: int, by: Actor, at: dt.datetime, settings: Settings
) -> Visit:
    """Store a new version with its reason; the old one stays as it was.

    Raise RuleBroken("based_on") when somebody corrected the record meanwhile, RuleBroken("reason") without a
    reason, RuleBroken("visited_on") when the year would change (withdraw and record anew). The same correction once
    more, parsed on the version it is based on, returns what is stored; its author's draft of it goes.
    """
    drafts.remove(new.client_key, by=by)
    repeated = corrected(visit_id, new, based_on, by)
    if repeated is not None:
        return repeated
    visit = correctable(visit_id, by=by)
    new = _with_reason(new, late=visit.late_reason == WAITED)  # the page on the phone never knew of it
    if visit.version != based_on:
        raise RuleBroken("based_on", _("您填写期间，这条记录已有新的版本。请对照下面的不同，决定后再提交。"))
    for broken in rules.correction_breaches(visit, new, reason):
        raise broken
    rules.check(new, by, at, locked=queries.is_locked(visit.year), paper_on=visit.paper_on)
    rules.refuse_own(visit, by, "branch_id", new.branch_id)
    rules.refuse_own_praise(new, by, visit)
    if queries.is_moved_away(by, visit, new.branch_id, new.visited_on):
        raise RuleBroken("branch_id", _("这条记录的党组织和日期涉及您本人，请由其他党办人员更正。"))
    ground = rules.ground_of(new)
    before = {} if visit.is_unclaimed else _changed_body(visit, new)  # nothing of it was carried out yet
    added = _added(visit, new)
    _rewrite(visit, new, ground, by=by, at=at, settings=settings)
    _write_version(visit, new, by=by, at=at, reason=reason.strip())
    _write_lines(visit, _without_noted(new, before), ground, by=by, at=at, settings=settings)
    _attach(visit, added, by=by, at=at)
    _renew_companions(visit, new, before.get("companion_ids", ()), by=by, at=at, settings=settings)
    return visit


def corrected(visit_id: int, new: NewVisit, based_on: int, by: Actor) -> Visit | None:
    """The record, when its newest version is this very correction, by this person: its answer was lost."""
    visit = queries.plain_visit(visit_id)
    if visit is None or not 1 <= based_on == visit.version - 1:
        return None
    stored = queries.version(visit_id, visit.version)
    mine = stored is not None and stored.by_id == by.person_id and is_same(new, stored.body)
    return visit if mine else None


def correctable(visit_id: int, *, by: Actor) -> Visit:
    """The record, when this person may correct or withdraw it: its member, or the office that entered it."""
    visit = queries.plain_visit(visit_id)
    if visit is None:
        raise NotThere
    if not _is_theirs(visit, by):
        raise NotAllowed("correct another's record")
    if visit.withdrawn_at:
        raise RuleBroken("", _("这条记录已撤销，不能更正。"))
    if visit.declined_at:
        raise RuleBroken("", _("您已说明未参加。确实参加了的，先点“属实，确认”，再更正。"))
    _refuse_locked(visit)
    return visit


def _is_theirs(visit: Visit, by: Actor) -> bool:
    return visit.member_id == by.person_id or (by.is_office and visit.entered_for and visit.joint_of_id is None)


def _refuse_locked(visit: Visit) -> None:
    if queries.is_locked(visit.year):
        raise rules.locked_out(visit.year)


def _changed_body(visit: Visit, new: NewVisit) -> dict[str, Any]:
    """The fields as they stood; RuleBroken when the new ones say the same."""
    stored = queries.version(visit.id, visit.version)
    if stored is not None and stored.digest == digest_of(body_of(new)):
        raise RuleBroken("reason", _("内容没有改动，不需要更正。"))
    before: dict[str, Any] = json.loads(stored.body) if stored else {}
    return before


def _added(visit: Visit, new: NewVisit) -> list[NewFile]:
    """The files that a correction adds. One that followed its record stands in no version, and counts as well."""
    held = [file.digest for file in queries.attachments(visit.id)]
    added = [file for file in new.files if file.digest not in held]
    if added and len(held) + len(added) > MOST_FILES:
        raise rules.too_many()
    return added


def _without_noted(new: NewVisit, before: dict[str, Any]) -> NewVisit:
    """Without the lines already noted as progress of an open problem: they are noted once."""
    noted = {(line["line"], line["repeats_id"]) for line in before.get("problems", ()) if line["repeats_id"]}
    return replace(new, problems=tuple(p for p in new.problems if (p.line, p.repeats_id) not in noted))


def _rewrite(
    visit: Visit, new: NewVisit, ground: Ground | None, *, by: Actor, at: dt.datetime, settings: Settings
) -> None:
    for name in COLUMNS:
        setattr(visit, name, getattr(new, name))
    for name, value in _marks(ground).items():
        setattr(visit, name, value)
    visit.version += 1
    visit.late = rules.is_late(new, visit.recorded_at, settings)
    if visit.member_id == by.person_id:
        _settle(visit, at)
    else:
        visit.confirmed_at = None
    for table in (VisitKind, VisitContent, Voice):
        column: InstrumentedAttribute[int] = table.visit_id
        db.session.execute(delete(table).where(column == visit.id))
    db.session.flush()
    _write_children(visit, new)


def _renew_companions(
    visit: Visit, new: NewVisit, before: Sequence[int], *, by: Actor, at: dt.datetime, settings: Settings
) -> None:
    """The trip as corrected, for its companions; what one of them has confirmed is theirs and stays."""
    records = {record.member_id: record for record in queries.joint_records(visit.id)}
    for record in filter(_waits, records.values()):
        if record.member_id in new.companion_ids:
            _renew(record, new, by=by, at=at, settings=settings)
        else:
            _withdraw(record, UNNAMED, by=by, at=at)
    known = {p: one for p, one in records.items() if p in before or one.withdrawn_at is None}
    db.session.execute(delete(Companion).where(Companion.visit_id == visit.id))
    _name_companions(visit, new, known, by=by, at=at, settings=settings)


def _waits(record: Visit) -> bool:
    """Whether its member has not taken a companion's record over as their own."""
    return record.confirmed_at is None and record.withdrawn_at is None


def _renew(record: Visit, new: NewVisit, *, by: Actor, at: dt.datetime, settings: Settings) -> None:
    copied = _copied(new, record.member_id)
    stored = queries.version(record.id, record.version)
    if stored is None or stored.digest != digest_of(body_of(copied)):
        _rewrite(record, copied, rules.ground_of(copied), by=by, at=at, settings=settings)
        _write_version(record, copied, by=by, at=at, reason=FOLLOWED)


def withdraw(visit_id: int, *, reason: str, by: Actor, at: dt.datetime) -> Visit:
    """Withdraw a record with a reason: it keeps its number and its place, and counts no more."""
    visit = correctable(visit_id, by=by)
    if not reason.strip():
        raise RuleBroken("reason", _("请写一句撤销的原因。"))
    if len(reason) > MAX_LINE:
        raise RuleBroken("reason", _("每条不超过%(most)s字。", most=MAX_LINE))
    rules.refuse_own(visit, by, "reason")
    _withdraw(visit, reason.strip(), by=by, at=at)
    problems.drop_lines(_source(visit), by=by)
    for record in filter(_waits, queries.joint_records(visit.id)):
        _withdraw(record, TRIP_WITHDRAWN, by=by, at=at)
    db.session.flush()
    return visit


def _withdraw(visit: Visit, reason: str, *, by: Actor, at: dt.datetime) -> None:
    visit.withdrawn_at, visit.withdrawn_by_id, visit.withdraw_reason = at, by.person_id, reason
    visit.counts = False


def _own(visit_id: int, by: Actor) -> Visit:
    visit = queries.plain_visit(visit_id)
    if visit is None or visit.member_id != by.person_id:
        raise NotThere
    return visit


# --- files that follow their record ---------------------------------------------------------------


def attached(visit_id: int, key: str, *, by: Actor) -> Attachment | None:
    """The file that came under this key before; None when one may still be attached, RuleBroken when not."""
    visit = queries.readable_visit(by, visit_id)
    if visit is None or not _is_theirs(visit, by):
        raise NotThere
    files = queries.attachments(visit_id)
    stored = next((file for file in files if file.client_key == key), None)
    if stored is None:
        correctable(visit_id, by=by)
        rules.refuse_own(visit, by, "files")
        if len(files) >= MOST_FILES:
            raise rules.too_many()
    return stored


def attach(visit_id: int, file: NewFile, key: str, *, by: Actor, at: dt.datetime) -> Attachment:
    """Attach a file without a new version: it belongs to what was sent. A repeat returns what is stored."""
    stored = attached(visit_id, key, by=by)
    if stored is None:
        marks = {"visit_id": visit_id, "client_key": key, "added_by_id": by.person_id, "added_at": at}
        stored = Attachment(**asdict(file), **marks)
        db.session.add(stored)
        db.session.flush()
    return stored


# --- the office and the leader --------------------------------------------------------------------


def receive(visit_id: int, version: int, *, by: Actor, at: dt.datetime) -> Visit:
    """收阅: the office marks the version it has read; it neither checks nor approves.

    A record corrected since then stays new.
    """
    found = queries.record(by, visit_id)
    if found is None:
        raise NotThere
    visit = found.visit
    if not (visit.received_version or 0) < version <= visit.version:
        raise RuleBroken("", _("这条记录已有变动，请看一遍再收阅。"))
    visit.received_version, visit.received_at, visit.received_by_id = version, at, by.person_id
    db.session.flush()
    return visit


def instruct(visit_id: int, text: str, *, by: Actor, at: dt.datetime) -> None:
    """批示: one line of the leader on a record they may read."""
    if queries.record(by, visit_id) is None:
        raise NotThere
    if not text.strip() or len(text) > MAX_LINE:
        raise RuleBroken("text", _("请写一句批示，不超过%(most)s字。", most=MAX_LINE))
    db.session.add(Instruction(visit_id=visit_id, by_id=by.person_id, at=at, text=text.strip()))
    db.session.flush()


def issue_books(year: int, *, by: Actor, at: dt.datetime) -> int:
    """Issue the year's book to every member who has none; return how many."""
    having = {book.member_id for book in queries.books(year)}
    missing = [member for member in accounts.members() if member.id not in having]
    for member in missing:
        db.session.add(Book(member_id=member.id, year=year, issued_at=at, issued_by_id=by.person_id))
    db.session.flush()
    return len(missing)
