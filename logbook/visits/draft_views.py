"""Drafts over HTTP, in JSON: put, listed and removed by their author, whom alone they concern."""

import json
from dataclasses import replace
from typing import Any

from flask import Blueprint, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from logbook.access import Act, actor, may
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.formats import now
from logbook.visits import actions, drafts, queries, versions
from logbook.visits.forms import Basis, VisitForm
from logbook.visits.rules import NewVisit
from logbook.visits.stored import record_in

bp = Blueprint("drafts", __name__)
Answer = tuple[dict[str, Any], int]


@bp.get("/drafts")
@may(Act.RECORD)
def index() -> list[dict[str, Any]]:
    return [
        {
            "key": one.key, "url": one.url, "fields": json.loads(one.fields), "revision": one.revision,
            "saved_at": one.saved_at.isoformat(),
        }
        for one in drafts.mine(actor(), now())
    ]  # fmt: skip


@bp.put("/drafts/<key:key>")
@may(Act.RECORD)
def save(key: str) -> Answer:
    try:
        saved = drafts.save(drafts.read(key, _sent()), by=actor(), at=now())
        db.session.commit()
    except RuleBroken as broken:
        db.session.rollback()
        if broken.field == "based_on":
            return _as_stored(key), 409
        return {broken.field: str(broken.message), **(_as_sent(key) if broken.field == "key" else {})}, 422
    return {"revision": saved.revision}, 200


def _sent() -> Any:
    """The body; None when it is no JSON. Its size is known before it is read."""
    if (request.content_length or 0) > drafts.MOST_BYTES or len(request.get_data()) > drafts.MOST_BYTES:
        raise RequestEntityTooLarge
    try:
        return request.get_json(force=True, silent=True)
    except RecursionError:  # brackets within brackets within brackets
        return None


def _as_stored(key: str) -> dict[str, Any]:
    """What the other browser left under the key: nothing, when it removed it."""
    stored = queries.draft(actor().person_id, key)
    return {"revision": stored.revision if stored else 0, "fields": json.loads(stored.fields) if stored else []}


def _as_sent(key: str) -> dict[str, Any]:
    """The record that came under the key, and whether the draft says nothing else than it says."""
    stored = queries.by_client_key(key)
    if stored is None:
        return {}
    visit, digest = stored
    receipt = {"number": visit.number, "version": 1, "digest": digest, "id": visit.id}
    first = queries.version(visit.id, 1)
    typed = MultiDict(drafts.read(key, _sent()).fields)
    return {"receipt": receipt, "same": first is not None and _says(record_in(first.body), typed)}


def _says(stored: NewVisit, typed: MultiDict[str, str]) -> bool:
    """Whether the fields of a draft are the record that is stored; its files are in no draft."""
    form = VisitForm(formdata=typed)
    try:
        new = form.new_visit(stored.member_id, Basis())
    except RuleBroken:
        return False  # a text that is not whole yet
    return actions.is_same(replace(new, files=stored.files), versions.body_of(stored))


@bp.delete("/drafts/<key:key>")
@may(Act.RECORD)
def remove(key: str) -> tuple[str, int]:
    drafts.remove(key, by=actor())
    db.session.commit()
    return "", 204
