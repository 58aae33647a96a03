"""Word files as Word would open them: the words, the fonts named, the figures of GB/T 9704-2012."""

import datetime as dt
import io
import itertools
import zipfile

import docx
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn
from docx.shared import Mm, Twips

from logbook.documents import word
from logbook.documents.paper import Attachment, Chart, Para, Table
from tests.documents.papers import BARS, MARKUP, RARE, paper, short


def opened(one):
    return docx.Document(io.BytesIO(next(word.build([one]))))


@pytest.fixture(scope="module")
def summary():
    return opened(paper())


def line(document, text):
    """The one paragraph that begins with `text`."""
    (found,) = [one for one in document.paragraphs if one.text.startswith(text)]
    return found


def face(paragraph):
    return paragraph.runs[0]._r.rPr.find(qn("w:rFonts")).get(qn("w:eastAsia"))


def indents(paragraph):
    found = paragraph._p.pPr.find(qn("w:ind"))
    return {} if found is None else {key.split("}")[1]: value for key, value in found.attrib.items()}


def test_the_front_stands_in_its_order(summary):
    assert [one.text for one in summary.paragraphs[:7]] == [
        "内部资料　注意保管", "", "××局党组成员2026年度", "下基层情况汇总", "", "××市委组织部：", "一、总体情况",
    ]  # fmt: skip
    assert summary.paragraphs[2].alignment == summary.paragraphs[3].alignment == 1
    assert (face(summary.paragraphs[2]), summary.paragraphs[2].runs[0].font.size.pt) == ("方正小标宋简体", 22)


def test_a_paper_for_outside_says_nothing_of_inside():
    assert opened(short()).paragraphs[0].text == "标题"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("一、", "黑体"),
        ("（一）", "楷体_GB2312"),
        ("1. 次数", "仿宋_GB2312"),
        ("（1）", "仿宋_GB2312"),
        ("党组成员喆", "仿宋_GB2312"),
    ],
)
def test_each_level_has_its_face_and_no_bold(summary, text, name):
    run = line(summary, text).runs[0]
    assert (face(line(summary, text)), run.font.size.pt, run.font.bold) == (name, 16, None)
    assert run._r.rPr.find(qn("w:rFonts")).get(qn("w:hint")) == "eastAsia"
    assert indents(line(summary, text)) == {"firstLineChars": "200", "firstLine": "630"}


def test_a_heading_does_not_stand_alone_at_the_foot_of_a_page(summary):
    assert line(summary, "一、").paragraph_format.keep_with_next
    assert not indents(line(summary, "不缩进"))


def test_words_stand_as_they_were_written(summary):
    assert line(summary, "党组成员喆").text == f"党组成员{RARE}说：“基层事，马上办。”{MARKUP}"


def test_a_page_holds_22_lines_of_28_characters(summary):
    section = summary.sections[0]
    style = summary.styles["Normal"]
    grid = section._sectPr.find(qn("w:docGrid"))
    assert (section.page_width, section.page_height) == (Twips(11906), Twips(16838))
    assert (section.top_margin, section.right_margin, section.bottom_margin, section.left_margin) == tuple(
        Twips(n) for n in (2098, 1474, 1984, 1588)
    )
    assert (grid.get(qn("w:type")), grid.get(qn("w:linePitch"))) == ("lines", "579")
    spacing = style.element.pPr.find(qn("w:spacing"))
    assert (spacing.get(qn("w:line")), spacing.get(qn("w:lineRule"))) == ("579", "exact")
    assert style.element.rPr.find(qn("w:spacing")).get(qn("w:val")) == "-5"
    assert (16838 - 2098 - 1984) // 579 == 22
    assert (11906 - 1588 - 1474) // (16 * 20 - 5) == 28


def test_no_program_puts_a_space_between_chinese_and_digits(summary):
    style = summary.styles["Normal"].element.pPr
    assert [style.find(qn(f"w:autoSpaceD{end}")).get(qn("w:val")) for end in "EN"] == ["0", "0"]


def test_the_properties_name_the_source_and_no_author(summary):
    core = summary.core_properties
    assert (core.title, core.author, core.comments) == ("××局党组成员2026年度下基层情况汇总", "", "汇总第3稿")
    assert "汇总第3稿" not in "".join(one.text for one in summary.paragraphs)


def test_page_numbers_stand_outside_one_character_in(summary):
    odd, even = summary.sections[0].footer.paragraphs[0], summary.sections[0].even_page_footer.paragraphs[0]
    assert [one.alignment for one in (odd, even)] == [2, 0]
    assert (indents(odd), indents(even)) == ({"right": "280"}, {"left": "280"})
    assert odd._p.xpath("string(.//w:instrText)").strip() == "PAGE"
    assert odd.text == "— 1 —"
    assert (face(odd), odd.runs[0].font.size.pt) == ("宋体", 14)
    assert summary.settings.odd_and_even_pages_header_footer


def test_a_paper_of_one_page_has_no_number():
    assert opened(short()).sections[0].footer.is_linked_to_previous


def test_attachments_are_named_below_the_text_with_wrapped_names_aligned(summary):
    first, second = line(summary, "附件：1. "), line(summary, "　　　2. ")
    assert first.text == "附件：1. 党组成员下基层情况统计表"
    assert second.text == "　　　2. 挂点支部联系情况统计表"
    place = [one._p for one in summary.paragraphs].index(first._p)
    assert summary.paragraphs[place - 1].text == ""
    assert int(indents(first)["left"]) - int(indents(first)["hanging"]) == 630


def test_a_single_attachment_has_no_number():
    document = opened(short(attachments=(Attachment("统计表", ()),)))
    words = [one.text for one in document.paragraphs if one.text]
    assert words == ["标题", "一页。", "附件：统计表", "附件", "统计表"]


def test_each_attachment_begins_on_a_new_page_with_its_title_on_the_third_line(summary):
    place = [one.text for one in summary.paragraphs].index("附件1")
    assert [one.text for one in summary.paragraphs[place : place + 4]] == ["附件1", "", "党组成员下基层情况统计表", ""]
    assert face(summary.paragraphs[place]) == "黑体"
    assert not indents(summary.paragraphs[place])
    assert [one.orientation for one in summary.sections] == [
        WD_ORIENT.PORTRAIT, WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE, WD_ORIENT.PORTRAIT,
    ]  # fmt: skip
    lying = summary.sections[2]
    assert (lying.page_width, lying.top_margin, lying.left_margin) == (Twips(16838), Twips(1588), Twips(1984))


@pytest.mark.parametrize("signed", ["青湖局党办", "中共青湖市风景区管理局党组办公室"], ids=["short", "long"])
def test_the_date_begins_two_characters_right_of_the_name(signed):
    document = opened(short(signed=signed, dated=dt.date(2026, 1, 5)))
    name, date = document.paragraphs[-2:]
    assert (name.text, date.text) == (signed, "2026年1月5日")
    left = [int(indents(one)["left"]) / 315 for one in (name, date)]
    ends = [at + sum(0.5 if c.isascii() else 1 for c in one.text) for at, one in zip(left, (name, date), strict=True)]
    assert left[1] - left[0] == pytest.approx(2, abs=0.01)
    assert max(ends) == pytest.approx(28 - 2, abs=0.1)
    assert document.paragraphs[-3].text == ""


def test_a_name_without_a_date_stands_two_characters_in():
    last = opened(short(signed="青湖局党办")).paragraphs[-1]
    assert last.text == "青湖局党办"
    assert int(indents(last)["left"]) / 315 + 5 == pytest.approx(28 - 2, abs=0.1)


def test_a_table_repeats_its_head_and_splits_no_row(summary):
    table = summary.tables[0]
    assert [cell.text for cell in table.rows[0].cells] == ["姓名", "挂点支部", "推动解决的主要问题"]
    assert table.rows[1].cells[2].text == MARKUP
    assert [one._tr.trPr.find(qn("w:tblHeader")) is not None for one in table.rows[:3]] == [True, False, False]
    assert all(one._tr.trPr.find(qn("w:cantSplit")) is not None for one in table.rows)
    paragraph = table.rows[1].cells[0].paragraphs[0]
    assert (face(paragraph), paragraph.runs[0].font.size.pt) == ("仿宋_GB2312", 10.5)


def test_a_table_is_as_wide_as_its_page(summary):
    widths = [cell.width for cell in summary.tables[0].rows[1].cells]
    assert sum(widths) == pytest.approx(Mm(156), abs=Mm(0.2))
    assert [one / widths[0] for one in widths] == pytest.approx([1, 2, 3], abs=0.001)
    lying = summary.sections[2]
    room = lying.page_width - lying.left_margin - lying.right_margin
    assert sum(cell.width for cell in summary.tables[1].rows[0].cells) == pytest.approx(room, abs=10)


def test_a_cell_has_the_margins_of_the_printed_one(summary):
    for table in summary.tables:
        sides = table._tbl.tblPr.find(qn("w:tblCellMar"))
        assert {one.tag: one.get(qn("w:w")) for one in sides} == {qn("w:left"): "80", qn("w:right"): "80"}
        assert sides.getnext().tag == qn("w:tblLook")


def test_a_table_stands_between_its_title_and_its_note(summary):
    body = [one for one in summary.element.body if one.tag in (qn("w:p"), qn("w:tbl"))]
    place = body.index(summary.tables[0]._tbl)
    assert [body[place + i].xpath("string(.)") for i in (-1, 1)] == ["表1", "注：撤销的记录不计。"]


def test_a_chart_is_a_picture_that_says_what_it_shows(summary):
    pictures = summary.element.body.xpath(".//wp:docPr/@descr")
    assert pictures == ["各月", "各月到支部次数"]
    assert [one.width for one in summary.inline_shapes] == [Mm(156), Mm(156)]
    line_of = summary.inline_shapes[0]._inline.getparent().getparent().getparent()
    assert line_of.pPr.find(qn("w:spacing")).get(qn("w:lineRule")) == "auto"
    charts = short(blocks=(Chart(BARS), Chart(BARS, "二"), Table(("甲",), ())))
    archive = zipfile.ZipFile(io.BytesIO(next(word.build([charts]))))
    assert all(archive.read(n).startswith(b"\x89PNG") for n in archive.namelist() if "media" in n)


def test_children_keep_the_order_the_schema_wants(summary):
    order = ["keepNext", "spacing", "ind", "jc"]
    for one in summary.paragraphs:
        names = [child.tag.split("}")[1] for child in one._p.pPr]
        known = [order.index(name) for name in names if name in order]
        assert all(a < b for a, b in itertools.pairwise(known)), names


def test_a_heading_that_runs_in_has_its_face_and_the_text_its_own():
    paragraph = line(opened(short(blocks=(Para("按照安排，到了。", lead="（一）挂点联系。"),))), "（一）")
    faces = [run._r.rPr.find(qn("w:rFonts")).get(qn("w:eastAsia")) for run in paragraph.runs]
    assert (paragraph.text, faces) == ("（一）挂点联系。按照安排，到了。", ["楷体_GB2312", "仿宋_GB2312"])


def test_a_records_number_does_not_break_at_its_hyphen():
    paragraph = line(opened(short(blocks=(Para("见［2026-119/1、2026-034 第2版］，2026-1月"),))), "见")
    assert paragraph.text == "见［2026-119/1、2026-034 第2版］，2026-1月"
    assert len(paragraph._p.xpath(".//w:noBreakHyphen")) == 3


def test_a_page_that_is_nearly_full_has_a_number():
    nearly = opened(short(blocks=tuple(Para("一行。") for _n in range(18))))
    assert not nearly.sections[0].footer.is_linked_to_previous
    assert opened(short(blocks=tuple(Para("一行。") for _n in range(12)))).sections[0].footer.is_linked_to_previous
