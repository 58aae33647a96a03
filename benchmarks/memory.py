"""Starting, resting, and writing a large workbook: each in a process of its own, which reports about itself."""

import json
import subprocess
import sys

from benchmarks.house import ROOT, House

START = """
import json, resource, sys, time
started = time.perf_counter()
from logbook.app import create_app
app = create_app()
browser = app.test_client()
assert browser.get("/sign-in").status_code == 200
elapsed = time.perf_counter() - started
heavy = [name for name in ("pandas", "docx", "typst", "pypinyin") if name in sys.modules]
memory = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20
print(json.dumps([elapsed, memory, heavy]))
"""
WORKBOOK = """
import json, resource, time
from benchmarks.pages import client
from logbook.app import create_app
app = create_app({"TESTING": True})
browser = client(app, "office")
browser.get("/visits.xlsx?branch=1&member=1&from=2000-01-01&to=2000-01-02")
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
idle = peak()
started = time.perf_counter()
answer = browser.get("/visits.xlsx", buffered=False)
size = sum(len(part) for part in answer.response)
print(json.dumps([time.perf_counter() - started, peak() - idle, size]))
"""


def report(house: House, script: str, *arguments: str) -> list[float]:
    """What the script prints, run on the house."""
    environment = house.environment | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: list[float] = json.loads(done.stdout)
    return found
