"""One server at a port, whose parts live and die together."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import THOROUGH
from tests.door.conftest import free_port
from tests.serving.conftest import ROOT, wait_for
from tests.serving.wire import get

HOLDER = """
import sys, run
try:
    run.hold_port(sys.argv[1], int(sys.argv[2]))
except run.Stop as stop:
    sys.exit(str(stop))
print("holds", flush=True)
sys.stdin.read()
"""
EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is what is tried
PAIRS = [("127.0.0.1", "127.0.0.1"), (EVERYWHERE, "127.0.0.1"), ("::", "127.0.0.1"), ("127.0.0.1", "localhost")]


def start_holder(host, port):
    pipe = subprocess.PIPE
    argv = [sys.executable, "-c", HOLDER, host, str(port)]
    return subprocess.Popen(argv, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize("hosts", PAIRS)
@pytest.mark.parametrize("_again", range(5 if THOROUGH else 1))
def test_of_two_installations_at_one_port_exactly_one_serves(hosts, _again):
    port = free_port()
    both = [start_holder(host, port) for host in hosts]
    wait_for(lambda: any(one.poll() is not None for one in both))
    other, refused = sorted(both, key=lambda one: one.poll() is not None)
    assert other.stdout.readline() == "holds\n"
    _out, said = refused.communicate()
    assert (said.count("\n"), f"端口 {port} 已被占用" in said) == (1, True)
    other.communicate()
    with start_holder(hosts[0], port) as later:
        assert later.stdout.readline() == "holds\n"
        later.communicate()


def children(process):
    """The processes it started that are alive."""
    listed = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [int(one) for one in listed if alive(int(one))]


def alive(process):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False


def workers(house):
    return [
        one
        for one in children(house.process.pid)
        if b"resource_tracker" not in Path(f"/proc/{one}/cmdline").read_bytes()
    ]


def test_a_worker_that_dies_is_followed_by_another(own_house):
    (worker,) = workers(own_house)
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: not alive(worker))
    wait_for(lambda: get(own_house.port, "/health")[0] == 200)
    assert own_house.process.poll() is None
    assert workers(own_house) != [worker]


def test_no_worker_outlives_its_server(own_house):
    (worker,) = workers(own_house)
    own_house.process.kill()
    wait_for(lambda: not alive(worker))
    with own_house.served():
        assert get(own_house.port, "/visits", own_house.cookie)[0] == 200
