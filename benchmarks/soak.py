"""Mixed traffic for minutes: every link of three roles, papers in all formats, previews, exports, and writers besides.

Memory is what the server's own processes hold at rest (PSS): the traffic pauses, children that make papers have ended.
"""

import contextlib
import http.client
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from benchmarks.house import ROOT, House, session_of, wait

ROLES = ("member", "leader", "office")
READERS, WRITERS = 6, 2
FIRST = 2.0  # minutes until memory is looked at for the first time
EVERY = 2.0  # seconds between two saves of one writer
PAUSE = 0.1  # seconds a reader takes between two pages
PREVIEWED = 0.3  # of the PDFs asked for
REST = 60  # seconds that children may take to end
LINK = re.compile(r'(?:href|src)="(/[^"#]*)"')
AWAY = re.compile(r"^/(static|sign|language|vote|code|health)|/sign-out|/cancel")
PAPER = re.compile(r"\.(pdf|docx|xlsx|zip)(\?|$)")


@dataclass
class Soak:
    """Megabytes of the server at rest after the first minutes and at the end, the most between, and the answers."""

    first: float = 0
    last: float = 0
    most: float = 0
    saved: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def ratio(self) -> float:
        return self.last / self.first


def report(house: House, minutes: float) -> Soak:
    """Keep the house busy so long; print how memory goes."""
    found, go, over = Soak(), threading.Event(), threading.Event()
    go.set()
    keys = {role: session_of(house.app(), role) for role in ROLES}
    with _served(house) as (port, server):
        readers = [_Reader(port, keys[ROLES[n % len(ROLES)]], found, n) for n in range(READERS)]
        writers = [_Writer(port, keys["member"], found) for _ in range(WRITERS)]
        everybody: list[_Reader | _Writer] = [*readers, *writers]
        threads = [threading.Thread(target=one.run, args=(go, over)) for one in everybody]
        for thread in threads:
            thread.start()
        _watch(server, found, min(FIRST, minutes / 2) * 60)
        found.first = _at_rest(server, go)
        _watch(server, found, max(minutes - FIRST, minutes / 2) * 60)
        over.set()
        for thread in threads:
            thread.join()
        found.last = _at_rest(server, go)
    return found


def _watch(server: int, found: Soak, seconds: float) -> None:
    until, said = time.monotonic() + seconds, 0.0
    while time.monotonic() < until:
        with_children = sum(map(_pss, _tree(server)))
        found.most = max(found.most, with_children)
        if time.monotonic() > said + 30:
            said = time.monotonic()
            own = sum(map(_pss, _own(server)))
            _say(f"  {own:.0f} MB, with children {with_children:.0f}; {found.answers.total():,} answers")
        time.sleep(1)


def _at_rest(server: int, go: threading.Event) -> float:
    """The traffic pauses, and what makes papers has ended."""
    go.clear()
    until = time.monotonic() + REST
    while len(_tree(server)) > len(_own(server)) and time.monotonic() < until:
        time.sleep(0.5)
    time.sleep(3)
    held = sum(map(_pss, _tree(server)))
    _say(f"  at rest {held:.0f} MB")
    go.set()
    return held


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _served(house: House) -> Iterator[tuple[int, int]]:
    """The real door: run.py serve; yields the port and the server's process."""
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    argv = [sys.executable, str(ROOT / "run.py"), "serve", "--port", str(port)]
    with (house.folder / "server.log").open("w") as log:
        server = subprocess.Popen(argv, env=house.environment, cwd=ROOT, stderr=log, stdout=log)
    try:
        wait(port)
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def _tree(process: int) -> list[int]:
    """The process and all below it."""
    found = [process]
    for one in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _own(process: int) -> list[int]:
    """Without the children that make papers."""
    return [one for one in _tree(process) if b"logbook.documents" not in _words(one)]


def _words(process: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b"logbook.documents"  # it has ended


def _pss(process: int) -> float:
    """Megabytes; 0 of one that has ended."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
    return 0.0


class _Client:
    def __init__(self, port: int, token: str, found: Soak) -> None:
        self.port, self.found = port, found
        self.cookies = {"logbook": token}

    def ask(self, path: str, body: str | None = None) -> tuple[int, str, bytes]:
        """(status, where it leads, page); a connection of its own, as from behind a proxy."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=150)
        headers = {"Cookie": "; ".join(map("=".join, self.cookies.items())), "Accept": "text/html"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with contextlib.closing(connection):
            connection.request("GET" if body is None else "POST", path, body, headers)
            response = connection.getresponse()
            page = response.read()
            for line in response.headers.get_all("Set-Cookie") or ():
                name, _is, value = line.split(";")[0].partition("=")
                self.cookies[name] = value
        return response.status, response.headers.get("Location") or "", page

    def count(self, kind: str, status: int, path: str) -> None:
        self.found.answers[f"{kind} {status}"] += 1
        if status >= 500 and status != 503:
            self.found.faults[f"{status} {urllib.parse.urlsplit(path).path}"] += 1


class _Reader(_Client):
    """Opens a link of every shape in turn, whichever page it stood on."""

    def __init__(self, port: int, token: str, found: Soak, seed: int) -> None:
        super().__init__(port, token, found)
        self.random = random.Random(seed)
        self.links: dict[str, list[str]] = {"/": ["/"]}
        self.waiting: list[str] = []

    def run(self, go: threading.Event, over: threading.Event) -> None:
        while not over.is_set():
            go.wait()
            self._open(self._next())
            time.sleep(PAUSE)

    def _next(self) -> str:
        if not self.waiting:
            self.waiting = [self.random.choice(links) for links in self.links.values()]
            self.random.shuffle(self.waiting)
        path = self.waiting.pop()
        preview = ".pdf" in path and "preview" not in path and self.random.random() < PREVIEWED
        return f"{path}{'&' if '?' in path else '?'}preview=1" if preview else path

    def _open(self, path: str) -> None:
        try:
            status, place, page = self.ask(path)
        except (OSError, http.client.HTTPException) as error:
            self.found.faults[f"{type(error).__name__} {path}"] += 1
            return
        self.count("paper" if PAPER.search(path) else "page", status, path)
        links = [place] if place.startswith("/") else []
        if page[:15].lower().startswith(b"<!doctype html"):
            links += map(unescape, LINK.findall(page.decode()))
        for link in links:
            if not AWAY.search(link):
                known = self.links.setdefault(_shape(link), [])
                if link not in known:
                    known.append(link)
                    del known[:-30]


def _shape(link: str) -> str:
    """Links of one shape lead to pages of one kind."""
    path, _mark, query = link.partition("?")
    names = sorted(name for name, _value in urllib.parse.parse_qsl(query))
    path = re.sub(r"/preview/[\w-]+", "/preview/K", path)
    return re.sub(r"\d+", "N", path) + "?" + "&".join(names)


class _Writer(_Client):
    """Records a visit with three problems every few seconds."""

    def run(self, go: threading.Event, over: threading.Event) -> None:
        _status, _place, content = self.ask("/visits/new")
        page = content.decode()
        fields = {name: _hidden(page, name) for name in ("csrf_token", "typed_by", "member_id", "visited_on")}
        branches = re.findall(r'<option value="(\d+)"', page[page.index('name="branch_id"') :])
        for n in range(1_000_000):
            if over.wait(EVERY):
                return
            go.wait()
            said = {"kinds": "research", "level": "group", "findings": "巡查码头，总体平稳。" * 9}
            body = fields | said | {"branch_id": branches[n % len(branches)], "client_key": secrets.token_urlsafe(12)}
            pairs = [*body.items()]
            for one in range(3):
                pairs += [("problem_text", f"码头候船区无遮阳棚，第{n}-{one}处"), ("problem_line", "")]
                pairs += [("problem_side", "bureau"), ("problem_handling", "coordinate"), ("problem_owner", "办公室")]
            status, _place, _page = self.ask("/visits/new", urllib.parse.urlencode(pairs))
            self.count("save", status, "/visits/new")
            self.found.saved += status == 303


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', page)
    return found[1] if found else ""
