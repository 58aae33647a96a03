"""The papers of a summary: text with its 附件 for Word and PDF, sheets for Excel. Chinese only."""

import datetime as dt
from collections.abc import Callable, Iterable

from logbook.documents import charts
from logbook.documents.charts import Series
from logbook.documents.paper import Attachment, Block, Chart, Heading, Paper, Para, Table
from logbook.documents.sheet import Column, Sheet
from logbook.formats import full_date
from logbook.problems.models import Side
from logbook.settings.queries import Settings
from logbook.visits.models import Addendum, Kind
from logbook.years import wording
from logbook.years.summary import Item, YearSummary

Words = Callable[[str], str]  # the unit's own words in the place of the presets
NONE = "无"
NOTE = "注：同一次活动有多名成员参加的，支部计1次，成员各计1人次；撤销的记录不计。"


def paper(
    summary: YearSummary, text: str, addenda: Iterable[Addendum], settings: Settings, on: dt.date, *, counts: bool
) -> Paper:
    """The year's paper; `counts` prints how often and how many days beside each member, as the office chose."""
    name = wording.span_name(summary)
    words = settings.words.apply
    return Paper(
        title=wording.title(summary, settings),
        blocks=tuple(_blocks(text, addenda)),
        signed=words(f"{settings.unit_name}党办"),
        dated=on,
        attachments=(
            Attachment(words(f"{name}党组成员下基层情况统计表"), (_members(summary, words, counts=counts),)),
            Attachment(words(f"{name}挂点支部联系情况统计表"), (_branches(summary, words),), landscape=True),
            Attachment(f"{name}问题和领办事项清单", (_items(summary),), landscape=True),
            Attachment(f"{name}各月下基层次数图", tuple(_chart(summary))),
        ),
        made_from=f"{summary.first.isoformat()}—{summary.last.isoformat()}，{summary.records}人次，"
        f"生成于{full_date(summary.made_on)}",
    )


def _blocks(text: str, addenda: Iterable[Addendum]) -> Iterable[Block]:
    for line in text.splitlines():
        if line.strip() and line not in wording.HINTS:
            level = wording.heading_level(line)
            # （一）挂点联系。按照…: the heading runs into its paragraph, as offices write it.
            yield Heading(line, level) if level and not line.endswith("。") else Para(line)
    for one in addenda:
        yield Para(f"归档后补充：{one.text}（{one.reason}；{one.by.name}，{full_date(one.at.date())}）")


def _members(summary: YearSummary, words: Words, *, counts: bool) -> Table:
    rows = [
        (
            one.name,
            one.branches or NONE,
            "、".join(Kind(value).chinese for value in one.kinds) or NONE,
            "；".join(one.solved) or NONE,
            *((str(one.records), f"{one.half_days / 2:g}") if counts else ()),
        )
        for one in summary.members
    ]
    head = ("姓名", words("挂点支部"), "主要方式", "推动解决的主要问题", *(("人次", "天数") if counts else ()))
    return Table(head, tuple(rows), (2, 4, 3, 5, *((1, 1) if counts else ())), note=NOTE)


def _branches(summary: YearSummary, words: Words) -> Table:
    rows = [
        (
            one.name, one.host_unit or NONE, one.members or NONE, one.secretary or NONE, str(one.trips),
            full_date(one.last_on) if one.last_on else NONE,
            f"{one.problems}（办结{one.closed}）" if one.problems else NONE,
        )
        for one in summary.branches
        if one.liaison or one.trips
    ]  # fmt: skip
    head = ("党组织", "所在单位", words("挂点领导"), "书记", "次数", "最近一次", "问题（个）")
    return Table(head, tuple(rows), (5, 4, 3, 2, 1.4, 3, 2.4), note=NOTE)


def _items(summary: YearSummary) -> Table:
    rows = [_item_row("问题", one) for one in summary.items] + [_item_row("领办", one) for one in summary.promises]
    head = ("编号", "类型", "党组织", "内容", "责任方", "完成时限", "办理情况")
    return Table(head, tuple(rows), (2.2, 1.3, 3.4, 6, 3, 2.6, 4))


def _item_row(kind: str, one: Item) -> tuple[str, ...]:
    side = f"{Side(one.side).chinese}：{one.owner}" if one.side else one.owner
    state = f"{one.state}。{one.result}" if one.result else one.state
    return one.number, kind, one.branch or NONE, one.text, side, full_date(one.due_on), state


def _chart(summary: YearSummary) -> Iterable[Block]:
    labels = [f"{one.month.month}月" for one in summary.months]
    trips = Series("次数", tuple(one.trips for one in summary.months))
    yield Chart(str(charts.bars("各月下基层次数", labels, [trips], pattern=True)))
    rows = (
        ("次数", *(str(one.trips) for one in summary.months)),
        ("人次", *(str(one.records) for one in summary.months)),
    )
    yield Table(("月份", *labels), rows)


# --- Excel ----------------------------------------------------------------------------------------


def sheets(summary: YearSummary, settings: Settings) -> list[Sheet]:
    """Members, branches, months, problems and undertakings; totals are formulas over their rows."""
    words = settings.words.apply
    return [_member_sheet(summary, words), _branch_sheet(summary, words), _month_sheet(summary), _item_sheet(summary)]


def _member_sheet(summary: YearSummary, words: Words) -> Sheet:
    texts = (("姓名", 12), ("职务", 24), (words("挂点支部"), 36), ("主要方式", 24))
    numbers = tuple(Column(title, 8, "number") for title in ("人次", "天数", "问题", "办结"))
    rows = [
        (
            one.name, one.post, one.branches, "、".join(Kind(value).chinese for value in one.kinds), one.records,
            one.half_days / 2, one.problems, one.closed, "；".join(one.solved),
        )
        for one in summary.members
    ]  # fmt: skip
    columns = (*(Column(*text) for text in texts), *numbers, Column("推动解决的主要问题", 60))
    return Sheet(words("党组成员"), columns, rows, totals=True, note=NOTE)


def _branch_sheet(summary: YearSummary, words: Words) -> Sheet:
    texts = (("党组织", 30), ("所在单位", 24), (words("挂点领导"), 24), ("书记", 12))
    months = (f"{one.month.year}年{one.month.month}月" for one in summary.months)
    numbers = tuple(Column(title, 9, "number") for title in (*months, "次数", "人次"))
    rows = [
        (one.name, one.host_unit, one.members, one.secretary, *one.months, one.trips, one.records, one.last_on)
        for one in summary.branches
    ]
    columns = (*(Column(*text) for text in texts), *numbers, Column("最近一次", 16, "date"))
    note = "设有党总支的，到所属支部的也计入党总支，因此本表不合计。" + NOTE
    return Sheet("党组织", columns, rows, note=note)


def _month_sheet(summary: YearSummary) -> Sheet:
    columns = (Column("月份", 12), Column("次数", 8, "number"), Column("人次", 8, "number"))
    rows = [(f"{one.month.year}年{one.month.month}月", one.trips, one.records) for one in summary.months]
    return Sheet("各月", columns, rows, totals=True)


def _item_sheet(summary: YearSummary) -> Sheet:
    texts = (("编号", 14), ("类型", 10), ("党组织", 30), ("内容", 60), ("责任方", 12), ("责任单位（人）", 20))
    ends = (Column("完成时限", 16, "date"), Column("办理情况", 16), Column("办理结果", 40))
    items = [*(("问题", one) for one in summary.items), *(("领办事项", one) for one in summary.promises)]
    rows = [
        (
            one.number, kind, one.branch, one.text, Side(one.side).chinese if one.side else "", one.owner, one.due_on,
            one.state, one.result,
        )
        for kind, one in items
    ]  # fmt: skip
    return Sheet("问题和领办事项", (*(Column(*text) for text in texts), *ends), rows)
