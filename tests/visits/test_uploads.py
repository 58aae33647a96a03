"""A file follows its record in pieces: whatever is lost on the way, it comes whole, once, and only where it may."""

import hashlib
import io
import os
import re
import threading
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from logbook.config import MIB
from logbook.db import db
from logbook.formats import now, today
from logbook.visits import attachments
from logbook.visits.models import Attachment, LockedYear, Visit, VisitVersion
from logbook.visits.uploads import Piece, Upload
from tests import factories

KEY = "photo-00001"
JSON = {"Accept": "application/json"}


def photo():
    file = io.BytesIO()
    Image.radial_gradient("L").resize((120, 90)).save(file, "JPEG", quality=90)
    return file.getvalue()


PHOTO = photo()  # about a thousand bytes
WHOLE = len(PHOTO)


@pytest.fixture
def member():
    return factories.member()


@pytest.fixture
def visit(member):
    return factories.visit(member, visited_on=today())


@pytest.fixture
def phone(client, member):
    return client(member)


@pytest.fixture
def send(phone, visit):
    """Sends bytes a…b of a file under a key; another person's browser or another file can be said."""

    def sending(start=0, end=None, *, content=PHOTO, key=KEY, by=phone, to=visit, **headers):
        end = len(content) if end is None else min(end, len(content))
        named = {"Content-Range": f"bytes {start}-{end - 1}/{len(content)}", "Upload-Name": quote("码头.jpg")}
        path = f"/visits/{to}/uploads/{key}"
        return by.put(path, content[start:end], headers={**JSON, **named, **headers})

    return sending


def stored(visit):
    return db.session.query(Attachment).filter_by(visit_id=visit).order_by(Attachment.id).all()


def pieces(app):
    return sorted(path.name for path in (app.config["INSTANCE"] / "uploads").iterdir())


def test_a_photo_in_pieces_becomes_an_attachment_without_a_new_version(app, send, phone, visit):
    assert [send(0, 500).json, send(500, 900).json] == [{"have": 500}, {"have": 900}]
    assert phone.get(f"/visits/{visit}/uploads/{KEY}").json == {"have": 900}
    done = send(900)
    (file,) = stored(visit)
    receipt = {"digest": file.digest, "name": "码头.jpg"}
    assert (done.status_code, done.json, file.client_key, pieces(app)) == (201, receipt, KEY, [])
    assert phone.get(f"/visits/{visit}/uploads/{KEY}").json == receipt
    assert attachments.path_of(app.config["INSTANCE"] / "attachments", file.digest).exists()
    assert (db.session.get(Visit, visit).version, db.session.query(VisitVersion).count()) == (1, 1)
    assert f"/attachments/{file.id}" in phone.get(f"/visits/{visit}").text


FAULTS = st.sampled_from(("none", "request", "half", "answer", "old", "other"))
SIZES = st.sampled_from((1, 2, WHOLE - 1, WHOLE)) | st.integers(1, WHOLE)


@given(steps=st.lists(st.tuples(SIZES, FAULTS), max_size=12))
def test_whatever_is_lost_on_the_way_it_comes_whole_and_once(app, client, steps):
    """Pieces of any size; a request, half of it or its answer is lost, an old piece comes late, a wrong one is sent."""
    line = Line(client, factories.member())
    for size, fault in [*steps, (WHOLE, "none"), (WHOLE, "none")]:
        line.send(size, fault)
    (file,) = stored(line.visit)
    (expected,) = attachments.keep(app.config["INSTANCE"] / "expected", [("a.jpg", io.BytesIO(PHOTO))])
    assert file.digest == line.digest == expected.digest
    again = line.put(0, 1)
    assert (again.status_code, again.json["digest"], len(stored(line.visit))) == (201, file.digest, 1)


class Line:
    """A phone that sends PHOTO over a bad line: it knows only what it was answered."""

    def __init__(self, client, member):
        self.browser, self.visit = client(member), factories.visit(member, visited_on=today())
        self.path = f"/visits/{self.visit}/uploads/{KEY}"
        self.have, self.digest = 0, None

    def send(self, size, fault):
        start = min(self.have, WHOLE - 1)
        end = min(start + size, WHOLE)
        if fault == "old":
            self.put(0, size)
        elif fault == "other":
            self.put(WHOLE // 2, WHOLE // 2 + 1)
        if fault == "half":
            assert self.put(start, end, cut=1).status_code in {400, 201}
        elif fault != "request":
            self.hear(self.put(start, end))
        if fault in {"half", "answer"}:
            self.hear(self.browser.get(self.path, headers=JSON))

    def hear(self, answer):
        assert answer.status_code in {200, 201, 202, 409}
        self.have, self.digest = answer.json.get("have", WHOLE), answer.json.get("digest")

    def put(self, start, end, cut=0):
        named = {"Content-Range": f"bytes {start}-{end - 1}/{WHOLE}", "Upload-Name": "a.jpg"}
        return self.browser.put(self.path, PHOTO[start : end - cut], headers=JSON | named)


@pytest.mark.parametrize(
    ("start", "end", "status", "have"),
    [(0, 500, 202, 500), (0, 400, 409, 500), (400, 600, 409, 500), (501, 600, 409, 500), (WHOLE - 1, WHOLE, 409, 500)],
)
def test_a_piece_that_is_not_the_next_is_answered_with_how_far_it_came(app, send, start, end, status, have):
    assert send(100, 200).json == {"have": 0}
    send(0, 500)
    answer = send(start, end)
    assert (answer.status_code, answer.json) == (status, {"have": have})
    assert send(500).status_code == 201


@pytest.mark.parametrize(
    "said",
    [
        "", "bytes", "bytes 0-9", f"bytes 9-0/{WHOLE}", "bytes 0-9/9", "bytes 0-9/*", "bytes */10", "bytes -9/10",
        "items 0-9/10", "bytes 0-9/10 ", "bytes 0-9/10,20-29/30", "bytes 0-9/99999999999", "bytes 0-8/10",
        "bytes 0-10/20", "bytes +0-9/10", "bytes 0-9/10\xb2",
    ],
)  # fmt: skip
def test_a_range_that_is_nonsense_or_not_what_was_sent_is_refused(app, send, said):
    answer = send(0, 10, **{"Content-Range": said})
    assert (answer.status_code, "没有收完整" in answer.json["error"]) == (400, True)
    assert not (app.config["INSTANCE"] / "uploads").exists()


@pytest.mark.parametrize("said", [f"bytes 0-{MIB}/{2 * MIB}", "bytes 0-9/10"])
def test_a_piece_is_one_mebibyte_at_most(send, said):
    answer = send(content=b"x" * (MIB + 1), **{"Content-Range": said})
    assert (answer.status_code, "分段" in answer.json["error"]) == (413, True)


def test_a_file_of_ten_mebibytes_comes_in_ten_pieces_and_one_byte_more_is_refused(app, send, visit):
    content = b"%PDF-" + b"x" * (10 * MIB - 5)
    for n in range(9):
        assert send(n * MIB, (n + 1) * MIB, content=content).json == {"have": (n + 1) * MIB}
    assert send(9 * MIB, content=content).status_code == 201
    assert stored(visit)[0].size == 10 * MIB
    refused = send(0, 9, content=content + b"x", key="another-one")
    assert (refused.status_code, refused.json) == (422, {"files": "“码头.jpg”没有保存：超过10 MB。"})
    assert pieces(app) == []


@pytest.mark.parametrize(("content", "why"), [(b"<html>" * 99, "只收pdf"), (PHOTO[:300], "打不开")])
def test_what_is_no_picture_is_refused_and_forgotten(app, send, phone, visit, content, why):
    send(0, 200, content=content)
    refused = send(200, content=content)
    assert (refused.status_code, "“码头.jpg”没有保存" in refused.json["files"]) == (422, True)
    assert why in refused.json["files"]
    assert (stored(visit), pieces(app)) == ([], [])
    assert phone.get(f"/visits/{visit}/uploads/{KEY}").json == {"have": 0}


@pytest.mark.parametrize("other", [factories.member, factories.leader, factories.office])
def test_nobody_adds_to_anothers_record(app, client, send, visit, other):
    stranger = client(other())
    answers = [send(by=stranger), send(by=stranger, to=99999), stranger.get(f"/visits/{visit}/uploads/{KEY}")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.text for answer in answers}) == 1, "a hidden record is answered like an absent one"
    assert (stored(visit), (app.config["INSTANCE"] / "uploads").exists()) == ([], False)


def test_two_people_at_one_record_do_not_mix_their_pieces(client, send, member):
    clerk = factories.office()
    visit, other = factories.visit(member, visited_on=today(), entered_by_id=clerk), client(clerk)
    send(0, 500, to=visit)
    assert send(500, to=visit, by=other).json == {"have": 0}
    assert send(to=visit, by=other).status_code == 201
    assert send(500, to=visit).status_code == 201
    assert [file.added_by_id for file in stored(visit)] == [clerk]


def close_year(visit):
    db.session.add(LockedYear(year=today().year, locked_at=now(), locked_by_id=factories.office()))


def withdraw(visit):
    db.session.get(Visit, visit).withdrawn_at = now()


def decline(visit):
    db.session.get(Visit, visit).declined_at = now()


@pytest.mark.parametrize(("happens", "why"), [(close_year, "已归档"), (withdraw, "已撤销"), (decline, "未参加")])
def test_a_record_that_takes_nothing_more_refuses_and_says_why(app, send, phone, visit, happens, why):
    send(0, 500)
    happens(visit)
    db.session.commit()
    asked, refused = phone.get(f"/visits/{visit}/uploads/{KEY}"), send(500)
    assert (asked.status_code, refused.status_code, asked.json) == (422, 422, refused.json)
    assert why in refused.json["files"]
    assert (stored(visit), pieces(app)) == ([], [])


def test_what_was_attached_before_the_year_was_closed_keeps_its_receipt(send, phone, visit):
    receipt = send().json
    close_year(visit)
    db.session.commit()
    again = send(0, 100)
    assert (again.status_code, again.json) == (201, receipt)
    assert phone.get(f"/visits/{visit}/uploads/{KEY}").json == receipt


def test_the_ninth_file_is_refused_before_its_bytes_are_sent(app, send, visit):
    assert [send(key=f"photo-{n:05}").status_code for n in range(8)] == [201] * 8
    refused = send(0, 10, key="photo-00008")
    assert (refused.status_code, refused.json) == (422, {"files": "一条记录最多8个附件。"})
    assert send(key="photo-00003").status_code == 201
    assert (len(stored(visit)), pieces(app)) == (8, [])


def test_a_correction_counts_what_followed_the_record(send, phone, visit):
    for n in range(8):
        send(key=f"photo-{n:05}")
    form = {"visited_on": today().isoformat(), "place": "县城", "kinds": "research", "level": "group", "reason": "x"}
    form |= {"based_on": "1", "findings": "更正。"}
    path = f"/visits/{visit}/correct"
    refused = phone.post(path, form | {"files": [(io.BytesIO(b"%PDF-1.7 x"), "九.pdf")]})
    assert (refused.status_code, "最多8个附件" in refused.text) == (422, True)
    # The same picture again is no ninth file.
    assert phone.post(path, form | {"files": [(io.BytesIO(PHOTO), "a.jpg")]}).status_code == 303
    assert (len(stored(visit)), db.session.get(Visit, visit).version) == (8, 2)


def test_what_came_whole_before_the_server_died_is_attached_by_any_repeat(app, send, phone, member, visit):
    for key, (start, end) in {"photo-00001": (WHOLE - 1, WHOLE), "photo-00002": (0, 500)}.items():
        upload = Upload(app.config["INSTANCE"] / "uploads", member, visit, key)
        assert upload.add(Piece(0, WHOLE, PHOTO), now()) == (WHOLE, PHOTO)
        assert phone.get(f"/visits/{visit}/uploads/{key}").json == {"have": WHOLE - 1}
        assert send(start, end, key=key).status_code == 201
    assert (len(stored(visit)), pieces(app)) == (2, [])


def test_what_a_cut_left_behind_the_counted_bytes_is_not_looked_at(app, send, phone, visit):
    content = b"%PDF-1.7" + b"x" * 992
    send(0, 500, content=content)
    (name,) = pieces(app)
    with (app.config["INSTANCE"] / "uploads" / name).open("ab") as file:
        file.write(b"\0" * 5000)
    assert phone.get(f"/visits/{visit}/uploads/{KEY}").json == {"have": 500}
    assert send(500, content=content).status_code == 201
    assert stored(visit)[0].digest == hashlib.sha256(content).hexdigest()


def test_a_file_of_another_length_under_the_same_key_begins_anew(app, send, visit):
    send(0, 500, content=b"%PDF-1.7" + b"x" * 999)
    assert send(500, 600).json == {"have": 0}
    assert send(0, 600).json == {"have": 600}
    assert len(pieces(app)) == 1
    assert send(600).status_code == 201


def test_what_nobody_went_on_with_for_a_week_goes_when_the_next_begins(app, send):
    send(0, 500)
    send(0, 500, key="photo-00002")
    old, young = (app.config["INSTANCE"] / "uploads" / name for name in pieces(app))
    for path, days in ((old, 7.1), (young, 6.9)):
        os.utime(path, (time.time() - days * 86400,) * 2)
    send(0, 500, key="photo-00003")
    assert (old.exists(), young.exists(), len(pieces(app))) == (False, True, 2)


def test_the_last_piece_sent_by_many_at_once_attaches_one_file(app, client, send, member, visit):
    send(0, 500)
    token, answers = factories.sign_in(member), []

    def go_on():
        http = app.test_client()
        http.set_cookie("logbook", token)
        headers = JSON | {"Content-Range": f"bytes 500-{WHOLE - 1}/{WHOLE}"}
        answers.append(http.put(f"/visits/{visit}/uploads/{KEY}", data=PHOTO[500:], headers=headers))

    threads = [threading.Thread(target=go_on) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # One that came when all was over and its pieces gone, but had looked before, is told to begin and will be told 201.
    assert {answer.status_code for answer in answers} - {409} == {201}
    assert (len(stored(visit)), send().status_code) == (1, 201)


@pytest.mark.parametrize("key", ["short", "x" * 65, "with.dots", "空空空空空空空空", "a" * 7 + "%2F"])
def test_a_key_is_letters_and_digits(send, key):
    assert send(key=key).status_code == 404


def test_answers_are_in_the_readers_language(phone, send):
    phone.http.set_cookie("language", "en")
    assert "again" in send(0, 10, **{"Content-Range": "x"}).json["error"]
    assert send(content=b"MZ" * 50).json["files"].endswith("does not help.")


def test_a_piece_needs_its_sender_signed_in_and_the_pages_token(app, client, phone, send):
    assert send(by=client()).status_code == 401
    app.config["WTF_CSRF_ENABLED"] = True
    assert send(0, 500).status_code == 400
    token = re.search(r'name="csrf_token" value="([^"]+)"', phone.get("/visits/new").text)[1]
    assert send(0, 500, **{"X-CSRFToken": token}).json == {"have": 500}


def test_after_a_restored_backup_a_photo_goes_to_no_other_record(app, send, visit):
    """The phone was told of a record; under its number there is another one now, of the same member."""
    db.session.query(VisitVersion).filter_by(visit_id=visit).update({"digest": "b" * 64})
    db.session.commit()
    for other in ({}, {"Upload-For": ""}, {"Upload-For": "a" * 64}):
        refused = send(0, 500, **other)
        assert (refused.status_code, "不是附件所属的那一条" in refused.json["files"]) == (422, True)
    assert (stored(visit), pieces(app) if (app.config["INSTANCE"] / "uploads").exists() else []) == ([], [])
    assert send(**{"Upload-For": "b" * 64}).status_code == 201
