"""The result of whole elections beside an independent count of what was filled in, from the words of the rules."""

import random
from fractions import Fraction
from math import floor

import pytest
from werkzeug.datastructures import MultiDict

from logbook.ballots import actions, counting, forms, queries, tally
from logbook.ballots.models import Sheet, VoterClass
from logbook.ballots.opening import Numbers
from logbook.review import actions as meetings
from logbook.review import queries as review
from logbook.settings.queries import Settings
from tests import factories
from tests.ballots.holding import close_in_domain, open_in_domain
from tests.conftest import THOROUGH

AT = factories.AT
MOST = (15, 15, 15, 10, 15, 10, 10, 10)
TICKS = (["good"], ["good"], ["fairly_good"], ["average"], ["poor"], [], ["good", "poor"])


def filled_in(dice):
    """One voter's judgement of one secretary: ticks, and what stands in the eight cells."""
    cells = [dice.choice([str(dice.randint(0, most)), str(most), "", "９", "x", "101", "9.5"]) for most in MOST]
    return dice.choice(TICKS), cells


def number(cell, most):
    plain = cell.replace("９", "9")
    return int(plain) if plain.isdigit() and int(plain) <= most else None


def mean_of(judgements):
    """The points of a group: the sum over the items of sum ÷ valid cells; None where an item has nothing valid."""
    total = Fraction(0)
    for i, most in enumerate(MOST):
        valid = [n for _ticks, cells in judgements if (n := number(cells[i], most)) is not None]
        if not valid:
            return None
        total += Fraction(sum(valid), len(valid))
    return total


def expected(votes, weights):
    """(names of groups, {secretary: (how often each grade, blank, invalid) by group}, {secretary: points by group})."""
    sizes = {name: len(voters) for name, voters in votes.items() if voters}
    small = [name for name in sizes if sizes[name] < 5]
    for name in sorted(sizes, key=lambda one: (sizes[one], one)):
        if small and sum(sizes[one] for one in small) < 5 and name not in small:
            small.append(name)
    groups = sorted([*([name] for name in sizes if name not in small), *([sorted(small)] if small else [])])
    several = len(groups) > 1
    shown = [*groups, sorted(sizes)] if several else groups
    grades, points = [], []
    for secretary in range(3):
        judged = [[voter[secretary] for name in group for voter in votes[name]] for group in shown]
        grades.append([[
            *(sum(ticks == [grade] for ticks, _cells in one) for grade in ("good", "fairly_good", "average", "poor")),
            sum(not ticks for ticks, _cells in one), sum(len(ticks) > 1 for ticks, _cells in one),
        ] for one in judged])  # fmt: skip
        means = [mean_of(one) for one in judged]
        known = [(mean, weights[group[0]]) for mean, group in zip(means, groups, strict=False) if mean is not None]
        if several and not small and any(weights.values()) and sum(weight for _mean, weight in known):
            means[-1] = sum(mean * weight for mean, weight in known) / sum(weight for _mean, weight in known)
        points.append([shown_as(mean) for mean in means])
    return grades, points


def shown_as(mean):
    if mean is None:
        return "无有效票"
    cents = floor(mean * 100 + Fraction(1, 2))  # half up
    return f"{cents / 100:.2f}"


@pytest.mark.parametrize("seed", range(200 if THOROUGH else 6))
def test_an_election_is_counted_as_the_rules_say(app, seed):
    dice = random.Random(seed)  # noqa: S311 - a history, no secret
    clerk = factories.actor(factories.office())
    for n in range(3):
        factories.term(factories.branch(f"第{n}党支部"), factories.person())
    meeting = meetings.create_meeting(AT.year, by=clerk, at=AT)
    sizes = [dice.choice((5, 6, 9)) for _class in VoterClass] if seed % 2 else [dice.randint(1, 8) for _ in VoterClass]
    weights = {one.value: dice.choice((0, 30, 60)) for one in VoterClass}
    numbers = {one.value: Numbers(codes=n) for one, n in zip(VoterClass, sizes, strict=True)}
    ids = open_in_domain(meeting, clerk, Sheet.BOTH, numbers)
    ballot, reports, votes = queries.ballot(meeting.id), review.reports(meeting.id), {}
    for voters, n in zip(VoterClass, sizes, strict=True):
        votes[voters.value] = [[filled_in(dice) for _secretary in range(3)] for _voter in range(n)]
        codes = actions.make_codes(ids[voters.value], forms.digest_of)
        for code, vote in zip(codes, votes[voters.value], strict=True):
            sent = MultiDict(
                [(f"c{one.id}_0", tick) for one, (ticks, _c) in zip(reports, vote, strict=True) for tick in ticks]
            )
            for one, (_ticks, cells) in zip(reports, vote, strict=True):
                sent.update({f"c{one.id}_{i}": cell for i, cell in enumerate(cells, 1)})
            actions.cast(forms.digest_of(code), forms.judged(sent, [one.id for one in reports], ballot.columns))
    close_in_domain(meeting.id)
    settings = Settings(weight_a=weights["a"], weight_b=weights["b"], weight_c=weights["c"])
    ballot = queries.ballot(meeting.id)
    ballot.weights = ""  # as of an earlier version, whose settings hold
    found = tally.result(ballot, review.reports(meeting.id), settings)
    if sum(sizes) < 5:
        assert not found.rows
        return
    grades, points = expected(votes, weights)
    assert [[[part.of(value) for value in tally.WORDS] for part in row.grades] for row in found.rows] == grades
    assert [[counting.shown(one) for one in row.points] for row in found.rows] == points
