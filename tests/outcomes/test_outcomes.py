"""After the ballot: grades for all at once beside the tally, the cap, feedback, and what the papers say."""

import datetime as dt
import io
import re

import pytest
from docx import Document

from logbook.comments import actions as comments
from logbook.comments.actions import NewClause
from logbook.comments.models import Part
from logbook.db import db
from logbook.formats import full_date, now, today
from logbook.review import actions as meetings
from logbook.review.models import Decision, Meeting, Report
from tests import factories
from tests.ballots.holding import Held

YEAR = today().year
TODAY = today().isoformat()


@pytest.fixture
def held(client):
    """(browser of the clerk, of the leader, of a member who is one of three secretaries; their reports' ids)."""
    clerk, leader, member = factories.office(), factories.leader(name="施喆"), factories.member(name="王珺")
    for name, secretary in (("森林党支部", factories.person(name="赵堃")), ("环湖党支部", member),
                            ("码头党支部", factories.person(name="钱玥"))):  # fmt: skip
        factories.term(factories.branch(name), secretary)
    meetings.create_meeting(YEAR, by=factories.actor(clerk), at=now()).held_on = today()
    db.session.commit()
    reports = [one.id for one in db.session.query(Report).order_by(Report.position)]
    return client(clerk), client(leader), client(member), reports


def vote(browser, reports, *sheets):
    """A ballot of grades, typed twice from paper; a sheet is a key for each report."""
    held = Held(browser).begin(a={"sheets": len(sheets)})
    held.paper("a", [{f"c{report}_0": key for report, key in zip(reports, keys, strict=True)} for keys in sheets])
    held.close()


def words(answer):
    document = Document(io.BytesIO(answer.data))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([one.text for one in document.paragraphs] + cells)


def grades(reports, *chosen):
    return {f"grade{report}": grade for report, grade in zip(reports, chosen, strict=True)}


def test_grades_are_entered_at_once_beside_the_tally(held):
    clerk, leader, _member, reports = held
    for name, value in (("good_from", 90), ("fairly_good_from", 80), ("average_from", 60), ("cap_percent", 40)):
        factories.setting(name, value)
    vote(clerk, reports, *["112"] * 4, "124", "31x")
    page = leader.get(f"/review/{YEAR}/outcomes").text
    assert "发出6份，收回6份" in page
    row = page[page.index("赵堃") : page.index("王珺")]
    assert re.findall(r'class="num">(\d+)<', row) == ["5", "0", "1", "0", "0", "0"]
    assert "较好" in row[row.index("建议等次") :]  # 5 of 6 are less than 90 %
    sent = grades(reports, "good", "good", "fairly_good") | {"decided_on": TODAY, "ground": "党组会"}
    assert leader.post(f"/review/{YEAR}/outcomes/grades", sent).status_code == 303
    assert [one.grade.value for one in db.session.query(Decision).order_by(Decision.report_id)] == [
        "good", "good", "fairly_good"
    ]  # fmt: skip
    assert "至少占40%，现在还差1个党组织" in leader.get(f"/review/{YEAR}/outcomes").text


def test_all_grades_or_none(held):
    _clerk, leader, _member, reports = held
    path = f"/review/{YEAR}/outcomes/grades"
    refused = leader.post(path, grades(reports, "good", "good", "good"))
    assert (refused.status_code, "请填写党组研究确定的日期" in refused.text) == (422, True)
    assert refused.text.count("selected") == 3  # nothing typed is lost
    assert "没有新选的等次" in leader.post(path, grades(reports, "", "", "") | {"decided_on": TODAY}).text
    leader.post(path, grades(reports, "good", "", "") | {"decided_on": TODAY})
    refused = leader.post(path, grades(reports, "poor", "good", "good") | {"decided_on": TODAY})
    assert "写明原因再改" in refused.text
    assert db.session.query(Decision).count() == 1


def test_whoever_is_under_review_finds_the_others_alone(client, held):
    clerk, _leader, member, reports = held
    vote(clerk, reports, *["123"] * 6)
    assert member.get(f"/review/{YEAR}/outcomes").status_code == 403
    db.session.get(Report, reports[1]).person_id = leader_id = leader_of(db)
    db.session.commit()
    page = client(leader_id).get(f"/review/{YEAR}/outcomes").text
    assert "环湖党支部" not in page
    sent = grades(reports, "good", "poor", "good") | {"decided_on": TODAY}
    client(leader_id).post(f"/review/{YEAR}/outcomes/grades", sent)
    assert [one.report_id for one in db.session.query(Decision).order_by(Decision.report_id)] == [
        reports[0],
        reports[2],
    ]


def leader_of(database):
    from logbook.access import Role
    from logbook.accounts.models import RoleGrant

    return database.session.query(RoleGrant).filter_by(role=Role.LEADER).one().person_id


def settled(report, *clauses):
    """A comment on that report, settled by who gives it."""
    giver = factories.actor(factories.member())
    comment = comments.draft(report, by=giver, at=now())
    comments.rewrite(comment.id, [NewClause(part, text) for part, text in clauses], version=1, by=giver)
    comments.settle(comment.id, version=2, by=giver, at=now())
    db.session.commit()


def test_feedback_forms_say_ones_own_result_and_no_others(held):
    clerk, leader, _member, reports = held
    settled(reports[0], (Part.PRAISE, "活动室修得好"), (Part.SHORTCOMING, "学习不够。"), (Part.ADVICE, "多到班组去"))
    settled(reports[2], (Part.SHORTCOMING, "台账不全。"))
    leader.post(f"/review/{YEAR}/outcomes/grades", grades(reports, "good", "", "poor") | {"decided_on": TODAY})
    one = words(clerk.get(f"/review/{YEAR}/outcomes/feedback.docx?report={reports[0]}"))
    for said in (f"好（党组{full_date(today())}研究确定）", "活动室修得好。", "学习不够。", "多到班组去。", "本人签收"):
        assert said in one
    assert "台账不全" not in one
    assert "台账不全" in words(clerk.get(f"/review/{YEAR}/outcomes/feedback.docx"))


def test_feedback_is_entered_for_all_who_signed(held):
    clerk, leader, member, reports = held
    path = f"/review/{YEAR}/outcomes/feedback"
    leader.post(f"/review/{YEAR}/outcomes/grades", grades(reports, "good", "good", "") | {"decided_on": TODAY})
    assert "请勾选" in clerk.post(path, {"on": TODAY}).text
    tomorrow = (today() + dt.timedelta(days=1)).isoformat()
    assert "签收日期应在" in clerk.post(path, {"on": tomorrow, "reports": str(reports[0])}).text
    assert clerk.post(path, {"on": TODAY, "reports": str(reports[2])}).status_code == 422  # no grade yet
    assert member.get(f"/review/reports/{reports[1]}").status_code == 404
    told = {"on": TODAY, "reports": [str(one) for one in reports[:2]], "go_on": "y"}
    assert clerk.post(path, told).status_code == 303
    assert member.get(f"/review/reports/{reports[1]}").status_code == 200
    assert leader.post(path, {"on": TODAY, "reports": str(reports[0])}).status_code == 422  # runs no case


def test_notice_and_report_name_grades_only_where_they_may(client, held):
    clerk, leader, _member, reports = held
    settled(reports[0], (Part.SHORTCOMING, "学习不够。"))
    vote(clerk, reports, *["123"] * 6)
    decided = grades(reports, "good", "good", "poor") | {"decided_on": TODAY}
    leader.post(f"/review/{YEAR}/outcomes/grades", decided)
    notice = words(clerk.get(f"/review/{YEAR}/outcomes/notice.docx"))
    assert "3名党（总）支部书记述职" in notice
    assert "点评意见1份，指出不足1条。发出测评表6份，收回6份。" in notice
    assert "确定等次" not in notice
    assert "差" in words(clerk.get(f"/review/{YEAR}/outcomes/notice.docx?grades=1"))
    account = words(clerk.get(f"/review/{YEAR}/outcomes/account.docx"))
    assert "确定“好”等次2名、“差”等次1名" in account
    judged = factories.office()
    db.session.get(Report, reports[2]).person_id = judged
    db.session.commit()
    for paper in ("notice.docx", "notice.docx?grades=1", "account.docx"):
        assert client(judged).get(f"/review/{YEAR}/outcomes/{paper}").status_code == 404, paper


def test_papers_say_nothing_that_was_not(held):
    """No ballot, no comment settled, no item: nothing of them is in notice or report, and no （无） to be signed."""
    clerk, leader, _member, reports = held
    leader.post(f"/review/{YEAR}/outcomes/grades", grades(reports, "good", "", "") | {"decided_on": TODAY})
    for paper in ("notice", "account"):
        said = words(clerk.get(f"/review/{YEAR}/outcomes/{paper}.docx"))
        assert not [
            word
            for word in ("测评", "逐一点评", "点评意见0", "整改事项0", "书面述职0")
            if word in said.replace("述职评议", "")
        ]
    assert "（无）" not in words(clerk.get(f"/review/{YEAR}/outcomes/feedback.docx"))


def test_a_grade_changed_after_feedback_is_told_again(held):
    clerk, leader, member, reports = held
    leader.post(f"/review/{YEAR}/outcomes/grades", grades(reports, "", "good", "") | {"decided_on": TODAY})
    clerk.post(f"/review/{YEAR}/outcomes/feedback", {"on": TODAY, "reports": str(reports[1]), "go_on": "y"})
    changed = {"grade": "poor", "decided_on": TODAY, "reason": "复核"}
    assert leader.post(f"/review/reports/{reports[1]}/grade", changed).status_code == 303
    assert member.get(f"/review/reports/{reports[1]}").status_code == 404
    assert "需重新反馈" in leader.get(f"/review/reports/{reports[1]}").text
    clerk.post(f"/review/{YEAR}/outcomes/feedback", {"on": TODAY, "reports": str(reports[1]), "go_on": "y"})
    assert "差" in member.get(f"/review/reports/{reports[1]}").text


def test_what_is_told_of_a_meeting_waits_until_it_was_held(held):
    clerk, leader, _member, reports = held
    leader.post(f"/review/{YEAR}/outcomes/grades", grades(reports, "good", "", "") | {"decided_on": TODAY})
    page = f"http://localhost/review/{YEAR}/outcomes"
    told = clerk.get(f"/review/{YEAR}/outcomes/notice.docx?grades=1", headers={"Referer": page}, follow_redirects=True)
    assert "等次没有全部登记" in told.text
    for day in (None, today() + dt.timedelta(days=1)):
        db.session.query(Meeting).one().held_on = day
        db.session.commit()
        for paper in ("notice", "account"):
            answer = clerk.get(f"/review/{YEAR}/outcomes/{paper}.docx", headers={"Referer": page})
            assert answer.headers["Location"] == f"/review/{YEAR}/outcomes"
            assert "会议还没有开" in clerk.get(f"/review/{YEAR}/outcomes").text


def test_a_secretary_of_two_branches_is_one_person_and_their_grades_are_two(held):
    clerk, leader, _member, reports = held
    first = db.session.get(Report, reports[0])
    db.session.get(Report, reports[2]).person_id = first.person_id
    db.session.commit()
    chosen = grades(reports, "good", "good", "fairly_good") | {"decided_on": TODAY}
    leader.post(f"/review/{YEAR}/outcomes/grades", chosen | {"go_on": "y"})
    who = "3个党（总）支部、2名书记（赵堃同志兼任2个党组织书记）"
    for paper in ("outcomes/notice", "outcomes/account", "meeting", "agenda", "script"):
        assert who in words(clerk.get(f"/review/{YEAR}/{paper}.docx")), paper
    account = words(clerk.get(f"/review/{YEAR}/outcomes/account.docx"))
    assert "确定“好”等次2个党组织、“较好”等次1个党组织" in account
    assert "现场述职3个党组织" in account
    clerk.post(f"/review/{YEAR}/minutes/draft", {"go_on": "y"})
    assert f"{who}述职。" in clerk.get(f"/review/{YEAR}/minutes").text
    assert "述职3个党组织、2人" in clerk.get(f"/review/{YEAR}").text
