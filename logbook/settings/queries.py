"""The settings of this installation as one frozen value."""

import re
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import select

from logbook.db import db
from logbook.instance import Identity
from logbook.settings.models import Installation, Setting

GROUP_WORDS = ("党组", "党委", "党工委")
OFFICE_WORDS = ("党办", "组织科", "党群工作部", "机关党委办公室")
LIAISON_WORDS = ("挂点", "联系点", "挂钩", "包联")
BALLOT_WORDS = ("测评表", "评分表")


_PRESETS = re.compile("党组成员|党组(?!织)|党办|测评表|挂点联系|挂点")


@dataclass(frozen=True, slots=True)
class Words:
    """The four words of a unit. Pages and papers are written with the presets; `apply` puts the unit's in."""

    group: str = "党组"
    office: str = "党办"
    liaison: str = "挂点"
    ballot: str = "测评表"

    def apply(self, text: str) -> str:
        """Return `text` with the preset words replaced; 党组织 is not 党组."""
        if self == Words():
            return text
        member = "成员" if self.group.endswith("党组") else "委员"
        liaison = {"联系点": "联系", "包联": "包联"}.get(self.liaison, f"{self.liaison}联系")
        said = {
            "党组": self.group, "党组成员": self.group + member, "党办": self.office, "测评表": self.ballot,
            "挂点": self.liaison, "挂点联系": liaison,
        }  # fmt: skip
        # In one pass: a word that holds a preset (机关党组) is not put in twice.
        return _PRESETS.sub(lambda found: said[found[0]], text)


@dataclass(frozen=True, slots=True)
class Rule:
    """The unit's own rule for grades: from how much on 好, 较好 and 一般 are suggested (None: none is), and the cap."""

    suggests: tuple[int, int, int] | None
    cap_percent: int


@dataclass(frozen=True, slots=True)
class Settings:
    """This installation. `unit_name` is empty until the first start has set it up."""

    unit_name: str = ""
    words: Words = field(default_factory=Words)
    late_after_days: int = 7  # recorded later than this after the visit: 登记较晚
    problem_due_days: int = 30
    undertaking_due_days: int = 30
    rectification_days: int = 90
    default_level: str = "group"
    default_kind: str = "research"
    seven_constructions: bool = False
    superior: str = "市直机关工委"
    idle_minutes: int = 60
    session_days: int = 30
    weight_a: int = 0  # of the classes of a ballot's voters, in parts; all of them 0: every ballot counts the same
    weight_b: int = 0
    weight_c: int = 0
    good_from: int = 0  # a grade is suggested from so many points, or percent of votes; all of them 0: none is
    fairly_good_from: int = 0
    average_from: int = 0
    cap_percent: int = 0  # at least so many percent are graded 较好 or below, or the page warns; 0: no cap

    @property
    def ballot_weights(self) -> dict[str, int]:
        """{class: its weight}, empty where none is set."""
        weights = {"a": self.weight_a, "b": self.weight_b, "c": self.weight_c}
        return weights if any(weights.values()) else {}

    @property
    def suggests(self) -> tuple[int, int, int] | None:
        """From how much on 好, 较好 and 一般 are suggested; None where no rule is set."""
        found = (self.good_from, self.fairly_good_from, self.average_from)
        return found if all(found) else None

    @property
    def rule(self) -> Rule:
        """The rule as it is today; a ballot keeps that of its opening."""
        return Rule(self.suggests, self.cap_percent)


PLAIN = tuple(f.name for f in fields(Settings) if f.name != "words")


_ALL = select(Setting.name, Setting.value)  # built once: every request runs it


def load() -> Settings:
    """Return the settings; one statement."""
    stored = dict(db.session.execute(_ALL).all())
    values: dict[str, Any] = {f.name: _typed(f.type, stored[f.name]) for f in fields(Settings) if f.name in stored}
    words = {f.name: stored[f"{f.name}_word"] for f in fields(Words) if f"{f.name}_word" in stored}
    return Settings(**values, words=Words(**words))


def known_installation() -> Identity | None:
    """By what the database knows its folder and key; None before the first start."""
    row = db.session.execute(select(Installation.mark, Installation.key_digest)).first()
    return Identity(row.mark, row.key_digest) if row else None


def _typed(kind: Any, text: str) -> object:
    if kind is bool:
        return text == "1"
    return int(text) if kind is int else text
