"""Drafting, editing, looking through and settling what is said of a secretary; its papers."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.comments import actions, changed, forms, papers, queries
from logbook.comments.actions import NewClause
from logbook.comments.models import Comment, Part
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import as_integer, now, today
from logbook.printing import views as printing
from logbook.review import queries as review
from logbook.settings.views import current

bp = Blueprint("comments", __name__)
Answer = str | Response | tuple[str, int]


@bp.route("/review/<year:year>/comments")
@may(Act.COMMENT)
def index(year: int) -> str:
    """Who comments on whom, and how far it is; a member's own alone."""
    meeting = review.the_meeting(year)
    found = queries.of_meeting(actor(), meeting.id)
    reports = [one for one in review.reports(meeting.id) if review.runs_case(actor(), one)]
    drafted = queries.drafted(meeting.id)
    return render_template(
        "comments/index.html", meeting=meeting, comments=found,
        stale=queries.stale(*found),
        undrafted=[one for one in reports if (one.id, one.commentator_id) not in drafted],
    )  # fmt: skip


@bp.post("/review/<year:year>/comments/draft")
@may(Act.COMMENT)
def draft_all(year: int) -> Response:
    """All that are still to be drafted, from the year's facts."""
    n = actions.draft_all(review.the_meeting(year), by=actor(), at=now())
    db.session.commit()
    flash(_("已起草%(n)s份点评稿。", n=n))
    return redirect(url_for("comments.index", year=year), 303)


@bp.post("/review/reports/<int:report_id>/comment")
@may(Act.COMMENT)
def draft(report_id: int) -> Response:
    """Draft it from the year's facts, or open the one there is."""
    comment = actions.draft(report_id, by=actor(), at=now())
    db.session.commit()
    return redirect(url_for("comments.show", comment_id=comment.id), 303)


@bp.route("/review/comments/<int:comment_id>", methods=["GET", "POST"])
@may(Act.COMMENT)
def show(comment_id: int) -> Answer:
    comment = _comment(comment_id)
    form = forms.CommentForm()
    if request.method == "GET":
        again = g.get("shown_again")  # what was typed, after a sign-in or a fault in between
        return _page(comment, form, None if again is None else forms.typed(again))
    clauses = forms.typed(request.form)
    try:
        if not form.accepts(clauses, (one.text for one in comment.clauses)):
            return _page(comment, form, clauses), 422
        said = _carry_out(comment_id, clauses)
        db.session.commit()
    except RuleBroken as broken:
        db.session.close()
        form.refuse(broken)
        comment = _comment(comment_id)
        if broken.field != "version":
            return _page(comment, form, clauses), 422
        return _page(comment, form, _matched(clauses, comment), overtaken=True), 409
    flash(said)
    return redirect(url_for("comments.show", comment_id=comment_id), 303)


def _carry_out(comment_id: int, clauses: list[NewClause]) -> str:
    """Save what was typed, and what was pressed beside it; return what is to be said of it."""
    version, by = as_integer(request.form.get("version", "")) or 0, actor()
    comment = actions.rewrite(comment_id, clauses, version=version, by=by)
    pressed, clause_id = forms.answer(request.form)
    if pressed and clause_id not in {one.clause_id for one in clauses if one.text}:  # its text was taken away at once
        return str(_("已保存。"))
    if pressed == "renew":
        actions.renew_clause(comment_id, clause_id, by=by, at=now())
        return str(_("已改用现在的写法。"))
    if pressed == "drop":
        actions.drop_clause(comment_id, clause_id, by=by)
        return str(_("已删去这一条。"))
    if pressed == "keep":
        actions.keep_clause(comment_id, clause_id, by=by)
        return str(_("已核实，保留原句。"))
    if "settle" in request.form:
        actions.settle(comment_id, version=comment.version, by=by, at=now())
        return str(_("点评已审定。"))
    return str(_("已保存。"))


def _comment(comment_id: int) -> Comment:
    found = queries.comment(actor(), comment_id)
    if found is None:
        raise NotThere
    return found


def _matched(typed: list[NewClause], comment: Comment) -> list[NewClause]:
    """What was typed on a page that is no longer true: only what reads as it is stored keeps its source."""
    stored = {(one.part, one.text): one.id for one in comment.clauses}
    return [NewClause(one.part, one.text, stored.get((one.part, one.text))) for one in typed]


def _page(
    comment: Comment, form: forms.CommentForm, typed: list[NewClause] | None = None, *, overtaken: bool = False
) -> str:
    report, meeting = review.the_report(actor(), comment.report_id)
    stored = [NewClause(one.part, one.text, one.id) for one in comment.clauses]
    rows = {part: [one for one in (typed or stored) if one.part is part] for part in Part}
    changeable = not comment.settled_at and queries.drafts(actor(), comment)
    facts = queries.facts(actor(), report, meeting, comment.commentator_id, today()) if changeable else ()
    news = queries.uncited(comment, facts) if changeable else ()
    return render_template(
        "comments/show.html", comment=comment, report=report, meeting=meeting, form=form, rows=rows, Part=Part,
        clauses={one.id: one for one in comment.clauses}, stale=changed.changes(actor(), comment, facts),
        typed=typed is not None, settlings=queries.settlings(comment.id), takes_back=_takes_back(comment),
        mine=comment.commentator_id == actor().person_id, changeable=changeable,
        overtaken=overtaken, news=len(news),
    )  # fmt: skip


def _takes_back(comment: Comment) -> bool:
    """Whether this reader may take back that it was settled, today."""
    report, meeting = review.the_report(actor(), comment.report_id)
    able = comment.settled_at is not None and queries.drafts(actor(), comment)
    return able and actions.refusal(report, meeting, today()) is None


@bp.post("/review/comments/<int:comment_id>/take-back")
@may(Act.COMMENT)
def take_back(comment_id: int) -> Response:
    """撤回审定."""
    actions.take_back(comment_id, by=actor(), at=now())
    db.session.commit()
    flash(_("已撤回审定，可以修改；改好后请再审定。"))
    return redirect(url_for("comments.show", comment_id=comment_id), 303)


# A page opened before the answers stood in the comment's own form sends this.
@bp.post("/review/comments/<int:comment_id>/clauses/<int:clause_id>/looked")
@may(Act.COMMENT)
def look_at(comment_id: int, clause_id: int) -> Response:
    actions.keep_clause(comment_id, clause_id, by=actor())
    db.session.commit()
    flash(_("已核实，保留原句。"))
    return redirect(url_for("comments.show", comment_id=comment_id), 303)


@bp.post("/review/comments/<int:comment_id>/facts")
@may(Act.COMMENT)
def add_facts(comment_id: int) -> Response:
    """What became known since it was drafted, or was sorted since."""
    actions.add_facts(comment_id, by=actor(), at=now())
    db.session.commit()
    flash(_("已补充，请改成自己的话。"))
    return redirect(url_for("comments.show", comment_id=comment_id), 303)


@bp.route("/review/comments/<int:comment_id>/paper.<any(docx, pdf):ending>")
@may(Act.COMMENT)
def paper(comment_id: int, ending: str) -> Response:
    """点评稿; with ?sources=1 the 备查稿."""
    comment = _comment(comment_id)
    report, meeting = review.the_report(actor(), comment.report_id)
    sources = request.args.get("sources") == "1"
    made = papers.paper(comment, report, meeting, current(), sources=sources)
    name = f"{report.branch.name}{'点评备查稿' if sources else '点评稿'}"
    return printing.send(made, ending, name, report.person_id)
