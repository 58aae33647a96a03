"""A ballot of a meeting, its classes, and how often each judgement was given. No row belongs to a voter.

While a ballot is open its votes lie in its box (box.py); counters are written here when it is closed, all at once.
"""

import datetime as dt
import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.accounts.models import Person
from logbook.db import N_, Base, Key, Word

OVERALL = 0  # the item of a counter: the four grades; a score's items are counted from 1
BLANK, INVALID = "blank", "invalid"


class Sheet(Word):
    """What a voter is asked."""

    GRADES = "grades", N_("四个等次")
    SCORES = "scores", N_("百分制")
    BOTH = "both", N_("等次和百分制")


class VoterClass(Word):
    """测评票类别."""

    MEMBERS = "a", N_("A票 党组成员")
    SECRETARIES = "b", N_("B票 党组织书记")
    MASSES = "c", N_("C票 党员群众代表")


@dataclass(frozen=True, slots=True)
class Item:
    """A column of the ballot; `most` is 0 for the overall grade."""

    number: int
    name: str
    most: int


class Ballot(Base):
    """测评: a meeting may hold another where one was void; the latest counts."""

    __tablename__ = "ballot"

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    sheet: Mapped[Sheet]
    items: Mapped[str]  # JSON text: [[name, most], …] of the 100-point sheet, as printed on it
    # JSON text: {class: weight} as at the opening: nobody changes a result afterwards. Older ballots have none.
    weights: Mapped[str] = mapped_column(default="")
    rule: Mapped[str] = mapped_column(default="", server_default="")  # JSON text, as at the opening: settings.Rule
    opened_at: Mapped[dt.datetime]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[dt.datetime | None]
    erased_at: Mapped[dt.datetime | None]  # codes and former states are off the disk: from here on a result shows
    # Who counts and who watches. Ballots opened by an earlier version have neither, and no box.
    clerk_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    witness_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: by a code of one day
    witness_name: Mapped[str] = mapped_column(default="", server_default="")
    witness_code: Mapped[str | None]  # keyed digest
    witness_code_until: Mapped[dt.datetime | None]
    witness_code_own: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # no longer the slip's
    witness_codes: Mapped[int] = mapped_column(default=0, server_default="0")  # how many slips were printed
    confirmed_at: Mapped[dt.datetime | None]  # the witness has checked who is due, present, and what is handed out
    sealed_by: Mapped[str] = mapped_column(default="", server_default="")
    void_reason: Mapped[str] = mapped_column(default="", server_default="")

    clerk: Mapped[Person | None] = relationship(foreign_keys=clerk_id, viewonly=True)
    classes: Mapped[list["BallotClass"]] = relationship(order_by="BallotClass.voters", viewonly=True)

    @property
    def has_box(self) -> bool:
        """Whether it was opened with a witness; what an earlier version left open has its counters in the tables."""
        return bool(self.witness_name)

    @property
    def columns(self) -> tuple[Item, ...]:
        """What is judged of every secretary, in its order."""
        overall = () if self.sheet is Sheet.SCORES else (Item(OVERALL, "", 0),)
        return (*overall, *(Item(i, name, most) for i, (name, most) in enumerate(json.loads(self.items), 1)))


class BallotClass(Base):
    """How many ballots of a class were handed out and came back: `cast` on a screen, `first` and `second` as the
    sheets of paper were typed in, twice. `handed_out` counts sheets and codes; None is what an earlier version
    didn't ask.
    """

    __tablename__ = "ballot_class"

    id: Mapped[Key]
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), index=True)
    voters: Mapped[VoterClass]
    handed_out: Mapped[int] = mapped_column(default=0)
    cast: Mapped[int] = mapped_column(default=0)
    first: Mapped[int] = mapped_column(default=0)
    second: Mapped[int] = mapped_column(default=0)
    due: Mapped[int | None]  # 应到
    present: Mapped[int | None]  # 实到
    printed: Mapped[int | None]  # 印制, sheets of paper
    codes: Mapped[int | None]  # 发出 of codes
    codes_made: Mapped[int | None]  # of these three what is known at closing
    codes_void: Mapped[int | None]
    spoiled: Mapped[int | None]  # ballots on which nothing is valid
    typed_by: Mapped[str] = mapped_column(default="", server_default="")  # who typed the paper in, as printed

    __table_args__ = (UniqueConstraint("ballot_id", "voters"),)

    @property
    def sheets(self) -> int:
        """How many sheets of paper were handed out."""
        return self.handed_out - (self.codes or 0)

    @property
    def is_over(self) -> bool:
        """收回多于发出; a code casts once, so it is paper that can be too many."""
        by_paper = self.codes is not None and self.first > self.sheets
        return by_paper or self.cast + self.first > self.handed_out


class Count(Base):
    """How often one value was given to one secretary in one class: `cast`, `first` and `second` as in BallotClass."""

    __tablename__ = "ballot_count"

    class_id: Mapped[int] = mapped_column(ForeignKey("ballot_class.id"), primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    item: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    cast: Mapped[int] = mapped_column(default=0)
    first: Mapped[int] = mapped_column(default=0)
    second: Mapped[int] = mapped_column(default=0)


class StepKind(Word):
    """What calls for both, 计票人 and 监票人, once the numbers are confirmed."""

    CORRECT = "correct", N_("更正发出数")
    REPLACE = "replace", N_("作废并补发测评码")
    CLOSE = "close", N_("结束测评")
    VOID = "void", N_("作废本次测评")
    WITNESS = "witness", N_("更换监票人")  # by one alone, and printed


class BallotStep(Base):
    """Insert-only but for its answer: what one asked for, with the reason, and the witness's answer."""

    __tablename__ = "ballot_step"

    id: Mapped[Key]
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), index=True)
    class_id: Mapped[int | None] = mapped_column(ForeignKey("ballot_class.id"))
    kind: Mapped[StepKind]
    what: Mapped[str] = mapped_column(
        default="{}"
    )  # JSON text: numbers before and after, names; printed with the reason
    reason: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[dt.datetime]
    agreed_at: Mapped[dt.datetime | None]
    declined_at: Mapped[dt.datetime | None]

    by: Mapped[Person] = relationship(viewonly=True)
    voters: Mapped["BallotClass | None"] = relationship(viewonly=True)

    @property
    def said(self) -> dict[str, str]:
        """What is to become of what, in words."""
        found: dict[str, str] = json.loads(self.what)
        return found


class BallotBox(Base):
    """The box of an open ballot on PostgreSQL: box.py. On SQLite it is a file."""

    __tablename__ = "ballot_box"

    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), primary_key=True, autoincrement=False)
    state: Mapped[str]


class BallotCode(Base):
    """A code of a ballot that an earlier version left open; it is deleted when that ballot is closed."""

    __tablename__ = "ballot_code"

    digest: Mapped[str] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("ballot_class.id"), index=True)
