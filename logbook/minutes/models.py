"""The minutes of a meeting: every version is kept as it was saved, until one of them is final."""

import datetime as dt

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.accounts.models import Person, Signed
from logbook.db import Base, Key


class Minutes(Base):
    """会议记录 of a meeting; once settled (定稿) its last version stands for good."""

    __tablename__ = "minutes"

    id: Mapped[Key]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), unique=True)
    settled_at: Mapped[dt.datetime | None]
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    settled_by: Mapped[Person | None] = relationship(viewonly=True)

    @property
    def settler_name(self) -> str:
        """Who settled them, as the name was then."""
        return self.settled_by.name_at(self.settled_at) if self.settled_by and self.settled_at else ""


class MinutesVersion(Signed, Base):
    """Insert-only: the whole text as it was saved, numbered from 1."""

    __tablename__ = "minutes_version"

    id: Mapped[Key]
    minutes_id: Mapped[int] = mapped_column(ForeignKey("minutes.id"))
    n: Mapped[int]
    text: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[dt.datetime]

    by: Mapped[Person] = relationship(viewonly=True)

    __table_args__ = (UniqueConstraint("minutes_id", "n"),)
