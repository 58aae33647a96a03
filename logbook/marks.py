"""Secrecy marks as papers write them (机密★1年, 秘　密, 【绝密】), told from words that hold the same characters.

绝密 and 机密 are marks wherever they are words of their own, and not 司机密切配合. 秘密 is one where it stands apart:
before a star, beside 密级, with a term, in brackets, on a line of its own, or between signs; 保守国家秘密 is ordinary.
"""

import re
import unicodedata

from logbook.cleaning import clean_text

_STAR = "[★☆✩✪✭✯⭐*※]"
_MARK = "[绝机秘][ \t]*密"
_APART = " \t、“”\"‘’'《》一-龥〇A-Za-z0-9"  # what a mark does not stand beside, but for blanks
# Where 机 ends a word (司机, 时机, 手机), and where 密 begins one (密切, 密集, 密码).
_MACHINES = "司时手飞相动电发割主随算印款票船危契良趁乘转枢投玄心待杀有无耕水气风车梯泵器"
_DENSE = "切集闭封码钥度植布谋实织约友林"
_OPEN, _CLOSED = r"[\[({【〔〖〈<《]", r"[\])}】〕〗〉>》]"
_YEARS = "[0-9一二三四五六七八九十]+[ \t]*(?:年|个月|月|天|日)(?![前来内以初底间])"
_TERM = f"(?:{_YEARS}|长期(?!以)|(?:解密|启封|公布)[之以]?前)"
_PATTERNS = (
    rf"{_MARK}[ \t]*{_STAR}",
    rf"{_STAR}[ \t]*{_MARK}(?![一-龥])",
    rf"(?:密级|保密等级|保密级别|涉密等级)(?:标识|标志|为|是)?[ \t]*[:：]?[ \t]*{_MARK}",
    rf"{_MARK}[ \t]*[·•:：—-]?[ \t]*{_TERM}",
    rf"{_OPEN}[ \t]*{_MARK}(?:级|件)?[ \t]*{_CLOSED}",
    r"(?:^|\n)[ \t]*[绝机秘]\s*密(?:级|件)?[ \t]*(?=\n|$)",
    rf"(?:^|\n)[ \t]*{_MARK}[ \t]{{1,}}(?=\S)",
    rf"(?:^|[^{_APART}])[ \t]*{_MARK}(?:级|件)?[ \t]*(?=$|[^{_APART}])",
    rf"(?<![{_MACHINES}])(?<!商业)机密(?![{_DENSE}])",
    rf"(?<![谢杜拒隔断])绝密(?![{_DENSE}])",
)
_FOUND = re.compile("|".join(f"(?:{one})" for one in _PATTERNS))


def secrecy_mark(text: str) -> str | None:
    """Return the first secrecy mark found in `text` (绝密, 机密, 秘密, 秘密★), however it is spaced there, or None."""
    found = _FOUND.search(unicodedata.normalize("NFKC", clean_text(text)))
    if found is None:
        return None
    word = next(char for char in found.group() if char in "绝机秘") + "密"
    return word + "★" if word == "秘密" and re.search(_STAR, found.group()) else word
