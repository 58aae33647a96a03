"""What changed inside one field, letter by letter; a long stretch that stayed is folded."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

WORD = re.compile(r"[A-Za-z0-9]+|.", re.DOTALL)  # a number is changed as a whole, Chinese by the character
PHRASE = re.compile(r"[^，。；：、！？\n]*[，。；：、！？\n]|[^，。；：、！？\n]+")
MOST_WORDS = 600  # on either side, compared one by one: more take seconds, and go by the phrase
SHORTEST = 2  # characters that stayed between two changes: fewer would make a puzzle of it
ALIKE = 0.5  # the share of the shorter text that must have stayed, or it was written anew
FEWEST = 4  # characters that must have stayed: below, both are read as a whole
SHOWN = 24  # characters of a long stretch on either side of a change
FOLDED = 3 * SHOWN  # from here on a stretch is long


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a field: in both (=), only as it was (-), only as it is (+), or in both and folded (~)."""

    mark: str
    text: str


def compare(old: str, new: str) -> list[Piece]:
    """The pieces in their order; read without the - they are the new text, without the + the old one."""
    begin = _same_at_begin(old, new)
    end = _same_at_begin(old[begin:][::-1], new[begin:][::-1])
    middle = _between(old[begin : len(old) - end], new[begin : len(new) - end])
    kept = [Piece("=", old[:begin]), *middle, Piece("=", old[len(old) - end :])]
    pieces = _joined([one for one in kept if one.text])
    stayed = sum(len(one.text) for one in pieces if one.mark == "=")
    if stayed < max(ALIKE * min(len(old), len(new)), FEWEST):
        return [Piece(mark, text) for mark, text in (("-", old), ("+", new)) if text]
    return pieces


def fold(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces with every long stretch that stayed folded, but for what stands right beside a change."""
    last = len(pieces) - 1
    return [part for i, one in enumerate(pieces) for part in _folded(one, first=i == 0, last=i == last)]


def _folded(one: Piece, *, first: bool, last: bool) -> Iterator[Piece]:
    if one.mark != "=" or len(one.text) <= FOLDED:
        yield one
        return
    before, after = 0 if first else SHOWN, 0 if last else SHOWN
    if before:
        yield Piece("=", one.text[:before])
    yield Piece("~", one.text[before : len(one.text) - after])
    if after:
        yield Piece("=", one.text[-after:])


def _same_at_begin(old: str, new: str) -> int:
    """How much stands at the beginning of both; no number or word is cut in its middle."""
    n = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    while 0 < n < max(len(old), len(new)) and _inside_word(old, n) | _inside_word(new, n):
        n -= 1
    return n


def _inside_word(text: str, n: int) -> bool:
    return n < len(text) and re.fullmatch(r"[A-Za-z0-9]{2}", text[n - 1 : n + 1]) is not None


def _between(old: str, new: str) -> list[Piece]:
    words = [_cut(WORD, text) for text in (old, new)]
    if max(map(len, words)) > MOST_WORDS:
        words = [_cut(PHRASE, text) for text in (old, new)]
    if max(map(len, words)) > MOST_WORDS:
        return [Piece("-", old), Piece("+", new)]
    before, after = words
    found: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        was, now = "".join(before[i1:i2]), "".join(after[j1:j2])
        short = tag == "equal" and len(was) < SHORTEST and i1 > 0 and i2 < len(before)
        found += [Piece("=", was)] if tag == "equal" and not short else [Piece("-", was), Piece("+", now)]
    return found


def _cut(pattern: re.Pattern[str], text: str) -> list[str]:
    return pattern.findall(text)


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours of one kind as one; of a change first what was there."""
    found: list[Piece] = []
    was = now = ""
    for one in [*pieces, Piece("=", "")]:
        was += one.text if one.mark == "-" else ""
        now += one.text if one.mark == "+" else ""
        if one.mark == "=":
            found += [Piece(mark, text) for mark, text in (("-", was), ("+", now), ("=", one.text)) if text]
            was = now = ""
    return found
