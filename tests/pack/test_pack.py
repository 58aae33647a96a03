"""One click builds the meeting; its papers come as one with contents, and as a folder of Word files."""

import datetime as dt
import io
import re
import zipfile

import pytest
from docx import Document
from pypdf import PdfReader

from logbook.comments.models import Comment
from logbook.db import db
from logbook.formats import now, today
from logbook.problems.models import Problem, Side
from logbook.review.models import Report
from tests import factories
from tests.ballots.holding import Held
from tests.client import filled

pytestmark = pytest.mark.usefixtures("december")
YEAR = today().year


@pytest.fixture
def meeting(client):
    """(browser of the clerk, the clerk's id): two secretaries, a member who comments on the first."""
    clerk, member = factories.office(), factories.member(name="王珺")
    woods = factories.branch("森林党支部")
    factories.term(woods, factories.person(name="赵堃"))
    factories.term(factories.branch("环湖党支部"), factories.person(name="钱玥"))
    factories.liaison(member, woods, year=YEAR)
    factories.problem(member, woods, text="新职工不清楚支部活动安排。", side=Side.BRANCH,
                      raised_on=dt.date(YEAR, 1, 9), due_on=dt.date(YEAR, 2, 9))  # fmt: skip
    browser = client(clerk)
    assert browser.post(f"/review/{YEAR}/create").status_code == 303
    return browser, clerk


def folder(answer):
    """{name: its text} of a folder of Word files."""
    package = zipfile.ZipFile(io.BytesIO(answer.data))
    return {name: text(package.read(name)) for name in package.namelist()}


def text(content):
    return "\n".join(one.text for one in Document(io.BytesIO(content)).paragraphs)


def test_one_click_drafts_what_is_said_too(meeting):
    assert [(one.report_id, one.settled_at) for one in db.session.query(Comment)] == [(1, None)]


def test_each_paper_is_a_file_in_the_order_of_the_meeting(meeting):
    browser, _clerk = meeting
    path = "/review/reports/1/written"
    browser.post(path, filled(browser.get(path).text, path) | {"written": "一年来的工作。\n抓了三件事。"})
    found = folder(browser.post(f"/review/{YEAR}/pack.zip"))
    assert list(found) == [
        "01会议议程.docx", "02主持词.docx", "03会议安排和年度汇总.docx",
        "04森林党支部　赵堃.docx", "05环湖党支部　钱玥.docx",
        "06测评表（A票 党组成员）.docx", "07测评表（B票 党组织书记）.docx", "08测评表（C票 党员群众代表）.docx",
    ]  # fmt: skip
    first = found["04森林党支部　赵堃.docx"]
    for said in ("一年来的工作。", "没有本人可见的摘录。", "不足：“新职工不清楚支部活动安排”", "（点评人尚未审定。）"):
        assert said in first
    assert "述职报告未交。" in found["05环湖党支部　钱玥.docx"]


def test_what_it_prints_of_briefs_is_kept(meeting):
    browser, _clerk = meeting
    browser.post(f"/review/{YEAR}/pack.zip")
    assert "打印过1次" in browser.get("/review/reports/1").text
    assert "打印以后" not in browser.get("/review/reports/1").text
    db.session.query(Problem).one().text = "新职工还是不清楚。"
    db.session.commit()
    assert "打印以后，所依据的记录有了变化" in browser.get("/review/reports/1").text


def test_as_one_it_says_where_each_begins(meeting):
    browser, _clerk = meeting
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(browser.post(f"/review/{YEAR}/pack.pdf").data)).pages]
    contents = dict(re.findall(r"^(.+?)·{3,}\s*(\d+)$", pages[2], re.MULTILINE))
    assert {"会议议程", "主持词", "森林党支部　赵堃"} <= set(contents)
    for name, page in contents.items():
        assert name.split("（")[0] in pages[int(page) + 1].replace(" ", ""), name


def test_whoever_is_under_review_finds_no_page_of_their_own(client, meeting):
    _browser, clerk = meeting
    db.session.get(Report, 2).person_id = clerk
    db.session.commit()
    names = "".join(folder(client(clerk).post(f"/review/{YEAR}/pack.zip")))
    assert "森林党支部" in names
    assert "环湖党支部" not in names
    assert "测评表" not in names
    assert client(clerk).post("/review/2001/pack.pdf").status_code == 404


def test_the_successor_reports_until_a_ballot_is_open(client, meeting):
    browser, _clerk = meeting
    successor = factories.person(name="郑澜")
    factories.term(1, successor, from_on=today())
    path, first = "/review/reports/1/replace", db.session.get(Report, 1).person_id
    assert "改由郑澜述职" in browser.get(path).text
    assert "请从名册里选一位" in browser.post(path, {"person_id": "99"}, follow_redirects=True).text
    browser.post(path, {"person_id": str(successor)})
    assert db.session.get(Report, 1).person_id == successor
    assert [one.report_id for one in db.session.query(Comment)] == [1]  # drafted anew
    before = db.session.query(Report.person_id).order_by(Report.id).all()
    Held(browser)
    for refused in (
        browser.post(path, {"person_id": str(first)}, follow_redirects=True),
        browser.post(f"/review/{YEAR}/reports/2/move", {"to": "up"}, follow_redirects=True),
        browser.post(f"/review/{YEAR}/order", {"place1": "2", "place2": "1"}),
    ):
        assert "名单和次序不再改动" in refused.text
    assert [one.id for one in db.session.query(Report).order_by(Report.position)] == [1, 2]
    assert db.session.query(Report.person_id).order_by(Report.id).all() == before


def test_nobody_reports_instead_of_who_was_spoken_of(client, meeting):
    browser, _clerk = meeting
    successor = factories.person(name="郑澜")
    factories.term(1, successor, from_on=today())
    comment = db.session.query(Comment).one()
    comment.settled_at = now()
    db.session.commit()
    before = db.session.get(Report, 1).person_id
    answer = browser.post("/review/reports/1/replace", {"person_id": str(successor)}, follow_redirects=True)
    assert "不能改由他人述职" in answer.text
    assert db.session.get(Report, 1).person_id == before


def test_only_this_years_and_last_years_meetings_are_built(client, meeting):
    browser, _clerk = meeting
    for year in (YEAR - 2, YEAR + 1, 2999):
        assert "只能新建今年或去年的会议" in browser.post(f"/review/{year}/create", follow_redirects=True).text


def test_a_filed_report_is_not_removed_with_its_meeting(client, meeting):
    browser, _clerk = meeting
    path = "/review/reports/1/written"
    browser.post(path, filled(browser.get(path).text, path) | {"written": "一年来的工作。"})
    assert "不能删去" in browser.post(f"/review/{YEAR}/remove", follow_redirects=True).text
    assert db.session.get(Report, 1).written
