"""A phone's key has generations: renewed, the older ones open what was written, and vouch for nobody any more."""

import base64
import datetime as dt

import pytest

from logbook.accounts import actions, phone_keys, queries, roles
from logbook.accounts.models import Person
from logbook.db import db
from logbook.formats import now, today
from logbook.phone import keys
from logbook.problems.models import Problem
from logbook.visits.models import LockedYear, Visit
from tests import factories
from tests.phone.rescue_file import record, written
from tests.phone.test_rescue import fields, imported, told

NEW = "环湖 步道 照明 九月"


@pytest.fixture
def place(app):
    """A member with a liaison branch."""
    member, branch = factories.member(name="王珺", sign_in_name="wang"), factories.branch("三岭山森林公园党支部")
    factories.liaison(member, branch, year=today().year)
    return member, branch


@pytest.fixture
def clerk(client):
    return client(factories.office(name="钱玥"))


def pack(browser):
    return browser.get("/phone/pack").json


def renew(member):
    phone_keys.renew(member, at=now())
    db.session.commit()


def generation(member):
    found = [one.generation for one in queries.phone_keys(member)]
    db.session.rollback()
    return max(found, default=0)


def by_code(client, person):
    code = actions.issue_code(person, by=None, at=now())
    db.session.commit()
    client().post("/code", {"sign_in_name": "wang", "code": code, "password": NEW})


def by_oneself(client, person):
    client(person).post("/me", {"old": factories.PASSWORD, "password": NEW})


def by_deactivation(client, person):
    form = {
        "name": "王珺",
        "official_order": "1",
        "sign_in_name": "wang",
        "roles": "member",
        "own_password": factories.PASSWORD,
        "go_on": "y",
    }
    client(factories.sysadmin()).post(f"/people/{person}", form)


def by_loss(client, person):
    here, _lost = client(person), client(person)
    other = next(
        one.id for one in queries.open_sessions(person) if f"/me/sessions/{one.id}/end" in here.get("/me").text
    )
    here.post(f"/me/sessions/{other}/lost")


@pytest.mark.parametrize("event", [by_code, by_oneself, by_deactivation, by_loss])
def test_what_may_have_put_the_key_into_other_hands_renews_it(client, place, event):
    member, other = place[0], factories.member()
    for expected in (1, 2):
        event(client, member)
        assert generation(member) == expected
        db.session.get(Person, member).password_hash = db.session.get(Person, other).password_hash
        db.session.get(Person, member).active = True
        db.session.commit()
    assert generation(other) == 0


def test_signing_in_gives_a_key_once_and_renews_none(client, place):
    body = {"sign_in_name": "wang", "password": factories.PASSWORD}
    for _ in range(2):
        client().post("/sign-in", body)
        assert generation(place[0]) == 1


def test_the_older_keys_come_along_for_what_lies_under_them(app, client, place):
    browser, secret = client(place[0]), app.config["SECRET_KEY"]
    seen = [pack(browser)["key"]]
    assert base64.b64decode(seen[0]) == keys.derived_key(secret, place[0])  # as every phone has it from before
    for _ in range(2):
        renew(place[0])
        now_there = pack(browser)
        assert now_there["older_keys"] == seen[::-1]
        seen.append(now_there["key"])
    assert len(set(seen)) == 3


def test_nobody_gets_anothers_keys(client, place):
    other = factories.member()
    for member in (place[0], other):
        renew(member)
    mine, theirs = pack(client(place[0])), pack(client(other))
    assert {mine["key"], *mine["older_keys"]}.isdisjoint({theirs["key"], *theirs["older_keys"]})


# --- what vouches for whom ------------------------------------------------------------------------


def waiting():
    visit = db.session.query(Visit).one()
    assert (visit.confirmed_at, visit.counts, visit.book_line) == (None, False, None)
    return visit


def test_a_file_of_the_key_in_force_comes_in_as_the_members_own(client, clerk, place):
    renew(place[0])
    imported(clerk, written(pack(client(place[0])), record("a" * 16, fields(place[1]))))
    visit = db.session.query(Visit).one()
    assert (visit.member_id, visit.entered_by_id, bool(visit.confirmed_at), visit.counts) == (
        *place[:1] * 2,
        True,
        True,
    )


def test_a_file_of_an_older_key_waits_for_its_members_tap(client, clerk, place):
    member, branch = place
    old = pack(client(member))
    renew(member)
    said = imported(clerk, written(old, record("a" * 16, fields(branch, level="group"))))
    assert told(said) == [f"已收到 {today().year}-001，待本人确认"]
    assert "请告诉本人看一遍" in said.text
    visit = waiting()
    assert client(factories.member()).get(f"/visits/{visit.id}").status_code == 404
    mine = client(member)
    assert "党办从救援文件导入，是您写的请确认" in mine.get("/").text
    assert "是您写的，点确认" in mine.get(f"/visits/{visit.id}").text
    mine.post(f"/visits/{visit.id}/confirm", {"version": "1"})
    visit = db.session.query(Visit).one()
    assert (bool(visit.confirmed_at), visit.counts, visit.book_line) == (True, True, 1)
    assert client(factories.member()).get(f"/visits/{visit.id}").status_code == 200


def test_nothing_follows_from_it_before_the_tap_and_all_of_it_afterwards(client, clerk, place):
    member, branch = place
    old, companion = pack(client(member)), factories.member(name="施喆")
    lines = {"problem_text": "码头无遮阳棚", "problem_line": "", "undertaking_text": "联系路灯", "undertaking_line": ""}
    renew(member)
    said = fields(branch, level="group", companion_ids=str(companion), voice_text="要遮阳棚", **lines)
    imported(clerk, written(old, record("a" * 16, said)))
    visit = waiting().id
    assert (db.session.query(Problem).count(), "请确认" in client(companion).get("/").text) == (0, False)
    assert clerk.post(f"/visits/{visit}/confirm").status_code == 403
    client(member).post(f"/visits/{visit}/confirm")
    assert [one.text for one in db.session.query(Problem)] == ["码头无遮阳棚"]
    assert "请确认" in client(companion).get("/").text


def test_what_is_not_the_members_is_said_so_and_counts_for_nothing(client, clerk, place):
    member, branch = place
    old = pack(client(member))
    renew(member)
    imported(clerk, written(old, record("a" * 16, fields(branch, level="group"))))
    visit, mine = waiting().id, client(member)
    assert "不是我写的" in mine.get(f"/visits/{visit}").text
    mine.post(f"/visits/{visit}/decline")
    assert waiting().declined_at
    assert "已说明这条不是您写的" in mine.get(f"/visits/{visit}").text
    assert clerk.get(f"/visits/{visit}").status_code == 404
    mine.post(f"/visits/{visit}/confirm")  # pressed by mistake: they wrote it after all
    assert db.session.query(Visit).one().counts


def test_a_change_before_the_tap_is_the_tap(client, clerk, place):
    member, branch = place
    old = pack(client(member))
    renew(member)
    lines = {"problem_text": "码头无遮阳棚", "problem_line": "1"}
    imported(clerk, written(old, record("a" * 16, fields(branch, level="group", **lines))))
    changed = fields(branch, level="group", findings="改过。", reason="写漏了", based_on="1", **lines)
    assert client(member).post(f"/visits/{waiting().id}/correct", changed).status_code == 303
    visit = db.session.query(Visit).one()
    assert (bool(visit.confirmed_at), visit.counts, visit.version) == (True, True, 2)
    assert db.session.query(Problem).count() == 1


def test_what_the_members_own_phone_sends_after_all_is_the_tap(client, clerk, place):
    member, branch = place
    old = pack(client(member))
    renew(member)
    imported(clerk, written(old, record("a" * 16, fields(branch))))
    client(member).post("/visits/new", fields(branch, client_key="a" * 16))
    assert db.session.query(Visit).one().counts


def test_an_import_again_confirms_nothing(client, clerk, place):
    member, branch = place
    old = pack(client(member))
    renew(member)
    file = written(old, record("a" * 16, fields(branch)))
    imported(clerk, file)
    assert told(imported(clerk, file)) == [f"已有 {today().year}-001"]
    waiting()


def test_a_correction_or_anothers_record_of_an_older_key_goes_back_to_the_drafts(client, clerk, place):
    member, branch = place
    visit = factories.visit(member, branch, today())
    desk = factories.office()
    files = [pack(client(member)), pack(client(desk))]
    for one in (member, desk):
        renew(one)
    correction = fields(branch, level="group", findings="改过。", reason="写漏了", based_on="1")
    items = [
        record("c" * 16, correction, f"/visits/{visit}/correct"),
        record("d" * 16, fields(branch, level="group", member_id=str(member))),
    ]
    for old, item, author in zip(files, items, (member, desk), strict=True):
        assert "已放回本人的草稿" in imported(clerk, written(old, item)).text
        assert [one["key"] for one in client(author).get("/drafts").json] == [item["client_key"]]
    assert [one.version for one in db.session.query(Visit)] == [1]


def test_who_had_the_phone_before_a_deactivation_vouches_for_nothing_afterwards(client, clerk, place):
    member, branch = place
    old = pack(client(member))
    for active in (False, True):
        roles.change_account(member, "wang", active=active, by=None, at=now())
    db.session.commit()
    imported(clerk, written(old, record("a" * 16, fields(branch))))
    waiting()


@pytest.mark.parametrize(("days", "own"), [(0, True), (30, True), (31, False)])
def test_a_mark_vouches_for_thirty_days(app, client, clerk, place, days, own):
    member, branch = place
    renew(member)
    held = pack(client(member))
    mark = keys.Mark(member, 1, today() - dt.timedelta(days=days), held["key_name"])
    old = held | {"rescue": keys.rescue_mark(app.config["SECRET_KEY"], mark)}
    imported(clerk, written(old, record("a" * 16, fields(branch))))
    assert db.session.query(Visit).one().counts is own


def test_a_mark_of_before_there_were_generations_is_of_the_first(app, client, clerk, place):
    member, branch = place
    before = {"rescue": keys.rescue_mark(app.config["SECRET_KEY"], keys.Mark(member))}
    imported(clerk, written(pack(client(member)) | before, record("a" * 16, fields(branch))))
    assert db.session.query(Visit).one().counts
    renew(member)
    old = {"key": pack(client(member))["older_keys"][-1]} | before
    imported(clerk, written(old, record("b" * 16, fields(branch, findings="又一次。"))))
    assert [one.counts for one in db.session.query(Visit).order_by(Visit.seq)] == [True, False]


def test_a_generation_of_another_backup_is_foreign(app, client, clerk, place):
    mark = keys.rescue_mark(app.config["SECRET_KEY"], keys.Mark(place[0], 7, today()))
    said = imported(clerk, written(pack(client(place[0])) | {"rescue": mark}, record("a" * 16, fields(place[1]))))
    assert "第1行不对" in said.text


def closed_over(client, clerk, place):
    """A record of an older key waits for its member's tap, and its year is closed."""
    member, branch = place
    old = pack(client(member))
    renew(member)
    imported(clerk, written(old, record("a" * 16, fields(branch))))
    db.session.add(LockedYear(year=today().year, locked_at=now(), locked_by_id=member))
    db.session.commit()


def test_a_closed_year_takes_no_tap(client, clerk, place):
    member, _branch = place
    closed_over(client, clerk, place)
    client(member).post(f"/visits/{db.session.query(Visit).one().id}/confirm")
    waiting()


def test_nor_what_the_members_own_phone_sends_after_it_was_closed(client, clerk, place):
    member, branch = place
    closed_over(client, clerk, place)
    answer = client(member).post("/visits/new", fields(branch, client_key="a" * 16))
    assert (answer.status_code, "已归档" in answer.text) == (422, True)
    waiting()


# --- the button -----------------------------------------------------------------------------------


def test_a_lost_phone_is_signed_out_and_another_ones_cannot_be_lost(client, place):
    member = place[0]
    here, lost, stranger = client(member), client(member), client(factories.member())
    ids = [one.id for one in queries.open_sessions(member)]
    assert [stranger.post(f"/me/sessions/{one}/lost").status_code for one in ids] == [404, 404]
    assert generation(member) == 0
    page = here.get("/me").text
    mine = next(one for one in ids if f"/me/sessions/{one}/end" in page)
    assert "登录已结束" in here.post(f"/me/sessions/{mine}/lost", follow_redirects=True).text
    assert (lost.get("/").status_code, here.get("/").status_code) == (302, 200)


def test_the_button_stands_beside_what_is_carried_about(client, place):
    browsers = {
        "Mozilla/5.0 (Linux; Android 14) Mobile Chrome/114": True,
        "Mozilla/5.0 (Windows NT 10.0) Chrome/120": False,
    }
    for agent, shown in browsers.items():
        body = {"sign_in_name": "wang", "password": factories.PASSWORD}
        client().post("/sign-in", body, headers={"User-Agent": agent})
        page = client(place[0]).get("/me").text
        assert ("那台手机丢了" in page) is shown
        for one in queries.open_sessions(place[0]):
            one.ended_at = now()
        db.session.commit()


# --- a server restored from an older backup -------------------------------------------------------


def restored(member):
    """The last generation is younger than the backup."""
    db.session.delete(queries.phone_keys(member)[-1])
    db.session.commit()


def test_a_key_younger_than_the_backup_comes_again_by_its_name_and_to_its_owner_alone(client, place):
    member = place[0]
    renew(member)
    renew(member)
    lost = pack(client(member))
    restored(member)
    asked = f"/phone/pack?name={lost['key_name']}"
    assert lost["key"] in client(member).get(asked).json["older_keys"]
    assert lost["key"] not in client(factories.member()).get(asked).text
    assert client(member).get("/phone/pack").json["key"] != lost["key"]


def test_a_rescue_file_of_a_key_younger_than_the_backup_waits_for_its_members_tap(client, clerk, place):
    member, branch = place
    renew(member)
    renew(member)
    lost = pack(client(member))
    restored(member)
    renew(member)  # a key of the same number, and another name
    imported(clerk, written(lost, record("a" * 16, fields(branch))))
    waiting()
