"""支部联系情况: who went to a branch in some days, what was said there, what became of it. Chinese only."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from logbook.documents.paper import Block, Heading, Paper, Para, Table
from logbook.formats import full_date, local_date, short_date
from logbook.organization.models import Branch
from logbook.problems.models import Side, State, UndertakingState, answerable, unit_of
from logbook.settings.queries import Settings
from logbook.visits.models import Visit
from logbook.visits.queries import Voices

NONE = "无"


@dataclass(frozen=True, slots=True)
class Dossier:
    """What one reader may know of a branch from `first` to `last`; `kept_back` records are not for them."""

    branch: Branch
    first: dt.date
    last: dt.date
    records: Sequence[tuple[Visit, str]]  # with their kinds in words
    kept_back: int
    voices: Voices
    problems: Sequence[Any]  # rows of problems.queries.year_items
    undertakings: Sequence[Any]  # … and of year_undertakings


def dossier(found: Dossier, settings: Settings, on: dt.date) -> Paper:
    """谁去过、反映什么、办得怎样, as an inspection asks."""
    words = settings.words.apply
    made = f"{settings.unit_name}{words('党办')}　{full_date(on)}"
    blocks: list[Block] = [
        Heading("一、谁去过", 1), *_went(found, words),
        Heading("二、反映什么", 1), *_said(found),
        Heading("三、问题办得怎样", 1), _problems(found, words),
        Heading("四、领办事项办得怎样", 1), *_undertakings(found, made),
    ]  # fmt: skip
    return Paper(
        title=f"{found.branch.name}\n{_span(found)}联系情况",
        blocks=tuple(blocks), landscape=True,
        made_from=f"{len(found.records)}条记录，{len(found.problems)}个问题，{full_date(on)}",
    )  # fmt: skip


def _span(found: Dossier) -> str:
    first, last = found.first, found.last
    whole = (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year
    if whole:
        return f"{first.year}年"
    return f"{full_date(first)}至{short_date(last) if first.year == last.year else full_date(last)}"


def _went(found: Dossier, words: Any) -> list[Block]:
    members = {(one.official_order, one.pinyin, one.id, one.name) for one in (row.member for row, _ in found.records)}
    people = [name for *_order, name in sorted(members)]
    if not people and not found.kept_back:
        return [Para(words("没有党组成员到支部的记录。"))]
    names, shown = "、".join(people), len(found.records)
    if found.kept_back:
        said = (
            words("党组成员到支部")
            + f"{shown + found.kept_back}人次，下列{shown}人次"
            + (f"：{names}。" if names else "。")
        )
    else:
        said = words("党组成员") + f"{len(people)}人到支部{shown}人次：{names}。"
    head = ("编号", "下基层日期", words("党组成员"), "方式", "基本情况", "登记日期", "记录人")
    table = Table(head, tuple(_record(*row) for row in found.records), (2.8, 3.4, 2.2, 2.8, 8, 3.4, 2))
    return [Para(said), *([table] if people else []), *_kept_back(found.kept_back)]


def _record(visit: Visit, kinds: str) -> tuple[str, ...]:
    return (
        visit.number + ("（已更正）" if visit.version > 1 else ""), full_date(visit.visited_on), visit.member_name,
        kinds or NONE, visit.findings, full_date(local_date(visit.recorded_at)), visit.recorder_name,
    )  # fmt: skip


def _kept_back(n: int) -> list[Block]:
    return [Para(f"另有{n}条不在知悉范围。")] if n else []


def _said(found: Dossier) -> list[Block]:
    lines = sorted(found.voices.lines, key=lambda line: (line[1].visited_on, line[1].seq, line[0].id))
    rows = tuple((visit.number, full_date(visit.visited_on), one.text, one.category.chinese) for one, visit in lines)
    hidden = _kept_back(found.voices.everything - len(rows))
    if not rows:
        return hidden or [Para("没有收集到意见建议的记录。")]
    return [Table(("编号", "下基层日期", "意见建议", "类别"), rows, (2.8, 3.4, 14.4, 4)), *hidden]


def _answers(one: Any, words: Any) -> str:
    side = Side(one.side)
    return answerable(words(side.chinese), unit_of(side, branch=one.branch or "", unit=one.owner_unit))


def _problems(found: Dossier, words: Any) -> Block:
    rows = tuple(
        (one.source_label, one.text, _answers(one, words),
         full_date(one.due_on), _ended(State(one.state).chinese, one.result))
        for one in found.problems
    )  # fmt: skip
    head = ("编号", "问题", "责任方", "完成时限", "办理情况")
    return Table(head, rows, (2.8, 8, 4.4, 3.4, 6)) if rows else Para("没有收集到问题的记录。")


def _undertakings(found: Dossier, made: str) -> list[Block]:
    """With who made the paper below: a signature could stand on a page alone."""
    rows = tuple(
        (one.source_label, one.text, one.member, full_date(one.due_on),
         _ended(UndertakingState(one.state).chinese, one.result))
        for one in found.undertakings
    )  # fmt: skip
    head = ("编号", "事项", "领办人", "完成时限", "办理情况")
    if not rows:
        return [Para("没有领办事项的记录。", keep=True), Para(made)]
    return [Table(head, rows, (2.8, 10.2, 2.2, 3.4, 6), note=made)]


def _ended(state: str, result: str) -> str:
    return f"{state}。{result}" if result else state
