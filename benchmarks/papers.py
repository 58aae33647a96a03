"""Papers: a complete set, and books of 500 and 3,000 pages; each in a process of its own."""

SET = """
import json, resource, time
from benchmarks.pages import client
from logbook.app import create_app
from logbook.accounts import queries
from logbook.formats import today
app = create_app({"TESTING": True})
browser, year = client(app, "office"), today().year - 1
with app.app_context():
    members = [one.id for one in queries.members()]
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 2**20
def make(year):
    for ending in ("docx", "pdf", "xlsx"):
        assert browser.get(f"/years/paper.{ending}?from={year}-01-01&to={year}-12-31").status_code == 200
    for member in members:
        browser.get(f"/books/{member}/{year}/book.pdf")
def worked():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in both)
make(year)  # what a first set loads, stays; from then on nothing more may
before, busy, started = resident(), worked(), time.perf_counter()
make(year)
print(json.dumps([time.perf_counter() - started, worked() - busy, resident() - before, len(members)]))
"""
BOOK = """
import json, resource, sys, time
from itertools import cycle, islice
from logbook.access import Actor, Role
from logbook.accounts import queries as accounts
from logbook.app import create_app
from logbook.documents import pdf
from logbook.formats import today
from logbook.settings import queries as settings
from logbook.visits import papers, queries
app, year = create_app({"TESTING": True}), today().year - 1
with app.app_context():
    member = accounts.members()[0]
    by = Actor(member.id, member.name, frozenset({Role.MEMBER}))
    records = queries.book_records(by, member.id, year)
    pages = [papers.Page(one, [], []) for one in islice(cycle(records), int(sys.argv[1]))]
    started = time.perf_counter()
    pdf.make(papers.book(member, year, pages, [], settings.load(), kept_back=0))
    seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps([seconds, peak]))
"""
