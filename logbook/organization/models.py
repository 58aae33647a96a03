"""Branches and, from day to day, who leads them, belongs to them, contains them and visits them.

Every row that holds for a time has `from_on` and `to_on`, both days included, `to_on` None while it holds.
A row entered in error is marked `void`, never deleted.
"""

import datetime as dt

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.accounts.models import Person
from logbook.db import N_, Base, Key, Word


class BranchKind(Word):
    GENERAL = "general_branch", N_("党总支")
    BRANCH = "branch", N_("党支部")


class HostKind(Word):
    BUREAU = "bureau", N_("局机关")
    SUBORDINATE = "subordinate", N_("下属单位")


class Period(Word):
    YEAR = "year", N_("每年")
    HALF = "half", N_("每半年")
    QUARTER = "quarter", N_("每季度")


class Branch(Base):
    __tablename__ = "branch"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)  # in full, as printed: 三岭山森林公园党支部
    pinyin: Mapped[str]
    kind: Mapped[BranchKind]
    host_unit: Mapped[str]  # 所在单位
    host_kind: Mapped[HostKind]
    reports_to_group: Mapped[bool] = mapped_column(default=False)  # 向党组述职
    official_order: Mapped[int] = mapped_column(default=999)
    from_on: Mapped[dt.date | None]  # founded; None: before the records begin
    to_on: Mapped[dt.date | None]  # dissolved

    placements: Mapped[list["Placement"]] = relationship(foreign_keys="Placement.branch_id", viewonly=True)

    def exists_on(self, on: dt.date) -> bool:
        """Whether it was founded by that day and not dissolved before."""
        return (self.from_on is None or self.from_on <= on) and (self.to_on is None or self.to_on >= on)


class FormerEntry(Base):
    """What a branch's entry said up to and with the day `to_on`; Branch holds what it says since the last of these."""

    __tablename__ = "former_entry"

    id: Mapped[Key]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"), index=True)
    to_on: Mapped[dt.date]
    name: Mapped[str]
    host_unit: Mapped[str]
    host_kind: Mapped[HostKind]
    reports_to_group: Mapped[bool]
    void: Mapped[bool] = mapped_column(default=False)


class Placement(Base):
    """A branch inside a general branch; a visit to it counts for both."""

    __tablename__ = "placement"

    id: Mapped[Key]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"), index=True)
    general_branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"))
    from_on: Mapped[dt.date]
    to_on: Mapped[dt.date | None]
    void: Mapped[bool] = mapped_column(default=False)


class SecretaryTerm(Base):
    """书记任期."""

    __tablename__ = "secretary_term"

    id: Mapped[Key]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    from_on: Mapped[dt.date]
    to_on: Mapped[dt.date | None]
    void: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship(viewonly=True)
    branch: Mapped[Branch] = relationship(viewonly=True)


class Membership(Base):
    """The branch a person belongs to as a Party member: their own branch."""

    __tablename__ = "membership"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"), index=True)
    from_on: Mapped[dt.date]
    to_on: Mapped[dt.date | None]
    void: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship(viewonly=True)
    branch: Mapped[Branch] = relationship(viewonly=True)


class Liaison(Base):
    """挂点联系: one member for one branch, inside one year, `target` visits a `period`."""

    __tablename__ = "liaison"

    id: Mapped[Key]
    year: Mapped[int]
    member_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"), index=True)
    from_on: Mapped[dt.date]
    to_on: Mapped[dt.date]  # the last day in force, at most 31 December
    target: Mapped[int] = mapped_column(default=1)
    period: Mapped[Period] = mapped_column(default=Period.QUARTER)
    own_confirmed: Mapped[bool] = mapped_column(default=False)  # the member's own organization, allowed by the office
    void: Mapped[bool] = mapped_column(default=False)

    member: Mapped[Person] = relationship(viewonly=True)
    branch: Mapped[Branch] = relationship(viewonly=True)

    __table_args__ = (Index(None, "year", "member_id"),)


class Reporter(Base):
    """Who reports for a branch at a year's review meeting: rule 7 rests on it, whatever becomes of the term.

    Written by the meeting, which stands above: a rule of records cannot look up to it.
    """

    __tablename__ = "reporter"

    id: Mapped[Key]
    year: Mapped[int]
    branch_id: Mapped[int] = mapped_column(ForeignKey("branch.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)

    __table_args__ = (UniqueConstraint("year", "branch_id", "person_id"),)


class StandIn(Base):
    """Whom the leader named to act where rule 7 binds the whole office, and the leader too; the latest row holds."""

    __tablename__ = "stand_in"

    id: Mapped[Key]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: nobody any more
    named_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    named_at: Mapped[dt.datetime]

    person: Mapped[Person | None] = relationship(foreign_keys=person_id, viewonly=True)


class LiaisonLock(Base):
    """A closed year: its liaison, and what was true in it, no longer changes."""

    __tablename__ = "liaison_lock"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    locked_at: Mapped[dt.datetime]
    locked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
