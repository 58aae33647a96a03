"""Noting a paper that is made."""

import dataclasses
import datetime as dt
import hashlib
import json

from logbook.access import Actor
from logbook.db import db
from logbook.documents.paper import Paper
from logbook.printing.models import MadePaper


def digest_of(paper: Paper) -> str:
    """SHA-256, hexadecimal, of what stands on the paper and not of when it was made."""
    text = json.dumps(dataclasses.asdict(paper), default=str, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def note(paper: Paper, name: str, version: str, *, by: Actor, at: dt.datetime) -> MadePaper:
    """Add the paper to the list."""
    made = MadePaper(
        at=at, by_id=by.person_id, name=name, made_from=paper.made_from, digest=digest_of(paper), version=version
    )
    db.session.add(made)
    db.session.flush()
    return made
