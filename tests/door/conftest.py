"""Copies of the program in temporary folders, run the way a technician runs them."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SHARED = ("door", "logbook", "templates", "pyproject.toml", "requirements.lock", "requirements-test.lock")
FIRST_START = ["--unit-name", "青湖风景区管理局", "--name", "王一", "--sign-in-name", "wang"]


class Clone:
    """A fresh clone whose packages are this test run's own."""

    def __init__(self, folder):
        self.folder = folder
        self.instance = folder / "instance"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("LOGBOOK_", "COV"))}
        folder.mkdir()
        self.instance.mkdir()
        shutil.copy(ROOT / "run.py", folder)
        shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
        for name in SHARED:
            (folder / name).symlink_to(ROOT / name)

    def borrow_packages(self):
        venv = self.folder / ".venv"
        venv.mkdir()
        for name in ("bin", "lib", "pyvenv.cfg"):
            (venv / name).symlink_to(Path(sys.prefix) / name)
        door = [sys.executable, "-c", "import run; print(run.digest(run.RUNTIME), run.digest(run.TEST), sep='\\n')"]
        digests = subprocess.run(door, cwd=self.folder, capture_output=True, text=True, check=True).stdout
        (venv / "installed").write_text(f"{os.path.realpath(venv / 'bin' / 'python')}\n{digests.strip()}")

    def command(self, *argv):
        return [sys.executable, str(self.folder / "run.py"), *map(str, argv)]

    def run(self, *argv, **env):
        return subprocess.run(
            self.command(*argv),
            env={**self.env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def refused(self, *argv, **env):
        """Run a command that must fail with one line and no traceback; return the line."""
        done = self.run(*argv, **env)
        assert done.returncode == 1, done.stdout + done.stderr
        lines = done.stderr.strip().splitlines()
        assert len(lines) == 1, done.stderr
        assert lines[0].startswith("错误 Error: ")
        return lines[0]

    def flask(self, *argv, **env):
        python = str(self.folder / ".venv" / "bin" / "python")
        argv = [python, "-m", "flask", "--app", "logbook.app", *argv]
        env = {**self.env, "LOGBOOK_INSTANCE": str(self.instance), **env}
        return subprocess.run(argv, cwd=self.folder, env=env, capture_output=True, text=True, check=True).stdout

    @contextlib.contextmanager
    def serving(self, *argv, stop=signal.SIGTERM):
        """The server while it answers; afterwards its `output` is complete and its end was clean."""
        port = free_port()
        server = subprocess.Popen(
            self.command(*argv, "--port", port),
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            await_answer(server, port)
            yield port
        finally:
            server.send_signal(stop)
            self.output, errors = server.communicate(timeout=30)
        assert server.returncode == 0, errors
        assert "Traceback" not in errors


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def await_answer(server, port):
    until = time.monotonic() + 240  # on a busy machine each step of a first start takes its time
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=10):
            return
        time.sleep(0.05)
    pytest.fail(f"no answer: {server.communicate(timeout=5) if server.poll() is not None else 'still silent'}")


@pytest.fixture
def bare(tmp_path):
    """A fresh clone, nothing installed."""
    return Clone(tmp_path / "clone")


@pytest.fixture
def clone(bare):
    """A fresh clone with its packages."""
    bare.borrow_packages()
    return bare


@pytest.fixture(scope="session")
def first_instance(tmp_path_factory):
    """What a first start leaves: a database and its first account; made once, copied by whoever needs one."""
    made = Clone(tmp_path_factory.mktemp("first") / "clone")
    made.borrow_packages()
    made.flask("db-upgrade")
    made.flask("first-account", *FIRST_START)
    return made.instance


@pytest.fixture
def installed(clone, first_instance):
    """A clone with a database and its first account."""
    shutil.copytree(first_instance, clone.instance, dirs_exist_ok=True)
    return clone
