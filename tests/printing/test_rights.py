"""Every paper for every reader of the sample bureau: what may not stand on it, whoever asks, and what is not for them.

Breadth by what the views hand to the writers (the writers themselves are put aside, at the edge, for speed); then one
real file of each paper and form is opened whole, and says what was handed over and no more.
"""

import datetime as dt
import inspect
import io
import json
import re
import zipfile
from dataclasses import asdict, dataclass

import pytest
from pypdf import PdfReader

from logbook.access import Role
from logbook.accounts.models import RoleGrant
from logbook.ballots.models import BallotClass
from logbook.comments.models import Clause, Comment, Part
from logbook.config import VERSION
from logbook.db import db
from logbook.formats import now, today
from logbook.organization.models import Branch, Placement, SecretaryTerm
from logbook.printing import views as printing
from logbook.review.models import Meeting, Report
from logbook.visits.models import Attachment, Book, Draft, Instruction, Level, Visit, VisitVersion, Voice
from tests.ballots.holding import Held
from tests.client import Client

YEAR = 2026
DAYS = "from=2026-01-01&to=2026-12-31"
MARK = re.compile(r"Z([A-Z])(\d+)Y")
FIELDS = {
    "findings": "F", "people_met": "P", "companions_note": "C", "solved_on_site": "S", "guidance": "G",
    "thinking": "T", "observation": "O", "late_reason": "L",
}  # fmt: skip
# V: a voice. Why it came late (L) or was corrected (W), names of files (A), 批示 (I) and drafts (D) stand nowhere.
BY_LEVEL = set("FPCSGV")
UNSAID = ("补记", "代录", "作废", "排名", "逾期", "登记较晚", "待本人确认", "代为登记")
RULE = "次数不作排名和考核依据"  # the record system says so of itself (shared/examples/january-papers.md)
VOIDED = r"（已作废）|作废\d+个"  # of ballot papers and codes, as the statistics have it: not of records or people
MACHINE = re.compile(rf"(?=\d*[a-f])[0-9a-f]{{12,}}|摘要|程序版本|程序{re.escape(VERSION)}|非涉密|严禁录入")
HIDDEN = re.compile(r'<(row|col|sheet)\b[^>]*(hidden="1"|idden")|<w:(vanish|ins|del|comment\w*)\b')
PAPERS = {  # endpoint: the addresses it is asked at; {…} stands for every one of the kind
    "books.sheet": ["/visits/{visit}/record.pdf"],
    "books.bound": [f"/books/{{member}}/{YEAR}/book.pdf"],
    "visits.xlsx": ["/visits.xlsx", f"/visits.xlsx?state=counted&{DAYS}"],
    "books.system": ["/books/system.docx", "/books/system.pdf"],
    "books.arrangement": [f"/books/{YEAR}/arrangement.{ending}" for ending in ("docx", "pdf", "xlsx")],
    "books.blank": [f"/books/{YEAR}/blank.pdf?member={{member}}", f"/books/{YEAR}/blank.pdf"],
    "desk.dossier_paper": [f"/branches/{{branch}}/dossier.{ending}?{DAYS}" for ending in ("docx", "pdf")],
    "problems.xlsx": ["/problems.xlsx?state=all"],
    "problems.listed": [
        f"/problems/list-{kind}.{ending}?state=all"
        for kind in ("found", "responsible", "mended", "group") for ending in ("docx", "pdf")
    ],
    "years.paper": [
        f"/years/paper.docx?{DAYS}&counts=1", f"/years/paper.docx?{DAYS}&as=report",
        f"/years/paper.pdf?{DAYS}&counts=1",
    ],
    "years.xlsx": [f"/years/paper.xlsx?{DAYS}&counts=1"],
    "years.slip": [f"/years/slip.{ending}?{DAYS}" for ending in ("docx", "pdf")],
    "reports.print_brief": ["/review/reports/{report}/print#docx", "/review/reports/{report}/print#pdf"],
    "review.agenda": [f"/review/{YEAR}/agenda.{ending}" for ending in ("docx", "pdf")],
    "review.script": [f"/review/{YEAR}/script.{ending}" for ending in ("docx", "pdf")],
    "review.meeting_paper": [f"/review/{YEAR}/meeting.{ending}" for ending in ("docx", "pdf")],
    "comments.paper": [f"/review/comments/{{comment}}/paper.{ending}?sources=1" for ending in ("docx", "pdf")],
    "ballots.sheet": [f"/review/{YEAR}/ballot/{{class}}/sheet.{ending}" for ending in ("docx", "pdf")],
    "ballots.statistics": [f"/review/{YEAR}/ballot/statistics.{ending}" for ending in ("docx", "pdf")],
    "outcomes.feedback_forms": [f"/review/{YEAR}/outcomes/feedback.{ending}" for ending in ("docx", "pdf")],
    "pack.whole": [f"/review/{YEAR}/pack.pdf#pdf"],
    "pack.folder": [f"/review/{YEAR}/pack.zip#zip"],
    "outcomes.notice": [f"/review/{YEAR}/outcomes/notice.{ending}" for ending in ("docx", "pdf")],
    "outcomes.account": [f"/review/{YEAR}/outcomes/account.{ending}" for ending in ("docx", "pdf")],
    "rectification.paper": [
        f"/review/{YEAR}/rectification/list.{ending}{one}" for ending in ("docx", "pdf")
        for one in ("", "?report={report}")
    ],
    "minutes.paper": [f"/review/{YEAR}/minutes/paper.{ending}" for ending in ("docx", "pdf")],
    "organization.template": ["/lists/template.xlsx"],
    "organization.export": ["/lists/current.xlsx"],
    "printing.origin": [],  # 备查页: the one sheet that says what a paper was made from; see test_made.py
    "printing.previewed": [],  # one of the above, as it was looked at; see test_previews.py
}  # fmt: skip


def test_no_paper_is_left_out(app):
    """A view that answers with a paper is known by its address, or by what it calls."""
    ending = re.compile(r"\.(pdf|docx|xlsx)$|\bany\([^)]*(pdf|docx|xlsx)")
    views = {rule.endpoint: rule.rule for rule in app.url_map.iter_rules()}
    made = {
        name for name, rule in views.items()
        if ending.search(rule) or "printing." in inspect.getsource(inspect.unwrap(app.view_functions[name]))
    }  # fmt: skip
    assert made == set(PAPERS)


# --- the bureau, with a word of its own in every field --------------------------------------------


@pytest.fixture(autouse=True)
def _the_year_of_these_papers(clock):
    clock(f"{YEAR}-12-20T10:00")


@pytest.fixture
def bureau(app):
    app.test_cli_runner().invoke(args=["sample", "--seed", "7", "--today", f"{YEAR}-11-24"])
    roles = {}
    for grant in db.session.query(RoleGrant):
        roles.setdefault(grant.person_id, set()).add(grant.role)
    office = next(person for person, held in roles.items() if Role.OFFICE in held)
    Client(app, office).post(f"/review/{YEAR}/create")
    Client(app, office).post(f"/review/{YEAR}", {"held_on": today().isoformat(), "agenda": "together"})
    _hold_a_ballot(app, roles)
    for one in waiting():
        Client(app, office).post(f"/review/reports/{one.id}/comment")
    _settle(app, roles)
    _plant(office)
    return {person: (Client(app, person), frozenset(roles[person])) for person in _readers(roles)}


def _hold_a_ballot(app, roles):
    """Opened and closed by an office holder who is not under review, and who drafts the minutes."""
    judged = {one.person_id for one in waiting()}
    clerk = next(person for person, held in roles.items() if Role.OFFICE in held and person not in judged)
    browser = Client(app, clerk)
    Held(browser, sheet="both").begin(a={"sheets": 6}).close()
    db.session.query(Meeting).filter_by(year=YEAR).one().held_on = today()  # a notice tells of what has been
    db.session.commit()
    browser.post(f"/review/{YEAR}/minutes/draft")


def _settle(app, roles):
    """Every comment is settled and the list drawn up by all office holders: nobody draws up what is about themself."""
    for one in db.session.query(Comment):
        one.settled_at = now()
        db.session.add(
            Clause(comment_id=one.id, part=Part.SHORTCOMING, position=9, text=f"会议少（{one.report_id}）。")
        )
    db.session.commit()
    for person in [person for person, held in roles.items() if Role.OFFICE in held]:
        Client(app, person).post(f"/review/{YEAR}/rectification/draft")


def _readers(roles):
    """Everybody but members who are like another: neither under review, nor leader."""
    led = {one.person_id for one in db.session.query(SecretaryTerm)}
    plain = [person for person, held in sorted(roles.items()) if held == {Role.MEMBER} and person not in led]
    return [person for person in roles if person not in plain[2:]]


def _plant(office):
    visits = db.session.query(Visit).all()
    leader = db.session.query(RoleGrant).filter_by(role=Role.LEADER).first().person_id
    for one in visits:
        for field, code in FIELDS.items():
            setattr(one, field, f"Z{code}{one.id}Y")
        db.session.add(Instruction(visit_id=one.id, by_id=leader, at=now(), text=f"ZI{one.id}Y"))
        db.session.add(
            Attachment(visit_id=one.id, digest="0" * 64, name=f"ZA{one.id}Y.png", media_type="image/png", size=1,
                       added_by_id=office, added_at=now())
        )  # fmt: skip
    for one in db.session.query(Voice):
        one.text = f"ZV{one.visit_id}Y"
    for one in db.session.query(VisitVersion):
        one.reason = f"ZW{one.visit_id}Y"
    db.session.add(Draft(person_id=leader, key="k", url="/visits/new", fields='[["findings","ZD1Y"]]', revision=1,
                         saved_at=now()))  # fmt: skip
    db.session.commit()


# --- who may read what, by the words of the mission -----------------------------------------------


class Rights:
    """Read once from the rows; nothing of the program is asked."""

    def __init__(self, people):
        self.visits = {one.id: one for one in db.session.query(Visit)}
        db.session.expunge_all()  # read once
        self.inside = [(one.branch_id, one.general_branch_id) for one in db.session.query(Placement)]
        self.led = {
            (one.person_id, one.branch_id, year)
            for one in db.session.query(SecretaryTerm).filter_by(void=False)
            for year in range(one.from_on.year, (one.to_on or dt.date(YEAR + 1, 1, 1)).year + 1)
        }
        self.written = {(one.visit_id, one.by_id) for one in db.session.query(VisitVersion)}  # who wrote a version
        self.marks = {
            person: {(code, one.id) for one in self.visits.values() for code in self.codes(person, roles, one)}
            for person, roles in people.items()
        }

    def reads(self, person, roles, one):
        if Role.MEMBER in roles and one.member_id == person:
            return True
        clerk = Role.OFFICE in roles and one.entered_by_id == person
        if clerk and one.level is not Level.SELF and (one.id, one.member_id) not in self.written:
            return True  # who typed it in knows it, until the member writes a version
        waits = one.declined_at or (one.joint_of_id and not one.confirmed_at and Role.OFFICE not in roles)
        levels = {
            Level.LEADER: {Role.LEADER}, Level.OFFICE: {Role.LEADER, Role.OFFICE},
            Level.GROUP: {Role.LEADER, Role.OFFICE, Role.MEMBER},
        }  # fmt: skip
        return not waits and bool(roles & levels.get(one.level, set()))

    def under_review(self, person, one):
        around = {general for branch, general in self.inside if branch == one.branch_id}
        return any((person, branch, one.year) in self.led for branch in {one.branch_id, *around})

    def codes(self, person, roles, one):
        """The fields of the record that may stand on a paper for this person."""
        if not self.reads(person, roles, one):
            return set()
        own = one.member_id == person
        thinking = own or one.thinking_widened or roles & {Role.LEADER, Role.OFFICE}
        observed = own or one.observation_widened or Role.LEADER in roles
        seen = set(BY_LEVEL) | ({"T"} if thinking else set())
        return seen | ({"O"} if observed and not self.under_review(person, one) else set())


# --- papers, as handed to the writers -------------------------------------------------------------


def handed_over(papers, _ending):
    return [json.dumps(asdict(one), default=str, ensure_ascii=False).encode() for one in papers]


@dataclass(frozen=True)
class File:
    data: bytes


def text_of(answer):
    """All that a file says: pages, parts, properties; and what was handed over, where that is the answer."""
    content = answer.data
    if content[:4] == b"%PDF":
        pdf = PdfReader(io.BytesIO(content))
        return "".join("".join(page.extract_text().split()) for page in pdf.pages), str(pdf.metadata)
    if content[:2] != b"PK":
        values = json.loads(content)
        return json.dumps({**values, "made_from": ""}, ensure_ascii=False), values["made_from"]
    package = zipfile.ZipFile(io.BytesIO(content))
    if all(name.endswith(".docx") for name in package.namelist()):  # a folder of papers
        said, about = zip(*(text_of(File(package.read(name))) for name in package.namelist()), strict=True)
        return "\n".join([*said, *package.namelist()]), "".join(about)
    parts = {name: package.read(name).decode() for name in package.namelist() if name.endswith((".xml", ".rels"))}
    assert not [name for name in parts if "comments" in name], "a comment nobody sees on the sheet"
    about = "".join(text for name, text in parts.items() if name.startswith("docProps"))
    body = "".join(text for name, text in parts.items() if not name.startswith("docProps"))
    assert not HIDDEN.search(body), HIDDEN.search(body)[0]
    return re.sub(r"<[^>]+>", "", body.replace("</t>", "\n").replace("</v>", "\n")), about


def one_of_each():
    """Records that differ in level, mark or reader's part in them; books; branches, those under review among them."""
    kinds = {}
    for one in db.session.query(Visit).filter_by(year=YEAR).order_by(Visit.id):
        look = (one.level, one.thinking_widened, one.observation_widened, one.entered_for, one.own_organization,
                one.version > 1, bool(one.withdrawn_at), bool(one.joint_of_id), bool(one.confirmed_at),
                bool(one.declined_at))  # fmt: skip
        kinds.setdefault(look, one.id)
    roles = {one.person_id for one in db.session.query(RoleGrant)}
    led = [one.branch_id for one in db.session.query(SecretaryTerm) if one.person_id in roles]
    branches = [one.id for one in db.session.query(Branch).order_by(Branch.id)]
    return {
        "visit": list(kinds.values()), "member": [one.member_id for one in db.session.query(Book).filter_by(year=YEAR)],
        "branch": sorted({*led, *branches[:6]}), "report": [one.id for one in waiting()],
        "comment": [one.id for one in db.session.query(Comment)],
        "class": [one.id for one in db.session.query(BallotClass)],
    }  # fmt: skip


def waiting():
    """The reports that are not fed back."""
    return db.session.query(Report).filter(Report.fed_back_on.is_(None)).all()


def addresses(pattern, rows):
    found = re.search(r"\{(\w+)\}", pattern)
    return [(row, pattern.replace(found[0], str(row))) for row in rows[found[1]]] if found else [(0, pattern)]


def asked(browser, address):
    path, _hash, form = address.partition("#")
    return browser.post(path, {"as": form}) if form else browser.get(path)


def test_no_reader_finds_on_any_paper_what_is_not_for_them(bureau, monkeypatch):
    rights, rows = Rights({person: roles for person, (_browser, roles) in bureau.items()}), one_of_each()
    with monkeypatch.context() as at_the_edge:
        at_the_edge.setattr(printing, "_contents", handed_over)
        got = {endpoint: _asked_by_all(bureau, rights, rows, endpoint) for endpoint in PAPERS}
    assert [name for name, answers in got.items() if not answers] == ["printing.origin", "printing.previewed"]
    for answers in filter(None, got.values()):
        _opened(bureau, answers)


def _asked_by_all(bureau, rights, rows, endpoint):
    """Ask for a paper at all its addresses as everybody; what was handed over, by address and person."""
    patterns = PAPERS[endpoint]
    once = [one for one in patterns if "pdf" not in one] or patterns  # Word and PDF are handed the same
    answers = {}
    for row, address in (found for pattern in once for found in addresses(pattern, rows)):
        for person, (browser, roles) in bureau.items():
            answer = asked(browser, address)
            where = f"{sorted(role.value for role in roles)} {person} {address}"
            if answer.status_code == 200:
                answers[address, person] = text_of(answer)
                _stands(answers[address, person], rights.marks[person], where)
            _exactly(endpoint, answer, rights, (person, roles), row, where)
    return answers


def _exactly(endpoint, answer, rights, reader, row, where):
    """Who is refused; and a record's sheet says all of it that its reader may know."""
    person, roles = reader
    if roles == {Role.SYSADMIN}:
        assert answer.status_code == 403, where
    elif endpoint == "books.sheet":
        one = rights.visits[row]
        assert (answer.status_code == 200) == rights.reads(person, roles, one), where
        if answer.status_code == 200 and not one.withdrawn_at:
            found = {code for code, _id in MARK.findall(text_of(answer)[0])}
            assert found - {"V"} == rights.codes(person, roles, one) - {"V"}, where
    elif endpoint == "minutes.paper":  # comments on everybody: for nobody who reports
        reports = any(one.person_id == person for one in waiting())
        assert (answer.status_code == 200) == (bool(roles & {Role.LEADER, Role.OFFICE}) and not reports), where
    elif endpoint == "reports.print_brief":
        report = db.session.get(Report, row)
        told = report.person_id != person or report.fed_back_on
        assert (answer.status_code == 200) == bool(told), where
    elif endpoint == "rectification.paper":
        about = [one.id for one in waiting() if one.person_id == person]
        assert (answer.status_code == 200) == (bool(roles & {Role.OFFICE, Role.LEADER}) and row not in about), where
        said = text_of(answer)[0] if answer.status_code == 200 else ""
        assert not [one for one in about if f"会议少（{one}）" in said], where
        assert Role.OFFICE not in roles or row in about or "会议少" in said, where


def _stands(texts, allowed, where):
    said, about = texts
    more = {(code, int(row)) for code, row in MARK.findall(said + about)} - allowed
    assert not more, f"{where}: {sorted(more)[:5]}"
    plain = re.sub(VOIDED, "", said.replace(RULE, ""))
    assert not [word for word in UNSAID if word in plain], where
    assert not MACHINE.search(plain), f"{where}: {MACHINE.search(plain)[0]}"


def _opened(bureau, answers):
    """The real file of a paper that has most to say, in each form: what was handed over, and no more."""
    (address, person), (said, _about) = max(answers.items(), key=lambda one: len(MARK.findall(one[1][0])))
    wanted = set(MARK.findall(said))
    for asked_at in {address, address.replace("docx", "pdf")}:
        whole, about = text_of(asked(bureau[person][0], asked_at))
        assert set(MARK.findall(whole)) == wanted, f"{person} {asked_at}"
        _stands((whole, about), {(code, int(row)) for code, row in wanted}, f"{person} {asked_at}")
