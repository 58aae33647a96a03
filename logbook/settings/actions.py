"""Changing this installation's settings."""

from flask_babel import lazy_gettext as _

from logbook.db import db
from logbook.errors import RuleBroken
from logbook.settings import queries
from logbook.settings.models import Setting

WORD_CHOICES = {
    "group_word": queries.GROUP_WORDS,
    "office_word": queries.OFFICE_WORDS,
    "liaison_word": queries.LIAISON_WORDS,
    "ballot_word": queries.BALLOT_WORDS,
}


def change(values: dict[str, str | int | bool]) -> None:
    """Store the settings named in `values`; raise RuleBroken for a word outside its choices."""
    for name, value in values.items():
        if name in WORD_CHOICES and value not in WORD_CHOICES[name]:
            raise RuleBroken(name, _("请从列出的用词中选择。"))
        text = str(int(value)) if isinstance(value, bool) else str(value)
        db.session.merge(Setting(name=name, value=text))
    db.session.flush()
