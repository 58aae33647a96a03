"""The list goes out in Word and comes back filled in: whatever a person or a word processor did to it, by number."""

import datetime as dt
import hashlib
import io
import zipfile

import pytest
from docx import Document
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st

from logbook.db import db
from logbook.formats import full_date, today
from logbook.problems.models import Problem, Progress, State
from logbook.rectification import reading
from logbook.rectification.models import RectificationItem
from tests.rectification.conftest import (
    PATH,
    WOODS,
    YEAR,
    comment,
    confirm,
    feed_back,
    fill,
    items,
    line,
    upload,
    word,
)
from tests.texts.test_marks import MARKS
from tests.texts.test_marks import WORDS as ORDINARY

HEAD = ("序号", "问题", "来源", "整改措施", "责任人", "完成时限", "进展情况", "整改结果", "销号")


def listed(*rows, head=HEAD):
    """A document with one list: each row a dict by head."""
    document = Document()
    document.add_paragraph("整改清单")
    table = document.add_table(rows=1 + len(rows), cols=len(head))
    for cells, said in zip(table.rows, [dict(zip(head, head, strict=True)), *rows], strict=True):
        for cell, title in zip(cells.cells, head, strict=True):
            cell.text = said.get(title, "")
    return document


def numbered(n, year=YEAR, **cells):
    return {"来源": f"述职评议\n整改{year}-{n:02}", "问题": "x"} | cells


def content(document):
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def read(document, name="甲.docx"):
    rows, faults = reading.read(name, document if isinstance(document, bytes) else content(document))
    found = {one.n: (one.measures, one.progress, one.result) for one in rows}
    return found, [(one.row, str(one.why)) for one in faults]


# --- there and back -------------------------------------------------------------------------------


def test_the_papers_table_holds_every_item_of_the_secretary(office, bureau):
    document = word(office.get(f"{PATH}/list.docx?report={bureau.woods}"))
    table = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert table[0][:8] == list(HEAD[:8])
    assert [row[1] for row in table[1:]] == list(WOODS)
    assert table[1][6:] == ["　", "　", "　"]
    said = "\n".join(one.text for one in document.paragraphs)
    assert "森林党支部　书记：赵堃" in said
    office.post(f"/review/rectification/items/{items()[2].id}/remove")
    whole = word(office.get(f"{PATH}/list.docx"))
    assert [row.cells[1].text for row in whole.tables[0].rows[1:]] == [WOODS[0], "党课不够。", "台账不齐。"]


def test_what_a_secretary_filled_in_is_found_in_the_ledger(office, bureau):
    feed_back(bureau.woods)
    document = word(office.get(f"{PATH}/list.docx?report={bureau.woods}"))
    fill(document, 1, 整改措施="分两期施工。", 进展情况="图纸已出。\n已招标。")
    fill(document, 2, 进展情况="讲过一次。", 整改结果="都清楚了。")
    preview = upload(office, document)
    assert preview.status_code == 200
    assert "图纸已出。\n已招标。" in preview.text
    assert db.session.query(Progress).count() == 0  # nothing is written before it is confirmed
    assert confirm(office, preview).status_code == 303
    one, two = line(bureau, 1), line(bureau, 2)
    assert (one.measures, one.progress, one.result) == ("分两期施工。", "图纸已出。\n已招标。", "")
    assert (two.measures, two.progress, two.result) == ("", "讲过一次。", "都清楚了。")
    assert {one.state, two.state} == {State.UNDERWAY}
    page = office.get(f"/problems/{two.problem_id}").text
    assert "整改结果：都清楚了。" in page
    assert "钱玥" in page


@pytest.mark.parametrize("told", [False, True], ids=["before the feedback", "in the ledger"])
def test_a_list_that_goes_out_goes_back_in_unchanged(office, bureau, told):
    """The product's own export is no change, whatever stands in it."""
    for n, item in items().items():
        item.measures = f"第{n}项分两期办：\n一、先看；二、后修。"
    db.session.commit()
    if told:
        feed_back(bureau.woods)
        document = word(office.get(f"{PATH}/list.docx?report={bureau.woods}"))
        fill(document, 1, 进展情况="图纸已出。\n已招标。", 整改结果="修好了一半。")
        fill(document, 2, 进展情况="讲过一次。")
        confirm(office, upload(office, document))
        problem = line(bureau, 2).problem_id
        closed = {"result": "都清楚了。", "told_whom": "", "answer": ""}
        assert office.post(f"/problems/{problem}/close", closed).status_code == 303
    before = [line(bureau, n) for n in (1, 2)]
    for path in (f"{PATH}/list.docx?report={bureau.woods}", f"{PATH}/list.docx"):
        answer = upload(office, word(office.get(path)))
        assert "没有要导入的" in answer.text, path
        assert "没有读入" not in answer.text
    assert [line(bureau, n) for n in (1, 2)] == before


def test_imported_twice_it_changes_nothing_the_second_time(office, bureau):
    feed_back(bureau.woods)
    document = word(office.get(f"{PATH}/list.docx?report={bureau.woods}"))
    fill(document, 1, 整改措施="分两期。", 进展情况="图纸已出。", 整改结果="修好了。")
    first = upload(office, document)
    confirm(office, first)
    steps = db.session.query(Progress).count()
    assert "没有要导入的" in upload(office, document).text
    again = confirm(office, first)  # the button pressed twice
    assert again.status_code == 422
    assert db.session.query(Progress).count() == steps == 3


def test_the_paper_after_the_import_comes_back_unchanged(office, bureau):
    feed_back(bureau.woods)
    first = word(office.get(f"{PATH}/list.docx"))
    fill(first, 1, 整改措施="分两期。", 进展情况="图纸已出。", 整改结果="修好了。")
    confirm(office, upload(office, first))
    second = word(office.get(f"{PATH}/list.docx"))
    assert "修好了。" in [cell.text for cell in second.tables[0].rows[1].cells]
    assert "改动0项，不变4项，不能导入0处" in upload(office, second).text
    fill(second, 1, 进展情况="图纸已出。已完工。")
    assert "改动1项，不变3项，不能导入0处" in upload(office, second).text


def test_closing_stays_a_persons_act_in_the_ledger(office, bureau):
    feed_back(bureau.woods)
    document = word(office.get(f"{PATH}/list.docx?report={bureau.woods}"))
    fill(document, 1, 整改结果="修好了。")
    confirm(office, upload(office, document))
    assert line(bureau, 1).closed_on is None
    office.post(f"/problems/{line(bureau, 1).problem_id}/close", {"result": "已看过，属实。"})
    table = word(office.get(f"{PATH}/list.docx")).tables[0]
    assert table.rows[1].cells[7].text == "已看过，属实。"
    assert table.rows[1].cells[8].text == f"{full_date(today())}\n钱玥"
    fill(document, 1, 整改结果="再修一次。")
    assert "已经销号" in upload(office, document).text


def test_before_the_feedback_measures_come_in_and_progress_cannot(office, bureau):
    document = word(office.get(f"{PATH}/list.docx"))
    fill(document, 1, 整改措施="分两期。", 进展情况="图纸已出。")
    preview = upload(office, document)
    assert "还没有向书记反馈" in preview.text
    assert "第1行" in preview.text
    confirm(office, preview)
    assert items()[1].measures == "分两期。"
    feed_back(bureau.woods)
    assert db.session.get(Problem, items()[1].problem_id).measures == "分两期。"


def test_several_at_once_and_a_file_at_fault_stops_only_itself(office, bureau):
    feed_back(bureau.woods)
    feed_back(bureau.lake)
    papers = [word(office.get(f"{PATH}/list.docx?report={one}")) for one in (bureau.woods, bureau.lake)]
    fill(papers[0], 1, 进展情况="图纸已出。")
    fill(papers[1], 3, 进展情况="讲了两课。")
    preview = upload(office, *papers, b"no word file")
    assert preview.status_code == 422
    assert "不是Word文件" in preview.text
    assert "清单3.docx" in preview.text
    confirm(office, preview)
    assert [line(bureau, n).progress for n in (1, 3)] == ["图纸已出。", "讲了两课。"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (lambda: [numbered(9, 进展情况="x")], "没有这个编号"), (lambda: [numbered(1, 2001)], "2001年度会议的编号"),
        (lambda: [numbered(1, 进展情况="x"), numbered(1, 进展情况="y")], "出现了几次"),
        (lambda: [{"问题": "x", "进展情况": "y"}], "没有编号"),
        (lambda: [numbered(1, 进展情况="长" * 2001)], "超过2000字"),
        (lambda: [{"来源": f"整改{YEAR}-01 整改{YEAR}-02"}], "几个编号"),
        (lambda: [numbered(1, 整改结果="长" * 1996)], "超过1995字"),
    ],
)  # fmt: skip
def test_a_row_at_fault_is_named(office, bureau, rows, said):
    feed_back(bureau.woods)
    preview = upload(office, listed({}, *rows()))
    assert preview.status_code == 422
    assert said in preview.text
    assert "第2行" in preview.text
    assert db.session.query(Progress).count() == 0


def test_what_the_reader_may_not_see_is_an_unknown_number(client, office, bureau):
    preview = upload(client(bureau.head), listed(numbered(4, 整改措施="x"), numbered(9, 整改措施="x")))
    assert preview.text.count("没有这个编号") == 2
    assert "台账不齐" not in preview.text
    assert items()[4].measures == ""


def test_a_mark_of_secrecy_waits_for_the_tick(office, bureau):
    preview = upload(office, listed(numbered(1, 整改措施="见机密文件。")))
    assert "勾选后再提交" in preview.text
    assert confirm(office, preview).status_code == 422
    assert items()[1].measures == ""
    sent = {"rows": value(preview, "rows"), "digest": value(preview, "digest"), "no_secrets": "y"}
    assert office.post(f"{PATH}/import/confirm", sent).status_code == 303
    assert items()[1].measures == "见机密文件。"


def test_every_tenth_spelling_of_a_mark_waits_for_the_tick_and_no_ordinary_word(office, bureau):
    for mark in MARKS[::10]:
        preview = upload(office, listed(numbered(1, 整改措施=f"看了材料。\n{mark}")))
        assert "勾选后再提交" in preview.text, mark
    ordinary = "；".join(f"到支部走访，{one}，职工反映较好" for one in ORDINARY[::3])
    assert "勾选后再提交" not in upload(office, listed(numbered(1, 整改措施=ordinary))).text


def value(page, name):
    return page.text.split(f'name="{name}" value="')[1].split('"')[0]


def test_what_was_shown_is_what_is_written(client, office, bureau):
    preview = upload(office, listed(numbered(1, 整改措施="甲")))
    sent = {"rows": value(preview, "rows"), "digest": value(preview, "digest")}
    other = client(bureau.head).post(f"{PATH}/import/confirm", sent, follow_redirects=True)
    assert "上传的文件已过期" in other.text  # another's page, and a changed one, are no upload
    assert "上传的文件已过期" in office.post(f"{PATH}/import/confirm", sent | {"rows": "x"}, follow_redirects=True).text
    db.session.get(RectificationItem, items()[1].id).measures = "乙"
    db.session.commit()
    assert "有了变动" in office.post(f"{PATH}/import/confirm", sent).text
    assert items()[1].measures == "乙"


def test_no_file_is_said(office):
    assert "请选择文件" in office.post(f"{PATH}/import").text
    assert office.get(f"{PATH}/import").status_code == 200


# --- reading --------------------------------------------------------------------------------------


def test_digits_dashes_and_blanks_of_any_kind(app):
    document = listed(
        {"来源": f"整改 {YEAR}－０１", "进展情况": "　已办 \n\n 一半　"}, {"序号": f"{YEAR}—2", "整改结果": "好"},
        {"来源": "整改\u200f\n" + f"{YEAR}‑3", "整改措施": "看\u202e看"}, {},
    )  # fmt: skip
    found, faults = read(document)
    assert found == {1: ("", "已办\n一半", ""), 2: ("", "", "好"), 3: ("看看", "", "")}
    assert faults == []


def test_a_title_row_a_second_head_and_a_second_table(app):
    document = listed(
        dict.fromkeys(HEAD, "某局整改清单"), dict(zip(HEAD, HEAD, strict=True)), numbered(1, 进展情况="一")
    )
    for cell in document.tables[0].rows[0].cells:
        cell.text = ""
    more = document.add_table(rows=2, cols=4)
    for at, (title, text) in enumerate(
        (("整改 结果", "好"), ("进展\n情况", "二"), ("整改措施（填写）", ""), ("来源", f"{YEAR}-02"))
    ):
        more.rows[0].cells[at].text, more.rows[1].cells[at].text = title, text
    assert read(document) == ({1: ("", "一", ""), 2: ("", "二", "好")}, [])


def test_cells_merged_downwards_say_the_same_in_each_row(app):
    document = listed(numbered(1, 进展情况="都已启动"), numbered(2))
    rows = document.tables[0].rows
    rows[1].cells[6].merge(rows[2].cells[6])
    rows[1].cells[3].merge(rows[1].cells[4])
    rows[2].cells[7].text = "好"
    assert read(document)[0] == {1: ("", "都已启动", ""), 2: ("", "都已启动", "好")}


@pytest.mark.parametrize("span", ["", "abc", "1.0", "999999999999999999999", "-3"])
def test_a_span_that_is_no_number_is_one_column(app, span):
    document = listed(numbered(1, 整改措施="每周通报。"))
    for cell in document.tables[0].rows[1].cells[:1]:
        grid = cell._tc.get_or_add_tcPr().get_or_add_gridSpan()
        grid.set(grid.attrib.keys()[0] if grid.attrib else qn("w:val"), span)
    rows, faults = reading.read("甲.docx", content(document))  # nothing is thrown, whatever the file says
    assert [one.measures for one in rows] == ["每周通报。"] or faults


def test_tracked_changes_read_as_they_are_accepted(app):
    document = listed(numbered(1, 进展情况="旧"), numbered(2, 进展情况="删"))
    text = document.tables[0].rows[1].cells[6].paragraphs[0]._p
    run = text.r_lst[0]
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    gone = parse_xml(f'<w:del {nsdecls("w")} w:id="1" w:author="a"><w:r><w:delText>旧</w:delText></w:r></w:del>')
    new = parse_xml(f'<w:ins {nsdecls("w")} w:id="2" w:author="a"><w:r><w:t>新</w:t></w:r></w:ins>')
    moved = parse_xml(f'<w:moveFrom {nsdecls("w")} w:id="4" w:author="a"><w:r><w:t>移</w:t></w:r></w:moveFrom>')
    text.replace(run, gone)
    gone.addnext(new)
    new.addnext(moved)
    properties = document.tables[0].rows[2]._tr.get_or_add_trPr()
    properties.append(parse_xml(f'<w:del {nsdecls("w")} w:id="3" w:author="a"/>'))
    assert read(document)[0] == {1: ("", "新", "")}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: b"", "空的"), (lambda: b"\xd0\xcf\x11\xe0old", "不是Word文件"),
        (lambda: b"PK\x03\x04" + b"0" * (10 * 2**20), "10 MB"), (lambda: b"PK\x03\x04rest", "已损坏"),
        (lambda: content(Document()), "没有找到填好的整改清单"), (lambda: packed(macros=True), "宏"),
        (lambda: packed(text=b"<w" * 5), "已损坏"), (lambda: packed(text=b"0" * (30 * 2**20)), "过大"),
        (lambda: packed(text=noise(21 * 2**20), store=True), "超过10 MB"), (lambda: packed(excel=True), "Excel"),
        (lambda: packed(text=sparse(21 * 2**20)), "文字过多"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said_in_plain_words(app, made, said):
    found, faults = read(made())
    assert found == {}
    ((row, why),) = faults
    assert row == 0  # the whole file
    assert said in why


def noise(size, n=0):
    return hashlib.shake_128(str(n).encode()).digest(size)


def sparse(size):
    """Text that packs about fifty to one, as a long document may."""
    return b"".join(noise(40, n) + b"a" * 1000 for n in range(size // 1000))


def packed(text=b"<x/>", *, macros=False, excel=False, store=False):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED if store else zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml" if excel else "word/document.xml", text)
        if macros:
            archive.writestr("word/vbaProject.bin", b"x")
    return stream.getvalue()


WORDS = st.text(st.characters(codec="utf-8", categories=("Lo", "Lu", "Nd", "Po", "Zs")), max_size=12).map(reading.plain)
CELLS = st.tuples(WORDS, WORDS, WORDS)


@given(
    filled=st.dictionaries(st.integers(1, 99), CELLS, min_size=1, max_size=6), data=st.data(),
    head=st.permutations(HEAD), wide=st.booleans(),
)  # fmt: skip
def test_whatever_is_shuffled_exactly_what_was_filled_in_arrives(app, filled, data, head, wide):
    rows = [
        numbered(n, 整改措施=one[0], 进展情况=one[1], 整改结果=one[2]) for n, one in filled.items()
    ]  # fmt: skip
    for row in rows:
        if wide:
            row["来源"] = row["来源"].translate(str.maketrans("0123456789-", "０１２３４５６７８９－"))
    document = listed(*data.draw(st.permutations(rows)), head=head)
    assert read(document) == (filled, [])


def test_a_list_drawn_up_later_takes_the_next_numbers(office, bureau):
    comment(bureau.woods, bureau.head, "后来说的。")
    office.post(f"{PATH}/draft")
    assert items()[5].due_on == today() + dt.timedelta(days=90)


def test_a_list_cut_in_two_goes_on_and_a_dated_head_is_one(app):
    document = listed(numbered(1, 进展情况="一"))
    for cell in document.tables[0].rows[0].cells:
        if cell.text == "进展情况":
            cell.text = "进展情况（截至2026年3月5日）"
    second = document.add_table(rows=1, cols=len(document.tables[0].columns))
    for at, one in enumerate(document.tables[0].rows[1].cells):
        second.rows[0].cells[at].text = one.text.replace(f"{YEAR}-01", f"{YEAR}-02").replace("一", "二")
    assert read(document) == ({1: ("", "一", ""), 2: ("", "二", "")}, [])


def test_numbers_of_merged_rows_are_named(app):
    _found, ((row, why),) = read(listed({"来源": f"整改{YEAR}-01、02", "进展情况": "x"}))
    assert (row, "几个编号" in why) == (1, True)
