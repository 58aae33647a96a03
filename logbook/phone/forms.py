"""The form that takes a rescue file."""

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired

from logbook.settings.forms import Form


class RescueForm(Form):
    file = FileField(
        _("救援文件"),
        validators=[FileRequired(_("请选择文件。"))],
        description=_("成员发来的文本文件，不要改动内容。"),
    )
