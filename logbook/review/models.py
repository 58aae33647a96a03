"""The review meeting of a year, its reporting secretaries in order, their briefs and grades."""

import datetime as dt

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.accounts.models import Person
from logbook.db import N_, Base, Key, Word
from logbook.organization.models import Branch


class Grade(Word):
    """等次, decided by the Party group."""

    GOOD = "good", N_("好")
    FAIRLY_GOOD = "fairly_good", N_("较好")
    AVERAGE = "average", N_("一般")
    POOR = "poor", N_("差")


class Meeting(Base):
    __tablename__ = "meeting"

    id: Mapped[Key]
    year: Mapped[int] = mapped_column(unique=True)  # the year reviewed
    held_on: Mapped[dt.date | None]
    place: Mapped[str] = mapped_column(default="")
    summary: Mapped[str]  # the YearSummary as JSON text, frozen at that moment
    year_was_closed: Mapped[bool]
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    reports: Mapped[list["Report"]] = relationship(order_by="Report.position", viewonly=True)


class Report(Base):
    """One reporting secretary: the branch, the order, and the grade the group decided."""

    __tablename__ = "report"

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"))
    commentator_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # 点评人
    position: Mapped[int]
    in_writing: Mapped[bool] = mapped_column(default=False)
    grade: Mapped[Grade | None]
    decided_on: Mapped[dt.date | None]
    ground: Mapped[str] = mapped_column(default="")
    fed_back_on: Mapped[dt.date | None]  # until then rule 7 hides everything from the secretary

    person: Mapped[Person] = relationship(foreign_keys=person_id, viewonly=True)
    commentator: Mapped[Person | None] = relationship(foreign_keys=commentator_id, viewonly=True)
    branch: Mapped[Branch] = relationship(viewonly=True)

    __table_args__ = (UniqueConstraint("meeting_id", "person_id", "branch_id"),)


class PrintedBrief(Base):
    """A brief as it was printed, for one reader: kept, never changed."""

    __tablename__ = "printed_brief"

    id: Mapped[Key]
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    body: Mapped[str]  # JSON text
    printed_at: Mapped[dt.datetime]
