"""A paper as pictures, made by a real child: whole files only, ended from outside, told what went wrong."""

from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from logbook.documents import pictures
from logbook.documents.paper import Break, Chart, Paper, Para
from tests.clock import wait_until
from tests.documents.papers import paper, short

LONG = Paper("长", tuple(part for _ in range(3000) for part in (Para("环湖步道照明不足。" * 200), Break())))


def over(folder):
    """How it ended."""
    wait_until(lambda: not pictures.look(folder).running)
    return pictures.look(folder)


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_every_page_is_drawn_in_its_own_size(tmp_path):
    pictures.begin(paper(), tmp_path)
    found = over(tmp_path)
    pages = PdfReader(tmp_path / "paper.pdf").pages
    assert found.done
    assert found.pages == len(pages) == found.drawn
    for n, page in enumerate(pages, 1):
        with Image.open(tmp_path / f"{n}.png") as picture:
            assert picture.size == found.sizes[n - 1]
            assert picture.width / picture.height == pytest.approx(
                float(page.mediabox.width / page.mediabox.height), rel=0.01
            )
            assert picture.convert("L").getextrema()[0] < 100  # there is something on it
    assert {wide > high for wide, high in found.sizes} == {True, False}  # one lies


def test_of_a_long_paper_the_first_sixty_pages_are_drawn(tmp_path):
    blocks = tuple(part for n in range(70) for part in (Para(f"第{n}页"), Break()))
    pictures.begin(short(blocks=blocks), tmp_path)
    found = over(tmp_path)
    assert (found.done, found.drawn, found.pages >= 70) == (True, 60, True)
    assert not (tmp_path / "61.png").exists()


def test_an_ended_child_is_gone_and_writes_nothing_more(tmp_path):
    pictures.begin(LONG, tmp_path)
    child = int((tmp_path / "running").read_text())
    assert Path(f"/proc/{child}").exists()
    pictures.end(tmp_path)
    found = pictures.look(tmp_path)
    assert (found.running, found.done) == (False, False)
    wait_until(lambda: not Path(f"/proc/{child}").exists())
    assert names(tmp_path) == {"running"}
    pictures.end(tmp_path)  # once more is harmless, and hits nobody else


def test_a_paper_that_cannot_be_typeset_has_failed(tmp_path):
    pictures.begin(short(blocks=(Chart("<svg>没有完"),)), tmp_path)
    found = over(tmp_path)
    assert (found.done, found.full) == (False, False)
    assert names(tmp_path) == {"running"}


@pytest.mark.parametrize("at", ["paper.pdf", "2.png"])
def test_on_a_full_disk_no_half_file_is_left(tmp_path, at):
    (tmp_path / f"{at}.part").symlink_to("/dev/full")  # whatever is written there finds no room
    pictures.begin(paper(), tmp_path)
    found = over(tmp_path)
    assert (found.done, found.full) == (False, True)
    assert names(tmp_path) == {"running", "full"}
