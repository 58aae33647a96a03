"""What is read of a Word file is what Word shows of it."""

import os
import time

import pytest

from logbook.documents import numbers, package, reader
from tests.documents.word_files import (
    SPACES,
    box,
    cell,
    field,
    generated,
    packed,
    paragraph,
    run,
    table,
)  # fmt: skip

TIMES = 100 if os.environ.get("LOGBOOK_THOROUGH") else 8


SOON = 10  # seconds of work, on any machine: what grows with the square of a file takes minutes


def said(body, **options):
    return list(reader.lines(reader.read(packed(body, **options)).blocks))


@pytest.mark.parametrize("seed", range(TIMES))
def test_what_is_read_is_what_was_put_in(seed):
    content, lines = generated(seed)
    assert list(reader.lines(reader.read(content).blocks)) == lines


def test_a_box_is_read_once_from_what_is_understood():
    body = paragraph(run("前") + box("新", fallback="旧")) + paragraph(box("图", choice="cx", fallback="代"))
    assert said(body) == ["前", "新", "", "代"]


def test_numbers_are_those_that_are_printed():
    levels = [0, 1, 1, 2, 0, 1, 2]
    body = "".join(
        paragraph(run("x"), f'<w:numPr><w:ilvl w:val="{one}"/><w:numId w:val="1"/></w:numPr>') for one in levels
    )
    assert said(body) == ["一、x", "（一）x", "（二）x", "1.2.1 x", "二、x", "（一）x", "2.1.1 x"]


@pytest.mark.parametrize(
    ("n", "kind", "shown"),
    [
        (10, "chineseCounting", "十"), (11, "chineseCountingThousand", "十一"), (105, "chineseCounting", "一百零五"),
        (110, "chineseCounting", "一百一十"), (3, "ideographTraditional", "丙"), (4, "lowerRoman", "iv"),
        (28, "lowerLetter", "bb"), (9, "upperRoman", "IX"), (3, "decimalEnclosedCircle", "③"), (7, "decimalZero", "07"),
        (10, "chineseLegalSimplified", "壹拾"), (5, "none", ""), (5, "hex", "5"),
    ],
)  # fmt: skip
def test_a_number_in_its_format(n, kind, shown):
    assert numbers.numeral(n, kind) == shown


def test_the_document_is_found_by_the_relations():
    assert said(paragraph(run("正文")), main="word/document2.xml") == ["正文"]


def test_the_strict_edition_is_read():
    strict = SPACES.replace(
        "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        "http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert said(paragraph(run("正文")), space=strict) == ["正文"]


def test_a_code_without_an_end_hides_only_its_paragraph():
    begun = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    assert said(paragraph(begun + run("码")) + paragraph(run("文")) + paragraph(field("X", "果"))) == ["", "文", "果"]


def test_what_is_not_read_is_counted():
    unread = '<w:drawing><pic/></w:drawing><w:object/><w:footnoteReference w:id="2"/><w:sym w:char="F020"/>'
    found = reader.read(packed(paragraph(f"<w:r>{unread}</w:r><oMath/>")))
    assert found.unread == 5


def test_cells_keep_their_columns():
    row = [cell(paragraph(run("一")), '<w:gridSpan w:val="2"/>'), cell(paragraph(run("二")))]
    ((found,),) = [one.rows for one in reader.tables(reader.read(packed(table(row))).blocks)]
    assert [one.column for one in found] == [0, 2]


HURTING = {
    "nested": "<w:p>" * 20_000 + "</w:p>" * 20_000,
    "runs": paragraph("<w:r><w:t>a</w:t></w:r>" * 600_000),
    "rows": table(*[["<w:tc><w:p/></w:tc>"]] * 100_000),
    "tables": "<w:tbl><w:tr><w:tc>" * 60 + "<w:p/>" * 100_000 + "</w:tc></w:tr></w:tbl>" * 60,
}


@pytest.mark.parametrize("kind", HURTING)
def test_a_file_built_to_hurt_is_refused_soon(kind):
    content = packed(HURTING[kind])
    begun = time.process_time()
    if kind == "tables":  # deep, but read once
        assert reader.read(content).blocks
    else:
        with pytest.raises(package.Refused):
            reader.read(content)
    assert time.process_time() - begun < SOON


def test_paragraphs_inside_paragraphs_are_read_once():
    body = "<w:p>" * 60 + "<w:r><w:t>a</w:t></w:r>" * 30_000 + "</w:p>" * 60
    begun = time.process_time()
    assert said(body) == ["a" * 30_000]
    assert time.process_time() - begun < SOON


def test_entities_are_refused():
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:document>&b;</w:document>'
    with pytest.raises(package.Refused, match="damaged"):
        reader.read(packed("", more={"word/document.xml": bomb}))


def relation(kind, target, mode="External"):
    return f'<Relationships><Relationship Type="x/{kind}" Target="{target}" TargetMode="{mode}"/></Relationships>'


def test_links_without_end_are_refused_unread():
    links = "<Relationships>" + '<Relationship Type="x/image" Target="media/a.png"/>' * 2_000 + "</Relationships>"
    with pytest.raises(package.Refused, match="bomb"):
        package.look_through(packed("", more={f"word/_rels/a{n}.xml.rels": links for n in range(40)}))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"word/vbaProject.bin": b"x"}, "macros"), ({"word/vba.bin": b"x"}, "macros"),
        ({"word/_rels/a.xml.rels": relation("vbaProject", "x.bin", "Internal")}, "macros"),
        ({"xl/macrosheets/sheet1.xml": "<x/>"}, "macros"), ({"word/embeddings/oleObject1.bin": b"x"}, "embedded"),
        ({"word/activeX/activeX1.xml": "<x/>"}, "embedded"), ({"word/evil.exe": b"MZ"}, "unknown"),
        ({"word/_rels/settings.xml.rels": relation("attachedTemplate", "http://127.0.0.1/a.dotm")}, "linked"),
        ({"META-INF/MANIFEST.MF": "x"}, "other"), ({"word/document.xml": "<a/>"}, "damaged"),
    ],
)  # fmt: skip
def test_what_no_text_needs_is_refused_by_its_name(more, why):
    with pytest.raises(package.Refused, match=why):
        reader.read(packed(paragraph(run("x")), more=more))


def test_links_and_pictures_and_what_office_programs_add_are_taken():
    more = {
        "word/_rels/footnotes.xml.rels": relation("hyperlink", "http://127.0.0.1/"), "word/media/image1.png": b"x",
        "docProps/thumbnail.jpeg": b"x", "customXml/item1.xml": "<x/>", "word/theme/theme1.xml": "<x/>",
        "word/fonts/font1.odttf": b"x", "docProps/custom.xml": "<x/>", "word/charts/chart1.xml": "<x/>",
    }  # fmt: skip
    assert said_of(more) == ["x"]


def said_of(more):
    return said(paragraph(run("x")), more=more)
