"""The counting rules of a ballot, case by case, and beside an independent count."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbook.ballots import counting
from logbook.ballots.counting import Distribution


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0", "0"), ("15", "15"), ("16", "invalid"), ("100", "invalid"), ("101", "invalid"), ("１０", "10"),
        ("", "blank"),
        (" ", "blank"), ("　", "blank"), ("9.5", "invalid"), ("-1", "invalid"), ("+5", "invalid"), ("五", "invalid"),
        ("①", "invalid"), ("²", "invalid"), ("007", "7"), ("9" * 5000, "invalid"),
        ("1 2", "invalid"), ("٣", "invalid"),
    ],
)  # fmt: skip
def test_a_score_is_a_whole_number_up_to_its_most(typed, read):
    assert counting.score(typed, 15) == read


@pytest.mark.parametrize(
    ("ticks", "read"),
    [
        ([], "blank"),
        (["good"], "good"),
        (["good", "poor"], "invalid"),
        (["best"], "invalid"),
        (["poor"] * 2, "invalid"),
    ],
)
def test_exactly_one_of_the_four_grades_is_valid(ticks, read):
    assert counting.grade(ticks) == read


def test_a_mean_leaves_out_blanks_and_invalid_cells():
    cells = Distribution({"10": 2, "15": 1, "blank": 4, "invalid": 3})
    assert (cells.valid, cells.cells, counting.shown(cells.mean)) == (3, 10, "11.67")
    assert counting.shown(Distribution({"blank": 3, "invalid": 1}).mean) == "无有效票"


@pytest.mark.parametrize(
    ("mean", "said"),
    [((1, 200), "0.01"), ((1, 201), "0.00"), ((199, 200), "1.00"), ((15, 1), "15.00"), ((2, 3), "0.67")],
)
def test_two_decimals_half_up(mean, said):
    assert counting.shown(Fraction(*mean)) == said


def test_the_points_are_missing_where_an_item_has_nothing_valid():
    assert counting.total([Fraction(10), Fraction(5, 2)]) == Fraction(25, 2)
    assert counting.total([Fraction(10), None]) is None
    assert counting.total([]) is None


def test_a_class_without_a_valid_cell_gives_its_weight_to_the_others():
    assert counting.weighted({"a": Fraction(90), "b": Fraction(80)}, {"a": 3, "b": 1}) == Fraction(350, 4)
    assert counting.weighted({"a": None, "b": Fraction(80)}, {"a": 3, "b": 1}) == 80
    assert counting.weighted({"a": None}, {"a": 3}) is None


@given(st.dictionaries(st.sampled_from("abc"), st.integers(0, 12)))
def test_no_difference_reveals_a_class_of_fewer_than_five(ballots):
    shown = counting.groups(ballots)
    assert sorted(name for group in shown for name in group) == sorted(name for name, n in ballots.items() if n)
    sizes = [sum(ballots[name] for name in group) for group in shown]
    assert all(size >= 5 for size in sizes) or len(shown) == 1


cells = st.sampled_from(["", "0", "7", "15", "16", "１２", "9.5", "x"])


@given(st.lists(cells, max_size=40))
def test_the_mean_equals_an_independent_count(typed):
    """Written from mission.md's words, not from the code."""
    valid = [float(one.replace("１", "1").replace("２", "2")) for one in typed if one in {"0", "7", "15", "１２"}]
    counts = {}
    for one in typed:
        value = counting.score(one, 15)
        counts[value] = counts.get(value, 0) + 1
    found = Distribution(counts)
    assert found.cells == len(typed)
    assert found.of("blank") == typed.count("")
    assert found.of("invalid") == sum(one in {"16", "9.5", "x"} for one in typed)
    assert counting.shown(found.mean) == (
        f"{int(sum(valid) / len(valid) * 100 + 0.5) / 100:.2f}" if valid else "无有效票"
    )
