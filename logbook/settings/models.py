"""One row a setting; what is absent has its preset in queries.Settings."""

from sqlalchemy.orm import Mapped, mapped_column

from logbook.db import Base


class Setting(Base):
    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
