"""Each feature's commands under `flask`, and the database's own."""

import click
from flask import Flask

from logbook.accounts import cli as accounts
from logbook.accounts import queries
from logbook.db import db, reading


@click.command("db-upgrade")
def db_upgrade() -> None:
    """Bring the database to this program's version."""
    from logbook import schema  # noqa: PLC0415 - alembic takes 0.1 s, which the first page must not pay

    schema.upgrade()


@click.command("db-version")
def db_version() -> None:
    """Print the database's version, the program's, and whether there are accounts to sign in with."""
    from logbook import schema  # noqa: PLC0415 - see db_upgrade

    with reading():
        current, head = schema.current() or "-", schema.head() or "-"
        # A database of another version may have no such table yet.
        people = "people" if current == head and queries.anyone() else "nobody"
        db.session.close()
    click.echo(f"{current} {head} {people}")


@click.command("db-check")
def db_check() -> None:
    """Fail when the models and the migrated database differ."""
    from logbook import schema  # noqa: PLC0415 - see db_upgrade

    with reading():
        differences = schema.differences()
    for difference in differences:
        click.echo(repr(difference))
    if differences:
        raise click.ClickException("models and migrations differ")


def register(app: Flask) -> None:
    for feature in (accounts,):
        feature.register(app)
    for one in (db_upgrade, db_version, db_check):
        app.cli.add_command(one)
