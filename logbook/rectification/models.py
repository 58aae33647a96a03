"""What a secretary is to put right after the meeting; from the feedback on it lives in the ledger."""

import datetime as dt

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.db import Base, Key
from logbook.problems.models import Problem


class RectificationItem(Base):
    """整改事项. Text, measures and due day hold until it is handed over; from then on the problem's do."""

    __tablename__ = "rectification_item"

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    n: Mapped[int]  # within the meeting, from 1, never used again
    said: Mapped[str] = mapped_column(default="")  # the comment's words it was drawn from: those come once
    text: Mapped[str]
    measures: Mapped[str] = mapped_column(default="")
    due_on: Mapped[dt.date]
    removed: Mapped[bool] = mapped_column(default=False)
    rests_on_id: Mapped[
        int | None
    ]  # the ledger's problem that the comment's words rest on: it is taken up, not doubled
    problem_id: Mapped[int | None] = mapped_column(ForeignKey("problem.id"))

    problem: Mapped[Problem | None] = relationship(viewonly=True)

    __table_args__ = (UniqueConstraint("meeting_id", "n"),)


def number_of(year: int, n: int) -> str:
    """As it is cited: 整改2026-03."""
    return f"整改{year}-{n:02}"
