"""A member's phone as a test holds it: a Chromium with its profile on disk, whose line, clock and store can fail."""

import contextlib
import os
import signal
from pathlib import Path

from playwright.sync_api import Error
from playwright.sync_api import TimeoutError as TooLong

from tests.browser.conftest import FLAGS, PATIENCE, chromium, set_clock
from tests.clock import wait_until

SHIFT = "(shift) => { const real = Date.now; Date.now = () => real() + shift; }"

# The phone's own store, as the open page imports it.
STORE = (
    "import(new URL('store.js', document.querySelector(\"script[src*='/phone.js'], script[src*='/shell.js']\").src))"
)


class Phone:
    """`line` is what it reaches the server by."""

    def __init__(self, playwright, profile, line, width=390, **options):
        self.playwright, self.profile, self.line, self.width = playwright, Path(profile), line, width
        self.options = options  # of its browser, such as the zone its clock shows
        self.shift = 0  # milliseconds its clock is wrong
        self.context = self.owner = None
        self.start()

    def start(self):
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile), executable_path=chromium(), args=FLAGS.split(), locale="zh-CN",
            viewport={"width": self.width, "height": 844}, has_touch=True, **self.options,
        )  # fmt: skip
        self.context.set_default_timeout(PATIENCE)
        set_clock(self.context)
        self.page = self.context.pages[0]
        self._prepare(self.page)

    def _prepare(self, page):
        page.on("dialog", lambda dialog: dialog.accept())
        if self.shift:
            page.add_init_script(f"({SHIFT})({self.shift})")

    def new_tab(self):
        """Close what is open, without a word, and open a tab."""
        old, self.page = self.page, self.context.new_page()
        self._prepare(self.page)
        with contextlib.suppress(Error):
            old.close(run_before_unload=False)

    def kill(self):
        """The battery is empty: every process of this browser ends at once."""
        for pid in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(Error):
            self.context.close()
        wait_until(lambda: not self._processes())
        for name in ("SingletonLock", "SingletonCookie", "SingletonSocket"):
            with contextlib.suppress(FileNotFoundError):
                (self.profile / name).unlink()
        self.start()

    def _processes(self):
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if str(self.profile).encode() in (entry / "cmdline").read_bytes():
                        found.append(int(entry.name))
        return found

    def close(self):
        with contextlib.suppress(Error):
            self.context.close()

    # --- what its owner does ---

    def goto(self, path):
        """Open an address in a fresh tab; False when nothing of ours is shown."""
        self.new_tab()
        with contextlib.suppress(Error):
            self.page.goto(self.line.url + path, wait_until="load")
        return self.page.url.startswith(self.line.url)

    def sign_in(self, name, password, *, shell=True):
        self.owner = (name, password)
        self.goto("/sign-in")
        self.page.get_by_label("登录名").fill(name)
        self.page.get_by_label("密码").fill(password)
        self.page.get_by_role("button", name="登录").click()
        self.page.wait_for_url("**/")
        self.ready(shell=shell)

    def ready(self, *, shell=True):
        """Until the phone holds its key and what it takes along, and the shell lies in its cache."""
        self.page.locator("html[data-phone=ready]").wait_for(state="attached")
        taken = "async () => navigator.serviceWorker.controller && (await caches.keys()).length"
        if shell:
            wait_until(lambda: self.page.evaluate(taken))

    def sign_out(self):
        self.goto("/")
        self.page.get_by_role("button", name="退出", exact=True).click()
        leaving = self.page.locator("#leaving[open]")
        with contextlib.suppress(TooLong):
            leaving.wait_for(timeout=1500)
        if leaving.is_visible():
            self.page.get_by_role("button", name="仍要退出").click()
        self.page.wait_for_url("**/sign-in*")

    def items(self):
        """What is stored on the phone and its present owner can read."""
        return self.page.evaluate(
            f"""async () => {{
                const store = await {STORE};
                const key = await store.unlock();
                return key ? store.list(key) : [];
            }}"""
        )
