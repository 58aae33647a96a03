"""What one account alone cannot do: asked for by whoever counts, with a reason, and agreed to by the witness."""

import datetime as dt
import json
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from logbook.access import Actor
from logbook.accounts import queries as accounts
from logbook.ballots import actions, box, closing, opening, queries
from logbook.ballots.box import ClassBox
from logbook.ballots.models import Ballot, BallotClass, BallotStep, StepKind
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import fingerprint
from logbook.review import queries as review

MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """By whom, when, and why."""

    by: Actor
    at: dt.datetime
    reason: str = ""


def waiting(ballot: Ballot) -> BallotStep | None:
    """What the witness is asked now, the latest that has no answer."""
    found = [one for one in queries.steps(ballot.id) if not one.agreed_at and not one.declined_at]
    return found[-1] if found else None


def ask_correction(class_id: int, sheets: int | None, codes: int | None, asked: Asked) -> BallotStep:
    """Ask for other numbers handed out of a class. Codes can only become more: fewer is a voided one."""
    ballot, voters = actions.open_class(class_id)
    most = actions.MOST_VOTERS
    if sheets is None or codes is None or sheets + codes > most:
        raise RuleBroken("", _("请填0至%(most)s。", most=most))
    if codes < (voters.codes or 0):
        raise RuleBroken("", _("测评码只能补发，不能减少；用不着的，结束时自动作废。"))
    if (sheets, codes) == (voters.sheets, voters.codes or 0):
        raise RuleBroken("", _("数目没有改动。"))
    said = {"sheets": str(sheets), "codes": str(codes), "before": f"纸质{voters.sheets}份、测评码{voters.codes or 0}个",
            "after": f"纸质{sheets}份、测评码{codes}个"} | _others_raised(voters, sheets, codes)  # fmt: skip
    return _ask(ballot, StepKind.CORRECT, asked, said, class_id=class_id)


def _others_raised(voters: BallotClass, sheets: int, codes: int) -> dict[str, str]:
    """Who is handed a ballot is present and due, and a sheet was printed: what becomes more with it, also in words."""
    present = max(voters.present or 0, sheets + codes)
    new = {"present": present, "due": max(voters.due or 0, present), "printed": max(voters.printed or 0, sheets)}
    words = {"present": ("实到", "人"), "due": ("应到", "人"), "printed": ("印制", "份")}
    old = {"present": voters.present or 0, "due": voters.due or 0, "printed": voters.printed or 0}
    more = "、".join(f"{words[name][0]}{new[name]}{words[name][1]}" for name in new if new[name] != old[name])
    return {name: str(n) for name, n in new.items()} | ({"more": more} if more else {})


def ask_replacement(class_id: int, digest: str, asked: Asked) -> BallotStep:
    """Ask for a code to be voided and made anew; without its digest (the slip is lost) all unused ones of the class."""
    ballot, _voters = actions.open_class(class_id)
    mine = actions.the_box(ballot)[class_id]
    if digest and digest not in mine.codes:
        raise RuleBroken("", _("没有这张测评码，或已经投过。"))
    if not mine.codes:
        raise RuleBroken("", _("这一类没有还没用的测评码。"))
    # How many is said when it is done: until then some are used, and when is nobody's business.
    before = waiting(ballot)
    same = before is not None and mine.asked.get(str(before.id), "") == digest
    step = _ask(ballot, StepKind.REPLACE, asked, {"one": "1"} if digest else {}, class_id=class_id, same=same)
    if digest:
        found = actions.the_box(ballot)
        found[class_id].asked = {str(step.id): digest}
        box.replace(ballot.id, found)
    return step


def to_be_voided(step: BallotStep, mine: ClassBox) -> int:
    """How many codes a yes would void now, or did where its commit was lost."""
    done = mine.carried_out.get(str(step.id))
    return len(_meant(step, mine)) if done is None else done


def _meant(step: BallotStep, mine: ClassBox) -> list[str]:
    """The unused codes that a step is about: one, or all of the class."""
    if "one" not in step.said:
        return list(mine.codes)
    return [code for code in mine.codes if code == mine.asked.get(str(step.id))]


def ask_closing(ballot: Ballot, sealed_by: str, asked: Asked) -> BallotStep:
    """Ask the witness to confirm the closing."""
    closing.check_ready(ballot)
    return _ask(ballot, StepKind.CLOSE, asked, {"sealed_by": sealed_by.strip()[:MAX_REASON]})


def ask_voiding(ballot: Ballot, asked: Asked) -> BallotStep:
    """Ask for the whole ballot to be void, to be held again."""
    return _ask(ballot, StepKind.VOID, asked, {})


def _ask(
    ballot: Ballot,
    kind: StepKind,
    asked: Asked,
    said: dict[str, str],
    *,
    class_id: int | None = None,
    same: bool = True,
) -> BallotStep:
    """What was asked before and has no answer is overtaken; the same asked twice is one."""
    if ballot.closed_at or not ballot.has_box:
        raise NotThere
    if not ballot.confirmed_at and kind is not StepKind.VOID:
        raise RuleBroken("", _("应到、实到和发出的数目，请监票人先核对。"))
    if kind is not StepKind.CLOSE:
        _check_reason(asked.reason)
    what, reason, before = json.dumps(said, ensure_ascii=False), asked.reason.strip(), waiting(ballot)
    if before is not None:
        asked_before = (before.kind, before.class_id, before.what, before.reason, before.by_id)
        if same and asked_before == (kind, class_id, what, reason, asked.by.person_id):
            return before
        _check_not_half_done(before)
        _answer_no(before, asked.at)
    step = BallotStep(
        ballot_id=ballot.id, class_id=class_id, kind=kind, what=what, reason=reason, by_id=asked.by.person_id,
        at=asked.at,
    )  # fmt: skip
    db.session.add(step)
    db.session.flush()
    return step


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise RuleBroken("reason", _("请写明原因。"))
    if len(reason) > MAX_REASON:
        raise RuleBroken("reason", _("每条不超过%(most)s字。", most=MAX_REASON))


def decline(ballot: Ballot, step_id: int, *, at: dt.datetime) -> None:
    """The witness does not agree."""
    step = _find(ballot, step_id)
    if step.declined_at:  # sent twice
        return
    _check_not_half_done(_check_waiting(ballot, step))
    _answer_no(step, at)
    db.session.flush()


def _is_half_done(step: BallotStep) -> bool:
    """Whether the witness said yes and the box bears it, and only the database's commit was lost: a file is replaced at
    once, and then a disk may be full or a process end. Codes that were voided do not come back.
    """
    mine = (box.read(step.ballot_id) or {}).get(step.class_id or 0, ClassBox())
    return str(step.id) in mine.carried_out


def _check_not_half_done(step: BallotStep) -> None:
    """Raise RuleBroken where only another yes can be the answer."""
    if _is_half_done(step):
        raise RuleBroken("", _("监票人已同意作废并补发，测评码已经作废，只差登记；请监票人再点一次“同意”。"))


def _answer_no(step: BallotStep, at: dt.datetime) -> None:
    """A code that stays good is named nowhere."""
    step.declined_at = at
    if step.kind is StepKind.REPLACE:
        step.what = json.dumps({"n": "0"})


def as_seen(ballot: Ballot, step: BallotStep) -> str:
    """A digest of what is agreed to: the request, the numbers, and for the end how the votes and all paper stand.

    A code that is cast meanwhile changes nothing of the other requests.
    """
    found = box.read(ballot.id) or {} if step.kind is StepKind.CLOSE else {}
    stand = [(one, mine.cast.n, mine.back, mine.turn, mine.typists) for one, mine in sorted(found.items())]
    return fingerprint(step.id, opening.numbers_as_shown(ballot), stand)


def agree(ballot: Ballot, step_id: int, seen: str, *, at: dt.datetime) -> BallotStep:
    """The witness agrees to what they have seen, and to nothing else: it is carried out."""
    step = _find(ballot, step_id)
    if step.agreed_at and step.kind is not StepKind.WITNESS:  # sent twice
        return step
    if seen != as_seen(ballot, _check_waiting(ballot, step)):
        raise RuleBroken("", _("这一项刚有变动，请再看一遍。"))
    _carry_out(ballot, step, at)
    return step


def _carry_out(ballot: Ballot, step: BallotStep, at: dt.datetime) -> None:
    """May be done once more where its commit was lost."""
    step.agreed_at = at
    db.session.flush()
    if step.kind is StepKind.CORRECT:
        _correct(ballot, step)
    elif step.kind is StepKind.REPLACE:
        _replace(ballot, step)
    elif step.kind is StepKind.CLOSE:
        closing.close(ballot, at=at, sealed_by=step.said["sealed_by"])
    else:
        closing.close(ballot, at=at, void_reason=step.reason)


def _find(ballot: Ballot, step_id: int) -> BallotStep:
    found = next((one for one in queries.steps(ballot.id) if one.id == step_id), None)
    if found is None:
        raise RuleBroken("", _("这一项刚有变动，请再看一遍。"))
    return found


def _check_waiting(ballot: Ballot, step: BallotStep) -> BallotStep:
    if step is not waiting(ballot) or ballot.closed_at:
        raise RuleBroken("", _("这一项刚有变动，请再看一遍。"))
    return step


def _correct(ballot: Ballot, step: BallotStep) -> None:
    """As it was asked for, word by word."""
    voters, said = _class(ballot, step), step.said
    sheets, codes = int(said["sheets"]), int(said["codes"])
    voters.codes, voters.handed_out = codes, sheets + codes
    voters.present, voters.due, voters.printed = (int(said[name]) for name in ("present", "due", "printed"))
    db.session.flush()


def _replace(ballot: Ballot, step: BallotStep) -> None:
    found = actions.the_box(ballot)
    mine = found[_class(ballot, step).id]
    done, voided = mine.carried_out.get(str(step.id)), _meant(step, mine)
    if done is None and "one" in step.said and not voided:
        raise RuleBroken("", _("没有这张测评码，或已经投过。"))
    step.what = json.dumps({"n": str(len(voided) if done is None else done)})
    db.session.flush()
    if done is None:
        mine.codes = [one for one in mine.codes if one not in voided]
        mine.voided += len(voided)
        mine.carried_out[str(step.id)], mine.asked = len(voided), {}
        box.replace(ballot.id, found)


def _class(ballot: Ballot, step: BallotStep) -> BallotClass:
    return next(one for one in ballot.classes if one.id == step.class_id)


def replace_witness(ballot: Ballot, witness_id: int | None, name: str, asked: Asked) -> None:
    """Name another witness. One alone does it, as the former one may be gone; it is printed with its reason."""
    if ballot.closed_at or not ballot.has_box or ballot.clerk_id is None:
        raise NotThere
    _check_reason(asked.reason)
    if (witness_id, "".join(name.split()) or ballot.witness_name) == (ballot.witness_id, ballot.witness_name):
        return  # sent twice
    new = opening.check_witness(witness_id, name, ballot.clerk_id, review.reports(ballot.meeting_id))
    if witness_id == asked.by.person_id:
        raise RuleBroken("witness_id", _("更换监票人由另一人任监票人，办理人本人不能担任。"))
    overtaken = waiting(ballot)
    if overtaken and _is_half_done(overtaken):  # the former one said yes, and may be gone
        _carry_out(ballot, overtaken, asked.at)
    elif overtaken:  # what was asked of the former one is asked anew
        _answer_no(overtaken, asked.at)
    said = {"before": ballot.witness_name, "after": new}
    db.session.add(
        BallotStep(
            ballot_id=ballot.id, kind=StepKind.WITNESS, what=json.dumps(said, ensure_ascii=False),
            reason=asked.reason.strip(), by_id=asked.by.person_id, at=asked.at, agreed_at=asked.at,
        )
    )  # fmt: skip
    ballot.witness_id, ballot.witness_name, ballot.witness_code = witness_id, new, None
    db.session.flush()


def may_witness(ballot: Ballot, actor: Actor) -> bool:
    """Whether this account is the ballot's witness, and still somebody who may be."""
    if ballot.witness_id != actor.person_id or actor.is_leader:
        return False
    return actor.person_id in {one.id for one in accounts.business_accounts()}
