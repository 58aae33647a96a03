"""The form all features build on, and the form of the settings."""

from functools import cache
from typing import Any

from flask import g, request
from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, IntegerField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.i18n import get_translations
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from logbook.errors import RuleBroken
from logbook.formats import secrecy_mark, storable
from logbook.settings.actions import SECURITY_BOUNDS, WORD_CHOICES


def _storable(typed: MultiDict[str, str], form: Any) -> MultiDict[str, str]:
    """The texts as they can be stored and shown; a password is taken as it was typed, and stored nowhere."""
    as_typed = {field.name for field in form if isinstance(field, PasswordField)}
    pairs = typed.items(multi=True)
    return MultiDict([(name, text if name in as_typed else storable(text)) for name, text in pairs])


@cache
def _own_messages(language: str) -> Any:
    """WTForms' own messages; Flask-WTF would read their catalogue from disk in every request."""
    return get_translations([language])


class Form(FlaskForm):
    """A form that can be shown again with what was typed, without being carried out.

    After a sign-in in the middle of typing, `g.shown_again` holds the typed body (accounts/carried.py).
    """

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: Any) -> Any:  # noqa: ARG002 - WTForms' own signature
            return _own_messages(str(get_locale() or "zh"))

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            if formdata is None:  # one of several on its page, and not the one that was sent
                return None
            if isinstance(formdata, MultiDict):  # typed elsewhere, and not in this request
                return _storable(formdata, form)
            if "shown_again" in g:
                return _storable(g.shown_again, form)
            wrapped = super().wrap_formdata(form, formdata)
            if wrapped is None:
                return None
            # A file where a text belongs is no text; PostgreSQL refuses U+0000, and no page holds a control character.
            names = {field.name for field in form if isinstance(field, FileField)}
            files = [(name, file) for name, file in request.files.items(multi=True) if name in names]
            return MultiDict([*_storable(request.form, form).items(multi=True), *files])

    def validate_on_submit(self, extra_validators: Any = None) -> bool:
        """Validate a POST; a form shown again is never taken for a submitted one."""
        if "shown_again" in g:
            return False
        return bool(super().validate_on_submit(extra_validators))

    @property
    def status(self) -> int:
        """422 for a page that shows what is wrong with what was typed."""
        return 422 if self.errors else 200

    def refuse(self, broken: RuleBroken) -> None:
        """Put the domain's refusal beside its field, or on top of the form."""
        field = self._fields.get(broken.field)
        if field is None:
            self.form_errors.append(broken.message)
        else:
            field.errors = [*field.errors, broken.message]


def _choices(words: tuple[str, ...]) -> list[SelectChoice]:
    return [SelectChoice(value=word, label=word) for word in words]


class WrittenForm(Form):
    """A form of free text: a secrecy mark in it is refused beside its field, until somebody has looked and ticks."""

    no_secrets = BooleanField(_("已核对，不涉及国家秘密和工作秘密"))
    asks_about_secrets = False  # then the page shows the tick

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate, and refuse the secrecy marks that nobody has looked at; all faults at once."""
        fine = bool(super().validate(extra_validators))
        self.refuse_secrecy_marks()
        return fine and not self.asks_about_secrets

    def refuse_secrecy_marks(self) -> None:
        """Put a refusal beside every text with a mark; what stands as it was stored is not asked about again."""
        for field in self:
            if isinstance(field, StringField) and field.data != field.object_data:
                field.errors = [*field.errors, *self.refusals(field.data)]

    def refusals(self, text: str | None) -> list[object]:
        """What is to be said of a text with a secrecy mark."""
        mark = None if self.no_secrets.data else secrecy_mark(text or "")
        if mark is None:
            return []
        self.asks_about_secrets = True
        return [_("文字中有“%(mark)s”字样。本系统严禁录入国家秘密和工作秘密；核对无误的，请勾选后再提交。", mark=mark)]


def _nought(number: int | None) -> int:
    """Nothing is 0."""
    return number or 0


class SettingsForm(Form):
    unit_name = StringField(_("单位名称"), validators=[DataRequired(), Length(max=60)])
    group_word = SelectField(_("党组的称谓"), choices=_choices(WORD_CHOICES["group_word"]))
    office_word = SelectField(_("党办的称谓"), choices=_choices(WORD_CHOICES["office_word"]))
    liaison_word = SelectField(_("挂点的称谓"), choices=_choices(WORD_CHOICES["liaison_word"]))
    ballot_word = SelectField(_("测评表的称谓"), choices=_choices(WORD_CHOICES["ballot_word"]))
    superior = StringField(_("上级党组织"), validators=[DataRequired(), Length(max=60)])
    late_after_days = IntegerField(_("几天后登记算登记较晚"), validators=[InputRequired(), NumberRange(min=1, max=366)])
    problem_due_days = IntegerField(
        _("问题的办理期限（天）"), validators=[InputRequired(), NumberRange(min=1, max=730)]
    )
    undertaking_due_days = IntegerField(
        _("领办事项的办理期限（天）"), validators=[InputRequired(), NumberRange(min=1, max=730)]
    )
    rectification_days = IntegerField(
        _("整改事项的办理期限（天）"), validators=[InputRequired(), NumberRange(min=1, max=730)]
    )
    weight_a = IntegerField(_("A票的权重"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)])
    weight_b = IntegerField(_("B票的权重"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)])
    weight_c = IntegerField(_("C票的权重"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)])
    good_from = IntegerField(
        _("建议“好”的最低分"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)]
    )
    fairly_good_from = IntegerField(
        _("建议“较好”的最低分"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)]
    )
    average_from = IntegerField(
        _("建议“一般”的最低分"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)]
    )
    cap_percent = IntegerField(
        _("“较好”及以下至少占百分之几"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)]
    )
    default_level = SelectField(_("预设的知悉范围"))
    seven_constructions = BooleanField(_("主要内容另列七项建设"))

    def values(self) -> dict[str, str | int | bool]:
        """The settings as typed, by name."""
        return {name: value for name, value in self.data.items() if name != "csrf_token"}


class SecurityForm(Form):
    idle_minutes = IntegerField(
        _("多少分钟不操作要重新登录"),
        validators=[InputRequired(), NumberRange(*SECURITY_BOUNDS["idle_minutes"])],
        description=_("5至480。没有写完的内容不会丢：重新登录后还在。"),
    )
    session_days = IntegerField(
        _("登录最长保持几天"),
        validators=[InputRequired(), NumberRange(*SECURITY_BOUNDS["session_days"])],
        description=_("1至90。到了这个天数，一直在用的也要重新登录。"),
    )

    def values(self) -> dict[str, str | int | bool]:
        """The settings as typed, by name."""
        return {name: self.data[name] for name in SECURITY_BOUNDS}
