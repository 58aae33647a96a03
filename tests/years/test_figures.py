"""Every number on the year's page is a link, and opens exactly what it counts: also for a closed year, years later."""

import datetime as dt
import re
from html import unescape

import html5lib
import pytest

from logbook.db import db
from logbook.formats import today
from logbook.problems import actions as problems
from logbook.problems.actions import Closing
from logbook.problems.models import Category, Handling, Side, State, UndertakingState
from logbook.visits.models import Content, Kind, Level, VisitContent, Voice
from logbook.years import actions
from tests import factories

DAYS = "from=2025-01-01&to=2025-12-31"
AT = dt.datetime(2025, 6, 10, 2, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 2, 10, 2, tzinfo=dt.UTC)


def stored(*rows):
    db.session.add_all(rows)
    db.session.commit()


def raised(member, branch, **values):
    values = {"raised_on": dt.date(2025, 3, 3), "due_on": dt.date(2025, 4, 2)} | values
    return factories.problem(member, branch, **values)


@pytest.fixture
def year(app):
    """2025 with everything a year has: an inner branch, a joint trip, hidden records, items in every state."""
    one, two, clerk = factories.member(name="王珺"), factories.member(name="李堃"), factories.office(name="钱玥")
    general, inner, far = (factories.branch(name) for name in ("森林党总支", "护林党支部", "远山党支部"))
    factories.placement(inner, general)
    for member, branch in ((one, general), (two, far)):
        factories.liaison(member, branch, year=2025)
    for month in (1, 5, 9):
        visit = factories.visit(one, inner, dt.date(2025, month, 5), kinds=(Kind.RESEARCH, Kind.TALK))
        stored(VisitContent(visit_id=visit, content=Content.GUIDE_PARTY_WORK),
               Voice(visit_id=visit, text="缺灯", category=Category.STAFF))  # fmt: skip
        factories.visit(two, general, dt.date(2025, month, 6), level=Level.SELF)
    trip = factories.visit(one, far, dt.date(2025, 8, 8))
    factories.visit(two, far, dt.date(2025, 8, 8), joint_of_id=trip)
    factories.visit(one, general, dt.date(2024, 5, 5))
    items = [raised(one, inner, side=side) for side in Side] + [raised(two, far, category=Category.SAFETY)]
    items += [raised(one, general, raised_on=dt.date(2024, 12, 1), handling=Handling.ON_SITE, state=State.DONE)]
    done = [raised(one, inner, text="门坏了", state=State.OPEN) for _n in range(2)]
    by = factories.actor(clerk)
    problems.note_progress(items[0], "做了一半", State.PARTLY, by=by, at=AT)
    for problem in done:
        problems.close_problem(problem, Closing("修好了"), by=by, at=AT)
    promise = factories.undertaking(one, inner, raised_on=dt.date(2025, 3, 3))
    problems.move_undertaking(promise, "办好了", UndertakingState.DONE, by=by, at=AT)
    db.session.commit()
    return clerk, items, done, promise


def tree_of(page):
    return html5lib.parse(page, namespaceHTMLElements=False)


def has_class(element, *names):
    return not set(names).isdisjoint((element.get("class") or "").split())


def figures_of(page):
    """(number, link) of every number in the page's tables and cards; a number without a link fails."""
    found = []
    cells = [e for e in tree_of(page).iter("td") if has_class(e, "num", "cell") and not has_class(e, "target")]
    cards = next(e for e in tree_of(page).iter("div") if has_class(e, "groups"))
    for place in [*cells, *cards]:
        links = [(a.text.strip(), a.get("href")) for a in place.iter("a")]
        digits = re.findall(r"\d+", "".join(place.itertext()))
        assert digits == [text for text, _href in links], f"a number that opens nothing: {''.join(place.itertext())}"
        found += links
    return found


def counted_by(browser, path):
    """How many the list behind a figure says there are, and how many it shows, page by page, or keeps back."""
    said, shown = None, 0
    while path:
        page = unescape(browser.get(path).text)
        said = said or int(re.search(r"共(\d+)条", page)[1])
        hidden = re.search(r"另有(\d+)条不在知悉范围", page)
        rows = [e for e in tree_of(page).iter("a") if has_class(e, "row")]
        shown += len(rows) + (int(hidden[1]) if hidden else 0)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older and older[1]
    return said, shown


def check_every_figure(browser, days=DAYS):
    found = figures_of(browser.get(f"/years?{days}").text)
    for number, path in sorted(set(found)):
        assert counted_by(browser, path) == (int(number), int(number)), f"{number}: {path}"
    return found


def test_every_number_opens_what_it_counts(client, year):
    found = check_every_figure(client(year[0]))
    assert len(found) > 50
    opened = {re.sub(r"=\d[\d-]*", "=", path) for _n, path in found}
    for wanted in ("state=partly", "state=done", "carried=", "overdue=", "covered=", "category=staff", "side=bureau"):
        assert any(wanted in path for path in opened), wanted
    assert "上年同期" in client(year[0]).get(f"/years?{DAYS}").text


def test_the_figures_of_days_across_years_open_what_they_count(client, year):
    days = "from=2024-12-01&to=2025-02-10"
    check_every_figure(client(year[0]), days)
    page = client(year[0]).get(f"/years?{days}").text
    assert ">2024.12<" in page
    assert "上年同期" not in page


def test_a_closed_years_figures_open_what_they_counted_then(client, year):
    clerk, items, done, promise = year
    by = factories.actor(clerk)
    actions.close_year(2025, early=False, by=by, at=dt.datetime(2026, 1, 5, 2, tzinfo=dt.UTC))
    db.session.commit()
    before = check_every_figure(client(clerk))
    problems.close_problem(items[0], Closing("修好了"), by=by, at=LATER)
    problems.reopen(done[0], "又坏了", by=by, at=LATER)
    problems.move_undertaking(promise, "又要办", UndertakingState.UNDERWAY, by=by, at=LATER)
    db.session.commit()
    assert check_every_figure(client(clerk)) == before


def test_an_earlier_years_overdue_are_those_of_then(client, year):
    browser = client(year[0])
    for problem in year[1][1:4]:
        problems.close_problem(problem, Closing("修好了"), by=factories.actor(year[0]), at=LATER)
    db.session.commit()
    opened = browser.get(f"/years/items?{DAYS}&overdue=1")
    assert "共4条" in opened.text
    assert "2025年12月31日的状态" in opened.text


def test_a_problem_of_an_inner_branch_counts_for_the_general_branch(client, year):
    page = client(year[0]).get(f"/years?{DAYS}").text
    rows = {e[0][0].text: e for e in tree_of(page).iter("tr") if e.find("th/a") is not None}
    assert [rows[name][-1][0].text for name in ("森林党总支", "护林党支部", "远山党支部")] == ["6", "5", "1"]


def test_the_running_year_opens_too(client, year):
    check_every_figure(client(year[0]), f"from={today().year}-01-01&to={today().year}-12-31")
