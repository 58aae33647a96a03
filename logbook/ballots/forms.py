"""What was judged on a screen, or typed from paper, as judgements."""

from collections.abc import Iterable, Mapping, Sequence

from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from logbook.ballots import counting
from logbook.ballots.actions import Judgement
from logbook.ballots.models import INVALID, Item, Sheet
from logbook.settings.forms import Form

MARKS = dict(zip("1234", counting.GRADES, strict=True))  # the keys of the tally page
NO_PAGE = "-"  # a B ballot is cut apart, and one's own page is not cast


class OpenForm(Form):
    sheet = RadioField(_("测评方式"), choices=[], default=Sheet.GRADES.value)

    def offer(self) -> None:
        """Offer the sheets in the reader's language."""
        self.sheet.choices = [SelectChoice(one.value, one.label) for one in Sheet]


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
    return counting.grade([one for one in typed if one])


def typed_in(typed: Mapping[str, str], reports: Iterable[int], items: Sequence[Item]) -> list[Judgement]:
    """A ballot of paper as its keys were typed: 1–4 a grade, nothing an abstention, - no page, else invalid."""
    found = []
    for report in reports:
        for item in items:
            key = typed.get(name_of(report, item.number), "").translate(counting.FULL_WIDTH).strip()
            if key not in {NO_PAGE, "－", "—"}:
                found.append(Judgement(report, item.number, _typed(key, item)))
    return found


def _typed(key: str, item: Item) -> str:
    if item.most:
        return counting.score(key, item.most)
    return counting.grade([MARKS.get(key, INVALID)] if key else [])
