"""Books, visits, their versions, attachments, instructions, addenda, and the years that are locked.

A visit row holds its identity, its marks and the current values for queries; every version is an
insert-only row. Nothing here is overwritten or deleted: a record is corrected by a new version, or withdrawn.
"""

import datetime as dt

from sqlalchemy import ForeignKey, Index, UniqueConstraint, and_, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.accounts.models import Person, Signed
from logbook.db import N_, Base, Key, Word
from logbook.organization.models import Branch
from logbook.problems.models import Category


class Kind(Word):
    """下基层方式."""

    RESEARCH = "research", N_("调研走访")
    FORUM = "forum", N_("座谈交流")
    TALK = "talk", N_("谈心谈话")
    LECTURE = "lecture", N_("讲党课")
    ORGANIZATION_LIFE = "organization_life", N_("参加组织生活")
    ON_SITE_OFFICE = "on_site_office", N_("现场办公")
    CARE = "care", N_("慰问帮扶")
    INSPECTION = "inspection", N_("检查指导")
    SIT_IN = "sit_in", N_("列席会议")
    OTHER = "other", N_("其他")


class Content(Word):
    """主要内容."""

    GUIDE_PARTY_WORK = "guide_party_work", N_("指导党建工作")
    LEARN_THINKING = "learn_thinking", N_("了解思想动向")
    SOLVE_DIFFICULTIES = "solve_difficulties", N_("帮助解决困难")
    PLAN_TOGETHER = "plan_together", N_("谋划融合发展")
    POLITICAL = "political", N_("政治建设")
    IDEOLOGICAL = "ideological", N_("思想建设")
    ORGANIZATIONAL = "organizational", N_("组织建设")
    STYLE = "style", N_("作风建设")
    DISCIPLINE = "discipline", N_("纪律建设")
    INSTITUTIONS = "institutions", N_("制度建设")
    INTEGRITY = "integrity", N_("廉政建设")


class Level(Word):
    """知悉范围: who may read the record."""

    SELF = "self", N_("仅本人")
    LEADER = "leader", N_("本人和党组书记")
    OFFICE = "office", N_("本人、党组书记和党办")
    GROUP = "group", N_("全体党组成员")


class Book(Base):
    """记录本: one member, one year. Its row also counts its lines (第7次)."""

    __tablename__ = "book"

    id: Mapped[Key]
    member_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    year: Mapped[int]
    issued_at: Mapped[dt.datetime]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: issued at the first record
    lines: Mapped[int] = mapped_column(default=0)

    member: Mapped[Person] = relationship(foreign_keys=member_id, viewonly=True)

    __table_args__ = (UniqueConstraint("member_id", "year"),)


class NumberSeries(Base):
    """The last number given in a year; numbers are never reused."""

    __tablename__ = "number_series"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class LockedYear(Base):
    """A closed year: nothing of it is recorded, corrected, withdrawn or attached any more. Written by years."""

    __tablename__ = "locked_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    locked_at: Mapped[dt.datetime]
    locked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))


def number_of(year: int, seq: int) -> str:
    """2026-034: as offices write it, three figures at least."""
    return f"{year}-{seq:03d}"


class Visit(Base):
    """下基层记录 of one member; `number` is 2026-137."""

    __tablename__ = "visit"

    id: Mapped[Key]
    year: Mapped[int]  # of visited_on, Asia/Shanghai
    seq: Mapped[int]  # in order of receipt within the year
    member_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    book_line: Mapped[int | None]  # 第7次; a companion's record takes its line when they confirm it
    visited_on: Mapped[dt.date]
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    place: Mapped[str] = mapped_column(default="")  # another place, when no branch
    findings: Mapped[str]
    half_days: Mapped[int | None]  # duration in half days: 1 半天, 2 一天
    people_met: Mapped[str] = mapped_column(default="")
    headcount: Mapped[int | None]
    companions_note: Mapped[str] = mapped_column(default="")
    thinking: Mapped[str] = mapped_column(default="")
    thinking_widened: Mapped[bool] = mapped_column(default=False)
    solved_on_site: Mapped[str] = mapped_column(default="")
    guidance: Mapped[str] = mapped_column(default="")
    observation: Mapped[str] = mapped_column(default="")
    observation_widened: Mapped[bool] = mapped_column(default=False)
    level: Mapped[Level]
    paper_on: Mapped[dt.date | None]  # 纸质原件记录日期
    own_organization: Mapped[bool] = mapped_column(default=False)  # not a liaison visit
    is_liaison: Mapped[bool] = mapped_column(default=False)  # a liaison of this member and branch was in force that day

    version: Mapped[int] = mapped_column(default=1)
    recorded_at: Mapped[dt.datetime]
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))  # 记录人; the member, or the office for them
    late: Mapped[bool] = mapped_column(default=False)
    late_reason: Mapped[str] = mapped_column(default="")
    confirmed_at: Mapped[dt.datetime | None]  # by the member themself
    joint_of_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id"))  # the companion's record of this trip
    declined_at: Mapped[dt.datetime | None]  # a named companion said, and has not taken back: I was not there
    received_version: Mapped[int | None]
    received_at: Mapped[dt.datetime | None]
    received_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdraw_reason: Mapped[str] = mapped_column(default="")
    counts: Mapped[bool] = mapped_column(default=True)  # not withdrawn, not declined, a joint one confirmed
    client_key: Mapped[str | None] = mapped_column(unique=True)

    member: Mapped[Person] = relationship(foreign_keys=member_id, viewonly=True)
    entered_by: Mapped[Person] = relationship(foreign_keys=entered_by_id, viewonly=True)
    received_by: Mapped[Person | None] = relationship(foreign_keys=received_by_id, viewonly=True)
    branch: Mapped[Branch | None] = relationship(viewonly=True)
    kinds: Mapped[list["VisitKind"]] = relationship(order_by="VisitKind.id", viewonly=True)
    contents: Mapped[list["VisitContent"]] = relationship(order_by="VisitContent.id", viewonly=True)
    voices: Mapped[list["Voice"]] = relationship(order_by="Voice.id", viewonly=True)
    companions: Mapped[list["Companion"]] = relationship(
        foreign_keys="Companion.visit_id", order_by="Companion.id", viewonly=True
    )
    attachments: Mapped[list["Attachment"]] = relationship(order_by="Attachment.id", viewonly=True)
    instructions: Mapped[list["Instruction"]] = relationship(order_by="Instruction.id", viewonly=True)
    addenda: Mapped[list["Addendum"]] = relationship(order_by="Addendum.id", viewonly=True)

    __table_args__ = (
        UniqueConstraint("year", "seq"),
        Index(None, "member_id", "year", "seq"),
        Index(None, "year", "visited_on"),
        Index(None, "branch_id", "visited_on"),
        Index(None, "joint_of_id"),
    )

    @property
    def number(self) -> str:
        """2026-137."""
        return number_of(self.year, self.seq)

    @property
    def member_name(self) -> str:
        """As it was when the record was written."""
        return self.member.name_at(self.recorded_at)

    @property
    def recorder_name(self) -> str:
        """记录人, as the name was then."""
        return self.entered_by.name_at(self.recorded_at)

    @property
    def companion_names(self) -> list[str]:
        """同行成员, as their names were then."""
        return [one.person.name_at(self.recorded_at) for one in self.companions]

    @property
    def entered_for(self) -> bool:
        """Whether somebody else wrote it down for the member."""
        return self.entered_by_id != self.member_id

    @property
    def is_unclaimed(self) -> bool:
        """Whether it came under the member's name, and is theirs only once they say so: nothing rests on it yet."""
        return not self.entered_for and self.joint_of_id is None and self.confirmed_at is None

    @property
    def is_new(self) -> bool:
        """Whether the office has not yet received this version."""
        return self.received_version != self.version


# The few that wait for somebody, found without reading the many that do not.
NEW = or_(Visit.received_version.is_(None), Visit.received_version != Visit.version)
UNCONFIRMED = and_(Visit.confirmed_at.is_(None), Visit.withdrawn_at.is_(None), Visit.declined_at.is_(None))
Index("ix_visit_new", Visit.year, Visit.seq, sqlite_where=NEW, postgresql_where=NEW)
Index("ix_visit_unconfirmed", Visit.member_id, sqlite_where=UNCONFIRMED, postgresql_where=UNCONFIRMED)


class VisitKind(Base):
    __tablename__ = "visit_kind"

    id: Mapped[Key]
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    kind: Mapped[Kind]


class VisitContent(Base):
    __tablename__ = "visit_content"

    id: Mapped[Key]
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    content: Mapped[Content]


class Voice(Base):
    """One 条 of 基层呼声."""

    __tablename__ = "voice"

    id: Mapped[Key]
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    text: Mapped[str]
    category: Mapped[Category] = mapped_column(default=Category.OTHER)


class Companion(Base):
    """A member named as companion; `record_id` is their own record of the same trip."""

    __tablename__ = "companion"

    id: Mapped[Key]
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    record_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id"))

    person: Mapped[Person] = relationship(viewonly=True)


class VisitVersion(Signed, Base):
    """Insert-only: the whole record as worded at version `n`."""

    __tablename__ = "visit_version"

    id: Mapped[Key]
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"))
    n: Mapped[int]
    body: Mapped[str]  # canonical JSON text
    digest: Mapped[str]  # SHA-256 of body, hexadecimal
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[dt.datetime]
    reason: Mapped[str] = mapped_column(default="")

    by: Mapped[Person] = relationship(viewonly=True)

    __table_args__ = (UniqueConstraint("visit_id", "n"),)


class Attachment(Base):
    """A file of a record: its bytes are stored by `digest`, its name is only data."""

    __tablename__ = "attachment"

    id: Mapped[Key]
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    digest: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]  # bytes as stored
    added_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    added_at: Mapped[dt.datetime]
    client_key: Mapped[str | None]  # of a file that followed its record

    __table_args__ = (UniqueConstraint("visit_id", "client_key"),)


class Draft(Base):
    """What its author has typed and not sent; theirs alone: no list, search, figure or paper reads this table."""

    __tablename__ = "draft"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    key: Mapped[str]  # the client_key of the record it will be
    url: Mapped[str]  # the form it was typed into
    fields: Mapped[str]  # JSON text: [[name, value], …] as the form would send them
    revision: Mapped[int]
    saved_at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("person_id", "key"),)


class Instruction(Signed, Base):
    """批示: one line of the leader on a record."""

    __tablename__ = "instruction"

    id: Mapped[Key]
    visit_id: Mapped[int] = mapped_column(ForeignKey("visit.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[dt.datetime]
    text: Mapped[str]

    by: Mapped[Person] = relationship(viewonly=True)
    visit: Mapped[Visit] = relationship(viewonly=True)


class Addendum(Signed, Base):
    """What is added to a closed year, or to a record of one; it changes no figure."""

    __tablename__ = "addendum"

    id: Mapped[Key]
    year: Mapped[int] = mapped_column(index=True)
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visit.id"), index=True)
    text: Mapped[str]
    reason: Mapped[str]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[dt.datetime]

    by: Mapped[Person] = relationship(viewonly=True)
    visit: Mapped[Visit | None] = relationship(viewonly=True)
