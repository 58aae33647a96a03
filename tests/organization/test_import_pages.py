"""The workbook through the pages: upload, preview, confirmation, and what is no workbook at all."""

import datetime as dt
import io
import os
import re
import zipfile

import openpyxl
import pytest

from logbook.access import Role
from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.organization import actions, importing, queries, workbook
from tests import factories
from tests.organization.test_import import BRANCHES, JAN, LIAISON, MANY, NOON, PEOPLE, SHEETS, by, carried_out, cells

__all__ = ["by"]  # the fixture


def book(*args, sheets=SHEETS, merge=None):
    """A workbook as an office makes it, as bytes."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in cells(*args).items():
        if name in sheets:
            page = made.create_sheet(name)
            for row in rows:
                page.append([None if cell == "" else cell for cell in row])
            if merge and name in merge:
                page.merge_cells(merge[name])
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def spoilt(change):
    """A workbook whose first sheet's bytes went through `change`."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(PEOPLE))) as real, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in real.namelist():
            text = real.read(name)
            made.writestr(name, change(text) if name == "xl/worksheets/sheet1.xml" else text)
    return out.getvalue()


def test_a_file_in_the_place_of_the_day_is_no_day(client):
    body = {"workbook": (io.BytesIO(b"x"), "a.xlsx"), "from_on": (io.BytesIO(b"x"), "a.txt")}
    answer = client(factories.office()).post("/lists/import", body, content_type="multipart/form-data")
    assert answer.status_code == 422


def upload(browser, content, name="名册.xlsx", from_on="2026-01-01"):
    body = {"workbook": (io.BytesIO(content), name), "from_on": from_on}
    return browser.post("/lists/import", body, content_type="multipart/form-data")


def hidden(page, name):
    return page.text.split(f'name="{name}" value="')[1].split('"')[0]


def confirm(browser, page, **answers):
    sent = {n: hidden(page, n) for n in ("upload", "digest", "from_on", "shown_apart")}
    return browser.post("/lists/import/confirm", sent | {"own_password": factories.PASSWORD} | answers)


@pytest.fixture
def browser(client, by):
    return client(by.person_id)


def test_the_preview_says_all_that_is_written_of_what_is_new(browser):
    text = upload(browser, book(PEOPLE, BRANCHES, LIAISON)).text
    shown = " ".join(re.sub(r"<[^>]+>", "", text).split())
    for words in ("职务：副局长", "登录名：bai", "角色：党组成员", "所在党组织：机关党支部（2026年1月1日起）",
                  "所在单位：码头；单位类别：下属单位；向党组述职：是", "书记：柳青（2026年1月1日起）",
                  "开始日期：2026年1月1日；结束日期：2026年12月31日；次数：1；周期：每季度"):  # fmt: skip
        assert words in shown


def test_the_office_previews_and_imports(browser, tmp_path):
    assert browser.get("/lists/import").status_code == 200
    page = upload(browser, book(PEOPLE, BRANCHES, LIAISON))
    assert page.status_code == 200
    assert "新增6条，改动0条" in page.text
    assert queries.branches() == []
    assert confirm(browser, page).status_code == 303
    assert len(queries.branches()) == 3
    assert not list((tmp_path / "imports").iterdir())
    assert "与名册完全一样" in upload(browser, book(PEOPLE, BRANCHES, LIAISON)).text
    changed = upload(browser, book([("白一鸣", "局长")]))
    assert "<del>副局长</del> → <ins>局长</ins>" in changed.text


def test_roles_and_sign_in_names_are_imported_by_who_knows_their_own_password(browser, client):
    page = upload(browser, book(PEOPLE, BRANCHES))
    assert 'name="own_password"' in page.text
    sent = {n: hidden(page, n) for n in ("upload", "digest", "from_on")} | {"own_password": "wrong"}
    refused = browser.post("/lists/import/confirm", sent)
    assert (refused.status_code, "密码不对" in refused.text) == (422, True)
    assert accounts.by_sign_in_name("bai") is None
    factories.office(name="另一人")  # somebody else opened an account here: roles wait for them
    confirm(browser, page)
    bai = accounts.by_sign_in_name("bai").id
    assert accounts.roles_of(bai) == frozenset()
    assert [one.role for one in accounts.requests_about(bai)] == [Role.MEMBER]
    assert 'name="own_password"' not in upload(browser, book([("梅雨",)])).text


def test_what_is_confirmed_is_what_was_previewed(browser, by):
    page = upload(browser, book(PEOPLE, BRANCHES))
    carried_out(by, (), [("码头党支部", "党支部", "码头")])
    again = confirm(browser, page)
    assert again.status_code == 422
    assert "预览以后名册有了变动" in again.text
    assert len(queries.branches()) == 1
    assert confirm(browser, again).status_code == 303
    assert len(queries.branches()) == 3


def test_an_upload_is_its_owners_and_expires(browser, client, app, tmp_path):
    page = upload(browser, book([("梅雨",)]))
    other = client(factories.office())
    assert confirm(other, page).headers["Location"] == "/lists/import"
    assert (
        browser.post("/lists/import/confirm", {"upload": "../x", "digest": "x", "from_on": "2026-01-01"}).status_code
        == 303
    )
    (kept,) = (tmp_path / "imports").iterdir()

    os.utime(kept, (0, 0))
    assert confirm(browser, page).headers["Location"] == "/lists/import"
    upload(browser, book([("柳青",)]))
    assert not kept.exists()
    assert accounts.named("梅雨") == accounts.named("柳青") == []


def test_a_member_imports_nothing(client):
    browser = client(factories.member())
    for path in ("/lists/import", "/lists/template.xlsx", "/lists/current.xlsx"):
        assert browser.get(path).status_code == 403
    assert upload(browser, book(PEOPLE)).status_code == 403


@pytest.mark.parametrize(
    "content", [b"", b"name,post\n", "姓名".encode("gb18030"), b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0"]
)
def test_what_is_not_an_excel_file_is_refused(browser, content):
    answer = upload(browser, content)
    assert answer.status_code == 422
    assert "读不了这个文件" in answer.text or "请选择文件" in answer.text


def test_a_broken_sheet_is_refused(browser):
    answer = upload(browser, spoilt(lambda text: text[: len(text) // 2]))
    assert answer.status_code == 422
    assert "读不了这个文件" in answer.text


def test_a_zip_bomb_is_refused(browser):
    content = spoilt(lambda text: text + b" " * 300_000_000)
    assert len(content) < 1_000_000
    assert upload(browser, content).status_code == 422


def test_wrong_workbooks_are_shown_with_row_and_column(browser):
    for content, words in (
        (book(PEOPLE, sheets=SHEETS[:2]), "缺少这张工作表"),
        (book(PEOPLE, BRANCHES, merge={"人员": "A2:A3"}), "第2至3行有合并的单元格"),
        (book([("甲",), ("甲",)]), "第2行和第3行重复"),
        (book((), (), [(2026, "甲", "乙", "五月一日")]), "不是日期：五月一日"),
    ):
        answer = upload(browser, content)
        assert answer.status_code == 422
        assert words in answer.text
        assert "现在一条也没有导入" in answer.text


def test_dates_as_dates_and_as_text_are_read_alike(browser, by):
    carried_out(by, PEOPLE, BRANCHES)
    lines = [
        (2026, "白一鸣", "码头党支部", dt.date(2026, 1, 5), "2026年3月5日"),
        (2026, "白一鸣", "码头党支部", "2026/4/5", dt.datetime.combine(dt.date(2026, 12, 5), NOON)),
    ]
    assert confirm(browser, upload(browser, book((), (), lines))).status_code == 303
    assert [(row.from_on, row.to_on) for row in queries.liaisons(2026)] == [
        (dt.date(2026, 1, 5), dt.date(2026, 3, 5)), (dt.date(2026, 4, 5), dt.date(2026, 12, 5)),
    ]  # fmt: skip


def test_ten_thousand_lines_are_previewed_and_imported(browser):
    page = upload(browser, book([(f"人{n}",) for n in range(MANY)]))
    assert "另有9700条没有列出" in page.text
    assert confirm(browser, page).status_code == 303


def test_the_template_is_read_back_as_empty(browser):
    answer = browser.get("/lists/template.xlsx")
    assert "filename*=UTF-8''%E5%90%8D" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Disposition"].isascii()
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    assert workbook.read(answer.data) == workbook.Lists()


def test_the_lists_as_downloaded_change_nothing(browser, by):
    carried_out(by, PEOPLE, BRANCHES, LIAISON)
    factories.person(name="同名", sign_in_name="t1")
    factories.person(name="同名", sign_in_name="t2")
    actions.set_secretary(
        queries.branches_named_alike("机关党支部")[0].id, accounts.by_sign_in_name("t2").id, JAN, by=by
    )
    db.session.commit()
    content = browser.get("/lists/current.xlsx?year=2026").data
    plan = importing.plan_import(workbook.read(content), JAN, by=by)
    assert (plan.new, plan.changed, plan.wrong) == ((), (), ())
    assert len(plan.unchanged) == 9
