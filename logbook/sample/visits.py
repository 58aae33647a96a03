"""Three years of records through the real actions, with every odd case a real year has."""

import datetime as dt
from dataclasses import dataclass, replace
from random import Random

from logbook.access import Actor, Role
from logbook.errors import RuleBroken
from logbook.formats import SHANGHAI
from logbook.problems import actions as problems
from logbook.problems import queries as ledger
from logbook.problems.actions import Closing, NewDirective, NewProblem
from logbook.problems.models import Answer, Category, Handling, Side, SourceKind, State, UndertakingState
from logbook.sample import texts
from logbook.sample.bureau import Bureau
from logbook.sample.trips import Planner, Trip
from logbook.settings.queries import Settings
from logbook.visits import actions, queries
from logbook.visits.models import Level, Visit
from logbook.visits.rules import NewVisit

DAY = dt.timedelta(days=1)
DRAGGING = (State.UNDERWAY, State.UNDERWAY, State.PARTLY, State.LONG_TERM)
SOON = 21  # days: what is younger still waits for the office and for the others


@dataclass(slots=True)
class Year:
    """One year being made."""

    bureau: Bureau
    random: Random
    settings: Settings
    year: int

    def actor(self, person_id: int) -> Actor:
        """Who acts, with the roles they have in the sample."""
        if person_id in self.bureau.office:
            return Actor(person_id, "", frozenset({Role.OFFICE}))
        leads = person_id == self.bureau.members[0]
        return Actor(person_id, "", frozenset({Role.LEADER, Role.MEMBER} if leads else {Role.MEMBER}))

    def make(self, count: int) -> None:
        """About `count` records; the running year only as far as it has come."""
        planner = Planner(self.bureau, self.random, self.year)
        for trip in planner.trips(count):
            self._one(trip)
        if planner.current and count:
            self._waiting(planner)

    def _one(self, trip: Trip) -> None:
        by = self.actor(self.bureau.office[1] if trip.by_office else trip.new.member_id)
        try:
            visit = actions.log_visit(trip.new, by=by, at=trip.at, settings=self.settings)
        except RuleBroken:  # an observation of one's own organization: not written, as the rules say
            trip = replace(trip, new=replace(trip.new, observation=""))
            visit = actions.log_visit(trip.new, by=by, at=trip.at, settings=self.settings)
        if (self.bureau.today - visit.visited_on).days >= SOON:
            self._afterwards(trip, visit)

    def _afterwards(self, trip: Trip, visit: Visit) -> None:
        """Confirmed, corrected, withdrawn, received, instructed on; problems go their way."""
        own, at, turn = self.actor(visit.member_id), trip.at, trip.turn
        if visit.entered_for:
            actions.confirm(visit.id, by=own, at=at + DAY)
        for record in queries.joint_records(visit.id):
            companion = self.actor(record.member_id)
            if turn % 36 == 17:
                actions.decline(record.id, by=companion, at=at + DAY)
            else:
                actions.confirm(record.id, by=companion, at=at + DAY)
                self._receive(record, at)
        if turn % 23 == 11 and not visit.entered_for:
            changed = replace(trip.new, findings=trip.new.findings + "补充：与支部书记个别交换了意见。")
            later = at + 2 * DAY
            actions.correct(visit.id, changed, reason="漏写一句", based_on=1, by=own, at=later, settings=self.settings)
        if turn % 37 == 20 and not visit.entered_for:
            actions.withdraw(visit.id, reason="与另一条重复", by=own, at=at + 3 * DAY)
            return
        self._receive(visit, at)
        if turn % 19 == 7 and visit.level is not Level.SELF:
            leader = self.actor(self.bureau.members[0])
            actions.instruct(visit.id, "请相关科室抓紧办理。", by=leader, at=at + 3 * DAY)
        self._settle(visit, at)

    def _receive(self, visit: Visit, at: dt.datetime) -> None:
        clerk = self.actor(self.bureau.office[1])
        if visit.level in {Level.GROUP, Level.OFFICE} or visit.entered_by_id == clerk.person_id:
            actions.receive(visit.id, visit.version, by=clerk, at=at + 3 * DAY)

    def _settle(self, visit: Visit, at: dt.datetime) -> None:
        """Most problems are closed some weeks later, as far as today has come; this year's may drag on."""
        items, promises = ledger.of_source(SourceKind.VISIT, visit.id)
        clerk, r = self.actor(self.bureau.office[1]), self.random
        when = at + r.randint(10, 60) * DAY
        if when.date() >= self.bureau.today:
            return
        current = self.year == self.bureau.today.year
        for one in items:
            if one.state is State.DONE:
                continue
            if r.random() < (0.75 if current else 0.96):
                closing = Closing(r.choice(texts.RESULTS), "支部", None, r.choice((Answer.SOLVED, Answer.SOLVED, None)))
                problems.close_problem(one.id, closing, by=clerk, at=when)
            elif r.random() < 0.7 or not current:
                state = r.choice(DRAGGING if current else (State.LONG_TERM,))
                problems.note_progress(one.id, r.choice(texts.STEPS), state, by=clerk, at=when)
        for promise in promises:
            if r.random() < 0.8 or not current:
                ended = r.choice((UndertakingState.DONE, UndertakingState.DONE, UndertakingState.EXPLAINED))
                result = r.choice(texts.EXPLAINED if ended is UndertakingState.EXPLAINED else texts.RESULTS)
                problems.move_undertaking(promise.id, result, ended, by=self.actor(promise.member_id), at=when)

    def _waiting(self, planner: Planner) -> None:
        """What waits today: an entry to confirm, a trip to confirm, a matter for the group, an order of the group."""
        yesterday = self.bureau.today - DAY
        at = dt.datetime.combine(yesterday, dt.time(16), SHANGHAI)
        member, clerk = self.bureau.members[1], self.actor(self.bureau.office[1])
        written = self.bureau.today - 12 * DAY
        entered = replace(_plain(planner.record(1, 4, written)), paper_on=written)
        actions.log_visit(entered, by=clerk, at=at, settings=self.settings)
        matter = NewProblem("环湖步道夜间照明改造需要统筹资金", 1, Category.FACILITIES, Side.BUREAU, Handling.GROUP)
        joint = replace(_plain(planner.record(2, 7, yesterday)), companion_ids=(member,), problems=(matter,))
        actions.log_visit(joint, by=self.actor(joint.member_id), at=at, settings=self.settings)
        order = NewDirective("近期都要到挂点支部，听取基层呼声", yesterday, self.bureau.today + 20 * DAY)
        problems.add_directive(order, by=self.actor(self.bureau.office[0]), at=at)


def _plain(new: NewVisit) -> NewVisit:
    return replace(new, level=Level.GROUP, observation="", problems=(), undertakings=())
