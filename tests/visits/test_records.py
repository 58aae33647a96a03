"""The rules of a record: numbers, versions, joint trips, lateness, levels. mission.md "One visit"."""

import datetime as dt
import json

import pytest

from logbook.db import db
from logbook.errors import NotAllowed, NotThere, RuleBroken
from logbook.problems import queries as problems
from logbook.problems.actions import NewProblem, NewUndertaking
from logbook.problems.models import Category, Side, SourceKind
from logbook.settings.queries import Settings
from logbook.visits import actions, queries
from logbook.visits.models import Kind, Level, LockedYear
from logbook.visits.rules import NewVisit
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.usefixtures("app")
TODAY = dt.date(2026, 6, 10)
SETTINGS = Settings(unit_name="青湖风景区管理局")


def new(member_id, branch_id, **values):
    values = {
        "visited_on": TODAY,
        "findings": "座谈，总体平稳。",
        "kinds": (Kind.RESEARCH,),
        "level": Level.GROUP,
    } | values
    return NewVisit(member_id=member_id, branch_id=branch_id, **values)


def log(by, record, at=AT):
    visit = actions.log_visit(record, by=factories.actor(by), at=at, settings=SETTINGS)
    db.session.commit()
    return visit


def correct(by, visit, record, based_on=1, reason="日期写错"):
    corrected = actions.correct(
        visit.id, record, reason=reason, based_on=based_on, by=factories.actor(by), at=AT, settings=SETTINGS
    )
    db.session.commit()
    return corrected


@pytest.fixture
def pair():
    """A member and a branch they are liaison for."""
    member, branch = factories.member(), factories.branch()
    factories.liaison(member, branch)
    return member, branch


def test_numbers_run_through_the_unit_and_the_year(pair):
    member, branch = pair
    other = factories.member()
    numbers = [log(m, new(m, branch)).number for m in (member, other, member)]
    last_year = log(member, new(member, branch, visited_on=dt.date(2025, 12, 30)))
    assert numbers == ["2026-001", "2026-002", "2026-003"]
    assert last_year.number == "2025-001"


def test_a_book_counts_its_own_lines_and_is_issued_at_the_first(pair):
    member, branch = pair
    other = factories.member()
    lines = [log(m, new(m, branch)).book_line for m in (member, other, member)]
    assert lines == [1, 1, 2]
    assert queries.book(member, 2026).issued_by_id is None


def test_a_withdrawn_number_is_never_given_again(pair):
    member, branch = pair
    first = log(member, new(member, branch))
    actions.withdraw(first.id, reason="记错支部", by=factories.actor(member), at=AT)
    db.session.commit()
    assert log(member, new(member, branch)).number == "2026-002"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("visited_on", {"visited_on": TODAY + dt.timedelta(days=1)}),
        ("visited_on", {"visited_on": dt.date(1926, 6, 10)}),
        ("findings", {"findings": " 　\n\t"}),
        ("findings", {"findings": "长" * 100_000}),
        ("kinds", {"kinds": ()}),
        ("branch_id", {"branch_id": None}),
        ("branch_id", {"branch_id": 999}),
        ("paper_on", {"paper_on": TODAY}),
        ("thinking", {"thinking": "长" * 20_001}),
        ("place", {"place": "长" * 2_001}),
        ("voices", {"voices": (("长" * 2_001, Category.OTHER),)}),
    ],
)
def test_bad_input_is_refused_at_its_field_and_nothing_is_stored(pair, field, values):
    member, branch = pair
    with pytest.raises(RuleBroken) as broken:
        log(member, new(member, **({"branch_id": branch} | values)))
    assert broken.value.field == field
    db.session.rollback()
    assert queries.records(factories.actor(member), queries.Filters()).records == []


def test_today_is_todays_date_in_shanghai(pair):
    member, branch = pair
    new_year = dt.datetime(2026, 12, 31, 16, 30, tzinfo=dt.UTC)  # half past midnight on 1 January in Shanghai
    assert log(member, new(member, branch, visited_on=dt.date(2027, 1, 1)), at=new_year).year == 2027


def test_a_closed_year_takes_no_record_no_correction_and_no_withdrawal(pair):
    member, branch = pair
    visit = log(member, new(member, branch))
    db.session.add(LockedYear(year=2026, locked_at=AT, locked_by_id=member))
    db.session.commit()
    by = factories.actor(member)
    for act in (
        lambda: log(member, new(member, branch)),
        lambda: correct(member, visit, new(member, branch, findings="改")),
        lambda: actions.withdraw(visit.id, reason="错", by=by, at=AT),
    ):
        with pytest.raises(RuleBroken, match="已归档"):
            act()


def test_late_is_judged_at_receipt_and_a_paper_original_is_not_late(pair):
    member, branch = pair
    clerk = factories.office()
    eight_days_ago = TODAY - dt.timedelta(days=8)
    assert not log(member, new(member, branch, visited_on=TODAY - dt.timedelta(days=7))).late
    assert log(member, new(member, branch, visited_on=eight_days_ago)).late
    on_paper = new(member, branch, visited_on=eight_days_ago, paper_on=eight_days_ago)
    assert not log(clerk, on_paper).late


def test_liaison_and_own_organization_are_marked(pair):
    member, branch = pair
    other = factories.branch()
    own = factories.branch()
    factories.membership(member, own)
    assert log(member, new(member, branch)).is_liaison
    assert not log(member, new(member, other)).is_liaison
    assert log(member, new(member, own)).own_organization
    with pytest.raises(RuleBroken, match="本人所在"):
        log(member, new(member, own, observation="支部工作扎实。"))


def test_the_same_key_answers_the_same_and_another_record_is_refused(pair):
    member, branch = pair
    first = log(member, new(member, branch, client_key="k1"))
    assert log(member, new(member, branch, client_key="k1")).id == first.id
    with pytest.raises(RuleBroken) as broken:
        log(member, new(member, branch, client_key="k1", findings="另一条"))
    assert broken.value.field == "client_key"


def test_anothers_key_tells_nothing(pair):
    member, branch = pair
    other = factories.member()
    log(member, new(member, branch, client_key="k1"))
    with pytest.raises(RuleBroken):
        log(other, new(other, branch, client_key="k1"))


def test_a_correction_is_a_new_version_with_a_reason(pair):
    member, branch = pair
    visit = log(member, new(member, branch))
    correct(member, visit, new(member, branch, findings="同6名党员座谈。"))
    one, two = queries.versions(visit.id)
    assert json.loads(one.body)["findings"] == "座谈，总体平稳。"
    assert json.loads(two.body)["findings"] == "同6名党员座谈。"
    assert (two.n, two.reason) == (2, "日期写错")
    assert db.session.get(actions.Visit, visit.id).findings == "同6名党员座谈。"


def test_a_correction_makes_a_received_record_new_again(pair):
    member, branch = pair
    clerk = factories.office()
    visit = log(member, new(member, branch))
    actions.receive(visit.id, 1, by=factories.actor(clerk), at=AT)
    assert not visit.is_new
    correct(member, visit, new(member, branch, findings="改"))
    assert visit.is_new


def test_a_receive_mark_names_the_version_that_was_read(pair):
    """The office's page was open while the member corrected the record."""
    member, branch = pair
    clerk = factories.actor(factories.office())
    visit = log(member, new(member, branch))
    correct(member, visit, new(member, branch, findings="改"))
    actions.receive(visit.id, 1, by=clerk, at=AT)
    assert (visit.received_version, visit.is_new) == (1, True)
    for unread in (0, 1, 3):
        with pytest.raises(RuleBroken):
            actions.receive(visit.id, unread, by=clerk, at=AT)
    actions.receive(visit.id, 2, by=clerk, at=AT)
    assert not visit.is_new


@pytest.mark.parametrize(
    ("field", "values", "more"),
    [
        ("visited_on", {"visited_on": dt.date(2025, 6, 10)}, {}),
        ("based_on", {"findings": "改"}, {"based_on": 0}),
        ("reason", {"findings": "改"}, {"reason": " "}),
        ("reason", {}, {}),
    ],
)
def test_a_correction_that_may_not_be(pair, field, values, more):
    member, branch = pair
    visit = log(member, new(member, branch))
    with pytest.raises(RuleBroken) as broken:
        correct(member, visit, new(member, branch, **values), **more)
    assert broken.value.field == field


def test_only_the_member_or_the_office_that_entered_it_corrects(pair):
    member, branch = pair
    clerk, other = factories.office(), factories.member()
    own, entered = log(member, new(member, branch)), log(clerk, new(member, branch))
    changed = new(member, branch, findings="改")
    for person, visit in ((other, own), (clerk, own), (other, entered)):
        with pytest.raises(NotAllowed):
            correct(person, visit, changed)
    assert correct(clerk, entered, changed).version == 2


def test_what_the_office_enters_counts_at_once_and_waits_for_a_tap(pair):
    member, branch = pair
    clerk = factories.office()
    visit = log(clerk, new(member, branch))
    assert visit.counts
    assert [v.id for v in queries.to_confirm(member)] == [visit.id]
    actions.confirm(visit.id, by=factories.actor(member), at=AT)
    db.session.commit()
    assert queries.to_confirm(member) == []


def test_the_office_enters_nothing_for_the_member_alone_and_nothing_for_a_stranger(pair):
    member, branch = pair
    clerk, stranger = factories.office(), factories.person()
    with pytest.raises(RuleBroken, match="仅本人"):
        log(clerk, new(member, branch, level=Level.SELF))
    with pytest.raises(RuleBroken, match="党组成员"):
        log(clerk, new(stranger, branch))
    with pytest.raises(NotAllowed):
        log(member, new(factories.member(), branch))


def test_a_companion_confirms_and_counts_or_declines_and_never_counts(pair):
    member, branch = pair
    coming, absent = factories.member(), factories.member()
    named = new(member, branch, companion_ids=(coming, absent), thinking="有顾虑", observation="工作扎实")
    visit = log(member, named)
    theirs = {v.member_id: v for v in queries.joint_records(visit.id)}
    assert not theirs[coming].counts
    assert (theirs[coming].findings, theirs[coming].thinking, theirs[coming].observation) == (visit.findings, "", "")
    actions.confirm(theirs[coming].id, by=factories.actor(coming), at=AT)
    actions.decline(theirs[absent].id, by=factories.actor(absent), at=AT)
    db.session.commit()
    assert theirs[coming].counts
    assert not theirs[absent].counts
    with pytest.raises(NotThere):
        actions.confirm(theirs[coming].id, by=factories.actor(absent), at=AT)


def test_lines_stand_in_the_version_and_live_in_the_ledger(pair):
    member, branch = pair
    problem = NewProblem(text="码头候船区无遮阳棚", line=1, side=Side.BUREAU)
    visit = log(
        member, new(member, branch, problems=(problem,), undertakings=(NewUndertaking(text="餐补答复", line=2),))
    )
    stored = json.loads(queries.version(visit.id, 1).body)
    assert stored["problems"][0]["text"] == "码头候船区无遮阳棚"
    in_ledger = problems.of_source(SourceKind.VISIT, visit.id)
    labels = {item.source_label for group in in_ledger for item in group} if isinstance(in_ledger, tuple) else {
        item.source_label for item in in_ledger
    }  # fmt: skip
    assert "2026-001/1" in labels


LEVELS = {  # who reads a record of each level, besides its author
    Level.SELF: set(),
    Level.LEADER: {"leader"},
    Level.OFFICE: {"leader", "office"},
    Level.GROUP: {"leader", "office", "member"},
}


@pytest.mark.parametrize("level", Level)
def test_who_reads_what(pair, level):
    member, branch = pair
    readers = {"leader": factories.leader(), "office": factories.office(), "member": factories.member(),
               "sysadmin": factories.sysadmin(), "author": member}  # fmt: skip
    visit = log(member, new(member, branch, level=level, thinking="有顾虑", observation="工作扎实"))
    reading = {name for name, reader in readers.items() if queries.record(factories.actor(reader), visit.id)}
    assert reading == LEVELS[level] | {"author"}
    for name, reader in readers.items():
        shown = queries.records(factories.actor(reader), queries.Filters()).records
        assert bool(shown) == (name in reading), name
        for word, seers in (("顾虑", {"author", "leader", "office"}), ("扎实", {"author", "leader"})):
            found = queries.records(factories.actor(reader), queries.Filters(text=word)).records
            assert bool(found) == (name in reading & seers), (name, word)


def test_a_secretary_reads_no_observation_about_themself_whatever_their_role(pair):
    member, branch = pair
    visit = log(member, new(member, branch, observation="书记抓得紧", observation_widened=True))
    for reader in (factories.leader(), factories.member(), factories.office()):
        assert "observation" not in queries.record(factories.actor(reader), visit.id).hidden
        factories.term(branch, reader)
        assert "observation" in queries.record(factories.actor(reader), visit.id).hidden
        assert not queries.records(factories.actor(reader), queries.Filters(text="抓得紧")).records


def test_shown_and_hidden_make_the_figure(pair):
    member, branch = pair
    reader = factories.actor(factories.member())
    for level in (Level.SELF, Level.GROUP, Level.LEADER):
        log(member, new(member, branch, level=level))
    assert queries.totals(reader, queries.Filters(state="counted")) == (3, 1)


def test_a_list_costs_the_same_for_one_and_for_thirty(pair, statements):
    member, branch = pair
    actor = factories.actor(member)

    def cost():
        with statements() as made:
            queries.records(actor, queries.Filters())
        return len(made)

    log(member, new(member, branch))
    one = cost()
    for _ in range(29):
        factories.visit(member, branch)
    assert cost() == one <= 2


def test_keyset_pages_meet_without_a_gap(pair):
    member, branch = pair
    ids = [factories.visit(member, branch, TODAY - dt.timedelta(days=n % 7)) for n in range(60)]
    actor = factories.actor(member)
    for by_date in (False, True):
        filters, seen, key = queries.Filters(by_date=by_date), [], ""
        while key is not None:
            page = queries.records(actor, filters, older_than=key)
            seen += [v.id for v in page.records]
            key = page.older
        assert sorted(seen) == ids
        back = queries.records(actor, filters, newer_than=page.newer)
        assert [v.id for v in back.records] == seen[queries.PAGE : 2 * queries.PAGE]


@pytest.mark.parametrize("nonsense", ["x", "2026", "2026-", "-1", "2026-1; DROP TABLE visit", "9" * 40 + "-1"])
def test_a_nonsense_key_opens_the_first_page(pair, nonsense):
    member, branch = pair
    factories.visit(member, branch)
    page = queries.records(factories.actor(member), queries.Filters(), older_than=nonsense)
    assert len(page.records) <= 1


def test_search_takes_percent_and_underscore_for_letters(pair):
    member, branch = pair
    log(member, new(member, branch, findings="完成率100%，编号a_b。"))
    actor = factories.actor(member)
    for text, hits in {"100%": 1, "a_b": 1, "%": 1, "axb": 0}.items():
        assert len(queries.records(actor, queries.Filters(text=text)).records) == hits


def test_a_branch_inside_a_general_branch_counts_for_both_while_it_is_inside(pair):
    member, branch = pair
    general = factories.branch()
    factories.placement(branch, general, dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    for day in (dt.date(2026, 2, 28), dt.date(2026, 3, 1), dt.date(2026, 3, 31), dt.date(2026, 4, 1)):
        factories.visit(member, branch, day)
    found = queries.records(factories.actor(member), queries.Filters(branch_id=general)).records
    assert sorted(v.visited_on for v in found) == [dt.date(2026, 3, 1), dt.date(2026, 3, 31)]


# --- one trip, several records --------------------------------------------------------------------


def record_of(member, visit):
    """The member's record of the trip, the latest one."""
    db.session.expire_all()
    return [one for one in queries.joint_records(visit.id) if one.member_id == member][-1]


def test_what_the_author_corrects_reaches_a_companion_who_has_not_confirmed(pair):
    member, branch = pair
    waiting, settled, other = factories.member(), factories.member(), factories.branch()
    visit = log(member, new(member, branch, companion_ids=(waiting, settled)))
    actions.confirm(record_of(settled, visit).id, by=factories.actor(settled), at=AT)
    db.session.commit()
    changed = new(
        member, other, companion_ids=(waiting, settled), visited_on=TODAY - dt.timedelta(days=1), findings="改",
        kinds=(Kind.TALK,), level=Level.OFFICE, half_days=2, thinking="有顾虑",
    )  # fmt: skip
    correct(member, visit, changed)
    renewed, kept = record_of(waiting, visit), record_of(settled, visit)
    assert (renewed.branch_id, renewed.findings, renewed.half_days, renewed.thinking) == (other, "改", 2, "")
    assert (renewed.version, renewed.confirmed_at, renewed.level) == (2, None, Level.OFFICE)
    assert (kept.version, kept.branch_id) == (1, branch)
    first, second = queries.versions(renewed.id)
    assert (json.loads(first.body)["branch_id"], json.loads(second.body)["branch_id"]) == (branch, other)
    assert second.reason == "登记人更正了这次下基层的记录"


def test_a_correction_that_changes_nothing_of_the_trip_makes_no_version_of_a_companions_record(pair):
    member, branch = pair
    other = factories.member()
    visit = log(member, new(member, branch, companion_ids=(other,)))
    correct(member, visit, new(member, branch, companion_ids=(other,), guidance="抓紧"))
    assert record_of(other, visit).version == 1


def test_a_companion_no_longer_named_said_nothing_themself(pair):
    member, branch = pair
    other, settled = factories.member(), factories.member()
    visit = log(member, new(member, branch, companion_ids=(other, settled)))
    actions.confirm(record_of(settled, visit).id, by=factories.actor(settled), at=AT)
    correct(member, visit, new(member, branch))
    theirs = record_of(other, visit)
    assert (theirs.declined_at, theirs.withdraw_reason) == (None, "登记人更正了同行成员")
    assert theirs.withdrawn_at
    assert record_of(settled, visit).counts
    assert queries.companions(visit.id) == []


def test_a_companion_removed_and_named_again_has_a_record_again(pair):
    member, branch = pair
    other = factories.member()
    visit = log(member, new(member, branch, companion_ids=(other,)))
    correct(member, visit, new(member, branch))
    correct(member, visit, new(member, branch, companion_ids=(other,)), based_on=2)
    named = queries.companions(visit.id)
    assert [one.record_id for one in named] == [record_of(other, visit).id]
    actions.confirm(record_of(other, visit).id, by=factories.actor(other), at=AT)
    assert record_of(other, visit).counts


def test_a_companion_who_confirmed_keeps_their_record_when_named_again(pair):
    member, branch = pair
    other = factories.member()
    visit = log(member, new(member, branch, companion_ids=(other,)))
    actions.confirm(record_of(other, visit).id, by=factories.actor(other), at=AT)
    correct(member, visit, new(member, branch))
    correct(member, visit, new(member, branch, companion_ids=(other,)), based_on=2)
    assert [one.member_id for one in queries.joint_records(visit.id)] == [other]
    assert [one.record_id for one in queries.companions(visit.id)] == [record_of(other, visit).id]


def test_with_the_trip_withdrawn_a_companions_waiting_record_is_withdrawn_too(pair):
    member, branch = pair
    other = factories.member()
    visit = log(member, new(member, branch, companion_ids=(other,)))
    actions.withdraw(visit.id, reason="记错了", by=factories.actor(member), at=AT)
    db.session.commit()
    theirs = record_of(other, visit)
    assert (theirs.declined_at, theirs.withdraw_reason) == (None, "登记人撤销了这次下基层的记录")
    assert queries.to_confirm(other) == []


def test_a_trip_entered_from_paper_is_not_late_for_its_companions_either(pair):
    member, branch = pair
    clerk, other = factories.office(), factories.member()
    long_ago = TODAY - dt.timedelta(days=20)
    visit = log(clerk, new(member, branch, visited_on=long_ago, paper_on=long_ago, companion_ids=(other,)))
    theirs = record_of(other, visit)
    assert (theirs.paper_on, theirs.late) == (long_ago, False)
    mine = new(other, branch, visited_on=long_ago, paper_on=long_ago, findings="我也在")
    assert not correct(other, theirs, mine).late


def test_a_companions_record_takes_its_line_in_the_book_when_it_is_confirmed(pair):
    member, branch = pair
    other = factories.member()
    trips = [log(member, new(member, branch, companion_ids=(other,), findings=f"第{n}趟")) for n in range(3)]
    own = log(other, new(other, branch))
    by = factories.actor(other)
    actions.decline(record_of(other, trips[0]).id, by=by, at=AT)
    actions.confirm(record_of(other, trips[1]).id, by=by, at=AT)
    db.session.commit()
    assert [(one.id, one.book_line) for one in queries.book_records(by, other, 2026)] == [
        (own.id, 1),
        (record_of(other, trips[1]).id, 2),
    ]
    third = record_of(other, trips[2])
    assert third.book_line is None
    assert correct(other, third, new(other, branch, findings="我也在")).book_line == 3


def test_who_tapped_wrong_confirms_after_all(pair):
    member, branch = pair
    other = factories.member()
    theirs = record_of(other, log(member, new(member, branch, companion_ids=(other,))))
    by = factories.actor(other)
    actions.decline(theirs.id, by=by, at=AT)
    with pytest.raises(RuleBroken, match="先点"):
        correct(other, theirs, new(other, branch, findings="我也在"))
    actions.confirm(theirs.id, by=by, at=AT)
    db.session.commit()
    assert (theirs.counts, theirs.declined_at, theirs.book_line) == (True, None, 1)


# --- late, and on paper ---------------------------------------------------------------------------


def test_a_day_corrected_back_is_judged_by_when_it_was_written_down(pair):
    member, branch = pair
    early, in_time = TODAY - dt.timedelta(days=30), TODAY - dt.timedelta(days=3)
    visit = log(member, new(member, branch))
    assert correct(member, visit, new(member, branch, visited_on=early)).late
    assert not correct(member, visit, new(member, branch, visited_on=in_time), based_on=2).late


def test_a_member_corrects_what_the_office_entered_from_paper_but_sets_no_paper_date(pair):
    member, branch = pair
    written = TODAY - dt.timedelta(days=12)
    visit = log(factories.office(), new(member, branch, visited_on=written, paper_on=written))
    kept = new(member, branch, visited_on=written, paper_on=written, findings="改")
    corrected = correct(member, visit, kept)
    assert (corrected.paper_on, corrected.late) == (written, False)
    for field, values in (("paper_on", {"paper_on": TODAY}), ("visited_on", {"visited_on": TODAY})):
        with pytest.raises(RuleBroken) as broken:
            correct(member, visit, new(member, branch, **({"paper_on": written} | values)), based_on=2)
        assert broken.value.field == field


# --- what the office entered ----------------------------------------------------------------------


def test_the_clerk_who_entered_a_record_reads_it_no_more_once_the_member_narrowed_it(pair):
    member, branch = pair
    clerk = factories.office()
    by = factories.actor(clerk)
    visit = log(clerk, new(member, branch, level=Level.LEADER))
    actions.confirm(visit.id, by=factories.actor(member), at=AT)
    assert queries.record(by, visit.id)
    correct(member, visit, new(member, branch, level=Level.LEADER, findings="另有情况", thinking="有顾虑"))
    assert queries.record(by, visit.id) is None
    assert queries.totals(by, queries.Filters(state="counted")) == (1, 0)
    assert not queries.records(by, queries.Filters(text="另有情况")).records


# --- where it counts ------------------------------------------------------------------------------


def test_a_visit_inside_a_general_branch_is_a_liaison_visit_of_it(pair):
    member, general = pair
    inner = factories.branch()
    factories.placement(inner, general, dt.date(2026, 3, 1))
    assert log(member, new(member, inner)).is_liaison
    assert not log(member, new(member, inner, visited_on=dt.date(2026, 2, 28))).is_liaison
    assert queries.last_visited_on(general) == TODAY


def test_search_looks_into_the_voices(pair):
    member, branch = pair
    log(member, new(member, branch, voices=(("盼着修步道", Category.FACILITIES),)))
    log(member, new(member, branch))
    by = factories.actor(member)
    assert [one.seq for one in queries.records(by, queries.Filters(text="步道")).records] == [1]
    assert [line.text for line, _visit in queries.voices(by, queries.Filters(text="步道"), None).lines] == [
        "盼着修步道"
    ]
