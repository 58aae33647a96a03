"""One row a setting; what is absent has its preset in queries.Settings. And which folder and key are the database's."""

import datetime as dt

from sqlalchemy.orm import Mapped, mapped_column

from logbook.db import Base


class Setting(Base):
    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Installation(Base):
    """By what the database knows its folder and key again: instance.Identity. One row, noted at the first start."""

    __tablename__ = "installation"

    mark: Mapped[str] = mapped_column(primary_key=True)
    key_digest: Mapped[str]
    noted_at: Mapped[dt.datetime]
