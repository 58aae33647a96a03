"""The keys of a person's phones: each has a random name, and none is taken away while drafts lie under it."""

import datetime as dt
import secrets

from logbook.accounts import queries
from logbook.accounts.models import NAMED, PhoneKey
from logbook.db import db

NAME_BYTES = 16


def renew(person_id: int, *, at: dt.datetime) -> None:
    """Give the person's phones another key; the earlier ones open what was written under them, and vouch for nothing.

    At a password set by a code or by oneself, at deactivation, and when a phone is lost.
    """
    queries.hold(person_id)
    known = queries.phone_keys(person_id)
    generation = known[-1].generation + 1 if known else 1
    db.session.add(
        PhoneKey(person_id=person_id, generation=generation, key=NAMED + secrets.token_urlsafe(NAME_BYTES), made_at=at)
    )
    db.session.flush()


def begin(person_id: int, *, at: dt.datetime) -> None:
    """Give whoever signs in a key of their own, where they have only the derived one of earlier versions."""
    if not queries.phone_keys(person_id):
        renew(person_id, at=at)
