"""A Word file that somebody handed in, read with distrust in a child that ends: bytes in, what Word shows of it out."""

import pickle

from flask_babel import lazy_gettext as _

from logbook.cleaning import clean_text
from logbook.config import MIB
from logbook.documents import child
from logbook.documents.reader import WordText, lines
from logbook.errors import RuleBroken
from logbook.visits import attachments

MOST_BYTES = 10 * MIB
LONGEST = 10  # seconds, where the machine is busy: what is read within the limits takes one
_WHY = {
    "excel": _("是Excel文件，请选Word文件（docx）。"),
    "large": _("文字过多，请核对是不是选错了文件。"),
    "late": _("文件过于复杂，读不了；请复制文字，粘贴到新的Word文件后再选。"),
    "damaged": _("文件已损坏，读不了。"),
}


def read(name: str, content: bytes) -> WordText:
    """What the file says. Raise RuleBroken("files") for what is no Word file, is damaged, too large or unsafe."""
    if not content:
        raise RuleBroken("files", _("文件是空的。"))
    if len(content) > MOST_BYTES:
        raise RuleBroken("files", _("文件超过10 MB。"))
    if not content.startswith(b"PK\x03\x04"):
        raise RuleBroken("files", _("不是Word文件（docx）；doc文件、加了密码的文件，请另存为不加密的docx。"))
    found = _asked(content)
    if isinstance(found, WordText):
        return found
    if found in _WHY:
        raise RuleBroken("files", _WHY[found])
    raise attachments.refusal(name, found)


def _asked(content: bytes) -> WordText | str:
    try:
        (answer,) = child.results("read", [content], longest=LONGEST)
    except child.PaperLate:
        return "late"
    except (child.PaperFailed, ValueError):  # it was ended: no memory, or no answer
        return "damaged"
    found: WordText | str = pickle.loads(answer)  # noqa: S301 - made by our own child
    return found


def words(name: str, content: bytes) -> tuple[str, int]:
    """Its text, a line for each paragraph, and how many pictures, formulas and notes aren't in it.

    Raise as `read`, and for a file without text: it would overwrite what is stored by nothing.
    """
    found = read(name, content)
    text = clean_text("\n".join(lines(found.blocks)))
    if not text:
        raise RuleBroken("files", _("文件里没有文字（可能是扫描件），没有读入。"))
    return text, found.unread
