"""Workbooks as files: what another program reads out of them, and what is refused before it is read."""

import datetime as dt
import io
import tracemalloc
import zipfile

import openpyxl
import pytest

from logbook.documents import sheet
from logbook.documents.sheet import Column, Sheet, UnreadableWorkbook

COLUMNS = (Column("支部", 20), Column("次数", 8, "number"), Column("日期", 14, "date"))
ROWS = (("三岭山森林公园党支部", 3, dt.date(2026, 3, 5)), ("莲花山公园党支部", 4, dt.date(2026, 12, 31)))


def opened(content):
    return openpyxl.load_workbook(io.BytesIO(content))


def archive(**entries):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in entries.items():
            target.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "https://", "{="])
def test_what_a_person_typed_is_never_a_formula_or_a_link(lead):
    text = f'{lead}HYPERLINK("http://example.com","点")'
    cell = opened(sheet.build([Sheet("表", (Column("意见"),), ((text,),))])).active["A2"]
    assert (cell.data_type, cell.value, cell.hyperlink) == ("s", text, None)


def test_numbers_and_dates_are_typed():
    page = opened(sheet.build([Sheet("记录", COLUMNS, ROWS)])).active
    assert [cell.data_type for cell in page[2]] == ["s", "n", "d"]
    assert page["C2"].value == dt.datetime(2026, 3, 5)  # noqa: DTZ001 - a workbook knows no zone
    assert page["C2"].number_format == 'yyyy"年"m"月"d"日"'


def test_the_head_row_stays_in_sight_and_filters():
    page = opened(sheet.build([Sheet("记录", COLUMNS, ROWS)])).active
    assert [cell.value for cell in page[1]] == ["支部", "次数", "日期"]
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:C3"
    assert page.column_dimensions["A"].width == pytest.approx(20, abs=1)


def test_totals_are_formulas_with_their_value():
    content = sheet.build([Sheet("记录", COLUMNS, ROWS, totals=True, note="撤销的记录不计。")])
    page = opened(content).active
    assert (page["A4"].value, page["B4"].value, page["C4"].value) == ("合计", "=SUM(B2:B3)", None)
    assert openpyxl.load_workbook(io.BytesIO(content), data_only=True).active["B4"].value == 7
    assert page["A5"].value == "撤销的记录不计。"


def test_a_sheet_without_rows_has_its_head_only():
    page = opened(sheet.build([Sheet("记录", COLUMNS, (), totals=True)])).active
    assert page.max_row == 1
    assert page.auto_filter.ref is None


def test_a_sheet_name_is_one_excel_accepts():
    names = opened(sheet.build([Sheet("支部[一]:2026/上*半?年\\" + "长" * 40, COLUMNS, ())])).sheetnames
    assert len(names[0]) == 31
    assert not set(names[0]) & set("[]:*?/\\")


def test_empty_cells_stay_empty_and_a_long_text_is_cut_to_what_excel_keeps():
    page = opened(
        sheet.build([Sheet("表", (Column("甲"), Column("乙"), Column("丙")), ((None, "", "长" * 40_000),))])
    ).active
    assert (page["A2"].value, page["B2"].value) == (None, None)
    assert len(page["C2"].value) == 32_767


def test_ten_thousand_rows_of_a_generator_do_not_stay_in_memory(tmp_path):
    rows = ((f"支部{i}", i, dt.date(2026, 1, 1)) for i in range(10_000))
    tracemalloc.start()
    with (tmp_path / "rows.xlsx").open("wb") as file:
        sheet.write(file, [Sheet("记录", COLUMNS, rows, totals=True)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_500_000
    read = sheet.read((tmp_path / "rows.xlsx").read_bytes())["记录"]
    assert (len(read), read[10_000], read[10_001][1]) == (10_002, ["支部9999", 9999, dt.date(2026, 1, 1)], 49_995_000)


def test_ten_thousand_rows_do_not_stay_in_the_childs_memory_either():
    rows = ((f"支部{i}", i, dt.date(2026, 1, 1)) for i in range(10_000))
    sheet.build([])  # the library itself is no memory of the rows
    tracemalloc.start()
    sheet.build([Sheet("记录", COLUMNS, rows, totals=True)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_reading_gives_plain_values():
    book = openpyxl.Workbook()
    day = dt.datetime(2026, 3, 5, 14, 30)  # noqa: DTZ001 - a workbook knows no zone
    book.active.append(["喆堃珺玥镕", 3, 2.5, True, day, None, "2026.3.5", "x"])
    stream = io.BytesIO()
    book.save(stream)
    row = sheet.read(stream.getvalue())["Sheet"][0]
    assert row == ["喆堃珺玥镕", 3, 2.5, True, dt.date(2026, 3, 5), None, "2026.3.5", "x"]
    assert [type(cell) for cell in row[1:5]] == [int, float, bool, dt.date]


def test_merged_cells_are_told():
    book = openpyxl.Workbook()
    book.active.append(["党组成员", None])
    book.active.merge_cells("A1:B2")
    book.create_sheet("无合并").append(["甲"])
    stream = io.BytesIO()
    book.save(stream)
    assert sheet.merged(stream.getvalue()) == {"Sheet": [(0, 0, 1, 1)], "无合并": []}


def test_too_many_rows_are_refused_by_name():
    content = sheet.build([Sheet("记录", (Column("次数", 8, "number"),), ((i,) for i in range(200)))])
    assert len(sheet.read(content, most_rows=201)["记录"]) == 201
    with pytest.raises(UnreadableWorkbook, match="“记录”超过100行"):
        sheet.read(content, most_rows=100)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", "姓名,支部\n".encode(), b"\xd0\xcf\x11\xe0" + b"\0" * 600])
def test_what_is_no_workbook_is_refused_in_chinese(content):
    with pytest.raises(UnreadableWorkbook, match=r"不是\.xlsx文件"):
        sheet.read(content)


def test_a_zip_that_is_no_workbook_is_refused():
    with pytest.raises(UnreadableWorkbook, match="打不开这个文件"):
        sheet.merged(archive(readme="不是表"))


def test_a_damaged_sheet_is_refused():
    source = zipfile.ZipFile(io.BytesIO(sheet.build([Sheet("记录", COLUMNS, ROWS)])))
    entries = {name: source.read(name) for name in source.namelist()}
    entries["xl/worksheets/sheet1.xml"] = entries["xl/worksheets/sheet1.xml"][:400]
    with pytest.raises(UnreadableWorkbook, match="已损坏"):
        sheet.read(archive(**entries))


@pytest.mark.parametrize(
    "entries",
    [
        {"dense": b"\0" * 20_000_000},
        {f"{i}": b"" for i in range(2001)},
        {f"{i}": b"\0" * 1_000_000 for i in range(220)},
    ],
    ids=["dense", "many", "large"],
)
def test_a_bomb_is_refused_unopened(entries):
    with pytest.raises(UnreadableWorkbook, match="压缩炸弹"):
        sheet.read(archive(**entries))


def with_last_cell(reference):
    """A workbook of one cell whose second stands far away: tiny as a file, vast as a rectangle."""
    content = sheet.build([Sheet("表", (Column("甲"),), [("一",)])])
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("sheet1.xml"):
                data = data.replace(b'r="A2"', f'r="{reference}"'.encode()).replace(b'<row r="2"', b'<row r="1048576"')
            target.writestr(name, data)
    return packed.getvalue()


def test_a_cell_far_away_does_not_take_the_memory():
    with pytest.raises(UnreadableWorkbook, match="范围过大"):
        sheet.read(with_last_cell("XFD1048576"))


def test_a_part_that_hides_its_positions_is_refused():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        target.writestr("xl/worksheets/sheet1.xml", "<row/>".encode("utf-16"))
    with pytest.raises(UnreadableWorkbook):
        sheet.read(packed.getvalue())


def test_names_that_excel_would_take_for_the_same_are_told_apart():
    sheets = [Sheet(name, (Column("甲"),), []) for name in ("表A", "表a", "'表A'", "")]
    names = openpyxl.load_workbook(io.BytesIO(sheet.build(sheets))).sheetnames
    assert names == ["表A", "表a (2)", "表A (3)", "表"]
