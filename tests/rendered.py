"""A PDF as its reader sees it: each character with its place, its face and its size. Points; y from the top."""

import ctypes
import io
from dataclasses import dataclass
from itertools import groupby

import pypdfium2
import pypdfium2.raw as pdfium
from pypdf import PdfReader
from pypdf.generic import ArrayObject

MM = 72 / 25.4


@dataclass(frozen=True)
class Char:
    text: str
    x: float  # of its origin: where the pen was set down
    y: float  # of its baseline
    face: str
    size: float


@dataclass(frozen=True)
class Line:
    chars: tuple

    @property
    def text(self):
        return "".join(one.text for one in self.chars)

    @property
    def x(self):
        return self.chars[0].x

    @property
    def y(self):
        return self.chars[0].y

    @property
    def face(self):
        return self.chars[0].face

    @property
    def size(self):
        return self.chars[0].size

    @property
    def end(self):
        """Where the pen is after its last character; a digit or Latin letter advances half as far."""
        last = self.chars[-1]
        return last.x + last.size * (0.5 if last.text.isascii() else 1)


@dataclass(frozen=True)
class Page:
    width: float
    height: float
    lines: tuple

    def line(self, begins):
        (found,) = [one for one in self.lines if one.text.startswith(begins)]
        return found


def pages(content):
    """Each page with its lines from top to bottom; blanks are left out."""
    document = pypdfium2.PdfDocument(content)
    try:
        return [_page(one) for one in document]
    finally:
        document.close()


def _page(page):
    width, height = page.get_size()
    text = page.get_textpage()
    chars = [_char(text, i, height) for i in range(text.count_chars())]
    text.close()
    page.close()
    shown = sorted((one for one in chars if one.text.strip()), key=lambda one: (round(one.y), one.x))
    return Page(width, height, tuple(Line(tuple(line)) for _y, line in groupby(shown, lambda one: round(one.y))))


def _char(text, i, height):
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(text, i, x, y)
    name = ctypes.create_string_buffer(200)
    pdfium.FPDFText_GetFontInfo(text, i, name, 200, ctypes.c_int())
    face = name.value.decode().partition("+")[2] or name.value.decode()
    return Char(
        chr(pdfium.FPDFText_GetUnicode(text, i)), x.value, height - y.value, face, pdfium.FPDFText_GetFontSize(text, i)
    )


@dataclass(frozen=True)
class Element:
    """A tag with the text that is its own, without its children's; `whole` has theirs."""

    tag: str
    text: str
    whole: str
    alt: str
    attributes: dict


def tagged(content):
    """The elements of a tagged PDF in the order they are read aloud."""
    reader = PdfReader(io.BytesIO(content))
    document = pypdfium2.PdfDocument(content)
    try:
        marked = {page.indirect_reference.idnum: _marked(document[i]) for i, page in enumerate(reader.pages)}
    finally:
        document.close()
    return _elements(reader.trailer["/Root"]["/StructTreeRoot"]["/K"], marked, None)


def _marked(page):
    """{number of marked content: its text} of one page."""
    text, found = page.get_textpage(), {}
    for one in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
        buffer = ctypes.create_string_buffer(2000)
        size = pdfium.FPDFTextObj_GetText(one, text, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), 2000)
        number = pdfium.FPDFPageObj_GetMarkedContentID(one)
        found[number] = found.get(number, "") + "".join(buffer.raw[: size - 2].decode("utf-16-le").split())
    text.close()
    return found


def _elements(node, marked, page):
    node = node.get_object()
    if isinstance(node, list):
        return [one for child in node for one in _elements(child, marked, page)]
    if isinstance(node, int):
        return [Element("", marked[page].get(node, ""), "", "", {})]
    page = node.raw_get("/Pg").idnum if "/Pg" in node else page
    if "/MCID" in node:
        return _elements(node["/MCID"], marked, page)
    inner = _elements(node.get("/K", ArrayObject()), marked, page)
    own = "".join(one.text for one in inner if not one.tag)
    whole = "".join(one.whole if one.tag else one.text for one in inner)
    attributes = {name: value for part in node.get("/A", ()) for name, value in part.get_object().items()}
    me = Element(node.get("/S", "/")[1:], own, whole, node.get("/Alt", ""), attributes)
    return [me, *(one for one in inner if one.tag)]
