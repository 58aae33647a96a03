"""A year, or any days: figures, charts, text, papers; closing and addenda."""

import datetime as dt
import io
import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.db import db
from logbook.documents import charts, pdf, sheet, word
from logbook.documents.charts import Series
from logbook.documents.sheet import Sheet
from logbook.errors import RuleBroken
from logbook.formats import now, shown_date, today
from logbook.problems.models import Category, Side
from logbook.settings.views import current
from logbook.visits import queries as visits
from logbook.visits.models import Addendum, Content, Kind
from logbook.visits.queries import Filters
from logbook.years import actions, frames, papers, queries, wording
from logbook.years import summary as frozen
from logbook.years.forms import AddendumForm, CloseForm, TextForm
from logbook.years.frames import Span
from logbook.years.models import SummaryText, YearClosing
from logbook.years.summary import YearSummary

bp = Blueprint("years", __name__)
Answer = str | Response | tuple[str, int]
YEAR = "<int(min=2000, max=2999):year>"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST = 366 * 5  # days of a span of one's own


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page or paper of some days is made of."""

    summary: YearSummary
    before: YearSummary | None
    text: str
    edited: SummaryText | None
    changed: list[tuple[str, float, float]]  # figures that changed since the office edited: (what, then, now)
    closing: YearClosing | None
    addenda: list[Addendum]


def _span() -> Span:
    """The days in the address; nonsense is this year."""
    try:
        first, last = (dt.date.fromisoformat(request.args[name]) for name in ("from", "to"))
    except (KeyError, ValueError):
        return actions.whole_year(today().year, today())
    good = first.year >= 2000 and first <= last and (last - first).days <= WIDEST  # noqa: PLR2004 - as for visits
    return Span(first, last, today()) if good else actions.whole_year(today().year, today())


def _seen(span: Span) -> Seen:
    figures, closing = _figures(span)
    before = _figures(_year_before(span))[0]
    edited = queries.office_text(span.first, span.last)
    text = edited.text if edited else wording.written(figures, before if before.records else None, current())
    addenda = list(visits.addenda(span.first.year)) if closing else []
    return Seen(figures, before if before.records else None, text, edited, _changed(edited, figures), closing, addenda)


def _figures(span: Span) -> tuple[YearSummary, YearClosing | None]:
    """The frozen figures of a closed year, or those of now."""
    whole = span == actions.whole_year(span.first.year, span.today)
    closing = queries.closing(span.first.year) if whole else None
    return (frozen.load(closing.summary), closing) if closing else (frames.summarise(span), None)


def _year_before(span: Span) -> Span:
    """The same days a year earlier, as far as this span has come."""
    return Span(_earlier(span.first), _earlier(min(span.last, span.today)), span.today)


def _earlier(day: dt.date) -> dt.date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)  # noqa: PLR2004


def _changed(edited: SummaryText | None, figures: YearSummary) -> list[tuple[str, float, float]]:
    if edited is None:
        return []
    then, here = json.loads(edited.figures), wording.key_figures(figures)
    return [
        (name, then.get(name, 0), here.get(name, 0))
        for name in {**then, **here}
        if then.get(name, 0) != here.get(name, 0)
    ]


# --- the page -------------------------------------------------------------------------------------


@bp.route("/years")
@may(Act.READ_YEAR)
def index() -> str:
    span = _span()
    seen = _seen(span)
    years = sorted({*visits.years(), today().year}, reverse=True)
    return render_template(
        "years/index.html", seen=seen, summary=seen.summary, span=span, years=years,
        name=_span_name(seen.summary), month_chart=_month_chart(seen),
        problem_chart=_problem_chart(seen.summary), kinds=Kind, contents=Content, categories=Category, sides=Side,
        days={"from": span.first.isoformat(), "to": span.last.isoformat()}, lines=_lines(seen.text),
        whole=span == actions.whole_year(span.first.year, span.today),
    )  # fmt: skip


def _span_name(figures: YearSummary) -> str:
    """As wording.span_name writes it on papers, in the page's language."""
    if figures.whole_year:
        return str(_("%(year)s年度", year=figures.first.year))
    if figures.half_year:
        return str(_("%(year)s年上半年", year=figures.first.year))
    return f"{shown_date(figures.first)}{_('至')}{shown_date(figures.last)}"


def _lines(text: str) -> list[tuple[int, str]]:
    """(heading level or 0, line)."""
    return [(0 if line.endswith("。") else wording.heading_level(line), line) for line in text.splitlines() if line]


def _month_chart(seen: Seen) -> Markup:
    labels = [_("%(n)s月", n=one.month.month) for one in seen.summary.months]
    year = seen.summary.first.year
    series = [Series(_("%(year)s年", year=year), tuple(one.trips for one in seen.summary.months))]
    if seen.before:
        trips = {one.month.month: one.trips for one in seen.before.months}
        earlier = tuple(trips.get(one.month.month, 0) for one in seen.summary.months)
        series.insert(0, Series(_("%(year)s年", year=year - 1), earlier))
    return charts.bars(_("各月到支部次数"), labels, series)


def _problem_chart(figures: YearSummary) -> Markup:
    labels = [Category(one.value).label for one in figures.problems.by_category]
    return charts.rows(_("问题，按类别"), labels, [one.n for one in figures.problems.by_category])


# --- the office's text ----------------------------------------------------------------------------


@bp.route("/years/text", methods=["GET", "POST"])
@may(Act.MAKE_YEAR)
def edit_text() -> Answer:
    seen, status = _seen(_span()), 200
    form = TextForm(data={"text": seen.text})
    if form.validate_on_submit():
        try:
            actions.edit_text(seen.summary, form.text.data or "", by=actor(), at=now())
            db.session.commit()
            flash(_("文字已保存。"))
            return redirect(url_for("years.index", **_days(seen.summary)), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
            status = 422
    generated = wording.written(seen.summary, seen.before, current())
    return render_template(
        "years/text.html", form=form, seen=seen, generated=generated, days=_days(seen.summary)
    ), status


def _days(figures: YearSummary) -> dict[str, Any]:
    return {"from": figures.first.isoformat(), "to": figures.last.isoformat()}


# --- papers ---------------------------------------------------------------------------------------


@bp.route("/years/paper.docx")
@may(Act.MAKE_YEAR)
def docx() -> Response:
    seen = _seen(_span())
    return _file(word.make(_paper(seen)), wording.title(seen.summary, current()), "docx", DOCX)


@bp.route("/years/paper.pdf")
@may(Act.MAKE_YEAR)
def pdf_paper() -> Response:
    seen = _seen(_span())
    content = pdf.make(_paper(seen), current_app.config["INSTANCE"] / "fonts")
    return _file(content, wording.title(seen.summary, current()), "pdf", "application/pdf")


@bp.route("/years/paper.xlsx")
@may(Act.MAKE_YEAR)
def xlsx() -> Response:
    seen = _seen(_span())
    sheets: list[Sheet] = papers.sheets(seen.summary, current())
    return _file(sheet.make(sheets), wording.title(seen.summary, current()), "xlsx", XLSX)


def _paper(seen: Seen) -> Any:
    counts = request.args.get("counts") == "1"
    return papers.paper(seen.summary, seen.text, seen.addenda, current(), today(), counts=counts)


def _file(content: bytes, name: str, ending: str, media_type: str) -> Response:
    name = f"{name}.{ending}".replace("\n", "")
    return send_file(io.BytesIO(content), mimetype=media_type, as_attachment=True, download_name=name)


# --- closing --------------------------------------------------------------------------------------


@bp.route(f"/years/{YEAR}/close", methods=["GET", "POST"])
@may(Act.CLOSE_YEAR)
def close(year: int) -> Answer:
    form, status = CloseForm(), 200
    if form.validate_on_submit():
        try:
            if not form.sure.data:
                raise RuleBroken("sure", _("请先勾选。"))
            actions.close_year(year, early=bool(form.early.data), by=actor(), at=now())
            db.session.commit()
            flash(_("%(year)s年已归档。", year=year))
            return redirect(url_for("years.index", **_whole(year)), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
            status = 422
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    open_states = [
        (state, visits.totals(actor(), Filters(first, last, state=state))[0]) for state in ("unconfirmed", "new")
    ]
    page = render_template(
        "years/close.html", form=form, year=year, waiting=dict(open_states), days=_whole(year),
        closing=queries.closing(year), early=year == today().year,
    )  # fmt: skip
    return page, status


def _whole(year: int) -> dict[str, Any]:
    return {"from": f"{year}-01-01", "to": f"{year}-12-31"}


@bp.route(f"/years/{YEAR}/addendum", methods=["GET", "POST"])
@may(Act.CLOSE_YEAR)
def add_addendum(year: int) -> Answer:
    form, status = AddendumForm(), 200
    record = request.args.get("record", type=int)
    if form.validate_on_submit():
        try:
            actions.add_addendum(year, record, form.text.data or "", form.reason.data or "", by=actor(), at=now())
            db.session.commit()
            flash(_("补充说明已记下，附在归档材料之后，不改变数字。"))
            back = url_for("visits.show", visit_id=record) if record else url_for("years.index", **_whole(year))
            return redirect(back, 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
            status = 422
    return render_template("years/addendum.html", form=form, year=year, record=record), status
