"""Many at one moment, on whichever database: what they do comes out as if they had come one after the other."""

import contextvars
import datetime as dt
import threading

import pytest

from logbook.db import db
from logbook.formats import today
from logbook.organization.models import Liaison
from logbook.problems.models import Problem
from logbook.visits.models import Visit, VisitVersion
from logbook.years import queries as years
from logbook.years import summary
from tests import factories

TODAY = today()
LAST = TODAY.year - 1


@pytest.fixture
def together(app):
    """Sends requests at once, each as (token, path, body); returns their status codes in order."""

    def send(*requests):
        db.session.remove()
        codes = {}

        def one(n, token, path, body):
            http = app.test_client()
            http.set_cookie("logbook", token)
            codes[n] = contextvars.Context().run(http.post, path, data=body).status_code

        threads = [threading.Thread(target=one, args=(n, *request)) for n, request in enumerate(requests)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [codes[n] for n in range(len(requests))]

    return send


def body(branch, on=TODAY, **values):
    return {
        "visited_on": "other", "other_on": on.isoformat(), "branch_id": str(branch), "kinds": "research",
        "level": "group", "findings": "总体平稳。",
    } | values  # fmt: skip


def test_a_year_is_closed_with_the_records_it_holds(together):
    member, branch, clerk = factories.member(), factories.branch(), factories.office()
    tokens = [factories.sign_in(member) for _ in range(4)]
    on = dt.date(LAST, 12, 30)
    records = [(t, "/visits/new", body(branch, on, client_key=f"{t}{n}")) for n in range(4) for t in tokens]
    closing = (factories.sign_in(clerk), f"/years/{LAST}/close", {"sure": "y"})
    codes = together(*records[:8], closing, *records[8:])
    assert codes[8] == 303
    assert set(codes) <= {303, 422}
    stored = db.session.query(Visit).filter_by(year=LAST).count()
    assert codes.count(303) == stored + 1
    assert summary.load(years.closing(LAST).summary).records == stored


def test_of_many_corrections_one_is_next_and_the_others_see_it(together):
    member, branch = factories.member(), factories.branch()
    visit, token = factories.visit(member, branch, TODAY), factories.sign_in(member)
    path = f"/visits/{visit}/correct"
    codes = together(
        *((token, path, body(branch, findings=f"第{n}种说法", reason="更正", based_on="1")) for n in range(4))
    )
    assert sorted(codes) == [303, 409, 409, 409]
    assert db.session.query(VisitVersion).filter_by(visit_id=visit).count() == 2


def test_a_withdrawn_record_leaves_no_new_problem_behind(together):
    member, branch = factories.member(), factories.branch()
    token = factories.sign_in(member)
    for _n in range(3):
        visit = factories.visit(member, branch, TODAY)
        typed = body(branch, findings="又写了", reason="更正", based_on="1", problem_text="缺棚", problem_line="")
        codes = together(
            (token, f"/visits/{visit}/correct", typed), (token, f"/visits/{visit}/withdraw", {"reason": "记错了"})
        )
        assert max(codes) < 500
        open_ones = db.session.query(Problem).filter_by(source_id=visit, dropped=False).count()
        assert open_ones == 0 or not db.session.get(Visit, visit).withdrawn_at


def test_what_is_pressed_six_times_is_done_once(together):
    member, branch, clerk = factories.member(), factories.branch(), factories.office()
    factories.liaison(member, branch, year=LAST)
    factories.term(branch, factories.person())
    token = factories.sign_in(clerk)
    copying = (token, "/lists/liaison/copy", {"year": str(TODAY.year)})
    for one in (
        copying,
        (token, f"/books/{TODAY.year}/issue", {}),
        (token, f"/review/{TODAY.year}/create", {}),
        (token, f"/years/{LAST}/close", {"sure": "y"}),
    ):
        assert max(together(*[one] * 6)) < 500, one
    assert db.session.query(Liaison).filter_by(year=TODAY.year).count() == 1
