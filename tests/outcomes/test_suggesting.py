"""Suggested grades and the cap beside figures worked out by hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbook.ballots.counting import Distribution
from logbook.ballots.tally import Result, Row
from logbook.outcomes import suggesting
from logbook.review.models import Grade

RULE = (90, 80, 60)


def result(*, points):
    return Result((), 10, 10, (), has_grades=not points, has_points=points)


def by_points(points):
    return suggesting.suggested(Row(None, (), (points,)), result(points=True), RULE)


def by_votes(**counts):
    return suggesting.suggested(Row(None, (Distribution(counts),), ()), result(points=False), RULE)


@pytest.mark.parametrize(
    ("points", "grade"),
    [(Fraction(90), Grade.GOOD), (Fraction(8999, 100), Grade.FAIRLY_GOOD), (Fraction(80), Grade.FAIRLY_GOOD),
     (Fraction(60), Grade.AVERAGE), (Fraction(5999, 100), Grade.POOR), (None, None)],
)  # fmt: skip
def test_by_points_the_least_is_enough(points, grade):
    assert by_points(points) is grade


def test_by_votes_a_better_grade_counts_for_the_lesser():
    assert by_votes(good=9, poor=1) is Grade.GOOD
    assert by_votes(good=89, fairly_good=11) is Grade.FAIRLY_GOOD
    assert by_votes(good=5, fairly_good=2, average=3) is Grade.AVERAGE
    assert by_votes(poor=10) is Grade.POOR
    assert by_votes(good=9, poor=1, blank=50, invalid=50) is Grade.GOOD  # of the valid ones
    assert by_votes(blank=10) is None


def test_without_a_rule_nothing_is_suggested():
    assert suggesting.suggested(Row(None, (), (Fraction(95),)), result(points=True), None) is None


@given(st.lists(st.sampled_from(Grade), max_size=30), st.integers(0, 100))
def test_the_cap_is_kept_by_exactly_so_many_more(grades, percent):
    missing = suggesting.missing_to_cap(grades, percent)
    below = sum(one is not Grade.GOOD for one in grades)
    assert (below + missing) * 100 >= percent * len(grades)
    assert missing == 0 or (below + missing - 1) * 100 < percent * len(grades)
