"""Recording over HTTP: what a member and the office see, and what happens to bad input."""

import datetime as dt
import html
import io
import re

import html5lib
import pytest
from werkzeug.datastructures import MultiDict

from logbook.access import Role
from logbook.db import db
from logbook.formats import today
from logbook.problems.models import Problem, Undertaking
from logbook.visits.models import Addendum, Attachment, Book, Instruction, Level, LockedYear, Visit, VisitVersion
from tests import factories

TODAY = today()
JSON = {"Accept": "application/json"}


@pytest.fixture
def place(app):
    """A member with a liaison branch."""
    member, branch = factories.member(name="王珺"), factories.branch("三岭山森林公园党支部", host_unit="森林公园管理所")
    factories.liaison(member, branch, year=TODAY.year)
    return member, branch


def body(branch, **values):
    return {
        "visited_on": TODAY.isoformat(), "branch_id": str(branch), "kinds": ["research"], "level": "group",
        "findings": "座谈，总体平稳，无问题。",
    } | values  # fmt: skip


def as_rendered(page):
    """What a browser would send of the page's long form, untouched: (name, value) of all that is filled in."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    form = max(tree.iter("form"), key=lambda one: len(list(one.iter())))
    sent = []
    for one in form.iter():
        name, kind = one.get("name"), one.get("type")
        if not name or (kind in {"checkbox", "radio"} and one.get("checked") is None):
            continue
        if one.tag == "input" and kind != "file":
            sent.append((name, one.get("value", "")))
        elif one.tag == "textarea":
            sent.append((name, (one.text or "").removeprefix("\n")))
        elif one.tag == "select":
            options = list(one.iter("option"))
            chosen = next((o for o in options if o.get("selected") is not None), options[0])
            sent.append((name, chosen.get("value")))
    return MultiDict(sent)


def only_visit():
    (visit,) = db.session.query(Visit).all()
    return visit


def test_three_lines_and_it_is_received(client, place):
    member, branch = place
    browser = client(member)
    page = browser.get(f"/visits/new?branch={branch}").text
    assert "<h1>三岭山森林公园党支部</h1>" in page
    answer = browser.post("/visits/new", body(branch))
    assert answer.status_code == 303
    page = browser.get(answer.headers["Location"]).text
    assert f"已收到，编号{TODAY.year}-001" in page
    assert only_visit().is_liaison


def test_everything_a_record_can_hold(client, place):
    member, branch = place
    other = factories.member(name="李堃")
    answer = client(member).post(
        "/visits/new",
        body(
            branch, half_days="2", headcount="12", people_met="支委、职工", companion_ids=[str(other)],
            voice_text=["希望加遮阳棚", ""], voice_category=["facilities", "other"],
            problem_text=["码头无遮阳棚"], problem_side=["bureau"], problem_handling=["coordinate"],
            problem_category=["facilities"], problem_owner=["规划建设科"], problem_line=[""], problem_due=[""],
            undertaking_text=["一个月内答复餐补"], undertaking_line=[""], undertaking_due=[""],
            thinking="岗位调整有顾虑", guidance="合起来抓", solved_on_site="先调剂两顶遮阳伞", observation="台账规范",
            contents=["guide_party_work"],
        ),
    )  # fmt: skip
    assert answer.status_code == 303
    page = client(member).get(answer.headers["Location"]).text
    for text in (
        "希望加遮阳棚",
        "码头无遮阳棚",
        "规划建设科",
        "一个月内答复餐补",
        "岗位调整有顾虑",
        "台账规范",
        "李堃",
        "12人",
        "1天",
    ):
        assert text in page
    assert "2" not in {p.text for p in db.session.query(Problem)}
    assert db.session.query(Undertaking).one().due_on == TODAY + dt.timedelta(days=30)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"visited_on": "2199-12-31"}, "不能晚于今天"),
        ({"visited_on": "other", "other_on": "1999-01-01"}, "请核对年份"),
        ({"visited_on": "other", "other_on": "昨天"}, "请选择下基层日期"),
        ({"visited_on": "2023-05-05"}, "已归档"),
        ({"findings": "  \n\u3000 "}, "请写一两行基本情况"),
        ({"findings": "字" * 100_000}, "共100000字，超过20000字"),
        ({"findings": "本件为机密★文件"}, "文字中有“机密”字样"),
        ({"kinds": []}, "请至少选一种方式"),
        ({"kinds": ["nonsense"]}, "请重新选择此项"),
        ({"level": "nonsense"}, "请重新选择此项"),
        ({"branch_id": ""}, "请选择党组织，或写明其他地点"),
        ({"branch_id": "99999"}, "请选择列出的党组织"),
        ({"branch_id": "'; DROP TABLE visit"}, "请重新选择或填写此项"),
        ({"headcount": "-1"}, "请填一个整数"),
        ({"companion_ids": ["x"]}, "请重新选择此项"),
        ({"paper_on": "2026-13-40"}, "请选择日期"),
        ({"problem_text": ["缺棚"], "problem_side": ["nobody"]}, "请重新选择这一行的内容"),
        ({"voice_text": ["缺棚"], "voice_category": ["nothing"]}, "请重新选择这一行的内容"),
        ({"voice_text": ["字" * 2001]}, "每条不超过2000字"),
        ({"undertaking_text": ["字" * 2001]}, "每条不超过2000字"),
        ({"problem_text": ["缺棚"], "problem_repeats": ["9" * 20]}, "请重新选择这一行的内容"),
        ({"problem_text": ["缺棚"], "problem_due": ["9999-12-31"]}, "十年以内"),
        ({"undertaking_text": ["答复"], "undertaking_due": ["0001-01-01"]}, "十年以内"),
    ],
)
def test_bad_input_is_refused_at_its_place_and_nothing_is_lost(client, place, values, said):
    member, branch = place
    db.session.add(LockedYear(year=2023, locked_at=factories.AT, locked_by_id=member))
    db.session.commit()
    typed = body(branch, guidance="合起来抓，避免两套台账") | values
    answer = client(member).post("/visits/new", typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert "合起来抓，避免两套台账" in answer.text
    assert db.session.query(Visit).count() == 0


def test_a_secrecy_mark_may_be_ticked_off(client, place):
    member, branch = place
    typed = body(branch, findings="宣讲保密常识：什么是机密。")
    assert client(member).post("/visits/new", typed).status_code == 422
    assert client(member).post("/visits/new", typed | {"no_secrets": "y"}).status_code == 303


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>&\"'",
        "'; DROP TABLE visit; --",
        "喆堃珺玥镕㎡𠮷",
        "{{ 7*7 }} %s %(n)s {0}",
        "=1+1 ＝1 @x -y",
    ],
)
def test_any_text_is_kept_and_shown_as_typed(client, place, text):
    member, branch = place
    answer = client(member).post("/visits/new", body(branch, findings=text))
    assert only_visit().findings == text
    page = client(member).get(answer.headers["Location"]).text
    assert "<script>alert" not in page
    assert "7*7" not in text or "{{ 7*7 }}" in page


def test_bidirectional_overrides_are_dropped(client, place):
    member, branch = place
    client(member).post("/visits/new", body(branch, findings="付款\u202e元001"))
    assert only_visit().findings == "付款元001"


def test_a_branch_of_no_liaison_is_allowed_and_marked(client, place):
    member, _branch = place
    elsewhere = factories.branch()
    answer = client(member).post("/visits/new", body(elsewhere))
    assert "不是本人的挂点党组织" in client(member).get(answer.headers["Location"]).text
    assert not only_visit().is_liaison


def test_another_place_needs_no_branch(client, place):
    answer = client(place[0]).post("/visits/new", body("", place="县城游客中心"))
    assert "<h1>县城游客中心</h1>" in client(place[0]).get(answer.headers["Location"]).text


def test_a_second_tap_is_the_same_record(client, place):
    member, branch = place
    first, second = (client(member).post("/visits/new", body(branch, client_key="k")) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert db.session.query(Visit).count() == 1


def test_the_same_key_with_another_record_is_refused(client, place):
    member, branch = place
    client(member).post("/visits/new", body(branch, client_key="k"))
    again = client(member).post("/visits/new", body(branch, client_key="k", findings="另一次"))
    assert again.status_code == 409
    assert "另一次" in again.text
    told = client(member).post("/visits/new", body(branch, client_key="k", findings="另一次"), headers=JSON)
    assert (told.status_code, told.json["receipt"]["number"]) == (409, f"{TODAY.year}-001")
    other = factories.member()
    told = client(other).post("/visits/new", body(branch, client_key="k"), headers=JSON)
    assert (told.status_code, told.json["receipt"]) == (409, None)


def test_a_client_is_answered_in_json(client, place):
    member, branch = place
    sent = client(member).post("/visits/new", body(branch, client_key="k"), headers=JSON)
    stored = db.session.query(VisitVersion).one()
    assert (sent.status_code, sent.json) == (
        201,
        {"number": f"{TODAY.year}-001", "version": 1, "digest": stored.digest, "id": stored.visit_id},
    )
    refused = client(member).post("/visits/new", body(branch, findings=""), headers=JSON)
    assert (refused.status_code, list(refused.json)) == (422, ["findings"])
    assert client().post("/visits/new", body(branch), headers=JSON).status_code == 401


def test_rows_are_added_without_javascript(client, place):
    member, branch = place
    answer = client(member).post("/visits/new", body(branch, add="problem", problem_text=["一"]))
    assert answer.status_code == 200
    assert answer.text.count('name="problem_text"') == 2
    assert db.session.query(Visit).count() == 0


def test_what_was_typed_survives_the_end_of_the_session(client, place):
    member, branch = place
    factories.person(Role.MEMBER, sign_in_name="other")
    me = db.session.get(factories.Person, member)
    me.sign_in_name = "wangjun"
    db.session.commit()
    browser = client(member)
    page = browser.get("/visits/new").text
    mark = page.split('name="typed_by" value="')[1].split('"')[0]
    browser.http.delete_cookie("logbook")
    asked = browser.post("/visits/new", body(branch, findings="写了一半的话", typed_by=mark, problem_text=["缺棚"]))
    assert asked.status_code == 401
    carried = asked.text.split('name="carried" value="')[1].split('"')[0]
    sent = {"password": factories.PASSWORD, "carried": carried}
    shown = browser.post("/sign-in", sent | {"sign_in_name": "wangjun"})
    assert "写了一半的话" in shown.text
    assert "缺棚" in shown.text
    assert 'action="/visits/new"' in shown.text
    assert db.session.query(Visit).count() == 0
    elsewhere = client().post("/sign-in", sent | {"sign_in_name": "other"})
    assert "写了一半的话" not in elsewhere.text


# --- correcting -----------------------------------------------------------------------------------


@pytest.fixture
def logged(client, place):
    member, branch = place
    client(member).post("/visits/new", body(branch, observation="台账规范", problem_text=["无遮阳棚"]))
    return member, branch, only_visit().id


def correction(branch, **values):
    return body(branch, reason="写错了", based_on="1", problem_line=["1"], problem_text=["无遮阳棚"]) | values


def test_a_correction_shows_its_difference_in_plain_words(client, logged):
    member, branch, visit = logged
    page = client(member).get(f"/visits/{visit}/correct").text
    assert "台账规范" in page
    answer = client(member).post(f"/visits/{visit}/correct", correction(branch, findings="同6名党员座谈。"))
    assert answer.status_code == 303
    page = client(member).get(f"/visits/{visit}/history").text
    assert "<del>座谈，总体平稳，无问题。</del>" in page
    assert "<ins>同6名党员座谈。</ins>" in page
    assert "写错了" in page


def test_the_second_of_two_sees_both_and_decides(client, logged):
    member, branch, visit = logged
    client(member).post(f"/visits/{visit}/correct", correction(branch, findings="先改的。"))
    second = client(member).post(f"/visits/{visit}/correct", correction(branch, findings="后改的。"))
    assert second.status_code == 409
    assert "先改的。" in second.text
    assert "后改的。" in second.text
    assert 'name="based_on" type="hidden" value="2"' in second.text
    decided = client(member).post(f"/visits/{visit}/correct", correction(branch, findings="后改的。", based_on="2"))
    assert decided.status_code == 303
    assert db.session.get(Visit, visit).findings == "后改的。"


def test_a_correction_without_a_reason_keeps_what_was_typed(client, logged):
    member, branch, visit = logged
    refused = client(member).post(f"/visits/{visit}/correct", correction(branch, reason="", findings="改过的话"))
    assert refused.status_code == 422
    assert "请写一句更正的原因" in refused.text
    assert "改过的话" in refused.text


def test_a_removed_line_leaves_its_item_and_a_new_one_gets_a_new_number(client, logged):
    member, branch, visit = logged
    client(member).post(f"/visits/{visit}/correct", correction(branch, problem_line=[""], problem_text=["灯坏了"]))
    one, two = db.session.query(Problem).order_by(Problem.id)
    assert (one.dropped, one.source_line) == (True, 1)
    assert (two.dropped, two.source_label) == (False, f"{TODAY.year}-001/2")


def test_the_office_corrects_its_own_entry_without_seeing_what_it_may_not(client, place):
    member, branch = place
    clerk = factories.office()
    client(clerk).post("/visits/new", body(branch, member_id=str(member), thinking="有顾虑", observation="台账规范"))
    visit = only_visit().id
    page = client(clerk).get(f"/visits/{visit}/correct").text
    assert "台账规范" not in page
    assert "有顾虑" in page
    client(clerk).post(
        f"/visits/{visit}/correct", body(branch, findings="改了。", thinking="有顾虑", reason="漏写", based_on="1")
    )
    assert db.session.get(Visit, visit).observation == "台账规范"


def test_withdrawing_asks_for_a_reason_and_keeps_the_number(client, logged):
    member, _branch, visit = logged
    assert "编号保留" in client(member).get(f"/visits/{visit}/withdraw").text
    assert client(member).post(f"/visits/{visit}/withdraw", {"reason": " "}).status_code == 422
    assert client(member).post(f"/visits/{visit}/withdraw", {"reason": "记重了"}).status_code == 303
    page = client(member).get(f"/visits/{visit}").text
    assert "记重了" in page
    assert "更正</a>" not in page
    assert client(member).get(f"/visits/{visit}/correct", follow_redirects=True).status_code == 200


def test_nobody_else_corrects_or_withdraws(client, logged):
    _member, branch, visit = logged
    for person in (factories.member(), factories.leader(), factories.office()):
        assert client(person).post(f"/visits/{visit}/correct", correction(branch)).status_code == 403
        assert client(person).post(f"/visits/{visit}/withdraw", {"reason": "x"}).status_code == 403


# --- marks ----------------------------------------------------------------------------------------


def test_what_the_office_enters_waits_for_a_tap(client, place):
    member, branch = place
    clerk = factories.office(name="钱玥")
    page = client(clerk).get("/visits/new").text
    assert "仅本人" not in page
    assert client(clerk).post("/visits/new", body(branch)).status_code == 422  # of whom?
    long_ago = (TODAY - dt.timedelta(days=1)).isoformat()
    client(clerk).post("/visits/new", body(branch, member_id=str(member), visited_on=long_ago, paper_on=long_ago))
    visit = only_visit()
    assert (visit.late, visit.confirmed_at) == (False, None)
    page = client(member).get(f"/visits/{visit.id}").text
    assert "钱玥替您登记了这次下基层" in page
    client(member).post(f"/visits/{visit.id}/confirm")
    assert only_visit().confirmed_at


def test_a_companion_confirms_or_was_not_there(client, place):
    member, branch = place
    there, elsewhere = factories.member(), factories.member()
    client(member).post("/visits/new", body(branch, companion_ids=[str(there), str(elsewhere)]))
    mine, theirs, other = db.session.query(Visit).order_by(Visit.id)
    client(there).post(f"/visits/{theirs.id}/confirm")
    client(elsewhere).post(f"/visits/{other.id}/decline")
    counted = [v.counts for v in db.session.query(Visit).order_by(Visit.id)]
    assert counted == [True, True, False]
    assert client(there).post(f"/visits/{mine.id}/confirm").status_code == 404
    again = client(there).post(f"/visits/{theirs.id}/decline", follow_redirects=True)
    assert "只有同行、尚未确认的记录" in again.text


def test_the_office_receives_and_the_leader_instructs(client, logged):
    member, _branch, visit = logged
    clerk, leader = factories.office(), factories.leader()
    assert "收阅</button>" in client(clerk).get(f"/visits/{visit}").text
    client(clerk).post(f"/visits/{visit}/receive", {"version": "1"})
    assert "收阅</button>" not in client(clerk).get(f"/visits/{visit}").text
    assert client(member).post(f"/visits/{visit}/receive").status_code == 403
    client(leader).post(f"/visits/{visit}/instruct", {"text": "请规划建设科抓紧。"})
    assert "请规划建设科抓紧。" in client(member).get(f"/visits/{visit}").text
    assert client(clerk).post(f"/visits/{visit}/instruct", {"text": "x"}).status_code == 403
    empty = client(leader).post(f"/visits/{visit}/instruct", {"text": " "}, follow_redirects=True)
    assert "请写一句批示" in empty.text


def test_the_hint_of_a_repeated_text_is_the_authors_alone(client, place):
    member, branch = place
    text = "到码头、环湖路巡查，同支委和6名党员职工座谈，护林防火安排到位，总体平稳"
    first = client(member).post("/visits/new", body(branch, findings=text + "。"))
    assert "文字相近" not in client(member).get(first.headers["Location"]).text
    again = client(member).post("/visits/new", body(branch, findings=text + "！", another="1"))
    assert f"您的记录{TODAY.year}-001文字相近" in client(member).get(again.headers["Location"]).text
    assert "文字相近" not in client(factories.leader()).get(again.headers["Location"]).text


def test_a_file_in_the_place_of_a_text_is_no_text_and_nul_is_nowhere(client, place):
    member, branch = place
    answer = client(member).post("/visits/new", body(branch) | {"findings": (io.BytesIO(b"x"), "x.txt")})
    assert (answer.status_code, "请写一两行基本情况" in answer.text) == (422, True)
    odd = body(branch, findings="总体\0平稳。", client_key="k\0ey", place="\0")
    assert client(member).post("/visits/new", odd).status_code == 303
    assert db.session.query(Visit).one().findings == "总体平稳。"


def test_what_was_typed_is_kept_when_the_record_was_withdrawn_meanwhile(client, logged):
    member, branch, visit = logged
    client(member).post(f"/visits/{visit}/withdraw", {"reason": "重了"})
    kept = client(member).post(
        f"/visits/{visit}/correct", body(branch, findings="又写了一大段", reason="x", based_on="1")
    )
    assert (kept.status_code, "又写了一大段" in kept.text, "已撤销" in kept.text) == (409, True, True)


def test_a_record_corrected_meanwhile_is_read_before_it_is_confirmed(client, place):
    member, branch = place
    clerk = factories.office()
    visit = client(clerk).post("/visits/new", body(branch, member_id=str(member))).headers["Location"].split("?")[0]
    assert 'name="version" value="1"' in client(member).get(visit).text
    client(clerk).post(
        f"{visit}/correct", body(branch, findings="改了", reason="x", based_on="1", member_id=str(member))
    )
    told = client(member).post(f"{visit}/confirm", {"version": "1"}, follow_redirects=True).text
    assert "请看一遍再确认" in told
    assert only_visit().confirmed_at is None
    db.session.expire_all()
    client(member).post(f"{visit}/confirm", {"version": "2"})
    assert only_visit().confirmed_at


# --- lists ----------------------------------------------------------------------------------------


def test_a_number_typed_into_the_search_finds_its_record(client, place):
    member, branch = place
    for _ in range(3):
        factories.visit(member, branch)
    for typed in ("2026-2", "2026-002"):
        page = client(member).get(f"/visits?text={typed}").text
        assert ("2026-002" in page, "2026-001" in page, "2026-003" in page) == (True, False, False)


def test_the_list_pages_both_ways_and_shows_each_once(client, place):
    member, branch = place
    for _ in range(60):
        factories.visit(member, branch)
    browser, seen, path = client(member), [], "/visits"
    while path:
        page = browser.get(path).text
        seen += [part.split("　")[0] for part in page.split("<b>")[1:]]
        path = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&") if 'rel="next"' in page else None
    assert seen == [f"2026-{n:03d}" for n in range(60, 0, -1)]
    back = page.split('rel="prev" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "2026-035" in browser.get(back).text


@pytest.mark.parametrize("sort", ["", "date"])
def test_as_many_statements_for_one_row_as_for_thirty(client, place, statements, sort):
    member, branch = place
    factories.visit(member, branch)
    browser = client(member)
    counts = []
    for _ in range(2):
        with statements() as made:
            browser.get(f"/visits?sort={sort}&branch={branch}")
        counts.append(len(made))
        for _ in range(29):
            factories.visit(member, branch)
    assert counts[0] == counts[1] <= 6


@pytest.mark.parametrize(
    "query",
    ["older=x", "newer=9999-99999999999", "older=2026-1&newer=2026-2", "sort=nonsense", "kind=none", "state=none",
     "member=abc", "branch=-1", "from=yesterday", "to=2026-99-99", "text=%25_%27", "sort=date&older=2026-99-99_1"],
)  # fmt: skip
def test_nonsense_in_an_address_is_harmless(client, place, query):
    member, branch = place
    factories.visit(member, branch)
    assert client(member).get(f"/visits?{query}").status_code == 200


def test_filters_narrow_and_count(client, place):
    member, branch = place
    clerk = factories.office()
    factories.visit(member, branch, findings="码头加遮阳棚")
    factories.visit(member, branch, level=Level.SELF, findings="码头私下谈话")
    factories.visit(factories.member(), factories.branch(), findings="别处")
    page = client(clerk).get(f"/visits?branch={branch}").text
    assert "共2条" in page
    assert "另有1条不在知悉范围" in page
    found = client(clerk).get("/visits?text=码头").text
    assert "共1条" in found
    assert "私下" not in found
    assert "没有符合条件的记录" in client(clerk).get("/visits?text=完全没有的词").text


def test_a_book_shows_its_records_in_order_and_hides_what_it_must(client, place):
    member, branch = place
    factories.book(member, TODAY.year)
    browser = client(member)
    browser.post("/visits/new", body(branch, thinking="岗位顾虑", observation="台账规范", findings="第一次。"))
    browser.post("/visits/new", body(branch, level="self", findings="私下谈话。", another="1"))
    path = browser.get("/book").headers["Location"]
    mine = browser.get(path).text
    for text in ("第1次", "第2次", "岗位顾虑", "台账规范", "私下谈话"):
        assert text in mine
    other = client(factories.member()).get(path).text
    assert "第一次。" in other
    for text in ("岗位顾虑", "台账规范", "私下谈话"):
        assert text not in other
    assert "另有1条不在知悉范围" in other
    assert client(factories.member()).get(f"/books/{member}/2020").status_code == 404


def test_books_are_issued_with_one_click(client):
    clerk, member = factories.office(), factories.member()
    factories.leader()
    browser = client(clerk)
    assert "给2位成员发放记录本" in browser.get(f"/books/{TODAY.year}").text
    assert browser.post(f"/books/{TODAY.year}/issue").status_code == 303
    assert db.session.query(Book).count() == 2
    assert "每位成员都已有记录本" in browser.post(f"/books/{TODAY.year}/issue", follow_redirects=True).text
    assert client(member).post(f"/books/{TODAY.year}/issue").status_code == 403


# --- files ----------------------------------------------------------------------------------------


def png(width=40, height=30):
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (width, height), "#3f6580").save(file, "PNG")
    return file.getvalue()


def with_file(branch, content, name, **values):
    return body(branch, files=[(io.BytesIO(content), name)], **values)


def test_a_picture_is_kept_under_its_chinese_name(client, place):
    member, branch = place
    answer = client(member).post("/visits/new", with_file(branch, png(), "码头照片.png"))
    page = client(member).get(answer.headers["Location"]).text
    assert "码头照片.png" in page
    file = db.session.query(Attachment).one()
    got = client(member).get(f"/attachments/{file.id}")
    assert (got.status_code, got.mimetype) == (200, "image/png")
    assert client(factories.sysadmin()).get(f"/attachments/{file.id}").status_code == 403


def test_the_records_level_covers_its_files(client, place):
    member, branch = place
    client(member).post("/visits/new", with_file(branch, png(), "a.png", level="self"))
    file = db.session.query(Attachment).one()
    for person in (factories.member(), factories.leader(), factories.office()):
        assert client(person).get(f"/attachments/{file.id}").status_code == 404


def test_a_refused_file_keeps_the_text_and_says_to_choose_again(client, place):
    member, branch = place
    refused = client(member).post("/visits/new", with_file(branch, b"MZ\x90", "程序.pdf", findings="写好的话"))
    assert refused.status_code == 422
    assert "“程序.pdf”没有保存" in refused.text
    assert "写好的话" in refused.text
    assert "请重新选择" in refused.text
    assert db.session.query(Visit).count() == 0


def test_a_correction_keeps_the_files_and_adds_one(client, place):
    member, branch = place
    client(member).post("/visits/new", with_file(branch, png(), "一.png"))
    visit = only_visit().id
    more = with_file(branch, png(50, 50), "二.png", reason="补照片", based_on="1")
    assert client(member).post(f"/visits/{visit}/correct", more).status_code == 303
    assert [f.name for f in db.session.query(Attachment).order_by(Attachment.id)] == ["一.png", "二.png"]
    assert "二.png" in client(member).get(f"/visits/{visit}/history").text


def test_the_list_downloads_as_excel_with_both_dates_and_no_formula(client, place):
    import openpyxl

    member, branch = place
    clerk = factories.office(name="钱玥")
    factories.visit(member, branch, findings="=1+1", version=2)
    factories.visit(member, branch, findings="＝危险", level=Level.SELF)
    got = client(clerk).get(f"/visits.xlsx?branch={branch}")
    book = openpyxl.load_workbook(io.BytesIO(got.data))
    rows = list(book["下基层记录"].iter_rows())
    assert [cell.value for cell in rows[0]][:4] == ["编号", "下基层日期", "登记日期", "记录人"]
    assert rows[1][0].value == "2026-001（已更正）"
    assert (rows[1][7].value, rows[1][7].data_type) == ("=1+1", "s")
    assert rows[3][0].value == "另有1条不在知悉范围"
    assert not any("危险" in str(cell.value) for row in rows for cell in row)


def test_every_field_reads_in_plain_words_in_the_history(clock, client, place):
    clock("2026-11-24T10:00")  # a correction may not lead into the year before
    member, branch = place
    other, elsewhere = factories.member(name="李堃"), factories.branch("环湖巡护党支部")
    client(member).post("/visits/new", body(branch, visited_on="2026-11-24"))
    everything = body(
        elsewhere, visited_on="2026-11-23", level="leader", kinds=["talk", "lecture"],
        half_days="3", headcount="7", people_met="支委", companion_ids=[str(other)], companions_note="办公室同志",
        contents=["plan_together"], voice_text=["加遮阳棚"], voice_category=["facilities"], thinking="有顾虑",
        thinking_widened="y", observation="台账规范", solved_on_site="调剂两顶伞", guidance="合起来抓",
        problem_text=["缺棚"], problem_side=["bureau"], problem_line=[""], undertaking_text=["答复"],
        undertaking_line=[""], late_reason="出差", reason="重写", based_on="1", findings="重写。",
    )  # fmt: skip
    assert client(member).post("/visits/1/correct", everything).status_code == 303
    page = client(member).get("/visits/1/history").text
    for text in (
        "环湖巡护党支部", "三岭山森林公园党支部", "谈心谈话、讲党课", "本人和党组书记", "1.5天", "支委", "李堃",
        "谋划融合发展", "加遮阳棚（设施设备）", "有顾虑", "是", "台账规范", "调剂两顶伞",
        "缺棚（其他，责任单位，协调解决）", "答复", "（无）",
    ):  # fmt: skip
        assert text in page, text
    shorter = body(elsewhere, visited_on="2026-11-23", half_days="1", reason="再改", based_on="2")
    assert client(member).post("/visits/1/correct", shorter).status_code == 303
    assert "半天" in client(member).get("/visits/1/history").text


def test_a_very_long_text_is_not_compared_letter_by_letter(client, place):
    member, branch = place
    client(member).post("/visits/new", body(branch, findings="长" * 3000))
    again = client(member).post("/visits/new", body(branch, findings="长" * 3001, another="1"))
    assert "文字相近" not in client(member).get(again.headers["Location"]).text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"problem_text": ["字" * 2001]}, "每条不超过2000字"),
        ({"place": "字" * 2001, "branch_id": ""}, "超过2000字"),
        ({"companion_ids": ["999"]}, "同行成员请从党组成员中选择"),
    ],
)
def test_more_bad_input(client, place, values, said):
    member, branch = place
    answer = client(member).post("/visits/new", body(branch) | values)
    assert (answer.status_code, said in answer.text) == (422, True)


def test_one_does_not_come_along_with_oneself(client, place):
    member, branch = place
    answer = client(member).post("/visits/new", body(branch, companion_ids=[str(member)]))
    assert "同行成员不含本人" in answer.text


def test_an_office_entry_has_its_own_bad_input(client, place):
    member, branch = place
    clerk = client(factories.office())
    for values, said in (
        ({"level": "self"}, "不能设为仅本人"),
        ({"paper_on": "2199-12-31"}, "应在下基层日期和今天之间"),
        ({"member_id": "99999"}, "请选择一位党组成员"),
    ):
        answer = clerk.post("/visits/new", body(branch, member_id=str(member)) | values)
        assert (answer.status_code, said in answer.text) == (422, True)
    own = client(member).post("/visits/new", body(branch, paper_on=TODAY.isoformat()))
    assert "由党办代为登记时填写" in own.text
    assert client(member).get("/visits/99999/correct").status_code == 404
    assert client(factories.office()).post("/visits/99999/receive").status_code == 404
    assert client(factories.leader()).post("/visits/99999/instruct", {"text": "x"}).status_code == 404


def test_the_observation_of_ones_own_organization_is_not_written(client, place):
    member, _branch = place
    own = factories.branch()
    factories.membership(member, own)
    answer = client(member).post("/visits/new", body(own, observation="好"))
    assert (answer.status_code, "不写平时工作掌握情况" in answer.text) == (422, True)
    fine = client(member).post("/visits/new", body(own))
    assert "本人所在的党组织，不计入挂点联系" in client(member).get(fine.headers["Location"]).text


def test_the_same_record_from_many_sides_at_once_is_one(app, place):
    import threading

    member, branch = place
    token = factories.sign_in(member)
    db.session.remove()
    numbers = []

    def tap():
        http = app.test_client()
        http.set_cookie("logbook", token)
        numbers.append(http.post("/visits/new", data=body(branch, client_key="k"), headers=JSON).json.get("number"))

    threads = [threading.Thread(target=tap) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers == [f"{TODAY.year}-001"] * 6
    assert db.session.query(Visit).count() == 1


def test_a_record_of_before_texts_were_cleaned_is_known_when_a_phone_sends_it_again(client, place):
    member, branch = place
    typed = body(branch, findings="第一条\u200b第二条\ufeff", client_key="key-0000001")
    assert client(member).post("/visits/new", typed, headers=JSON).status_code == 201
    stored = db.session.query(VisitVersion).one()
    stored.body = stored.body.replace("第一条第二条", "第一条\u200b第二条\ufeff")
    db.session.commit()
    again = client(member).post("/visits/new", typed, headers=JSON)
    assert (again.status_code, again.json["number"]) == (201, f"{TODAY.year}-001")
    other = client(member).post("/visits/new", typed | {"findings": "第一条"}, headers=JSON)
    assert other.status_code == 409


# --- what the office entered, corrected by its member ---------------------------------------------


def test_a_member_corrects_what_the_office_entered_from_paper_with_the_form_as_it_stands(client, place):
    member, branch = place
    day = (TODAY - dt.timedelta(days=12)).isoformat()
    entered = body(branch, member_id=str(member), visited_on="other", other_on=day, paper_on=day)
    client(factories.office()).post("/visits/new", entered)
    sent = as_rendered(client(member).get("/visits/1/correct").text)
    sent["findings"], sent["reason"] = "同6名党员座谈。", "补一句"
    assert "paper_on" not in sent
    answer = client(member).post("/visits/1/correct", sent)
    assert answer.status_code == 303, answer.text
    visit = only_visit()
    assert (visit.findings, visit.paper_on.isoformat(), visit.late) == ("同6名党员座谈。", day, False)
    assert visit.confirmed_at


def test_who_tapped_wrong_finds_the_way_back_on_the_same_page(client, place):
    member, branch = place
    other = factories.member()
    client(member).post("/visits/new", body(branch, companion_ids=[str(other)]))
    page = client(other).post("/visits/2/decline", follow_redirects=True).text
    assert "点错了的，年度归档前都可以在这里改回" in page
    assert "属实，确认" in page
    assert "我没有参加</button>" not in page
    client(other).post("/visits/2/confirm")
    assert (db.session.get(Visit, 2).counts, db.session.get(Visit, 2).declined_at) == (True, None)


# --- all faults at once ---------------------------------------------------------------------------


def test_an_empty_form_shows_every_missing_field_at_once(client, place):
    page = client(factories.office()).post("/visits/new", {"level": "group"})
    assert page.status_code == 422
    for said in ("请选择一位党组成员", "请选择党组织，或写明其他地点", "请至少选一种方式", "请写一两行基本情况"):
        assert page.text.count(said) == 2, said  # in the summary, and beside the field


def test_a_secrecy_mark_is_refused_beside_its_field_together_with_the_other_faults(client, place):
    member, branch = place
    typed = body(branch, kinds=[], guidance="参见绝密件", problem_text=["机密资料柜坏了"])
    answer = client(member).post("/visits/new", typed, headers=JSON)
    assert set(answer.json) == {"kinds", "guidance", "problem-1"}
    page = client(member).post("/visits/new", typed).text
    assert 'name="no_secrets"' in page
    assert 'id="guidance-error"' in page


def test_what_was_looked_at_once_is_not_asked_about_again(client, place):
    member, branch = place
    typed = body(branch, findings="宣讲保密常识：什么是机密。", voice_text=["机密室太热"], no_secrets="y")
    client(member).post("/visits/new", typed)
    sent = as_rendered(client(member).get("/visits/1/correct").text)
    sent["guidance"], sent["reason"] = "抓紧", "补一句"
    assert client(member).post("/visits/1/correct", sent).status_code == 303
    sent["guidance"], sent["based_on"] = "绝密", "2"
    assert client(member).post("/visits/1/correct", sent).status_code == 422


def test_one_line_of_the_voices_is_one(client, place):
    member, branch = place
    typed = body(branch, voice_text=["盼修步道\n\n 食堂早点开 "], voice_category=["facilities"])
    page = client(member).post("/visits/new", typed, follow_redirects=True).text
    assert "<li>盼修步道（设施设备）</li><li>食堂早点开（设施设备）</li>" in page
    many = client(member).post("/visits/new", body(branch, voice_text=["\n".join("盼" * 51)]))
    assert (many.status_code, "一条记录里最多50条" in many.text) == (422, True)
    rows = client(member).post("/visits/new", body(branch, problem_text=["缺棚"] * 51))
    assert (rows.status_code, "一条记录里最多50条" in rows.text) == (422, True)


# --- lines for the ledger -------------------------------------------------------------------------


def test_lines_that_name_a_problem_are_pointed_out_after_saving(client, place):
    member, branch = place
    answer = client(member).post("/visits/new", body(branch, findings="总体平稳。\n问题：码头无棚\n我来办：联系路灯"))
    page = client(member).get(answer.headers["Location"]).text
    assert "<li>问题：码头无棚</li><li>领办事项：联系路灯</li>" in page
    assert 'href="/visits/1/correct?lines=1">记进台账' in page
    assert "记进台账" not in client(member).get("/visits/1").text


def test_a_problem_is_the_bureaus_unless_somebody_says_otherwise(client, place):
    member, branch = place
    page = client(member).get("/visits/new").text
    assert "只有责任方选“支部自身”的，才计入支部自身的问题" in page
    sent = as_rendered(page)
    sent["branch_id"], sent["findings"], sent["problem_text"] = str(branch), "平稳", "码头无棚"
    client(member).post("/visits/new", sent)
    client(member).post("/visits/new", body(branch, problem_text=["缺灯"]))
    assert {one.side.value for one in db.session.query(Problem)} == {"bureau"}


def test_the_open_problems_of_a_general_branch_are_those_inside_it_too(client, place):
    member, general = place
    inner = factories.branch()
    factories.placement(inner, general)
    problem = factories.problem(member, inner, text="护林站漏雨")
    page = client(member).get(f"/visits/new?branch={general}").text
    assert "在办问题1个" in page
    assert "护林站漏雨" in page
    again = body(general, problem_text=["还在漏"], problem_repeats=[str(problem)])
    assert client(member).post("/visits/new", again).status_code == 303
    assert db.session.query(Problem).one().state.value == "underway"


# --- 批示 ------------------------------------------------------------------------------------------


def test_an_instruction_survives_the_end_of_the_session(client, logged):
    _member, _branch, visit = logged
    leader = factories.leader(sign_in_name="shuji")
    browser = client(leader)
    mark = browser.get(f"/visits/{visit}").text.split('name="typed_by" value="')[1].split('"')[0]
    browser.http.delete_cookie("logbook")
    asked = browser.post(f"/visits/{visit}/instruct", {"text": "请规划科抓紧", "typed_by": mark})
    carried = asked.text.split('name="carried" value="')[1].split('"')[0]
    sent = {"sign_in_name": "shuji", "password": factories.PASSWORD, "carried": carried}
    shown = browser.post("/sign-in", sent)
    assert f'action="/visits/{visit}/instruct"' in shown.text
    assert "请规划科抓紧" in shown.text
    assert db.session.query(Instruction).count() == 0


def test_an_instruction_with_a_secrecy_mark_takes_a_tick_and_an_empty_one_goes_back(client, logged):
    _member, _branch, visit = logged
    browser = client(factories.leader())
    path = f"/visits/{visit}/instruct"
    marked = {"text": "按机密件办", "back": "home"}
    refused = browser.post(path, marked)
    assert refused.status_code == 422
    assert dict(as_rendered(refused.text)).items() >= marked.items()
    assert browser.post(path, marked | {"no_secrets": "y"}).headers["Location"] == "/"
    assert browser.post(path, {"text": " ", "back": "home"}).headers["Location"] == "/"
    assert browser.post(path, {"text": "长" * 2001}).status_code == 422
    assert db.session.query(Instruction).count() == 1


def test_why_a_record_is_withdrawn_takes_a_tick_too(client, logged):
    member, _branch, visit = logged
    marked = {"reason": "内容涉机密"}
    refused = client(member).post(f"/visits/{visit}/withdraw", marked)
    assert (refused.status_code, 'name="no_secrets"' in refused.text) == (422, True)
    assert client(member).post(f"/visits/{visit}/withdraw", marked | {"no_secrets": "y"}).status_code == 303


# --- lists and the printed book -------------------------------------------------------------------


def test_the_filter_offers_the_seven_constructions_only_where_they_are_used(client, place):
    browser = client(place[0])
    assert "廉政建设" not in browser.get("/visits").text
    assert '<option value="integrity" selected>廉政建设' in browser.get("/visits?content=integrity").text
    factories.setting("seven_constructions", "1")
    assert "廉政建设" in browser.get("/visits").text


def test_the_book_prints_both_dates_who_wrote_and_what_was_added(client, logged):
    member, branch, visit = logged
    client(member).post(f"/visits/{visit}/correct", correction(branch, findings="改过。"))
    db.session.add(Addendum(year=TODAY.year, visit_id=visit, text="另有一次回访", reason="归档后补", by_id=member,
                            at=factories.AT))  # fmt: skip
    db.session.commit()
    page = client(member).get(f"/books/{member}/{TODAY.year}").text
    words = html.unescape(re.sub(r"<[^>]+>", "", page))
    day = f"{TODAY.year}年{TODAY.month}月{TODAY.day}日"
    for said in (f"下基层日期{day}", f"登记日期{day}，记录人王珺", "（已更正）", "另有一次回访", "内部资料　注意保管"):
        assert said in words, said
    assert '<span class="screen"><span class="tag plain">已更正' in re.sub(r">\s+<", "><", page)
