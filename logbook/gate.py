"""What is settled before the application is asked, whatever server calls it: its name, and that a body is whole.

To a server a connection that was cut looks like the end of a body. So a body is taken only when all of its
Content-Length is here; what does not say its length (chunked) is refused.
"""

import contextlib
import enum
import io
import json
import re
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from typing import IO, Any

from werkzeug.wrappers import Response
from werkzeug.wsgi import ClosingIterator

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
IN_MEMORY = 1024 * 1024  # bytes of a body; what is longer lies in a temporary file meanwhile
PIECE = 64 * 1024
MOST_DIGITS = 18  # of a length; none that is longer is meant
WHOLE = "logbook.whole"  # in environ: the server has seen to the body
ARRIVED = "logbook.arrived"  # in environ: when the whole request was here, by time.monotonic()
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d*)?", re.IGNORECASE)
_PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{chinese}</title></head>
<body><h1>{chinese}</h1><p lang="en">{english}</p></body></html>
"""


class Why(enum.Enum):
    """Why a request is not handed to the application: the status, and what is said in both languages."""

    CUT = (
        400,
        "请求没有收完整，没有保存。请返回上一页再提交一次。",
        "The request did not arrive whole; nothing was saved. Go back and send it again.",
    )
    FOREIGN = (
        400,
        "这不是本系统的网址，请核对后重新输入。",
        "This is not the address of this system. Check it and type it again.",
    )
    SLOW = (
        408,
        "网络太慢或已中断，没有收完整，没有保存。请返回上一页再提交一次。",
        "The request took too long to arrive; nothing was saved. Go back and send it again.",
    )
    LENGTHLESS = (
        411,
        "请求没有写明长度，没有收。请换一个浏览器，或联系系统管理员检查代理。",
        "The request does not state its length. Use another browser, or have the proxy checked.",
    )
    DOWN = (
        503,
        "系统暂时不能使用，没有保存。请过一会儿再试。",
        "The system is not available at the moment; nothing was saved. Try again later.",
    )


class Refused(Exception):  # noqa: N818 - named as what happened, not as its kind
    """A request that is not handed to the application."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def answer(why: Why, environ: dict[str, Any]) -> Response:
    """A refusal in both languages, made without database, session and templates."""
    status, chinese, english = why.value
    if "application/json" in environ.get("HTTP_ACCEPT", ""):
        body, kind = json.dumps({"error": f"{chinese} {english}"}, ensure_ascii=False), "application/json"
    else:
        body, kind = _PAGE.format(chinese=chinese, english=english), "text/html"
    response = Response(body, status, mimetype=kind)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if why is Why.DOWN:
        response.retry_after = 10
    return response


def announced(environ: dict[str, Any]) -> int:
    """Return how many bytes the body will have; raise Refused where that is not said. A safe request's is ignored."""
    if environ["REQUEST_METHOD"] in SAFE:
        environ.pop("CONTENT_LENGTH", None)
        return 0
    if environ.get("HTTP_TRANSFER_ENCODING"):
        raise Refused(Why.LENGTHLESS)
    text = environ.get("CONTENT_LENGTH") or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise Refused(Why.CUT)
    return int(text)


class Gate:
    """WSGI middleware: lets through what comes under one of the `hosts`, any where there is none, with a whole body.

    A body of more than `most` bytes is not read; the application refuses it by its length.
    """

    def __init__(self, app: Any, *, most: int, hosts: Collection[str]) -> None:
        self._app = app
        self._most = most
        self._hosts = frozenset(hosts)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Hand on, or refuse."""
        try:
            self._refuse_foreign(environ.get("HTTP_HOST", ""))
            if WHOLE in environ:
                return self._app(environ, start_response)  # type: ignore[no-any-return]
            body = self._read(environ)
        except Refused as refused:
            return answer(refused.why, environ)(environ, start_response)
        take(environ, body)
        return ClosingIterator(self._app(environ, start_response), body.close)

    def _refuse_foreign(self, host: str) -> None:
        found = _HOST.fullmatch(host)
        if host and (found is None or (self._hosts and found[1].lower().rstrip(".") not in self._hosts | LOOPBACK)):
            raise Refused(Why.FOREIGN)

    def _read(self, environ: dict[str, Any]) -> IO[bytes]:
        size = announced(environ)
        if not size or size > self._most:
            return io.BytesIO()
        arriving = Arriving(size)
        try:
            with contextlib.suppress(OSError):
                _copy(environ["wsgi.input"], size, arriving)
            return arriving.whole()
        except BaseException:
            arriving.close()
            raise


class Arriving:
    """A body of so many bytes on its way, in memory or in a temporary file; raise Refused where our disk fails it."""

    def __init__(self, size: int, in_memory: int = IN_MEMORY) -> None:
        self._size = size
        with _on_our_disk():
            self._file = _room_for(size, in_memory)

    def write(self, chunk: bytes) -> None:
        """Put what has come to the rest."""
        with _on_our_disk():
            self._file.write(chunk)

    def whole(self) -> IO[bytes]:
        """Return it from its beginning; raise Refused where a part is missing."""
        if self._file.tell() != self._size:
            raise Refused(Why.CUT)
        with _on_our_disk():
            self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Let it go: what could not be written before cannot now."""
        with contextlib.suppress(OSError):
            self._file.close()


def _room_for(size: int, in_memory: int) -> IO[bytes]:
    return io.BytesIO() if size <= in_memory else tempfile.TemporaryFile()


@contextlib.contextmanager
def _on_our_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Refused(Why.DOWN) from error


def _copy(stream: IO[bytes], left: int, body: Arriving) -> None:
    while left and (chunk := stream.read(min(left, PIECE))):
        body.write(chunk)
        left -= len(chunk)


def take(environ: dict[str, Any], body: IO[bytes]) -> None:
    """Give the application its whole body."""
    environ.pop("wsgi.input_terminated", None)  # or Werkzeug would not compare what it reads with the length
    environ |= {"wsgi.input": body, WHOLE: True, ARRIVED: time.monotonic()}
