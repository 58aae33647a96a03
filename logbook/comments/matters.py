"""Which facts speak of one matter, however they were typed: a comment says each matter once, and one thing of it."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

ONE = TypeVar("ONE")
FEWEST = 4  # characters: of less than that nothing but the very same is one matter
WITHIN = 5  # characters that stand whole inside a longer text are its matter
SHARE = 0.7  # of the longer text that a shorter one must make up, where only words were put in between
ALIKE = 0.92  # of two texts, by difflib's ratio; as records are compared
_FRAME = re.compile(r"^存在的?|的?问题$")
_NUMERALS = re.compile(r"[0-9一二三四五六七八九十百两]")


def is_same(one: str, other: str) -> bool:
    """Whether two texts say the same: blanks, marks, frames and words put in between make no other matter.

    Numbers do: 第一党小组 and 第二党小组 are two, however much else is alike; so does a word in another's place.
    """
    short, long = sorted((folded(one), folded(other)), key=len)
    if short == long:
        return True
    if len(short) < FEWEST or _NUMERALS.findall(short) != _NUMERALS.findall(long):
        return False
    if len(short) >= WITHIN and short in long:
        return True
    if len(short) >= SHARE * len(long) and _is_thinned(short, long):
        return True
    matcher = difflib.SequenceMatcher(None, short, long, autojunk=False)
    return all(ratio() > ALIKE for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))


def folded(text: str) -> str:
    """The letters and figures of a text, full width as half, without 存在…的问题 around it."""
    letters = (c for c in unicodedata.normalize("NFKC", text).casefold() if unicodedata.category(c)[0] in "LN")
    plain = "".join(letters)
    return _FRAME.sub("", plain) or plain


def _is_thinned(short: str, long: str) -> bool:
    """Whether the short text is the long one with words left out."""
    rest = iter(long)
    return all(char in rest for char in short)


def grouped(facts: Iterable[ONE], said: Callable[[ONE], str]) -> Iterator[list[ONE]]:
    """The facts by matter, each matter where it is met first; what is the same as either of two joins them."""
    groups: list[list[ONE]] = []
    for fact in facts:
        near = [group for group in groups if any(is_same(said(fact), said(one)) for one in group)]
        joined = [*(one for group in near for one in group), fact]
        place = groups.index(near[0]) if near else len(groups)
        groups = [group for group in groups if not any(group is one for one in near)]
        groups.insert(place, joined)
    yield from groups
