"""People, the roles they hold and held, their sessions, codes and failed sign-ins; what needs a second person."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from logbook.access import Role
from logbook.db import Base, Key
from logbook.formats import begin_of


class Person(Base):
    """Anyone the lists name. Without a sign-in name there is no account (branch secretaries have none)."""

    __tablename__ = "person"

    id: Mapped[Key]
    name: Mapped[str]
    pinyin: Mapped[str]  # sorts alike on every database, whatever its collation
    post: Mapped[str] = mapped_column(default="")
    official_order: Mapped[int] = mapped_column(default=999)  # 按职务排序
    active: Mapped[bool] = mapped_column(default=True)
    sign_in_name: Mapped[str | None] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    grants_seen: Mapped[int] = mapped_column(default=0)  # the last RoleGrant this office holder was shown
    # Of the codes that opened this account, one is not acknowledged yet: kept here, as every page asks for it.
    code_to_acknowledge: Mapped[bool] = mapped_column(default=False)
    former_names: Mapped[str] = mapped_column(default="[]")  # JSON text of every Renaming, the first first
    names_told: Mapped[int] = mapped_column(default=0)  # how many of these the person was shown

    grants: Mapped[list["RoleGrant"]] = relationship(
        foreign_keys="RoleGrant.person_id", order_by="RoleGrant.id", viewonly=True
    )

    @property
    def renamings(self) -> list["Renaming"]:
        """Every change of the name, the first first."""
        return [Renaming(**one) for one in json.loads(self.former_names)]

    def name_at(self, moment: dt.datetime) -> str:
        """The name as it stood at a moment: what was written before a change of the name keeps the name it had."""
        if self.former_names == "[]":  # nearly everybody, on every page
            return self.name
        later = (one.old for one in self.renamings if one.since and moment < one.moment)
        return next(later, self.name)

    def name_in(self, year: int) -> str:
        """The name at the end of a year: as its book and its lists bear it."""
        return self.name_at(begin_of(dt.date(year + 1, 1, 1)))


@dataclass(frozen=True, slots=True)
class Renaming:
    """A change of a person's name; one without `since` corrected what was misspelt all along, and has no before."""

    old: str
    new: str
    since: str | None  # the day the new name holds from, as an ISO date
    by_id: int | None
    at: str  # when it was entered, as an ISO instant

    @property
    def moment(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.at)

    @property
    def since_on(self) -> dt.date | None:
        return dt.date.fromisoformat(self.since) if self.since else None


class Signed:
    """Mixed into what somebody wrote at a moment: it goes on bearing the name they had then."""

    if TYPE_CHECKING:
        by: Mapped[Person]
        at: Mapped[dt.datetime]

    @property
    def by_name(self) -> str:
        return self.by.name_at(self.at)


class RoleGrant(Base):
    """A role from one moment to another; a grant is ended, never deleted."""

    __tablename__ = "role_grant"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Role]
    granted_at: Mapped[dt.datetime]
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: by the server's administrator
    agreed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[dt.datetime | None]


class SignInSession(Base):
    """A signed-in browser: only the SHA-256 of its random token is kept."""

    __tablename__ = "sign_in_session"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    device: Mapped[str]
    created_at: Mapped[dt.datetime]
    last_seen_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class AccessRequest(Base):
    """A code or a role that one person asked for, and that comes about only once a second one agreed.

    It is open until it is carried out (the code printed, the role granted), ended (withdrawn, declined,
    overtaken) or expired.
    """

    __tablename__ = "access_request"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[Role | None]  # None: a one-time code
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime | None]
    agreed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    agreed_at: Mapped[dt.datetime | None]
    carried_out_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    person: Mapped[Person] = relationship(foreign_keys=person_id, viewonly=True)
    asked_by: Mapped[Person] = relationship(foreign_keys=asked_by_id, viewonly=True)
    agreed_by: Mapped[Person | None] = relationship(foreign_keys=agreed_by_id, viewonly=True)

    def is_open(self, at: dt.datetime) -> bool:
        """Whether it was neither carried out nor ended, and has not expired."""
        over = self.carried_out_at or self.ended_at
        return not over and (self.expires_at is None or self.expires_at > at)


class NamedSecond(Base):
    """The member whom the leader named beforehand to agree to codes; only one at a time, and none deleted."""

    __tablename__ = "named_second"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    named_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    named_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


NAMED = "name:"


class PhoneKey(Base):
    """A key of a person's phones from its generation on; generation 0 is derived and stands nowhere (phone/keys.py).

    Stored is its name, from which and from the installation's secret it follows: a phone that remembers the name gets
    it again though the backup is older. Those of earlier versions are stored as they are.
    """

    __tablename__ = "phone_key"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    generation: Mapped[int]  # 1, 2, …
    key: Mapped[str]  # its name behind NAMED, or 32 random bytes, base64
    made_at: Mapped[dt.datetime]

    __table_args__ = (UniqueConstraint("person_id", "generation"),)


class OneTimeCode(Base):
    """A code on a printed slip that lets its holder set a password; only its digest by the installation's key is kept.

    What was issued before codes were keyed, and not used, is no longer good.
    """

    __tablename__ = "one_time_code"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    code_hash: Mapped[str] = mapped_column(unique=True)
    keyed: Mapped[bool] = mapped_column(default=True)
    issued_at: Mapped[dt.datetime]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))  # None: by the server's administrator
    request_id: Mapped[int | None] = mapped_column(ForeignKey("access_request.id"))  # None: by one alone
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]  # without having been used
    acknowledged_at: Mapped[dt.datetime | None]  # by its owner, after its use

    person: Mapped[Person] = relationship(foreign_keys=person_id, viewonly=True)
    issued_by: Mapped[Person | None] = relationship(foreign_keys=issued_by_id, viewonly=True)
    request: Mapped[AccessRequest | None] = relationship(viewonly=True)

    __table_args__ = (Index(None, "person_id", "used_at"),)


class SignInFailure(Base):
    """Failed sign-ins in a row under one name, known or not, so that neither can be told from the other."""

    __tablename__ = "sign_in_failure"

    name_hash: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[dt.datetime]
