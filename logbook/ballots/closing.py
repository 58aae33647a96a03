"""A ballot is closed: its sums are written down, all at once."""

import datetime as dt

from flask_babel import lazy_gettext as _
from sqlalchemy import delete, insert

from logbook.ballots import box, queries
from logbook.ballots.actions import check_confirmed, check_open, the_box
from logbook.ballots.box import ClassBox
from logbook.ballots.models import Ballot, BallotClass, BallotCode, Count
from logbook.db import db
from logbook.errors import NotThere, RuleBroken

TYPINGS = {"first": "第一遍", "second": "第二遍"}


def check_ready(ballot: Ballot) -> None:
    """Raise RuleBroken while something is still to be done before closing."""
    if not ballot.has_box:
        if queries.typed_apart(ballot.id) or any(one.first != one.second for one in ballot.classes):
            raise RuleBroken("", _("纸质测评表两遍录入不一致。这次测评是升级以前开始的，只能作废，重新测评。"))
        return
    check_confirmed(ballot)
    if not all(one.settled for one in the_box(ballot).values()):
        raise RuleBroken("", _("纸质测评表还没有录完，或两遍录入不一致，核对一致后再结束。"))


def close(ballot: Ballot, *, at: dt.datetime, sealed_by: str = "", void_reason: str = "") -> None:
    """Close the ballot: its sums are written down, all at once. A result shows when the box is gone (erasing.py)."""
    check_open(ballot)
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
    one.typed_by = f"{typed}；重录{found.again}次" if found.again else typed
    rows = []
    for cell in sorted({*found.cast.counts, *found.paper.counts}) if counted else ():
        report, item, value = cell.split(".", 2)
        paper = found.paper.counts.get(cell, 0)
        key = {"class_id": one.id, "report_id": int(report), "item": int(item), "value": value}
        rows.append(key | {"cast": found.cast.counts.get(cell, 0), "first": paper, "second": paper})
    if rows:
        db.session.execute(insert(Count), rows)


def note_erased(ballot: Ballot, *, at: dt.datetime) -> None:
    """From here on the result may be seen."""
    if ballot.closed_at is None:
        raise NotThere
    ballot.erased_at = ballot.erased_at or at
    db.session.flush()
