"""The whole chain in a real browser: lists → books → three visits on a phone → received → coverage → papers →
closed year → meeting → brief. What is printed is opened and read."""

import datetime as dt
import io
import re

import openpyxl
import pytest
from docx import Document
from playwright.sync_api import expect
from pypdf import PdfReader

from logbook.documents.sheet import Column, Sheet, make
from logbook.formats import today

TODAY = dt.date(today().year, 11, 24)  # a year's story is told towards its end
LATE = TODAY - dt.timedelta(days=20)
PASSWORDS = {"wangyue": "环湖 步道 照明 九月", "lijun": "码头 遮阳 巡护 七号"}
UNIT = "青湖风景区管理局"
BRANCH, GENERAL, FAR = "三岭山森林公园党支部", "森林公园管理所党总支", "环湖巡护党支部"


def lists():
    """The office's workbook: a member, two secretaries, three branches, two liaisons."""
    people = [
        ("李珺", "党组成员、副局长", 2, "lijun", "党组成员", ""),
        ("赵堃", "党支部书记", 20, "", "", BRANCH),
        ("钱镕", "党支部书记", 21, "", "", FAR),
    ]
    branches = [
        (GENERAL, "党总支", "森林公园管理所", "下属单位", "", "", "否", 1),
        (BRANCH, "党支部", "森林公园管理所", "下属单位", GENERAL, "赵堃", "是", 2),
        (FAR, "党支部", "环湖巡护大队", "下属单位", "", "钱镕", "是", 3),
    ]
    year = TODAY.year
    liaisons = [
        (year, "李珺", BRANCH, dt.date(year, 1, 1), dt.date(year, 12, 31), 1, "每季度"),
        (year, "李珺", FAR, dt.date(year, 1, 1), dt.date(year, 12, 31), 1, "每季度"),
    ]
    heads = {
        "人员": ("姓名", "职务", "职务排序", "登录名", "角色", "所在党组织"),
        "党组织": ("名称", "类别", "所在单位", "单位类别", "上级党总支", "书记", "向党组述职", "排序"),
        "挂点联系": ("年度", "党组成员", "党组织", "开始日期", "结束日期", "次数", "周期"),
    }
    rows = {"人员": people, "党组织": branches, "挂点联系": liaisons}
    kinds = {"职务排序": "number", "排序": "number", "年度": "number", "次数": "number"}
    return make(
        Sheet(
            name,
            tuple(Column(t, 14, "date" if t.endswith("日期") else kinds.get(t, "text")) for t in head),
            rows[name],
        )
        for name, head in heads.items()
    )


@pytest.fixture(autouse=True)
def _november(clock):
    clock(f"{TODAY}T10:00")


@pytest.fixture
def desk(house, open_page):
    """The office, signed in at the desk."""
    code = house.flask("first-account", "--unit-name", UNIT, "--name", "王玥", "--sign-in-name", "wangyue")
    page = open_page(width=1280)
    use_code(page, house, "wangyue", code)
    return page


def use_code(page, house, name, code):
    page.goto(f"{house.url}/code")
    page.get_by_label("登录名").fill(name)
    page.get_by_label("一次性登录码").fill(code)
    page.get_by_label("设一个密码").fill(PASSWORDS[name])
    page.get_by_role("button", name="设密码并登录").click()
    page.wait_for_url(re.compile("/$"))


def import_lists(desk, house):
    desk.goto(f"{house.url}/lists/import")
    file = {"name": "名册.xlsx", "mimeType": "application/octet-stream", "buffer": lists()}
    desk.locator("input[type=file]").set_input_files([file])
    desk.locator("input[type=date]").fill(f"{TODAY.year}-01-01")
    desk.get_by_role("button", name="看预览").click()
    expect(desk.get_by_text("不对0处")).to_be_visible()
    desk.get_by_label("您自己的密码").fill(PASSWORDS["wangyue"])
    desk.get_by_role("button", name=re.compile("确认|导入")).click()
    expect(desk.get_by_role("status")).to_contain_text("导入完成")


def issue_books(desk, house):
    desk.goto(house.url)
    desk.get_by_role("link", name="记录本", exact=False).last.click()
    desk.get_by_role("button", name="给1位成员发放记录本").click()
    expect(desk.get_by_role("status")).to_contain_text("已发放")


def code_for(desk, house, name):
    desk.goto(f"{house.url}/people")
    desk.get_by_role("row", name=name).get_by_role("link", name="登录码").click()
    desk.get_by_label("您自己的密码").fill(PASSWORDS["wangyue"])
    desk.get_by_role("button", name="发登录码").click()
    return desk.locator(".code").inner_text()


def record_three(phone, house):
    """Three visits at phone size: one in time, one late, one corrected."""
    phone.goto(house.url)
    phone.get_by_role("link", name=f"记一次 {BRANCH}").click()
    phone.get_by_label("基本情况").fill("与党员职工座谈，了解护林防火安排，总体平稳。")
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("status")).to_have_text(f"已收到，编号{TODAY.year}-001。")

    phone.goto(house.url)
    phone.get_by_role("link", name=f"记一次 {FAR}").click()
    phone.get_by_text("其他日期", exact=True).first.click()
    phone.get_by_label("其他日期").last.fill(LATE.isoformat())
    phone.get_by_label("基本情况").fill("到环湖路巡查。\n问题：码头候船区无遮阳棚")
    phone.get_by_label("基本情况").blur()
    phone.get_by_role("button", name="记为问题").click()
    expect(phone.locator("[name=problem_text]")).to_have_value("码头候船区无遮阳棚")
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("status")).to_contain_text(f"{TODAY.year}-002")

    phone.goto(house.url)
    phone.get_by_role("link", name="记一次下基层").click()
    phone.get_by_label("党组织").select_option(label=BRANCH)
    phone.get_by_label("基本情况").fill("参加主题党日。")
    phone.get_by_role("button", name="提交").click()
    phone.get_by_role("button", name="另一次，照样提交").click()
    phone.get_by_role("link", name="更正", exact=True).click()
    phone.get_by_label("基本情况").fill("参加主题党日，12名党员认领责任段。")
    phone.get_by_label("更正的原因").fill("漏写人数")
    phone.get_by_role("button", name="提交更正").click()
    expect(phone.get_by_role("status")).to_contain_text("第2版")


def receive_all(desk, house):
    for _ in range(3):
        desk.goto(house.url)
        desk.get_by_role("button", name="收阅").first.click()
        expect(desk.get_by_role("status")).to_contain_text("已收阅")
    desk.goto(house.url)
    expect(desk.get_by_text("没有新收到的记录。")).to_be_visible()
    row = desk.get_by_role("row", name=BRANCH)
    expect(row).to_contain_text("本季度已到")
    expect(row.get_by_role("link", name="2", exact=True).last).to_be_visible()


def download(page, name):
    with page.expect_download() as waiting:
        page.get_by_role(name[0], name=name[1]).click()
    return waiting.value.path().read_bytes()


def check_papers(desk, house):
    desk.goto(f"{house.url}/years")
    document = Document(io.BytesIO(download(desk, ("button", "生成Word"))))
    text = "\n".join(one.text for one in document.paragraphs)
    assert f"{UNIT}党组成员" in text
    assert "党组成员共下基层3人次，到过2个挂点支部" not in text  # both were reached: said as 全覆盖
    assert "3人次，2个挂点支部全覆盖" in text
    assert "收集问题1个，尚未办理。" in text
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert f"{TODAY.year}-002/1" in cells
    assert all(cells), "no empty cell"
    for word in ("补记", "代录", "作废", "登记较晚"):
        assert word not in text + "".join(cells)
    desk.get_by_label("表中列出每人的次数、天数").check()
    book = openpyxl.load_workbook(io.BytesIO(download(desk, ("button", "生成Excel"))))
    head, first = book["党组成员"].iter_rows(max_row=2, values_only=True)
    assert first[head.index("人次")] == 3
    pdf = PdfReader(io.BytesIO(download(desk, ("button", "生成PDF"))))
    assert "李珺" in "".join(page.extract_text() for page in pdf.pages)


def close_and_meet(desk, house):
    desk.goto(f"{house.url}/years")
    desk.get_by_role("link", name="年度归档").click()
    for box in desk.get_by_role("checkbox").all():
        box.check()
    desk.get_by_role("button", name=f"归档{TODAY.year}年").click()
    expect(desk.get_by_role("status")).to_contain_text("已归档")
    desk.get_by_role("link", name="述职评议").click()
    desk.get_by_role("button", name=f"新建{TODAY.year}年度会议").click()
    expect(desk.get_by_text("述职2人")).to_be_visible()
    expect(desk.get_by_text("3人次，3次")).to_be_visible()
    desk.get_by_role("link", name="赵堃").click()
    brief = Document(io.BytesIO(download(desk, ("button", "打印（Word）"))))
    text = "\n".join(one.text for one in brief.paragraphs)
    assert "平时工作掌握情况" in text
    assert "内部资料　注意保管" in text
    until = f"{TODAY.month}月{TODAY.day}日"
    assert f"截至{until}，党组成员到支部2次，最近一次{until}［{TODAY.year}-003 第2版］。" in text
    assert "没有支部自身问题的记录。" in text


def test_from_a_visit_to_the_paper_on_the_meetings_table(house, desk, open_page):
    import_lists(desk, house)
    issue_books(desk, house)
    phone = open_page(width=390, height=800, has_touch=True, is_mobile=True)
    use_code(phone, house, "lijun", code_for(desk, house, "李珺"))
    record_three(phone, house)
    receive_all(desk, house)
    check_papers(desk, house)
    close_and_meet(desk, house)
    phone.goto(house.url)
    phone.get_by_role("link", name=f"记一次 {BRANCH}").click()
    phone.get_by_label("基本情况").fill("又去了一次。")
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_role("alert")).to_contain_text("已归档")
    expect(phone.get_by_label("基本情况")).to_have_value("又去了一次。")


def test_six_required_fields_and_two_to_fill(house, desk, open_page):
    import_lists(desk, house)
    phone = open_page(width=390, height=800)
    use_code(phone, house, "lijun", code_for(desk, house, "李珺"))
    phone.get_by_role("link", name="记一次下基层").click()
    filled = phone.eval_on_selector(
        "form[enctype]",
        "f => [...new FormData(f)].filter(([n, v]) => typeof v === 'string' && v && "
        "['member_id', 'visited_on', 'kinds', 'level', 'branch_id', 'findings'].includes(n)).map(([n]) => n)",
    )
    assert sorted(filled) == ["kinds", "level", "member_id", "visited_on"], "all but two stand there beforehand"
