"""A comment of one member on one secretary, clause by clause, each with what it rests on."""

import datetime as dt
import json

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.accounts.models import Person, Signed
from logbook.db import N_, Base, Key, Word
from logbook.review.models import Report


class Part(Word):
    """点评 says what is good, what is wanting (at least one), and what to do."""

    PRAISE = "praise", N_("肯定")
    SHORTCOMING = "shortcoming", N_("不足")
    ADVICE = "advice", N_("建议")


class Comment(Base):
    """点评: of the 点评人, who alone settles it; the office drafts (党办代拟、本人审定)."""

    __tablename__ = "comment"

    id: Mapped[Key]
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), index=True)
    commentator_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    drafted_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    drafted_at: Mapped[dt.datetime]
    version: Mapped[int] = mapped_column(default=1)  # of the text: two who edit it at once see one another
    settled_at: Mapped[dt.datetime | None]

    report: Mapped[Report] = relationship(viewonly=True)
    commentator: Mapped[Person] = relationship(foreign_keys=commentator_id, viewonly=True)
    clauses: Mapped[list["Clause"]] = relationship(order_by="Clause.position", viewonly=True)

    __table_args__ = (UniqueConstraint("report_id", "commentator_id"),)

    @property
    def commentator_name(self) -> str:
        """点评人: once it is settled, as the name was then."""
        return self.commentator.name_at(self.settled_at) if self.settled_at else self.commentator.name

    def said(self, part: Part) -> str:
        """The clauses of a part, each a closed sentence on one line."""
        return "".join(one.sentence for one in self.clauses if one.part is part)


class Settling(Signed, Base):
    """Insert-only: a comment was settled, and says this; or that was taken back, and it can be changed again."""

    __tablename__ = "settling"

    id: Mapped[Key]
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), index=True)
    taken_back: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int]
    body: Mapped[str]  # the clauses as JSON text: [[part, text, source], …]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[dt.datetime]

    by: Mapped[Person] = relationship(viewonly=True)

    @property
    def clauses(self) -> list[tuple[Part, str, str]]:
        """What it said: (part, text, source as cited)."""
        return [(Part(part), text, source) for part, text, source in json.loads(self.body)]


class Clause(Base):
    """One sentence, and the source it rests on as that was then; without a source it is the member's own word."""

    __tablename__ = "comment_clause"

    id: Mapped[Key]
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id"), index=True)
    part: Mapped[Part]
    position: Mapped[int]
    text: Mapped[str]
    source_kind: Mapped[str] = mapped_column(default="")  # visit, problem
    source_id: Mapped[int | None]
    source: Mapped[str] = mapped_column(default="")  # as it is cited: 2026-034 第2版, 2026-021/1
    rests_on: Mapped[str] = mapped_column(default="")  # SHA-256 of what the source said
    said: Mapped[str] = mapped_column(default="")  # what it said, as JSON text in codes; empty in clauses of before

    @property
    def sentence(self) -> str:
        """On one line, closed."""
        line = "".join(self.text.split("\n")).strip()
        return line if not line or line[-1] in "。！？；" else f"{line}。"
