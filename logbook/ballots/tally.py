"""The result of a closed ballot as it may be shown: by class, the small ones merged."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from logbook.ballots import counting, queries
from logbook.ballots.counting import Distribution
from logbook.ballots.models import BLANK, INVALID, OVERALL, Ballot, BallotStep, Item, Sheet, StepKind, VoterClass
from logbook.db import N_
from logbook.review.models import Grade, Report
from logbook.settings.queries import Rule, Settings

NO_RULE = Rule(None, 0)
# What may be given overall, in the order in which it is shown.
WORDS = {**{one.value: one.chinese for one in Grade}, BLANK: N_("弃权"), INVALID: N_("无效")}


def word(value: str) -> str:
    """A value as papers name it."""
    return WORDS.get(value, f"{value}分")


@dataclass(frozen=True, slots=True)
class Row:
    """A secretary's result: of each group that is shown, how often what was given, and the points."""

    report: Report
    grades: tuple[Distribution, ...]
    points: tuple[Fraction | None, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """`groups` are the classes that are shown as one, in the order of every row; where there are several the whole is
    last, and names none. No row where too few voted: whoever knows who did would know what.
    """

    groups: tuple[tuple[VoterClass, ...], ...]
    handed_out: int
    came_back: int
    rows: tuple[Row, ...]
    has_grades: bool
    has_points: bool
    weights: Mapping[str, int] = field(default_factory=dict)  # by class; empty: every ballot counts the same
    rule: Rule = NO_RULE
    ballot: Ballot | None = None
    steps: Sequence[BallotStep] = ()  # what was changed on the way, to be printed


def result(ballot: Ballot, reports: Sequence[Report], settings: Settings) -> Result:
    """What came out. Classes below five ballots are merged; nothing shown lets a difference reveal them."""
    ballots = {one.voters.value: one.cast + one.first for one in ballot.classes}
    groups = counting.groups(ballots)
    weights = json.loads(ballot.weights) if ballot.weights else settings.ballot_weights
    weights = weights if ballot.sheet is not Sheet.GRADES else {}
    count = _Count(queries.counts(ballot.id), groups, ballot.columns, weights)
    came_back = sum(ballots.values())
    shown = tuple(tuple(map(VoterClass, group)) for group in groups)
    return Result(
        groups=(*shown, ()) if len(shown) > 1 else shown,
        handed_out=sum(one.handed_out for one in ballot.classes),
        came_back=came_back,
        rows=tuple(map(count.row, reports)) if came_back >= counting.SMALLEST and not ballot.void_reason else (),
        has_grades=ballot.sheet is not Sheet.SCORES,
        has_points=ballot.sheet is not Sheet.GRADES,
        weights=weights if any(weights.values()) else {},
        rule=rule_of(ballot, settings),
        ballot=ballot,
        steps=[one for one in queries.steps(ballot.id) if one.agreed_at and one.kind is not StepKind.CLOSE],
    )


def rule_of(ballot: Ballot | None, settings: Settings) -> Rule:
    """The rule by which a grade is suggested: of the ballot's opening, so that nobody fits it to the result."""
    if ballot is None or not ballot.rule:
        return settings.rule
    found = json.loads(ballot.rule)
    return Rule(tuple(found["suggests"]) if found["suggests"] else None, found["cap_percent"])


@dataclass(frozen=True, slots=True)
class _Count:
    counts: Mapping[tuple[str, int, int], Mapping[str, int]]
    groups: Sequence[Sequence[str]]
    columns: Sequence[Item]
    weights: Mapping[str, int]

    def row(self, report: Report) -> Row:
        everyone = [name for group in self.groups for name in group]
        several = len(self.groups) > 1
        grades = [self._of(report, group, OVERALL) for group in (*self.groups, *([everyone] if several else []))]
        points = [self._points(report, group) for group in self.groups]
        if several:
            weighted = self._weighted(points)
            points.append(self._points(report, everyone) if weighted is None else weighted)
        return Row(report, tuple(grades), tuple(points))

    def _of(self, report: Report, group: Sequence[str], item: int) -> Distribution:
        return counting.added(Distribution(self.counts.get((name, report.id, item), {})) for name in group)

    def _points(self, report: Report, group: Sequence[str]) -> Fraction | None:
        return counting.total([self._of(report, group, one.number).mean for one in self.columns if one.most])

    def _weighted(self, points: Sequence[Fraction | None]) -> Fraction | None:
        """By the classes' weights where they are set and no class is merged; else every ballot counts the same."""
        if not self.weights or any(len(group) > 1 for group in self.groups):
            return None
        return counting.weighted(
            {group[0]: mean for group, mean in zip(self.groups, points, strict=True)}, self.weights
        )
