"""The suite and its clock: it may begin at any moment, and midnight in Shanghai may pass while it runs."""

import datetime as dt
import importlib
import sys
import time

from logbook.formats import begin_of, now, today

ROOM = dt.timedelta(minutes=3)  # what begins later before midnight begins after it
_taken = [today()]  # the day that stands at the heads of the modules


def keep_within_a_day():
    """Let no test begin right before midnight; after it, take anew the days that modules take at their heads."""
    left = begin_of(today() + dt.timedelta(days=1)) - now()
    if left < ROOM:
        time.sleep(left.total_seconds())
    if today() != _taken[0]:
        _taken[0] = today()
        _read_heads_anew()


def _read_heads_anew():
    # Twice: what one takes from another may stand before it.
    for module in 2 * [module for name, module in sys.modules.items() if name.startswith("tests.")]:
        if module is not sys.modules[__name__]:
            importlib.reload(module)


def wait_until(holds, most=300):
    """Wait for the thing itself, however busy the machine; after `most` seconds it is not coming."""
    until = time.monotonic() + most
    while not (found := holds()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)
    return found
