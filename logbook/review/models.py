"""The review meeting of a year, its reporting secretaries in order, their briefs and grades."""

import datetime as dt

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.accounts.models import Person, Signed
from logbook.db import N_, Base, Key, Word
from logbook.organization.models import Branch


class Grade(Word):
    """等次, decided by the Party group."""

    GOOD = "good", N_("好")
    FAIRLY_GOOD = "fairly_good", N_("较好")
    AVERAGE = "average", N_("一般")
    POOR = "poor", N_("差")


class Agenda(Word):
    """How reports and comments follow one another."""

    EACH = "each", N_("一述一评")
    TOGETHER = "together", N_("集中点评")


class Stance(Word):
    """What an extract speaks for, as its reader sorted it; no program judges it."""

    GOOD = "good", N_("好做法")
    WANTING = "wanting", N_("需要加强")


class Meeting(Base):
    __tablename__ = "meeting"

    id: Mapped[Key]
    year: Mapped[int] = mapped_column(unique=True)  # the year reviewed
    held_on: Mapped[dt.date | None]
    place: Mapped[str] = mapped_column(default="")
    agenda: Mapped[Agenda] = mapped_column(default=Agenda.EACH)
    guest: Mapped[str] = mapped_column(default="")  # who speaks for the superior unit, where somebody comes
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
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # whom the leader named for this case
    position: Mapped[int]
    in_writing: Mapped[bool] = mapped_column(default=False)
    written: Mapped[str] = mapped_column(default="")  # 述职报告, as the office filed it
    speech: Mapped[str] = mapped_column(default="")  # what is read out at the meeting, where it is shorter
    fed_back_on: Mapped[dt.date | None]  # until then rule 7 hides everything from the secretary

    person: Mapped[Person] = relationship(foreign_keys=person_id, viewonly=True)
    commentator: Mapped[Person | None] = relationship(foreign_keys=commentator_id, viewonly=True)
    handler: Mapped[Person | None] = relationship(foreign_keys=handler_id, viewonly=True)
    branch: Mapped[Branch] = relationship(viewonly=True)
    decisions: Mapped[list["Decision"]] = relationship(order_by="Decision.id", viewonly=True)

    __table_args__ = (UniqueConstraint("meeting_id", "person_id", "branch_id"),)

    @property
    def decision(self) -> "Decision | None":
        """What holds: the latest."""
        return self.decisions[-1] if self.decisions else None

    @property
    def secretary_name(self) -> str:
        """Whom the meeting was about: once the group decided, as the name was then."""
        return self.person.name_at(self.decisions[-1].at) if self.decisions else self.person.name

    @property
    def commentator_name(self) -> str:
        """点评人, in the same way; empty where nobody is named."""
        if self.commentator is None:
            return ""
        return self.commentator.name_at(self.decisions[-1].at) if self.decisions else self.commentator.name

    @property
    def grade(self) -> Grade | None:
        return self.decision.grade if self.decision else None


class Decision(Signed, Base):
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


class SortedExtract(Base):
    """A record's observation as one reader of the brief sorted it."""

    __tablename__ = "sorted_extract"

    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), primary_key=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    stance: Mapped[Stance]


class PrintedBrief(Base):
    """A brief as it was printed, for one reader: kept, never changed."""

    __tablename__ = "printed_brief"

    id: Mapped[Key]
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    reader_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    body: Mapped[str]  # JSON text
    printed_at: Mapped[dt.datetime]

    reader: Mapped[Person] = relationship(viewonly=True)
