"""Problems and undertakings in dictated text: 今天到码头看了看。问题：候船区没有遮阳。我来办：联系规划科。

static/lines.js reads the same grammar, which the page hands over: its expressions are those that both languages know.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

PROBLEM, UNDERTAKING = "problem", "undertaking"

_HAN = "一二三四五六七八九十"
_DIGIT = "0-9０-９"
_B = "[ \\t\\u00a0\\u2002-\\u200a\\u3000]"  # the blanks of a line
_COUNT = f"[{_DIGIT}{_HAN}]"
_NUMBER = (
    f"(?:[（(]{_COUNT}{{1,3}}[）)][、.．，,：:]?|[{_DIGIT}]{{1,2}}(?:[、）)：:]|[.．](?![{_DIGIT}]))|"
    f"[{_HAN}]{{1,3}}[、.．）)：:]|第{_COUNT}{{1,2}}(?:[个条点项]?是|[、，,：:])|其[{_HAN}]{{1,2}}(?:是|[、，,：:])|"
    f"[{_HAN}]{{1,2}}是|[①-⑳⑴-⒛㈠-㈩❶-❿]|[-—–·•●○◆◇■□▪*＊]{{1,2}})"
)
_BEFORE = f'{_B}*(?:{_NUMBER}{_B}*){{0,2}}[【［\\[「『“"]?'

# What may end a marker: a colon or dash; 是; 如下, 有三个; a comma, after the words that nobody begins a sentence with.
_INDEX = f"(?:{_B}?(?:[（(]?{_COUNT}{{1,2}}[）)]?|[①-⑳]|之[{_HAN}]{{1,2}}))?"
_CLOSE = f'(?:[】］\\]」』”"]{_B}*)?'
_COLON = "[：:]|[—–－-]{1,2}"
_IS = "(?:就|主要|还|也)?(?:是|在于)(?!不是|非|否|什么|啥|怎|如何|谁)[：:，,]?"
_LISTS = (
    f"(?:如下|包括|(?:主要)?有(?:以下|下列|这么|这)?[{_DIGIT}{_HAN}两几]{{0,2}}[个条点项类]?(?:方面)?)"
    "(?:[：:，,]|(?=一是))"
)
_FIRST = f"(?=[{_HAN}]{{1,2}}是)|[】］]"  # 主要问题一是……；二是……

_HOW = "(?:目前|当前|现在|还|仍|主要|突出|比较突出|具体|共性|重点|最大|普遍|现有|个别)"
_PROBLEM_WORDS = (
    f"(?:{_HOW}的?){{0,3}}(?:(?:存在|存有)着?的?|反映的?)?(?:{_HOW}的?){{0,2}}(?:(?:困难|不足|矛盾|短板|意见)[和与及、])?"
    "问题(?:[和与及、](?:困难|不足|意见|建议))?"
)
_MAIN = "(?:(?:目前|当前|现在)?(?:主要|突出|最大|具体)的?|存在的|反映的)(?:主要|突出|最大)?的?(?:问题|困难)"
_WHO = "(?:(?:职工|群众|党员|干部|支部|大家|他们|基层|书记|商户|游客|居民|村民)们?)?"
_TOLD = "(?:反映|反应|提出|提到|发现|了解|收集|梳理|看到|有|需要?(?:协调|解决|办理)|亟[待需]解决|急需解决|待解决)"
_PROBLEM_TOLD = (
    f"{_WHO}(?:集中|普遍|主要|共同)?{_TOLD}(?:了|到|出|过)?的?(?:{_HOW}的?){{0,2}}(?:困难和)?(?:问题|困难|难题)|"
    f"(?:{_HOW}的?){{0,3}}(?:存在)?的?(?:{_HOW}的?)?(?:困难|难题|(?:安全|消防)?隐患)"
)
_DOES = "(?:办理|办|领办|协调(?:解决|办理)?|联系|落实|解决|跟进|督办|督促|对接|处理|牵头|想办法|负责)"
_WHAT = "(?:[这该此][件个项]?(?:事情|事项|事|问题)?)?"
_AFTER = "(?:的事项|的事|的是|事项|一下|了|过|下)?"
_UNDERTAKING_WORDS = (
    f"{_WHAT}(?:[由让](?:我|本人)(?:来|去|负责|牵头)?|(?:我|本人)(?:来|去|负责)){_DOES}{_AFTER}|"
    f"{_WHAT}(?:我|本人)(?:现场|当场|已经|已|也)?(?:答应|承诺|表态|领办|负责){_AFTER}|我办|领办(?:事项|的事)?|我的承诺"
)
_UNDERTAKING_TOLD = f"{_WHAT}(?:我|本人)(?:再|也|亲自|马上|回去)?{_DOES}{_AFTER}|(?:承诺|答应)(?:事项|的事)"


def _kind(*words_and_ends: tuple[str, str]) -> str:
    return "|".join(f"(?:{words}){_B}*{_INDEX}{_CLOSE}{_B}*(?:{ends})" for words, ends in words_and_ends)


# Where a sentence begins, the first; after a comma or colon within one, the second, that takes less for a marker.
GRAMMAR = {
    "begins": f"{_BEFORE}(?:((?:{_PROBLEM_WORDS})(?:{_FIRST})|"
    + _kind((_PROBLEM_WORDS, f"{_COLON}|[，,]|{_IS}|{_LISTS}"), (_PROBLEM_TOLD, f"{_COLON}|{_IS}|{_LISTS}"))
    + ")|("
    + _kind((_UNDERTAKING_WORDS, f"{_COLON}|[，,】］]"), (_UNDERTAKING_TOLD, _COLON))
    + "))",
    "within": f"{_BEFORE}(?:("
    + _kind((_PROBLEM_WORDS, "[：:]"), (_PROBLEM_TOLD, "[：:]"), (_MAIN, _IS))
    + ")|("
    + _kind((_UNDERTAKING_WORDS, "[：:，,]"), (_UNDERTAKING_TOLD, "[：:]"))
    + "))",
    "number": f"{_B}*{_NUMBER}{_B}*",
    "blank": _B,
    "stop": "[。；;\\n]",
    "next": f"[，,、]{_B}*(?=[{_HAN}]{{1,2}}是)",  # 一是……，二是……
    "end": "[。；;！!？?…\\n\\r]",
    "comma": "[，,、：:]",
    "closing": '[”’）)】」』"]',
    "leads": "[没有无未和与及对的是个些么几把将在向为]",  # 没有 问题，……: a blank begins nothing there
    "none": (
        "(?:暂时|暂|目前|当前|基本|均|都|已经|已|全部|现场|当场|也|还)*"
        "(?:无|没有|没|未发现|未见|不存在|不大|不多|不明显|不突出|解决|办结|办好|处理|整改)(?:了|好|完|完毕|到位)*"
        "(?:什么|明显|突出|其他|别的|新|大|重大|需要协调|需要解决|任何|反映)*的?(?:问题|困难|意见|情况|事项)?[了啊的]?"
    ),
    "edge": "[。；;，,、：: \\t\\n\\r\\u00a0\\u2002-\\u200a\\u3000]",
}
GRAMMAR_TEXT = json.dumps(GRAMMAR, ensure_ascii=False)  # as the page hands it over
_RULES = {name: re.compile(source) for name, source in GRAMMAR.items()}


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """What the ledger could take: its kind, its text without the marker, and the place of both in the whole."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Mark:
    kind: str
    start: int
    body: int


def ledger_lines(findings: str) -> list[LedgerLine]:
    """The problems and undertakings that a text tells of, in its order."""
    marks = list(_marks(findings))
    ends = [*(mark.start for mark in marks), len(findings)][1:]
    return [line for mark, end in zip(marks, ends, strict=True) for line in _under(findings, mark, end)]


def without_lines(findings: str) -> str:
    """The text without all that it tells the ledger; a line that is empty by it goes, and a heading with its last."""
    while found := ledger_lines(findings):
        before, after = findings[: found[0].start], findings[found[0].end :]
        alone = (not before or before.endswith("\n")) and (not after or after.startswith("\n"))
        findings = (before + (after[1:] if alone else after)).strip()
    return findings


def _marks(text: str) -> Iterator[_Mark]:
    at = 0
    while at < len(text):
        rule = _rule_at(text, at)
        found = _RULES[rule].match(text, at) if rule else None
        if found is None:
            at += 1
            continue
        yield _Mark(PROBLEM if found[1] is not None else UNDERTAKING, at, found.end())
        at = max(found.end(), at + 1)


def _rule_at(text: str, at: int) -> str:
    """Which words begin something here: after a sentence's end or a blank, after a comma, or none."""
    before = at
    while before and _is("blank", text[before - 1]):
        before -= 1
    last = text[before - 1] if before else "\n"
    if _is("closing", last) and before > 1:
        last = text[before - 2] if _is("end", text[before - 2]) else last
    if _is("end", last):
        return "begins"
    if _is("comma", last):
        return "within"
    return "begins" if before < at and not _is("leads", last) else ""


def _is(rule: str, char: str) -> bool:
    return _RULES[rule].match(char) is not None


def _under(text: str, mark: _Mark, end: int) -> Iterator[LedgerLine]:
    """What stands under a marker: one thing, or one for each number; the heading goes with the last of them."""
    listed = list(_listed(text, mark, end))
    if not listed:
        stop = _RULES["stop"].search(text, mark.body, end)
        listed = [(mark.body, mark.body, *((stop.start(), stop.end()) if stop else (end, end)))]
    for start, begin, last, after in listed:
        said = _bare(text[begin:last])
        if said and not _RULES["none"].fullmatch(said):
            yield LedgerLine(
                mark.kind, said, start if len(listed) > 1 else mark.start, last if text[last:after] == "\n" else after
            )


def _bare(text: str) -> str:
    begin, end = 0, len(text)
    while begin < end and _is("edge", text[begin]):
        begin += 1
    while end > begin and _is("edge", text[end - 1]):
        end -= 1
    return text[begin:end]


def _listed(text: str, mark: _Mark, end: int) -> Iterator[tuple[int, int, int, int]]:
    """(start, begin of its words, their end, where the next begins) of each numbered one."""
    at = _past(text, mark.body, end, lambda char: char == "\n" or _is("blank", char))
    number = _RULES["number"].match(text, at, end)
    while number and number.end() > at:
        stops = [one for rule in ("stop", "next") if (one := _RULES[rule].search(text, number.end(), end))]
        stop = min(stops, key=lambda one: one.start(), default=None)
        last, after = (stop.start(), stop.end()) if stop else (end, end)
        yield at, number.end(), last, after
        at = _past(text, after, end, lambda char: char == "\n" or _is("blank", char) or _is("edge", char))
        number = _RULES["number"].match(text, at, end)


def _past(text: str, at: int, end: int, skips: Callable[[str], bool]) -> int:
    while at < end and skips(text[at]):
        at += 1
    return at
