"""The settings: the unit's words on every page and paper, rules, who may change them."""

import datetime as dt

import pytest

from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.formats import now
from logbook.settings import actions, queries
from logbook.settings.queries import Words
from tests import factories

BODY = {
    "unit_name": "青湖风景区管理局", "superior": "市直机关工委", "group_word": "党委", "office_word": "组织科",
    "liaison_word": "包联", "ballot_word": "评分表", "late_after_days": "10", "problem_due_days": "20",
    "undertaking_due_days": "15", "rectification_days": "90", "default_level": "office",
}  # fmt: skip


def test_the_units_words_stand_on_every_page(client):
    browser = client(factories.office())
    assert browser.post("/settings", BODY).status_code == 303
    page = browser.get("/settings").text
    assert "党委的称谓" in page
    assert 'value="10"' in page
    stored = queries.load()
    assert (stored.late_after_days, stored.default_level) == (10, "office")
    assert (stored.words, stored.seven_constructions) == (Words("党委", "组织科", "包联", "评分表"), False)
    assert "党委委员" in browser.get("/visits").text


def test_a_units_word_is_shown_as_text_whatever_stands_in_it(client):
    factories.setting("office_word", "党建<i>室")
    page = client(factories.member()).get("/").text
    assert "党建&lt;i&gt;室还没有安排" in page
    assert "<i>" not in page


@pytest.mark.parametrize(
    ("word", "text", "said"),
    [
        ("党委", "党组成员到党组织，报党组书记", "党委委员到党组织，报党委书记"),
        ("党工委", "党组成员", "党工委委员"),
        ("党组", "党组成员和党组织", "党组成员和党组织"),
        ("机关党组", "党组成员报党组", "机关党组成员报机关党组"),
    ],
)
def test_a_party_organization_is_no_party_group(word, text, said):
    assert Words(group=word).apply(text) == said


@pytest.mark.parametrize(
    ("word", "said"), [("挂点", "挂点联系支部"), ("联系点", "联系支部"), ("挂钩", "挂钩联系支部"), ("包联", "包联支部")]
)
def test_the_word_for_liaison_is_not_doubled(word, said):
    assert Words(liaison=word).apply("挂点联系支部") == said


@pytest.mark.parametrize(
    "values", [{"unit_name": ""}, {"late_after_days": "0"}, {"late_after_days": "x"}, {"group_word": "董事会"}]
)
def test_nonsense_is_refused_beside_its_field(client, values):
    answer = client(factories.office()).post("/settings", BODY | values)
    assert answer.status_code == 422
    assert 'class="error"' in answer.text
    assert queries.load().late_after_days == 7


def test_an_unknown_word_is_refused_below_the_form(app):
    with pytest.raises(actions.RuleBroken):
        actions.change({"group_word": "董事会"})


@pytest.mark.parametrize("role", [factories.member, factories.leader, factories.sysadmin])
def test_only_the_office_changes_them(client, role):
    assert client(role()).post("/settings", BODY).status_code == 403


def test_the_sysadmin_shortens_sessions_and_it_holds_at_once(client):
    person = factories.office()
    browser = client(person)
    accounts.open_sessions(person)[0].last_seen_at = now() - dt.timedelta(minutes=30)
    db.session.commit()
    admin = client(factories.sysadmin())
    assert admin.post("/settings/security", {"idle_minutes": "20", "session_days": "7"}).status_code == 303
    assert (queries.load().idle_minutes, queries.load().session_days) == (20, 7)
    assert browser.get("/").status_code == 302
    assert 'value="20"' in admin.get("/settings/security").text


@pytest.mark.parametrize(
    "values", [{"idle_minutes": "4"}, {"idle_minutes": "481"}, {"session_days": "0"}, {"session_days": "91"}]
)
def test_sessions_stay_within_sense(client, values):
    body = {"idle_minutes": "20", "session_days": "7"} | values
    assert client(factories.sysadmin()).post("/settings/security", body).status_code == 422
    with pytest.raises(actions.RuleBroken):
        actions.change({name: int(value) for name, value in body.items()})
    db.session.rollback()
    assert queries.load().idle_minutes == 60


def test_the_classes_of_a_ballot_have_weights_and_nothing_is_nought(client):
    browser = client(factories.office())
    weights = {"weight_a": "60", "weight_b": "", "weight_c": "40"}
    assert browser.post("/settings", BODY | weights).status_code == 303
    assert queries.load().ballot_weights == {"a": 60, "b": 0, "c": 40}
    assert browser.post("/settings", BODY | weights | {"weight_b": "101"}).status_code == 422


def test_a_rule_for_suggested_grades_is_whole_or_none(client):
    browser = client(factories.office())
    rule = {"good_from": "90", "fairly_good_from": "80", "average_from": "60"}
    for wrong in ({"good_from": "90"}, rule | {"good_from": "80", "fairly_good_from": "90"}):
        refused = browser.post("/settings", BODY | wrong)
        assert (refused.status_code, "从高到低" in refused.text) == (422, True)
    assert queries.load().suggests is None
    assert browser.post("/settings", BODY | rule).status_code == 303
    assert queries.load().suggests == (90, 80, 60)
