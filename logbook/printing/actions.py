"""Noting a paper that is made."""

import dataclasses
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, update

from logbook import config
from logbook.access import Actor
from logbook.db import db
from logbook.documents.paper import Paper
from logbook.documents.sheet import Sheet
from logbook.printing.models import MadePaper


@dataclass(frozen=True, slots=True)
class Made:
    """What the list says of a file."""

    name: str
    made_from: str
    digest: str
    version: str
    about_id: int | None = None  # the person under review it speaks of
    private: bool = False  # it holds what the office may not read


def digest_of(*parts: Paper | Sheet) -> str:
    """A digest, hexadecimal, of what stands on the paper or its sheets, and not of when it was made.

    Under the installation's key: or who may see it would try through what the paper says of them.
    """
    plain: Sequence[dict[str, Any]] = [dataclasses.asdict(one) for one in parts]
    text = json.dumps(plain, default=str, ensure_ascii=False, sort_keys=True)
    return hmac.new(config.secret_key(), b"paper\0" + text.encode(), hashlib.sha256).hexdigest()


def note(made: Made, *, by: Actor, at: dt.datetime) -> MadePaper:
    """Add the file to the list."""
    row = MadePaper(at=at, by_id=by.person_id, **dataclasses.asdict(made))
    db.session.add(row)
    db.session.flush()
    return row


def overtake(made_from: str, words: Sequence[str] = (), *, since: dt.datetime, at: dt.datetime) -> None:
    """Mark the papers made since of what begins with `made_from` and bears one of these words in its name."""
    named: list[ColumnElement[bool]] = [MadePaper.name.contains(one, autoescape=True) for one in words]
    concerned = MadePaper.made_from.startswith(made_from, autoescape=True), MadePaper.at >= since
    query = update(MadePaper).where(*concerned, MadePaper.overtaken_at.is_(None), *([or_(*named)] if named else []))
    db.session.execute(query.values(overtaken_at=at))
