"""Whatever was typed, pasted or stored stands in the file as it was, or with a sign for what no file can hold."""

import io

import docx
import pypdfium2
import pytest
from pypdf import PdfReader

from logbook.documents import pdf, sheet, word
from logbook.documents.paper import Form, Para, Table
from logbook.documents.sheet import Column, Sheet
from tests.documents.papers import short
from tests.texts.test_cleaning import CLASSES

LONG = "这是现场的情况和职工的意见。" * 714  # 9,996 characters
# What is stored, and what a Word file or a workbook says.
TEXTS = {
    "甲\x00\x01\x08\x0b\x1f\x7f\x85\ud800\ufffe\uffff乙": "甲乙",
    '#import "x" $a$ *粗* _斜_ @b <label> ```x``` \\ //': '#import "x" $a$ *粗* _斜_ @b <label> ```x``` \\ //',
    "=1+1": "=1+1", "＝1＋1－@": "＝1＋1－@", "@SUM(A1)": "@SUM(A1)",
    "𠮷喆堃珺玥镕昇旸祎㎡": "𠮷喆堃珺玥镕昇旸祎㎡", "买买提·吐尔逊 O'Neil": "买买提·吐尔逊 O'Neil",
    "好👍🏽👨\u200d👩\u200d👧🇨🇳完": "好👍🏽👨\u200d👩\u200d👧🇨🇳完",
    "一\n\n\n二": "一\n\n\n二",
}  # fmt: skip


def everywhere(texts):
    """In a paragraph, a table, a form and the properties."""
    rows = tuple((text, text) for text in texts)
    blocks = (*map(Para, texts), Table(("甲", "乙"), rows), Form(rows))
    return short(title="标题\x01", blocks=blocks, made_from="".join(texts))


def squeezed(text):
    return "".join(text.split())


def test_a_word_file_holds_any_text():
    found = docx.Document(io.BytesIO(word.make(everywhere(TEXTS))))
    paragraphs = {one.text for one in found.paragraphs}
    for text in TEXTS.values():
        assert text in paragraphs
        for table in found.tables:
            assert sum(cell.text == text for row in table.rows for cell in row.cells) >= 2, text


def test_a_pdf_holds_any_text_that_a_font_has():
    said = squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.make(everywhere(TEXTS)))).pages))
    for text in TEXTS.values():
        if "👍" not in text:
            assert said.count(squeezed(text)) >= 4, text
    assert said.count("好〓〓〓〓〓〓完") >= 4


def test_no_character_fails_a_pdf():
    """One of every class (tests/texts), each alone, and all of them in one text; typst refuses some that fonts have."""
    odd = [char for chars, _becomes in CLASSES.values() for char in chars]
    made = pdf.make(everywhere([f"甲{char}乙" for char in odd] + ["".join(odd)]))
    said = squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages))
    assert said.count("甲乙") > 4 * 30


def test_what_typst_alone_refuses_costs_one_character():
    """Whatever `printable` lets through: the typesetter's own word is heard."""
    given = pdf.job(short(blocks=(Para("甲乙"),)))
    given["paper"]["blocks"][0]["text"] = "甲\ufeff乙\ue000丙\U000f0000"
    assert "甲乙〓丙〓" in squeezed(PdfReader(io.BytesIO(pdf.typeset(given))).pages[0].extract_text())


def test_letters_without_a_break_stay_on_the_page():
    link = "https" + "abcdefghijklmnopqrstuvwxyz" * 3
    rows = (("甲", "W" * 500, link), ("Wolfeschlegelsteinhausen", "乙", "丙"))
    blocks = (Para("W" * 200), Table(("姓名", "同行", "说明"), rows, (1, 2, 1)), Form((("同行人员", "W" * 300),)))
    with pypdfium2.PdfDocument(pdf.make(short(blocks=blocks))) as document:
        said, ends = "", []
        for page in document:
            text = page.get_textpage()
            said += text.get_text_range()
            ends += [text.get_charbox(n)[2] / page.get_width() for n in range(text.count_chars())]
    assert squeezed(said).count("W") >= 1001
    assert link in squeezed(said), "and are found as they were written"
    assert max(ends) < 0.9


def test_a_workbook_holds_any_text():
    columns = (Column("甲"),)
    rows = sheet.read(sheet.make([Sheet("表", columns, [(text,) for text in TEXTS])]))["表"]
    assert [row[0] for row in rows[1:]] == list(TEXTS.values())


@pytest.mark.parametrize("landscape", [False, True])
def test_a_row_longer_than_a_page_goes_on_on_the_next(landscape):
    """In a table, where others are not split, and in a form, where a row has a height for the pen."""
    blocks = (Table(("甲", "乙"), (("短", LONG),), (3, 1)), Form((("情况", LONG), ("末", "尾")), (2, 9)))
    pages = PdfReader(io.BytesIO(pdf.make(short(blocks=blocks, landscape=landscape)))).pages
    assert squeezed("".join(page.extract_text() for page in pages)).count("。") == 2 * 714
    assert "尾" in squeezed(pages[-1].extract_text()), "a row that fits is not split"


def test_a_forms_row_is_as_high_as_its_form_says():
    """Two of nine lines fill a page below its title; the third begins the next."""
    rows = (("上", "一"), ("中", "二"), ("下", "三"))
    pages = PdfReader(io.BytesIO(pdf.make(short(blocks=(Form(rows, (9, 9, 9)),))))).pages
    assert [[word for word in "一二三" if word in page.extract_text()] for page in pages] == [["一", "二"], ["三"]]
