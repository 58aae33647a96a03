"""A ballot of a meeting, its classes, and how often each judgement was given. No row belongs to a voter.

A counter is added to and never tells when, by whom, or with which other judgement: mission.md, 无记名.
"""

import datetime as dt
import json
from dataclasses import dataclass

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

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
    opened_at: Mapped[dt.datetime]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[dt.datetime | None]
    erased_at: Mapped[dt.datetime | None]  # codes and former states are off the disk: from here on a result shows

    classes: Mapped[list["BallotClass"]] = relationship(order_by="BallotClass.voters", viewonly=True)

    @property
    def columns(self) -> tuple[Item, ...]:
        """What is judged of every secretary, in its order."""
        overall = () if self.sheet is Sheet.SCORES else (Item(OVERALL, "", 0),)
        return (*overall, *(Item(i, name, most) for i, (name, most) in enumerate(json.loads(self.items), 1)))


class BallotClass(Base):
    """How many ballots of a class were handed out and came back: `cast` on a screen, `first` and `second` as the
    sheets of paper were typed in, twice.
    """

    __tablename__ = "ballot_class"

    id: Mapped[Key]
    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballot.id"), index=True)
    voters: Mapped[VoterClass]
    handed_out: Mapped[int] = mapped_column(default=0)
    cast: Mapped[int] = mapped_column(default=0)
    first: Mapped[int] = mapped_column(default=0)
    second: Mapped[int] = mapped_column(default=0)

    __table_args__ = (UniqueConstraint("ballot_id", "voters"),)


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


class BallotCode(Base):
    """A code that casts one ballot and is gone with it; only its digest is kept, and not whose it is."""

    __tablename__ = "ballot_code"

    digest: Mapped[str] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(ForeignKey("ballot_class.id"), index=True)
