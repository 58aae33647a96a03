"""The minutes as they are edited."""

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, StringField, TextAreaField

from logbook.formats import as_integer
from logbook.minutes.actions import NewVersion
from logbook.settings.forms import InOrderForm, WrittenForm


class MinutesForm(WrittenForm):
    begun_from = HiddenField()
    text = TextAreaField(
        _("会议记录"), description=_("一行一段；“一、”“（一）”开头的是标题。"),
        render_kw={"rows": 24},
    )  # fmt: skip
    reason = StringField(_("修改说明（选填）"))

    def new_version(self) -> NewVersion:
        """The text as typed, and the version it was begun from."""
        return NewVersion(self.text.data or "", as_integer(self.begun_from.data or "") or 0, self.reason.data or "")


class SettleForm(InOrderForm):
    """The version that was looked at."""

    n = HiddenField()
