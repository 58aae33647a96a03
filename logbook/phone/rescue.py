"""The rescue file: records that never left a phone, one a line, readable by this installation only.

Line 1: logbook-rescue 1 <n> <owner's mark>. Each line after it: base64url of iv + AES-GCM of one record, bound to
n and to its place, so that a line cut, changed, missing or moved is noticed. A damaged file is refused whole.
"""

import base64
import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from logbook.errors import RuleBroken
from logbook.phone import keys
from logbook.phone.keys import Keyring, Mark

MOST_BYTES = 8 * 1024 * 1024  # a record of full length has some 0.5 MiB here
MOST_RECORDS = 500
IV_BYTES = 12
HEADER = re.compile(r"logbook-rescue 1 ([1-9][0-9]{0,2}) ([\w.-]+)", re.ASCII)
CLIENT_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)
URL = re.compile(r"/visits/(?:new|([1-9][0-9]{0,8})/correct)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Item:
    """One record on its way: the form's pairs as typed; `visit_id` when it corrects what was received before.

    A draft is not submitted yet, and is its author's to go on with.
    """

    client_key: str
    fields: tuple[tuple[str, str], ...]
    visit_id: int | None
    draft: bool = False

    @property
    def url(self) -> str:
        """The address of its form."""
        return f"/visits/{self.visit_id}/correct" if self.visit_id else "/visits/new"


@dataclass(frozen=True, slots=True)
class Rescue:
    """A whole, undamaged file; `own`: it was sealed with a key that vouches for its owner."""

    owner_id: int
    items: tuple[Item, ...]
    own: bool


def read(content: bytes, secret: str, today: dt.date) -> Rescue:
    """The file's records; raise RuleBroken("file") naming the first line that is not as it was written."""
    if len(content) > MOST_BYTES:
        raise RuleBroken("file", _("文件太大，不是救援文件。"))
    lines = content.decode("ascii", "replace").removesuffix("\n").split("\n")
    n, mark, keyring = _head(lines[0].removesuffix("\r"), secret)
    key = keys.named_key(secret, mark.person_id, mark.name) if mark.name else keyring.keys[mark.generation]
    items = []
    for i in range(2, max(n + 1, len(lines)) + 1):
        try:
            items.append(_item(lines[i - 1].removesuffix("\r"), key, f"logbook-rescue 1 {n} {i}"))
        except (IndexError, ValueError, RecursionError) as damaged:
            raise RuleBroken("file", _damaged(i)) from damaged
    return Rescue(mark.person_id, tuple(items), own=mark.vouches(keyring, today))


def _head(line: str, secret: str) -> tuple[int, Mark, Keyring]:
    """How many records there are, whose mark stands before them, and that person's keys."""
    header = HEADER.fullmatch(line)
    mark = keys.read_mark(secret, header[2]) if header else None
    if header is None or mark is None or int(header[1]) > MOST_RECORDS:
        raise _foreign()
    keyring = keys.keyring(secret, mark.person_id)
    if not mark.name and mark.generation not in keyring.keys:  # as of a backup that is older than the phone
        raise _foreign()
    return int(header[1]), mark, keyring


def _foreign() -> RuleBroken:
    return RuleBroken("file", _("第1行不对：这不是本系统的救援文件，没有导入。"))


def _damaged(line: int) -> object:
    return _("第%(n)s行有损坏，整份文件都没有导入。请成员重新生成一份再发来。", n=line)


def _item(line: str, key: bytes, place: str) -> Item:
    """The record of one line; raise ValueError when the line is not as it was written."""
    said: Any = json.loads(_opened(_decoded(line), key, place))
    try:
        client_key, url = CLIENT_KEY.fullmatch(said["client_key"]), URL.fullmatch(said["url"])
        fields = tuple((str(name), str(text)) for name, text in said["fields"])
    except (KeyError, TypeError) as wrong:
        raise ValueError("not a record") from wrong
    if client_key is None or url is None:
        raise ValueError("not a record's key or address")
    return Item(client_key[0], fields, int(url[1]) if url[1] else None, said.get("draft") is True)


def _decoded(line: str) -> bytes:
    """Base64url, with or without its padding, to the letter: Python's own decoder overlooks what does not belong."""
    bare = line.rstrip("=")
    raw = base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != bare:
        raise ValueError("not base64url")
    return raw


def _opened(raw: bytes, key: bytes, place: str) -> bytes:
    # A library written in Rust: the first page does without it.
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    try:
        return AESGCM(key).decrypt(raw[:IV_BYTES], raw[IV_BYTES:], place.encode())
    except InvalidTag as wrong:
        raise ValueError("changed, moved, or of another key") from wrong
