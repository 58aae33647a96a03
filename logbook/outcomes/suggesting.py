"""A grade suggested by the unit's own rule, and the cap on 好. Both are shown beside; the Party group decides."""

from collections.abc import Sequence
from fractions import Fraction

from logbook.ballots.tally import Result, Row
from logbook.review.models import Grade

BEST = (Grade.GOOD, Grade.FAIRLY_GOOD, Grade.AVERAGE)


def suggested(row: Row, result: Result, rule: tuple[int, int, int] | None) -> Grade | None:
    """By the points of everybody; without points by how many percent of the valid votes gave that grade or a better.

    None where the unit has no rule, or nothing valid was cast.
    """
    shares = _points(row) if result.has_points else _votes(row)
    if rule is None or shares is None:
        return None
    return next((grade for grade, share, least in zip(BEST, shares, rule, strict=True) if share >= least), Grade.POOR)


def _points(row: Row) -> tuple[Fraction, Fraction, Fraction] | None:
    points = row.points[-1]
    return None if points is None else (points, points, points)


def _votes(row: Row) -> tuple[Fraction, Fraction, Fraction] | None:
    votes = row.grades[-1]
    if not votes.valid:
        return None
    given = [votes.of(grade.value) for grade in BEST]
    good, fairly, average = (Fraction(100 * sum(given[: i + 1]), votes.valid) for i in range(3))
    return good, fairly, average


def missing_to_cap(grades: Sequence[Grade], percent: int) -> int:
    """How many more should be graded 较好 or below, of all that are graded; 0 where the cap is kept, or none is set."""
    below = sum(one is not Grade.GOOD for one in grades)
    return max(-(-percent * len(grades) // 100) - below, 0)
