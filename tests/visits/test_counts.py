"""What a list counts of records its reader may not read (finding F20): how many, and nothing they say."""

import pytest

from logbook.access import Role
from logbook.db import db
from logbook.formats import now, today
from logbook.problems.models import Category
from logbook.visits.models import Content, Kind, Level, Visit, VisitContent, Voice
from tests import factories

ASKED = {
    "kind=talk": "kind", "content=learn_thinking": "content", "state=late": "state", "state=unconfirmed": "state",
    "trips=1": "trips", "since=2020-01-01": "since",
}  # fmt: skip


@pytest.fixture
def hidden(app):
    """A record of somebody else's that neither a member nor the office may read."""
    member, branch = factories.member(), factories.branch()
    values = {"level": Level.SELF, "kinds": (Kind.TALK,), "late": True, "recorded_at": now()}
    factories.visit(member, branch, today(), **values)
    return member, branch


@pytest.mark.parametrize("asked", sorted(ASKED))
def test_a_member_feels_nothing_of_a_hidden_record_through_a_number(client, hidden, asked):
    member, branch = hidden
    browser = client(factories.member())
    around = f"member={member}&branch={branch}&from={today()}&to={today()}"
    assert "另有1条不在知悉范围" in browser.get(f"/visits?{around}").text
    page = browser.get(f"/visits?{around}&{asked}").text
    if asked != "state=late":  # which a member cannot ask at all
        assert "不在知悉范围" not in page
    else:
        assert page.count("另有1条") == 1


@pytest.mark.parametrize("role", [Role.OFFICE, Role.LEADER])
def test_a_figure_still_opens_all_that_it_counts(client, hidden, role):
    member, _branch = hidden
    browser = client(factories.person(role))
    page = browser.get(f"/visits?member={member}&kind=talk&state=counted").text
    assert "共1条" in page
    assert "另有1条不在知悉范围" in page


def test_who_was_late_is_not_for_members_to_ask(client, hidden):
    other, branch = factories.member(), factories.branch()
    factories.visit(other, branch, today(), late=True, findings="很晚才记。")
    factories.visit(other, branch, today(), findings="当天就记。")
    browser = client(factories.member())
    assert "登记较晚" not in browser.get("/visits").text
    page = browser.get("/visits?state=late").text
    assert "当天就记" in page
    assert "当天就记" not in client(factories.office()).get("/visits?state=late").text


@pytest.mark.parametrize(
    "asked", ["trips=1", "since=2020-01-01", "kind=talk", "content=learn_thinking", "category=party"]
)
def test_nor_through_the_number_of_voices(client, hidden, asked):
    """Every filter of the list, as in the list of records: one was forgotten here."""
    member, branch = hidden
    for visit in db.session.query(Visit):
        db.session.add(Voice(visit_id=visit.id, text="盼修路", category=Category.PARTY))
        db.session.add(VisitContent(visit_id=visit.id, content=Content.LEARN_THINKING))
    db.session.commit()
    browser = client(factories.member())
    around = f"/voices?member={member}&branch={branch}"
    assert "另有1条不在知悉范围" in browser.get(around).text
    assert "不在知悉范围" not in browser.get(f"{around}&{asked}").text
    assert "另有1条不在知悉范围" in client(factories.leader()).get(f"{around}&{asked}").text
