"""Secrecy marks as papers write them (机密★1年, 秘　密, 【绝密】), told from words that hold the same characters.

What stands before and behind the word decides. Any of the three is a mark with a star, a term or 密级, in brackets, or
on a line of its own. 绝密 and 机密 are marks in a sentence, too, and so is 秘密 of a paper (秘密级, 秘密件) or spaced
out; 司机密切, titles, rooms, rules about marks and lists of the levels are ordinary. static/marks.js is the same rule.
"""

import re
import unicodedata

from logbook.cleaning import clean_text


def _compile(pattern: str) -> re.Pattern[str]:
    """Compile it as a browser would: `$` is the very end."""
    return re.compile(pattern.replace("$", r"\Z"))


STAR = "[★☆✩✪✭✯⭐*※]"
GAP = "[ \\t]*"
LINK = "[ \\t·•∙・.,:;_/|~=—–-]*"
HAN = "[一-龥〇]"
NUMBER = "[0-9一二两三四五六七八九十壹贰叁肆伍陆柒捌玖拾]+"
TERM = f"(?:{NUMBER}{GAP}(?:年|个月|月|天|日)(?![前来内以初底间多余])|长期(?!以)|(?:解密|启封|公布)[之以]?前)"
CANDIDATE = _compile("([绝机秘])([ \\t·•∙・._/|~=—–-]{0,12})密")
UPRIGHT = _compile(f"(?:^|\\n){GAP}([绝机秘]){GAP}\\n\\s*密(?:级|件)?{GAP}(?:{STAR}[^\\n]*)?(?=\\n|$)")
# A mark of whichever word: what is before it, and what is behind it.
MARKED = [
    ("", f"^[级件]?{GAP}[\\])}}】〕]?{GAP}{STAR}"),
    (f"{STAR}{GAP}$", f"^(?!{HAN})"),
    (f"(?:密级|等级|保密级别){GAP}(?:标识|标志|标注|为|是|定为)?{LINK}[\\[(【〔]?{GAP}$", ""),
    ("", f"^[级件]?{LINK}[\\[(【〔]?{GAP}{TERM}"),
    (f"[\\[({{【〔〖〈<「『]{GAP}$", f"^[级件]?{GAP}[\\])}}】〕〗〉>」』]"),
    (f"(?:^|\\n){GAP}$", f"^[级件]?{GAP}(?:\\n|$)"),
    (f"(?:^|\\n){GAP}$", "^[ \\t]+(?![和与及或的是])\\S"),
    ("[ \\t]$", f"^[级件]?{GAP}(?:\\n|$)"),
    (f"(?:^|[^ \\t、“”\"‘’'《》一-龥〇A-Za-z0-9]){GAP}$", f"^[级件]?{GAP}(?:$|[^ \\t、“”\"‘’'《》一-龥〇A-Za-z0-9])"),
    ('(?:定为|标为|列为|标有|标注|标着|印有|盖有|注明)[“"‘]?$', ""),
]
MARKED_PATTERNS = [(_compile(before), _compile(behind)) for before, behind in MARKED]
PAPER = _compile("^(?:级|件|文件|公文|文电|电报|字样|[印戳]?章(?!节))")
# Where 机, 绝 or 密 belongs to another word, and where somebody speaks of secrets and not of a paper.
OTHER_BEFORE = _compile("(?:商业|国家|工作|个人|技术|[谢杜拒隔断神])$")
MACHINES = _compile("[司时手飞相动电发割主随算印款票船危契良趁乘转枢投玄心待杀有无耕水气风车梯泵器]$")
RULES = "(?:规定|办法|制度|条例|须知|常识|知识|教育|培训|工作)"
OTHER_BEHIND = _compile(
    "^(?:[切集闭封码钥度植布谋实织约友林性]|[处室科库柜箱](?!理)|档案[柜室库]|计算|"
    "交通|使命|飞行|押运|追踪|花园|武器|配方|投票|"
    f"(?:文件|资料|材料|信息|事项|档案|载体)?的?(?:管理|保管|保护|收发|传递|销毁)*{RULES})"
)
LEVEL_BEFORE = _compile(f"[绝机秘]密级?{GAP}[、,和与及或/]{GAP}$")
LEVEL_BEHIND = _compile(f"^级?{GAP}[、,和与及或/]{GAP}[绝机秘]密")
STARRED = _compile(f"^[级件]?{GAP}{STAR}")
COUNTED = _compile("^(?:文?件|公文|材料|各?[0-9一二两三]+份)")
STAR_BEHIND = _compile(f"^{GAP}{STAR}")
STAR_BEFORE = _compile(f"{STAR}{GAP}$")
NAMED = _compile("密级[:：]\\s*$")
REACH = 60
IN_TITLE = _compile("《[^》\\n]*$")


def secrecy_mark(text: str) -> str | None:
    """Return the first secrecy mark found in `text` (绝密, 机密, 秘密, 秘密★), however it is spaced there, or None."""
    plain = unicodedata.normalize("NFKC", clean_text(text))
    for found in CANDIDATE.finditer(plain):
        before, behind = _cut_around(plain, found.start(), found.end())
        if _is_marked(before, behind) or _is_word_of_its_own(found[1], found[2], before, behind):
            starred = STAR_BEHIND.search(behind) or STAR_BEFORE.search(before)
            return f"{found[1]}密★" if found[1] == "秘" and starred else f"{found[1]}密"
    upright = UPRIGHT.search(plain)
    return f"{upright[1]}密" if upright else None


def _cut_around(text: str, start: int, end: int) -> tuple[str, str]:
    """What is before and behind; where it is cut off, no line begins or ends."""
    before = text[:start] if start <= REACH else "…" + text[start - REACH : start]
    behind = text[end:] if len(text) <= end + REACH else text[end : end + REACH] + "…"
    return before, behind


def _is_marked(before: str, behind: str) -> bool:
    if _is_level(before, behind) and not (STARRED.search(behind) or NAMED.search(before)):
        return False
    return any(one.search(before) and two.search(behind) for one, two in MARKED_PATTERNS)


def _is_level(before: str, behind: str) -> bool:
    """Whether it is one of the levels that are listed: 绝密、机密、秘密三级."""
    is_last = LEVEL_BEFORE.search(before) and not COUNTED.search(behind)
    return bool(is_last or LEVEL_BEHIND.search(behind))


def _is_word_of_its_own(first: str, gap: str, before: str, behind: str) -> bool:
    """Whether a sentence speaks of a paper that bears the mark."""
    if OTHER_BEFORE.search(before) or OTHER_BEHIND.search(behind) or (first == "机" and MACHINES.search(before)):
        return False
    if IN_TITLE.search(before) or _is_level(before, behind):
        return False
    return first != "秘" or bool(gap) or bool(PAPER.search(behind))
