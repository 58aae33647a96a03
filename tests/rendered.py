"""A PDF as its reader sees it: each character with its place, its face and its size. Points; y from the top."""

import ctypes
from dataclasses import dataclass
from itertools import groupby

import pypdfium2
import pypdfium2.raw as pdfium

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
