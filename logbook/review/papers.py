"""The meeting's papers: a brief for one reader, and the list of reports with the year's figures. Chinese only."""

from collections.abc import Iterable, Sequence

from logbook.documents.paper import Attachment, Block, Heading, Paper, Para, Table
from logbook.formats import full_date
from logbook.review.briefs import Brief, Fact
from logbook.review.models import Meeting, Report
from logbook.settings.queries import Settings
from logbook.years.summary import YearSummary


def brief_paper(brief: Brief, settings: Settings) -> Paper:
    """平时工作掌握情况, one secretary, one reader; inner."""
    head = f"{brief.branch}　书记：{brief.secretary}"
    commentator = f"　点评人：{brief.commentator}" if brief.commentator else ""
    hidden = f"；另有{brief.hidden}条不在知悉范围" if brief.hidden else ""
    blocks: list[Block] = [
        Para(f"{head}{commentator}　资料截止：{full_date(brief.until)}", indent=False),
        *_part("一、上年整改事项", brief.rectification, "没有上年整改事项的记录。"),
        *_part("二、联系情况", brief.contact, ""),
        *_part("三、支部自身党建问题", brief.own_problems, ""),
        *_part("四、平时工作掌握情况（摘录）", brief.extracts, "没有摘录。"),
        *_part("附：支部反映、由局里办理的事项", brief.owed, "没有由局里办理的事项。"),
        Para(f"（只含本人可见的记录{hidden}。）"),
    ]
    title = settings.words.apply("平时工作掌握情况")
    return Paper(title=title, blocks=tuple(blocks), made_from=f"{brief.branch}，截止{brief.until.isoformat()}")


def _part(title: str, facts: Sequence[Fact], none: str) -> Iterable[Block]:
    yield Heading(title, 1)
    for fact in facts:
        sources = f"［{'、'.join(fact.sources)}］" if fact.sources else ""
        yield Para(f"{fact.text.rstrip('。')}{sources}。")
    if not facts:
        yield Para(none)


def meeting_paper(
    meeting: Meeting, reports: Sequence[Report], shown: frozenset[int], figures: YearSummary, settings: Settings
) -> Paper:
    """The reporting secretaries in order with the decided grades, and the year's figures as frozen for the meeting."""
    rows = tuple(
        (
            str(i), one.branch.name, one.person.name, "书面" if one.in_writing else "现场",
            one.commentator.name if one.commentator else "未定",
            one.grade.chinese if one.grade and one.id in shown else "/",
        )
        for i, one in enumerate(reports, 1)
    )  # fmt: skip
    held = f"{full_date(meeting.held_on)}" if meeting.held_on else "时间待定"
    place = f"，{meeting.place}" if meeting.place else ""
    frozen = "归档时" if meeting.year_was_closed else f"{full_date(figures.made_on)}"
    facts = (
        f"党组成员下基层{figures.records}人次，到支部{figures.trips}次，到过{figures.liaison_branches}个挂点支部中的"
        f"{figures.covered}个；收集问题{figures.problems.total}个，办结{figures.problems.done}个；领办事项"
        f"{figures.undertakings.total}项，办成{figures.undertakings.done}项。"
    )
    table = Table(("序号", "党组织", "书记", "述职方式", "点评人", "确定等次"), rows, (1, 5, 2, 2, 2, 2))
    words = settings.words.apply
    return Paper(
        title=words(f"{meeting.year}年度党组织书记抓基层党建\n工作述职评议会议安排"),
        blocks=(
            Para(f"会议：{held}{place}。"),
            Para(words(f"年度下基层情况（{frozen}的数字）：{facts}")),
        ),
        signed=words(f"{settings.unit_name}党办"),
        attachments=(Attachment("述职评议名单", (table,)),),
        made_from=f"{meeting.year}年述职评议会议",
    )
