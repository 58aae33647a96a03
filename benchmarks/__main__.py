"""python -m benchmarks [--visits N …]: prints one table; every figure beside its limit, measured in the same run."""

import argparse
import datetime as dt
import sys
import tempfile
import time
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from benchmarks import memory, pages, store
from benchmarks.house import House

Row = tuple[str, str, str, str]
LARGE = 100_000


def main() -> None:
    """Measure at each size, then print the table."""
    parser = argparse.ArgumentParser(prog="run.py bench", description=__doc__)
    parser.add_argument("--visits", type=int, nargs="+", default=[1_000, 100_000], help="sizes, e.g. 1000")
    options = parser.parse_args()
    rows: list[Row] = []
    rates: list[float] = []
    with tempfile.TemporaryDirectory(prefix="logbook-bench-") as folder:
        for size in options.visits:
            house = House(Path(folder) / str(size), size)
            house.folder.mkdir()
            _say(f"filling {size} visits …")
            house.fill()
            rows += _pages(house) + _year(house) + _memory(house)
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
    app, year = house.app(), dt.datetime.now(dt.UTC).year - 1
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


def _print(rows: list[Row]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    print()
    for row in (("what", "measured", "limit", ""), *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


main()
