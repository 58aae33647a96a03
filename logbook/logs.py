"""One line a request, with nothing private in it: no address, no query, no name, no text."""

import logging
import sys
import time

from flask import Flask, Response, g, request

log = logging.getLogger("logbook.requests")


def init_app(app: Flask) -> None:
    """Log method, endpoint, status, bytes and milliseconds of every request to standard error."""
    if not log.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False
    log.disabled = bool(app.testing)
    app.before_request(_start)
    app.after_request(_write)


def _start() -> None:
    g.started = time.perf_counter()


def _write(response: Response) -> Response:
    if g.get("unwatched"):
        return response
    elapsed = 1000 * (time.perf_counter() - g.started) if "started" in g else 0.0
    size = response.content_length or 0
    log.info("%s %s %d %dB %.1fms", request.method, request.endpoint or "-", response.status_code, size, elapsed)
    return response
