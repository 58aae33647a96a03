"""Drafts: what somebody has typed and not sent, kept for its author alone under the key of the record it will be."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy import bindparam, delete

from logbook.access import Actor
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.visits import queries
from logbook.visits.models import Draft

MOST_BYTES = 64 * 1024  # of one draft as sent
MOST_DRAFTS = 50  # of one person
KEPT = dt.timedelta(days=90)  # since it was last written
NOT_KEPT = frozenset({"csrf_token", "typed_by"})  # they open doors, or say who typed
_FORM = re.compile(r"/visits/(new|[1-9]\d{0,9}/correct)", re.ASCII)


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A draft as it arrives; `based_on` is the revision it was typed over, 0 for a first one."""

    key: str
    url: str
    fields: tuple[tuple[str, str], ...]
    based_on: int


def read(key: str, sent: Any) -> NewDraft:
    """What a browser sent under that key; raise RuleBroken("fields") when it is no draft of one of our forms."""
    match sent:
        case {"fields": list(fields), "url": str(url), "based_on": int(based_on)} if _FORM.fullmatch(url):
            if all(map(_is_pair, fields)):
                kept = tuple((name, value) for name, value in fields if name not in NOT_KEPT)
                return NewDraft(key, url, kept, based_on)
    raise RuleBroken("fields", _("草稿的内容不完整，没有保存。"))


def _is_pair(one: Any) -> bool:
    return isinstance(one, list) and len(one) == 2 and all(isinstance(part, str) for part in one)  # noqa: PLR2004


def save(new: NewDraft, *, by: Actor, at: dt.datetime) -> Draft:
    """Keep the draft as its next revision; the same once more, after a lost answer, is no change.

    Raise RuleBroken("based_on") when it was changed or removed elsewhere, RuleBroken("key") when its record is there
    already, RuleBroken("draft") when there are too many.
    """
    db.session.execute(delete(Draft).where(Draft.saved_at < at - KEPT))
    _refuse_sent(new.key, by)
    stored = queries.draft(by.person_id, new.key)
    if stored is not None and (stored.url, stored.fields) == (new.url, json.dumps(new.fields)):
        stored.saved_at = at
    elif new.based_on != (stored.revision if stored else 0):
        raise RuleBroken("based_on", _("这份草稿在别处改过，没有覆盖。"))
    else:
        stored = _written(stored or _first(new, by), new, at)
    db.session.flush()
    return stored


def is_same(stored: Draft, new: NewDraft) -> bool:
    """Whether the draft that is there says what this one says."""
    return (stored.url, json.loads(stored.fields)) == (new.url, [list(pair) for pair in new.fields])


def beside(new: NewDraft) -> NewDraft:
    """The same draft under a key of its own, which follows from what it says: brought in again it is no third one."""
    digest = hashlib.sha256(json.dumps([new.key, new.url, new.fields]).encode()).hexdigest()
    key = f"beside-{digest[:32]}"
    return replace(new, key=key, fields=tuple((n, key if n == "client_key" else text) for n, text in new.fields))


def _refuse_sent(key: str, by: Actor) -> None:
    """What was typed last may arrive after the record itself, and would be a draft for ever."""
    sent = queries.by_client_key(key)
    if sent is not None and by.person_id in {sent[0].member_id, sent[0].entered_by_id}:
        raise RuleBroken("key", _("这份草稿已经提交，不再保存。"))


def _first(new: NewDraft, by: Actor) -> Draft:
    if queries.drafts_of(by.person_id) >= MOST_DRAFTS:
        raise RuleBroken("draft", _("最多保存%(most)s份草稿，请先提交或删去几份。", most=MOST_DRAFTS))
    draft = Draft(person_id=by.person_id, key=new.key, revision=0)
    db.session.add(draft)
    return draft


def _written(draft: Draft, new: NewDraft, at: dt.datetime) -> Draft:
    draft.url, draft.fields = new.url, json.dumps(new.fields)
    draft.revision, draft.saved_at = draft.revision + 1, at
    return draft


def mine(by: Actor, at: dt.datetime) -> Sequence[Draft]:
    """A person's own drafts, the newest first; one too old is not shown any more, and goes at the next write."""
    return queries.drafts(by.person_id, at - KEPT)


# Built once: every record that is sent asks for it.
_REMOVE = delete(Draft).where(Draft.person_id == bindparam("person"), Draft.key == bindparam("draft_key"))


def remove(key: str | None, *, by: Actor) -> None:
    """Remove the author's draft: it was sent, or is not wanted; no draft of that key is as well."""
    if key:
        db.session.connection().execute(_REMOVE, {"person": by.person_id, "draft_key": key})
