"""A year, or any days: figures, charts, text, papers; closing and addenda."""

import datetime as dt
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts import carried
from logbook.db import db
from logbook.documents import charts
from logbook.documents.charts import Series
from logbook.documents.paper import Paper
from logbook.documents.sheet import Sheet
from logbook.errors import NotThere, RuleBroken
from logbook.formats import as_integer, now, shown_date, today
from logbook.organization import queries as organization
from logbook.printing import views as printing
from logbook.problems import queries as problems
from logbook.problems.models import Category, Side, State, UndertakingState
from logbook.settings.views import current
from logbook.visits import queries as visits
from logbook.visits.models import Content, Kind
from logbook.visits.queries import Filters
from logbook.years import actions, papers, queries, wording
from logbook.years.actions import Seen
from logbook.years.forms import AddendumForm, CloseForm, TextForm, branches_from, items_from, span_from
from logbook.years.frames import Span
from logbook.years.summary import YearSummary

bp = Blueprint("years", __name__)
Answer = str | Response | tuple[str, int]
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PAGE = 25


@bp.errorhandler(RuleBroken)
def other_days(broken: RuleBroken) -> Answer:
    """Days that cannot be summed up: the two fields again with what was typed, and what is wrong with it."""
    typed = {name: request.args.get(name, "") for name in ("from", "to")}
    return render_template("years/days.html", broken=broken, days=typed), 422


def _span() -> Span:
    return span_from(request.args, today())


def _seen(span: Span) -> Seen:
    return actions.seen(span, current())


# --- the page -------------------------------------------------------------------------------------


@bp.route("/years")
@may(Act.READ_YEAR)
def index() -> str:
    span = _span()
    seen = _seen(span)
    years = sorted({*visits.years(), today().year}, reverse=True)
    return render_template(
        "years/index.html", seen=seen, summary=seen.summary, span=span, years=years,
        name=_span_name(seen.summary), months=_months(seen.summary), month_chart=_month_chart(seen),
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
    if figures.first == figures.last:
        return shown_date(figures.first)
    return f"{shown_date(figures.first)}{_('至')}{shown_date(figures.last)}"


def _month_names(figures: YearSummary) -> list[str]:
    """3; with its year, 2025.3, where the days cross years."""
    return [f"{one.month:%Y}." * (not figures.one_year) + str(one.month.month) for one in figures.months]


def _months(figures: YearSummary) -> list[tuple[str, dict[str, str]]]:
    """(name, the days of it inside the span, for the links of its column)."""
    ends = [one.month for one in figures.months[1:]] + [figures.last + dt.timedelta(days=1)]
    firsts = [max(one.month, figures.first) for one in figures.months]
    return [
        (name, {"from": first.isoformat(), "to": (end - dt.timedelta(days=1)).isoformat()})
        for name, first, end in zip(_month_names(figures), firsts, ends, strict=True)
    ]


def _lines(text: str) -> list[tuple[int, str]]:
    """(heading level or 0, line)."""
    return [(0 if line.endswith("。") else wording.heading_level(line), line) for line in text.splitlines() if line]


def _month_chart(seen: Seen) -> Markup:
    labels = [_("%(n)s月", n=one) if one.isdigit() else one for one in _month_names(seen.summary)]
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


@bp.route("/years/items")
@may(Act.READ_YEAR)
def items() -> str:
    """The problems or undertakings a figure counts, as they stood at the end of the days."""
    figures = _seen(_span()).summary
    found = items_from(request.args, figures)
    page = max(request.args.get("page", 1, type=int), 1)
    return render_template(
        "years/items.html", items=found[PAGE * (page - 1) : PAGE * page], total=len(found), page=page,
        more=len(found) > PAGE * page, name=_span_name(figures), days=_days(figures), kept=_kept(),
        undertakings=request.args.get("what") == "undertakings", undertaking_states=UndertakingState,
        problem_states=State, sides=Side, until=figures.until,
    )  # fmt: skip


def _kept() -> dict[str, str]:
    return {name: value for name, value in request.args.items() if value and name != "page"}


@bp.route("/years/branches")
@may(Act.READ_YEAR)
def branches() -> str:
    """The liaison branches a figure counts."""
    figures = _seen(_span()).summary
    found = branches_from(request.args, figures)
    return render_template("years/branches.html", found=found, name=_span_name(figures), days=_days(figures))


# --- a directive ----------------------------------------------------------------------------------


@bp.route("/directives/<int:directive_id>")
@may(Act.READ_LEDGER)
def directive(directive_id: int) -> str:
    """近期都要下到挂点支部: who went to which of their branches since it was issued, 按职务排序."""
    found = problems.directive(directive_id)
    if found is None:
        raise NotThere
    until = found.closed_on or today()
    arranged = [one for one in organization.liaisons(until.year) if one.from_on <= until <= one.to_on]
    went = queries.first_visits(actor(), arranged, found.issued_on, until)
    if not (actor().is_office or actor().is_leader):  # who has not gone yet is for office and leader, and for oneself
        went = [(one, first) for one, first in went if first or one.member_id == actor().person_id]
    return render_template("years/directive.html", directive=found, went=went, until=until)


# --- the office's text ----------------------------------------------------------------------------


@bp.route("/years/text", methods=["GET", "POST"])
@may(Act.MAKE_YEAR)
def edit_text() -> Answer:
    seen = _seen(_span())
    if seen.closing:
        reason = _("%(year)s年已经归档，汇总文字不再改动；遗漏的请作补充说明。", year=seen.summary.first.year)
        if request.method == "POST":
            return carried.keep(reason, 409, MultiDict(request.form.items(multi=True)))
        flash(reason)
        return redirect(url_for("years.index", **_days(seen.summary)), 303)
    form = TextForm(data={"text": seen.text})
    form.let_stand(text=seen.edited.text if seen.edited else "")  # what the program writes changes by itself
    if form.validate_on_submit():
        try:
            actions.edit_text(seen.summary, form.text.data or "", by=actor(), at=now())
            db.session.commit()
            flash(_("文字已保存。"))
            return redirect(url_for("years.index", **_days(seen.summary)), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    generated = wording.written(seen.summary, seen.before, current())
    return render_template(
        "years/text.html", form=form, seen=seen, generated=generated, days=_days(seen.summary)
    ), form.status


def _days(figures: YearSummary) -> dict[str, Any]:
    return {"from": figures.first.isoformat(), "to": figures.last.isoformat()}


# --- papers ---------------------------------------------------------------------------------------


@bp.route("/years/paper.<any(docx, pdf):ending>")
@may(Act.MAKE_YEAR)
def paper(ending: str) -> Response:
    return printing.send(_paper(_seen(_span())), ending)


@bp.route("/years/paper.xlsx")
@may(Act.MAKE_YEAR)
def xlsx() -> Response:
    seen = _seen(_span())
    sheets: list[Sheet] = papers.sheets(seen.summary, seen.addenda, current(), counts=_counts())
    return printing.send_workbook(sheets, wording.title(seen.summary, current()), _paper(seen).made_from)


@bp.route("/years/slip.<any(docx, pdf):ending>")
@may(Act.MAKE_YEAR)
def slip(ending: str) -> Response:
    """呈批页."""
    return printing.send(papers.slip(_paper(_seen(_span())), current(), today()), ending)


def _paper(seen: Seen) -> Paper:
    made = papers.paper(seen.summary, seen.text, seen.addenda, current(), today(), counts=_counts())
    return papers.report(made, seen.summary, current()) if request.args.get("as") == "report" else made


def _counts() -> bool:
    """Whether how often and how many days stand beside each person: only where the office chose it."""
    return request.args.get("counts") == "1"


# --- closing --------------------------------------------------------------------------------------


@bp.route("/years/<year:year>/close", methods=["GET", "POST"])
@may(Act.CLOSE_YEAR)
def close(year: int) -> Answer:
    form = CloseForm()
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
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    open_states = [
        (state, visits.totals(actor(), Filters(first, last, state=state))[0]) for state in ("unconfirmed", "new")
    ]
    page = render_template(
        "years/close.html", form=form, year=year, waiting=dict(open_states), days=_whole(year),
        closing=queries.closing(year), early=year == today().year,
    )  # fmt: skip
    return page, form.status


def _whole(year: int) -> dict[str, Any]:
    return {"from": f"{year}-01-01", "to": f"{year}-12-31"}


@bp.route("/years/<year:year>/addendum", methods=["GET", "POST"])
@may(Act.STAND_IN)
def add_addendum(year: int) -> Answer:
    form, record = AddendumForm(), as_integer(request.args.get("record", ""))
    try:
        actions.refuse_own(year, record, by=actor())
    except RuleBroken as broken:
        form.refuse(broken)
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
    return render_template("years/addendum.html", form=form, year=year, record=record), form.status
