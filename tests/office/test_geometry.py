"""GB/T 9704-2012 measured on the rendered page: of the PDF, and of the Word file as LibreOffice prints it.

The figures stand here as the standard gives them; where things stand is read from the pages.
"""

import datetime as dt
import fcntl
import os

import pytest

from logbook.documents import pdf, word
from logbook.documents.paper import Attachment, Break, Cover, Form, Paper, Para, Table
from tests.documents.papers import full, paper, short
from tests.libreoffice import convert
from tests.rendered import MM, pages

pytestmark = pytest.mark.office
LONG_NAME = "党组成员联系基层党支部推动解决群众急难愁盼问题情况统计表（按党组织排列）"
SIGNED = {
    "早": ("青湖局党办", dt.date(2026, 1, 5)),
    "长": ("中共青湖市风景名胜区管理局党组办公室", dt.date(2026, 11, 25)),
}
BOOK = Paper(
    "记录本",
    (
        Cover("记录本", (("年　　度", "2026年"),)),
        Para("国" * 28 * 30, indent=False), Break(), Form((("日期", "1月5日"),)),
    ),
    bound=True,
)  # fmt: skip


def signed(*blocks):
    return short(blocks=blocks, signed="××局党办", dated=dt.date(2026, 1, 5))


PAPERS = {
    "full": full(),
    "paper": paper(attachments=(*paper().attachments, Attachment(LONG_NAME, (Para("无。"),)))),
    "short": short(),
    "lying": Paper("标题", (Table(("支部",), (("甲",),) * 80),), inner=False, landscape=True),
    **{name: short(signed=signed, dated=on) for name, (signed, on) in SIGNED.items()},
    "alone": signed(*(Para("国" * 26) for _ in range(18)), Para("民" * 26)),
    "after a long paragraph": signed(*(Para("国" * 26) for _ in range(5)), Para("民" * (26 + 28 * 14))),
    "after a table": signed(Table(("支部",), tuple((f"第{i}",) for i in range(27)))),
}  # fmt: skip


@pytest.fixture(scope="session")
def printed(tmp_path_factory):
    """{"pdf" or "docx": {name: pages}}; one start of LibreOffice prints all Word files, for every process of tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "printed"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            make_all(folder)
            (folder / "done").touch()
    return {
        kind: {name: pages((folder / f"{i}{end}").read_bytes()) for i, name in enumerate(PAPERS)}
        for kind, end in (("pdf", ".own.pdf"), ("docx", ".pdf"))
    }


def make_all(folder):
    for i, one in enumerate(PAPERS.values()):
        (folder / f"{i}.docx").write_bytes(word.make(one))
        (folder / f"{i}.own.pdf").write_bytes(pdf.make(one))
    convert(sorted(folder.glob("*.docx")), "pdf", folder)


@pytest.fixture(params=["pdf", "docx"])
def seen(request, printed):
    return printed[request.param]


def near(mm):
    """Within half a millimetre, in points."""
    return pytest.approx(mm * MM, abs=0.5 * MM)


def text_lines(page):
    return [one for one in page.lines if one.size == pytest.approx(16)]


def test_a_full_page_has_22_lines_of_28_characters(seen):
    page = seen["full"][1]
    lines = text_lines(page)
    assert [len(one.chars) for one in lines] == [28] * 22
    assert (page.width, page.height) == (near(210), near(297))


def test_a_full_page_fills_156_by_225_mm(seen):
    lines = text_lines(seen["full"][1])
    assert {round(one.x / MM) for one in lines} == {28}
    assert {round(one.end / MM) for one in lines} == {184}  # 210 - 26
    pitch = (lines[-1].y - lines[0].y) / 21
    assert pitch == pytest.approx(28.95, abs=0.05)
    assert lines[0].y - 14 >= 36.9 * MM  # the character above its baseline
    assert lines[-1].y <= (297 - 35) * MM
    assert lines[0].y - pitch < 37 * MM  # no line is missing above


def test_page_numbers_stand_outside_one_character_in(seen):
    for n, page in enumerate(seen["full"], 1):
        number = page.lines[-1]
        assert (number.text, number.size) == (f"—{n}—", pytest.approx(14))
        ends = number.end - (210 - 26) * MM if n % 2 else number.x - 28 * MM
        assert abs(ends) == pytest.approx(14, abs=2)
        assert number.y > (297 - 35) * MM


def test_a_paper_of_one_page_has_no_number(seen):
    (page,) = seen["short"]
    assert [one.text for one in page.lines] == ["标题", "一页。"]


@pytest.mark.parametrize("name", SIGNED)
def test_the_date_begins_two_characters_right_of_the_name_or_ends_two_before_the_margin(seen, name):
    signed, day = SIGNED[name]
    (page,) = seen[name]
    text, first, second = page.line("一页"), page.line(signed), page.line("2026年")
    assert second.text == f"{day.year}年{day.month}月{day.day}日"  # no leading zeros
    assert first.y - text.y == pytest.approx(2 * 28.95, abs=1)  # one empty line below the text
    assert second.y - first.y == pytest.approx(28.95, abs=1)
    assert second.x - first.x == pytest.approx(32, abs=4)
    last = second if name == "早" else first
    # LibreOffice puts a fifth of a character between digits and Chinese, whatever the file says: five times in a date.
    assert 32 - 5 * 3.2 - 2 < (210 - 26) * MM - last.end < 32 + 6


def test_a_signature_stands_on_no_page_without_text(seen):
    assert [one.text[:2] for one in text_lines(seen["alone"][-1])] == ["民民", "××", "20"]
    for name, text in (("after a long paragraph", {"民"}), ("after a table", {"第", "2", "6"})):
        *_text, above, _name, _day, _number = seen[name][-1].lines
        assert set(above.text) <= text
    before = next(page for page in seen["paper"] if any(one.text.startswith("附件：") for one in page.lines))
    assert text_lines(before)[0].text[:2] not in {"附件", "××"}


def test_a_signature_takes_along_no_more_text_than_it_must(printed):
    assert [set(one.text) for one in printed["pdf"]["after a long paragraph"][-1].lines[:-3]] == [{"民"}]


def test_attachments_are_named_below_the_text_and_wrap_under_their_names(seen):
    page = next(one for one in seen["paper"] if any(line.text.startswith("附件：") for line in one.lines))
    first, second = page.line("附件：1."), page.line("2.")
    wrapped = page.lines[page.lines.index(page.line("4.")) + 1]
    above = page.lines[page.lines.index(first) - 1]
    assert first.x - 28 * MM == pytest.approx(32, abs=1.5)
    assert first.y - above.y == pytest.approx(2 * 28.95, abs=1)
    assert second.x == pytest.approx(first.chars[3].x, abs=2)
    name = next(one for one in page.line("4.").chars if one.text == LONG_NAME[0])
    assert wrapped.x == pytest.approx(name.x, abs=8)
    assert (first.text, second.text) == ("附件：1.党组成员下基层情况统计表", "2.挂点支部联系情况统计表")
    assert wrapped.text == LONG_NAME[-len(wrapped.text) :]  # and no end mark


def test_each_attachment_begins_a_page_with_its_title_on_the_third_line(seen):
    for n, title in enumerate([one.title for one in PAPERS["paper"].attachments], 1):
        page = next(one for one in seen["paper"] if one.lines[0].text == f"附件{n}")
        head = page.lines[0]
        width, left = (297, 35) if page.width > page.height else (210, 28)
        assert head.x == near(left)
        first = page.lines[1]
        assert first.text == title[: len(first.text)]
        assert first.size == pytest.approx(22)
        assert (first.y - head.y) / 28.95 == pytest.approx(2.1, abs=0.4)
        middle = (left + (width - (37 if width == 297 else 26))) / 2
        assert (first.x + first.end) / 2 == pytest.approx(middle * MM, abs=4)


def test_lying_pages_are_turned_the_same_way_with_the_margins_of_a_standing_one(seen):
    """Turned a quarter to the right, the left margin is above: at the binding of an odd page, at the cut of an even."""
    odd, even, *_more = seen["lying"]
    for page in (odd, even):
        *text, number = page.lines
        assert (page.width, page.height) == (near(297), near(210))
        assert page.line("支部").x == pytest.approx(35 * MM, abs=6)
        assert 28 * MM < text[0].y < (28 + 13) * MM
        assert (210 - 26 - 16) * MM < text[-1].y < (210 - 26) * MM < number.y
    assert odd.lines[0].size == pytest.approx(22)


def test_each_level_has_its_face(printed):
    page = printed["pdf"]["paper"][0]
    assert "Sans" in page.line("一、").face or "Hei" in page.line("一、").face
    body = page.line("1.次数").face
    assert page.line("（1）").face == body == page.line("不缩进").face
    assert {one.size for one in (page.line("一、"), page.line("（一）"), page.line("1."), page.line("（1）"))} == {16}
    for begins in ("一、", "（一）", "1.", "（1）"):
        assert page.line(begins).x - 28 * MM == pytest.approx(32, abs=1)


def test_a_book_is_bound_at_the_inside_of_every_leaf():
    cover, back, first, second, *_more = pages(pdf.make(BOOK))
    assert [line.size for line in cover.lines][:1] == [22]
    assert back.lines == ()  # the first record is a right page
    assert {round(one.x / MM) for one in text_lines(first)} == {28}
    assert {round(one.x / MM) for one in text_lines(second)} == {26}
    assert (first.lines[-1].text, second.lines[-1].text) == ("—1—", "—2—")
