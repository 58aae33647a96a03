"""A change of a name leaves what was written before as it was (finding F19); a misspelling is corrected everywhere."""

import datetime as dt

import pytest

from logbook.access import Role
from logbook.accounts import actions
from logbook.accounts.actions import NewPerson
from logbook.accounts.models import Person
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.formats import now, today
from logbook.organization import importing
from logbook.printing import views as printing
from logbook.visits.models import Instruction, VisitVersion
from tests import factories
from tests.organization.test_import import parsed
from tests.printing.test_rights import handed_over
from tests.review.test_rule7 import words

BEFORE = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def office(app):
    return factories.office(name="钱玥")


def written_by(name):
    """A member with a record, two versions of it, a 批示, a problem with a step, and a paper of it."""
    member = factories.member(name=name, post="副局长")
    factories.book(member)
    visit = factories.visit(member, None, dt.date(2026, 3, 1), recorded_at=BEFORE, findings="座谈。")
    db.session.query(VisitVersion).filter_by(visit_id=visit).update({"at": BEFORE})
    db.session.add(Instruction(visit_id=visit, by_id=member, at=BEFORE, text="请办理。"))
    problem = factories.problem(member, None, raised_on=dt.date(2026, 3, 1), source_id=visit)
    factories.progress(member, problem_id=problem, at=BEFORE)
    db.session.commit()
    return member, visit, problem


def rename(browser, person, name, **values):
    sent = {"name": name, "post": "副局长", "official_order": "1", "since": today().isoformat()} | values
    return browser.post(f"/people/{person}", sent)


def pages(visit, problem, member):
    return (f"/visits/{visit}", f"/visits/{visit}/history", f"/visits/{visit}/record.pdf", f"/problems/{problem}",
            f"/books/{member}/2026")  # fmt: skip


def test_what_was_written_before_bears_the_name_of_then(client, office, monkeypatch):
    monkeypatch.setattr(printing, "_contents", handed_over)
    member, visit, problem = written_by("戚静岚")
    assert rename(client(office), member, "戚静岑").status_code == 303
    for path in pages(visit, problem, member)[:4]:
        said = words(client(office).get(path))
        assert "戚静岚" in said, path
        assert "戚静岑" not in said.replace('">戚静岑</option>', ""), path  # who may be chosen now
    assert "戚静岑" in client(office).get("/people").text
    later = factories.visit(member, None, today(), recorded_at=now())
    assert "戚静岑" in client(office).get(f"/visits/{later}").text


def test_two_who_change_names_do_not_change_what_they_wrote(client, office):
    (one, first, _p), (two, second, _q) = written_by("郝一"), written_by("魏二")
    rename(client(office), one, "魏二")
    rename(client(office), two, "郝一")
    shown = client(office).get(f"/visits/{first}").text, client(office).get(f"/visits/{second}").text
    assert shown[0].count("魏二") == shown[1].count("郝一") == 0
    assert "郝一" in shown[0]
    assert "魏二" in shown[1]


def test_a_misspelling_is_corrected_everywhere_but_never_into_anothers_name(client, office):
    (one, visit, _p), (_two, _visit, _q) = written_by("郝一"), written_by("魏二")
    assert rename(client(office), one, "赫一", wrong="y").status_code == 303
    page = client(office).get(f"/visits/{visit}").text
    assert "记录人</dt><dd>赫一" in page.replace("\n", "")
    refused = rename(client(office), one, "魏二", wrong="y")
    assert refused.status_code == 422
    assert "不能作为改正错字" in refused.text


def test_no_way_round_by_a_third_name(client, office):
    (one, *_rest), (two, *_others) = written_by("郝一"), written_by("魏二")
    rename(client(office), one, "临时名", wrong="y")
    assert rename(client(office), two, "郝一", wrong="y").status_code == 422


def test_the_workbook_renames_in_the_same_way(client, office):
    member, visit, _problem = written_by("郝一")
    by = factories.actor(factories.person(Role.OFFICE, Role.SYSADMIN))
    signs = db.session.get(Person, member).sign_in_name
    plan = importing.plan_import(parsed([("赫一", "", "", signs)]), today(), by=by)
    importing.carry_out(plan, by=by, at=now())
    db.session.commit()
    assert "郝一" in client(office).get(f"/visits/{visit}").text
    (change,) = db.session.get(Person, member).renamings
    assert (change.old, change.new, change.by_id) == ("郝一", "赫一", by.person_id)


def test_whoever_was_renamed_is_told_once_who_and_when(client, office):
    member, *_rest = written_by("郝一")
    rename(client(office), member, "赫一")
    sent = {"sign_in_name": db.session.get(Person, member).sign_in_name, "password": factories.PASSWORD}
    told = "钱玥把您的姓名由“郝一”改为“赫一”"
    assert told in client().post("/sign-in", sent, follow_redirects=True).text
    assert told not in client().post("/sign-in", sent, follow_redirects=True).text


def test_nobody_renames_themself_as_long_as_somebody_else_can(client, office):
    assert rename(client(office), office, "钱月").status_code == 303
    other = factories.office()
    refused = rename(client(other), other, "新名")
    assert refused.status_code == 422
    assert "本人的姓名" in refused.text


def test_versions_and_digests_stay(client, office):
    member, *_rest = written_by("郝一")
    before = [(one.body, one.digest) for one in db.session.query(VisitVersion).order_by(VisitVersion.id)]
    rename(client(office), member, "赫一")
    db.session.expire_all()
    assert [(one.body, one.digest) for one in db.session.query(VisitVersion).order_by(VisitVersion.id)] == before


def test_a_day_to_come_is_refused(client, office):
    member, *_rest = written_by("郝一")
    with pytest.raises(RuleBroken, match="还没有到"):
        actions.change_person(member, NewPerson("赫一"), since=today() + dt.timedelta(days=1), by=office, at=now())
