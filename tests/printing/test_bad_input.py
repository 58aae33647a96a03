"""The real papers of odd years: names nobody expected, texts nobody should type, a year of nothing and one of much."""

import datetime as dt
import html
import io
import re
import zipfile
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from logbook.problems.models import Handling
from tests import factories
from tests.conftest import THOROUGH

YEAR = 2026
DAYS = f"from={YEAR}-01-01&to={YEAR}-12-31"
SHORT, LONG = "喆", "买买提·吐尔逊·阿卜杜热合曼·艾合买提江"  # one character, and twenty
SECRETARY, VISITOR = "𠮷祎·昇旸", "O'Neil-Müller 玥"
BRANCH = "三岭山国家森林公园管理所环湖巡护大队与旅游码头服务中心联合（临时）党支部㎡"
TYPED = {
    "markup": '#import "x" $a$ *粗* _斜_ @b <label> ```x```', "formula": "=1+1", "wide formula": "＝1＋1－@",
    "emoji": "加遮阳棚👍", "control": "前\x01\x0b\ufffe后", "rare": "喆堃珺玥镕昇旸祎㎡𠮷",
    "tab": "一\t二", "lines": "\n\n\n上\n\n下\n\n\n",
}  # fmt: skip
KEPT = TYPED | {"control": "前后", "lines": "上\n\n下"}
SENTENCE = "现场了解了候船区遮阳棚年久失修的情况。"
TEN_THOUSAND = SENTENCE * 526  # 9,994 characters


def text_of(answer):
    """What a person reads in the file, without spaces and line ends."""
    assert answer.status_code == 200
    if answer.mimetype == "application/pdf":
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages]
        return "".join("".join(pages).split())
    parts = zipfile.ZipFile(io.BytesIO(answer.data))
    names = [name for name in parts.namelist() if name == "word/document.xml" or name.startswith("xl/worksheets/")]
    names += [name for name in parts.namelist() if name == "xl/sharedStrings.xml"]
    return "".join("".join("".join(ET.fromstring(parts.read(name)).itertext()).split()) for name in names)  # noqa: S314


def parts(answer):
    """The addresses offered in the place of what is too long."""
    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    return [html.unescape(one) for one in re.findall(r'class="row" href="([^"]+)"', answer.text)]


@pytest.fixture(autouse=True)
def _the_year_of_these_papers(clock):
    clock(f"{YEAR}-12-20T10:00")


@pytest.fixture
def people(app):
    """A member with a long name and a liaison, one with a short name and none; a branch and its secretary."""
    found = {
        "office": factories.office(name=VISITOR), "long": factories.member(name=LONG, post="党组成员、" * 8),
        "short": factories.member(name=SHORT),
    }  # fmt: skip
    branch = factories.branch(BRANCH, host_unit="青湖风景名胜区管理委员会森林防火与环湖巡护大队")
    factories.term(branch, factories.person(name=SECRETARY))
    factories.liaison(found["long"], branch, year=YEAR)
    for one in ("long", "short"):
        factories.book(found[one], YEAR)
    return found | {"branch": branch}


def papers(people, visit=None):
    """All papers that show these people, in every form there is."""
    books = [f"/books/{people[one]}/{YEAR}/book.pdf" for one in ("long", "short")]
    return {
        "record": [f"/visits/{visit}/record.pdf"] if visit else [], "book": books,
        "blank": [f"/books/{YEAR}/blank.pdf?member={people['long']}"],
        "arrangement": [f"/books/{YEAR}/arrangement.{ending}" for ending in ("pdf", "docx", "xlsx")],
        "dossier": [f"/branches/{people['branch']}/dossier.{ending}?{DAYS}" for ending in ("pdf", "docx")],
        "list": [f"/problems/list-{kind}.{ending}" for kind, ending in
                 (("found", "docx"), ("responsible", "pdf"), ("mended", "docx"), ("group", "pdf"))],
        "sheet": ["/visits.xlsx", "/problems.xlsx"],
        "year": [f"/years/paper.{ending}?{DAYS}&counts=1" for ending in ("pdf", "docx", "xlsx")],
        "slip": [f"/years/slip.pdf?{DAYS}"],
    }  # fmt: skip


def read(browser, addresses):
    return {address: text_of(browser.get(address)) for address in addresses}


def sent(browser, people, **values):
    body = {
        "visited_on": "2026-06-09", "branch_id": str(people["branch"]), "member_id": str(people["long"]),
        "kinds": ["research"], "level": "group", "findings": "总体平稳。", "problem_side": ["bureau"],
        "problem_handling": ["group"], "problem_category": ["other"], "problem_owner": [""], "problem_due": [""],
        "problem_line": [""], "voice_category": ["other"],
    } | values  # fmt: skip
    answer = browser.post("/visits/new", body)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].split("?")[0].rsplit("/", 1)[1])


def squeezed(text, address):
    gone = text.replace("👍", "〓") if ".pdf" in address else text
    return "".join(gone.split())


# --- names and texts ------------------------------------------------------------------------------


def test_names_of_any_kind_stand_whole_wherever_they_are_printed(client, people):
    browser = client(people["office"])
    visit = sent(browser, people, companion_ids=[str(people["short"])])
    named = {
        "record": (LONG, SHORT, VISITOR, BRANCH), "blank": (LONG, BRANCH), "dossier": (LONG, BRANCH),
        "arrangement": (LONG, BRANCH, SECRETARY), "year": (LONG, BRANCH, SECRETARY),
    }  # fmt: skip
    found = papers(people, visit)
    for paper, names in named.items():
        for address, said in read(browser, found[paper]).items():
            for name in names:
                assert squeezed(name, address) in said, f"{name} {address}"


def test_texts_of_any_kind_stand_as_they_were_typed_wherever_they_are_printed(client, people):
    browser = client(people["office"])
    said = "\n".join(TYPED.values())
    visit = sent(browser, people, findings=said, guidance="=2+2", voice_text=[said], problem_text=[said])
    found = papers(people, visit)
    for paper in ("record", "dossier", "list", "sheet", "year"):
        for address, text in read(browser, found[paper]).items():
            for kind, typed in KEPT.items():
                assert squeezed(typed, address) in text, f"{kind} {address}"


def test_nothing_typed_computes_in_a_workbook(client, people):
    browser = client(people["office"])
    sent(browser, people, findings="=1+1", problem_text=["=HYPERLINK(1)"], guidance="+1")
    for address in ("/visits.xlsx", "/problems.xlsx", f"/years/paper.xlsx?{DAYS}"):
        package = zipfile.ZipFile(io.BytesIO(browser.get(address).data))
        sheets = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not re.search(r"<f>[^<]*(HYPERLINK|1\+1)|<hyperlink", "".join(sheets)), address


def test_ten_thousand_characters_go_on_over_pages_and_none_is_lost(client, people):
    browser = client(people["office"])
    visit = sent(browser, people, findings=TEN_THOUSAND, problem_text=[TEN_THOUSAND[:1000]])
    found = papers(people, visit)
    for address, text in read(browser, (*found["record"], found["book"][0], *found["dossier"], "/visits.xlsx")).items():
        assert text.count("年久失修") >= 526 - 45, address  # a page's number may stand in the middle of one
        assert text.count("。") >= 526, address


def test_what_is_only_line_ends_is_nothing(client, people):
    browser = client(people["office"])
    answer = browser.post("/visits/new", {"visited_on": "2026-06-09", "branch_id": str(people["branch"]),
                                          "member_id": str(people["long"]), "kinds": ["research"],
                                          "level": "group", "findings": "\n \n\t\n"})  # fmt: skip
    assert answer.status_code == 422
    visit = sent(browser, people, guidance="\n\n\n", solved_on_site="\t")
    said = text_of(browser.get(f"/visits/{visit}/record.pdf"))
    assert "指导意见" not in said
    assert "现场解决" not in said


# --- years ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("visits", [0, 1])
def test_a_year_of_nothing_and_of_one_visit_have_every_paper(client, people, visits):
    browser = client(people["office"])
    for _n in range(visits):
        visit = factories.visit(people["long"], people["branch"], findings="到码头巡查。")
        factories.problem(people["long"], people["branch"], source_id=visit, handling=Handling.GROUP)
    found = papers(people)
    # The same values make Word and PDF: here one of each paper is enough.
    some = found | {name: found[name][:1] for name in ("dossier", "arrangement")} | {"year": found["year"][1:]}
    said = {paper: "".join(read(browser, addresses).values()) for paper, addresses in some.items()}
    assert ("到码头巡查" in said["book"], "到码头巡查" in said["dossier"]) == (bool(visits),) * 2
    assert said["book"].count("本年没有记录。") == 2 - visits
    assert said["book"].count("本年没有挂点安排。") == 1  # of the member without a liaison
    assert said["list"].count("没有需要列出的事项。") == (0 if visits else 4)
    assert ("没有党组成员到支部的记录" in said["dossier"]) == (not visits)
    assert SHORT in said["year"]


@pytest.mark.skipif(not THOROUGH, reason="a minute: --thorough")
def test_a_year_of_three_thousand_visits_has_every_paper(client, people):
    for n in range(3000):
        factories.visit(people["long"], people["branch"], dt.date(YEAR, 1 + n % 12, 1 + n % 28), findings=f"第{n}回。")
    browser = client(people["office"])
    found = papers(people)
    quarters = parts(browser.get(found["book"][0]))  # so many sheets are too long for one paper
    assert len(quarters) == 4
    for addresses in (quarters, *[[one] for one in found["dossier"]], ["/visits.xlsx"]):
        said = "".join(text_of(browser.get(one)) for one in addresses)
        assert [n for n in range(3000) if f"第{n}回。" not in said] == [], addresses
    for address in found["year"]:
        assert "3000" in text_of(browser.get(address)), address
