"""Forms of sign-in, of one's own account, and of people."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from logbook.access import Role
from logbook.accounts.actions import NewPerson
from logbook.accounts.models import Person
from logbook.accounts.passwords import MAX_PASSWORD
from logbook.folding import clean_name
from logbook.formats import SIGN_IN_NAME, today, typed_name
from logbook.settings.forms import DayField, EditForm, Form, InOrderForm, NumberField, WrittenForm

NAME = Length(max=60, message=_("请不超过60个字。"))
PASSWORD = Length(max=MAX_PASSWORD, message=_("密码长度为8至128个字符。"))
REQUIRED = DataRequired(message=_("请填写此项。"))


class SignInForm(Form):
    sign_in_name = StringField(_("登录名"), validators=[REQUIRED, Length(max=60)])
    password = PasswordField(_("密码"), validators=[REQUIRED, PASSWORD])


class CodeForm(Form):
    sign_in_name = StringField(_("登录名"), validators=[REQUIRED, Length(max=60)])
    code = StringField(
        _("一次性登录码"),
        validators=[REQUIRED, Length(max=40)],
        description=_("印在纸条上的12位字母数字，不分大小写。"),
    )
    password = PasswordField(
        _("设一个密码"),
        validators=[REQUIRED, PASSWORD],
        description=_("至少8个字符；四个不相干的词的拼音连起来，既难猜又好记。"),
    )


class PasswordForm(Form):
    old = PasswordField(_("原密码"), validators=[REQUIRED, PASSWORD])
    password = PasswordField(
        _("新密码"),
        validators=[REQUIRED, PASSWORD],
        description=_("至少8个字符；四个不相干的词的拼音连起来，既难猜又好记。"),
    )


class OwnPasswordForm(Form):
    """An act that opens doors: done by who can still say their own password."""

    own_password = PasswordField(_("您自己的密码"), validators=[REQUIRED, PASSWORD])


class SecondForm(Form):
    person_id = SelectField(_("可以同意发放登录码的党组成员"), coerce=int)

    def offer(self, people: Iterable[Person]) -> None:
        """Offer nobody, and the members but the leader."""
        members = [SelectChoice(value=one.id, label=one.name) for one in people]
        self.person_id.choices = [SelectChoice(value=0, label=_("不指定")), *members]


class PersonForm(EditForm, WrittenForm):
    name = StringField(_("姓名"), filters=[clean_name], validators=[REQUIRED, NAME])
    another = BooleanField(_("不是同一人，另建"))  # shown where somebody's name looks the same
    post = StringField(_("职务"), validators=[NAME])
    official_order = NumberField(
        _("职务排序"),
        default=999,
        validators=[InputRequired(_("请填写此项。")), NumberRange(min=1, max=9999)],
    )

    since = DayField(
        _("姓名有改动的：自何日起改名"), default=today, validators=[Optional()],
        description=_("以前登记、生成的仍用当时的姓名；本人下次登录时会看到这次改动。"),
    )  # fmt: skip
    wrong = BooleanField(_("原来的姓名有错字，直接改正"), description=_("以前登记的也改用正确的姓名。"))

    def since_on(self) -> dt.date | None:
        """The day a changed name holds from; None for a misspelling."""
        return None if self.wrong.data else self.since.data or today()

    def new_person(self) -> NewPerson:
        """The person as typed."""
        return NewPerson(
            name=self.name.data or "",
            post=self.post.data or "",
            official_order=self.official_order.data or 999,
            is_another=bool(self.another.data),
        )


class AccountForm(PersonForm, InOrderForm):
    """A person with their account, for who keeps the accounts."""

    sign_in_name = StringField(
        _("登录名"),
        description=_("字母、数字，例如姓名拼音；支部书记不需要登录名。"),
        validators=[Optional(), Regexp(f"^{SIGN_IN_NAME.pattern}$", message=_("请用2至60个小写字母、数字。"))],
        filters=[typed_name],
    )
    roles = SelectMultipleField(
        _("角色"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validators=[Optional()],
    )
    active = BooleanField(_("在用"), default=True)
    own_password = PasswordField(
        _("您自己的密码"),
        validators=[Optional(), Length(max=200)],
        description=_("改登录名、角色、在用时填写。"),
    )

    def offer_roles(self) -> None:
        """Offer the roles in the reader's language."""
        self.roles.choices = [SelectChoice(value=role.value, label=role.label) for role in Role]

    def new_person(self) -> NewPerson:
        """The person as typed."""
        return replace(super().new_person(), sign_in_name=self.sign_in_name.data or None)

    def hold_own(self) -> None:
        """Take away what nobody changes of their own account."""
        del self.roles, self.active

    def new_roles(self) -> frozenset[Role] | None:
        """The roles as ticked; None of one's own entry, which does not change them."""
        return frozenset(Role(value) for value in self.roles.data or ()) if "roles" in self else None

    @property
    def in_use(self) -> bool:
        """Whether the account is to be in use; one's own stays so."""
        return bool(self.active.data) if "active" in self else True

    def closes_doors(self, person: Person, roles: frozenset[Role]) -> bool:
        """Whether somebody leaves: their account goes out of use, or loses its name or the roles of the work."""
        wanted = self.new_roles()
        lost = frozenset() if wanted is None else roles - wanted
        off = person.active and not self.in_use
        unnamed = bool(person.sign_in_name and not self.sign_in_name.data)
        return off or unnamed or bool(lost & {Role.MEMBER, Role.LEADER, Role.OFFICE})

    def opens_doors(self, person: Person | None, roles: frozenset[Role]) -> bool:
        """Whether more changes than name and post: the sign-in name, the roles, whether the account is in use."""
        before = (person.sign_in_name, person.active) if person else (None, True)
        return (self.sign_in_name.data or None, self.in_use) != before or self.new_roles() not in {None, roles}
