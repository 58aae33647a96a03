"""What one account alone cannot do: every forged typing, extra code or changed number is refused, or printed."""

import io
import json
import re

import pytest
from docx import Document
from flask import current_app

from logbook.access import Role
from logbook.accounts.models import Person, RoleGrant
from logbook.ballots import queries
from logbook.ballots.models import BallotStep
from logbook.db import db
from logbook.formats import now, today
from logbook.review.models import Report
from logbook.settings import actions as settings
from tests import factories
from tests.ballots.holding import Held
from tests.client import Client, filled

YEAR = today().year
PATH = f"/review/{YEAR}/ballot"
GOOD = {"c1_0": "1", "c2_0": "1"}


@pytest.fixture
def people(client):
    """A meeting of two secretaries; the leader named a handler for one of them."""
    found = {
        "clerk": factories.office(name="钱玥"), "member": factories.member(name="王珺"), "leader": factories.leader(),
        "handler": factories.member(name="戚棠"), "judged": factories.person(Role.OFFICE, name="赵堃"),
    }  # fmt: skip
    factories.term(factories.branch("森林党支部"), found["judged"])
    factories.term(factories.branch("环湖党支部"), factories.person(name="尹澜"))
    client(found["clerk"]).post(f"/review/{YEAR}/create")
    db.session.query(Report).order_by(Report.id.desc()).first().handler_id = found["handler"]
    db.session.commit()
    return found


@pytest.fixture
def held(client, people):
    return Held(client(people["clerk"])).begin(a={"sheets": 2, "codes": 3}, c={"codes": 1})


def state(held):
    """All that an outcome could be made of, as one text."""
    numbers = [(one.due, one.present, one.printed, one.codes, one.handed_out) for one in held.ballot.classes]
    return repr((held.box, numbers, held.ballot.confirmed_at, held.ballot.closed_at))


def ballot_routes():
    """Every address of the ballot that takes a POST, but the voters'."""
    for rule in current_app.url_map.iter_rules():
        if rule.endpoint.startswith(("ballots.", "witness.")) and "POST" in rule.methods:
            yield rule


BODIES = (
    {"sheets": "9", "codes": "9", "reason": "多来了几个人", "what": "numbers"}, {"what": "codes", "reason": "丢了"},
    {"back": "9"}, {"again": "1"}, {"sealed_by": "甲"}, {"void": "1", "reason": "重来"},
    {"bundle": "0", "sheets": "[]"},
    {"act": "confirm", "shown": "x", "step": "1"}, {"act": "agree", "step": "1"}, {"act": "agree", "step": "2"},
    {"sheet": "grades", "witness_name": "某某", "clerk_id": "1", "witness_id": ""},
)  # fmt: skip


@pytest.mark.parametrize("who", ["member", "leader", "handler", "judged", "nobody"])
def test_others_change_nothing_on_any_route(client, people, held, who):
    """A handler of one case is one of the others, as long as somebody of the office is free."""
    browser = client(people.get(who)) if who != "nobody" else client()
    before = state(held)
    for rule in ballot_routes():
        values = {"year": YEAR, "class_id": held.classes["a"], "typing": "first"}
        path = current_app.url_map.bind("localhost").build(rule.endpoint, {one: values[one] for one in rule.arguments})
        for body in BODIES:
            assert browser.post(path, body).status_code in {302, 401, 403, 404, 422}, (path, body)
    assert state(held) == before
    assert db.session.query(BallotStep).count() == 0


def test_whoever_counts_changes_no_number_alone(held):
    before = state(held)
    held.numbers(a={"sheets": "9", "codes": "9"})
    path = f"{held.path}/{held.classes['a']}/mend"
    assert held.office.post(path, {"what": "numbers", "sheets": "9", "codes": "9"}).status_code == 303  # no reason
    assert db.session.query(BallotStep).count() == 0
    held.office.post(path, {"what": "numbers", "sheets": "9", "codes": "9", "reason": "多来了几个人"})
    held.office.post(f"{held.path}/close", {"sealed_by": "甲"})
    for _again in range(2):
        held.office.post(f"{held.path}/witness", {"act": "agree", "step": "1"})
    assert state(held) == before


def test_codes_are_never_more_than_the_witness_confirmed(held):
    assert [len(held.codes(key)) for key in ("a", "a", "b", "c")] == [3, 0, 0, 1]


def test_a_corrected_number_is_both_ones_and_printed_with_its_reason(held):
    path = f"{held.path}/{held.classes['a']}/mend"
    held.office.post(path, {"what": "numbers", "sheets": "2", "codes": "5", "reason": "两人迟到"})
    assert "由纸质2份、测评码3个改为纸质2份、测评码5个。" in held.phone.post("/witness", {"code": held.code}).text
    held.press("agree")
    assert (held.ballot.classes[0].codes, held.to_make("a"), held.ballot.classes[0].present) == (5, 5, 7)
    held.close()
    assert re.search(
        r"更正为纸质2份、测评码5个，实到7人、应到7人（钱玥提出、监票人同意）；原因：两人迟到。", printed(held)
    )


def test_a_lost_slip_is_voided_with_all_unused_ones_and_replaced_by_both(client, held):
    used, lost, other = held.codes("a")
    client().post("/vote/cast", {"code": used, "c1_0": "good", "c2_0": "good"})
    held.office.post(f"{held.path}/{held.classes['a']}/mend", {"what": "codes", "reason": "一张纸条找不到了"})
    assert (len(held.box["a"].codes), held.codes("a")) == (2, [])
    held.press("agree")
    assert [client().post("/vote", {"code": one}).status_code for one in (lost, other)] == [422, 422]
    again = held.codes("a")
    assert len(again) == 2
    held.close()
    assert "作废并补发测评码2个（钱玥提出、监票人同意）；原因：一张纸条找不到了。" in printed(held)
    assert "测评码：制作5个，发出3个，作废4个，已使用1个。" in printed(held)


def test_a_spoiled_slip_is_voided_by_its_code_and_a_used_one_is_not(client, held):
    used, spoiled, _other = held.codes("a")
    client().post("/vote/cast", {"code": used, "c1_0": "good", "c2_0": "good"})
    path = f"{held.path}/{held.classes['a']}/mend"
    held.office.post(path, {"what": "codes", "slip": used, "reason": "污损"})
    assert db.session.query(BallotStep).count() == 0
    held.office.post(path, {"what": "codes", "slip": spoiled, "reason": "污损"})
    held.press("agree")
    assert client().post("/vote", {"code": spoiled}).status_code == 422
    assert held.to_make("a") == 1


def test_what_the_witness_does_not_agree_to_changes_nothing(held):
    held.codes("a")
    before = state(held)
    held.office.post(f"{held.path}/{held.classes['a']}/mend", {"what": "codes", "reason": "丢了"})
    held.press("decline")
    assert state(held) == before
    assert "丢了" not in held.phone.post("/witness", {"code": held.code}).text


def test_the_witness_closes_and_changes_nothing_that_nobody_asked_for(held):
    before = state(held)
    for body in BODIES:
        held.phone.post("/witness/act", body | {"code": held.code})
    assert state(held) == before


def test_who_typed_is_printed_and_the_witness_may_type_without_an_account(held):
    held.back("a", 2)
    held.type_in("a", "first", [GOOD] * 2)
    page = held.phone.post(f"/witness/{held.classes['a']}/second", {"code": held.code})
    assert "第1扎，第1份（共2份）" in page.text
    body = {"code": held.code, "bundle": "0", "sheets": json.dumps([GOOD])} | GOOD
    answer = held.phone.post(f"/witness/{held.classes['a']}/second", body, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    held.close()
    assert "A票 党组成员纸质测评表录入：第一遍钱玥；第二遍凌照棠。" in printed(held)


def test_a_slip_that_somebody_used_before_the_witness_does_not_open(held):
    """Whoever printed the code and used it is noticed: the witness's own slip is refused."""
    assert held.phone.post("/witness", {"code": held.slip}).status_code == 422
    held.office.post(f"{held.path}/witness-code")
    assert held.phone.post("/witness", {"code": held.code}).status_code == 422
    assert held.ballot.witness_codes == 2


def test_a_slip_alone_types_and_agrees_to_nothing(held):
    """Only the code that replaced it, and that the witness alone has seen: or the clerk would type both times."""
    held.back("a", 2)
    page = held.office.post(f"{held.path}/witness-code").text
    slip, before = re.search(r'class="code">([A-Z0-9-]{14})<', page)[1], state(held)
    body = {"code": slip, "bundle": "0", "sheets": json.dumps([GOOD])} | GOOD
    assert held.phone.post(f"/witness/{held.classes['a']}/second", body).status_code == 422
    assert held.phone.post("/witness/act", {"code": slip, "act": "agree"}).status_code == 422
    assert state(held) == before
    assert held.phone.post("/witness", {"code": slip}).status_code == 200


def test_nobody_makes_themself_the_witness_of_what_they_asked_for(client, people, held):
    other = factories.office(name="韦芷")
    browser = client(other)
    browser.post(f"{held.path}/close", {"sealed_by": ""})
    body = {"witness_id": str(other), "witness_name": "", "reason": "身体不适离会"}
    assert "办理人本人不能担任" in browser.post(f"{held.path}/witness-new", body, follow_redirects=True).text
    held.office.post(f"{held.path}/witness-new", body)
    assert held.ballot.witness_id == other
    assert 'value="agree"' not in browser.get(f"{PATH}/witness").text, "what was asked of the former is asked anew"


def test_a_weight_changed_after_the_opening_changes_no_result(client, people):
    held = Held(client(people["clerk"]), sheet="scores").begin(a={"sheets": 5}, c={"sheets": 5})
    cells = [f"c{one.id}_{item.number}" for one in db.session.query(Report) for item in held.ballot.columns]
    for key, points in (("a", "9"), ("c", "1")):
        held.paper(key, [dict.fromkeys(cells, points)] * 5)
    held.close()
    before = [[cell.text for cell in row.cells] for table in tables(held) for row in table.rows]
    settings.change({"weight_a": 90, "weight_b": 0, "weight_c": 10})
    db.session.commit()
    assert [[cell.text for cell in row.cells] for table in tables(held) for row in table.rows] == before


def test_the_witness_s_code_is_good_for_a_day(held):
    held.ballot.witness_code_until = now()
    db.session.commit()
    assert held.phone.post("/witness", {"code": held.code}).status_code == 422


def test_another_witness_is_printed_with_the_reason(client, people, held):
    body = {"witness_id": str(people["member"]), "witness_name": "", "reason": "身体不适离会"}
    held.office.post(f"{held.path}/witness-new", body)
    assert held.phone.post("/witness", {"code": held.code}).status_code == 422
    witness = client(people["member"])
    assert "数目已核对" in witness.get(PATH, follow_redirects=True).text
    held.office.post(f"{held.path}/close", {"sealed_by": ""})
    page = witness.get(f"{PATH}/witness").text
    witness.post(f"{PATH}/witness", filled(page, "/witness") | {"act": "agree"})
    assert queries.ballot(1).erased_at
    assert "监票人由凌照棠更换为王珺（钱玥办理）；原因：身体不适离会。" in printed(held)


@pytest.mark.parametrize("named", ["赵堃", "尹 澜", "钱玥", "", "leader", "judged", "clerk"])
def test_who_reports_counts_or_leads_is_no_witness(client, people, named):
    office = client(people["clerk"])
    by_account = named in people
    body = {"sheet": "grades", "clerk_id": str(people["clerk"]), "witness_id": str(people[named]) if by_account else ""}
    assert office.post(PATH, body | {"witness_name": "" if by_account else named}).status_code == 422
    assert queries.ballot(1) is None


def test_by_an_account_the_witness_does_not_count_as_well(client, people):
    """Somebody of the office who witnesses is led to the witness's page, and no route of the other opens."""
    other = factories.office(name="闻溪")
    office, watching = client(people["clerk"]), client(other)
    body = {"sheet": "grades", "clerk_id": str(people["clerk"]), "witness_id": str(other), "witness_name": ""}
    assert office.post(PATH, body).status_code == 303
    first = queries.ballot(1).classes[0].id
    office.post(f"{PATH}/numbers", {f"codes{first}": "3"})
    assert watching.post(f"{PATH}/numbers", {f"codes{first}": "9"}).status_code == 403
    page = watching.get(f"{PATH}/witness").text
    watching.post(f"{PATH}/witness", filled(page, "/witness") | {"act": "confirm"})
    assert queries.ballot(1).confirmed_at
    assert watching.post(f"{PATH}/{first}/codes").status_code == 403


def test_a_handler_holds_the_ballot_only_where_nobody_of_the_office_is_free(client, people):
    handler = client(people["handler"])
    assert handler.get(PATH).status_code == 403
    db.session.get(Person, people["clerk"]).active = False
    db.session.commit()
    assert handler.get(PATH).status_code == 200
    assert "戚棠" in handler.get(PATH).text


def test_the_leader_does_not_touch_the_count_whatever_else_they_are(client, people):
    db.session.add(RoleGrant(person_id=people["leader"], role=Role.OFFICE, granted_at=now()))
    db.session.commit()
    assert client(people["leader"]).get(PATH).status_code == 403


def test_a_ballot_declared_void_by_both_is_held_again(held):
    held.codes("c")
    held.office.post(f"{held.path}/close", {"void": "1", "reason": "纸条发错了类别"})
    held.press("agree")
    assert "本次测评已作废，应重新测评。" in held.office.get(held.path).text
    assert "本次测评作废，应重新测评。原因：纸条发错了类别。" in printed(held)
    assert Held(held.office).ballot_id > held.ballot_id


def statistics(held):
    return Document(io.BytesIO(held.office.get(f"{held.path}/statistics.docx?of={held.ballot_id}").data))


def tables(held):
    return statistics(held).tables


def printed(held):
    return "\n".join(one.text for one in statistics(held).paragraphs)


def test_a_code_is_stored_under_a_key(app, held):
    """Whoever has the table alone guesses none of them."""
    from logbook.accounts import sessions

    code = held.codes("c")[0].replace("-", "")
    assert held.box["c"].codes == [sessions.keyed_digest(code)]
    assert Client(app).post("/vote", {"code": code}).status_code == 200


def test_the_rule_of_the_opening_suggests_the_grades_and_is_printed(client, people):
    """Whoever may change settings fits none of them to the result; an office of another name prints its own word."""
    rule = {"good_from": 90, "fairly_good_from": 80, "average_from": 60, "cap_percent": 40}
    settings.change(rule | {"weight_a": 60, "weight_b": 0, "weight_c": 40})
    factories.setting("group_word", "党委")
    held = Held(client(people["clerk"]), sheet="both").begin(a={"sheets": 5}, c={"sheets": 5})
    cells = [f"c{one.id}_{item.number}" for one in db.session.query(Report) for item in held.ballot.columns]
    for key in ("a", "c"):
        held.paper(key, [dict.fromkeys(cells, "1")] * 5)
    held.close()
    settings.change(dict.fromkeys((*rule, "weight_a", "weight_c"), 0))
    db.session.commit()
    text = printed(held)
    assert "测评开始时确定的各类权重：A票 党委委员60、B票 党组织书记0、C票 党员群众代表40。合计按权重计算。" in text
    said = "平均得分90分以上的建议“好”，80分以上的建议“较好”，60分以上的建议“一般”，其余建议“差”；等次由党委研究确定。"
    assert f"测评开始时确定的等次建议办法：{said}\n“较好”及以下等次一般不少于40%。" in text
    assert {row.cells[3].text for row in tables(held)[0].rows[1:]} == {"A票 党委委员", "C票 党员群众代表", "合计"}
    page = client(people["leader"]).get(f"/review/{YEAR}/outcomes").text
    assert page.count(">差</td>") == 2, "8 points of 100, by the rule of the opening"
