"""Holding a ballot, by whoever counts: open, numbers, codes, paper, what needs the witness, closing, the result."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts import carried
from logbook.ballots import (
    actions,
    box,
    closing,
    erasing,
    forms,
    opening,
    paper_page,
    papers,
    queries,
    sheets,
    steps,
    tally,
    witness_page,
)
from logbook.ballots.models import Ballot, BallotClass
from logbook.ballots.paper_page import Place
from logbook.ballots.steps import Asked
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import as_count, now, today
from logbook.printing import views as printing
from logbook.review import queries as review
from logbook.review.models import Meeting, Report
from logbook.review.steps import Standing, Step, out_of_order, told
from logbook.settings.views import current

bp = Blueprint("ballots", __name__)
Answer = str | Response | tuple[str, int]


def _others_meeting(year: int) -> tuple[Meeting, Sequence[Report]]:
    """Rule 7: nobody under review has to do with its ballot before all of it is fed back to them."""
    meeting = review.the_meeting(year)
    reports = review.reports(meeting.id)
    if len(review.about_others(actor(), reports)) < len(reports):
        raise NotThere
    return meeting, reports


def _meeting(year: int, *, reads: bool = False) -> tuple[Meeting, Sequence[Report]]:
    """The meeting and its reports, for whoever may hold (or read) its ballot, and not for the ballot's own witness."""
    meeting, reports = _others_meeting(year)
    allowed = review.reads_ballot if reads else review.runs_meeting
    if _watches(year) or not allowed(actor(), reports):
        raise NotAllowed("run a ballot")
    return meeting, reports


def _watches(year: int) -> bool:
    """Whether who is signed in is the witness of the open ballot."""
    meeting, _reports = _others_meeting(year)
    ballot = queries.ballot(meeting.id)
    return ballot is not None and not ballot.closed_at and steps.may_witness(ballot, actor())


def _go_back(year: int) -> Response:
    return redirect(url_for("ballots.show", year=year), 303)


@bp.route("/review/<year:year>/ballot", methods=["GET", "POST"])
@may(Act.RUN_BALLOT)
def show(year: int) -> Answer:
    if _watches(year):
        return redirect(url_for("ballots.watch", year=year), 303)
    meeting, reports = _meeting(year, reads=request.method == "GET")
    form = _open_form(reports)
    if form.validate_on_submit():
        form.told = out_of_order(Step.BALLOT, Standing(meeting, reports, frozenset(), today()))
        try:
            form.check_order()
            opening.open_ballot(meeting, form.new_ballot(), by=actor(), at=now())
            db.session.commit()
            flash(_("测评已开始。请填写各类别的数目，由监票人核对。"))
            return _go_back(year)
        except RuleBroken as broken:
            db.session.rollback()
            if not broken.field:
                raise
            form.refuse(broken)
    return _page(meeting, reports, form), form.status


def _open_form(reports: Sequence[Report], **options: Any) -> forms.OpenForm:
    form = forms.OpenForm(data={"clerk_id": str(actor().person_id)}, **options)
    form.offer(opening.clerks(reports), opening.witnesses(reports))
    return form


def _page(meeting: Meeting, reports: Sequence[Report], form: forms.OpenForm) -> str:
    held = queries.ballots(meeting.id)
    ballot = held[0] if held else None
    is_open = ballot is not None and not ballot.closed_at
    found = box.read(ballot.id) if ballot and is_open and ballot.has_box else None
    return render_template(
        "ballots/show.html", meeting=meeting, ballot=ballot, former=held[1:], form=form, words=tally.WORDS, found=found,
        void=ballot is not None and actions.is_void(ballot), apart=_apart(ballot, found, reports) if ballot else [],
        step=steps.waiting(ballot) if ballot and is_open else None, next_bundle=sheets.next_bundle,
        result=tally.result(ballot, reports, current()) if ballot and ballot.erased_at else None,
        told=told(Step.BALLOT, Standing(meeting, reports, frozenset(), today())),
        codes_to_make=actions.codes_to_make, is_file=db.engine.dialect.name == "sqlite",
    )  # fmt: skip


def _apart(
    ballot: Ballot, found: box.Box | None, reports: Sequence[Report]
) -> list[tuple[BallotClass, int, list[str]]]:
    """The bundles typed differently the two times: (class, number, [secretary and item])."""
    names = {one.id: f"{one.branch.name}　{one.person.name}" for one in reports}
    items = {one.number: one.name for one in ballot.columns}
    shown = []
    for one in ballot.classes if found else ():
        for number, cells in sheets.differences((found or {})[one.id]):
            shown.append((one, number, [f"{names.get(int(r), '')}　{items[int(i)]}".strip() for r, i in cells]))
    return shown


def _ballot(year: int) -> tuple[Meeting, Sequence[Report], Ballot]:
    meeting, reports = _meeting(year)
    ballot = queries.ballot(meeting.id)
    if ballot is None:
        raise NotThere
    return meeting, reports, ballot


def _class(year: int, class_id: int) -> tuple[Meeting, Sequence[Report], Ballot, BallotClass]:
    meeting, reports = _meeting(year)
    found = queries.ballot_of(class_id)
    if found is None or found[0].meeting_id != meeting.id:
        raise NotThere
    return meeting, reports, *found


@bp.post("/review/<year:year>/ballot/numbers")
@may(Act.RUN_BALLOT)
@carried.shows_typed
def set_numbers(year: int) -> Answer:
    meeting, reports, ballot = _ballot(year)
    if carried.is_shown_again():
        return _page(meeting, reports, _open_form(reports, formdata=None))
    opening.set_numbers(ballot, forms.numbers(request.form, ballot.classes))
    db.session.commit()
    flash(_("已保存，请监票人核对。"))
    return _go_back(year)


@bp.post("/review/<year:year>/ballot/witness-code")
@may(Act.RUN_BALLOT)
def make_witness_code(year: int) -> Answer:
    """The slip of the witness, shown this once."""
    *_others, ballot = _ballot(year)
    code = opening.make_witness_code(ballot, forms.digest_of, at=now())
    db.session.commit()
    return render_template("ballots/witness_slip.html", code=code, ballot=ballot, year=year)


@bp.route("/review/<year:year>/ballot/witness-new", methods=["GET", "POST"])
@may(Act.RUN_BALLOT)
def replace_witness(year: int) -> Answer:
    _found, reports, ballot = _ballot(year)
    if ballot.closed_at or not ballot.has_box:
        raise NotThere
    form = _open_form(reports)
    if request.method == "POST":
        chosen, name = form.witness()
        asked = Asked(actor(), now(), request.form.get("reason", ""))
        steps.replace_witness(ballot, chosen, name, asked)
        db.session.commit()
        flash(_("已更换监票人，印入统计表。"))
        return _go_back(year)
    return render_template("ballots/witness_new.html", form=form, ballot=ballot, year=year)


@bp.post("/review/<year:year>/ballot/<int:class_id>/codes")
@may(Act.RUN_BALLOT)
def make_codes(year: int, class_id: int) -> Answer:
    """The slips, shown this once: their codes stand nowhere else."""
    *_others, voters = _class(year, class_id)
    codes = actions.make_codes(class_id, forms.digest_of)
    db.session.commit()
    return render_template("ballots/slips.html", codes=codes, voters=voters.voters, year=year)


@bp.route("/review/<year:year>/ballot/<int:class_id>/mend", methods=["GET", "POST"])
@may(Act.RUN_BALLOT)
def mend(year: int, class_id: int) -> Answer:
    """What calls for both: other numbers handed out, or a code voided and made anew."""
    *_others, ballot, voters = _class(year, class_id)
    if ballot.closed_at or not ballot.has_box:
        raise NotThere
    if request.method == "GET":
        return render_template("ballots/mend.html", ballot=ballot, voters=voters, year=year)
    asked = Asked(actor(), now(), request.form.get("reason", ""))
    if request.form.get("what") == "codes":
        code = request.form.get("slip", "").strip()  # not `code`, which is kept nowhere: without it all are meant
        steps.ask_replacement(class_id, forms.digest_of(code) if code else "", asked)
    else:
        sheets, codes = (as_count(request.form.get(name, "")) for name in ("sheets", "codes"))
        steps.ask_correction(class_id, sheets, codes, asked)
    db.session.commit()
    flash(_("已提出，等监票人同意。"))
    return _go_back(year)


@bp.post("/review/<year:year>/ballot/<int:class_id>/back")
@may(Act.RUN_BALLOT)
def count_paper(year: int, class_id: int) -> Response:
    """How many sheets came back; with `again` what was typed of them is thrown away before."""
    _class(year, class_id)
    if request.form.get("again"):
        sheets.begin_paper_again(class_id, turn=as_count(request.form.get("turn", "")))
    else:
        sheets.count_paper(class_id, as_count(request.form.get("back", "")))
    db.session.commit()
    flash(_("已保存。"))
    return _go_back(year)


def _typing_place(year: int, class_id: int, typing: sheets.Round) -> Place:
    """For whoever holds the ballot, and for its witness."""
    meeting, reports = _others_meeting(year)
    found = queries.ballot_of(class_id)
    if found is None or found[0].meeting_id != meeting.id or found[0].closed_at or not found[0].has_box:
        raise NotThere
    ballot, voters = found
    watches = steps.may_witness(ballot, actor())
    if not watches and not review.runs_meeting(actor(), reports):
        raise NotAllowed("type in a ballot")
    return Place(ballot, voters, reports, typing, url_for("ballots.watch" if watches else "ballots.show", year=year))


@bp.route("/review/<year:year>/ballot/<int:class_id>/<any(first,second):typing>", methods=["GET", "POST"])
@may(Act.RUN_BALLOT)
def type_in(year: int, class_id: int, typing: sheets.Round) -> Any:
    """Ballots of paper, by the keyboard alone; a script sends bundles without loading the page again."""
    place = _typing_place(year, class_id, typing)
    if request.method == "GET":
        return paper_page.show(place)
    try:
        _check_typist()
        whole = paper_page.take(place, by=actor().name)
        db.session.commit()
    except RuleBroken as broken:
        db.session.rollback()
        if not paper_page.is_from_script():
            raise
        return {"said": str(broken.message)}, 409
    if not whole:
        return paper_page.show(place)
    if paper_page.is_from_script():
        return {"said": paper_page.hint(place)}
    flash(paper_page.hint(place) or _("已保存。"))
    return redirect(url_for("ballots.type_in", year=year, class_id=class_id, typing=typing), 303)


def _check_typist() -> None:
    """Raise RuleBroken where somebody else signed in meanwhile: a typing bears the name of whoever typed it."""
    if carried.owner_of(request.form.get(carried.OWNER, "")) not in {None, actor().person_id}:
        raise RuleBroken("", _("现在登录的是另一个人，没有保存；录入的人本人重新登录后再发。"))


@bp.post("/review/<year:year>/ballot/<int:class_id>/<any(first,second):typing>/again")
@may(Act.RUN_BALLOT)
def type_again(year: int, class_id: int, typing: sheets.Round) -> Response:
    """One typing of a bundle that differs is thrown away."""
    _class(year, class_id)
    number = as_count(request.form.get("bundle", ""))
    turn = as_count(request.form.get("turn", ""))
    sheets.type_again(class_id, typing, -1 if number is None else number, turn=turn)
    db.session.commit()
    return redirect(url_for("ballots.type_in", year=year, class_id=class_id, typing=typing), 303)


@bp.route("/review/<year:year>/ballot/<int:class_id>/sheet.<any(docx, pdf):ending>")
@may(Act.RUN_BALLOT)
def sheet(year: int, class_id: int, ending: str) -> Response:
    """The class's ballot, to be printed as often as it is handed out."""
    meeting, reports, ballot, voters = _class(year, class_id)
    made = papers.sheet(meeting, reports, ballot.columns, voters.voters, current())
    name = current().words.apply(f"{year}年述职评议测评表（{voters.voters.chinese}）")
    return printing.send(made, ending, name)


@bp.route("/review/<year:year>/ballot/statistics.<any(docx, pdf):ending>")
@may(Act.RUN_BALLOT)
def statistics(year: int, ending: str) -> Response:
    """Of the latest ballot; with ?of=ID of one that was void."""
    meeting, reports = _meeting(year)
    asked = request.args.get("of", type=int)
    ballot = next((one for one in queries.ballots(meeting.id) if asked in {None, one.id}), None)
    if ballot is None or not ballot.erased_at:
        raise RuleBroken("", _("测评结束以后才有统计表。"))
    result = tally.result(ballot, reports, current())
    return printing.send(papers.statistics(meeting, result, current(), today(), over=actions.over(ballot)), ending)


@bp.route("/review/<year:year>/ballot/close", methods=["GET", "POST"])
@may(Act.RUN_BALLOT)
def close(year: int) -> Answer:
    """Ask the witness to confirm the closing, or that the ballot is void; closed already, only erase what is left."""
    _found, _reports, ballot = _ballot(year)
    if ballot.erased_at or (ballot.closed_at and request.method == "GET"):
        return _go_back(year)
    if ballot.closed_at:
        return _erase(ballot, year)
    if request.method == "GET":
        return render_template("ballots/close.html", year=year, ballot=ballot, trouble=_trouble(ballot),
                               found=box.read(ballot.id) or {})  # fmt: skip
    asked, void = Asked(actor(), now(), request.form.get("reason", "")), bool(request.form.get("void"))
    if not ballot.has_box:  # opened by an earlier version, without a witness
        closing.close(ballot, at=asked.at, void_reason=asked.reason if void else "")
        db.session.commit()
        return _erase(ballot, year)
    if void:
        steps.ask_voiding(ballot, asked)
    else:
        steps.ask_closing(ballot, request.form.get("sealed_by", ""), asked)
    db.session.commit()
    flash(_("已提出，等监票人同意。"))
    return _go_back(year)


def _trouble(ballot: Ballot) -> str:
    try:
        closing.check_ready(ballot)
    except RuleBroken as broken:
        return str(broken.message)
    return ""


def _erase(ballot: Ballot, year: int) -> Response:
    if erasing.erase(ballot):
        closing.note_erased(_again(year), at=now())
        db.session.commit()
        flash(_("测评已结束，投票过程的痕迹已清除。"))
    else:
        flash(_("测评已结束，但有人正在使用，投票过程的痕迹还没有清除干净，结果暂不显示。请过一会儿再点一次。"))
    return _go_back(year)


def _again(year: int) -> Ballot:
    return _ballot(year)[2]  # erasing may have ended the session it came from


@bp.route("/review/<year:year>/ballot/witness", methods=["GET", "POST"])
@may(Act.RUN_BALLOT)
def watch(year: int) -> Answer:
    """The witness's page, for one with an account."""
    meeting, reports = _others_meeting(year)
    ballot = queries.ballot(meeting.id)
    if ballot is None or not ballot.has_box or not steps.may_witness(ballot, actor()):
        raise NotAllowed("watch a ballot")
    if request.method == "POST":
        closed = witness_page.answer(ballot)
        db.session.commit()
        if closed:
            return _erase_watched(ballot, year)
        flash(_("已办理。"))
        return redirect(url_for("ballots.watch", year=year), 303)
    return witness_page.show(ballot, meeting, reports)


def _erase_watched(ballot: Ballot, year: int) -> Response:
    """The witness's yes closed it: what is left of it goes at once."""
    erasing.erase(ballot)
    closing.note_erased(ballot, at=now())
    db.session.commit()
    flash(_("测评已结束，投票过程的痕迹已清除。"))
    return redirect(url_for("ballots.watch", year=year), 303)
