"""A member's phone: without signal, killed, signed out, shared; what leaves it, what stays, what nobody reads."""

import base64
import contextlib
import datetime as dt
import gzip
import io
import os
import urllib.parse
import urllib.request

import pytest
from PIL import Image
from playwright.sync_api import expect

from logbook.formats import begin_of, today
from tests.browser.conftest import pattern_of, sampled, served_copy
from tests.browser.line import Line
from tests.browser.phones import STORE, Phone
from tests.browser.test_every_page import sign_in

TEXT = "到码头、环湖路巡查，同支委和党员职工座谈。"


@pytest.fixture(scope="module")
def small_house(tmp_path_factory):
    """A sample bureau of few records, at rest."""
    return pattern_of(tmp_path_factory, "small", sampled("--visits", "90"))


@pytest.fixture
def world(tmp_path, small_house):
    """The sample bureau being served, its members, a line to it."""
    with served_copy(small_house, tmp_path / "instance") as house:
        house.members = [line[:2] for line in house.accounts if line[3] == "党组成员"][:2]
        house.line = Line(house.port)
        yield house
        house.line.close()


@pytest.fixture
def phones(world, driver, tmp_path):
    """phones() is another phone; its owner has signed in and looked at the home page."""
    made = []

    def one(who=0, **options):
        phone = Phone(driver, tmp_path / f"profile{len(made)}", world.line, **options)
        made.append(phone)
        phone.sign_in(*world.members[who])
        return phone

    yield one
    for phone in made:
        phone.close()


def stored(world, text):
    return len(world.rows("SELECT id FROM visit WHERE findings LIKE :text", text=f"%{text}%"))


def write(phone, text, *, send=True, branch=1):
    """Type a text into a new form, and send it."""
    phone.goto("/visits/new#new")
    phone.ready(shell=False)
    page = phone.page
    page.locator("#findings").fill(text)
    if not page.locator("[name=branch_id]").input_value():
        page.locator("[name=branch_id]").select_option(index=branch)
    expect(page.locator("#draft-state")).not_to_be_empty()
    if send:
        page.locator(".foot button.big").click()
        page.locator("#outbox [data-note=kept]:visible, .flash:has-text('已收到')").first.wait_for()


def arrived(phone):
    """With signal again, until nothing waits; who was killed may have to sign in again."""
    phone.goto("/")
    if "/sign-in" in phone.page.url:
        phone.sign_in(*phone.owner)
    phone.ready(shell=False)
    expect(phone.page.locator("#outbox [data-state=queued]")).to_have_count(0)


def test_recorded_without_signal_after_a_cold_start_and_received_once(world, phones):
    phone = phones()
    world.line.cut()
    phone.kill()
    phone.goto("/")
    expect(phone.page.locator("[data-branches] .branch").first).to_be_visible()
    phone.page.locator("[data-new]").first.click()
    phone.page.wait_for_url("**/visits/new?branch=*")
    write(phone, TEXT)
    expect(phone.page.locator("#outbox")).to_contain_text("还没有收到回执")
    phone.kill()
    world.line.restore()
    arrived(phone)
    expect(phone.page.locator("#outbox")).to_contain_text("已收到")
    assert stored(world, TEXT) == 1


def test_days_offered_without_signal_are_shanghais_wherever_the_phone_is(world, phones):
    phone, tomorrow = phones(timezone_id="America/Los_Angeles"), today() + dt.timedelta(days=1)
    phone.context.clock.install(time=begin_of(tomorrow) + dt.timedelta(minutes=5))
    phone.goto("/phone/form")
    days = phone.page.locator("[name=visited_on]")
    expect(days.first).to_have_value(tomorrow.isoformat())
    expect(days.nth(1)).to_have_value(today().isoformat())


def test_a_lost_answer_doubles_nothing(world, phones):
    phone = phones()
    world.line.arm("lost", b"POST /visits/new")
    write(phone, TEXT)
    world.line.restore()
    arrived(phone)
    assert stored(world, TEXT) == 1


def test_a_branch_card_opens_without_signal_and_holds_nothing_restricted(world, phones):
    world.rows("UPDATE visit SET thinking = 'RESTRICTEDTHINKING', observation = 'RESTRICTEDOBSERVATION'")
    phone = phones()
    world.line.cut()
    phone.goto("/")
    phone.page.locator("[data-card]").first.click()
    expect(phone.page.locator("h1")).not_to_have_text("我的挂点")
    expect(phone.page.get_by_role("heading", name="最近的记录")).to_be_visible()
    assert "RESTRICTED" not in phone.page.content()


def test_little_goes_over_the_line(world, phones):
    phone = phones()
    sizes = []
    phone.context.on("request", lambda r: sizes.append(len(r.post_data_buffer or b"")) if r.method == "POST" else None)
    write(phone, TEXT * 19 + "平稳。")  # 400 characters
    assert 0 < max(sizes) <= 4000
    worker = urllib.request.urlopen(f"{world.url}/sw.js").read().decode()
    addresses = [*worker.split("const SHELL = [")[1].split("]")[0].replace('"', "").split(", "), "/sw.js"]
    packed = 0
    for address in addresses:
        asked = urllib.request.Request(world.url + address, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked) as answer:
            packed += len(answer.read())
    assert 5_000 < packed <= 60_000, addresses


def test_only_the_shell_is_cached(world, phones):
    phone = phones()
    write(phone, TEXT)
    phone.goto("/visits")
    kept = phone.page.evaluate(
        "async () => (await Promise.all((await caches.keys()).map(async (name) =>"
        " (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname)))).flat()"
    )
    assert set(kept) >= {"/phone/home", "/phone/form"}
    assert all(path.startswith(("/phone/", "/static/")) for path in kept)


def forms(text):
    """The text as a browser may write it down."""
    return {text.encode(), text.encode("utf-16-le"), urllib.parse.quote(text).encode(), ascii(text)[1:-1].encode()}


def found_in(profile, texts):
    """Which texts stand in a file of the profile, plain or packed."""
    found = set()
    for path in profile.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            with contextlib.suppress(OSError, EOFError):
                content += gzip.decompress(content)
            found |= {(text, path.name) for text in texts if any(form in content for form in forms(text))}
    return found


def test_after_signing_out_nothing_readable_is_on_the_disk_and_the_draft_is_still_there(world, phones):
    card, record, draft = "候船区遮阳棚要修", "环湖路护林防火安排到位", "支委换届还没有想好"
    world.rows("UPDATE problem SET text = :card, state = 'open', closed_on = NULL", card=card)
    phone = phones()
    phone.goto("/")
    phone.page.locator("a:has-text('看情况')").first.click()
    write(phone, record)
    write(phone, draft, send=False)
    expect(phone.page.locator("#draft-state")).to_have_text("草稿已存")
    phone.sign_out()
    phone.context.close()
    assert found_in(phone.profile, {card, record, draft}) == set()
    phone.start()
    phone.sign_in(*world.members[0])
    assert [item["state"] for item in phone.items() if draft in str(item["fields"])] == ["draft"]


def test_two_members_on_one_phone_see_nothing_of_each_other(world, phones):
    phone = phones()
    world.line.cut()
    write(phone, TEXT)
    world.line.restore()
    world.rows("UPDATE sign_in_session SET ended_at = created_at")
    phone.sign_in(*world.members[1])
    assert phone.items() == []
    expect(phone.page.locator("#outbox")).to_contain_text("其他人没有送出的记录")
    assert stored(world, TEXT) == 0
    phone.sign_out()
    phone.sign_in(*world.members[0])
    arrived(phone)
    assert stored(world, TEXT) == 1


def test_leaving_without_signal_locks_the_phone_and_signs_out_later(world, phones):
    phone = phones()
    world.line.cut()
    phone.goto("/")
    phone.page.get_by_role("button", name="退出并锁上本机").click()
    expect(phone.page.get_by_text("本机没有可用的内容")).to_be_visible()
    world.line.restore()
    phone.goto("/")
    phone.page.wait_for_url("**/sign-in*")
    phone.sign_in(*world.members[0])
    expect(phone.page.locator("h1")).to_be_visible()


def test_a_closed_year_leaves_the_record_on_the_phone_with_its_reason(world, phones):
    phone = phones()
    world.line.cut()
    write(phone, TEXT)
    year = world.rows("SELECT max(year) FROM visit")[0][0]
    lock = "INSERT INTO locked_year (year, locked_at, locked_by_id) SELECT :year, '2026-01-01', min(id) FROM person"
    world.rows(lock, year=year)
    world.line.restore()
    arrived(phone)
    refused = phone.page.locator("#outbox [data-state=refused]").first
    expect(refused).to_contain_text("已归档")
    phone.page.locator("#outbox").get_by_role("button", name="打开").click()
    expect(phone.page.locator("#findings")).to_have_value(TEXT)
    assert stored(world, TEXT) == 0


def test_a_refused_record_keeps_its_reason_when_it_was_only_looked_at(world, phones):
    phone = phones()
    world.line.cut()
    write(phone, TEXT)
    year = world.rows("SELECT max(year) FROM visit")[0][0]
    lock = "INSERT INTO locked_year (year, locked_at, locked_by_id) SELECT :year, '2026-01-01', min(id) FROM person"
    world.rows(lock, year=year)
    world.line.restore()
    arrived(phone)
    phone.page.locator("#outbox").get_by_role("button", name="打开").click()
    expect(phone.page.locator("#resumed.warning")).to_contain_text("没有送出：")
    phone.goto("/")
    expect(phone.page.locator("#outbox li")).to_contain_text("没有送出：")


def test_a_secrecy_mark_is_asked_about_before_a_record_waits_without_signal(world, phones):
    phone, marked = phones(), "传达机\u3000密 ★ 会议"
    world.line.cut()
    write(phone, marked, send=False)
    page = phone.page
    page.locator(".foot button.big").click()
    expect(page.locator("#asks-marked")).to_contain_text("基本情况")
    expect(page.locator("#asks-marked")).to_contain_text("“机密”")
    expect(page.locator("#findings")).to_have_value(marked)
    assert [item["state"] for item in phone.items()] == ["draft"]
    page.locator("[name=no_secrets]").check()
    page.locator(".foot button.big").click()
    page.locator("#outbox [data-note=kept]:visible").wait_for()
    assert [item["state"] for item in phone.items()] == ["queued"]
    world.line.restore()
    arrived(phone)
    assert stored(world, marked) == 1


def test_what_waits_is_not_printed_and_a_page_that_needs_signal_says_so(world, phones):
    phone = phones()
    world.line.cut()
    write(phone, TEXT)
    phone.goto("/visits")
    expect(phone.page.get_by_text("这一页要有信号才能打开。")).to_be_visible()
    expect(phone.page.locator("#outbox [data-state=queued]")).to_be_visible()
    phone.page.emulate_media(media="print")
    expect(phone.page.locator("#outbox")).to_be_hidden()


def picture():
    """A photo as a camera makes it: large, noisy, with a place and a time noted in it."""
    image = Image.effect_noise((2400, 1800), 80).convert("RGB")
    exif = Image.Exif()
    exif[0x9003], exif[0x8825] = "2026:06:10 10:00:00", {1: "N", 2: (30.0, 15.0, 0.0)}
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=95, exif=exif)
    return packed.getvalue()


def test_a_photo_follows_smaller_without_its_place_and_goes_on_where_it_broke_off(world, phones):
    phone, sent = phones(), []
    phone.context.on(
        "request",
        lambda r: sent.append(len(r.post_data_buffer or b"")) if r.method == "PUT" and "uploads" in r.url else None,
    )
    phone.goto("/visits/new#new")
    phone.ready(shell=False)
    phone.page.locator("#findings").fill(TEXT)
    phone.page.locator("[name=branch_id]").select_option(index=1)
    phone.page.locator("#fold-files").evaluate("fold => { fold.open = true; }")
    content = picture()
    phone.page.locator("[name=files]").set_input_files(
        [{"name": "码头.jpg", "mimeType": "image/jpeg", "buffer": content}]
    )
    world.line.arm("half", b"bytes 262144-")  # the third piece
    phone.page.locator(".foot button.big").click()
    phone.page.locator("#outbox [data-note=kept]:visible, .flash:has-text('已收到')").first.wait_for(timeout=20_000)
    world.line.restore()
    arrived(phone)
    digest, name = world.rows("SELECT digest, name FROM attachment ORDER BY id DESC LIMIT 1")[0]
    with Image.open(world.instance / "attachments" / digest[:2] / digest) as kept:
        assert (name, max(kept.size), dict(kept.getexif())) == ("码头.jpg", 1600, {})
    assert sum(sent) < len(content) + 3 * 131_072
    assert world.rows("SELECT count(*) FROM attachment WHERE name = '码头.jpg'") == [(1,)]


def test_what_is_changed_after_sending_goes_out_as_a_correction(world, phones):
    phone = phones()
    world.line.arm("lost", b"POST /visits/new")
    write(phone, TEXT)
    world.line.cut()
    phone.goto("/")
    phone.page.locator("#outbox").get_by_role("button", name="改一改").click()
    phone.ready(shell=False)
    phone.page.locator("#findings").fill(f"{TEXT}码头缺遮阳棚。")
    phone.page.locator(".foot button.big").click()
    expect(phone.page.locator("#outbox [data-note=kept]")).to_be_visible()
    world.line.restore()
    arrived(phone)
    bodies = world.rows("SELECT n, body FROM visit_version WHERE body LIKE :text ORDER BY n", text=f"%{TEXT}%")
    assert [n for n, _body in bodies] == [1, 2]
    assert "遮阳棚" not in bodies[0][1]
    assert "遮阳棚" in bodies[1][1]


def test_a_draft_goes_on_on_another_device_and_two_versions_of_it_are_both_kept(world, phones):
    first, second = phones(), phones()
    write(first, "甲处写的开头", send=False)
    expect(first.page.locator("#draft-state")).to_have_text("草稿已存")
    arrived(second)
    row = second.page.locator("#outbox [data-state=draft]")
    expect(row).to_contain_text("在另一处写的")
    row.get_by_role("button", name="继续写").click()
    second.ready(shell=False)
    expect(second.page.locator("#findings")).to_have_value("甲处写的开头")
    for phone, text in ((second, "乙处接着写的"), (first, "甲处也接着写的")):
        phone.page.locator("#findings").fill(text)
        for state in ("在本机", "草稿已存"):
            expect(phone.page.locator("#draft-state")).to_have_text(state)
    texts = {dict(map(tuple, item["fields"]))["findings"] for item in first.items()}
    assert texts == {"甲处也接着写的", "乙处接着写的"}


def test_the_rescue_file_of_a_phone_is_imported_once(world, phones, open_page, tmp_path):
    phone = phones()
    world.line.cut()
    write(phone, TEXT)
    with phone.page.expect_download() as saved:
        phone.page.locator("#outbox").get_by_role("button", name="存救援文件").click()
    saved.value.save_as(tmp_path / "rescue.txt")
    assert TEXT not in (tmp_path / "rescue.txt").read_text()
    desk = open_page()
    sign_in(desk, world, "党办")
    for said in ("已收到", "已有"):
        desk.goto(f"{world.url}/rescue")
        desk.locator("input[type=file]").set_input_files(tmp_path / "rescue.txt")
        desk.get_by_role("button", name="导入", exact=True).click()
        expect(desk.locator("tbody")).to_contain_text(said)
    world.line.restore()
    arrived(phone)
    assert stored(world, TEXT) == 1


# --- when its key is renewed ----------------------------------------------------------------------

RENEWED = (
    "INSERT INTO phone_key (person_id, generation, key, made_at) SELECT id,"
    " 1 + coalesce((SELECT max(generation) FROM phone_key WHERE person_id = person.id), 0), :key, '2026-11-30'"
    " FROM person WHERE sign_in_name = :name"
)


def renew(world, phone):
    """As by a password reset, or by the button 那台手机丢了 on another device."""
    key = base64.b64encode(os.urandom(32)).decode()
    world.rows(RENEWED, key=key, name=phone.owner[0])


def restored(world, phone):
    """A backup older than the phone's key; whatever signs in next gets another."""
    world.rows("DELETE FROM phone_key WHERE person_id = (SELECT id FROM person WHERE sign_in_name = :name)",
               name=phone.owner[0])  # fmt: skip


def test_what_a_phone_wrote_is_read_after_a_restore_from_a_backup_older_than_its_key(world, phones):
    phone, waits = phones(), "备份以后写的一条"
    world.line.cut()
    write(phone, waits)
    world.line.restore()
    restored(world, phone)
    world.rows("DELETE FROM sign_in_session")
    phone.sign_in(*phone.owner)
    arrived(phone)
    assert stored(world, waits) == 1


def test_what_a_phone_wrote_is_read_though_it_was_signed_out_before_the_restore(world, phones):
    phone, draft = phones(), "备份以后没写完的"
    write(phone, draft, send=False)
    expect(phone.page.locator("#draft-state")).to_have_text("草稿已存")
    world.rows("DELETE FROM draft")
    phone.sign_out()
    restored(world, phone)
    phone.sign_in(*phone.owner)
    assert [item["state"] for item in phone.items() if draft in str(item["fields"])] == ["draft"]


def rescued(phone, path):
    with phone.page.expect_download() as saved:
        phone.page.locator("#outbox").get_by_role("button", name="存救援文件").click()
    saved.value.save_as(path)


def import_file(desk, world, path):
    desk.goto(f"{world.url}/rescue")
    desk.locator("input[type=file]").set_input_files(path)
    desk.get_by_role("button", name="导入", exact=True).click()
    return desk.locator("tbody")


def test_what_a_phone_wrote_under_an_older_key_is_read_and_sent_under_the_new_one(world, phones):
    phone, waits, draft = phones(), "排队等信号的一条", "换钥匙以前没写完的"
    world.line.cut()
    write(phone, waits)
    write(phone, draft, send=False)
    renew(world, phone)
    phone.shift = 600_000  # what was taken along is asked for again, and the new key with it
    world.line.restore()
    arrived(phone)
    assert stored(world, waits) == 1
    phone.new_tab()
    page = opened(phone, "/visits/new")
    expect(page.locator("#findings")).to_have_value(draft)
    page.locator("#findings").fill(f"{draft}，换了以后接着写。")
    expect(page.locator("#draft-state")).to_have_text("草稿已存", timeout=15_000)
    phone.sign_out()
    phone.sign_in(*world.members[0])
    assert [item["state"] for item in phone.items() if "接着写" in str(item["fields"])] == ["draft"]


def holds(page, count):
    """Until the phone holds so many keys besides the one in force."""
    for _ in range(200):
        if page.evaluate(f"{STORE}.then((store) => store.unlock()).then((key) => key?.older.length)") == count:
            return
        page.wait_for_timeout(50)
    raise AssertionError("the new key did not come")


def test_a_page_that_is_open_reads_what_another_one_wrote_under_a_newer_key(world, phones):
    phone = phones()
    write(phone, TEXT, send=False)
    held = phone.page.evaluate_handle(f"{STORE}.then(async (store) => ({{ store, key: await store.unlock() }}))")
    renew(world, phone)
    phone.context.add_cookies([{"name": "language", "value": "en", "url": world.line.url}])  # asks for all anew
    other = phone.context.new_page()
    other.goto(f"{world.line.url}/")
    other.locator("html[data-phone=ready]").wait_for(state="attached")
    holds(other, 2)  # the one it signed in with, and the one of before
    other.evaluate(
        f"{STORE}.then(async (store) => {{ const key = await store.unlock();"
        " for (const item of await store.list(key)) await store.put(key, item); })"
    )
    read = phone.page.evaluate("async ({ store, key }) => (await store.list(key)).map((item) => item.state)", held)
    assert read == ["draft"]


def test_a_rescue_file_from_before_the_phone_was_lost_waits_for_its_members_tap(world, phones, open_page, tmp_path):
    phone = phones()
    world.line.cut()
    write(phone, TEXT)
    rescued(phone, tmp_path / "rescue.txt")
    renew(world, phone)
    desk = open_page()
    sign_in(desk, world, "党办")
    expect(import_file(desk, world, tmp_path / "rescue.txt")).to_contain_text("待本人确认")
    assert world.rows("SELECT counts, confirmed_at FROM visit WHERE findings = :text", text=TEXT) == [(False, None)]
    world.line.restore()
    phone.goto("/")
    expect(phone.page.get_by_text("党办从救援文件导入，是您写的请确认")).to_be_visible()
    arrived(phone)  # sent by their own phone: that is the tap
    assert world.rows("SELECT counts FROM visit WHERE findings = :text", text=TEXT) == [(True,)]


def test_a_rescue_file_of_the_new_key_is_the_members_own(world, phones, open_page, tmp_path):
    phone = phones()
    world.line.cut()
    write(phone, TEXT)
    renew(world, phone)
    world.line.restore()
    phone.context.route("**/visits/new", lambda r: r.abort() if r.request.method == "POST" else r.fallback())
    phone.shift = 600_000
    opened(phone, "/")
    holds(phone.page, 2)
    opened(phone, "/")
    rescued(phone, tmp_path / "rescue.txt")
    desk = open_page()
    sign_in(desk, world, "党办")
    said = import_file(desk, world, tmp_path / "rescue.txt")
    expect(said).to_contain_text("已收到")
    expect(said).not_to_contain_text("待本人确认")


# --- what a line, a proxy, another tab or another device does to it -------------------------------


def opened(phone, path="/visits/new#new"):
    phone.goto(path)
    phone.ready(shell=False)
    return phone.page


@pytest.mark.parametrize("body", ["", '{"number": "2026-', "{}", "<p>ok</p>"])
def test_a_receipt_cut_in_its_middle_is_none(world, phones, body):
    phone = phones()

    def cut(route):
        if route.request.method != "POST":
            return route.fallback()
        route.fetch()  # the server has it
        return route.fulfill(status=201, content_type="application/json", body=body)

    phone.context.route("**/visits/new", cut)
    write(phone, TEXT)
    assert [TEXT in str(item["fields"]) for item in phone.items()] == [True]
    phone.context.unroute("**/visits/new")
    arrived(phone)
    assert ([item["state"] for item in phone.items()], stored(world, TEXT)) == (["received"], 1)


@pytest.mark.parametrize("status", [403, 404, 409, 413, 422, 429, 500])
def test_a_proxys_page_is_no_answer_of_ours(world, phones, status):
    phone = phones()

    def proxy(route):
        if route.request.method != "POST":
            return route.fallback()
        return route.fulfill(status=status, content_type="text/html", body="<h1>proxy</h1>")

    phone.context.route("**/visits/new", proxy)
    write(phone, TEXT)
    assert [item["state"] for item in phone.items()] == ["queued"]
    phone.context.unroute("**/visits/new")
    arrived(phone)
    assert stored(world, TEXT) == 1


def sent_from(second, first):
    """The draft that is open on the first phone is gone on with, and sent, on the second."""
    expect(first.page.locator("#draft-state")).to_have_text("草稿已存")
    arrived(second)
    second.page.locator("#outbox [data-state=draft]").get_by_role("button", name="继续写").click()
    second.ready(shell=False)
    second.page.locator(".foot button.big").click()
    second.page.locator(".flash:has-text('已收到')").wait_for()


def test_a_draft_sent_from_elsewhere_takes_no_other_text_along(world, phones):
    first, second = phones(), phones()
    write(first, "甲处写的开头", send=False)
    sent_from(second, first)
    first.page.locator("#findings").fill("甲处改过的")
    first.page.locator(".foot button.big").click()
    first.page.locator("#outbox").get_by_role("button", name="打开").click()
    first.ready(shell=False)
    expect(first.page.locator("#findings")).to_have_value("甲处改过的")
    first.page.locator(".foot button.big").click()
    first.page.locator(".flash:has-text('已收到')").wait_for()
    arrived(first)
    assert world.rows("SELECT version FROM visit WHERE findings = '甲处改过的'") == [(2,)]


# A store that takes three seconds to open.
SLOW = """
const open = IDBFactory.prototype.open, usual = Object.getOwnPropertyDescriptor(IDBRequest.prototype, "onsuccess");
IDBFactory.prototype.open = function (...all) {
  const asked = open.apply(this, all), late = (act) => (event) => setTimeout(() => act(event), 3000);
  return Object.defineProperty(asked, "onsuccess", { set(act) { usual.set.call(asked, late(act)); } });
};"""


def test_what_is_typed_while_the_page_is_coming_stays(phones):
    phone = phones()
    write(phone, "上次没写完的", send=False)
    phone.shift = 600_000  # what was taken along is asked for again
    phone.context.add_init_script(SLOW)
    phone.goto("/visits/new")
    phone.page.locator("#findings").press_sequentially("这次另写的")
    phone.ready(shell=False)
    expect(phone.page.locator("#findings")).to_have_value("这次另写的")
    phone.new_tab()
    opened(phone, "/")
    texts = {dict(map(tuple, item["fields"]))["findings"] for item in phone.items()}
    assert texts == {"上次没写完的", "这次另写的"}


def test_a_server_from_an_older_backup_takes_no_draft_away(world, phones):
    phone = phones()
    write(phone, TEXT, send=False)
    expect(phone.page.locator("#draft-state")).to_have_text("草稿已存")
    world.rows("DELETE FROM draft")
    for _ in range(2):
        arrived(phone)
        phone.page.wait_for_timeout(500)
    assert [TEXT in str(item["fields"]) for item in phone.items()] == [True]


def test_an_older_text_of_a_draft_on_the_server_replaces_none(world, phones):
    phone = phones()
    write(phone, TEXT, send=False)
    rest = phone.page.locator("#draft-state")
    expect(rest).to_have_text("草稿已存")
    older = world.rows("SELECT fields FROM draft")[0]
    phone.page.locator("#findings").fill(f"{TEXT}接着写的。")
    for state in ("在本机", "草稿已存"):
        expect(rest).to_have_text(state)
    world.rows("UPDATE draft SET revision = 1, fields = :older", older=older[0])
    arrived(phone)
    phone.page.wait_for_timeout(500)
    assert "接着写的" in str(phone.items())


def test_a_draft_received_from_elsewhere_leaves_here_too(world, phones):
    first, second = phones(), phones()
    write(first, TEXT, send=False)
    sent_from(second, first)
    arrived(first)
    expect(first.page.locator("#outbox [data-state=draft]")).to_have_count(0)
    assert (first.items(), stored(world, TEXT)) == ([], 1)


KEYS = """() => new Promise((done) => {
  const asked = indexedDB.open("logbook", 1);
  asked.onsuccess = () => {
    asked.result.transaction(["keys"]).objectStore("keys").count().onsuccess = ({ target }) => done(target.result);
  };
})"""


def test_leaving_before_the_page_is_ready_takes_the_key_away(phones):
    phone = phones()
    phone.shift = 600_000
    phone.context.route("**/phone/pack", lambda _route: None)  # never answered
    phone.goto("/")
    phone.page.get_by_role("button", name="退出", exact=True).click()
    phone.page.wait_for_url("**/sign-in*")
    assert phone.page.evaluate(KEYS) == 0


def test_anothers_pack_is_gone_as_soon_as_somebody_else_signs_in(world, phones):
    phone = phones()
    world.rows("UPDATE sign_in_session SET ended_at = created_at")
    phone.context.route("**/phone/pack", lambda route: route.abort())
    phone.sign_in(*world.members[1])
    world.line.cut()
    phone.goto("/")
    expect(phone.page.get_by_text("本机没有可用的内容")).to_be_visible()
    assert phone.page.locator("[data-branches] .branch").count() == 0


def test_a_hotels_page_is_not_kept_as_the_shell(world, driver, tmp_path):
    world.line.arm("portal", b"GET /phone/home", times=1)
    phone = Phone(driver, tmp_path / "hotel", world.line)
    phone.sign_in(*world.members[0], shell=False)
    for _ in range(2):
        opened(phone, "/")
        phone.ready()
    kept = phone.page.evaluate("async () => (await caches.match('/phone/home')).text()")
    phone.close()
    assert "data-shell" in kept


def test_a_tab_that_only_looks_at_a_draft_makes_no_second_one(world, phones):
    phone = phones()
    write(phone, TEXT, send=False)
    first = opened(phone, "/visits/new")
    looking = phone.context.new_page()
    looking.goto(f"{world.line.url}/visits/new")
    looking.locator("html[data-phone=ready]").wait_for(state="attached")
    expect(looking.locator("#findings")).to_have_value(TEXT)
    first.locator(".foot button.big").click()
    first.locator(".flash:has-text('已收到')").wait_for()
    looking.goto(f"{world.line.url}/")
    looking.locator("html[data-phone=ready]").wait_for(state="attached")
    looking.close()
    assert ([item["state"] for item in phone.items()], stored(world, TEXT)) == (["received"], 1)


def test_an_empty_photo_does_not_wait_for_ever(world, phones):
    phone = phones()
    page = opened(phone)
    page.locator("#findings").fill(TEXT)
    page.locator("[name=branch_id]").select_option(index=1)
    page.locator("#fold-files").evaluate("fold => { fold.open = true; }")
    page.locator("[name=files]").set_input_files([{"name": "空.png", "mimeType": "image/png", "buffer": b""}])
    page.locator(".foot button.big").click()
    page.locator(".flash:has-text('已收到')").wait_for()
    arrived(phone)
    assert [item["state"] for item in phone.items()] == ["received"]


def test_an_offices_draft_remembers_whose_record_it_is(world, phones):
    office = next(line[:2] for line in world.accounts if "党办" in line[3])
    world.members.append(office)
    phone = phones(len(world.members) - 1)
    page = opened(phone)
    page.locator("[name=member_id]").select_option(index=2)
    whose = page.locator("[name=member_id]").input_value()
    page.locator("#findings").fill(TEXT)
    expect(page.locator("#draft-state")).not_to_be_empty()
    page = opened(phone, "/visits/new")
    expect(page.locator("#findings")).to_have_value(TEXT)
    expect(page.locator("[name=member_id]")).to_have_value(whose)
