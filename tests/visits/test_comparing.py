"""Inside a field only what changed is marked, whatever was changed; a long stretch that stayed is folded."""

from random import Random

import pytest

from logbook.visits.comparing import FOLDED, Piece, compare, fold
from tests import factories
from tests.visits.test_pages import body

LONG = "到码头、环湖路、候船区走了一遍，同值班的同志和几位经营户聊了聊，总体平稳。" * 6


def joined(pieces, without):
    return "".join(one.text for one in pieces if one.mark != without)


def test_one_character_of_a_long_text_is_marked_alone():
    new = LONG.replace("候船区", "候船厅", 1)
    changed = [one for one in compare(LONG, new) if one.mark != "="]
    assert changed == [Piece("-", "区"), Piece("+", "厅")]


def test_a_number_is_changed_as_a_whole():
    assert compare("整改落实2025年", "整改落实2026年") == [
        Piece("=", "整改落实"), Piece("-", "2025"), Piece("+", "2026"), Piece("=", "年"),
    ]  # fmt: skip


def test_what_stayed_beside_a_change_is_read_and_the_rest_is_folded():
    pieces = fold(compare(LONG, LONG + "又去了三岭山。"))
    assert [one.mark for one in pieces] == ["~", "=", "+"]
    assert joined(pieces, "+") == LONG
    assert fold(compare(LONG[:FOLDED], LONG[:FOLDED] + "。"))[0].mark == "="


@pytest.mark.parametrize("seed", range(60))
def test_both_texts_can_be_read_from_the_pieces(seed):
    random = Random(seed)  # noqa: S311 - a text, no secret
    letters = "甲乙丙丁，。12ab \n"
    old = "".join(random.choices(letters, k=random.choice([0, 1, 30, 900, 3000])))
    new = list(old)
    for _change in range(random.randrange(6)):
        at = random.randrange(len(new) + 1)
        new[at : at + random.randrange(4)] = random.choices(letters, k=random.randrange(4))
    pieces = fold(compare(old, "".join(new)))
    assert (joined(pieces, "+"), joined(pieces, "-")) == (old, "".join(new))
    assert "" not in {one.text for one in pieces}


def test_two_texts_without_a_common_word_do_not_take_long():
    old, new = ("".join(chr(0x4E00 + (i * step) % 9000) for i in range(20_000)) for step in (7, 11))
    assert joined(compare(old, new), "-") == new


def test_the_page_of_versions_marks_only_what_changed(client):
    member, branch = factories.member(), factories.branch()
    browser = client(member)
    browser.post("/visits/new", body(branch, findings=LONG))
    changed = body(branch, findings=LONG.replace("候船区", "候船厅", 1), reason="写错一个字", based_on="1")
    assert browser.post("/visits/1/correct", changed).status_code == 303
    page = browser.get("/visits/1/history").text
    assert "<del>区</del><ins>厅</ins>" in page
    assert LONG not in page
    assert "字未改" in page
    conflict = browser.post("/visits/1/correct", changed | {"findings": f"{LONG}又去了三岭山", "reason": "补一句"})
    assert conflict.status_code == 409
    assert "<ins>又去了三岭山</ins>" in conflict.text
