"""The list from its drawing up to the ledger: what is taken from comments, changed, removed, handed over; rule 7."""

import datetime as dt

import pytest

from logbook.comments import actions as comments
from logbook.comments.models import Comment
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.formats import now, today
from logbook.problems.models import Category, Problem, Side, SourceKind, State
from logbook.rectification import actions, importing, queries, reading
from logbook.rectification.actions import NewItem
from logbook.review import actions as meetings
from logbook.review.models import Meeting, Report
from tests import factories
from tests.client import filled
from tests.rectification.conftest import DAYS_90, PATH, WOODS, YEAR, comment, feed_back, items

DUE = today() + dt.timedelta(days=30)


def test_nothing_yet_is_one_button(client, bureau):
    page = client(bureau.clerk).get(PATH).text
    main = page[page.index("<h1") : page.index("</main>")]
    assert main.count("<button") == 1
    assert "生成整改清单" in main


def test_every_settled_shortcoming_becomes_an_item_in_the_order_of_reports(office, bureau):
    made = items()
    assert [made[n].text for n in made] == [*WOODS, "党课不够。", "台账不齐。"]
    assert [made[n].report_id for n in made] == [bureau.woods, bureau.woods, bureau.lake, bureau.marsh]
    assert {one.due_on for one in made.values()} == {today() + DAYS_90}
    page = office.get(PATH).text
    assert f"整改{YEAR}-04" in page
    assert "还没有定的话" not in page


def test_drawn_up_again_it_takes_only_what_is_new(office, bureau):
    office.post(f"/review/rectification/items/{items()[1].id}", {"text": "改过的说法。", "due_on": DUE.isoformat()})
    office.post(f"/review/rectification/items/{items()[2].id}/remove")
    comment(bureau.lake, bureau.head, "会议少。", "会议少。", "党课不够。")
    page = office.post(f"{PATH}/draft", follow_redirects=True).text
    assert "列入1项" in page
    assert items()[5].text == "会议少。"
    assert "没有新的不足" in office.post(f"{PATH}/draft", follow_redirects=True).text
    assert len(items()) == 5


def test_its_due_day_is_a_setting(client, bureau):
    factories.setting("rectification_days", 30)
    client(bureau.clerk).post(f"{PATH}/draft")
    assert items()[1].due_on == DUE


def test_added_by_hand_changed_removed_and_put_back(office, bureau):
    new = {
        "report_id": str(bureau.woods),
        "text": "学习抓得不紧。",
        "measures": "每月一课。",
        "due_on": DUE.isoformat(),
    }
    assert office.post(f"{PATH}/add", new).status_code == 303
    added = items()[5]
    office.post(f"/review/rectification/items/{added.id}", new | {"text": "学习不够。", "measures": ""})
    assert (items()[5].text, items()[5].measures) == ("学习不够。", "")
    office.post(f"/review/rectification/items/{added.id}/remove")
    assert "恢复" in office.get(PATH).text
    assert office.get(f"/review/rectification/items/{added.id}").status_code == 404
    office.post(f"{PATH}/add", new)
    assert items()[6].n == 6  # a number is never used again
    office.post(f"/review/rectification/items/{added.id}/restore")
    assert not items()[5].removed


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"text": " "}, "请写明内容"), ({"text": "长" * 2001}, "不超过2000字"),
        ({"measures": "长" * 2001}, "不超过2000字"),
        ({"due_on": "2001-01-01"}, "不早于今天"), ({"due_on": "soon"}, "完成时限"), ({"text": "绝密"}, "绝密"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_beside_its_field(office, bureau, wrong, said):
    sent = {"report_id": str(bureau.woods), "text": "x", "measures": "", "due_on": DUE.isoformat()} | wrong
    for path in (f"{PATH}/add", f"/review/rectification/items/{items()[1].id}"):
        answer = office.post(path, sent)
        assert answer.status_code == 422
        assert said in answer.text
    assert len(items()) == 4


def test_a_due_day_that_passed_does_not_hinder_other_changes(office):
    item = items()[1]
    item.due_on = dt.date(YEAR - 1, 1, 1)
    db.session.commit()
    assert "超期" in office.get(PATH).text
    sent = {"text": "新的说法。", "due_on": f"{YEAR - 1}-01-01"}
    assert office.post(f"/review/rectification/items/{item.id}", sent).status_code == 303


# --- with the feedback ----------------------------------------------------------------------------


def test_before_the_feedback_nothing_of_it_is_in_the_ledger(client, office, bureau):
    assert db.session.query(Problem).count() == 0
    assert "党课不够" not in client(bureau.member).get("/problems?state=all").text


def test_with_the_feedback_the_items_become_problems(office, bureau):
    item = items()[1]
    item.measures = "请设计院看现场。"
    items_before = db.session.query(Problem).count()
    db.session.commit()
    feed_back(bureau.woods)
    made = db.session.query(Problem).order_by(Problem.id).all()
    assert [one.text for one in made[items_before:]] == list(WOODS)
    meeting = db.session.query(Meeting).one()
    one = made[0]
    assert (one.source_kind, one.source_id, one.source_label) == (SourceKind.MEETING, meeting.id, f"整改{YEAR}-01")
    assert (one.side, one.category, one.branch_id) == (Side.BRANCH, Category.PARTY, bureau.branch)
    assert (one.owner_person_id, one.owner_unit, one.raised_by_id) == (bureau.secretary, "", None)
    assert (one.raised_on, one.due_on, one.measures) == (today(), today() + DAYS_90, "请设计院看现场。")
    assert items()[1].problem_id == one.id


def test_handed_over_again_it_takes_what_is_not_there_yet(office, bureau):
    office.post(f"/review/rectification/items/{items()[2].id}/remove")
    feed_back(bureau.woods)
    feed_back(bureau.woods)
    assert [one.text for one in db.session.query(Problem)] == [WOODS[0]]
    office.post(f"/review/rectification/items/{items()[2].id}/restore")  # late, so at once
    assert [one.text for one in db.session.query(Problem)] == list(WOODS)


def test_what_is_handed_over_is_changed_in_the_ledger_alone(office, bureau):
    feed_back(bureau.woods)
    path = f"/review/rectification/items/{items()[1].id}"
    assert "请在台账里办理" in office.post(path, {"text": "x", "due_on": DUE.isoformat()}).text
    assert "请在台账里办理" in office.post(f"{path}/remove", follow_redirects=True).text
    assert (items()[1].text, items()[1].removed) == (WOODS[0], False)


def test_added_after_the_feedback_it_is_in_the_ledger_at_once(office, bureau):
    feed_back(bureau.woods)
    new = {"report_id": str(bureau.woods), "text": "迟来的一项。", "measures": "", "due_on": DUE.isoformat()}
    office.post(f"{PATH}/add", new)
    assert db.session.get(Problem, items()[5].problem_id).text == "迟来的一项。"


def test_an_item_overdue_from_its_first_day_stops_the_hand_over(office, bureau):
    items()[2].due_on = today() - dt.timedelta(days=1)
    db.session.commit()
    clerk = factories.actor(bureau.clerk)
    with pytest.raises(RuleBroken, match=f"整改{YEAR}-02的完成时限"):
        actions.hand_over(bureau.woods, today(), by=clerk, at=now())
    db.session.rollback()
    with pytest.raises(RuleBroken, match="不能晚于今天"):
        actions.hand_over(bureau.woods, today() + dt.timedelta(days=1), by=clerk, at=now())


def test_the_page_follows_the_ledger_to_the_closing(office, bureau):
    feed_back(bureau.woods)
    problem = items()[1].problem_id
    office.post(f"/problems/{problem}/progress", {"text": "图纸已出。", "state": "underway"})
    change = {"side": "branch", "handling": "coordinate", "category": "party", "owner_unit": "林场",
              "owner_person_id": "", "due_on": DUE.isoformat(), "measures": "分两期。"}  # fmt: skip
    office.post(f"/problems/{problem}/change", change)
    page = office.get(PATH).text
    assert "进展情况：图纸已出。" in page  # a change of terms is no progress
    assert "整改措施：分两期。" in page
    office.post(f"/problems/{problem}/close", {"result": "已修好。"})
    page = office.get(PATH).text
    assert "整改结果：已修好。" in page
    assert f"{State.DONE.chinese}" in page
    assert "，钱玥" in page
    assert f'href="/problems/{problem}"' in page


# --- rule 7 ---------------------------------------------------------------------------------------


def test_a_clerk_under_review_runs_the_list_for_the_others_alone(client, office, bureau):
    browser, own = client(bureau.head), items()[4]
    page = browser.get(PATH).text
    assert WOODS[0] in page
    assert "台账不齐" not in page
    assert "湿地党支部" not in page
    assert f'value="{bureau.marsh}"' not in browser.get(f"{PATH}/add").text
    new = {"report_id": str(bureau.marsh), "text": "x", "due_on": DUE.isoformat()}
    assert browser.post(f"{PATH}/add", new).status_code == 422
    assert browser.get(f"/review/rectification/items/{own.id}").status_code == 404
    assert browser.post(f"/review/rectification/items/{own.id}/remove").status_code == 404
    assert browser.get(f"{PATH}/list.docx?report={bureau.marsh}").status_code == 404
    for act in (lambda by: actions.hand_over(bureau.marsh, today(), by=by, at=now()),
                lambda by: actions.add_item(bureau.marsh, NewItem("x", DUE), by=by, at=now())):  # fmt: skip
        with pytest.raises(NotThere):
            act(factories.actor(bureau.head))


def test_what_they_draw_up_is_the_others(client, bureau):
    client(bureau.head).post(f"{PATH}/draft")
    assert [one.text for one in items().values()] == [*WOODS, "党课不够。"]


def test_after_the_feedback_they_find_their_own(client, office, bureau):
    feed_back(bureau.marsh)
    assert "台账不齐" in client(bureau.head).get(PATH).text


def test_a_long_list_takes_no_more_statements(office, bureau, statements):
    feed_back(bureau.woods)

    def asked():
        with statements() as made:
            office.get(PATH)
        return len(made)

    before = asked()
    comment(bureau.lake, bureau.head, *(f"不足{i}。" for i in range(20)))
    office.post(f"{PATH}/draft")
    feed_back(bureau.lake)
    assert asked() == before


def test_another_meetings_page_is_not_there(office):
    assert office.get(f"/review/{YEAR - 7}/rectification").status_code == 404
    assert office.get("/review/rectification/99").status_code == 404


def test_a_page_that_was_overtaken_keeps_what_is_stored_and_what_was_typed(office):
    path = f"/review/rectification/items/{items()[1].id}"
    sent = filled(office.get(path).text, path)
    office.post(path, sent | {"measures": "先存的措施"})
    late = office.post(path, sent | {"text": "旧页面上的话"})
    assert (late.status_code, "已有改动" in late.text, "旧页面上的话" in late.text) == (422, True, True)
    assert items()[1].measures == "先存的措施"


def test_a_page_that_was_overtaken_says_so_also_after_another_fault(office):
    """The page with the fault is still the old one: sent again, it writes over nothing that was stored meanwhile."""
    path = f"/review/rectification/items/{items()[1].id}"
    sent = filled(office.get(path).text, path)
    office.post(path, sent | {"measures": "先存的措施"})
    faulty = office.post(path, sent | {"due_on": "哪天"})
    late = office.post(path, filled(faulty.text, path) | {"text": "旧页面上的话", "due_on": DUE.isoformat()})
    assert (faulty.status_code, late.status_code, "已有改动" in late.text) == (422, 422, True)
    assert items()[1].measures == "先存的措施"
    assert office.post(path, filled(late.text, path)).status_code == 303  # told, they decide


def test_after_the_feedback_they_read_their_own_and_run_nothing_of_it(client, office, bureau):
    feed_back(bureau.marsh)
    head, own = client(bureau.head), items()[4]
    problem = own.problem_id
    assert "台账不齐" in head.get(PATH).text
    assert head.get(f"{PATH}/list.docx?report={bureau.marsh}").status_code == 200
    assert f'value="{bureau.marsh}"' not in head.get(f"{PATH}/add").text
    new = {"report_id": bureau.marsh, "text": "x", "due_on": DUE.isoformat()}
    assert head.post(f"{PATH}/add", new).status_code == 422
    assert head.get(f"/review/rectification/items/{own.id}").status_code == 404
    assert head.post(f"/problems/{problem}/close", {"result": "已补齐。"}).status_code == 422
    assert head.post(f"/problems/{problem}/progress", {"text": "已补齐。", "state": "underway"}).status_code == 303
    assert head.post(f"/review/reports/{bureau.marsh}/written", {"written": "x"}).status_code == 403


def test_nor_by_the_domain_or_a_file(office, bureau):
    feed_back(bureau.marsh)
    by, own = factories.actor(bureau.head), items()[4]
    for act in (lambda: actions.hand_over(bureau.marsh, today(), by=by, at=now()),
                lambda: actions.add_item(bureau.marsh, NewItem("x", DUE), by=by, at=now()),
                lambda: meetings.give_feedback(bureau.marsh, today(), by=by, at=now())):  # fmt: skip
        with pytest.raises(NotAllowed):
            act()
    meeting = db.session.get(Report, bureau.marsh).meeting_id
    row = reading.Row("a.docx", 1, YEAR, own.n, "", "自己写的进展", "")
    found = importing.plan(queries.meeting_by_id(meeting), [row], (), by=by)
    assert (found.changed, len(found.wrong)) == ((), 1)


def test_items_drawn_from_a_comment_that_was_taken_back_are_named(office, bureau):
    assert "已有改动" not in office.get(PATH).text
    made = db.session.query(Comment).filter_by(report_id=bureau.woods, commentator_id=bureau.member).one()
    comments.take_back(made.id, by=factories.actor(bureau.member), at=now())
    db.session.commit()
    page = office.get(PATH).text
    assert f"整改{YEAR}-01、整改{YEAR}-02所依据的点评已有改动" in page
    assert f"整改{YEAR}-04、" not in page
