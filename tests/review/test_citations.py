"""Every number and citation of every brief and paper of the sample bureau's meeting, for every reader of it."""

import io
import re
import zipfile
from html import unescape

import pytest
from docx import Document

from logbook.access import Role
from logbook.accounts.models import RoleGrant
from logbook.comments.models import Clause, Comment, Part
from logbook.db import db
from logbook.organization.models import Placement
from logbook.problems.models import Problem, Side, SourceKind, State
from logbook.review.models import Meeting, Report
from logbook.visits.models import Visit
from tests.client import Client, filled

YEAR = 2026
CITED = re.compile(r"［([^］]+)］")


@pytest.fixture
def bureau(app):
    """{role: browsers of those who hold it and are not under review}, with the meeting built."""
    app.test_cli_runner().invoke(args=["sample", "--seed", "1", "--today", f"{YEAR}-11-24"])
    roles = {}
    for grant in db.session.query(RoleGrant):
        roles.setdefault(grant.role, []).append(grant.person_id)
    Client(app, roles[Role.OFFICE][0]).post(f"/review/{YEAR}/create")
    judged = {one.person_id for one in held()}
    return {role: [Client(app, one) for one in people if one not in judged] for role, people in roles.items()}


def held():
    """The reports of the year's meeting; last year's is fed back."""
    return db.session.query(Report).join(Meeting, Meeting.id == Report.meeting_id).filter(Meeting.year == YEAR).all()


def papers(bureau):
    """(whose, what) of every brief, and of the pack."""
    reports = [one.id for one in held()]
    for role in (Role.LEADER, Role.MEMBER, Role.OFFICE):
        for browser in bureau[role]:
            for report in reports:
                answer = browser.post(f"/review/reports/{report}/print", {"as": "docx"})
                yield report, text(answer.data)
    package = zipfile.ZipFile(io.BytesIO(bureau[Role.OFFICE][0].post(f"/review/{YEAR}/pack.zip").data))
    yield from ((None, text(package.read(name))) for name in package.namelist())
    for comment in [one.id for one in db.session.query(Comment)]:
        answer = bureau[Role.OFFICE][0].get(f"/review/comments/{comment}/paper.docx?sources=1")
        yield None, text(answer.data)


def text(content):
    return "\n".join(one.text for one in Document(io.BytesIO(content)).paragraphs)


def known():
    """Every number that a citation may have, worked out from the tables."""
    visits = {f"{one.year}-{one.seq:03}" + (f" 第{one.version}版" if one.version > 1 else "")
              for one in db.session.query(Visit)}  # fmt: skip
    return visits | {one.source_label for one in db.session.query(Problem) if not one.dropped}


def test_every_citation_and_figure_resolves(bureau):
    """One bureau for all that only look: what is cited, what is counted, what opens, and what is in no comment."""
    found = list(papers(bureau))
    _every_citation_names_what_is_there(found)
    _every_figure_equals_a_count_by_hand(found)
    _every_number_on_a_page_opens_what_it_names(bureau)
    _what_the_bureau_owes_is_in_no_comment()


def _every_citation_names_what_is_there(found):
    there, seen = known(), set()
    for _report, said in found:
        for brackets in CITED.findall(said.replace("\n", "")):
            cited = brackets.split("、")
            assert set(cited) <= there, set(cited) - there
            seen.update(cited)
    assert len(seen) > 40
    assert any("版" in one for one in seen)


def around(branch_id):
    """The branch and those that stand inside it."""
    return {branch_id} | {one.branch_id for one in db.session.query(Placement).filter_by(general_branch_id=branch_id)}


def figures(branch_id):
    """(own, own done, owed, owed done, trips) of a branch in the year, counted one by one."""
    here = around(branch_id)
    rows = [
        one for one in db.session.query(Problem)
        if one.branch_id in here and not one.dropped and (one.closed_on is None or one.closed_on.year >= YEAR)
        and one.source_kind is not SourceKind.MEETING
    ]  # fmt: skip
    own, owed = ([one for one in rows if (one.side is Side.BRANCH) == wanted] for wanted in (True, False))
    trips = [one for one in db.session.query(Visit).filter_by(year=YEAR, counts=True)
             if one.branch_id in here and one.visited_on.year == YEAR]  # fmt: skip
    leading = {one.joint_of_id or one.id for one in trips}
    return len(own), done(own), len(owed), done(owed), len(leading)


def done(rows):
    return sum(one.state is State.DONE for one in rows)


def _every_figure_equals_a_count_by_hand(papers_found):
    wanted = {one.id: figures(one.branch_id) for one in held()}
    for report, said in papers_found:
        if report is None:
            continue
        text = re.sub(r"［[^］]+］", "", said)
        own, own_done, owed, owed_done, trips = wanted[report]
        found = re.search(r"支部自身的问题(\d+)个(?:，(?:已办结(\d+)个|(全部办结)))?", text)
        assert (int(found[1]), own if found[3] else int(found[2] or 0)) == (own, own_done) if found else own == 0
        found = re.search(r"(\d+)个，办结(\d+)个（不作为评价书记的依据）", text)
        assert (int(found[1]), int(found[2])) == (owed, owed_done) if found else owed == 0
        found = re.search(r"到支部(\d+)次", text)
        assert int(found[1]) == trips if found else trips == 0


def _every_number_on_a_page_opens_what_it_names(bureau):
    for role in (Role.LEADER, Role.OFFICE):
        browser = bureau[role][0]
        for report in [one.id for one in held()]:
            page = browser.get(f"/review/reports/{report}").text
            for address, number in re.findall(r'<a class="nowrap" href="([^"]+)">([^<]+)</a>', page):
                assert unescape(number).split(" ")[0] in browser.get(unescape(address)).text, number


def _what_the_bureau_owes_is_in_no_comment():
    owed = {one.id for one in db.session.query(Problem).filter(Problem.side != Side.BRANCH)}
    clauses = db.session.query(Clause).all()
    assert len(clauses) > 5
    assert not [one.text for one in clauses if one.source_kind == "problem" and one.source_id in owed]
    assert {one.part for one in clauses} == {Part.PRAISE, Part.SHORTCOMING}


def test_correcting_one_record_makes_exactly_its_clauses_stale(bureau):
    """The leader sorts every extract; a record is corrected as its member would, on the form."""
    leader = bureau[Role.LEADER][0]
    judged = [one.id for one in held()]
    by_leader = db.session.query(Comment).filter(Comment.commentator_id.in_(leaders()))
    commented = by_leader.filter(Comment.report_id.in_(judged)).first()
    page = leader.get(f"/review/reports/{commented.report_id}").text
    for address in re.findall(r'action="(/review/reports/\d+/extracts/\d+)"', page):
        leader.post(address, {"stance": "good"})
    leader.post(f"/review/comments/{commented.id}/facts")
    cited = db.session.query(Clause).filter_by(comment_id=commented.id, source_kind="visit").all()
    assert len(cited) > 1
    visit = db.session.get(Visit, cited[0].source_id)
    author = Client(leader.http.application, visit.member_id)
    form = filled(author.get(f"/visits/{visit.id}/correct").text, "/correct")
    answer = author.post(f"/visits/{visit.id}/correct", form | {"findings": "改过的情况。", "reason": "写错了"})
    assert answer.status_code == 303
    page = leader.get(f"/review/comments/{commented.id}").text
    stale = re.findall(r"依据([^<]+)</a>（已有变化）", page)
    assert [unescape(one) for one in stale] == [one.source for one in cited if one.source_id == visit.id]


def leaders():
    return [one.person_id for one in db.session.query(RoleGrant).filter_by(role=Role.LEADER)]
