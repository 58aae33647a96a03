"""What a closed year was, and the office's own words over a summary."""

import datetime as dt

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.accounts.models import Person
from logbook.db import Base, Key


class YearClosing(Base):
    """A closed year with its YearSummary as JSON text and the text over it, as they were at that moment."""

    __tablename__ = "year_closing"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    summary: Mapped[str]
    text: Mapped[str]
    closed_at: Mapped[dt.datetime]
    closed_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    closed_by: Mapped[Person] = relationship(viewonly=True)

    @property
    def closer_name(self) -> str:
        """Who closed it, as the name was then."""
        return self.closed_by.name_at(self.closed_at)


class SummaryText(Base):
    """The office's edit of the generated text for one span of days, and the figures it was written over."""

    __tablename__ = "summary_text"

    id: Mapped[Key]
    from_on: Mapped[dt.date]
    to_on: Mapped[dt.date]
    text: Mapped[str]
    figures: Mapped[str]  # JSON text of the figures at that moment
    edited_at: Mapped[dt.datetime]
    edited_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    edited_by: Mapped[Person] = relationship(viewonly=True)

    @property
    def editor_name(self) -> str:
        """Who edited it, as the name was then."""
        return self.edited_by.name_at(self.edited_at)

    __table_args__ = (UniqueConstraint("from_on", "to_on"),)
