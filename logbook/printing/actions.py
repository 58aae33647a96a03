"""Noting a paper that is made."""

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    """SHA-256, hexadecimal, of what stands on the paper or its sheets, and not of when it was made."""
    plain: Sequence[dict[str, Any]] = [dataclasses.asdict(one) for one in parts]
    text = json.dumps(plain, default=str, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def note(made: Made, *, by: Actor, at: dt.datetime) -> MadePaper:
    """Add the file to the list."""
    row = MadePaper(at=at, by_id=by.person_id, **dataclasses.asdict(made))
    db.session.add(row)
    db.session.flush()
    return row
