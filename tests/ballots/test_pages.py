"""The pages of a ballot: the voter's without a session, the office's by keyboard, and who never sees them."""

import io
import re

import pytest
from docx import Document

from logbook.ballots import queries
from logbook.db import db
from logbook.formats import today
from logbook.review.models import Report
from tests import factories
from tests.ballots.holding import Held
from tests.client import filled as form_of
from tests.client import listening

YEAR = today().year


@pytest.fixture
def office(client):
    """The office's browser, with a meeting of two secretaries, the second of them a member."""
    clerk, member = factories.office(name="钱玥"), factories.member(name="王珺")
    factories.term(factories.branch("森林党支部"), factories.person(name="赵堃"))
    factories.term(factories.branch("环湖党支部"), member)
    office = client(clerk)
    office.post(f"/review/{YEAR}/create")
    return office


@pytest.fixture
def held(office):
    """An open ballot of both sheets."""
    return Held(office, sheet="both").begin(a={"codes": 2}, b={"sheets": 3}, c={"codes": 5, "sheets": 2})


def filled(points="10", **cells):
    reports = [one.id for one in db.session.query(Report).order_by(Report.position)]
    body = {f"c{report}_{item}": points for report in reports for item in range(1, 9)}
    return body | {f"c{reports[0]}_0": "good", f"c{reports[1]}_0": "average"} | cells


def vote_five(client, held, **cells):
    """Five of the masses, who judge alike."""
    for code in held.codes("c"):
        assert client().post("/vote/cast", filled(code=code, **cells)).status_code == 303


def test_a_slip_opens_the_ballot_and_casts_it_once(client, held):
    vote_five(client, held)
    code, _other = held.codes("a")
    voter = client()
    assert "赵堃" in voter.post("/vote", {"code": code.lower()}).text
    assert "您的测评已计入" in voter.post("/vote/cast", filled(code=code), follow_redirects=True).text
    page = held.close()
    assert "收回6份" in page
    assert "80.00" in page


def test_a_vote_sent_again_is_answered_kindly_and_counted_once(client, held):
    code, _other = held.codes("a")
    answers = [client().post("/vote/cast", filled(code=code)) for _tap in range(3)]
    assert [one.status_code for one in answers] == [303, 422, 422]
    assert "此测评码已使用。刚才已点“提交”的，您的测评已计入，无需再投" in answers[1].text
    assert held.box["a"].cast.n == 1


def test_a_used_code_is_told_from_one_that_never_was_by_nothing(client, held):
    code, _other = held.codes("a")
    client().post("/vote/cast", filled(code=code))
    pages = [
        [client().post(path, filled(code=one)).text.replace(one, "") for one in (code, "2222-3333-4444")]
        for path in ("/vote", "/vote/cast")
    ]
    assert all(used == unknown for used, unknown in pages)


def test_a_code_typed_wrong_stays_in_its_box(client, held):
    assert 'value="ＡＢ-2"' in client().post("/vote", {"code": "ＡＢ-2"}).text


@pytest.mark.parametrize(("key", "asked"), [("a", True), ("b", False), ("c", True)])
def test_an_unfilled_ballot_asks_once(client, office, key, asked):
    """A reporting secretary leaves their own row empty, as the sheet says: that is not asked about."""
    held = Held(office).begin(**{key: {"codes": 1}})
    (code,) = held.codes(key)
    answer = client().post("/vote/cast", {"code": code, "c1_0": "good"})
    assert (answer.status_code == 200) is asked
    if asked:
        assert "还有1名书记未评价，提交后按弃权计。" in answer.text
        assert held.box[key].cast.n == 0
        assert client().post("/vote/cast", form_of(answer.text, "/vote/cast") | {"sure": "1"}).status_code == 303
    assert held.box[key].cast.n == 1


def test_whoever_goes_back_finds_what_they_chose(client, office):
    (code,) = Held(office).begin(c={"codes": 1}).codes("c")
    page = client().post("/vote/cast", {"code": code, "c1_0": "good"}).text
    back = client().post("/vote/cast", form_of(page, "/vote/cast") | {"back": "1"}).text
    assert 'id="c1_0good" name="c1_0" value="good" checked' in back
    assert back.count("checked") == 1


def test_nothing_is_chosen_beforehand_and_an_abstention_is_not_asked_about(client, office):
    held = Held(office).begin(c={"codes": 1})
    (code,) = held.codes("c")
    assert "checked" not in client().post("/vote", {"code": code}).text
    assert client().post("/vote/cast", {"code": code, "c1_0": "blank", "c2_0": "poor"}).status_code == 303
    assert held.box["c"].cast.counts == {"1.0.blank": 1, "2.0.poor": 1}


@pytest.mark.parametrize(("key", "said"), [("a", True), ("b", True), ("c", False)])
def test_a_ballot_of_those_who_may_report_says_that_ones_own_row_stays_empty(client, office, key, said):
    held = Held(office).begin(**{key: {"codes": 1, "sheets": 1}})
    (code,) = held.codes(key)
    rule = "不对本人进行测评，本人一栏请勿填写。"
    assert (rule in client().post("/vote", {"code": code}).text) is said
    paper = Document(io.BytesIO(office.get(f"{held.path}/{held.classes[key]}/sheet.docx").data))
    assert (rule in "".join(one.text for one in paper.paragraphs)) is said


def test_points_outside_their_range_are_shown_before_they_count_as_invalid(client, held):
    vote_five(client, held, c1_1="16", looked="1")
    code, _other = held.codes("a")
    body = filled(code=code, c1_1="99.5", c1_2="１５")
    shown = client().post("/vote/cast", body)
    assert shown.status_code == 422
    assert shown.text.count('aria-invalid="true"') == 1
    assert client().post("/vote/cast", body | {"looked": "1"}).status_code == 303
    assert "无有效票" in held.close()


def test_a_voter_who_is_signed_in_leaves_no_trace(client, held):
    code, _other = held.codes("a")
    voter = client(factories.member())
    with listening() as made:
        answers = [voter.get("/vote"), voter.post("/vote", {"code": code}), voter.post("/vote/cast", filled(code=code))]
    assert not [one for one in made if "sign_in_session" in one]
    assert not [one for one in made if re.match(r"\s*(INSERT|UPDATE)", one) and "ballot_box" not in one]
    assert not any("Set-Cookie" in answer.headers for answer in answers)


def test_paper_is_typed_twice_by_keys_alone_and_without_a_script(client, held):
    """Without a script the sheets of a bundle travel with the page, and nothing is stored before it is whole."""
    vote_five(client, held)
    held.back("b", 2)
    path = f"{held.path}/{held.classes['b']}"
    sheet = {"c1_0": "1", "c2_0": "-", **{f"c2_{item}": "ー" for item in range(1, 9)}, "c1_1": "１５", "c1_2": "x"}
    for typing in ("first", "second"):
        assert "第1扎，第1份（共2份）" in held.office.get(f"{path}/{typing}").text
        page = held.office.post(f"{path}/{typing}", {"bundle": "0", "sheets": "[]"} | sheet)
        assert (page.status_code, "第1扎，第2份" in page.text) == (200, True)
        assert getattr(held.box["b"].bundles[0], typing) is None
        sent = {name: values[0] for name, values in form_of(page.text, typing).items()}
        assert held.office.post(f"{path}/{typing}", sent | sheet).status_code == 303
    assert "收回7份" in held.close()
    counts = queries.counts(held.ballot_id)
    assert counts["b", 1, 0] == {"good": 2}
    assert (counts["b", 1, 1], counts["b", 1, 2]) == ({"15": 2}, {"invalid": 2})
    assert not any(voters == "b" and report == 2 for voters, report, _item in counts)


def test_a_bundle_of_b_sheets_without_a_page_left_out_is_remarked_on(held):
    held.back("b", 1)
    answer = held.type_in("b", "first", [{"c1_0": "1", "c2_0": "2"}])
    assert "有1份B票没有一页填“-”" in answer.json["said"]


def test_what_is_no_bundle_is_refused(held):
    path = f"{held.path}/{held.classes['b']}/first"
    held.back("b", 2)
    for sheets in ("{}", "[1]", "[{", '[{"c1_0": 1}]'):
        assert held.office.post(path, {"bundle": "0", "sheets": sheets}).status_code == 404
    assert held.office.post(path, {"bundle": "7", "sheets": "[]"}).status_code == 404


def test_a_difference_shows_when_both_are_finished_and_its_bundle_is_typed_again(held):
    held.back("b", 1)
    held.type_in("b", "first", [{"c1_0": "1", "c2_0": "1"}])
    assert "两遍录入不一致" not in held.office.get(held.path).text
    held.type_in("b", "second", [{"c1_0": "2", "c2_0": "1"}])
    page = held.office.get(held.path).text
    apart = page[page.index("两遍录入不一致的") :]
    assert re.findall(r"<li>(.+?)</li>", apart) == ["森林党支部　赵堃"]
    assert not {"好", "较好"} & set(re.findall(r">(\w+)<", apart))  # against a typing of blanks that were the result
    before = held.office.get(f"{held.path}/close").text
    assert ("两遍录入不一致" in before, "提请监票人同意结束" in before) == (True, False)
    held.press_again("b", "second", 0)
    held.type_in("b", "second", [{"c1_0": "1", "c2_0": "1"}])
    assert "收回1份" in held.close()
    text, _tables = paragraphs(held.office, f"{held.path}/statistics.docx")
    assert "重录1次。" in text


def test_a_meeting_with_a_ballot_is_not_removed(held):
    assert "不能删去" in held.office.post(f"/review/{YEAR}/remove", follow_redirects=True).text
    assert db.session.query(Report).count() == 2


def paragraphs(office, path):
    paper = Document(io.BytesIO(office.get(path).data))
    return "\n".join(one.text for one in paper.paragraphs), paper.tables


def test_the_result_is_printed_after_closing_and_not_before(client, held):
    path = f"{held.path}/statistics.docx"
    assert "测评结束以后才有统计表" in held.office.get(path, follow_redirects=True).text
    vote_five(client, held)
    held.close()
    text, tables = paragraphs(held.office, path)
    rows = [[cell.text for cell in row.cells] for row in tables[0].rows]
    assert rows[1][3:] == ["C票 党员群众代表", "5", "0", "0", "0", "0", "0"]
    assert [cell.text for cell in tables[1].rows[1].cells][-1] == "80.00"
    assert (
        "合计：应到12人，实到12人。印制5份，发出5份，剩余0份（已作废）；收回0份，网上提交5份，其中有效5份、无效0份。"
        in text
    )
    assert "测评码：制作5个，发出7个，作废0个，已使用5个。" in text
    assert "原始测评表已当场封存，封存人：钱玥、凌照棠。" in text
    assert "计票人：钱玥　　监票人：凌照棠\n计票人（签字）" in text


def test_a_void_ballot_is_printed_as_such_stays_listed_and_is_held_again(office):
    held = Held(office).begin(a={"sheets": 1})
    held.paper("a", [{"c1_0": "1", "c2_0": "1"}] * 2)
    page = held.close()
    assert "本次测评无效，应重新测评" in page
    text, tables = paragraphs(office, f"{held.path}/statistics.docx")
    assert "A票 党组成员收回2份，多于发出1份，本次测评无效，应重新测评。" in text
    assert not tables
    again = Held(office).begin(a={"sheets": 6})
    again.paper("a", [{"c1_0": "1", "c2_0": "1"}] * 6)
    assert f"statistics.docx?of={held.ballot_id}" in again.close()
    assert "多于发出1份" in paragraphs(office, f"{held.path}/statistics.docx?of={held.ballot_id}")[0]


def test_a_sheet_is_printed_for_each_class_and_a_secretarys_is_cut_apart(held):
    path = f"{held.path}/{{}}/sheet.docx"
    whole = Document(io.BytesIO(held.office.get(path.format(held.classes["a"])).data))
    apart = Document(io.BytesIO(held.office.get(path.format(held.classes["b"])).data))
    assert [len(table.rows) for table in whole.tables] == [3, 3]
    assert [len(table.rows) for table in apart.tables] == [2, 2, 2, 2]
    assert sum("本人一页不投" in one.text for one in apart.paragraphs) == 2
    assert "".join(cell.text for cell in whole.tables[0].rows[0].cells) == "序号党组织书记好较好一般差"


def test_the_result_is_read_in_english_too(client, held):
    vote_five(client, held)
    for code in held.codes("a"):
        client().post("/vote/cast", filled(code=code))
    held.close()
    held.office.post("/language", {"language": "en"})
    page = held.office.get(held.path).text
    heads = re.findall(r'<th scope="col">([^<]+)</th>', page)
    assert heads[2:8] == ["Good", "Fairly good", "Average", "Poor", "Abstained", "Invalid"]
    assert heads[-1] == "A: members of the group, C: Party members and staff"
    assert "came back: 7. A class" in page


def test_of_fewer_than_five_ballots_nothing_is_shown(client, held):
    for code in held.codes("a"):
        client().post("/vote/cast", filled(code=code))
    page = held.close()
    assert "收回不足5份" in page
    assert "赵堃" not in page
    text, tables = paragraphs(held.office, f"{held.path}/statistics.docx")
    assert not tables
    assert "收回不足5份，为保证无记名，不列各等次票数。" in text


def test_whoever_is_under_review_has_nothing_to_do_with_the_ballot(client):
    clerk = factories.office()
    factories.term(factories.branch("森林党支部"), clerk)
    browser = client(clerk)
    browser.post(f"/review/{YEAR}/create")
    assert browser.get(f"/review/{YEAR}/ballot").status_code == 404
    assert browser.post(f"/review/{YEAR}/ballot", {"sheet": "grades"}).status_code == 404


def test_a_ballot_left_open_by_an_earlier_version_takes_no_vote_and_can_be_closed(client, office):
    held = Held(office).begin(a={"codes": 2})
    held.ballot.witness_name = ""  # as it was before there were witnesses
    db.session.commit()
    assert "升级以前开始" in office.get(held.path).text
    assert client().get("/vote").status_code == 200
    assert office.post(f"{held.path}/close", follow_redirects=True).status_code == 200
    assert queries.ballot(1).erased_at
    assert "应到—人，实到—人。发出测评表2份，收回0份" in paragraphs(office, f"{held.path}/statistics.docx")[0]


def test_numbers_are_read_as_people_type_them(office):
    held = Held(office)
    held.numbers(a={"sheets": "１２份", "codes": "3 个", "due": "20人"})
    one = held.ballot.classes[0]
    assert (one.sheets, one.codes, one.due, one.present) == (12, 3, 20, 15)
    said = held.numbers(a={"sheets": "约30"})
    assert "请填0至2000" in office.get(said.headers["Location"]).text
