"""The counting rules of mission.md, "Counting": cells, distributions, means; plain values in, plain values out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from logbook.ballots.models import BLANK, INVALID
from logbook.review.models import Grade

GRADES = tuple(grade.value for grade in Grade)
SMALLEST = 5  # ballots of a class that is shown by itself
FULL_WIDTH = str.maketrans("０１２３４５６７８９", "0123456789")
NOTHING_VALID = "无有效票"


def score(text: str, most: int) -> str:
    """A cell of the score sheet: a whole number 0…most; full-width digits are digits; nothing is an abstention."""
    plain = text.translate(FULL_WIDTH).strip()
    if not plain:
        return BLANK
    if not (plain.isascii() and plain.isdecimal()):
        return INVALID
    number = plain.lstrip("0") or "0"
    return number if len(number) <= len(str(most)) and int(number) <= most else INVALID


def grade(ticks: Sequence[str]) -> str:
    """The overall judgement: exactly one of the four; two or more are invalid, none is an abstention."""
    if not ticks:
        return BLANK
    return ticks[0] if len(ticks) == 1 and ticks[0] in GRADES else INVALID


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often each value was given."""

    counts: Mapping[str, int]

    def of(self, value: str) -> int:
        return self.counts.get(value, 0)

    @property
    def valid(self) -> int:
        """Cells inside the mean: neither blank nor invalid."""
        return sum(n for value, n in self.counts.items() if value not in {BLANK, INVALID})

    @property
    def cells(self) -> int:
        return sum(self.counts.values())

    @property
    def mean(self) -> Fraction | None:
        """Sum ÷ valid cells of a score's item; None where nothing is valid."""
        total = sum(int(value) * n for value, n in self.counts.items() if value not in {BLANK, INVALID})
        return Fraction(total, self.valid) if self.valid else None


def added(parts: Iterable[Distribution]) -> Distribution:
    """Several classes as one."""
    counts: dict[str, int] = {}
    for part in parts:
        for value, n in part.counts.items():
            counts[value] = counts.get(value, 0) + n
    return Distribution(counts)


def total(means: Sequence[Fraction | None]) -> Fraction | None:
    """The points of a secretary: the sum of the items' means; None where an item has nothing valid."""
    known = [one for one in means if one is not None]
    return sum(known, Fraction(0)) if known and len(known) == len(means) else None


def weighted(means: Mapping[str, Fraction | None], weights: Mapping[str, int]) -> Fraction | None:
    """The mean over classes by their weights; a class in which nothing is valid gives its weight to the others."""
    known = {name: mean for name, mean in means.items() if mean is not None and weights.get(name)}
    parts = sum(weights[name] for name in known)
    return sum((mean * weights[name] for name, mean in known.items()), Fraction(0)) / parts if parts else None


def shown(mean: Fraction | None) -> str:
    """Two decimals, half up; 无有效票."""
    if mean is None:
        return NOTHING_VALID
    cents = (200 * mean.numerator + mean.denominator) // (2 * mean.denominator)
    return f"{cents // 100}.{cents % 100:02}"


def groups(ballots: Mapping[str, int]) -> tuple[tuple[str, ...], ...]:
    """The classes as they may be shown: those below five ballots are merged, with each other and with as many of the
    next smallest as it takes, so that no difference to the whole reveals them. A class without ballots is left out.
    """
    there = sorted((name for name, n in ballots.items() if n), key=lambda name: (ballots[name], name))
    merged = [name for name in there if ballots[name] < SMALLEST]
    alone = [name for name in there if name not in merged]
    while merged and alone and sum(ballots[name] for name in merged) < SMALLEST:
        merged.append(alone.pop(0))
    return tuple(sorted([*((name,) for name in alone), *([tuple(sorted(merged))] if merged else [])]))


def is_void(handed_out: int, came_back: int) -> bool:
    """收回多于发出，无效."""
    return came_back > handed_out
