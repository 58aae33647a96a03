"""Runs a command beside a PostgreSQL of its own, on a unix socket, gone when the command ends.

python tests/postgres.py /path/to/initdb COMMAND …; the command finds the server in LOGBOOK_TEST_DATABASE_URL.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# The server refuses to run as root.
WHO = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
# A server that is thrown away need not survive a power cut.
QUICK = "-c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
INITDB = "--username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync"


@contextlib.contextmanager
def folder():
    # Its path must be short: a socket's is at most 107 bytes.
    path = Path(tempfile.mkdtemp(prefix="logbook-pg-", dir="/tmp"))
    try:
        if WHO:
            shutil.chown(path, WHO["user"], WHO["group"])
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def server(programs, home):
    """Make a cluster with its data and socket in `home`, and run it; yield when it answers."""
    make(programs, home)
    with running(programs, home, QUICK):
        yield


def make(programs, home):
    argv = [programs / "initdb", *INITDB.split(), home / "data"]
    subprocess.run(argv, cwd=home, check=True, stdout=subprocess.DEVNULL, **WHO)


@contextlib.contextmanager
def running(programs, home, options):
    """Run the cluster in `home`; yield its process when it answers."""
    argv = [programs / "postgres", "-D", home / "data", "-k", home, *options.split()]
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(argv, cwd=home, stdout=log, stderr=log, start_new_session=True, **WHO)
    try:
        wait_for(programs, home, process)
        yield process
    finally:
        process.send_signal(signal.SIGINT)  # PostgreSQL's "fast" stop: it drops whoever is still connected
        process.wait()


def wait_for(programs, home, process):
    until = time.monotonic() + 60
    while subprocess.run([programs / "pg_isready", "-q", "-h", home], check=False).returncode:
        if process.poll() is not None or time.monotonic() > until:
            sys.exit((home / "log").read_text("utf-8", "replace"))
        time.sleep(0.1)


def main(initdb, *command):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with folder() as home, server(Path(initdb).parent, home):
        address = f"postgresql+psycopg://postgres@/postgres?host={home}"
        env = {**os.environ, "LOGBOOK_TEST_DATABASE_URL": address}
        return subprocess.run(command, env=env, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
