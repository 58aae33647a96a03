"""The same year as Word, PDF, workbook and page: every figure of each, beside a count in plain SQL. Random years."""

import datetime as dt
import os
import re
import zipfile
from random import Random

import pytest

from logbook.db import db
from logbook.formats import today
from logbook.sample import bureau
from logbook.sample.visits import Year
from logbook.settings import queries as settings
from logbook.visits import actions as visits
from tests import libreoffice
from tests.conftest import THOROUGH
from tests.years import counted, extracted
from tests.years.test_model import clean

pytestmark = pytest.mark.office

FIRST = int(os.environ.get("LOGBOOK_SEED", "1"))  # a failure names its seed
SEEDS = range(FIRST, FIRST + (40 if THOROUGH else 1))
ABOUT = (0, 1, 8, 20, 45)  # records of the five years of a seed, in any order
# What a form leaves out: counts by person and day only where it has a column for them.
LEFT_OUT = {
    "docx": r"次|责任方：.*|呼声：.*|.*部：(?:人次|\d.*)|.*总支：(?:人次|\d.*)|\S{2,3}：(?:问题|办结)",
    "html": r"天|.*：天|认可|类别办结：.*|.*[部支]：(?:人次|最近|办结)",
    "xlsx": r"天|上年人次|挂点支部|到过|方式：.*|内容：.*|呼声.*|超期|类别办结：.*",
}
LEFT_OUT["pdf"] = LEFT_OUT["docx"]


@pytest.fixture
def five_years(app):
    """Random histories of a bureau through the real actions; the last year is the running one."""
    return make


def make(seed):
    clean()
    random, on = Random(seed), today()  # noqa: S311 - a history, no secret
    years = range(on.year - 4, on.year + 1)
    made, _accounts = bureau.make(random, years[0], on)
    rules = settings.load()
    for year, about in zip(years, random.sample(ABOUT, 5), strict=True):
        maker = Year(made, random, rules, year)
        visits.issue_books(year, by=maker.actor(made.office[0]), at=dt.datetime(year, 1, 4, 2, tzinfo=dt.UTC))
        maker.make(about)
    db.session.commit()
    spans = [(dt.date(year, 1, 1), dt.date(year, 12, 31)) for year in years]
    some = random.randrange(4)  # and one of them not the whole year
    first = dt.date(years[some], random.randint(1, 6), random.randint(1, 28))
    spans[some] = (first, first + dt.timedelta(days=random.randint(0, 180)))
    return made.office[0], spans


def forms(browser, days):
    """The bytes of the three files, and the page."""
    found = {one: browser.get(f"/years/paper.{one}?{days}&counts=1").data for one in ("docx", "pdf", "xlsx")}
    return found | {"html": browser.get(f"/years?{days}").text}


def without_results(content, path):
    """The workbook with what its formulas gave taken out: who shows a figure has counted it."""
    path.write_bytes(content)
    bare = path.with_suffix(".bare.xlsx")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(bare, "w") as target:
        for name in source.namelist():
            target.writestr(name, re.sub(rb"(</f>)<v>[^<]*</v>", rb"\1", source.read(name)))
    return bare


def differences(name, pairs, figures):
    """Where a form says something else than the count, or not what it should."""
    yield from (f"{name} {label}: {n}, not {figures[label]}" for label, n in pairs if n != figures.get(label, n))
    said = {label for label, _n in pairs}
    # No liaison branch reached, or one record: no share of them; one record, problems of one kind: no sum, no chart.
    out = LEFT_OUT[name] + {1: r"|天|挂点支部|到过|\d{4}-\d\d：.*"}.get(figures["人次"], "")
    out += "" if figures.get("到过") else "|挂点支部"
    out += "|类别.*" if sum(label.startswith("类别：") for label in figures) == 1 else ""
    wanted = {label for label, n in figures.items() if n and not re.fullmatch(out, label)}
    yield from (f"{name} says nothing of {label}" for label in sorted(wanted - said))


def test_every_figure_is_the_same_in_every_form_and_in_plain_sql(five_years, client, tmp_path):
    drawn = []
    for seed in SEEDS:
        clerk, spans = five_years(seed)
        browser = client(clerk)
        for first, last in spans:
            found = forms(browser, f"from={first}&to={last}")
            found["xlsx"] = without_results(found["xlsx"], tmp_path / f"{seed}-{first}.xlsx")
            name = f"LOGBOOK_SEED={seed} {first}—{last}"
            drawn.append((name, first.year, found, counted.figures(first, last, today())))
    counted_again = iter(libreoffice.convert([one["xlsx"] for _n, _y, one, _f in drawn], "xlsx", tmp_path / "again"))
    wrong = {}
    for name, year, found, figures in drawn:
        read = {
            "docx": [*extracted.of_docx(found["docx"], year)], "pdf": [*extracted.of_pdf(found["pdf"], year)],
            "html": [*extracted.of_page(found["html"], year)],
            "xlsx": [*extracted.of_xlsx(next(counted_again), year)],
        }  # fmt: skip
        wrong[name] = [line for form, pairs in read.items() for line in differences(form, pairs, figures)]
    assert not {name: lines for name, lines in wrong.items() if lines}
