"""One factory a model: sensible presets, everything can be said. Ids are returned, not live objects."""

import dataclasses
import datetime as dt
import itertools
import json

from flask import current_app

from logbook.access import Actor, Role
from logbook.accounts import passwords, sessions
from logbook.accounts.models import AccessRequest, OneTimeCode, Person, RoleGrant, SignInFailure
from logbook.db import db
from logbook.formats import now
from logbook.organization.models import (
    Branch,
    BranchKind,
    HostKind,
    Liaison,
    Membership,
    Period,
    Placement,
    SecretaryTerm,
)
from logbook.printing.actions import Made
from logbook.printing.previews import Asked
from logbook.problems.models import Directive, Problem, Progress, Side, SourceKind, State, Undertaking
from logbook.settings.models import Setting
from logbook.visits.models import Book, Kind, Level, NumberSeries, Visit, VisitKind, VisitVersion

AT = dt.datetime(2026, 6, 10, 2, 0, tzinfo=dt.UTC)  # 10 June 2026, ten in the morning in Shanghai
PASSWORD = "码头 遮阳棚 巡护 七号"
_HASH = passwords.HASHER.hash(PASSWORD)
_count = itertools.count(1)


def _saved(row):
    db.session.add(row)
    db.session.flush()
    row_id = getattr(row, "id", None)
    db.session.commit()
    return row_id


def keep_failing():
    """Whoever failed to sign in fails six times more, each after its wait: a minute to go, however slow the machine."""
    for failure in db.session.query(SignInFailure):
        failure.failures, failure.last_at = failure.failures + 6, now()
    db.session.commit()


def setting(name, value):
    return _saved(Setting(name=name, value=str(value)))


def person(*roles, name=None, sign_in_name=None, official_order=None, post="", at=AT):
    n = next(_count)
    person_id = _saved(
        Person(
            name=name or f"甲{n}",
            pinyin=f"jia {n:04}",
            post=post,
            official_order=official_order or n,
            sign_in_name=sign_in_name or (f"p{n}" if roles else None),
            password_hash=_HASH if roles else None,
        )
    )
    for role in roles:
        _saved(RoleGrant(person_id=person_id, role=role, granted_at=at))
    return person_id


def member(**values):
    return person(Role.MEMBER, **values)


def leader(**values):
    return person(Role.LEADER, **values)


def office(**values):
    return person(Role.OFFICE, **values)


def sysadmin(**values):
    return person(Role.SYSADMIN, **values)


def actor(person_id):
    from logbook.accounts import queries

    found = db.session.get(Person, person_id)
    return Actor(person_id, found.name, queries.roles_of(person_id))


def access_request(person_id, asked_by_id, **values):
    """A code asked for, for a day, unless it says a role."""
    values = {"asked_at": now(), "expires_at": now() + dt.timedelta(days=1)} | values
    return _saved(AccessRequest(person_id=person_id, asked_by_id=asked_by_id, **values))


def used_code(person_id, **values):
    """A code that opened the account, and that its owner has not acknowledged."""
    db.session.get(Person, person_id).code_to_acknowledge = True
    values = {"issued_at": now(), "expires_at": now() + dt.timedelta(days=7), "used_at": now()} | values
    return _saved(OneTimeCode(person_id=person_id, code_hash=f"digest {next(_count)}", **values))


def sign_in(person_id, at=None):
    token = sessions.begin(person_id, device="test", at=at or now())
    db.session.commit()
    return token


def branch(
    name=None,
    *,
    kind=BranchKind.BRANCH,
    host_unit="局机关",
    host_kind=HostKind.BUREAU,
    reports=True,
    **values,
):
    n = next(_count)
    return _saved(
        Branch(
            name=name or f"第{n}党支部", pinyin=f"di {n:04}", kind=kind, host_unit=host_unit, host_kind=host_kind,
            reports_to_group=reports, official_order=values.pop("official_order", n), **values,
        )
    )  # fmt: skip


def placement(branch_id, general_branch_id, from_on=dt.date(2020, 1, 1), to_on=None):
    return _saved(Placement(branch_id=branch_id, general_branch_id=general_branch_id, from_on=from_on, to_on=to_on))


def term(branch_id, person_id, from_on=dt.date(2020, 1, 1), to_on=None):
    return _saved(SecretaryTerm(branch_id=branch_id, person_id=person_id, from_on=from_on, to_on=to_on))


def membership(person_id, branch_id, from_on=dt.date(2020, 1, 1), to_on=None):
    return _saved(Membership(person_id=person_id, branch_id=branch_id, from_on=from_on, to_on=to_on))


def liaison(member_id, branch_id, year=2026, **values):
    values = {
        "from_on": dt.date(year, 1, 1),
        "to_on": dt.date(year, 12, 31),
        "target": 1,
        "period": Period.QUARTER,
    } | values
    return _saved(Liaison(member_id=member_id, branch_id=branch_id, year=year, **values))


def book(member_id, year=2026):
    return _saved(Book(member_id=member_id, year=year, issued_at=AT, issued_by_id=None))


def visit(member_id, branch_id=None, visited_on=dt.date(2026, 6, 9), *, kinds=(Kind.RESEARCH,), **values):
    """A stored record with its first version, written past the actions: numbered after the last of its year."""
    year = visited_on.year
    series = db.session.get(NumberSeries, year) or NumberSeries(year=year, last=0)
    series.last += 1
    db.session.add(series)
    values = {
        "findings": "总体平稳，无问题。",
        "level": Level.GROUP,
        "recorded_at": AT,
        "entered_by_id": member_id,
        "confirmed_at": AT,
        "book_line": series.last,
        "place": "" if branch_id else "县城",
    } | values
    visit_id = _saved(
        Visit(year=year, seq=series.last, member_id=member_id, branch_id=branch_id, visited_on=visited_on, **values)
    )
    for kind in kinds:
        _saved(VisitKind(visit_id=visit_id, kind=kind))
    _saved(VisitVersion(visit_id=visit_id, n=1, body="{}", digest="", by_id=values["entered_by_id"], at=AT))
    return visit_id


def another():
    """The form's answer that a record is none of those that are stored, whatever their day."""
    return {"another": ",".join(str(one) for (one,) in db.session.query(Visit.id))}


def problem(raised_by_id=None, branch_id=None, **values):
    """A line of the ledger, written past the actions; without a source of its own its label is made up."""
    n = next(_count)
    values = {
        "source_kind": SourceKind.VISIT,
        "source_id": n,
        "source_label": f"2026-{n}/1",
        "source_line": 1,
        "raised_on": dt.date(2026, 6, 9),
        "text": "码头遮阳棚破损",
        "side": Side.BUREAU,
        "owner_unit": "工程科",
        "due_on": dt.date(2026, 7, 9),
    } | values
    return _saved(Problem(raised_by_id=raised_by_id, branch_id=branch_id, **values))


def undertaking(member_id, branch_id=None, **values):
    n = next(_count)
    values = {
        "source_kind": SourceKind.VISIT,
        "source_id": n,
        "source_label": f"2026-{n}/1",
        "source_line": 1,
        "raised_on": dt.date(2026, 6, 9),
        "text": "联系路灯改造",
        "due_on": dt.date(2026, 7, 9),
    } | values
    return _saved(Undertaking(member_id=member_id, branch_id=branch_id, **values))


def progress(by_id, *, problem_id=None, undertaking_id=None, text="已到现场查看", state=State.UNDERWAY, at=AT):
    return _saved(
        Progress(problem_id=problem_id, undertaking_id=undertaking_id, by_id=by_id, text=text, state=state.value, at=at)
    )


def directive(entered_by_id, **values):
    values = {
        "text": "近期都要下到所联系的支部",
        "issued_on": dt.date(2026, 6, 9),
        "due_on": dt.date(2026, 7, 9),
    } | values
    return _saved(Directive(entered_by_id=entered_by_id, **values))


def preview(person_id, token):
    """A paper of one page that was previewed, as the child leaves it."""
    from pypdf import PdfWriter

    place = current_app.config["INSTANCE"] / "previews" / str(person_id) / token
    place.mkdir(parents=True)
    roles = " ".join(sorted(role.value for role in actor(person_id).roles))
    made = Made("记录.pdf", "2026-001", "0" * 64, "0")
    asked = Asked(made, back="/visits", again="/visits?preview=1", roles=roles)
    (place / "asked.json").write_text(json.dumps(dataclasses.asdict(asked)))
    (place / "sizes").write_text('{"pages": 1, "sizes": [[1191, 1684]]}')
    (place / "1.png").write_bytes(b"a picture")
    pdf = PdfWriter()
    pdf.add_blank_page(595, 842)
    pdf.write(place / "paper.pdf")
    return place
