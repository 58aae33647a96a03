"""A year's trips as they might have been: who went where, when, what was written down, by whom and when."""

import datetime as dt
from dataclasses import dataclass, replace
from random import Random

from logbook.formats import SHANGHAI
from logbook.problems.actions import NewProblem, NewUndertaking
from logbook.problems.models import Category, Handling, Side
from logbook.sample import texts
from logbook.sample.bureau import LIAISON, OWN, QUIET, Bureau
from logbook.visits.models import Content, Kind, Level
from logbook.visits.rules import NewVisit

KINDS = list(Kind)
WEIGHTS = (45, 20, 14, 6, 8, 5, 5, 4, 3, 1)
MONTHS = (8, 5, 10, 10, 11, 10, 7, 8, 11, 9, 10, 6)  # the shape of a year
LATE = 15  # days until the late ones are written down


@dataclass(frozen=True, slots=True)
class Trip:
    """One record to be made; `turn` decides which odd case it is."""

    turn: int
    new: NewVisit
    by_office: bool
    at: dt.datetime


@dataclass(slots=True)
class Planner:
    """Draws the trips of one year from a seeded source."""

    bureau: Bureau
    random: Random
    year: int

    @property
    def current(self) -> bool:
        return self.year == self.bureau.today.year

    def trips(self, count: int) -> list[Trip]:
        """About `count`, in the order they are written down; the running year only until yesterday."""
        days = sorted(self._planned(count))
        return sorted((self._trip(turn, *day) for turn, day in enumerate(days)), key=lambda trip: trip.at)

    def _planned(self, count: int) -> list[tuple[dt.date, int, int]]:
        """(day, member, branch): most liaison branches once a quarter, the rest as it comes."""
        quarterly = [
            (dt.date(self.year, month + self.random.randrange(3), self.random.randint(1, 28)), member, place)
            for month in (1, 4, 7, 10)
            for member, places in enumerate(LIAISON)
            for place in places
            if self.random.random() < 0.94 and not (self.current and place == QUIET)
        ][: count // 2]
        loose = [(on, *self._anyone()) for on in self._days(count - len(quarterly))]
        return [day for day in quarterly + loose if day[0] < self.bureau.today]

    def _anyone(self) -> tuple[int, int]:
        member = self.random.randrange(7)
        place = self.random.choice(LIAISON[member]) if self.random.random() < 0.85 else self.random.randrange(12)
        return member, 10 if self.current and place == QUIET else place

    def _days(self, count: int) -> list[dt.date]:
        days = []
        for _ in range(count):
            month = self.random.choices(range(1, 13), MONTHS)[0]
            day = dt.date(self.year, month, self.random.randint(1, 28))
            while day.weekday() >= 5 and self.random.random() < 0.8:
                day += dt.timedelta(days=1)
            days.append(day)
        return days

    def _trip(self, turn: int, on: dt.date, member: int, place: int) -> Trip:
        """Mostly written by the member on the day; some late, some by the office from paper."""
        place = OWN[member] if turn % 40 == 19 else place
        new = self.record(member, place, on)
        if turn % 40 == 39:
            new = replace(new, branch_id=None, place="县游客集散中心")
        if turn % 12 == 5:
            new = replace(new, companion_ids=(self.bureau.members[(member + 1) % 7],))
        wait = LATE if turn % 17 == 8 else self.random.choice((0, 0, 0, 1, 2))
        day = min(on + dt.timedelta(days=wait), self.bureau.today - dt.timedelta(days=1))
        at = dt.datetime(day.year, day.month, day.day, 15, self.random.randrange(60), tzinfo=SHANGHAI)
        return Trip(turn, new, turn % 11 == 4 and new.level is not Level.SELF, at)

    def record(self, member: int, place: int, on: dt.date) -> NewVisit:
        r, theme = self.random, texts.THEMES[place]
        kinds = tuple(dict.fromkeys(r.choices(KINDS, WEIGHTS, k=r.choice((1, 1, 1, 2)))))
        return NewVisit(
            member_id=self.bureau.members[member],
            visited_on=on,
            findings=texts.findings(r, kinds[0], theme),
            kinds=kinds,
            level=r.choices((Level.GROUP, Level.OFFICE, Level.LEADER, Level.SELF), (84, 8, 5, 3))[0],
            branch_id=self.bureau.branches[place],
            half_days=r.choice((1, 1, 1, 2, None)),
            people_met=r.choice(texts.PEOPLE_MET),
            headcount=r.randint(3, 18),
            contents=tuple(r.sample(list(Content)[:4], r.choice((0, 1, 1, 2)))),
            voices=tuple(r.sample(theme.voices, r.choice((0, 0, 1, 2)))),
            thinking=r.choice(texts.THINKING) if r.random() < 0.15 else "",
            solved_on_site=r.choice(texts.SOLVED) if r.random() < 0.1 else "",
            guidance=r.choice(texts.GUIDANCE) if r.random() < 0.3 else "",
            observation=r.choice(texts.GOOD + texts.WEAK) if r.random() < 0.2 else "",
            problems=self._problems(theme),
            undertakings=(NewUndertaking(r.choice(texts.UNDERTAKINGS), 2),) if r.random() < 0.15 else (),
        )

    def _problems(self, theme: texts.Theme) -> tuple[NewProblem, ...]:
        r = self.random
        if r.random() > 0.42:
            return ()
        if r.random() < 0.35:
            return (NewProblem(r.choice(theme.shortcomings), 1, Category.PARTY, Side.BRANCH),)
        text, category = r.choice(theme.voices)
        ways = (Handling.COORDINATE, Handling.ON_SITE, Handling.GROUP, Handling.EXPLAIN)
        way = r.choices(ways, (70, 15, 8, 7))[0]
        return (NewProblem(text, 1, category, Side.BUREAU, way, owner_unit=r.choice(texts.UNITS)),)
