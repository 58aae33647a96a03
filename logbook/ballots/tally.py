"""The result of a closed ballot as it may be shown: by class, the small ones merged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from logbook.ballots import counting, queries
from logbook.ballots.counting import Distribution
from logbook.ballots.models import BLANK, INVALID, OVERALL, Ballot, VoterClass
from logbook.review.models import Grade, Report
from logbook.settings.queries import Settings

WORDS = {BLANK: "弃权", INVALID: "无效", **{one.value: one.chinese for one in Grade}}


def word(value: str) -> str:
    """A value as papers name it."""
    return WORDS.get(value, f"{value}分")


@dataclass(frozen=True, slots=True)
class Row:
    """A secretary's result in one group of classes, and in all of them."""

    report: Report
    groups: tuple[Distribution, ...]
    whole: Distribution
    points: tuple[Fraction | None, ...]  # of each group; empty where nobody was asked for points
    all_points: Fraction | None


@dataclass(frozen=True, slots=True)
class Result:
    """`names` are the groups shown, in the order of every row's `groups`; `ballots` how many each gave."""

    names: tuple[str, ...]
    handed_out: int
    came_back: int
    rows: tuple[Row, ...]
    has_grades: bool
    has_points: bool

    @property
    def too_few(self) -> bool:
        """Fewer than a class that is shown by itself: whoever knows who voted would know what."""
        return self.came_back < counting.SMALLEST


def result(ballot: Ballot, reports: Sequence[Report], settings: Settings) -> Result:
    """What came out. Classes below five ballots are merged; nothing shown lets a difference reveal them."""
    counts = queries.counts(ballot.id)
    ballots = {one.voters.value: one.cast + one.first for one in ballot.classes}
    groups = counting.groups(ballots)
    n_items = max((item for _voters, _report, item in counts), default=0)
    shown = sum(ballots.values()) >= counting.SMALLEST
    rows = tuple(_row(one, counts, groups, n_items, settings.ballot_weights) for one in reports if shown)
    return Result(
        names=tuple("、".join(VoterClass(name).chinese for name in group) for group in groups),
        handed_out=sum(one.handed_out for one in ballot.classes),
        came_back=sum(ballots.values()),
        rows=rows,
        has_grades=any(item == OVERALL for _voters, _report, item in counts),
        has_points=n_items > 0,
    )


Counts = Mapping[tuple[str, int, int], Mapping[str, int]]


def _row(
    report: Report, counts: Counts, groups: Sequence[Sequence[str]], n_items: int, weights: Mapping[str, int]
) -> Row:
    def of(group: Sequence[str], item: int) -> Distribution:
        return counting.added(Distribution(counts.get((name, report.id, item), {})) for name in group)

    def points(group: Sequence[str]) -> Fraction | None:
        return counting.total([of(group, item).mean for item in range(1, n_items + 1)])

    everyone = [name for group in groups for name in group]
    by_group = tuple(points(group) for group in groups) if n_items else ()
    return Row(
        report=report,
        groups=tuple(of(group, OVERALL) for group in groups),
        whole=of(everyone, OVERALL),
        points=by_group,
        all_points=_all_points(groups, by_group, points(everyone), weights) if n_items else None,
    )


def _all_points(
    groups: Sequence[Sequence[str]], by_group: Sequence[Fraction | None], pooled: Fraction | None,
    weights: Mapping[str, int],
) -> Fraction | None:  # fmt: skip
    """By the classes' weights where they are set and no class is merged; else every ballot counts the same."""
    if not weights or any(len(group) > 1 for group in groups):
        return pooled
    return counting.weighted({group[0]: mean for group, mean in zip(groups, by_group, strict=True)}, weights)
