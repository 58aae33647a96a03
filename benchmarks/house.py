"""An installation with the sample bureau of a given size, its application, and a server in front of it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

import run

ROOT = Path(__file__).parent.parent


class House:
    """One installation in a folder; `visits` records are in it."""

    def __init__(self, folder: Path, visits: int) -> None:
        self.folder, self.visits = folder, visits
        self.database = folder / "logbook.db"
        self.environment = os.environ | {"LOGBOOK_INSTANCE": str(folder), "PYTHONPATH": str(ROOT)}
        self.environment.pop("LOGBOOK_DATABASE_URL", None)

    def fill(self) -> None:
        """Make the sample bureau; a large one takes a minute or two."""
        self.flask("db-upgrade")
        self.flask("sample", "--seed", "1", "--visits", str(self.visits))

    def flask(self, *arguments: str) -> None:
        """Run one of the application's commands."""
        argv = [sys.executable, "-m", "flask", "--app", "logbook.app", *arguments]
        subprocess.run(argv, env=self.environment, cwd=ROOT, check=True, capture_output=True)

    def app(self) -> Flask:
        """The application on this installation."""
        from logbook.app import create_app

        return create_app({"INSTANCE": str(self.folder), "TESTING": True, "WTF_CSRF_ENABLED": False})

    @contextlib.contextmanager
    def served(self) -> Iterator[int]:
        """Serve as run.py does; yields the port."""
        with contextlib.closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        argv = run.server_command(sys.executable, "127.0.0.1", port, 1)
        with (self.folder / "server.log").open("w") as log:
            server = subprocess.Popen(argv, env=self.environment, cwd=ROOT, stderr=log, stdout=log)
        try:
            wait(port)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=30)


def wait(port: int) -> None:
    """Return when the server answers."""
    for _ in range(300):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
            return
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def session_of(app: Flask, role: str) -> str:
    """A session token of the first who holds `role`, signed in past the password."""
    from logbook.access import Role
    from logbook.accounts import queries, sessions
    from logbook.db import db
    from logbook.formats import now

    with app.app_context():
        token = sessions.begin(queries.holders(Role(role))[0].id, device="bench", at=now())
        db.session.commit()
    return token


def tokens(app: Flask, count: int) -> list[str]:
    """Session tokens of members, signed in past the password."""
    from logbook.accounts import queries, sessions
    from logbook.db import db
    from logbook.formats import now

    with app.app_context():
        members = queries.members()
        made = [sessions.begin(members[i % len(members)].id, device="bench", at=now()) for i in range(count)]
        db.session.commit()
    return made
