"""The first account, and a code when nobody can sign in."""

import click
from flask import Flask

from logbook.access import Role
from logbook.accounts import actions, queries
from logbook.accounts.actions import NewPerson
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.formats import now
from logbook.settings import actions as settings_actions


@click.command("first-account")
@click.option("--unit-name", required=True)
@click.option("--group-word", default="党组")
@click.option("--office-word", default="党办")
@click.option("--liaison-word", default="挂点")
@click.option("--ballot-word", default="测评表")
@click.option("--name", required=True)
@click.option("--sign-in-name", required=True)
def first_account(name: str, sign_in_name: str, **settings: str) -> None:
    """Name the unit and add the first account (office and sysadmin); print its one-time code."""
    if queries.anyone():
        raise click.ClickException("本单位已有账号，不能再建首个账号。 There are accounts already.")
    try:
        settings_actions.change(dict(settings))
        person = actions.add_person(NewPerson(name=name, sign_in_name=sign_in_name.strip().lower()))
        actions.set_roles(person.id, frozenset({Role.OFFICE, Role.SYSADMIN}), by=None, at=now())
        code = actions.issue_code(person.id, by=None, at=now())
    except RuleBroken as broken:
        raise click.ClickException(str(broken.message)) from broken
    db.session.commit()
    click.echo(code)


@click.command("code")
@click.argument("name")
def code(name: str) -> None:
    """Print a one-time code for the person of that name or sign-in name."""
    found = queries.named(name)
    if len(found) != 1:
        raise click.ClickException(
            f"找到{len(found)}个“{name}”，请用登录名。 {len(found)} people match; use the sign-in name."
        )
    try:
        printed = actions.issue_code(found[0].id, by=None, at=now())
    except RuleBroken as broken:
        raise click.ClickException(str(broken.message)) from broken
    db.session.commit()
    click.echo(printed)


def register(app: Flask) -> None:
    app.cli.add_command(first_account)
    app.cli.add_command(code)
