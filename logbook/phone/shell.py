"""What a phone opens without signal: the service worker, and two pages with nothing private in them."""

import datetime as dt
import hashlib
import json
from functools import cache, lru_cache
from pathlib import Path

from flask import Blueprint, current_app, make_response, render_template, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response

from logbook.access import Actor
from logbook.problems.models import Category, Handling, Side
from logbook.settings.queries import Settings
from logbook.settings.views import current
from logbook.visits.forms import VisitForm
from logbook.visits.lines import GRAMMAR_TEXT
from logbook.visits.models import Level

bp = Blueprint("shell", __name__)
# What phone.js is made of: asked for together with it, or a page would wait for one after the other.
MODULES = (
    "here.js", "panel.js", "writing.js", "together.js", "photos.js", "refused.js", "leaving.js", "drafts.js",
    "outbox.js", "store.js", "asking.js", "marks.js",
)  # fmt: skip
SCRIPTS = ("logbook.js", "visits.js", "lines.js", "progress.js", "folds.js", "shell.js", "phone.js", *MODULES)
# Whoever looks at it: the same page for everybody, without a token or a name, and the same tomorrow.
NOBODY = {"me": Actor(0, "", frozenset()), "owner_mark": "", "owner_id": "", "shell": True}
ANY_DAY = dt.date(2000, 1, 3)  # shell.js puts today in its place


@bp.route("/sw.js")
def worker() -> Response:
    """The service worker: what it keeps stands above its text, so that a new version of any of it is a new worker."""
    names = (*SCRIPTS, "style.css", "icon.svg")
    addresses = [url_for("shell.home"), url_for("shell.form"), *(url_for("static", filename=one) for one in names)]
    version = _version(str(get_locale()), current())
    head = f"const VERSION = {json.dumps(version)};\nconst SHELL = {json.dumps(addresses)};\n"
    answer = make_response(head + _worker(current_app.static_folder or ""))
    answer.mimetype = "text/javascript"
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@lru_cache(maxsize=8)  # a browser asks after every page, and the pages change with these only
def _version(_language: str, _settings: Settings) -> str:
    return hashlib.sha256((home() + form()).encode()).hexdigest()[:16]


@cache
def _worker(folder: str) -> str:
    return (Path(folder) / "sw.js").read_text(encoding="utf-8")


@bp.route("/phone/home")
def home() -> str:
    return render_template("phone/home.html", **NOBODY)


@bp.route("/phone/form")
def form() -> str:
    """The form of a record as it is, offering what every member is offered."""
    blank = VisitForm(formdata=None, data={"visited_on": ANY_DAY.isoformat(), "level": current().default_level})
    blank.offer_people([], None)
    blank.offer_branches([], [])
    blank.offer(today=ANY_DAY, seven=current().seven_constructions, levels=list(Level))
    return render_template(
        "phone/form.html", form=blank, faults={}, for_self=True, last_on=None, branch=None, open_problems=[],
        categories=list(Category), sides=list(Side), handlings=list(Handling), files_lost=False,
        grammar=GRAMMAR_TEXT, **NOBODY,
    )  # fmt: skip
