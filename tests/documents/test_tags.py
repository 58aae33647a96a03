"""What a reader who cannot see the page, or opens it in thirty years, finds in the PDF (PDF/A-2a, PDF/UA-1)."""

import datetime as dt
import io

import pytest
from pypdf import PdfReader

from logbook.documents import pdf
from logbook.documents.paper import Attachment, Chart, Heading, Para, Table
from tests.documents.papers import BARS, RARE, paper, short
from tests.rendered import pages, tagged

TABLE = Table(("姓名", "次数"), (("甲", "1"), (f"乙{RARE}", "2")), title="表1", note="注：无。")
READ = short(
    title="××局党组成员2026年度\n下基层情况汇总",
    blocks=(Heading("一、总体情况", 1), Para("国" * 60), Para("各季度均有人到。", lead="（一）挂点联系。")),
    receiver="××市委组织部", signed="××局党办", dated=dt.date(2027, 1, 8),
    attachments=(
        Attachment("统计表", (TABLE,)),
        Attachment("清单", (Para("无。"),), landscape=True),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def content():
    return pdf.make(paper())


@pytest.fixture(scope="module")
def root(content):
    return PdfReader(io.BytesIO(content)).trailer["/Root"]


def elements(content, tag):
    return [one for one in tagged(content) if one.tag == tag]


def test_it_is_read_aloud_in_the_order_it_stands_on_the_pages():
    content = pdf.make(READ)
    stands = "".join(line.text for page in pages(content) for line in page.lines if not line.text.startswith("—"))
    assert "".join("".join(one.text for one in tagged(content)).split()) == stands


def test_titles_and_headings_are_what_they_are(content):
    said = [f"{one.tag} {one.whole}" for one in tagged(content) if one.tag[:1] == "H" or one.tag == "Title"]
    assert said == [
        "Title ××局党组成员2026年度下基层情况汇总", "H1 一、总体情况", "H2 （一）挂点联系", "H3 1.次数", "H4 （1）支部",
        "H1 党组成员下基层情况统计表", "H1 挂点支部联系情况统计表", "H1 各月到支部次数",
    ]  # fmt: skip


def test_a_heading_out_of_order_costs_nobody_the_paper():
    """PDF/UA forbids a step over a level; the office may well begin with （一）."""
    content = pdf.make(short(blocks=(Heading("（一）先", 2), Heading("（1）后", 4), Heading("一、再", 1))))
    assert [one.tag for one in tagged(content) if one.tag[:1] == "H"] == ["H1", "H2", "H1"]


def test_the_heads_of_a_table_head_their_columns():
    content = pdf.make(READ)
    heads = elements(content, "TH")
    assert [(one.whole, one.attributes["/Scope"]) for one in heads] == [("姓名", "/Column"), ("次数", "/Column")]
    assert [one.whole for one in elements(content, "TD")] == ["甲", "1", f"乙{RARE}", "2"]


def test_a_chart_says_what_it_shows(content):
    assert [one.alt for one in elements(content, "Figure")] == ["各月", "各月到支部次数"]
    assert elements(pdf.make(short(blocks=(Chart(BARS),))), "Figure")[0].alt == "各月到支部次数"


def test_a_viewer_shows_its_title_and_speaks_chinese(root):
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert root["/Lang"].lower() == "zh-cn"
    assert root["/MarkInfo"]["/Marked"]


def test_it_says_which_standards_it_keeps(root):
    said = "".join(root["/Metadata"].get_data().decode().split())
    for words in ("<pdfaid:part>2<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<"):
        assert words in said
    (intent,) = root["/OutputIntents"]
    assert intent["/S"] == "/GTS_PDFA1"
    assert intent["/DestOutputProfile"].get_data()[36:40] == b"acsp"  # an ICC profile is inside


def test_nothing_in_it_runs_or_is_locked(content, root):
    reader = PdfReader(io.BytesIO(content))
    assert not reader.is_encrypted
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(root)
    assert "/JavaScript" not in root.get("/Names", {})
    assert not [page for page in reader.pages if "/AA" in page or "/Annots" in page]


def test_every_face_is_inside_and_gives_its_characters_back(content):
    faces = {}
    for page in PdfReader(io.BytesIO(content)).pages:
        for font in page["/Resources"]["/Font"].values():
            faces[font.get_object()["/BaseFont"]] = font.get_object()
    assert len(faces) > 1
    for name, font in faces.items():
        assert "/ToUnicode" in font, name
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor), name
