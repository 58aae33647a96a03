"""A comment as it was typed: the clauses of each part in their order."""

from collections.abc import Iterable

from werkzeug.datastructures import MultiDict

from logbook.cleaning import clean_text
from logbook.comments.actions import NewClause
from logbook.comments.models import Part
from logbook.formats import as_integer
from logbook.settings.forms import WrittenForm


class CommentForm(WrittenForm):
    """What is not a clause: the token, and the tick that lets a secrecy mark through."""

    def accepts(self, clauses: Iterable[NewClause], stored: Iterable[str]) -> bool:
        """Validate; a clause that says what was stored is not asked about again."""
        fine, known = self.validate(), set(stored)
        self.form_errors += [why for one in clauses if one.text not in known for why in self.refusals(one.text)]
        return fine and not self.form_errors


def answer(sent: MultiDict[str, str]) -> tuple[str, int]:
    """What is to become of a stale clause: "renew", "drop" or "keep", and its id; ("", 0) where nothing was pressed."""
    word, _colon, number = sent.get("answer", "").partition(":")
    clause_id = as_integer(number)
    return (word, clause_id) if word in {"renew", "drop", "keep"} and clause_id else ("", 0)


def typed(sent: MultiDict[str, str]) -> list[NewClause]:
    """The clauses as sent; `clause_…` beside each text is the one it was."""
    return [one for part in Part for one in _of(part, sent)]


def _of(part: Part, sent: MultiDict[str, str]) -> Iterable[NewClause]:
    """The room for one more that was left empty is no clause."""
    before = sent.getlist(f"clause_{part.value}")
    for i, text in enumerate(sent.getlist(f"text_{part.value}")):
        words, clause_id = clean_text(text) or "", as_integer(before[i]) if i < len(before) else None
        if words or clause_id:
            yield NewClause(part, words, clause_id)
