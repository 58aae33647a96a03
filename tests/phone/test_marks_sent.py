"""Secrecy marks and ordinary words as phones bring them: the outbox's own POST, and the rescue file."""

import pytest

from tests.phone.rescue_file import record, written
from tests.phone.test_rescue import clerk, fields, imported, pack, place, told
from tests.texts.test_marks import MARKS, WORDS

__all__ = ["clerk", "pack", "place"]  # the fixtures


def spelled(text):
    return f"到支部走访。\n{text}\n其他正常。"


@pytest.mark.parametrize(("texts", "status"), [(MARKS, 422), (WORDS, 201)])
def test_the_outbox_is_told_of_every_mark_and_of_no_ordinary_word(client, place, texts, status):
    member, branch = place
    browser = client(member)
    sent = {text: fields(branch, findings=spelled(text), client_key=f"{n:022d}") for n, text in enumerate(texts)}
    answers = {
        text: browser.post("/visits/new", body, headers={"Accept": "application/json"}) for text, body in sent.items()
    }
    assert {text: one.status_code for text, one in answers.items() if one.status_code != status} == {}
    assert status == 201 or all("字样" in one.json["findings"] for one in answers.values())


def test_the_rescue_file_holds_back_every_mark_and_no_ordinary_word(clerk, place, pack):
    texts = [*MARKS, *WORDS]
    lines = [record(f"{n:016d}", fields(place[1], findings=spelled(text))) for n, text in enumerate(texts)]
    said = dict(zip(texts, told(imported(clerk, written(pack, *lines))), strict=True))
    assert [text for text in MARKS if not said[text].startswith("没有收：基本情况：文字中有")] == []
    assert [text for text in WORDS if not said[text].startswith("已收到")] == []
