"""The papers of a summary: text with its 附件 for Word and PDF, sheets for Excel. Chinese only."""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from logbook.documents import charts
from logbook.documents.charts import Series
from logbook.documents.paper import Attachment, Block, Chart, Form, Heading, Paper, Para, Table
from logbook.documents.sheet import Column, ColumnChart, Formula, Sheet
from logbook.formats import full_date, local_date
from logbook.problems.models import Answer, Category, Side, State, UndertakingState, answerable
from logbook.settings.queries import Settings
from logbook.visits.models import Addendum, Kind
from logbook.years import wording
from logbook.years.summary import Item, MonthFigures, YearSummary
from logbook.years.wording import Words

RUN_IN = re.compile(r"（[一二三四五六七八九十]+）[^。]{1,30}。")  # （一）挂点联系。按照…: runs into its paragraph
NONE = "无"
AROUND = "设有党总支的，到所属支部的次数和所属支部的问题也计入党总支。"
NOTE = "注：同一次活动有多名成员参加的，支部计1次，成员各计1人次；撤销的记录不计。"


def paper(
    summary: YearSummary, text: str, addenda: Iterable[Addendum], settings: Settings, on: dt.date, *, counts: bool
) -> Paper:
    """The year's paper; `counts` prints how often and how many days beside each member, as the office chose."""
    name = wording.span_name(summary)
    words = settings.words.apply
    return Paper(
        title=wording.title(summary, settings),
        blocks=tuple(text_blocks(text, addenda, words)),
        signed=f"{settings.unit_name}{words('党办')}",
        dated=on,
        attachments=tuple(_attachments(summary, name, words, counts=counts)),
        made_from=f"{wording.days(summary.first, summary.last)}，{summary.records}人次，"
        f"生成于{full_date(summary.made_on)}",
    )


def _attachments(summary: YearSummary, name: str, words: Words, *, counts: bool) -> Iterable[Attachment]:
    """An empty table is not attached, nor an empty chart."""
    tables = (
        (words("党组成员下基层情况统计表"), _members(summary, words, counts=counts), False),
        (words("挂点支部联系情况统计表"), _branches(summary, words), True),
        ("问题和领办事项清单", _items(summary, words), True),
    )
    for title, table, lying in tables:
        if table.rows:
            yield Attachment(wording.broken(name, title), (table,), landscape=lying)
    drawn = (*_month_chart(summary), *_problem_chart(summary))
    if drawn:
        yield Attachment(wording.broken(name, "下基层和问题办理情况图"), drawn)


def report(made: Paper, summary: YearSummary, settings: Settings) -> Paper:
    """The summary as it goes upward: a 报告 with its main receiver, of the group, not of its office."""
    words = settings.words.apply
    blocks = [
        replace(one, text=one.text.replace("情况汇总如下", "情况报告如下")) if isinstance(one, Para) else one
        for one in made.blocks
    ]
    about = wording.broken(f"关于{wording.span_name(summary)}", words("党组成员下基层情况的报告"))
    return replace(
        made, title=f"{settings.unit_name}{words('党组')}\n{about}", blocks=(*blocks, Para("特此报告。")),
        receiver=settings.superior, signed=f"{settings.unit_name}{words('党组')}", inner=False,
    )  # fmt: skip


def slip(made: Paper, settings: Settings, on: dt.date) -> Paper:
    """呈批页, laid before the summary: to whom, what it is, and room for what the leader writes."""
    words = settings.words.apply
    rows = (
        ("呈", words("党组书记阅示")), ("呈报单位", f"{settings.unit_name}{words('党办')}", "日期", full_date(on)),
        ("事项", made.title.replace("\n", "")), ("附件", "\n".join(one.name for one in made.attachments) or NONE),
        ("批示", ""), ("备注", ""),
    )  # fmt: skip
    return Paper(
        title="呈批页", blocks=(Form(rows, (1, 1, 2, 3, 8, 2)),), made_from=made.made_from,
    )  # fmt: skip


def text_blocks(text: str, addenda: Iterable[Addendum], words: Words) -> Iterable[Block]:
    """The text of a summary without the hints to the office, and what was added after closing."""
    for line in text.splitlines():
        if line.strip() and not wording.is_hint(line, words):
            yield _block(line)
    for one in addenda:
        about = f"（记录{one.visit.number}）" if one.visit else ""
        added = f"{one.reason.rstrip('。')}；{one.by_name}，{full_date(local_date(one.at))}"
        yield Para(f"归档后补充{about}：{one.text.rstrip('。')}（{added}）。")


def _block(line: str) -> Block:
    run_in, level = RUN_IN.match(line), wording.heading_level(line)
    if run_in:
        return Para(line[run_in.end() :], lead=run_in[0])
    return Heading(line, level) if level and not line.endswith("。") else Para(line)


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
    return Table(head, tuple(rows), (2, 4, 3, 5, *((1.3, 1.3) if counts else ())), note=NOTE)


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
    return Table(head, tuple(rows), (4.4, 3.8, 3, 2, 1.4, 3.4, 3), note=NOTE + AROUND)


def _items(summary: YearSummary, words: Words) -> Table:
    rows = [_item_row("问题", one, words) for one in summary.items]
    rows += [_item_row("领办", one, words) for one in summary.promises]
    head = ("编号", "类型", "党组织", "内容", "责任方", "完成时限", "办理情况")
    return Table(head, tuple(rows), (2.8, 1.3, 3.2, 4.9, 3, 3.9, 4))


def _item_row(kind: str, one: Item, words: Words) -> tuple[str, ...]:
    side = answerable(words(Side(one.side).chinese), one.unit) if one.side else one.owner
    state = f"{_state(one)}。{one.result}" if one.result else _state(one)
    due = State.LONG_TERM.chinese if one.state == State.LONG_TERM.value else full_date(one.due_on)
    return one.number, kind, one.branch or NONE, one.text, side, due, state


def _state(one: Item) -> str:
    return State(one.state).chinese if one.side else UndertakingState(one.state).chinese


def _month(summary: YearSummary, one: MonthFigures) -> str:
    return f"{'' if summary.one_year else f'{one.month.year}年'}{one.month.month}月"


def _month_chart(summary: YearSummary) -> Iterable[Block]:
    if summary.records < 2:  # noqa: PLR2004 - nothing to compare
        return
    months = [one for one in summary.months if one.month <= summary.until]  # nothing is said of a month to come
    labels = [f"{one.month.month}月" if summary.one_year else f"{one.month:%y}.{one.month.month}" for one in months]
    trips = Series("次数", tuple(one.trips for one in months))
    title = "各月下基层次数"
    yield Chart(str(charts.bars(title, labels, [trips], pattern=True)), title)
    figures = [(_month(summary, one), str(one.trips), str(one.records)) for one in months]
    # A year lies under its chart; more months than that stand below one another.
    columns = ("月份", "次数", "人次")
    lying = list(zip(columns, *figures, strict=True))
    yield Table(lying[0], tuple(lying[1:])) if summary.one_year else Table(columns, tuple(figures))


def _problem_chart(summary: YearSummary) -> Iterable[Block]:
    """What was raised and what of it was settled, by category."""
    if len(summary.problems.by_category) < 2:  # noqa: PLR2004 - nothing to compare
        return
    closed = Counter(one.category for one in summary.items if one.state == State.DONE.value)
    found = [(Category(one.value).chinese, one.n, closed[one.value]) for one in summary.problems.by_category]
    labels, raised, done = zip(*found, strict=True)
    title = "各类问题办理情况"
    yield Chart(str(charts.bars(title, labels, [Series("问题", raised), Series("办结", done)], pattern=True)), title)
    yield Table(("类别", *labels), (("问题", *map(str, raised)), ("办结", *map(str, done))))


# --- Excel ----------------------------------------------------------------------------------------


def sheets(summary: YearSummary, addenda: Sequence[Addendum], settings: Settings, *, counts: bool) -> list[Sheet]:
    """Totals as formulas over the sheets after them, those sheets, and a last one that compares both.

    `counts` as in `paper`.
    """
    words = settings.words.apply
    figures = list(_totals(summary, words))
    return [
        _total_sheet(figures),
        _member_sheet(summary, words, counts=counts),
        _branch_sheet(summary, words),
        _month_sheet(summary),
        _item_sheet(summary, words),
        *([_addendum_sheet(addenda)] if addenda else []),
        _check_sheet(figures),
    ]


ITEMS = "问题和领办事项"


def _totals(summary: YearSummary, words: Words) -> Iterable[tuple[str, Formula]]:
    """Every figure of the text that the other sheets hold the rows of: its name, and how it is counted from them."""
    last = len(summary.months) + 1
    yield "下基层人次", Formula(f"=SUM(各月!C2:C{last})", summary.records)
    yield "下基层次数", Formula(f"=SUM(各月!B2:B{last})", summary.trips)
    found, promises = summary.problems, summary.undertakings
    yield "问题", _count("问题", value=found.total)
    first = f'"<"&DATE({summary.first.year},{summary.first.month},{summary.first.day})'
    yield "其中以前提出的", _count("问题", ("J", first), value=found.carried)
    states = {
        State.DONE: found.done, State.PARTLY: found.partly, State.UNDERWAY: found.underway,
        State.OPEN: found.not_begun, State.LONG_TERM: found.long_term,
    }  # fmt: skip
    for state, n in states.items():
        yield f"问题：{state.chinese}", _count("问题", ("H", f'"{state.chinese}"'), value=n)
    solved = (("H", f'"{State.DONE.chinese}"'), ("L", f'"{Answer.SOLVED.chinese}"'))
    yield "已办结的，反映人认为已解决", _count("问题", *solved, value=found.accepted)
    for one in found.by_side:
        side = words(Side(one.value).chinese)
        yield f"问题：责任方是{side}", _count("问题", ("E", f'"{side}"'), value=one.n)
    for one in found.by_category:
        category = Category(one.value).chinese
        yield f"问题：{category}", _count("问题", ("K", f'"{category}"'), value=one.n)
    yield "领办事项", _count("领办事项", value=promises.total)
    for kept, n in (
        (UndertakingState.DONE, promises.done), (UndertakingState.UNDERWAY, promises.underway),
        (UndertakingState.EXPLAINED, promises.explained),
    ):  # fmt: skip
        yield f"领办事项：{kept.chinese}", _count("领办事项", ("H", f'"{kept.chinese}"'), value=n)


def _count(kind: str, *conditions: tuple[str, str], value: int) -> Formula:
    """How many rows of ITEMS are of a kind and meet the conditions, each a column and a criterion."""
    pairs = (("B", f'"{kind}"'), *conditions)
    return Formula(
        "=COUNTIFS(" + ",".join(f"{ITEMS}!{column}:{column},{wanted}" for column, wanted in pairs) + ")", value
    )


def _total_sheet(figures: Sequence[tuple[str, Formula]]) -> Sheet:
    note = "本表各数由后面各表的行用公式算出，可以点开单元格查看。"
    return Sheet("总体", (Column("项目", 36), Column("数", 10, "number")), figures, note=note)


def _check_sheet(figures: Sequence[tuple[str, Formula]]) -> Sheet:
    rows = [
        (name, Formula(f"=总体!B{n}", one.value), one.value, Formula(f"=B{n}-C{n}", 0))
        for n, (name, one) in enumerate(figures, 2)
    ]
    columns = (Column("项目", 36), *(Column(title, 14, "number") for title in ("公式算出", "汇总文字中", "相差")))
    return Sheet("核对", columns, rows, note="相差都应为0；改动前面各表的行，公式会跟着变，汇总文字不变。")


def _addendum_sheet(addenda: Sequence[Addendum]) -> Sheet:
    columns = (
        Column("记录", 14),
        Column("补充的内容", 60),
        Column("原因", 30),
        Column("补充人", 12),
        Column("日期", 16, "date"),
    )
    rows = [
        (one.visit.number if one.visit else "全年", one.text, one.reason, one.by_name, local_date(one.at))
        for one in addenda
    ]
    return Sheet("归档后补充", columns, rows)


def _member_sheet(summary: YearSummary, words: Words, *, counts: bool) -> Sheet:
    texts = (("姓名", 10), ("职务", 20), (words("挂点支部"), 28), ("主要方式", 18), ("推动解决的主要问题", 40))
    numbers = ("人次", "天数", "问题", "办结") if counts else ()
    rows = [
        (
            one.name, one.post, one.branches, "、".join(Kind(value).chinese for value in one.kinds),
            "；".join(one.solved), *((one.records, one.half_days / 2, one.problems, one.closed) if counts else ()),
        )
        for one in summary.members
    ]  # fmt: skip
    columns = (*(Column(*text) for text in texts), *(Column(title, 8, "number") for title in numbers))
    return Sheet(words("党组成员"), columns, rows, totals=counts, note=NOTE)


def _branch_sheet(summary: YearSummary, words: Words) -> Sheet:
    texts = (("党组织", 24), ("所在单位", 24), (words("挂点领导"), 14), ("书记", 10))
    months = tuple(Column(_month(summary, one), 6 if summary.one_year else 10, "number") for one in summary.months)
    numbers = (*months, *(Column(title, 6, "number") for title in ("次数", "人次", "问题", "办结")))
    rows = [
        (
            one.name, one.host_unit, one.members, one.secretary, *one.months, one.trips, one.records, one.problems,
            one.closed, one.last_on,
        )
        for one in summary.branches
    ]  # fmt: skip
    columns = (*(Column(*text) for text in texts), *numbers, Column("最近一次", 15, "date"))
    note = f"{NOTE}{AROUND}因此本表不合计。"
    return Sheet("党组织", columns, rows, note=note)


def _month_sheet(summary: YearSummary) -> Sheet:
    columns = (Column("月份", 12), Column("次数", 8, "number"), Column("人次", 8, "number"))
    rows = [(_month(summary, one), one.trips, one.records) for one in summary.months]
    chart = ColumnChart("各月下基层次数", 0, (1,), (1, len(rows)))
    return Sheet("各月", columns, rows, totals=True, charts=(chart,))


def _item_sheet(summary: YearSummary, words: Words) -> Sheet:
    texts = (("编号", 12), ("类型", 10), ("党组织", 20), ("内容", 32), ("责任方", 11), ("责任单位（人）", 15))
    ends = (
        Column("完成时限", 15, "date"), Column("办理情况", 13), Column("办理结果", 26), Column("提出日期", 15, "date"),
        Column("类别", 10), Column("反映人的意见", 13),
    )  # fmt: skip
    items = [*(("问题", one) for one in summary.items), *(("领办事项", one) for one in summary.promises)]
    rows = [
        (
            one.number, kind, one.branch, one.text, words(Side(one.side).chinese) if one.side else "", one.unit,
            one.due_on, _state(one), one.result, one.raised_on, Category(one.category).chinese if one.category else "",
            Answer(one.answer).chinese if one.answer else "",
        )
        for kind, one in items
    ]  # fmt: skip
    return Sheet(ITEMS, (*(Column(*text) for text in texts), *ends), rows)
