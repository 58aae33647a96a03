"""Other programs, run from here, and where the program itself lies."""

import hashlib
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from door.lines import explain

ROOT = Path(__file__).absolute().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


def run(argv: Sequence[object], **options: Any) -> "subprocess.CompletedProcess[str]":
    options = {"cwd": ROOT, "check": False, "text": True, **options}
    return subprocess.run([str(word) for word in argv], **options)  # noqa: PLW1510 - check is among the options


def quietly(argv: Sequence[object], **options: Any) -> str:
    """Run a program and return what it printed; raise Stop with one line when it fails."""
    done = run(argv, capture_output=True, **options)
    if done.returncode:
        raise explain(done.stdout + done.stderr)
    return done.stdout


def become(argv: Sequence[object], env: dict[str, str]) -> NoReturn:
    """Turn this process into another program: signals reach it directly, and its end is ours."""
    os.chdir(ROOT)
    os.execve(str(argv[0]), [str(word) for word in argv], env)  # noqa: S606 - no shell is meant


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
