"""The form all features build on, and the form of the settings."""

import enum
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice, SelectFieldBase
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional
from wtforms.widgets import TextInput

from logbook.cleaning import clean_line, clean_text, cleaned
from logbook.errors import RuleBroken
from logbook.formats import as_count, as_date, fingerprint, shown_date
from logbook.marks import secrecy_mark
from logbook.settings.actions import SECURITY_BOUNDS, WORD_CHOICES
from logbook.settings.messages import Messages
from logbook.typed import PASSWORDS


class DayField(DateField):
    """A day, chosen or typed as people write one; what is no day stands there again."""

    data: Any

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was sent."""
        typed = " ".join(valuelist).strip()
        self.data = as_date(typed)
        if typed and self.data is None:
            raise ValueError(gettext("请填日期，例如2026年3月5日。"))


class NumberField(IntegerField):
    """A whole number, typed with any keyboard: １２ and 12 are the same."""

    data: Any

    widget = TextInput()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "numeric"} | kwargs.get("render_kw", {})
        super().__init__(*args, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was sent."""
        typed = " ".join(valuelist).strip()
        self.data = as_count(typed)
        if typed and self.data is None:
            raise ValueError(gettext("请填整数。"))


def _cleaned(typed: MultiDict[str, str]) -> MultiDict[str, str]:
    return MultiDict(cleaned(typed.items(multi=True), but=PASSWORDS))


def _cleaner(field: type[Field]) -> Callable[[str | None], str] | None:
    """What a field's text goes through: what is read from the database and from files, too."""
    if issubclass(field, HiddenField | PasswordField) or not issubclass(field, StringField):
        return None
    return clean_text if issubclass(field, TextAreaField) else clean_line


_MESSAGES = Messages()
SHORT = 60  # characters of what stands in a field now that fit into a line beside it


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A field that somebody else changed while this form was open; `text` is what stands there now, as it is read."""

    name: str
    label: str
    text: str

    @property
    def is_long(self) -> bool:
        """Whether it stands below the list of what is wrong, and not in a line of it."""
        return len(self.text) > SHORT


class Form(FlaskForm):
    """A form that can be shown again with what was typed, without being carried out.

    After a sign-in in the middle of typing, `g.shown_again` holds the typed body (accounts/carried.py).
    """

    overtaken: tuple[Overtaken, ...] = ()  # of a form that changes what is stored

    class Meta(FlaskForm.Meta):
        def get_translations(self, form: Any) -> Any:  # noqa: ARG002 - WTForms' own signature
            return _MESSAGES

        def wrap_formdata(self, form: Any, formdata: Any) -> Any:
            if formdata is None:  # one of several on its page, and not the one that was sent
                return None
            if isinstance(formdata, MultiDict):  # typed elsewhere, and not in this request
                return _cleaned(formdata)
            if "shown_again" in g:
                return _cleaned(g.shown_again)
            wrapped = super().wrap_formdata(form, formdata)
            if wrapped is None:
                return None
            # A file where a text belongs is no text.
            names = {field.name for field in form if isinstance(field, FileField)}
            files = [(name, file) for name, file in request.files.items(multi=True) if name in names]
            return MultiDict([*request.form.items(multi=True), *files])

        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            cleaner = _cleaner(unbound_field.field_class)
            if cleaner is not None:
                options = {**options, "filters": [cleaner, *unbound_field.kwargs.get("filters", ())]}
            return super().bind_field(form, unbound_field, options)

    def validate_on_submit(self, extra_validators: Any = None) -> bool:
        """Validate a POST; a form shown again is never taken for a submitted one."""
        if "shown_again" in g:
            return False
        return bool(super().validate_on_submit(extra_validators))

    @property
    def status(self) -> int:
        """422 for a page that shows what is wrong with what was typed; 409 where somebody else was quicker."""
        return 409 if self.overtaken else 422 if self.errors else 200

    def list_faults(self) -> list[tuple[str, str, Any]]:
        """What is wrong: (where it is mended, its label, the message); what nobody can fill in has a sentence only."""
        found = [("", "", message) for message in self.form_errors]
        for field in self:
            named = not isinstance(field, HiddenField) and field.label.text != _name_in_code(field)
            place = (field.id, field.label.text) if named else ("", "")
            found += [(*place, _sentence(field, error)) for error in field.errors[:1]]
        return found

    def refuse(self, broken: RuleBroken) -> None:
        """Put the domain's refusal beside its field, or on top of the form."""
        field = self._fields.get(broken.field)
        if field is None:
            self.form_errors.append(broken.message)
        else:
            field.errors = [*field.errors, broken.message]


def _name_in_code(field: Field) -> str:
    """What WTForms shows of a field that has no label: its name."""
    return str(field.short_name.replace("_", " ").title())


def _sentence(field: Field, error: Any) -> Any:
    """A hidden field that is missing was lost with its page: nobody can fill it in."""
    lost = isinstance(field, HiddenField) and str(error) == gettext("请填写此项。")
    return gettext("这一页不完整，请重新打开后再提交。") if lost else error


def _choices(words: tuple[str, ...]) -> list[SelectChoice]:
    return [SelectChoice(value=word, label=word) for word in words]


class InOrderForm(Form):
    """A form of a step that may come before another it rests on: that is told, and the step taken with a tick."""

    go_on = BooleanField(_("已知悉上述情况，仍要继续"))
    told: Sequence[str] = ()  # then the page shows the tick

    def check_order(self) -> None:
        """Raise RuleBroken("go_on") where something is out of order and nobody has ticked that they read it."""
        if self.told and not self.go_on.data:
            raise RuleBroken("go_on", _("请看清上面的情况：确要继续的，勾选后再提交。"))


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
            if (
                isinstance(field, StringField)
                and not isinstance(field, PasswordField)
                and field.data != field.object_data
            ):
                field.errors = [*field.errors, *self.refusals(field.data)]

    def refusals(self, text: str | None) -> list[object]:
        """What is to be said of a text with a secrecy mark."""
        mark = None if self.no_secrets.data else secrecy_mark(text or "")
        if mark is None:
            return []
        self.asks_about_secrets = True
        return [_("文字中有“%(mark)s”字样。本系统严禁录入国家秘密和工作秘密；核对无误的，请勾选后再提交。", mark=mark)]


class EditForm(Form):
    """A form that changes what is stored: nobody takes back unseen what somebody else saved while it was open.

    A hidden field tells what stood there when the page was opened. Where that is no longer so, nothing is saved, both
    are shown, and only then can it be saved on top. A page from before there was the field is taken as it comes.
    """

    based_on = HiddenField(render_kw={"id": False})  # one of several on its page

    def process(
        self, formdata: Any = None, obj: Any = None, data: Any = None, extra_filters: Any = None, **kwargs: Any
    ) -> None:
        """Take what was typed, and note what is stored: the values that the form was made with."""
        super().process(formdata, obj, data, extra_filters, **kwargs)
        given = {**(data or {}), **kwargs}
        self.let_stand(
            **{name: one.object_data for name, one in self._fields.items() if hasattr(obj, name) or name in given}
        )

    def let_stand(self, **stored: object) -> None:
        """Say what is stored, where that is not what the form shows first."""
        self._stored = stored
        if not self.based_on.raw_data or not self.based_on.data:
            self.based_on.data = self._mark()

    def _mark(self) -> str:
        return ",".join(f"{name}={_digest(value)}" for name, value in self._stored.items())

    def validate(self, extra_validators: Any = None) -> bool:
        """Validate, and refuse what somebody else changed meanwhile; all faults at once."""
        fine = bool(super().validate(extra_validators))
        pairs = (pair.partition("=") for pair in (self.based_on.data or "").split(","))
        seen = {name: digest for name, _equals, digest in pairs if name in self._stored and name in self._fields}
        self.overtaken = tuple(self._refuse(name, seen[name]) for name in seen if self._is_overtaken(name, seen[name]))
        if self.overtaken:
            self.based_on.data = self._mark()  # only who was told what is there now writes on top of it
        return fine and not self.overtaken

    def _is_overtaken(self, name: str, seen: str) -> bool:
        """Whether it changed since it was seen, and isn't what this form says as well."""
        now = _digest(self._stored[name])
        return now not in {seen, _digest(self._fields[name].data)}

    def _refuse(self, name: str, seen: str) -> Overtaken:
        """What was typed stays, with what stands now beside it; where nothing was, the field shows what stands now."""
        field, stored = self._fields[name], self._stored[name]
        found = Overtaken(name, str(field.label.text), _read(field, stored))
        if _digest(field.data) != seen:
            said = _(
                "您打开这一页以后，已有人改为：%(now)s。这里是您填的，确要这样改的，请再保存一次。", now=_line(found)
            )
        else:
            said = _("您打开这一页以后，已有人改为：%(now)s。已照此填入。", now=_line(found))
            field.process(None, stored)
            field.raw_data = None
        field.errors = [*field.errors, said]
        return found


def _plain(value: object) -> object:
    """A value as it is compared: nothing is the empty text, an enum its value, of several the order is none."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(str(_plain(one)) for one in value)
    return "" if value is None else value


def _digest(value: object) -> str:
    return fingerprint(_plain(value))[:16]


def _line(found: Overtaken) -> object:
    return _("见上方") if found.is_long else found.text


def _read(field: Field, value: Any) -> str:
    """A stored value as its field's reader reads it."""
    if isinstance(field, BooleanField):
        return str(gettext("是") if value else gettext("否"))
    if isinstance(field, SelectFieldBase):
        several = value if isinstance(value, list | tuple | set | frozenset) else [value]
        chosen = {str(_plain(one)) for one in several}
        return "、".join(_labels(field, chosen)) or gettext("（空）")
    if isinstance(field, DateField) and value:
        return str(shown_date(value))
    text = str(_plain(value))
    return text or gettext("（空）")


def _labels(field: Any, chosen: Iterable[str]) -> list[str]:
    return [str(one.label) for one in field.choices or () if str(one.value) in chosen]


def _nought(number: int | None) -> int:
    """Nothing is 0."""
    return number or 0


class SettingsForm(EditForm, WrittenForm):
    unit_name = StringField(_("单位名称"), validators=[DataRequired(), Length(max=60)])
    group_word = SelectField(_("党组的称谓"), choices=_choices(WORD_CHOICES["group_word"]))
    office_word = SelectField(_("党办的称谓"), choices=_choices(WORD_CHOICES["office_word"]))
    liaison_word = SelectField(_("挂点的称谓"), choices=_choices(WORD_CHOICES["liaison_word"]))
    ballot_word = SelectField(_("测评表的称谓"), choices=_choices(WORD_CHOICES["ballot_word"]))
    superior = StringField(_("上级党组织"), validators=[DataRequired(), Length(max=60)])
    late_after_days = NumberField(_("几天后登记算登记较晚"), validators=[InputRequired(), NumberRange(min=1, max=366)])
    problem_due_days = NumberField(_("问题的办理期限（天）"), validators=[InputRequired(), NumberRange(min=1, max=730)])
    undertaking_due_days = NumberField(
        _("领办事项的办理期限（天）"), validators=[InputRequired(), NumberRange(min=1, max=730)]
    )
    rectification_days = NumberField(
        _("整改事项的办理期限（天）"), validators=[InputRequired(), NumberRange(min=1, max=730)]
    )
    weight_a = NumberField(_("A票的权重"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)])
    weight_b = NumberField(_("B票的权重"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)])
    weight_c = NumberField(_("C票的权重"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)])
    good_from = NumberField(
        _("建议“好”的最低分"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)]
    )
    fairly_good_from = NumberField(
        _("建议“较好”的最低分"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)]
    )
    average_from = NumberField(
        _("建议“一般”的最低分"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)]
    )
    cap_percent = NumberField(
        _("“较好”及以下至少占百分之几"), filters=[_nought], validators=[Optional(), NumberRange(min=0, max=100)]
    )
    default_level = SelectField(_("预设的知悉范围"))
    seven_constructions = BooleanField(_("主要内容另列七项建设"))

    def values(self) -> dict[str, str | int | bool]:
        """The settings as typed, by name."""
        return {
            name: value for name, value in self.data.items() if name not in {"csrf_token", "based_on", "no_secrets"}
        }


class SecurityForm(EditForm):
    idle_minutes = NumberField(
        _("多少分钟不操作要重新登录"),
        validators=[InputRequired(), NumberRange(*SECURITY_BOUNDS["idle_minutes"])],
        description=_("5至480。没有写完的内容不会丢：重新登录后还在。"),
    )
    session_days = NumberField(
        _("登录最长保持几天"),
        validators=[InputRequired(), NumberRange(*SECURITY_BOUNDS["session_days"])],
        description=_("1至90。到了这个天数，一直在用的也要重新登录。"),
    )

    def values(self) -> dict[str, str | int | bool]:
        """The settings as typed, by name."""
        return {name: self.data[name] for name in SECURITY_BOUNDS}
