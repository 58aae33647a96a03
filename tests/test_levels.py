"""Ownership × level × reader × surface, on records as they are really made: sent, corrected once, with a file each.

Every field of every version carries a word of its own; what a reader may see is written out by hand below.
"""

import datetime as dt
import io
import re
import zipfile
from dataclasses import dataclass
from html import unescape
from itertools import product

import pytest
from pypdf import PdfReader

from logbook.accounts.models import Person
from logbook.db import db
from logbook.formats import today
from logbook.problems.models import Problem
from logbook.review.models import Report
from logbook.visits.models import Attachment, Visit
from tests import factories
from tests.client import answer_but_its_path
from tests.visits.test_pages import png

YEAR = today().year
DAYS = f"from={YEAR}-01-01&to={YEAR}-12-31"
LEVELS = ("self", "leader", "office", "group")
# reader: the levels they read of the author's own records, and of those the clerk entered for the author
READS = {
    "author": ("self leader office group", "leader office group"),
    "member": ("group", "group"),
    "leader": ("leader office group", "leader office group"),
    "clerk": ("office group", "leader office group"),
    "office": ("office group", "office group"),
    "sysadmin": ("", ""),
    "secretary": ("group", "group"),  # a member who leads the branch (rule 7)
    "head": ("office group", "office group"),  # the office's head, who leads the branch (rule 7)
}
# reader: what they see of thinking (t) and observation (o) in what they read: as preset, and widened
SEES = {
    "author": ("to", "to"), "leader": ("to", "to"), "member": ("", "to"), "clerk": ("t", "to"), "office": ("t", "to"),
    "sysadmin": ("", ""), "secretary": ("", "t"), "head": ("t", "t"),
}  # fmt: skip
READERS = sorted(READS)
INSIDE = sorted(set(READS) - {"sysadmin"})
OPEN = ("FIN", "VOI", "GUI", "SOL", "MET", "WHO", "FIL")
RESTRICTED = {"THI": "t", "OBS": "o"}
FIELDS = {
    "findings": "FIN", "thinking": "THI", "observation": "OBS", "guidance": "GUI", "solved_on_site": "SOL",
    "people_met": "MET", "companions_note": "WHO",
}  # fmt: skip
ABSENT_BRIEF = "/review/reports/99999"
MARK = re.compile(r"Z\d\d[A-Z]{3}\d")


@dataclass(frozen=True)
class Kept:
    """One record: its number among them, how it came, and its row."""

    n: int
    level: str
    wide: bool
    entered: bool
    visit_id: int = 0
    problem_id: int = 0
    file_id: int = 0

    def mark(self, code, version=2):
        return f"Z{self.n:02}{code}{version}"

    def body(self, branch, author, version):
        values = {name: self.mark(code, version) for name, code in FIELDS.items()}
        return values | {
            "visited_on": today().isoformat(), "branch_id": str(branch), "member_id": str(author), "kinds": "research",
            "level": self.level, "voice_text": [self.mark("VOI", version)], "voice_category": ["other"],
            "problem_text": [self.mark("PRO")], "problem_side": ["bureau"], "problem_handling": ["coordinate"],
            "problem_category": ["other"], "problem_owner": [""], "problem_due": [""],
            "problem_line": [""] if version == 1 else ["1"],
            **({"thinking_widened": "y", "observation_widened": "y"} if self.wide else {}),
        }  # fmt: skip

    def read_by(self, reader):
        return self.level in READS[reader][self.entered].split()

    def seen_by(self, reader):
        """The codes of this record's fields the reader sees."""
        if not self.read_by(reader):
            return set()
        return set(OPEN) | {code for code, letter in RESTRICTED.items() if letter in SEES[reader][self.wide]}

    def marks(self, reader, codes=(*OPEN, *RESTRICTED), versions=(2,)):
        """The words of this record the reader sees; a file's name and what the clerk may not see stay as sent first."""
        return {
            self.mark(code, 1 if code == "FIL" or (code == "OBS" and self.entered and not self.wide) else version)
            for code in self.seen_by(reader) & set(codes)
            for version in versions
        }


@pytest.fixture
def people(app):
    found = {name: factories.member() for name in ("author", "member", "secretary")}
    found |= {name: factories.office() for name in ("clerk", "office", "head")}
    return found | {"leader": factories.leader(), "sysadmin": factories.sysadmin()}


@pytest.fixture
def branch(people):
    """The branch both have led this year: the one under review is the office's head, who leads it now."""
    found = factories.branch("森林党支部")
    factories.term(found, people["secretary"], to_on=dt.date(YEAR, 1, 1))
    factories.term(found, people["head"], from_on=dt.date(YEAR, 1, 1))
    factories.liaison(people["author"], found, year=YEAR)
    return found


@pytest.fixture
def browsers(client, people):
    return {name: client(person) for name, person in people.items()}


@pytest.fixture
def shelf(browsers, people, branch):
    """Every level, preset and widened, sent by the author and entered by the clerk; each corrected once."""
    made = product((False, True), LEVELS, (False, True))
    plans = [one for one in made if not (one[0] and one[1] == "self")]  # what the office enters is never 仅本人
    return [record(browsers, people, branch, Kept(n, *plan[1:], plan[0])) for n, plan in enumerate(plans, 10)]


def record(browsers, people, branch, kept):
    by = browsers["clerk" if kept.entered else "author"]
    sent = kept.body(branch, people["author"], 1) | factories.another()
    sent["files"] = [(io.BytesIO(png()), f"{kept.mark('FIL', 1)}.png")]
    path = by.post("/visits/new", sent).headers["Location"].split("?")[0]
    changed = kept.body(branch, people["author"], 2) | {"reason": kept.mark("WHY"), "based_on": "1"}
    if kept.entered and not kept.wide:
        del changed["observation"]  # the clerk does not see it any more
    answer = by.post(f"{path}/correct", changed)
    assert answer.status_code == 303, answer.text
    visit_id = int(path.rsplit("/", 1)[1])
    file = db.session.query(Attachment).filter_by(visit_id=visit_id).one()
    problem = db.session.query(Problem).filter_by(source_id=visit_id).one()
    return Kept(kept.n, kept.level, kept.wide, kept.entered, visit_id, problem.id, file.id)


def text_of(answer):
    """All that an answer says, whatever it is: the parts of a package, a PDF's pages and properties, a page."""
    if "openxmlformats" in answer.mimetype:
        package = zipfile.ZipFile(io.BytesIO(answer.data))
        return "\n".join(package.read(name).decode() for name in package.namelist() if name.endswith((".xml", ".rels")))
    if answer.mimetype == "application/pdf":
        paper = PdfReader(io.BytesIO(answer.data))
        return "".join(page.extract_text() for page in paper.pages) + str(paper.metadata)
    return answer.text


def marks_in(answer):
    return {mark for mark in MARK.findall(text_of(answer)) if mark[3:6] not in {"PRO", "WHY"}}


def expected(shelf, reader, codes, versions=(2,)):
    return set().union(*(one.marks(reader, codes, versions) for one in shelf))


# --- one record -----------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", READERS)
def test_record_history_and_file(shelf, browsers, reader):
    browser = browsers[reader]
    for one in shelf:
        where = f"{reader}, {one.level}, wide={one.wide}, entered={one.entered}"
        status = 200 if one.read_by(reader) else 403 if reader == "sysadmin" else 404
        page, history, file = (
            browser.get(path)
            for path in (f"/visits/{one.visit_id}", f"/visits/{one.visit_id}/history", f"/attachments/{one.file_id}")
        )
        assert [page.status_code, history.status_code, file.status_code] == [status] * 3, where
        assert marks_in(page) == one.marks(reader), f"record, {where}"
        unchanged = {"FIL"} | ({"OBS"} if one.entered and not one.wide else set())
        changed = set(OPEN + tuple(RESTRICTED)) - unchanged
        assert marks_in(history) == one.marks(reader, changed, (1, 2)), f"history, {where}"


@pytest.mark.parametrize("reader", INSIDE)
def test_what_is_hidden_looks_like_what_is_absent(shelf, browsers, reader):
    browsers[reader].get("/visits")  # what the saving had to tell is told
    for one in shelf:
        for path, row in (("/visits/{}", one.visit_id), ("/visits/{}/history", one.visit_id),
                          ("/attachments/{}", one.file_id)):  # fmt: skip
            hidden, absent = (answer_but_its_path(browsers[reader], path.format(n)) for n in (row, 99999))
            assert (hidden == absent) == (not one.read_by(reader)), f"{reader} {one}"


# --- lists, papers, homes -------------------------------------------------------------------------

ALL = (*OPEN, *RESTRICTED)
EXACT = {  # path: the fields it shows of every record
    "/visits": ("FIN",),
    "/visits?sort=date": ("FIN",),
    f"/visits?branch={{branch}}&{DAYS}&state=counted": ("FIN",),
    "/visits.xlsx": ("FIN", "SOL", "GUI"),
    f"/visits.xlsx?branch={{branch}}&{DAYS}": ("FIN", "SOL", "GUI"),
    f"/voices?{DAYS}": ("VOI",),
    "/voices?branch={branch}": ("VOI",),
}
ALLOWED = (  # what these show of a record, if anything, is what its reader may see
    "/", "/book", "/books/{author}/{year}", "/books/{year}", "/branches/{branch}", "/problems", "/problems?state=all",
    "/problems.xlsx", "/problems/{problem}", "/undertakings", "/directives", "/review", "/review/{year}",
    "/review/{year}/meeting.docx", "/review/{year}/meeting.pdf", f"/years?{DAYS}", f"/years/text?{DAYS}",
    "/years/{year}/close", f"/years/paper.docx?{DAYS}&counts=1", f"/years/paper.pdf?{DAYS}&counts=1",
    f"/years/paper.xlsx?{DAYS}", "/visits/new?branch={branch}", "/visits/99999", "/organization", "/people",
    "/phone/pack", "/books/{author}/{year}/book.pdf", "/visits/{visit}/record.pdf", "/books/system.docx",
    "/books/{year}/arrangement.docx", "/books/{year}/arrangement.xlsx", "/books/{year}/blank.pdf?member={author}",
    f"/branches/{{branch}}/dossier?{DAYS}", f"/branches/{{branch}}/dossier.docx?{DAYS}",
    f"/branches/{{branch}}/dossier.pdf?{DAYS}", "/problems/list-found.docx", "/problems/list-responsible.docx",
    "/problems/list-mended.docx", "/problems/list-group.docx", f"/years/slip.docx?{DAYS}", "/papers",
)  # fmt: skip


@pytest.mark.parametrize("reader", READERS)
def test_every_surface(shelf, browsers, people, branch, reader):
    browsers["office"].post(f"/review/{YEAR}/create")
    names = {"branch": branch, "author": people["author"], "year": YEAR, "problem": shelf[0].problem_id,
             "visit": shelf[-1].visit_id}  # fmt: skip
    for path, codes in EXACT.items():
        answer = browsers[reader].get(path.format(**names))
        assert marks_in(answer) == expected(shelf, reader, codes), f"{reader} {path}"
    for path in ALLOWED:
        answer = browsers[reader].get(path.format(**names), follow_redirects=True)
        assert answer.status_code in {200, 403, 404}, f"{reader} {path}"
        more = marks_in(answer) - expected(shelf, reader, ALL)
        assert not more, f"{reader} {path}: {more}"
        assert reader != "sysadmin" or not MARK.search(text_of(answer)), path


@pytest.mark.parametrize("reader", INSIDE)
def test_the_members_book_shows_what_its_reader_may_see(shelf, browsers, people, reader):
    answer = browsers[reader].get(f"/books/{people['author']}/{YEAR}")
    assert marks_in(answer) >= expected(shelf, reader, ("FIN",)), reader
    assert marks_in(answer) <= expected(shelf, reader, ALL), reader
    hidden = sum(not one.read_by(reader) for one in shelf)
    assert (f"另有{hidden}条不在知悉范围" in answer.text) == bool(hidden), reader


@pytest.mark.parametrize("reader", INSIDE)
def test_a_problems_own_words_are_for_all_inside_whatever_the_level(shelf, browsers, reader):
    wanted = {one.mark("PRO") for one in shelf}
    for path in ("/problems", "/problems.xlsx"):
        assert wanted <= set(MARK.findall(text_of(browsers[reader].get(path)))), f"{reader} {path}"


@pytest.mark.parametrize("reader", INSIDE)
def test_a_brief_quotes_what_its_reader_may_see(shelf, browsers, branch, reader):
    browsers["office"].post(f"/review/{YEAR}/create")
    path = f"/review/reports/{db.session.query(Report).one().id}"
    answers = [browsers[reader].get(path)]
    answers += [browsers[reader].post(f"{path}/print", {"as": kind}) for kind in ("docx", "pdf")]
    under_review = reader == "head"
    for answer in answers:
        assert answer.status_code == (404 if under_review else 200)
        assert marks_in(answer) == (set() if under_review else expected(shelf, reader, ("OBS",))), reader
    if under_review:
        assert answer_but_its_path(browsers[reader], path) == answer_but_its_path(browsers[reader], ABSENT_BRIEF)


# --- figures --------------------------------------------------------------------------------------


def hidden_in(page):
    said = re.search(r"另有(\d+)条不在知悉范围", page)
    return int(said[1]) if said else 0


@pytest.mark.parametrize("reader", INSIDE)
def test_what_is_shown_and_what_is_hidden_make_the_figure(shelf, browsers, branch, reader):
    for path, code in ((f"/visits?branch={branch}&state=counted", "FIN"), (f"/voices?{DAYS}", "VOI")):
        page = browsers[reader].get(path)
        assert f"共{len(shelf)}条" in page.text, f"{reader} {path}"
        shown = len(expected(shelf, reader, (code,)))
        assert shown + hidden_in(page.text) == len(shelf), f"{reader} {path}"
    workbook = text_of(browsers[reader].get(f"/visits.xlsx?branch={branch}"))
    assert hidden_in(workbook) == len(shelf) - len(expected(shelf, reader, ("FIN",))), reader


@pytest.mark.parametrize("reader", ["leader", "office", "head"])
def test_every_figure_of_the_year_opens_the_records_it_counts(shelf, browsers, reader):
    page = browsers[reader].get(f"/years?{DAYS}").text
    links = re.findall(r'<a[^>]*href="(/(?:visits|voices)\?[^"]+)"[^>]*>\s*(\d+)\s*</a>', page)
    assert len(links) > 5, "figures that open"
    for path, figure in set(links):
        opened = browsers[reader].get(unescape(path)).text
        assert f"共{figure}条" in opened, f"{reader} {path}"
        assert len(set(MARK.findall(opened))) + hidden_in(opened) == int(figure), f"{reader} {path}"


@pytest.mark.parametrize("reader", INSIDE)
def test_a_search_neither_finds_nor_counts_what_is_hidden(shelf, browsers, reader):
    for one in shelf:
        for field, code in FIELDS.items():
            if field == "companions_note":
                continue  # not searched
            word = next(iter(one.marks("author", (code,))))
            wanted = code in one.seen_by(reader)
            for path in ("/visits", "/voices"):
                page = browsers[reader].get(f"{path}?text={word}").text
                assert ("共1条" in page) == wanted, f"{reader} {path} {word} {one}"
                assert "不在知悉范围" not in page, f"{reader} {path} {word}"
            workbook = text_of(browsers[reader].get(f"/visits.xlsx?text={word}"))
            assert hidden_in(workbook) == 0, f"{reader} {word}"


# --- what was kept stays kept ---------------------------------------------------------------------


def sent(browser, branch, **values):
    body = {
        "visited_on": today().isoformat(), "branch_id": str(branch), "kinds": ["research"], "findings": "总体平稳。",
    } | values  # fmt: skip
    assert browser.post("/visits/new", body | factories.another()).status_code == 303
    return db.session.query(Visit).order_by(Visit.id.desc()).first().id, body


def corrected(browser, visit_id, body, n=1, **values):
    answer = browser.post(f"/visits/{visit_id}/correct", body | {"reason": "改", "based_on": str(n)} | values)
    assert answer.status_code == 303, answer.text


@pytest.mark.parametrize(
    ("reader", "level"),
    [("member", "self"), ("member", "leader"), ("member", "office"), ("leader", "self"), ("office", "leader"),
     ("secretary", "office")],
)  # fmt: skip
def test_widening_a_record_opens_no_earlier_version(browsers, branch, reader, level):
    visit, body = sent(browsers["author"], branch, level=level, findings="Z01FIN1")
    corrected(browsers["author"], visit, body, findings="Z01FIN2", reason="Z01WHY2")
    corrected(browsers["author"], visit, body, n=2, level="group", findings="总体平稳。")
    page = browsers[reader].get(f"/visits/{visit}/history")
    assert page.status_code == 200
    assert not MARK.search(page.text), f"{reader} reads what was written for {level}"
    assert {"Z01FIN1", "Z01FIN2", "Z01WHY2"} <= set(
        MARK.findall(browsers["author"].get(f"/visits/{visit}/history").text)
    )


@pytest.mark.parametrize("reader", ["member", "office", "clerk"])
def test_widening_a_field_opens_no_earlier_version(browsers, people, branch, reader):
    visit, body = sent(browsers["author"], branch, level="group", thinking="Z01THI1", observation="Z01OBS1")
    now_open = {
        "thinking": "可以公开。",
        "observation": "可以公开。",
        "thinking_widened": "y",
        "observation_widened": "y",
    }
    corrected(browsers["author"], visit, body | now_open)
    page = browsers[reader].get(f"/visits/{visit}/history").text
    assert ("Z01THI1" in page, "Z01OBS1" in page) == (reader != "member", False)
    assert "可以公开。" in browsers[reader].get(f"/visits/{visit}").text


@pytest.mark.parametrize("reader", ["secretary", "head"])
def test_the_secretary_of_the_general_branch_sees_no_observation_inside_it(browsers, people, branch, reader):
    """Their own brief quotes it: it is about them (rule 7)."""
    inside = factories.branch("码头党支部")
    factories.placement(inside, branch)
    visit, _body = sent(
        browsers["author"], inside, level="group", observation="Z01OBS1", observation_widened="y", thinking="Z01THI1"
    )
    assert "Z01OBS1" in browsers["member"].get(f"/visits/{visit}").text
    for path in (f"/visits/{visit}", f"/visits/{visit}/history", "/visits"):
        assert "Z01OBS1" not in browsers[reader].get(path).text, f"{reader} {path}"
    assert "没有符合条件的记录" in browsers[reader].get("/visits?text=Z01OBS1").text


@pytest.mark.parametrize("reader", ["secretary", "leader"])
def test_a_record_moved_to_another_branch_tells_nobody_what_was_seen_of_themself(browsers, people, branch, reader):
    factories.term(branch, people["leader"])
    visit, body = sent(browsers["author"], branch, level="group", observation="Z01OBS1", observation_widened="y")
    elsewhere = str(factories.branch("码头党支部"))
    corrected(browsers["author"], visit, body, branch_id=elsewhere, observation="Z01OBS2")
    assert "Z01OBS1" in browsers["member"].get(f"/visits/{visit}/history").text
    page = browsers[reader].get(f"/visits/{visit}/history").text
    assert "Z01OBS1" not in page
    assert "Z01OBS2" in browsers[reader].get(f"/visits/{visit}").text


def test_what_the_leader_wrote_on_an_observation_is_not_for_the_one_it_is_about(browsers, people, branch):
    visit, _body = sent(browsers["author"], branch, level="group", observation="Z01OBS1")
    browsers["leader"].post(f"/visits/{visit}/instruct", {"text": "Z01WHY1"})
    seen = {name for name in READERS if "Z01WHY1" in browsers[name].get(f"/visits/{visit}").text}
    assert seen == {"author", "member", "leader", "office", "clerk"}


def test_a_named_companions_record_stays_theirs_until_they_confirm(browsers, people, branch):
    sent(browsers["author"], branch, level="group", companion_ids=[str(people["secretary"])])
    joint = db.session.query(Visit).filter_by(member_id=people["secretary"]).one().id
    reads = {name: browsers[name].get(f"/visits/{joint}").status_code for name in READERS}
    assert reads == {"author": 404, "member": 404, "leader": 404, "clerk": 200, "office": 200, "head": 200,
                     "secretary": 200, "sysadmin": 403}  # fmt: skip
    browsers["secretary"].post(f"/visits/{joint}/withdraw", {"reason": "重了"})
    assert browsers["member"].get(f"/visits/{joint}").status_code == 404


def test_a_leader_who_leads_the_branch_sees_nothing_of_themself(browsers, people, branch):
    own = factories.branch("机关党支部")
    factories.term(own, people["leader"])
    visit, _body = sent(browsers["author"], own, level="leader", observation="Z01OBS1", findings="Z01FIN1")
    browsers["office"].post(f"/review/{YEAR}/create")
    report = db.session.query(Report).filter_by(branch_id=own).one().id
    for path in (
        "/",
        f"/visits/{visit}",
        "/visits",
        f"/branches/{own}",
        f"/review/{YEAR}",
        f"/review/reports/{report}",
    ):
        assert "Z01OBS1" not in browsers["leader"].get(path).text, path
    assert "Z01FIN1" in browsers["leader"].get(f"/visits/{visit}").text
    assert browsers["leader"].get(f"/review/reports/{report}").status_code == 404


@pytest.mark.parametrize(("began", "ended"), [((-5, 1, 1), (-1, 12, 31)), ((1, 1, 1), None)])
def test_who_led_the_branch_in_other_years_only_reads_what_others_read(browsers, people, branch, began, ended):
    """Rule 7 is about the year under review."""
    days = [dt.date(YEAR + years, *rest) for years, *rest in filter(None, (began, ended))]
    for who in ("leader", "member"):
        factories.term(branch, people[who], *days)
    visit, _body = sent(browsers["author"], branch, level="group", observation="Z01OBS1")
    wide, _body = sent(browsers["author"], branch, level="group", observation="Z02OBS1", observation_widened="y")
    assert "Z01OBS1" in browsers["leader"].get(f"/visits/{visit}").text
    assert "Z02OBS1" in browsers["member"].get(f"/visits/{wide}").text
    assert "共1条" in browsers["member"].get("/visits?text=Z02OBS1").text


def test_what_the_member_narrows_is_no_more_for_the_clerk_who_entered_it(browsers, people, branch):
    visit, body = sent(
        browsers["clerk"], branch, member_id=str(people["author"]), level="leader", findings="Z01FIN1",
        files=[(io.BytesIO(png()), "Z01FIL1.png")],
    )  # fmt: skip
    file = db.session.query(Attachment).one().id
    assert "Z01FIN1" in browsers["clerk"].get(f"/visits/{visit}").text
    body = {name: value for name, value in body.items() if name != "files"}
    corrected(browsers["author"], visit, body, findings="Z01FIN2", thinking="Z01THI2", voice_text=["Z01VOI2"])
    for path in (f"/visits/{visit}", f"/visits/{visit}/history", f"/visits/{visit}/correct", f"/attachments/{file}"):
        assert browsers["clerk"].get(path).status_code == 404, path
    for path in ("/", "/visits", "/visits.xlsx", f"/voices?{DAYS}", f"/books/{people['author']}/{YEAR}"):
        assert not marks_in(browsers["clerk"].get(path)), path
    for word in ("Z01FIN2", "Z01THI2", "Z01VOI2"):
        assert "没有符合条件的记录" in browsers["clerk"].get(f"/visits?text={word}").text
    assert "另有1条不在知悉范围" in browsers["clerk"].get(f"/visits?branch={branch}&state=counted").text


def test_the_people_of_a_trip_are_named_as_far_as_their_records_may_be_read(browsers, people, branch):
    names = {name: db.session.get(Person, people[name]).name for name in ("author", "member", "secretary")}
    sent(browsers["author"], branch, level="leader", companion_ids=[str(people["member"]), str(people["secretary"])])
    theirs = db.session.query(Visit).filter_by(member_id=people["member"]).one().id
    page = browsers["member"].get(f"/visits/{theirs}").text
    assert f"{names['author']}把您列为同行人员" in page
    assert f"{names['author']}、{names['secretary']}" in page
    browsers["member"].post(f"/visits/{theirs}/confirm")
    page = browsers["leader"].get(f"/visits/{theirs}").text
    assert f"<dt>同行人员</dt><dd>{names['author']} " in page  # the third has not confirmed: not the leader's to read
