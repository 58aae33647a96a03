"""What an item becomes: the first topic of next year's brief, first on the branch's card, one of the ledger's."""

import datetime as dt
import io

import openpyxl
import pytest
from docx import Document

from logbook.comments import drafting
from logbook.comments.models import Clause, Comment, Part
from logbook.db import db
from logbook.formats import now, today
from logbook.problems.models import Problem, Side, SourceKind, State
from logbook.rectification import actions
from logbook.rectification.models import RectificationItem
from logbook.review import briefs
from logbook.review import queries as review
from logbook.review.models import Meeting, Report
from logbook.settings.queries import Settings
from logbook.years import actions as years
from tests import factories
from tests.rectification.conftest import PATH, WOODS, YEAR, comment, feed_back, items

pytestmark = pytest.mark.usefixtures("december")
NEXT = YEAR + 1


def at(day):
    return dt.datetime.combine(day, dt.time(4), dt.UTC)


DAY = dt.timedelta(days=1)


def handed_over(bureau, day):
    actions.hand_over(bureau.woods, day, by=factories.actor(bureau.clerk), at=at(day))
    db.session.commit()
    return [items()[n].problem_id for n in (1, 2)]


def close(problem_id, day):
    problem = db.session.get(Problem, problem_id)
    problem.state, problem.closed_on, problem.result = State.DONE, day, "已办好。"
    db.session.commit()


def brief(bureau, year, day=None):
    """What the clerk reads of the woods' secretary for that year's meeting; it is made where there is none."""
    meeting = review.meeting(year) or Meeting(
        year=year, summary="{}", text="", year_was_closed=False, created_at=now(), created_by_id=bureau.clerk
    )
    db.session.add(meeting)
    db.session.flush()
    query = db.session.query(Report).filter_by(meeting_id=meeting.id, branch_id=bureau.branch)
    if query.one_or_none() is None:
        db.session.add(
            Report(meeting_id=meeting.id, person_id=bureau.secretary, branch_id=bureau.branch, position=1)
        )  # fmt: skip
    db.session.commit()
    report = next(one for one in review.reports(meeting.id) if one.branch_id == bureau.branch)
    return briefs.build(factories.actor(bureau.clerk), meeting, report, day or dt.date(year, 12, 31))


@pytest.mark.parametrize("day", [(0, 12, 20), (1, 1, 15)])
def test_they_open_the_next_years_brief_whatever_became_of_them(office, bureau, day):
    day = dt.date(YEAR + day[0], *day[1:])
    one, _two = handed_over(bureau, day)
    close(one, day)  # at once, perhaps before the year began
    found = brief(bureau, NEXT)
    assert [(line.text, line.source, line.done) for line in found.rectification] == [
        (WOODS[0], f"整改{YEAR}-01", True), (WOODS[1], f"整改{YEAR}-02", False),
    ]  # fmt: skip
    assert found.own_problems == ()  # never counted twice
    assert found.owed == ()


def test_two_years_later_only_what_was_still_open_is_left(office, bureau):
    one, two = handed_over(bureau, dt.date(NEXT, 1, 15))
    close(one, dt.date(NEXT, 6, 1))
    brief(bureau, NEXT)
    assert [line.text for line in brief(bureau, NEXT + 1).rectification] == [WOODS[1]]
    close(two, dt.date(NEXT + 1, 3, 1))
    assert [line.done for line in brief(bureau, NEXT + 1).rectification] == [True]  # open when that year began
    assert brief(bureau, NEXT + 2).rectification == ()


def test_their_own_meetings_brief_never_has_them(office, bureau):
    feed_back(bureau.woods)
    found = brief(bureau, YEAR, today())
    assert (found.rectification, found.own_problems) == ((), ())


def test_the_comment_is_drafted_from_last_years_items_first(client, office, bureau):
    handed_over(bureau, dt.date(YEAR, 12, 20))
    factories.problem(None, bureau.branch, text="台账晚。", side=Side.BRANCH, raised_on=today() - 9 * DAY,
                      due_on=today() - DAY)  # fmt: skip
    brief(bureau, NEXT)
    report = db.session.query(Report).filter_by(branch_id=bureau.branch).order_by(Report.id.desc()).first()
    report.commentator_id = bureau.member
    db.session.commit()
    path = office.post(f"/review/reports/{report.id}/comment").headers["Location"]
    page = office.get(path).text
    assert "上年整改事项“党员活动室修缮进度慢”" in page
    assert page.index("党员活动室修缮") < page.index("台账晚")


def test_first_on_the_branchs_card_with_its_number(client, office, bureau):
    factories.problem(bureau.member, bureau.branch, text="早到期的。", side=Side.BRANCH, due_on=dt.date(YEAR, 1, 1))
    feed_back(bureau.woods)
    card = client(bureau.member).get(f"/branches/{bureau.branch}").text
    assert f"整改{YEAR}-01" in card
    assert card.index(WOODS[0]) < card.index("早到期的")


def test_everything_the_ledger_does_it_does_with_them(client, office, bureau):
    feed_back(bureau.woods)
    problem, member = items()[1].problem_id, client(bureau.member)
    assert f"整改{YEAR}-01" in office.get("/problems").text
    book = openpyxl.load_workbook(io.BytesIO(office.get("/problems.xlsx").data))
    cells = [[cell.value for cell in row] for row in book.active.iter_rows()]
    assert [row[0] for row in cells[1:]] == [f"整改{YEAR}-01", f"整改{YEAR}-02"]
    for kind in ("found", "responsible", "mended", "group"):
        answer = office.get(f"/problems/list-{kind}.docx")
        assert answer.status_code == 200
        assert bool(Document(io.BytesIO(answer.data)).tables) == (kind != "group")
    page = office.get(f"/problems/{problem}")
    assert "登记进展" in page.text
    assert "登记进展" not in member.get(f"/problems/{problem}").text  # nobody's own record
    assert member.post(f"/problems/{problem}/progress", {"text": "x", "state": "underway"}).status_code == 403
    assert member.get("/").status_code == 200
    source = office.get(f"/review/rectification/{db.session.query(Meeting).one().id}")
    assert source.headers["Location"] == PATH


def test_they_are_no_problem_gathered_on_visits(office, bureau):
    factories.problem(bureau.member, bureau.branch, raised_on=today())
    feed_back(bureau.woods)
    found = years.seen(years.whole_year(YEAR, today()), Settings(unit_name="某局")).summary
    assert found.problems.total == 1
    assert office.get(f"/years?from={YEAR}-01-01&to={YEAR}-12-31").status_code == 200


def test_it_names_the_meeting_it_comes_from(office, bureau):
    feed_back(bureau.lake)
    made = db.session.query(Problem).one()
    assert (made.source_kind, made.source_label, made.source_line) == (SourceKind.MEETING, f"整改{YEAR}-03", 3)


def test_a_problem_that_the_ledger_has_is_taken_up_and_not_doubled(client, office, bureau):
    """From an open problem past its day to the comment, the list, the ledger, the card and next year's brief."""
    late = {"raised_on": dt.date(YEAR, 1, 9), "due_on": dt.date(YEAR, 2, 9)}
    problem = factories.problem(bureau.member, bureau.branch, text="台账晚。", side=Side.BRANCH, **late)
    drafted = db.session.query(Problem).one()
    number = drafted.source_label
    rested = drafting.of_problem(drafted)
    comment(bureau.woods, factories.member(), settled=True)
    made = db.session.query(Comment).order_by(Comment.id.desc()).first()
    db.session.add(
        Clause(comment_id=made.id, part=Part.SHORTCOMING, position=9, text="“台账晚”，尚未办结。",
               source_kind="problem", source_id=problem, source=rested.label, rests_on=rested.rests_on)
    )  # fmt: skip
    db.session.commit()
    office.post(f"{PATH}/draft")
    feed_back(bureau.woods)
    held = db.session.get(Problem, problem)
    assert held.label == f"{number}（整改{YEAR}-{last_number():02}）"
    assert held.due_on > dt.date(YEAR, 2, 9)
    assert [one.text for one in db.session.query(Problem) if "台账晚" in one.text] == ["台账晚。"]
    assert held.label in office.get(f"/branches/{bureau.branch}").text
    found = brief(bureau, NEXT)
    assert held.taken_up_as in {one.source for one in found.rectification}
    assert "台账晚。" not in {one.text for one in found.own_problems}
    assert "台账晚。" in {one.text for one in brief(bureau, YEAR, today()).own_problems}  # of its own meeting


def last_number():
    return max(one.n for one in db.session.query(RectificationItem))
