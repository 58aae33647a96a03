"""Minutes are drafted once, saved as versions nobody overwrites, and settled; then nothing changes them."""

import datetime as dt
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from logbook.access import Actor
from logbook.accounts import queries as accounts
from logbook.ballots import actions as voting
from logbook.ballots import queries as ballots
from logbook.comments import queries as comments
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import MAX_TEXT
from logbook.minutes import drafting, queries
from logbook.minutes.drafting import Facts
from logbook.minutes.models import Minutes, MinutesVersion
from logbook.review import queries as review
from logbook.settings import queries as settings

MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A text as it was edited, and the number of the version it was begun from."""

    text: str
    begun_from: int
    reason: str = ""


def draft(year: int, *, by: Actor, at: dt.datetime) -> Minutes:
    """Draft the first version from facts; the minutes there are, where there are some."""
    found = queries.meeting(by, year)
    if found is None:
        raise NotThere
    meeting, reports = found
    there = queries.minutes(by, year)
    if there is not None:
        return there
    review.refuse_own_list(meeting, by=by)
    ballot = ballots.ballot(meeting.id)
    facts = Facts(
        meeting=meeting, reports=reports, members=accounts.members(),
        comments=[one for one in comments.of_meeting(by, meeting.id) if one.settled_at],
        ballot=ballot if ballot and ballot.erased_at else None,
        over=voting.over(ballot) if ballot else (), recorder=by.name,
    )  # fmt: skip
    minutes = Minutes(meeting_id=meeting.id)
    db.session.add(minutes)
    db.session.flush()
    _save(minutes, NewVersion(drafting.drafted(facts, settings.load().words), 0), by, at)
    return minutes


def _save(minutes: Minutes, new: NewVersion, by: Actor, at: dt.datetime) -> MinutesVersion:
    version = MinutesVersion(
        minutes_id=minutes.id, n=new.begun_from + 1, text=new.text, reason=new.reason.strip(), by_id=by.person_id, at=at
    )
    db.session.add(version)
    db.session.flush()
    return version


def write(year: int, new: NewVersion, *, by: Actor, at: dt.datetime) -> MinutesVersion | None:
    """Save the text as the next version; None where it says what the latest says.

    Raise RuleBroken("version") when somebody else saved one meanwhile.
    """
    minutes, latest = _open(year, by)
    _check(new)
    if new.text == latest.text:
        return None
    if new.begun_from != latest.n:
        said = _("您修改期间，%(name)s保存了第%(n)s版。您写的还在下面，没有保存：请把要留的改动并进去，再保存。")
        raise RuleBroken("version", said % {"name": latest.by_name, "n": latest.n})
    return _save(minutes, new, by, at)


def _check(new: NewVersion) -> None:
    if not new.text.strip():
        raise RuleBroken("text", _("会议记录不能是空的。"))
    if len(new.text) > MAX_TEXT:
        raise RuleBroken("text", _("会议记录不超过%(most)s字，现有%(n)s字。", most=MAX_TEXT, n=len(new.text)))
    if len(new.reason) > MAX_REASON:
        raise RuleBroken("reason", _("每条不超过%(most)s字。", most=MAX_REASON))


def settle(year: int, *, n: int, by: Actor, at: dt.datetime) -> Minutes:
    """定稿: the version that was looked at stands for good. Raise RuleBroken where another was saved since."""
    minutes, latest = _open(year, by)
    if latest.n != n:
        raise RuleBroken("version", _("会议记录刚有改动，请看一遍再定稿。"))
    minutes.settled_at, minutes.settled_by_id = at, by.person_id
    db.session.flush()
    return minutes


def _open(year: int, by: Actor) -> tuple[Minutes, MinutesVersion]:
    """The minutes and their latest version, for who is not on the meeting's list: they say what was said of each."""
    minutes = queries.minutes(by, year)
    latest = queries.version(minutes) if minutes else None
    if minutes is None or latest is None:
        raise NotThere
    review.refuse_own_list(review.the_meeting(year), by=by)
    if minutes.settled_at:
        raise RuleBroken("", _("会议记录已定稿，不能再改。"))
    return minutes, latest
