"""Every file for an office program keeps the schema of its kind (ECMA-376): nothing to repair when it is opened."""

import dataclasses
import io

import pytest
from docx import Document
from openxml_audit import OpenXmlValidator, ValidationErrorType

from logbook.db import db
from logbook.documents import word
from logbook.documents.paper import Break, Cover, Form, Heading
from logbook.formats import today
from logbook.review.models import Report
from tests import factories
from tests.ballots.holding import Held
from tests.documents.papers import paper

YEAR = today().year
DAYS = f"from={YEAR}-01-01&to={YEAR}-12-31"
KINDS = {"ending": ("docx",), "kind": ("found", "responsible", "mended", "group")}


@pytest.fixture
def office(client):
    """A browser of the office, in a house with one object of every kind a paper names."""
    member, secretary = factories.member(name="王珺"), factories.person(name="赵堃")
    branch = factories.branch("码头党支部")
    factories.term(branch, secretary)
    factories.liaison(member, branch, year=YEAR)
    factories.visit(member, branch, today())
    factories.problem(member, branch)
    factories.undertaking(member, branch)
    browser = client(factories.office())
    browser.post(f"/review/{YEAR}/create")
    Held(browser, sheet="both").begin(a={"sheets": 6}).close()
    browser.post(f"/review/{YEAR}", {"held_on": today().isoformat(), "agenda": "together"})
    browser.post("/review/reports/1/comment")
    browser.post(f"/review/{YEAR}/minutes/draft")
    return browser


def faults(content, folder, ending):
    file = folder / f"paper.{ending}"
    file.write_bytes(content)
    # Besides the schema the checker knows what Word dislikes; what it says of Excel's habits is advice.
    wanted = set(ValidationErrorType) if ending == "docx" else {ValidationErrorType.SCHEMA}
    found = OpenXmlValidator().validate(file).errors
    return [f"{one.part_uri} {one.path}: {one.description}" for one in found if one.error_type in wanted]


def addresses(app, ending):
    """Every address of the application that ends so, once for each kind of paper."""
    rules = [one for one in app.url_map.iter_rules() if ending in one.rule.rpartition(".")[2]]
    assert len(rules) > 2
    with app.test_request_context():
        bound = app.url_map.bind("localhost")
        for rule in rules:
            for kind in KINDS["kind"] if "kind" in rule.arguments else ("",):
                values = {"year": YEAR, "ending": ending, "kind": kind}
                yield bound.build(rule.endpoint, {one: values.get(one, 1) for one in rule.arguments})


def test_every_paper_for_word_keeps_its_schema(app, office, tmp_path):
    answers = {place: office.get(f"{place}?{DAYS}") for place in addresses(app, "docx")}
    answers["brief"] = office.post(f"/review/reports/{db.session.query(Report).first().id}/print", {"as": "docx"})
    for place, answer in answers.items():
        assert answer.status_code == 200, place
        assert Document(io.BytesIO(answer.data)).paragraphs, place
        assert not faults(answer.data, tmp_path, "docx"), place


def test_every_sheet_keeps_its_schema(app, office, tmp_path):
    for place in addresses(app, "xlsx"):
        answer = office.get(f"{place}?{DAYS}")
        assert answer.status_code == 200, place
        assert not faults(answer.data, tmp_path, "xlsx"), place


def test_all_that_a_paper_can_hold_keeps_its_schema(tmp_path):
    form = Form((("日期", "1月5日", "支部", "码头"), ("情况", "一\n二")), (1, 3))
    whole = paper()
    blocks = (
        Cover("记录本", (("年度", "2026年"),), ("党办印制",)),
        *whole.blocks,
        form,
        Break(),
        Heading("见2026-137", 1),
    )
    for one in (whole, dataclasses.replace(whole, blocks=blocks, bound=True, landscape=True)):
        assert not faults(word.make(one), tmp_path, "docx")
