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
    text: Mapped[str]  # the year's text, frozen with its figures
    year_was_closed: Mapped[bool]
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    reports: Mapped[list["Report"]] = relationship(order_by="Report.position", viewonly=True)


class Report(Base):
    """One reporting secretary: the branch, the order, and what the group decided, the latest last."""

    __tablename__ = "report"

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"))
    commentator_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # 点评人
    position: Mapped[int]
    in_writing: Mapped[bool] = mapped_column(default=False)
    fed_back_on: Mapped[dt.date | None]  # until then rule 7 hides everything from the secretary

    person: Mapped[Person] = relationship(foreign_keys=person_id, viewonly=True)
    commentator: Mapped[Person | None] = relationship(foreign_keys=commentator_id, viewonly=True)
    branch: Mapped[Branch] = relationship(viewonly=True)
    decisions: Mapped[list["Decision"]] = relationship(order_by="Decision.id", viewonly=True)

    __table_args__ = (UniqueConstraint("meeting_id", "person_id", "branch_id"),)

    @property
    def decision(self) -> "Decision | None":
        """What holds: the latest."""
        return self.decisions[-1] if self.decisions else None

    @property
    def grade(self) -> Grade | None:
        return self.decision.grade if self.decision else None


class Decision(Base):
    """Insert-only: what the group decided; a grade of None takes the former one back."""

    __tablename__ = "decision"

    id: Mapped[Key]
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    grade: Mapped[Grade | None]
    decided_on: Mapped[dt.date | None]
    ground: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")  # why the former decision was changed
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[dt.datetime]

    by: Mapped[Person] = relationship(viewonly=True)


class PrintedBrief(Base):
    """A brief as it was printed, for one reader: kept, never changed."""

    __tablename__ = "printed_brief"

    id: Mapped[Key]
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    body: Mapped[str]  # JSON text
    printed_at: Mapped[dt.datetime]
