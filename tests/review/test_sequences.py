"""What one account may do about who is who, in any order, and then one look at every page: rule 7 still holds.

And what stands for or against whom it is about is as it was.

Sequences that leave the same rows are looked at once. All of them with LOGBOOK_THOROUGH=1, a few of them in every run.
"""

import io
import random
import shutil

import pytest
from flask import current_app

from logbook.access import Role
from logbook.accounts.models import Person
from logbook.db import Base, db
from logbook.documents import sheet
from logbook.formats import today
from logbook.organization import bound, workbook
from logbook.organization.models import BranchKind, Liaison
from logbook.printing import views as printing
from logbook.problems.models import Problem, Side
from logbook.visits.models import Instruction, Visit
from tests import factories
from tests.client import Client
from tests.conftest import THOROUGH
from tests.printing.test_rights import handed_over
from tests.review.test_rule7 import YEAR, addresses, words

MARKS = ("观察标记", "批示标记")
READ = {"received_version", "received_at", "received_by_id"}  # a mark of having read
LOGS = {"sign_in_session", "made_paper", "printed_brief"}  # who was there and what was printed, not who is who
ROLES = {
    "office": {Role.OFFICE}, "office and member": {Role.OFFICE, Role.MEMBER},
    "leader and office": {Role.LEADER, Role.OFFICE},
}  # fmt: skip


class Unit:
    """Whoever is judged leads one of two branches inside a general branch; a record and a 批示 speak of them."""

    def __init__(self, roles, *, built):
        self.judged = factories.person(*roles, name="赵堃", sign_in_name="judged")
        self.clerk, self.leader, self.member = factories.office(), factories.leader(), factories.member()
        self.around = factories.branch("机关党总支", kind=BranchKind.GENERAL, reports=False)
        self.woods, self.lake = factories.branch("森林党支部"), factories.branch("环湖党支部")
        self.term, self.other_term = factories.term(self.woods, self.judged), factories.term(self.lake, self.member)
        self.placement = factories.placement(self.woods, self.around)
        self.membership = factories.membership(self.judged, self.woods)
        values = {"observation": "观察标记。", "observation_widened": True, "entered_by_id": self.clerk}
        self.visit = factories.visit(self.member, self.woods, today(), **values)
        self.problem = factories.problem(self.member, self.woods, side=Side.BRANCH, due_on=today(), raised_on=today())
        self.liaison = factories.liaison(self.leader, self.woods, YEAR)
        line = {"by_id": self.leader, "at": factories.AT, "text": "批示标记。"}
        db.session.add(Instruction(visit_id=self.visit, **line))
        db.session.commit()
        if built:
            Client(current_app, self.clerk).post(f"/review/{YEAR}/create")


def _entry(unit, **values):
    sent = {"name": "森林党支部", "kind": "branch", "host_unit": "局机关", "host_kind": "bureau", "official_order": "9"}
    return f"/lists/branches/{unit.woods}", sent | values


def _imported(browser, unit, *, liaison=False):
    """The workbook, with another secretary, out of the report and with another name for the person; or a liaison."""
    people = [["赵方", "", 1, "judged", "", "环湖党支部"]]
    branches = [["森林党支部", "党支部", "局机关", "", "", "甲一", "否", 9]]
    lines = {workbook.PEOPLE: people, workbook.BRANCHES: branches, workbook.LIAISON: []}
    if liaison:
        member = db.session.get(Person, unit.member).name
        lines |= {workbook.PEOPLE: [], workbook.BRANCHES: [],
                  workbook.LIAISON: [[YEAR, member, "森林党支部", "", "", 1, ""]]}  # fmt: skip
    content = sheet.make(workbook.template(lines, apply=str))
    sent = {"workbook": (io.BytesIO(content), "a.xlsx"), "from_on": f"{YEAR}-01-01"}
    page = browser.post("/lists/import", sent, content_type="multipart/form-data").text
    if 'name="digest"' in page:
        from tests.client import filled

        browser.post("/lists/import/confirm", filled(page, "/confirm"))


def acts(unit):
    """Name → what the account does, as a browser would."""
    first, own, report = f"{YEAR}-01-01", f"/lists/branches/{unit.woods}", "/review/reports/{}"
    posts = {
        "void my term": (f"/lists/terms/{unit.term}/void", {}),
        "void another's term": (f"/lists/terms/{unit.other_term}/void", {}),
        "another secretary": (f"{own}/secretary", {"secretary-person_id": unit.member, "secretary-from_on": first}),
        "no secretary": (f"{own}/secretary", {"secretary-person_id": 0, "secretary-from_on": first}),
        "lead another": (f"/lists/branches/{unit.lake}/secretary",
                         {"secretary-person_id": unit.judged, "secretary-from_on": first}),
        "void the placement": (f"/lists/placements/{unit.placement}/void", {}),
        "out of the general branch": (f"{own}/placement",
                                      {"placement-general_branch_id": 0, "placement-from_on": first}),
        "void my membership": (f"/lists/memberships/{unit.membership}/void", {}),
        "report no more": _entry(unit, wrong="y"),
        "another name": _entry(unit, wrong="y", reports_to_group="y", name="森林一支部"),
        "build": (f"/review/{YEAR}/create", {}), "remove": (f"/review/{YEAR}/remove", {}),
        "stand in myself": ("/lists/stand-in", {"person_id": unit.judged}),
        "rename me": (f"/people/{unit.judged}", {"name": "赵方", "official_order": "1", "active": "y"}),
        "correct the record away": (f"/visits/{unit.visit}/correct", {
            "visited_on": today().isoformat(), "branch_id": str(unit.lake), "kinds": ["research"], "level": "group",
            "findings": "座谈。", "reason": "填错了", "based_on": "1"}),
    }  # fmt: skip
    point, problem = f"/lists/liaison/{unit.liaison}", f"/problems/{unit.problem}"
    terms = {"side": "bureau", "handling": "coordinate", "category": "other", "owner_unit": "工程科", "measures": "",
             "owner_person_id": "", "due_on": f"{YEAR + 1}-12-31"}  # fmt: skip
    posts |= {
        "close the problem": (f"{problem}/close", {"result": "已修好。"}),
        "no longer mine": (f"{problem}/change", terms),
        "no longer due": (f"{problem}/progress", {"text": "长期推进。", "state": "long_term"}),
        "correct the record's words": (f"/visits/{unit.visit}/correct", {
            "visited_on": today().isoformat(), "branch_id": str(unit.woods), "kinds": ["research"], "level": "group",
            "findings": "一切都好。", "reason": "填错了", "based_on": "1"}),
        "withdraw the record": (f"/visits/{unit.visit}/withdraw", {"reason": "填错了"}),
        "another goes there": ("/lists/liaison/new", {
            "year": YEAR, "member_id": unit.member, "branch_id": unit.woods, "period": "quarter", "target": 1,
            "from_on": first, "to_on": f"{YEAR}-12-31"}),
        "nobody goes there": (f"{point}/void", {}),
        "nobody goes there any more": (f"{point}/end", {"on": first, "sure": "1"}),
    }  # fmt: skip
    for n in (1, 2):
        posts |= {
            f"run case {n}": (report.format(n) + "/handler", {"handler_id": unit.judged}),
            f"nobody runs case {n}": (report.format(n) + "/handler", {"handler_id": ""}),
            f"case {n} is another's": (report.format(n) + "/replace", {"person_id": unit.member}),
            f"case {n} is mine": (report.format(n) + "/replace", {"person_id": unit.judged}),
        }
    made = {name: lambda browser, sent=sent: browser.post(*sent) for name, sent in posts.items()}
    return made | {
        "import": lambda browser: _imported(browser, unit),
        "import who goes there": lambda browser: _imported(browser, unit, liaison=True),
    }


def evidence(unit):
    """What stands for or against whom it is about: their branch's problem, who goes there, what was recorded."""
    tables = {Problem: unit.problem, Visit: unit.visit, Liaison: None}
    found = {}
    for table, row_id in tables.items():
        one = table.branch_id == unit.woods if row_id is None else table.id == row_id
        found[table.__tablename__] = [
            {name: value for name, value in row.items() if name not in READ}
            for row in db.session.execute(table.__table__.select().where(one)).mappings()
        ]
    return found


class Shelf:
    """The database of a moment, to be put back."""

    def __init__(self, folder):
        self.file, self.kept = folder / "logbook.db", 0
        self.folder = folder

    def keep(self):
        self.kept += 1
        place = self.folder / f"kept{self.kept}.db"
        db.session.remove()
        db.engine.dispose()  # the last one to close it empties SQLite's log into the file
        shutil.copy(self.file, place)
        return place

    def put_back(self, place):
        db.session.remove()
        db.engine.dispose()
        for end in ("-wal", "-shm"):
            (self.folder / f"logbook.db{end}").unlink(missing_ok=True)
        shutil.copy(place, self.file)


def state():
    """The rows that say who is who: all but logs."""
    tables = (table for name, table in Base.metadata.tables.items() if name not in LOGS)
    return hash(tuple(tuple(sorted(map(repr, db.session.execute(table.select())))) for table in tables))


def reached(unit, folder, depth, most=None, *, guarded=True):
    """{state: (the shortest sequence that leads there, its database)}, by one account alone; of `most` of its acts.

    `guarded`: none of them changes what stands for or against whom it is about.
    """
    names = sorted(acts(unit)) if most is None else random.sample(sorted(acts(unit)), most)
    shelf, browser = Shelf(folder), Client(current_app, unit.judged)
    found, before = {state(): ((), shelf.keep())}, evidence(unit)
    edge = list(found.values())
    for _step in range(depth):
        new = []
        for done, place in edge:
            for name in names:
                shelf.put_back(place)
                acts(unit)[name](browser)
                db.session.expire_all()
                here = state()
                if here not in found:
                    assert not guarded or evidence(unit) == before, (*done, name)
                    found[here] = ((*done, name), shelf.keep())
                    new.append(found[here])
        edge = new
    return found, shelf, browser


def seen(browser):
    """{mark: the first address at which it is found}."""
    found = {}
    for path in [f"/visits/{n}" for n in (1, 2)] + [f"/branches/{n}" for n in (1, 2, 3)] + list(addresses()):
        said = words(browser.get(path))
        found |= {mark: path for mark in MARKS if mark in said and mark not in found}
        if found:
            return found
    return found


@pytest.fixture(autouse=True)
def _handed_over(monkeypatch):
    monkeypatch.setattr(printing, "_contents", handed_over)


def looked_at(found, shelf, browser, most):
    chosen = list(found.values())
    for done, place in random.sample(chosen, min(most, len(chosen))):
        shelf.put_back(place)
        assert not (hit := seen(browser)), f"after {done}: {hit}"


@pytest.mark.parametrize("built", [False, True])
@pytest.mark.parametrize("role", sorted(ROLES) if THOROUGH else ["office and member"])
def test_no_sequence_of_ones_own_acts_opens_what_rule_seven_keeps(app, tmp_path, role, built):
    unit = Unit(ROLES[role], built=built)
    found, shelf, browser = reached(unit, tmp_path, depth=3 if THOROUGH else 2, most=None if THOROUGH else 10)
    assert all("void my term" not in done for done, _place in found.values())
    looked_at(found, shelf, browser, len(found) if THOROUGH else 1)


def unguarded(_people, **_said):
    """Where the guard was taken off."""


def test_it_finds_a_secretary_who_voids_their_own_term(app, tmp_path, monkeypatch):
    """F4 planted anew: the guard taken off."""
    monkeypatch.setattr(bound, "refuse_own", unguarded)
    unit = Unit(ROLES["office"], built=False)
    found, shelf, browser = reached(unit, tmp_path, depth=1, guarded=False)
    opened = {}
    for done, place in found.values():
        shelf.put_back(place)
        if any(mark in browser.get(f"/visits/{unit.visit}").text for mark in MARKS):
            opened[done] = seen(browser)
    assert ("void my term",) in opened
    assert ("another secretary",) in opened
    assert all(opened.values())
