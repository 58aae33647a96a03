"""Two people edit the same page: nobody takes back unseen what the other saved. Every form that edits is walked."""

import ast
import datetime as dt
import html
from pathlib import Path

import pytest

from logbook.accounts import carried
from logbook.accounts import views as accounts
from logbook.formats import shown_date, today
from logbook.settings.forms import EditForm
from tests import factories
from tests.client import posting, sent_by
from tests.faults.test_typed import endpoint_of
from tests.test_access import TABLE, address, routes, world

__all__ = ["world"]
LAST = "accounts.edit_person"  # whose role is taken away is in no list any more
NO_PAGES = {"shell.home", "shell.form"}
# Forms that show something beforehand and take nothing back: what they send is new, or has its own way of saying so.
BEGUN = {
    "OpenForm": "opens a ballot, once", "WrittenReportForm": "one fingerprint of the report (review.actions.state_of)",
    "ItemForm": "one fingerprint of the item (rectification.actions.state_of)", "NewItemForm": "adds",
    "ProgressForm": "adds a step; what was closed meanwhile is refused", "EndForm": "asks once more, naming the day",
    "FeedbackForm": "once for each; a second one is not offered", "MinutesForm": "a version on top of begun_from",
    "VisitForm": "a version on top of based_on",
}  # fmt: skip
# What must be said besides, where what is stored is changed with a word of why.
BESIDES = {
    "problems.undertaking": {"text": "已联系。"}, "accounts.edit_person": {"own_password": factories.PASSWORD},
    "reports.decide": {"decided_on": today, "reason": "再次研究。", "go_on": "y"},
}  # fmt: skip


def kinds(of=EditForm):
    """Every form that edits, by its definition."""
    return {of} - {EditForm} | {one for sub in of.__subclasses__() for one in kinds(sub)}


def stored_in(form):
    """The fields of which a form tells what stood there; none where it edits nothing."""
    told = sent_by(form).get("based_on", [""])[0]
    return frozenset(pair.partition("=")[0] for pair in told.split(",") if "=" in pair)


class Edited:
    """A form on its page, as a reader may open and send it."""

    def __init__(self, browser, page, form):
        self.browser, self.page, self.action = browser, page, form.get("action")
        said = BESIDES.get(endpoint_of(self.action), {})
        self.besides = {name: value().isoformat() if callable(value) else value for name, value in said.items()}

    def form(self, text=None):
        found = posting(text or self.browser.get(self.page).text)
        return next(one for one in found if one.get("action") == self.action and "based_on" in sent_by(one))

    def open(self, text=None):
        return sent_by(self.form(text))

    def send(self, body):
        return self.browser.post(self.action, body | self.besides)

    def changes(self):
        """{field: other values for it}, of the fields whose stored value the page shows."""
        form = self.form()
        sent, known = sent_by(form), stored_in(form) - set(self.besides)
        controls = [one for one in form.iter() if one.get("name") in known]
        return {one.get("name"): found for one in controls if (found := others(one, form, sent))}


def others(control, form, sent):
    """Other values that a person might give it."""
    name, kind = control.get("name"), control.get("type", "text")
    now = sent.get(name, [""])
    if control.tag == "select":
        return [[one.get("value")] for one in control.iter("option") if [one.get("value")] != now]
    if kind == "radio":
        values = [one.get("value") for one in form.iter("input") if one.get("name") == name]
        return [[value] for value in values if [value] != now]
    if kind == "checkbox":
        value = control.get("value", "y")
        return [[one for one in now if one and one != value] if value in now else [*filter(None, now), value]]
    if control.get("inputmode") == "numeric":
        return [[str(int(now[0] or 0) + 1)], [str(int(now[0] or 0) + 2)]]
    if kind == "date":
        day = dt.date.fromisoformat(now[0]) if now[0] else today()
        return [[(day + dt.timedelta(days=n)).isoformat()] for n in (1, 2)]
    return [[now[0] + more] for more in ("x", "xy")]


@pytest.fixture
def edited(app, world):
    """{(endpoint, fields): the form}: every form with what was seen in it, of any page that any reader opens."""
    people, browsers = world
    found = {}
    for (endpoint, method), readers in TABLE.items():
        on_page = method == "GET" and endpoint not in NO_PAGES and "." not in routes(app)[endpoint, method].rule
        for reader in sorted(set(readers.split()) - {"nobody"}) if on_page else ():
            page = address(routes(app)[endpoint, method], people)
            answer = browsers[reader].get(page)
            for form in posting(answer.text) if answer.mimetype == "text/html" and answer.status_code == 200 else ():
                if names := stored_in(form):
                    found.setdefault((endpoint_of(form.get("action")), names), Edited(browsers[reader], page, form))
    return found


def clashes(one):
    """Change one field after the other as B, while A has the page open; return what was tried."""
    tried = []
    for name, values in one.changes().items():
        seen = one.open()
        theirs = next((value for value in values if one.send(seen | {name: value}).status_code == 303), None)
        if theirs is None or one.open().get(name, []) != theirs:
            continue  # no such change can be made alone
        shown = refused(one, name, seen)
        assert shown.get(name, []) == theirs or name == "text"  # nothing was typed there: it is as it stands now
        mine = next((value for value in values if value not in (theirs, seen.get(name))), None)
        if mine is not None:
            shown = refused(one, name, seen | {name: mine})
            assert shown[name] == mine
            assert one.send(shown).status_code != 409, "on top, having seen both"
        tried.append(name)
    return tried


def refused(one, name, body):
    """What the page holds that refuses the later of two; what the other saved is still there, and is shown."""
    before = one.open()
    answer = one.send(body)
    assert answer.status_code == 409, f"{one.action}: {name} was taken back"
    assert one.open().get(name, []) == before.get(name, [])
    assert "您打开这一页以后，已有人改为" in answer.text
    now = before.get(name, [""])[0]
    assert now in html.unescape(answer.text) or shown_date(dt.date.fromisoformat(now)) in answer.text
    return one.open(answer.text)


def test_the_later_of_two_editors_takes_nothing_back_unseen(edited, monkeypatch):
    tried, refused, validate = {}, set(), EditForm.validate

    def watch(form, **given):
        fine = validate(form, **given)
        refused.update({type(form)} if form.overtaken else ())
        return fine

    monkeypatch.setattr(EditForm, "validate", watch)
    for key, one in sorted(edited.items(), key=lambda one: one[0][0] == LAST):
        tried[key] = clashes(one)
    assert [key for key, names in tried.items() if not names] == []
    assert kinds() - refused == set()


def made_with_values():
    """The forms that any view makes with values: {name of the class}."""
    files = Path("logbook").rglob("*.py")
    calls = [one for file in files for one in ast.walk(ast.parse(file.read_text())) if isinstance(one, ast.Call)]
    named = [
        (getattr(one.func, "attr", getattr(one.func, "id", "")), {word.arg for word in one.keywords}) for one in calls
    ]
    return {name for name, words in named if name.endswith("Form") and words & {"obj", "data"}}


def test_a_form_made_with_what_is_stored_tells_what_it_was():
    edits = {one.__name__ for one in kinds()}
    assert made_with_values() - edits == set(BEGUN), "derive it from EditForm, or say here why nothing is taken back"


@pytest.fixture
def settings(client):
    """The settings' page as an office has it open, and what it would send."""
    browser = client(factories.office())
    return browser, sent_by(posting(browser.get("/settings").text)[-1])


def unit(browser):
    return sent_by(posting(browser.get("/settings").text)[-1])["unit_name"]


def test_a_form_carried_through_a_sign_in_is_still_of_what_was_seen(client, settings):
    other, seen = settings
    person = factories.office(sign_in_name="clerk")
    sent = seen | {"superior": "市直机关工委", "typed_by": carried.owner_mark(person)}
    asked = client().post("/settings", sent)
    other.post("/settings", seen | {"unit_name": "碧湖管理局"})
    browser, again = client(), {"sign_in_name": "clerk", "password": factories.PASSWORD}
    shown = browser.post("/sign-in", again | {"carried": sent_by(posting(asked.text)[-1])["carried"]})
    refused = other.post("/settings", sent_by(posting(shown.text)[-1]))
    assert refused.status_code == 409
    assert unit(other) == ["碧湖管理局"]
    assert "市直机关工委" in refused.text


def test_a_page_from_before_the_field_is_taken_as_it_comes(settings):
    browser, seen = settings
    browser.post("/settings", seen | {"unit_name": "碧湖管理局"})
    del seen["based_on"]
    assert browser.post("/settings", seen).status_code == 303


@pytest.mark.parametrize("told", ["x", "unit_name", "unit_name=", "=,=,", "nothing=1", "based_on=1"])
def test_a_field_that_is_no_ones_breaks_nothing(settings, told):
    browser, seen = settings
    assert browser.post("/settings", seen | {"based_on": told}).status_code in {303, 409}


def test_who_saves_while_the_password_is_proved_is_not_taken_back(client, monkeypatch):
    person, browser, office = factories.member(), client(factories.sysadmin()), client(factories.office())
    prove, path = accounts.prove, f"/people/{person}"
    seen = {who: sent_by(posting(who.get(path).text)[-1]) for who in (browser, office)}

    def prove_slowly(password):
        prove(password)
        assert office.post(path, seen[office] | {"post": "副局长"}).status_code == 303

    monkeypatch.setattr(accounts, "prove", prove_slowly)
    sent = seen[browser] | {"sign_in_name": "another", "own_password": factories.PASSWORD}
    assert browser.post(path, sent).status_code == 409
    assert sent_by(posting(office.get(path).text)[-1])["post"] == ["副局长"]
