"""What was judged on a screen, or typed from paper, as judgements; the numbers of a ballot; the digest of a code."""

import json
from collections.abc import Iterable, Mapping, Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from logbook.accounts import sessions
from logbook.accounts.models import Person
from logbook.ballots import counting
from logbook.ballots.actions import MOST_VOTERS, Judgement
from logbook.ballots.models import BLANK, INVALID, BallotClass, Item, Sheet
from logbook.ballots.opening import NewBallot, Numbers
from logbook.cleaning import clean_text
from logbook.errors import NotThere, RuleBroken
from logbook.formats import as_count, typed_code
from logbook.settings.forms import InOrderForm, WrittenForm

MARKS = dict(zip("1234", counting.GRADES, strict=True))  # the keys of the tally page
NO_PAGE = "-"  # a B ballot is cut apart, and one's own page is not cast
DASHES = frozenset("-－—–−ー一")
NUMBERS = ("due", "present", "printed", "sheets", "codes")


def digest_of(code: str) -> str:
    """The digest a typed code is looked up by."""
    return sessions.keyed_digest(typed_code(code))


class OpenForm(WrittenForm, InOrderForm):
    sheet = RadioField(_("测评方式"), choices=[], default=Sheet.GRADES.value)
    clerk_id = SelectField(_("计票人"), choices=[])
    witness_id = SelectField(_("监票人"), choices=[])
    witness_name = StringField(_("监票人姓名（没有账号的填这里）"))

    def offer(self, clerks: Iterable[Person], witnesses: Iterable[Person]) -> None:
        """Offer the sheets in the reader's language, and who may count and watch."""
        self.sheet.choices = [SelectChoice(one.value, one.label) for one in Sheet]
        self.clerk_id.choices = [SelectChoice(str(one.id), one.name) for one in clerks]
        nobody = SelectChoice("", gettext("没有账号，用一日有效的监票码"))
        self.witness_id.choices = [nobody, *(SelectChoice(str(one.id), one.name) for one in witnesses)]

    def new_ballot(self) -> NewBallot:
        """The ballot to be opened."""
        return NewBallot(Sheet(self.sheet.data), int(self.clerk_id.data), *self.witness())

    def witness(self) -> tuple[int | None, str]:
        """The account chosen, or the name typed."""
        chosen = int(self.witness_id.data) if self.witness_id.data else None
        return chosen, clean_text(self.witness_name.data)


def numbers(typed: Mapping[str, str], classes: Iterable[BallotClass]) -> dict[int, Numbers]:
    """The numbers of each class; raise RuleBroken for what is no number."""
    return {one.id: _numbers(typed, one) for one in classes}


def _numbers(typed: Mapping[str, str], one: BallotClass) -> Numbers:
    found: dict[str, int | None] = {}
    for name in NUMBERS:
        text = typed.get(f"{name}{one.id}", "").strip()
        found[name] = as_count(text, MOST_VOTERS) if text else None
        if text and found[name] is None:
            raise RuleBroken("", _("请填0至%(most)s。", most=MOST_VOTERS))
    return Numbers(found["sheets"] or 0, found["codes"] or 0, found["due"], found["present"], found["printed"])


def name_of(report_id: int, item: int) -> str:
    """The name of a cell in the form."""
    return f"c{report_id}_{item}"


def judged(typed: MultiDict[str, str], reports: Iterable[int], items: Sequence[Item]) -> list[Judgement]:
    """A ballot as it was filled in on a screen: ticks, and points as text."""
    return [
        Judgement(report, item.number, _judged(typed.getlist(name_of(report, item.number)), item))
        for report in reports
        for item in items
    ]


def _judged(typed: Sequence[str], item: Item) -> str:
    if item.most:
        return counting.score("".join(typed), item.most)
    return counting.grade([one for one in typed if one and one != BLANK])


def unfilled(typed: MultiDict[str, str], reports: Mapping[int, int], items: Sequence[Item]) -> int:
    """How many secretaries have a cell that nothing was given in, 弃权 neither: persons, by report."""
    return len({
        person for report, person in reports.items()
        if any(not "".join(typed.getlist(name_of(report, item.number))).strip() for item in items)
    })  # fmt: skip


def typed_in(typed: Mapping[str, str], reports: Iterable[int], items: Sequence[Item]) -> list[Judgement]:
    """A ballot of paper as its keys were typed: 1–4 a grade, nothing an abstention, - no page, else invalid."""
    found = []
    for report in reports:
        for item in items:
            key = typed.get(name_of(report, item.number), "").translate(counting.FULL_WIDTH).strip()
            if key not in DASHES:
                found.append(Judgement(report, item.number, _typed(key, item)))
    return found


def _typed(key: str, item: Item) -> str:
    if item.most:
        return counting.score(key, item.most)
    return counting.grade([MARKS.get(key, INVALID)] if key else [])


def sheet_keys(typed: Mapping[str, str], reports: Iterable[int], items: Sequence[Item]) -> dict[str, str]:
    """The keys of one sheet, by the name of their cell, as they were typed."""
    names = [name_of(report, item.number) for report in reports for item in items]
    return {name: typed.get(name, "") for name in names}


def earlier_sheets(typed: Mapping[str, str]) -> list[dict[str, str]]:
    """The sheets of the same bundle that the page holds and no disk does; raise NotThere for what is none."""
    try:
        found = json.loads(typed.get("sheets") or "[]")
    except ValueError:
        raise NotThere from None
    well_formed = isinstance(found, list) and all(
        isinstance(one, dict) and all(isinstance(key, str) for key in one.values()) for one in found
    )
    if not well_formed:
        raise NotThere
    return list(found)
