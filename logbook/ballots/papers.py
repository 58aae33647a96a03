"""The ballot to be printed and filled in by hand, and what came out of it. Chinese only."""

import datetime as dt
from collections.abc import Iterable, Sequence

from logbook.ballots import counting
from logbook.ballots.models import BallotClass, Item, VoterClass
from logbook.ballots.tally import WORDS, Result, Row
from logbook.documents.paper import Block, Break, Heading, Paper, Para, Table
from logbook.review.models import Grade, Meeting, Report
from logbook.settings.queries import Settings

EMPTY = "　"  # to be filled in by hand
TICKS = "每人只选一项打“√”，多选无效，不选视为弃权"
POINTS = "分数填0至该项满分的整数，填其他的该项无效，不填视为弃权"


def _title(meeting: Meeting, settings: Settings, kind: str) -> str:
    return settings.words.apply(f"{meeting.year}年度党组织书记抓基层党建工作\n述职评议{kind}")


def sheet(
    meeting: Meeting, reports: Sequence[Report], items: Sequence[Item], voters: VoterClass, settings: Settings
) -> Paper:
    """A 测评表; of a B票 each secretary has a page, cut apart after voting, and one's own is not cast."""
    apart = voters is VoterClass.SECRETARIES
    pages = [[one] for one in reports] if apart else [reports]
    title = _title(meeting, settings, "测评表")
    blocks: list[Block] = []
    for page in pages:  # cut apart, each says what it is
        blocks += [Break(), Heading(title.replace("\n", ""), 1)] if blocks else []
        blocks += _page(page, reports, items, voters, settings)
    # Points need a wide page; ticks do not.
    wide = any(item.most for item in items)
    return Paper(
        title=title, blocks=tuple(blocks), inner=False, landscape=wide, folios=False,
        made_from=f"{meeting.year}年述职评议会议",
    )  # fmt: skip


def _page(
    page: Sequence[Report], reports: Sequence[Report], items: Sequence[Item], voters: VoterClass, settings: Settings
) -> Iterable[Block]:
    own = {VoterClass.SECRETARIES: "；本人一页不投", VoterClass.MEMBERS: "；本人述职的，本人一行不填"}.get(voters, "")
    rules = [TICKS] if any(not item.most for item in items) else []
    rules += [POINTS] if any(item.most for item in items) else []
    yield Para(f"测评人类别：{settings.words.apply(voters.chinese)}", indent=False, keep=True)
    numbers = {one.id: str(i) for i, one in enumerate(reports, 1)}
    yield Para(f"说明：请结合述职情况和平时了解的情况独立评价；{'；'.join(rules)}{own}；不签名。", keep=True)
    names = [(numbers[one.id], one.branch.name, one.secretary_name) for one in page]
    ticked = [grade.chinese for grade in Grade] if any(not item.most for item in items) else []
    scored = [f"{item.name}（{item.most}）" for item in items if item.most]
    titles = ("总体评价", "百分制评分") if ticked and scored else ("", "")
    for title, heads, width in zip(titles, (ticked, scored), (1.2, 2), strict=True):
        if heads:
            rows = tuple((*name, *(EMPTY for _head in heads)) for name in names)
            head = ("序号", "党组织", "书记", *heads)
            yield Table(head, rows, (1, 4, 2, *(width for _head in heads)), title=title, roomy=True)


def over_said(one: BallotClass) -> str:
    """Why a ballot is void."""
    return f"{one.voters.chinese}发出{one.handed_out}份、收回{one.cast + one.first}份，收回多于发出，本次测评无效。"


def statistics(
    meeting: Meeting, result: Result, settings: Settings, on: dt.date, *, over: Sequence[BallotClass]
) -> Paper:
    """测评情况统计表, for the group alone; `over` are the classes that make the ballot void."""
    valid = "" if over else f"，有效{result.came_back}份"
    back = settings.words.apply(f"发出测评表{result.handed_out}份，收回{result.came_back}份{valid}。")
    if over:
        blocks: list[Block] = [Para(back), *(Para(settings.words.apply(over_said(one))) for one in over)]
    elif not result.rows:
        blocks = [Para(f"{back}收回不足{counting.SMALLEST}份，为保证无记名，不列各等次票数。")]
    else:
        blocks = [Para(back), *_tables(result)]
    return Paper(
        title=_title(meeting, settings, "测评情况统计表"), blocks=tuple(blocks), landscape=True, dated=on,
        signed=f"{settings.unit_name}{settings.words.apply('党办')}", made_from=f"{meeting.year}年述职评议会议",
    )  # fmt: skip


def _tables(result: Result) -> Iterable[Block]:
    names = ["、".join(one.chinese for one in group) or "合计" for group in result.groups]
    points = "，均不计入平均分" if result.has_points else ""
    if result.has_grades:
        head = ("序号", "党组织", "书记", "类别", *WORDS.values())
        rows = [line for i, row in enumerate(result.rows, 1) for line in _counted(str(i), row, names)]
        yield Table(head, tuple(rows), (1, 4, 2, 5, 1, 1.2, 1.2, 1, 1.2, 1.2))
    if result.has_points:
        head = ("序号", "党组织", "书记", *names)
        rows = [(*_about(str(i), row), *map(counting.shown, row.points)) for i, row in enumerate(result.rows, 1)]
        widths = (1, 5, 2.5, *(2 for _name in names))
        yield Table(head, tuple(rows), widths, title="平均得分（满分100分）")
    yield Para(f"注：不足5份的类别并入其他类别；多选、超出范围的该项为无效，空白为弃权{points}。")


def _about(number: str, row: Row) -> tuple[str, ...]:
    return number, row.report.branch.name, row.report.secretary_name


def _counted(number: str, row: Row, names: Sequence[str]) -> Iterable[tuple[str, ...]]:
    for name, part in zip(names, row.grades, strict=True):
        yield (*_about(number, row), name, *(str(part.of(value)) for value in WORDS))
