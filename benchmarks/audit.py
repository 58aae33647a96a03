"""Lighthouse, as on a phone: it comes from npm, at the version and with the digests of lighthouse/package-lock.json."""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.browser import CHROMIUM, FLAGS, ROUNDS, keep_session

FOLDER = Path(__file__).parent / "lighthouse"
LIMITS = {"performance": 0.95, "accessibility": 1.0, "best-practices": 1.0}
OLDEST_NODE = (18, 16)
TRIES = 3


class Missing(Exception):  # noqa: N818 - it says what to install
    """One line for the person at the keyboard."""


@dataclass(frozen=True)
class Judged:
    """A page's scores, medians, and the audits that cost it any of them."""

    scores: list[float]  # in the order of LIMITS
    faults: list[str]


def ready() -> None:
    """Install what the lock names, unless it is there; raise Missing with what is missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        raise Missing("Lighthouse is left out: node and npm are missing (apt-get install nodejs npm)")
    version = _printed([node, "--version"]).strip().removeprefix("v")
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_NODE:
        raise Missing(f"Lighthouse is left out: it needs Node {'.'.join(map(str, OLDEST_NODE))}, this is {version}")
    lock, installed = FOLDER / "package-lock.json", FOLDER / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        _printed([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"])


def judge(address: str, key: str = "") -> Judged:
    """Median scores of one page; `key` is the session's, when somebody is signed in."""
    reports = [_sure_report(address, key) for _ in range(ROUNDS)]
    scores = [statistics.median(report["categories"][one]["score"] for report in reports) for one in LIMITS]
    return Judged(scores, sorted({fault for report in reports for fault in _faults(report)}))


def _sure_report(address: str, key: str) -> dict[str, Any]:
    """On a busy machine a trace may miss its beginning, and Lighthouse itself asks to be run again."""
    for _ in range(TRIES - 1):
        with contextlib.suppress(Missing):
            return _fresh_report(address, key)
    return _fresh_report(address, key)


def _fresh_report(address: str, key: str) -> dict[str, Any]:
    """In a browser that knows nothing but the session: a cookie sent as a header would not reach the page's fetches."""
    with tempfile.TemporaryDirectory(prefix="logbook-lighthouse-", ignore_cleanup_errors=True) as profile:
        if key:
            keep_session(Path(profile), key)
        return _report(address, profile)


def _report(address: str, profile: str) -> dict[str, Any]:
    argv = [shutil.which("node") or "node", str(FOLDER / "node_modules/lighthouse/cli/index.js"), address]
    argv += ["--quiet", "--output=json", "--no-enable-error-reporting", f"--only-categories={','.join(LIMITS)}"]
    argv.append(f"--chrome-flags={FLAGS} --user-data-dir={profile}")
    found: dict[str, Any] = json.loads(_printed(argv))
    if found.get("runtimeError") or found["finalDisplayedUrl"] != address:
        raise Missing(f"Lighthouse saw {found['finalDisplayedUrl']}: {found.get('runtimeError')}")
    return found


def _faults(report: dict[str, Any]) -> list[str]:
    weighed = {ref["id"] for one in LIMITS for ref in report["categories"][one]["auditRefs"] if ref["weight"]}
    scores = {name: report["audits"][name]["score"] for name in weighed}
    return [name for name, score in scores.items() if score is not None and score < 0.9]


def _printed(argv: list[str]) -> str:
    done = subprocess.run(
        argv, cwd=FOLDER, env=os.environ | {"CHROME_PATH": CHROMIUM}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()
        raise Missing(f"Lighthouse is left out: {Path(argv[0]).name} said {said[0]}")
    return done.stdout
