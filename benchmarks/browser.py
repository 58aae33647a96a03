"""In a real Chromium as a phone: from 提交 to the receipt on a slow line, a start without one, first pages, bytes."""

import contextlib
import gzip
import json
import os
import re
import shutil
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from playwright.sync_api import Browser, BrowserContext, BrowserType, CDPSession, Page, Request, sync_playwright

from benchmarks.house import House, tokens

HOST = "127.0.0.1"
ROUNDS = 5
CHROMIUM = os.environ.get("LOGBOOK_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 3, "is_mobile": True, "has_touch": True,
    "locale": "zh-CN",
}  # fmt: skip
WRITTEN = "到码头、环湖路巡查，同支委和六名党员职工座谈，护林防火安排到位，值班表上墙，总体平稳。"
CHARACTERS = 400


@dataclass(frozen=True)
class Line:
    """What a network carries, and how long it takes to begin."""

    kbit: int
    latency: int  # milliseconds

    def orders(self) -> list[tuple[str, dict[str, Any]]]:
        """What DevTools must be told."""
        speed = self.kbit * 1000 / 8
        limits = {"offline": False, "latency": self.latency, "downloadThroughput": speed, "uploadThroughput": speed}
        return [("Network.enable", {}), ("Network.emulateNetworkConditions", limits)]


SLOW, FAIR = Line(280, 800), Line(1600, 150)


@dataclass
class Found:
    """Seconds, each the median of its rounds, and bytes."""

    sent: float = 0
    cold: float = 0
    first_pages: dict[str, float] = field(default_factory=dict)
    shell: int = 0
    post: int = 0


def report(house: House) -> Found:
    """Measure on a served house; it is stopped for the start without signal."""
    found = Found()
    key = tokens(house.app(), 1)[0]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="logbook-phone-") as profile:
        with house.served() as port:
            phone = _Phone(playwright.chromium, f"http://{HOST}:{port}", key)
            found.first_pages = {"first page": phone.opened("/sign-in"), "home": phone.opened("/", signed_in=True)}
            found.sent, found.post = phone.sent()
            found.shell = _shell(phone.address)
            phone.takes_along(Path(profile))
        found.cold = _median(lambda: phone.started_cold(Path(profile)))
    return found


def keep_session(profile: Path, key: str) -> None:
    """Leave a profile in which somebody is signed in."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=FLAGS.split())
        context.add_cookies([_session(key)])
        context.close()


def _session(key: str) -> Any:
    day = 86400
    return {"name": "logbook", "value": key, "domain": HOST, "path": "/", "expires": time.time() + day}


def _median(act: Callable[[], float]) -> float:
    return statistics.median([act() for _ in range(ROUNDS)])


class _Phone:
    def __init__(self, chromium: BrowserType, address: str, key: str) -> None:
        self.chromium, self.address = chromium, address
        self.cookie = _session(key)

    @contextlib.contextmanager
    def _fresh(self, *, signed_in: bool) -> Iterator[BrowserContext]:
        browser = self.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        try:
            context = browser.new_context(**PHONE)
            if signed_in:
                context.add_cookies([self.cookie])
            yield context
        finally:
            browser.close()

    def opened(self, path: str, *, signed_in: bool = False) -> float:
        """Seconds until everything of the page is there, in a browser that has nothing of it yet."""

        def once() -> float:
            with self._fresh(signed_in=signed_in) as context:
                page = context.new_page()
                _throttle(page, FAIR)
                started = time.perf_counter()
                page.goto(self.address + path, wait_until="load")
                return time.perf_counter() - started

        return _median(once)

    def sent(self) -> tuple[float, int]:
        """Seconds from the tap on 提交 to the receipt, and the bytes of the record's body."""
        with self._fresh(signed_in=True) as context:
            page = context.new_page()
            page.goto(self.address, wait_until="networkidle")
            link = page.locator("a[href*='/visits/new?branch=']").first.get_attribute("href") or ""
            posts: list[Request] = []
            page.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
            seconds = [self._send(page, link, n) for n in range(ROUNDS)]
            records = [post for post in posts if post.url.endswith("/visits/new")]
            return statistics.median(seconds), max(post.sizes()["requestBodySize"] for post in records)

    def _send(self, page: Page, link: str, n: int) -> float:
        page.goto(self.address + link, wait_until="networkidle")
        page.locator("html[data-kept]").wait_for(state="attached")  # or the browser would send it past the outbox
        page.get_by_label("基本情况").fill((f"第{n + 1}次。" + WRITTEN * 10)[:CHARACTERS])
        with _throttled(page, SLOW):
            started = time.perf_counter()
            page.get_by_role("button", name="提交", exact=True).tap()
            page.get_by_text("已收到，编号").first.wait_for()
            return time.perf_counter() - started

    def takes_along(self, profile: Path) -> None:
        """Open the home page once, signed in, and leave."""
        context = self._at(profile)
        context.add_cookies([self.cookie])
        page = context.new_page()
        page.goto(self.address, wait_until="networkidle")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.goto(f"{self.address}/phone/home")
        page.locator("[data-branches] .branch").first.wait_for()
        context.close()

    def started_cold(self, profile: Path) -> float:
        """Seconds until the member's branches stand there, in a browser just started, without a server."""
        context = self._at(profile)
        page = context.new_page()
        started = time.perf_counter()
        page.goto(self.address, wait_until="commit")
        page.locator("[data-branches] .branch").first.wait_for()
        seconds = time.perf_counter() - started
        context.close()
        return seconds

    def _at(self, profile: Path) -> BrowserContext:
        return self.chromium.launch_persistent_context(profile, executable_path=CHROMIUM, args=FLAGS.split(), **PHONE)


@contextlib.contextmanager
def _throttled(page: Page, line: Line) -> Iterator[None]:
    """The page and the service worker that fetches its pages: each has a network of its own in DevTools."""
    sessions = [_throttle(page, line), _throttle_workers(page, line)]
    try:
        yield
    finally:
        for session in sessions:
            session.detach()


def _throttle(page: Page, line: Line) -> CDPSession:
    session = page.context.new_cdp_session(page)
    for method, values in line.orders():
        session.send(method, values)
    return session


def _throttle_workers(page: Page, line: Line) -> CDPSession:
    """By way of the browser: Playwright has no session for a worker."""
    browser = cast("Browser", page.context.browser)
    session = browser.new_browser_cdp_session()
    said: list[str] = []
    session.on("Target.receivedMessageFromTarget", lambda event: said.append(event["message"]))
    targets = session.send("Target.getTargets")["targetInfos"]
    workers = [target["targetId"] for target in targets if target["type"] == "service_worker"]
    for worker in workers:
        there = session.send("Target.attachToTarget", {"targetId": worker, "flatten": False})["sessionId"]
        for n, (method, values) in enumerate(line.orders()):
            message = json.dumps({"id": n, "method": method, "params": values})
            session.send("Target.sendMessageToTarget", {"sessionId": there, "message": message})
    while sum('"result"' in one for one in said) < len(workers) * len(line.orders()):
        page.wait_for_timeout(10)
    return session


def _shell(address: str) -> int:
    """Bytes on the wire of the service worker and all that it keeps."""
    worker = _fetched(f"{address}/sw.js")
    text = gzip.decompress(worker) if worker[:2] == b"\x1f\x8b" else worker
    listed = re.search(r"^const SHELL = (\[.*\]);$", text.decode(), re.MULTILINE)
    if not listed:
        raise SystemExit("/sw.js names no shell")
    return len(worker) + sum(len(_fetched(address + one)) for one in json.loads(listed[1]))


def _fetched(address: str) -> bytes:
    asked = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})  # noqa: S310 - our own server
    with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
        body: bytes = answer.read()
    return body
