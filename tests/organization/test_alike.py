"""Names that look the same: whoever types one is asked, nobody is doubled; the product's own lists come back."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logbook.access import Role
from logbook.accounts import queries as accounts
from logbook.accounts.models import Person
from logbook.db import db
from logbook.documents import sheet
from logbook.organization import importing, queries, workbook
from logbook.organization.models import Branch
from tests import factories
from tests.conftest import THOROUGH
from tests.organization.test_import import JAN, by, cells, parsed, planned, told
from tests.organization.test_import_pages import book, confirm, upload
from tests.texts.spellings import DIFFER, spellings

__all__ = ["by"]  # the fixture

PEOPLE = ("柏建宁", "吕晓棠", "云书筠", "阿依古丽·买买提", "吴温", "马内黄")
BRANCHES = ("机关第十二党支部", "湖管处（二）党支部", "三岭山森林公园党支部")


BRANCH = {"kind": "branch", "host_unit": "局机关", "host_kind": "bureau", "official_order": "9"}  # as a form sends it


@pytest.fixture
def lists(by):
    people = [factories.person(Role.MEMBER, name=name) for name in PEOPLE]
    branches = [factories.branch(name=name) for name in BRANCHES]
    return dict(zip(PEOPLE, people, strict=True)), dict(zip(BRANCHES, branches, strict=True))


def branch_row(name):
    return (name, "党支部", "局机关", "局机关", "", "", "否", 1)


def questions(plan):
    return [(one.sheet, one.row, one.apart) for one in plan.questions]


@settings(suppress_health_check=list(HealthCheck))
@given(st.data())
def test_by_import_no_other_spelling_is_somebody_new_without_a_question(by, lists, data):
    person = data.draw(st.sampled_from(PEOPLE).flatmap(spellings))
    branch = data.draw(st.sampled_from(BRANCHES).flatmap(spellings))
    plan = planned(by, [(person, "副局长")], [branch_row(branch)])
    assert plan.new == ()
    assert plan.wrong == ()
    assert "姓名" not in {column for item in plan.changed for column, _old, _new in item.changes}
    apart = importing.plan_import(
        parsed([(person, "副局长")], [branch_row(branch)]), JAN, by=by, apart=["人员:2", "党组织:2"]
    )
    assert len(apart.new) == len([one for one in apart.questions if one.apart])


def test_by_import_who_looks_different_is_never_asked_about(by):
    for one, other in DIFFER:
        db.session.add(Person(name=one, pinyin="x"))
        db.session.flush()
        plan = planned(by, [(other, "副局长")])
        assert (plan.questions, len(plan.new)) == ((), 1), (one, other)
        db.session.rollback()


@settings(suppress_health_check=list(HealthCheck))
@given(st.data())
def test_by_form_no_other_spelling_is_somebody_new_without_a_question(client, by, lists, data):
    office = client(factories.office())
    name = data.draw(st.sampled_from(PEOPLE).flatmap(spellings))
    count = db.session.query(Person).count()
    asked = office.post("/people/new", {"name": name, "official_order": "9"})
    assert (asked.status_code, "是否为同一人" in asked.text, "不是同一人，另建" in asked.text) == (422, True, True)
    branch = data.draw(st.sampled_from(BRANCHES).flatmap(spellings))
    refused = office.post("/lists/branches/new", BRANCH | {"name": branch})
    assert refused.status_code == 422
    assert "是否为同一个党组织" in refused.text or "已有同名的党组织" in refused.text
    assert db.session.query(Person).count() == count
    assert db.session.query(Branch).count() == len(BRANCHES)


def test_by_form_who_is_another_is_made_once_that_was_said(client, by, lists):
    office = client(factories.office())
    body = {"name": "呂晓 棠", "official_order": "9"}
    assert office.post("/people/new", body).status_code == 422
    assert office.post("/people/new", body | {"another": "y"}).status_code == 303
    assert {one.name for one in accounts.named_alike("吕晓棠")} == {"吕晓棠", "呂晓棠"}
    branch = {
        "name": "机关第12党支部",
        "kind": "branch",
        "host_unit": "局机关",
        "host_kind": "bureau",
        "official_order": "9",
    }
    assert office.post("/lists/branches/new", branch).status_code == 422
    assert office.post("/lists/branches/new", branch | {"another": "y"}).status_code == 303
    same = office.post("/lists/branches/new", branch | {"another": "y", "name": "机关第十二党支部"})
    assert (same.status_code, "已有同名的党组织" in same.text) == (422, True)


def test_by_form_who_looks_different_is_never_asked_about(client, by):
    office = client(factories.office())
    for one, other in DIFFER[:20]:
        for name in (one, other):
            if not accounts.named_alike(name):
                assert office.post("/people/new", {"name": name, "official_order": "9"}).status_code == 303, name


def test_a_renaming_asks_as_well_and_padding_is_no_other_name(client, by, lists):
    people, _branches = lists
    office = client(factories.office())
    body = {"name": "柏建寧", "official_order": "9"}
    path = f"/people/{people['云书筠']}"
    assert office.post(path, body | {"name": "柏　建 宁"}).status_code == 422
    assert office.post(path, body | {"name": "云　书　筠"}).status_code == 303
    assert db.session.get(Person, people["云书筠"]).renamings == []


def test_who_was_kept_padded_is_known_without(client, by):
    """As 1832a6a kept them: a blank between the two characters."""
    old = factories.person(name="李 镕")
    plan = planned(by, [("李镕", "科长")])
    assert (plan.new, [item.name for item in plan.changed]) == ((), ["李 镕"])
    assert [one.id for one in accounts.named("李　镕")] == [old]
    client(factories.office()).post(f"/people/{old}", {"name": "李镕", "official_order": "9"})
    assert (db.session.get(Person, old).name, db.session.get(Person, old).renamings) == ("李镕", [])


def test_the_answers_of_a_preview_are_carried_out_as_they_were_shown(client, by, lists):
    office = client(by.person_id)
    preview = upload(office, book([("呂晓棠", "科长"), ("柏健宁", "")]))
    assert "名册中已有“吕晓棠”" in preview.text
    toggled = confirm(office, preview, apart="人员:2")
    assert (toggled.status_code, "已按您的选择更新预览" in toggled.text) == (200, True)
    assert confirm(office, toggled, apart="人员:2").status_code == 303
    assert {one.name for one in queries.everyone()} == {*PEOPLE, "党办主任", "呂晓棠", "柏健宁"}
    again = upload(office, book([("呂晓棠", "处长")]))
    assert confirm(office, again).status_code == 303
    assert [one.post for one in accounts.named_alike("吕晓棠") if one.name == "呂晓棠"] == ["处长"]


# --- workbooks as offices write them --------------------------------------------------------------


def test_titles_numbers_notes_and_sums_are_none_of_the_lists_lines(by):
    heads = ["序号", *workbook.COLUMNS["党组织"]]
    rows = {
        "人员": [["××局党组成员名册"], [], list(workbook.COLUMNS["人员"]), ["白一鸣"], ["合计", "1人"], [],
                ["填表人：王五"], ["注：按职务排序。"], ["填报日期：2026年3月5日"]],
        "党组织": [["××局党组织一览表"], heads, ["1", *branch_row("机关党支部")], ["2", *branch_row("码头党支部")],
                 ["备注：共2个"]],
        "挂点联系": [list(workbook.COLUMNS["挂点联系"]), ["2026 年", "白一鸣", "码头党支部", "", "", "1次", "季度"]],
    }  # fmt: skip
    found = workbook.parse(rows, {"人员": [(0, 0, 0, 5), (7, 0, 7, 5)], "党组织": [(0, 0, 0, 8)]})
    assert told(found.problems) == []
    assert [one.name for one in found.people] == ["白一鸣"]
    assert [one.name for one in found.branches] == ["机关党支部", "码头党支部"]
    assert [(one.year, one.target, one.period.chinese) for one in found.liaison] == [(2026, 1, "每季度")]


@pytest.mark.parametrize(
    ("typed", "means"), [("√", True), ("是", True), ("✔", True), ("×", False), ("否", False), ("", None)]
)
def test_a_tick_is_a_yes(typed, means):
    rows = [("机关党支部", "党 支 部", "局机关", "局机关", "", "", typed, 1)]
    found = parsed((), rows)
    assert (told(found.problems), found.branches[0].reports) == ([], means)


def test_two_sheets_of_one_name_are_refused_by_both_names():
    sheets = cells([("白一鸣",)]) | {"人员 ": [list(workbook.COLUMNS["人员"]), ["柳青"]]}
    found = workbook.parse(sheets, {})
    assert [(one.row, "“人员”" in one.why, "“人员 ”" in one.why) for one in found.problems] == [(0, True, True)]


# --- the product's own lists ----------------------------------------------------------------------

NAMES = [
    *PEOPLE,
    "呂晓棠",
    "张 三",
    "O'Neil",
    "Li Si",
    "第1党支部",
    "𠮷田",
    "葛\U000e0100城",
    "（甲）一·二",
    "2",
]


@pytest.mark.parametrize("seed", range(100 if THOROUGH else 6))
def test_the_products_own_lists_come_back_unchanged(by, seed):
    random = Random(seed)  # noqa: S311 - a bureau, no secret
    people = [
        factories.person(Role.MEMBER, name=name, sign_in_name=f"u {n}" if random.random() < 0.7 else None)
        for n, name in enumerate(random.sample(NAMES, 6))
    ]
    for n, name in enumerate(random.sample(NAMES, 4)):
        branch = factories.branch(name=name, official_order=n + 1)
        if random.random() < 0.5:
            factories.term(branch, random.choice(people))
        factories.liaison(random.choice(people), branch)
    content = sheet.make(workbook.template(importing.as_lines(JAN, 2026)))
    plan = importing.plan_import(workbook.read(content), JAN, by=by)
    assert (plan.wrong, plan.new, plan.changed, plan.questions) == ((), (), (), ())


def test_a_sign_in_name_with_a_blank_comes_back_and_none_is_made(by):
    """As 1832a6a took them at its first start (M5)."""
    old = factories.person(Role.MEMBER, name="欧阳静", sign_in_name="ouyang jing")
    assert told(planned(by, [("欧阳静", "副局长", "", "ouyang jing")]).wrong) == []
    assert told(planned(by, [("柳青", "", "", "liu qing")]).wrong) == [("人员", 2, "登录名")]
    assert accounts.by_sign_in_name("ouyang jing").id == old
