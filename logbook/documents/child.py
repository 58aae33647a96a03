"""One kind of child for PDF, Word and Excel: it makes what it is handed, answers, and ends, and its memory with it.

A new one for each job: it has begun after 15 ms, and nothing of one paper is left when another is made. What it is
handed are plain values of ours, over a pipe and never on a command line. It ends when its server does.
"""

import contextlib
import errno
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

LONGEST = 60  # seconds from one part of a job to the next, or to its result
FULL = (errno.ENOSPC, errno.EDQUOT)  # also what a child ends with, where the disk is
PIECE = 1024 * 1024  # bytes
LENGTH = 8  # bytes before each result
ROOT = Path(__file__).parent.parent.parent


class PaperFailed(RuntimeError):  # noqa: N818
    """The child gave up, or was ended; the message is its own, and may hold words of the paper."""


class PaperLate(PaperFailed):
    """It took longer than a paper may."""


def results(kind: str, parts: Iterable[Any], room: Path | None = None, longest: float | None = None) -> Iterator[bytes]:
    """Each result of a job; see `pieces`."""
    kept: list[bytes] = []
    for piece in pieces(kind, parts, room, longest):
        if piece:
            kept.append(piece)
        else:
            yield b"".join(kept)
            kept.clear()


def pieces(kind: str, parts: Iterable[Any], room: Path | None = None, longest: float | None = None) -> Iterator[bytes]:
    """Hand the parts of a job to a child; yield its results in pieces, an empty one after each.

    `room` is an empty folder for what is temporary, one of its own where there is none. Raise PaperFailed.
    """
    with contextlib.ExitStack() as stack:
        folder = room or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        child = begin("logbook.documents.making", folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        stack.callback(end, child)
        yield from _hand_over(child, (kind, LONGEST if longest is None else longest), parts)
        _judge(child)


def begin(module: str, folder: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Start a child that reads its job from its stdin, and lives until that is closed."""
    around = {"PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": "0", "TMPDIR": str(folder)}
    argv = [sys.executable, "-m", module]
    return subprocess.Popen(argv, stdin=subprocess.PIPE, env=os.environ | around, **options)  # noqa: S603 - ours


def hand(child: subprocess.Popen[bytes], part: object) -> bool:
    """Hand it one more part; tell whether it still takes them."""
    assert child.stdin is not None  # noqa: S101 - see begin
    try:
        pickle.dump(part, child.stdin)
        child.stdin.flush()
    except BrokenPipeError:
        return False
    return True


def _hand_over(child: subprocess.Popen[bytes], first: object, parts: Iterable[Any]) -> Iterator[bytes]:
    if hand(child, first) and all(hand(child, part) for part in parts):
        assert child.stdout is not None  # noqa: S101 - see pieces
        while head := child.stdout.read(LENGTH):
            left = int.from_bytes(head)
            while left and (piece := child.stdout.read(min(left, PIECE))):
                left -= len(piece)
                yield piece
            if left:  # it was ended
                return
            yield b""


def end(child: subprocess.Popen[bytes]) -> None:
    """Whoever asked may have stopped asking: it ends, done or not."""
    child.kill()
    for pipe in (child.stdin, child.stdout, child.stderr):
        with contextlib.suppress(OSError):  # what was never taken cannot be flushed
            if pipe:
                pipe.close()
    child.wait()


def _judge(child: subprocess.Popen[bytes]) -> None:
    assert child.stderr is not None  # noqa: S101 - see pieces
    said = child.stderr.read()[-500:].decode(errors="replace")
    code = child.wait()
    if code == -signal.SIGALRM:
        raise PaperLate("timeout")
    if code in FULL:
        raise OSError(code, os.strerror(code))
    if code:
        raise PaperFailed(said or f"ended by {signal.Signals(-code).name}")


# --- in the child ---------------------------------------------------------------------------------


def take(longest: float = LONGEST) -> Any:
    """The next part of the job. What takes longer than allowed until the one after it is ended by the system."""
    signal.setitimer(signal.ITIMER_REAL, longest)
    return pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own server, over its own pipe


def step_back() -> None:
    """Pages go before papers, and where memory runs out the system ends the child, not the server."""
    os.nice(5)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def end_with_server() -> None:
    """From when the whole job is here: the pipe is closed when the server has the result, or is no more."""
    threading.Thread(target=_wait_for_end, daemon=True).start()


def _wait_for_end() -> None:
    if not os.read(sys.stdin.fileno(), 1):  # past Python's buffer, whose lock its own end would wait for
        os._exit(1)


def full(error: BaseException | None) -> int:
    """Which of the system's words for a full disk lies at the bottom of the error; 0 for none."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in FULL:
            return error.errno
        error = error.__cause__ or error.__context__
    return 0
