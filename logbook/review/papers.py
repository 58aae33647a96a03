"""The meeting's papers: a brief for one reader, and the list of reports with the year's figures. Chinese only."""

import datetime as dt
from collections.abc import Iterable, Sequence

from logbook.documents.paper import Attachment, Block, Heading, Paper, Para, Table
from logbook.formats import full_date, short_date
from logbook.problems.models import State
from logbook.review.briefs import Brief, Line
from logbook.review.models import Meeting, Report
from logbook.settings.queries import Settings
from logbook.years.papers import text_blocks
from logbook.years.summary import YearSummary
from logbook.years.wording import Words


def brief_paper(brief: Brief, settings: Settings) -> Paper:
    """平时工作掌握情况, one secretary, one reader; inner."""
    words = settings.words.apply
    commentator = f"　点评人：{brief.commentator}" if brief.commentator else ""
    hidden = f"；另有{brief.hidden}条不在知悉范围" if brief.hidden else ""
    blocks: list[Block] = [
        Para(f"{brief.branch}　书记：{brief.secretary}{commentator}", indent=False),
        Para(f"资料截止：{full_date(brief.until)}", indent=False),
        *_part("一、上年整改事项", map(_item, brief.rectification), "没有上年整改事项的记录。"),
        *_part("二、联系情况", [_contact(brief, words)]),
        *_part("三、支部自身党建问题", _own(brief.own_problems)),
        *_part("四、平时工作掌握情况（摘录）", map(_extract, brief.extracts), "没有摘录。"),
        *_part("附：支部反映、由局里办理的事项", _owed(brief.owed), "没有由局里办理的事项。"),
        Para(f"（只含本人可见的记录{hidden}。）"),
    ]
    return Paper(
        title="平时工作掌握情况", blocks=tuple(blocks), made_from=f"{brief.branch}，截止{full_date(brief.until)}"
    )


def _part(title: str, sentences: Iterable[str], none: str = "") -> Iterable[Block]:
    yield Heading(title, 1)
    found = list(sentences)
    yield from map(Para, found or [none])


def _sources(lines: Iterable[Line]) -> str:
    found = "、".join(one.source for one in lines)
    return f"［{found}］" if found else ""


def _item(one: Line) -> str:
    return f"{one.text.rstrip('。')}（{State(one.state).chinese}）［{one.source}］。"


def _extract(one: Line) -> str:
    return f"“{one.text}”［{one.source}］。"


def _contact(brief: Brief, words: Words) -> str:
    when = "全年" if brief.ended else f"截至{short_date(brief.until)}，"
    if brief.last_on is None:
        return words(f"{when}没有党组成员到支部的记录。")
    source = f"［{brief.last_source}］" if brief.last_source else ""
    return words(f"{when}党组成员到支部{brief.trips}次，最近一次{short_date(brief.last_on)}{source}。")


def _own(lines: Sequence[Line]) -> Iterable[str]:
    done = [one for one in lines if one.done]
    if not lines:
        yield "没有支部自身问题的记录。"
    elif len(done) == len(lines):
        yield f"支部自身的问题{len(lines)}个，全部办结{_sources(done)}。"
    else:
        yield f"支部自身的问题{len(lines)}个" + (f"，已办结{len(done)}个{_sources(done)}。" if done else "。")
    yield from (_item(one) for one in lines if not one.done)


def _owed(lines: Sequence[Line]) -> Iterable[str]:
    if lines:
        done = sum(one.done for one in lines)
        yield f"{len(lines)}个，办结{done}个（不作为评价书记的依据）{_sources(lines)}。"


def meeting_paper(
    meeting: Meeting, reports: Sequence[Report], figures: YearSummary, settings: Settings, on: dt.date,
    *, graded: frozenset[int] | None,
) -> Paper:  # fmt: skip
    """The reporting secretaries in order, and the year's figures and text as frozen for the meeting.

    `graded`: the reports whose decided grade is printed; None, as preset, prints no grades.
    """
    frozen = "归档时" if meeting.year_was_closed else f"{full_date(figures.made_on)}"
    words = settings.words.apply
    facts = (
        f"党组成员下基层{figures.records}人次，到支部{figures.trips}次，到过{figures.liaison_branches}个挂点支部中的"
        f"{figures.covered}个；收集问题{figures.problems.total}个，办结{figures.problems.done}个；领办事项"
        f"{figures.undertakings.total}项，办成{figures.undertakings.done}项。"
    )
    text = tuple(text_blocks(meeting.text, (), words))
    return Paper(
        title=words(f"{meeting.year}年度党组织书记抓基层党建\n工作述职评议会议安排"),
        blocks=(
            Para(f"会议时间：{full_date(meeting.held_on) if meeting.held_on else '待定'}"),
            Para(f"会议地点：{meeting.place or '待定'}"),
            Para(words(f"年度下基层情况（{frozen}的数字）：{facts}")),
        ),
        signed=f"{settings.unit_name}{words('党办')}",
        dated=on,
        attachments=(
            Attachment("述职评议名单", (_list(reports, graded),)),
            Attachment(words(f"{meeting.year}年度党组成员下基层情况汇总"), text),
        ),
        made_from=f"{meeting.year}年述职评议会议",
    )


def _list(reports: Sequence[Report], graded: frozenset[int] | None) -> Table:
    rows = [
        (
            str(i), one.branch.name, one.person.name, "书面" if one.in_writing else "现场",
            one.commentator.name if one.commentator else "未定",
            *([_grade(one, graded)] if graded is not None else []),
        )
        for i, one in enumerate(reports, 1)
    ]  # fmt: skip
    head = ("序号", "党组织", "书记", "述职方式", "点评人", *(["确定等次"] if graded is not None else []))
    return Table(head, tuple(rows), (1, 5, 2, 2, 2, 2)[: len(head)])


def _grade(report: Report, graded: frozenset[int]) -> str:
    return report.grade.chinese if report.grade and report.id in graded else "/"
