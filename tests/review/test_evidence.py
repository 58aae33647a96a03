"""Rule 7: what stands for or against a branch's secretary is changed by somebody else, whatever the button (A6)."""

import io

import pytest

from logbook.db import db
from logbook.documents import sheet
from logbook.errors import NotAllowed, RuleBroken
from logbook.formats import now, today
from logbook.organization import workbook
from logbook.organization.models import BranchKind, Liaison
from logbook.problems import actions as ledger
from logbook.problems.models import Problem, Side, State
from logbook.review.models import Meeting
from logbook.visits.models import Addendum, Attachment, LockedYear, Visit, VisitVersion
from logbook.years import actions as years
from tests import factories
from tests.review.test_bound import OTHERS, YEAR, Bureau
from tests.visits.test_uploads import PHOTO, WHOLE

CLOSE = ("close", {"result": "已修好。"})
REOPEN = ("reopen", {"reason": "又坏了。"})
CHANGE = ("change", {
    "side": "bureau", "handling": "coordinate", "category": "safety", "owner_unit": "工程科", "owner_person_id": "",
    "due_on": f"{YEAR}-12-31", "measures": "先围挡",
})  # fmt: skip
FIRST, LAST = f"{YEAR}-01-01", f"{YEAR}-12-31"


@pytest.fixture
def bureau(app):
    return Bureau()


def held(bureau, **values):
    """A problem of the judged head's own branch."""
    values = {"side": Side.BRANCH, "owner_unit": "", "raised_on": today(), "due_on": today()} | values
    return factories.problem(bureau.member, values.pop("branch", bureau.own), **values)


def row(table, row_id):
    return repr(db.session.execute(table.__table__.select().where(table.id == row_id)).one())


# --- the ledger -----------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [Side.BRANCH, Side.BUREAU])
@pytest.mark.parametrize(("act", "state"), [(CLOSE, State.OPEN), (REOPEN, State.DONE), (CHANGE, State.OPEN)])
def test_who_is_judged_settles_no_problem_of_their_own_branch(client, bureau, side, act, state):
    problem = held(bureau, side=side, state=state, result="已修" if state is State.DONE else "")
    before, (what, sent) = row(Problem, problem), act
    answer = client(bureau.head).post(f"/problems/{problem}/{what}", sent)
    assert (answer.status_code, OTHERS in answer.text) == (422, True)
    assert row(Problem, problem) == before
    page = client(bureau.head).get(f"/problems/{problem}").text
    assert f'action="/problems/{problem}/{what}"' not in page
    assert client(bureau.clerk).post(f"/problems/{problem}/{what}", sent).status_code == 303
    assert row(Problem, problem) != before


def test_they_tell_what_was_done_and_not_that_it_is_no_longer_due(client, bureau):
    problem, head = held(bureau), client(bureau.head)
    assert 'value="long_term"' not in head.get(f"/problems/{problem}").text
    assert head.post(f"/problems/{problem}/progress", {"text": "在做。", "state": "underway"}).status_code == 303
    for state in ("long_term", "partly"):
        answer = head.post(f"/problems/{problem}/progress", {"text": "长期。", "state": state})
        assert (answer.status_code, OTHERS in answer.text) == (422, True), state
    assert db.session.get(Problem, problem).state is State.UNDERWAY


def test_what_the_bureau_owes_their_branch_its_raiser_goes_on_closing(client, bureau):
    """A member who leads the branch: their own record's matters for others stay theirs, the branch's own don't."""
    secretary = factories.member()
    lake = factories.branch("湖滨党支部")
    factories.term(lake, secretary)
    owed, own = (
        factories.problem(secretary, lake, side=side, raised_on=today(), due_on=today())
        for side in (Side.BUREAU, Side.BRANCH)
    )
    browser = client(secretary)
    assert browser.post(f"/problems/{owed}/close", CLOSE[1]).status_code == 303
    assert OTHERS in browser.post(f"/problems/{own}/close", CLOSE[1]).text
    assert db.session.get(Problem, own).state is State.OPEN


def test_a_general_branchs_secretary_settles_nothing_inside_it(app, client):
    general = factories.branch(kind=BranchKind.GENERAL)
    head, inner = factories.office(), factories.branch()
    factories.office()
    factories.placement(inner, general)
    factories.term(general, head)
    problem = factories.problem(None, inner, side=Side.BRANCH, raised_on=today(), due_on=today())
    assert OTHERS in client(head).post(f"/problems/{problem}/close", CLOSE[1]).text
    assert db.session.get(Problem, problem).state is State.OPEN


@pytest.mark.parametrize("act", [CLOSE, CHANGE])
def test_where_the_whole_office_is_judged_the_leader_settles_it(app, client, act):
    bureau = Bureau(second_clerk=False)
    problem, other, (what, sent) = held(bureau), held(bureau, branch=bureau.other), act
    stranger = factories.member()
    assert client(bureau.head).post(f"/problems/{problem}/{what}", sent).status_code == 422
    assert client(stranger).post(f"/problems/{problem}/{what}", sent).status_code == 403
    assert client(bureau.leader).post(f"/problems/{other}/{what}", sent).status_code == 403
    page = client(bureau.leader).get(f"/problems/{problem}").text
    assert f'action="/problems/{problem}/{what}"' in page
    assert client(bureau.leader).post(f"/problems/{problem}/{what}", sent).status_code == 303


def test_the_domain_refuses_too(app, bureau):
    problem, by = held(bureau), factories.actor(bureau.head)
    with pytest.raises(RuleBroken, match="涉及您本人"):
        ledger.change_measures(problem, "x", by=by, at=now())
    with pytest.raises(NotAllowed):
        ledger.close_problem(problem, ledger.Closing("x"), by=factories.actor(factories.member()), at=now())


# --- records --------------------------------------------------------------------------------------


def entered(bureau, by, branch=None, **values):
    values = {"confirmed_at": None, "observation": "观察标记。", "observation_widened": True} | values
    return factories.visit(bureau.member, branch or bureau.own, today(), entered_by_id=by, **values)


def correction(branch, **values):
    return {
        "visited_on": today().isoformat(), "branch_id": str(branch), "kinds": ["research"], "level": "group",
        "findings": "座谈后改过的话。", "reason": "填错了", "based_on": "1",
    } | values  # fmt: skip


def test_what_a_colleague_entered_of_ones_branch_is_not_corrected(client, bureau):
    """Not only not away from the branch: no word of it."""
    record, head = entered(bureau, bureau.clerk), client(bureau.head)
    answer = head.post(f"/visits/{record}/correct", correction(bureau.own))
    assert (answer.status_code, "请由其他党办人员更正" in answer.text) == (422, True)
    assert db.session.get(Visit, record).version == 1
    assert f"/visits/{record}/correct" not in head.get(f"/visits/{record}").text
    assert "请由其他党办人员更正" in head.get(f"/visits/{record}/correct", follow_redirects=True).text
    assert "请由其他党办人员更正" in head.get(f"/visits/{record}/withdraw", follow_redirects=True).text
    assert client(bureau.clerk).post(f"/visits/{record}/correct", correction(bureau.own)).status_code == 303


def test_nor_is_another_branchs_record_made_ones_own(client, bureau):
    record = entered(bureau, bureau.clerk, bureau.other)
    answer = client(bureau.head).post(f"/visits/{record}/correct", correction(bureau.own))
    assert answer.status_code == 422
    assert db.session.get(Visit, record).branch_id == bureau.other


def test_ones_own_slip_of_the_pen_is_mended_until_its_member_stands_by_it(client, bureau):
    record, head = entered(bureau, bureau.head, observation=""), client(bureau.head)
    assert head.post(f"/visits/{record}/correct", correction(bureau.own)).status_code == 303
    client(bureau.member).post(f"/visits/{record}/confirm", {"version": "2"})
    sent = correction(bureau.own, based_on="2", findings="又改的话。")
    assert head.post(f"/visits/{record}/correct", sent).status_code == 422
    assert head.post(f"/visits/{record}/withdraw", {"reason": "填错了"}).status_code == 422
    assert (db.session.get(Visit, record).version, db.session.get(Visit, record).withdrawn_at) == (2, None)


def test_nobody_writes_for_another_what_was_observed_of_themself(client, bureau):
    sent = correction(bureau.own, member_id=str(bureau.member), observation="抓得很紧。")
    count = db.session.query(VisitVersion).count()
    answer = client(bureau.head).post("/visits/new", sent)
    assert (answer.status_code, "平时工作掌握情况涉及您本人" in answer.text) == (422, True)
    assert db.session.query(VisitVersion).count() == count
    assert client(bureau.head).post("/visits/new", sent | {"observation": ""} | factories.another()).status_code == 303
    assert client(bureau.clerk).post("/visits/new", sent | factories.another()).status_code == 303


def test_no_file_is_added_to_a_colleagues_record_of_ones_branch(client, bureau):
    record = entered(bureau, bureau.clerk)
    digest = "d" * 64
    db.session.query(VisitVersion).filter_by(visit_id=record).update({"digest": digest})
    db.session.commit()
    range_ = {"Content-Range": f"bytes 0-{WHOLE - 1}/{WHOLE}", "Upload-Name": "a.jpg", "Upload-For": digest}
    path = f"/visits/{record}/uploads/{'k' * 22}"
    refused = client(bureau.head).put(path, PHOTO, headers=range_)
    assert (refused.status_code, "请由其他党办人员更正" in refused.json["files"]) == (422, True)
    assert db.session.query(Attachment).count() == 0
    assert client(bureau.clerk).put(path, PHOTO, headers=range_).status_code == 201


def test_nothing_is_added_after_the_closing_to_what_others_recorded_of_ones_branch(client, bureau):
    db.session.add(LockedYear(year=YEAR, locked_at=now(), locked_by_id=bureau.clerk))
    db.session.commit()
    with pytest.raises(RuleBroken, match="涉及您本人"):
        years.add_addendum(YEAR, bureau.visit, "补充。", "遗漏", by=factories.actor(bureau.head), at=now())
    with pytest.raises(NotAllowed):
        years.add_addendum(YEAR, bureau.visit, "补充。", "遗漏", by=factories.actor(bureau.member), at=now())
    years.add_addendum(YEAR, bureau.visit, "补充。", "遗漏", by=factories.actor(bureau.clerk), at=now())
    years.add_addendum(YEAR, None, "全年的补充。", "遗漏", by=factories.actor(bureau.head), at=now())
    assert db.session.query(Addendum).count() == 2
    path, sent = f"/years/{YEAR}/addendum?record={bureau.visit}", {"text": "补充。", "reason": "遗漏"}
    for answer in (client(bureau.head).get(path), client(bureau.head).post(path, sent)):
        assert (answer.status_code, OTHERS in answer.text, "补充说明" in answer.text) == (422, True, True)
    assert client(bureau.clerk).post(path, sent).status_code == 303


# --- who goes there, and comments -----------------------------------------------------------------


def point(bureau, branch=None):
    return factories.liaison(bureau.member, branch or bureau.own, YEAR)


def liaison_acts(bureau, liaison):
    new = {"year": YEAR, "member_id": bureau.leader, "branch_id": bureau.own, "period": "quarter", "target": 1,
           "from_on": FIRST, "to_on": LAST}  # fmt: skip
    return [
        ("/lists/liaison/new", new), (f"/lists/liaison/{liaison}", {"target": 2, "period": "year"}),
        (f"/lists/liaison/{liaison}/end", {"on": f"{YEAR}-06-30", "sure": "1"}),
        (f"/lists/liaison/{liaison}/void", {}),
    ]  # fmt: skip


def arranged():
    return sorted(map(repr, db.session.execute(Liaison.__table__.select())))


def test_nobody_arranges_who_goes_to_their_own_branch(client, bureau):
    """Whoever goes there becomes the 点评人 of its secretary."""
    liaison = point(bureau)
    before, head, clerk = arranged(), client(bureau.head), client(bureau.clerk)
    for path, sent in liaison_acts(bureau, liaison):
        answer = head.post(path, sent)
        said = answer.text if answer.status_code == 422 else head.get("/lists").text
        assert OTHERS in said, path
        assert arranged() == before, path
    assert f'href="/lists/liaison/{liaison}"' not in head.get(f"/lists?year={YEAR}").text
    assert OTHERS in head.get(f"/lists/liaison/{liaison}").text
    for path, sent in liaison_acts(bureau, liaison):
        assert clerk.post(path, sent).status_code == 303, path
    assert arranged() != before


def test_other_branches_are_theirs_to_arrange_and_copying_chooses_nothing(client, bureau):
    last = {"year": YEAR - 1}
    for branch in (bureau.own, bureau.other):
        factories.liaison(bureau.member, branch, **last)
    head = client(bureau.head)
    head.post(f"/lists/liaison/copy?year={YEAR}")
    copies = db.session.query(Liaison).filter_by(year=YEAR).all()
    assert {one.branch_id for one in copies} == {bureau.own, bureau.other}
    other = next(one.id for one in copies if one.branch_id == bureau.other)
    assert head.post(f"/lists/liaison/{other}/void").status_code == 303


def test_nor_by_the_workbook(client, bureau):
    name = "王珺一"
    member = factories.member(name=name)
    lines = {workbook.PEOPLE: [], workbook.BRANCHES: [],
             workbook.LIAISON: [[YEAR, name, "机关党支部", "", "", 1, ""]]}  # fmt: skip
    content = sheet.make(workbook.template(lines, apply=str))

    def sent():
        return {"workbook": (io.BytesIO(content), "a.xlsx"), "from_on": FIRST}

    multipart = {"content_type": "multipart/form-data"}
    assert OTHERS in client(bureau.head).post("/lists/import", sent(), **multipart).text
    assert OTHERS not in client(bureau.clerk).post("/lists/import", sent(), **multipart).text
    factories.liaison(member, bureau.own, YEAR)
    assert OTHERS not in client(bureau.head).post("/lists/import", sent(), **multipart).text  # it changes nothing


def test_where_the_whole_office_is_judged_the_leader_arranges_it(app, client):
    bureau = Bureau(second_clerk=False)
    liaison = point(bureau)
    leader, stranger = client(bureau.leader), client(factories.member())
    assert f'href="/lists/liaison/{liaison}"' in leader.get(f"/lists/branches/{bureau.own}").text
    assert leader.get(f"/lists/liaison/new?branch={bureau.own}").status_code == 200
    for path, sent in liaison_acts(bureau, liaison):
        assert stranger.post(path, sent).status_code == 403, path
        answer = leader.post(path, sent)
        assert (answer.status_code, answer.location) == (303, f"/lists/branches/{bureau.own}"), path
    other = point(bureau, bureau.other)
    assert leader.post(f"/lists/liaison/{other}/void").status_code == 403


# --- the meeting's figures ------------------------------------------------------------------------


def test_nobody_takes_the_figures_of_their_own_meeting_anew(client, bureau):
    client(bureau.clerk).post(f"/review/{YEAR}/create")
    db.session.query(Meeting).one().text = "固定的话"
    db.session.commit()
    head = client(bureau.head)
    assert "重新固定" not in head.get(f"/review/{YEAR}").text
    head.post(f"/review/{YEAR}/freeze")
    assert db.session.query(Meeting).one().text == "固定的话"
    client(bureau.clerk).post(f"/review/{YEAR}/freeze")
    assert db.session.query(Meeting).one().text != "固定的话"
