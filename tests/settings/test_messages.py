"""What a form's own checks say: in the words of this house, with no field's name in code."""

import re
from pathlib import Path

import wtforms
from wtforms import HiddenField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from logbook.settings.forms import Form
from logbook.settings.messages import MESSAGES
from tests import factories

SAID = re.compile(r'ettext\(\s*"([A-Z][^"]+\.)"')
FOR_PROGRAMMERS = {"Choices cannot be None."}


class _Odd(Form):
    begun_from = HiddenField(validators=[InputRequired()])
    from_on = IntegerField(validators=[InputRequired(), NumberRange(1, 366)])


def test_every_sentence_of_wtforms_is_said_in_our_words():
    sources = [path.read_text("utf-8") for path in Path(wtforms.__file__).parent.rglob("*.py")]
    said = {text for source in sources for text in SAID.findall(source)}
    assert said
    assert said - FOR_PROGRAMMERS - {one for one in said if "Invalid field name" in one} <= set(MESSAGES)


def test_a_fault_shows_no_name_in_code(app):
    with app.test_request_context(method="POST", data={"from_on": "500"}):
        form = _Odd(meta={"csrf": False})
        assert not form.validate()
        faults = form.list_faults()
    assert [(place, label) for place, label, _message in faults] == [("", ""), ("", "")]
    assert [str(message) for _place, _label, message in faults] == [
        "这一页不完整，请重新打开后再提交。", "请填1至366的整数。",
    ]  # fmt: skip


def test_a_number_out_of_bounds_is_told_plainly(client):
    page = client(factories.office()).post("/settings", {"late_after_days": "999"}).text
    assert "请填1至366的整数。" in page
    assert "数值大小" not in page


def test_a_correction_typed_over_an_older_version_is_told_without_a_code_name(client):
    member, branch = factories.member(), factories.branch()
    factories.visit(member, branch)
    browser = client(member)
    said = {"visited_on": "2026-06-10", "branch_id": str(branch), "kinds": ["talk"], "level": "group", "reason": "改"}
    for findings in ("甲。", "乙。"):
        page = browser.post("/visits/1/correct", said | {"findings": findings, "based_on": "1"}).text
    assert "Based On" not in page
    assert "您填写期间，这条记录已有新的版本" in page
