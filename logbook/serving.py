"""The application behind granian (RSGI): nobody's slowness holds a thread that somebody else needs.

A body is read before a thread is taken, an answer is sent after it was given back. Reading, papers and writing have
threads of their own: who waits for a long writer, or for a paper, waits among their like.
"""

import asyncio
import contextlib
import contextvars
import ctypes
import io
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, NamedTuple

from flask import Flask

from logbook import answers, gate, logs
from logbook.app import create_server_app
from logbook.gate import SAFE, Refused, Why

READERS, PAPERS, WRITERS = 6, 2, 4
SILENCE = 30  # seconds without a byte, after which a body is not waited for any longer
LONGEST = 15 * 60  # seconds for all of a body
LARGE = 256 * 1024  # bytes of an answer; a larger one is sent from a file, as fast as it is fetched
OPENED = 60  # seconds until such a file has been opened for certain
ENDINGS = (".pdf", ".docx", ".xlsx", ".zip")
DIES_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Answer(NamedTuple):
    """What the application said, whole; a large body lies in a file."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | Path


def create_served() -> "Served":  # pragma: no cover - a worker of a real server: tests/serving
    """Return the application as one of granian's workers serves it."""
    end_with_parent()
    return Served(create_server_app())


def end_with_parent() -> None:  # pragma: no cover - the same; it would end the tests with their parent
    """Let the kernel end this worker when the main process is gone: a stray one would keep port and folder."""
    ctypes.CDLL(None, use_errno=True).prctl(DIES_WITH_PARENT, signal.SIGKILL)
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid != os.getppid():  # it went before the kernel was asked
        sys.exit(1)


class Served:
    """A WSGI application as an RSGI one."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._papers = ThreadPoolExecutor(PAPERS, "paper")
        self._writers = ThreadPoolExecutor(WRITERS, "writer")
        self._folder = answers.Folder()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        environ: dict[str, Any] = {}
        try:
            environ = environ_of(scope)
            answer = await self._ask(environ, protocol)
        except Refused as refused:
            _send_refusal(refused.why, environ, protocol)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            logs.log.error("%s while answering", type(error).__name__)
            _send_refusal(Why.DOWN, environ, protocol)
        else:
            self._send(answer, protocol)

    async def _ask(self, environ: dict[str, Any], protocol: Any) -> Answer:
        with contextlib.closing(await self._read(environ, protocol)) as body:
            gate.take(environ, body)
            lane, context = self._lane(environ), contextvars.Context()
            return await asyncio.get_running_loop().run_in_executor(lane, context.run, self._answer, environ)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Leave nothing behind."""
        for lane in (self._readers, self._papers, self._writers):
            lane.shutdown(wait=True, cancel_futures=True)
        self._folder.close()

    def _lane(self, environ: dict[str, Any]) -> ThreadPoolExecutor:
        if environ["REQUEST_METHOD"] not in SAFE:
            return self._writers
        paper = environ["PATH_INFO"].endswith(ENDINGS) or "preview=1" in environ["QUERY_STRING"]
        return self._papers if paper else self._readers

    async def _read(self, environ: dict[str, Any], protocol: Any) -> IO[bytes]:
        """Return the whole body; raise Refused where it does not come."""
        size = gate.announced(environ)
        if not size or size > self._app.config["MAX_CONTENT_LENGTH"]:
            return io.BytesIO()
        with contextlib.ExitStack() as unless_whole:
            arriving = gate.Arriving(size, gate.PIECE)
            unless_whole.callback(arriving.close)
            try:
                await asyncio.wait_for(_copy(protocol, arriving), LONGEST)
            except TimeoutError:
                raise Refused(Why.SLOW) from None
            except OSError:
                raise Refused(Why.CUT) from None
            body = arriving.whole()
            unless_whole.pop_all()
        return body

    def _answer(self, environ: dict[str, Any]) -> Answer:
        """Ask the application, in a thread."""
        begun: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            begun[:] = [int(status.split(" ", 1)[0]), headers, exc_info]
            return None  # nothing here writes in the old way

        chunks = self._app(environ, start_response)
        try:
            body = self._collect(chunks)
        finally:
            chunks.close() if hasattr(chunks, "close") else None
        return Answer(begun[0], begun[1], body)

    def _collect(self, chunks: Iterable[bytes]) -> bytes | Path:
        held = bytearray()
        chunks = iter(chunks)
        for chunk in chunks:
            held += chunk
            if len(held) > LARGE:
                return self._folder.keep(held, chunks)
        return bytes(held)

    def _send(self, answer: Answer, protocol: Any) -> None:
        status, headers, body = answer
        if isinstance(body, Path):
            asyncio.get_running_loop().call_later(OPENED, body.unlink, True)
            protocol.response_file(status, headers, str(body))
        elif body:
            protocol.response_bytes(status, headers, body)
        else:
            protocol.response_empty(status, headers)


async def _copy(protocol: Any, body: gate.Arriving) -> None:
    """Copy what comes into `body`; raise TimeoutError after a long silence."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(SILENCE) as patience:
        async for chunk in protocol:
            if chunk:
                body.write(chunk)
                patience.reschedule(loop.time() + SILENCE)


def _send_refusal(why: Why, environ: dict[str, Any], protocol: Any) -> None:
    response = gate.answer(why, environ)
    protocol.response_bytes(response.status_code, list(response.headers.items()), response.get_data())


def environ_of(scope: Any) -> dict[str, Any]:
    """Return the WSGI environment (PEP 3333) of a request."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": _host(scope.server),
        "SERVER_PORT": scope.server.rpartition(":")[2],
        "SERVER_PROTOCOL": "HTTP/1.1" if scope.http_version == "1.1" else "HTTP/1.0",
        "REMOTE_ADDR": _host(scope.client),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" not in name:  # it would be taken for the one with a hyphen
            _add(environ, name.upper().replace("-", "_"), value)
    return environ


def _add(environ: dict[str, Any], name: str, value: str) -> None:
    if name not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
        name = f"HTTP_{name}"
    if name in environ:
        value = f"{environ[name]}{'; ' if name == 'HTTP_COOKIE' else ','}{value}"
    environ[name] = value


def _host(address: str) -> str:
    return address.rpartition(":")[0].strip("[]")
