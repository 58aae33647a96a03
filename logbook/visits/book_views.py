"""A member's book and its papers; January's papers: the system, who is responsible for what, the blank book."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from logbook.access import Act, Actor, actor, may
from logbook.accounts import queries as accounts
from logbook.db import db
from logbook.errors import NotThere
from logbook.formats import as_date, as_integer, full_date, now, today
from logbook.organization import papers as arrangements
from logbook.organization import queries as organization
from logbook.printing import views as printing
from logbook.printing.lengths import refuse_long
from logbook.printing.refusals import days_apart
from logbook.problems import queries as problems
from logbook.problems.models import SourceKind
from logbook.settings.views import current
from logbook.visits import actions, papers, queries
from logbook.visits.models import Level, Visit

bp = Blueprint("books", __name__)


# --- a member's book ------------------------------------------------------------------------------


@bp.route("/book")
@may(Act.CONFIRM)
def mine() -> Response:
    return redirect(url_for("books.show", member_id=actor().person_id, year=today().year))


@bp.route("/books/<int:member_id>/<year:year>")
@may(Act.READ_RECORDS)
def show(member_id: int, year: int) -> str:
    found, by = queries.book(member_id, year), actor()
    person = accounts.person(member_id)
    if person is None or (found is None and member_id != by.person_id):
        raise NotThere
    records = queries.book_records(by, member_id, year)
    lines = problems.of_sources(SourceKind.VISIT, [visit.id for visit in records])
    years = sorted({*queries.book_years(member_id), today().year, year}, reverse=True)
    return render_template(
        "visits/book.html", book=found, person=person, year=year, years=years, records=records, lines=lines,
        hidden=queries.hidden_in_book(by, member_id, year), months=_by_month(records), own=member_id == by.person_id,
        about_me=queries.about_oneself(by, member_id, year),
    )  # fmt: skip


def _by_month(records: Any) -> dict[int, list[Visit]]:
    """The calendar: in the order of the days, where the book is in that of its lines."""
    by_day = sorted((one for one in records if one.counts), key=lambda one: one.visited_on)
    return {month: [one for one in by_day if one.visited_on.month == month] for month in range(1, 13)}


@bp.route("/books/<int:member_id>/<year:year>/book.pdf")
@may(Act.READ_RECORDS)
def bound(member_id: int, year: int) -> Response:
    """The book as it is bound; of some days of it, where the whole is too long."""
    by, person, days = actor(), accounts.person(member_id), _days()
    if person is None or (queries.book(member_id, year) is None and member_id != by.person_id):
        raise NotThere
    parts = days_apart(*(days or (dt.date(year, 1, 1), dt.date(year, 12, 31))))
    refuse_long(queries.lines_in_book(member_id, year, days), parts)
    records = queries.book_records(by, member_id, year, days)
    about_me = queries.about_oneself(by, member_id, year)
    hidden = {one.id: _kept_back(one, by, about_me) for one in records}
    made = papers.book(
        person, year, _pages(records, hidden), organization.liaisons_in(member_id, year), current(),
        kept_back=queries.hidden_in_book(by, member_id, year, days),
    )  # fmt: skip
    part = f"（{full_date(days[0])}至{full_date(days[1])}）" if days else ""
    return printing.send(
        made, "pdf", f"{person.name_in(year)}{year}年下基层记录本{part}", parts=parts, private=_beyond_office(records)
    )


def _days() -> queries.Days | None:
    first, last = (as_date(request.args.get(name, "")) for name in ("from", "to"))
    return (first, last) if first and last else None


def _beyond_office(records: Iterable[Visit]) -> bool:
    """Whether one of them is not for the office: then the list of made papers does not show it that there is one."""
    return any(one.level in {Level.SELF, Level.LEADER} for one in records)


def _kept_back(visit: Visit, by: Actor, about_me: frozenset[int]) -> frozenset[str]:
    """A book goes from hand to hand: what is restricted stands in its member's own only."""
    if visit.member_id != by.person_id:
        return frozenset(("thinking", "observation"))
    return frozenset(("observation",) if visit.id in about_me else ())


def _pages(records: Sequence[Visit], hidden: Mapping[int, frozenset[str]]) -> list[papers.Page]:
    lines = problems.of_sources(SourceKind.VISIT, [visit.id for visit in records])
    return [
        papers.Page(visit, lines["problems"][visit.id], lines["undertakings"][visit.id], hidden[visit.id])
        for visit in records
    ]


@bp.route("/visits/<int:visit_id>/record.pdf")
@may(Act.READ_RECORDS)
def sheet(visit_id: int) -> Response:
    """One record on its sheet."""
    found = queries.record(actor(), visit_id)
    if found is None:
        raise NotThere
    page = _pages([found.visit], {visit_id: found.hidden})[0]
    return printing.send(
        papers.record(page, current()), "pdf", f"下基层记录{found.visit.number}", private=_beyond_office([found.visit])
    )


@bp.route("/books/<year:year>")
@may(Act.READ_RECORDS)
def index(year: int) -> str:
    years = sorted({*queries.years(), today().year, year}, reverse=True)
    missing = len(accounts.members()) - len(queries.books(year))
    return render_template("visits/books.html", year=year, years=years, books=queries.books(year), missing=missing)


@bp.post("/books/<year:year>/issue")
@may(Act.ISSUE_BOOKS)
def issue(year: int) -> Response:
    count = actions.issue_books(year, by=actor(), at=now())
    db.session.commit()
    flash(_("已发放%(year)s年记录本%(n)s本。", year=year, n=count) if count else _("每位成员都已有记录本。"))
    return redirect(url_for("books.index", year=year), 303)


# --- January's papers -----------------------------------------------------------------------------


@bp.route("/books/system.<any(docx, pdf):ending>")
@may(Act.ISSUE_BOOKS)
def system(ending: str) -> Response:
    """记录制度（试行）, dated the day it is made."""
    return printing.send(papers.record_system(current(), today()), ending)


@bp.route("/books/<year:year>/arrangement.<any(docx, pdf, xlsx):ending>")
@may(Act.ISSUE_BOOKS)
def arrangement(year: int, ending: str) -> Response:
    """Who is responsible for which branch; secretaries as of today, or of the year's last day."""
    arranged = organization.liaisons(year)
    secretaries = organization.secretaries_on(max(min(today(), dt.date(year, 12, 31)), dt.date(year, 1, 1)))
    made = arrangements.arrangement(year, arranged, secretaries, current(), today())
    if ending != "xlsx":
        return printing.send(made, ending)
    sheets = [arrangements.sheet(year, arranged, secretaries, current())]
    return printing.send_workbook(sheets, made.title, made.made_from)


@bp.route("/books/<year:year>/blank.pdf")
@may(Act.ISSUE_BOOKS)
def blank(year: int) -> Response:
    """A book to be written in by hand: of ?member=, or for anybody."""
    person = accounts.person(as_integer(request.args.get("member", "")) or 0)
    arranged = organization.liaisons_in(person.id, year) if person else []
    name = f"{person.name if person else ''}{year}年空白记录本"
    return printing.send(papers.blank_book(person, year, arranged, current()), "pdf", name)
