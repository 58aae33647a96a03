"""What the application is told of a request, and what becomes of a body and an answer, between granian and WSGI."""

import asyncio
import errno
import io
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, Response, request

from logbook import answers, serving
from logbook.gate import Gate, Why
from logbook.serving import Served, environ_of


def in_a_loop(coroutine):
    """What it comes to, in a thread of its own: a browser's driver has a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


class Headers:
    def __init__(self, pairs):
        self.pairs = pairs

    def items(self):
        return self.pairs


def scope(method="GET", path="/", query="", headers=(), **others):
    return SimpleNamespace(**{
        "method": method, "path": path, "query_string": query, "headers": Headers(headers), "scheme": "http",
        "server": "127.0.0.1:8000", "client": "[::1]:52000", "http_version": "1.1", **others,
    })  # fmt: skip


class Protocol:
    """granian's side of one request: the pieces of a body, a fault or a silence among them, and the answer given."""

    def __init__(self, *pieces):
        self.pieces = pieces
        self.answer = None

    async def __aiter__(self):
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            await asyncio.sleep(piece if isinstance(piece, float) else 0)
            yield b"" if isinstance(piece, float) else piece

    def response_bytes(self, status, headers, body):
        self.answer = status, dict(headers), body

    def response_empty(self, status, headers):
        self.answer = status, dict(headers), b""

    def response_file(self, status, headers, path):
        self.answer = status, dict(headers), Path(path).read_bytes()


@pytest.fixture
def served():
    app = Flask("small")
    app.config["MAX_CONTENT_LENGTH"] = 300_000
    app.wsgi_app = Gate(app.wsgi_app, most=300_000, hosts=())

    @app.route("/echo", methods=["GET", "POST"])
    def echo():
        return request.get_data()

    @app.route("/large.pdf")
    def large():
        return Response(iter([b"x" * 200_000] * 3))

    @app.route("/thread")
    def thread():
        import threading

        return threading.current_thread().name.partition("_")[0]

    @app.route("/gone", methods=["GET", "POST"])
    def gone():
        return "", 204

    served = Served(app)
    yield served
    served.__rsgi_del__(None)


def ask(served, asked, *pieces):
    protocol = Protocol(*pieces)
    in_a_loop(served.__rsgi__(asked, protocol))
    return protocol.answer


def kept(served):
    return list(served._folder.path.iterdir())


def posted(size, path="/echo", **others):
    return scope("POST", path, headers=[("content-length", str(size))], **others)


def test_the_environment_is_what_pep_3333_says():
    headers = [("host", "a"), ("cookie", "a=1"), ("cookie", "b=2"), ("x-a", "1"), ("x-a", "2"), ("x_b", "forged")]
    environ = environ_of(scope("PUT", "/党/x", "q=%E5", [*headers, ("content-type", "text/plain")]))
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/党/x"
    assert (environ["REMOTE_ADDR"], environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("::1", "127.0.0.1", "8000")
    assert (environ["HTTP_COOKIE"], environ["HTTP_X_A"], "HTTP_X_B" in environ) == ("a=1; b=2", "1,2", False)
    assert (environ["CONTENT_TYPE"], environ["QUERY_STRING"], environ["SCRIPT_NAME"]) == ("text/plain", "q=%E5", "")
    assert environ_of(scope(http_version="1"))["SERVER_PROTOCOL"] == "HTTP/1.0"


def test_a_body_comes_through_whole_from_memory_or_a_file(served):
    assert ask(served, posted(7), b"abc", b"", b"defg")[2] == b"abcdefg"
    assert ask(served, posted(200_000), *[b"x" * 50_000] * 4)[2] == b"x" * 200_000
    assert ask(served, scope("GET", "/echo", headers=[("content-length", "9")]), 9.0)[0] == 200, "of a GET none is read"


def test_a_body_that_is_not_whole_is_refused(served):
    assert ask(served, posted(9), b"abc")[0] == 400
    assert ask(served, posted(9), b"abc", OSError(errno.ECONNRESET, "gone"))[0] == 400
    assert ask(served, scope("POST", "/echo", headers=[("transfer-encoding", "chunked")]), b"abc")[0] == 411
    assert ask(served, posted(300_001), b"abc")[0] == 413


def refuse_room():
    raise OSError(errno.EMFILE, "too many open files")


# What a temporary file is on a full disk: each write fails; or the last piece, still in memory when all is here.
FULL = {
    "none": refuse_room,
    "no byte": partial(Path("/dev/full").open, "r+b", buffering=0),
    "all but the last piece": partial(Path("/dev/full").open, "r+b", buffering=4_000_000),
}


@pytest.mark.parametrize("room", FULL)
def test_a_body_the_disk_has_no_room_for_is_answered_and_lets_go_of_its_place(served, monkeypatch, room):
    opened = []
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda: opened.append(FULL[room]()) or opened[-1])
    status, headers, body = ask(served, posted(150_000), *[b"x" * 50_000] * 3)
    assert (status, headers["Retry-After"], Why.DOWN.value[1] in body.decode()) == (503, "10", True)
    assert [one.closed for one in opened] == [True] * len(opened)
    gate = Gate(served._app, most=10**7, hosts=())
    environ = environ_of(posted(2_000_000)) | {"wsgi.input": io.BytesIO(b"x" * 2_000_000)}
    said = []
    assert Why.DOWN.value[1].encode() in b"".join(gate(environ, lambda status, _headers: said.append(status)))
    assert said == ["503 SERVICE UNAVAILABLE"], "behind any other server, too"
    assert [one.closed for one in opened] == [True] * len(opened)


def test_a_head_that_cannot_be_read_is_answered(served):
    status, _headers, body = ask(served, scope(headers=None))
    assert (status, Why.DOWN.value[1] in body.decode()) == (503, True)


def test_a_silence_ends_a_body_and_so_does_a_trickle(served, monkeypatch):
    monkeypatch.setattr(serving, "SILENCE", 0.05)
    assert ask(served, posted(9), b"abc", 60.0, b"defghi")[0] == 408
    monkeypatch.setattr(serving, "SILENCE", 60)
    monkeypatch.setattr(serving, "LONGEST", 0.1)
    assert ask(served, posted(9), *[0.05] * 9, b"abc")[0] == 408


def test_a_large_answer_is_sent_from_a_file_that_goes_afterwards(served, monkeypatch):
    monkeypatch.setattr(serving, "OPENED", 0.05)

    async def whole():
        protocol = Protocol()
        await served.__rsgi__(scope(path="/large.pdf"), protocol)
        for _ in range(1000):
            if not kept(served):
                break
            await asyncio.sleep(0.01)
        return protocol.answer

    assert in_a_loop(whole())[2] == b"x" * 600_000
    assert kept(served) == []


def test_readers_papers_and_writers_have_threads_of_their_own(served):
    assert ask(served, scope(path="/thread"))[2] == b"reader"
    assert ask(served, scope(path="/thread", query="preview=1"))[2] == b"paper"
    assert ask(served, posted(0, "/gone"))[:1] == (204,)


def test_a_fault_outside_the_application_is_an_answer_as_well(served, monkeypatch):
    monkeypatch.setattr(serving, "LARGE", 10)
    shutil.rmtree(served._folder.path)
    status, headers, body = ask(served, scope(path="/large.pdf", headers=[("accept", "application/json")]))
    assert (status, headers["Retry-After"], b"error" in body) == (503, "10", True)


def test_of_an_answer_that_breaks_off_no_part_is_left(served, monkeypatch):
    monkeypatch.setattr(serving, "LARGE", 10)
    with pytest.raises(ZeroDivisionError):
        served._collect(b"x" * 20 if n else 1 / 0 for n in (2, 1, 0))
    assert kept(served) == []


LIVING = (
    "import sys, time\nfrom logbook.answers import Folder\nfolder = Folder()\nfolder.keep(b'private', ())\n"
    "print(folder.path, flush=True)\nsys.stdin.read()"
)


def test_what_a_killed_server_left_goes_at_the_next_start_and_nothing_of_a_living_one(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    pipes, env = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}, {**os.environ, "TMPDIR": str(tmp_path)}
    (tmp_path / f"{answers.PREFIX}link").symlink_to(tmp_path)
    with (
        subprocess.Popen([sys.executable, "-c", LIVING], env=env, text=True, **pipes) as killed,
        subprocess.Popen([sys.executable, "-c", LIVING], env=env, text=True, **pipes) as living,
    ):
        left, held = (Path(one.stdout.readline().strip()) for one in (killed, living))
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        folder = answers.Folder()
        assert (left.exists(), len(list(held.iterdir())), folder.path.exists()) == (False, 1, True)
        living.communicate()
    folder.close()
    assert not folder.path.exists()


def test_the_next_one_is_answered_while_a_body_is_waited_for(served):
    async def both():
        slow = asyncio.create_task(served.__rsgi__(posted(9), Protocol(b"abc", 600.0)))
        protocol, began = Protocol(), time.monotonic()
        await served.__rsgi__(scope(path="/thread"), protocol)
        assert not slow.done()
        slow.cancel()
        return protocol.answer[0], time.monotonic() - began

    assert in_a_loop(both())[0] == 200
