"""A comment as it was typed: the clauses of each part in their order."""

from collections.abc import Iterable

from werkzeug.datastructures import MultiDict

from logbook.comments.actions import NewClause
from logbook.comments.models import Part
from logbook.formats import as_integer, clean_text
from logbook.settings.forms import WrittenForm


class CommentForm(WrittenForm):
    """What is not a clause: the token, and the tick that lets a secrecy mark through."""


def typed(sent: MultiDict[str, str]) -> list[NewClause]:
    """The clauses as sent; `clause_…` beside each text is the one it was."""
    return [one for part in Part for one in _of(part, sent)]


def _of(part: Part, sent: MultiDict[str, str]) -> Iterable[NewClause]:
    before = sent.getlist(f"clause_{part.value}")
    for i, text in enumerate(sent.getlist(f"text_{part.value}")):
        yield NewClause(part, clean_text(text) or "", as_integer(before[i]) if i < len(before) else None)
