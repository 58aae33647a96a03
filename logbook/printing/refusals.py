"""What is said in the place of a paper that is not made: a sentence, the parts that can be had, the way back."""

import datetime as dt
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from flask import make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook import logs
from logbook.documents.child import PaperFailed, PaperLate
from logbook.formats import as_date, shown_date
from logbook.printing import lengths
from logbook.printing.lengths import Part, TooLong
from logbook.printing.press import Busy

RETRY = 20  # seconds


def answer(error: TooLong | Busy | PaperFailed, back: str) -> Response:
    """Say it on a page of its own; of a failure the log has its kind and where, and no word of the paper."""
    if isinstance(error, PaperFailed):
        logs.log.error("%s in %s", type(error).__name__, request.endpoint)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if isinstance(error, TooLong) else HTTPStatus.SERVICE_UNAVAILABLE
    page = render_template("printing/refused.html", message=_message(error), parts=_parts(error), back=back)
    made = make_response(page, status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        made.headers["Retry-After"] = str(RETRY)
    return made


def _message(error: TooLong | Busy | PaperFailed) -> str:
    if isinstance(error, Busy):
        return str(_("正在生成材料的人较多，请过一会儿再试。"))
    if isinstance(error, TooLong):
        return str(_("这份清单有%(n)s行，太长，请按支部或季度分开生成。", n=f"{error.rows:,}"))
    if isinstance(error, PaperLate):
        return str(_("这份材料太长，一分钟没有生成完，请按支部或季度分开生成。"))
    return str(_("材料没有生成。请再试一次；仍不行的，请联系系统管理员。"))


def _parts(error: TooLong | Busy | PaperFailed) -> Sequence[Part]:
    if isinstance(error, TooLong):
        return error.parts or _days_in_address()
    return _days_in_address() if isinstance(error, PaperLate) else ()


def _days_in_address() -> list[Part]:
    first, last = (as_date(request.args.get(name, "")) for name in ("from", "to"))
    return days_apart(first, last) if first and last else []


def days_apart(first: dt.date, last: dt.date) -> list[Part]:
    """What the address asks for, of each quarter or month of these days."""
    around: dict[str, Any] = request.args.to_dict() | (request.view_args or {})
    return [
        (f"{shown_date(one)}{_('至')}{shown_date(end)}",
         url_for(request.endpoint or "", **around | {"from": one.isoformat(), "to": end.isoformat()}))
        for one, end in lengths.spans(first, last)
    ]  # fmt: skip
