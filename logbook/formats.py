"""Dates and names as people read them, and the one clock they are read from."""

import datetime as dt
import hashlib
import json
import re
import unicodedata

from babel.dates import format_date
from flask_babel import get_locale

from logbook import clock

SHANGHAI = clock.SHANGHAI
now, today = clock.now, clock.today
LARGEST = 2**31 - 1  # of a stored integer
SIGN_IN_NAME = re.compile("[a-z0-9._-]{2,60}")
MAX_TEXT = 20_000  # characters of one text field: some ten full pages
_COUNTED = re.compile(r"([0-9]+)[人名位个份张天次]?")
_ABOUT = re.compile(r"约?([0-9]+)[多余]?[人名位个]?(?:左右)?")
_NUMBERED = re.compile(r"([0-9]{4})(?:年?第|-)([0-9]+)号?")
_DAY = re.compile("([0-9]{4})[-./。年]([0-9]{1,2})[-./。月]([0-9]{1,2})日?")
_DAY_OF_DIGITS = re.compile("([0-9]{4})([0-9]{2})([0-9]{2})")
# Read as a dash, though Unicode has them elsewhere: minus, hyphen bullet, box drawing, the long vowel of kana.
_DASHES = frozenset("\u2212\u2043\u02c9\u2500\u2501\u30fc")
_BLANK = frozenset("\u115f\u1160\u2800")  # letters and signs that show nothing


def local_date(instant: dt.datetime) -> dt.date:
    """Return the day of `instant` in Asia/Shanghai, where a year begins and ends."""
    return instant.astimezone(SHANGHAI).date()


def begin_of(day: dt.date) -> dt.datetime:
    """Return the instant a day begins in Asia/Shanghai."""
    return dt.datetime.combine(day, dt.time(), SHANGHAI)


def full_date(day: dt.date) -> str:
    """2026年3月5日, as GB/T 9704 writes dates: no leading zeros."""
    return f"{day.year}年{day.month}月{day.day}日"


def numeral(n: int) -> str:
    """1…99 as headings are numbered: 一, 十, 十一, 二十三."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(n, 10)
    ten = f"{digits[tens] if tens > 1 else ''}十" if tens else ""
    return f"{ten}{digits[ones] if ones or not tens else ''}"


def short_date(day: dt.date) -> str:
    """3月5日."""
    return f"{day.month}月{day.day}日"


def shown_date(day: dt.date) -> str:
    """2026年3月5日, or 5 Mar 2026 on an English page."""
    return format_date(day, "d MMM y", "en") if _english() else full_date(day)


def shown_short(day: dt.date) -> str:
    """3月5日, or 5 Mar on an English page."""
    return format_date(day, "d MMM", "en") if _english() else short_date(day)


def shown_minute(instant: dt.datetime) -> str:
    """2026年3月5日 14:32, or 5 Mar 2026 14:32 on an English page; Asia/Shanghai."""
    local = instant.astimezone(SHANGHAI)
    return f"{shown_date(local.date())} {local:%H:%M}"


def _english() -> bool:
    locale = get_locale()  # None where there is no page
    return locale is not None and locale.language == "en"


def as_typed(text: str) -> str:
    """Return a number or code as it was meant on any keyboard: half width, dashes as -, nothing blank or invisible."""
    half = unicodedata.normalize("NFKC", text)
    shown = (c for c in half if unicodedata.category(c)[0] not in "CZM" and c not in _BLANK)
    return "".join("-" if _is_dash(c) else c for c in shown)


def typed_code(text: str | None) -> str:
    """Return a code as it was made, however it was typed: dashes and blanks on a slip only part the letters."""
    return as_typed(text or "").replace("-", "").upper()


def typed_name(text: str | None) -> str:
    """Return a sign-in name as it is stored, however it was typed: ｌｉｓｉ８ and LiSi8 are lisi8."""
    folded = unicodedata.normalize("NFKC", text or "").lower()
    plain = "".join("-" if _is_dash(c) else c for c in folded if unicodedata.category(c)[0] != "C")
    return " ".join(plain.split())


def _is_dash(char: str) -> bool:
    return unicodedata.category(char) == "Pd" or char in _DASHES


def as_integer(text: str, most: int = LARGEST) -> int | None:
    """Return the number typed in ASCII digits; None for anything else, and for what no column can hold."""
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    return int(text) if digits and int(text) <= most else None


def as_count(text: str, most: int = LARGEST, *, about: bool = False) -> int | None:
    """Return the whole number in what people write for one (１２, 12 份; where it may be `about`, 约30人), or None."""
    found = (_ABOUT if about else _COUNTED).fullmatch(as_typed(text))
    return as_integer(found[1], most) if found else None


def as_label(text: str) -> str:
    """Return a record's number as it is stored, however it was typed (2026—150, 2026年第150号); other text as it is."""
    typed = as_typed(text)
    if re.fullmatch(r"[0-9]{4}-[0-9]+(/[0-9]+)?", typed):
        return typed
    found = _NUMBERED.fullmatch(typed)
    return f"{found[1]}-{found[2]}" if found else text


def as_date(text: str) -> dt.date | None:
    """Return the day in what people write for one (2026-03-05, 2026.3.5, ２０２６年３月５日, 20260305), or None."""
    found = _DAY.fullmatch(as_typed(text)) or _DAY_OF_DIGITS.fullmatch(text)
    try:
        return dt.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def fingerprint(*said: object) -> str:
    """Return SHA-256 of what was said, so that whoever read it before sees that it says something else now."""
    return hashlib.sha256(json.dumps(said, default=str, ensure_ascii=False).encode()).hexdigest()
