"""Each feature's commands under `flask`, and the database's own."""

from pathlib import Path

import click
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask

from logbook.accounts import cli as accounts
from logbook.accounts import queries
from logbook.db import Base, db, reading

MIGRATIONS = Path(__file__).parent.parent / "migrations"


def migrations() -> Config:
    """Alembic's configuration: the folder migrations/, the application's own engine."""
    configuration = Config()
    configuration.set_main_option("script_location", str(MIGRATIONS))
    return configuration


def current_version() -> str | None:
    """The migration the database stands at; None when it is empty."""
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head_version() -> str | None:
    """The migration this program needs."""
    return ScriptDirectory.from_config(migrations()).get_current_head()


def upgrade() -> None:
    """Bring the database to this program's version, inside one transaction."""
    with db.engine.begin() as connection:
        configuration = migrations()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "head")


@click.command("db-upgrade")
def db_upgrade() -> None:
    """Bring the database to this program's version."""
    upgrade()


@click.command("db-version")
def db_version() -> None:
    """Print the database's version, the program's, and whether there are accounts to sign in with."""
    with reading():
        current, head = current_version() or "-", head_version() or "-"
        # A database of another version may have no such table yet.
        people = "people" if current == head and queries.anyone() else "nobody"
        db.session.close()
    click.echo(f"{current} {head} {people}")


@click.command("db-check")
def db_check() -> None:
    """Fail when the models and the migrated database differ."""
    with reading(), db.engine.connect() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata
        )
    for difference in differences:
        click.echo(repr(difference))
    if differences:
        raise click.ClickException("models and migrations differ")


def register(app: Flask) -> None:
    for feature in (accounts,):
        feature.register(app)
    for one in (db_upgrade, db_version, db_check):
        app.cli.add_command(one)
