"""Three years of records through the real actions, with every odd case a real year has."""

import datetime as dt
from dataclasses import dataclass, replace
from random import Random

from logbook.access import Actor, Role
from logbook.errors import RuleBroken
from logbook.formats import SHANGHAI
from logbook.problems import actions as problems
from logbook.problems import queries as ledger
from logbook.problems.actions import Closing, NewProblem, NewUndertaking
from logbook.problems.models import Answer, Category, Handling, Side, SourceKind, State, UndertakingState
from logbook.sample import texts
from logbook.sample.bureau import LIAISON, QUIET, Bureau
from logbook.settings.queries import Settings
from logbook.visits import actions, queries
from logbook.visits.actions import NewVisit
from logbook.visits.models import Content, Kind, Level, Visit

KINDS = list(Kind)
WEIGHTS = (45, 20, 14, 6, 8, 5, 5, 4, 3, 1)
MONTHS = (8, 5, 10, 10, 11, 10, 7, 8, 11, 9, 10, 6)  # the shape of a year


@dataclass(slots=True)
class Year:
    """One year being made."""

    bureau: Bureau
    random: Random
    settings: Settings
    year: int

    @property
    def current(self) -> bool:
        return self.year == self.bureau.today.year

    def actor(self, person_id: int) -> Actor:
        """Who acts, with the roles they have in the sample."""
        if person_id in self.bureau.office:
            return Actor(person_id, "", frozenset({Role.OFFICE}))
        leads = person_id == self.bureau.members[0]
        return Actor(person_id, "", frozenset({Role.LEADER, Role.MEMBER} if leads else {Role.MEMBER}))

    def make(self, count: int) -> None:
        """About `count` records; the running year only as far as it has come."""
        for i, (on, member, place) in enumerate(self._trips(count)):
            self._one(i, on, member, place)
        if self.current:
            self._waiting()

    def _trips(self, count: int) -> list[tuple[dt.date, int, int]]:
        """(day, member, branch): most liaison branches once a quarter, the rest as it comes."""
        planned = [
            (dt.date(self.year, month + self.random.randrange(3), self.random.randint(1, 28)), member, place)
            for month in (1, 4, 7, 10)
            for member, places in enumerate(LIAISON)
            for place in places
            if self.random.random() < 0.94 and not (self.current and place == QUIET)
        ]
        planned = planned[: count // 2]
        loose = [(on, *self._anyone()) for on in self._days(count - len(planned))]
        last = min(self.bureau.today, dt.date(self.year, 12, 31))
        return sorted(trip for trip in planned + loose if trip[0] <= last)

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

    def _one(self, i: int, on: dt.date, member: int, place: int) -> None:
        new = self._new(i, member, place, on)
        by, at = self._received(i, new, on)
        try:
            visit = actions.log_visit(new, by=by, at=at, settings=self.settings)
        except RuleBroken:  # an observation of one's own organization: not written, as the rules say
            visit = actions.log_visit(replace(new, observation=""), by=by, at=at, settings=self.settings)
        self._afterwards(i, visit, new, at)

    def _new(self, i: int, member: int, place: int, on: dt.date) -> NewVisit:
        r = self.random
        kinds = tuple(dict.fromkeys(r.choices(KINDS, WEIGHTS, k=r.choice((1, 1, 1, 2)))))
        voices = r.sample(texts.VOICES, r.choice((0, 0, 1, 2)))
        return NewVisit(
            member_id=self.bureau.members[member],
            visited_on=on,
            findings=texts.findings(r),
            kinds=kinds,
            level=r.choices((Level.GROUP, Level.OFFICE, Level.LEADER, Level.SELF), (84, 8, 5, 3))[0],
            branch_id=None if i % 40 == 39 else self.bureau.branches[place],
            place="县游客集散中心" if i % 40 == 39 else "",
            half_days=r.choice((1, 1, 1, 2, None)),
            people_met=r.choice(texts.PEOPLE_MET),
            headcount=r.randint(3, 18),
            companion_ids=(self.bureau.members[(member + 1) % 7],) if i % 12 == 5 else (),
            contents=tuple(r.sample(list(Content)[:4], r.choice((0, 1, 1, 2)))),
            voices=tuple(voices),
            thinking=r.choice(texts.THINKING) if r.random() < 0.15 else "",
            solved_on_site=r.choice(texts.SOLVED) if r.random() < 0.1 else "",
            guidance=r.choice(texts.GUIDANCE) if r.random() < 0.3 else "",
            observation=r.choice(texts.GOOD + texts.WEAK) if r.random() < 0.2 else "",
            problems=self._problems(),
            undertakings=(NewUndertaking(r.choice(texts.UNDERTAKINGS), 2),) if r.random() < 0.15 else (),
        )

    def _problems(self) -> tuple[NewProblem, ...]:
        r = self.random
        if r.random() > 0.42:
            return ()
        if r.random() < 0.35:
            return (NewProblem(r.choice(texts.OWN_PROBLEMS), 1, Category.PARTY, Side.BRANCH),)
        text, category = r.choice(texts.VOICES)
        handling = r.choices((Handling.COORDINATE, Handling.ON_SITE, Handling.GROUP, Handling.EXPLAIN), (70, 15, 8, 7))[
            0
        ]
        return (NewProblem(text, 1, category, Side.BUREAU, handling, owner_unit=r.choice(texts.UNITS)),)

    def _received(self, i: int, new: NewVisit, on: dt.date) -> tuple[Actor, dt.datetime]:
        """Who wrote it down and when: mostly the member on the day, some late, some by the office from paper."""
        wait = 15 if i % 17 == 8 else self.random.choice((0, 0, 0, 1, 2))
        day = min(on + dt.timedelta(days=wait), self.bureau.today)
        at = dt.datetime(day.year, day.month, day.day, 15, self.random.randrange(60), tzinfo=SHANGHAI)
        if i % 11 == 4 and new.level is not Level.SELF:
            return self.actor(self.bureau.office[1]), at
        return self.actor(new.member_id), at

    def _afterwards(self, i: int, visit: Visit, new: NewVisit, at: dt.datetime) -> None:
        """Corrected, withdrawn, confirmed, received, instructed on; problems go their way."""
        own = self.actor(visit.member_id)
        recent = self.current and (self.bureau.today - visit.visited_on).days < 21
        if visit.entered_for and not recent:
            actions.confirm(visit.id, by=own, at=at + dt.timedelta(days=1))
        for record in queries.joint_records(visit.id):
            self._joint(i, record, at, recent=recent)
        if i % 23 == 11 and not visit.entered_for:
            added = new.findings + "补充：与支部书记个别交换了意见。"
            changed = replace(new, findings=added, observation=visit.observation)
            later = at + dt.timedelta(days=2)
            actions.correct(visit.id, changed, reason="漏写一句", based_on=1, by=own, at=later, settings=self.settings)
        if i % 37 == 20 and not visit.entered_for:
            actions.withdraw(visit.id, reason="与另一条重复", by=own, at=at + dt.timedelta(days=3))
            return
        if not recent:
            clerk = self.actor(self.bureau.office[1])
            if visit.level in {Level.GROUP, Level.OFFICE} or visit.entered_by_id == clerk.person_id:
                actions.receive(visit.id, by=clerk, at=at + dt.timedelta(days=3))
        if i % 19 == 7 and visit.level is not Level.SELF:
            actions.instruct(visit.id, "请相关科室抓紧办理。", by=self.actor(self.bureau.members[0]), at=at)
        self._settle(visit, at, recent=recent)

    def _joint(self, i: int, record: Visit, at: dt.datetime, *, recent: bool) -> None:
        companion = self.actor(record.member_id)
        if recent:
            return
        if i % 36 == 17:
            actions.decline(record.id, by=companion, at=at + dt.timedelta(days=1))
        else:
            actions.confirm(record.id, by=companion, at=at + dt.timedelta(days=1))

    def _settle(self, visit: Visit, at: dt.datetime, *, recent: bool) -> None:
        """Most problems are closed some weeks later, as far as today has come; a few drag on."""
        items, promises = ledger.of_source(SourceKind.VISIT, visit.id)
        clerk, r = self.actor(self.bureau.office[0]), self.random
        when = at + dt.timedelta(days=r.randint(10, 60))
        past = when.date() < self.bureau.today
        for one in items:
            if one.state is State.DONE or recent:
                continue
            if past and r.random() < (0.75 if self.current else 0.96):
                closing = Closing(r.choice(texts.RESULTS), "支部", None, r.choice((Answer.SOLVED, Answer.SOLVED, None)))
                problems.close_problem(one.id, closing, by=clerk, at=when)
            elif past and r.random() < 0.7:
                state = r.choice((State.UNDERWAY, State.UNDERWAY, State.PARTLY, State.LONG_TERM))
                problems.note_progress(one.id, r.choice(texts.STEPS), state, by=clerk, at=when)
        for promise in promises:
            if past and r.random() < 0.8:
                ended = r.choice((UndertakingState.DONE, UndertakingState.DONE, UndertakingState.EXPLAINED))
                result = r.choice(texts.RESULTS)
                problems.move_undertaking(promise.id, result, ended, by=self.actor(promise.member_id), at=when)

    def _waiting(self) -> None:
        """What waits today: an entry to confirm, a trip to confirm, a matter for the group, an order of the group."""
        at = dt.datetime.combine(self.bureau.today, dt.time(9), SHANGHAI)
        member, place = self.bureau.members[1], self.bureau.branches[4]
        entered = NewVisit(
            member_id=member,
            visited_on=self.bureau.today - dt.timedelta(days=12),
            findings=texts.findings(self.random),
            kinds=(Kind.FORUM,),
            level=Level.GROUP,
            branch_id=place,
            paper_on=self.bureau.today - dt.timedelta(days=12),
        )
        actions.log_visit(entered, by=self.actor(self.bureau.office[1]), at=at, settings=self.settings)
        matter = NewProblem("环湖步道夜间照明改造需要统筹资金", 1, Category.FACILITIES, Side.BUREAU, Handling.GROUP)
        joint = replace(
            entered,
            member_id=self.bureau.members[2],
            paper_on=None,
            visited_on=self.bureau.today,
            companion_ids=(member,),
            problems=(matter,),
        )
        actions.log_visit(joint, by=self.actor(self.bureau.members[2]), at=at, settings=self.settings)
        problems.add_directive(
            "近期都要到挂点支部，听取基层呼声",
            self.bureau.today + dt.timedelta(days=20),
            asks_visits=True,
            by=self.actor(self.bureau.office[0]),
            at=at,
        )
