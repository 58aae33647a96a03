"""Changing this installation's settings."""

import datetime as dt
from pathlib import Path

from flask_babel import lazy_gettext as _
from sqlalchemy import delete

from logbook import instance
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.settings import queries
from logbook.settings.models import Installation, Setting

WORD_CHOICES = {
    "group_word": queries.GROUP_WORDS,
    "office_word": queries.OFFICE_WORDS,
    "liaison_word": queries.LIAISON_WORDS,
    "ballot_word": queries.BALLOT_WORDS,
}


# Least and most: too short signs people out while they type, too long leaves a lost phone open.
SECURITY_BOUNDS = {"idle_minutes": (5, 480), "session_days": (1, 90)}


def _check_suggestions(values: dict[str, str | int | bool]) -> None:
    """None of the three, or all of them, each below the one before: half a rule suggests what nobody meant."""
    names = ("good_from", "fairly_good_from", "average_from")
    found = [int(values.get(name, 0)) for name in names]
    if any(found) and not found[0] > found[1] > found[2] > 0:
        raise RuleBroken("good_from", _("三个最低分要么都不填，要么都填，并且从高到低。"))


def change(values: dict[str, str | int | bool]) -> None:
    """Store the settings named in `values`; raise RuleBroken for what is outside its choices or bounds."""
    _check_suggestions(values)
    for name, value in values.items():
        if name in WORD_CHOICES and value not in WORD_CHOICES[name]:
            raise RuleBroken(name, _("请从列出的用词中选择。"))
        least, most = SECURITY_BOUNDS.get(name, (None, None))
        if least is not None and most is not None and not least <= int(value) <= most:
            raise RuleBroken(name, _("请填%(least)s至%(most)s。", least=least, most=most))
        text = str(int(value)) if isinstance(value, bool) else str(value)
        db.session.merge(Setting(name=name, value=text))
    db.session.flush()


def note_installation(folder: Path, key: str, at: dt.datetime) -> None:
    """Note this folder and key as the database's own; the folder gets its mark first, where it has none."""
    here = instance.identity(folder, key)
    mark = here.mark or instance.new_mark()
    if mark != here.mark:
        instance.write_mark(folder, mark)
    db.session.execute(delete(Installation))
    db.session.add(Installation(mark=mark, key_digest=here.key_digest, noted_at=at))
    db.session.flush()
