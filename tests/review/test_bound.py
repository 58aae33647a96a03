"""Rule 7's own rows: whoever it is held against cannot change them, and somebody else can (finding F4)."""

import datetime as dt

import pytest

from logbook.access import Role
from logbook.accounts import roles
from logbook.db import db
from logbook.formats import now, today
from logbook.organization import actions as lists
from logbook.organization import bound, queries
from logbook.organization.models import BranchKind, Membership, Placement, Reporter, SecretaryTerm
from logbook.review.models import Meeting, Report
from logbook.visits.models import Level
from tests import factories

YEAR = today().year
OTHERS = "须由其他党办人员、党组书记或其指定的人办理"


class Bureau:
    """The office's head leads a branch inside a general branch that the leader leads."""

    def __init__(self, *, second_clerk=True):
        self.head, self.leader, self.member = factories.office(name="钱玥"), factories.leader(), factories.member()
        self.clerk = factories.office() if second_clerk else None
        self.general = factories.branch("机关党总支", kind=BranchKind.GENERAL, reports=False)
        self.own, self.other = factories.branch("机关党支部"), factories.branch("环湖党支部")
        self.term = factories.term(self.own, self.head)
        factories.term(self.other, factories.person())
        self.placement = factories.placement(self.own, self.general)
        self.membership = factories.membership(self.head, self.own)
        self.visit = factories.visit(
            self.member, self.own, today(), observation="观察标记。", observation_widened=True, level=Level.GROUP
        )


@pytest.fixture
def bureau(app):
    return Bureau()


def rows():
    """Everything that rule 7 rests on, as it is stored."""
    tables = (SecretaryTerm, Placement, Membership, Reporter, Report, Meeting)
    return {table.__tablename__: sorted(map(repr, db.session.execute(table.__table__.select()))) for table in tables}


def entry(branch, **values):
    """A branch's form as it is sent."""
    sent = {"name": "机关党支部", "kind": "branch", "host_unit": "局机关", "host_kind": "bureau", "official_order": "9"}
    return f"/lists/branches/{branch}", sent | values


def test_a_secretary_does_not_void_their_own_term(client, bureau):
    """F4 as it was tried: the record, the search and the branch's page go on hiding it."""
    browser, before = client(bureau.head), rows()
    assert browser.post(f"/lists/terms/{bureau.term}/void").status_code == 303
    assert OTHERS in browser.get("/lists").text
    assert rows() == before
    for path in (f"/visits/{bureau.visit}", "/visits?text=观察标记", f"/branches/{bureau.own}"):
        assert "观察标记。" not in browser.get(path).text


def acts(bureau):
    """Every door of the lists to the same effect: (address, what is sent)."""
    day = today().isoformat()
    return {
        "another secretary": (f"/lists/branches/{bureau.own}/secretary",
                              {"secretary-person_id": bureau.member, "secretary-from_on": day}),
        "no secretary": (f"/lists/branches/{bureau.own}/secretary",
                         {"secretary-person_id": 0, "secretary-from_on": day}),
        "out of the general branch": (f"/lists/branches/{bureau.own}/placement",
                                      {"placement-general_branch_id": 0, "placement-from_on": day}),
        "never inside": (f"/lists/placements/{bureau.placement}/void", {}),
        "another own branch": (f"/lists/branches/{bureau.other}/people",
                               {"own-person_id": bureau.head, "own-from_on": day}),
        "never of that branch": (f"/lists/memberships/{bureau.membership}/void", {}),
        "reports no more": entry(bureau.own, since=day),
        "never reported": entry(bureau.own, wrong="y"),
        "dissolved": entry(bureau.own, wrong="y", reports_to_group="y", to_on=f"{YEAR}-01-31"),
        "renamed": entry(bureau.own, since=day, reports_to_group="y", name="机关一支部"),
    }  # fmt: skip


def test_nobody_changes_what_rule_seven_rests_on_for_themself(client, bureau):
    browser, before = client(bureau.head), rows()
    named = repr(sorted(one.name for one in queries.branches()))
    for what, (path, sent) in acts(bureau).items():
        answer = browser.post(path, sent)
        said = answer.text if answer.status_code == 422 else browser.get("/lists").text
        assert OTHERS in said, what
        assert rows() == before, what
    assert repr(sorted(one.name for one in queries.branches())) == named


@pytest.mark.parametrize("what", ["another secretary", "out of the general branch", "reports no more"])
def test_a_colleague_does_it(client, bureau, what):
    path, sent = acts(bureau)[what]
    page = client(bureau.head).get(f"/lists/branches/{bureau.own}").text
    assert "更换书记" not in page
    assert OTHERS in page
    assert client(bureau.clerk).post(path, sent).status_code == 303


def test_where_the_whole_office_is_bound_the_leader_does_it(app, client):
    bureau = Bureau(second_clerk=False)
    leader, member = client(bureau.leader), client(bureau.member)
    assert "机关党支部" in leader.get("/lists/stand-in").text
    path, sent = acts(bureau)["another secretary"]
    assert client(bureau.head).post(path, sent).status_code == 422
    assert member.post(path, sent).status_code == 403
    assert leader.post(path, sent).status_code == 303
    assert queries.secretaries_on(today())[bureau.own].id == bureau.member


def test_where_the_leader_is_bound_too_whom_they_named_does_it(app, client):
    bureau = Bureau(second_clerk=False)
    factories.term(bureau.general, bureau.leader)
    path, sent = acts(bureau)["out of the general branch"]
    assert OTHERS in client(bureau.leader).post(path, sent, follow_redirects=True).text
    assert client(bureau.member).post(path, sent).status_code == 403
    assert client(bureau.leader).post("/lists/stand-in", {"person_id": bureau.member}).status_code == 303
    assert client(bureau.member).get("/lists/stand-in").status_code == 200
    assert client(bureau.member).post(path, sent).status_code == 303


def test_a_free_colleague_leaves_nothing_to_the_leader(client, bureau):
    leader = client(bureau.leader)
    assert leader.get(f"/lists/branches/{bureau.own}").status_code == 403
    assert leader.get(f"/lists/terms/{bureau.term}/void").status_code == 403
    assert leader.post(f"/lists/terms/{bureau.term}/void").status_code == 403
    assert "目前没有" in leader.get("/lists/stand-in").text
    assert client(bureau.clerk).get("/lists/stand-in").status_code == 403


def test_only_the_leader_names_and_only_a_member_of_the_group(client, bureau):
    client(bureau.leader).post("/lists/stand-in", {"person_id": bureau.clerk})
    assert queries.stand_in() is None
    client(bureau.leader).post("/lists/stand-in", {"person_id": bureau.member})
    assert client(bureau.member).post("/lists/stand-in", {"person_id": ""}).status_code == 403
    db.session.expire_all()
    assert queries.stand_in().person_id == bureau.member


def test_whom_a_former_leader_named_stands_in_for_nobody(app, client):
    bureau = Bureau(second_clerk=False)
    client(bureau.leader).post("/lists/stand-in", {"person_id": bureau.member})
    path, sent = acts(bureau)["another secretary"]
    roles.set_roles(bureau.leader, frozenset({Role.MEMBER}), by=None, at=now())
    factories.leader()
    assert queries.stand_in() is None
    assert client(bureau.member).post(path, sent).status_code == 403
    assert client(bureau.member).get("/lists/stand-in").status_code == 403


def test_the_first_lists_are_ones_own_to_enter(app, client):
    """A bureau of one clerk, who is a secretary: what binds is entered freely, what is bound no more."""
    clerk = factories.actor(factories.office())
    branch = factories.branch()
    lists.set_own_branch(clerk.person_id, branch, dt.date(YEAR, 1, 1), by=clerk)
    lists.place_inside(branch, factories.branch(kind=BranchKind.GENERAL), dt.date(YEAR, 1, 1), by=clerk)
    lists.set_secretary(branch, clerk.person_id, dt.date(YEAR, 1, 1), by=clerk)
    db.session.commit()
    with pytest.raises(lists.RuleBroken, match="涉及您本人"):
        lists.set_secretary(branch, None, today(), by=clerk)


def test_a_term_of_years_that_are_settled_binds_nobody(app):
    clerk, branch = factories.actor(factories.office()), factories.branch()
    factories.term(branch, clerk.person_id, dt.date(2015, 1, 1), dt.date(2018, 12, 31))
    admin = factories.actor(factories.person(Role.OFFICE, Role.SYSADMIN))
    lists.lock_liaison(YEAR - 2, by=admin, at=now())
    db.session.commit()
    assert bound.concerned(branch) == frozenset()
    lists.set_secretary(branch, factories.person(), today(), by=clerk)


# --- the meeting ----------------------------------------------------------------------------------


def test_nobody_builds_orders_or_removes_a_meeting_about_themself(client, bureau):
    head, clerk = client(bureau.head), client(bureau.clerk)
    assert f"新建{YEAR}" not in head.get("/review").text
    head.post(f"/review/{YEAR}/create")
    assert db.session.query(Meeting).count() == 0
    clerk.post(f"/review/{YEAR}/create")
    before, (first, second) = rows(), [one.id for one in db.session.query(Report).order_by(Report.position)]
    for path, sent in (("remove", {}), ("order", {f"place{first}": "2", f"place{second}": "1"}),
                       (f"reports/{second}/move", {"to": "up"})):  # fmt: skip
        assert head.post(f"/review/{YEAR}/{path}", sent).status_code == 303
        assert "涉及您本人" in head.get("/review").text
    assert rows() == before
    assert clerk.post(f"/review/{YEAR}/reports/{second}/move", {"to": "up"}).status_code == 303
    assert rows() != before


def test_the_leader_builds_it_where_the_whole_office_is_on_its_list(app, client):
    bureau = Bureau(second_clerk=False)
    client(bureau.head).post(f"/review/{YEAR}/create")
    client(bureau.member).post(f"/review/{YEAR}/create")
    assert db.session.query(Meeting).count() == 0
    leader = client(bureau.leader)
    assert f"新建{YEAR}" in leader.get("/review").text
    leader.post(f"/review/{YEAR}/create")
    report = db.session.query(Report).filter_by(person_id=bureau.head).one().id
    assert leader.post(f"/review/reports/{report}/change", {"commentator_id": bureau.member}).status_code == 303
    assert leader.get(f"/review/{YEAR}/remove").status_code == 200
    assert leader.post(f"/review/{YEAR}/remove").status_code == 303
    assert rows()["reporter"] == rows()["meeting"] == []


def test_whoever_reports_goes_on_being_kept_from_it_whatever_becomes_of_the_term(client, bureau):
    client(bureau.clerk).post(f"/review/{YEAR}/create")
    client(bureau.clerk).post(f"/lists/terms/{bureau.term}/void")
    browser = client(bureau.head)
    for path in (f"/visits/{bureau.visit}", "/visits?text=观察标记", f"/visits/{bureau.visit}/history"):
        assert "观察标记。" not in browser.get(path).text
    assert browser.post(*acts(bureau)["reports no more"]).status_code == 422


def test_who_reports_instead_takes_rule_seven_over(client, bureau):
    client(bureau.clerk).post(f"/review/{YEAR}/create")
    client(bureau.clerk).post(*acts(bureau)["another secretary"])
    report = db.session.query(Report).filter_by(person_id=bureau.head).one()
    client(bureau.clerk).post(f"/review/reports/{report.id}/replace", {"person_id": bureau.member})
    kept = {(one.branch_id, one.person_id) for one in db.session.query(Reporter)}
    assert (bureau.own, bureau.member) in kept
    assert (bureau.own, bureau.head) not in kept


def test_a_record_of_ones_branch_is_not_corrected_away_from_it(client, bureau):
    """Entered by a colleague for a member: the head may correct it, but not to another branch."""
    record = factories.visit(
        bureau.member, bureau.own, today(), entered_by_id=bureau.clerk, confirmed_at=None, observation="观察标记。",
        observation_widened=True,
    )  # fmt: skip
    sent = {
        "visited_on": today().isoformat(), "branch_id": str(bureau.other), "kinds": ["research"], "level": "group",
        "findings": "座谈。", "reason": "填错了", "based_on": "1",
    }  # fmt: skip
    answer = client(bureau.head).post(f"/visits/{record}/correct", sent)
    assert answer.status_code == 422
    assert "请由其他党办人员更正" in answer.text
    assert client(bureau.head).post(f"/visits/{record}/withdraw", {"reason": "填错了"}).status_code == 422
    assert "观察标记。" not in client(bureau.head).get(f"/visits/{record}").text
