"""Who may do what, written out by hand: route × role × ownership, then record × level × reader × surface."""

import datetime as dt
import io
import zipfile

import pytest
from docx import Document
from pypdf import PdfReader

from logbook.comments.models import Clause, Part
from logbook.db import Base, db
from logbook.formats import now, today
from logbook.organization.models import Liaison
from logbook.problems.models import Progress
from logbook.review.models import Report
from logbook.visits.models import Attachment, Companion, Level, Visit
from tests import factories
from tests.client import answer_but_its_path, logged

YEAR = today().year
KEY = "key-of-a-draft"
READERS = ("nobody", "owner", "member", "leader", "office", "sysadmin")
ALL = "owner member leader office sysadmin"
BUSINESS = "owner member leader office"
MEMBERS = "owner member leader"
DESK = "leader office"

# (endpoint, method): who may. `owner` is the member whose record, problem or undertaking it is.
TABLE = {
    ("accounts.add_person", "GET"): "office sysadmin", ("accounts.add_person", "POST"): "office sysadmin",
    ("accounts.edit_person", "GET"): "office sysadmin", ("accounts.edit_person", "POST"): "office sysadmin",
    ("accounts.end_session", "POST"): "owner", ("accounts.lose_device", "POST"): "owner",
    ("accounts.people", "GET"): "office sysadmin",
    ("codes.give", "GET"): "office sysadmin", ("codes.give", "POST"): "office sysadmin",
    ("codes.agree", "GET"): "leader sysadmin", ("codes.agree", "POST"): "leader sysadmin",
    ("codes.decline", "POST"): "leader sysadmin", ("codes.withdraw", "POST"): "office",
    ("codes.print_code", "GET"): "office", ("codes.print_code", "POST"): "office",
    ("codes.index", "GET"): "leader sysadmin", ("codes.name_second", "POST"): "leader",
    ("codes.acknowledge", "POST"): "owner",
    ("accounts.language", "POST"): f"nobody {ALL}", ("accounts.sign_in", "GET"): f"nobody {ALL}",
    ("accounts.sign_in", "POST"): f"nobody {ALL}", ("accounts.use_code", "GET"): f"nobody {ALL}",
    ("accounts.use_code", "POST"): f"nobody {ALL}", ("accounts.me", "GET"): ALL, ("accounts.me", "POST"): ALL,
    ("accounts.sign_out", "POST"): ALL,
    ("refused.typed", "GET"): ALL, ("refused.keep_typed", "PUT"): ALL,
    ("drafts.index", "GET"): BUSINESS, ("drafts.save", "PUT"): BUSINESS, ("drafts.remove", "DELETE"): BUSINESS,
    ("desk.home", "GET"): ALL, ("desk.health", "GET"): f"nobody {ALL}", ("desk.branch", "GET"): BUSINESS,
    ("desk.branches", "GET"): BUSINESS, ("offers.open_problems", "GET"): BUSINESS,
    ("desk.dossier", "GET"): BUSINESS, ("desk.dossier_paper", "GET"): BUSINESS,
    ("shell.worker", "GET"): f"nobody {ALL}", ("shell.home", "GET"): f"nobody {ALL}",
    ("shell.form", "GET"): f"nobody {ALL}",
    ("organization.index", "GET"): "office", ("organization.add_branch", "GET"): "office",
    ("organization.add_branch", "POST"): "office", ("organization.branch", "GET"): "office",
    ("organization.branch", "POST"): "office", ("organization.set_secretary", "POST"): "office",
    ("organization.place", "POST"): "office", ("organization.set_own_branch", "POST"): "office",
    ("organization.void", "GET"): "office", ("organization.void", "POST"): "office",
    ("organization.add_liaison", "GET"): "office", ("organization.add_liaison", "POST"): "office",
    ("organization.liaison", "GET"): "office", ("organization.liaison", "POST"): "office",
    ("organization.end_liaison", "POST"): "office", ("organization.copy_liaison", "POST"): "office",
    ("stand_in.show", "GET"): "leader", ("stand_in.show", "POST"): "leader",
    ("organization.template", "GET"): "office", ("organization.export", "GET"): "office",
    ("organization.import_lists", "GET"): "office", ("organization.import_lists", "POST"): "office",
    ("organization.confirm_import", "POST"): "office",
    ("printing.index", "GET"): BUSINESS, ("printing.origin", "GET"): "owner office",
    ("printing.preview", "GET"): "owner", ("printing.picture", "GET"): "owner",
    ("printing.previewed", "GET"): "owner", ("printing.cancel", "POST"): "owner",
    ("phone.pack", "GET"): BUSINESS, ("phone.token", "GET"): BUSINESS,
    ("phone.import_rescue", "GET"): "office", ("phone.import_rescue", "POST"): "office",
    ("problems.index", "GET"): BUSINESS, ("problems.xlsx", "GET"): BUSINESS, ("problems.show", "GET"): BUSINESS,
    ("problems.listed", "GET"): BUSINESS,
    ("problems.note_progress", "GET"): BUSINESS, ("problems.note_progress", "POST"): "owner office",
    ("problems.close", "GET"): BUSINESS, ("problems.close", "POST"): "owner office",
    ("problems.reopen", "GET"): BUSINESS, ("problems.reopen", "POST"): "owner office",
    ("problems.change", "GET"): "office", ("problems.change", "POST"): "office",
    ("problems.undertakings", "GET"): BUSINESS, ("problems.undertaking", "GET"): BUSINESS,
    ("problems.undertaking", "POST"): "owner office", ("problems.directives", "GET"): BUSINESS,
    ("problems.directives", "POST"): "office", ("problems.close_directive", "POST"): "office",
    ("problems.reopen_directive", "POST"): "office",
    ("review.index", "GET"): BUSINESS, ("pack.build", "POST"): "office", ("review.show", "GET"): BUSINESS,
    ("review.show", "POST"): "office", ("pack.move", "POST"): "office", ("reports.brief", "GET"): BUSINESS,
    ("reports.change", "GET"): "office", ("reports.change", "POST"): "office",
    ("reports.decide", "GET"): DESK, ("reports.decide", "POST"): DESK, ("reports.print_brief", "POST"): BUSINESS,
    ("review.freeze", "POST"): "office", ("pack.remove", "GET"): "office", ("pack.remove", "POST"): "office",
    ("review.meeting_paper", "GET"): "office", ("review.agenda", "GET"): "office", ("review.script", "GET"): "office",
    ("pack.order", "GET"): "office", ("pack.order", "POST"): "office",
    ("reports.name_handler", "GET"): "leader", ("reports.name_handler", "POST"): "leader",
    ("reports.sort_extract", "POST"): BUSINESS, ("reports.printed", "GET"): "owner",
    ("reports.written", "GET"): BUSINESS, ("reports.written", "POST"): "office",
    ("comments.index", "GET"): BUSINESS, ("comments.draft_all", "POST"): BUSINESS,
    ("comments.add_facts", "POST"): "office owner", ("comments.draft", "POST"): BUSINESS,
    ("comments.show", "GET"): "office owner leader",
    ("comments.show", "POST"): "office owner", ("comments.look_at", "POST"): "office owner",
    ("comments.take_back", "POST"): "office owner",
    ("comments.paper", "GET"): "office owner leader",
    ("ballots.show", "GET"): "office owner", ("ballots.show", "POST"): "office owner",  # led to the witness's page
    ("ballots.set_numbers", "POST"): "office", ("ballots.make_witness_code", "POST"): "office",
    ("ballots.replace_witness", "GET"): "office", ("ballots.replace_witness", "POST"): "office",
    ("ballots.watch", "GET"): "owner", ("ballots.watch", "POST"): "owner",
    ("ballots.mend", "GET"): "office", ("ballots.mend", "POST"): "office", ("ballots.count_paper", "POST"): "office",
    ("ballots.make_codes", "POST"): "office", ("ballots.type_in", "GET"): "office owner",
    ("ballots.type_in", "POST"): "office owner", ("ballots.type_again", "POST"): "office",
    ("ballots.sheet", "GET"): "office", ("ballots.statistics", "GET"): "office",
    ("ballots.close", "GET"): "office", ("ballots.close", "POST"): "office",
    ("pack.replace", "GET"): "office", ("pack.replace", "POST"): "office",
    ("pack.whole", "POST"): "office", ("pack.folder", "POST"): "office",
    ("outcomes.show", "GET"): DESK, ("outcomes.decide", "GET"): DESK, ("outcomes.decide", "POST"): DESK,
    ("outcomes.feed_back", "GET"): DESK, ("outcomes.feed_back", "POST"): DESK,
    ("outcomes.feedback_forms", "GET"): "office", ("outcomes.notice", "GET"): "office",
    ("outcomes.account", "GET"): "office",
    ("rectification.source", "GET"): "office", ("rectification.show", "GET"): DESK,
    ("rectification.draft", "POST"): "office", ("rectification.add", "GET"): "office",
    ("rectification.add", "POST"): "office", ("rectification.change", "GET"): "office",
    ("rectification.change", "POST"): "office", ("rectification.remove", "POST"): "office",
    ("rectification.restore", "POST"): "office", ("rectification.paper", "GET"): DESK,
    ("rectification.import_lists", "GET"): "office", ("rectification.import_lists", "POST"): "office",
    ("rectification.confirm_import", "POST"): "office",
    ("minutes.show", "GET"): DESK, ("minutes.draft", "POST"): "office", ("minutes.edit", "GET"): "office",
    ("minutes.edit", "POST"): "office", ("minutes.versions", "GET"): DESK, ("minutes.version", "GET"): DESK,
    ("minutes.settle", "GET"): "office", ("minutes.settle", "POST"): "office", ("minutes.paper", "GET"): DESK,
    ("voting.enter", "GET"): f"nobody {ALL}", ("voting.enter", "POST"): f"nobody {ALL}",
    ("voting.cast", "POST"): f"nobody {ALL}",
    ("witness.enter", "GET"): f"nobody {ALL}", ("witness.enter", "POST"): f"nobody {ALL}",
    ("witness.act", "POST"): f"nobody {ALL}", ("witness.type_in", "POST"): f"nobody {ALL}",
    ("settings.security", "GET"): "sysadmin", ("settings.security", "POST"): "sysadmin",
    ("settings.edit", "GET"): "office", ("settings.edit", "POST"): "office",
    ("uploads.state", "GET"): "owner", ("uploads.put", "PUT"): "owner",
    ("visits.index", "GET"): BUSINESS, ("visits.xlsx", "GET"): BUSINESS, ("visits.voices", "GET"): BUSINESS,
    ("visits.log", "GET"): BUSINESS, ("visits.log", "POST"): BUSINESS, ("visits.show", "GET"): BUSINESS,
    ("visits.history", "GET"): BUSINESS, ("visits.correct", "GET"): "owner", ("visits.correct", "POST"): "owner",
    ("visits.withdraw", "GET"): "owner", ("visits.withdraw", "POST"): "owner", ("visits.confirm", "POST"): "owner",
    ("visits.decline", "POST"): "owner", ("visits.receive", "POST"): "office", ("visits.instruct", "POST"): "leader",
    ("visits.instruct", "GET"): "leader",
    ("visits.attachment", "GET"): BUSINESS, ("books.mine", "GET"): MEMBERS, ("books.show", "GET"): BUSINESS,
    ("books.index", "GET"): BUSINESS, ("books.issue", "POST"): "office",
    ("books.bound", "GET"): BUSINESS, ("books.sheet", "GET"): BUSINESS,
    ("books.system", "GET"): "office", ("books.arrangement", "GET"): "office", ("books.blank", "GET"): "office",
    ("years.index", "GET"): DESK, ("years.items", "GET"): DESK, ("years.branches", "GET"): DESK,
    ("years.directive", "GET"): BUSINESS, ("years.edit_text", "GET"): "office", ("years.edit_text", "POST"): "office",
    ("years.paper", "GET"): "office", ("years.xlsx", "GET"): "office",
    ("years.slip", "GET"): "office",
    ("years.close", "GET"): "office", ("years.close", "POST"): "office", ("years.add_addendum", "GET"): "office",
    ("years.add_addendum", "POST"): "office",
}  # fmt: skip


def routes(app):
    return {(rule.endpoint, method): rule for rule in app.url_map.iter_rules() for method in rule.methods
            if method in {"GET", "POST", "PUT", "DELETE"} and rule.endpoint != "static"}  # fmt: skip


def test_the_table_names_every_route_and_no_other(app):
    assert set(routes(app)) == set(TABLE)


@pytest.fixture
def world(client):
    """One object of every kind, all of it the owner's; a browser for each reader."""
    people = {
        "owner": factories.member(), "member": factories.member(), "leader": factories.leader(),
        "office": factories.office(), "sysadmin": factories.sysadmin(),
    }  # fmt: skip
    owner, branch = people["owner"], factories.branch()
    secretary = factories.person(name="赵堃")
    factories.term(branch, secretary)
    factories.liaison(owner, branch, year=YEAR)
    factories.book(owner, YEAR)
    visit = factories.visit(owner, branch, today(), observation="台账规范。", observation_widened=True)
    db.session.add(Attachment(visit_id=visit, digest="0" * 64, name="a.pdf", media_type="application/pdf", size=1,
                              added_by_id=owner, added_at=now()))  # fmt: skip
    db.session.commit()
    factories.problem(owner, branch)
    factories.undertaking(owner, branch)
    factories.directive(people["office"])
    browsers = {name: client(person) for name, person in people.items()} | {"nobody": client()}
    browsers["office"].post(f"/review/{YEAR}/create")
    opened = {"sheet": "grades", "clerk_id": str(people["office"]), "witness_id": str(owner)}
    browsers["office"].post(f"/review/{YEAR}/ballot", opened)
    browsers["office"].post("/review/reports/1/comment")
    browsers["office"].post(f"/review/{YEAR}/minutes/draft")
    db.session.add(Clause(comment_id=1, part=Part.SHORTCOMING, position=9, text="会议记录简单。"))
    db.session.commit()
    browsers["owner"].post("/review/reports/1/print", {"as": "docx"})
    browsers["office"].post(
        f"/review/{YEAR}/rectification/add", {"report_id": "1", "text": "会议少。", "due_on": today().isoformat()}
    )
    browsers["owner"].get(f"/visits/{visit}/record.pdf")  # a paper they made
    factories.preview(owner, KEY)
    factories.access_request(owner, people["office"])
    factories.access_request(people["member"], people["office"], agreed_by_id=people["leader"], agreed_at=now())
    factories.used_code(owner)
    return people, browsers


def address(rule, people):
    from flask import current_app

    ids = {"year": YEAR, "member_id": people["owner"], "person_id": people["owner"], "what": "liaison", "row_id": 1,
           "session_id": 1, "key": KEY, "token": KEY, "page": 1, "ending": "pdf", "kind": "found", "paper_id": 2,
           "class_id": 1, "typing": "first",
           "liaison_id": db.session.query(Liaison).first().id}  # fmt: skip
    values = {name: ids.get(name, 1) for name in rule.arguments}
    if rule.endpoint == "codes.print_code":
        values["request_id"] = 2  # the one that was agreed to
    if rule.endpoint == "visits.decline":
        values["visit_id"] = joint(people)
    with current_app.test_request_context():
        return current_app.url_map.bind("localhost").build(rule.endpoint, values)


def joint(people):
    """A record the owner was named on by another member."""
    first = factories.visit(people["member"], 1, today())
    mine = factories.visit(people["owner"], 1, today(), joint_of_id=first, counts=False, confirmed_at=None)
    db.session.add(Companion(visit_id=first, person_id=people["owner"], record_id=mine))
    db.session.commit()
    return mine


@pytest.mark.parametrize(("endpoint", "method"), sorted(TABLE))
def test_only_those_who_may(app, world, endpoint, method):
    people, browsers = world
    may = TABLE[endpoint, method].split()
    path = address(routes(app)[endpoint, method], people)
    for reader in sorted(READERS, key=lambda name: name in may):  # whoever may comes last: it changes things
        answer = getattr(browsers[reader], method.lower())(path)
        where = f"{reader} {method} {path}: {answer.status_code}"
        if reader in may:
            # A file that was never uploaded is not there, for whoever may read its record, too.
            refused = {401, 403, 500} if endpoint == "visits.attachment" else {401, 403, 404, 500}
            assert answer.status_code not in refused, where
        elif reader == "nobody":
            signed_out = answer.status_code == 302 and "/sign-in" in answer.headers["Location"]
            assert signed_out or answer.status_code == 401, where
        else:
            assert answer.status_code in {403, 404}, where


def draft(word, based_on=0):
    return {"fields": [["findings", word], ["branch_id", "1"]], "url": "/visits/new", "based_on": based_on}


@pytest.mark.parametrize("reader", ["member", "leader", "office", "sysadmin"])
def test_a_draft_is_its_authors_alone_whoever_knows_its_key(world, reader):
    _people, browsers = world
    browsers["owner"].put(f"/drafts/{KEY}", json=draft("DRAFTWORD"))
    stored = browsers["owner"].get("/drafts").json
    for answer in (
        browsers[reader].get("/drafts"),
        browsers[reader].put(f"/drafts/{KEY}", json=draft("mine")),
        browsers[reader].put(f"/drafts/{KEY}", json=draft("mine too", based_on=7)),
        browsers[reader].delete(f"/drafts/{KEY}"),
    ):
        assert "DRAFTWORD" not in answer.text
    assert browsers["owner"].get("/drafts").json == stored


@pytest.mark.parametrize("reader", ["owner", "leader", "office", "sysadmin"])
def test_nothing_of_a_draft_stands_on_any_page_or_paper(app, world, reader):
    people, browsers = world
    browsers["owner"].put(f"/drafts/{KEY}", json=draft("DRAFTWORD"))
    searches = ["/visits?text=DRAFT", f"/visits/new?branch=1&key={KEY}", "/problems?text=DRAFT", "/voices?text=DRAFT"]
    pages = [address(rule, people) for (name, method), rule in routes(app).items()
             if method == "GET" and name != "drafts.index"]  # fmt: skip
    for path in (*pages, *searches):
        answer = browsers[reader].get(path, follow_redirects=True)
        assert "DRAFTWORD" not in readable(answer), path


def dump():
    tables = (table for name, table in Base.metadata.tables.items() if name != "sign_in_session")
    return {table.name: sorted(map(repr, db.session.execute(table.select()))) for table in tables}


@pytest.mark.parametrize("reader", ["member", "leader", "sysadmin"])
def test_what_is_refused_changes_nothing(app, world, reader):
    people, browsers = world
    table = routes(app)
    joint(people)
    before = dump()
    bodies = {"reason": "x", "text": "x", "state": "underway", "result": "x"}
    for (endpoint, method), may in TABLE.items():
        if method != "GET" and reader not in may.split() and endpoint != "visits.decline":
            send = getattr(browsers[reader], method.lower())
            send(address(table[endpoint, method], people), data=bodies)
    assert dump() == before
    assert db.session.query(Progress).count() == 0


@pytest.mark.parametrize("reader", ["office", "owner", "leader", "sysadmin"])
def test_a_form_without_its_token_changes_nothing_either(app, world, reader):
    people, browsers = world
    app.config["WTF_CSRF_ENABLED"] = True
    joint(people)
    before = dump()
    for (endpoint, method), rule in routes(app).items():
        if method != "GET" and endpoint != "visits.decline":
            send = getattr(browsers[reader], method.lower())
            answer = send(address(rule, people), data={"reason": "x", "text": "x", "sure": "y"})
            unknown = (
                {422} if endpoint.startswith(("voting.", "witness.")) else set()
            )  # asks for a ballot's code, not for a token
            done = {303, 400, 401, 403, 404, 409} | unknown
            assert answer.status_code in done, f"{endpoint}: {answer.status_code}"
    assert dump() == before


# --- levels, restricted fields, rule 7 ------------------------------------------------------------

FIELDS = ("findings", "thinking", "observation")
# reader: the levels of another member's record they may read, and which restricted fields they see unwidened
MAY_READ = {
    "author": ({"self", "leader", "office", "group"}, {"thinking", "observation"}),
    "member": ({"group"}, set()),
    "leader": ({"leader", "office", "group"}, {"thinking", "observation"}),
    "office": ({"office", "group"}, {"thinking"}),
    "secretary": ({"group"}, set()),  # a member who leads the branch
    "head": ({"office", "group"}, {"thinking"}),  # the office's head, who leads the branch
    "sysadmin": (set(), set()),
}


def mark(level, field):
    """A word that stands nowhere else."""
    return f"{level}{field}x".upper()


@pytest.fixture
def shelf(client):
    """A record of every level at one branch, plain and widened; a browser for each reader."""
    readers = {name: factories.member() for name in ("author", "member", "secretary")}
    readers |= {"leader": factories.leader(), "sysadmin": factories.sysadmin()}
    readers |= {"office": factories.office(), "head": factories.office()}
    branch = factories.branch("森林党支部")
    factories.term(branch, readers["secretary"], to_on=dt.date(YEAR, 1, 31))
    factories.term(branch, readers["head"], from_on=dt.date(YEAR, 2, 1))
    factories.liaison(readers["author"], branch, year=YEAR)
    records = {}
    for level in Level:
        for wide in (False, True):
            name = f"{level.value}{'wide' if wide else ''}"
            texts = {field: mark(name, field) for field in FIELDS}
            records[name] = factories.visit(
                readers["author"], branch, dt.date(YEAR, 1, 5), level=level, thinking_widened=wide,
                observation_widened=wide, **texts,
            )  # fmt: skip
    return readers, {name: client(person) for name, person in readers.items()}, branch, records


def expected(reader, record):
    """The marks of one record that this reader may see."""
    levels, fields = MAY_READ[reader]
    level = record.removesuffix("wide")
    if level not in levels:
        return set()
    seen = {"findings"} | fields
    if record.endswith("wide"):
        seen |= {"thinking", "observation"}
    if reader in {"secretary", "head"}:
        seen -= {"observation"}  # rule 7, whatever was widened
    return {mark(record, field) for field in seen}


def marks(record):
    return {mark(record, field) for field in FIELDS}


def found(text, records):
    return {one for record in records for one in marks(record) if one in text}


def readable(answer):
    """The text of an answer, whatever it is."""
    if "wordprocessingml" in answer.mimetype:
        document = Document(io.BytesIO(answer.data))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        return "\n".join([*(one.text for one in document.paragraphs), *cells])
    if answer.mimetype == "application/pdf":
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)
    if answer.mimetype == "application/zip":
        package = zipfile.ZipFile(io.BytesIO(answer.data))
        return "\n".join(package.namelist())
    if "spreadsheetml" in answer.mimetype:
        import openpyxl

        book = openpyxl.load_workbook(io.BytesIO(answer.data))
        return "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    return answer.text


@pytest.mark.parametrize("reader", sorted(MAY_READ))
def test_a_record_shows_each_reader_what_they_may_see(shelf, reader):
    _readers, browsers, _branch, records = shelf
    for record, visit in records.items():
        wanted = expected(reader, record)
        for path in (f"/visits/{visit}", f"/visits/{visit}/history"):
            answer = browsers[reader].get(path)
            assert (answer.status_code == 200) == bool(wanted), f"{reader} {record} {path}"
            assert found(answer.text, records) == (wanted if path.endswith(str(visit)) else set()), f"{reader} {record}"
        answer = browsers[reader].get(f"/visits/{visit}/record.pdf")
        assert (answer.status_code == 200) == bool(wanted), f"{reader} {record} on paper"
        assert found(readable(answer), records) == wanted, f"{reader} {record} on paper"


@pytest.mark.parametrize("reader", sorted(MAY_READ))
def test_no_other_surface_shows_more(shelf, reader):
    readers, browsers, branch, records = shelf
    allowed = set().union(*(expected(reader, record) for record in records))
    days = f"from={YEAR}-01-01&to={YEAR}-12-31"
    surfaces = [
        "/", "/visits", f"/visits?branch={branch}&{days}", "/visits.xlsx", "/voices", f"/branches/{branch}", "/book",
        f"/books/{readers['author']}/{YEAR}", f"/books/{readers['author']}/{YEAR}/book.pdf",
        f"/branches/{branch}/dossier?{days}", f"/branches/{branch}/dossier.pdf?{days}",
        f"/branches/{branch}/dossier.docx?{days}", "/problems", "/problems.xlsx", "/undertakings", f"/years?{days}",
        f"/years/text?{days}", f"/years/paper.docx?{days}&counts=1", f"/years/paper.xlsx?{days}",
        f"/years/paper.pdf?{days}", "/review",
    ]  # fmt: skip
    for path in surfaces:
        answer = browsers[reader].get(path, follow_redirects=True)
        shown = found(readable(answer), records)
        assert shown <= allowed, f"{reader} {path}: {shown - allowed}"


@pytest.mark.parametrize("reader", sorted(set(MAY_READ) - {"sysadmin"}))
def test_searching_finds_only_what_one_may_see(shelf, reader):
    _readers, browsers, _branch, records = shelf
    for record in records:
        for field in FIELDS:
            page = browsers[reader].get(f"/visits?text={mark(record, field)}").text
            wanted = mark(record, field) in expected(reader, record)
            assert ("共1条" in page) == wanted, f"{reader} {record} {field}"
            assert "不在知悉范围" not in page, "a hidden record must not be felt through a number"


@pytest.mark.parametrize("reader", sorted(set(MAY_READ) - {"sysadmin"}))
def test_what_is_shown_and_what_is_hidden_make_the_figure(shelf, reader):
    _readers, browsers, branch, records = shelf
    page = browsers[reader].get(f"/visits?branch={branch}&state=counted").text
    shown = sum(bool(expected(reader, record)) for record in records)
    assert f"共{len(records)}条" in page
    assert page.count("<b>") == shown
    hidden = len(records) - shown
    assert (f"另有{hidden}条不在知悉范围" in page) == bool(hidden)


@pytest.mark.parametrize("reader", ["author", "member", "leader", "office", "secretary", "head"])
def test_briefs_show_each_reader_what_they_may_see(client, shelf, reader):
    _readers, browsers, branch, records = shelf
    boss = client(factories.office())
    boss.post(f"/review/{YEAR}/create")
    report = db.session.query(Report).filter_by(branch_id=branch).one().id
    page = browsers[reader].get(f"/review/reports/{report}")
    if reader == "head":  # under review
        assert page.status_code == 404
        assert browsers[reader].post(f"/review/reports/{report}/print").status_code == 404
        return
    observations = {mark(record, "observation") for record in records}
    allowed = set().union(*(expected(reader, record) for record in records)) & observations
    printed = browsers[reader].post(f"/review/reports/{report}/print", {"as": "docx"})
    assert found(page.text, records) == found(readable(printed), records) == allowed


def test_a_hidden_record_is_answered_like_an_absent_one(shelf):
    _readers, browsers, _branch, records = shelf
    hidden, absent = (
        answer_but_its_path(browsers["member"], path) for path in (f"/visits/{records['self']}", "/visits/99999")
    )
    assert hidden[0] == 404
    assert hidden == absent


def test_what_the_office_entered_itself_it_reads_but_for_the_observation(client, shelf):
    readers, browsers, branch, _records = shelf
    visit = factories.visit(
        readers["author"], branch, dt.date(YEAR, 1, 6), level=Level.LEADER, entered_by_id=readers["office"],
        findings="代登", observation="限定的话",
    )  # fmt: skip
    own, other = (browsers[name].get(f"/visits/{visit}") for name in ("office", "head"))
    assert "代登" in own.text
    assert "限定的话" not in own.text
    assert other.status_code == 404


def test_a_companions_record_is_nobodys_before_they_confirm(client, world):
    people, browsers = world
    visit = joint(people)
    assert browsers["member"].get(f"/visits/{visit}").status_code == 404
    assert browsers["owner"].get(f"/visits/{visit}").status_code == 200
    assert browsers["office"].get(f"/visits/{visit}").status_code == 200
    browsers["owner"].post(f"/visits/{visit}/confirm")
    assert db.session.get(Visit, visit).counts
    assert browsers["member"].get(f"/visits/{visit}").status_code == 200


def test_nothing_private_stands_in_the_log(app, shelf, caplog):
    _readers, browsers, branch, _records = shelf
    with logged(caplog):
        browsers["author"].get("/visits?text=SECRETWORD")
        body = {"branch_id": str(branch), "findings": "SECRETWORD", "visited_on": today().isoformat(), "level": "group"}
        browsers["author"].post("/visits/new", body | {"kinds": "research"})
        browsers["member"].get("/visits/99999")
    assert "visits.index 200" in caplog.text
    assert "SECRETWORD" not in caplog.text
    assert "甲" not in caplog.text
