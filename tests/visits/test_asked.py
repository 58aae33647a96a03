"""What is asked before a record is stored, with no script, with one, and of what waited on a phone; the rules first."""

import datetime as dt

import pytest

from logbook.db import db
from logbook.formats import today
from logbook.problems.models import Problem, Progress, State
from logbook.visits.asking import is_alike
from logbook.visits.models import Visit, VisitVersion
from tests import factories
from tests.client import filled

JSON = {"Accept": "application/json"}
TEXT = "候船区没有遮阳"


@pytest.fixture
def place():
    member, branch = factories.member(), factories.branch(name="码头服务党支部")
    factories.book(member, today().year)
    return member, branch


def body(branch, **values):
    said = {
        "visited_on": today().isoformat(), "branch_id": str(branch), "kinds": ["research"], "level": "group",
        "findings": "到码头看了看。", "client_key": "",
    }  # fmt: skip
    return said | values


def problem_row(text=TEXT, **values):
    row = {"line": "", "text": text, "category": "other", "side": "bureau", "handling": "coordinate", "owner": "",
           "due": "", "repeats": ""}  # fmt: skip
    return {f"problem_{name}": [value] for name, value in (row | values).items()}


def count(table):
    return db.session.query(table).count()


# --- the same visit twice ---


def test_a_record_of_the_same_day_and_branch_is_pointed_out_before_it_is_stored(client, place):
    member, branch = place
    browser = client(member)
    browser.post("/visits/new", body(branch))
    again = browser.post("/visits/new", body(branch, findings="下午又去了一次。"))
    assert again.status_code == 422
    assert f"当日已有您到该处的记录{today().year}-001" in again.text
    assert 'href="/visits/1/correct"' in again.text
    assert "下午又去了一次。" in again.text
    assert count(Visit) == 1


def test_another_visit_of_that_day_is_stored_when_it_is_said(client, place):
    member, branch = place
    browser = client(member)
    browser.post("/visits/new", body(branch))
    browser.post("/visits/new", body(branch, findings="下午又去了一次。"))
    assert browser.post("/visits/new", body(branch, findings="下午又去了一次。", another="1,")).status_code == 303
    assert "登记时已说明是另一次" in browser.get("/visits/2/history").text
    assert "当日已有" not in browser.get("/visits/2?received=1").text


def test_a_third_one_is_asked_about_anew(client, place):
    member, branch = place
    browser = client(member)
    browser.post("/visits/new", body(branch))
    browser.post("/visits/new", body(branch, findings="下午。", another="1,"))
    third = browser.post("/visits/new", body(branch, findings="晚上。", another="1,"))
    assert f"记录{today().year}-002。" in third.text


@pytest.mark.parametrize("other", ["member", "branch", "day", "withdrawn"])
def test_what_is_another_visit_is_not_asked_about(client, place, other):
    member, branch = place
    client(member).post("/visits/new", body(branch))
    if other == "withdrawn":
        client(member).post("/visits/1/withdraw", {"reason": "登记错了"})
    said = body(factories.branch() if other == "branch" else branch)
    if other == "day":
        said["visited_on"] = (today() - dt.timedelta(days=1)).isoformat()
    who = factories.member() if other == "member" else member
    assert client(who).post("/visits/new", said).status_code == 303


def test_another_place_is_known_by_its_name(client, place):
    browser = client(place[0])
    browser.post("/visits/new", body("", place="环湖路"))
    assert browser.post("/visits/new", body("", place="环湖路")).status_code == 422
    assert browser.post("/visits/new", body("", place="三岭山")).status_code == 303


def test_the_office_is_asked_when_it_enters_from_paper(client, place):
    member, branch = place
    client(member).post("/visits/new", body(branch))
    clerk = client(factories.office())
    paper = body(branch, member_id=str(member), paper_on=today().isoformat(), findings="纸质记录。")
    again = clerk.post("/visits/new", paper)
    assert (again.status_code, count(Visit)) == (422, 1)
    assert f"当日已有该成员到该处的记录{today().year}-001" in again.text
    assert 'href="/visits/1"' in again.text
    assert clerk.post("/visits/new", paper | {"another": "1,"}).status_code == 303


def test_a_record_that_the_office_may_not_read_is_told_without_its_number(client, place):
    member, branch = place
    client(member).post("/visits/new", body(branch, level="self"))
    again = client(factories.office()).post("/visits/new", body(branch, member_id=str(member)))
    assert "当日已有该成员到该处的记录一条" in again.text
    assert f"{today().year}-001" not in again.text


def test_the_same_post_twice_is_no_other_visit(client, place):
    member, branch = place
    said = body(branch, client_key="k" * 22)
    answers = [client(member).post("/visits/new", said).headers["Location"] for _n in range(2)]
    assert answers[0] == answers[1]


def test_what_waited_on_a_phone_is_stored_and_pointed_out_on_its_page(client, place):
    member, branch = place
    browser = client(member)
    browser.post("/visits/new", body(branch))
    assert browser.post("/visits/new", body(branch, waited="1", client_key="w" * 22), headers=JSON).status_code == 201
    page = browser.get("/visits/2").text
    assert "当日已有到该处的记录" in page
    assert 'href="/visits/2/withdraw"' in page
    assert "当日已有到该处的记录" not in browser.get("/visits/1").text
    assert "当日已有到该处的记录" not in client(factories.member()).get("/visits/2").text


def test_a_phone_whose_form_is_on_the_screen_is_asked(client, place):
    member, branch = place
    browser = client(member)
    browser.post("/visits/new", body(branch))
    asked = browser.post("/visits/new", body(branch, client_key="a" * 22, asks="1"), headers=JSON)
    assert asked.status_code == 422
    assert "当日已有您到该处的记录" in asked.json["another"]


def test_a_correction_that_moves_to_such_a_day_is_asked(client, place):
    member, branch = place
    browser, yesterday = client(member), (today() - dt.timedelta(days=1)).isoformat()
    browser.post("/visits/new", body(branch))
    browser.post("/visits/new", body(branch, visited_on=yesterday))
    moved = body(branch, based_on="1", reason="日期写错")
    assert browser.post("/visits/2/correct", moved).status_code == 422
    assert browser.post("/visits/2/correct", moved | {"another": "1,"}).status_code == 303


# --- the rules first, and all of them at once ---


def test_a_rule_is_told_and_nothing_asked(client, place):
    member, branch = place
    browser = client(member)
    factories.problem(member, branch, text=TEXT)
    browser.post("/visits/new", body(branch))
    tomorrow = (today() + dt.timedelta(days=1)).isoformat()
    factories.visit(member, branch, today() + dt.timedelta(days=1))
    again = browser.post("/visits/new", body(branch, visited_on=tomorrow) | problem_row()).text
    assert "下基层日期不能晚于今天" in again
    assert "当日已有" not in again
    assert "相同或相近" not in again


def test_all_faults_are_told_in_one_round(client, place):
    member, branch = place
    tomorrow = (today() + dt.timedelta(days=1)).isoformat()
    row = problem_row("缺棚", due="2020-01-01")
    said = body(branch, visited_on=tomorrow, findings="机密★", kinds=[], place="字" * 2001, paper_on=tomorrow)
    page = client(member).post("/visits/new", said | row).text
    for told in (
        "下基层日期不能晚于今天", "字样", "请至少选一种方式", "超过2000字", "完成时限应在下基层日期之后",
    ):  # fmt: skip
        assert told in page, told


def test_all_faults_of_a_correction_are_told_in_one_round(client, place):
    member, branch = place
    browser = client(member)
    browser.post("/visits/new", body(branch))
    tomorrow = (today() + dt.timedelta(days=1)).isoformat()
    page = browser.post("/visits/1/correct", body(branch, visited_on=tomorrow, findings="机密★", based_on="1")).text
    for told in ("下基层日期不能晚于今天", "字样", "请写一句更正的原因"):
        assert told in page, told


def test_a_phone_hears_all_faults_too(client, place):
    member, branch = place
    tomorrow = (today() + dt.timedelta(days=1)).isoformat()
    said = body(branch, visited_on=tomorrow, findings="机密★", client_key="f" * 22)
    assert set(client(member).post("/visits/new", said, headers=JSON).json) == {"visited_on", "findings"}


# --- the same problem twice ---


@pytest.mark.parametrize("text", [TEXT, "候船区 没有遮阳。", "候船区没有遮阳，夏天太晒", "候船区没有遮阳棚"])
def test_an_open_problem_is_asked_about_before_it_is_entered_twice(client, place, text):
    member, branch = place
    factories.problem(member, branch, text=TEXT)
    asked = client(member).post("/visits/new", body(branch) | problem_row(text))
    assert (asked.status_code, count(Visit), count(Problem)) == (422, 0, 1)
    assert "相同或相近" in asked.text


def test_it_is_taken_as_progress(client, place):
    member, branch = place
    problem = factories.problem(member, branch, text=TEXT)
    answer = client(member).post("/visits/new", body(branch) | problem_row(repeats=str(problem)))
    assert (answer.status_code, count(Problem), count(Progress)) == (303, 1, 1)


def test_a_new_problem_is_one_when_it_is_said(client, place):
    member, branch = place
    factories.problem(member, branch, text=TEXT)
    answer = client(member).post("/visits/new", body(branch) | problem_row(repeats="new"))
    assert (answer.status_code, count(Problem)) == (303, 2)
    page = client(member).get(answer.headers["Location"]).text
    assert "与这个支部的在办问题" not in page


def test_what_was_answered_stays_answered_when_something_else_is_refused(client, place):
    member, branch = place
    factories.problem(member, branch, text=TEXT)
    refused = client(member).post("/visits/new", body(branch, findings="") | problem_row(repeats="new")).text
    assert filled(refused, "/visits/new")["problem_repeats"] == ["new"]
    assert "相同或相近" not in refused


@pytest.mark.parametrize("other", ["closed", "branch", "another", "number"])
def test_what_is_another_problem_is_not_asked_about(client, place, other):
    member, branch = place
    there = factories.branch() if other == "branch" else branch
    state = {"state": State.DONE} if other == "closed" else {}
    text = {"another": "食堂漏水", "number": "1号码头没有遮阳"}.get(other, TEXT)
    factories.problem(member, there, text=text, **state)
    said = "2号码头没有遮阳" if other == "number" else TEXT
    assert client(member).post("/visits/new", body(branch) | problem_row(said)).status_code == 303


def test_of_a_general_branch_the_problems_inside_are_asked_about(client, place):
    member, branch = place
    general = factories.branch()
    factories.placement(branch, general)
    factories.problem(member, branch, text=TEXT)
    assert client(member).post("/visits/new", body(general) | problem_row()).status_code == 422


def test_a_problem_that_waited_on_a_phone_is_stored_and_may_be_merged_on_its_page(client, place):
    member, branch = place
    browser, problem = client(member), factories.problem(member, branch, text=TEXT)
    answer = browser.post("/visits/new", body(branch, client_key="p" * 22) | problem_row(), headers=JSON)
    assert answer.status_code == 201
    page = browser.get("/visits/1").text
    assert "与这个支部的在办问题相同或相近" in page
    form = browser.get("/visits/1/correct?merge=1").text
    sent = filled(form, "/visits/1/correct")
    assert sent["problem_repeats"] == [str(problem)]
    assert browser.post("/visits/1/correct", sent).status_code == 303
    assert [one.dropped for one in db.session.query(Problem).order_by(Problem.id)] == [False, True]
    assert db.session.query(Progress).one().problem_id == problem


def test_a_correction_never_offers_the_records_own_lines(client, place):
    member, branch = place
    browser = client(member)
    browser.post("/visits/new", body(branch) | problem_row())
    form = browser.get("/visits/1/correct").text
    assert "记为它的进展" not in form or f"{today().year}-001/1（" not in form
    sent = filled(form, "/visits/1/correct") | {"reason": ["补充"], "findings": ["到码头看了看，很热。"]}
    assert browser.post("/visits/1/correct", sent).status_code == 303
    assert client(member).get(f"/branches/{branch}/open-problems?but=1").json == []


def test_a_line_added_by_a_correction_is_asked_about(client, place):
    member, branch = place
    browser = client(member)
    factories.problem(member, branch, text=TEXT)
    browser.post("/visits/new", body(branch))
    said = body(branch, based_on="1", reason="补充") | problem_row()
    assert browser.post("/visits/1/correct", said).status_code == 422
    assert browser.post("/visits/1/correct", said | {"problem_repeats": ["new"]}).status_code == 303


def test_the_form_asks_for_the_open_problems_of_any_branch(client, place):
    member, branch = place
    problem = factories.problem(member, branch, text=TEXT)
    (found,) = client(factories.member()).get(f"/branches/{branch}/open-problems").json
    assert (found["id"], found["text"]) == (problem, TEXT)
    assert found["number"]
    assert found["day"]
    assert client(member).get("/branches/99999/open-problems").status_code == 404


# --- what the text tells, when no script ran ---


def test_what_a_stored_text_tells_is_filled_into_a_correction(client, place):
    member, branch = place
    browser = client(member)
    said = f"今天到码头看了看。问题：{TEXT}。我来办：联系规划科。"
    browser.post("/visits/new", body(branch, findings=said))
    assert 'href="/visits/1/correct?lines=1"' in browser.get("/visits/1?received=1").text
    sent = filled(browser.get("/visits/1/correct?lines=1").text, "/visits/1/correct")
    assert TEXT in sent["problem_text"]
    assert "联系规划科" in sent["undertaking_text"]
    assert sent["findings"] == ["今天到码头看了看。"]
    assert browser.post("/visits/1/correct", sent).status_code == 303
    assert db.session.query(Problem).one().text == TEXT
    assert "还没有记进台账" not in browser.get("/visits/1?received=1").text


def test_a_versions_body_holds_no_answer(client, place):
    member, branch = place
    client(member).post("/visits/new", body(branch, another="9,") | problem_row(repeats="new"))
    stored = db.session.query(VisitVersion).one().body
    assert "another" not in stored
    assert '"repeats_id":null' in stored


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (TEXT, TEXT, True), (TEXT, "候船区无遮阳棚", False), ("候船区没有遮阳棚", "候船区无遮阳棚", True),
        ("ＡＰＰ不能用", "app不能用！", True), ("1号泵站漏水", "2号泵站漏水", False),
        ("东门路灯不亮", "西门路灯不亮", False),
        ("缺人", "缺钱", False), ("漏水", "食堂漏水", False), ("", "", False), ("食堂太小", "食堂太远", False),
    ],
)  # fmt: skip
def test_problems_that_are_the_same_or_nearly(one, other, alike):
    assert is_alike(one, other) is alike
    assert is_alike(other, one) is alike
