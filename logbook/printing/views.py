"""Sending a paper that was made just now, its preview, and the list of those that were sent."""

import contextlib
import dataclasses
import datetime as dt
import io
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts.views import came_from
from logbook.db import db, writing
from logbook.documents import pdf, pictures, sheet, word
from logbook.documents.child import PaperFailed
from logbook.documents.paper import Form, Paper
from logbook.errors import NotThere
from logbook.formats import as_integer, full_date, local_date, now
from logbook.printing import actions, lengths, previews, queries, refusals
from logbook.printing.actions import Made
from logbook.printing.lengths import Part, TooLong
from logbook.printing.press import Busy, Press
from logbook.printing.previews import Asked, Shelf
from logbook.settings.views import current

bp = Blueprint("printing", __name__)
UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')  # what no name of a file may hold, on any system
LONGEST = 60  # characters of a name in a folder: no system takes a path without end
OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES = {
    "pdf": "application/pdf", "zip": "application/zip",
    "docx": f"{OFFICE}.wordprocessingml.document", "xlsx": f"{OFFICE}.spreadsheetml.sheet"
}  # fmt: skip


def send(
    paper: Paper, ending: str, name: str = "", about: int | None = None, parts: Sequence[Part] = (), *,
    private: bool = False, told: Sequence[str] = (),
) -> Response:  # fmt: skip
    """Make the paper as .docx or .pdf, note it in the list, and answer with the file; or, where the address asks so,
    begin its preview and lead there. `about` is the person under review it speaks of, `parts` are offered where it is
    too long, a `private` one holds what the office may not read, `told` is said beside the preview. Raise TooLong,
    Busy, PaperFailed: see `refused`.
    """
    lengths.refuse_heavy(paper, parts)
    moment, preview = now(), bool(request.values.get("preview"))
    made = _made(name or paper.title, "pdf" if preview else ending, paper.made_from, actions.digest_of(paper))
    made = dataclasses.replace(made, about_id=about, private=private)
    day = full_date(local_date(moment))
    signed = f"{made.made_from}；摘要{made.digest[:12]}；程序{made.version}；{actor().name}，{day}"
    paper = dataclasses.replace(paper, made_from=signed)
    if preview:
        return _begin(paper, made, moment, told)
    (content,) = _contents([paper], ending)
    _note(made, moment)
    return file(content, made.name, ending)


def send_workbook(sheets: Sequence[sheet.Sheet], name: str, made_from: str) -> Response:
    """Make the workbook, note it in the list, and answer with the file."""
    sheets = [dataclasses.replace(one, rows=list(one.rows)) for one in sheets]
    lengths.refuse_long(sum(len(list(one.rows)) for one in sheets), workbook=True)
    made = _made(name, "xlsx", made_from, actions.digest_of(*sheets))
    db.session.close()  # nobody waits for a database that somebody holds while they wait
    answer = export(sheets, made.name)
    _note(made, now())
    return answer


def export(sheets: Iterable[sheet.Sheet], name: str) -> Response:
    """Answer with a workbook that no list names; its rows may be read as it is written."""
    with contextlib.ExitStack() as unless_whole:
        stream = unless_whole.enter_context(tempfile.TemporaryFile(dir=current_app.config["INSTANCE"]))
        with press().place() as room:
            sheet.write(stream, sheets, room)
        unless_whole.pop_all()  # closed with the response
    stream.seek(0)
    return send_file(stream, mimetype=TYPES["xlsx"], as_attachment=True, download_name=name)


def send_folder(papers: Sequence[tuple[str, Paper]], name: str, made_from: str) -> Response:
    """Make each paper as .docx, numbered in their order, note the folder in the list, and answer with it as .zip."""
    for _name, one in papers:
        lengths.refuse_heavy(one)
    made = _made(name, "zip", made_from, actions.digest_of(*(paper for _name, paper in papers)))
    contents, packed = _contents([paper for _title, paper in papers], "docx"), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:  # a Word file is packed already
        for i, ((title, _paper), content) in enumerate(zip(papers, contents, strict=True), 1):
            archive.writestr(f"{i:02}{UNSAFE.sub('', title)[:LONGEST]}.docx", content)
    _note(made, now())
    return file(packed.getvalue(), made.name, "zip")


def _made(name: str, ending: str, made_from: str, digest: str) -> Made:
    name = re.sub(r"[\x00-\x1f\x7f]", "", name)  # a title is broken into lines; a header must not be
    return Made(f"{name}.{ending}", made_from, digest, current_app.config["VERSION"])


def _note(made: Made, moment: dt.datetime) -> None:
    with writing():  # the list is written although a page is only read
        db.session.close()
        actions.note(made, by=actor(), at=moment)
        db.session.commit()


def _contents(papers: Sequence[Paper], ending: str) -> Iterator[bytes]:
    db.session.close()  # nobody waits for a database that somebody holds while they wait
    with press().place() as room:
        if ending == "docx":
            yield from word.make_all(papers, room)
        else:
            yield from (pdf.make(one, _fonts(), room) for one in papers)


def press() -> Press:
    return Press(current_app.config["INSTANCE"] / "making")


def _fonts() -> Path:
    folder: Path = current_app.config["INSTANCE"] / "fonts"
    return folder


def file(content: bytes, name: str, ending: str) -> Response:
    """A file to keep."""
    return send_file(io.BytesIO(content), mimetype=TYPES[ending], as_attachment=True, download_name=name)


# --- what is not made -----------------------------------------------------------------------------


@bp.app_errorhandler(TooLong)
@bp.app_errorhandler(Busy)
@bp.app_errorhandler(PaperFailed)
def refused(error: TooLong | Busy | PaperFailed) -> Response:
    db.session.rollback()
    return refusals.answer(error, _back())


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
    digest = found.digest_for(actor())
    half = len(digest) // 2  # a word of 64 letters would run over the paper's edge
    rows: Any = (
        ("材料", found.name), ("生成人", found.by_name, "日期", full_date(local_date(found.at))),
        ("依据", found.made_from), ("内容摘要", f"{digest[:half]}\n{digest[half:]}".strip()),
        ("程序版本", found.version),
    )  # fmt: skip
    paper = Paper(title=f"{current().unit_name}\n材料备查页", blocks=(Form(rows),), made_from=f"第{found.id}份材料")
    (content,) = _contents([paper], "pdf")
    return file(content, f"备查页{found.id}.pdf", "pdf")


# --- a preview ------------------------------------------------------------------------------------


def shelf() -> Shelf:
    return Shelf(current_app.config["INSTANCE"] / "previews")


def _begin(paper: Paper, made: Made, moment: dt.datetime, told: Sequence[str]) -> Response:
    """Begin it, and wait a little: a short paper is seen at once."""
    posted = request.method == "POST"
    again, word_at = ("", request.path) if posted else (request.full_path, _word())
    asked = Asked(made, _with_choices(_back()), again, word_at, posts=posted, roles=_roles(), told=list(told))
    db.session.close()  # nobody waits for a database that somebody holds while they wait
    try:
        token = shelf().start(paper, asked, actor().person_id, at=moment, fonts=_fonts())
    except Busy:  # who only looks stays where they were
        flash(_("正在生成材料的人较多，请过一会儿再看预览。"))
        return redirect(asked.back, 303)
    if shelf().running() <= previews.MOST_RUNNING:  # when more are, nobody else waits behind those who wait
        previews.wait(_find(token)[0])
    return redirect(url_for("printing.preview", token=token), 303)


def _back() -> str:
    """The page somebody came from; from a preview that failed its own, from another house home."""
    path = came_from()
    if not path.startswith("/papers/preview/"):
        return path
    try:
        return _find(path.rsplit("/", 1)[1])[1].back
    except NotThere:
        return url_for("desk.home")


def _with_choices(page: str) -> str:
    """The page with what was chosen there for the paper, so that it stands as it was left."""
    path, _mark, query = page.partition("?")
    chosen = dict(parse_qsl(query)) | {name: value for name, value in request.args.items() if name != "preview"}
    return f"{path}?{urlencode(chosen)}".rstrip("?")


def _word() -> str:
    """The address of the same paper for Word, where it has one."""
    if "ending" not in (request.view_args or {}):
        return ""
    kept = urlencode([pair for pair in request.args.items(multi=True) if pair[0] != "preview"])
    return f"{request.path.removesuffix('.pdf')}.docx?{kept}".rstrip("?")


def _find(token: str) -> tuple[Path, Asked]:
    """One's own; what was asked for with other roles is not for who has these."""
    place, asked = shelf().find(actor().person_id, token, at=now())
    if asked.roles != _roles():
        raise NotThere
    return place, asked


def _roles() -> str:
    return " ".join(sorted(role.value for role in actor().roles))


@bp.route("/papers/preview/<key:token>")
@may(Act.READ_RECORDS)
def preview(token: str) -> str:
    place, asked = _find(token)
    return render_template("printing/preview.html", token=token, asked=asked, drawing=pictures.look(place))


@bp.route("/papers/preview/<key:token>/<int:page>.png")
@may(Act.READ_RECORDS)
def picture(token: str, page: int) -> Response:
    return _kept(_find(token)[0] / f"{page}.png")


@bp.route("/papers/preview/<key:token>/paper.pdf")
@may(Act.READ_RECORDS)
def previewed(token: str) -> Response:
    """The very file that was looked at; only now it is a paper that was made."""
    place, asked = _find(token)
    answer = _kept(place / pictures.PDF, asked.made.name)
    _note(asked.made, now())
    return answer


def _kept(path: Path, name: str = "") -> Response:
    """A file of the folder; to keep, and then whole and once, where it has a `name`."""
    try:
        return send_file(path, as_attachment=bool(name), download_name=name or None, conditional=not name)
    except FileNotFoundError as error:
        raise NotThere from error


@bp.post("/papers/preview/<key:token>/cancel")
@may(Act.READ_RECORDS)
def cancel(token: str) -> Response:
    asked = _find(token)[1]
    shelf().end(actor().person_id, token)
    flash(_("已取消预览。"))
    return redirect(asked.back, 303)


@bp.after_app_request
def _leave(response: Response) -> Response:
    """Whoever signs out leaves nothing behind."""
    if request.endpoint == "accounts.sign_out" and response.status_code == HTTPStatus.SEE_OTHER:
        with contextlib.suppress(OSError):  # who has signed out has, whatever the disk says
            shelf().end_all(actor().person_id)
            shelf().clean(now())
    return response
