"""Random histories of two members, one phone, its line and its server: no record is lost, and none stored twice."""

import contextlib
import io
import os
from random import Random

import pytest
from PIL import Image
from playwright.sync_api import Error
from playwright.sync_api import TimeoutError as TooLong

from logbook.formats import now
from tests.browser.conftest import House, pattern_of, sampled
from tests.browser.line import Line
from tests.browser.phones import Phone
from tests.conftest import THOROUGH

COUNT = 500 if THOROUGH else 20
FIRST = int(os.environ.get("LOGBOOK_SEED", "1"))  # a failure names its seed
LENGTH = 9 if THOROUGH else 6  # steps of one history
NOW = now()
STEPS = (
    "write", "write", "write", "write_photo", "bad_photo", "type", "type", "offline", "offline", "online", "kill_tab",
    "kill_browser", "kill_server", "lose_answer", "half_request", "quota", "clock", "sign_out", "expire", "week",
    "other_member", "last_year", "close_year",
)  # fmt: skip


def photo():
    packed = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(packed, "PNG")
    return packed.getvalue()


PHOTO = photo()


@pytest.fixture(scope="module")
def bureau(tmp_path_factory):
    """An installation with members and nothing recorded, made once; every history begins with a copy of it."""
    return pattern_of(tmp_path_factory, "phones", sampled("--visits", "0"))


class World:
    """One history: what happens, what was written meanwhile, and what must be found at the end."""

    def __init__(self, seed, playwright, folder, bureau):
        self.random, self.seed, self.written = Random(seed), seed, {}  # noqa: S311 - a history, no secret
        self.house = House(folder / "instance", bureau)
        self.members = [line[:2] for line in bureau.accounts if "党组成员" in line[3]][:2]
        self.serving = self.house.served()
        self.serving.__enter__()
        self.line = Line(self.house.port)
        self.phone = Phone(playwright, folder / "profile", self.line)
        self.who, self.signed_in, self.closed = 0, False, False

    def close(self):
        self.phone.close()
        self.line.close()
        self.serving.__exit__(None, None, None)
        self.house.close()

    # --- steps ---

    def act(self, step):
        with contextlib.suppress(Error):  # a page that breaks off is part of the story; what is lost shows at the end
            getattr(self, step)()

    def write(self, *, photo=None, day=None):
        tag = self._typed(day)
        if tag is None:
            return
        page = self.phone.page
        if photo is not None:
            page.locator("#fold-files").evaluate("fold => { fold.open = true; }")
            page.locator("[name=files]").set_input_files(
                [{"name": "现场.png", "mimeType": "image/png", "buffer": photo}]
            )
        self.written[tag]["photo"] = photo == PHOTO
        self.written[tag]["sent"] = True
        page.locator(".foot button").click()
        told = page.locator("#outbox [data-note=kept]:visible, .flash:has-text('已收到')")
        with contextlib.suppress(TooLong):
            told.first.wait_for(timeout=9000)
            self.written[tag]["told"] = True

    def _typed(self, day=None):
        """Type a text into a new form; its tag, or None when no form could be had."""
        if not self._form():
            return None
        tag = f"S{self.seed}N{len(self.written)}E"
        page = self.phone.page
        page.locator("#findings").fill(f"到码头、环湖路巡查，{tag}，总体平稳。")
        if not page.locator("[name=branch_id]").input_value():
            page.locator("[name=branch_id]").select_option(index=1)
        if day is not None:
            page.locator("[name=visited_on]").last.check(force=True)
            page.locator("[name=other_on]").fill(day)
        with contextlib.suppress(TooLong):
            page.locator("#draft-state", has_text="存").or_(page.locator("#draft-state", has_text="在本机")).wait_for(
                timeout=4000
            )
            self.written[tag] = {"who": self.who, "photo": False, "sent": False, "told": False, "day": day}
            return tag
        return None

    def _form(self):
        if not self.signed_in and self.line.up:
            self._enter(self.who)
        if not self.phone.goto("/visits/new#new"):
            return False
        if "/sign-in" in self.phone.page.url:
            self._enter(self.who)
            self.phone.goto("/visits/new#new")
        with contextlib.suppress(TooLong):
            self.phone.ready(shell=False)
        return self.phone.page.locator("#findings:visible").count() == 1

    def _enter(self, who):
        self.phone.sign_in(*self.members[who])
        self.who, self.signed_in = who, True

    def write_photo(self):
        self.write(photo=PHOTO)

    def bad_photo(self):
        self.write(photo=b"this is no picture")

    def type(self):
        self._typed()

    def last_year(self):
        if not self.closed:
            self.write(day=f"{NOW.year - 1}-11-03")

    def close_year(self):
        if self.closed:
            return
        self.closed = True
        self.house.rows(
            "INSERT INTO locked_year (year, locked_at, locked_by_id) SELECT :year, :at, min(id) FROM person",
            year=NOW.year - 1, at=str(NOW.date()),
        )  # fmt: skip

    def offline(self):
        self.line.cut()

    def online(self):
        self.line.restore()

    def kill_tab(self):
        self.phone.new_tab()

    def kill_browser(self):
        self.phone.kill()

    def kill_server(self):
        self.serving.__exit__(None, None, None)
        self.serving = self.house.served()
        self.serving.__enter__()

    def lose_answer(self):
        self.line.arm("lost", b"POST /visits/new", self.random.randint(1, 8))
        self.write()

    def half_request(self):
        self.line.arm("half", b"POST /visits/new", self.random.randint(1, 8))
        self.write()

    def quota(self):
        session = self.phone.context.new_cdp_session(self.phone.page)
        session.send("Storage.overrideQuotaForOrigin", {"origin": self.line.url, "quotaSize": 1})
        self.write(photo=PHOTO)
        session.send("Storage.overrideQuotaForOrigin", {"origin": self.line.url})

    def clock(self):
        self.phone.shift = self.random.choice([-400, -1, 0, 1, 3]) * 86_400_000

    def week(self):
        self.phone.shift = 8 * 86_400_000
        self.expire()
        self.phone.kill()

    def expire(self):
        self.house.rows("UPDATE sign_in_session SET ended_at = created_at")

    def sign_out(self):
        if self.line.up:
            self.phone.sign_out()
            self.signed_in = False

    def other_member(self):
        if self.line.up:
            self.sign_out()
            self._enter(1 - self.who)
            self.write()

    # --- the end ---

    def settle(self):
        """Signal, a right clock, and each member signs in once more: what waited goes out."""
        self.line.restore()
        self.phone.shift = 0
        self.phone.new_tab()
        left = []
        for who in (0, 1):
            self.expire()
            self._enter(who)
            self.phone.goto("/")
            self.phone.ready()
            with contextlib.suppress(TooLong):
                self.phone.page.locator("#outbox [data-state=queued]").first.wait_for(state="detached", timeout=20_000)
            left += self.phone.items()
            left += self.phone.page.request.get(f"{self.line.url}/drafts").json()
        return left

    def judge(self):
        """Every fault there is, in words."""
        left = self.settle()
        waiting = [str(item.get("fields")) for item in left]
        stored = [row[0] for row in self.house.rows("SELECT findings FROM visit")]
        files = dict(map(tuple, self.house.rows(
            "SELECT findings, count(*) FROM attachment a JOIN visit v ON v.id = visit_id GROUP BY v.id, findings"
        )))  # fmt: skip
        faults = []
        for tag, said in self.written.items():
            count = sum(tag in text for text in stored)
            kept = sum(tag in text for text in waiting)
            if count > 1:
                faults.append(f"{tag} is stored {count} times: {said}")
            if count + kept == 0:
                faults.append(f"{tag} is lost: {said}")
            if said["told"] and count == 0 and not (said["day"] and self.closed):
                faults.append(f"{tag} was not sent: {said}; {[i for i in left if tag in str(i)]}")
            attached = sum(n for text, n in files.items() if tag in text)
            if count and said["told"] and attached != said["photo"]:
                faults.append(f"{tag} has {attached} photos: {said}")
        return faults


@pytest.mark.parametrize("number", range(COUNT))
def test_nothing_is_lost_and_nothing_doubled(number, driver, tmp_path, bureau):
    seed = FIRST + number
    world = World(seed, driver, tmp_path, bureau)
    steps = ["write", *world.random.choices(STEPS, k=LENGTH)]
    try:
        for step in steps:
            world.act(step)
        assert not world.judge(), f"seed {seed}: {steps}"
    finally:
        world.close()
