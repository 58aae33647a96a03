"""Figures over random histories beside an independent count in plain Python, written from the rules, not the code."""

import calendar
import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbook.db import Base, db
from logbook.errors import RuleBroken
from logbook.formats import SHANGHAI
from logbook.organization import queries as organization
from logbook.organization.models import Period
from logbook.problems import actions as problems
from logbook.problems.actions import Closing, NewProblem
from logbook.problems.models import Side
from logbook.settings.queries import Settings
from logbook.visits import actions
from logbook.visits import queries as visits
from logbook.visits.models import Kind, Level
from logbook.visits.queries import Filters
from logbook.visits.rules import NewVisit
from logbook.years import coverage, frames
from logbook.years import queries as years
from logbook.years.coverage import Tallies
from logbook.years.frames import Span
from tests import factories

pytestmark = pytest.mark.usefixtures("app")
SETTINGS = Settings(unit_name="青湖风景区管理局")
TODAY = dt.date(2026, 11, 24)
MOVED = dt.date(2026, 5, 15)  # the inner branch goes to another general branch
NIGHT = dt.time(0, 1)  # a minute after midnight in Shanghai: the day before, in UTC


@dataclass
class Went:
    """One record as the model keeps it."""

    member: int
    branch: int
    on: dt.date
    kinds: tuple
    half_days: int | None
    trip: int
    counts: bool
    own: bool


@dataclass
class World:
    members: list
    branches: list  # 0 and 1 are general; 2 stands inside 0, from MOVED on inside 1; 3 alone
    clerk: int
    went: list = field(default_factory=list)
    liaisons: list = field(default_factory=list)
    problems: list = field(default_factory=list)

    def places(self, branch, on):
        """The branch, and the general one around it that day."""
        if branch != self.branches[2]:
            return [branch]
        return [branch, self.branches[0] if on < MOVED else self.branches[1]]


days = st.dates(dt.date(2025, 12, 28), TODAY) | st.sampled_from([dt.date(2025, 12, 31), dt.date(2026, 1, 1)])
events = st.lists(
    st.fixed_dictionaries({
        "member": st.integers(0, 2), "branch": st.integers(0, 3), "on": days,
        "kinds": st.lists(st.sampled_from(list(Kind)[:4]), min_size=1, max_size=2, unique=True),
        "half_days": st.sampled_from([None, 1, 2]), "joint": st.sampled_from(["", "", "confirm", "decline", "leave"]),
        "then": st.sampled_from(["", "", "", "withdraw", "move", "another day"]),
        "problem": st.sampled_from(["", "open", "closed"]),
    }),
    max_size=14,
)  # fmt: skip
arrangements = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), days.filter(lambda d: d.year == 2026), st.integers(0, 300),
              st.integers(1, 3), st.sampled_from(list(Period)), st.booleans()),
    max_size=5,
)  # fmt: skip


def make_world(liaisons):
    members = [factories.member() for _ in range(3)]
    branches = [factories.branch() for _ in range(4)]
    factories.placement(branches[2], branches[0], to_on=MOVED - dt.timedelta(days=1))
    factories.placement(branches[2], branches[1], from_on=MOVED)
    factories.membership(members[0], branches[3])
    world = World(members, branches, factories.office())
    for member, branch, start, length, target, period, confirmed in liaisons:
        end = min(start + dt.timedelta(days=length), dt.date(2026, 12, 31))
        values = {"from_on": start, "to_on": end, "target": target, "period": period, "own_confirmed": confirmed}
        factories.liaison(members[member], branches[branch], year=2026, **values)
        world.liaisons.append((members[member], branches[branch], start, end, target, period, confirmed))
    return world


def play(world, event):
    """Let it happen through the real actions, and note in the model what then counts."""
    member, branch, on = world.members[event["member"]], world.branches[event["branch"]], event["on"]
    by, at = factories.actor(member), dt.datetime.combine(on, NIGHT, SHANGHAI)
    companion = world.members[(event["member"] + 1) % 3] if event["joint"] else None
    lines = (NewProblem("缺遮阳棚", 1, side=Side.BUREAU),) if event["problem"] else ()
    new = NewVisit(
        member_id=member, visited_on=on, findings="座谈。", kinds=tuple(event["kinds"]), level=Level.GROUP,
        branch_id=branch, half_days=event["half_days"], companion_ids=(companion,) if companion else (), problems=lines,
    )  # fmt: skip
    visit = actions.log_visit(new, by=by, at=at, settings=SETTINGS)
    db.session.commit()
    mine = Went(member, branch, on, new.kinds, new.half_days, visit.id, counts=True, own=owns(world, member, branch))
    world.went.append(mine)
    for record in visits.joint_records(visit.id):
        theirs = Went(
            companion, branch, on, new.kinds, new.half_days, visit.id, counts=False, own=owns(world, companion, branch)
        )
        world.went.append(theirs)
        if event["joint"] == "confirm":
            actions.confirm(record.id, by=factories.actor(companion), at=at)
            theirs.counts = True
        elif event["joint"] == "decline":
            actions.decline(record.id, by=factories.actor(companion), at=at)
    db.session.commit()
    afterwards(world, event, visit, new, mine, by, at)


def owns(world, member, branch):
    return member == world.members[0] and branch == world.branches[3]


def afterwards(world, event, visit, new, mine, by, at):
    raised_on = new.visited_on
    if event["then"] == "withdraw":
        actions.withdraw(visit.id, reason="记重了", by=by, at=at)
        mine.counts = False
    elif event["then"]:
        elsewhere = world.branches[(event["branch"] + 1) % 4]
        another = new.visited_on.replace(day=1)
        changed = replace(new, branch_id=elsewhere) if event["then"] == "move" else replace(new, visited_on=another)
        try:
            actions.correct(visit.id, changed, reason="写错", based_on=1, by=by, at=at, settings=SETTINGS)
            mine.branch, mine.on = changed.branch_id, changed.visited_on
            mine.own = owns(world, mine.member, mine.branch)
            raised_on = changed.visited_on
        except RuleBroken:
            db.session.rollback()
    db.session.commit()
    if event["problem"] and event["then"] != "withdraw":
        closed_on = None
        if event["problem"] == "closed":
            (one,), _promises = problems.queries.of_source(problems.SourceKind.VISIT, visit.id)
            later = at + dt.timedelta(days=45)
            problems.close_problem(one.id, Closing("办好了"), by=factories.actor(world.clerk), at=later)
            closed_on = later.astimezone(SHANGHAI).date()
        world.problems.append((raised_on, closed_on))
    db.session.commit()


def trips(found, places):
    """{(month, place): trips}: one trip is counted once for each branch it went to."""
    first = {}
    for one in found:
        first.setdefault((one.trip, one.branch), one)
    counted = Counter()
    for one in first.values():
        for place in places(one.branch, one.on):
            counted[(one.on.month, place)] += 1
    return counted


def due(target, start, end, span):
    inside = (min(end, span[1]) - max(start, span[0])).days + 1
    return int(target * max(inside, 0) / ((span[1] - span[0]).days + 1) + 0.5)


SPANS = {
    Period.YEAR: [(1, 12)], Period.HALF: [(1, 6), (7, 12)], Period.QUARTER: [(1, 3), (4, 6), (7, 9), (10, 12)],
}  # fmt: skip


def clean():
    for table in reversed(Base.metadata.sorted_tables):
        if table.name != "setting":
            db.session.execute(table.delete())
    db.session.commit()
    db.session.expunge_all()


@given(events=events, liaisons=arrangements)
def test_the_figures_are_those_of_an_independent_count(events, liaisons):
    clean()
    world = make_world(liaisons)
    for event in events:
        play(world, event)
    db.session.expire_all()
    found = [one for one in world.went if one.counts and one.on.year == 2026]
    summary = frames.summarise(Span(dt.date(2026, 1, 1), dt.date(2026, 12, 31), TODAY))
    check_totals(summary, found, world)
    check_branches(summary, found, world)
    check_coverage(found, world)
    check_problems(summary, world)
    check_drill_down(summary, world)


def check_totals(summary, found, world):
    assert summary.records == len(found)
    assert summary.trips == len({(one.trip, one.branch) for one in found})
    assert summary.half_days == sum(one.half_days or 0 for one in found)
    assert {one.value: one.n for one in summary.kinds} == Counter(kind.value for one in found for kind in one.kinds)
    by_member = Counter(one.member for one in found)
    assert {one.member_id: one.records for one in summary.members if one.records} == by_member
    assert [one.records for one in summary.months] == [sum(w.on.month == m for w in found) for m in range(1, 13)]


def check_branches(summary, found, world):
    counted = trips(found, world.places)
    for one in summary.branches:
        assert list(one.months) == [counted[(month, one.branch_id)] for month in range(1, 13)]
        here = [w for w in found if one.branch_id in world.places(w.branch, w.on)]
        assert (one.records, one.last_on) == (len(here), max((w.on for w in here), default=None))
    liaison = {branch for _member, branch, *_rest in world.liaisons}
    assert summary.liaison_branches == len(liaison)
    reached = {place for w in found for place in world.places(w.branch, w.on)}
    assert summary.covered == len(liaison & reached)


def check_coverage(found, world):
    rows = coverage.branch_rows(
        organization.branches(), organization.liaisons(2026), Tallies(years.tallies(2026, 2026)), TODAY, {}
    )
    states = Counter()
    for row in rows:
        for state in row.liaisons:
            periods = tuple((one.due, one.done) for one in state.periods)
            states[(state.liaison.member_id, row.branch.id, periods, state.standing.value)] += 1
    expected = Counter()
    for member, branch, start, end, target, period, confirmed in world.liaisons:
        done = defaultdict(int)
        for one in found:
            mine = one.member == member and branch in world.places(one.branch, one.on)
            if mine and (not one.own or confirmed):
                done[one.on.month] += 1
        spans = [span_days(a, b) for a, b in SPANS[period]]
        periods = tuple(
            (due(target, start, end, span), sum(done[m] for m in range(a, b + 1)))
            for (a, b), span in zip(SPANS[period], spans, strict=True)
        )
        expected[(member, branch, periods, standing(periods, spans, done))] += 1
    assert states == expected


def span_days(first, last):
    return dt.date(2026, first, 1), dt.date(2026, last, calendar.monthrange(2026, last)[1])


def standing(periods, spans, done):
    """未到: the last ended period unmet and no visit since; 待安排: the current one unmet."""
    now = next(i for i, (first, last) in enumerate(spans) if first <= TODAY <= last)
    if now > 0:
        wanted, had = periods[now - 1]
        if had < wanted and not sum(n for month, n in done.items() if month > spans[now - 1][1].month):
            return "missed"
    wanted, had = periods[now]
    if wanted == had == 0:
        return "not_due"
    return "done" if had >= wanted else "due"


def check_problems(summary, world):
    inside = [(a, b) for a, b in world.problems if a.year <= 2026 and (b is None or b >= dt.date(2026, 1, 1))]
    assert summary.problems.total == len(inside)
    assert summary.problems.carried == sum(a.year < 2026 for a, _b in inside)
    assert summary.problems.done == sum(b is not None and b <= dt.date(2026, 12, 31) for _a, b in inside)


def check_drill_down(summary, world):
    """Every figure opens the records it counts; what is shown and what is hidden make the figure."""
    reader = factories.actor(world.clerk)
    span = {"from_on": summary.first, "to_on": summary.last, "state": "counted"}
    assert visits.totals(reader, Filters(**span))[0] == summary.records
    assert visits.totals(reader, Filters(**span, trips=True))[0] == summary.trips
    for one in summary.branches:
        assert visits.totals(reader, Filters(**span, trips=True, branch_id=one.branch_id))[0] == one.trips
    for one in summary.members:
        assert visits.totals(reader, Filters(**span, member_id=one.member_id))[0] == one.records
    for one in summary.kinds:
        assert visits.totals(reader, Filters(**span, kind=Kind(one.value)))[0] == one.n
