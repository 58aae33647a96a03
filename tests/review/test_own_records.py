"""Rule 7 by way of a record: of last year, moved, corrected, withdrawn, copied; nobody mends what judges them."""

import datetime as dt

import pytest

from logbook.db import db
from logbook.formats import now, today
from logbook.organization.models import Liaison, StandIn
from logbook.problems import actions as ledger
from logbook.problems.actions import NewProblem
from logbook.problems.models import Handling, Problem, Side, State
from logbook.review.models import Meeting, Report
from logbook.visits.models import Addendum, Attachment, Level, LockedYear, Visit, VisitVersion
from tests import factories
from tests.client import filled
from tests.review.test_bound import OTHERS, YEAR, Bureau
from tests.review.test_evidence import CLOSE, correction, point
from tests.visits.test_uploads import PHOTO, WHOLE

LINE = {"line": "1", "text": "组织生活不经常", "side": "branch", "handling": "coordinate", "category": "party",
        "owner": "", "due": "", "repeats": ""}  # fmt: skip


@pytest.fixture
def bureau(app):
    return Bureau()


def lines(**values):
    """One problem of a record's form, worded as LINE but for these values."""
    return {f"problem_{name}": [value] for name, value in (LINE | values).items()}


def latest(table):
    db.session.expire_all()
    return db.session.query(table).order_by(table.id.desc()).first()


def sent(browser, path, fields):
    """The answer to a form, and what is stored is read anew."""
    answer = browser.post(path, fields)
    db.session.expire_all()
    return answer


# --- last year's, by who leads the branch now -----------------------------------------------------


@pytest.fixture
def lake(bureau):
    """A branch that another clerk leads from this year on; a colleague recorded it last autumn."""
    lake, head = factories.branch("新湖党支部"), factories.office(name="新书记")
    factories.term(lake, factories.person(), to_on=dt.date(YEAR, 1, 3))
    factories.term(lake, head, from_on=dt.date(YEAR, 1, 4))
    record = factories.visit(bureau.member, lake, dt.date(YEAR - 1, 11, 3), entered_by_id=bureau.clerk)
    db.session.query(VisitVersion).filter_by(visit_id=record).update({"digest": "d" * 64})
    db.session.commit()
    return lake, head, record


def test_last_years_record_of_the_branch_one_leads_now_stays_as_it_is(client, bureau, lake):
    branch, head, record = lake
    changed = correction(branch, visited_on=f"{YEAR - 1}-11-03", late_reason="补")
    assert f"/visits/{record}/correct" not in client(head).get(f"/visits/{record}").text
    for what, fields in (("correct", changed), ("withdraw", {"reason": "填错了"})):
        answer = client(head).post(f"/visits/{record}/{what}", fields)
        assert (answer.status_code, "请由其他党办人员更正" in answer.text) == (422, True), what
    db.session.expire_all()
    visit = db.session.get(Visit, record)
    assert (visit.version, visit.withdrawn_at) == (1, None)
    assert client(bureau.clerk).post(f"/visits/{record}/correct", changed).status_code == 303


def test_nor_is_a_file_added_to_it(client, bureau, lake):
    _branch, head, record = lake
    range_ = {"Content-Range": f"bytes 0-{WHOLE - 1}/{WHOLE}", "Upload-Name": "a.jpg", "Upload-For": "d" * 64}
    path = f"/visits/{record}/uploads/{'k' * 22}"
    assert client(head).put(path, PHOTO, headers=range_).status_code == 422
    assert db.session.query(Attachment).count() == 0
    assert client(bureau.clerk).put(path, PHOTO, headers=range_).status_code == 201


def test_nor_another_branchs_record_of_last_year_moved_there(client, bureau, lake):
    branch, head, _record = lake
    day = dt.date(YEAR - 1, 11, 3)
    record = factories.visit(bureau.member, bureau.other, day, entered_by_id=bureau.clerk)
    changed = correction(branch, visited_on=day.isoformat(), late_reason="补")
    assert sent(client(head), f"/visits/{record}/correct", changed).status_code == 422
    assert db.session.get(Visit, record).branch_id == bureau.other


def test_nor_written_for_another_what_was_observed_there(client, bureau, lake):
    branch, head, _record = lake
    praise = correction(branch, visited_on=f"{YEAR - 1}-11-04", late_reason="补", member_id=str(bureau.member))
    answer = client(head).post("/visits/new", praise | {"observation": "抓得很紧。"})
    assert (answer.status_code, "平时工作掌握情况涉及您本人" in answer.text) == (422, True)
    assert client(head).post("/visits/new", praise).status_code == 303


# --- praise by a detour ---------------------------------------------------------------------------


@pytest.mark.parametrize("widened", [True, False])
@pytest.mark.parametrize("from_branch", [True, False])
def test_praise_written_elsewhere_is_not_moved_to_ones_own_branch(client, bureau, from_branch, widened):
    head = client(bureau.head)
    start = {"branch_id": str(bureau.other)} if from_branch else {"branch_id": "", "place": "县城"}
    praise = {"observation": "抓党建很紧。", "observation_widened": "y" if widened else ""}
    head.post("/visits/new", correction("", member_id=str(bureau.member)) | praise | start)
    record = latest(Visit).id
    answer = sent(head, f"/visits/{record}/correct", correction(bureau.own) | praise)
    assert (answer.status_code, "请由其他党办人员更正" in answer.text) == (422, True)
    assert db.session.get(Visit, record).branch_id != bureau.own
    changed = sent(head, f"/visits/{record}/correct", correction(bureau.own) | praise | {"observation": "又好。"})
    assert (changed.status_code, db.session.get(Visit, record).branch_id == bureau.own) == (422, False)


def test_a_record_under_the_wrong_branch_is_set_right_without_the_praise(client, bureau):
    head, fields = client(bureau.head), {"observation": "好。", "observation_widened": "y"}
    head.post("/visits/new", correction(bureau.other, member_id=str(bureau.member)) | fields | factories.another())
    record = latest(Visit).id
    shown = filled(head.get(f"/visits/{record}/correct").text, f"/visits/{record}/correct")
    assert shown["observation"] == ["好。"]
    changed = shown | {"branch_id": str(bureau.own), "observation": "", "reason": "填错了"} | factories.another()
    assert sent(head, f"/visits/{record}/correct", changed).status_code == 303
    assert (db.session.get(Visit, record).branch_id, db.session.get(Visit, record).observation) == (bureau.own, "")


# --- who goes there -------------------------------------------------------------------------------


def test_copying_brings_back_nothing_a_colleague_took_away(client, bureau):
    liaison = point(bureau)
    for branch in (bureau.own, bureau.other):
        factories.liaison(bureau.member, branch, YEAR - 1)
    client(bureau.clerk).post(f"/lists/liaison/{liaison}/void")
    head = client(bureau.head)
    page = head.post(f"/lists/liaison/copy?year={YEAR}", follow_redirects=True).text
    in_force = {one.branch_id for one in db.session.query(Liaison).filter_by(year=YEAR, void=False)}
    assert in_force == {bureau.other}
    assert "没有复制的，是涉及您本人" in page
    assert "机关党支部" in page
    client(bureau.clerk).post(f"/lists/liaison/copy?year={YEAR}")
    assert db.session.query(Liaison).filter_by(year=YEAR, void=False, branch_id=bureau.own).count() == 1


def test_nor_does_it_add_who_comments_on_oneself(client, bureau):
    second = factories.member(name="乙")
    factories.liaison(bureau.member, bureau.own, YEAR - 1)
    factories.liaison(second, bureau.own, YEAR)
    client(bureau.head).post(f"/lists/liaison/copy?year={YEAR}")
    client(bureau.clerk).post(f"/review/{YEAR}/create")
    assert db.session.query(Report).filter_by(person_id=bureau.head).one().commentator_id == second


# --- problems by way of their record --------------------------------------------------------------


def recorded(client, bureau, *, own):
    """A record with a problem of the branch's own: by the member who leads it, or by the judged head for another."""
    branch, by, member = bureau.own, bureau.head, bureau.member
    if own:
        branch, by = factories.branch("湖滨党支部"), factories.member(name="书记员")
        factories.term(branch, by)
        member = by
    client(by).post("/visits/new", correction(branch, member_id=str(member)) | lines() | factories.another())
    return branch, client(by), latest(Visit).id, latest(Problem).id


SETTLED = {"received": "/visits/{record}/receive", "met": f"/review/{YEAR}/create"}
EASED = {
    "closed": lines(handling="on_site"), "of another side": lines(side="bureau", owner="工程科"), "gone": {},
    "reworded and closed": lines(text="很好", side="bureau", handling="on_site", owner="工程科"),
}  # fmt: skip


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("how", SETTLED)
def test_what_close_refuses_a_correction_refuses(client, bureau, own, how):
    branch, browser, record, problem = recorded(client, bureau, own=own)
    assert client(bureau.clerk).post(SETTLED[how].format(record=record), {"version": "1"}).status_code == 303
    assert browser.post(f"/problems/{problem}/close", CLOSE[1]).status_code == 422
    changes = {**EASED, "elsewhere": lines() | {"branch_id": str(bureau.other)}}
    for what, fields in changes.items():
        answer = sent(browser, f"/visits/{record}/correct", correction(branch) | fields)
        assert (answer.status_code, OTHERS in answer.text) == (422, True), what
        held = db.session.get(Problem, problem)
        assert (held.text, held.side, held.state, held.dropped) == (LINE["text"], Side.BRANCH, State.OPEN, False), what
    answer = sent(browser, f"/visits/{record}/withdraw", {"reason": "填错"})
    assert (answer.status_code, OTHERS in answer.text) == (422, True)
    assert not db.session.get(Problem, problem).dropped
    assert db.session.get(Visit, record).withdrawn_at is None


@pytest.mark.parametrize("own", [True, False])
def test_other_corrections_go_on_and_the_ledger_keeps_its_words(client, bureau, own):
    branch, browser, record, problem = recorded(client, bureau, own=own)
    client(bureau.clerk).post(f"/visits/{record}/receive", {"version": "1"})
    changed = correction(branch, findings="另一句话。") | lines(text="组织生活经常")
    assert sent(browser, f"/visits/{record}/correct", changed).status_code == 303
    assert (db.session.get(Visit, record).findings, db.session.get(Problem, problem).text) == (
        "另一句话。",
        LINE["text"],
    )


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("what", EASED)
def test_before_anybody_took_it_in_it_is_ones_own_draft(client, bureau, own, what):
    branch, browser, record, problem = recorded(client, bureau, own=own)
    assert sent(browser, f"/visits/{record}/correct", correction(branch) | EASED[what]).status_code == 303
    held = db.session.get(Problem, problem)
    assert held.dropped or held.side is Side.BUREAU or held.state is State.DONE


def test_what_others_closed_does_not_hold_its_record(client, bureau):
    """No dead end: once another dealt with the problem, the record may be withdrawn; the problem goes on, marked."""
    _branch, browser, record, problem = recorded(client, bureau, own=True)
    client(bureau.clerk).post(f"/visits/{record}/receive", {"version": "1"})
    assert client(bureau.clerk).post(f"/problems/{problem}/close", CLOSE[1]).status_code == 303
    assert sent(browser, f"/visits/{record}/withdraw", {"reason": "重复登记"}).status_code == 303
    held = db.session.get(Problem, problem)
    assert (held.state, held.detached, held.dropped) == (State.DONE, True, False)


def test_others_branches_problems_are_corrected_as_before(client, bureau):
    member = client(bureau.member)
    member.post("/visits/new", correction(bureau.other, member_id=str(bureau.member)) | lines())
    record, problem = latest(Visit).id, latest(Problem).id
    client(bureau.clerk).post(f"/visits/{record}/receive", {"version": "1"})
    changed = correction(bureau.other) | lines(text="很好", handling="on_site")
    assert sent(member, f"/visits/{record}/correct", changed).status_code == 303
    assert (db.session.get(Problem, problem).text, db.session.get(Problem, problem).state) == ("很好", State.DONE)


# --- who may not read learns nothing --------------------------------------------------------------


def test_the_addendum_page_tells_nothing_of_what_may_not_be_read(client, bureau):
    second, head = factories.member(), client(bureau.head)
    hidden = [factories.visit(second, one, today(), level=Level.SELF) for one in (bureau.own, bureau.other)]
    db.session.add(LockedYear(year=YEAR, locked_at=now(), locked_by_id=bureau.clerk))
    db.session.commit()
    told = set()
    for record in (*hidden, 9999):
        path = f"/years/{YEAR}/addendum?record={record}"
        for answer in (head.get(path), head.post(path, {"text": "补", "reason": "漏"})):
            assert answer.status_code == 404, record
            told.add(answer.text.replace(str(record), ""))
    assert not [text for text in told if OTHERS in text]
    assert head.get(f"/years/{YEAR - 1}/addendum?record={bureau.visit}").status_code == 404  # another year's
    assert db.session.query(Addendum).count() == 0


# --- who stands in --------------------------------------------------------------------------------


def test_who_is_named_prints_the_minutes_they_settle(client, app):
    bureau = Bureau(second_clerk=False)
    named, stranger = factories.member(name="代办"), factories.member(name="外人")
    db.session.add(StandIn(person_id=named, named_by_id=bureau.leader, named_at=now()))
    db.session.commit()
    browser, root = client(named), f"/review/{YEAR}/minutes"
    assert client(bureau.leader).post(f"/review/{YEAR}/create").status_code == 303
    assert browser.post(f"{root}/draft").status_code == 303
    assert f'href="{root}/paper.docx"' in browser.get(root).text
    for path in ("/versions", "/versions/1", "/paper.docx"):
        assert browser.get(root + path).status_code == 200, path
        assert client(stranger).get(root + path).status_code == 403, path
        assert client(bureau.head).get(root + path).status_code == 404, path
    assert db.session.query(Meeting).count() == 1


def test_the_ledger_refuses_by_itself(app, bureau):
    by, day = factories.actor(bureau.head), today()
    source = ledger.Source(ledger.SourceKind.VISIT, 7, "2026-7", day, bureau.own, bureau.member, weighs=True)
    rules, new = ledger.DueRules(30, 15, "局机关"), NewProblem("护栏松动", 1, side=Side.BRANCH)
    ledger.record_lines(source, [new], [], rules=rules, by=by, at=now(), first=True)
    solved = NewProblem("护栏松动", 1, side=Side.BRANCH, handling=Handling.ON_SITE)
    with pytest.raises(ledger.RuleBroken, match="涉及您本人"):
        ledger.record_lines(source, [solved], [], rules=rules, by=by, at=now())
    with pytest.raises(ledger.RuleBroken, match="涉及您本人"):
        ledger.drop_lines(source, by=by)
    ledger.record_lines(source, [solved], [], rules=rules, by=factories.actor(bureau.clerk), at=now())
    assert db.session.query(Problem).one().state is State.DONE
