"""Whom the leader names to act where everybody of the office is under review, and what waits for them."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, actor, may
from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.errors import NotAllowed
from logbook.formats import now
from logbook.organization import bound, queries
from logbook.organization.forms import StandInForm

bp = Blueprint("stand_in", __name__)


@bp.route("/lists/stand-in", methods=["GET", "POST"])
@may(Act.STAND_IN)
def show() -> str | Response | tuple[str, int]:
    """The leader names; whoever is named sees what waits."""
    by, named = actor(), queries.stand_in()
    names, waiting = by.may(Act.NAME_HANDLER), bound.waiting(by=by)
    if not names and not bound.is_named(by):
        raise NotAllowed(Act.STAND_IN.value)
    form = StandInForm(data={"person_id": str(named.person_id or "") if named else ""})
    form.offer([one for one in accounts.members() if one.id != by.person_id])
    if form.validate_on_submit():
        bound.name_stand_in(form.person(), by=by, at=now())
        db.session.commit()
        flash(_("已保存。"))
        return redirect(url_for("stand_in.show"), 303)
    page = render_template("organization/stand_in.html", form=form, named=named, names=names, waiting=waiting)
    return page, form.status
