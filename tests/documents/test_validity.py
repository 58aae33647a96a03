"""What others say of our files: a Word file against the schema, a PDF's tags, a workbook against the schema."""

import datetime as dt
import io
import zipfile

import pytest
from openxml_audit import FileFormat, OpenXmlValidator
from pypdf import PdfReader

from logbook.documents import pdf, sheet, word
from logbook.documents.paper import Break, Cover, Form, Heading, Paper, Para
from logbook.documents.sheet import Column, ColumnChart, Formula, Sheet
from tests.documents.papers import paper

BOUND = Paper(
    "记录本",
    (
        Cover("记录本\n2026年", (("姓　　名", "王珺"),), ("内部资料　注意保管",)), Heading("挂点安排", 1), Break(),
        Form((("日期", "1月5日", "支部", ""), ("基本情况", "座谈。\n走访。")), (1, 7)), Para("完。"),
    ),
    bound=True, landscape=True,
)  # fmt: skip
BOOK = (
    Sheet(
        "各月", (Column("月份"), Column("次数", 8, "number"), Column("日期", 16, "date")),
        (("1月", Formula("=1+1", 2), dt.date(2026, 1, 5)), ("2月", 3, None)), totals=True, note="注：略。",
        charts=(ColumnChart("各月次数", 0, (1,), (1, 2)),),
    ),
)  # fmt: skip


def faults(path):
    result = OpenXmlValidator(file_format=FileFormat.OFFICE_2019, max_errors=50).validate(path)
    # Rows are written in constant memory: text stands in its cell, which Excel moves to a table of its own on saving.
    return [f"{one.part_uri} {one.description}" for one in result.errors if "inline-string" not in one.description]


@pytest.mark.parametrize("made", [paper(), BOUND], ids=["summary", "book"])
def test_a_word_file_keeps_to_the_schema(tmp_path, made):
    file = tmp_path / "paper.docx"
    file.write_bytes(word.make(made))
    assert faults(file) == []


def test_the_validator_sees_an_element_out_of_its_order(tmp_path):
    file = tmp_path / "wrong.docx"
    raw = zipfile.ZipFile(io.BytesIO(word.make(BOUND)))
    with zipfile.ZipFile(file, "w") as out:
        for name in raw.namelist():
            text = raw.read(name)
            out.writestr(name, text.replace(b"<w:keepNext/>", b"").replace(b"</w:pPr>", b"<w:keepNext/></w:pPr>"))
    assert faults(file)


def test_a_workbook_keeps_to_the_schema(tmp_path):
    file = tmp_path / "book.xlsx"
    file.write_bytes(sheet.make(BOOK))
    assert faults(file) == []


@pytest.fixture(scope="module")
def summary():
    return PdfReader(io.BytesIO(pdf.make(paper())))


def elements(found):
    """All structure elements in their order."""
    for one in found if isinstance(found, list) else [found]:
        element = one.get_object()
        if isinstance(element, dict):
            if "/S" in element:
                yield element
            if "/K" in element:
                yield from elements(element["/K"])


def test_a_pdf_says_what_is_a_title_a_heading_a_tables_head_and_a_picture(summary):
    found = list(elements(summary.trailer["/Root"]["/StructTreeRoot"]["/K"]))
    kinds = [one["/S"] for one in found]
    heads = [one for one in found if one["/S"] == "/TH"]
    assert kinds.count("/Title") == 1
    assert [one for one in kinds if one[:2] == "/H"] == ["/H1", "/H2", "/H3", "/H4", "/H1", "/H1", "/H1"]
    assert {str(one["/A"][0]["/Scope"]) for one in heads} == {"/Column"}
    assert len(heads) == 5  # of two tables; a head repeated on the next page is no second one
    assert [one["/Alt"] for one in found if one["/S"] == "/Figure"] == ["各月", "各月到支部次数"]


def test_what_is_read_aloud_comes_in_the_order_of_the_pages(summary):
    pages = [page.indirect_reference for page in summary.pages]
    tagged = [one.raw_get("/Pg") for one in elements(summary.trailer["/Root"]["/StructTreeRoot"]["/K"]) if "/Pg" in one]
    order = [pages.index(one) for one in tagged]
    assert order == sorted(order)
    assert set(order) == set(range(len(pages)))


def test_a_pdf_is_whole_in_itself(summary):
    """ISO 19005-2: fonts embedded and mapped to Unicode, colours defined, nothing that runs, no password."""
    root = summary.trailer["/Root"]
    fonts = {
        font.indirect_reference.idnum: font.get_object()
        for page in summary.pages
        for font in [one.get_object() for one in page["/Resources"].get("/Font", {}).values()]
    }
    assert fonts
    for font in fonts.values():
        below = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(below)
        assert "/ToUnicode" in font
    assert root["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(root)
    assert not summary.is_encrypted
