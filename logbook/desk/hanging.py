"""What hangs on somebody who leaves: what would stay with a person who can't sign in, counted, with where it is."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from logbook.access import Act, Actor
from logbook.ballots import queries as ballots
from logbook.comments import queries as comments
from logbook.formats import today
from logbook.organization import queries as organization
from logbook.problems import queries as problems
from logbook.review import queries as review
from logbook.visits import queries as visits

SHOWN = 6  # of one kind, by name


@dataclass(frozen=True, slots=True)
class Place:
    """Where one of them is: an endpoint with its values."""

    name: str
    endpoint: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hanging:
    """One kind: how many, and where the first of them are, for whoever may go there."""

    label: str
    count: int
    places: Sequence[Place] = ()


def hanging_on(by: Actor, person_id: int) -> list[Hanging]:
    """All that hangs on a person, each kind with its count; nothing of what is said about the reader (rule 7)."""
    on = today()
    return [one for one in (*_lists(by, person_id, on), *_work(by, person_id), *_review(by, person_id)) if one.count]


def _kind(by: Actor, act: Act, label: str, places: Iterable[Place]) -> Hanging:
    found = list(places)
    return Hanging(label, len(found), found[:SHOWN] if by.may(act) else ())


def _lists(by: Actor, person_id: int, on: dt.date) -> Iterable[Hanging]:
    for year in (on.year, on.year + 1):
        held = [one for one in organization.liaisons_in(person_id, year) if one.to_on >= on]
        points = (Place(one.branch.name, "organization.liaison", {"liaison_id": one.id}) for one in held)
        yield _kind(by, Act.KEEP_LISTS, _("%(year)s年的挂点联系", year=year), points)
    names = {one.id: one.name for one in organization.branches()}
    led = [i for i, person in organization.secretaries_on(on).items() if person.id == person_id]
    terms = (Place(names[i], "organization.branch", {"branch_id": i}) for i in led if i in names)
    yield _kind(by, Act.KEEP_LISTS, _("书记任期"), terms)
    named = organization.stand_in()
    stands_in = [Place(_("指定代办人"), "stand_in.show", {})] if named and named.person_id == person_id else []
    yield _kind(by, Act.NAME_HANDLER, _("涉及党办人员的代办人"), stands_in)


def _work(by: Actor, person_id: int) -> Iterable[Hanging]:
    waiting = (Place(one.number, "visits.show", {"visit_id": one.id}) for one in visits.to_confirm(person_id))
    yield _kind(by, Act.RECEIVE, _("待本人确认的记录"), waiting)
    promised = problems.undertakings_of(person_id)
    promises = (Place(one.source_label, "problems.undertaking", {"undertaking_id": one.id}) for one in promised)
    yield _kind(by, Act.READ_LEDGER, _("正在办理的领办事项"), promises)
    owned = problems.owned_by(person_id)
    yield _kind(
        by, Act.READ_LEDGER, _("任责任人的问题"),
        (Place(one.label, "problems.show", {"problem_id": one.id}) for one in owned),
    )  # fmt: skip


def _review(by: Actor, person_id: int) -> Iterable[Hanging]:
    said = [one for one in comments.to_settle(person_id) if one.report.person_id != by.person_id]
    yield _kind(
        by, Act.RUN_MEETING, _("待审定的点评"),
        (Place(one.report.branch.name, "comments.show", {"comment_id": one.id}) for one in said),
    )  # fmt: skip
    cases = [one for one in review.cases_of(person_id) if one.person_id != by.person_id]
    yield _kind(
        by, Act.NAME_HANDLER, _("经办的述职评议"),
        (Place(one.branch.name, "reports.brief", {"report_id": one.id}) for one in cases),
    )  # fmt: skip
    held = [one for one in ballots.open_ballots() if person_id in {one.clerk_id, one.witness_id}]
    years = {one: year for one, year, _day in review.meetings()} if held else {}
    yield _kind(
        by, Act.RUN_MEETING, _("正在进行的测评（计票人、监票人）"),
        (Place(str(years[one.meeting_id]), "ballots.show", {"year": years[one.meeting_id]}) for one in held),
    )  # fmt: skip
