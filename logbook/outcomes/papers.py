"""综合评价意见反馈表, 通报, 报告: what the meeting's papers say afterwards. Chinese only."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from logbook.comments.models import Comment, Part
from logbook.documents.paper import Block, Break, Form, Heading, Paper, Para, Table
from logbook.formats import full_date
from logbook.rectification.queries import Line
from logbook.review import counting
from logbook.review.models import Grade, Meeting, Report
from logbook.settings.queries import Settings

EMPTY = "　"  # to be written by hand


@dataclass(frozen=True, slots=True)
class Told:
    """What one secretary is told: what settled comments said, and what is to be mended by when."""

    report: Report
    comments: Sequence[Comment]
    to_mend: Sequence[Line]

    def said(self, part: Part) -> str:
        """What the comments say; room for a pen where they say nothing."""
        return "".join(one.said(part) for one in self.comments) or EMPTY


@dataclass(frozen=True, slots=True)
class Held:
    """What is counted of a meeting: ballots, comments and items."""

    reports: Sequence[Report]
    comments: Sequence[Comment]
    items: int
    handed_out: int
    came_back: int

    @property
    def all_said(self) -> bool:
        """Whether everybody was commented on."""
        return {one.id for one in self.reports} <= {one.report_id for one in self.comments if one.settled_at}


def _title(meeting: Meeting, settings: Settings, kind: str) -> str:
    return settings.words.apply(f"{meeting.year}年度党组织书记抓基层党建工作\n述职评议{kind}")


def feedback(told: Sequence[Told], meeting: Meeting, settings: Settings) -> Paper:
    """综合评价意见反馈表, a page for each secretary: own result only, to be signed; each goes to another."""
    title, blocks = _title(meeting, settings, "综合评价意见反馈表"), list[Block]()
    for one in told:
        if blocks:
            name = Heading(f"综合评价意见反馈表（{meeting.year}年度述职评议）", 1)
            blocks += [Break(), Para("内部资料　注意保管", indent=False), name]
        blocks.append(_form(one, settings))
    return Paper(title=title, blocks=tuple(blocks), folios=False, made_from=f"{meeting.year}年述职评议会议")


def _form(one: Told, settings: Settings) -> Form:
    report, decision = one.report, one.report.decision
    grade = "未定"
    if report.grade and decision and decision.decided_on:
        grade = settings.words.apply(f"{report.grade.chinese}（党组{full_date(decision.decided_on)}研究确定）")
    rows = (
        ("党组织", report.branch.name, "书记", report.secretary_name),
        ("确定等次", grade),
        ("肯定", one.said(Part.PRAISE)),
        ("不足", one.said(Part.SHORTCOMING)),
        ("整改要求", "\n".join([one.said(Part.ADVICE).strip(), *_to_mend(one.to_mend)]).strip() or EMPTY),
        ("本人签收", "　　　　　　　　　　　　年　　月　　日"),
    )
    return Form(rows, (1, 1, 4, 4, 4, 2))


def _to_mend(lines: Sequence[Line]) -> Iterable[str]:
    """By when; the items themselves where their days differ."""
    held = [one for one in lines if not one.removed]
    if len({one.due_on for one in held}) == 1:
        yield f"针对以上不足制定整改措施，{full_date(held[0].due_on)}前完成整改。"
    else:
        yield from (
            f"{i}. {one.text.rstrip('。；')}：{full_date(one.due_on)}前完成整改。" for i, one in enumerate(held, 1)
        )


def notice(meeting: Meeting, held: Held, settings: Settings, on: dt.date, *, grades: bool) -> Paper:
    """通报, to all branches; the grades stand in it only where the group so decided."""
    blocks: list[Block] = [
        Para("各党（总）支部：", indent=False),
        Para(settings.words.apply(f"{_how(meeting, held, settings)}现将有关情况通报如下。")),
        Heading("一、述职评议情况", 1),
        Para(settings.words.apply(_reports(held))),
    ]
    if grades:
        blocks += [Heading("二、确定等次", 1), _graded(held)]
    numeral = "三" if grades else "二"
    blocks += [
        Heading(f"{numeral}、整改要求", 1),
        Para(settings.words.apply(
            f"{f'会后形成整改事项{held.items}项。' if held.items else ''}各党（总）支部书记要对照点评意见，逐项填写"
            f"整改措施，报党办；整改结果由党办核实后销号，作为下一年度述职评议的首项内容。"
        )),
    ]  # fmt: skip
    return Paper(
        title=settings.words.apply(f"关于{meeting.year}年度党组织书记抓基层党建工作\n述职评议情况的通报"),
        blocks=tuple(blocks), inner=False, signed=f"中共{settings.unit_name}{settings.words.group}", dated=on,
        made_from=f"{meeting.year}年述职评议会议",
    )  # fmt: skip


def account(meeting: Meeting, held: Held, settings: Settings, on: dt.date) -> Paper:
    """报告, to the superior unit. How many got which grade is said where the reader may know all of them."""
    blocks: list[Block] = [
        Para(settings.words.apply(f"{_how(meeting, held, settings)}现将有关情况报告如下。")),
        Heading("一、会议基本情况", 1),
        Para(settings.words.apply(_reports(held))),
        Heading("二、等次确定情况", 1),
        *_grades(held, settings),
        Heading("三、整改安排", 1),
        Para(settings.words.apply(
            f"对点评指出的问题，{f'形成整改事项{held.items}项，' if held.items else ''}逐项明确整改措施、责任人和"
            "完成时限，由党办跟踪销号，整改情况在下一年度述职评议会议上首先通报。"
        )),
        Para("特此报告。"),
    ]  # fmt: skip
    return Paper(
        title=f"中共{settings.unit_name}{settings.words.group}关于\n{meeting.year}年度党组织书记抓基层党建工作\n述职评议情况的报告",
        blocks=tuple(blocks), receiver=settings.superior, dated=on, inner=False,
        signed=f"中共{settings.unit_name}{settings.words.group}", made_from=f"{meeting.year}年述职评议会议",
    )  # fmt: skip


def _how(meeting: Meeting, held: Held, settings: Settings) -> str:
    when = full_date(meeting.held_on) if meeting.held_on else "（日期待定）"
    return (
        f"{when}，{settings.unit_name}党组召开{meeting.year}年度党组织书记抓基层党建工作述职评议会议，"
        f"{counting.who_reports(held.reports)}述职{'，党组成员逐一点评' if held.all_said else ''}"
        f"{'，并进行民主测评' if held.came_back else ''}。"
    )


def _reports(held: Held) -> str:
    said = [one for one in held.comments if one.settled_at]
    wanting = sum(clause.part is Part.SHORTCOMING for one in said for clause in one.clauses)
    ballots = f"发出测评表{held.handed_out}份，收回{held.came_back}份。" if held.came_back else ""
    comments = f"点评意见{len(said)}份，指出不足{wanting}条。" if said else ""
    return f"{counting.how_reported(held.reports)}{comments}{ballots}"


def _grades(held: Held, settings: Settings) -> Iterable[Block]:
    graded = [one for one in held.reports if one.grade]
    if len(graded) < len(held.reports):  # not all decided yet
        yield Para(settings.words.apply("等次由党组研究确定后另行报告。"))
        return
    counted = Counter(one.grade for one in graded)
    said = "、".join(
        f"“{grade.chinese}”等次{counting.graded(held.reports, counted[grade])}" for grade in Grade if counted[grade]
    )
    days = sorted({one.decision.decided_on for one in graded if one.decision and one.decision.decided_on})
    when = "、".join(map(full_date, days))
    yield Para(settings.words.apply(f"党组{when}研究，确定{said}。"))
    yield _graded(held)


def _graded(held: Held) -> Table:
    rows = [
        (str(i), one.branch.name, one.secretary_name, one.grade.chinese if one.grade else "未定")
        for i, one in enumerate(held.reports, 1)
    ]
    return Table(("序号", "党组织", "书记", "确定等次"), tuple(rows), (1, 5, 2, 2))
