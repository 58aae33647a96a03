"""A visit in thirty seconds, by one thumb: what is tapped and filled, how it looks, what it never asks."""

import datetime as dt
import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from pypdf import PdfReader

from logbook.formats import today
from tests.browser.test_every_page import sign_in

PHONE = {"width": 320, "height": 640, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
TARGET = 44
LARGE = """addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  root.style.fontSize = `${2 * parseFloat(getComputedStyle(root).fontSize)}px`;
});"""
# What really arrives at the page, not what the test meant to do: a tap is a trusted touch, a field is filled when it
# says so, by whatever hand.
COUNTED = """addEventListener("pointerdown", (event) => event.isTrusted && counted("tap", ""), true);
addEventListener("input", (event) => counted("field", event.target.name), true);"""
WATCHED = """for (const [owner, name] of [[Geolocation, "getCurrentPosition"], [Geolocation, "watchPosition"],
  [MediaDevices, "getUserMedia"], [Permissions, "query"], [Navigator, "sendBeacon"],
  [Notification, "requestPermission"]]) {
  (owner.prototype?.[name] ? owner.prototype : owner)[name] = () => { asked(name); return Promise.reject(); };
}"""
TARGETS = "a[href], button, input, select, textarea, summary"
SMALL = """([targets, least]) => [...document.querySelectorAll(targets)].flatMap((one) => {
  const box = (one.closest("label, span.chip") ?? one).getBoundingClientRect();
  const seen = one.type !== "hidden" && one.checkVisibility() && box.right > 0;
  const small = seen && Math.min(box.width, box.height) < least - 0.1;
  return small ? [`${one.outerHTML.slice(0, 90)} ${box.width}×${box.height}`] : [];
})"""
COVERED = """() => { const foot = document.querySelector(".foot");
  const all = [...foot.closest("form").querySelectorAll("input, select, textarea, summary, button")];
  const others = all.filter((one) => one.type !== "hidden" && one.checkVisibility() && !foot.contains(one));
  return others.flatMap((one) => {
    one.focus();
    const [box, edge] = [one.getBoundingClientRect(), foot.getBoundingClientRect()];
    const free = box.top + Math.min(box.height, 60) <= edge.top + 1;
    return free ? [] : [`${one.outerHTML.slice(0, 90)} ${box.top} ${edge.top}`];
  });
}"""
CLEAR = """() => { const box = document.activeElement.getBoundingClientRect();
  const edge = document.querySelector(".foot").getBoundingClientRect().top;
  return box.top >= 0 && box.top + Math.min(box.height, 60) <= edge + 1; }"""
FILLED = """words => { const part = document.querySelector(".part:first-child");
  const report = part.cloneNode(true); // 上次述职评议 is one paragraph
  report.querySelector("p + p").remove();
  part.after(report);
  for (const one of document.querySelectorAll("h1, .part p:not(.acts)")) one.textContent = words;
}"""
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(params=["normal", "large"])
def phone(request, open_page):
    """A phone of 320 × 640, at its text and at 200 %."""
    page = open_page(**PHONE)
    if request.param == "large":
        page.add_init_script(LARGE)
    return page


@pytest.fixture(autouse=True)
def _quiet_day(request):
    """What other tests of this module recorded lately is withdrawn: nobody is asked whether it is the same visit."""
    if "busy_bureau" in request.fixturenames:
        house = request.getfixturevalue("busy_bureau")
        house.rows("UPDATE visit SET withdrawn_at = recorded_at WHERE visited_on >= :on", on=str(yesterday()))


def yesterday():
    return today() - dt.timedelta(days=1)


def counts(page):
    """What is tapped and filled on the page from now on, across its pages."""
    found = {"tap": [], "field": []}
    page.expose_function("counted", lambda what, name: found[what].append(name))
    page.add_init_script(COUNTED)
    return found


def opened_form(page, house):
    """The form of the member's first branch with problems in hand, every part of it open."""
    page.goto(house.url)
    page.locator(".branch", has_text="在办问题").get_by_role("link", name="记一次").first.tap()
    page.wait_for_url("**/visits/new?branch=*")
    page.eval_on_selector_all("main details", "all => all.forEach((one) => { one.open = true; })")


def four_pages(page, house):
    """Home, form, record and card, one after the other."""
    page.goto(house.url)
    yield "home"
    page.get_by_role("link", name="看情况").first.tap()
    page.wait_for_url(re.compile("/branches/"))
    yield "card"
    page.locator("a.row[href^='/visits/']").first.tap()
    page.wait_for_url(re.compile(r"/visits/\d"))
    yield "record"
    opened_form(page, house)
    page.get_by_label("基本情况").fill("到现场看了看。\n问题：停车位紧张")
    expect(page.get_by_role("button", name="记为问题")).to_be_visible()
    yield "form"


def test_from_home_to_receipt_in_three_taps(busy_bureau, phone):
    sign_in(phone, busy_bureau, "党组成员")
    done = counts(phone)
    phone.goto(busy_bureau.url)
    assert phone.evaluate(WIDER) <= 0, "home"
    phone.get_by_role("link", name="记一次").first.tap()
    phone.get_by_label("基本情况").tap()
    phone.keyboard.type("与党员职工座谈，总体平稳，无问题。")
    assert phone.evaluate(WIDER) <= 0, "form"
    phone.get_by_role("button", name="提交").tap()
    expect(phone.get_by_role("status")).to_contain_text("已收到，编号")
    assert phone.evaluate(WIDER) <= 0, "record"
    assert len(done["tap"]) <= 3
    assert set(done["field"]) == {"findings"}


def test_at_most_six_taps_where_the_branch_is_not_chosen_yet(busy_bureau, phone):
    sign_in(phone, busy_bureau, "党组成员")
    done = counts(phone)
    phone.goto(busy_bureau.url)
    phone.get_by_role("link", name="记一次下基层").tap()
    phone.get_by_role("group", name="我的挂点").get_by_role("button").first.tap()
    phone.get_by_text("昨天", exact=True).tap()
    phone.get_by_label("基本情况").tap()
    phone.keyboard.type("听取职工意见，现场答复。")
    phone.get_by_role("button", name="提交").tap()
    expect(phone.get_by_role("status")).to_contain_text("已收到，编号")
    assert len(done["tap"]) == 5, "the day is one more than needed"
    assert set(done["field"]) == {"branch_id", "visited_on", "findings"}


def test_every_target_is_as_large_as_a_thumb_and_nothing_scrolls_sideways(bureau, phone):
    sign_in(phone, bureau, "党组书记")
    found = []
    for name in four_pages(phone, bureau):
        found += [f"{name}: {one}" for one in phone.evaluate(SMALL, [TARGETS, TARGET])]
        found += [f"{name}: {phone.evaluate(WIDER)} px too wide"] if phone.evaluate(WIDER) > 0 else []
    assert not found, "\n".join(found)


def test_the_button_that_stays_covers_nothing_that_is_being_filled(bureau, phone):
    sign_in(phone, bureau, "党组成员")
    opened_form(phone, bureau)
    expect(phone.get_by_role("button", name="提交")).to_be_in_viewport()
    assert not phone.evaluate(COVERED)


@pytest.mark.parametrize("look", [{"color_scheme": "light"}, {"color_scheme": "dark"}, {"contrast": "more"}])
def test_nothing_is_wrong_in_any_light(bureau, open_page, look):
    phone = open_page(**PHONE | look)
    sign_in(phone, bureau, "党组成员")
    found = []
    for name in four_pages(phone, bureau):
        found += [f"{name}: {v['id']} {v['nodes'][0]['html'][:120]}" for v in Axe().run(phone).response["violations"]]
    assert not found, "\n".join(found)
    assert phone.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto", "reduced motion"


def test_the_parts_keep_their_order_whatever_somebody_opens(bureau, open_page):
    phone = open_page(**PHONE)
    order = "all => all.filter((one) => !one.hidden).map((one) => one.dataset.fold)"
    sign_in(phone, bureau, "党组成员")
    phone.goto(f"{bureau.url}/visits/new")
    before = phone.eval_on_selector_all(".folds > details", order)
    for name in ("同行人员", "现场解决"):
        phone.locator("summary", has_text=name).tap()
    phone.reload()
    assert phone.eval_on_selector_all(".folds > details", order) == before
    assert phone.evaluate("Object.keys(localStorage)") == []


def test_why_it_is_late_is_asked_of_a_late_day_only(bureau, open_page):
    phone = open_page(**PHONE)
    sign_in(phone, bureau, "党组成员")
    phone.goto(f"{bureau.url}/visits/new")
    late = phone.locator("#fold-late")
    expect(late).to_be_hidden()
    phone.get_by_text("其他日期", exact=True).first.tap()
    phone.locator("#other_on").fill(str(today() - dt.timedelta(days=30)))
    expect(late).to_be_visible()
    phone.get_by_text("昨天", exact=True).tap()
    expect(late).to_be_hidden()


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_a_part_that_is_opened_is_ready_to_be_filled(bureau, open_page, size):
    page = open_page(*size)
    sign_in(page, bureau, "党组成员")
    for name in ("平时工作掌握情况", "问题", "同行人员", "现场解决"):
        page.goto(f"{bureau.url}/visits/new")
        summary = page.locator("details.fold summary", has_text=f"＋{name}").first
        summary.click()
        page.locator("details.fold[open] :focus").wait_for(state="attached")
        page.wait_for_function(CLEAR)


def test_a_line_is_taken_as_progress_of_an_open_problem(busy_bureau, open_page):
    phone = open_page(**PHONE)
    sign_in(phone, busy_bureau, "党组成员")
    opened_form(phone, busy_bureau)
    number = len(phone.locator("#problem_repeats-1 option").all())
    phone.get_by_label("基本情况").fill("到现场看了看。\n我来办：又去看了，还没有解决")
    list_ = phone.get_by_role("group", name="作为这个问题的进展")
    expect(list_.get_by_role("button")).to_have_count(min(3, number - 1))
    list_.get_by_role("button").first.tap()
    expect(phone.locator("[name=problem_text]")).to_have_value("又去看了，还没有解决")
    assert phone.locator("[name=problem_repeats]").input_value()
    phone.get_by_role("button", name="提交").tap()
    expect(phone.get_by_role("status")).to_contain_text("已收到，编号")
    expect(phone.get_by_role("heading", name="问题")).to_have_count(0)


def test_choices_of_a_problem_need_no_list(bureau, open_page):
    phone = open_page(**PHONE)
    sign_in(phone, bureau, "党组成员")
    opened_form(phone, bureau)
    phone.get_by_role("button", name="再加一条").nth(1).tap()
    for n in (1, 2):
        row = phone.locator("[data-row=problem]").nth(n - 1)
        row.get_by_role("group", name="责任方").get_by_role("button", name="支部").tap()
        expect(phone.locator(f"#problem_side-{n}")).to_have_value("branch")
        expect(row.locator("[aria-pressed=true]", has_text="支部")).to_have_count(1)
    assert phone.locator("[data-row=problem] select:visible").count() == 2, "of a problem to be gone on with, a list"


def test_recording_asks_for_no_place_no_camera_and_nobody_else(busy_bureau, open_page):
    phone = open_page(**PHONE)
    requests, asked = [], []
    phone.context.on("request", lambda one: requests.append(one))  # noqa: PLW0108 - Playwright marks the function
    phone.expose_function("asked", lambda name: asked.append(name))  # noqa: PLW0108
    phone.add_init_script(WATCHED)
    sign_in(phone, busy_bureau, "党组成员")
    opened_form(phone, busy_bureau)
    names = set(phone.eval_on_selector("form[enctype]", "form => [...new FormData(form).keys()]"))
    picture = phone.locator("input[type=file]")
    assert [picture.get_attribute(name) for name in ("capture", "required")] == [None, None]
    phone.get_by_label("基本情况").fill("到现场看了看，无问题。")
    phone.get_by_role("button", name="提交").tap()
    expect(phone.get_by_role("status")).to_contain_text("已收到，编号")
    assert not asked
    assert not [one.url for one in requests if not one.url.startswith(busy_bureau.url + "/")]
    posted = next(one for one in requests if one.method == "POST" and "/visits/new" in one.url)
    sent = set(re.findall(r'name="(\w+)"', posted.post_data_buffer.decode()))
    assert sent <= names | {"asks"}, "nothing but the form's own fields, and that a question would be seen"
    assert not [name for name in sent if re.search("latitude|longitude|location|gps|position|device|agent", name)]
    policy = posted.response().headers["permissions-policy"]
    assert all(f"{one}=()" in policy for one in ("geolocation", "camera", "microphone"))


def crowded(house):
    """Much more about the third branch than a sheet can hold."""
    text = "候船区遮阳棚年久失修，夏季高温时职工和游客反映强烈，需要协调资金并明确责任科室，" * 4
    for table, state in (("problem", "open"), ("undertaking", "underway")):
        change = f"UPDATE {table} SET branch_id = 3, text = :text, state = :state, dropped = :no"
        house.rows(change, text=text, state=state, no=False)
    house.rows("UPDATE visit SET findings = :text WHERE branch_id = 3", text=text)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_card_prints_on_one_sheet_whatever_stands_in_it(busy_bureau, open_page, language):
    crowded(busy_bureau)
    desk = open_page(color_scheme="dark")
    sign_in(desk, busy_bureau, "党组书记")
    desk.context.add_cookies([{"name": "language", "value": language, "url": busy_bureau.url}])
    for branch, filled in ((1, False), (2, False), (3, False), (3, True)):
        desk.goto(f"{busy_bureau.url}/branches/{branch}")
        if filled:
            desk.evaluate(FILLED, "森林公园管理所党总支委员会环湖巡护大队党支部" * 30)
        sheets = PdfReader(io.BytesIO(desk.pdf(prefer_css_page_size=True))).pages
        assert len(sheets) == 1, branch
        text = sheets[0].extract_text()
        assert {"zh": "内部资料", "en": "Internal"}[language] in text
        assert not [word for word in ("退出", "菜单", "Sign out", "严禁录入", "打印", "记一次") if word in text]
    assert re.search(r"另有\d+项" if language == "zh" else r"\d+ more", text)
