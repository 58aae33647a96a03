"""The forms of a year: its text, its closing, an addendum."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, StringField, TextAreaField

from logbook.formats import clean_text
from logbook.settings.forms import Form, WrittenForm


class TextForm(WrittenForm):
    text = TextAreaField(
        _("汇总文字"),
        filters=[clean_text],
        description=_("一行一段；“一、”“（一）”开头的是标题。清空后保存，就回到程序生成的文字。"),
        render_kw={"rows": 24},
    )


class CloseForm(Form):
    early = BooleanField(_("这一年还没有结束，现在就归档"))
    sure = BooleanField(_("已看过上面各项；归档后这一年不再登记、更正、撤销，也不能重新打开"))


class AddendumForm(WrittenForm):
    text = TextAreaField(_("补充的内容"), filters=[clean_text], render_kw={"rows": 4, "class": "short"})
    reason = StringField(_("补充的原因"), filters=[clean_text])
