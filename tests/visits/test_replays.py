"""What a phone sends once more because the answer was lost: it is the same record, whatever has happened meanwhile."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbook.db import db
from logbook.settings.queries import Settings
from logbook.visits import actions, queries
from logbook.visits.actions import WAITED
from logbook.visits.models import Kind, Level, LockedYear, Visit, VisitVersion
from logbook.visits.rules import NewVisit
from tests import factories
from tests.factories import AT
from tests.visits.test_pages import JSON, TODAY, body

SETTINGS = Settings(unit_name="青湖风景区管理局")
LATE = TODAY - dt.timedelta(days=SETTINGS.late_after_days + 1)


@pytest.fixture
def place(app):
    return factories.member(), factories.branch()


# --- recording ------------------------------------------------------------------------------------

attempts = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=4)
typed = st.sampled_from(["", WAITED, "出差"])


@given(days=attempts, reason=typed, on_paper=st.booleans())
def test_a_record_is_stored_once_however_often_and_late_it_comes(place, days, reason, on_paper):
    member, branch = place
    clerk = factories.office()
    on, key = dt.date(2026, 6, 10), f"key-{db.session.query(Visit).count()}"
    by = factories.actor(clerk if on_paper else member)
    found = []
    for after, waited in days:
        new = NewVisit(
            member, on, "座谈。", (Kind.RESEARCH,), Level.GROUP, branch_id=branch, late_reason=reason,
            paper_on=on if on_paper else None, client_key=key, waited=waited,
        )  # fmt: skip
        found.append(actions.log_visit(new, by=by, at=AT + dt.timedelta(days=after), settings=SETTINGS).id)
        db.session.commit()
    assert len(set(found)) == 1
    assert len(queries.versions(found[0])) == 1
    (first_after, first_waited), late = days[0], days[0][0] > SETTINGS.late_after_days and not on_paper
    stored = db.session.get(Visit, found[0])
    assert (stored.recorded_at, stored.late) == (AT + dt.timedelta(days=first_after), late)
    assert stored.late_reason == (reason or (WAITED if first_waited and late else ""))


@pytest.mark.parametrize(("first", "again"), [({"waited": "1"}, {}), ({}, {"waited": "1"})])
def test_the_receipt_is_of_what_was_stored(client, place, first, again):
    member, branch = place
    record = body(branch, visited_on=LATE.isoformat(), client_key="the-key")
    answers = [client(member).post("/visits/new", record | more, headers=JSON) for more in (first, again)]
    stored = db.session.query(VisitVersion).one()
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert answers[0].json["digest"] == stored.digest
    assert (WAITED in stored.body) == bool(first)


@pytest.mark.parametrize(
    ("values", "reason"),
    [({"waited": "1"}, WAITED), ({"waited": "1", "late_reason": "出差"}, "出差"), ({"waited": "0"}, ""), ({}, "")],
)
def test_only_what_waited_without_a_reason_gets_one(client, place, values, reason):
    member, branch = place
    client(member).post("/visits/new", body(branch, visited_on=LATE.isoformat()) | values)
    client(member).post("/visits/new", body(branch, waited="1"))
    late, in_time = db.session.query(Visit).order_by(Visit.id)
    assert (late.late, late.late_reason) == (True, reason)
    assert (in_time.late, in_time.late_reason) == (False, "")


def test_no_page_shows_that_it_waited(client, place):
    member, branch = place
    assert "waited" not in client(member).get("/visits/new").text
    refused = client(member).post("/visits/new", body(branch, findings="", waited="1"))
    assert "waited" not in refused.text


def test_a_replay_after_a_correction_is_told_of_what_it_sent(client, place):
    member, branch = place
    sent = client(member).post("/visits/new", body(branch, client_key="the-key"), headers=JSON).json
    client(member).post(f"/visits/{sent['id']}/correct", body(branch, findings="改了", reason="x", based_on="1"))
    assert client(member).post("/visits/new", body(branch, client_key="the-key"), headers=JSON).json == sent
    other = client(member).post("/visits/new", body(branch, client_key="the-key", findings="另"), headers=JSON)
    assert (other.status_code, other.json) == (409, {"receipt": sent})


def close_year(member):
    db.session.add(LockedYear(year=TODAY.year, locked_at=AT, locked_by_id=member))
    db.session.commit()


def test_a_replay_into_a_closed_year_is_received_and_a_new_record_is_not(client, place):
    member, branch = place
    first = client(member).post("/visits/new", body(branch, client_key="the-key"), headers=JSON)
    close_year(member)
    assert client(member).post("/visits/new", body(branch, client_key="the-key"), headers=JSON).json == first.json
    refused = client(member).post("/visits/new", body(branch, client_key="new-key"), headers=JSON)
    assert (refused.status_code, list(refused.json)) == (422, ["visited_on"])


# --- correcting -----------------------------------------------------------------------------------


@pytest.fixture
def logged(client, place):
    member, branch = place
    sent = client(member).post("/visits/new", body(branch, problem_text=["无遮阳棚"]), headers=JSON).json
    return member, branch, f"/visits/{sent['id']}/correct"


def correction(branch, **values):
    """With one line as it was and a new one, which gets its number at receipt."""
    lines = {"problem_line": ["1", ""], "problem_text": ["无遮阳棚", "灯坏了"]}
    return body(branch, findings="改过的话", reason="写错", based_on="1", client_key="the-key") | lines | values


def test_a_correction_is_answered_with_its_receipt(client, logged):
    member, branch, path = logged
    answer = client(member).post(path, correction(branch), headers=JSON)
    stored = db.session.query(VisitVersion).filter_by(n=2).one()
    receipt = {"number": f"{TODAY.year}-001", "version": 2, "digest": stored.digest, "id": stored.visit_id}
    assert (answer.status_code, answer.json) == (201, receipt)


def test_the_same_correction_again_stores_nothing(client, logged):
    member, branch, path = logged
    first = client(member).post(path, correction(branch), headers=JSON)
    close_year(member)
    again = client(member).post(path, correction(branch, reason="换了说法"), headers=JSON)
    assert (again.status_code, again.json) == (201, first.json)
    assert client(member).post(path, correction(branch)).status_code == 303
    assert db.session.query(VisitVersion).count() == 2
    assert db.session.query(Visit).one().version == 2


def test_who_was_slower_is_told_so(client, logged):
    member, branch, path = logged
    client(member).post(path, correction(branch), headers=JSON)
    for changes in (
        {"findings": "别的话"},
        {"based_on": "9"},
        {"based_on": ""},
        {"based_on": "0"},
        {"based_on": "4294967296"},
    ):
        slower = client(member).post(path, correction(branch, **changes), headers=JSON)
        assert (slower.status_code, slower.json) == (409, {"conflict": True})
    client(member).post(path, correction(branch, findings="第三版", based_on="2"), headers=JSON)
    assert client(member).post(path, correction(branch), headers=JSON).status_code == 409
    assert db.session.query(VisitVersion).count() == 3


def test_anothers_same_words_are_no_repeat(client, place):
    member, branch = place
    clerk = factories.office()
    sent = client(clerk).post("/visits/new", body(branch, member_id=str(member)), headers=JSON).json
    changed = body(branch, findings="改过的话", reason="写错", based_on="1")
    path = f"/visits/{sent['id']}/correct"
    assert client(clerk).post(path, changed, headers=JSON).status_code == 201
    assert client(member).post(path, changed, headers=JSON).status_code == 409


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"findings": ""}, "findings"),
        ({"visited_on": f"{TODAY.year - 1}-12-30"}, "visited_on"),
        ({"problem_line": ["1", ""], "problem_text": ["无遮阳棚", "字" * 2001]}, "problem-2"),
    ],
)
def test_what_a_rule_refuses_is_named(client, logged, changes, field):
    member, branch, path = logged
    refused = client(member).post(path, correction(branch, **changes), headers=JSON)
    assert (refused.status_code, list(refused.json)) == (422, [field])
    assert db.session.query(VisitVersion).count() == 1


def test_who_may_not_is_told_in_json(client, logged):
    member, branch, path = logged
    statuses = [
        client(factories.member()).post(path, correction(branch), headers=JSON),
        client(member).post("/visits/999/correct", correction(branch), headers=JSON),
        client().post(path, correction(branch), headers=JSON),
    ]
    assert [(one.status_code, list(one.json)) for one in statuses] == [(s, ["error"]) for s in (403, 404, 401)]


def test_a_closed_year_and_a_withdrawn_record_take_no_correction(client, logged):
    member, branch, path = logged
    client(member).post(path.replace("correct", "withdraw"), {"reason": "记重了"})
    withdrawn = client(member).post(path, correction(branch), headers=JSON)
    assert (withdrawn.status_code, "已撤销" in withdrawn.json[""]) == (422, True)
    close_year(member)
    other = factories.visit(member, branch, TODAY)
    closed = client(member).post(f"/visits/{other}/correct", correction(branch), headers=JSON)
    assert (closed.status_code, "已归档" in closed.json["visited_on"]) == (422, True)


def test_the_programs_reason_outlives_a_correction_typed_without_it(client, place):
    member, branch = place
    record = body(branch, visited_on=LATE.isoformat(), waited="1")
    sent = client(member).post("/visits/new", record, headers=JSON).json
    changed = record | {"findings": "改过的话", "reason": "写错", "based_on": "1"}
    answers = [client(member).post(f"/visits/{sent['id']}/correct", changed, headers=JSON) for _ in range(2)]
    assert [one.json["version"] for one in answers] == [2, 2]
    assert db.session.query(Visit).one().late_reason == WAITED
    in_time = factories.visit(member, branch, TODAY)
    client(member).post(f"/visits/{in_time}/correct", changed, headers=JSON)
    assert not db.session.get(Visit, in_time).late_reason


def test_a_first_record_has_no_version_to_stand_on(client, logged):
    member, branch, path = logged
    answer = client(member).post(path, correction(branch, based_on="0"), headers=JSON)
    assert (answer.status_code, answer.json) == (409, {"conflict": True})
