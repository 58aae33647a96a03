"""The list of papers that were made."""

import datetime as dt

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.access import Actor
from logbook.accounts.models import Person, Signed
from logbook.db import Base, Key


class MadePaper(Signed, Base):
    """One file that was made: of which figures, by whom, when, with which version of the program."""

    __tablename__ = "made_paper"

    id: Mapped[Key]
    at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]  # of the file
    made_from: Mapped[str]  # what the paper says in its properties it was made from
    digest: Mapped[str]  # of everything that stands on it: the same figures and words give the same
    # Whether it is under the installation's key. Older ones are plain: who sees one tries through what the paper says.
    keyed: Mapped[bool] = mapped_column(default=True)
    version: Mapped[str]
    about_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # rule 7: not shown to whom it speaks of

    overtaken_at: Mapped[dt.datetime | None]  # what it says was taken back then
    private: Mapped[bool] = mapped_column(default=False)  # holds what the office may not read: its maker's alone

    by: Mapped[Person] = relationship(foreign_keys=by_id, viewonly=True)

    def digest_for(self, actor: Actor) -> str:
        """The digest, as far as it tells this reader nothing they may not read: a plain one is its maker's alone."""
        return self.digest if self.keyed or self.by_id == actor.person_id else "—"
