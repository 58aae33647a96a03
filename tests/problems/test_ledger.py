"""The ledger's rules: who moves what, what closing takes, what a change leaves behind. mission.md "Problems"."""

import datetime as dt
from contextlib import suppress

import pytest

from logbook.access import Actor, Role
from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.problems import actions, queries
from logbook.problems.actions import (
    Closing,
    DueRules,
    NewDirective,
    NewProblem,
    NewUndertaking,
    Source,
    Terms,
)
from logbook.problems.models import Answer, Category, Handling, Side, SourceKind, State, UndertakingState
from logbook.problems.queries import Filters
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.usefixtures("app")
TODAY = dt.date(2026, 6, 10)  # AT in Shanghai
TERMS = Terms(Side.BUREAU, Category.OTHER, Handling.COORDINATE, "工程科", dt.date(2026, 7, 9), "")
DAY = dt.timedelta(days=1)


def act(action, *arguments, by, **options):
    """Carry out as that person and commit, as a view does."""
    try:
        found = action(*arguments, by=factories.actor(by), at=AT, **options)
        db.session.commit()
        db.session.expire_all()
    except Exception:
        db.session.rollback()
        raise
    return found


def close(problem, by, result="已更换遮阳棚", **values):
    return act(actions.close_problem, problem, Closing(result, **values), by=by)


def refusal(action, *arguments, by, **options):
    with pytest.raises(RuleBroken) as broken:
        act(action, *arguments, by=by, **options)
    return broken.value.field


def step_texts(problem):
    return [step.text for step in queries.problem(problem).progress]


# --- who may --------------------------------------------------------------------------------------

PEOPLE = {
    "own": (factories.member, True),
    "another": (factories.member, False),
    "leader": (factories.leader, False),
    "office": (factories.office, False),
    "sysadmin": (factories.sysadmin, True),  # was a member when the record was made
}


@pytest.fixture(params=PEOPLE)
def who(request):
    """(name, person id, id of whom the record is)."""
    make, own = PEOPLE[request.param]
    person = make()
    return request.param, person, person if own else factories.member()


@pytest.mark.parametrize("handling", [Handling.COORDINATE, Handling.GROUP])
def test_who_may_enter_progress_and_who_may_close(who, handling):
    name, person, raised_by = who
    problem = factories.problem(raised_by, handling=handling)
    group = handling is Handling.GROUP
    moves = {"own", "office"} | ({"leader"} if group else set())
    closes = {"leader", "office"} if group else {"own", "office"}
    with suppress(NotAllowed):
        act(actions.note_progress, problem, "已联系", State.UNDERWAY, by=person)
    assert (queries.problem(problem).state is State.UNDERWAY) == (name in moves)
    with suppress(NotAllowed, RuleBroken):
        close(problem, person)
    assert (queries.problem(problem).state is State.DONE) == (name in closes)


def test_who_may_not_move_it_is_refused_outright():
    problem, other, admin = factories.problem(factories.member()), factories.member(), factories.sysadmin()
    for person in (other, admin):
        for try_it in (
            lambda p=person: close(problem, p),
            lambda p=person: act(actions.note_progress, problem, "字", State.UNDERWAY, by=p),
            lambda p=person: act(actions.reopen, problem, "字", by=p),
            lambda p=person: act(actions.change_problem, problem, TERMS, by=p),
        ):
            with pytest.raises(NotAllowed):
                try_it()


def test_only_the_office_changes_side_owner_and_due():
    member = factories.member()
    problem = factories.problem(member)
    with pytest.raises(NotAllowed):
        act(actions.change_problem, problem, TERMS, by=member)
    act(actions.change_problem, problem, TERMS, by=factories.office())


def test_a_member_does_not_reopen_what_the_leader_closed_for_the_group():
    member, leader = factories.member(), factories.leader()
    problem = factories.problem(member, handling=Handling.GROUP)
    close(problem, leader)
    assert refusal(actions.reopen, problem, "还没修好", by=member) == "result"


def test_who_may_move_an_undertaking(who):
    name, person, raised_by = who
    undertaking = factories.undertaking(raised_by)
    with suppress(NotAllowed):
        act(actions.move_undertaking, undertaking, "路灯已亮", UndertakingState.DONE, by=person)
    assert (queries.undertaking(undertaking).state is UndertakingState.DONE) == (name in {"own", "office"})


def test_an_id_of_nothing_is_not_there():
    office = factories.office()
    for try_it in (
        lambda: close(999, office),
        lambda: act(actions.move_undertaking, 999, "字", UndertakingState.DONE, by=office),
        lambda: actions.close_directive(999, at=AT),
    ):
        with pytest.raises(NotThere):
            try_it()


# --- closing and going on -------------------------------------------------------------------------


def test_closing_keeps_the_result_who_was_told_and_what_they_say():
    office = factories.office()
    problem = factories.problem(factories.member())
    close(problem, office, told_whom="码头职工", told_on=TODAY, answer=Answer.PARTLY)
    found = queries.problem(problem)
    assert (found.state, found.result, found.told_whom, found.told_on) == (
        State.DONE, "已更换遮阳棚", "码头职工", TODAY,
    )  # fmt: skip
    assert (found.answer, found.closed_on, found.closed_by_id) == (Answer.PARTLY, TODAY, office)
    assert step_texts(problem) == ["已更换遮阳棚"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("result", {"result": ""}),
        ("result", {"result": " 　\n"}),
        ("result", {"result": "长" * 2001}),
        ("told_on", {"told_on": TODAY + DAY}),
        ("told_on", {"told_on": dt.date(2026, 6, 8)}),
    ],
)
def test_closing_takes_a_result_and_no_day_to_come(field, values):
    office, problem = factories.office(), factories.problem()
    closing = Closing(**({"result": "已修好"} | values))
    assert refusal(actions.close_problem, problem, closing, by=office) == field
    assert queries.problem(problem).state is State.OPEN


def test_a_closed_problem_takes_no_progress_and_is_not_closed_again():
    office, problem = factories.office(), factories.problem()
    close(problem, office)
    assert refusal(actions.note_progress, problem, "字", State.UNDERWAY, by=office) == "text"
    assert refusal(actions.close_problem, problem, Closing("又一次"), by=office) == "result"


def test_progress_has_words_and_does_not_close():
    office, problem = factories.office(), factories.problem()
    assert refusal(actions.note_progress, problem, " ", State.UNDERWAY, by=office) == "text"
    assert refusal(actions.note_progress, problem, "修好了", State.DONE, by=office) == "state"
    act(actions.note_progress, problem, "材料已到", State.PARTLY, by=office)
    assert queries.problem(problem).state is State.PARTLY
    assert step_texts(problem) == ["材料已到"]


def test_reopened_it_is_under_way_and_the_former_result_stays_readable():
    office = factories.office()
    problem = factories.problem()
    close(problem, office, told_whom="码头职工", told_on=TODAY, answer=Answer.NOT)
    act(actions.reopen, problem, "又漏雨", by=office)
    found = queries.problem(problem)
    assert (found.state, found.result, found.closed_on, found.answer, found.told_whom) == (
        State.UNDERWAY, "", None, None, "",
    )  # fmt: skip
    for part in ("又漏雨", "已更换遮阳棚", "码头职工2026年6月10日", "未解决"):
        assert part in step_texts(problem)[-1]


def test_a_result_without_steps_survives_reopening():
    problem = factories.problem(state=State.DONE, handling=Handling.ON_SITE, result="当场解决", closed_on=TODAY)
    act(actions.reopen, problem, "没有解决", by=factories.office())
    assert step_texts(problem) == ["重新打开：没有解决（原办理结果：当场解决）"]


def test_reopening_takes_a_reason_and_a_closed_problem():
    office, problem = factories.office(), factories.problem()
    assert refusal(actions.reopen, problem, "字", by=office) == "reason"
    close(problem, office)
    assert refusal(actions.reopen, problem, "", by=office) == "reason"


def test_a_change_leaves_what_it_was_and_what_it_is():
    office, owner = factories.office(), factories.person(name="林岚")
    problem = factories.problem()
    terms = Terms(
        Side.BRANCH, Category.SAFETY, Handling.GROUP, "", dt.date(2026, 8, 1), "先围挡", owner_person_id=owner
    )
    act(actions.change_problem, problem, terms, by=office)
    assert step_texts(problem)[0] == (
        "责任方：责任单位 → 支部自身；类别：其他 → 安全；处理方式：协调解决 → 提请党组研究；责任单位：工程科 → 无；"
        "完成时限：2026年7月9日 → 2026年8月1日；措施：无 → 先围挡；责任人：无 → 林岚"
    )
    found = queries.problem(problem)
    assert (found.owner_person.name, found.due_on, found.state) == ("林岚", dt.date(2026, 8, 1), State.OPEN)


def test_a_change_of_nothing_leaves_no_step():
    problem = factories.problem()
    act(actions.change_problem, problem, TERMS, by=factories.office())
    assert step_texts(problem) == []


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("owner_unit", {"owner_unit": " "}),
        ("owner_person_id", {"owner_person_id": 999}),
        ("due_on", {"due_on": dt.date(2026, 6, 1)}),
        ("measures", {"measures": "长" * 2001}),
    ],
)
def test_a_change_names_an_owner_and_a_sensible_day(field, values):
    problem = factories.problem()
    terms = Terms(Side.BUREAU, Category.OTHER, Handling.COORDINATE, **(
        {"owner_unit": "工程科", "due_on": dt.date(2026, 7, 9), "measures": ""} | values
    ))  # fmt: skip
    assert refusal(actions.change_problem, problem, terms, by=factories.office()) == field


def test_what_a_source_took_away_is_not_moved_any_more():
    member, office = factories.member(), factories.office()
    problem, undertaking = factories.problem(member, dropped=True), factories.undertaking(member, dropped=True)
    refusal(actions.note_progress, problem, "字", State.UNDERWAY, by=office)
    refusal(actions.close_problem, problem, Closing("字"), by=office)
    refusal(actions.change_problem, problem, TERMS, by=office)
    refusal(actions.move_undertaking, undertaking, "字", UndertakingState.DONE, by=member)


# --- undertakings and directives ------------------------------------------------------------------


def test_an_undertaking_ends_with_a_line_and_can_be_taken_up_again():
    member = factories.member()
    undertaking = factories.undertaking(member)
    act(actions.move_undertaking, undertaking, "已联系供电所", UndertakingState.UNDERWAY, by=member)
    assert [one.id for one in queries.undertakings_of(member)] == [undertaking]
    act(actions.move_undertaking, undertaking, "经费未批，已说明", UndertakingState.EXPLAINED, by=member)
    found = queries.undertaking(undertaking)
    assert (found.state, found.result, found.closed_on) == (UndertakingState.EXPLAINED, "经费未批，已说明", TODAY)
    assert queries.undertakings_of(member) == []
    act(actions.move_undertaking, undertaking, "经费已批", UndertakingState.UNDERWAY, by=member)
    found = queries.undertaking(undertaking)
    assert (found.result, found.closed_on, len(found.progress)) == ("", None, 3)


def test_an_undertaking_does_not_end_without_a_line():
    member = factories.member()
    undertaking = factories.undertaking(member)
    assert refusal(actions.move_undertaking, undertaking, "", UndertakingState.DONE, by=member) == "text"


def test_undertakings_by_person_branch_and_days():
    member, other, branch = factories.member(), factories.member(), factories.branch()
    first = factories.undertaking(member, branch)
    late = factories.undertaking(other, due_on=TODAY - DAY)
    ended = factories.undertaking(member, branch, state=UndertakingState.DONE, closed_on=TODAY)
    before = factories.undertaking(
        member, raised_on=dt.date(2025, 3, 1), state=UndertakingState.DONE, closed_on=dt.date(2025, 4, 1)
    )
    factories.undertaking(member, branch, dropped=True)
    ids = lambda rows: [one.id for one in rows]  # noqa: E731
    assert ids(queries.undertakings().items) == [late, first]
    assert ids(queries.undertakings(everything=True).items) == [late, first, ended, before]
    assert ids(queries.undertakings_at([branch])) == [first]


def test_a_directive_is_open_until_it_is_closed():
    office = factories.office()
    new = NewDirective("近期都要下到挂点支部", TODAY - 3 * DAY, TODAY + 30 * DAY)
    directive = act(actions.add_directive, new, by=office)
    assert [one.issued_on for one in queries.directives(open_only=True)] == [TODAY - 3 * DAY]
    actions.close_directive(directive.id, at=AT)
    db.session.commit()
    assert queries.directives(open_only=True) == []
    assert [one.closed_on for one in queries.directives(open_only=False)] == [TODAY]
    actions.reopen_directive(directive.id)
    db.session.commit()
    assert len(queries.directives(open_only=True)) == 1


@pytest.mark.parametrize(
    ("field", "new"),
    [
        ("text", NewDirective("", TODAY, TODAY)),
        ("due_on", NewDirective("近期到支部", TODAY, TODAY - DAY)),
        ("issued_on", NewDirective("近期到支部", TODAY + DAY, TODAY + DAY)),
        ("issued_on", NewDirective("近期到支部", TODAY - 367 * DAY, TODAY)),
    ],
)
def test_a_directive_has_words_a_day_past_and_a_day_to_come(field, new):
    assert refusal(actions.add_directive, new, by=factories.office()) == field


# --- the lists ------------------------------------------------------------------------------------


def listed(today=TODAY, **filters):
    return [one.id for one in queries.ledger(Filters(**filters), today).items]


def test_overdue_first_then_by_due_date_then_the_closed():
    later = factories.problem(due_on=TODAY + DAY)
    late = factories.problem(due_on=TODAY - DAY)
    today = factories.problem(due_on=TODAY)
    long_term = factories.problem(due_on=TODAY - 99 * DAY, state=State.LONG_TERM)
    done = factories.problem(due_on=TODAY - 99 * DAY, state=State.DONE)
    gone = factories.problem(due_on=TODAY - 98 * DAY, dropped=True)
    assert listed(state="all") == [late, long_term, today, later, done, gone]
    assert listed() == [late, long_term, today, later]
    assert listed(state="overdue") == [late]
    assert listed(state="done") == [done]
    assert [one.id for one in queries.every(Filters(state="all"), TODAY)] == listed(state="all")
    count, rows = queries.overdue(TODAY, 5)
    assert (count, [one.id for one in rows]) == (1, [late])


def test_overdue_counts_all_and_lists_a_few():
    assert queries.overdue(TODAY, 2) == (0, [])
    for _n in range(3):
        factories.problem(due_on=TODAY - DAY)
    count, rows = queries.overdue(TODAY, 2)
    assert (count, len(rows)) == (3, 2)


def test_each_filter_narrows():
    member, branch = factories.member(), factories.branch()
    general = factories.branch()
    factories.placement(branch, general)
    wanted = factories.problem(
        member, branch, side=Side.BRANCH, category=Category.SAFETY, text="护栏100%松动", source_label="2026-88/2"
    )
    factories.problem(factories.member(), factories.branch())
    for narrow in (
        {"member_id": member}, {"branch_id": branch}, {"branch_id": general}, {"side": Side.BRANCH},
        {"category": Category.SAFETY}, {"text": "0%松"}, {"text": "2026-88/"},
    ):  # fmt: skip
        assert listed(**narrow) == [wanted], narrow
        assert Filters(**narrow).narrows
    assert listed(text="%") == [wanted]
    assert not Filters(state="all").narrows


def test_a_year_has_what_was_raised_in_it_or_carried_into_it():
    inside = factories.problem(raised_on=dt.date(2026, 3, 1))
    carried = factories.problem(raised_on=dt.date(2025, 3, 1))
    closed = factories.problem(raised_on=dt.date(2025, 3, 1), state=State.DONE, closed_on=dt.date(2026, 1, 1))
    factories.problem(raised_on=dt.date(2025, 3, 1), state=State.DONE, closed_on=dt.date(2025, 12, 31))
    factories.problem(raised_on=dt.date(2027, 1, 1))
    gone = factories.problem(raised_on=dt.date(2026, 3, 1), dropped=True)
    first, last = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
    rows = queries.year_items(first, last)
    assert {row.id for row in rows} == {inside, carried, closed, gone}


def test_rows_for_figures_are_plain_and_named():
    member, branch = factories.member(name="王珺"), factories.branch("三岭山森林公园党支部")
    factories.problem(member, branch)
    factories.undertaking(member, branch)
    days = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
    (item,), (promise,) = queries.year_items(*days), queries.year_undertakings(*days)
    assert (item.branch, item.raised_by_id, item.source_kind, item.side) == (
        "三岭山森林公园党支部", member, SourceKind.VISIT, Side.BUREAU,
    )  # fmt: skip
    assert item.source_id
    assert (promise.member, promise.branch) == ("王珺", "三岭山森林公园党支部")


def test_paging_walks_every_row_once():
    for n in range(60):
        state = [State.OPEN, State.DONE, State.LONG_TERM][n % 3]
        factories.problem(due_on=TODAY + (n % 7 - 3) * DAY, state=state)
    seen, after = [], ""
    while True:
        page = queries.ledger(Filters(state="all"), TODAY, after=after)
        assert page.total == 60
        seen += [one.id for one in page.items]
        if page.older is None:
            break
        after = page.older
    assert len(seen) == len(set(seen)) == 60
    assert seen == [one.id for one in queries.every(Filters(state="all"), TODAY)]


@pytest.mark.parametrize("key", ["", "x", "1_2026-02-30_4", "9_2026-01-01_1", "1_2026-01-01_99999999999", "0__", "1_٢"])
def test_a_key_of_nonsense_opens_the_first_page(key):
    problem = factories.problem()
    assert [one.id for one in queries.ledger(Filters(), TODAY, after=key).items] == [problem]


def test_a_list_costs_the_same_for_one_and_for_thirty(statements):
    def cost():
        db.session.expunge_all()
        with statements() as made:
            for one in queries.ledger(Filters(state="all"), TODAY).items:
                assert one.branch.name
                assert one.raised_by.name != one.owner_person.name
            queries.every(Filters(), TODAY)
            for promise in queries.undertakings().items:
                assert promise.member.name != promise.branch.name
        return len(made)

    def add():
        member, branch = factories.member(), factories.branch()
        factories.problem(member, branch, owner_person_id=factories.person())
        factories.undertaking(member, branch)

    add()
    one = cost()
    for _n in range(29):
        add()
    assert cost() == one
    assert one <= 5


def test_what_is_open_at_a_branch_and_what_is_put_to_the_group():
    branch, other = factories.branch(), factories.branch()
    here, there = factories.problem(branch_id=branch), factories.problem(branch_id=other, handling=Handling.GROUP)
    factories.problem(branch_id=branch, state=State.DONE)
    factories.problem(branch_id=branch, dropped=True, handling=Handling.GROUP)
    assert [one.id for one in queries.open_at_branch(branch)] == [here]
    assert [one.id for one in queries.open_at_branch({branch, other})] == [here, there]
    assert [one.id for one in queries.matters_for_group()] == [there]


def test_a_page_of_one_problem_loads_all_it_shows(statements):
    member, office = factories.member(), factories.office()
    problem = factories.problem(member, factories.branch(), owner_person_id=member)
    for _n in range(3):
        factories.progress(office, problem_id=problem)
    with statements() as made:
        found = queries.problem(problem)
        assert [step.by.id for step in found.progress] == [office] * 3
        assert (found.branch.id, found.raised_by.id, found.closed_by) == (found.branch_id, member, None)
    assert len(made) == 2


def test_who_was_a_member_can_still_be_chosen():
    member = factories.member(name="王珺")
    factories.office()
    assert [tuple(row) for row in queries.members()] == [(member, "王珺")]


def test_an_actor_without_a_member_s_role_owns_nothing():
    member = factories.member()
    problem = factories.problem(member)
    former = Actor(member, "甲", frozenset({Role.SYSADMIN}))
    with pytest.raises(NotAllowed):
        actions.note_progress(problem, "字", State.UNDERWAY, by=former, at=AT)


# --- lines of a source ----------------------------------------------------------------------------

RULES = DueRules(problem_days=30, undertaking_days=15, host_unit="森林公园管理所")


def _source(by, branch, source_id=7):
    return Source(SourceKind.VISIT, source_id, f"2026-{source_id}", TODAY, branch, by)


def record(by, branch, problems=(), undertakings=(), source_id=7):
    act(actions.record_lines, _source(by, branch, source_id), problems, undertakings, by=by, rules=RULES)
    return queries.of_source(SourceKind.VISIT, source_id)


def test_a_line_is_filled_by_rule():
    member, branch = factories.member(), factories.branch()
    (problem,), (undertaking,) = record(member, branch, [NewProblem("护栏松动", 1)], [NewUndertaking("联系供电所", 2)])
    assert (problem.source_label, problem.owner_unit, problem.due_on) == (
        "2026-7/1", "森林公园管理所", TODAY + 30 * DAY,
    )  # fmt: skip
    assert (undertaking.source_label, undertaking.member_id, undertaking.due_on) == (
        "2026-7/2",
        member,
        TODAY + 15 * DAY,
    )


@pytest.mark.parametrize("text", ["", " 　", "长" * 2001])
def test_a_line_has_words_and_not_too_many(text):
    member, branch = factories.member(), factories.branch()
    with pytest.raises(RuleBroken) as broken:
        record(member, branch, [NewProblem(text, 3)])
    assert broken.value.field == "problem-3"
    with pytest.raises(RuleBroken) as broken:
        record(member, branch, undertakings=[NewUndertaking(text, 4)])
    assert broken.value.field == "undertaking-4"


def test_a_line_that_repeats_an_open_problem_is_its_progress():
    member, branch = factories.member(), factories.branch()
    for state, after in ((State.OPEN, State.UNDERWAY), (State.PARTLY, State.PARTLY)):
        problem = factories.problem(factories.member(), branch, state=state)
        problems, _none = record(
            member, branch, [NewProblem("还没修", 1, repeats_id=problem)], source_id=problem + 90_000
        )
        assert problems == []
        found = queries.problem(problem)
        assert (found.state, found.progress[-1].source_label) == (after, f"2026-{problem + 90_000}/1")


def test_only_an_open_problem_of_that_branch_is_repeated():
    member, branch = factories.member(), factories.branch()
    elsewhere = factories.problem(branch_id=factories.branch())
    closed = factories.problem(branch_id=branch, state=State.DONE)
    for wrong in (elsewhere, closed, 999):
        with pytest.raises(RuleBroken) as broken:
            record(member, branch, [NewProblem("还没修", 1, repeats_id=wrong)])
        assert broken.value.field == "problem-1"


def test_a_correction_rewords_what_nobody_took_in_hand_and_marks_what_it_took_away():
    member, branch = factories.member(), factories.branch()
    record(member, branch, [NewProblem("护栏松动", 1), NewProblem("缺路灯", 2)], [NewUndertaking("联系供电所", 3)])
    first, _second = queries.of_source(SourceKind.VISIT, 7)[0]
    act(actions.note_progress, first.id, "已看过", State.UNDERWAY, by=member)
    problems, undertakings = record(member, branch, [NewProblem("护栏全部松动", 1), NewProblem("缺少路灯", 2)])
    assert [one.text for one in problems] == ["护栏松动", "缺少路灯"]
    assert [one.dropped for one in undertakings] == [True]
    found = queries.of_sources(SourceKind.VISIT, [7, 8])
    assert [one.text for one in found["problems"][7]] == ["护栏松动", "缺少路灯"]
    assert (found["problems"][8], found["undertakings"][7]) == ([], [])


def test_what_is_in_hand_goes_on_marked_when_a_correction_takes_its_line_away():
    member, branch = factories.member(), factories.branch()
    lines = [NewProblem("护栏松动", 1), NewProblem("缺路灯", 2)], [NewUndertaking("联系供电所", 3)]
    problem, _other, promise = (one.id for rows in record(member, branch, *lines) for one in rows)
    act(actions.note_progress, problem, "已看过", State.UNDERWAY, by=member)
    act(actions.move_undertaking, promise, "已联系", UndertakingState.UNDERWAY, by=member)
    problems, promises = record(member, branch)
    assert [(one.dropped, one.detached) for one in (*problems, *promises)] == [
        (False, True), (True, False), (False, True),
    ]  # fmt: skip
    assert listed() == [problem]
    assert [one.id for one in queries.undertakings().items] == [promise]
    assert queries.of_sources(SourceKind.VISIT, [7]) == {"problems": {7: []}, "undertakings": {7: []}}
    close(problem, by=member)
    problems, _promises = record(member, branch, [NewProblem("护栏松动", 1)])
    assert [(one.dropped, one.detached) for one in problems] == [(False, False), (True, False)]


def test_a_correction_rewords_what_was_solved_on_the_spot_and_nobody_touched():
    member, branch = factories.member(), factories.branch()
    record(member, branch, [NewProblem("护栏松动", 1, handling=Handling.ON_SITE)])
    (problem,), _none = record(member, branch, [NewProblem("护栏断了", 1)])
    assert (problem.text, problem.state, problem.result, problem.closed_on) == ("护栏断了", State.OPEN, "", None)
    (problem,), _none = record(member, branch, [NewProblem("护栏断了", 1, handling=Handling.ON_SITE)])
    assert (problem.state, problem.result, problem.closed_on) == (State.DONE, "当场解决", TODAY)
    act(actions.reopen, problem.id, "又断了", by=member)
    (problem,), _none = record(member, branch, [NewProblem("没断", 1)])
    assert (problem.text, problem.state) == ("护栏断了", State.UNDERWAY)


def test_what_is_in_hand_outlives_its_withdrawn_source():
    member, branch = factories.member(), factories.branch()
    (one,), _none = record(member, branch, [NewProblem("护栏松动", 1)])
    problem = one.id
    act(actions.note_progress, problem, "已看过", State.UNDERWAY, by=member)
    actions.drop_lines(_source(member, branch), by=factories.actor(member))
    db.session.commit()
    assert listed(state="overdue", today=TODAY + 99 * DAY) == [problem]
    assert queries.problem(problem).detached


def test_a_withdrawn_source_marks_its_lines():
    member, branch = factories.member(), factories.branch()
    record(member, branch, [NewProblem("护栏松动", 1)], [NewUndertaking("联系供电所", 2)])
    actions.drop_lines(_source(member, branch), by=factories.actor(member))
    db.session.commit()
    problems, undertakings = queries.of_source(SourceKind.VISIT, 7)
    assert [one.dropped for one in (*problems, *undertakings)] == [True, True]
    assert listed() == []
