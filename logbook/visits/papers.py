"""The list of records as a workbook; one record on its sheet; a member's book as it is bound. Chinese only."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from logbook.accounts.models import Person
from logbook.documents.paper import Block, Break, Cover, Form, Heading, Paper, Para, Table
from logbook.documents.sheet import Column, Sheet
from logbook.formats import full_date, local_date
from logbook.organization.models import Liaison
from logbook.problems.models import Problem, Undertaking, answerable
from logbook.settings.queries import Settings, Words
from logbook.visits.models import Visit

NONE = "无"
Say = Callable[[str], str]  # puts the unit's own words into ours

COLUMNS = (
    Column("编号", 18), Column("下基层日期", 16, "date"), Column("登记日期", 16, "date"), Column("记录人", 10),
    Column("党组成员", 10), Column("党组织或地点", 28), Column("方式", 20), Column("基本情况", 60),
    Column("现场解决", 30), Column("指导意见", 30),
)  # fmt: skip


def sheet(records: Iterable[tuple[Visit, str]], hidden: int, words: Words) -> Sheet:
    """The records, one a row, read as the sheet is written; `hidden` is said in a closing line."""
    columns = tuple(Column(words.apply(one.title), one.width, one.kind) for one in COLUMNS)
    note = f"另有{hidden}条不在知悉范围" if hidden else ""
    return Sheet("下基层记录", columns, map(_row, records), note=note)


def _row(record: tuple[Visit, str]) -> tuple[object, ...]:
    visit, kinds = record
    marks = "（已更正）" if visit.version > 1 else ""
    marks += "（已撤销）" if visit.withdrawn_at else ""
    return (
        visit.number + marks, visit.visited_on, local_date(visit.recorded_at), visit.recorder_name,
        visit.member_name, visit.branch.name if visit.branch else visit.place, kinds, visit.findings,
        visit.solved_on_site, visit.guidance,
    )  # fmt: skip


# --- one record, and the book ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """A record as it is printed for one reader: `hidden` names the fields kept from them."""

    visit: Visit
    problems: Sequence[Problem]
    undertakings: Sequence[Undertaking]
    hidden: frozenset[str] = frozenset()


def record(page: Page, settings: Settings) -> Paper:
    """One record on an A4 sheet; a long one goes on on the next."""
    words = settings.words.apply
    return Paper(
        title=f"{settings.unit_name}{words('党组成员')}\n下基层记录",
        blocks=(_form(page, words), *_addenda(page.visit)),
        made_from=f"{page.visit.number} 第{page.visit.version}版",
    )


def book(
    member: Person, year: int, pages: Sequence[Page], liaisons: Sequence[Liaison], settings: Settings, *, kept_back: int
) -> Paper:
    """A member's book of a year, to be printed on both sides and bound; `kept_back` lines are not for the reader."""
    words = settings.words.apply
    blocks: list[Block] = [_cover(settings, year, member.name_in(year), member.post), Heading(words("挂点安排"), 1)]
    blocks.append(_arrangement(liaisons, words) if liaisons else Para(words("本年没有挂点安排。")))
    for page in pages:
        line = f"第{page.visit.book_line}次　" if page.visit.book_line else ""
        blocks += [Break(), Heading(f"{line}{_place(page.visit)}", 1), _form(page, words), *_addenda(page.visit)]
    if not pages and not kept_back:
        blocks += [Break(), Para("本年没有记录。")]
    if kept_back:
        blocks.append(Para(f"另有{kept_back}条不在知悉范围。"))  # below the last record: not a leaf for one line
    versions = sum(page.visit.version for page in pages)
    return Paper(
        title=f"{settings.unit_name}{words('党组成员')}下基层记录本（{year}年，{member.name_in(year)}）",
        blocks=tuple(blocks),
        made_from=f"{year}年，{len(pages)}条，各条版次之和{versions}", bound=True,
    )  # fmt: skip


BLANK_PAGES = 60
WRITTEN_BY_HAND = (
    "每次下基层记一页，三五行即可，不要求照片、心得，不要求基层签字。",
    "“问题”和“领办事项”写清楚是什么、谁负责、什么时候办完。没有的不填。",
    "写好后交党办登记，党办按本页日期登记，并注明纸质原件的记录日期。本子由本人保管，年底交党办归档。",
)


def record_system(settings: Settings, on: dt.date) -> Paper:
    """记录制度（试行）: the five rules the books are kept by."""
    words = settings.words.apply
    rules = (
        "党组成员原则上每季度到挂点支部不少于1次。",
        "党办每年初向每位党组成员发放记录本，每次下基层都要有记录，三五行即可，不要求照片、心得。",
        "党办每半年梳理一次问题办理情况，年底汇总，报党组书记审阅，提交党组会议。",
        "基层不填报、不签字、不陪同；次数不作排名和考核依据。",
        "记录本由本人保管，年底交党办归档。",
    )
    return Paper(
        title=f"{settings.unit_name}{words('党组成员')}\n下基层记录制度（试行）",
        blocks=tuple(Para(f"{number}、{words(rule)}") for number, rule in zip("一二三四五", rules, strict=True)),
        inner=False, signed=f"{settings.unit_name}{words('党办')}", dated=on, made_from="记录制度（试行）",
    )  # fmt: skip


def blank_book(member: Person | None, year: int, liaisons: Sequence[Liaison], settings: Settings) -> Paper:
    """A book to be written in by hand: a member's with their liaisons, or one for anybody."""
    words = settings.words.apply
    blocks: list[Block] = [
        _cover(settings, year, member.name if member else "", member.post if member else ""),
        Heading("使用说明", 1), *(Para(f"{n}. {words(text)}") for n, text in enumerate(WRITTEN_BY_HAND, 1)),
        Heading(words("挂点安排"), 1), _arrangement(liaisons, words) if liaisons else Form((("支部", ""),) * 4),
    ]  # fmt: skip
    blank = Form(
        (("日期", "", "支部", ""), ("方式", "", "同行人员", ""), ("基本情况", ""), ("基层呼声", ""), ("问题", ""),
         ("领办事项", "")), (1, 1, 7, 4, 4, 3),
    )  # fmt: skip
    for _page in range(BLANK_PAGES):
        blocks += [Break(), blank]
    return Paper(
        title=f"{settings.unit_name}{words('党组成员')}下基层记录本（{year}年）", blocks=tuple(blocks),
        made_from=f"{year}年空白记录本", bound=True,
    )  # fmt: skip


def _cover(settings: Settings, year: int, name: str = "", post: str = "") -> Cover:
    words = settings.words.apply
    return Cover(
        f"{settings.unit_name}{words('党组成员')}\n下基层记录本",
        (("年　　度", f"{year}年"), ("姓　　名", name), ("职　　务", post)),
        ("内部资料　注意保管", f"{settings.unit_name}{words('党办')}"),
    )


def _arrangement(liaisons: Sequence[Liaison], words: Say) -> Table:
    rows = tuple(
        (one.branch.name, one.branch.host_unit or NONE, f"{full_date(one.from_on)}至{full_date(one.to_on)}")
        for one in liaisons
    )
    return Table((words("挂点支部"), "所在单位", "起止日期"), rows, (4, 4, 5))


def _place(visit: Visit) -> str:
    return visit.branch.name if visit.branch else visit.place


def _form(page: Page, words: Say) -> Form:
    visit = page.visit
    marks = "（已更正）" if visit.version > 1 else ""
    rows: list[tuple[str, ...]] = [
        ("编号", visit.number + marks, words("党组成员"), visit.member_name),
        ("下基层日期", full_date(visit.visited_on), "登记日期", full_date(local_date(visit.recorded_at))),
        ("党组织" if visit.branch else "地点", _place(visit), "记录人", visit.recorder_name),
        ("方式", "、".join(one.kind.chinese for one in visit.kinds)),
    ]
    if visit.withdrawn_at:
        return Form((*rows, ("撤销", f"{full_date(local_date(visit.withdrawn_at))}撤销。{visit.withdraw_reason}")))
    return Form((*rows, *((label, text) for label, text in _texts(page, words) if text)))


def _texts(page: Page, words: Say) -> Iterable[tuple[str, str]]:
    visit, hidden = page.visit, page.hidden
    yield "原件日期", full_date(visit.paper_on) if visit.paper_on else ""
    yield "主要内容", "、".join(one.content.chinese for one in visit.contents)
    yield "走访对象", visit.people_met + (f"　{visit.headcount}人" if visit.headcount else "")
    people = "、".join(visit.companion_names)
    yield "同行人员", "　".join(filter(None, (people, visit.companions_note)))
    yield "基本情况", visit.findings
    yield "基层呼声", _numbered([f"{one.text}（{one.category.chinese}）" for one in visit.voices])
    yield "思想动向", "" if "thinking" in hidden else visit.thinking
    yield "现场解决", visit.solved_on_site
    yield "指导意见", visit.guidance
    yield "平时掌握", "" if "observation" in hidden else visit.observation
    yield "问题", _numbered([_problem(one, words) for one in page.problems])
    yield "领办事项", _numbered([_undertaking(one) for one in page.undertakings])


def _numbered(texts: Sequence[str]) -> str:
    return "\n".join(texts) if len(texts) == 1 else "\n".join(f"{i}. {text}" for i, text in enumerate(texts, 1))


def _problem(one: Problem, words: Say) -> str:
    owner = answerable(words(one.side.chinese), one.unit, one.owner_name)
    return (
        f"{one.text.rstrip('。')}。责任方：{owner}；{_ended(one.state.chinese, one.result, one.due_on, one.closed_on)}"
    )


def _undertaking(one: Undertaking) -> str:
    return f"{one.text.rstrip('。')}。{_ended(one.state.chinese, one.result, one.due_on, one.closed_on)}"


def _ended(state: str, result: str, due_on: dt.date, closed_on: dt.date | None) -> str:
    if closed_on is None:
        return f"{state}，时限{full_date(due_on)}。"
    return f"{full_date(closed_on)}{state}。{result}"


def _addenda(visit: Visit) -> Iterable[Block]:
    for one in visit.addenda:
        added = f"{one.by_name}，{full_date(local_date(one.at))}"
        yield Para(f"归档后补充：{one.text.rstrip('。')}（{one.reason.rstrip('。')}；{added}）。")
