"""The pages of the minutes: one button begins them, every change is told in words, and who never sees them."""

import io
import re
from html import unescape

import pytest
from docx import Document

from logbook.access import Role
from logbook.accounts.models import RoleGrant
from logbook.db import db
from logbook.formats import now, today
from logbook.minutes.models import MinutesVersion
from logbook.review.models import Report
from tests import factories
from tests.client import filled

YEAR = today().year
MINUTES = f"/review/{YEAR}/minutes"
READ = ("", "/versions", "/versions/1", "/paper.docx", "/paper.pdf")
WRITTEN = (("get", "/edit"), ("get", "/settle"), ("post", "/edit"), ("post", "/settle"), ("post", "/draft"))


@pytest.fixture
def office(client):
    """A browser of the office at a meeting of two secretaries."""
    factories.member(name="王珺")
    for branch, secretary in (("森林党支部", "赵堃"), ("环湖党支部", "周晓")):
        factories.term(factories.branch(branch), factories.person(name=secretary))
    browser = client(factories.office(name="钱玥"))
    browser.post(f"/review/{YEAR}/create")
    return browser


@pytest.fixture
def drafted(office):
    office.post(f"{MINUTES}/draft")
    return office


def text(n=1):
    return db.session.query(MinutesVersion).filter_by(n=n).one().text


def save(browser, text, begun_from=1, **more):
    return browser.post(f"{MINUTES}/edit", {"text": text, "begun_from": str(begun_from), **more})


def plain(page):
    return unescape(re.sub(r"<[^>]+>", "", page.text))


def test_one_button_drafts_them_and_the_leader_reads(client, office):
    leader = client(factories.leader())
    assert "起草会议记录" not in leader.get(MINUTES).text
    page = office.get(MINUTES).text.partition("<h1")[2].partition("</main>")[0]
    assert "还没有会议记录" in page
    assert re.findall(r"<button[^>]*>(.+?)</button>", page) == ["起草会议记录"]
    assert office.post(f"{MINUTES}/draft").status_code == 303
    shown = leader.get(MINUTES).text
    assert "记录人：钱玥" in shown
    assert "/edit" not in shown


def test_the_meeting_leads_there_whoever_may_read(client, drafted):
    member, leader = client(factories.member()), client(factories.leader())
    pages = [browser.get(f"/review/{YEAR}").text for browser in (drafted, leader, member)]
    leads = [f'"{MINUTES}/draft"', f'href="{MINUTES}"']  # the office's button drafts them, or opens those there are
    assert [any(one in page for one in leads) for page in pages] == [True, True, False]
    assert member.get(MINUTES).status_code == 403
    assert "/ballot" not in pages[1]


def test_what_was_saved_is_shown_and_told_apart_from_before(drafted):
    new = text().replace("主持人：（待填）", "主持人：王珺") + "\n会议结束。"
    assert save(drafted, new.replace("\n", "\r\n"), reason="补主持人").status_code == 303
    assert "主持人：王珺" in drafted.get(MINUTES).text
    assert "主持人：（待填）" in drafted.get(f"{MINUTES}/versions/1").text
    page = plain(drafted.get(f"{MINUTES}/versions"))
    assert "补主持人" in page
    assert "第3段改为：主持人：王珺（原为：主持人：（待填））" in page
    assert re.search(r"增加第\d+段：会议结束。", page)
    back = plain(drafted.get(f"{MINUTES}/versions?before=2&after=1"))
    assert re.search(r"删去第\d+段：会议结束。", back)
    assert "各段文字相同" in plain(drafted.get(f"{MINUTES}/versions?before=2&after=2"))


def test_what_is_compared_is_shown_as_it_was_typed(drafted):
    save(drafted, text().replace("（待填）", "<b>甲</b>&", 1))
    page = drafted.get(f"{MINUTES}/versions").text
    assert "<ins>&lt;b&gt;甲&lt;/b&gt;&amp;</ins>" in page
    assert "<del>（待填）</del>" in page


def test_in_english_too(client, drafted):
    save(drafted, "一、述职\n" + text())
    drafted.http.set_cookie("language", "en")
    page = plain(drafted.get(f"{MINUTES}/versions"))
    assert "From version 1 to version 2" in page
    assert "Paragraph 1 was added: 一、述职" in page


def test_a_version_that_is_not_there_is_not_there(drafted):
    for path in ("versions/2", "versions?before=1&after=2", "versions?before=9"):
        assert drafted.get(f"{MINUTES}/{path}").status_code == 404
    assert drafted.get(f"/review/{YEAR - 1}/minutes").status_code == 404


def test_two_at_once_keeps_what_was_typed_and_tells_what_changed(client, drafted):
    other = client(factories.office(name="孙磊"))
    old = text()
    save(other, old.replace("主持人：（待填）", "主持人：王珺"))
    answer = save(drafted, old + "\n我写的话。")
    assert answer.status_code == 409
    assert "孙磊保存了第2版" in answer.text
    assert "第3段改为：主持人：王珺（原为：主持人：（待填））" in plain(answer)
    assert "我写的话。</textarea>" in answer.text
    (begun_from,) = re.findall(r'name="begun_from"[^>]*value="(\d+)"', answer.text)
    assert save(drafted, old + "\n我写的话。", begun_from).status_code == 303
    assert text(3).endswith("我写的话。")


def test_a_page_open_too_long_still_knows_what_it_was_begun_from(app, drafted):
    mark = filled(drafted.get(f"{MINUTES}/edit").text, "/minutes/edit")["typed_by"]
    save(drafted, "甲")
    app.config["WTF_CSRF_ENABLED"] = True
    answer = save(drafted, "我写的话。", typed_by=mark)
    assert answer.status_code == 400
    assert "我写的话。</textarea>" in answer.text
    assert re.findall(r'name="begun_from"[^>]*value="(\d+)"', answer.text) == ["1"]


@pytest.mark.parametrize("begun_from", [None, "", "0", "7", "x", "二"])
def test_a_version_nobody_could_have_begun_from_overwrites_nothing(drafted, begun_from):
    answer = drafted.post(
        f"{MINUTES}/edit", {"text": "甲"} | ({} if begun_from is None else {"begun_from": begun_from})
    )
    assert answer.status_code == 409
    assert "甲</textarea>" in answer.text
    assert db.session.query(MinutesVersion).count() == 1


@pytest.mark.parametrize(("typed", "said"), [(" ", "不能是空的"), ("甲乙" * 10_001, "不超过20000字，现有20002字")])
def test_a_refused_text_is_kept_with_its_reason(drafted, typed, said):
    answer = save(drafted, typed)
    assert answer.status_code == 422
    assert said in plain(answer)
    assert typed.strip() in answer.text
    assert db.session.query(MinutesVersion).count() == 1


def test_a_secrecy_mark_is_asked_about_once(drafted):
    new = text() + "\n传达机密文件。"
    answer = save(drafted, new)
    assert answer.status_code == 422
    assert "文字中有“机密”字样" in plain(answer)
    assert "传达机密文件。</textarea>" in answer.text
    assert save(drafted, new, no_secrets="y").status_code == 303
    assert text(2).endswith("传达机密文件。")


def test_an_unchanged_text_is_no_version(drafted):
    answer = drafted.post(f"{MINUTES}/edit", {"text": text(), "begun_from": "1"}, follow_redirects=True)
    assert "文字没有改动" in answer.text
    assert db.session.query(MinutesVersion).count() == 1


def test_settled_after_a_page_that_says_what_it_means(drafted):
    page = plain(drafted.get(f"{MINUTES}/settle"))
    assert "以后不能修改" in page
    assert f"还有{text().count('（待填）') + 2}处" in page  # two comments are not settled
    assert "已定稿" in drafted.post(f"{MINUTES}/settle", {"n": "1"}, follow_redirects=True).text
    shown = drafted.get(MINUTES).text
    assert "由钱玥定稿，不能再改" in shown
    assert f"{MINUTES}/edit" not in shown
    assert drafted.get(f"{MINUTES}/paper.docx").status_code == 200


def test_what_was_typed_while_they_were_settled_stands_to_be_copied(drafted):
    drafted.post(f"{MINUTES}/settle", {"n": "1"})
    answer = save(drafted, "我写的话。")
    assert answer.status_code == 409
    assert "已定稿" in answer.text
    assert "我写的话。" in answer.text
    assert drafted.get(f"{MINUTES}/edit").status_code == drafted.get(f"{MINUTES}/settle").status_code == 303
    assert db.session.query(MinutesVersion).count() == 1


def test_a_text_that_was_not_looked_at_is_not_settled(drafted):
    save(drafted, "甲")
    assert "刚有改动" in drafted.post(f"{MINUTES}/settle", {"n": "1"}, follow_redirects=True).text
    assert save(drafted, "乙", 2).status_code == 303


def test_the_paper_says_the_minutes_and_no_more(drafted):
    save(drafted, "时间：（待填）\n\n一、述职\n现场述职：无。")
    paper = Document(io.BytesIO(drafted.get(f"{MINUTES}/paper.docx").data))
    said = [one.text for one in paper.paragraphs if one.text.strip()]
    assert said[-3:] == ["时间：（待填）", "一、述职", "现场述职：无。"]
    assert "述职评议会议记录" in "".join(said)
    assert "第2版" not in "".join(said)
    assert "第2版" in paper.core_properties.comments + paper.core_properties.subject
    assert drafted.get(f"{MINUTES}/paper.pdf").data.startswith(b"%PDF")


@pytest.mark.parametrize("role", [Role.OFFICE, Role.LEADER, Role.MEMBER])
def test_who_reports_finds_nothing_in_whatever_role(client, drafted, role):
    judged = db.session.query(Report).first().person_id
    db.session.add(RoleGrant(person_id=judged, role=role, granted_at=now()))
    db.session.commit()
    browser, refused = client(judged), 403 if role is Role.MEMBER else 404
    answers = [browser.get(f"{MINUTES}{path}").status_code for path in READ]
    assert answers == [refused] * len(READ)
    answers = [getattr(browser, method)(f"{MINUTES}{path}").status_code for method, path in WRITTEN]
    assert answers == [404 if role is Role.OFFICE else 403] * len(WRITTEN)
    assert "/minutes" not in browser.get(f"/review/{YEAR}").text
    for report in db.session.query(Report):
        report.fed_back_on = today()
    db.session.commit()
    assert browser.get(MINUTES).status_code == (403 if role is Role.MEMBER else 200)


def test_thirty_versions_cost_no_more_statements_than_two(drafted, statements):
    counts = []
    for last in (2, 30):
        for n in range(db.session.query(MinutesVersion).count(), last):
            save(drafted, f"第{n}次", n)
        with statements() as made:
            assert f"第{last}版" in drafted.get(f"{MINUTES}/versions").text
        counts.append(len(made))
    assert counts[0] == counts[1]
