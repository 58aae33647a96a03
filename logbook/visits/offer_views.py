"""What the form asks for while it is filled: the open problems of the branch that was just chosen."""

from typing import Any

from flask import Blueprint, request

from logbook.access import Act, may
from logbook.errors import NotThere
from logbook.formats import as_integer
from logbook.organization import queries as organization
from logbook.visits import offered

bp = Blueprint("offers", __name__)


@bp.get("/branches/<int:branch_id>/open-problems")
@may(Act.READ_LEDGER)
def open_problems(branch_id: int) -> list[dict[str, Any]]:
    """In JSON; but those of the record that is being corrected."""
    if organization.branch(branch_id) is None:
        raise NotThere
    own = as_integer(request.args.get("but", ""))
    return [offered.shown_problem(one) for one in offered.open_problems(branch_id, own)]
