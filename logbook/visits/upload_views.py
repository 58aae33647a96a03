"""Files that follow their record in pieces; answers are JSON, in the reader's language."""

import io
import re
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, current_app, request
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from logbook.access import Act, actor, may
from logbook.db import db, reading
from logbook.errors import NotThere, RuleBroken
from logbook.formats import now
from logbook.visits import actions, attachments, queries
from logbook.visits.models import Attachment
from logbook.visits.uploads import MOST_PIECE, Piece, Upload

bp = Blueprint("uploads", __name__)
ADDRESS = "/visits/<int:visit_id>/uploads/<key:key>"
RANGE = re.compile(r"bytes (\d{1,9})-(\d{1,9})/(\d{1,9})", re.ASCII)
Answer = dict[str, Any] | tuple[dict[str, Any], int]


@bp.get(ADDRESS)
@may(Act.RECORD)
def state(visit_id: int, key: str) -> Answer:
    upload = _upload(visit_id, key)
    stored = _stored(upload)
    return _receipt(stored) if stored else {"have": upload.have()}


@bp.put(ADDRESS)
@may(Act.RECORD)
def put(visit_id: int, key: str) -> Answer:
    upload = _upload(visit_id, key)
    try:
        stored = _stored(upload)
        if stored is None:
            _refuse_another(visit_id)
            return _go_on(upload)
    except RuleBroken:
        upload.drop()
        raise
    upload.drop()
    return _receipt(stored), 201


def _upload(visit_id: int, key: str) -> Upload:
    return Upload(current_app.config["INSTANCE"] / "uploads", actor().person_id, visit_id, key)


def _stored(upload: Upload) -> Attachment | None:
    """What came under this key before; the transaction ends here, what follows takes its time."""
    with reading():
        stored = actions.attached(upload.visit_id, upload.key, by=actor())
        db.session.close()
    return stored


def _refuse_another(visit_id: int) -> None:
    """After a restored backup a number may be another record's: a file goes to what it was sent with, or nowhere."""
    with reading():
        known = queries.has_version(visit_id, request.headers.get("Upload-For", ""))
        db.session.close()
    if not known:
        raise RuleBroken("files", _("系统里的这条记录不是附件所属的那一条，附件没有保存。请打开记录核对，再添加附件。"))


def _go_on(upload: Upload) -> Answer:
    piece, name = _piece(), unquote(request.headers.get("Upload-Name", ""))
    if piece is None:
        return {"error": _("这一段没有收完整，请再发一次。")}, 400
    attachments.refuse_size(name, piece.total)
    have, whole = upload.add(piece, now())
    if not whole:
        return {"have": have}, 202 if have == piece.end else 409
    (file,) = attachments.keep(current_app.config["INSTANCE"] / "attachments", [(name, io.BytesIO(whole))])
    stored = actions.attach(upload.visit_id, file, upload.key, by=actor(), at=now())
    db.session.commit()
    upload.drop()
    return _receipt(stored), 201


def _piece() -> Piece | None:
    """The bytes sent, when they are those that Content-Range names."""
    found = RANGE.fullmatch(request.headers.get("Content-Range", ""))
    start, last, total = map(int, found.groups()) if found else (0, -1, 0)
    if last - start >= MOST_PIECE:
        raise RequestEntityTooLarge
    request.max_content_length = MOST_PIECE
    content = request.get_data(cache=False)
    right = start <= last < total and len(content) == last - start + 1
    return Piece(start, total, content) if right else None


def _receipt(stored: Attachment) -> dict[str, Any]:
    return {"digest": stored.digest, "name": stored.name}


@bp.errorhandler(RuleBroken)
def _refused(broken: RuleBroken) -> Answer:
    db.session.close()
    return {"files": str(broken.message)}, 422


@bp.errorhandler(NotThere)
def _not_theirs(_error: NotThere) -> Answer:
    return {"error": _("没有这条记录，或者附件不能由您添加。")}, 404


@bp.errorhandler(RequestEntityTooLarge)
def _too_much(_error: RequestEntityTooLarge) -> Answer:
    return {"error": _("一次最多发1 MB，请分段发送。")}, 413
