"""Sending a paper that was made just now, and the list of those that were."""

import dataclasses
import io
from typing import Any

from flask import Blueprint, current_app, render_template, request, send_file
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.db import db, writing
from logbook.documents import pdf, word
from logbook.documents.paper import Form, Paper
from logbook.errors import NotThere
from logbook.formats import as_integer, full_date, local_date, now
from logbook.printing import actions, queries
from logbook.settings.views import current

bp = Blueprint("printing", __name__)
OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES = {
    "pdf": "application/pdf", "docx": f"{OFFICE}.wordprocessingml.document", "xlsx": f"{OFFICE}.spreadsheetml.sheet"
}  # fmt: skip


def send(paper: Paper, ending: str, name: str = "") -> Response:
    """Make the paper as .docx or .pdf, note it in the list, and answer with the file. Raise PaperFailed."""
    file_name = f"{name or paper.title}.{ending}".replace("\n", "")
    moment, digest = now(), actions.digest_of(paper)
    version = current_app.config["VERSION"]
    signed = f"{paper.made_from}；摘要{digest[:12]}；程序{version}；{actor().name}，{full_date(local_date(moment))}"
    content = _content(dataclasses.replace(paper, made_from=signed), ending)
    with writing():  # the list is written although a page is only read
        db.session.close()
        actions.note(paper, file_name, version, by=actor(), at=moment)
        db.session.commit()
    return file(content, file_name, ending)


def _content(paper: Paper, ending: str) -> bytes:
    return word.make(paper) if ending == "docx" else pdf.make(paper, current_app.config["INSTANCE"] / "fonts")


def file(content: bytes, name: str, ending: str) -> Response:
    """A file to keep."""
    return send_file(io.BytesIO(content), mimetype=TYPES[ending], as_attachment=True, download_name=name)


@bp.route("/papers")
@may(Act.READ_RECORDS)
def index() -> str:
    before = as_integer(request.args.get("before", ""))
    made, older = queries.made(actor(), before)
    return render_template("printing/index.html", made=made, older=older)


@bp.route("/papers/<int:paper_id>/origin.pdf")
@may(Act.READ_RECORDS)
def origin(paper_id: int) -> Response:
    """备查页: what a paper was made from, on a sheet of its own, so that the paper itself says nothing of it."""
    found = queries.one(actor(), paper_id)
    if found is None:
        raise NotThere
    rows: Any = (
        ("材料", found.name), ("生成人", found.by.name, "日期", full_date(local_date(found.at))),
        ("依据", found.made_from), ("内容摘要", found.digest), ("程序版本", found.version),
    )  # fmt: skip
    paper = Paper(title=f"{current().unit_name}\n材料备查页", blocks=(Form(rows),), made_from=f"第{found.id}份材料")
    return file(_content(paper, "pdf"), f"备查页{found.id}.pdf", "pdf")
