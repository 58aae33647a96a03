"""The settings of this installation: read by every request, changed by the office."""

from flask import Blueprint, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from logbook.access import Act, may
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.settings import actions, queries
from logbook.settings.forms import SecurityForm, SettingsForm

bp = Blueprint("settings", __name__)

# The levels a new record may start with; 仅本人 would hide the year from the group. Values of visits' Level.
LEVELS = {
    "group": lazy_gettext("全体党组成员"),
    "office": lazy_gettext("本人、党组书记和党办"),
    "leader": lazy_gettext("本人和党组书记"),
}


def current() -> queries.Settings:
    """The settings, read once a request."""
    if "settings" not in g:
        g.settings = queries.load()
    settings: queries.Settings = g.settings
    return settings


@bp.route("/settings", methods=["GET", "POST"])
@may(Act.KEEP_SETTINGS)
def edit() -> Response | tuple[str, int]:
    form = SettingsForm(data=_as_typed(queries.load()))  # as they are now: others wait from here on
    form.default_level.choices = [SelectChoice(value=value, label=label) for value, label in LEVELS.items()]
    if form.validate_on_submit():
        try:
            actions.change(form.values())
            db.session.commit()
            flash(_("设置已保存。"))
            return redirect(url_for("settings.edit"), 303)
        except RuleBroken as broken:
            db.session.close()
            form.refuse(broken)
    return render_template("settings/edit.html", form=form), form.status


@bp.route("/settings/security", methods=["GET", "POST"])
@may(Act.KEEP_SECURITY)
def security() -> Response | tuple[str, int]:
    form = SecurityForm(obj=queries.load())
    if form.validate_on_submit():
        actions.change(form.values())
        db.session.commit()
        flash(_("已保存，马上生效。"))
        return redirect(url_for("settings.security"), 303)
    return render_template("settings/security.html", form=form), form.status


def _as_typed(settings: queries.Settings) -> dict[str, object]:
    plain = {name: getattr(settings, name) for name in queries.PLAIN}
    return plain | {f"{name}_word": getattr(settings.words, name) for name in ("group", "office", "liaison", "ballot")}
