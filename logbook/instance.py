"""The folder of an installation: its key, and the mark by which the database knows it again.

Standard library only: door/, which runs before anything is installed, reads this too. What is wrong is said at the
start, to the technician, in both languages.
"""

import errno
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SHORTEST_KEY = 32  # characters
MARK = "installation"  # in attachments/: the folder that two hosts must have in common
TAKE_OVER = (
    "确已换新的，运行 run.py serve --take-over。 {english}; if it is new for good, run run.py serve --take-over."
)


class Refused(SystemExit):
    """Why this process does not start, in one line."""

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(f"Error: {chinese} {english}")


@dataclass(frozen=True, slots=True)
class Identity:
    """What an installation's database remembers of its folder and key."""

    mark: str
    key_digest: str


def sync(path: Path) -> None:
    """Have the disk hold a file, or which names a folder holds."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network shares sync no folder
            raise
    finally:
        os.close(handle)


def write_whole(path: Path, text: str, *, over: bool = True) -> None:
    """Write a small private file whole or not at all; not `over` one that is there by now."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if over:
            Path(temporary).replace(path)
        else:
            _link(temporary, path)
        sync(path.parent)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _link(temporary: str, path: Path) -> None:
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return  # another process was first: its file counts


# --- the key


def read_key(path: Path, filled: Callable[[], bool]) -> str:
    """Return the installation's key; make one where there is none yet and `filled` says that nothing needs the old."""
    try:
        return sound_key(path)
    except Refused:
        if (path.exists() and path.stat().st_size) or filled():
            raise
    if path.exists():  # a first start that was cut off before keys were written whole
        make_key(path)
    else:
        write_whole(path, _new_key(), over=False)
    return sound_key(path)


def sound_key(path: Path) -> str:
    """Return the key that stands in the file; raise Refused where it is missing, empty or cut."""
    after = "请放回原来的密钥文件，或从备份恢复；" + TAKE_OVER
    try:
        key = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        english = "The key is missing: put its file back or restore a backup"
        raise Refused(f"找不到密钥 {path}，而数据需要它；", after.format(english=english)) from None
    except UnicodeDecodeError:
        key = ""
    if len(key) < SHORTEST_KEY:
        english = "The key's file is empty or cut: put the former one back or restore a backup"
        raise Refused(f"密钥文件 {path} 是空的或不完整；", after.format(english=english))
    return key


def is_sound(path: Path) -> bool:
    """Whether there is a key that can be used."""
    try:
        sound_key(path)
    except Refused:
        return False
    return True


def make_key(path: Path) -> None:
    """Write a new key, whatever was there before."""
    write_whole(path, _new_key())


def _new_key() -> str:
    return secrets.token_urlsafe(48)


def close_key(path: Path) -> bool:
    """Take a key's file from everybody but its owner; return whether that was needed and done."""
    mode = path.stat().st_mode & 0o777
    if not mode & 0o077:
        return False
    try:
        path.chmod(mode & 0o700)
    except OSError:  # another's file, or one that is mounted: whoever put it there answers for it
        return False
    return True


# --- the mark


def identity(folder: Path, key: str) -> Identity:
    """Return what this folder and key are known by; a folder without attachments has no mark yet."""
    try:
        mark = (folder / "attachments" / MARK).read_text("ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        mark = ""
    return Identity(mark, key_digest(key))


def key_digest(key: str) -> str:
    """What may be known of a key."""
    return hashlib.sha256(f"logbook installation {key}".encode()).hexdigest()


def new_mark() -> str:
    """A mark no other folder has."""
    return secrets.token_urlsafe(18)


def write_mark(folder: Path, mark: str) -> None:
    """Mark the folder of the attachments."""
    (folder / "attachments").mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(folder / "attachments" / MARK, mark)


def refuse_other(here: Identity, known: Identity, *, alone: bool) -> None:
    """Raise Refused where the database belongs to another key or folder; one that is `alone` may have lost its mark."""
    if here.key_digest != known.key_digest:
        _refuse("密钥", "secret_key", "key")
    if here.mark != known.mark and (here.mark or not alone):
        _refuse("附件文件夹", "attachments、uploads、previews、fonts 文件夹", "folder")


def _refuse(what: str, shared: str, english: str) -> None:
    raise Refused(
        f"数据库登记的{what}不是本机的这一个；同一安装的几台服务器要共用 {shared}（见 README）；",
        TAKE_OVER.format(english=f"The database belongs to another {english}; hosts of one installation share it"),
    )
