"""The text of a summary, written from its figures: plain sentences chosen by rule, which the office then edits.

Chinese only. Zero, one and many read differently; last year is compared as a fact; no ranking of people.
Lines that begin with 一、 or （一） are headings.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence

from logbook.formats import full_date, short_date
from logbook.problems.models import Category
from logbook.settings.queries import Settings
from logbook.visits.models import Content, Kind
from logbook.years.summary import Count, Miss, Visited, YearSummary

Words = Callable[[str], str]  # puts the unit's own words into ours; never run over the name of a branch or unit
LEVELS = (re.compile(r"[一二三四五六七八九十]+、"), re.compile(r"（[一二三四五六七八九十]+）"))
# Lines for the office to replace; a paper leaves them out.
HINTS = ("（党员干部思想动向由党办撰写，不涉及具体人。）", "（下一步打算由党办撰写。）")
CONTENT_WORDS = {
    Content.GUIDE_PARTY_WORK.value: "指导支部建设",
    Content.LEARN_THINKING.value: "了解党员干部思想动向",
    Content.SOLVE_DIFFICULTIES.value: "帮助解决实际困难",
    Content.PLAN_TOGETHER.value: "谋划党建与重点任务融合发展",
}


QUARTERS = ["第一季度", "第二季度", "第三季度", "第四季度"]
TITLE_LINE = 19  # characters of a title on a line
MOST = 3  # categories of voices named
FOUR = tuple(Content)[:4]
FEW, ENOUGH = 10, 10  # a content of fewer than a tenth of the records is few, where there are ten


def is_hint(line: str, words: Words) -> bool:
    """A line for the office, not for a paper; also as it read in the unit's own words."""
    return line in {*HINTS, *map(words, HINTS)}


def heading_level(line: str) -> int:
    """1 for 一、…, 2 for （一）…, 0 for a paragraph."""
    return next((n for n, pattern in enumerate(LEVELS, 1) if pattern.match(line) and len(line) < 40), 0)  # noqa: PLR2004


def title(summary: YearSummary, settings: Settings) -> str:
    """××局党组成员 / 2026年度下基层情况汇总, broken by meaning."""
    return f"{settings.unit_name}{settings.words.apply('党组成员')}\n{broken(span_name(summary), '下基层情况汇总')}"


def broken(head: str, tail: str) -> str:
    """A title on one line where there is room for it, else broken between its two parts."""
    wide = sum(1 if char > "~" else 0.5 for char in head + tail)
    return head + tail if wide <= TITLE_LINE else f"{head}\n{tail}"


def span_name(summary: YearSummary) -> str:
    """2026年度, 2026年上半年, or the two dates."""
    first, last = summary.first, summary.last
    if summary.whole_year:
        return f"{first.year}年度"
    if summary.half_year:
        return f"{first.year}年上半年"
    return days(first, last)


def days(first: dt.date, last: dt.date) -> str:
    if first == last:
        return full_date(first)
    until = short_date(last) if first.year == last.year else full_date(last)
    return f"{full_date(first)}至{until}"


def written(summary: YearSummary, before: Visited | YearSummary | None, settings: Settings) -> str:
    """The whole text, one paragraph a line; `before` is the same span a year earlier, None when it has no record."""
    whole, words = _when(summary), settings.words.apply
    liaison, contents = _liaison(summary, whole, words), words(_contents(summary))
    lines = [
        words(_opening(summary, settings.unit_name)),
        "一、总体情况",
        words(_totals(summary, before, whole)),
        *((words("（一）挂点联系。") + liaison, f"（二）主要内容。{contents}") if summary.contents else (liaison,)),
        "二、基层呼声和思想动向",
        _voices(summary),
        words(HINTS[0]),
        "三、问题解决和领办事项",
        words(_problems(summary)),
        words(_undertakings(summary)),
        "四、存在不足和下一步打算",
        _gaps(summary),
        words(HINTS[1]),
    ]
    return "\n".join(lines)


def _when(summary: YearSummary) -> str:
    if not summary.ended:
        return "期间"
    return "全年" if summary.whole_year else "上半年" if summary.half_year else "期间"


def _opening(summary: YearSummary, unit: str) -> str:
    group = "局党组" if unit.endswith("局") else "党组"
    whole = summary.whole_year and summary.ended
    name = f"{summary.first.year}年度（1月1日至12月31日）" if whole else days(summary.first, summary.until)
    return f"根据{group}关于建立党组成员下基层记录制度的要求，现将{name}党组成员下基层情况汇总如下。"


def _totals(summary: YearSummary, before: Visited | YearSummary | None, whole: str) -> str:
    last_year = f"（上年{'' if whole == '全年' else '同期'}{before.records}人次）" if before and before.records else ""
    if not summary.records:
        return f"{whole}没有党组成员下基层的记录{last_year}。"
    spent = f"，累计{summary.half_days / 2:g}天" if summary.half_days else ""
    if summary.records == 1:
        kinds = "、".join(Kind(one.value).chinese for one in summary.kinds)
        return f"{whole}党组成员下基层1人次{last_year}，{_covered(summary)}，方式为{kinds}。"
    kinds = "、".join(f"{Kind(one.value).chinese}{one.n}次" for one in summary.kinds)
    note = "（一次采用多种方式的分别计算）" if summary.kinds_overlap else ""
    return f"{whole}党组成员共下基层{summary.records}人次{last_year}，{_covered(summary)}{spent}。其中，{kinds}{note}。"


def _covered(summary: YearSummary) -> str:
    total, reached = summary.liaison_branches, summary.covered
    if not total:
        return "尚未安排挂点支部"
    if not reached:
        return "还没有到过挂点支部"
    if total == 1 or summary.records == 1:  # which may count for a general branch as well
        return "到了挂点支部"
    return f"{total}个挂点支部全覆盖" if reached == total else f"到过{total}个挂点支部中的{reached}个"


def _liaison(summary: YearSummary, whole: str, words: Words) -> str:
    if not summary.liaison_branches:
        return words("尚未安排挂点联系。")
    if not summary.due_branches:
        return words("挂点联系安排中，尚无已满一个联系周期的。")
    missed = list(dict.fromkeys(one.branch for one in summary.misses))
    parts = [words(_kept(summary, whole, len(missed)))] if len(missed) < summary.due_branches else []
    parts += _missed(summary, missed)
    return words("按照挂点联系安排，") + "；".join(parts) + "。"


def _kept(summary: YearSummary, whole: str, missed: int) -> str:
    kept = summary.due_branches - missed
    if missed:
        return f"{kept}个支部在应联系的各期均有挂点领导到支部"
    if kept == 1:
        return "应联系的1个支部有挂点领导按安排到支部"
    everyone = f"{whole}各支部" if kept == summary.liaison_branches else f"应联系的{kept}个支部"
    return f"{everyone}均按安排有挂点领导到支部"


def _missed(summary: YearSummary, branches: Sequence[str]) -> Iterable[str]:
    """A sentence for those that missed the same periods and were visited as often since."""
    found: dict[tuple[str, int], list[str]] = {}
    for branch in branches:
        misses = [one for one in summary.misses if one.branch == branch]
        found.setdefault((_periods(summary, misses), misses[-1].later), []).append(branch)
    for (periods, later), names in found.items():
        each = "各" if len(names) > 1 else ""
        since = f"，此后已{each}前往{later}次" if later else ""
        yield f"{'、'.join(names)}{periods}未按安排到支部{since}"


def _contents(summary: YearSummary) -> str:
    said = "、".join(f"{_content(one.value)}{one.n}次" for one in summary.contents)
    return f"{said}{'（一次涉及多项的分别计算）' if summary.contents_overlap else ''}。"


def _content(value: str) -> str:
    return CONTENT_WORDS.get(value, Content(value).chinese)


def _voices(summary: YearSummary) -> str:
    if not summary.voices_total:
        return "没有收集到意见建议的记录。"
    if summary.voices_total == 1:
        return f"收集意见建议1条，属{Category(summary.voices[0].value).chinese}方面。"
    most = _most(summary.voices)
    where = f"主要集中在{most}等方面" if len(summary.voices) > MOST else f"集中在{most}方面"
    return f"共收集意见建议{summary.voices_total}条，{where}。"


def _most(counts: Sequence[Count]) -> str:
    return "、".join(f"{Category(one.value).chinese}（{one.n}条）" for one in counts[:MOST])


def _problems(summary: YearSummary) -> str:
    found = summary.problems
    if not found.total:
        return "没有收集到问题的记录。"
    since = "上年" if summary.from_new_year else "此前"
    said = (
        (found.done, "办结{}个"),
        (found.partly, "部分解决、继续跟进{}个"),
        (found.underway, "正在办理{}个"),
        (found.not_begun, "尚未办理{}个"),
        (found.long_term, "需长期推进{}个"),
    )
    if found.total == 1:
        carried = f"（{since}结转）" if found.carried else ""
        state = "已办结" if found.done else _each(said).removesuffix("1个")
        return f"收集问题1个{carried}，{state}。" + _accepted(summary)
    carried = f"（含{since}结转{found.carried}个）" if found.carried else ""
    states = "全部办结" if found.done == found.total else _each(said)
    return f"共收集问题{found.total}个{carried}，{states}。" + _accepted(summary)


def _each(said: Iterable[tuple[int, str]]) -> str:
    return "，".join(line.format(n) for n, line in said if n)


def _accepted(summary: YearSummary) -> str:
    found = summary.problems
    if not found.done or not found.accepted:
        return ""
    if found.done == found.accepted:
        return "经回访反映人认可。" if found.done == 1 else f"办结的{found.done}个，经回访反映人均认可。"
    doubted = f"、认为还需改进{found.doubted}个" if found.doubted else ""
    waiting = found.done - found.accepted - found.doubted
    rest = f"，其余{waiting}个正在回访" if waiting else ""
    return f"办结的{found.done}个中，经回访反映人认可{found.accepted}个{doubted}{rest}。"


def _undertakings(summary: YearSummary) -> str:
    found = summary.undertakings
    if not found.total:
        return "没有党组成员领办事项的记录。"
    states = _each((
        (found.done, "办成{}项"),
        (found.underway, "正在办理{}项"),
        (found.explained, "暂不能办理、已向支部说明{}项"),
    ))  # fmt: skip
    if found.total == 1:
        states = "已办成" if found.done else states.removesuffix("1项")
    elif found.done == found.total:
        states = "全部办成"
    return f"党组成员领办事项{found.total}项，{states}。"


def _gaps(summary: YearSummary) -> str:
    return "".join(_facts(summary)) or _none_of(summary)


def _none_of(summary: YearSummary) -> str:
    """What is not the case, as far as there was anything that could be."""
    found = ["没有未到的支部"] if summary.due_branches else []
    found += ["没有超期未办结的问题"] if summary.problems.total else []
    return "，".join(found) + "。" if found else "没有需要列出的事项。"


def _facts(summary: YearSummary) -> Iterable[str]:
    missed: dict[str, list[Miss]] = {}
    for one in summary.misses:
        missed.setdefault(one.branch, []).append(one)
    never = [one.name for one in summary.branches if one.liaison and not one.trips]
    never = [name for name in never if summary.ended or name in missed]  # else there is time yet
    if len(never) > 1 and len(never) == summary.liaison_branches:
        yield "各挂点支部均没有到过。"
    elif never:
        yield f"没有到过的支部：{'、'.join(never)}。"
    said = "、".join(f"{name}（{_periods(summary, misses)}）" for name, misses in missed.items() if name not in never)
    if said:
        yield f"未按安排联系的：{said}。"
    if summary.problems.overdue:
        yield f"超期未办结的问题{summary.problems.overdue}个。"
    few = list(_few(summary))
    if few:
        yield f"记录较少的内容：{'、'.join(few)}。"


def _few(summary: YearSummary) -> Iterable[str]:
    """The contents of the four with fewer than a tenth of the records; nothing where few records name any."""
    counts = {one.value: one.n for one in summary.contents}
    if summary.records >= ENOUGH and summary.contents:
        for one in FOUR:
            n = counts.get(one.value, 0)
            if n * FEW < summary.records:
                yield _content(one.value) + (f"（{n}次）" if n else "（没有）")


def _periods(summary: YearSummary, misses: Sequence[Miss]) -> str:
    """第一、第二季度; with their years where the span has several."""
    if summary.one_year:
        return _joined([one.period for one in misses])
    years = dict.fromkeys(one.first.year for one in misses)
    return "、".join(f"{y}年{_joined([one.period for one in misses if one.first.year == y])}" for y in years)


def _joined(periods: Sequence[str]) -> str:
    """第一、第二季度; 第二至第四季度; 各季度."""
    found = list(dict.fromkeys(periods))
    if not all(one.endswith("季度") for one in found):
        return "、".join(found)
    if len(found) == len(QUARTERS):
        return "各季度"
    if found in (QUARTERS[:3], QUARTERS[1:]):
        return f"{found[0].removesuffix('季度')}至{found[-1]}"
    return "、".join(one.removesuffix("季度") for one in found) + "季度"


def key_figures(summary: YearSummary) -> dict[str, int]:
    """The figures the text speaks of, by what they are: to tell which changed after the office edited it."""
    found, promises = summary.problems, summary.undertakings
    return {
        "人次": summary.records, "次": summary.trips, "天": summary.half_days / 2, "到过的挂点支部": summary.covered,
        "挂点支部": summary.liaison_branches, "未按安排联系": len(summary.misses), "意见建议": summary.voices_total,
        "问题": found.total, "办结": found.done, "超期": found.overdue, "领办事项": promises.total,
        "办成": promises.done,
    } | {Kind(one.value).chinese: one.n for one in summary.kinds}  # type: ignore[return-value]  # fmt: skip
