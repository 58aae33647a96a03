"""A ballot of 60 secretaries and 200 voters: casting, closing, counting; and a hundred voters within a minute."""

import http.client
import itertools
import random
import statistics
import threading
import time
import urllib.parse
from dataclasses import dataclass

from flask import Flask

from benchmarks.house import House

SECRETARIES, VOTERS, AT_ONCE = 60, 200, 100
YEAR = 2000  # before any other meeting of the sample


@dataclass(frozen=True)
class Held:
    """Milliseconds of one ballot in the server, seconds to close and count, and of a hundred voters how they fared."""

    cast: float
    closed: float
    together: float
    slowest: float
    lost: int


def report(house: House) -> Held:
    """Hold two ballots on the house: one past the network, one by a hundred browsers at once."""
    app = house.app()
    alone = _open(app, YEAR, VOTERS)
    times = [_cast(app, code, alone.reports) for code in alone.codes]
    closed, _counted = _close(app, YEAR)
    crowd = _open(app, YEAR + 1, AT_ONCE)
    with house.served() as port:
        voters = [_Voter(port, code, crowd.reports) for code in crowd.codes]
        started = time.perf_counter()
        for voter in voters:
            voter.start()
        for voter in voters:
            voter.join()
        together = time.perf_counter() - started
    _seconds, counted = _close(app, YEAR + 1)
    slowest = max(itertools.chain.from_iterable(voter.times for voter in voters))
    return Held(1000 * statistics.median(times), closed, together, slowest, AT_ONCE - counted)


@dataclass(frozen=True)
class _Opened:
    codes: list[str]
    reports: list[int]


def _open(app: Flask, year: int, voters: int) -> _Opened:
    from logbook.access import Actor, Role
    from logbook.accounts import queries as accounts
    from logbook.accounts.models import Person
    from logbook.ballots import actions, forms, opening, queries
    from logbook.ballots.models import Sheet
    from logbook.ballots.opening import NewBallot, Numbers
    from logbook.db import db
    from logbook.formats import now
    from logbook.organization import queries as organization
    from logbook.review.models import Meeting, Report

    with app.app_context():
        leads = {one.id for one in accounts.holders(Role.LEADER)}
        by = next(one for one in accounts.active_holders(Role.OFFICE) if one.id not in leads)
        branch = organization.branches()[0].id
        meeting = Meeting(
            year=year, summary="{}", text="", year_was_closed=False, created_at=now(), created_by_id=by.id
        )
        people = [Person(name=f"书记{n}", pinyin=f"shu ji {n}", official_order=900 + n) for n in range(SECRETARIES)]
        db.session.add_all([meeting, *people])
        db.session.flush()
        reports = [
            Report(meeting_id=meeting.id, person_id=one.id, branch_id=branch, position=n)
            for n, one in enumerate(people, 1)
        ]
        db.session.add_all(reports)
        db.session.flush()
        clerk = Actor(by.id, by.name, frozenset({Role.OFFICE}))
        opening.open_ballot(meeting, NewBallot(Sheet.GRADES, by.id, None, "凌照棠"), by=clerk, at=now())
        found = queries.ballot(meeting.id)
        if found is None:
            raise SystemExit("the ballot was not opened")
        opening.set_numbers(found, {found.classes[0].id: Numbers(codes=voters)})
        opening.confirm(found, opening.numbers_as_shown(found), at=now())
        codes = list(actions.make_codes(found.classes[0].id, forms.digest_of))
        opened = _Opened(codes, [one.id for one in reports])
        db.session.commit()
        return opened


def _body(code: str, reports: list[int]) -> dict[str, str]:
    return {"code": code} | {f"c{one}_0": "good" if one % 3 else "average" for one in reports}


def _cast(app: Flask, code: str, reports: list[int]) -> float:
    browser, body = app.test_client(), _body(code, reports)
    started = time.perf_counter()
    answer = browser.post("/vote/cast", data=body)
    if answer.status_code != 303:
        raise SystemExit(f"a vote was answered with {answer.status_code}")
    return time.perf_counter() - started


def _close(app: Flask, year: int) -> tuple[float, int]:
    """Seconds, and how many ballots were counted."""
    from logbook.ballots import closing, erasing, queries, tally
    from logbook.db import db
    from logbook.formats import now
    from logbook.review import queries as review
    from logbook.settings import queries as settings

    with app.app_context():
        meeting = review.meeting(year)
        if meeting is None:
            raise SystemExit("the meeting is not there")
        started = time.perf_counter()
        ballot = queries.ballot(meeting.id)
        if ballot is None:
            raise SystemExit("the ballot is not there")
        closing.close(ballot, at=now())
        db.session.commit()
        if not erasing.erase(ballot):
            raise SystemExit("the ballot was not erased")
        closing.note_erased(ballot, at=now())
        db.session.commit()
        result = tally.result(ballot, review.reports(meeting.id), settings.load())
        return time.perf_counter() - started, min(row.grades[-1].valid for row in result.rows)


class _Voter(threading.Thread):
    """A browser of its own: the page, the code, half a minute or less to judge, the vote."""

    def __init__(self, port: int, code: str, reports: list[int]) -> None:
        super().__init__()
        self.port, self.code, self.reports = port, code, reports
        self.times: list[float] = []

    def run(self) -> None:
        time.sleep(random.uniform(0, 30))
        self._send("GET", "/vote", {})
        self._send("POST", "/vote", {"code": self.code})
        self._send("POST", "/vote/cast", _body(self.code, self.reports))

    def _send(self, method: str, path: str, body: dict[str, str]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        started = time.perf_counter()
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, path, urllib.parse.urlencode(body), kind)
        connection.getresponse().read()
        self.times.append(time.perf_counter() - started)
        connection.close()
