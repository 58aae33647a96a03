"""A version's body: the whole record as canonical JSON text, its digest, and differences in plain words."""

import datetime as dt
import difflib
import enum
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, is_dataclass
from typing import Any

from flask_babel import gettext as _

from logbook.cleaning import clean_text
from logbook.db import N_, Word
from logbook.problems.models import Category, Handling, Side
from logbook.visits.comparing import Piece, compare, fold
from logbook.visits.models import Content, Kind, Level, number_of

FIELDS = {
    "visited_on": N_("下基层日期"),
    "branch_id": N_("党组织"),
    "place": N_("其他地点"),
    "kinds": N_("方式"),
    "findings": N_("基本情况"),
    "level": N_("知悉范围"),
    "half_days": N_("时长"),
    "people_met": N_("座谈走访对象"),
    "headcount": N_("人数"),
    "companion_ids": N_("同行成员"),
    "companions_note": N_("其他同行人员"),
    "contents": N_("主要内容"),
    "voices": N_("基层呼声"),
    "thinking": N_("思想动向"),
    "thinking_widened": N_("思想动向按知悉范围公开"),
    "solved_on_site": N_("现场解决"),
    "guidance": N_("指导意见"),
    "observation": N_("平时工作掌握情况"),
    "observation_widened": N_("平时工作掌握情况按知悉范围公开"),
    "problems": N_("问题"),
    "undertakings": N_("领办事项"),
    "files": N_("附件"),
    "paper_on": N_("纸质原件记录日期"),
    "late_reason": N_("登记较晚的原因"),
}
ALIKE = 0.92  # of two texts, by difflib's ratio
COMPARED = 2000  # characters: longer texts are compared as a whole only, the ratio would take seconds
ON_THE_WAY = frozenset({"client_key", "waited", "unclaimed"})  # how a record came, not what it says
TEXTS = frozenset(
    {
        "place", "findings", "people_met", "companions_note", "voices", "thinking", "solved_on_site", "guidance",
        "observation", "problems", "undertakings", "late_reason",
    }
)  # fmt: skip
WORDS: dict[str, type[Word]] = {"kinds": Kind, "level": Level, "contents": Content}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field as it was and as it is, in the reader's words."""

    field: str
    label: str
    old: str
    new: str

    @property
    def pieces(self) -> list[Piece]:
        """The two brought together, only what changed marked; of what was chosen from a list, each as a whole."""
        if self.field not in TEXTS:
            return [Piece("-", self.old), Piece("+", self.new)]
        return fold(compare(self.old, self.new))


def body_of(record: Any) -> str:
    """Return the canonical JSON text of a record (a frozen dataclass), without what only says how it came."""
    return _canonical({name: getattr(record, name) for name in record.__slots__ if name not in ON_THE_WAY})


def cleaned(body: str) -> str:
    """Return the body as it would be stored today: it may have been before all texts were cleaned."""
    return _canonical(_cleaned(json.loads(body)))


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _cleaned(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_cleaned(one) for one in value]
    return clean_text(value) if isinstance(value, str) else value


def _canonical(fields: Any) -> str:
    return json.dumps(fields, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(body: str) -> str:
    """SHA-256 of the body, hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dt.date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(type(value))


def differences(old: str, new: str, names: dict[str, dict[int, str]], hidden: frozenset[str]) -> list[Difference]:
    """What changed between two bodies. `names` gives branches and people by id; `hidden` fields are left out."""
    before, after = json.loads(old), json.loads(new)
    found = []
    for field, label in FIELDS.items():
        if field not in hidden and before.get(field) != after.get(field):
            shown = [_shown(field, body.get(field), names) for body in (before, after)]
            found.append(Difference(field, _(label), *shown))
    return found


def repeated(text: str, earlier: Iterable[tuple[int, int, str]]) -> str | None:
    """The number of the first of the (year, seq, findings) that says the same as `text`, or nearly."""
    words = "".join(text.split())
    for year, seq, findings in earlier:
        if _alike(words, "".join(findings.split())):
            return number_of(year, seq)
    return None


def _alike(one: str, other: str) -> bool:
    return nearness(one, other, ALIKE) > ALIKE


def nearness(one: str, other: str, least: float = 0.0) -> float:
    """How much two texts say the same, from 0 to 1, by difflib's ratio; 0 where it cannot be above `least`."""
    if one == other:
        return 1.0
    if max(len(one), len(other)) > COMPARED:
        return 0.0
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    quick = min(matcher.real_quick_ratio(), matcher.quick_ratio())
    return matcher.ratio() if quick > least else 0.0


def _shown(field: str, value: Any, names: dict[str, dict[int, str]]) -> str:
    if value in (None, "", []):
        return str(_("（无）"))
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if field in WORDS:
        values = value if isinstance(value, list) else [value]
        return str(_("、")).join(WORDS[field](one).label for one in values)
    if field == "branch_id":
        return names["branches"].get(value, "")
    if field == "companion_ids":
        return str(_("、")).join(names["people"].get(one, "") for one in value)
    return _lines(field, value)


def _lines(field: str, value: Any) -> str:
    if field == "voices":
        return "\n".join(f"{text}（{Category(category).label}）" for text, category in value)
    if field == "problems":
        return "\n".join(_problem(one) for one in value)
    if field == "undertakings":
        return "\n".join(one["text"] for one in value)
    if field == "files":
        return str(_("、")).join(one["name"] for one in value)
    if field == "half_days":
        return str(_("半天") if value == 1 else _("%(n)s天", n=f"{value / 2:g}"))
    return str(value)


def _problem(line: dict[str, Any]) -> str:
    words = (Category(line["category"]).label, Side(line["side"]).label, Handling(line["handling"]).label)
    return f"{line['text']}（{'，'.join(words)}）"
