"""Forms of the lists: a branch, what holds from a day on, a liaison, the workbook."""

import datetime as dt
from collections.abc import Iterable

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, HiddenField, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from logbook.accounts.models import Person
from logbook.folding import clean_name
from logbook.formats import today
from logbook.organization.actions import MAX_TARGET, NewBranch, NewLiaison
from logbook.organization.models import Branch, BranchKind, HostKind, Period
from logbook.settings.forms import DayField, EditForm, Form, NumberField, WrittenForm

FIRST, LAST = dt.date(1949, 10, 1), dt.date(2100, 12, 31)
NAME = Length(max=60, message=_("请不超过60个字。"))
REQUIRED = DataRequired(message=_("请填写此项。"))
GIVEN = InputRequired(message=_("请填写此项。"))


def sensible(_form: object, field: DayField) -> None:
    """Refuse days that no list of ours can begin on."""
    if field.data and not FIRST <= field.data <= LAST:
        raise ValidationError(_("日期要在1949年至2100年之间。"))


NOT_CHOSEN = -1  # 0 is a choice: vacant, or inside none


def chosen(_form: object, field: SelectField) -> None:
    """Refuse a list nobody chose from: a change of secretary must not happen by a slip."""
    if field.data == NOT_CHOSEN:
        raise ValidationError(_("请选择。"))


def _people(people: Iterable[Person]) -> list[SelectChoice]:
    return [SelectChoice(value=person.id, label=_titled(person)) for person in people]


def _ask() -> list[SelectChoice]:
    return [SelectChoice(value=NOT_CHOSEN, label=_("请选择"))]


def _titled(person: Person) -> str:
    return f"{person.name}（{person.post}）" if person.post else person.name


def _branches(branches: Iterable[Branch]) -> list[SelectChoice]:
    return [SelectChoice(value=branch.id, label=branch.name) for branch in branches]


class BranchForm(EditForm, WrittenForm):
    name = StringField(
        _("名称"), filters=[clean_name], validators=[REQUIRED, NAME],
        description=_("写全称，例如三岭山森林公园党支部。"),
    )  # fmt: skip
    another = BooleanField(_("不是同一个，另建"))  # shown where a name looks the same
    kind = SelectField(_("类别"))
    host_unit = StringField(_("所在单位"), filters=[clean_name], validators=[REQUIRED, NAME])
    host_kind = SelectField(_("单位类别"))
    reports_to_group = BooleanField(_("向党组述职"), default=True)
    official_order = NumberField(_("排序"), default=999, validators=[GIVEN, NumberRange(min=1, max=9999)])
    from_on = DayField(_("成立日期"), validators=[Optional()], description=_("不清楚的留空。"))
    to_on = DayField(_("撤销日期"), validators=[Optional()])
    since = DayField(
        _("改动自何日起"),
        default=today,
        validators=[Optional(), sensible],
        description=_("以前的汇总、材料和名册仍按原来的名称、所在单位和是否述职。"),
    )
    wrong = BooleanField(
        _("原来填错了，直接改正"), description=_("不留原来的，以前的也照新的显示；已归档年度的汇总不变。")
    )

    def offer(self) -> None:
        """Offer kinds in the reader's language."""
        self.kind.choices = [SelectChoice(value=kind.value, label=kind.label) for kind in reversed(BranchKind)]
        self.host_kind.choices = [SelectChoice(value=kind.value, label=kind.label) for kind in HostKind]

    @staticmethod
    def typed(branch: Branch) -> dict[str, object]:
        """A stored branch as it would have been typed."""
        plain = {name: getattr(branch, name) for name in NewBranch.__slots__ if name != "is_another"}
        return plain | {"kind": branch.kind.value, "host_kind": branch.host_kind.value}

    def since_on(self) -> dt.date | None:
        """The day the change holds from; None for a correction."""
        return None if self.wrong.data else self.since.data or today()

    def new_branch(self) -> NewBranch:
        """The branch as typed."""
        return NewBranch(
            name=self.name.data or "",
            kind=BranchKind(self.kind.data),
            host_unit=self.host_unit.data or "",
            host_kind=HostKind(self.host_kind.data),
            reports_to_group=bool(self.reports_to_group.data),
            official_order=self.official_order.data or 999,
            is_another=bool(self.another.data),
            from_on=self.from_on.data,
            to_on=self.to_on.data,
        )


class HistoryForm(Form):
    """What holds from a day on; `own_confirmed` is asked only where it makes a liaison point the member's own."""

    from_on = DayField(_("自何日起"), default=today, validators=[REQUIRED, sensible])
    own_confirmed = BooleanField(_("是本人所在的党组织，仍作为挂点"))


class SecretaryForm(HistoryForm):
    person_id = SelectField(_("新任书记"), coerce=int, validators=[chosen])

    def offer(self, people: Iterable[Person]) -> None:
        """Offer the people, and a vacant post."""
        self.person_id.choices = [*_ask(), *_people(people), SelectChoice(value=0, label=_("空缺"))]


class PlacementForm(HistoryForm):
    general_branch_id = SelectField(_("上级党总支"), coerce=int, validators=[chosen])

    def offer(self, branches: Iterable[Branch]) -> None:
        """Offer the general branches, and none."""
        general = [branch for branch in branches if branch.kind is BranchKind.GENERAL]
        self.general_branch_id.choices = [
            *_ask(),
            *_branches(general),
            SelectChoice(value=0, label=_("不在党总支之内")),
        ]


class OwnBranchForm(HistoryForm):
    person_id = SelectField(_("人员"), coerce=int, validators=[chosen])

    def offer(self, people: Iterable[Person]) -> None:
        """Offer the people."""
        self.person_id.choices = [*_ask(), *_people(people)]


def _offer_periods(field: SelectField) -> None:
    field.choices = [SelectChoice(value=period.value, label=period.label) for period in reversed(Period)]


class LiaisonForm(Form):
    year = NumberField(_("年度"), validators=[GIVEN, NumberRange(min=2000, max=2100)])
    member_id = SelectField(_("党组成员"), coerce=int)
    branch_id = SelectField(_("挂点党组织"), coerce=int)
    target = NumberField(_("次数"), default=1, validators=[GIVEN, NumberRange(min=1, max=MAX_TARGET)])
    period = SelectField(_("周期"))
    from_on = DayField(_("开始日期"), validators=[Optional()], description=_("留空为1月1日。"))
    to_on = DayField(_("结束日期"), validators=[Optional()], description=_("留空为12月31日。"))
    own_confirmed = BooleanField(_("是本人所在的党组织，仍作为挂点"))

    def offer(self, members: Iterable[Person], branches: Iterable[Branch]) -> None:
        """Offer the members and branches."""
        self.member_id.choices, self.branch_id.choices = _people(members), _branches(branches)
        _offer_periods(self.period)

    def new_liaison(self) -> NewLiaison:
        """The liaison as typed: the whole year where no day is given."""
        year = self.year.data or 0
        return NewLiaison(
            year=year,
            member_id=self.member_id.data,
            branch_id=self.branch_id.data,
            from_on=self.from_on.data or dt.date(year, 1, 1),
            to_on=self.to_on.data or dt.date(year, 12, 31),
            target=self.target.data or 0,
            period=Period(self.period.data),
        )


class TargetForm(EditForm):
    target = NumberField(_("次数"), validators=[GIVEN, NumberRange(min=1, max=MAX_TARGET)])
    period = SelectField(_("周期"))

    def offer(self) -> None:
        """Offer the periods in the reader's language."""
        _offer_periods(self.period)


class EndForm(Form):
    on = DayField(_("最后一天"), validators=[REQUIRED])
    sure = HiddenField()


class ImportForm(Form):
    workbook = FileField(_("Excel 工作簿"), validators=[FileRequired(_("请选择文件。"))])
    from_on = DayField(
        _("书记、所在党组织、上级党总支自何日起"),
        default=lambda: today().replace(month=1, day=1),
        validators=[REQUIRED, sensible],
        description=_("与名册不同的，原来的到前一天为止，新的从这一天起。"),
    )


class ConfirmImportForm(Form):
    upload = HiddenField(validators=[REQUIRED])
    digest = HiddenField(validators=[REQUIRED])
    apart = SelectMultipleField(choices=[], validate_choice=False)  # the questions answered with 不是，另建
    shown_apart = HiddenField()  # as they were answered on the page
    from_on = DayField(_("书记、所在党组织、上级党总支自何日起"), validators=[REQUIRED, sensible])
    own_password = PasswordField(
        _("您自己的密码"),
        validators=[Optional(), Length(max=200)],
        description=_("要改登录名或角色；新增的角色经另一人确认后生效。"),
    )


class StandInForm(EditForm):
    person_id = SelectField(_("代办人"), choices=[], description=_("从党组成员中指定，只办理涉及党办人员本人的事项。"))

    def offer(self, people: Iterable[Person]) -> None:
        """Offer who may stand in."""
        self.person_id.choices = [SelectChoice("", gettext("不指定")), *(_named(one) for one in people)]

    def person(self) -> int | None:
        """The chosen one's id; None for nobody."""
        return int(self.person_id.data) if self.person_id.data else None


def _named(person: Person) -> SelectChoice:
    return SelectChoice(str(person.id), _titled(person))
