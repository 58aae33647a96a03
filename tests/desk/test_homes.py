"""The homes of each role and the branch card: what stands there, and how little it asks of the database."""

import datetime as dt
import re

import pytest

from logbook.db import db
from logbook.formats import now, today
from logbook.problems.models import Handling, Side
from logbook.visits.models import Level, Visit
from tests import factories

TODAY = today()


@pytest.fixture
def bureau(app):
    member = factories.member(name="王珺", official_order=2)
    branch = factories.branch("三岭山森林公园党支部")
    factories.liaison(member, branch, year=TODAY.year)
    return member, branch


def test_each_of_a_members_branches_says_why_one_would_go(client, bureau):
    member, branch = bureau
    factories.visit(factories.member(), branch, TODAY)
    factories.problem(member, branch, due_on=TODAY)
    factories.undertaking(member, branch, due_on=TODAY)
    page = client(member).get("/").text
    for words in ("应到1次、到0次", "近两周已有1位局领导到过", "在办问题1个", "我答应的事1项", "本季度待安排"):
        assert words in page, words


def test_what_was_missed_is_for_office_and_leader_only(client, bureau, monkeypatch):
    member, branch = bureau
    monkeypatch.setattr("logbook.desk.views.today", lambda: dt.date(TODAY.year, 5, 20))
    for person, seen in ((factories.office(), True), (factories.leader(), True), (member, False)):
        browser = client(person)
        for path in ("/", f"/branches/{branch}"):
            assert ("第一季度未到" in browser.get(path).text) == seen, path
    desk = client(factories.leader()).get("/").text
    assert "第一季度应到1次、到0次" in desk
    assert desk.index('id="unmet"') < desk.index('id="coverage"')


def test_no_sentence_tells_a_member_which_quarter_was_missed(client, bureau, monkeypatch):
    """A7: neither home, card, dossier nor what the phone takes along, in neither language."""
    member, branch = bureau
    for place in ("logbook.desk.views.today", "logbook.phone.views.today"):
        monkeypatch.setattr(place, lambda: dt.date(TODAY.year, 5, 20))
    browser = client(member)
    for language, second, first in (("zh", "第二季度应到1次", "第一季度"), ("en", "Second quarter", "First quarter")):
        browser.post("/language", {"language": language})
        for path in ("/", f"/branches/{branch}", f"/branches/{branch}/dossier", "/phone/pack"):
            answer = browser.get(path, headers={"Accept": "application/json"} if "pack" in path else {})
            said = answer.json["cards"][0]["why"] if "pack" in path else answer.text
            assert first not in said, (language, path)
            assert second in said or "dossier" in path, (language, path)


def test_what_was_missed_last_year_is_told_until_this_years_first_period_ends(client, bureau, monkeypatch):
    member, branch = bureau
    factories.liaison(member, branch, year=TODAY.year - 1)
    clerk = client(factories.office())
    monkeypatch.setattr("logbook.desk.views.today", lambda: dt.date(TODAY.year, 2, 10))
    assert "上年第四季度未到" in clerk.get("/").text
    factories.visit(member, branch, dt.date(TODAY.year, 1, 8))
    assert "未到</span>" not in clerk.get("/").text


def test_every_cell_of_the_map_opens_its_records(client, bureau):
    member, branch = bureau
    factories.visit(member, branch, TODAY)
    browser = client(factories.office())
    cell = re.search(r'<td class="cell a1"><a href="([^"]+)">1</a>', browser.get("/").text)[1].replace("&amp;", "&")
    assert "共1条" in browser.get(cell).text


def test_an_instruction_reaches_the_members_home_and_shows_on_the_leaders(client, bureau):
    member, branch = bureau
    visit = factories.visit(member, branch, TODAY, recorded_at=now())
    leader = client(factories.leader(name="施喆"))
    leader.post(f"/visits/{visit}/instruct", {"text": "请抓紧办。", "back": "home"})
    assert "批示：请抓紧办。" in leader.get("/").text
    page = client(member).get("/").text
    assert "批示：请抓紧办。" in page
    assert "施喆" in page


def test_a_directive_names_the_branches_still_to_visit(client, bureau):
    member, branch = bureau
    factories.directive(factories.office(), due_on=TODAY, issued_on=TODAY)
    assert "还剩三岭山森林公园党支部" in client(member).get("/").text
    factories.visit(member, branch, TODAY)
    assert "挂点支部都到过了" in client(member).get("/").text


def test_what_is_the_leaders_alone_does_not_wait_for_the_office(client, bureau):
    member, branch = bureau
    for level in Level:
        factories.visit(member, branch, TODAY, level=level, recorded_at=now())
    office, leader = client(factories.office()), client(factories.leader())
    for browser, count in ((office, 2), (leader, 4)):
        page = browser.get("/").text
        opened, figure = re.search(r'href="(/visits\?state=[^"]+)"><strong>(\d+)</strong>', page).groups()
        assert int(figure) == count
        assert f"共{count}条" in browser.get(opened.replace("&amp;", "&")).text


def test_a_members_home_is_their_branches_and_one_big_button(client, bureau):
    member, branch = bureau
    page = client(member).get("/").text
    assert "三岭山森林公园党支部" in page
    assert f'href="/visits/new?branch={branch}"' in page
    assert f'href="/branches/{branch}"' in page
    assert "记一次下基层" in page
    assert "覆盖情况</h" not in page


def test_what_waits_for_the_member_stands_below(client, bureau):
    member, branch = bureau
    clerk = factories.office(name="钱玥")
    factories.visit(member, branch, TODAY, entered_by_id=clerk, confirmed_at=None)
    factories.undertaking(member, branch, text="餐补标准一个月内答复", due_on=TODAY - dt.timedelta(days=3))
    factories.directive(clerk, text="近期都要到挂点支部", due_on=TODAY)
    page = client(member).get("/").text
    assert "请确认：三岭山森林公园党支部" in page
    assert "钱玥代为登记" in page
    assert "餐补标准一个月内答复" in page
    assert "超期3天" in page
    assert "近期都要到挂点支部" in page


def test_a_member_without_a_liaison_is_told_what_to_do(client):
    assert "党办还没有安排您的挂点" in client(factories.member()).get("/").text


def test_the_offices_home_is_coverage_and_what_is_new(client, bureau):
    member, branch = bureau
    factories.branch("远山党支部")
    factories.visit(member, branch, TODAY, late=True)
    factories.problem(member, branch, text="码头无遮阳棚", raised_on=TODAY, due_on=TODAY - dt.timedelta(days=4))
    browser = client(factories.office())
    page = browser.get("/").text
    for text in ("年覆盖情况", "本季度已到", "未安排挂点", "超期4天", "登记较晚", "收阅</button>"):
        assert text in page
    visit = db.session.query(Visit).one().id
    answer = browser.post(f"/visits/{visit}/receive", {"back": "home", "version": "1"})
    assert answer.headers["Location"] == "/"
    assert "没有新收到的记录" in browser.get("/").text


def test_an_empty_office_is_told_where_to_begin(client):
    assert "下载模板，填好后导入" in client(factories.office()).get("/").text


def test_the_leader_sees_matters_for_the_group_and_instructs_in_one_line(client, bureau):
    member, branch = bureau
    factories.visit(member, branch, TODAY, findings="要紧的事。")
    factories.problem(member, branch, text="步道照明要统筹资金", handling=Handling.GROUP)
    leader = factories.leader(name="施喆")
    browser = client(leader)
    page = browser.get("/").text
    assert "步道照明要统筹资金" in page
    assert "登记较晚" not in page
    visit = db.session.query(Visit).one().id
    assert browser.post(f"/visits/{visit}/instruct", {"text": "请抓紧。", "back": "home"}).headers["Location"] == "/"
    assert "请抓紧。" in client(member).get(f"/visits/{visit}").text


def test_a_sysadmin_sees_no_business_text(client, bureau):
    member, branch = bureau
    factories.visit(member, branch, TODAY, findings="要紧的事。")
    page = client(factories.sysadmin()).get("/").text
    assert "不看业务内容" in page
    assert "三岭山" not in page
    nobody = client(factories.person(sign_in_name="none", name="无")).get("/")
    assert (nobody.status_code, "联系党办或系统管理员" in nobody.text) == (403, True)


def test_the_offices_home_asks_seven_times_however_many_branches(client, bureau, statements):
    clerk = factories.office()
    browser = client(clerk)
    browser.get("/")
    counts = []
    for _ in range(2):
        with statements() as made:
            browser.get("/")
        counts.append(len(made))
        for _ in range(29):
            branch = factories.branch()
            factories.liaison(bureau[0], branch, year=TODAY.year)
            factories.visit(bureau[0], branch, TODAY)
            factories.problem(bureau[0], branch, due_on=TODAY - dt.timedelta(days=4))
    assert counts[0] == counts[1] <= 7


# --- the branch card ------------------------------------------------------------------------------


def test_the_card_keeps_the_branchs_own_apart_from_what_the_bureau_owes(client, bureau):
    member, branch = bureau
    general = factories.branch("森林公园党总支")
    factories.placement(branch, general)
    factories.term(branch, factories.person(name="赵堃"))
    factories.problem(member, branch, text="学习记录补得晚", side=Side.BRANCH)
    factories.problem(member, branch, text="码头无遮阳棚", side=Side.BUREAU, due_on=TODAY + dt.timedelta(days=9))
    factories.undertaking(member, branch, text="餐补答复")
    factories.visit(member, branch, TODAY)
    page = client(member).get(f"/branches/{branch}").text
    own, owed = page.index("支部自身的问题"), page.index("支部反映、由局里办理的事项")
    assert own < page.index("学习记录补得晚") < owed < page.index("码头无遮阳棚") < page.index("餐补答复")
    assert "书记赵堃" in page
    assert "近两周已有1位局领导到过" in page
    around = client(member).get(f"/branches/{general}").text
    assert "下设" in around
    assert "码头无遮阳棚" in around
    assert client(member).get("/branches/99999").status_code == 404


def test_the_card_says_how_many_records_one_may_not_read(client, bureau):
    member, branch = bureau
    for n in range(12):
        factories.visit(member, branch, TODAY - dt.timedelta(days=30 + n), findings=f"第{n}回")
    factories.visit(
        member, branch, TODAY - dt.timedelta(days=40), level=Level.SELF, findings="私下谈话", thinking="顾虑"
    )
    browser = client(factories.member())
    page = browser.get(f"/branches/{branch}").text
    assert "私下谈话" not in page
    opened = re.search(r'href="([^"]+)">13</a>', page)[1].replace("&amp;", "&")
    assert "共13条" in browser.get(opened).text
    assert "另有1条不在知悉范围" in browser.get(opened).text
    empty = client(member).get(f"/branches/{factories.branch()}").text
    assert "今年还没有领导到过" in empty
    assert "还没有记录。" in empty


def test_every_branchs_card_is_reached_from_the_menu(client):
    member, mine, other = factories.member(), factories.branch(), factories.branch(name="环湖巡护党支部")
    factories.liaison(member, mine)
    browser = client(member)
    assert 'href="/branches"' in browser.get("/").text
    page = browser.get("/branches").text
    assert page.index(f'href="/branches/{mine}"') < page.index(f'href="/branches/{other}"')
    assert "名册里还没有支部" not in page


def test_a_list_of_no_branches_says_what_comes_next(client):
    assert "名册里还没有支部" in client(factories.member()).get("/branches").text
