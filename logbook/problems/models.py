"""Problems, undertakings and directives, with what became of them. None is ever deleted."""

import datetime as dt

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.accounts.models import Person, Signed
from logbook.db import N_, Base, Key, Word
from logbook.formats import begin_of
from logbook.organization.models import Branch


class SourceKind(Word):
    VISIT = "visit", N_("下基层记录")
    MEETING = "meeting", N_("述职评议会议")
    INSTRUCTION = "instruction", N_("批示")
    DIRECTIVE = "directive", N_("党组部署")


class Category(Word):
    PARTY = "party", N_("党建")
    FACILITIES = "facilities", N_("设施设备")
    SAFETY = "safety", N_("安全")
    SERVICE = "service", N_("经营服务")
    ECOLOGY = "ecology", N_("生态保护")
    STAFF = "staff", N_("职工待遇")
    TEAM = "team", N_("队伍")
    OTHER = "other", N_("其他")


class Side(Word):
    """The responsible side. Only BRANCH ever counts for or against a branch's secretary."""

    BRANCH = "branch", N_("支部自身")
    BUREAU = "bureau", N_("责任单位")  # a department of the bureau, or a subordinate unit
    MEMBER = "member", N_("党组成员")


def unit_of(side: Side, *, branch: str, unit: str) -> str:
    """The unit that answers for a problem: for its own the branch, never a unit of the bureau's, nor the other way."""
    return {Side.BRANCH: branch, Side.BUREAU: unit, Side.MEMBER: ""}[side]


def answerable(side: str, *who: str) -> str:
    """A side's word and who it is: 责任单位：工程科、白一鸣; the word alone where nobody is named."""
    return "：".join(filter(None, (side, "、".join(filter(None, who)))))


class Handling(Word):
    ON_SITE = "on_site", N_("当场解决")
    COORDINATE = "coordinate", N_("协调解决")
    GROUP = "group", N_("提请党组研究")
    EXPLAIN = "explain", N_("解释说明")
    REPORT_UP = "report_up", N_("上报")


class State(Word):
    OPEN = "open", N_("未办")
    UNDERWAY = "underway", N_("在办")
    DONE = "done", N_("已办结")
    PARTLY = "partly", N_("部分解决继续跟进")
    LONG_TERM = "long_term", N_("长期推进")


class Answer(Word):
    """What those who raised it say of the result."""

    SOLVED = "solved", N_("已解决")
    PARTLY = "partly", N_("部分解决")
    NOT = "not", N_("未解决")


class UndertakingState(Word):
    UNDERWAY = "underway", N_("正在办理")
    DONE = "done", N_("办成")
    EXPLAINED = "explained", N_("暂不能办理（已说明）")


class Problem(Base):
    __tablename__ = "problem"

    id: Mapped[Key]
    source_kind: Mapped[SourceKind]
    source_id: Mapped[int]
    source_label: Mapped[str]  # 2026-137/2
    source_line: Mapped[int]  # its line in the source, from 1; stable over corrections
    dropped: Mapped[bool] = mapped_column(default=False)  # a correction or withdrawal took the line away
    detached: Mapped[bool] = mapped_column(default=False)  # … but it was in hand already, and goes on, marked
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # the member whose record it stands in
    raised_on: Mapped[dt.date]
    text: Mapped[str]
    category: Mapped[Category] = mapped_column(default=Category.OTHER)
    side: Mapped[Side]
    handling: Mapped[Handling] = mapped_column(default=Handling.COORDINATE)
    owner_unit: Mapped[str] = mapped_column(default="")
    owner_person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    due_on: Mapped[dt.date]
    measures: Mapped[str] = mapped_column(default="")
    state: Mapped[State] = mapped_column(default=State.OPEN)
    result: Mapped[str] = mapped_column(default="")
    told_whom: Mapped[str] = mapped_column(default="")
    told_on: Mapped[dt.date | None]
    answer: Mapped[Answer | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    closed_on: Mapped[dt.date | None]
    taken_up_by: Mapped[int | None] = mapped_column(index=True)  # the last review meeting that has it on its list …
    taken_up_as: Mapped[str] = mapped_column(default="")  # … as 整改2026-03

    branch: Mapped[Branch | None] = relationship(viewonly=True)
    raised_by: Mapped[Person | None] = relationship(foreign_keys=raised_by_id, viewonly=True)
    owner_person: Mapped[Person | None] = relationship(foreign_keys=owner_person_id, viewonly=True)
    closed_by: Mapped[Person | None] = relationship(foreign_keys=closed_by_id, viewonly=True)
    progress: Mapped[list["Progress"]] = relationship(
        foreign_keys="Progress.problem_id", order_by="Progress.id", viewonly=True
    )

    __table_args__ = (
        Index(None, "source_kind", "source_id"),
        Index(None, "branch_id", "state"),
        Index(None, "state", "due_on"),
    )

    @property
    def raiser_name(self) -> str:
        """党组成员 in whose record it stands, as the name was on the day it was raised; empty where there is none."""
        return self.raised_by.name_at(begin_of(self.raised_on)) if self.raised_by else ""

    @property
    def unit(self) -> str:
        """责任单位, or the branch where the problem is its own."""
        return unit_of(self.side, branch=self.branch.name if self.branch else "", unit=self.owner_unit)

    @property
    def owner_name(self) -> str:
        """责任人: of what is closed, as the name was then; empty where nobody is named."""
        if self.owner_person is None or self.closed_on is None:
            return self.owner_person.name if self.owner_person else ""
        return self.owner_person.name_at(begin_of(self.closed_on))

    @property
    def closer_name(self) -> str:
        """Who closed it, as the name was that day; empty where nobody did."""
        return self.closed_by.name_at(begin_of(self.closed_on)) if self.closed_by and self.closed_on else ""

    @property
    def label(self) -> str:
        """As it is named now: 2026-137/2（整改2026-03）."""
        return f"{self.source_label}（{self.taken_up_as}）" if self.taken_up_as else self.source_label


class Undertaking(Base):
    """领办事项: what a member took on themself."""

    __tablename__ = "undertaking"

    id: Mapped[Key]
    source_kind: Mapped[SourceKind]
    source_id: Mapped[int]
    source_label: Mapped[str]
    source_line: Mapped[int]
    dropped: Mapped[bool] = mapped_column(default=False)
    detached: Mapped[bool] = mapped_column(default=False)
    member_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    branch_id: Mapped[int | None] = mapped_column(ForeignKey("branch.id"))
    raised_on: Mapped[dt.date]
    text: Mapped[str]
    due_on: Mapped[dt.date]
    state: Mapped[UndertakingState] = mapped_column(default=UndertakingState.UNDERWAY)
    result: Mapped[str] = mapped_column(default="")
    closed_on: Mapped[dt.date | None]

    member: Mapped[Person] = relationship(viewonly=True)
    branch: Mapped[Branch | None] = relationship(viewonly=True)
    progress: Mapped[list["Progress"]] = relationship(
        foreign_keys="Progress.undertaking_id", order_by="Progress.id", viewonly=True
    )

    __table_args__ = (Index(None, "source_kind", "source_id"), Index(None, "member_id", "state"))

    @property
    def member_name(self) -> str:
        """Who took it on: of what is closed, as the name was then."""
        return self.member.name_at(begin_of(self.closed_on)) if self.closed_on else self.member.name


class Progress(Signed, Base):
    """One step of a problem or of an undertaking: what was done, by whom, and the state after it."""

    __tablename__ = "progress"

    id: Mapped[Key]
    problem_id: Mapped[int | None] = mapped_column(ForeignKey("problem.id"), index=True)
    undertaking_id: Mapped[int | None] = mapped_column(ForeignKey("undertaking.id"), index=True)
    at: Mapped[dt.datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str]
    state: Mapped[str]  # the value of State or UndertakingState after this step
    source_label: Mapped[str] = mapped_column(default="")  # the record whose line repeats the problem
    of_terms: Mapped[bool] = mapped_column(default=False)  # a change of side, owner, due day …, no progress made

    by: Mapped[Person] = relationship(viewonly=True)


class Directive(Base):
    """党组部署: what the group ordered, e.g. 近期到挂点支部, due by a day."""

    __tablename__ = "directive"

    id: Mapped[Key]
    text: Mapped[str]
    issued_on: Mapped[dt.date]
    due_on: Mapped[dt.date]
    asks_visits: Mapped[bool] = mapped_column(default=True)  # met by a visit to each liaison branch since issued_on
    entered_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    closed_on: Mapped[dt.date | None]
