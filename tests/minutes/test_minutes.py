"""The minutes from their draft to being settled: facts alone, versions nobody overwrites, and rule 7 in every role."""

import datetime as dt

import pytest

from logbook import formats
from logbook.access import Role
from logbook.ballots.models import Ballot, BallotClass
from logbook.comments.models import Clause, Comment, Part
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import MAX_TEXT, now, today
from logbook.minutes import actions, queries
from logbook.minutes.actions import NewVersion
from logbook.minutes.models import MinutesVersion
from logbook.review import actions as meetings
from logbook.review.models import Meeting, Report
from tests import factories

YEAR = 2026
DRAFTED = """\
时间：2026年12月30日
地点：三楼会议室
主持人：（待填）
出席：施喆、王珺
缺席：（待填）
记录人：钱玥

一、通报2025年度述职评议查摆问题整改情况
（待填）

二、述职
现场述职：森林党支部书记赵堃。
书面述职：环湖党支部书记周晓。

三、点评
（一）森林党支部书记赵堃
王珺点评：肯定：党员认领责任段。活动室修好。
不足：会议记录简单。
（二）环湖党支部书记周晓
（点评未审定）

四、党组书记总点评
（待填）

五、民主测评
（待填）

六、党组书记讲话
（待填）"""


@pytest.fixture(autouse=True)
def _the_day_of_the_meeting(clock):
    clock("2026-12-30T15:00")


def comment(report_id, commentator_id, *clauses, settled=True):
    made = Comment(report_id=report_id, commentator_id=commentator_id, drafted_by_id=commentator_id, drafted_at=now(),
                   settled_at=now() if settled else None)  # fmt: skip
    db.session.add(made)
    db.session.flush()
    for position, (part, text) in enumerate(clauses):
        db.session.add(Clause(comment_id=made.id, part=part, position=position, text=text))
    db.session.commit()


@pytest.fixture
def clerk(app):
    """Who drafts, at a meeting of two secretaries; on the first a member's comment is settled."""
    clerk, _leader, member = (
        factories.office(name="钱玥"), factories.leader(name="施喆"), factories.member(name="王珺"),
    )  # fmt: skip
    for branch, secretary in (("森林党支部", "赵堃"), ("环湖党支部", "周晓")):
        factories.term(factories.branch(branch), factories.person(name=secretary))
    meetings.create_meeting(YEAR, by=factories.actor(clerk), at=now())
    meeting = db.session.query(Meeting).one()
    meeting.held_on, meeting.place = dt.date(2026, 12, 30), "三楼会议室"
    first, second = db.session.query(Report).order_by(Report.position)
    second.in_writing = True
    praise = [(Part.PRAISE, "党员认领责任段"), (Part.PRAISE, "活动室\n修好。")]
    comment(first.id, member, *praise, (Part.SHORTCOMING, "会议记录简单。"))
    comment(second.id, member, (Part.SHORTCOMING, "没有审定的话。"), settled=False)
    return factories.actor(clerk)


def drafted(clerk):
    minutes = actions.draft(YEAR, by=clerk, at=now())
    db.session.commit()
    return queries.version(minutes).text


def write(clerk, text, begun_from=1, reason=""):
    saved = actions.write(YEAR, NewVersion(text, begun_from, reason), by=clerk, at=now())
    db.session.commit()
    return saved


def texts():
    return [one.text for one in db.session.query(MinutesVersion).order_by(MinutesVersion.n)]


def ballot(**values):
    made = Ballot(meeting_id=1, sheet="grades", items="[]", opened_at=now(), opened_by_id=1, closed_at=now())
    made.erased_at = values.pop("erased_at", None)
    db.session.add(made)
    db.session.flush()
    for voters in ("a", "b"):
        db.session.add(BallotClass(ballot_id=made.id, voters=voters, **values))
    db.session.commit()


def test_the_draft_says_what_is_known_and_leaves_the_rest_open(clerk):
    assert drafted(clerk) == DRAFTED


def test_a_ballot_is_named_by_its_numbers_when_its_traces_are_erased(clerk):
    ballot(handed_out=6, cast=4, first=1)
    assert "五、民主测评\n（待填）" in drafted(clerk)
    for table in ("minutes_version", "minutes"):
        db.session.execute(db.metadata.tables[table].delete())
    db.session.query(Ballot).one().erased_at = now()
    db.session.commit()
    assert "五、民主测评\n发出测评表12份，收回10份。\n" in drafted(clerk)


def test_a_void_ballot_is_called_so(clerk):
    ballot(handed_out=6, cast=7, erased_at=now())
    over = "收回7份，多于发出6份，本次测评无效，应重新测评。"
    assert f"发出测评表12份，收回14份。A票 党组成员{over}B票 党组织书记{over}" in drafted(clerk)


def test_it_is_drafted_in_the_units_own_words_but_what_was_said_stays(clerk):
    factories.setting("group_word", "党委")
    factories.setting("ballot_word", "评分表")
    db.session.query(Clause).first().text = "党组部署落实快。"
    ballot(handed_out=6, cast=6, erased_at=now())
    text = drafted(clerk)
    assert "六、党委书记讲话" in text
    assert "发出评分表12份" in text
    assert "党组部署落实快。" in text


def test_where_nobody_is_known_the_place_is_left_open(clerk):
    meeting = db.session.query(Meeting).one()
    meeting.held_on, meeting.place = None, ""
    for grant in db.session.query(factories.RoleGrant).filter(factories.RoleGrant.role != Role.OFFICE):
        grant.ended_at = now()
    db.session.commit()
    assert drafted(clerk).startswith("时间：（待填）\n地点：（待填）\n主持人：（待填）\n出席：（待填）\n")


def test_comments_too_long_to_be_edited_stay_in_their_own_papers(clerk):
    comment_id = db.session.query(Comment).first().id
    for position in range(9, 50):
        clause = Clause(comment_id=comment_id, part=Part.ADVICE, position=position, text="多到班组去。" * 83)
        db.session.add(clause)
    db.session.commit()
    text = drafted(clerk)
    assert "王珺点评：（点评内容较长，见点评稿）" in text
    assert len(text) < MAX_TEXT


@pytest.mark.parametrize(("n", "numeral"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (23, "二十三")])
def test_headings_are_numbered_as_one_writes_them(n, numeral):
    assert formats.numeral(n) == numeral


def test_it_is_drafted_once(clerk):
    drafted(clerk)
    write(clerk, "改过的")
    assert drafted(clerk) == "改过的"
    assert texts() == [DRAFTED, "改过的"]


def test_every_save_is_a_version_and_an_unchanged_text_is_none(clerk):
    drafted(clerk)
    first, none, second = write(clerk, "甲"), write(clerk, "甲", 2), write(clerk, "乙", 2, " 核对录音 ")
    assert none is None
    assert (first.n, second.n, second.reason, second.by_id) == (2, 3, "核对录音", clerk.person_id)
    assert texts() == [DRAFTED, "甲", "乙"]


def test_two_who_edit_at_once_see_one_another(clerk):
    drafted(clerk)
    other = factories.actor(factories.office(name="孙磊"))
    write(other, "甲")
    with pytest.raises(RuleBroken) as refused:
        write(clerk, "乙")
    assert refused.value.field == "version"
    assert "孙磊保存了第2版" in str(refused.value.message)
    assert write(clerk, "甲") is None  # both wrote the same: nothing is lost
    assert texts() == [DRAFTED, "甲"]


@pytest.mark.parametrize(
    ("text", "reason", "field"),
    [("", "", "text"), (" \n", "", "text"), ("字" * (MAX_TEXT + 1), "", "text"), ("甲", "字" * 501, "reason")],
)
def test_what_cannot_be_saved_is_refused_at_its_field(clerk, text, reason, field):
    drafted(clerk)
    with pytest.raises(RuleBroken) as refused:
        write(clerk, text, reason=reason)
    assert refused.value.field == field
    assert texts() == [DRAFTED]
    assert write(clerk, "字" * MAX_TEXT).n == 2


def test_what_was_looked_at_is_settled_and_nothing_changes_it_after(clerk):
    drafted(clerk)
    write(clerk, "甲")
    with pytest.raises(RuleBroken, match="刚有改动"):
        actions.settle(YEAR, n=1, by=clerk, at=now())
    actions.settle(YEAR, n=2, by=clerk, at=now())
    db.session.commit()
    for act in (lambda: write(clerk, "乙", 2), lambda: actions.settle(YEAR, n=2, by=clerk, at=now())):
        with pytest.raises(RuleBroken, match="已定稿"):
            act()
    assert texts() == [DRAFTED, "甲"]


@pytest.mark.parametrize("roles", [{Role.OFFICE}, {Role.LEADER}, {Role.MEMBER, Role.OFFICE}])
def test_who_reports_finds_nothing_until_it_is_fed_back(clerk, roles):
    drafted(clerk)
    report = db.session.query(Report).first()
    judged = factories.Actor(report.person_id, "赵堃", frozenset(roles))
    assert queries.meeting(judged, YEAR) is queries.minutes(judged, YEAR) is None
    for act in (lambda: actions.draft(YEAR, by=judged, at=now()), lambda: write(judged, "甲"),
                lambda: actions.settle(YEAR, n=1, by=judged, at=now())):  # fmt: skip
        with pytest.raises(NotThere):
            act()
    report.fed_back_on = today()
    db.session.commit()
    assert queries.minutes(judged, YEAR) is not None


def test_a_meeting_with_minutes_is_not_removed(clerk):
    db.session.query(Clause).delete()
    db.session.query(Comment).delete()
    drafted(clerk)
    with pytest.raises(RuleBroken, match="不能删去"):
        meetings.remove_meeting(YEAR, by=clerk)
    db.session.rollback()
    assert texts()
