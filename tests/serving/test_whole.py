"""Nothing is taken that is not whole: every form, cut at random places, through the server and through nginx."""

import json
import random
import shlex
import subprocess
import sys

import pytest
import sqlalchemy as sa

from logbook.access import Role
from logbook.accounts.models import RoleGrant
from logbook.db import db
from tests import factories
from tests.browser.conftest import house_in
from tests.conftest import THOROUGH
from tests.door.conftest import free_port
from tests.serving.conftest import (
    ROOT,
    application,
    form_of,
    inside,
    nginx,
    session_cookie,
    state,
    stored,
    wait_for,
)
from tests.serving.forms import every_form
from tests.serving.wire import FORM, ask, cut, get, head, multipart, post, urlencoded

CUTS = 200 if THOROUGH else 4  # of every form, on each way
ENDINGS = {"accounts.sign_out"}  # what comes after them would find nobody signed in


@pytest.fixture(scope="module")
def bureau(tmp_path_factory):
    """The sample bureau, served; `cookies` has somebody of each role."""
    with house_in(tmp_path_factory.mktemp("whole") / "instance") as house:
        house.flask("sample", "--seed", "7", "--visits", "60")
        with inside(house):
            house.cookies = [session_cookie(_signed_in(role)) for role in Role]
        with house.served():
            yield house


def _signed_in(role):
    return factories.sign_in(db.session.scalars(sa.select(RoleGrant.person_id).where(RoleGrant.role == role)).first())


@pytest.fixture(scope="module")
def forms(bureau):
    return every_form(application(bureau), bureau.port, bureau.cookies)


def cut_every_form(port, forms, cuts, chance):
    """Send each form `cuts` times without its end."""
    for path, cookie, fields in forms.values():
        for n in range(cuts):
            kind, body = (urlencoded, multipart)[n % 2](fields)
            top, body = post(path, cookie, kind, body)
            assert cut(port, top, body[: chance.randrange(len(body))]) in {0, 400}, path


def test_of_a_form_that_is_cut_nothing_is_stored_and_the_whole_is_taken_afterwards(bureau, forms, tmp_path):
    assert len(forms) > 60
    before, chance = state(bureau), random.Random(7)  # noqa: S311 - places to cut, no secret
    cut_every_form(bureau.port, forms, CUTS, chance)
    assert state(bureau) == before
    with nginx(bureau.port, tmp_path / "nginx") as ports:
        for port in ports:
            cut_every_form(port, forms, max(1, CUTS // 4), chance)
    assert state(bureau) == before
    for n, endpoint in enumerate(sorted(forms, key=ENDINGS.__contains__)):
        path, cookie, fields = forms[endpoint]
        status, said = ask(bureau.port, *post(path, cookie, *(urlencoded, multipart)[n % 2](fields)))
        assert status in {200, 201, 303, 401, 403, 404, 405, 409, 422}, (endpoint, said)
    assert state(bureau) != before


@pytest.mark.parametrize("encode", [urlencoded, multipart])
def test_the_whole_record_is_taken_after_its_half(small_house, encode):
    cookie, fields = form_of(small_house)
    fields["findings"] = "".join(f"第{n}句，写在车上。" for n in range(200))
    top, body = post(
        "/visits/new", cookie, *encode([*fields.items(), ("client_key", "key-000001")]), Accept="application/json"
    )
    assert cut(small_house.port, top, body[: len(body) * 2 // 3]) in {0, 400}
    assert small_house.rows("SELECT * FROM visit") == []
    status, said = ask(small_house.port, top, body)
    assert (status, stored(small_house)) == (201, [fields["findings"]])
    assert ask(small_house.port, top, body)[0] == 201, "the same once more is the same record"
    assert len(stored(small_house)) == 1, said


def test_what_does_not_say_its_length_is_refused(small_house):
    cookie, fields = form_of(small_house)
    body = urlencoded(fields)[1]
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    status, said = ask(
        small_house.port, head("POST", "/visits/new", cookie, Content_Type=FORM, Transfer_Encoding="chunked"), chunked
    )
    assert (status, "没有写明长度" in said, stored(small_house)) == (411, True, [])
    told = head(
        "POST", "/visits/new", cookie, Content_Type=FORM, Transfer_Encoding="chunked", Accept="application/json"
    )
    assert "长度" in json.loads(ask(small_house.port, told, chunked)[1].partition("\n\n")[2])["error"]
    for nonsense in ("-1", "+5", "１", "9" * 30):
        assert (
            ask(
                small_house.port, head("POST", "/visits/new", cookie, Content_Type=FORM, Content_Length=nonsense), body
            )[0]
            == 400
        )


OTHERS = {
    "granian, WSGI": "-m granian --interface wsgi --factory --no-log --port {port} logbook.app:create_server_app",
    "the standard library's": "-c 'from wsgiref.simple_server import make_server; from logbook.app import create_app; "
    'make_server("127.0.0.1", {port}, create_app()).serve_forever()\'',
    "Werkzeug's": "-m flask --app logbook.app run --port {port}",
}


@pytest.mark.parametrize("name", OTHERS)
def test_any_other_server_takes_no_half_either(small_house, name):
    port = free_port()
    argv = shlex.split(OTHERS[name].format(port=port))
    other = subprocess.Popen([sys.executable, *argv], env=small_house.environment, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: get(port, "/health")[0] == 200)
        cookie, fields = form_of(small_house)
        top, body = post("/visits/new", cookie, *urlencoded(fields))
        assert cut(port, top, body[: len(body) // 2]) in {0, 400}
        assert (stored(small_house), ask(port, top, body)[0]) == ([], 303)
        chunked = head("POST", "/visits/new", cookie, Content_Type=FORM, Transfer_Encoding="chunked")
        assert ask(port, chunked, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))[0] in {411, 501}
        assert len(stored(small_house)) == 1
    finally:
        other.terminate()
        other.wait()
