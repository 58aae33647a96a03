"""Several pages of one phone with the same text: one press sends it, nothing comes back, nothing is there twice."""

import contextlib
import os
from random import Random

import pytest
from playwright.sync_api import Error, expect

from tests.browser.phones import STORE
from tests.browser.test_phone import arrived, opened, phones, small_house, stored, world, write
from tests.clock import wait_until
from tests.conftest import THOROUGH

__all__ = ["phones", "small_house", "world"]
COUNT = 30 if THOROUGH else 3
FIRST = int(os.environ.get("LOGBOOK_SEED", "1"))  # a failure names its seed
TEXT = "到码头看了候船区，和职工聊了聊。"
PRESS = ".foot button.big"


def beside(phone, path):
    """Another page of ours, which has done all that it does by itself."""
    page = phone.context.new_page()
    page.goto(f"{phone.line.url}{path}")
    page.locator("html[data-phone=ready]").wait_for(state="attached")
    return page


def begin(phone, text=TEXT):
    """A new record, its text typed and kept on the phone."""
    page = opened(phone, "/visits/new")
    page.locator("#findings").fill(text)
    if not page.locator("[name=branch_id]").input_value():
        page.locator("[name=branch_id]").select_option(index=1)
    expect(page.locator("#draft-state")).not_to_be_empty()
    return page


def press(page):
    page.locator(PRESS).click()
    page.wait_for_url("**/visits/*?received=*")


def drafts(phone):
    return [item for item in phone.items() if item["state"] == "draft"]


@pytest.mark.parametrize("path", ["/", "/visits", "/visits/new", "/book"])
def test_another_page_opened_while_typing_takes_no_second_press_and_leaves_no_draft(world, phones, path):
    phone = phones()
    page = begin(phone)
    other = beside(phone, path)
    if path == "/":
        wait_until(lambda: world.rows("SELECT key FROM draft"))
    press(page)
    arrived(phone)
    assert (stored(world, TEXT), drafts(phone), world.rows("SELECT key FROM draft")) == (1, [], [])
    other.close()


def test_what_two_pages_write_into_different_fields_is_brought_together(world, phones):
    phone = phones()
    page = begin(phone)
    other = beside(phone, "/visits/new")
    expect(other.locator("#findings")).to_have_value(TEXT)
    other.locator("#fold-people").evaluate("fold => { fold.open = true; }")
    other.locator("[name=people_met]").fill("售票班职工")
    expect(page.locator("[name=people_met]")).to_have_value("售票班职工")
    page.locator("#findings").fill(f"{TEXT}又去了环湖路。")
    press(page)
    arrived(phone)
    assert world.rows("SELECT people_met FROM visit WHERE findings = :text", text=f"{TEXT}又去了环湖路。") == [
        ("售票班职工",)
    ]
    assert drafts(phone) == []


def both_type(phone):
    """The same text gone on with in two pages within the same moment; the second of them, which is asked."""
    page = begin(phone)
    other = beside(phone, "/visits/new")
    expect(other.locator("#findings")).to_have_value(TEXT)
    for one, more in ((page, "甲"), (other, "乙")):
        one.locator("#findings").evaluate(
            "(box, text) => { box.value = text; box.dispatchEvent(new Event('input', { bubbles: true })); }",
            TEXT + more,
        )
    wait_until(lambda: page.locator("#clash[open]").count() + other.locator("#clash[open]").count())
    return (page, other) if page.locator("#clash[open]").count() else (other, page)


@pytest.mark.parametrize(("button", "left"), [("用这一页的", 1), ("用另一页的", 1), ("两份都留", 2)])
def test_two_texts_of_one_record_are_asked_about_once(phones, button, left):
    phone = phones()
    asked, other = both_type(phone)
    mine, theirs = (one.locator("#findings").input_value() for one in (asked, other))
    expect(asked.locator("#clash")).to_contain_text(mine)
    expect(asked.locator("#clash")).to_contain_text(theirs)
    asked.get_by_role("button", name=button).click()
    expect(asked.locator("#findings")).to_have_value(theirs if button == "用另一页的" else mine)
    wait_until(lambda: len(drafts(phone)) == left)


def test_a_page_that_was_open_beside_the_one_that_sent_says_so(world, phones):
    phone = phones()
    page = begin(phone)
    other = beside(phone, "/visits/new")
    press(page)
    expect(other.locator("#outbox [data-note=done]")).to_be_visible()
    other.get_by_role("link", name="再记一次").click()
    other.locator("html[data-phone=ready]").wait_for(state="attached")
    expect(other.locator("#findings")).to_have_value("")
    assert stored(world, TEXT) == 1


def test_a_draft_answered_between_a_records_post_and_its_receipt_leaves_nothing_waiting(world, phones):
    """Another page keeps the draft on the server while this one sends it: its number is shown after one press."""
    phone = phones()
    page = begin(phone)
    drafted, posted = [], []
    other = phone.context.new_page()
    other.route("**/drafts/*", lambda route: drafted.append(route))  # noqa: PLW0108 - Playwright marks the function
    other.goto(f"{phone.line.url}/")
    wait_until(lambda: other.evaluate("1") and drafted)
    page.route("**/visits/new", lambda route: route.continue_() if posted else posted.append(route))
    page.locator(PRESS).click()
    wait_until(lambda: page.evaluate("1") and posted)
    before = [item["rev"] for item in phone.items()]
    drafted[0].continue_()
    wait_until(lambda: [item["rev"] for item in phone.items()] != before)
    posted[0].continue_()
    page.wait_for_url("**/visits/*?received=*")
    arrived(phone)
    assert (stored(world, TEXT), drafts(phone)) == (1, [])


def test_what_is_typed_on_beside_the_page_that_sent_goes_out_as_a_change_to_it(world, phones):
    phone = phones()
    page = begin(phone)
    other = beside(phone, "/visits/new")
    expect(other.locator("#findings")).to_have_value(TEXT)
    phone.context.route("**/visits/new", lambda r: r.abort() if r.request.method == "POST" else r.fallback())
    page.locator(PRESS).click()
    other.locator("#findings").fill(f"{TEXT}又去了环湖路。")
    expect(other.locator("#draft-state")).to_contain_text("作为补充修改送出")
    phone.context.unroute("**/visits/new")
    press(other)
    arrived(phone)
    assert world.rows("SELECT version FROM visit WHERE findings = :text", text=f"{TEXT}又去了环湖路。") == [(2,)]
    assert (stored(world, TEXT), drafts(phone)) == (1, [])


def test_back_from_the_record_to_its_form_is_no_new_record(world, phones):
    phone = phones()
    write(phone, TEXT, send=False)
    press(phone.page)
    phone.page.go_back()
    expect(phone.page.locator("#outbox [data-note=done]")).to_be_visible()
    expect(phone.page.locator("#findings")).to_be_hidden()
    assert stored(world, TEXT) == 1


def test_a_first_record_sent_before_the_page_was_ready_leaves_no_draft(world, phones):
    phone = phones()
    phone.shift = 600_000
    phone.context.add_init_script("localStorage.clear(); indexedDB.deleteDatabase('logbook');")
    held = []
    phone.context.route("**/phone/pack*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright looks into it
    phone.goto("/visits/new")
    phone.page.locator("#findings").fill(TEXT)
    phone.page.locator("[name=branch_id]").select_option(index=1)
    wait_until(lambda: held)
    phone.page.locator(PRESS).click()
    phone.context.unroute("**/phone/pack*")
    for route in held:
        with contextlib.suppress(Error):  # the page that asked is gone
            route.continue_()
    phone.page.locator(".flash:has-text('已收到')").wait_for()
    arrived(phone)
    assert (stored(world, TEXT), phone.items(), world.rows("SELECT key FROM draft")) == (1, [], [])


LEFT = f"""async ([key, fields]) => {{
    const store = await {STORE};
    const item = {{ id: key, kind: "visit", url: "/visits/new", fields, files: [], state: "draft" }};
    await store.put(await store.unlock(), {{ ...item, created: Date.now(), attempts: 0, dirty: true }});
}}"""


def leave(phone, world, change):
    """A draft left under the key of a record that was sent, by a page of before."""
    page = begin(phone)
    fields = drafts(phone)[0]["fields"]
    press(page)
    key = world.rows("SELECT client_key FROM visit WHERE findings = :text", text=TEXT)[0][0]
    phone.goto("/")
    phone.ready(shell=False)
    forget = f"async (key) => (await {STORE}).remove(key)"
    phone.page.evaluate(forget, key)
    phone.page.evaluate(LEFT, [key, [[name, change(text) if name == "findings" else text] for name, text in fields]])


def test_a_draft_left_under_the_key_of_its_record_goes(world, phones):
    phone = phones()
    leave(phone, world, lambda text: text)
    phone.goto("/")
    wait_until(lambda: phone.items() == [])


def test_what_was_typed_on_under_the_key_of_a_record_is_sent_as_a_change_to_it(world, phones):
    phone = phones()
    leave(phone, world, lambda text: f"{text}还有一句。")
    phone.goto("/")
    wait_until(lambda: [item for item in phone.items() if item.get("after")])
    phone.page.locator("#outbox [data-state=draft]").get_by_role("button", name="继续写").click()
    phone.ready(shell=False)
    press(phone.page)
    arrived(phone)
    assert world.rows("SELECT version FROM visit WHERE findings = :text", text=f"{TEXT}还有一句。") == [(2,)]
    assert drafts(phone) == []


def test_an_answer_to_a_draft_that_was_lost_makes_no_second_draft(world, phones):
    phone = phones()
    page = begin(phone)
    world.line.arm("lost", b"PUT /drafts/", times=1)
    wait_until(lambda: world.rows("SELECT key FROM draft"))
    world.line.restore()
    page.locator("#findings").fill(f"{TEXT}接着写。")
    expect(page.locator("#draft-state")).to_have_text("草稿已存")
    assert len(phone.items()) == 1


@pytest.mark.parametrize("sent", ["first", "second"])
def test_two_tabs_of_one_correction_need_one_press(world, phones, sent):
    phone = phones()
    visit = send_one(world, phone)
    first = opened(phone, f"/visits/{visit}/correct")
    first.locator("#findings").fill(f"{TEXT}更正。")
    first.locator("[name=reason]").fill("补一句")
    expect(first.locator("#draft-state")).not_to_be_empty()
    second = beside(phone, f"/visits/{visit}/correct")
    expect(second.locator("#findings")).to_have_value(f"{TEXT}更正。")
    press(first if sent == "first" else second)
    arrived(phone)
    assert (world.rows("SELECT version FROM visit WHERE id = :id", id=visit), drafts(phone)) == ([(2,)], [])


def send_one(world, phone):
    press(begin(phone))
    return world.rows("SELECT id FROM visit WHERE findings = :text", text=TEXT)[0][0]


# --- at random ------------------------------------------------------------------------------------


class Schedule:
    """Two tabs of one new record, and pages opened beside them; the owner types in one of them at a time."""

    def __init__(self, seed, phone):
        self.random, self.phone = Random(seed), phone  # noqa: S311 - a history, no secret
        self.tabs, self.text = [begin(phone, "开头。")], "开头。"

    def open(self):
        path = self.random.choice(["/", "/visits", "/book", "/visits/new", "/visits/new"])
        page = beside(self.phone, path)
        if path == "/visits/new" and len(self.tabs) < 2:
            expect(page.locator("#findings")).to_have_value(self.text)
            self.tabs.append(page)
        elif self.random.random() < 0.5:
            page.close()

    def reload(self):
        tab = self.random.choice(self.tabs)
        tab.reload()
        tab.locator("html[data-phone=ready]").wait_for(state="attached")
        expect(tab.locator("#findings")).to_have_value(self.text)

    def wait(self):
        self.tabs[0].wait_for_timeout(self.random.choice([50, 400, 900, 4500]))

    def type(self):
        tab = self.random.choice(self.tabs)
        expect(tab.locator("#findings")).to_have_value(self.text)
        self.text += f"{self.random.randrange(1000)}。"
        tab.locator("#findings").fill(self.text)
        wait_until(lambda: any(self.text in str(item["fields"]) for item in self.phone.items()))

    def send(self):
        tab = self.random.choice(self.tabs)
        expect(tab.locator("#findings")).to_have_value(self.text)
        press(tab)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_two_tabs_at_random_send_one_record_with_one_press(world, phones, seed):
    phone = phones()
    schedule = Schedule(seed, phone)
    for _step in range(8):
        getattr(schedule, schedule.random.choice(["open", "reload", "wait", "type", "type"]))()
    schedule.send()
    arrived(phone)
    assert world.rows("SELECT findings FROM visit WHERE findings LIKE '开头。%'") == [(schedule.text,)]
    assert (drafts(phone), world.rows("SELECT key FROM draft")) == ([], [])


# --- how much a phone that dies takes along -------------------------------------------------------


def test_unbroken_typing_is_kept_within_three_seconds(phones):
    phone = phones()
    page = opened(phone)
    page.locator("#findings").click()
    typed = page.evaluate(
        """() => new Promise((done) => {
            const box = document.querySelector("#findings"), begun = performance.now();
            const tick = setInterval(() => {
                box.value += "字";
                box.dispatchEvent(new Event("input", { bubbles: true }));
                if (performance.now() - begun > 6000) { clearInterval(tick); done(box.value.length); }
            }, 100);
        })"""
    )
    phone.kill()
    arrived(phone)
    kept = dict(map(tuple, phone.items()[0]["fields"]))["findings"]
    assert typed - len(kept) <= 30, "three seconds of it"
