"""The workbook of the lists: what it says, what it would change, and carrying it out, all or nothing."""

import datetime as dt

import pytest

from logbook.access import Role
from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.errors import NotAllowed, RuleBroken
from logbook.organization import actions, importing, queries, workbook
from logbook.organization.models import BranchKind, Period
from logbook.settings.queries import Words
from tests import factories

JAN, JUN = dt.date(2026, 1, 1), dt.date(2026, 6, 1)
NOON = dt.time(12)  # Excel keeps days as moments without a zone
SHEETS = ("人员", "党组织", "挂点联系")


@pytest.fixture
def by(app):
    return factories.actor(factories.person(Role.OFFICE, Role.SYSADMIN, name="党办主任"))


def cells(people=(), branches=(), liaison=(), **heads):
    """Rows of cells as the workbook is read, with the template's heads unless others are given."""
    lines = dict(zip(SHEETS, (people, branches, liaison), strict=True))
    return {name: [list(heads.get(name, workbook.COLUMNS[name])), *map(list, lines[name])] for name in SHEETS}


def parsed(*args, merged=None, **heads):
    return workbook.parse(cells(*args, **heads), merged or {})


def told(problems):
    return [(p.sheet, p.row, p.column) for p in problems]


def planned(by, *args, from_on=JAN):
    return importing.plan_import(parsed(*args), from_on, by=by)


def carried_out(by, *args, from_on=JAN):
    plan = planned(by, *args, from_on=from_on)
    importing.carry_out(plan, by=by, at=factories.AT)
    db.session.commit()
    return plan


PEOPLE = (
    ("白一鸣", "副局长", 2, "bai", "党组成员", "机关党支部"),
    ("柳青", "码头主任", "", "", "", "码头党支部"),
)
BRANCHES = (
    ("机关党总支", "党总支", "局机关", "局机关", "", "", "否", 1),
    ("机关党支部", "党支部", "局机关", "局机关", "机关党总支", "", "否", 2),
    ("码头党支部", "党支部", "码头", "下属单位", "", "柳青", "是", 3),
)
LIAISON = ((2026, "白一鸣", "码头党支部", "", "", 1, "每季度"),)


# Reading


def test_cells_are_read_as_people_write_them():
    lists = parsed(
        [(" 白一鸣\u202e ", "", "２", "Ｂai", "党组成员，党办", "")],
        [],
        [
            (2026.0, "甲", "乙", dt.datetime.combine(dt.date(2026, 1, 5), NOON), dt.date(2026, 2, 5), 2.0, "每年"),
            ("２０２６年", "甲", "丙", "2026-1-5", "２０２６年１２月 ５日", "", ""),
            ("2026", "甲", "丁", "2026/1/5", "2026.01.05", "", ""),
        ],
    )
    assert lists.problems == ()
    (person,) = lists.people
    assert (person.name, person.official_order, person.sign_in_name) == ("白一鸣", 2, "bai")
    assert person.roles == {Role.MEMBER, Role.OFFICE}
    first, second, third = lists.liaison
    assert (first.year, first.from_on, first.to_on, first.target, first.period) == (
        2026, dt.date(2026, 1, 5), dt.date(2026, 2, 5), 2, Period.YEAR,
    )  # fmt: skip
    assert (second.year, second.from_on, second.to_on) == (2026, dt.date(2026, 1, 5), dt.date(2026, 12, 5))
    assert (third.from_on, third.to_on, third.target) == (dt.date(2026, 1, 5), dt.date(2026, 1, 5), None)


def test_what_cannot_be_read_is_told_by_row_and_column():
    lists = parsed(
        [("", "", "第一", "有空格 的", "局长", ""), ("x" * 61, "", "0", "", "", "")],
        [("甲支部", "小组", "", "外单位", "", "", "也许", "")],
        [("明年", "甲", "乙", "2026年2月30日", "昨天", "100", "每天"), (1999, "甲", "乙", "", "", "", "")],
    )
    assert told(lists.problems) == [
        ("人员", 2, "姓名"), ("人员", 2, "职务排序"), ("人员", 2, "登录名"), ("人员", 2, "角色"),
        ("人员", 3, "姓名"), ("人员", 3, "职务排序"),
        ("党组织", 2, "类别"), ("党组织", 2, "所在单位"), ("党组织", 2, "单位类别"), ("党组织", 2, "向党组述职"),
        ("挂点联系", 2, "年度"), ("挂点联系", 2, "开始日期"), ("挂点联系", 2, "结束日期"), ("挂点联系", 2, "次数"),
        ("挂点联系", 2, "周期"), ("挂点联系", 3, "年度"),
    ]  # fmt: skip
    whys = " ".join(p.why for p in lists.problems)
    for words in ("没有填写", "超过60个字", "“小组”不在可选之内：党总支、党支部", "不是日期：2026年2月30日", "1至99"):
        assert words in whys
    assert lists.people == lists.branches == lists.liaison == ()


def test_a_missing_sheet_is_told():
    sheets = cells()
    del sheets["挂点联系"]
    (problem,) = workbook.parse(sheets, {}).problems
    assert (problem.sheet, problem.row) == ("挂点联系", 0)
    assert "缺少这张工作表" in problem.why


def test_a_missing_an_unknown_and_a_doubled_column_are_told():
    lists = parsed([("a", "b")], 人员=("职务", "姓 名2"), 党组织=("名称", "名称", "类别*", "所在单位"))
    assert told(lists.problems) == [
        ("人员", 1, "姓名2"), ("人员", 1, "姓名"), ("党组织", 1, "名称"), ("党组织", 1, "名称"),
    ]  # fmt: skip
    assert told(workbook.parse(cells() | {"人员": []}, {}).problems) == [("人员", 1, "姓名")]


def test_columns_may_stand_in_any_order_and_optional_ones_be_left_out():
    lists = parsed([("局长", "白一鸣"), ("", "")], 人员=("职务", "姓名 *"))
    assert [(p.row, p.name, p.post) for p in lists.people] == [(2, "白一鸣", "局长")]
    assert lists.problems == ()


def test_merged_cells_are_told_at_their_row():
    lists = parsed([("甲",), ("",)], merged={"人员": [(1, 0, 2, 0)], "别的": [(1, 0, 9, 0)]})
    (problem,) = lists.problems
    assert (problem.sheet, problem.row) == ("人员", 2)
    assert "第2至3行有合并的单元格" in problem.why


def test_lines_that_stand_twice_are_told_with_both_rows():
    lists = parsed(
        [
            ("甲",), ("乙",), ("甲",), ("丙", "", "", "bing"), ("丁", "", "", "bing"),
            ("戊", "", "", "w1"), ("戊", "", "", "w2"),
        ],
        [("支部", "党支部", "局"), ("支部", "党支部", "局")],
        [(2026, "甲", "支部"), (2026, "甲", "支部")],
    )  # fmt: skip
    assert told(lists.problems) == [
        ("人员", 6, "登录名"), ("人员", 4, "姓名"), ("党组织", 3, "名称"), ("挂点联系", 3, "党组织"),
    ]  # fmt: skip
    assert "第2行和第4行重复" in lists.problems[1].why


def test_the_units_own_words_are_understood():
    apply = Words(group="党委", office="组织科", liaison="包联").apply
    heads = {apply(name): [[apply(title) for title in titles]] for name, titles in workbook.COLUMNS.items()}
    assert "包联" in heads
    heads["人员"].append(["甲", "", "", "", "党委委员、组织科", ""])
    lists = workbook.parse(heads, {}, apply)
    assert lists.problems == ()
    assert lists.people[0].roles == {Role.MEMBER, Role.OFFICE}


# Planning and carrying out


def test_an_import_builds_the_lists_and_a_second_changes_nothing(by):
    plan = carried_out(by, PEOPLE, BRANCHES, LIAISON)
    assert (len(plan.new), plan.changed, plan.unchanged, plan.wrong) == (6, (), (), ())
    member = accounts.by_sign_in_name("bai")
    general, own, pier = queries.branches()
    assert (member.pinyin, member.official_order, member.post) == ("bai yi ming", 2, "副局长")
    assert accounts.roles_of(member.id) == {Role.MEMBER}
    assert queries.own_organizations(member.id, JAN) == {own.id, general.id}
    assert queries.secretaries_on(JAN)[pier.id].name == "柳青"
    assert (pier.reports_to_group, pier.host_unit, general.kind) == (True, "码头", BranchKind.GENERAL)
    assert queries.ground(member.id, pier.id, JUN).liaison
    again = carried_out(by, PEOPLE, BRANCHES, LIAISON)
    assert (again.new, again.changed, len(again.unchanged)) == ((), (), 6)


def test_what_changed_is_shown_from_old_to_new_and_history_stays(by):
    carried_out(by, PEOPLE, BRANCHES, LIAISON)
    people = [("白鸣", "局长", "", "bai", "党组书记", "机关党总支"), PEOPLE[1], ("梅雨",)]
    branches = [BRANCHES[0], BRANCHES[1], ("码头党支部", "党支部", "码头", "", "机关党总支", "梅雨", "", "")]
    liaison = [(2026, "bai", "码头党支部", "2026-1-1", "2026-6-30", 2, "每半年")]
    plan = carried_out(by, people, branches, liaison, from_on=JUN)
    assert [item.name for item in plan.new] == ["梅雨"]
    assert {item.name: item.changes for item in plan.changed} == {
        "白鸣": (
            ("姓名", "白一鸣", "白鸣"), ("职务", "副局长", "局长"), ("角色", "党组成员", "党组书记"),
            ("所在党组织", "机关党支部", "机关党总支（2026年6月1日起）"),
        ),
        "码头党支部": (("书记", "柳青", "梅雨（2026年6月1日起）"), ("上级党总支", "", "机关党总支（2026年6月1日起）")),
        "2026 白鸣 码头党支部": (
            ("结束日期", "2026年12月31日", "2026年6月30日"), ("次数", "1", "2"), ("周期", "每季度", "每半年"),
        ),
    }  # fmt: skip
    pier = queries.branches_named_alike("码头党支部")[0]
    assert pier.reports_to_group  # a cell left empty changes nothing
    assert queries.secretaries_on(dt.date(2026, 5, 31))[pier.id].name == "柳青"
    assert queries.secretaries_on(JUN)[pier.id].name == "梅雨"
    assert pier.id not in queries.placed_on(dt.date(2026, 5, 31))
    assert accounts.by_sign_in_name("bai").pinyin == "bai ming"
    (row,) = queries.liaisons(2026)
    assert (row.to_on, row.target, row.period) == (dt.date(2026, 6, 30), 2, Period.HALF)


def test_last_years_liaison_does_not_change_by_an_import(by):
    carried_out(by, PEOPLE, BRANCHES, [(2025, *LIAISON[0][1:])], from_on=dt.date(2025, 1, 1))
    (before,) = queries.liaisons(2025)
    held = (before.id, before.member_id, before.branch_id, before.from_on, before.to_on, before.target)
    moved = [("白一鸣", "", "", "bai", "", "码头党支部"), ("梅雨", "", 3, "mei", "党组成员", "")]
    carried_out(by, moved, BRANCHES, [(2026, "梅雨", "码头党支部")], from_on=JAN)
    (after,) = queries.liaisons(2025)
    assert held == (after.id, after.member_id, after.branch_id, after.from_on, after.to_on, after.target)
    assert queries.branches_named_alike("码头党支部")[0].id not in queries.own_organizations(
        after.member_id, dt.date(2025, 12, 31)
    )


def test_one_wrong_line_and_nothing_is_imported(by):
    plan = planned(by, PEOPLE, BRANCHES, [(2026, "没有的人", "码头党支部"), (2026, "白一鸣", "没有的支部")])
    assert told(plan.wrong) == [("挂点联系", 2, "党组成员"), ("挂点联系", 3, "党组织")]
    with pytest.raises(RuleBroken):
        importing.carry_out(plan, by=by, at=factories.AT)
    assert queries.branches() == []


def test_names_that_nobody_or_several_have_are_told(by):
    for sign_in in ("wei1", "wei2"):
        factories.person(Role.MEMBER, name="张伟", sign_in_name=sign_in)
    factories.person(name="李娜")
    plan = planned(
        by,
        [
            ("张伟", "", "", "", "", "没有的支部"), ("张伟", "局长", "", "wei2"), ("李娜", "", "", "na"),
            ("甲", "", "", "", "", "丙"),
        ],
        [("甲支部", "党支部", "局", "", "甲支部", "张伟"), ("乙总支", "党总支", "局", "", "乙总支", "没有的人")],
        [(2026, "wei1", "甲支部"), (2026, "张伟", "甲支部")],
    )  # fmt: skip
    assert told(plan.wrong) == [
        ("人员", 2, "姓名"), ("人员", 3, "姓名"), ("人员", 5, "所在党组织"),
        ("党组织", 2, "书记"), ("党组织", 2, "上级党总支"), ("党组织", 3, "书记"), ("党组织", 3, "上级党总支"),
        ("挂点联系", 3, "党组成员"),
    ]  # fmt: skip
    whys = [p.why for p in plan.wrong]
    assert "请填登录名" in whys[0]
    assert "请写登录名：张伟" in whys[3]
    assert ("登录名", "", "na") in [change for item in plan.changed for change in item.changes]


@pytest.mark.parametrize(
    "heads", [{"人员": ("职务",)}, {"党组织": ("名称", "类别")}, {"人员": ("别的",), "党组织": ("别的",)}]
)
def test_a_sheet_that_cannot_be_read_brings_no_other_faults(by, heads):
    plan = importing.plan_import(parsed(PEOPLE, BRANCHES, LIAISON, **heads), JAN, by=by)
    told_rows = {(p.sheet, p.row) for p in plan.wrong}
    assert told_rows == {(sheet, 1) for sheet in heads}


def test_the_names_of_faulty_lines_are_known_to_the_others(by):
    people = [(*PEOPLE[0][:2], "第二", *PEOPLE[0][3:]), PEOPLE[1]]
    branches = [*BRANCHES[:2], ("码头党支部", "小组", *BRANCHES[2][2:])]
    assert told(planned(by, people, branches, LIAISON).wrong) == [("人员", 2, "职务排序"), ("党组织", 4, "类别")]


def test_a_line_tells_all_its_faults_at_once(by):
    plan = planned(
        by,
        [("白一鸣", "", "第二", "", "", "没有的支部")],
        [("码头党支部", "小组", "码头", "", "没有的总支", "没有的人")],
        [(2026, "没有的人", "没有的支部", "", "", "", "每天"), (2026, "没有的人", "码头党支部", "2025-1-1")],
    )
    assert told(plan.wrong) == [
        ("人员", 2, "职务排序"), ("人员", 2, "所在党组织"), ("党组织", 2, "类别"), ("党组织", 2, "书记"),
        ("党组织", 2, "上级党总支"), ("挂点联系", 2, "周期"), ("挂点联系", 2, "党组成员"), ("挂点联系", 2, "党组织"),
        ("挂点联系", 3, "党组成员"), ("挂点联系", 3, "开始日期"),
    ]  # fmt: skip


def test_another_sign_in_name_is_another_person(by):
    factories.person(Role.MEMBER, name="张伟", sign_in_name="wei1")
    carried_out(by, [("张伟", "", "", "wei2"), ("张为", "", "", "wei1")])
    assert accounts.by_sign_in_name("wei2").name == "张伟"
    assert accounts.by_sign_in_name("wei1").name == "张为"


def test_a_line_may_not_name_a_person_that_another_line_names(by):
    factories.person(Role.MEMBER, name="张伟", sign_in_name="wei")
    plan = planned(by, [("张为", "", "", "wei"), ("张伟", "", "", "")])
    assert told(plan.wrong) == [("人员", 3, "姓名")]


def test_sign_in_names_and_roles_are_for_who_keeps_the_accounts(by):
    office = factories.actor(factories.office(name="干事"))
    plan = planned(office, PEOPLE, BRANCHES)
    assert told(plan.wrong) == [("人员", 2, "登录名"), ("人员", 2, "角色")]
    factories.person(Role.MEMBER, name="白一鸣", sign_in_name="bai", official_order=2, post="副局长")
    assert planned(office, PEOPLE, BRANCHES).wrong == ()
    assert told(planned(by, [("党办主任", "", "", "", "党办")]).wrong) == [("人员", 2, "角色")]
    with pytest.raises(NotAllowed):
        planned(factories.actor(factories.member()))


def test_liaison_lines_follow_the_rules_of_liaison(by):
    carried_out(by, PEOPLE, BRANCHES)
    factories.person(name="闲人")
    gone = factories.person(Role.MEMBER, name="老成员")
    accounts.grants(gone)[0].ended_at = factories.AT
    db.session.commit()
    plan = planned(
        by,
        (),
        (),
        [
            (2026, "闲人", "码头党支部"),
            (2024, "老成员", "码头党支部"),
            (2026, "白一鸣", "机关党支部"),
            (2026, "白一鸣", "机关党总支"),
            (2026, "白一鸣", "码头党支部", "2026-2-1", "2026-7-1"),
            (2026, "白一鸣", "码头党支部", "2026-6-1", "2026-12-1"),
            (2025, "白一鸣", "码头党支部", "2024-6-1"),
            (2025, "老成员", "码头党支部", "2025-6-1", "2025-5-1"),
        ],
    )
    assert told(plan.wrong) == [
        ("挂点联系", 2, "党组成员"), ("挂点联系", 4, "党组织"), ("挂点联系", 5, "党组织"), ("挂点联系", 7, "开始日期"),
        ("挂点联系", 8, "开始日期"), ("挂点联系", 9, "结束日期"),
    ]  # fmt: skip
    assert "第6行" in plan.wrong[3].why


def test_ones_own_organization_by_the_same_workbook_is_seen(by):
    people = [("白一鸣", "", "", "bai", "党组成员", "机关党支部")]
    branches = [BRANCHES[0], BRANCHES[1], ("码头党支部", "党支部", "码头", "", "", "白一鸣")]
    lines = [(2026, "白一鸣", name) for name in ("码头党支部", "机关党支部", "机关党总支")]
    assert told(planned(by, people, branches, lines).wrong) == [("挂点联系", row, "党组织") for row in (2, 3, 4)]


def test_periods_that_stand_already_are_respected(by):
    member, branch = factories.member(name="白一鸣"), factories.branch("码头党支部")
    factories.liaison(member, branch, to_on=dt.date(2026, 3, 31))
    factories.liaison(member, branch, from_on=JUN)
    plan = planned(by, (), (), [(2026, "白一鸣", "码头党支部"), (2026, "白一鸣", "码头党支部", "2026-3-1", "2026-4-1")])
    assert told(plan.wrong) == [("挂点联系", 2, "开始日期"), ("挂点联系", 3, "开始日期")]
    assert "请填开始日期" in plan.wrong[0].why
    assert "名册" in plan.wrong[1].why
    ended = planned(by, (), (), [(2026, "白一鸣", "码头党支部", "2026-6-1", "2026-9-1")])
    assert ended.wrong == ()
    assert len(ended.changed) == 1


def test_a_closed_year_takes_no_import(by):
    carried_out(by, PEOPLE, BRANCHES, LIAISON)
    actions.lock_liaison(2026, by=by, at=factories.AT)
    assert planned(by, PEOPLE, BRANCHES, LIAISON).wrong == ()
    plan = planned(
        by,
        [("白一鸣", "", "", "", "", "码头党支部")],
        [("机关党支部", "党支部", "局机关", "", "", "白一鸣")],
        [(2026, "白一鸣", "码头党支部", "", "", 2)],
        from_on=JUN,
    )
    assert told(plan.wrong) == [("人员", 2, "所在党组织"), ("党组织", 2, "书记"), ("挂点联系", 2, "年度")]


def test_kinds_stay_while_branches_stand_inside(by):
    carried_out(by, PEOPLE, BRANCHES)
    lines = [("机关党总支", "党支部", "局机关"), ("机关党支部", "党总支", "局机关"), ("码头党支部", "党总支", "码头")]
    assert told(planned(by, (), lines).wrong) == [("党组织", 2, "类别"), ("党组织", 3, "类别")]


MANY = 10_000


def test_ten_thousand_lines_take_few_statements_and_little_time(by, statements):
    def people(count):
        return [(f"人{n}", "职工", "", "", "", f"第{n % 20}党支部") for n in range(count)]

    branches = [(f"第{n}党支部", "党支部", "局机关", "", "", f"人{n}") for n in range(20)]
    with statements() as few:
        planned(by, people(20), branches)
    with statements() as many:
        plan = planned(by, people(MANY), branches)
    assert len(few) == len(many) <= 10
    importing.carry_out(plan, by=by, at=factories.AT)
    db.session.commit()
    again = planned(by, people(MANY), branches)
    assert (len(plan.new), len(again.unchanged)) == (MANY + 20, MANY + 20)
