"""The ledger over HTTP: what each person sees and may send, bad input, the workbook."""

import datetime as dt
import io
import re
import zipfile

import pytest

from logbook.db import db
from logbook.formats import today
from logbook.problems import queries
from logbook.problems.models import Directive, Handling, Problem, State, UndertakingState
from tests import factories

TODAY = today()
DAY = dt.timedelta(days=1)
CHANGE = {
    "side": "branch", "category": "safety", "handling": "coordinate", "owner_unit": "工程科",
    "owner_person_id": "", "due_on": (TODAY + 9 * DAY).isoformat(), "measures": "先围挡",
}  # fmt: skip


@pytest.fixture
def office(app):
    return factories.office()


@pytest.fixture
def problem(office):
    """An overdue problem from a member's record."""
    member = factories.member(name="王珺")
    return factories.problem(member, factories.branch("三岭山森林公园党支部"), due_on=TODAY - 3 * DAY)


def fresh(problem):
    db.session.expire_all()
    return queries.problem(problem)


def test_the_list_says_state_side_owner_and_days_late(client, office, problem):
    page = client(office).get("/problems").text
    for words in ("码头遮阳棚破损", "未办", "责任单位：工程科", "超期3天", "三岭山森林公园党支部", "共1条"):
        assert words in page, words


def test_empty_lists_say_what_comes_there(client, office):
    browser = client(office)
    assert "没有未办结的问题" in browser.get("/problems").text
    assert "没有符合条件的问题" in browser.get("/problems?text=无").text
    assert "没有正在办理的领办事项" in browser.get("/undertakings").text
    assert "没有领办事项" in browser.get("/undertakings?all=1").text
    assert "还没有登记党组部署" in browser.get("/directives").text


@pytest.mark.parametrize(
    "nonsense",
    ["state=x", "side=x", "category=", "branch=x", "branch=99999999999", "member=-1", "member=٣", "text=%00",
     "from=2026-13-01", "after=x", "after=1_2026-01-01_x"],
)  # fmt: skip
def test_filters_of_nonsense_narrow_nothing(client, office, problem, nonsense):
    assert "码头遮阳棚破损" in client(office).get(f"/problems?{nonsense}").text


def test_the_next_page_keeps_the_filters(client, office):
    for _n in range(30):
        factories.problem(text="护栏松动")
    browser = client(office)
    first = browser.get("/problems?text=护栏").text
    older = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = browser.get(older).text
    assert (first.count("护栏松动</b>"), second.count("护栏松动</b>")) == (25, 5)
    newer = re.search(r'rel="prev" href="([^"]+)"', second)[1].replace("&amp;", "&")
    back = browser.get(newer).text
    rows = lambda page: re.findall(r'href="/problems/(\d+)"', page)  # noqa: E731
    assert rows(back) == rows(first)
    assert 'rel="prev"' not in back


def test_many_undertakings_are_paged_both_ways(client, office):
    member = factories.member()
    made = [str(factories.undertaking(member)) for _n in range(60)]
    browser, found, path = client(office), [], "/undertakings"
    while path:
        page = browser.get(path).text
        assert "共60条" in page
        found.append(re.findall(r'href="/undertakings/(\d+)"', page))
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older and older[1].replace("&amp;", "&")
    assert [len(rows) for rows in found] == [25, 25, 10]
    assert [one for rows in found for one in rows] == made
    newer = re.search(r'rel="prev" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert re.findall(r'href="/undertakings/(\d+)"', browser.get(newer).text) == found[1]


def test_a_dropped_item_is_struck_with_the_reason(client, office):
    problem = factories.problem(dropped=True)
    undertaking = factories.undertaking(factories.member(), dropped=True)
    browser = client(office)
    assert "码头遮阳棚破损" not in browser.get("/problems").text
    assert '<b class="withdrawn">码头遮阳棚破损</b>' in browser.get("/problems?state=all").text
    for path in (f"/problems/{problem}", f"/undertakings/{undertaking}"):
        page = browser.get(path).text
        assert "原记录已更正或撤销" in page
        assert 'method="post" action="/problems' not in page
        assert 'method="post" action="/undertakings' not in page


def test_a_detached_item_says_so_and_can_be_moved(client, office):
    problem = factories.problem(detached=True)
    promise = factories.undertaking(factories.member(), detached=True)
    browser = client(office)
    for path in ("/problems", "/undertakings", f"/problems/{problem}", f"/undertakings/{promise}"):
        assert "原记录已更正或撤销，不再载明" in browser.get(path).text, path
    assert browser.post(f"/problems/{problem}/close", {"result": "修好了"}).status_code == 303
    assert "不再载明" in sheet_xml(browser.get("/problems.xlsx?state=done").data)


def test_a_closed_directive_is_taken_up_again(client, office):
    directive, browser = factories.directive(office), client(office)
    browser.post(f"/directives/{directive}/close")
    assert "重新打开" in browser.get("/directives").text
    assert browser.post(f"/directives/{directive}/reopen").status_code == 303
    assert f'action="/directives/{directive}/close"' in browser.get("/directives").text
    assert client(factories.member()).post(f"/directives/{directive}/reopen").status_code == 403


def test_what_is_not_there(client, office):
    browser = client(office)
    for path in ("/problems/999", "/undertakings/999", "/problems/999/close"):
        assert browser.get(path).status_code == 404
    assert browser.post("/directives/999/close").status_code == 404


# --- one problem ----------------------------------------------------------------------------------


def test_closing_is_a_line_and_a_tap_on_the_page_of_the_problem(client, problem):
    browser = client(fresh(problem).raised_by_id)
    assert f'action="/problems/{problem}/close"' in browser.get(f"/problems/{problem}").text
    assert browser.post(f"/problems/{problem}/close", {"result": "已更换"}).status_code == 303
    assert fresh(problem).state is State.DONE
    page = browser.get(f"/problems/{problem}").text
    assert "已更换" in page
    assert f'action="/problems/{problem}/close"' not in page


def test_a_refused_closing_shows_what_was_typed_beside_the_error(client, office, problem):
    tomorrow = (TODAY + DAY).isoformat()
    page = client(office).post(
        f"/problems/{problem}/close",
        {"result": "已更换", "told_whom": "码头职工", "told_on": tomorrow, "answer": "solved"},
    )
    assert page.status_code == 422
    for words in ("已更换", "码头职工", tomorrow, 'id="told_on-error"', '<details class="fold" open>'):
        assert words in page.text, words
    # The other forms of the page stand as they were.
    assert 'value="工程科"' in page.text


def test_closing_with_all_that_is_known(client, office, problem):
    data = {"result": "已更换", "told_whom": "码头职工", "told_on": TODAY.isoformat(), "answer": "partly"}
    client(office).post(f"/problems/{problem}/close", data)
    page = client(office).get(f"/problems/{problem}").text
    for words in ("码头职工", "部分解决", "已办结"):
        assert words in page


@pytest.mark.parametrize(
    ("act", "data", "field"),
    [
        ("close", {"result": ""}, "result"),
        ("close", {"result": "好", "told_on": "x"}, "told_on"),
        ("close", {"result": "好", "answer": "x"}, "answer"),
        ("progress", {"text": "", "state": "underway"}, "text"),
        ("progress", {"text": "好", "state": "done"}, "state"),
        ("reopen", {"reason": "好"}, "reason"),
        ("change", CHANGE | {"side": "bureau", "owner_unit": ""}, "owner_unit"),
        ("change", CHANGE | {"due_on": ""}, "due_on"),
        ("change", CHANGE | {"owner_person_id": "x"}, "owner_person_id"),
        ("change", CHANGE | {"side": "x"}, "side"),
    ],
)
def test_bad_input_stands_beside_its_field_and_nothing_changes(client, office, problem, act, data, field):
    page = client(office).post(f"/problems/{problem}/{act}", data)
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text
    assert (fresh(problem).state, fresh(problem).progress) == (State.OPEN, [])


def test_progress_reopening_and_a_change_are_carried_out(client, office, problem):
    browser = client(office)
    assert browser.post(f"/problems/{problem}/progress", {"text": "材料已到", "state": "partly"}).status_code == 303
    assert browser.post(f"/problems/{problem}/change", CHANGE).status_code == 303
    assert browser.post(f"/problems/{problem}/close", {"result": "已更换"}).status_code == 303
    assert browser.post(f"/problems/{problem}/reopen", {"reason": "又漏雨"}).status_code == 303
    page = browser.get(f"/problems/{problem}").text
    for words in ("材料已到", "责任方：责任单位 → 支部自身", "又漏雨", "先围挡", "在办"):
        assert words in page, words


def test_a_change_may_name_a_person(client, office, problem):
    owner = factories.person(name="林岚")
    client(office).post(f"/problems/{problem}/change", CHANGE | {"owner_unit": "", "owner_person_id": str(owner)})
    assert "林岚" in client(office).get(f"/problems/{problem}").text


def test_a_secrecy_mark_takes_a_tick(client, office, problem):
    browser = client(office)
    marked = {"result": "附机密文件"}
    page = browser.post(f"/problems/{problem}/close", marked)
    assert page.status_code == 422
    assert "核对无误的，请勾选后再提交" in page.text
    assert browser.post(f"/problems/{problem}/close", marked | {"no_secrets": "y"}).status_code == 303


def test_forms_stand_only_where_they_may_be_sent(client, problem):
    owner, other, leader = fresh(problem).raised_by_id, factories.member(), factories.leader()
    assert "/change" not in client(owner).get(f"/problems/{problem}").text
    for person in (other, leader):
        page = client(person).get(f"/problems/{problem}").text
        assert f'action="/problems/{problem}/' not in page
        assert client(person).post(f"/problems/{problem}/close", {"result": "好"}).status_code == 403
    assert client(owner).post(f"/problems/{problem}/change", CHANGE).status_code == 403
    assert fresh(problem).state is State.OPEN


def test_a_matter_for_the_group_is_closed_by_the_leader(client, office):
    member = factories.member()
    problem = factories.problem(member, handling=Handling.GROUP)
    page = client(member).get(f"/problems/{problem}").text
    assert "由党组书记或党办办结" in page
    assert client(member).post(f"/problems/{problem}/close", {"result": "好"}).status_code == 422
    assert client(factories.leader()).post(f"/problems/{problem}/close", {"result": "好"}).status_code == 303


@pytest.mark.parametrize(
    "path", ["/problems", "/problems.xlsx", "/undertakings", "/directives", "/problems/1", "/undertakings/1"]
)
def test_sysadmin_reads_nothing_and_nobody_signs_in_first(client, app, path):
    assert client(factories.sysadmin()).get(path).status_code == 403
    assert client().get(path).status_code in {302, 303, 401}


def test_the_source_is_a_link_where_it_has_a_page(client, office, problem):
    meeting = factories.problem(source_kind=queries.SourceKind.MEETING, source_label="整改2026-03")
    assert f'href="/visits/{fresh(problem).source_id}"' in client(office).get(f"/problems/{problem}").text
    page = client(factories.member()).get(f"/problems/{meeting}").text
    assert "述职评议会议 整改2026-03" in page
    assert not re.search(r'href="/(visits|review/rectification)/\d', page)
    held = fresh(meeting).source_id
    assert f'href="/review/rectification/{held}">整改2026-03</a>' in client(office).get(f"/problems/{meeting}").text


def test_a_repeated_line_names_its_record(client, office, problem):
    step = factories.progress(office, problem_id=problem, text="棚布又破")
    db.session.get(queries.Progress, step).source_label = "2026-99/1"
    db.session.commit()
    assert "记录2026-99/1再次提出" in client(office).get(f"/problems/{problem}").text


def test_what_was_typed_is_shown_again_after_a_new_sign_in(client, office, problem):
    browser = client(office)
    opened = browser.get(f"/problems/{problem}").text
    mark = re.search(r'name="typed_by" value="([^"]+)"', opened)[1]
    browser.http.delete_cookie("logbook")
    refused = browser.post(
        f"/problems/{problem}/close", {"result": "已更换遮阳棚布", "no_secrets": "y", "typed_by": mark}
    )
    carried = re.search(r'name="carried" value="([^"]+)"', refused.text)[1]
    person = db.session.get(queries.Person, office)
    page = browser.post(
        "/sign-in", {"sign_in_name": person.sign_in_name, "password": factories.PASSWORD, "carried": carried}
    )
    assert page.status_code == 200
    assert "已更换遮阳棚布" in page.text
    assert 'value="工程科"' in page.text  # the other forms stand as they were
    assert fresh(problem).state is State.OPEN


# --- undertakings and directives ------------------------------------------------------------------


def test_a_member_ends_an_undertaking_with_a_line(client, app):
    member, other = factories.member(), factories.member()
    undertaking = factories.undertaking(member, factories.branch(), due_on=TODAY - DAY)
    browser = client(member)
    assert "超期1天" in browser.get("/undertakings").text
    page = browser.post(f"/undertakings/{undertaking}", {"text": "", "state": "done"})
    assert page.status_code == 422
    assert 'id="text-error"' in page.text
    assert client(other).post(f"/undertakings/{undertaking}", {"text": "好", "state": "done"}).status_code == 403
    assert browser.post(f"/undertakings/{undertaking}", {"text": "路灯已亮", "state": "done"}).status_code == 303
    db.session.expire_all()
    assert queries.undertaking(undertaking).state is UndertakingState.DONE
    assert "路灯已亮" in browser.get(f"/undertakings/{undertaking}").text
    assert "联系路灯改造" not in browser.get("/undertakings").text
    assert "联系路灯改造" in browser.get("/undertakings?all=1").text


def test_the_office_enters_and_closes_directives(client, office):
    browser, member = client(office), client(factories.member())
    due_on = (TODAY + 30 * DAY).isoformat()
    issued_on = (TODAY - 2 * DAY).isoformat()
    data = {"text": "近期都要下到挂点支部", "issued_on": issued_on, "due_on": due_on, "asks_visits": "y"}
    assert f'value="{TODAY.isoformat()}"' in browser.get("/directives").text  # filled in beforehand
    assert member.post("/directives", data).status_code == 403
    refused = browser.post("/directives", data | {"due_on": (TODAY - DAY).isoformat()})
    assert refused.status_code == 422
    assert "近期都要下到挂点支部" in refused.text
    assert browser.post("/directives", data).status_code == 303
    directive = db.session.scalars(db.select(Directive)).one()
    assert directive.issued_on == TODAY - 2 * DAY
    page = member.get("/directives").text
    assert "近期都要下到挂点支部" in page
    assert f"/directives/{directive.id}/close" not in page
    assert member.post(f"/directives/{directive.id}/close").status_code == 403
    assert browser.post(f"/directives/{directive.id}/close").status_code == 303
    assert "办结" in browser.get("/directives").text


# --- the workbook ---------------------------------------------------------------------------------


def sheet_xml(content):
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


def test_the_workbook_holds_the_filtered_ledger_and_no_formula(client, office):
    person = factories.member(name="王珺")
    factories.setting("group_word", "党委")
    factories.problem(
        person, factories.branch(), text='=HYPERLINK("http://x")', handling=Handling.GROUP, owner_person_id=person,
        due_on=TODAY - 3 * DAY, told_whom="码头职工", told_on=TODAY,
    )  # fmt: skip
    factories.problem(text="护栏松动", dropped=True)
    answer = client(office).get("/problems.xlsx")
    assert answer.status_code == 200
    xml = sheet_xml(answer.data)
    assert "=HYPERLINK(" in xml
    assert "<f>" not in xml
    assert "护栏松动" not in xml
    assert "提请党委研究" in xml
    everything = sheet_xml(client(office).get("/problems.xlsx?state=all").data)
    assert "原记录已更正或撤销" in everything


def test_the_workbook_costs_the_same_however_long(client, office, statements):
    browser = client(office)

    def cost():
        with statements() as made:
            browser.get("/problems.xlsx")
        return len(made)

    factories.problem()
    one = cost()
    for _n in range(59):
        factories.problem(factories.member(), factories.branch())
    assert cost() == one


def test_the_pages_cost_the_same_for_one_and_for_thirty(client, office, statements):
    browser = client(office)

    def cost(path):
        with statements() as made:
            browser.get(path)
        return len(made)

    paths = ("/problems?state=all", "/undertakings")
    member = factories.member()
    factories.problem(member, factories.branch())
    factories.undertaking(member)
    before = [cost(path) for path in paths]
    for _n in range(29):
        factories.problem(factories.member(), factories.branch(), state=State.DONE, closed_on=TODAY)
        factories.undertaking(member, factories.branch())
    assert [cost(path) for path in paths] == before
    assert len(db.session.scalars(db.select(Problem)).all()) == 30
