"""Files of a record: checked by content, pictures re-encoded, bytes stored by their SHA-256, names kept as data."""

import contextlib
import hashlib
import io
import os
import struct
import tempfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from logbook.cleaning import clean_text
from logbook.config import MIB
from logbook.documents import package
from logbook.errors import RuleBroken
from logbook.instance import sync

MOST_FILES = 8  # of one record
MOST_BYTES = 10 * MIB
MOST_PIXELS = 40_000_000  # read in the picture's header, before anything is decoded
LONGEST_EDGE = 2560  # pixels of a stored picture
LONGEST_NAME = 120  # characters
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


def _refusal(name: str, why: object) -> RuleBroken:
    return RuleBroken("files", _("“%(name)s”没有保存：%(why)s。", name=name, why=why))


def _with_ending(name: str, media_type: str) -> str:
    """An ending that says what the file is: the reader's computer opens it by that."""
    right = ENDINGS[media_type]
    return name if name.lower().endswith(right) else name + right[0]


def _media_type(name: str, content: bytes) -> str:
    if not content:
        raise _refusal(name, _("文件是空的"))
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"PK\x03\x04"):
        if b"OFD.xml" in content[: 64 * 1024] or name.lower().endswith(".ofd"):
            raise _refusal(name, _("OFD文件暂不收，请转换成pdf后再选"))
        return office_type(name, content)
    if b"%PDF-" in content[:1024] and not content.startswith((b"MZ", b"\x7fELF", b"<", b"\xd0\xcf\x11\xe0")):
        return "application/pdf"  # readers look no further for its head; scanners and mail put bytes before it
    raise _refusal(name, _other(content))


def _other(content: bytes) -> object:
    """Why a file that is none of ours isn't taken, and what helps."""
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in content:
            return _("加了密码的文件打不开，请去掉密码后再选")
        return _("是doc、xls、wps等旧格式，请另存为docx或xlsx后再选")
    brand = content[8:12] if content[4:8] == b"ftyp" else b""
    if brand in {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif"}:
        return _("是HEIC照片，请转换成jpg后再选；以后在手机“设置→相机→格式”里选“兼容性最佳”")
    picture = content.startswith((b"GIF8", b"BM", b"II*\x00", b"MM\x00*")) or content[8:12] == b"WEBP"
    if picture:
        return _("这种图片（WebP、GIF、BMP、TIFF）不收，请另存为jpg或png后再选")
    return _("只收pdf、docx、xlsx、jpg、png文件，按内容辨认，改扩展名不起作用")


def office_type(name: str, content: bytes) -> str:
    """What a zip archive is, Word or Excel; raise RuleBroken("files") for what isn't taken, and say why."""
    try:
        return WORD if package.look_through(content).kind == package.WORD else EXCEL
    except package.Refused as refused:
        raise refusal(name, str(refused)) from refused


def refusal(name: str, why: str) -> RuleBroken:
    """The sentence to a word of `package.Refused`."""
    return _refusal(name, _WHY.get(why, _WHY["damaged"]))


_WHY = {
    "bomb": lazy_gettext("解开后过大，疑似压缩炸弹"),
    "large": lazy_gettext("解开后过大，疑似压缩炸弹"),
    "macros": lazy_gettext("含有宏，请另存为不带宏的文件"),
    "embedded": lazy_gettext("内嵌了其他文件或控件，请删去后再选"),
    "linked": lazy_gettext("链接着外部的模板、数据或图片，请断开链接后再选"),
    "unknown": lazy_gettext("含有不认识的内容，请用Word、Excel或WPS另存一份后再选"),
    "other": lazy_gettext("不是Word、Excel文件；压缩包请解开后再选"),
    "damaged": lazy_gettext("文件已损坏，或不是Word、Excel文件"),
}


def _picture(name: str, content: bytes, media_type: str) -> bytes:
    """The picture upright, at most LONGEST_EDGE, without EXIF, colour profile or comments."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - 20 MB that only a picture needs

    Image.MAX_IMAGE_PIXELS = None  # its own limit is higher than ours, and only warns
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _refusal(name, _("像素过大（超过4000万），请缩小后再选"))
            image.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
            upright: Any = ImageOps.exif_transpose(_eight_bits(image))
            upright.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
            return _encoded(upright, media_type)
    except _BROKEN as error:
        raise _refusal(name, _("图片已损坏，打不开")) from error


def _eight_bits(image: Any) -> Any:
    """A scanner's grey of 16 bits and more, scaled to 8: Pillow's own conversion cuts off what is above 255."""
    if image.mode not in {"I", "F"} and not image.mode.startswith("I;16"):
        return image
    return image.convert("F").point(lambda grey: grey / 257).convert("L")


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
