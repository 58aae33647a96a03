"""Passwords: judged before they are taken, hashed whole as NFKC text, verified as they were typed."""

import unicodedata
from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from flask_babel import lazy_gettext as _

from logbook.accounts import guessing
from logbook.accounts.models import Person
from logbook.errors import RuleBroken

# OWASP's figures for argon2id: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Nobody's: verified when no such account exists, so that both answers take as long. Written down, not computed:
# a start has no 40 ms to give away.
NOBODY = f"$argon2id$v=19$m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}${'A' * 22}${'A' * 43}"
MIN_PASSWORD, MAX_PASSWORD = 8, 128  # characters
GOOD_SCORE = 3  # zxcvbn, of 0…4


def hashed(person: Person, password: str, names: Sequence[str] = ()) -> str:
    """Return the hash of a password that is long and hard enough; raise RuleBroken("password") otherwise.

    `names` are those of the unit and of its places: whoever guesses begins with them.
    Slow on purpose: for outside any transaction, or others would wait for it.
    """
    text = _normalized(password)
    if not MIN_PASSWORD <= len(text) <= MAX_PASSWORD:
        raise RuleBroken("password", _("密码长度为8至128个字符。"))
    words = guessing.words_around(person, names)
    if guessing.is_guessable(text, words):
        raise RuleBroken(
            "password",
            _(
                "这个密码容易被猜到：单位、姓名、职务或常用词的拼音，加上数字、年份、符号也不行。请用四个互不相干的词的拼音连起来。"
            ),
        )
    if _score(text, words) < GOOD_SCORE:
        raise RuleBroken("password", _("这个密码容易被猜到，请再长一些：四个互不相干的词的拼音连起来，既难猜又好记。"))
    return HASHER.hash(text)


def _score(text: str, words: Sequence[str]) -> int:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists take 10 MB; needed only here

    score: int = zxcvbn(text[:100], user_inputs=[*words, *guessing.WORDS], max_length=100)["score"]
    return score


def verify(password_hash: str | None, password: str) -> bool:
    """Tell whether the password is the one; takes as long for nobody's.

    A hash made before NFKC is of what was typed then: both forms are tried, and always both.
    """
    if len(password) > MAX_PASSWORD:
        return False
    tried = [_fits(password_hash or NOBODY, text) for text in dict.fromkeys((_normalized(password), password))]
    return password_hash is not None and any(tried)


def renewed(password_hash: str, password: str) -> str | None:
    """Return the hash that replaces an old one of this verified password; None where it is as one made today."""
    text = _normalized(password)
    if not HASHER.check_needs_rehash(password_hash) and (text == password or _fits(password_hash, text)):
        return None
    return HASHER.hash(text)


def _normalized(password: str) -> str:
    """NFKC: a keyboard that composes letters, or writes them in full width, types the same password."""
    return unicodedata.normalize("NFKC", password)


def _fits(password_hash: str, text: str) -> bool:
    try:
        return HASHER.verify(password_hash, text)
    except VerificationError:
        return False
