"""The forms of a meeting."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from flask_babel import gettext, lazy_gettext
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from logbook.accounts.models import Person
from logbook.errors import RuleBroken
from logbook.formats import as_integer, as_typed
from logbook.review import word_file
from logbook.review.actions import Arrangement, NewDecision
from logbook.review.models import Agenda, Grade, Meeting
from logbook.settings.forms import DayField, EditForm, InOrderForm, WrittenForm

_ = lazy_gettext


class MeetingForm(EditForm, WrittenForm):
    held_on = DayField(_("会议日期"), validators=[Optional()])
    place = StringField(_("会议地点"), validators=[Length(max=200)])
    agenda = RadioField(_("点评方式"), choices=[], coerce=lambda one: Agenda(one).value)
    guest = StringField(_("到会指导的上级同志（选填）"), validators=[Length(max=200)])

    @classmethod
    def of(cls, meeting: Meeting) -> Self:
        """The meeting's, with the words in the reader's language."""
        form = cls(obj=meeting)
        form.agenda.choices = [SelectChoice(one.value, one.label) for one in Agenda]
        return form

    def arrangement(self) -> Arrangement:
        """What was typed."""
        return Arrangement(self.held_on.data, self.place.data or "", Agenda(self.agenda.data), self.guest.data or "")


def places(typed: Mapping[str, str], reports: Iterable[int]) -> dict[int, int | None]:
    """The order as typed, by report; full-width digits are digits, None is no number."""
    return {one: as_integer(as_typed(typed.get(f"place{one}", ""))) for one in reports}


def _people(people: Iterable[Person]) -> list[SelectChoice]:
    return [SelectChoice(str(one.id), one.name) for one in people]


class ReportForm(EditForm):
    commentator_id = SelectField(_("点评人"), choices=[])
    in_writing = BooleanField(_("书面述职"))

    def offer(self, members: Iterable[Person]) -> None:
        """Offer who may comment."""
        self.commentator_id.choices = [SelectChoice("", gettext("未定")), *_people(members)]

    def commentator(self) -> int | None:
        """The chosen commentator's id."""
        return int(self.commentator_id.data) if self.commentator_id.data else None


class HandlerForm(EditForm):
    handler_id = SelectField(_("经办人"), choices=[])

    def offer(self, people: Iterable[Person]) -> None:
        """Offer who may run the case."""
        self.handler_id.choices = [SelectChoice("", gettext("由党办经办")), *_people(people)]

    def handler(self) -> int | None:
        """The chosen one's id; None leaves it to the office."""
        return int(self.handler_id.data) if self.handler_id.data else None


class WrittenReportForm(WrittenForm):
    written = TextAreaField(_("述职报告"), description=_("书记交来的，粘贴在这里。"))
    speech = TextAreaField(
        _("现场述职稿（与述职报告不同的才填）"),
        description=_("在会上念的那一份。"),
    )  # fmt: skip

    unread = 0  # pictures, formulas and notes of the file, which are no text
    based_on = HiddenField()
    files = FileField(_("从Word文件读入（代替上面的述职报告）"))

    _words = ""  # of the Word file

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate, and read the file: what is wrong with it, or marked in it, is told with all other faults."""
        fine = super().validate(extra_validators)
        file = self.files.data
        if not file:
            return fine
        try:
            self._words, self.unread = word_file.words(file.filename, file.stream.read(word_file.MOST_BYTES + 1))
            self.files.errors = [*self.files.errors, *self.refusals(self._words)]
        except RuleBroken as broken:
            self.refuse(broken)
        return fine and not self.files.errors

    def texts(self) -> tuple[str, str]:
        """Both as typed, or the first as its Word file says."""
        return self._words or self.written.data or "", self.speech.data or ""


class GradeForm(EditForm, WrittenForm, InOrderForm):
    grade = SelectField(_("确定等次"), choices=[])
    decided_on = DayField(_("党组研究确定的日期"), validators=[Optional()])
    ground = StringField(_("依据（选填）"))
    reason = StringField(_("更改的原因"))

    def offer(self) -> None:
        """Offer the grades in the reader's language."""
        words = [SelectChoice(one.value, one.label) for one in Grade]
        self.grade.choices = [SelectChoice("", gettext("未定")), *words]

    def decision(self) -> NewDecision:
        """What was decided, as typed."""
        grade = Grade(self.grade.data) if self.grade.data else None
        return NewDecision(grade, self.decided_on.data, self.ground.data or "", self.reason.data or "")
