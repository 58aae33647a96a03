"""What changed between two texts, paragraph by paragraph, as values; the page puts it into words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

PHRASE = re.compile(r"[^，。；：、！？]*[，。；：、！？]|[^，。；：、！？]+")
NEAR = 4  # paragraphs ahead that a changed one is looked for among
ALIKE = 0.2  # the share of its words a paragraph keeps to be the same one, changed


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a changed paragraph: in both texts (=), only in the old one (-), only in the new one (+)."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A paragraph that was changed (=), taken out (-) or put in (+).

    `n` counts the paragraphs of the old text; of the new one where it was put in.
    """

    mark: str
    n: int
    pieces: tuple[Piece, ...]

    @property
    def before(self) -> tuple[Piece, ...]:
        return tuple(one for one in self.pieces if one.mark != "+")

    @property
    def after(self) -> tuple[Piece, ...]:
        return tuple(one for one in self.pieces if one.mark != "-")


def paragraphs(text: str) -> list[str]:
    """The lines that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def compared(before: str, after: str) -> list[Change]:
    """What changed, in its order; nothing where every paragraph reads the same."""
    old, new = paragraphs(before), paragraphs(after)
    changes: list[Change] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            changes += _within(old[i1:i2], new[j1:j2], i1 + 1, j1 + 1)
    return changes


def _within(old: Sequence[str], new: Sequence[str], first_old: int, first_new: int) -> Iterable[Change]:
    """A stretch in which no paragraph stayed: each old one is changed into a near one like it, or taken out."""
    done = 0
    for i, text in enumerate(old):
        near = [pieces(text, other) for other in new[done : done + NEAR]]
        alike = [_alike(one) for one in near]
        if max(alike, default=0.0) < ALIKE:
            yield Change("-", first_old + i, (Piece("-", text),))
            continue
        best = alike.index(max(alike))
        yield from _put_in(new[done : done + best], first_new + done)
        yield Change("=", first_old + i, near[best])
        done += best + 1
    yield from _put_in(new[done:], first_new + done)


def _put_in(new: Sequence[str], first: int) -> Iterable[Change]:
    for n, text in enumerate(new, first):
        yield Change("+", n, (Piece("+", text),))


def _alike(found: Iterable[Piece]) -> float:
    lengths = [(len(one.text) * (2 if one.mark == "=" else 1), one.mark) for one in found]
    return sum(n for n, mark in lengths if mark == "=") / sum(n for n, _mark in lengths)


def pieces(before: str, after: str) -> tuple[Piece, ...]:
    """A paragraph's parts, kept, taken out and put in: by phrases, and inside a changed one from its ends."""
    old, new = PHRASE.findall(before), PHRASE.findall(after)
    found: list[Piece] = []
    for _tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new).get_opcodes():
        one_by_one = i2 - i1 == j2 - j1
        pairs = zip(old[i1:i2], new[j1:j2], strict=True) if one_by_one else [("".join(old[i1:i2]), "".join(new[j1:j2]))]
        found += (piece for one, other in pairs for piece in _trimmed(one, other))
    return tuple(found)


def _trimmed(old: str, new: str) -> Iterable[Piece]:
    """What stays at the beginning and at the end, and between them what was taken out and put in."""
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    parts = (
        ("=", old[:head]), ("-", old[head : len(old) - tail]), ("+", new[head : len(new) - tail]),
        ("=", old[len(old) - tail :]),
    )  # fmt: skip
    return [Piece(mark, text) for mark, text in parts if text]


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    unlike = (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(unlike, min(len(one), len(other)))
