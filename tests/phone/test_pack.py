"""What a phone takes along: the same key at every sign-in, cards as texts, and nothing that is not for a phone."""

import base64
import datetime as dt
import json

import pytest

from logbook.access import Role
from logbook.comments.models import Clause, Comment, Part
from logbook.db import db
from logbook.formats import now, today
from logbook.problems.models import Side
from logbook.review.models import Decision, Grade, Meeting, Report
from logbook.visits.models import Level
from tests import factories

TODAY = today()
JSON = {"Accept": "application/json"}
LIMITED = ("thinking", "observation", "guidance", "solved_on_site", "people_met")


@pytest.fixture
def place(app):
    """A member and their liaison branch."""
    member = factories.member(name="王珺")
    branch = factories.branch("三岭山森林公园党支部", host_unit="森林公园管理所")
    factories.liaison(member, branch, year=TODAY.year)
    return member, branch


def pack(browser, **options):
    answer = browser.get("/phone/pack", headers=JSON, **options)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_each_role_takes_along_what_it_needs(client, place):
    member, branch = place
    leader, clerk = factories.leader(), factories.office()
    mine, theirs, desk = (pack(client(one)) for one in (member, leader, clerk))
    assert [one["branch_id"] for one in mine["cards"]] == [branch]
    assert (theirs["is_member"], theirs["cards"]) == (True, [])
    assert (desk["is_member"], desk["cards"]) == (False, [])
    assert [one["id"] for one in mine["members"]] == [leader]
    assert {one["id"] for one in desk["members"]} == {member, leader}
    assert desk["branches"] == [{"id": branch, "name": "三岭山森林公园党支部"}]
    assert (mine["name"], mine["member_id"], mine["days"]) == ("王珺", member, 7)
    assert mine["defaults"] == {"kind": "research", "level": "group"}


def test_who_may_not_record_takes_nothing_along(client, place):
    for path in ("/phone/pack", "/phone/token"):
        assert client(factories.sysadmin()).get(path, headers=JSON).status_code == 403
        answer = client().get(path, headers=JSON)
        assert (answer.status_code, answer.mimetype) == (401, "application/json")


def test_the_key_comes_back_at_every_sign_in_and_is_nobody_elses(client, place):
    member, _branch = place
    first, again, other = (pack(client(one)) for one in (member, member, factories.member()))
    assert len(base64.b64decode(first["key"])) == 32
    for name in ("key", "owner"):
        assert first[name] == again[name] != other[name]
    assert len(first["owner"]) == 16
    assert str(member) not in first["owner"]


def test_the_pack_is_kept_by_nobody_on_the_way(client, place):
    answer = client(place[0]).get("/phone/pack", headers=JSON)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_token_opens_the_form_again(app, client, place):
    member, branch = place
    app.config["WTF_CSRF_ENABLED"] = True
    browser = client(member)
    fresh = browser.get("/phone/token", headers=JSON).json
    assert fresh["owner"] == pack(browser)["owner"]
    body = {"visited_on": TODAY.isoformat(), "branch_id": str(branch), "kinds": "research", "level": "group"}
    body |= {"findings": "总体平稳。", "client_key": "k" * 16}
    assert browser.post("/visits/new", body, headers=JSON).status_code == 400
    sent = body | {name: fresh[name] for name in ("csrf_token", "typed_by")}
    assert browser.post("/visits/new", sent, headers=JSON).status_code == 201


def test_a_card_is_ready_to_be_shown(client, place):
    member, branch = place
    factories.term(branch, factories.person(name="赵堃"))
    factories.problem(member, branch, text="学习记录补得晚", side=Side.BRANCH, due_on=dt.date(2026, 1, 9))
    factories.problem(member, branch, text="码头无遮阳棚", due_on=dt.date(2026, 7, 9))
    factories.undertaking(member, branch, text="餐补答复", due_on=dt.date(2026, 7, 9))
    factories.visit(member, branch, TODAY, findings="座谈。")
    (card,) = pack(client(member))["cards"]
    assert card["line"] == "党支部，森林公园管理所，书记赵堃"
    assert (card["standing"], card["state"], card["visitors"]) == ("done", "本季度已到", 1)
    assert "应到1次、到1次" in card["why"]
    assert f"{TODAY.month}月{TODAY.day}日" in card["last_on"]
    assert [(one["text"], one["due"]) for one in card["problems"]] == [("学习记录补得晚", "2026年1月9日前")]
    assert [(one["text"], one["side"], one["state"]) for one in card["owed"]] == [
        ("码头无遮阳棚", "责任单位：工程科", "未办")
    ]
    assert card["promises"] == [{"text": "餐补答复", "member": "王珺", "due": "2026年7月9日前"}]
    assert [(one["member"], one["findings"]) for one in card["records"]] == [("王珺", "座谈。")]
    assert card["last_report"] == ""


def test_a_card_is_in_its_readers_language(client, place):
    browser = client(place[0])
    browser.http.set_cookie("language", "en")
    (card,) = pack(browser)["cards"]
    assert card["last_on"] == "Nobody has been here this year. "
    assert card["state"] == "To arrange this quarter"


def graded(branch, secretary, told_on=None):
    """A meeting of last year that decided the secretary's grade, told on that day."""
    frozen = {"summary": "{}", "text": "", "year_was_closed": False, "created_at": now(), "created_by_id": secretary}
    meeting = Meeting(year=TODAY.year - 1, **frozen)
    db.session.add(meeting)
    db.session.flush()
    report = Report(meeting_id=meeting.id, branch_id=branch, person_id=secretary, position=1, fed_back_on=told_on)
    db.session.add(report)
    db.session.flush()
    db.session.add(Decision(report_id=report.id, grade=Grade.GOOD, ground="整改到位", by_id=secretary, at=now()))
    comment = Comment(report_id=report.id, commentator_id=secretary, drafted_by_id=secretary, drafted_at=now())
    comment.settled_at = now()
    db.session.add(comment)
    db.session.flush()
    for position, part in enumerate(Part):
        db.session.add(Clause(comment_id=comment.id, part=part, position=position, text=f"{part.chinese}的话。"))
    db.session.commit()


def test_the_last_meetings_grade_is_not_for_the_one_it_is_about(client, place):
    member, branch = place
    secretary = factories.member()
    factories.liaison(secretary, branch, year=TODAY.year)
    graded(branch, secretary)
    cards = [pack(client(one))["cards"][0]["last_report"] for one in (member, secretary)]
    assert cards == [f"{TODAY.year - 1}年：好，整改到位", ""]
    for reader in (member, secretary):  # what was said stands on no card before it was told
        assert "不足的话。" not in client(reader).get(f"/branches/{branch}").text
        db.session.expire_all()


def test_what_the_last_meeting_found_wanting_is_on_the_card_once_it_was_told(client, place):
    member, branch = place
    secretary = factories.member()
    factories.liaison(secretary, branch, year=TODAY.year)
    graded(branch, secretary, told_on=TODAY)
    for reader in (member, secretary):
        (card,) = pack(client(reader))["cards"]
        assert card["last_report"] == f"{TODAY.year - 1}年：好，整改到位　不足：不足的话。　建议：建议的话。"
        assert "不足的话。" in client(reader).get(f"/branches/{branch}").text


def test_what_stands_inside_a_general_branch_is_on_its_card(client, place):
    member, inner = place
    general = factories.branch("森林公园党总支")
    factories.placement(inner, general)
    factories.liaison(member, general, year=TODAY.year)
    factories.visit(member, inner, TODAY, findings="座谈。")
    factories.problem(member, inner)
    for card in pack(client(member))["cards"]:
        assert len(card["records"]) == len(card["owed"]) == card["visitors"] == 1, card["name"]


def test_of_records_only_the_last_and_their_first_lines(client, place):
    member, branch = place
    for n in range(1, 8):
        factories.visit(member, branch, dt.date(TODAY.year, 1, n), findings=f"{n}" * 201)
    factories.visit(member, branch, dt.date(TODAY.year, 1, 9), counts=False, withdrawn_at=now(), findings="撤")
    records = pack(client(member))["cards"][0]["records"]
    assert [one["findings"] for one in records] == ["7" * 199 + "…", *(f"{n}" * 199 + "…" for n in (6, 5, 4, 3))]


@pytest.mark.parametrize("reader", ["author", "member", "leader", "both", "secretary"])
def test_nothing_restricted_lies_on_any_phone(client, place, reader):
    author, branch = place
    people = {
        "author": author, "member": factories.member(), "leader": factories.leader(), "secretary": factories.member(),
        "both": factories.person(Role.MEMBER, Role.OFFICE),
    }  # fmt: skip
    for one in set(people.values()) - {author}:
        factories.liaison(one, branch, year=TODAY.year)
    factories.term(branch, people["secretary"])
    for level in Level:
        for wide in (False, True):
            texts = {field: f"Z{field}" for field in LIMITED} | {"findings": f"Zfindings-{level.value}"}
            marks = {"thinking_widened": wide, "observation_widened": wide, "level": level}
            factories.visit(author, branch, dt.date(TODAY.year, 1, 5), **texts, **marks)
    text = json.dumps(pack(client(people[reader])))
    found = {word for word in ("group", "office", "leader", "self", *LIMITED) if f"Zfindings-{word}" in text}
    assert not any(f"Z{field}" in text for field in LIMITED)
    assert "Zfindings-group" in text
    assert reader == "author" or found == {"group"}


def test_as_many_statements_for_twelve_branches_as_for_one(client, place, statements):
    member, _branch = place
    browser = client(member)
    pack(browser)
    counts = []
    for _ in range(2):
        with statements() as made:
            pack(browser)
        counts.append(len(made))
        for _ in range(11):
            branch = factories.branch()
            factories.liaison(member, branch, year=TODAY.year)
            factories.term(branch, factories.person())
            factories.visit(member, branch, TODAY)
            factories.problem(member, branch)
            factories.undertaking(member, branch)
    assert counts[0] == counts[1] <= 15
