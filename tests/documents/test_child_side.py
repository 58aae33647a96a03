"""What the child does, done in this process: a job is handed to it, and its answer is read as its server reads it."""

import datetime as dt
import errno
import io
import zipfile
from types import SimpleNamespace

import pytest

from logbook.documents import child, making, pictures
from logbook.documents.paper import Break, Chart, Cover, Form, Heading, Para, Signature, Table
from logbook.documents.sheet import Column, Formula, Sheet, _parts
from tests.documents import papers


@pytest.fixture
def made(monkeypatch):
    """made(kind, *parts) is what the child answers; the system's hold on a process of its own is left out."""
    monkeypatch.setattr(child, "step_back", lambda: None)
    monkeypatch.setattr(child, "end_with_server", lambda: None)

    def make(kind, *parts):
        job, out = iter([(kind, 60), *parts]), io.BytesIO()
        monkeypatch.setattr(child, "take", lambda _longest=60: next(job))
        monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=out))
        making.main()
        monkeypatch.undo()
        content, found = out.getvalue(), []
        while content:
            size = int.from_bytes(content[: child.LENGTH])
            found.append(content[child.LENGTH : child.LENGTH + size])
            content = content[child.LENGTH + size :]
        return found

    return make


def book(**changes):
    """A bound book: its cover, a form, a break, a chart, a table for a pen, two who sign."""
    blocks = (
        Cover("下基层记录本", (("姓名", "王珺"), ("年度", "2026")), ("青湖风景区管理局",)),
        Heading("一、登记", 1), Form((("姓名", "王珺", "日期", "3月5日"), ("情况", "第一行\n第二行")), (0, 6)), Break(),
        Para("点评意见。", lead="肯定："), Table(("甲", "乙"), (("1", "2"),), roomy=True, title="表", note="注。"),
        Break(), Chart(papers.BARS, "各月"), Signature("某党支部", dt.date(2026, 3, 5)), Signature("另一支部"),
    )  # fmt: skip
    return papers.paper(blocks=blocks, **changes)


def test_papers_are_made_one_after_the_other(made):
    found = made("word", [papers.paper(), book(bound=True), book(landscape=True, folios=False), papers.short()])
    assert len(found) == 4
    assert "下基层记录本" in zipfile.ZipFile(io.BytesIO(found[1])).read("word/document.xml").decode()


@pytest.mark.parametrize(("error", "ends"), [(OSError(errno.ENOSPC, "full"), SystemExit), (ValueError(), ValueError)])
def test_a_full_disk_is_told_by_the_number_it_ends_with(made, monkeypatch, error, ends):
    def fail(_take):
        raise error

    monkeypatch.setitem(making.MAKERS, "word", fail)
    with pytest.raises(ends):
        made("word", [])


def test_a_pdf_is_made(made, tmp_path):
    assert made("pdf", (book(), tmp_path))[0].startswith(b"%PDF-")


def test_a_workbook_is_made_as_its_rows_come(made):
    rows = [["甲", 1, Formula("=B2*2", 2)], ["乙", 2.5, None], [dt.date(2026, 3, 5), 3, "=1"]]
    columns = (Column("名称", 20), Column("数", 8), Column("和", 8))
    sheets = [Sheet(name="表一", columns=columns, rows=rows), Sheet(name="表二", columns=columns, rows=iter(rows))]
    parts = list(_parts(sheets))
    (content,) = made("workbook", *parts)
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert [one for one in names if "worksheets/sheet" in one] == [
        "xl/worksheets/sheet1.xml",
        "xl/worksheets/sheet2.xml",
    ]


def test_pages_are_drawn_into_the_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(child, "step_back", lambda: None)
    monkeypatch.setattr(child, "end_with_server", lambda: None)
    monkeypatch.setattr(child, "take", lambda _longest=60: (papers.short(), tmp_path / "fonts", tmp_path))
    pictures._draw()
    assert (tmp_path / "1.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / pictures.PDF).exists()
