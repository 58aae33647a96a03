"""An item as it is typed, and the files that come back."""

from collections.abc import Iterable, Sequence

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, MultipleFileField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from logbook.rectification.actions import NewItem
from logbook.review.models import Report
from logbook.settings.forms import DayField, Form, WrittenForm


def _long(label: object) -> TextAreaField:
    return TextAreaField(label, render_kw={"rows": 2, "class": "short"})


class ItemForm(WrittenForm):
    text = _long(_("要整改的问题"))
    measures = _long(_("整改措施（选填）"))
    due_on = DayField(_("完成时限"), validators=[InputRequired(_("请选择日期。"))])
    based_on = HiddenField()

    def new_item(self) -> NewItem:
        """The item as typed."""
        return NewItem(self.text.data or "", self.due_on.data, self.measures.data or "")


class NewItemForm(ItemForm):
    report_id = SelectField(_("书记"), coerce=int, choices=[])

    def offer(self, reports: Sequence[Report]) -> None:
        """Offer the secretaries in the order of the meeting."""
        self.report_id.choices = [SelectChoice(one.id, f"{one.branch.name}　{one.person.name}") for one in reports]


class ConfirmForm(WrittenForm):
    rows = HiddenField()
    digest = HiddenField()

    def ask_about(self, texts: Iterable[str]) -> list[object]:
        """What is to be said of secrecy marks in texts that came in a file."""
        return [said for text in texts for said in self.refusals(text)][:1]


class UploadForm(Form):
    files = MultipleFileField(_("填好的整改清单（Word，可以一次选几份）"))
