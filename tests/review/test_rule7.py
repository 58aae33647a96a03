"""Rule 7 on every route: whoever is under review, in whatever role, finds nothing about themself before feedback."""

import io
import zipfile
from itertools import product

import pytest
from flask import current_app

from logbook.access import Role
from logbook.comments import actions as comments
from logbook.comments.actions import NewClause
from logbook.comments.models import Part
from logbook.db import db
from logbook.formats import now, today
from logbook.outcomes import actions as outcomes
from logbook.printing import views as printing
from logbook.rectification import actions as rectification
from logbook.rectification.actions import NewItem
from logbook.review import actions as meetings
from logbook.review.actions import NewDecision
from logbook.review.models import Grade, Meeting, Report
from tests import factories
from tests.ballots.holding import Held
from tests.client import Client
from tests.printing.test_rights import handed_over
from tests.test_access import readable

YEAR = today().year
ROLES = {
    "member": {Role.MEMBER}, "leader": {Role.LEADER}, "office": {Role.OFFICE},
    "office and member": {Role.OFFICE, Role.MEMBER}, "sysadmin": {Role.SYSADMIN},
    "leader and office": {Role.LEADER, Role.OFFICE},
}  # fmt: skip
MARKS = ("观察标记", "点评标记", "依据标记", "拟稿标记", "整改标记")


class World:
    """A meeting of two secretaries, the first of them with an account; all that can be said of them is said."""

    def __init__(self, roles):
        self.judged = factories.person(*roles, name="赵堃", sign_in_name="judged")
        self.clerk, self.leader, self.member = factories.office(), factories.leader(), factories.member()
        self.woods, lake = factories.branch("森林党支部"), factories.branch("环湖党支部")
        factories.term(self.woods, self.judged)
        factories.term(lake, factories.person())
        factories.liaison(self.member, self.woods, year=YEAR)
        factories.visit(self.member, self.woods, today(), observation="观察标记。", observation_widened=True)
        factories.visit(self.member, lake, today(), observation="另一支部。", observation_widened=True)
        Client(current_app, self.clerk).post(f"/review/{YEAR}/create")
        self.report, self.other = [one.id for one in db.session.query(Report).order_by(Report.position)]
        self._vote()
        self._say()

    def _say(self):
        """A settled comment, one still drafted, a grade, prints of the brief, minutes and items."""
        member, leader = factories.actor(self.member), factories.actor(self.leader)
        for by, text in ((member, "点评标记。"), (leader, "拟稿标记。")):
            one = comments.draft(self.report, by=by, at=now())
            comments.rewrite(one.id, [NewClause(Part.SHORTCOMING, text)], version=one.version, by=by)
            if by is member:
                comments.settle(one.id, version=one.version, by=by, at=now())
        rectification.draft(db.session.get(Meeting, 1), days=30, by=factories.actor(self.clerk), at=now())
        new = NewItem("整改标记。", today())
        rectification.add_item(self.report, new, by=factories.actor(self.clerk), at=now())
        meetings.decide_grade(self.report, NewDecision(Grade.POOR, today(), "依据标记"), by=leader, at=now())
        db.session.commit()
        for who in (self.leader, self.member):
            Client(current_app, who).post(f"/review/reports/{self.report}/print", {"as": "docx"})

    def _vote(self):
        """Six of six find the judged poor, and the other good."""
        held = Held(Client(current_app, self.clerk)).begin(a={"sheets": 6})
        held.paper("a", [{f"c{self.report}_0": "4", f"c{self.other}_0": "1"}] * 6)
        held.close()


FIXED = {
    "year": YEAR, "ending": "docx", "what": "liaison", "kind": "found", "typing": "first", "key": "key-of-a-draft",
    "token": "key-of-a-draft", "page": 1,
}  # fmt: skip


def addresses():
    """Every GET address, with every id up to the fourth: two secretaries, two visits, two comments, six people."""
    for rule in current_app.url_map.iter_rules():
        if "GET" in rule.methods and rule.endpoint not in {"static", "accounts.use_code"}:
            ids = sorted(rule.arguments - set(FIXED))
            with current_app.test_request_context():
                for chosen in product(range(1, 5 if len(ids) == 1 else 3), repeat=len(ids)):
                    values = {name: FIXED.get(name) for name in rule.arguments} | dict(zip(ids, chosen, strict=True))
                    yield current_app.url_map.bind("localhost").build(rule.endpoint, values)


def words(answer):
    """What an answer says; of a paper, what was handed to its writer."""
    if answer.mimetype == "application/zip":
        package = zipfile.ZipFile(io.BytesIO(answer.data))
        return "\n".join([*(package.read(name).decode() for name in package.namelist()), *package.namelist()])
    return answer.text if answer.data[:1] == b"{" else readable(answer)


def found_by(person):
    """{mark: the addresses at which this person finds it}."""
    browser, found = Client(current_app, person), {mark: [] for mark in MARKS}
    for path in addresses():
        said = words(browser.get(path))
        for mark in MARKS:
            if mark in said:
                found[mark].append(path)
    return found


@pytest.fixture(autouse=True)
def _handed_over(monkeypatch):
    """Papers are read as they are handed to their writers (tests/printing/test_rights.py opens the files)."""
    monkeypatch.setattr(printing, "_contents", handed_over)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_nothing_about_oneself_on_any_route(app, role):
    world = World(ROLES[role])
    assert not {mark: paths for mark, paths in found_by(world.judged).items() if paths}
    browser = Client(app, world.judged)
    for page in ("outcomes", "ballot", "comments"):
        assert "森林党支部" not in browser.get(f"/review/{YEAR}/{page}").text.replace("书记：森林党支部", ""), page


def test_others_find_all_of_it_and_so_do_they_once_it_is_fed_back(app):
    """Else the test above could not fail."""
    world = World({Role.LEADER, Role.OFFICE})
    everybody = found_by(world.leader)
    assert all(everybody.values()), everybody
    outcomes.feed_back([world.report], today(), by=factories.actor(world.clerk), at=now())
    db.session.commit()
    mine = found_by(world.judged)
    assert all(mine[mark] for mark in ("点评标记", "依据标记", "整改标记"))
