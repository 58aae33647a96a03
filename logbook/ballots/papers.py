"""The ballot to be printed and filled in by hand, and what came out of it. Chinese only."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from logbook.ballots import counting
from logbook.ballots.models import Ballot, BallotClass, BallotStep, Item, StepKind, VoterClass
from logbook.ballots.tally import WORDS, Result, Row
from logbook.documents.paper import Block, Break, Heading, Paper, Para, Table
from logbook.formats import local_date, short_date
from logbook.review.models import Grade, Meeting, Report
from logbook.settings.queries import Settings, Words

EMPTY = "　"  # to be filled in by hand
TICKS = "每人只选一项打“√”，多选无效，不选视为弃权"
OWN = "不对本人进行测评，本人一栏请勿填写。"
POINTS = "分数填0至该项满分的整数，填其他的该项无效，不填视为弃权"
SIGNED = "计票人（签字）　　　　　　监票人（签字）　　　　　　　　年　　月　　日"  # one line of the page, in Word too


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
    rules = [TICKS] if any(not item.most for item in items) else []
    rules += [POINTS] if any(item.most for item in items) else []
    own = {VoterClass.SECRETARIES: f"{OWN}本人一页不投。", VoterClass.MEMBERS: OWN}.get(voters, "")
    yield Para(f"测评人类别：{settings.words.apply(voters.chinese)}", indent=False, keep=True)
    numbers = {one.id: str(i) for i, one in enumerate(reports, 1)}
    yield Para(f"说明：请结合述职情况和平时了解的情况独立评价；{'；'.join(rules)}；不签名。{own}", keep=True)
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
    by_paper = one.codes is not None and one.first > one.sheets
    back, out = (one.first, one.sheets) if by_paper else (one.cast + one.first, one.handed_out)
    return f"{one.voters.chinese}收回{back}份，多于发出{out}份，本次测评无效，应重新测评。"


def statistics(
    meeting: Meeting, result: Result, settings: Settings, on: dt.date, *, over: Sequence[BallotClass]
) -> Paper:
    """测评情况统计表, for the group alone; `over` are the classes that make the ballot void."""
    blocks: list[Block] = [Para(settings.words.apply(line)) for line in _numbers(result, over)]
    void = bool(over) or bool(result.ballot and result.ballot.void_reason)
    if not void and not result.rows:
        blocks.append(Para(f"收回不足{counting.SMALLEST}份，为保证无记名，不列各等次票数。"))
    elif not void:
        blocks += _tables(result, settings.words)
    blocks += [Para(line) for line in _answerable(result, settings.words)]
    return Paper(
        title=_title(meeting, settings, "测评情况统计表"), blocks=tuple(blocks), landscape=True, dated=on,
        signed=f"{settings.unit_name}{settings.words.apply('党办')}", made_from=f"{meeting.year}年述职评议会议",
    )  # fmt: skip


def _numbers(result: Result, over: Sequence[BallotClass]) -> Iterable[str]:
    """Who was there, what was handed out and what came back, in all and by class; what nobody asked then is —."""
    ballot = result.ballot
    if ballot is None or not ballot.has_box:  # held by an earlier version
        valid = "" if over else f"，有效{result.came_back}份"
        yield f"应到—人，实到—人。发出测评表{result.handed_out}份，收回{result.came_back}份{valid}。"
    else:
        yield from _counted_numbers(ballot)
    yield from map(over_said, over)
    if ballot and ballot.void_reason:
        yield f"本次测评作废，应重新测评。原因：{ballot.void_reason.rstrip('。')}。"


def _counted_numbers(ballot: Ballot) -> Iterable[str]:
    """Where a class is small enough to be merged, how many are valid is told of all classes together."""
    named = [(one.voters.chinese, [one]) for one in ballot.classes if one.due or one.handed_out]
    wholes = [("合计", list(ballot.classes))] if len(named) > 1 else []
    small = any(0 < one.cast + one.first < counting.SMALLEST for one in ballot.classes)
    for name, parts in (*named, *wholes):
        valid = _valid(parts) if len(parts) > 1 or not (small and wholes) else ""
        yield f"{name}：{_people(parts)}{'，'.join(filter(None, (_sheets(parts), valid)))}。{_codes(parts)}"


def _people(parts: Sequence[BallotClass]) -> str:
    due, present = sum(one.due or 0 for one in parts), sum(one.present or 0 for one in parts)
    return f"应到{due}人，实到{present}人。"


def _sheets(parts: Sequence[BallotClass]) -> str:
    printed, out = sum(one.printed or 0 for one in parts), sum(one.sheets for one in parts)
    back, cast = sum(one.first for one in parts), sum(one.cast for one in parts)
    paper = f"印制{printed}份，发出{out}份，剩余{printed - out}份（已作废）；收回{back}份" if printed or back else ""
    return "，".join(filter(None, (paper, f"网上提交{cast}份" if cast else "")))


def _valid(parts: Sequence[BallotClass]) -> str:
    """Of paper and of what was cast on a screen as many are valid as are not invalid."""
    cast, spoiled = sum(one.cast + one.first for one in parts), sum(one.spoiled or 0 for one in parts)
    return f"其中有效{cast - spoiled}份、无效{spoiled}份"


def _codes(parts: Sequence[BallotClass]) -> str:
    made, out = sum(one.codes_made or 0 for one in parts), sum(one.codes or 0 for one in parts)
    void, used = sum(one.codes_void or 0 for one in parts), sum(one.cast for one in parts)
    return f"测评码：制作{made}个，发出{out}个，作废{void}个，已使用{used}个。" if made or out else ""


def _answerable(result: Result, words: Words) -> Iterable[str]:
    """Who typed, what was changed on the way and why, who sealed the sheets; and the two who sign."""
    ballot = result.ballot
    if ballot is None or not ballot.has_box:
        yield SIGNED
        return
    for one in ballot.classes:
        if one.typed_by:
            yield words.apply(f"{one.voters.chinese}纸质测评表录入：") + f"{one.typed_by}。"
    yield from (step_said(one, words) for one in result.steps)
    if ballot.witness_codes > 1:
        yield f"监票码发放{ballot.witness_codes}次。"
    if ballot.sealed_by:
        yield words.apply("原始测评表已当场封存，封存人：") + f"{ballot.sealed_by}。"
    clerk = ballot.clerk.name if ballot.clerk else ""
    yield f"计票人：{clerk}　　监票人：{ballot.witness_name}"
    yield SIGNED


def step_said(step: BallotStep, words: Words) -> str:
    """A change as it is printed."""
    said, day = step.said, short_date(local_date(step.at))
    voters = words.apply(step.voters.voters.chinese) if step.voters else ""
    what = {
        StepKind.CORRECT: f"{voters}发出由{said.get('before', '')}更正为{said.get('after', '')}{_more(said)}",
        StepKind.REPLACE: f"{voters}作废并补发测评码{said.get('n', '')}个",
        StepKind.WITNESS: f"监票人由{said.get('before', '')}更换为{said.get('after', '')}",
        StepKind.VOID: "本次测评作废",
        StepKind.CLOSE: "结束测评",
    }[step.kind]
    by = f"{step.by.name}办理" if step.kind is StepKind.WITNESS else f"{step.by.name}提出、监票人同意"
    return f"{day}，{what}（{by}）；原因：{step.reason.rstrip('。')}。"


def _more(said: Mapping[str, str]) -> str:
    return f"，{said['more']}" if said.get("more") else ""


def _tables(result: Result, words: Words) -> Iterable[Block]:
    names = [words.apply("、".join(one.chinese for one in group)) or "合计" for group in result.groups]
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
    yield from map(Para, _rules(result, words))
    yield Para(f"注：不足5份的类别并入其他类别；多选、超出范围的该项为无效，空白为弃权{points}。")


def _rules(result: Result, words: Words) -> Iterable[str]:
    """What the points were weighted by and grades are suggested from: as it stood when the ballot was opened."""
    if result.weights and len(result.groups) > 1:
        parts = "、".join(f"{one.chinese}{result.weights.get(one.value, 0)}" for one in VoterClass)
        merged = any(len(group) > 1 for group in result.groups)
        said = "有类别合并的，不按权重，合计按每份相同计算。" if merged else "合计按权重计算。"
        yield words.apply(f"测评开始时确定的各类权重：{parts}。{said}")
    if result.rule.suggests:
        share, unit = ("平均得分", "分") if result.has_points else ("该等次及以上得票", "%")
        least = zip(Grade, result.rule.suggests, strict=False)
        grades = "，".join(f"{n}{unit}以上的建议“{grade.chinese}”" for grade, n in least)
        rest = f"其余建议“{Grade.POOR.chinese}”；等次由党组研究确定。"
        yield words.apply(f"测评开始时确定的等次建议办法：{share}{grades}，{rest}")
    if result.rule.cap_percent:
        yield f"“较好”及以下等次一般不少于{result.rule.cap_percent}%。"


def _about(number: str, row: Row) -> tuple[str, ...]:
    return number, row.report.branch.name, row.report.secretary_name


def _counted(number: str, row: Row, names: Sequence[str]) -> Iterable[tuple[str, ...]]:
    for name, part in zip(names, row.grades, strict=True):
        yield (*_about(number, row), name, *(str(part.of(value)) for value in WORDS))
