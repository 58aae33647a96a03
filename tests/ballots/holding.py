"""Holding a ballot over HTTP, as the one who counts and the witness do it."""

import json
import re

from logbook.ballots import actions, box, closing, erasing, opening, queries
from logbook.ballots.models import Ballot
from logbook.ballots.opening import NewBallot
from logbook.db import db
from logbook.formats import today
from tests import factories
from tests.client import Client, filled

WITNESS = "凌照棠"


class Held:
    """An open ballot: `office` is the browser of whoever counts, `witness` a phone with a code of one day."""

    def __init__(self, office, *, sheet="grades", year=None, witness_name=WITNESS):
        self.office, self.path = office, f"/review/{year or today().year}/ballot"
        clerk = str(filled(office.get(self.path).text, self.path)["clerk_id"][0])
        body = {"sheet": sheet, "clerk_id": clerk, "witness_id": "", "witness_name": witness_name}
        opened = office.post(self.path, body)
        assert opened.status_code == 303, opened.text
        self.ballot_id = max(one.id for one in queries.open_ballots())
        self.classes = {one.voters.value: one.id for one in self.ballot.classes}
        self.phone = Client(office.http.application)
        page = office.post(f"{self.path}/witness-code").text
        self.slip = re.search(r'class="code">([A-Z0-9-]{14})<', page)[1]
        self.code = re.search(r'class="code">([A-Z0-9-]{14})<', self.phone.post("/witness", {"code": self.slip}).text)[
            1
        ]

    @property
    def ballot(self):
        meeting_id = db.session.get(Ballot, self.ballot_id).meeting_id
        return next(one for one in queries.ballots(meeting_id) if one.id == self.ballot_id)

    @property
    def box(self):
        """How it stands: {class letter: its box}."""
        found = box.read(self.ballot_id)
        return {key: found[class_id] for key, class_id in self.classes.items()}

    def to_make(self, key):
        """How many codes of a class may be printed now."""
        ballot = self.ballot
        voters = next(one for one in ballot.classes if one.id == self.classes[key])
        return actions.codes_to_make(ballot, voters, self.box[key])

    def numbers(self, **classes):
        """numbers(a={"sheets": 3, "codes": 2}, …): said by whoever counts."""
        body = {f"{name}{self.classes[key]}": str(n) for key, one in classes.items() for name, n in one.items()}
        return self.office.post(f"{self.path}/numbers", body)

    def press(self, act):
        """A button of the witness's page."""
        page = self.phone.post("/witness", {"code": self.code}).text
        return self.phone.post("/witness/act", filled(page, "/witness/act") | {"act": act})

    def begin(self, **classes):
        """The numbers, confirmed."""
        self.numbers(**classes)
        assert self.press("confirm").status_code == 200
        return self

    def codes(self, key):
        """The codes of a class, as they are printed."""
        page = self.office.post(f"{self.path}/{self.classes[key]}/codes").text
        return re.findall(r'class="code">([A-Z0-9-]{14})<', page)

    def back(self, key, n):
        return self.office.post(f"{self.path}/{self.classes[key]}/back", {"back": str(n)})

    def clear(self, key):
        """Both typings thrown away, as the page that stands now has it."""
        path = f"{self.path}/{self.classes[key]}/back"
        return self.office.post(path, {"again": "1", "turn": str(self.box[key].turn)})

    def press_again(self, key, typing, bundle):
        """One typing of a bundle thrown away."""
        path = f"{self.path}/{self.classes[key]}/{typing}/again"
        return self.office.post(path, {"bundle": str(bundle), "turn": str(self.box[key].turn)})

    def type_in(self, key, typing, sheets, browser=None):
        """Sheets as dicts of keys, sent in their bundles as the page's script does."""
        browser, path = browser or self.office, f"{self.path}/{self.classes[key]}/{typing}"
        for number, size in enumerate(box.sizes(len(sheets))):
            *earlier, last = sheets[:size]
            sheets = sheets[size:]
            body = {"bundle": str(number), "sheets": json.dumps(earlier)} | last
            answer = browser.post(path, body, headers={"Accept": "application/json"})
            assert answer.status_code == 200, answer.text
        return answer

    def paper(self, key, sheets):
        """Count the sheets and type them in, twice alike."""
        self.back(key, len(sheets))
        for typing in ("first", "second"):
            self.type_in(key, typing, sheets)

    def close(self):
        """Closed by both; the office's page afterwards."""
        self.office.post(f"{self.path}/close", {"sealed_by": "钱玥、凌照棠"})
        answer = self.press("agree")
        assert answer.status_code == 200, answer.text
        return self.office.get(self.path).text


def open_in_domain(meeting, clerk, sheet, numbers):
    """A ballot opened and confirmed past HTTP: {class letter: class id}. Committed."""
    new = NewBallot(sheet, clerk.person_id, None, WITNESS)
    ballot = opening.open_ballot(meeting, new, by=clerk, at=factories.AT)
    db.session.expire_all()
    ballot = queries.ballot(meeting.id)
    classes = {one.voters.value: one.id for one in ballot.classes}
    opening.set_numbers(ballot, {classes[key]: one for key, one in numbers.items()})
    opening.confirm(ballot, opening.numbers_as_shown(ballot), at=factories.AT)
    db.session.commit()
    return classes


def close_in_domain(meeting_id):
    """Closed, its box gone: the counts."""
    ballot = queries.ballot(meeting_id)
    closing.close(ballot, at=factories.AT)
    db.session.commit()
    assert erasing.erase(ballot)
    ballot = queries.ballot(meeting_id)
    closing.note_erased(ballot, at=factories.AT)
    db.session.commit()
    counts = queries.counts(ballot.id)
    db.session.commit()  # or the turn to write would be held
    return counts
