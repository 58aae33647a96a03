"""The minutes on the office's desk: drafted, edited, compared, settled, printed; the leader reads."""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts import carried
from logbook.comments import queries as comments
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import as_integer, now, today
from logbook.minutes import actions, comparing, drafting, papers, queries
from logbook.minutes.comparing import Change
from logbook.minutes.forms import MinutesForm, SettleForm
from logbook.minutes.models import Minutes, MinutesVersion
from logbook.printing import views as printing
from logbook.review import queries as review
from logbook.review.steps import Standing, Step, told
from logbook.settings.views import current

bp = Blueprint("minutes", __name__)
Answer = str | Response | tuple[str, int]


def _there(year: int) -> Response:
    return redirect(url_for("minutes.show", year=year), 303)


def _writes(year: int) -> bool:
    """Whether who is signed in drafts, edits and settles them: nobody on the list; who stands in, too."""
    return review.arranges(actor(), review.reports(review.the_meeting(year).id))


def _check(year: int, *, writes: bool = False) -> None:
    """Raise NotAllowed for who has nothing to do here, NotThere for whom the minutes speak of before their feedback."""
    able = _writes(year)
    if not able and not (actor().may(Act.RUN_MEETING) if writes else actor().may(Act.READ_MINUTES)):
        raise NotAllowed("look at the minutes")
    if queries.meeting(actor(), year) is None:
        raise NotThere
    if writes and not able:
        raise NotAllowed(Act.RUN_MEETING.value)


def _minutes(year: int, *, writes: bool = False) -> Minutes:
    _check(year, writes=writes)
    found = queries.minutes(actor(), year)
    if found is None:
        raise NotThere
    return found


def _version(minutes: Minutes, n: int | None = None) -> MinutesVersion:
    found = queries.version(minutes, n)
    if found is None:
        raise NotThere
    return found


@bp.route("/review/<year:year>/minutes")
@may(Act.STAND_IN)
def show(year: int) -> str:
    _check(year)
    minutes = queries.minutes(actor(), year)
    latest = queries.version(minutes) if minutes else None
    missing = _told(year) if minutes and not minutes.settled_at else ()
    return render_template(
        "minutes/show.html", year=year, minutes=minutes, latest=latest, writes=_writes(year), told=missing
    )


@bp.post("/review/<year:year>/minutes/draft")
@may(Act.STAND_IN)
def draft(year: int) -> Response:
    _check(year, writes=True)
    actions.draft(year, by=actor(), at=now())
    db.session.commit()
    return _there(year)


@bp.route("/review/<year:year>/minutes/edit", methods=["GET", "POST"])
@may(Act.STAND_IN)
def edit(year: int) -> Answer:
    minutes = _minutes(year, writes=True)
    if minutes.settled_at:
        return _settled(year)
    latest = _version(minutes)
    form = MinutesForm(data={"text": latest.text})
    if request.method == "GET":  # what is sent without it was begun from nothing we know
        form.begun_from.data = form.begun_from.data or str(latest.n)
    if form.validate_on_submit():
        try:
            saved = actions.write(year, form.new_version(), by=actor(), at=now())
            db.session.commit()
            flash(_("已保存为第%(n)s版。", n=saved.n) if saved else _("文字没有改动，没有另存一版。"))
            return _there(year)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
            if broken.field == "version":
                return _overtaken(minutes, latest, form, year), 409
    return _edit_page(year, form), form.status


def _edit_page(year: int, form: MinutesForm, changes: Sequence[Change] = ()) -> str:
    return render_template("minutes/edit.html", year=year, form=form, changes=changes)


def _settled(year: int) -> Response:
    """What was typed while somebody settled them stands under the reason, to be copied."""
    reason = _("会议记录已定稿，不能再改。")
    if request.method == "POST":
        return carried.keep(reason, 409, MultiDict(request.form.items(multi=True)))
    flash(reason)
    return _there(year)


def _overtaken(minutes: Minutes, latest: MinutesVersion, form: MinutesForm, year: int) -> str:
    """What was typed, and what others changed since it was begun; saved once more, it follows the latest."""
    before = queries.version(minutes, form.new_version().begun_from)
    form.begun_from.data = str(latest.n)
    return _edit_page(year, form, comparing.compared(before.text, latest.text) if before else ())


@bp.route("/review/<year:year>/minutes/versions")
@may(Act.STAND_IN)
def versions(year: int) -> str:
    """All of them, and what changed between two: those that were chosen, or the last two."""
    minutes = _minutes(year)
    found = queries.versions(minutes)
    before, after = (as_integer(request.args.get(name, "")) for name in ("before", "after"))
    after = after or found[0].n
    before = before or max(after - 1, 1)
    changes = comparing.compared(_version(minutes, before).text, _version(minutes, after).text)
    return render_template(
        "minutes/versions.html", year=year, versions=found, before=before, after=after, changes=changes
    )


@bp.route("/review/<year:year>/minutes/versions/<int:n>")
@may(Act.STAND_IN)
def version(year: int, n: int) -> str:
    return render_template("minutes/version.html", year=year, version=_version(_minutes(year), n))


@bp.route("/review/<year:year>/minutes/settle", methods=["GET", "POST"])
@may(Act.STAND_IN)
def settle(year: int) -> Answer:
    """After a page that says what it means, and what is still open."""
    minutes = _minutes(year, writes=True)
    if minutes.settled_at:
        return _there(year)
    form, missing = SettleForm(), _told(year)
    if Standing(review.the_meeting(year), (), frozenset(), today()).is_before:
        form.told = missing
    if form.validate_on_submit():
        try:
            form.check_order()
            actions.settle(year, n=as_integer(form.n.data or "") or 0, by=actor(), at=now())
            db.session.commit()
            flash(_("会议记录已定稿。"))
            return _there(year)
        except RuleBroken as broken:
            db.session.close()
            if broken.field != "go_on":
                raise
            form.refuse(broken)
    latest = _version(_minutes(year, writes=True))
    form.n.data = str(latest.n)
    blanks = drafting.open_places(latest.text)
    page = render_template("minutes/settle.html", year=year, latest=latest, blanks=blanks, form=form, told=missing)
    return page, form.status


def _told(year: int) -> list[str]:
    """What the minutes rest on and is still to come, and what was taken back since their latest version."""
    meeting, by = review.the_meeting(year), actor()
    reports, found = review.reports(meeting.id), comments.of_meeting(by, meeting.id)
    said = frozenset(one.report_id for one in found if one.settled_at)
    missing = told(Step.MINUTES, Standing(meeting, reports, said, today()))
    minutes = queries.minutes(by, year)
    latest = queries.version(minutes) if minutes else None
    back = comments.taken_back_since([one.id for one in found], latest.at) if latest else frozenset()
    names = _("、").join(one.report.secretary_name for one in found if one.id in back)
    if names:
        missing.append(_("会议记录写成以后，对%(names)s的点评撤回过审定，请核对记录里的点评。", names=names))
    return missing


@bp.route("/review/<year:year>/minutes/paper.<any(docx, pdf):ending>")
@may(Act.STAND_IN)
def paper(year: int, ending: str) -> Response:
    return printing.send(papers.paper(year, _version(_minutes(year)), current()), ending, told=_told(year))
