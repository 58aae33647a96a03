"""Server-side sessions: a random token in the cookie, its hash in the database."""

import datetime as dt
import hashlib
import hmac
import secrets

from logbook.access import Actor
from logbook.accounts import queries
from logbook.accounts.models import Person, SignInSession
from logbook.db import db, reading
from logbook.settings.queries import Settings

COOKIE = "logbook"
TOUCH_AFTER = dt.timedelta(minutes=1)


def digest(secret: str) -> str:
    """SHA-256, hexadecimal: enough for a secret that is random."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keyed_digest(secret: str, key: str) -> str:
    """HMAC-SHA-256, hexadecimal: for codes short enough to be typed; without the installation's key none is guessed."""
    return hmac.new(key.encode(), secret.encode(), hashlib.sha256).hexdigest()


def begin(person_id: int, *, device: str, at: dt.datetime) -> str:
    """Add a session and return its token, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        SignInSession(
            person_id=person_id, token_hash=digest(token), device=device[:200], created_at=at, last_seen_at=at
        )
    )
    db.session.flush()
    return token


def find(token: str) -> tuple[SignInSession, Person, Actor] | None:
    """The session of a token, ended or not, with who it belongs to; a transaction of its own that only reads."""
    with reading():
        rows = queries.session_rows(digest(token))
        db.session.close()  # unlike a rollback it leaves what was read as it is: nothing is read again
    if not rows:
        return None
    session, person, _ = rows[0]
    roles = frozenset(role for _, _, role in rows if role)
    return session, person, Actor(person.id, person.name, roles)


def alive(session: SignInSession, person: Person, settings: Settings, at: dt.datetime) -> bool:
    """Whether the session still opens the house: not ended, not idle too long, not too old, the person active."""
    idle = dt.timedelta(minutes=settings.idle_minutes)
    oldest = dt.timedelta(days=settings.session_days)
    return (
        session.ended_at is None
        and person.active
        and at - session.last_seen_at <= idle
        and at - session.created_at <= oldest
    )


def touch(session_id: int, *, at: dt.datetime) -> None:
    """Note when the session was last used."""
    session = queries.session(session_id)
    if session is not None:
        session.last_seen_at = at
        db.session.flush()


def end(session_id: int, *, at: dt.datetime) -> None:
    """End one session."""
    session = queries.session(session_id)
    if session is not None:
        session.ended_at = at
        db.session.flush()


def end_all(person_id: int, *, at: dt.datetime, but: int | None = None) -> None:
    """End the person's sessions, all or all `but` one: at a change of password or roles, and at deactivation."""
    for session in queries.open_sessions(person_id):
        if session.id != but:
            session.ended_at = at
    db.session.flush()
