"""Holding a ballot, in the office: open, hand out, print codes, type in paper twice, close, and the result."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.ballots import actions, erasing, forms, papers, queries, tally
from logbook.ballots.models import Ballot, BallotClass, Sheet, VoterClass
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import as_integer, now, today
from logbook.printing import views as printing
from logbook.review import queries as review
from logbook.review.models import Meeting, Report
from logbook.settings.views import current

bp = Blueprint("ballots", __name__)
Answer = str | Response | tuple[str, int]


def _meeting(year: int) -> tuple[Meeting, Sequence[Report]]:
    """The meeting and its reports, for the office or whom the leader named.

    Rule 7: nobody under review has to do with its ballot before all of it is fed back to them.
    """
    meeting = review.the_meeting(year)
    reports = review.reports(meeting.id)
    if len(review.about_others(actor(), reports)) < len(reports):
        raise NotThere
    if not review.runs_meeting(actor(), reports):
        raise NotAllowed("run a ballot")
    return meeting, reports


def _there(year: int) -> Response:
    return redirect(url_for("ballots.show", year=year), 303)


@bp.route("/review/<year:year>/ballot", methods=["GET", "POST"])
@may(Act.RUN_BALLOT)
def show(year: int) -> Answer:
    meeting, reports = _meeting(year)
    form = forms.OpenForm()
    form.offer()
    if form.validate_on_submit():
        actions.open_ballot(meeting, Sheet(form.sheet.data), by=actor(), at=now())
        db.session.commit()
        flash(_("测评已开始。各类别分别填发出份数。"))
        return _there(year)
    ballot = queries.ballot(meeting.id)
    return render_template(
        "ballots/show.html", meeting=meeting, ballot=ballot, form=form, words=tally.WORDS,
        void=ballot is not None and actions.is_void(ballot), apart=_apart(ballot, reports),
        codes=queries.codes_left(ballot.id) if ballot else 0,
        result=tally.result(ballot, reports, current()) if ballot and ballot.erased_at else None,
    )  # fmt: skip


def _apart(ballot: Ballot | None, reports: Sequence[Report]) -> list[tuple[str, str, str, int]]:
    """Whatever was typed differently the two times: (class, secretary, what, how much more the second time).

    How often it was given stays unseen: nothing of a result shows before closing.
    """
    if ballot is None or ballot.closed_at:
        return []
    names = {one.id: f"{one.branch.name}　{one.person.name}" for one in reports}
    classes = {one.id: one.voters.label for one in ballot.classes}
    items = {one.number: one.name for one in ballot.columns}
    return [
        (classes[class_id], names.get(report, ""), f"{items[item]}{tally.word(value)}", second - first)
        for class_id, report, item, value, first, second in queries.typed_apart(ballot.id)
    ]


def _class(year: int, class_id: int) -> tuple[Meeting, Sequence[Report], Ballot, BallotClass]:
    meeting, reports = _meeting(year)
    found = queries.ballot_of(class_id)
    if found is None or found[0].meeting_id != meeting.id:
        raise NotThere
    return meeting, reports, *found


@bp.post("/review/<year:year>/ballot/<int:class_id>/handed")
@may(Act.RUN_BALLOT)
def hand_out(year: int, class_id: int) -> Response:
    _class(year, class_id)
    actions.hand_out(class_id, as_integer(request.form.get("handed_out", "")))
    db.session.commit()
    flash(_("已保存。"))
    return _there(year)


@bp.post("/review/<year:year>/ballot/<int:class_id>/codes")
@may(Act.RUN_BALLOT)
def make_codes(year: int, class_id: int) -> Answer:
    """The slips, shown this once: their codes stand nowhere else."""
    *_others, voters = _class(year, class_id)
    codes = actions.make_codes(class_id, as_integer(request.form.get("codes", "")))
    db.session.commit()
    return render_template("ballots/slips.html", codes=codes, voters=voters.voters, year=year)


@bp.route("/review/<year:year>/ballot/<int:class_id>/<any(first,second):typing>", methods=["GET", "POST"])
@may(Act.RUN_BALLOT)
def type_in(year: int, class_id: int, typing: actions.Round) -> Answer:
    """A ballot of paper, by the keyboard alone; the next one follows."""
    _found, reports, ballot, voters = _class(year, class_id)
    if ballot.closed_at:
        raise NotThere
    if request.method == "POST":
        judged = forms.typed_in(request.form, [one.id for one in reports], ballot.columns)
        actions.type_in(class_id, typing, judged)
        db.session.commit()
        if voters.voters is VoterClass.SECRETARIES and {one.report_id for one in judged} == {one.id for one in reports}:
            flash(_("刚才这一份B票没有一页填“-”：述职书记的B票应当缺本人一页。填错了的，清空这一遍重录。"))
        return redirect(url_for("ballots.type_in", year=year, class_id=class_id, typing=typing), 303)
    return render_template(
        "ballots/type_in.html", voters=voters, typing=typing, reports=reports, items=ballot.columns, year=year,
        name_of=forms.name_of, n=getattr(voters, typing),
    )  # fmt: skip


@bp.post("/review/<year:year>/ballot/<int:class_id>/<any(first,second):typing>/again")
@may(Act.RUN_BALLOT)
def type_again(year: int, class_id: int, typing: actions.Round) -> Response:
    _class(year, class_id)
    actions.type_again(class_id, typing)
    db.session.commit()
    return redirect(url_for("ballots.type_in", year=year, class_id=class_id, typing=typing), 303)


@bp.route("/review/<year:year>/ballot/<int:class_id>/sheet.<any(docx, pdf):ending>")
@may(Act.RUN_BALLOT)
def sheet(year: int, class_id: int, ending: str) -> Response:
    """The class's ballot, to be printed as often as it is handed out."""
    meeting, reports, ballot, voters = _class(year, class_id)
    made = papers.sheet(meeting, reports, ballot.columns, voters.voters, current())
    return printing.send(made, ending, f"{year}年述职评议测评表（{voters.voters.chinese}）")


@bp.route("/review/<year:year>/ballot/statistics.<any(docx, pdf):ending>")
@may(Act.RUN_BALLOT)
def statistics(year: int, ending: str) -> Response:
    meeting, reports = _meeting(year)
    ballot = queries.ballot(meeting.id)
    if ballot is None or not ballot.erased_at:
        raise RuleBroken("", _("测评结束以后才有统计表。"))
    result = tally.result(ballot, reports, current())
    return printing.send(papers.statistics(meeting, result, current(), today(), over=actions.over(ballot)), ending)


@bp.route("/review/<year:year>/ballot/close", methods=["GET", "POST"])
@may(Act.RUN_BALLOT)
def close(year: int) -> Answer:
    """After a page that says what it means; closing once more only erases what is still to erase."""
    meeting, _reports = _meeting(year)
    ballot = queries.ballot(meeting.id)
    if ballot is None or ballot.erased_at:
        return _there(year)
    if request.method == "GET":
        void, differs = actions.is_void(ballot), actions.differs(ballot)
        return render_template("ballots/close.html", meeting=meeting, ballot=ballot, void=void, differs=differs)
    if not ballot.closed_at:
        actions.close(meeting.id, at=now())
        db.session.commit()
    _erase(meeting.id)
    return _there(year)


def _erase(meeting_id: int) -> None:
    if not erasing.erase():
        flash(_("测评已结束，但有人正在使用，投票过程的痕迹还没有清除干净，结果暂不显示。请过一会儿再点一次。"))
        return
    actions.note_erased(meeting_id, at=now())
    db.session.commit()
    flash(_("测评已结束，投票过程的痕迹已清除。"))
