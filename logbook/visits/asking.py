"""What is asked before a record is stored, when nothing else is wrong: is it entered already, is it an open problem?

A text that waited on a phone is never asked about: it is stored, and its page says what to look at.
"""

import unicodedata
from collections.abc import Iterable, Sequence

from flask_babel import gettext as _

from logbook.problems.actions import NewProblem
from logbook.problems.models import Problem
from logbook.visits.queries import SameDay
from logbook.visits.versions import nearness

ALIKE = 0.8  # of two problems, which are short: 候船区没有遮阳棚, 候船区无遮阳棚
HELD = 6  # letters: so long a text within another one is the same problem, told with more
TELLS_APART = frozenset("0123456789一二三四五六七八九十两东西南北上下左右前后内外男女新老")
# Answers, as they stand with the first version of a record.
ANOTHER = "登记时已说明是另一次"
NEW_PROBLEM = "登记时已说明是新的问题"


def is_alike(one: str, other: str) -> bool:
    """Whether two texts tell of the same problem, or nearly; another number or side is another problem."""
    one, other = _folded(one), _folded(other)
    if one == other:
        return bool(one)
    if _apart(one) != _apart(other):
        return False
    short, long = sorted((one, other), key=len)
    return (len(short) >= HELD and short in long) or nearness(one, other, ALIKE - 0.01) >= ALIKE


def _folded(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKC", text).casefold() if char.isalnum())


def _apart(text: str) -> list[str]:
    return [char for char in text if char in TELLS_APART or (char.isascii() and char.isalpha())]


def like(text: str, open_problems: Iterable[Problem]) -> Problem | None:
    """The first open problem that the text repeats; the same words come before nearly the same."""
    alike = [one for one in open_problems if is_alike(text, one.text)]
    return next((one for one in alike if _folded(one.text) == _folded(text)), alike[0] if alike else None)


def repeats(new: Sequence[NewProblem], open_problems: Sequence[Problem]) -> dict[int, Problem]:
    """{line: the open problem that it seems to repeat}, of the lines that nobody took as progress."""
    found = {one.line: like(one.text, open_problems) for one in new if one.repeats_id is None}
    return {line: problem for line, problem in found.items() if problem is not None}


def told(records: Iterable[SameDay]) -> str:
    """Their numbers; of one that the reader may not read, that it is there."""
    return str(_("、")).join(one.number if one.readable else str(_("一条")) for one in records)
