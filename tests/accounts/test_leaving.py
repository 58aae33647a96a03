"""Switching somebody off says what hangs on them, and asks once."""

import re

import pytest

from logbook.accounts.models import Person
from logbook.comments import actions as comments
from logbook.db import db
from logbook.formats import now, today
from logbook.review import actions as meetings
from logbook.review.models import Meeting
from tests import factories
from tests.accounts.test_roles import entry

YEAR = today().year


@pytest.fixture
def leaving(app):
    """(keeper, clerk, member): liaisons of two years, a record to confirm, an undertaking, a problem, two comments."""
    keeper, clerk = factories.sysadmin(name="韩若溪"), factories.office(name="白一鸣")
    member = factories.member(name="单昇", sign_in_name="x8")
    branch, other = factories.branch("森林党支部"), factories.branch("环湖党支部")
    for place, secretary in ((branch, factories.person()), (other, factories.person(name="钱玥"))):
        factories.term(place, secretary)
        factories.liaison(member, place, year=YEAR)
    factories.liaison(member, branch, year=YEAR + 1)
    factories.term(factories.branch("机关党支部", reports=False), member)
    factories.visit(member, branch, today(), entered_by_id=clerk, confirmed_at=None)
    factories.undertaking(member, branch)
    factories.problem(member, branch, owner_person_id=member)
    meetings.create_meeting(YEAR, by=factories.actor(clerk), at=now())
    comments.draft_all(db.session.query(Meeting).one(), by=factories.actor(clerk), at=now())
    db.session.commit()
    return keeper, clerk, member


def said(page):
    return dict(re.findall(r"<li><b>([^<　]+)　(\d+)</b>", page))


ALL = {
    f"{YEAR}年的挂点联系": "2", f"{YEAR + 1}年的挂点联系": "1", "书记任期": "1", "待本人确认的记录": "1",
    "正在办理的领办事项": "1", "任责任人的问题": "1", "待审定的点评": "2",
}  # fmt: skip


@pytest.mark.parametrize("change", [{"active": ""}, {"sign_in_name": ""}, {"roles": []}])
def test_who_leaves_leaves_nothing_untold_and_it_is_asked_once(client, leaving, change):
    keeper, _clerk, member = leaving
    sent = entry("单昇", "member") | change
    refused = client(keeper).post(f"/people/{member}", sent)
    assert refused.status_code == 422
    assert said(refused.text) == ALL
    assert db.session.get(Person, member).active
    assert client(keeper).post(f"/people/{member}", sent | {"go_on": "y"}).status_code == 303


def test_the_office_finds_what_is_left_and_where(client, leaving):
    keeper, clerk, member = leaving
    client(keeper).post(f"/people/{member}", entry("单昇", "member") | {"active": "", "go_on": "y"})
    page = client(clerk).get(f"/people/{member}").text
    assert said(page) == ALL
    office = client(clerk)
    links = re.findall(r'href="([^"]+)"', page[page.index('id="hanging"') :].split("</ul>")[0])
    assert sum(link.startswith("/lists/liaison/") for link in links) == 3
    for link in links:
        assert office.get(link).status_code == 200, link


def test_who_keeps_accounts_reads_counts_alone(client, leaving):
    keeper, _clerk, member = leaving
    refused = client(keeper).post(f"/people/{member}", entry("单昇", "member") | {"active": ""})
    part = refused.text[refused.text.index('id="hanging"') :]
    assert "森林党支部" not in part.split("</ul>")[0]


def test_where_nothing_hangs_nothing_is_asked(client, leaving):
    keeper, *_rest = leaving
    other = factories.member(name="王珺", sign_in_name="x9")
    sent = entry("王珺", "member", sign_in="x9") | {"active": ""}
    assert client(keeper).post(f"/people/{other}", sent).status_code == 303
    assert not db.session.get(Person, other).active
