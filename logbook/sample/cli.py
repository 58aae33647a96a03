"""flask sample: fills an empty installation with a bureau that does not exist."""

import datetime as dt
from random import Random

import click
from flask import Flask

from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.formats import SHANGHAI
from logbook.formats import today as today_here
from logbook.sample import bulk, bureau, meeting
from logbook.sample.visits import Year
from logbook.settings import queries as settings
from logbook.visits import actions as visits

USUAL = 360  # records of three years; what is more is written in bulk


@click.command("sample")
@click.option("--seed", type=int, default=1, help="The same seed makes the same bureau.")
@click.option("--visits", "count", type=click.IntRange(0, 1_000_000), default=USUAL, help="About how many records.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), default=None, help="The day it is there.")
def sample(seed: int, count: int, today: dt.datetime | None) -> None:
    """Make the sample bureau; print who can sign in: name, password, person, roles."""
    if accounts.anyone():
        raise click.ClickException(
            "已有人员，示例单位只能放进空的安装。 There are people already; it needs an empty one."
        )
    on = today.date() if today else today_here()
    random = Random(seed)
    more = max(0, count - USUAL)
    first = min(on.year - 2, *bulk.spread(more, on)) if more else on.year - 2
    made, accounts_made = bureau.make(random, first, on)
    db.session.commit()
    rules = settings.load()
    for year in range(on.year - 2, on.year + 1):
        maker = Year(made, random, rules, year)
        issued_on = min(dt.date(year, 1, 4), on)  # on New Year's Day the fourth is yet to come
        issued_at = dt.datetime.combine(issued_on, dt.time(), SHANGHAI)
        visits.issue_books(year, by=maker.actor(made.office[0]), at=issued_at)
        maker.make(min(count, USUAL) // 3)
        if year == on.year - 1 and count:
            meeting.hold(maker)
        db.session.commit()
    bulk.write(made, random, more, db.session.commit)
    for one in accounts_made:
        roles = "、".join(sorted(role.chinese for role in one.roles))
        click.echo(f"{one.sign_in_name} {one.password} {one.name} {roles}")


def register(app: Flask) -> None:
    app.cli.add_command(sample)
