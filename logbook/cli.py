"""Each feature's commands under `flask`, and the database's own."""

from pathlib import Path

import click
from flask import Flask, current_app

from logbook import instance
from logbook.accounts import cli as accounts
from logbook.accounts import queries
from logbook.db import db, reading
from logbook.formats import now
from logbook.settings import actions as settings
from logbook.settings import queries as settings_queries
from logbook.visits import queries as visits


@click.command("db-upgrade")
def db_upgrade() -> None:
    """Bring the database to this program's version."""
    from logbook import schema  # noqa: PLC0415 - alembic takes 0.1 s, which the first page must not pay

    schema.upgrade()


@click.command("db-version")
def db_version() -> None:
    """Print the database's version, the program's, and whether there are accounts to sign in with."""
    click.echo(" ".join(_version()))


def _version() -> tuple[str, str, str]:
    from logbook import schema  # noqa: PLC0415 - see db_upgrade

    with reading():
        current, head = schema.current() or "-", schema.head() or "-"
        # A database of another version may have no such table yet.
        people = "people" if current == head and queries.anyone() else "nobody"
        db.session.close()
    return current, head, people


@click.command("db-open")
@click.option("--take-over", is_flag=True, help="This folder and key are the database's own from now on.")
def db_open(*, take_over: bool) -> None:
    """Print what db-version does, and when the newest record was made; refuse another installation's database."""
    current, head, people = _version()
    newest = None
    if current == head:
        with reading():
            known, newest = settings_queries.known_installation(), visits.newest_recorded_at()
            db.session.close()
        folder, key = current_app.config["INSTANCE"], current_app.config["SECRET_KEY"]
        if known is None or take_over:
            settings.note_installation(folder, key, now())
            db.session.commit()
        else:
            _know(folder, key, known)
    click.echo(f"{current} {head} {people} {newest.isoformat() if newest else '-'}")


def _know(folder: Path, key: str, known: instance.Identity) -> None:
    here = instance.identity(folder, key)
    instance.refuse_other(here, known, alone=db.engine.dialect.name == "sqlite")
    if not here.mark:
        instance.write_mark(folder, known.mark)


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
    for one in (db_upgrade, db_version, db_open, db_check):
        app.cli.add_command(one)
