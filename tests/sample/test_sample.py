"""The sample bureau: every odd case is there, the same seed makes the same, and one can sign in."""

import datetime as dt

import pytest
import sqlalchemy as sa

from logbook.accounts import passwords
from logbook.accounts.models import Person
from logbook.db import Base, db
from logbook.formats import SHANGHAI
from logbook.organization.models import SecretaryTerm
from logbook.problems.models import Problem, State, Undertaking
from logbook.sample import bulk
from logbook.visits.models import Book, Instruction, NumberSeries, Visit, VisitVersion
from logbook.visits.versions import digest_of

SALTED = {"password_hash"}
KEYS = {"body", "digest", "source_id", "rests_on", "summary"}  # these tell people, branches and records by their ids


def sample(app, *arguments, today="2026-11-24"):
    made = app.test_cli_runner().invoke(args=["sample", "--today", today, *arguments])
    assert made.exit_code == 0, made.output
    return made.stdout.splitlines()


def rows():
    """Every row of every table, in the order written, without its keys: those go on counting after a deletion."""
    found = {}
    for name, table in sorted(Base.metadata.tables.items()):
        plain = [c for c in table.columns if not c.foreign_keys and c.name not in {"id", *SALTED, *KEYS}]
        by = [table.c.id] if "id" in table.c else list(table.primary_key)
        found[name] = [
            tuple(row) for row in db.session.execute(sa.select(sa.literal(1), *plain).select_from(table).order_by(*by))
        ]
    return found


def one(*conditions):
    return db.session.scalar(sa.select(sa.func.count()).where(*conditions))


def test_it_has_every_odd_case_and_its_people_sign_in(app, client):
    lines = sample(app, "--seed", "7")
    visits = {
        "late": Visit.late,
        "paper": Visit.paper_on.is_not(None),
        "corrected": Visit.version > 1,
        "withdrawn": Visit.withdrawn_at.is_not(None),
        "entered for": Visit.entered_by_id != Visit.member_id,
        "joint": Visit.joint_of_id.is_not(None),
        "declined": Visit.declined_at.is_not(None),
        "own organization": Visit.own_organization,
        "another place": Visit.branch_id.is_(None),
        "to confirm": sa.and_(Visit.confirmed_at.is_(None), Visit.declined_at.is_(None)),
        "new": Visit.received_version.is_(None),
    }
    missing = [name for name, condition in visits.items() if not one(condition)]
    assert not missing
    assert one(Problem.state == State.DONE) > one(Problem.state != State.DONE) > 0
    assert one(Undertaking.id.is_not(None))
    assert one(Instruction.id.is_not(None))
    names = "".join(db.session.scalars(sa.select(Person.name)))
    assert all(char in names for char in "喆堃珺玥镕")
    with_account = set(db.session.scalars(sa.select(Person.id).where(Person.sign_in_name.is_not(None))))
    leading = set(db.session.scalars(sa.select(SecretaryTerm.person_id)))
    assert len(with_account & leading) == 2  # a member, and the office's head
    name, password, *_rest = lines[1].split()
    assert client().post("/sign-in", {"sign_in_name": name, "password": password}).status_code == 303


def test_the_same_seed_makes_the_same(app):
    sample(app, "--seed", "3", "--visits", "30")
    first = rows()
    for table in reversed(Base.metadata.sorted_tables):
        db.session.execute(sa.delete(table))
    db.session.commit()
    sample(app, "--seed", "3", "--visits", "30")
    assert rows() == first
    assert len(first["visit"]) > 10


@pytest.mark.parametrize("today", ["2026-11-24", "2028-01-01", "2028-02-29", "2028-12-31"])
def test_nothing_in_it_lies_in_the_future_and_numbers_follow_receipt(app, today):
    sample(app, "--visits", "60", today=today)
    now = dt.datetime.fromisoformat(today).replace(tzinfo=SHANGHAI)
    for name, table in Base.metadata.tables.items():
        for column in table.columns:
            if column.name.endswith("_at") or column.name == "at":
                last = db.session.scalar(sa.select(sa.func.max(column)))
                assert last is None or last <= now, f"{name}.{column.name}"
    for year in (now.year - 2, now.year - 1, now.year):
        order = sa.select(Visit.recorded_at).where(Visit.year == year).order_by(Visit.seq)
        written = db.session.scalars(order).all()
        assert written == sorted(written)


def test_it_needs_an_empty_installation(app):
    sample(app, "--visits", "0")
    again = app.test_cli_runner().invoke(args=["sample"])
    assert again.exit_code == 1
    assert "已有人员" in again.output


def test_a_large_one_is_consistent_and_goes_on(app, client):
    accounts_made = sample(app, "--visits", "12000")
    last = {row.year: row.last for row in db.session.scalars(sa.select(NumberSeries))}
    counted = dict(db.session.execute(sa.select(Visit.year, sa.func.count()).group_by(Visit.year)).all())
    assert counted == last
    assert sum(counted.values()) > 11_900
    of_book = sa.select(
        Visit.member_id, Visit.year, sa.func.count(Visit.book_line), sa.func.max(Visit.book_line)
    ).where(Visit.book_line.is_not(None))
    for member_id, year, n, highest in db.session.execute(of_book.group_by(Visit.member_id, Visit.year)).all():
        assert n == highest
        book = db.session.scalars(sa.select(Book).where(Book.member_id == member_id, Book.year == year)).one()
        assert book.lines == n
    version = db.session.scalars(sa.select(VisitVersion).order_by(VisitVersion.id.desc()).limit(1)).one()
    assert version.digest == digest_of(version.body)
    browser = client()
    name, password, *_rest = accounts_made[0].split()
    browser.post("/sign-in", {"sign_in_name": name, "password": password})
    branch_id = db.session.scalar(sa.select(sa.func.min(Visit.branch_id)))
    form = {"visited_on": "2026-11-24", "branch_id": branch_id, "kinds": "forum", "findings": "大库里再记一条"}
    assert browser.post("/visits/new", form).status_code == 303


@pytest.mark.parametrize("total", [1, 10_000, 25_000, 500_000])
def test_past_years_hold_ten_thousand_each_and_there_are_at_most_twenty(total):
    found = bulk.spread(total, dt.date(2026, 11, 24))
    assert sum(found.values()) == total
    assert max(found.values()) <= max(10_000, total / 20)
    assert len(found) <= 20
    assert max(found) == 2025


def test_the_passphrases_are_good_enough(app):
    lines = sample(app, "--visits", "0")
    person = db.session.scalars(sa.select(Person).where(Person.sign_in_name == lines[0].split()[0])).one()
    assert passwords.hashed(person, lines[0].split()[1])
