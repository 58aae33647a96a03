"""A meeting's papers: a brief for one reader, list and figures, agenda, what its host says. Chinese only."""

import datetime as dt
from collections.abc import Iterable, Sequence

from logbook.documents.paper import Attachment, Block, Heading, Paper, Para, Table
from logbook.formats import full_date, numeral, short_date
from logbook.problems.models import State
from logbook.review import counting
from logbook.review.briefs import ORDER, Brief, Line
from logbook.review.models import Agenda, Meeting, Report
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
        *_extracts(brief.extracts),
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


EXTRACTS = ("工作中的好做法（摘录）", "需要加强的（摘录）", "其他掌握的情况（摘录）")


def _extracts(lines: Sequence[Line]) -> Iterable[Block]:
    """Numbered through, for and against as the reader sorted them; what nobody sorted stands last."""
    if not lines:
        yield from _part("四、平时工作掌握情况（摘录）", ["没有本人可见的摘录。"])
    n = 4
    for stance, title in zip(ORDER, EXTRACTS, strict=True):
        texts = [f"{i}. {_extract(one)}" for i, one in enumerate(lines, 1) if one.stance == stance]
        if texts:
            yield from _part(f"{numeral(n)}、{title}", texts)
            n += 1


def _sources(lines: Iterable[Line]) -> str:
    found = "、".join(one.source for one in lines)
    return f"［{found}］" if found else ""


def _item(one: Line) -> str:
    return f"{one.text.rstrip('。')}（{State(one.state).chinese}）［{one.source}］。"


def _extract(one: Line) -> str:
    """Whole sentences, ended within the quotation marks; what was cut short ends as it was cut."""
    end = "" if one.text.endswith(("。", "！", "？", "…")) else "。"
    return f"“{one.text}{end}”［{one.source}］"


def _contact(brief: Brief, words: Words) -> str:
    when = "全年" if brief.ended else f"截至{short_date(brief.until)}，"
    if brief.last_on is None:
        return words(f"{when}没有党组成员到支部的记录。")
    source = f"［{brief.last.source}］" if brief.last else ""
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
    frozen = "归档时的数字" if meeting.year_was_closed else f"年度尚未归档，截至{full_date(figures.made_on)}"
    words = settings.words.apply
    facts = (
        f"党组成员下基层{figures.records}人次，到支部{figures.trips}次，到过{figures.liaison_branches}个挂点支部中的"
        f"{figures.covered}个；收集问题{figures.problems.total}个，办结{figures.problems.done}个；领办事项"
        f"{figures.undertakings.total}项，办成{figures.undertakings.done}项。"
    )
    text = tuple(text_blocks(meeting.text, (), words))
    return Paper(
        title=words(f"{meeting.year}年度党组织书记抓基层党建工作\n述职评议会议安排"),
        blocks=(
            Para(f"会议时间：{full_date(meeting.held_on) if meeting.held_on else '待定'}"),
            Para(f"会议地点：{meeting.place or '待定'}"),
            Para(f"述职：{counting.who_reports(reports)}"),
            Para(words(f"年度下基层情况（{frozen}）：{facts}")),
        ),
        signed=f"{settings.unit_name}{words('党办')}",
        dated=on,
        attachments=(
            Attachment("述职评议名单", (_list(reports, graded),)),
            Attachment(words(f"{meeting.year}年度党组成员下基层情况汇总"), text),
        ),
        made_from=f"{meeting.year}年述职评议会议",
    )


def _items(meeting: Meeting, settings: Settings) -> list[str]:
    """What the meeting does, in its order."""
    each = meeting.agenda is Agenda.EACH
    found = [
        f"通报{meeting.year - 1}年度述职评议查摆问题整改情况",
        f"各党（总）支部书记逐一述职{'，述职后由点评人点评' if each else ''}",
        *([] if each else ["点评人逐一点评"]),
        "党组书记总点评",
        "现场测评",
        *([f"{meeting.guest}讲话"] if meeting.guest else []),
        "党组书记讲话",
    ]
    return [settings.words.apply(one) for one in found]


def agenda(meeting: Meeting, reports: Sequence[Report], settings: Settings, on: dt.date) -> Paper:
    """会议议程, with the order of the reports as 附件."""
    items = [Heading(f"{numeral(i)}、{item}", 1) for i, item in enumerate(_items(meeting, settings), 1)]
    return Paper(
        title=settings.words.apply(f"{meeting.year}年度党组织书记抓基层党建工作\n述职评议会议议程"),
        blocks=(
            Para(f"时间：{full_date(meeting.held_on) if meeting.held_on else '待定'}"),
            Para(f"地点：{meeting.place or '待定'}"),
            Para(f"述职：{counting.who_reports(reports)}"),
            *items,
        ),
        inner=False,
        signed=f"{settings.unit_name}{settings.words.apply('党办')}",
        dated=on,
        attachments=(Attachment("述职次序", (_list(reports, None),)),),
        made_from=f"{meeting.year}年述职评议会议",
    )


def script(meeting: Meeting, reports: Sequence[Report], settings: Settings) -> Paper:
    """主持词: what the host says before each item, the names in the order of the reports."""
    items = _items(meeting, settings)
    opening = (
        f"按照安排，今天召开{settings.unit_name}党组{meeting.year}年度党组织书记抓基层党建工作述职评议会议。会议议程有"
        f"{numeral(len(items))}项：{'；'.join(f'{numeral(i)}是{item}' for i, item in enumerate(items, 1))}。"
    )
    said = {items[1]: _reporting(meeting, reports)}
    if meeting.agenda is Agenda.TOGETHER:
        said[items[2]] = [f"请{who}同志点评{about}。" for who, about in _commenting(reports)]
    blocks: list[Block] = [Para("同志们：", indent=False), Para(settings.words.apply(opening))]
    for i, item in enumerate(items, 1):
        blocks.append(Heading(f"{numeral(i)}、{item}", 1))
        blocks += map(Para, said.get(item, [settings.words.apply(_said(item))]))
    blocks.append(Para("今天的会议就到这里。散会。"))
    return Paper(
        title=settings.words.apply(f"{meeting.year}年度党组织书记抓基层党建工作\n述职评议会议主持词"),
        blocks=tuple(blocks), made_from=f"{meeting.year}年述职评议会议",
    )  # fmt: skip


def _reporting(meeting: Meeting, reports: Sequence[Report]) -> list[str]:
    there = [one for one in reports if not one.in_writing]
    said = [f"今天述职的有{counting.who_reports(reports)}。"] if counting.doubles(reports) else []
    for i, one in enumerate(there):
        first, named = "首先" if i == 0 else "下面", one.commentator
        said.append(f"{first}，请{one.branch.name}书记{one.secretary_name}同志述职。")
        if meeting.agenda is Agenda.EACH:
            said.append(f"请{named.name}同志点评。" if named else "（点评人未定。）")
    written = [one for one in reports if one.in_writing]
    if written:
        names = "、".join(f"{one.branch.name}书记{one.secretary_name}同志" for one in written)
        said.append(f"{names}作书面述职，材料已印发。")
    if meeting.agenda is Agenda.EACH:
        said += [f"请{who}同志点评{about}。" for who, about in _commenting(written)]
    return said


def _commenting(reports: Sequence[Report]) -> Iterable[tuple[str, str]]:
    for one in reports:
        if one.commentator:
            yield one.commentator_name, f"{one.branch.name}书记{one.secretary_name}同志"


def _said(item: str) -> str:
    if item.endswith("测评"):
        how = "请大家结合述职情况和平时了解的情况独立评价；测评无记名，填好后由工作人员统一收回。"
        return f"下面进行现场测评，请工作人员发放测评表。{how}"
    return f"下面，{'请' if item.endswith(('讲话', '点评')) else ''}{item}。"


def _list(reports: Sequence[Report], graded: frozenset[int] | None) -> Table:
    rows = [
        (
            str(i), one.branch.name, one.secretary_name, "书面" if one.in_writing else "现场",
            one.commentator_name or "未定",
            *([_grade(one, graded)] if graded is not None else []),
        )
        for i, one in enumerate(reports, 1)
    ]  # fmt: skip
    head = ("序号", "党组织", "书记", "述职方式", "点评人", *(["确定等次"] if graded is not None else []))
    return Table(head, tuple(rows), (1, 5, 2, 2, 2, 2)[: len(head)])


def _grade(report: Report, graded: frozenset[int]) -> str:
    return report.grade.chinese if report.grade and report.id in graded else "/"
