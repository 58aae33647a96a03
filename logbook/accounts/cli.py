"""The first account, and the last way in: a code, an account in use, a sysadmin, by who runs the server."""

import click
from flask import Flask

from logbook.access import Role
from logbook.accounts import actions, queries, roles
from logbook.accounts.actions import NewPerson
from logbook.accounts.models import Person
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.formats import SIGN_IN_NAME, now, typed_name
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
    if not SIGN_IN_NAME.fullmatch(typed_name(sign_in_name)):
        raise click.ClickException(
            "登录名请用2至60个小写字母、数字。 A sign-in name has 2 to 60 lower-case letters and digits."
        )
    try:
        settings_actions.change(dict(settings))
        person = actions.add_person(NewPerson(name=name, sign_in_name=typed_name(sign_in_name)))
        roles.set_roles(person.id, frozenset({Role.OFFICE, Role.SYSADMIN}), by=None, at=now())
        code = actions.issue_code(person.id, by=None, at=now())
    except RuleBroken as broken:
        raise click.ClickException(str(broken.message)) from broken
    db.session.commit()
    click.echo(code)


@click.command("code")
@click.argument("name")
@click.option("--reactivate", is_flag=True, help="put the account back in use")
@click.option("--sign-in-name", default="", help="give the account a sign-in name where it has none")
def code(name: str, *, reactivate: bool, sign_in_name: str) -> None:
    """Print a one-time code for the person of that name or sign-in name; nobody needs to agree on the server."""
    person = _one(name)
    try:
        _open_account(person, reactivate=reactivate, sign_in_name=typed_name(sign_in_name))
        printed = actions.issue_code(person.id, by=None, at=now())
    except RuleBroken as broken:
        raise click.ClickException(str(broken.message)) from broken
    db.session.commit()
    click.echo(printed)


def _one(name: str) -> Person:
    found = queries.named(name)
    if len(found) != 1:
        raise click.ClickException(
            f"找到{len(found)}个“{name}”，请用登录名。 {len(found)} people match; use the sign-in name."
        )
    return found[0]


def _open_account(person: Person, *, reactivate: bool, sign_in_name: str) -> None:
    if not person.active and not reactivate:
        raise click.ClickException(
            "此人的账号已停用，恢复请加 --reactivate。 The account is not in use; add --reactivate to put it back."
        )
    if not person.sign_in_name and not sign_in_name:
        raise click.ClickException(
            "此人没有登录名，请加 --sign-in-name 登录名。 There is no sign-in name; add --sign-in-name NAME."
        )
    roles.change_account(person.id, person.sign_in_name or sign_in_name, active=True, by=None, at=now())


@click.command("sysadmin")
@click.argument("name")
def sysadmin(name: str) -> None:
    """Make the person of that name or sign-in name a sysadmin, when nobody is left to do it."""
    person = _one(name)
    held = queries.roles_of(person.id)
    roles.set_roles(person.id, held | {Role.SYSADMIN}, by=None, at=now())
    db.session.commit()
    click.echo(person.name)


def register(app: Flask) -> None:
    app.cli.add_command(first_account)
    app.cli.add_command(code)
    app.cli.add_command(sysadmin)
