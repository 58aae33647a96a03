"""A meeting of three secretaries with settled comments: one without account, a member, and an office holder."""

import datetime as dt
import io
from types import SimpleNamespace

import pytest
from docx import Document

from logbook.comments.models import Clause, Comment, Part
from logbook.db import db
from logbook.formats import now, today
from logbook.rectification import queries
from logbook.rectification.models import RectificationItem
from logbook.review import actions as meetings
from logbook.review.models import Meeting, Report
from tests import factories

YEAR = today().year
PATH = f"/review/{YEAR}/rectification"
WOODS = ("党员活动室修缮进度慢。", "新职工不了解支部活动安排。")


def comment(report_id, by, *shortcomings, settled=True):
    made = Comment(report_id=report_id, commentator_id=by, drafted_by_id=by, drafted_at=now())
    made.settled_at = now() if settled else None
    db.session.add(made)
    db.session.flush()
    db.session.add(Clause(comment_id=made.id, part=Part.PRAISE, position=1, text="巡护有特色。"))
    for i, text in enumerate(shortcomings, 2):
        db.session.add(Clause(comment_id=made.id, part=Part.SHORTCOMING, position=i, text=text))
    db.session.commit()


@pytest.fixture
def bureau(app):
    clerk, member = factories.office(name="钱玥"), factories.member(name="王珺")
    secretary, head = factories.person(name="赵堃"), factories.office(name="冯琬")
    woods, lake, marsh = (
        factories.branch(name, host_unit="林场") for name in ("森林党支部", "环湖党支部", "湿地党支部")
    )
    for branch, person in ((woods, secretary), (lake, member), (marsh, head)):
        factories.term(branch, person)
    meetings.create_meeting(YEAR, by=factories.actor(clerk), at=now())
    db.session.commit()
    reports = {one.branch_id: one.id for one in db.session.query(Report)}
    comment(reports[woods], member, *WOODS)
    comment(reports[lake], clerk, "党课不够。")
    comment(reports[marsh], member, "台账不齐。")
    comment(reports[woods], clerk, "还没有定的话。", settled=False)
    return SimpleNamespace(
        clerk=clerk, member=member, head=head, secretary=secretary, branch=woods, woods=reports[woods],
        lake=reports[lake], marsh=reports[marsh],
    )  # fmt: skip


@pytest.fixture
def office(client, bureau):
    """The clerk's browser, with the list drawn up: 01 and 02 of the woods, 03 of the lake, 04 of the marsh."""
    browser = client(bureau.clerk)
    assert browser.post(f"{PATH}/draft").status_code == 303
    return browser


def items():
    db.session.expire_all()
    return {one.n: one for one in db.session.query(RectificationItem)}


def line(bureau, n):
    """An item as the clerk sees it."""
    meeting = db.session.query(Meeting).filter_by(year=YEAR).one()
    lists = queries.lists(factories.actor(bureau.clerk), meeting)
    return next(one for _report, found in lists for one in found if one.n == n)


def feed_back(report_id, on=None):
    """As the feedback does it: handed over while nobody but the office may see it, then marked."""
    from logbook.rectification import actions

    clerk = factories.actor(factories.office())
    actions.hand_over(report_id, on or today(), by=clerk, at=now())
    db.session.get(Report, report_id).fed_back_on = on or today()
    db.session.commit()


def word(answer):
    return Document(io.BytesIO(answer.data))


def fill(document, n, **cells):
    """Write into a row of the table as a person does: the row by its number, the column by its head."""
    table = document.tables[0]
    head = [cell.text for cell in table.rows[0].cells]
    row = next(row for row in table.rows if f"-{n:02}" in row.cells[2].text.replace("‑", "-"))
    for title, text in cells.items():
        row.cells[head.index(title)].text = text


def upload(browser, *documents):
    files = []
    for i, one in enumerate(documents, 1):
        stream = io.BytesIO()
        one.save(stream) if hasattr(one, "save") else stream.write(one)
        stream.seek(0)
        files.append((stream, f"清单{i}.docx"))
    return browser.post(f"{PATH}/import", {"files": files})


def confirm(browser, preview):
    import html5lib

    tree = html5lib.parse(preview.text, namespaceHTMLElements=False)
    form = next(one for one in tree.iter("form") if one.get("action", "").endswith("/confirm"))
    sent = {one.get("name"): one.get("value") for one in form.iter("input") if one.get("type") == "hidden"}
    return browser.post(form.get("action"), sent)


DAYS_90 = dt.timedelta(days=90)
