"""A comment from its draft to being settled: what it rests on, what makes a clause stale, and who may what."""

import datetime as dt
import io
import re

import pytest
from docx import Document

from logbook.accounts.models import Person, SignInSession
from logbook.comments import actions, queries
from logbook.comments.actions import NewClause
from logbook.comments.models import Clause, Part, Settling
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import now, today
from logbook.problems.models import Problem, Side, State
from logbook.review import actions as meetings
from logbook.review.actions import NewDecision
from logbook.review.models import Grade, Meeting, Report, Stance
from logbook.visits.models import Visit, VisitVersion
from tests import factories
from tests.client import filled

YEAR = today().year
DAY = dt.timedelta(days=1)


@pytest.fixture
def judged(app):
    """(clerk, commentator, secretary, report id, branch id): a mended problem, an open one, one of the bureau."""
    clerk, member, secretary = factories.office(), factories.member(name="王珺"), factories.member(name="赵堃")
    branch = factories.branch("森林党支部")
    factories.term(branch, secretary)
    factories.liaison(member, branch, year=YEAR)
    visit = factories.visit(member, branch, today())
    factories.problem(member, branch, source_id=visit, text="活动室漏水。", side=Side.BRANCH, state=State.DONE)
    late = {"raised_on": today() - 9 * DAY, "due_on": today() - DAY}
    factories.problem(member, branch, source_id=visit, text="新职工不清楚支部活动安排。", side=Side.BRANCH, **late)
    factories.problem(member, branch, source_id=visit, text="还没有到期的。", side=Side.BRANCH, due_on=today() + DAY)
    factories.problem(member, branch, source_id=visit, text="路灯不亮。", side=Side.BUREAU)
    meetings.create_meeting(YEAR, by=factories.actor(clerk), at=now())
    db.session.commit()
    report = db.session.query(Report).one()
    return factories.actor(clerk), factories.actor(member), factories.actor(secretary), report.id, branch


@pytest.fixture
def comment(judged):
    clerk, *_rest, report, _branch = judged
    made = actions.draft(report, by=clerk, at=now())
    db.session.commit()
    return made.id


def texts(comment_id):
    db.session.expire_all()
    found = db.session.query(Clause).filter_by(comment_id=comment_id).order_by(Clause.position)
    return [(one.part, one.text) for one in found]


def fresh(actor, comment_id):
    db.session.expire_all()
    return queries.comment(actor, comment_id)


def test_it_is_drafted_from_the_branchs_own_problems_alone(comment):
    said = texts(comment)
    assert said[0] == (Part.PRAISE, "“活动室漏水”的问题已整改。")
    assert said[1][0] is Part.SHORTCOMING
    assert said[1][1].startswith("“新职工不清楚支部活动安排”，原定")
    assert len(said) == 2  # what the bureau owes is nobody's shortcoming
    assert not any("路灯" in text for _part, text in said)


def test_where_nothing_changed_it_is_settled_and_locked(judged, comment):
    _clerk, member, *_rest = judged
    actions.settle(comment, version=1, by=member, at=now())
    db.session.commit()
    with pytest.raises(RuleBroken, match="已审定"):
        actions.rewrite(comment, [], version=1, by=member)


def test_exactly_the_clause_whose_source_changed_is_stale_until_looked_at(judged, comment):
    _clerk, member, *_rest = judged
    problem = db.session.query(Problem).filter_by(text="新职工不清楚支部活动安排。").one()
    problem.text = "新职工不清楚支部活动安排，已讲过一次。"
    db.session.commit()
    found = fresh(member, comment)
    stale = queries.stale(found)
    assert [one.text for one in found.clauses if one.id in stale] == [texts(comment)[1][1]]
    with pytest.raises(RuleBroken, match="已有变化"):
        actions.settle(comment, version=1, by=member, at=now())
    db.session.rollback()
    (clause_id,) = stale
    actions.keep_clause(comment, clause_id, by=member)
    db.session.commit()
    assert not queries.stale(fresh(member, comment))
    actions.settle(comment, version=2, by=member, at=now())


def test_it_is_edited_freely_and_what_is_kept_keeps_its_source(judged, comment):
    clerk, member, *_rest = judged
    praise, _wanting = fresh(clerk, comment).clauses
    source = praise.source
    actions.rewrite(comment, [
        NewClause(Part.PRAISE, "活动室修得好。", praise.id), NewClause(Part.SHORTCOMING, " "),
        NewClause(Part.ADVICE, "多到班组去。"),
    ], version=1, by=member)  # fmt: skip
    db.session.commit()
    assert texts(comment) == [(Part.PRAISE, "活动室修得好。"), (Part.ADVICE, "多到班组去。")]
    assert [one.source for one in fresh(clerk, comment).clauses] == [source, ""]
    with pytest.raises(RuleBroken, match="至少写一条不足"):
        actions.settle(comment, version=2, by=member, at=now())


def test_two_who_edit_at_once_see_one_another(judged, comment):
    clerk, member, *_rest = judged
    actions.rewrite(comment, [NewClause(Part.SHORTCOMING, "甲")], version=1, by=clerk)
    db.session.commit()
    with pytest.raises(RuleBroken) as refused:
        actions.rewrite(comment, [NewClause(Part.SHORTCOMING, "乙")], version=1, by=member)
    assert refused.value.field == "version"


def test_nobody_settles_for_another_and_who_is_judged_finds_nothing(judged, comment):
    clerk, _member, secretary, report, _branch = judged
    with pytest.raises(NotAllowed):
        actions.settle(comment, version=1, by=clerk, at=now())
    assert queries.comment(secretary, comment) is None
    assert list(queries.of_meeting(secretary, 1)) == []
    for act in (lambda: actions.draft(report, by=secretary, at=now()),
                lambda: actions.rewrite(comment, [], version=1, by=secretary)):  # fmt: skip
        with pytest.raises(NotThere):
            act()


def test_another_member_finds_nothing_and_may_say_something_of_their_own(judged, comment):
    other = factories.actor(factories.member())
    assert queries.comment(other, comment) is None
    own = actions.draft(judged[3], by=other, at=now())
    assert (own.commentator_id, own.id != comment) == (other.person_id, True)
    assert [one.id for one in queries.of_meeting(other, 1)] == [own.id]


def test_all_are_drafted_at_once_and_once(judged):
    clerk, member, secretary, report, _branch = judged
    assert actions.draft_all(db.session.get(Meeting, 1), by=clerk, at=now()) == 1
    assert actions.draft_all(db.session.get(Meeting, 1), by=clerk, at=now()) == 0
    assert [one.report_id for one in queries.to_settle(member.person_id)] == [report]
    assert not queries.to_settle(secretary.person_id)
    assert actions.draft_all(db.session.get(Meeting, 1), by=member, at=now()) == 0  # runs no case


def test_what_the_commentator_sorted_is_added_and_anothers_words_are_not(judged, comment):
    _clerk, member, _secretary, report, branch = judged
    other = factories.member()
    mine = factories.visit(member.person_id, branch, today(), observation="主题党日与巡护结合。")
    shown = factories.visit(other, branch, today(), observation="会议记录简单。", observation_widened=True)
    leader = factories.actor(factories.leader())
    kept = factories.visit(other, branch, today(), observation="只给书记看的话。")
    for visit, stance in ((mine, Stance.GOOD), (shown, Stance.WANTING)):
        meetings.sort_extract(report, visit, stance, by=member, at=now())
    with pytest.raises(NotThere):
        meetings.sort_extract(report, kept, Stance.GOOD, by=member, at=now())
    meetings.sort_extract(report, kept, Stance.GOOD, by=leader, at=now())
    assert actions.add_facts(comment, by=member, at=now()) == 2
    db.session.commit()
    assert texts(comment)[-2:] == [(Part.PRAISE, "主题党日与巡护结合。"), (Part.SHORTCOMING, "会议记录简单。")]
    assert actions.add_facts(comment, by=member, at=now()) == 0
    leaders = actions.draft(report, by=leader, at=now())
    assert "只给书记看的话" not in "".join(text for _part, text in texts(leaders.id))


def test_a_corrected_record_makes_its_clause_stale_and_no_other(judged, comment):
    _clerk, member, _secretary, report, branch = judged
    visit = factories.visit(member.person_id, branch, today(), observation="主题党日与巡护结合。")
    meetings.sort_extract(report, visit, Stance.GOOD, by=member, at=now())
    actions.add_facts(comment, by=member, at=now())
    db.session.commit()
    db.session.get(Visit, visit).version = 2
    db.session.commit()
    found = fresh(member, comment)
    assert [one.text for one in found.clauses if one.id in queries.stale(found)] == ["主题党日与巡护结合。"]


def test_whom_the_leader_named_drafts_for_the_commentator(judged):
    _clerk, member, _secretary, report, _branch = judged
    handler = factories.member()
    meetings.name_handler(report, handler, by=factories.actor(factories.leader()))
    drafted = actions.draft(report, by=factories.actor(handler), at=now())
    assert drafted.commentator_id == member.person_id
    actions.rewrite(drafted.id, [NewClause(Part.SHORTCOMING, "甲")], version=1, by=factories.actor(handler))
    with pytest.raises(NotAllowed):
        actions.settle(drafted.id, version=2, by=factories.actor(handler), at=now())


# --- pages ----------------------------------------------------------------------------------------


def test_from_home_to_settled_in_two_clicks(client, judged, comment):
    _clerk, member, *_rest = judged
    browser = client(member.person_id)
    assert f'href="/review/comments/{comment}"' in browser.get("/").text
    page = browser.get(f"/review/comments/{comment}").text
    before = texts(comment)
    path = f"/review/comments/{comment}"
    browser.post(path, filled(page, path) | {"settle": "1"})
    assert texts(comment) == before
    page = browser.get(f"/review/comments/{comment}").text
    assert "已审定" in page
    assert "<textarea" not in page
    assert f'href="/review/comments/{comment}"' not in browser.get("/").text


def test_what_was_typed_is_kept_when_it_is_refused(client, judged, comment):
    _clerk, member, *_rest = judged
    browser = client(member.person_id)
    sent = {"version": "7", "text_shortcoming": "我写的一条", "clause_shortcoming": ""}
    answer = browser.post(f"/review/comments/{comment}", sent)
    assert answer.status_code == 409
    assert "我写的一条" in answer.text
    answer = browser.post(f"/review/comments/{comment}", sent | {"version": "1", "text_shortcoming": "字" * 501})
    assert answer.status_code == 422
    answer = browser.post(f"/review/comments/{comment}", sent | {"version": "1", "text_shortcoming": "机密的事"})
    assert "严禁录入国家秘密" in answer.text
    assert len(texts(comment)) == 2


def test_the_list_of_a_meeting_and_its_papers(client, judged):
    clerk, _member, *_rest = judged
    browser = client(clerk.person_id)
    assert "还没有起草的" in browser.get(f"/review/{YEAR}/comments").text
    browser.post(f"/review/{YEAR}/comments/draft")
    page = browser.get(f"/review/{YEAR}/comments").text
    assert "王珺" in page
    assert "待审定" in page
    read_out = words(browser.get("/review/comments/1/paper.docx"))
    with_sources = words(browser.get("/review/comments/1/paper.docx?sources=1"))
    assert "［" not in read_out
    assert "“活动室漏水”的问题已整改［2026-" in with_sources
    assert browser.get("/review/2001/comments").status_code == 404
    assert "没有要您点评的书记" in client(factories.member()).get(f"/review/{YEAR}/comments").text


def test_what_was_typed_before_settling_is_settled_with_it(client, judged, comment):
    _clerk, member, *_rest = judged
    browser = client(member.person_id)
    path = f"/review/comments/{comment}"
    sent = filled(browser.get(path).text, path) | {"text_advice": "多到班组去。", "settle": "1"}
    browser.post(path, sent)
    assert texts(comment)[-1] == (Part.ADVICE, "多到班组去。")
    assert fresh(member, comment).settled_at
    clerk = client(judged[0].person_id)
    assert clerk.post(f"/review/comments/{comment}", sent).status_code == 422  # locked, and said so


def test_what_was_typed_into_a_comment_is_shown_again_after_a_sign_in(client, judged, comment):
    _clerk, member, *_rest = judged
    browser, path = client(member.person_id), f"/review/comments/{comment}"
    sent = filled(browser.get(path).text, path) | {"text_advice": "多到班组去，听听夜班的话。"}
    db.session.query(SignInSession).delete()
    db.session.commit()
    asked = browser.post(path, sent | {"typed_by": sent["typed_by"]})
    carried = re.search(r'name="carried" value="([^"]+)"', asked.text)[1]
    name = db.session.get(Person, member.person_id)
    name.sign_in_name = "chengyuan"
    db.session.commit()
    again = browser.post("/sign-in", {"sign_in_name": "chengyuan", "password": factories.PASSWORD, "carried": carried})
    assert "多到班组去，听听夜班的话。" in again.text


def words(answer):
    return "\n".join(one.text for one in Document(io.BytesIO(answer.data)).paragraphs)


def test_two_who_wrote_at_once_see_what_is_stored_and_cite_nothing_wrong(client, judged, comment):
    """The page that comes second shows both; what it typed is tied to no other's source."""
    clerk, member, *_rest = judged
    path = f"/review/comments/{comment}"
    browser = client(member.person_id)
    sent = filled(browser.get(path).text, path)
    praise, wanting = fresh(clerk, comment).clauses
    other = [NewClause(Part.SHORTCOMING, "党办写的。"), NewClause(wanting.part, wanting.text, wanting.id)]
    actions.rewrite(comment, other, version=1, by=clerk)
    db.session.commit()
    answer = browser.post(path, sent | {"text_praise": ["我写的。", ""]})
    assert answer.status_code == 409
    for said in ("现在存着的", "党办写的。", "我写的。"):
        assert said in answer.text
    again = filled(answer.text, path)
    browser.post(path, again)
    stored = {one.text: one.source for one in fresh(clerk, comment).clauses}
    assert stored["我写的。"] == ""
    assert stored[wanting.text] == wanting.source != praise.source


def test_of_an_inner_branchs_secretary_nothing_goes_into_the_comment(judged, comment):
    _clerk, member, _secretary, report, branch = judged
    inner = factories.branch("内设党支部", reports=False)
    factories.placement(inner, branch)
    visit = factories.visit(member.person_id, inner, today(), observation="内支部书记的事。", observation_widened=True)
    meetings.sort_extract(report, visit, Stance.WANTING, by=member, at=now())
    assert actions.add_facts(comment, by=member, at=now()) == 0


def test_nobody_comments_on_themself_and_not_after_the_grade(judged):
    _clerk, _member, secretary, report, _branch = judged
    leader = factories.actor(factories.leader())
    meetings.decide_grade(report, NewDecision(Grade.GOOD, today()), by=leader, at=now())
    with pytest.raises(RuleBroken, match="等次已经确定"):
        actions.draft(report, by=factories.actor(factories.member()), at=now())
    db.session.get(Report, report).fed_back_on = today()
    db.session.commit()
    with pytest.raises((NotThere, RuleBroken)):
        actions.draft(report, by=secretary, at=now())


# --- what became of a source ------------------------------------------------------------------------


def close_problem(text, **values):
    problem = db.session.query(Problem).filter_by(text=text).one()
    for name, value in ({"state": State.DONE, "result": "已开过支委会专门讲过"} | values).items():
        setattr(problem, name, value)
    db.session.commit()
    return problem.id


def answered(browser, comment_id, answer, **typed):
    """What the page shows is sent as it is, with one of the answers beside a stale clause."""
    path = f"/review/comments/{comment_id}"
    return browser.post(path, filled(browser.get(path).text, path) | {"answer": answer} | typed)


def test_a_stale_clause_shows_what_changed_and_offers_the_present_wording(client, judged, comment):
    _clerk, member, *_rest = judged
    problem = close_problem("新职工不清楚支部活动安排。")
    (clause_id,) = queries.stale(fresh(member, comment))
    browser = client(member.person_id)
    page = browser.get(f"/review/comments/{comment}").text
    box = page[page.index(f'id="changed{clause_id}"') :]
    assert "当时：未办，没有办理结果" in box
    assert "现在：已办结，办理结果：已开过支委会专门讲过" in box
    assert "“新职工不清楚支部活动安排”的问题已整改。" in box
    assert f'href="/problems/{problem}"' in page
    assert answered(browser, comment, f"renew:{clause_id}", text_advice="多到班组去。").status_code == 303
    said = texts(comment)
    assert (Part.PRAISE, "“新职工不清楚支部活动安排”的问题已整改。") in said
    assert (Part.ADVICE, "多到班组去。") in said  # what was typed beside it is kept
    assert not queries.stale(fresh(member, comment))


def test_a_stale_clause_goes_or_stays_as_it_is_told(client, judged, comment):
    _clerk, member, *_rest = judged
    browser = client(member.person_id)
    close_problem("新职工不清楚支部活动安排。")
    (clause_id,) = queries.stale(fresh(member, comment))
    before = texts(comment)
    answered(browser, comment, f"keep:{clause_id}")
    assert texts(comment) == before
    assert not queries.stale(fresh(member, comment))
    close_problem("新职工不清楚支部活动安排。", result="又讲了一次")
    assert "已有变化" in browser.get(f"/review/comments/{comment}").text
    answered(browser, comment, f"drop:{clause_id}")
    assert texts(comment) == before[:1]


def test_what_is_no_longer_against_anybody_has_no_new_wording(client, judged, comment):
    _clerk, member, *_rest = judged
    close_problem("新职工不清楚支部活动安排。", state=State.OPEN, side=Side.BUREAU)
    (clause_id,) = queries.stale(fresh(member, comment))
    browser = client(member.person_id)
    page = browser.get(f"/review/comments/{comment}").text
    assert "支部自身" in page
    assert f"renew:{clause_id}" not in page
    answer = answered(browser, comment, f"renew:{clause_id}")
    assert (answer.status_code, "没有新的写法" in answer.text) == (422, True)


def test_praise_of_what_stands_open_again_is_told(client, judged, comment):
    """The very same is raised anew: what was mended is no longer said to be, until somebody has looked."""
    _clerk, member, _secretary, _report, branch = judged
    again = factories.problem(
        member.person_id, branch, text="活动室漏水", side=Side.BRANCH, raised_on=today(), due_on=today() - DAY
    )
    browser, praise = client(member.person_id), fresh(member, comment).clauses[0]
    page = browser.get(f"/review/comments/{comment}").text
    assert "同一事项仍未办结" in page
    assert f'href="/problems/{again}"' in page
    assert "可补入" not in page  # it would be said twice
    with pytest.raises(RuleBroken, match="已有变化"):
        actions.settle(comment, version=1, by=member, at=now())
    db.session.rollback()
    answered(browser, comment, f"keep:{praise.id}")
    assert not queries.stale(fresh(member, comment))
    actions.add_facts(comment, by=member, at=now())
    db.session.commit()
    assert [text for _part, text in texts(comment) if "漏水" in text] == ["“活动室漏水”的问题已整改。"]
    factories.problem(member.person_id, branch, text="活动室漏水。", side=Side.BRANCH, due_on=today() - DAY)
    (clause_id,) = queries.stale(fresh(member, comment))
    answered(browser, comment, f"renew:{clause_id}")
    (said,) = [one for one in texts(comment) if "漏水" in one[1]]
    assert said[0] is Part.SHORTCOMING


def test_what_an_old_clause_rested_on_is_told_as_far_as_it_is_known(client, judged, comment):
    """Clauses of before kept a digest alone."""
    _clerk, member, *_rest = judged
    for one in db.session.query(Clause):
        one.said = ""
    db.session.commit()
    assert not queries.stale(fresh(member, comment))
    close_problem("新职工不清楚支部活动安排。")
    page = client(member.person_id).get(f"/review/comments/{comment}").text
    assert "没有留存，见原句" in page
    assert "现在：“新职工不清楚支部活动安排。”，已办结" in page


def test_a_corrected_record_shows_its_versions_as_far_as_they_may_be_read(client, judged, comment):
    clerk, member, _secretary, report, branch = judged
    visit = factories.visit(
        member.person_id, branch, today(), observation="主题党日与巡护结合。", observation_widened=True
    )
    meetings.sort_extract(report, visit, Stance.GOOD, by=member, at=now())
    actions.add_facts(comment, by=member, at=now())
    first, record = db.session.query(VisitVersion).filter_by(visit_id=visit).one(), db.session.get(Visit, visit)
    first.body = '{"observation":"主题党日与巡护结合。"}'
    db.session.add(VisitVersion(
        visit_id=visit, n=2, body='{"observation":"主题党日走过场。"}', digest="", by_id=member.person_id, at=now(),
    ))  # fmt: skip
    record.version, record.observation, record.observation_widened = 2, "主题党日走过场。", False
    db.session.commit()
    page = client(member.person_id).get(f"/review/comments/{comment}").text
    assert "“主题党日与巡护结合。”" in page
    assert "“主题党日走过场。”" in page
    clerks = client(clerk.person_id).get(f"/review/comments/{comment}").text
    assert "第2版" in clerks
    assert "走过场" not in clerks


# --- taken back ---------------------------------------------------------------------------------------


def test_settling_is_taken_back_until_the_day_and_what_was_settled_is_kept(client, judged, comment):
    clerk, member, *_rest = judged
    db.session.get(Meeting, 1).held_on = today() + DAY
    db.session.commit()
    browser = client(member.person_id)
    path = f"/review/comments/{comment}"
    browser.post(path, filled(browser.get(path).text, path) | {"settle": "1"})
    browser.get(f"{path}/paper.docx")
    said = texts(comment)
    assert f'action="{path}/take-back"' in browser.get(path).text
    assert client(clerk.person_id).post(f"{path}/take-back").status_code == 303  # whoever runs the case may as well
    page = browser.get(path).text
    assert "<textarea" in page
    assert "审定和撤回的经过" in page
    assert said[1][1] in page
    assert "撤回过审定" in browser.get("/papers").text
    assert fresh(member, comment).settled_at is None
    back, settled = queries.settlings(comment)
    assert [(one.part, one.text) for one in fresh(member, comment).clauses] == said
    assert (back.taken_back, back.by_id, settled.taken_back, settled.by_id) == (
        True, clerk.person_id, False, member.person_id,
    )  # fmt: skip
    assert [(part, text) for part, text, _source in settled.clauses] == said


def test_settling_stays_from_the_meetings_day_on_and_once_a_grade_is_registered(judged, comment):
    _clerk, member, _secretary, report, _branch = judged
    actions.settle(comment, version=1, by=member, at=now())
    meeting = db.session.get(Meeting, 1)
    meeting.held_on = today()
    db.session.commit()
    with pytest.raises(RuleBroken, match="会议日期已到"):
        actions.take_back(comment, by=member, at=now())
    meeting.held_on = None
    meetings.decide_grade(report, NewDecision(Grade.GOOD, today()), by=factories.actor(factories.leader()), at=now())
    db.session.commit()
    with pytest.raises(RuleBroken, match="登记过等次"):
        actions.take_back(comment, by=member, at=now())


def test_who_neither_comments_nor_runs_the_case_takes_nothing_back(client, judged, comment):
    _clerk, member, secretary, *_rest = judged
    actions.settle(comment, version=1, by=member, at=now())
    db.session.commit()
    assert client(factories.leader()).post(f"/review/comments/{comment}/take-back").status_code == 403
    assert "撤回审定" not in client(factories.leader()).get(f"/review/comments/{comment}").text
    for person in (factories.member(), secretary.person_id):
        assert client(person).post(f"/review/comments/{comment}/take-back").status_code in {403, 404}
    assert fresh(member, comment).settled_at


def test_what_was_settled_before_it_was_kept_is_kept_when_it_is_taken_back(judged, comment):
    _clerk, member, *_rest = judged
    actions.settle(comment, version=1, by=member, at=now())
    db.session.query(Settling).delete()
    actions.take_back(comment, by=member, at=now())
    assert [one.taken_back for one in queries.settlings(comment)] == [True, False]
    with pytest.raises(RuleBroken, match="还没有审定"):
        actions.take_back(comment, by=member, at=now())


def test_a_refused_settling_is_told_as_one_and_adds_no_empty_boxes(client, judged, comment):
    _clerk, member, *_rest = judged
    browser, path = client(member.person_id), f"/review/comments/{comment}"
    page = browser.get(path).text
    sent = filled(page, path) | {"settle": "1"}
    sent["text_shortcoming"] = ["" for _one in sent["text_shortcoming"]]
    answer = browser.post(path, sent)
    assert answer.status_code == 422
    assert answer.text.count("<textarea") == page.count("<textarea")
    refusal = answer.text.index("至少写一条不足")
    assert 'class="errors" role="alert"' in answer.text[:refusal]
    assert not re.search(r'class="flash" role="status">请至少', answer.text)
