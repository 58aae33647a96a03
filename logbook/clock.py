"""The one clock: server, children and tests read the time here. LOGBOOK_CLOCK moves it, for tests only.

LOGBOOK_CLOCK is a whole number of seconds with its sign: +86400 is this hour tomorrow. It is read anew each time, so
that a test can move the clock while it runs, and children have it from their parent. No real installation serves
with it.
"""

import datetime as dt
import os
import re
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
NAME = "LOGBOOK_CLOCK"
_OFFSET = re.compile(r"[+-]\d{1,10}")


def offset() -> dt.timedelta:
    """Return how far this clock is from the machine's. Raise ValueError when LOGBOOK_CLOCK is no such number."""
    said = os.environ.get(NAME)
    if said and not _OFFSET.fullmatch(said):
        raise ValueError(f"{NAME} is a whole number of seconds with its sign, as +86400")
    return dt.timedelta(seconds=int(said or 0))


def now() -> dt.datetime:
    """Return this instant, in UTC."""
    return dt.datetime.now(dt.UTC) + offset()


def today() -> dt.date:
    """Return today's date in Asia/Shanghai, where a day begins and ends."""
    return now().astimezone(SHANGHAI).date()


def written_at(path: Path) -> dt.datetime:
    """Return when a file was last written, in UTC: the machine's clock stamps it, and is moved as this one is."""
    return dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC) + offset()
