"""Passwords: what a guesser here would try first is refused, whatever stands around it; what was typed is compared."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logbook.accounts import actions, guessing, passwords
from logbook.accounts.models import Person
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.formats import now
from logbook.sample.people import passphrase
from tests import factories

PERSON = Person(name="韩若溪", pinyin="han ruo xi", sign_in_name="hanrx", post="规划建设科科长")
NAMES = ("青湖风景区管理局", "三岭山森林公园管理所")
AROUND = guessing.words_around(PERSON, NAMES)
GOOD = [
    "chenguang-luoye-37-maque",
    "码头 遮阳棚 巡护 七号",
    "correct horse battery staple",
    "kx8Pq2vLw-Rt",
    "7f$2Kd9!xQ",
]
SIGNS = st.text("0123456789!@#$%&*._- ", max_size=8)


TRIED_FIRST = """
    woaini5201314 dangban2026 jingqu@2026 xiajiceng2026 Qinghu2026!! qinghufengjingqu1 QHFJQGLJ2026 sanlingshan@2026
    guihuajianshe8 hanruoxi1990 ruoxihan888 hrx19900512 hanrx#2026# Dangban2026dangban d@ngb4n2026 p@ssw0rd2026
    M1m@888888 1qaz2wsx zaq1xsw2 qwer1234! 147258369 1qaz@WSX3edc abc123abc123 5201314520 88888888 a12345678 19900512
    1990.05.12 13800138000 zhang19900512 zhibu_shuji_2026 ｄａｎｇｂａｎ２０２６ dàngbàn2026 党办青湖风景区2026
    dang\u200bban2026 dangban83920174
"""


@pytest.mark.parametrize("password", TRIED_FIRST.split())
def test_what_would_be_tried_first_is_refused(password):
    with pytest.raises(RuleBroken) as broken:
        passwords.hashed(PERSON, password, NAMES)
    assert "容易被猜到" in str(broken.value.message)
    assert "四个互不相干的词" in str(broken.value.message)


@pytest.mark.parametrize("password", GOOD)
def test_a_few_words_that_have_nothing_to_do_with_one_another_are_taken(password):
    assert passwords.verify(passwords.hashed(PERSON, password, NAMES), password)


def test_the_samples_passphrases_are_taken():
    for _one in range(200):
        phrase = passphrase()
        assert not guessing.is_guessable(phrase, AROUND), phrase


@given(st.sampled_from(sorted({*guessing.WORDS, *AROUND})), st.data())
def test_a_listed_word_is_found_whatever_digits_and_signs_stand_around_and_in_it(word, data):
    letters = [letter.upper() if data.draw(st.booleans()) else letter for letter in word]
    password = "".join(part + data.draw(SIGNS) for part in ["", *letters])
    assert guessing.is_guessable(password, AROUND), password


@given(st.lists(st.sampled_from(sorted(guessing.WORDS)), min_size=1, max_size=4))
def test_a_few_listed_words_are_no_better_than_one(words):
    assert guessing.is_guessable("-".join(words), AROUND)


# --- compared is what was typed -------------------------------------------------------------------


def test_what_a_keyboard_composes_or_not_is_the_same_password():
    composed, apart = (unicodedata.normalize(form, "Ünïcode-café-maque-37") for form in ("NFC", "NFD"))
    assert composed != apart
    stored = passwords.hashed(PERSON, apart)
    assert passwords.verify(stored, composed)
    assert passwords.verify(stored, apart)
    assert passwords.renewed(stored, apart) is None


def test_every_character_counts():
    whole = "maque chenguang luoye 37 " * 5 + "x" * 3
    assert len(whole) == passwords.MAX_PASSWORD
    stored = passwords.hashed(PERSON, whole)
    assert passwords.verify(stored, whole)
    for other in (f"{whole}EXTRA", whole[:-1], f"{whole[:-1]}\0", f"{whole}\0"):
        assert not passwords.verify(stored, other)
    with pytest.raises(RuleBroken, match="8至128"):
        passwords.hashed(PERSON, f"{whole}x")


def sign_in(client, password):
    return client().post("/sign-in", {"sign_in_name": "ban", "password": password})


def test_no_form_drops_or_cuts_what_was_typed(client):
    person = factories.office(sign_in_name="ban")
    code = actions.issue_code(person, by=None, at=now())
    db.session.commit()
    typed = "chenguang-luoye\0-37-maque"
    assert client().post("/code", {"sign_in_name": "ban", "code": code, "password": typed}).status_code == 303
    assert sign_in(client, typed.replace("\0", "")).status_code == 422
    assert sign_in(client, typed).status_code == 303
    long = client(person).post("/me", {"old": typed, "password": "maque chenguang luoye 37 " * 6})
    assert (long.status_code, "8至128个字符" in long.text) == (422, True)
    assert "8至128个字符" in sign_in(client, typed + "x" * 128).text


def stored_hash(person):
    return db.session.get(Person, person).password_hash


def test_an_old_hash_works_and_is_renewed_at_sign_in(client):
    """As it was made: of what was typed, apart from NFKC, and with the weaker figures of some earlier day."""
    typed = unicodedata.normalize("NFD", "café-maque-37-luoye")
    person = factories.office(sign_in_name="ban")
    weaker = passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    for old in (passwords.HASHER.hash(typed), weaker.hash(unicodedata.normalize("NFKC", typed))):
        db.session.get(Person, person).password_hash = old
        db.session.commit()
        assert sign_in(client, "another-one-37-maque").status_code == 422
        assert stored_hash(person) == old
        assert sign_in(client, typed).status_code == 303
        renewed = stored_hash(person)
        assert renewed != old
        assert passwords.renewed(renewed, typed) is None
        assert sign_in(client, unicodedata.normalize("NFC", typed)).status_code == 303
        assert stored_hash(person) == renewed


def test_a_hash_that_was_changed_meanwhile_is_not_put_back(app):
    person = factories.office()
    new = passwords.hashed(PERSON, GOOD[0])
    actions.renew_hash(person, "the old one", new)
    assert stored_hash(person) != new
