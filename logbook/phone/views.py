"""What a phone asks for, and the rescue files the office imports."""

import base64
import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict

from logbook.access import Act, Actor, actor, may
from logbook.accounts import carried
from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import as_date, as_integer, now, today
from logbook.organization import queries as organization
from logbook.phone import keys
from logbook.phone import pack as packing
from logbook.phone import rescue as rescuing
from logbook.phone.forms import RescueForm
from logbook.phone.keys import Mark
from logbook.phone.rescue import Item
from logbook.settings.views import current
from logbook.visits import actions, drafts
from logbook.visits import queries as visits
from logbook.visits.actions import RESCUED
from logbook.visits.drafts import NewDraft
from logbook.visits.forms import OTHER_DAY, Basis, VisitForm
from logbook.visits.models import Visit
from logbook.visits.rules import MAX_LINE, NewVisit
from logbook.visits.views import basis_of, member_of

bp = Blueprint("phone", __name__)
MOST_NAMES = 20  # of keys a phone may ask for that are unknown here: after a restore from an older backup
KEPT_DAYS = 7  # how long a phone keeps its key without signing in again
# Refusals of a field that no page shows.
UNSEEN = {
    "based_on": _("这条记录已有新的版本，请成员登录后再更正。"),
    "client_key": _("同一编号下已收到另一条记录，请成员登录后核对。"),
}


# --- what a phone takes along ---------------------------------------------------------------------


@bp.route("/phone/pack")
@may(Act.RECORD)
def pack() -> dict[str, Any]:
    by, on = actor(), today()
    keyring = keys.keyring(_secret(), by.person_id)
    mark = Mark(by.person_id, keyring.generation, on, keyring.name)
    names = [one for one in request.args.getlist("name")[:MOST_NAMES] if one not in keyring.names.values()]
    unknown = [keys.named_key(_secret(), by.person_id, one) for one in names]
    own = {
        "key": _as_text(keyring.current),
        "key_name": keyring.name,
        "older_keys": [_as_text(key) for key in [*keyring.older, *unknown]],
        "days": KEPT_DAYS,
        "rescue": keys.rescue_mark(_secret(), mark),
    }
    return _signed_in(by) | own | packing.pack(by, current(), on)


def _as_text(key: bytes) -> str:
    return base64.b64encode(key).decode()


@bp.route("/phone/token")
@may(Act.RECORD)
def token() -> dict[str, Any]:
    return _signed_in(actor())


def _signed_in(by: Actor) -> dict[str, Any]:
    """What a record that waited is sent with."""
    return {
        "csrf_token": generate_csrf(),
        "owner": keys.owner_id(_secret(), by.person_id),
        "typed_by": carried.owner_mark(by.person_id),
    }


def _secret() -> str:
    secret: str = current_app.config["SECRET_KEY"]
    return secret


# --- what a phone could not send ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one line; the office learns number, branch and day, and why a line was refused."""

    branch_id: int | None
    visited_on: dt.date | None
    number: str = ""
    known: bool = False  # received before: by an earlier import, or from the phone itself
    draft: bool = False  # put back among its author's drafts: not submitted yet, or nobody vouches for it
    other: bool = False  # beside another text of the same key
    waits: bool = False  # for its member's tap
    reason: object = ""


@bp.route("/rescue", methods=["GET", "POST"])
@may(Act.IMPORT_RESCUE)
def import_rescue() -> tuple[str, int]:
    form, shown = RescueForm(), {}
    if form.validate_on_submit():
        try:
            file = rescuing.read(form.file.data.read(rescuing.MOST_BYTES + 1), _secret(), today())
            by = _owner(file.owner_id)
            outcomes = [_imported(item, by, own=file.own) for item in file.items]
            shown = {"owner": by.name, "outcomes": outcomes, "waits": not file.own}
        except RuleBroken as broken:
            form.refuse(broken)
    names = {one.id: one.name for one in organization.branches()} if shown else {}
    return render_template("phone/rescue.html", form=form, names=names, **shown), form.status


def _owner(person_id: int) -> Actor:
    """Whose records they are; what their own phone could not send any more, the office does not bring in either."""
    person = accounts.person(person_id)
    if person is None:
        raise RuleBroken("file", _("名册里没有这份文件的主人，没有导入。"))
    by = Actor(person.id, person.name, accounts.roles_of(person.id))
    if not person.active or not by.may(Act.RECORD):
        raise RuleBroken("file", _("%(name)s的账号已停用或不能登记，没有导入。", name=person.name))
    return by


def _imported(item: Item, by: Actor, *, own: bool) -> Outcome:
    """Carry one line out as its member's own, a transaction for each, so that one refused holds no other back.

    What nobody vouches for waits: a new record of theirs for their tap, all else among their drafts.
    """
    typed = MultiDict([*item.fields, ("waited", "1")])
    typed["client_key"] = item.client_key
    try:
        if item.draft or not (own or _is_new_of(by, item, typed)):
            outcome = _put_back(item, typed, by)
        else:
            outcome = _logged(typed, by, own=own) if item.visit_id is None else _corrected(item.visit_id, typed, by)
        db.session.commit()
    except (RuleBroken, NotAllowed, NotThere) as refused:
        db.session.close()
        outcome = _refused(refused, typed)
    return outcome


def _is_new_of(by: Actor, item: Item, typed: MultiDict[str, str]) -> bool:
    return item.visit_id is None and member_of(VisitForm(formdata=typed), by) == by.person_id


def _put_back(item: Item, typed: MultiDict[str, str], by: Actor) -> Outcome:
    """Among its author's drafts; another text under its key stays as well, and its author chooses."""
    new = NewDraft(item.client_key, item.url, item.fields, 0)
    sent = visits.by_client_key(new.key)
    if sent is not None and _reads_as(sent[1], typed, by):
        return _received(sent[0], known=True)
    stored = visits.draft(by.person_id, new.key)
    other = sent is not None or (stored is not None and not drafts.is_same(stored, new))
    if other:
        new = drafts.beside(new)
        stored = visits.draft(by.person_id, new.key)
    if stored is None:
        drafts.save(new, by=by, at=now())
    day = _day(typed)
    return Outcome(as_integer(typed.get("branch_id", "")), day, known=stored is not None, draft=True, other=other)


def _reads_as(body: str, typed: MultiDict[str, str], by: Actor) -> bool:
    """Whether a record received under the same key says just this."""
    form = VisitForm(formdata=typed)
    try:
        return actions.is_same(form.new_visit(member_of(form, by), Basis()), body)
    except RuleBroken:
        return False  # a text that is not whole yet


def _logged(typed: MultiDict[str, str], by: Actor, *, own: bool) -> Outcome:
    known = visits.by_client_key(typed["client_key"]) is not None
    form = VisitForm(formdata=typed)
    new = replace(form.new_visit(member_of(form, by), Basis()), unclaimed=not own)
    visit = actions.log_visit(new, by=by, at=now(), settings=current(), reason=_how())
    return _received(visit, known=known)


def _corrected(visit_id: int, typed: MultiDict[str, str], by: Actor) -> Outcome:
    record = visits.record(by, visit_id)
    based_on = as_integer(typed.get("based_on", "")) or 0
    if record is None or not 0 < based_on <= record.visit.version:
        raise NotThere
    # On the version it was typed over: on a later one its new lines would get other numbers.
    basis, stored, rows = basis_of(record, based_on)
    form = VisitForm(formdata=typed, data=stored, rows=rows)
    new, grounds = form.new_visit(record.visit.member_id, basis), form.grounds()
    if _is_next(visit_id, based_on + 1, new, by):
        return _received(record.visit, known=True)
    grounds["reason"] = _with_how(grounds["reason"])
    return _received(actions.correct(visit_id, new, **grounds, by=by, at=now(), settings=current()))


def _is_next(visit_id: int, n: int, new: NewVisit, by: Actor) -> bool:
    """Whether version n is this very correction, received before."""
    stored = visits.version(visit_id, n)
    return stored is not None and stored.by_id == by.person_id and actions.is_same(new, stored.body)


def _how() -> str:
    return current().words.apply(RESCUED)


def _with_how(reason: str) -> str:
    both = f"{reason}（{_how()}）"
    return both if reason.strip() and len(both) <= MAX_LINE else reason


def _received(visit: Visit, *, known: bool = False) -> Outcome:
    return Outcome(visit.branch_id, visit.visited_on, visit.number, known, waits=visit.is_unclaimed)


def _refused(refused: Exception, typed: MultiDict[str, str]) -> Outcome:
    visited_on = _day(typed)
    return Outcome(as_integer(typed.get("branch_id", "")), visited_on, reason=_why(refused, typed, visited_on))


def _day(typed: MultiDict[str, str]) -> dt.date | None:
    day = typed.get("visited_on", "")
    return as_date(typed.get("other_on", "") if day == OTHER_DAY else day)


def _why(refused: Exception, typed: MultiDict[str, str], visited_on: dt.date | None) -> object:
    """In words for the office, which neither sees the form nor can change what is in it."""
    if visited_on and visits.is_locked(visited_on.year):
        return _("%(year)s年已归档，请作补充说明。", year=visited_on.year)
    if not isinstance(refused, RuleBroken):
        return _("要更正的记录不在，或不是本人的。")
    if refused.field in UNSEEN:
        return UNSEEN[refused.field]
    form = VisitForm(formdata=typed)
    form.refuse(refused)
    label, message = next(iter(form.faults().values()))
    return f"{label}{_('：')}{message}" if label else message
