"""The pages of a ballot: the voter's without a session, the office's by keyboard, and who never sees them."""

import io
import re

import pytest
from docx import Document

from logbook.ballots import queries
from logbook.ballots.models import VoterClass
from logbook.db import db
from logbook.formats import today
from logbook.review.models import Report
from tests import factories
from tests.client import listening

YEAR = today().year


@pytest.fixture
def held(client):
    """An open ballot of both sheets on two secretaries, the second of them a member: (office's browser, class ids)."""
    clerk, member = factories.office(), factories.member(name="王珺")
    factories.term(factories.branch("森林党支部"), factories.person(name="赵堃"))
    factories.term(factories.branch("环湖党支部"), member)
    office = client(clerk)
    office.post(f"/review/{YEAR}/create")
    office.post(f"/review/{YEAR}/ballot", {"sheet": "both"})
    classes = {one.voters: one.id for one in queries.ballot(1).classes}
    for one in classes.values():
        office.post(f"/review/{YEAR}/ballot/{one}/handed", {"handed_out": "1"})
    return office, classes


def codes(office, class_id, n):
    page = office.post(f"/review/{YEAR}/ballot/{class_id}/codes", {"codes": n}).text
    found = re.findall(r'class="code">([A-Z0-9-]{14})<', page)
    assert len(found) == n
    return found


def filled(points="10", **cells):
    reports = [one.id for one in db.session.query(Report).order_by(Report.position)]
    body = {f"c{report}_{item}": points for report in reports for item in range(1, 9)}
    return body | {f"c{reports[0]}_0": "good", f"c{reports[1]}_0": "average"} | cells


def five(client, office, class_id, **cells):
    """Five who judge alike."""
    office.post(f"/review/{YEAR}/ballot/{class_id}/handed", {"handed_out": "5"})
    for code in codes(office, class_id, 5):
        client().post("/vote/cast", filled(code=code, **cells))


def close(office):
    office.post(f"/review/{YEAR}/ballot/close")
    return office.get(f"/review/{YEAR}/ballot").text


def test_a_slip_opens_the_ballot_and_casts_it_once(client, held):
    office, classes = held
    five(client, office, classes[VoterClass.MASSES])
    (code,) = codes(office, classes[VoterClass.MEMBERS], 1)
    voter = client()
    assert "赵堃" in voter.post("/vote", {"code": code.lower()}).text
    assert "已投票" in voter.post("/vote/cast", filled(code=code), follow_redirects=True).text
    assert voter.post("/vote/cast", filled(code=code)).status_code == 422
    page = close(office)
    assert "收回6份" in page
    assert "80.00" in page


def test_points_outside_their_range_are_shown_before_they_count_as_invalid(client, held):
    office, classes = held
    five(client, office, classes[VoterClass.MASSES], c1_1="16", sure="1")
    (code,) = codes(office, classes[VoterClass.MEMBERS], 1)
    body = filled(code=code, c1_1="99.5", c1_2="１５")
    shown = client().post("/vote/cast", body)
    assert shown.status_code == 422
    assert shown.text.count('aria-invalid="true"') == 1
    client().post("/vote/cast", body | {"sure": "1"})
    assert queries.class_of_code(code) is None
    assert "无有效票" in close(office)


def test_a_voter_who_is_signed_in_leaves_no_trace(app, client, held):
    office, classes = held
    (code,) = codes(office, classes[VoterClass.MEMBERS], 1)
    voter = client(factories.member())
    with listening() as made:
        answers = [voter.get("/vote"), voter.post("/vote", {"code": code}), voter.post("/vote/cast", filled(code=code))]
    assert not [one for one in made if "sign_in_session" in one or "person" in one.partition("WHERE")[2]]
    assert not any("Set-Cookie" in answer.headers for answer in answers)


def test_paper_is_typed_twice_by_keys_alone(held):
    office, classes = held
    path = f"/review/{YEAR}/ballot/{classes[VoterClass.SECRETARIES]}"
    office.post(f"{path}/handed", {"handed_out": "2"})
    sheet = {"c1_0": "1", "c2_0": "-", **{f"c2_{item}": "-" for item in range(1, 9)}, "c1_1": "１５", "c1_2": "x"}
    for typing in ("first", "second"):
        assert "第1份" in office.get(f"{path}/{typing}").text
        assert "第2份" in office.post(f"{path}/{typing}", sheet, follow_redirects=True).text
    page = close(office)
    assert "发出4份，收回1份" in page
    counts = queries.counts(1)
    assert counts["b", 1, 0] == {"good": 1}
    assert (counts["b", 1, 1], counts["b", 1, 2]) == ({"15": 1}, {"invalid": 1})
    assert not any(report == 2 for _class, report, _item in counts)


def test_a_difference_between_the_typings_is_shown_and_can_be_typed_again(held):
    office, classes = held
    path = f"/review/{YEAR}/ballot/{classes[VoterClass.MEMBERS]}"
    office.post(f"{path}/first", {"c1_0": "1"})
    office.post(f"{path}/second", {"c1_0": "2"})
    office.post(f"/review/{YEAR}/ballot/close")
    before = office.get(f"/review/{YEAR}/ballot/close").text
    assert ("两遍录入不一致" in before, '<button class="button">结束测评' in before) == (True, False)
    page = office.get(f"/review/{YEAR}/ballot").text
    assert re.findall(r"<td>(\w+)</td><td>(第.遍多\d)</td>", page) == [("较好", "第二遍多1"), ("好", "第一遍多1")]
    office.post(f"{path}/second/again")
    office.post(f"{path}/second", {"c1_0": "1"})
    assert '<button class="button">结束测评' in office.get(f"/review/{YEAR}/ballot/close").text
    assert "收回1份" in close(office)


def test_a_ballot_closes_when_it_is_said_how_many_were_handed_out(client, held):
    office, classes = held
    office.post(f"/review/{YEAR}/ballot/{classes[VoterClass.MEMBERS]}/handed", {"handed_out": "0"})
    (code,) = codes(office, classes[VoterClass.MEMBERS], 1)
    client().post("/vote/cast", filled(code=code))
    told = office.post(f"/review/{YEAR}/ballot/close", follow_redirects=True).text
    assert "请先填写各类测评表的发出份数" in told
    assert queries.ballot(1).closed_at is None


def test_a_meeting_with_a_ballot_is_not_removed(held):
    office, _classes = held
    assert "不能删去" in office.post(f"/review/{YEAR}/remove", follow_redirects=True).text
    assert db.session.query(Report).count() == 2


def test_the_result_is_printed_after_closing_and_not_before(client, held):
    office, classes = held
    path = f"/review/{YEAR}/ballot/statistics.docx"
    assert "测评结束以后才有统计表" in office.get(path, follow_redirects=True).text
    five(client, office, classes[VoterClass.MEMBERS])
    close(office)
    tables = Document(io.BytesIO(office.get(path).data)).tables
    rows = [[cell.text for cell in row.cells] for row in tables[0].rows]
    assert rows[1][3:] == ["A票 党组成员", "5", "0", "0", "0", "0", "0"]
    assert rows[2][1:5] == ["环湖党支部", "王珺", "A票 党组成员", "0"]
    assert [cell.text for cell in tables[1].rows[1].cells][-1] == "80.00"


def test_a_sheet_is_printed_for_each_class_and_a_secretarys_is_cut_apart(held):
    office, classes = held
    path = f"/review/{YEAR}/ballot/{{}}/sheet.docx"
    whole = Document(io.BytesIO(office.get(path.format(classes[VoterClass.MEMBERS])).data))
    apart = Document(io.BytesIO(office.get(path.format(classes[VoterClass.SECRETARIES])).data))
    assert [len(table.rows) for table in whole.tables] == [3, 3]
    assert [len(table.rows) for table in apart.tables] == [2, 2, 2, 2]
    assert sum("本人一页不投" in one.text for one in apart.paragraphs) == 2
    assert "".join(cell.text for cell in whole.tables[0].rows[0].cells) == "序号党组织书记好较好一般差"


def test_the_result_is_read_in_english_too(client, held):
    office, classes = held
    five(client, office, classes[VoterClass.MASSES])
    for code in codes(office, classes[VoterClass.MEMBERS], 1):
        client().post("/vote/cast", filled(code=code))
    close(office)
    office.post("/language", {"language": "en"})
    page = office.get(f"/review/{YEAR}/ballot").text
    heads = re.findall(r'<th scope="col">([^<]+)</th>', page)
    assert heads[2:8] == ["Good", "Fairly good", "Average", "Poor", "Abstained", "Invalid"]
    assert heads[-1] == "A: members of the group, C: Party members and staff"
    assert "came back: 6. A class" in page


def test_of_fewer_than_five_ballots_nothing_is_shown(client, held):
    office, classes = held
    for code in codes(office, classes[VoterClass.MEMBERS], 1):
        client().post("/vote/cast", filled(code=code))
    page = close(office)
    assert "收回不足5份" in page
    assert "赵堃" not in page
    paper = Document(io.BytesIO(office.get(f"/review/{YEAR}/ballot/statistics.docx").data))
    assert not paper.tables
    assert "收回1份，有效1份。收回不足5份" in "".join(one.text for one in paper.paragraphs)


def test_whoever_is_under_review_has_nothing_to_do_with_the_ballot(client):
    clerk = factories.office()
    factories.term(factories.branch("森林党支部"), clerk)
    browser = client(clerk)
    browser.post(f"/review/{YEAR}/create")
    assert browser.get(f"/review/{YEAR}/ballot").status_code == 404
    assert browser.post(f"/review/{YEAR}/ballot", {"sheet": "grades"}).status_code == 404
