"""Grades as they were chosen, and who has signed for theirs."""

from collections.abc import Iterable, Mapping

from flask_babel import lazy_gettext as _
from wtforms import SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from logbook.outcomes.actions import Decisions
from logbook.review.actions import MAX_GROUND
from logbook.review.models import Grade, Report
from logbook.settings.forms import DayField, InOrderForm, WrittenForm


class DecideForm(WrittenForm, InOrderForm):
    decided_on = DayField(_("党组研究确定的日期"), validators=[Optional()])
    ground = StringField(_("依据（选填）"), validators=[Length(max=MAX_GROUND)])

    def decisions(self, typed: Mapping[str, str], reports: Iterable[Report]) -> Decisions:
        """What was chosen of each; what was not offered, or is no grade, stays as it is."""
        chosen = {one.id: typed.get(f"grade{one.id}") for one in reports}
        known = {"": None} | {one.value: one for one in Grade}
        grades = {i: known[value] for i, value in chosen.items() if value in known}
        return Decisions(grades, self.decided_on.data, self.ground.data or "")


class FeedbackForm(InOrderForm):
    reports = SelectMultipleField(_("已签收的书记"), coerce=int, choices=[])
    on = DayField(_("签收日期"), validators=[Optional()])

    def offer(self, reports: Iterable[Report]) -> None:
        """Offer those whose grade is entered and not told."""
        self.reports.choices = [
            SelectChoice(one.id, f"{one.branch.name}　{one.person.name}")
            for one in reports if one.grade and not one.fed_back_on
        ]  # fmt: skip
