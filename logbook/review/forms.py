"""The forms of a meeting."""

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from logbook.accounts.models import Person
from logbook.formats import clean_text
from logbook.review.actions import NewDecision
from logbook.review.models import Grade
from logbook.settings.forms import Form, WrittenForm

_ = lazy_gettext


class MeetingForm(WrittenForm):
    held_on = DateField(_("会议日期"), validators=[Optional()])
    place = StringField(_("会议地点"), filters=[clean_text], validators=[Length(max=200)])


class ReportForm(Form):
    commentator_id = SelectField(_("点评人"), choices=[])
    in_writing = BooleanField(_("书面述职"))

    def offer(self, members: list[Person]) -> None:
        """Offer who may comment."""
        people = [SelectChoice(str(one.id), one.name) for one in members]
        self.commentator_id.choices = [SelectChoice("", gettext("未定")), *people]

    def commentator(self) -> int | None:
        """The chosen commentator's id."""
        return int(self.commentator_id.data) if self.commentator_id.data else None


class GradeForm(WrittenForm):
    grade = SelectField(_("确定等次"), choices=[])
    decided_on = DateField(_("党组研究确定的日期"), validators=[Optional()])
    ground = StringField(_("依据（选填）"), filters=[clean_text])
    reason = StringField(_("更改的原因"), filters=[clean_text])

    def offer(self) -> None:
        """Offer the grades in the reader's language."""
        words = [SelectChoice(one.value, one.label) for one in Grade]
        self.grade.choices = [SelectChoice("", gettext("未定")), *words]

    def decision(self) -> NewDecision:
        """What was decided, as typed."""
        grade = Grade(self.grade.data) if self.grade.data else None
        return NewDecision(grade, self.decided_on.data, self.ground.data or "", self.reason.data or "")
