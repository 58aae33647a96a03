"""Word files by GB/T 9704-2012: a grid of 22 lines of 28 characters, fonts named and never shipped."""

import io
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from logbook.clock import now
from logbook.documents import child, pdf
from logbook.documents.paper import (
    Attachment,
    Block,
    Break,
    Chart,
    Cover,
    Form,
    Heading,
    Paper,
    Para,
    Signature,
    Table,
    full_date,
    printable,
)

PITCH = 579  # twentieths of a point: 28.95 pt
TIGHTER = -5  # twentieths of a point a character: 16 pt type, 15.75 pt advance
BODY, TITLE, SMALL, FOLIO, FORM_SIZE = 32, 44, 21, 28, 24  # half-points: 3号, 2号, 五号, 4号, 小四
FORM = (0.14, 0.36, 0.14, 0.36)  # widths of a form's label, text, label, text
FACES = {0: "仿宋_GB2312", 1: "黑体", 2: "楷体_GB2312", 3: "仿宋_GB2312", 4: "仿宋_GB2312"}
TITLE_FACE, HEI, SONG = "方正小标宋简体", "黑体", "宋体"
TWO = 630  # twentieths of a point: two characters of 15.75 pt
CELL = 80  # twentieths of a point
HALF = 105  # a digit, a point or a space of a Latin face, on the average of "1. "
# Margins of a page standing and lying, in twentieths of a point: top, right, bottom, left.
STANDING, LYING = (2098, 1474, 1984, 1588), (1588, 2098, 1474, 1984)  # turned with its binding side up
A4 = (11906, 16838)
FOOTER = 10 * 36_000  # EMU: how far the page number ends below the text, that its dashes are 7 mm below
NEARLY_FULL = 0.85
FEW = 8  # columns of a table whose rows are for a pen: more need small type
LONGEST_PROPERTY = 255  # characters Word keeps of one
# Of the library's template a paper needs these styles, and neither its picture nor the lists of its other styles.
STYLES = {"Normal", "Header", "Footer", "Default Paragraph Font", "Normal Table", "No List", "Table Grid"}
SPARE = ("/stylesWithEffects", "/thumbnail", "/numbering", "/customXml")
NUMBERS = re.compile(r"(\d{4}-\d+(?:/\d+)?(?: 第\d+版)?)")  # a record's: never broken at its hyphen


def make(paper: Paper, room: Path | None = None) -> bytes:
    """The paper as .docx. Raise PaperFailed."""
    return next(make_all([paper], room))


def make_all(papers: Sequence[Paper], room: Path | None = None) -> Iterator[bytes]:
    """Each paper as .docx, made in one child: many cost less together than one by one. Raise PaperFailed."""
    return child.results("word", [papers], room)


# --- in the child ---------------------------------------------------------------------------------


def build(papers: Sequence[Paper]) -> Iterator[bytes]:
    """Each paper as .docx; how many pages it fills and what its charts look like says the typesetter."""
    counted = pdf.for_word([(paper, [one.svg for one in _charts(paper)]) for paper in papers])
    for paper, (pages, pngs) in zip(papers, counted, strict=True):
        yield _made(paper, pages, iter(pngs))


def _made(paper: Paper, pages: float, pictures: Iterator[bytes]) -> bytes:
    from docx import Document  # noqa: PLC0415 - with lxml 30 MB, in the child only

    document = Document()
    _prepare(document, paper, pages)
    if not paper.bound:
        _front(document, paper)
    _blocks(document, paper.blocks, pictures)
    _end(document, paper)
    for i, one in enumerate(paper.attachments, 1):
        _attachment(document, one, f"附件{i if len(paper.attachments) > 1 else ''}", pictures)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _charts(paper: Paper) -> list[Chart]:
    blocks = [*paper.blocks, *(block for one in paper.attachments for block in one.blocks)]
    return [block for block in blocks if isinstance(block, Chart)]


# --- the page -------------------------------------------------------------------------------------


def _prepare(document: Any, paper: Paper, pages: float) -> None:
    """Properties, the base style without theme fonts, the first section."""
    core = document.core_properties
    title, made_from = printable(paper.title.replace("\n", "")), printable(paper.made_from)
    core.title, core.author, core.comments = title[:LONGEST_PROPERTY], "", made_from[:LONGEST_PROPERTY]
    core.created = core.modified = now().replace(tzinfo=None)  # else the template's, of 2013
    _clear(document)
    style = document.styles["Normal"]
    _face(style.element.get_or_add_rPr(), FACES[0], BODY)
    paragraph = style.element.get_or_add_pPr()
    _put(paragraph, "w:autoSpaceDE", val="0")  # no space of the program's own between Chinese and digits
    _put(paragraph, "w:autoSpaceDN", val="0")
    _put(paragraph, "w:spacing", before="0", after="0", line=str(PITCH), lineRule="exact")
    for language in document.styles.element.xpath("w:docDefaults//w:lang"):
        language.set(_q("w:eastAsia"), "zh-CN")
    settings = document.settings.element  # the template's are Japanese, and its zoom lacks what the schema wants
    settings.find(_q("w:themeFontLang")).set(_q("w:eastAsia"), "zh-CN")
    settings.find(_q("w:zoom")).set(_q("w:percent"), "100")
    document.settings.odd_and_even_pages_header_footer = True
    _section(document.sections[0], lying=paper.landscape)
    # A paper of one page has no number, and Word's own field for that is not every reader's. A page that our
    # typesetter fills nearly may be two in another program with other fonts: better a number too many than none.
    if pages > NEARLY_FULL and paper.folios:
        _folios(document.sections[0])


def _clear(document: Any) -> None:
    """Take from the template what no paper uses, and its themes' fonts; Word dislikes copies that disagree."""
    for style in [one for one in document.styles if one.name not in STYLES]:
        style.delete()
    for link in document.styles.element.xpath("w:style/w:link"):
        link.getparent().remove(link)
    for fonts in document.styles.element.xpath(".//w:rFonts"):
        fonts.attrib.clear()
    for rels in (document.part.rels, document.part.package.rels):
        for key in [key for key, one in rels.items() if one.reltype.endswith(SPARE)]:
            rels.pop(key)


def _section(section: Any, *, lying: bool) -> None:
    from docx.enum.section import WD_ORIENT  # noqa: PLC0415 - see make
    from docx.shared import Twips  # noqa: PLC0415

    section.orientation = WD_ORIENT.LANDSCAPE if lying else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (Twips(n) for n in (A4[::-1] if lying else A4))
    top, right, bottom, left = (Twips(n) for n in (LYING if lying else STANDING))
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = top, right, bottom, left
    section.footer_distance = bottom - FOOTER
    for old in section._sectPr.findall(_q("w:docGrid")):  # noqa: SLF001 - python-docx has no name for the grid
        section._sectPr.remove(old)  # noqa: SLF001
    _put(section._sectPr, "w:docGrid", type="lines", linePitch=str(PITCH))  # noqa: SLF001


def _folios(section: Any) -> None:
    """— 1 — at the outer side, one character in."""
    for footer, side, space in ((section.footer, "right", "end"), (section.even_page_footer, "left", "start")):
        footer.is_linked_to_previous = False
        paragraph = footer.paragraphs[0]
        _put(paragraph._p.get_or_add_pPr(), "w:jc", val=side)  # noqa: SLF001
        _put(paragraph._p.get_or_add_pPr(), "w:ind", **{f"{'right' if space == 'end' else 'left'}": "280"})  # noqa: SLF001
        _put(paragraph._p.get_or_add_pPr(), "w:spacing", line="240", lineRule="auto")  # noqa: SLF001
        _folio_field(paragraph)


def _folio_field(paragraph: Any) -> None:
    for kind, text in (
        ("text", "— "),
        ("begin", ""),
        ("code", " PAGE "),
        ("separate", ""),
        ("text", "1"),
        ("end", ""),
        ("text", " —"),
    ):
        run = paragraph.add_run()
        _face(run._r.get_or_add_rPr(), SONG, FOLIO, tighter=False)  # noqa: SLF001
        if kind == "text":
            run.text = text
        elif kind == "code":
            _put(run._r, "w:instrText", text=text)  # noqa: SLF001
        else:
            _put(run._r, "w:fldChar", fldCharType=kind)  # noqa: SLF001


# --- what stands on it ----------------------------------------------------------------------------


def _front(document: Any, paper: Paper) -> None:
    if paper.inner:
        _line(document, "内部资料　注意保管", face=HEI)
        _line(document, "")
    _title(document, paper.title)
    _line(document, "")
    if paper.receiver:
        _line(document, f"{paper.receiver}：")


def _title(document: Any, words: str) -> None:
    for part in words.split("\n"):
        line = _line(document, part, face=TITLE_FACE, size=TITLE, align="center", tighter=False)
        # A stand-in font may be higher than the grid's line; snapped to it, the title would take two.
        _put(line._p.get_or_add_pPr(), "w:snapToGrid", val="0")  # noqa: SLF001


def _outline(line: Any, level: int) -> None:
    """A heading to readers that list them, without a style's looks."""
    _put(line._p.get_or_add_pPr(), "w:outlineLvl", val=str(level - 1))  # noqa: SLF001


def _blocks(document: Any, blocks: Sequence[Block], pictures: Any) -> None:
    """One after the other. A break is the next paragraph's own: one by itself falls over where a page is just full."""
    body = document.element.body
    for before, block in zip((None, *blocks), blocks, strict=False):
        if isinstance(block, Break):
            continue
        there = len(body) - 1  # its last child are the properties of the section
        _block(document, block, pictures)
        if isinstance(before, Break):
            _begin_page(body[there])


def _begin_page(first: Any) -> None:
    """The first of a page: a paragraph says so itself, before a table an empty one does."""
    from docx.oxml import OxmlElement  # noqa: PLC0415 - see make

    paragraph: Any = first
    if first.tag != _q("w:p"):
        paragraph = OxmlElement("w:p")
        first.addprevious(paragraph)
    _put(paragraph.get_or_add_pPr(), "w:pageBreakBefore")


def _block(place: Any, block: Block, pictures: Any) -> None:
    if isinstance(block, Heading):
        heading = _line(place, block.text, face=FACES[block.level], indent=True)
        _keep_with_next(heading)
        _outline(heading, block.level)
    elif isinstance(block, Para):
        line = _line(
            place, block.lead or block.text, face=FACES[2 if block.lead else 0], indent=block.indent, align="both"
        )
        if block.lead:
            _write(line, block.text, FACES[0], BODY)
        line.paragraph_format.keep_with_next = block.keep or None
    elif isinstance(block, Chart):
        _picture(place, block, next(pictures))
    else:
        write: Any = {Table: _table, Form: _form, Cover: _cover, Signature: _sign}[type(block)]
        write(place, block)


def _end(document: Any, paper: Paper) -> None:
    """附件 and signature, never on a page without text: the last block goes with them, a paragraph's last lines."""
    before = sum(1 for _one in document.iter_inner_content())
    _names(document, paper)
    _signature(document, paper)
    for one in list(document.iter_inner_content())[max(before - 1, 0) : -1]:
        _keep_with_next(one)


def _names(document: Any, paper: Paper) -> None:
    """附件 named one line below the text, two characters in, wrapped names aligned with the first."""
    names = [one.name for one in paper.attachments]
    if names:
        _line(document, "")
    for i, name in enumerate(names, 1):
        lead = "附件：" if i == 1 else "　　　"
        number = f"{i}. " if len(names) > 1 else ""
        paragraph = _line(document, f"{lead}{number}{name}")
        hang = 3 * TWO // 2 + len(number) * HALF  # a wrapped name begins below the name, not below its number
        _put(paragraph._p.get_or_add_pPr(), "w:ind", left=str(TWO + hang), hanging=str(hang))  # noqa: SLF001


def _signature(document: Any, paper: Paper) -> None:
    if paper.signed:
        _sign(document, Signature(paper.signed, paper.dated), (A4[1], LYING) if paper.landscape else (A4[0], STANDING))


def _sign(place: Any, block: Signature, page: tuple[int, tuple[int, int, int, int]] = (A4[0], STANDING)) -> None:
    """Name two characters from the right; the date begins two to the right of the name; a longer date keeps two."""
    _line(place, "")
    dated = full_date(block.dated) if block.dated else ""
    width, (_top, right, _bottom, left) = page
    name_at = (width - left - right) * 2 / TWO - 2 - max(_advance(block.signed), _advance(dated) + 2 if dated else 0)
    # By where they begin: a reader's own gap between digits and Chinese, or another face, moves neither.
    for text, at in ((block.signed, name_at), (dated, name_at + 2)):
        if text:
            paragraph = _line(place, text)
            _put(paragraph._p.get_or_add_pPr(), "w:ind", left=str(max(round(at * TWO / 2), 0)))  # noqa: SLF001


def _advance(text: str) -> float:
    """Its length in characters; Latin letters and digits take half a one."""
    return sum(0.5 if char.isascii() else 1 for char in text)


def _attachment(document: Any, one: Attachment, name: str, pictures: Any) -> None:
    from docx.enum.section import WD_SECTION  # noqa: PLC0415 - see make

    section = document.add_section(WD_SECTION.NEW_PAGE)
    _section(section, lying=one.landscape)
    _outline(_line(document, name, face=HEI), 1)
    _line(document, "")
    _title(document, one.title)
    _line(document, "")
    _blocks(document, one.blocks, pictures)


def _table(place: Any, block: Table) -> None:
    from docx.text.paragraph import Paragraph  # noqa: PLC0415 - see make

    if block.title:
        _line(place, block.title, face=HEI, align="center")
    table = place.add_table(rows=0, cols=len(block.head))
    table.style = "Table Grid"
    table.autofit = False
    _narrow_margins(table)
    for column, width in zip(table.columns, _widths(place, block), strict=True):
        column.width = width
    first = table.add_row()  # its cells are as wide as their columns
    _put(first._tr.get_or_add_trPr(), "w:cantSplit")  # noqa: SLF001
    for cell in first.cells:
        properties = cell.paragraphs[0]._p.get_or_add_pPr()  # noqa: SLF001
        _put(properties, "w:snapToGrid", val="0")
        beside, line = ("160", "380") if block.roomy else ("40", "280")
        _put(properties, "w:spacing", before=beside, after=beside, line=line, lineRule="exact")
    # A copy of the empty first row is made in a tenth of the time of a new one, and a year's table has hundreds.
    table._tbl.extend([deepcopy(first._tr) for _row in block.rows])  # noqa: SLF001
    _put(first._tr.get_or_add_trPr(), "w:tblHeader")  # noqa: SLF001
    size = FOLIO if block.roomy and len(block.head) <= FEW else SMALL
    for i, (row, cells) in enumerate(zip(table._tbl.tr_lst, (block.head, *block.rows), strict=True)):  # noqa: SLF001
        for paragraph, text in zip(row.iter(_q("w:p")), cells, strict=True):
            _write(Paragraph(paragraph, table), text, FACES[0] if i else HEI, size, tighter=False)
    if block.note:
        _keep_with_next(table)  # a page with nothing but the note would look like a slip
        _single(_line(place, block.note, size=SMALL, tighter=False))


def _narrow_margins(table: Any) -> None:
    """4 pt beside the words of a cell, as in the PDF: with Word's own a name of three characters takes two lines."""
    from docx.oxml import OxmlElement  # noqa: PLC0415 - see make

    sides: Any = OxmlElement("w:tblCellMar")
    for side in ("w:left", "w:right"):
        _put(sides, side, w=str(CELL), type="dxa")
    table._tbl.tblPr.find(_q("w:tblLook")).addprevious(sides)  # noqa: SLF001


def _widths(place: Any, block: Table) -> list[int]:
    section = place.sections[-1]
    room = section.page_width - section.left_margin - section.right_margin
    parts: Sequence[float] = block.widths or (1,) * len(block.head)
    return [int(room * part / sum(parts)) for part in parts]


def _form(place: Any, block: Form) -> None:
    table = place.add_table(rows=0, cols=4)
    table.style = "Table Grid"
    table.autofit = False
    section = place.sections[-1]
    room = section.page_width - section.left_margin - section.right_margin
    widths = [int(room * part) for part in FORM]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    heights = (*block.lines, *(0 for _row in block.rows))
    for cells, lines in zip(block.rows, heights, strict=False):
        row = table.add_row()
        if lines:
            height = str(lines * PITCH)
            _put(row._tr.get_or_add_trPr(), "w:trHeight", val=height, hRule="atLeast")  # noqa: SLF001
        found = list(row.cells)
        if len(cells) == len(FORM) // 2:
            found = [found[0], found[1].merge(found[3])]
        for i, (cell, text) in enumerate(zip(found, cells, strict=True)):
            for n, line in enumerate(text.split("\n")):
                paragraph = cell.paragraphs[0] if n == 0 else cell.add_paragraph()
                _single(paragraph)
                _write(paragraph, line, HEI if i % 2 == 0 else FACES[0], FORM_SIZE, tighter=False)


def _cover(place: Any, block: Cover) -> None:
    for _line_above in range(4):
        _line(place, "")
    _title(place, block.title)
    for _line_between in range(5):
        _line(place, "")
    for label, text in block.lines:
        _line(place, f"{label}　{text}", align="center")
    for _line_below in range(4):
        _line(place, "")
    for text in block.foot:
        _line(place, text, align="center")
    place.add_page_break()


def _picture(place: Any, block: Chart, png: bytes) -> None:
    from docx.shared import Mm  # noqa: PLC0415 - see make

    if block.title:
        _line(place, block.title, face=HEI, align="center")
    paragraph = place.add_paragraph()
    _single(paragraph)
    picture = paragraph.add_run().add_picture(io.BytesIO(png), width=Mm(156))
    picture._inline.docPr.set("descr", pdf.label(block))  # noqa: SLF001 - the text for those who cannot see it


def _line(
    place: Any, text: str, *, face: str = FACES[0], size: int = BODY, align: str = "", indent: bool = False,
    tighter: bool = True,
) -> Any:  # fmt: skip
    paragraph = place.add_paragraph()
    properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001
    if indent:
        _put(properties, "w:ind", firstLineChars="200", firstLine=str(TWO))
    if align:
        _put(properties, "w:jc", val=align)
    if text:
        _write(paragraph, text, face, size, tighter=tighter)
    return paragraph


def _write(paragraph: Any, text: str, face: str, size: int, *, tighter: bool = True) -> None:
    """Runs of one face; a record's number is a Latin run of its own, whose hyphen does not break: 2026-137."""
    for part in NUMBERS.split(printable(text)):
        if not part:
            continue
        is_number = NUMBERS.fullmatch(part)
        run = paragraph.add_run()
        look = _look(face, size, tighter, "default" if is_number else "eastAsia")
        run._r.insert(0, deepcopy(look))  # noqa: SLF001
        year, hyphen, rest = part.partition("-") if is_number else (part, "", "")
        run.text = year
        if hyphen:
            _put(run._r, "w:noBreakHyphen")  # noqa: SLF001
            _put(run._r, "w:t", text=rest)  # noqa: SLF001


@cache
def _look(face: str, size: int, tighter: bool, hint: str) -> Any:  # noqa: FBT001 - a cache's key
    """Properties of a run, to be copied: made once for the thousands of runs of a paper."""
    from docx.oxml import OxmlElement  # noqa: PLC0415 - see make

    properties: Any = OxmlElement("w:rPr")
    _face(properties, face, size, tighter=tighter, hint=hint)
    return properties


def _keep_with_next(one: Any) -> None:
    """Keep a paragraph, or the last row of a table, on the page of what follows."""
    for paragraph in one._tbl.tr_lst[-1].iter(_q("w:p")) if hasattr(one, "rows") else (one._p,):  # noqa: SLF001
        _put(paragraph.get_or_add_pPr(), "w:keepNext")


def _single(paragraph: Any) -> None:
    """A picture or small print needs the line to be as high as it is."""
    _put(paragraph._p.get_or_add_pPr(), "w:snapToGrid", val="0")  # noqa: SLF001
    _put(paragraph._p.get_or_add_pPr(), "w:spacing", line="240", lineRule="auto")  # noqa: SLF001


def _face(properties: Any, face: str, size: int, *, tighter: bool = True, hint: str = "eastAsia") -> None:
    """Chinese in `face`, Latin in Times New Roman; the hint keeps Chinese quotation marks Chinese."""
    for name in ("w:rFonts", "w:sz", "w:szCs", "w:spacing", "w:color"):
        for old in properties.findall(_q(name)):
            properties.remove(old)
    latin = "Times New Roman"
    _put(properties, "w:rFonts", ascii=latin, hAnsi=latin, cs=latin, eastAsia=face, hint=hint)
    if tighter:
        _put(properties, "w:spacing", val=str(TIGHTER))
    _put(properties, "w:sz", val=str(size))
    _put(properties, "w:szCs", val=str(size))


def _put(parent: Any, name: str, text: str = "", **attributes: str) -> None:
    """Set the element `name`; a former one of paragraph properties is replaced, and the schema's order kept."""
    from docx.oxml import OxmlElement  # noqa: PLC0415 - see make

    element: Any = OxmlElement(name)
    for key, value in attributes.items():
        element.set(_q(f"w:{key}"), value)
    if text:
        element.text = text
        element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    order = ORDER.get(parent.tag.rsplit("}", 1)[-1])
    if order is None:
        parent.append(element)
        return
    for old in parent.findall(_q(name)):
        parent.remove(old)
    later = _later(order, name)
    place = next((i for i, child in enumerate(parent) if child.tag in later), len(parent))
    parent.insert(place, element)


@cache
def _later(order: tuple[str, ...], name: str) -> frozenset[str]:
    return frozenset(_q(one) for one in order[order.index(name) + 1 :])


@cache
def _q(name: str) -> str:
    from docx.oxml.ns import qn  # noqa: PLC0415 - see make

    return str(qn(name))


# The order of the children we set, as the schema wants it.
ORDER = {
    "pPr": (
        "w:pStyle",
        "w:keepNext",
        "w:keepLines",
        "w:pageBreakBefore",
        "w:autoSpaceDE",
        "w:autoSpaceDN",
        "w:snapToGrid",
        "w:spacing",
        "w:ind",
        "w:jc",
        "w:outlineLvl",
        "w:rPr",
        "w:sectPr",
    ),
    "rPr": ("w:rFonts", "w:b", "w:color", "w:spacing", "w:sz", "w:szCs", "w:lang"),
    "sectPr": (
        "w:headerReference",
        "w:footerReference",
        "w:type",
        "w:pgSz",
        "w:pgMar",
        "w:cols",
        "w:titlePg",
        "w:docGrid",
    ),
    "trPr": ("w:cantSplit", "w:trHeight", "w:tblHeader"),
}
