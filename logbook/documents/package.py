"""An Office file as a bounded archive: its parts, which of them is the document, and what in it is refused.

Knows no sentence: a refusal is one word, which whoever asked puts into a sentence.
"""

import io
import posixpath
import re
import xml.etree.ElementTree as ET  # a document type is refused before any entity is read
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

MIB = 1024 * 1024
MOST_ELEMENTS = 250_000  # of a part that is read: a second's work
MOST_DEPTH = 200
MOST_PARTS = 2_000
MOST_UNPACKED = 200 * MIB
MOST_RATIO = 200  # unpacked : packed, of a part above one MiB
MOST_PART = 20 * MIB  # of one that is read
WORD, EXCEL = "word", "excel"
BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, SyntaxError, ValueError, RuntimeError, OSError,
    NotImplementedError, IndexError, TypeError, RecursionError,
)  # fmt: skip
_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "urn:schemas-microsoft-com:vml": "v",
}
# What Word shows of these it shows from Choice; of anything else (a new kind of chart, ink) from Fallback.
_UNDERSTOOD = re.compile(
    r"http://schemas\.microsoft\.com/office/(word|drawing)/20\d\d/\w*"
    r"(wordprocessingShape|wordprocessingGroup|wordprocessingCanvas|wordml|wordprocessingDrawing|/main)(/.*)?"
)
_ALLOWED = re.compile(
    r"(?i)\[content_types\]\.xml|(.*/)?_rels/[^/]*\.rels|docprops/.*|customxml/.*|_xmlsignatures/.*|"
    r"(word|xl)/(.*/)?[^/]+\.(xml|vml|png|jpe?g|jpe|gif|bmp|tiff?|emf|wmf|svg|webp|wdp|odttf|fntdata|rels)|"
    r"xl/printersettings/.*\.bin|(.*/)?(thumbs\.db|\.ds_store)|mimetype|.*/"
)
_EMBEDDED = re.compile(r"(?i)(.*/)?(embeddings|activex|oleobject|ctrlprops|package|macrosheets)[^/]*(/.*)?")
_MACRO = re.compile(r"(?i)(.*/)?(vba[^/]*\.(bin|xml)|macrosheets/.*|xlm[^/]*\.xml)")


class Refused(ValueError):  # noqa: N818
    """Why a file isn't taken, in one word: damaged, bomb, macros, embedded, linked, unknown, other, large."""


@dataclass(slots=True)
class Package:
    """An archive that was looked through."""

    archive: zipfile.ZipFile
    kind: str
    main: str
    related: dict[str, str] = field(default_factory=dict)

    def xml(self, name: str) -> ET.Element:
        """A part as a tree. Raise Refused."""
        return parse(_content(self.archive, name))


def look_through(content: bytes) -> Package:
    """The archive with its kind and its document. Raise Refused."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        _refuse_bomb(archive.infolist(), len(content))
        _refuse_parts(archive)
        main = _main(archive)
        kind = _kind(archive, main)
        folder, name = posixpath.split(main)
        found = _relations(archive, posixpath.join(folder, "_rels", name + ".rels"))
        related = {kind: posixpath.normpath(posixpath.join("/", folder, to)).lstrip("/") for kind, to in found.items()}
        return Package(archive, kind, main, related)
    except Refused:
        raise
    except BROKEN as error:
        raise Refused("damaged") from error


def _refuse_bomb(entries: list[zipfile.ZipInfo], size: int) -> None:
    dense = any(e.file_size > MIB and e.file_size > MOST_RATIO * max(e.compress_size, 1) for e in entries)
    total = sum(e.file_size for e in entries)
    links = sum(e.file_size for e in entries if e.filename.lower().endswith(".rels"))
    # Entries that together are packed larger than the archive share their bytes.
    shared = sum(e.compress_size for e in entries) > size
    if len(entries) > MOST_PARTS or total > MOST_UNPACKED or links > MIB or dense or shared:
        raise Refused("bomb")


def _refuse_parts(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    with archive.open("[Content_Types].xml") as part:
        types = part.read(MIB).lower()
    if any(_MACRO.fullmatch(one) for one in names) or any(
        sign in types for sign in (b"macroenabled", b"vbaproject", b"macrosheet")
    ):
        raise Refused("macros")
    if "META-INF/MANIFEST.MF" in names or not any(one.startswith(("word/", "xl/")) for one in names):
        raise Refused("other")
    for name in names:
        if name.lower().endswith(".rels"):
            _refuse_links(archive, name)
    for name in names:
        if _EMBEDDED.fullmatch(name):
            raise Refused("embedded")
        if not _ALLOWED.fullmatch(name):
            raise Refused("unknown")


def _refuse_links(archive: zipfile.ZipFile, name: str) -> None:
    """A link for a reader to follow may lead outside; what a program follows by itself may not."""
    for one in parse(_content(archive, name)):
        kind = one.get("Type", "").rsplit("/", 1)[-1]
        if kind.lower().startswith(("vba", "wordvba", "xlmacro", "xlintlmacro")):
            raise Refused("macros")
        if kind in {"oleObject", "package", "control", "activeXControlBinary", "aFChunk"}:
            raise Refused("embedded")
        if one.get("TargetMode") == "External" and kind != "hyperlink":
            raise Refused("linked")


def _main(archive: zipfile.ZipFile) -> str:
    """The document, by the relation of the whole; by its usual name where an old file says no relations."""
    names = set(archive.namelist())
    if "_rels/.rels" in names:
        found = _relations(archive, "_rels/.rels").get("officeDocument", "").lstrip("/")
        if found in names:
            return found
    for usual in ("word/document.xml", "xl/workbook.xml"):
        if usual in names:
            return usual
    raise Refused("other")


def _kind(archive: zipfile.ZipFile, main: str) -> str:
    with archive.open("[Content_Types].xml") as part:
        types = part.read(MIB)
    for kind, folder, sign in ((WORD, "word/", b"wordprocessingml"), (EXCEL, "xl/", b"spreadsheetml")):
        if main.startswith(folder) or (sign in types and not main.startswith(("word/", "xl/"))):
            return kind
    raise Refused("other")


def _relations(archive: zipfile.ZipFile, name: str) -> dict[str, str]:
    """Target by the last word of the relation's type, whatever edition of the standard named it."""
    if name not in archive.namelist():
        return {}
    return {
        one.get("Type", "").rsplit("/", 1)[-1]: unquote(one.get("Target", "")) for one in parse(_content(archive, name))
    }


def _content(archive: zipfile.ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MOST_PART:
        raise Refused("large")
    with archive.open(name) as part:
        content = part.read(MOST_PART + 1)
    if len(content) > MOST_PART:
        raise Refused("large")
    return content


# --- XML ------------------------------------------------------------------------------------------


class _Target:
    """Builds a tree of short names, and stops at what no honest file needs."""

    def __init__(self) -> None:
        self.builder, self.depth, self.count = ET.TreeBuilder(), 0, 0
        self.spaces: dict[str, str] = {}

    def start_ns(self, prefix: str, uri: str) -> None:
        self.spaces[prefix] = uri

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.depth, self.count = self.depth + 1, self.count + 1
        if self.depth > MOST_DEPTH or self.count > MOST_ELEMENTS:
            raise Refused("large")
        name = _short(tag)
        kept = {key.rpartition("}")[2]: value for key, value in attributes.items()}
        if name == "mc-Choice":
            spaces = [self.spaces.get(one, "") for one in kept.get("Requires", "").split()]
            kept["understood"] = "1" if spaces and all(_UNDERSTOOD.fullmatch(one) for one in spaces) else ""
        self.builder.start(name, kept)

    def end(self, tag: str) -> None:
        self.depth -= 1
        self.builder.end(_short(tag))

    def data(self, text: str) -> None:
        self.builder.data(text)

    def doctype(self, *_said: object) -> None:
        raise Refused("damaged")  # entities: no Office program writes one

    def close(self) -> Any:
        return self.builder.close()


def _short(tag: str) -> str:
    space, _brace, name = tag[1:].rpartition("}") if tag.startswith("{") else ("", "", tag)
    return f"{_PREFIXES[space]}-{name}" if space in _PREFIXES else name


def parse(content: bytes) -> ET.Element:
    """A tree of the part, its names with w-, mc-, v- or no prefix. Raise Refused."""
    try:
        parser = ET.XMLParser(target=_Target())  # noqa: S314 - see doctype
        parser.feed(content)
        found: ET.Element = parser.close()
    except Refused:
        raise
    except BROKEN as error:
        raise Refused("damaged") from error
    return found
