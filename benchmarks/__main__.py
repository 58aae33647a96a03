"""python -m benchmarks [--visits N …] [--browser] [--soak MINUTES]: a table; every figure beside its limit, measured in
the same run."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from benchmarks import audit, ballots, memory, pages, papers, soak, store
from benchmarks import browser as phone
from benchmarks.house import House, tokens
from logbook.formats import today

Row = tuple[str, str, str, str]
LARGE = 100_000


def main() -> None:
    """Measure at each size, then print the table."""
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    parser.add_argument("--visits", type=int, nargs="+", default=[1_000, 100_000], help="sizes, e.g. 1000")
    parser.add_argument("--browser", action="store_true", help="the phone instead: a real Chromium, and Lighthouse")
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="mixed traffic for so long: memory at rest")
    options = parser.parse_args()
    if options.soak:
        _print(_soak(options.soak))
        return
    if options.browser:
        _print(_browser(min(options.visits)))
        return
    rows: list[Row] = []
    rates: list[float] = []
    with tempfile.TemporaryDirectory(prefix="logbook-bench-") as folder:
        for size in options.visits:
            house = House(Path(folder) / str(size), size)
            house.folder.mkdir()
            _say(f"filling {size} visits …")
            house.fill()
            rows += _pages(house) + _year(house) + _memory(house) + _papers(house) + _ballots(house)
            more, rate = _store(house)
            rows += more
            rates.append(rate)
    if len(rates) > 1:
        ratio = rates[-1] / rates[0]
        rows.append(("store: the large beside the small", f"{ratio:.2f}", "≥ 0.90", _mark(ratio >= 0.9)))
    _print(rows)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _mark(good: bool) -> str:  # noqa: FBT001 - reads as a sentence where it is called
    return "" if good else "over"


def _store(house: House) -> tuple[list[Row], float]:
    _say("storing visits …")
    found, raw = store.over_http(house), store.raw(house)
    name = f"{house.visits:,}: store a visit over HTTP, 16 clients"
    share = found.rate / raw
    return [
        (f"{name}, a second", f"{found.rate:.0f} = {share:.3f} of raw", f"0.060 × {raw:.0f} raw", _mark(share >= 0.06)),
        (f"{name}, p99", f"{found.p99:.0f} ms", "100 ms", _mark(found.p99 <= 100)),
    ], found.rate


def _pages(house: House) -> list[Row]:
    _say("opening pages …")
    app = house.app()
    member, office = pages.client(app, "member"), pages.client(app, "office")
    rows = []
    for name, browser, path in (("a member's list of 25", member, "/visits"), ("the office's coverage", office, "/")):
        ms, statements = pages.page(app, browser, path)
        rows.append(
            (
                f"{house.visits:,}: {name}",
                f"{ms:.1f} ms, {statements} SQL",
                "8 ms, 6 SQL",
                _mark(ms <= 8 and statements <= 6),
            )
        )
    ms, _statements = pages.page(app, office, "/visits?text=码头")
    raw = pages.raw_search(house, "码头")
    limit = f"2 × {raw:.1f} ms raw LIKE"
    rows.append((f"{house.visits:,}: search 码头", f"{ms:.1f} ms", limit, _large(house, holds=ms <= 2 * raw)))
    return rows


def _year(house: House) -> list[Row]:
    _say("summing up a year …")
    app, year = house.app(), today().year - 1
    office = pages.client(app, "office")
    days = f"from={year}-01-01&to={year}-12-31"
    ms, _statements = pages.page(app, office, f"/years?{days}")
    raw, rendering = pages.raw_year(house, year), _rendering(app, office)
    limit = 3 * raw + rendering
    rows = [(
        f"{house.visits:,}: year summary, HTML", f"{ms:.0f} ms", f"3 × {raw:.0f} raw SQL + {rendering:.0f} rendering",
        _large(house, holds=ms <= limit),
    )]  # fmt: skip
    if house.visits <= 1000:
        started = time.perf_counter()
        for ending in ("docx", "xlsx", "pdf"):
            office.get(f"/years/paper.{ending}?{days}")
        seconds = time.perf_counter() - started
        rows.append((f"{house.visits:,}: docx + xlsx + pdf", f"{seconds:.2f} s", "2.00 s", _mark(seconds <= 2)))
    return rows


def _large(house: House, *, holds: bool) -> str:
    """For a limit set for large installations: in a small one the page itself takes longer than the raw SQL."""
    return _mark(holds) if house.visits >= LARGE else f"set for {LARGE:,}"


def _rendering(app: Flask, office: FlaskClient) -> float:
    """The page over a year without a record: the same template, and next to no rows."""
    path = "/years?from=2000-01-01&to=2000-12-31"
    return pages.page(app, office, path)[0]


def _memory(house: House) -> list[Row]:
    _say("starting, resting, writing a workbook …")
    seconds, resident, heavy = memory.report(house, memory.START)
    rows = [
        ("create_app and first page", f"{seconds:.2f} s", "0.80 s", _mark(seconds <= 0.8)),
        ("resident, " + ("nothing heavy loaded" if not heavy else f"{heavy} loaded"), f"{resident:.0f} MB", "120 MB",
         _mark(resident <= 120 and not heavy)),
    ]  # fmt: skip
    if house.visits <= 1000:
        return rows
    seconds, more, size = memory.report(house, memory.WORKBOOK)
    name = f"{house.visits:,}: xlsx of all records ({size / 2**20:.0f} MB in {seconds:.0f} s)"
    return [*rows, (name, f"{more:.0f} MB above idle", "60 MB", _mark(more <= 60))]


def _papers(house: House) -> list[Row]:
    if house.visits > 1000:
        return []
    _say("making the papers of a year …")
    seconds, worked, more, books = memory.report(house, papers.SET)
    rows = [
        (f"summary docx + pdf + xlsx, {books} books", f"{seconds:.2f} s, {worked:.2f} s of processor", "4.00 s",
         _mark(seconds <= 4)),
        ("the server's memory after a second set", f"{more:+.0f} MB", "+8 MB", _mark(more <= 8)),
    ]  # fmt: skip
    for records, most_seconds, most_memory in ((500, 6, 300), (3000, 6, 1200)):
        seconds, peak = memory.report(house, papers.BOOK, str(records))
        limit, good = f"{most_seconds:.2f} s, {most_memory:,} MB", seconds <= most_seconds and peak <= most_memory
        rows.append(
            (f"a book of {records:,} pages", f"{seconds:.2f} s, {peak:.0f} MB in the child", limit, _mark(good))
        )
    return rows


def _ballots(house: House) -> list[Row]:
    if house.visits > 1000:
        return []
    _say("holding ballots …")
    found = ballots.report(house)
    people, size = ballots.SECRETARIES, f"{ballots.SECRETARIES} × {ballots.VOTERS} ballots"
    return [
        (f"one ballot on {people}, in the server", f"{found.cast:.0f} ms", "50 ms", _mark(found.cast <= 50)),
        (f"{size} closed, erased and counted", f"{found.closed:.2f} s", "2.00 s", _mark(found.closed <= 2)),
        (f"{ballots.AT_ONCE} voters within {found.together:.0f} s, {found.lost} lost",
         f"slowest answer {found.slowest:.2f} s", "none lost", _mark(not found.lost)),
    ]  # fmt: skip


def _browser(visits: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="logbook-bench-") as folder:
        house = House(Path(folder) / "house", visits)
        house.folder.mkdir()
        _say(f"filling {visits} visits …")
        house.fill()
        return _phone(house) + _judged(house)


def _soak(minutes: float) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="logbook-bench-") as folder:
        house = House(Path(folder) / "house", 1000)
        house.folder.mkdir()
        _say("filling …")
        house.fill()
        _say(f"{minutes:g} minutes of mixed traffic …")
        found = soak.report(house, minutes)
    for what, count in sorted((found.answers + found.faults).items()):
        _say(f"  {count:6,} × {what}")
    faults = sum(found.faults.values())
    return [
        ("memory at rest after the first minutes", f"{found.first:.0f} MB", "", ""),
        ("the most, with the children that make papers", f"{found.most:.0f} MB", "", ""),
        (f"at rest after {minutes:g} minutes, {found.answers.total():,} answers, {found.saved:,} saves",
         f"{found.last:.0f} MB = {found.ratio:.2f} ×", "1.30 ×", _mark(found.ratio <= 1.3)),
        ("answers that are faults of the server", str(faults), "0", _mark(not faults)),
    ]  # fmt: skip


def _phone(house: House) -> list[Row]:
    _say("sending, starting without signal, opening first pages …")
    found = phone.report(house)
    slow, fair = (f"{line.kbit / 1000} Mbit/s, {line.latency} ms" for line in (phone.SLOW, phone.FAIR))
    seconds = [
        (f"submit to receipt, {phone.CHARACTERS} characters, {slow}", found.sent, 5.0),
        ("cold start without signal", found.cold, 2.0),
        *((f"{name}, {fair}", taken, 1.0) for name, taken in found.first_pages.items()),
    ]
    sizes = [
        ("the shell, compressed", found.shell, 60),
        (f"a record's POST, {phone.CHARACTERS} characters", found.post, 4),
    ]
    return [
        *((f"phone: {name}", f"{took:.2f} s", f"{most:.2f} s", _mark(took <= most)) for name, took, most in seconds),
        *(
            (f"phone: {name}", f"{size / 1000:.1f} kB", f"{most} kB", _mark(size <= 1000 * most))
            for name, size, most in sizes
        ),
    ]


def _judged(house: House) -> list[Row]:
    _say("judging pages with Lighthouse …")
    key = tokens(house.app(), 1)[0]
    pages_seen = (("sign-in", "/sign-in", ""), ("home", "/", key), ("the form", "/visits/new", key))
    try:
        audit.ready()
        with house.served() as port:
            found = [(name, audit.judge(f"http://127.0.0.1:{port}{path}", who)) for name, path, who in pages_seen]
    except audit.Missing as missing:
        _say(str(missing))
        return []
    return [row for name, judged in found for row in _scores(name, judged)]


def _scores(name: str, judged: audit.Judged) -> list[Row]:
    return [
        (f"Lighthouse, mobile: {name}, {category}", f"{score:.2f}", f"≥ {limit:.2f}", _under(score, limit, judged))
        for (category, limit), score in zip(audit.LIMITS.items(), judged.scores, strict=True)
    ]


def _under(score: float, limit: float, judged: audit.Judged) -> str:
    return "" if score >= limit else f"under: {' '.join(judged.faults)}"


def _print(rows: list[Row]) -> None:
    table = [("what", "measured", "limit", ""), *rows]
    widths = [max(len(row[i]) for row in table) for i in range(4)]
    print()
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


main()
