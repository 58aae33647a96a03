"""The forms of a year: its text, its closing, an addendum; the days and the filters in its addresses."""

import datetime as dt
from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, StringField, TextAreaField

from logbook.errors import RuleBroken
from logbook.formats import as_date
from logbook.settings.forms import EditForm, Form, WrittenForm
from logbook.years import actions
from logbook.years.frames import Span
from logbook.years.summary import BranchFigures, Item, YearSummary

WIDEST = 366 * 5  # days of a span of one's own


class TextForm(EditForm, WrittenForm):
    text = TextAreaField(
        _("汇总文字"),
        description=_("一行一段；“一、”“（一）”开头的是标题。清空后保存，就回到程序生成的文字。"),
        render_kw={"rows": 24},
    )


class CloseForm(Form):
    early = BooleanField(_("这一年还没有结束，现在就归档"))
    sure = BooleanField(_("已看过上面各项；归档后这一年不再登记、更正、撤销，也不能重新打开"))


class AddendumForm(WrittenForm):
    text = TextAreaField(_("补充的内容"), render_kw={"rows": 4, "class": "short"})
    reason = StringField(_("补充的原因"))


def span_from(args: Mapping[str, str], today: dt.date) -> Span:
    """The days in an address; none at all is this year. Raise RuleBroken("from" or "to")."""
    if not args.get("from") and not args.get("to"):
        return actions.whole_year(today.year, today)
    first, last = _day(args, "from"), _day(args, "to")
    if first.year < 2000:  # noqa: PLR2004 - as for visits
        raise RuleBroken("from", _("请从2000年以后的日期开始。"))
    if last < first:
        raise RuleBroken("to", _("结束的日期不能早于开始的日期。"))
    if first > today:
        raise RuleBroken("from", _("开始的日期不能晚于今天。"))
    if (last - first).days > WIDEST:
        raise RuleBroken("to", _("一次最多汇总五年。"))
    return Span(first, last, today)


def _day(args: Mapping[str, str], name: str) -> dt.date:
    day = as_date(args.get(name, ""))
    if day is None:
        raise RuleBroken(name, _("请选择日期。"))
    return day


def items_from(args: Mapping[str, str], figures: YearSummary) -> Sequence[Item]:
    """The problems, or undertakings, that a figure of the page counts: of the same tuple it was counted from."""
    return [one for one in _all(args, figures) if _fits(one, args, figures.first)]


def _all(args: Mapping[str, str], figures: YearSummary) -> Sequence[Item]:
    return figures.promises if args.get("what") == "undertakings" else figures.items


def _fits(one: Item, args: Mapping[str, str], first: dt.date) -> bool:
    values = {
        "state": one.state, "side": one.side, "category": one.category, "member": str(one.member_id),
        "overdue": "1" if one.overdue else "", "carried": "1" if one.raised_on < first else "",
    }  # fmt: skip
    branch = args.get("branch")
    here = not branch or branch in map(str, one.branch_ids)
    return here and all(not args.get(name) or args[name] == value for name, value in values.items())


def branches_from(args: Mapping[str, str], figures: YearSummary) -> Sequence[BranchFigures]:
    """The liaison branches that a figure of the page counts: all of them, or those somebody went to."""
    return [one for one in figures.branches if one.liaison and (one.trips or not args.get("covered"))]
