"""The homes of member, leader and office; the branch card."""

from flask import Blueprint, render_template

from logbook.access import Act, may

bp = Blueprint("desk", __name__)


@bp.route("/")
@may(Act.MANAGE_SELF)
def home() -> str:
    return render_template("desk/home.html")


@bp.route("/health")
def health() -> tuple[dict[str, str], int]:
    return {"status": "ok"}, 200
