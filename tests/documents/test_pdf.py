"""PDFs as a reader opens them: the words come out again, the figures hold, a failure says so."""

import datetime as dt
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from logbook.documents import child, fonts, pdf
from logbook.documents.paper import Chart, Cover, Para, Table, collected
from tests.documents.papers import BARS, MARKUP, RARE, full, paper, short


def opened(one):
    return PdfReader(io.BytesIO(pdf.make(one)))


@pytest.fixture(scope="module")
def summary():
    return opened(paper())


def text(reader):
    return "".join("".join(page.extract_text() for page in reader.pages).split())


def test_every_word_comes_out_again(summary):
    found = text(summary)
    for words in (
        "内部资料",
        "下基层情况汇总",
        "××市委组织部：",
        "一、总体情况",
        f"张{RARE}39",
        "注：撤销的记录不计。",
    ):
        assert words in found
    assert "2027年1月8日" in found


def test_rare_characters_of_names_are_real_characters(summary):
    assert f"党组成员{RARE}说：“基层事，马上办。”" in text(summary)


def test_what_was_typed_is_never_markup(summary):
    assert text(summary).count("".join(MARKUP.split())) == 2  # in the text and in a table's cell


def test_a_full_page_has_22_lines_of_28_characters():
    lines = opened(full()).pages[1].extract_text().replace("— 2 —", "").split()
    assert [len(one) for one in lines] == [28] * 22


def test_the_file_is_an_archival_tagged_one(summary):
    meta = summary.metadata
    assert (meta.title, meta.author) == ("××局党组成员2026年度下基层情况汇总", None)
    assert meta["/Keywords"] == "汇总第3稿"
    assert "汇总第3稿" not in text(summary)
    root = summary.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].lower() == "zh-cn"
    xmp = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp


def test_pages_are_numbered_and_counted(summary):
    count = len(summary.pages)
    assert count - 1 < pdf.for_word([(paper(), [])])[0][0] <= count + 1
    assert [f"—{i}—" in "".join(page.extract_text().split()) for i, page in enumerate(summary.pages, 1)] == [
        True
    ] * count


def test_a_long_table_is_not_typeset_to_be_counted():
    rows = tuple((str(n),) for n in range(pdf.SURELY_TWO + 1))
    assert len(opened(short(blocks=(Table(("甲",), rows),))).pages) > 1
    ((pages, _drawn),) = pdf.for_word([(short(blocks=(Table(("甲", "乙"), rows),)), [])])  # no typesetter takes this
    assert pages > 1


def test_a_paper_of_one_page_has_no_number():
    reader = opened(short())
    assert (len(reader.pages), text(reader)) == (1, "标题一页。")


def test_attachments_begin_on_pages_of_their_own_one_of_them_lying(summary):
    first = [page.extract_text().split()[0] for page in summary.pages]
    boxes = dict(zip(first, [page.mediabox for page in summary.pages], strict=True))
    assert {"附件1", "附件2", "附件3"} <= set(first)
    assert boxes["附件2"].width > boxes["附件2"].height
    assert boxes["附件3"].width < boxes["附件3"].height


def test_a_table_repeats_its_head_on_its_next_page(summary):
    pages = [page.extract_text() for page in summary.pages if f"张{RARE}" in page.extract_text()]
    assert len(pages) > 1
    assert all("推动解决的主要问题" in page for page in pages)


def test_a_name_without_a_date_and_an_attachment_without_a_number():
    reader = opened(short(signed="××局党办", attachments=(paper().attachments[1],)))
    assert "附件：挂点支部联系情况统计表××局党办" in text(reader)
    assert reader.pages[1].extract_text().split()[0] == "附件"


def test_a_sites_own_fonts_come_first(tmp_path):
    assert fonts.folders(tmp_path)[0] == tmp_path
    assert all(one.is_dir() for one in fonts.folders(tmp_path / "absent"))
    assert (fonts.folders()[-1] / "NotoSerifSC-Regular.otf").is_file()
    assert pdf.make(short(), tmp_path).startswith(b"%PDF-1.7")


def test_charts_become_pictures_in_their_order():
    square = '<svg xmlns="http://www.w3.org/2000/svg" width="72" height="36"/>'
    (_pages, (first, second)), (_more, none) = pdf.for_word([(short(), [BARS, square]), (short(), [])])
    assert none == []
    assert Image.open(io.BytesIO(second)).size == (150, 75)  # 72 × 36 px of 96 an inch, at 200 an inch
    assert len(Image.open(io.BytesIO(first)).convert("L").getcolors()) > 2


def test_a_chart_says_what_it_shows():
    assert pdf.label(Chart(BARS)) == "各月到支部次数"
    assert pdf.label(Chart(BARS, "标题")) == "标题"
    assert pdf.label(Chart("<svg/>")) == "图"


def test_what_the_typesetter_refuses_is_told():
    with pytest.raises(child.PaperFailed, match="failed to parse SVG"):
        pdf.make(short(blocks=(Chart("no picture"),)))


def test_a_character_that_no_font_has_costs_nobody_the_paper():
    said = text(opened(short(blocks=(Para("前\U0010fffd\ue000后"), Table(("头\U0010fffc",), (("完",),))))))
    assert "前〓〓后" in said
    assert "头〓完" in said


def test_a_child_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(child, "LONGEST", 0.01)
    with pytest.raises(child.PaperLate, match="timeout"):
        pdf.make(short())


def test_pages_are_counted_and_pdfs_made_where_it_is_asked():
    odd = short(blocks=(Para("甲\U0010fffd"),))
    ((pages, drawn),) = pdf.for_word([(odd, [BARS, BARS])])
    assert pdf.typeset(pdf.job(odd)).startswith(b"%PDF")
    assert 0 < pages < 0.5
    assert [one[1:4] for one in drawn] == [b"PNG", b"PNG"]


def test_the_typesetter_never_stays_in_this_process():
    code = "import sys; from logbook.documents import pdf, word, sheet, charts; print([m for m in sys.modules])"
    root = Path(pdf.__file__).parents[2]
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=root).stdout
    for heavy in ("typst", "docx", "xlsxwriter", "python_calamine", "flask", "sqlalchemy"):
        assert f"'{heavy}'" not in loaded


def test_a_line_break_in_a_paragraph_is_kept():
    lines = opened(short(blocks=(Para("第一行\n第二行"),))).pages[0].extract_text().split()
    assert lines == ["标题", "第一行", "第二行"]


def test_a_records_number_and_a_heading_that_runs_in_stay_whole():
    block = Para(f"{'国' * 21}［2026-119/1］。", lead="（一）")
    lines = opened(short(blocks=(block,))).pages[0].extract_text().split()
    assert any("2026-119/1" in one for one in lines)
    assert lines[1].startswith("（一）国")


def test_a_hundred_characters_that_no_font_has_are_found_at_once():
    gone = "".join(chr(0xE000 + i) for i in range(2 * pdf.MOST_MISSING))
    assert "前" + "〓" * len(gone) + "后" in text(opened(short(blocks=(Para(f"前{gone}后"),))))


def test_papers_as_one_say_where_each_begins():
    cover = Cover("材料", (("单位", "某局"),))
    parts = [("第一份", short(signed="某局党办", dated=dt.date(2027, 1, 5))), ("第二份", short(landscape=True))]
    made = opened(collected("材料", parts, cover, "x"))
    texts = ["".join(page.extract_text().split()) for page in made.pages]
    assert re.findall(r"(第.份)·+(\d)", texts[2]) == [("第一份", "2"), ("第二份", "3")]
    assert texts[3].startswith("第一份")
    assert "某局党办2027年1月5日" in texts[3]
    assert texts[4].startswith("第二份")
    assert made.pages[4].mediabox.width > made.pages[4].mediabox.height or made.pages[4].rotation
