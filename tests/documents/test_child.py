"""The child that makes papers: it ends with its job, with its time, with its server, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from logbook.documents import child, pdf, sheet, word
from logbook.documents.paper import Para
from logbook.documents.sheet import Column, Sheet
from tests.documents.papers import paper, short

SERVER = """
import sys, time
from pathlib import Path
from logbook.documents import pictures, sheet
from logbook.documents.sheet import Column, Sheet
from tests.documents.test_pictures import LONG
if sys.argv[2] == "preview":
    pictures.begin(LONG, Path(sys.argv[1]))
    time.sleep(600)
rows = ((str(n) * 99,) for n in iter(int, 1))
sheet.make([Sheet("表", (Column("甲"),), rows)], Path(sys.argv[1]))
"""


def children(process):
    found = Path(f"/proc/{process}/task").glob("*/children")
    return [int(one) for each in found for one in each.read_text().split()]


def wait_for(thing):
    until = time.monotonic() + 60
    while not thing():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.fixture
def begun_here():
    """begun_here() names the processes this test began and that live; other tests of this process keep servers."""
    before = children(os.getpid())
    return lambda: [one for one in children(os.getpid()) if one not in before]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_killed_child_is_told_and_waited_for(tmp_path, number, begun_here):
    def rows():
        yield from [("甲",)] * 2000
        (one,) = begun_here()
        os.kill(one, number)
        yield ("乙",)

    with pytest.raises(child.PaperFailed, match=signal.Signals(number).name):
        sheet.make([Sheet("表", (Column("甲"),), rows())], tmp_path)
    assert begun_here() == []


def test_whoever_stops_asking_leaves_no_child(tmp_path, begun_here):
    made = word.make_all([paper(), short()], tmp_path)
    assert next(made).startswith(b"PK")
    made.close()
    assert begun_here() == []


def test_an_error_among_the_rows_is_that_error_and_leaves_no_child(tmp_path, begun_here):
    rows = (1 / (3 - n) for n in range(9))
    with pytest.raises(ZeroDivisionError):
        sheet.make([Sheet("表", (Column("甲"),), ((one,) for one in rows))], tmp_path)
    assert begun_here() == []


def test_a_full_disk_is_told_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr(child, "begin", lambda _module, folder, **how: begun(FULL, folder, **how))
    with pytest.raises(OSError, match="No space left"):
        pdf.make(short(), room=tmp_path)


FULL = "import errno, sys; sys.stdin.buffer.read(1); sys.exit(errno.ENOSPC)"


def begun(code, _folder, **how):
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, **how)


@pytest.mark.parametrize("kind", ["preview", "workbook"])
def test_no_child_outlives_its_server(tmp_path, kind):
    argv = [sys.executable, "-c", SERVER, str(tmp_path), kind]
    root = Path(child.__file__).parents[2]
    with subprocess.Popen(argv, cwd=root, env=os.environ | {"PYTHONPATH": str(root)}) as server:
        wait_for(lambda: children(server.pid))
        (one,) = children(server.pid)
        wait_for(lambda: b"logbook.documents" in Path(f"/proc/{one}/cmdline").read_bytes())
        server.kill()
    wait_for(lambda: not Path(f"/proc/{one}").exists() or b"Z" in Path(f"/proc/{one}/stat").read_bytes())


def test_what_is_made_stands_on_no_command_line_and_in_no_file(tmp_path, begun_here):
    seen = []

    def rows():
        yield ("第一行",)
        (one,) = begun_here()
        seen.append(Path(f"/proc/{one}/cmdline").read_bytes() + Path(f"/proc/{one}/environ").read_bytes())

    sheet.make([Sheet("机密表", (Column("甲"),), rows())], tmp_path)
    assert "机密表".encode() not in seen[0]
    assert list(tmp_path.iterdir()) == []


def test_a_document_of_many_papers_is_one_child(tmp_path, begun_here):
    seen = set()
    for content in word.make_all([short(blocks=(Para(str(n)),)) for n in range(3)], tmp_path):
        assert content.startswith(b"PK")
        seen.update(begun_here())
    assert len(seen) == 1
