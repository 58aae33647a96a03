"""A comment from its draft to being settled: what it rests on, what makes a clause stale, and who may what."""

import pytest

from logbook.comments import actions, queries
from logbook.comments.actions import NewClause
from logbook.comments.models import Clause, Part
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import now, today
from logbook.problems.models import Problem, Side, State
from logbook.review import actions as meetings
from logbook.review.models import Report
from tests import factories

YEAR = today().year


@pytest.fixture
def judged(app):
    """(clerk, commentator, secretary, report id, branch id): a mended problem, an open one, one of the bureau."""
    clerk, member, secretary = factories.office(), factories.member(name="王珺"), factories.member(name="赵堃")
    branch = factories.branch("森林党支部")
    factories.term(branch, secretary)
    factories.liaison(member, branch, year=YEAR)
    visit = factories.visit(member, branch, today())
    factories.problem(member, branch, source_id=visit, text="活动室漏水。", side=Side.BRANCH, state=State.DONE)
    factories.problem(member, branch, source_id=visit, text="新职工不清楚支部活动安排。", side=Side.BRANCH)
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
    assert said[0] == (Part.PRAISE, "“活动室漏水”已办结。")
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
    problem = db.session.query(Problem).filter_by(state=State.OPEN, side=Side.BRANCH).one()
    problem.text = "新职工不清楚支部活动安排，已讲过一次。"
    db.session.commit()
    found = fresh(member, comment)
    stale = queries.stale(found)
    assert [one.text for one in found.clauses if one.id in stale] == [texts(comment)[1][1]]
    with pytest.raises(RuleBroken, match="已有变化"):
        actions.settle(comment, version=1, by=member, at=now())
    db.session.rollback()
    (clause_id,) = stale
    actions.look_at(comment, clause_id, by=member)
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
    assert list(queries.of_report(secretary, report)) == []
    for act in (lambda: actions.draft(report, by=secretary, at=now()),
                lambda: actions.rewrite(comment, [], version=1, by=secretary)):  # fmt: skip
        with pytest.raises(NotThere):
            act()


def test_another_member_finds_nothing_either(judged, comment):
    other = factories.actor(factories.member())
    assert queries.comment(other, comment) is None
    with pytest.raises(NotAllowed):
        actions.draft(judged[3], by=other, at=now())
