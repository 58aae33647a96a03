"""The meeting: built by one click, ordered, briefed for one reader at a time, graded; rule 7 everywhere."""

import datetime as dt
import io
import json
import re
from html import unescape

import pytest
from docx import Document
from pypdf import PdfReader

from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import full_date, now, short_date, today
from logbook.problems.models import Side, SourceKind, State
from logbook.review import actions, queries
from logbook.review.actions import Arrangement, NewDecision
from logbook.review.models import Decision, Grade, Meeting, PrintedBrief, Report
from logbook.visits.models import Level, Visit
from logbook.years import actions as years
from tests import factories
from tests.client import filled
from tests.texts.test_marks import MARKS, WORDS

YEAR = today().year
IN_YEAR = dt.date(YEAR, 3, 5)


@pytest.fixture
def bureau(app):
    """Two reporting branches; the second is led by a member. Returns (clerk, leader, member, branches, secretaries)."""
    clerk, leader, member = factories.office(name="钱玥"), factories.leader(name="施喆"), factories.member(name="王珺")
    woods, lake = factories.branch("森林党支部"), factories.branch("环湖党支部")
    factories.branch("不述职党支部", reports=False)
    secretary = factories.person(name="赵堃")
    factories.term(woods, secretary)
    factories.term(lake, member)
    factories.liaison(member, woods, year=YEAR)
    factories.liaison(member, lake, year=YEAR)
    return clerk, leader, member, (woods, lake), (secretary, member)


@pytest.fixture
def meeting(client, bureau):
    clerk = bureau[0]
    assert client(clerk).post(f"/review/{YEAR}/create").status_code == 303
    return {one.branch_id: one.id for one in db.session.query(Report)}


def read(answer):
    return "\n".join(one.text for one in Document(io.BytesIO(answer.data)).paragraphs)


def test_one_click_builds_it_in_official_order(client, bureau, meeting):
    clerk, _leader, member, (woods, lake), _secretaries = bureau
    page = client(clerk).get(f"/review/{YEAR}").text
    assert page.index("森林党支部") < page.index("环湖党支部")
    assert "不述职党支部" not in page
    stored = {one.branch_id: one.commentator_id for one in db.session.query(Report)}
    assert stored == {woods: member, lake: None}  # nobody comments on themself
    again = client(clerk).post(f"/review/{YEAR}/create", follow_redirects=True)
    assert "已经建好" in again.text


def test_nobody_to_report_is_said(client):
    answer = client(factories.office()).post(f"/review/{YEAR}/create", follow_redirects=True)
    assert "没有向党组述职的书记" in answer.text
    assert client(factories.office()).get(f"/review/{YEAR}").status_code == 404
    assert client(factories.member()).post(f"/review/{YEAR}/create").status_code == 403


def test_its_figures_stay_as_they_were(client, bureau, meeting):
    clerk, _leader, member, (woods, _lake), _secretaries = bureau
    factories.visit(member, woods, IN_YEAR)
    assert "0人次" in client(clerk).get(f"/review/{YEAR}").text


def test_a_closed_years_figures_are_taken(client, bureau):
    clerk, _leader, member, (woods, _lake), _secretaries = bureau
    factories.visit(member, woods, dt.date(YEAR - 1, 3, 5))
    years.close_year(YEAR - 1, early=False, by=factories.actor(clerk), at=now())
    db.session.commit()
    factories.visit(member, woods, dt.date(YEAR - 1, 3, 6))
    client(clerk).post(f"/review/{YEAR - 1}/create")
    page = client(clerk).get(f"/review/{YEAR - 1}").text
    assert "归档时固定" in page
    assert "1人次" in page


def test_reports_are_moved_and_the_ends_stay(client, bureau, meeting):
    clerk, woods, lake = bureau[0], *bureau[3]
    browser = client(clerk)

    def order():
        return [one.branch_id for one in queries.reports(queries.meeting(YEAR).id)]

    browser.post(f"/review/{YEAR}/reports/{meeting[lake]}/move", {"to": "up"})
    assert order() == [lake, woods]
    browser.post(f"/review/{YEAR}/reports/{meeting[lake]}/move", {"to": "up"})
    browser.post(f"/review/{YEAR}/reports/{meeting[lake]}/move", {"to": "down"})
    assert order() == [woods, lake]
    assert browser.post(f"/review/{YEAR}/reports/99999/move", {"to": "up"}).status_code == 404


def test_when_and_where(client, bureau, meeting):
    browser = client(bureau[0])
    browser.post(f"/review/{YEAR}", {"held_on": f"{YEAR + 1}-01-12", "place": "二楼会议室"})
    page = browser.get(f"/review/{YEAR}").text
    assert "二楼会议室" in page
    assert f"{YEAR + 1}年1月12日" in page
    wrong = browser.post(f"/review/{YEAR}", {"held_on": "2001-01-01"}, follow_redirects=True)
    assert "会议日期应在当年或次年" in wrong.text
    assert browser.post(f"/review/{YEAR}", {"held_on": "soon"}).status_code == 422
    assert client(bureau[2]).post(f"/review/{YEAR}", {"place": "x"}).status_code in {403, 404}


def test_who_comments_and_how_one_reports(client, bureau, meeting):
    clerk, leader, member, (woods, lake), _secretaries = bureau
    browser = client(clerk)
    path = f"/review/reports/{meeting[woods]}/change"
    assert browser.post(path, {"commentator_id": str(leader), "in_writing": "y"}).status_code == 303
    page = browser.get(f"/review/{YEAR}").text
    assert "书面述职" in page
    assert "施喆" in page
    assert browser.post(path, {"commentator_id": "99999"}).status_code == 422
    with pytest.raises(RuleBroken):
        actions.change_report(meeting[lake], member, in_writing=False, by=factories.actor(clerk))


def test_the_order_drawn_by_lot_is_typed_in(client, bureau, meeting):
    browser, (woods, lake) = client(bureau[0]), bureau[3]
    path = f"/review/{YEAR}/order"
    assert 'value="1"' in browser.get(path).text
    for wrong in ({}, {f"place{meeting[woods]}": "1", f"place{meeting[lake]}": "1"}, {f"place{meeting[woods]}": "2"}):
        refused = browser.post(path, wrong)
        assert (refused.status_code, "每个用一次" in refused.text) == (422, True)
    drawn = {f"place{meeting[woods]}": "２", f"place{meeting[lake]}": " 1"}
    assert browser.post(path, drawn).status_code == 303
    page = browser.get(f"/review/{YEAR}").text
    assert "1　环湖党支部" in page


def filed(browser, path):
    """What the page of a report would send as it is."""
    return filled(browser.get(path).text, path)


def test_reports_are_filed_and_missing_ones_named(client, bureau, meeting):
    clerk, leader, _member, (woods, _lake), _secretaries = bureau
    browser, path = client(clerk), f"/review/reports/{meeting[woods]}/written"
    assert "收到0份，还缺2份：赵堃、王珺" in browser.get(f"/review/{YEAR}").text
    first = filed(browser, path)
    assert browser.post(path, first | {"written": "述" * 4001, "speech": "念" * 12}).status_code == 303
    late = browser.post(path, first | {"written": "旧页面上的"})
    assert (late.status_code, "已有改动" in late.text, "旧页面上的" in late.text) == (422, True, True)
    page = browser.get(path).text
    assert "现有4001字，一般不超过4000字" in page
    assert "现有12字，一般不超过1300字" in page
    assert "收到1份，还缺1份：王珺" in browser.get(f"/review/{YEAR}").text
    assert "念" * 12 in client(leader).get(path).text
    assert client(leader).post(path, {"written": "别人写的"}).status_code == 403
    refused = browser.post(path, filed(browser, path) | {"written": "字" * 20_001})
    assert (refused.status_code, "不超过20000字" in refused.text) == (422, True)


def test_a_report_filed_meanwhile_is_not_written_over_by_whoever_was_told_of_another_fault(client, bureau, meeting):
    """An unreadable Word file on an old page: the page says that alone, and goes on being the old one."""
    browser, path = client(bureau[0]), f"/review/reports/{meeting[bureau[3][0]]}/written"
    first = filed(browser, path)
    browser.post(path, first | {"written": "先存的报告。"})
    faulty = browser.post(path, first | {"files": (io.BytesIO(b"no Word file"), "a.docx")})
    sent = filled(faulty.text, path)
    late = browser.post(path, sent | {"written": "旧页面上的"})
    assert (faulty.status_code, late.status_code, "已有改动" in late.text) == (422, 422, True)
    assert db.session.get(Report, meeting[bureau[3][0]]).written == "先存的报告。"
    assert browser.post(path, filled(late.text, path)).status_code == 303  # told, they decide


def word_file(*paragraphs):
    handed_in, stream = Document(), io.BytesIO()
    for text in paragraphs:
        handed_in.add_paragraph(text)
    handed_in.save(stream)
    return io.BytesIO(stream.getvalue()), "述职报告.docx"


def test_a_mark_in_a_word_report_is_asked_about_as_one_that_is_typed(client, bureau, meeting):
    browser, (woods, _lake) = client(bureau[0]), bureau[3]
    path = f"/review/reports/{meeting[woods]}/written"
    sent = filed(browser, path)
    refused = browser.post(
        path, sent | {"files": word_file("机密★1年", "一年来的工作。")}, content_type="multipart/form-data"
    )
    assert (refused.status_code, "文字中有“机密”" in refused.text, "no_secrets" in refused.text) == (422, True, True)
    assert not db.session.get(Report, meeting[woods]).written
    looked = sent | {"files": word_file("机密★1年", "一年来的工作。"), "no_secrets": "y"}
    assert browser.post(path, looked, content_type="multipart/form-data").status_code == 303
    assert "机密★1年" in db.session.get(Report, meeting[woods]).written


def test_a_report_is_read_from_its_word_file(client, bureau, meeting):
    browser, (woods, _lake) = client(bureau[0]), bureau[3]
    path = f"/review/reports/{meeting[woods]}/written"
    handed_in = Document()
    handed_in.add_paragraph("一年来的工作。")
    handed_in.add_table(1, 1).cell(0, 0).text = "表里的字"
    stream = io.BytesIO()
    handed_in.save(stream)
    sent = filed(browser, path) | {"written": "旧的", "files": (io.BytesIO(stream.getvalue()), "述职报告.docx")}
    assert browser.post(path, sent, content_type="multipart/form-data").status_code == 303
    assert db.session.get(Report, meeting[woods]).written == "一年来的工作。\n表里的字"
    empty = io.BytesIO()
    Document().save(empty)  # a scan, too, holds no text
    for content, why in (
        (empty.getvalue(), "文件里没有文字"),
        (b"", "文件是空的"),
        (b"\xd0\xcf\x11\xe0", "不是Word文件"),
        (b"PK\x03\x04x", "文件已损坏"),
    ):
        sent = filed(browser, path) | {"written": "旧的", "files": (io.BytesIO(content), "a.docx")}
        refused = browser.post(path, sent, content_type="multipart/form-data")
        assert (refused.status_code, why in refused.text, "旧的" in refused.text) == (422, True, True), why
    assert db.session.get(Report, meeting[woods]).written == "一年来的工作。\n表里的字"


def test_agenda_and_script_follow_how_the_meeting_is_held(client, bureau, meeting):
    browser, (_woods, lake) = client(bureau[0]), bureau[3]
    agenda = read(browser.get(f"/review/{YEAR}/agenda.docx"))
    assert f"一、通报{YEAR - 1}年度述职评议查摆问题整改情况" in agenda
    assert "二、各党（总）支部书记逐一述职，述职后由点评人点评" in agenda
    assert "五、党组书记讲话" in agenda
    script = read(browser.get(f"/review/{YEAR}/script.docx"))
    assert "首先，请森林党支部书记赵堃同志述职。\n请王珺同志点评。" in script
    browser.post(f"/review/{YEAR}", {"agenda": "together", "guest": "市直机关工委同志"})
    browser.post(f"/review/reports/{meeting[lake]}/change", {"in_writing": "y"})
    script = read(browser.get(f"/review/{YEAR}/script.docx"))
    assert "三、点评人逐一点评\n请王珺同志点评森林党支部书记赵堃同志。" in script
    assert "环湖党支部书记王珺同志作书面述职" in script
    assert "下面，请市直机关工委同志讲话。" in script


def test_a_printed_brief_of_before_is_still_read(client, bureau, meeting):
    """As they were kept before their numbers led anywhere."""
    _clerk, leader, _member, (woods, _lake), _secretaries = bureau
    path = f"/review/reports/{meeting[woods]}"
    client(leader).post(f"{path}/print", {"as": "docx"})
    kept = db.session.query(PrintedBrief).one()
    old = json.loads(kept.body)
    del old["last"]
    kept.body = json.dumps(old | {"last_source": "2026-001", "last_on": f"{YEAR}-03-05", "trips": 1})
    db.session.commit()
    assert client(leader).get(path).status_code == 200
    assert "2026-001" in client(leader).get(f"{path}/printed/{kept.id}").text


# --- briefs ---------------------------------------------------------------------------------------


def earlier(clerk, year):
    """The id of a meeting held before."""
    made = Meeting(year=year, summary="{}", text="", year_was_closed=True, created_at=factories.AT, created_by_id=clerk)
    db.session.add(made)
    db.session.commit()
    return made.id


def test_a_brief_says_what_its_reader_may_know(client, bureau, meeting):
    clerk, leader, member, (woods, _lake), _secretaries = bureau
    other = factories.member()
    factories.visit(member, woods, IN_YEAR, observation="台账规范", version=2)
    factories.visit(other, woods, IN_YEAR, observation="学习不够", level=Level.LEADER)
    factories.visit(other, woods, IN_YEAR, level=Level.SELF)
    factories.problem(member, woods, text="活动室修缮慢", side=Side.BRANCH, raised_on=IN_YEAR)
    factories.problem(member, woods, text="记录补得晚", side=Side.BRANCH, raised_on=IN_YEAR, state=State.DONE)
    factories.problem(member, woods, text="缺遮阳棚", side=Side.BUREAU, raised_on=IN_YEAR)
    factories.problem(member, woods, text="领导没回复", side=Side.MEMBER, raised_on=IN_YEAR)
    factories.problem(
        member,
        woods,
        text="上年整改",
        side=Side.BRANCH,
        raised_on=IN_YEAR,
        source_kind=SourceKind.MEETING,
        source_id=earlier(clerk, YEAR - 1),
    )
    path = f"/review/reports/{meeting[woods]}"
    mine, leaders, clerks = (client(who).get(path).text for who in (member, leader, clerk))
    for page in (mine, leaders, clerks):
        assert "活动室修缮慢" in page
        assert "上年整改" in page
        assert "不作为评价书记的依据" in page
        assert "领导没回复" not in page
    assert "台账规范" in mine
    assert "第2版" in mine
    assert "学习不够" not in mine
    assert "另有2条不在知悉范围" in mine
    assert "学习不够" in leaders
    assert "台账规范" not in clerks


def test_a_printed_brief_is_kept_as_it_was(client, bureau, meeting):
    _clerk, leader, member, (woods, _lake), _secretaries = bureau
    factories.visit(member, woods, IN_YEAR, observation="字" * 400)
    path = f"/review/reports/{meeting[woods]}"
    text = read(client(leader).post(f"{path}/print", {"as": "docx"}))
    assert "森林党支部　书记：赵堃　点评人：王珺" in text
    assert "……”" in text
    assert f"截至{short_date(today())}，党组成员到支部1次，最近一次3月5日" in text
    pdf = client(leader).post(f"{path}/print", {"as": "pdf"})
    assert "赵堃" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.data)).pages)
    kept = db.session.query(PrintedBrief).order_by(PrintedBrief.id).first()
    before = kept.body
    factories.visit(member, woods, IN_YEAR)
    assert db.session.get(PrintedBrief, kept.id).body == before
    assert json.loads(before)["secretary"] == "赵堃"
    assert "打印过2次" in client(leader).get(path).text
    assert "打印过" not in client(member).get(path).text


def test_its_reader_sorts_the_extracts_for_and_against(client, bureau, meeting):
    _clerk, leader, member, (woods, _lake), _secretaries = bureau
    good, wanting = (factories.visit(member, woods, IN_YEAR, observation=text) for text in ("结合巡护", "安排不清"))
    path = f"/review/reports/{meeting[woods]}"
    browser = client(member)
    browser.post(f"{path}/extracts/{wanting}", {"stance": "wanting"})
    browser.post(f"{path}/extracts/{good}", {"stance": "good"})
    text = read(browser.post(f"{path}/print", {"as": "docx"}))
    assert "四、工作中的好做法（摘录）\n1. “结合巡护。”" in text
    assert "五、需要加强的（摘录）\n2. “安排不清。”" in text
    assert "四、其他掌握的情况（摘录）" in read(client(leader).post(f"{path}/print", {"as": "docx"}))
    browser.post(f"{path}/extracts/{good}", {"stance": ""})
    assert "还没有归类" in browser.get(path).text
    assert client(bureau[0]).post(f"{path}/extracts/{good}", {"stance": "good"}).status_code == 404


def test_what_was_printed_is_read_again_by_who_printed_it(client, bureau, meeting):
    _clerk, leader, member, (woods, _lake), _secretaries = bureau
    visit = factories.visit(member, woods, IN_YEAR, observation="台账规范")
    path = f"/review/reports/{meeting[woods]}"
    client(member).post(f"{path}/print", {"as": "docx"})
    kept = db.session.query(PrintedBrief).one().id
    assert "打印以后" not in client(member).get(path).text
    found = db.session.get(Visit, visit)
    found.observation, found.version = "台账不全", 2
    db.session.commit()
    page = client(member).get(path).text
    assert "打印以后，所依据的记录有了变化" in page
    assert "打印时：台账规范" in page
    assert "现在：台账不全" in page
    assert "台账规范" in client(member).get(f"{path}/printed/{kept}").text
    assert client(leader).get(f"{path}/printed/{kept}").status_code == 404


def test_every_number_of_a_brief_opens_what_it_names(client, bureau, meeting):
    _clerk, _leader, member, (woods, _lake), _secretaries = bureau
    factories.visit(member, woods, IN_YEAR, observation="台账规范")
    factories.problem(member, woods, text="活动室修缮慢", side=Side.BRANCH, raised_on=IN_YEAR)
    browser = client(member)
    page = browser.get(f"/review/reports/{meeting[woods]}").text
    cited = re.findall(r'<a class="nowrap" href="([^"]+)">([^<]+)</a>', page)
    assert len(cited) == 3  # the last visit, its extract, the problem
    for address, number in cited:
        assert unescape(number) in browser.get(unescape(address)).text


def test_a_branch_nobody_went_to_and_one_whose_records_are_hidden(client, bureau, meeting):
    _clerk, leader, member, (woods, _lake), _secretaries = bureau
    path = f"/review/reports/{meeting[woods]}"
    assert "没有党组成员到支部的记录" in client(leader).get(path).text
    number = db.session.get(Visit, factories.visit(member, woods, IN_YEAR, level=Level.SELF)).number
    page = client(leader).get(path).text
    assert "党组成员到支部1次，最近一次3月5日" in page
    assert number not in page
    assert number in client(member).get(path).text
    factories.problem(member, woods, side=Side.BRANCH, raised_on=IN_YEAR, state=State.DONE)
    assert "全部办结" in client(leader).get(path).text


# --- rule 7 ---------------------------------------------------------------------------------------


def test_whoever_is_under_review_sees_nothing_of_themself(client, bureau, meeting):
    _clerk, leader, member, (_woods, lake), _secretaries = bureau
    report = meeting[lake]
    graded = {"grade": "good", "decided_on": today().isoformat(), "ground": "依据在此"}
    assert client(leader).post(f"/review/reports/{report}/grade", graded).status_code == 303
    browser = client(member)
    for path in (f"/review/reports/{report}",):
        assert browser.get(path).status_code == 404
    assert browser.post(f"/review/reports/{report}/print").status_code == 404
    page = browser.get(f"/review/{YEAR}").text
    assert "反馈后可见" in page
    card = browser.get(f"/branches/{lake}").text
    for text in (page, card):
        assert "依据在此" not in text
    assert "依据在此" in client(leader).get(f"/branches/{lake}").text
    stored = db.session.get(Report, report)
    stored.fed_back_on = today()
    db.session.commit()
    assert browser.get(f"/review/reports/{report}").status_code == 200
    assert "依据在此" in browser.get(f"/branches/{lake}").text


def test_the_offices_head_under_review_neither_sees_nor_enters_their_own_grade(client, bureau):
    clerk, leader, *_rest = bureau
    own = factories.branch("机关党支部")
    factories.term(own, clerk)
    client(leader).post(f"/review/{YEAR}/create")
    report = db.session.query(Report).filter_by(branch_id=own).one().id
    client(leader).post(f"/review/reports/{report}/grade", {"grade": "average", "decided_on": today().isoformat()})
    body = {"grade": "good", "decided_on": today().isoformat()}
    assert client(clerk).post(f"/review/reports/{report}/grade", body).status_code == 404
    assert client(clerk).post(f"/review/reports/{report}/change", {}).status_code == 404
    paper = Document(io.BytesIO(client(clerk).get(f"/review/{YEAR}/meeting.docx?grades=1").data))
    cells = [c.text for t in paper.tables for row in t.rows for c in row.cells]
    assert "一般" not in cells
    stored = db.session.get(Report, report)
    stored.fed_back_on = today()
    db.session.commit()
    with pytest.raises(NotThere):
        actions.decide_grade(report, NewDecision(Grade.GOOD, today()), by=factories.actor(clerk), at=factories.AT)


# --- grades and papers ----------------------------------------------------------------------------


def test_a_grade_has_its_day(client, bureau, meeting):
    clerk, _leader, member, (woods, _lake), _secretaries = bureau
    path = f"/review/reports/{meeting[woods]}/grade"
    browser = client(clerk)
    for wrong in ({"grade": "good"}, {"grade": "good", "decided_on": "2999-01-01"}, {"grade": "best"},
                  {"grade": "good", "decided_on": "x"}, {"grade": ""},
                  {"grade": "good", "decided_on": today().isoformat(), "ground": "字" * 501}):  # fmt: skip
        assert browser.post(path, wrong).status_code == 422
    good = {"grade": "fairly_good", "decided_on": today().isoformat(), "ground": "党组会议"}
    assert browser.post(path, good).status_code == 303
    assert "较好" in browser.get(f"/review/{YEAR}").text
    assert client(member).post(path, good).status_code == 403
    assert browser.post("/review/reports/99999/grade", good).status_code == 404
    assert "已定等次1个党组织" in browser.get(f"/review/{YEAR}").text


def test_a_changed_decision_says_why_and_the_former_stays(client, bureau, meeting):
    clerk, leader, _member, (woods, _lake), _secretaries = bureau
    path, browser = f"/review/reports/{meeting[woods]}/grade", client(clerk)
    good = {"grade": "good", "decided_on": today().isoformat(), "ground": "党组第1次会议"}
    browser.post(path, good)
    assert browser.post(path, good | {"grade": "average"}).status_code == 422
    assert browser.post(path, good | {"grade": "average", "reason": "复议"}).status_code == 303
    taken_back = client(leader).post(path, {"grade": "", "reason": "下次再议"}, follow_redirects=True)
    assert "已改为未定" in taken_back.text
    assert "等次已登记" not in taken_back.text
    assert [(one.grade, one.reason) for one in db.session.query(Decision).order_by(Decision.id)] == [
        (Grade.GOOD, ""), (Grade.AVERAGE, "复议"), (None, "下次再议"),
    ]  # fmt: skip
    page = browser.get(f"/review/reports/{meeting[woods]}").text
    assert page.index("下次再议") < page.index("复议")
    assert "党组第1次会议" in page
    assert "已定等次0个党组织" in browser.get(f"/review/{YEAR}").text
    assert "上次述职评议" not in browser.get(f"/branches/{woods}").text


def test_what_was_typed_for_a_report_is_shown_on_its_address(client, bureau, meeting):
    browser, path = client(bureau[0]), f"/review/reports/{meeting[bureau[3][0]]}"
    for act in ("grade", "change"):
        assert browser.get(f"{path}/{act}").status_code == 200
    refused = browser.post(f"{path}/grade", {"grade": "good", "ground": "写到一半"})
    assert "写到一半" in refused.text
    assert '<option selected value="' + str(bureau[2]) in refused.text, "the other form as it is stored"


def test_whoever_is_under_review_does_not_learn_that_they_were_graded(client, bureau, meeting):
    _clerk, leader, member, (_woods, lake), _secretaries = bureau
    grade = {"grade": "good", "decided_on": today().isoformat()}
    client(leader).post(f"/review/reports/{meeting[lake]}/grade", grade)
    assert "已定等次0个党组织" in client(member).get(f"/review/{YEAR}").text
    assert "已定等次1个党组织" in client(leader).get(f"/review/{YEAR}").text


def test_the_figures_are_fixed_again_until_a_grade_is_decided(client, bureau, meeting):
    clerk, _leader, member, (woods, _lake), _secretaries = bureau
    factories.visit(member, woods, IN_YEAR)
    browser = client(clerk)
    assert "0人次" in browser.get(f"/review/{YEAR}").text
    assert browser.post(f"/review/{YEAR}/freeze").status_code == 303
    assert "1人次" in browser.get(f"/review/{YEAR}").text
    factories.visit(member, woods, IN_YEAR)
    grade = {"grade": "good", "decided_on": today().isoformat()}
    browser.post(f"/review/reports/{meeting[woods]}/grade", grade)
    assert "不再重新固定" in browser.post(f"/review/{YEAR}/freeze", follow_redirects=True).text
    assert "1人次" in browser.get(f"/review/{YEAR}").text
    assert "重新固定" not in browser.get(f"/review/{YEAR}").text


def test_a_meeting_made_by_mistake_is_taken_away_until_something_rests_on_it(client, bureau, meeting):
    clerk, leader, _member, (woods, _lake), _secretaries = bureau
    browser = client(clerk)
    assert "删去" in browser.get(f"/review/{YEAR}/remove").text
    browser.post(f"/review/{YEAR}/remove")
    assert db.session.query(Report).count() == 0
    browser.post(f"/review/{YEAR}/create")
    report = db.session.query(Report).filter_by(branch_id=woods).one().id
    client(leader).post(f"/review/reports/{report}/print", {"as": "docx"})
    assert "不能删去" in browser.post(f"/review/{YEAR}/remove", follow_redirects=True).text
    assert db.session.query(Report).count() == 2
    assert browser.post("/review/2001/freeze").status_code == 404


def test_the_years_text_is_frozen_with_the_meeting(client, bureau, meeting):
    clerk, _leader, member, (_woods, _lake), _secretaries = bureau
    days = f"from={YEAR}-01-01&to={YEAR}-12-31"
    browser = client(clerk)
    browser.post(f"/years/text?{days}", {"text": "党办写的话。"})
    assert "党办写的话。" not in browser.get(f"/review/{YEAR}").text
    browser.post(f"/review/{YEAR}/freeze")
    browser.post(f"/years/text?{days}", {"text": "后来的话。"})
    assert "党办写的话。" in browser.get(f"/review/{YEAR}").text
    assert "党办写的话。" not in client(member).get(f"/review/{YEAR}").text, "what was missed is for leader and office"
    assert "党办写的话。" in read(browser.get(f"/review/{YEAR}/meeting.docx"))


def test_who_comments_is_whose_liaison_holds_last_then_by_official_order(client, bureau):
    clerk, leader, member, (woods, lake), _secretaries = bureau
    for one, to_on in ((factories.member(official_order=1), 6), (factories.member(official_order=2), 12)):
        factories.liaison(one, woods, year=YEAR, to_on=dt.date(YEAR, to_on, 30))
    factories.liaison(leader, lake, year=YEAR)
    client(clerk).post(f"/review/{YEAR}/create")
    stored = {one.branch_id: one.commentator_id for one in db.session.query(Report)}
    assert stored == {woods: member, lake: leader}


def test_a_dissolved_branch_reports_no_more(client, bureau):
    gone = factories.branch("撤销的党支部", to_on=today() - dt.timedelta(days=1))
    factories.term(gone, factories.person())
    client(bureau[0]).post(f"/review/{YEAR}/create")
    assert "撤销的党支部" not in client(bureau[0]).get(f"/review/{YEAR}").text


def test_what_was_raised_inside_a_general_branch_is_in_its_brief_by_the_day(client, bureau, meeting):
    _clerk, leader, member, (woods, _lake), _secretaries = bureau
    inner = factories.branch("护林党支部")
    factories.placement(inner, woods, to_on=dt.date(YEAR, 2, 1))
    factories.problem(member, inner, text="在内时的", side=Side.BRANCH, raised_on=dt.date(YEAR, 1, 9))
    factories.problem(member, inner, text="迁出后的", side=Side.BRANCH, raised_on=IN_YEAR)
    page = client(leader).get(f"/review/reports/{meeting[woods]}").text
    assert ("在内时的" in page, "迁出后的" in page) == (True, False)


def test_a_brief_is_in_the_readers_language(client, bureau, meeting):
    _clerk, leader, member, (woods, _lake), _secretaries = bureau
    factories.visit(member, woods, IN_YEAR)
    factories.problem(member, woods, side=Side.BUREAU, raised_on=IN_YEAR)
    browser = client(leader)
    browser.post("/language", {"language": "en"})
    browser.http.set_cookie("language", "en")
    page = browser.get(f"/review/reports/{meeting[woods]}").text
    assert "Members' visits to the branch: 1" in unescape(page)
    assert page.count("no ground for judging the secretary") == 1
    text = read(client(leader).post(f"/review/reports/{meeting[woods]}/print", {"as": "docx"}))
    assert text.count("不作为评价书记的依据") == 1


def test_members_are_told_who_makes_the_meeting(client, bureau):
    assert "由党办建立" in client(bureau[2]).get("/review").text
    assert "一键就能建" in client(bureau[0]).get("/review").text


def test_secrecy_marks_in_ground_and_place_take_a_tick(client, bureau, meeting):
    browser, (woods, _lake) = client(bureau[0]), bureau[3]
    graded = {"grade": "fairly_good", "decided_on": today().isoformat(), "ground": "机密会议纪要"}
    for path, typed in ((f"/review/reports/{meeting[woods]}/grade", graded), (f"/review/{YEAR}", {"place": "机密★"})):
        refused = browser.post(path, typed)
        assert (refused.status_code, 'name="no_secrets"' in refused.text) == (422, True), path
        assert browser.post(path, typed | {"no_secrets": "y"}).status_code == 303
    assert db.session.scalars(db.select(Decision)).one().ground == "机密会议纪要"


def test_the_meetings_paper_lists_the_reports_and_the_frozen_figures(client, bureau, meeting):
    clerk, leader, _member, (woods, _lake), _secretaries = bureau
    browser = client(clerk)
    grade = {"grade": "good", "decided_on": today().isoformat()}
    client(leader).post(f"/review/reports/{meeting[woods]}/grade", grade)
    answer = browser.get(f"/review/{YEAR}/meeting.docx")
    text = read(answer)
    assert "会议时间：待定\n会议地点：待定" in text
    assert "下基层0人次" in text
    assert f"青湖风景区管理局党办\n{full_date(today())}" in text
    cells = [cell.text for row in Document(io.BytesIO(answer.data)).tables[0].rows for cell in row.cells]
    assert cells[5:10] == ["1", "森林党支部", "赵堃", "现场", "王珺"]
    graded = Document(io.BytesIO(browser.get(f"/review/{YEAR}/meeting.docx?grades=1").data))
    assert [cell.text for cell in graded.tables[0].rows[1].cells][-2:] == ["王珺", "好"]
    browser.post(f"/review/{YEAR}", {"held_on": f"{YEAR}-12-30", "place": "二楼"})
    assert browser.get(f"/review/{YEAR}/meeting.pdf").data.startswith(b"%PDF")
    assert client(leader).get(f"/review/{YEAR}/meeting.docx").status_code == 403
    assert browser.get("/review/2001/meeting.docx").status_code == 404


def test_a_meeting_that_is_not_there(app):
    with pytest.raises(NotThere):
        actions.change_meeting(2001, Arrangement(None))


# --- who runs a case, and feedback ----------------------------------------------------------------


def test_the_leader_names_who_runs_a_case(client, bureau, meeting):
    clerk, leader, member, (woods, _lake), (secretary, _member) = bureau
    other = factories.member()
    path = f"/review/reports/{meeting[woods]}"
    assert client(other).post(f"{path}/written", {"written": "甲"}).status_code == 403
    assert client(clerk).post(f"{path}/handler", {"handler_id": str(other)}).status_code == 403
    assert client(leader).post(f"{path}/handler", {"handler_id": str(other)}).status_code == 303
    assert "请经办：森林党支部" in client(other).get("/").text
    mine = client(other)
    assert mine.post(f"{path}/written", filed(mine, f"{path}/written") | {"written": "甲"}).status_code == 303
    assert client(other).get(f"/review/{YEAR}/ballot").status_code == 403  # somebody of the office is free to hold it
    assert client(member).get(f"/review/{YEAR}/ballot").status_code == 404  # under review themself
    with pytest.raises(RuleBroken):
        actions.name_handler(meeting[woods], secretary, by=factories.actor(leader))
    client(leader).post(f"{path}/handler", {"handler_id": ""})
    assert client(other).get(f"/review/{YEAR}/ballot").status_code == 403


def test_feedback_waits_for_the_grade_and_opens_what_was_hidden(client, bureau, meeting):
    clerk, leader, member, (_woods, lake), _secretaries = bureau
    report, by = meeting[lake], factories.actor(clerk)
    with pytest.raises(RuleBroken, match="等次还没有登记"):
        actions.give_feedback(report, today(), by=by, at=now())
    graded = NewDecision(Grade.GOOD, today())
    actions.decide_grade(report, graded, by=factories.actor(leader), at=now())
    for wrong in (None, today() + dt.timedelta(days=1), today() - dt.timedelta(days=1)):
        with pytest.raises(RuleBroken, match="签收日期"):
            actions.give_feedback(report, wrong, by=by, at=now())
    with pytest.raises(NotThere):
        actions.give_feedback(report, today(), by=factories.actor(member), at=now())
    actions.give_feedback(report, today(), by=by, at=now())
    db.session.commit()
    assert client(member).get(f"/review/reports/{report}").status_code == 200


def test_a_mark_in_a_word_report_is_told_in_one_round_with_another_fault(client, bureau, meeting):
    browser, (woods, _lake) = client(bureau[0]), bureau[3]
    path = f"/review/reports/{meeting[woods]}/written"
    sent = filed(browser, path) | {"speech": "秘密★1年", "files": word_file("机密★1年", "一年来的工作。")}
    refused = browser.post(path, sent, content_type="multipart/form-data")
    assert (refused.status_code, "文字中有“机密”" in refused.text, "文字中有“秘密★”" in refused.text) == (
        422,
        True,
        True,
    )


def test_a_word_report_is_asked_about_for_marks_and_not_for_ordinary_words(client, bureau, meeting):
    browser, (woods, _lake) = client(bureau[0]), bureau[3]
    path = f"/review/reports/{meeting[woods]}/written"
    for mark in MARKS[::10]:
        sent = filed(browser, path) | {"files": word_file("一年来的工作。", *mark.split("\n"), "其他正常。")}
        assert browser.post(path, sent, content_type="multipart/form-data").status_code == 422, mark
    sent = filed(browser, path) | {"files": word_file(*(f"到支部走访，{word}，职工反映较好。" for word in WORDS))}
    assert browser.post(path, sent, content_type="multipart/form-data").status_code == 303
