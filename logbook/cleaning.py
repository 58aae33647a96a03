"""What of a text is kept: one rule for every text, wherever it comes from: forms, addresses, files, lists, settings.

=====================================================  ===========================================================
line ends of any kind (CR, VT, FF, NEL, U+2028, 2029)  a line feed
blanks of any width but U+3000; Hangul fillers, U+2800  a blank
control characters but tab; halves of a pair; noncharacters  dropped: no page, no file and no database holds them
bidirectional controls; U+FEFF, ZWSP, WJ, soft hyphen and
other format characters; U+034F, U+17B4, 17B5, U+FFFC  dropped: they show nothing, and make a text unlike itself
ZWJ, ZWNJ                                              kept where they join: in emoji, and in scripts that join
variation selectors                                    kept behind what they vary
tags                                                   kept in the flag they spell
everything else: combining marks, private use, letters of any plane  kept
=====================================================  ===========================================================
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# They are letters and signs to Unicode, and a gap to whoever looks.
LOOK_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800")
MEAN_NOTHING = frozenset("\u034f\u17b4\u17b5\ufffc")
JOINERS = frozenset("\u200c\u200d")
# Format characters that are seen: signs that stand above or around the digits behind them.
SHOWN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]+\U000e007f")
_VARIATION = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_UNSEEN = re.compile(
    "[" + "".join(sorted(LOOK_BLANK | MEAN_NOTHING)) + "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_SKIN = re.compile("[\U0001f3fb-\U0001f3ff\u20e3]")
# Arabic to Tibetan, Myanmar, Khmer, Mongolian: letters take another form where they are joined, or are kept from it.
_JOINING = re.compile("[\u0600-\u0fff\u1000-\u109f\u1780-\u18af\ua840-\ua87f]")


def clean_text(text: str | None) -> str:
    r"""Return a text as it is kept: its line ends are \\n, nothing unseen is in it, nothing blank around it."""
    text = text or ""
    if _is_plain(text):
        return text.strip()
    return "".join(_kept(LINE_ENDS.sub("\n", text))).strip()


def clean_line(text: str | None) -> str:
    """Return a text of one line as it is kept: a name, a label, a place; blanks and line ends in it are one blank."""
    return " ".join(clean_text(text).split())


def without_unseen(text: str) -> str:
    """Return a text as it can be printed, also one that was stored before all were cleaned; blanks around it stay."""
    return text if _is_plain(text) else "".join(_kept(text))


def cleaned(pairs: Iterable[tuple[str, str]], but: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """Return the texts of a form by their names as they are kept; those of the names in `but` as they were typed."""
    return [(clean_line(name), text if name in but else clean_text(text)) for name, text in pairs]


def storable(text: str) -> str:
    """The text without what no page and no database can hold: control characters but tabs and line ends."""
    return text if text.isprintable() else "".join(c for c in text if c in "\n\r\t" or _on_a_page(c))


def is_noncharacter(char: str) -> bool:
    """Whether Unicode says that it will never be one: U+FDD0…U+FDEF and the last two of every plane."""
    code = ord(char)
    return 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE  # noqa: PLR2004


def _is_plain(text: str) -> bool:
    return text.replace("\n", "").replace("\u3000", "").isprintable() and not _UNSEEN.search(text)


def _on_a_page(char: str) -> bool:
    return not is_noncharacter(char) and unicodedata.category(char) not in {"Cc", "Cs"}


def _kept(text: str) -> Iterator[str]:
    last, end = "", 0  # what was kept last; where a flag ends
    for at, char in enumerate(text):
        if at < end:
            yield char
            continue
        flag = _FLAG.match(text, at) if char == "\U0001f3f4" else None
        end = flag.end() if flag else end
        found = char if flag else _kept_one(char, last, text[at + 1 : at + 2])
        yield found
        last = found or last


def _kept_one(char: str, last: str, following: str) -> str:
    """What is kept of a character behind what was kept last."""
    if char in "\n\t \u3000":
        return char
    category = unicodedata.category(char)
    if category == "Zs" or char in LOOK_BLANK:
        return " "
    if category in {"Zl", "Zp"}:
        return "\n"
    if char in JOINERS:
        return char if following and _joins(last) and _joins(following) else ""
    if _VARIATION.match(char):
        return char if last.strip() and not _VARIATION.match(last) else ""
    dropped = category in {"Cc", "Cs", "Cf"} or char in MEAN_NOTHING or is_noncharacter(char)
    return char if not dropped or char in SHOWN else ""


def _joins(char: str) -> bool:
    return bool(char) and (
        unicodedata.category(char) == "So" or any(kind.match(char) for kind in (_JOINING, _SKIN, _VARIATION))
    )
