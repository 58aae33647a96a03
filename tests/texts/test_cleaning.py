"""Every class of characters through the one function that cleans texts, each with its rule."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wtforms import PasswordField

from logbook import cleaning
from logbook.cleaning import clean_line, clean_text
from logbook.settings.forms import Form
from logbook.typed import PASSWORDS

GONE, BLANK, END, STAYS = "", " ", "\n", None
# class: (examples, what becomes of one between two letters)
CLASSES = {
    "Cc, line ends": ("\r\x0b\x0c\x85", END),
    "Cc, tab": ("\t", STAYS),
    "Cc, the rest": ("\0\x01\x08\x0e\x1b\x1f\x7f\x80\x9f", GONE),
    "Zl": ("\u2028", END),
    "Zp": ("\u2029", END),
    "Zs": ("\u00a0\u1680\u2000\u2003\u2009\u200a\u202f\u205f", BLANK),
    "Zs, the ideographic blank": ("\u3000", STAYS),
    "Cf, bidirectional controls": ("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", GONE),
    "Cf, invisible": ("\u00ad\u180e\u200b\u2060\u2061\u2064\u206a\u206f\ufeff\ufff9\ufffb\U0001d173\U0001bca0", GONE),
    "Cf, tags outside a flag": ("\U000e0001\U000e0020\U000e0041\U000e007f", GONE),
    "Cf, signs above digits": ("\u0600\u06dd\u070f\u08e2", STAYS),
    "Cf, joiners where nothing joins": ("\u200c\u200d", GONE),
    "Cs": ("\ud800\udbff\udc00\udfff", GONE),
    "noncharacters": ("\ufdd0\ufdef\ufffe\uffff\U0001fffe\U0010ffff", GONE),
    "letters and signs that look blank": ("\u115f\u1160\u3164\uffa0\u2800", BLANK),
    "marks that show nothing": ("\u034f\u17b4\u17b5", GONE),
    "So, the place of an object": ("\ufffc", GONE),
    "So, the sign of damage": ("\ufffd", STAYS),
    "Mn, variation selectors": ("\ufe00\ufe0f\U000e0100\U000e01ef", STAYS),
    "Mn, combining": ("\u0301\u0336\u20dd\u3099", STAYS),
    "full width": ("Ａ１％（", STAYS),
    "Co, private use": ("\ue000\uf8ff\U000f0000\U0010fffd", STAYS),
    "Lo, ext A to H": ("\u3400\U00020000\U0002a700\U0002b740\U0002b820\U0002ceb0\U00030000\U00031350", STAYS),
    "Lo, compatibility": ("\uf900\U0002f800\u2f00\u2e80", STAYS),
    "Sc, Sm, Sk, No, Nl, Pd": ("€＋\u02c9①Ⅷ—\u2010", STAYS),
    "Cn, not yet assigned": ("\u0378\U0003fffd", STAYS),
}


@pytest.mark.parametrize("name", CLASSES)
def test_what_becomes_of_a_class_of_characters(name):
    chars, becomes = CLASSES[name]
    for char in chars:
        kept = char if becomes is STAYS else becomes
        assert clean_text(f"甲{char}乙") == f"甲{kept}乙", ascii(char)
        assert clean_line(f"甲{char}乙") == (f"甲{' ' if kept.isspace() else kept}乙"), ascii(char)


def test_no_category_of_unicode_is_without_its_rule():
    """What is kept of any character there is; Cf, Cc and blanks by the table, nothing else goes."""
    seen = {unicodedata.category(char) for chars, _becomes in CLASSES.values() for char in chars}
    assert {"Cc", "Cf", "Cn", "Co", "Cs", "Lo", "Mn", "Zl", "Zp", "Zs"} <= seen
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        kept = clean_text(f"甲{char}乙")[1:-1]
        category = unicodedata.category(char)
        if category in {"Cc", "Cs", "Zl", "Zp", "Zs", "Cf"} or cleaning.is_noncharacter(char):
            assert kept in {GONE, BLANK, END} or char in cleaning.SHOWN | {"\t", "\u3000"}, ascii(char)
        else:
            assert kept == char or char in cleaning.LOOK_BLANK | cleaning.MEAN_NOTHING, ascii(char)


@pytest.mark.parametrize(
    "text",
    [
        "👨‍👩‍👧‍👦", "👍🏽", "🤷🏽‍♀️", "❤️‍🔥", "1️⃣", "🏳️‍🌈", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "葛\U000e0100城区", "क्‍ष", "می‌خواهم",
        "e\u0301", "\ue001号楼", "𠮷𬱖𰻝", "第一行\n　　第二行\t表", "±5℃，№3，Ⅷ级，①②",
    ],
)  # fmt: skip
def test_what_means_something_stays_as_it_was_typed(text):
    assert clean_text(text) == text


@pytest.mark.parametrize(
    "char", "\u200b\ufeff\u3164\u2800\u115f\uffa0\u00ad\u2060\u200d\ufe0f\u202e\u3000\u00a0\x0b\ufffc"
)
def test_only_what_is_unseen_is_nothing(char):
    assert clean_text(char * 3) == clean_line(f" {char}\n{char} ") == ""


def test_line_ends_of_every_kind_are_one_line_end():
    assert clean_text("一\r\n二\r三\x0b四\x0c五\x85六\u2028七\u2029八") == "一\n二\n三\n四\n五\n六\n七\n八"
    assert clean_line("一\r\n二\u2028\t三　四") == "一 二 三 四"


@given(st.text())
def test_what_is_clean_stays_so(text):
    once = clean_text(text)
    assert clean_text(once) == once
    assert clean_line(clean_line(text)) == clean_line(text) == clean_line(once)


def test_passwords_are_taken_as_they_were_typed():
    """By their names, before any form is asked: a form with another one would have it cleaned."""

    def forms(of):
        return {of}.union(*map(forms, of.__subclasses__()))

    fields = {
        name
        for form in forms(Form)
        for name in dir(form)
        if getattr(getattr(form, name, None), "field_class", None) is PasswordField
    }
    assert fields <= PASSWORDS
    assert "password" in fields
