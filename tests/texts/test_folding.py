"""Names that look the same in print, and names that only sound or mean the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbook.folding import clean_name, key
from tests.texts.spellings import DIFFER, spellings

ALIKE = {
    "张三": ["张　三", " 张 三 ", "张\u200b三\ufeff", "张\u00a0三", "张\u2003三"],
    "机关第一党支部": ["机关第1党支部", "机关 第１党支部", "机关第①党支部", "机关第01党支部"],
    "第十二党支部": ["第12党支部", "第 １２ 党支部"],
    "机关二支部": ["机关2支部"],
    "阿依·古丽": ["阿依•古丽", "阿依・古丽", "阿依‧古丽", "阿依.古丽", "阿依．古丽", "阿依 · 古丽"],
    "湖管处（一）支部": ["湖管处(一)支部", "湖管处〔一〕支部", "湖管处【一】支部", "湖管处（1）支部"],
    "马明": ["⻢明", "马\ufe0e明"],
    "吕温": ["呂溫"],
    "户籍科支部": ["戶籍科支部", "戸籍科支部"],
    "二〇一厂支部": ["二○一厂支部"],
    "A区支部": ["Ａ区支部", "\u0410区支部", "A 区支部"],
    "O'Neil": ["O’Neil", "O`Neil"],
    "Li Si": ["Li  Si", "Li\u00a0Si"],
    "葛城": ["葛\U000e0100城"],
    "一分局": ["\u2f00分局"],
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_looks_the_same_has_one_key(name):
    assert {key(other) for other in ALIKE[name]} == {key(name)}


@pytest.mark.parametrize(("one", "other"), DIFFER)
def test_what_looks_different_has_another(one, other):
    assert key(one) != key(other)


def test_a_name_is_kept_without_its_padding_and_a_latin_one_with_its_blanks():
    assert clean_name("张　三") == clean_name(" 张\u200b 三") == "张三"
    assert clean_name("John  Smith") == "John Smith"
    assert clean_name("买买提 · 吐尔逊") == "买买提 · 吐尔逊"  # as typed; what it looks like is the key's


NAMES = ("张三", "机关第十二党支部", "阿依古丽·买买提", "湖管处（二）党支部", "吕温", "吴黄内")


@given(st.data())
def test_two_hundred_spellings_of_a_name_have_its_key(data):
    name = data.draw(st.sampled_from(NAMES))
    assert key(data.draw(spellings(name))) == key(name)


@given(st.text())
def test_a_key_is_its_own_key(text):
    assert key(key(text)) == key(text)
