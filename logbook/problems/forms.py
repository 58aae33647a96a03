"""The forms of the ledger, and the filters in its address."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from logbook.accounts.models import Person
from logbook.cleaning import clean_text
from logbook.db import Word
from logbook.formats import as_integer, as_label
from logbook.problems.actions import Closing, Terms
from logbook.problems.models import Answer, Category, Handling, Problem, Side, State, UndertakingState
from logbook.problems.queries import Filters
from logbook.settings.forms import DayField, EditForm, WrittenForm

_ = lazy_gettext
W = TypeVar("W", bound=Word)
STATES = {"open": _("未办结"), "overdue": _("已超期"), "done": _("已办结"), "all": _("全部")}


def _words(words: Any) -> list[SelectChoice]:
    return [SelectChoice(one.value, one.label) for one in words]


def _long(label: object) -> TextAreaField:
    return TextAreaField(label, render_kw={"rows": 2, "class": "short"})


class ProgressForm(WrittenForm):
    text = _long(_("进展"))
    state = SelectField(_("现在的状态"), choices=[])

    def offer(self, among: Collection[State] = frozenset(State)) -> None:
        """Offer the states but 已办结, which has a result."""
        self.state.choices = _words(state for state in State if state in among and state is not State.DONE)


class CloseForm(WrittenForm):
    result = _long(_("办理结果"))
    told_whom = StringField(_("反馈给谁（选填）"), validators=[Length(max=200)])
    told_on = DayField(_("反馈日期（选填）"), validators=[Optional()])
    answer = SelectField(_("反映人的意见（选填）"), choices=[], default="")

    def offer(self) -> None:
        """Offer the answers of those who raised it."""
        self.answer.choices = [SelectChoice("", gettext("未回访")), *_words(Answer)]

    @property
    def has_more(self) -> bool:
        """Whether anything beyond the result was typed or is wrong: then it is shown unfolded."""
        more = (self.told_whom, self.told_on, self.answer)
        return any(field.errors or any(field.raw_data or ()) for field in more)

    def closing(self) -> Closing:
        """How the problem was closed."""
        answer = Answer(self.answer.data) if self.answer.data else None
        return Closing(self.result.data or "", self.told_whom.data or "", self.told_on.data, answer)


class ReopenForm(WrittenForm):
    reason = StringField(_("重新打开的原因"))


class TermsForm(EditForm, WrittenForm):
    side = SelectField(_("责任方"), choices=[])
    handling = SelectField(_("处理方式"), choices=[])
    category = SelectField(_("类别"), choices=[])
    owner_unit = StringField(_("责任单位"), validators=[Length(max=100)])
    owner_person_id = SelectField(_("责任人"), choices=[])
    due_on = DayField(_("完成时限"), validators=[InputRequired(_("请选择日期。"))])
    measures = _long(_("措施"))

    def offer(self, people: Iterable[Person]) -> None:
        """Offer the words in the reader's language, and who may be responsible."""
        nobody = SelectChoice("", gettext("不指定"))
        self.owner_person_id.choices = [nobody, *(SelectChoice(str(one.id), one.name) for one in people)]
        self.side.choices, self.handling.choices = _words(Side), _words(Handling)
        self.category.choices = _words(Category)

    def terms(self) -> Terms:
        """The terms as typed."""
        return Terms(
            Side(self.side.data), Category(self.category.data), Handling(self.handling.data),
            self.owner_unit.data or "", self.due_on.data, self.measures.data or "",
            int(self.owner_person_id.data) if self.owner_person_id.data else None,
        )  # fmt: skip


def typed(problem: Problem) -> dict[str, Any]:
    """A problem's terms as its form shows them."""
    values = {name: getattr(problem, name) for name in ("owner_unit", "due_on", "measures")}
    values["owner_person_id"] = str(problem.owner_person_id or "")
    return values | {name: getattr(problem, name).value for name in ("side", "handling", "category")}


class UndertakingForm(EditForm, WrittenForm):
    text = _long(_("办理情况"))
    state = RadioField(_("现在的状态"), choices=[])

    def offer(self) -> None:
        """Offer the states."""
        self.state.choices = _words(UndertakingState)


class DirectiveForm(WrittenForm):
    text = _long(_("党组部署"))
    issued_on = DayField(_("部署日期"), validators=[InputRequired(_("请选择日期。"))])
    due_on = DayField(_("完成时限"), validators=[InputRequired(_("请选择日期。"))])
    asks_visits = BooleanField(_("要求到挂点支部"), default=True)


def filters_from(args: Mapping[str, str]) -> Filters:
    """What an address narrows the ledger to; nonsense narrows nothing."""
    return Filters(
        state=args.get("state", "") if args.get("state") in STATES else "open",
        side=_known(Side, args.get("side")),
        category=_known(Category, args.get("category")),
        branch_id=as_integer(args.get("branch", "")),
        member_id=as_integer(args.get("member", "")),
        text=as_label(clean_text(args.get("text")))[:100],
    )


def _known(words: type[W], value: str | None) -> W | None:
    return next((word for word in words if word.value == value), None)
