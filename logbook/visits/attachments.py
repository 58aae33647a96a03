"""Files of a record: checked by content, pictures re-encoded, bytes stored by their SHA-256, names kept as data."""

import contextlib
import hashlib
import io
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from flask_babel import gettext as _

from logbook.cleaning import clean_text
from logbook.config import MIB
from logbook.errors import RuleBroken
from logbook.instance import sync

MOST_FILES = 8  # of one record
MOST_BYTES = 10 * MIB
MOST_PIXELS = 40_000_000  # read in the picture's header, before anything is decoded
LONGEST_EDGE = 2560  # pixels of a stored picture
LONGEST_NAME = 120  # characters
MOST_ENTRIES = 2_000  # of a docx or xlsx, which are zip archives
MOST_UNPACKED = 200 * MIB
MOST_RATIO = 200  # unpacked : packed, of an entry above one MiB
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENDINGS = {
    "application/pdf": (".pdf",),
    WORD: (".docx",),
    EXCEL: (".xlsx",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
}
_BROKEN = (OSError, ValueError, SyntaxError, TypeError, EOFError, IndexError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A stored file as it stands in a record's body; `digest` is the SHA-256 of its bytes, `size` their number."""

    name: str
    digest: str
    media_type: str
    size: int


def keep(folder: Path, uploads: Iterable[tuple[str, IO[bytes]]]) -> tuple[NewFile, ...]:
    """Check every upload (name as sent, bytes), then store all; raise RuleBroken("files") naming the file at fault.

    Slow (pictures are decoded, files synced): call it outside a transaction, and before the commit.
    """
    checked = [_checked(_clean_name(name), stream) for name, stream in uploads]
    if len(checked) > MOST_FILES:
        raise RuleBroken("files", _("一条记录最多%(most)s个附件。", most=MOST_FILES))
    for file, content in checked:
        _store(path_of(folder, file.digest), content)
    return tuple(file for file, _content in checked)


def path_of(folder: Path, digest: str) -> Path:
    """Where the bytes of that digest lie: ab/abcdef…"""
    return folder / digest[:2] / digest


def refuse_size(name: str, size: int) -> None:
    """Raise RuleBroken("files") for more bytes than a file may have."""
    if size > MOST_BYTES:
        raise _refusal(_clean_name(name), _("超过10 MB"))


def _clean_name(name: str) -> str:
    """The last part of the name as sent, without path, control or bidirectional characters."""
    last = clean_text(name.replace("\\", "/").rsplit("/", 1)[-1]).replace("\n", " ").replace("\t", " ").strip(" .")
    stem, dot, ending = last.rpartition(".")
    if len(last) > LONGEST_NAME and dot:
        return stem[: LONGEST_NAME - len(ending) - 1] + dot + ending[:10]
    return last[:LONGEST_NAME] or _("附件")


def _checked(name: str, stream: IO[bytes]) -> tuple[NewFile, bytes]:
    content = stream.read(MOST_BYTES + 1)
    refuse_size(name, len(content))
    media_type = _media_type(name, content)
    if media_type.startswith("image/"):
        content = _picture(name, content, media_type)
    digest = hashlib.sha256(content).hexdigest()
    return NewFile(_with_ending(name, media_type), digest, media_type, len(content)), content


def _refusal(name: str, why: str) -> RuleBroken:
    return RuleBroken("files", _("“%(name)s”没有保存：%(why)s。", name=name, why=why))


def _with_ending(name: str, media_type: str) -> str:
    """An ending that says what the file is: the reader's computer opens it by that."""
    right = ENDINGS[media_type]
    return name if name.lower().endswith(right) else name + right[0]


def _media_type(name: str, content: bytes) -> str:
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"PK\x03\x04"):
        return office_type(name, content)
    raise _refusal(name, _("只收pdf、docx、xlsx、jpg、png文件，按内容辨认，改扩展名不起作用"))


def office_type(name: str, content: bytes) -> str:
    """What a zip archive is, Word or Excel; raise RuleBroken("files") for a bomb, macros, and anything else."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _refuse_bomb(name, entries, len(content))
            _refuse_macros(name, archive)
            names = set(archive.namelist())
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, *_BROKEN) as error:
        raise _refusal(name, _("文件已损坏，或不是Word、Excel文件")) from error
    for part, media_type in (("word/document.xml", WORD), ("xl/workbook.xml", EXCEL)):
        if part in names:
            return media_type
    raise _refusal(name, _("不是Word、Excel文件；压缩包请解开后再选"))


def _refuse_bomb(name: str, entries: list[zipfile.ZipInfo], size: int) -> None:
    dense = any(e.file_size > MIB and e.file_size > MOST_RATIO * max(e.compress_size, 1) for e in entries)
    total = sum(e.file_size for e in entries)
    # Entries that together are packed larger than the archive share their bytes.
    shared = sum(e.compress_size for e in entries) > size
    if len(entries) > MOST_ENTRIES or total > MOST_UNPACKED or dense or shared:
        raise _refusal(name, _("解开后过大，疑似压缩炸弹"))


def _refuse_macros(name: str, archive: zipfile.ZipFile) -> None:
    with archive.open("[Content_Types].xml") as part:
        types = part.read(MIB).lower()
    named = any(entry.lower().endswith("vbaproject.bin") for entry in archive.namelist())
    if named or b"macroenabled" in types or b"vbaproject" in types:
        raise _refusal(name, _("含有宏，请另存为不带宏的文件"))


def _picture(name: str, content: bytes, media_type: str) -> bytes:
    """The picture upright, at most LONGEST_EDGE, without EXIF, colour profile or comments."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - 20 MB that only a picture needs

    Image.MAX_IMAGE_PIXELS = None  # its own limit is higher than ours, and only warns
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _refusal(name, _("像素过大（超过4000万），请缩小后再选"))
            image.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            upright: Any = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
            return _encoded(upright, media_type)
    except _BROKEN as error:
        raise _refusal(name, _("图片已损坏，打不开")) from error


def _encoded(image: Any, media_type: str) -> bytes:
    transparent = media_type == "image/png" and (image.mode in {"LA", "RGBA", "PA"} or "transparency" in image.info)
    plain = image.convert("RGBA" if transparent else "RGB")
    plain.info = {}  # Pillow would write a PNG's profile and a JPEG's comment again
    packed = io.BytesIO()
    if media_type == "image/png":
        plain.save(packed, "PNG", optimize=False)
    else:
        plain.save(packed, "JPEG", quality=85, progressive=True)
    return packed.getvalue()


def _store(path: Path, content: bytes) -> None:
    """Whole or not at all, and on the disk before the record that names it is committed."""
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == path.name:
        return  # whole; one that was damaged on the disk is healed
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
    for folder in (path.parent, path.parent.parent):
        sync(folder)
