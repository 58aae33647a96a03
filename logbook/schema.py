"""The database's version: where it stands, what the program needs, bringing it there. It loads alembic: import late."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from logbook.db import Base, db

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def _migrations() -> Config:
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    return configuration


def current() -> str | None:
    """The migration the database stands at; None when it is empty."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """The migration this program needs."""
    return ScriptDirectory.from_config(_migrations()).get_current_head()


def upgrade(to: str = "head") -> None:
    """Bring the database to this program's version, or to an earlier one, inside one transaction."""
    with db.engine.begin() as connection:
        configuration = _migrations()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, to)


def differences() -> list[Any]:
    """What the models say and the migrated database does not, or the other way round."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))
