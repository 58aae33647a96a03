"""LibreOffice opens a Word file as it is: every word comes out again."""

import dataclasses
import io

import pytest
from docx import Document

from logbook.documents import word
from logbook.documents.paper import Break, Form
from tests.documents.papers import paper
from tests.libreoffice import convert

pytestmark = pytest.mark.office


def words(text):
    """Without blanks; what keeps a number together shows as a hyphen."""
    return "".join(text.replace("\u2011", "-").split())


def test_every_word_of_a_word_file_comes_out_again(tmp_path):
    form = Form((("日期", "1月5日", "支部", "码头"), ("情况", "一\n二，见2026-137/1")), (1, 3))
    whole = dataclasses.replace(paper(), blocks=(*paper().blocks, form, Break(), *paper().blocks[:6]))
    (tmp_path / "paper.docx").write_bytes(word.make(whole))
    (out,) = convert([tmp_path / "paper.docx"], "txt:Text (encoded):UTF8", tmp_path)
    document = Document(io.BytesIO((tmp_path / "paper.docx").read_bytes()))
    meant = "".join(
        one.text
        if hasattr(one, "text")
        else "".join(cell.text for row in one.rows for cell in dict.fromkeys(row.cells))
        for one in document.iter_inner_content()
    )
    assert words(out.read_text("utf-8-sig")) == words(meant)
