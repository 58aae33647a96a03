"""The ledger's pages: problems, undertakings, directives."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, Actor, actor, may
from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import now, today
from logbook.organization import bound
from logbook.organization import queries as organization
from logbook.printing import views as printing
from logbook.printing.lengths import Part, refuse_long
from logbook.problems import actions, papers, queries
from logbook.problems.forms import (
    STATES,
    CloseForm,
    DirectiveForm,
    ProgressForm,
    ReopenForm,
    TermsForm,
    UndertakingForm,
    filters_from,
    typed,
)
from logbook.problems.models import (
    Category,
    Handling,
    Problem,
    Side,
    SourceKind,
    State,
    Undertaking,
    UndertakingState,
)
from logbook.problems.queries import Filters
from logbook.settings.forms import Form
from logbook.settings.views import current

bp = Blueprint("problems", __name__)
Answer = str | Response | tuple[str, int]


@bp.route("/problems")
@may(Act.READ_LEDGER)
def index() -> str:
    filters = filters_from(request.args)
    page = queries.ledger(filters, today(), **_where())
    kept = _kept()
    return render_template(
        "problems/index.html", page=page, filters=filters, kept=kept, states=STATES, sides=list(Side),
        categories=list(Category), branches=organization.branches(), members=queries.members(),
        lists={kind: _(one[0]) for kind, one in papers.LISTS.items()},
    )  # fmt: skip


def _where() -> dict[str, str]:
    return {name: request.args.get(name, "") for name in ("after", "before")}


def _kept() -> dict[str, str]:
    """What the address asks for but the page."""
    return {name: value for name, value in request.args.items() if value and name not in {"after", "before"}}


@bp.route("/problems.xlsx")
@may(Act.READ_LEDGER)
def xlsx() -> Response:
    filters = filters_from(request.args)
    _refuse_long(filters, workbook=True)
    sheet = papers.sheet(queries.export(filters, today()), current().words, today())
    return printing.export([sheet], "问题台账.xlsx")


@bp.route("/problems/list-<any(found, responsible, mended, group):kind>.<any(docx, pdf):ending>")
@may(Act.READ_LEDGER)
def listed(kind: str, ending: str) -> Response:
    """The filtered ledger as a list for the table; of the matters for the group, those it is asked to decide."""
    filters = filters_from(request.args)
    parts = _refuse_long(filters)
    found = [one for one in queries.every(filters, today()) if not one.dropped]
    if kind == "group":
        found = [one for one in found if one.handling is Handling.GROUP]
    made = papers.listed(kind, found, current(), today())
    return printing.send(made, ending, parts=parts)


def _refuse_long(filters: Filters, *, workbook: bool = False) -> list[Part]:
    """The list by branch, or by category where it is of one branch; raise TooLong where it is too long in one piece."""
    names: list[tuple[str, str, str]]
    if filters.branch_id is None:
        names = [("branch", str(one.id), one.name) for one in organization.branches()]
    else:
        names = [("category", one.value, one.label) for one in Category if filters.category is None]
    here = (request.view_args or {}) | request.args.to_dict()
    parts = [(name, url_for(request.endpoint or "", **here | {key: value})) for key, value, name in names]
    refuse_long(queries.count(filters, today()), parts, workbook=workbook)
    return parts


@bp.route("/problems/<int:problem_id>")
@may(Act.READ_LEDGER)
def show(problem_id: int) -> str:
    return _page(_problem(problem_id))


def _problem(problem_id: int) -> Problem:
    problem = queries.problem(problem_id)
    if problem is None:
        raise NotThere
    return problem


def _form(name: str, problem: Problem, **options: Any) -> Form:
    """One of the page's forms; formdata=None keeps what was sent with another out of it."""
    if name == "terms":
        terms = TermsForm(data=typed(problem), **options)
        terms.offer(accounts.people())
        return terms
    if name == "reopen":
        return ReopenForm(**options)
    form = CloseForm(**options) if name == "close" else ProgressForm(data={"state": State.UNDERWAY.value}, **options)
    form.offer()
    return form


def _page(problem: Problem, **shown: Any) -> str:
    by = actor()
    group, concerned = problem.handling is Handling.GROUP, actions.concerned(problem)
    called, judged = bound.stands_in(concerned, by=by), actions.judged(problem, by=by)
    mine = by.is_office or called or problem.raised_by_id == by.person_id
    closes = (called or (by.may(Act.CLOSE_MATTER) if group else mine)) and not judged
    keeps = bound.may_change(concerned, by=by, act=Act.KEEP_LEDGER)
    names = ["close", "progress", "reopen"] + (["terms"] if keeps else [])
    forms: dict[str, Any] = {name: _form(name, problem, formdata=None) for name in names} | shown
    if judged:
        forms["progress"].offer({problem.state, State.UNDERWAY})
    return render_template(
        "problems/show.html", problem=problem, forms=forms, moves=mine or (group and by.is_leader), closes=closes,
        keeps=keeps, judged=judged and mine, State=State,
        source=_source(problem, by), late=papers.days_late(problem, today()), words=State,
    )  # fmt: skip


# The pages above this feature that an item may come from, for those who may open them.
SOURCES = {
    SourceKind.VISIT: ("visits.show", "visit_id", Act.READ_RECORDS),
    SourceKind.MEETING: ("rectification.source", "meeting_id", Act.RUN_MEETING),
}


def _source(item: Problem | Undertaking, by: Actor) -> str:
    """The address of where it comes from; empty where this reader has no page of it."""
    endpoint, name, act = SOURCES.get(item.source_kind, ("", "", Act.READ_LEDGER))
    known = endpoint in current_app.view_functions and by.may(act)
    address: dict[str, Any] = {name: item.source_id}
    return url_for(endpoint, **address) if known else ""


def _carry_out(problem_id: int, name: str, act: Callable[[Any], object], said: str) -> Answer:
    """One of the page's forms: carried out, or the page again with what was typed and what is wrong with it."""
    form = _form(name, _problem(problem_id))
    if form.validate_on_submit():
        try:
            act(form)
            db.session.commit()
            flash(said)
            return redirect(url_for("problems.show", problem_id=problem_id), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return _page(_problem(problem_id), **{name: form}), form.status


# GET as well: what was typed when the session had ended is shown again on the same address.
@bp.route("/problems/<int:problem_id>/progress", methods=["GET", "POST"])
@may(Act.FOLLOW_PROBLEM)
def note_progress(problem_id: int) -> Answer:
    return _carry_out(
        problem_id,
        "progress",
        lambda f: actions.note_progress(problem_id, f.text.data or "", State(f.state.data), by=actor(), at=now()),
        _("进展已记下。"),
    )


@bp.route("/problems/<int:problem_id>/close", methods=["GET", "POST"])
@may(Act.FOLLOW_PROBLEM)
def close(problem_id: int) -> Answer:
    return _carry_out(
        problem_id,
        "close",
        lambda f: actions.close_problem(problem_id, f.closing(), by=actor(), at=now()),
        _("已办结。"),
    )


@bp.route("/problems/<int:problem_id>/reopen", methods=["GET", "POST"])
@may(Act.FOLLOW_PROBLEM)
def reopen(problem_id: int) -> Answer:
    return _carry_out(
        problem_id,
        "reopen",
        lambda f: actions.reopen(problem_id, f.reason.data or "", by=actor(), at=now()),
        _("已重新打开。"),
    )


@bp.route("/problems/<int:problem_id>/change", methods=["GET", "POST"])
@may(Act.STAND_IN)
def change(problem_id: int) -> Answer:
    by, concerned = actor(), actions.concerned(_problem(problem_id))
    if not (by.may(Act.KEEP_LEDGER) or bound.stands_in(concerned, by=by)):
        raise NotAllowed(Act.KEEP_LEDGER.value)
    return _carry_out(
        problem_id,
        "terms",
        lambda f: actions.change_problem(problem_id, f.terms(), by=actor(), at=now()),
        _("已保存。"),
    )


# --- undertakings ---------------------------------------------------------------------------------


@bp.route("/undertakings")
@may(Act.READ_LEDGER)
def undertakings() -> str:
    everything = request.args.get("all") == "1"
    page = queries.undertakings(everything=everything, **_where())
    return render_template("problems/undertakings.html", page=page, everything=everything, kept=_kept())


@bp.route("/undertakings/<int:undertaking_id>", methods=["GET", "POST"])
@may(Act.FOLLOW_PROBLEM)
def undertaking(undertaking_id: int) -> Answer:
    found = queries.undertaking(undertaking_id)
    if found is None:
        raise NotThere
    form = UndertakingForm(data={"state": found.state.value})
    form.offer()
    if form.validate_on_submit():
        try:
            state = UndertakingState(form.state.data)
            actions.move_undertaking(undertaking_id, form.text.data or "", state, by=actor(), at=now())
            db.session.commit()
            flash(_("已记下。"))
            return redirect(url_for("problems.undertaking", undertaking_id=undertaking_id), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    moves = actor().is_office or found.member_id == actor().person_id
    page = render_template(
        "problems/undertaking.html", one=found, form=form, moves=moves, words=UndertakingState,
        source=_source(found, actor()),
    )  # fmt: skip
    return page, form.status


# --- directives -----------------------------------------------------------------------------------


@bp.route("/directives", methods=["GET", "POST"])
@may(Act.READ_LEDGER)
def directives() -> Answer:
    form = DirectiveForm(issued_on=today())
    if request.method == "POST" and not actor().may(Act.KEEP_LEDGER):
        raise NotAllowed(Act.KEEP_LEDGER.value)
    if form.validate_on_submit():
        try:
            new = actions.NewDirective(
                form.text.data or "", form.issued_on.data, form.due_on.data, asks_visits=bool(form.asks_visits.data)
            )
            actions.add_directive(new, by=actor(), at=now())
            db.session.commit()
            flash(_("已记下，成员首页的待办事项里会列出。"))
            return redirect(url_for("problems.directives"), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    found = queries.directives(open_only=False)
    return render_template("problems/directives.html", found=found, form=form), 422 if form.errors else 200


@bp.post("/directives/<int:directive_id>/close")
@may(Act.KEEP_LEDGER)
def close_directive(directive_id: int) -> Response:
    actions.close_directive(directive_id, at=now())
    db.session.commit()
    flash(_("已办结。"))
    return redirect(url_for("problems.directives"), 303)


@bp.post("/directives/<int:directive_id>/reopen")
@may(Act.KEEP_LEDGER)
def reopen_directive(directive_id: int) -> Response:
    actions.reopen_directive(directive_id)
    db.session.commit()
    flash(_("已重新打开。"))
    return redirect(url_for("problems.directives"), 303)
