"""A Word file that somebody handed in, read with distrust: bytes in, its document or its text out."""

import io
import zipfile
import zlib
from typing import Any

from flask_babel import lazy_gettext as _

from logbook.cleaning import clean_text
from logbook.config import MIB
from logbook.errors import RuleBroken
from logbook.visits import attachments

MOST_BYTES = 10 * MIB
MOST_TEXT = 20 * MIB  # of the document itself, unpacked
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, SyntaxError, ValueError, RuntimeError, OSError)
_ENDS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"}


def body(name: str, content: bytes) -> Any:
    """The document's XML. Raise RuleBroken("files") for what is no Word file, is damaged, too large or unsafe."""
    from docx.oxml import parse_xml  # noqa: PLC0415 - with lxml 30 MB that only an upload needs

    if not content:
        raise RuleBroken("files", _("文件是空的。"))
    if len(content) > MOST_BYTES:
        raise RuleBroken("files", _("文件超过10 MB。"))
    if not content.startswith(b"PK\x03\x04"):
        raise RuleBroken("files", _("不是Word文件（docx）；doc文件、加了密码的文件，请另存为不加密的docx。"))
    if attachments.office_type(name, content) != attachments.WORD:
        raise RuleBroken("files", _("是Excel文件，请选Word文件（docx）。"))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.getinfo("word/document.xml").file_size > MOST_TEXT:
                raise RuleBroken("files", _("文字过多，请核对是不是选错了文件。"))
            return parse_xml(archive.read("word/document.xml"))
    except _BROKEN as error:
        raise RuleBroken("files", _("文件已损坏，读不了。")) from error


def words(name: str, content: bytes) -> str:
    """Its paragraphs, a line each, those of tables among them; no deleted text, no notes. Raise as `body`."""
    paragraphs = (one for one in body(name, content).iter() if _tag(one) == "p")
    return clean_text("\n".join("".join(map(_said, one.iter())) for one in paragraphs))


def _said(element: Any) -> str:
    name = _tag(element)
    return (element.text or "") if name == "t" else _ENDS.get(name, "")


def _tag(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1]
