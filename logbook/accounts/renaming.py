"""Changing a person's name: what was written before keeps the name of then; a misspelling is corrected for all time."""

import datetime as dt
import json
from dataclasses import asdict

from flask_babel import lazy_gettext as _

from logbook.access import Role
from logbook.accounts import queries
from logbook.accounts.models import Person, Renaming
from logbook.errors import RuleBroken
from logbook.formats import local_date


def rename(person: Person, name: str, *, since: dt.date | None, by: int | None, at: dt.datetime) -> None:
    """Change the name `since` a day; None corrects what was misspelt all along, also in what was written before.

    Raise RuleBroken("since") for a day to come, ("name") for one's own, and for a correction into a name that somebody
    else bears or bore: what they wrote would seem to be this person's.
    """
    if name == person.name:
        return
    refuse_own_name(person.id, by)
    if since and since > local_date(at):
        raise RuleBroken("since", _("还没有到这一天，请到时再改。"))
    if since is None and name in queries.names_of_others(person.id):
        raise RuleBroken("name", _("他人正在用或用过这个姓名，不能作为改正错字，请填写自何日起改名。"))
    change = Renaming(person.name, name, since.isoformat() if since else None, by, at.isoformat())
    person.former_names = json.dumps([asdict(one) for one in [*person.renamings, change]], ensure_ascii=False)
    person.name = name


def refuse_own_name(person_id: int, by: int | None) -> None:
    """Raise RuleBroken("name") for one's own name, as long as somebody else may change it."""
    if by == person_id and _others_may(person_id):
        raise RuleBroken("name", _("本人的姓名由其他党办人员或系统管理员更改。"))


def _others_may(person_id: int) -> bool:
    """Whether somebody else keeps the people: the only one corrects their own name, or nobody would."""
    keepers = [*queries.holders(Role.OFFICE), *queries.holders(Role.SYSADMIN)]
    return any(one.id != person_id and one.active for one in keepers)


def untold(person: Person) -> list[tuple[Renaming, str]]:
    """The changes of their name that this person was not shown yet, each with who made it."""
    found = []
    for one in person.renamings[person.names_told :]:
        author = queries.person(one.by_id) if one.by_id else None
        found.append((one, author.name_at(one.moment) if author else ""))
    return found
