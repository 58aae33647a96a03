"""A record read back from the body of a version: as it was handed over, when nothing was done with it yet."""

import datetime as dt
import json
from typing import Any

from logbook.problems.actions import NewProblem, NewUndertaking
from logbook.problems.models import Category, Handling, Side
from logbook.visits.models import Content, Kind, Level
from logbook.visits.rules import NewVisit


def record_in(body: str) -> NewVisit:
    """Return the record of a body; its files have been attached since."""
    said: dict[str, Any] = json.loads(body)
    return NewVisit(
        **said
        | {
            "visited_on": dt.date.fromisoformat(said["visited_on"]),
            "paper_on": _day(said["paper_on"]),
            "level": Level(said["level"]),
            "kinds": tuple(Kind(one) for one in said["kinds"]),
            "contents": tuple(Content(one) for one in said["contents"]),
            "companion_ids": tuple(said["companion_ids"]),
            "voices": tuple((text, Category(category)) for text, category in said["voices"]),
            "problems": tuple(_problem(one) for one in said["problems"]),
            "undertakings": tuple(
                NewUndertaking(**one | {"due_on": _day(one["due_on"])}) for one in said["undertakings"]
            ),
            "files": (),
        }
    )


def _problem(said: dict[str, Any]) -> NewProblem:
    words = {
        "category": Category(said["category"]), "side": Side(said["side"]), "handling": Handling(said["handling"]),
    }  # fmt: skip
    return NewProblem(**said | words | {"due_on": _day(said["due_on"])})


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
