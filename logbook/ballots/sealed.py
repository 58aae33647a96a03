"""A text kept in a folder, replaced whole, of whose former states nothing can be read: not even half-way.

Every state is written under a key of its own. The key lies in one small file that is overwritten in place; until the
new one is on the disk the former state can be read, from then on the new one, and never both. So one copy of the disk,
taken between any two steps, holds one state; what the former files leave in free blocks is noise without their key.
"""

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from logbook.ballots.places import files
from logbook.instance import sync

KEY = ".key"
SIZE = 32  # bytes of a key: they fit a sector, so that they are written whole or not at all
BLOCK = 16 * 1024  # bytes: states are as long as the next multiple, or their length would tell what is new in them
ONCE = bytes(12)  # the nonce: a key seals one state only
TRIES = 100


def read(place: Path) -> str | None:
    """Return the text; None where there is none, or none that can be read any more."""
    for _try in range(TRIES):
        try:
            key = key_of(place).read_bytes()
        except FileNotFoundError:
            return None
        with contextlib.suppress(FileNotFoundError):  # replaced between the two: there is a new key
            return _open(_state(place, key).read_bytes(), key)
    return None


def write(place: Path, text: str) -> None:
    """Put the text in the place of the former one; it is on the disk when this returns.

    Raise OSError where that is not certain; one of the two can be read then.
    """
    key = secrets.token_bytes(SIZE)
    state = _state(place, key)
    try:
        _put(state, _seal(text, key), os.O_EXCL)
        sync(place.parent)
        _put(key_of(place), key, 0)
    except OSError:
        if not _holds(place, key):  # else the new state is the present one, whatever became of the disk
            state.unlink(missing_ok=True)
        raise
    clean(place)


def destroy(place: Path) -> None:
    """Take the text away: its key first, and not only by name."""
    key = key_of(place)
    if key.exists():
        _put(key, bytes(SIZE), 0)
        key.unlink(missing_ok=True)
    clean(place)


def clean(place: Path) -> None:
    """Take away the states that are not the present one, as a killed process leaves them."""
    key = key_of(place)
    present = {key, _state(place, key.read_bytes())} if key.exists() else set()
    for file in files(place):
        if file not in present:
            file.unlink(missing_ok=True)
    sync(place.parent)


def key_of(place: Path) -> Path:
    """The file of its key."""
    return place.with_name(f"{place.name}{KEY}")


def _holds(place: Path, key: bytes) -> bool:
    try:
        return key_of(place).read_bytes() == key
    except FileNotFoundError:
        return False
    except OSError:  # unknown: both states stay
        return True


def _state(place: Path, key: bytes) -> Path:
    return place.with_name(f"{place.name}.{hashlib.sha256(key).hexdigest()[:16]}")


def _seal(text: str, key: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - a library written in Rust

    plain = text.encode()
    return AESGCM(key).encrypt(ONCE, plain + b" " * (-len(plain) % BLOCK), None)


def _open(sealed: bytes, key: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - see _seal

    return AESGCM(key).decrypt(ONCE, sealed, None).decode().rstrip(" ")


def _put(file: Path, content: bytes, flags: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as stream:
            stream.write(content)
        os.utime(descriptor, (0, 0))  # when somebody last voted is nobody's business
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
