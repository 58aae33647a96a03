"""The frame of every answer: headers, packing, error pages, expired forms; the database's commands."""

import re
import time

import pytest
import sqlalchemy as sa
from flask import g
from sqlalchemy.orm import load_only

from logbook import config
from logbook.accounts import carried
from logbook.app import WordedBabel, create_app
from logbook.db import LazyLoad, db
from logbook.gate import ARRIVED
from logbook.organization.models import Branch, SecretaryTerm
from tests import factories


def test_every_page_is_strict_and_stays_private(client):
    answer = client(factories.office()).get("/")
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for name in ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Permissions-Policy"):
        assert answer.headers[name]
    assert "Strict-Transport-Security" not in answer.headers
    assert client().get("/sign-in", base_url="https://localhost").headers["Strict-Transport-Security"]


def test_what_never_changes_is_kept_and_packed(client):
    style = re.search(r'href="(/static/\w+/style.css)"', client().get("/sign-in").text)[1]
    answer = client().get(style, headers={"Accept-Encoding": "gzip"})
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    page = client(factories.office()).http.get("/visits", headers={"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("path", "status"), [("/nowhere", 404), ("/visits/99999999999999", 404), ("/static/none.css", 404)]
)
def test_an_address_that_is_not_there(client, path, status):
    answer = client(factories.office()).get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (status, "no-store")


def test_an_error_is_told_in_json_to_who_asks_so(client):
    answer = client(factories.office()).get("/nowhere", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]) == (404, "404")


def test_the_server_is_behind_as_many_proxies_as_it_is_told(tmp_path):
    app = create_app({"INSTANCE": str(tmp_path), "TESTING": True, "PROXIES": 1, "SECRET_KEY": "x"})
    assert type(app.wsgi_app).__name__ == "ProxyFix"


def test_the_secret_key_is_made_once_and_private(tmp_path):
    first, second = config.load({"INSTANCE": str(tmp_path)}), config.load({"INSTANCE": str(tmp_path)})
    assert first["SECRET_KEY"] == second["SECRET_KEY"]
    assert len(first["SECRET_KEY"]) > 40
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_a_form_left_open_too_long_is_shown_again(app, client):
    app.config["WTF_CSRF_ENABLED"] = True
    member, branch = factories.member(), factories.branch()
    typed = {"findings": "写了一半的话", "branch_id": str(branch), "csrf_token": "stale"}
    with app.test_request_context():
        typed["typed_by"] = carried.owner_mark(member)
    answer = client(member).post("/visits/new", typed)
    assert answer.status_code == 400
    assert "写了一半的话" in answer.text
    assert client(member).post("/sign-out", {"csrf_token": "stale"}).status_code == 400
    assert client().post("/sign-in", {"csrf_token": "stale"}).status_code == 303
    assert client().post("/visits/new", typed).status_code == 401
    assert client().post("/language", {"csrf_token": "stale"}).status_code == 400
    assert client(member).post("/people/new", typed).status_code == 403
    assert client(member).post("/visits/999/correct", typed).status_code == 404
    told = client(member).post("/visits/new", typed, headers={"Accept": "application/json"})
    assert (told.status_code, told.mimetype) == (400, "application/json")


def test_nothing_loads_behind_the_pages_back(app):
    factories.term(factories.branch(), factories.person())
    term = db.session.scalars(sa.select(SecretaryTerm)).one()
    with pytest.raises(LazyLoad, match="queries"):
        _ = term.person


def test_no_column_is_read_that_its_query_left_out(app):
    factories.branch("森林党支部", host_unit="森林公园")
    branch = db.session.scalars(sa.select(Branch).options(load_only(Branch.name))).one()
    with pytest.raises(LazyLoad, match=r"host_unit.*of Branch.*queries"):
        _ = branch.host_unit
    db.session.rollback()
    assert (branch.name, branch.host_unit) == ("森林党支部", "森林公园")  # what a rollback expired is read again


def test_the_commands_of_the_database(tmp_path):
    app = create_app({"INSTANCE": str(tmp_path), "SECRET_KEY": "x", "TESTING": True})
    with app.app_context():
        assert run(app, "db-version").output.split()[0] == "-"
        assert run(app, "db-upgrade").exit_code == 0
        current, head, people = run(app, "db-version").output.split()
        assert (current == head, people) == (True, "nobody")
        assert run(app, "db-check").exit_code == 0
        with db.engine.begin() as connection:
            connection.execute(sa.text("DROP TABLE directive"))
        wrong = run(app, "db-check")
        assert wrong.exit_code == 1
        assert "directive" in wrong.output
        db.session.remove()
        db.engine.dispose()


def run(app, command):
    return app.test_cli_runner().invoke(args=[command])


def test_it_answers_that_it_is_well(client):
    assert client().get("/health").json == {"status": "ok"}


def test_texts_looked_up_do_not_pile_up(app, monkeypatch):
    monkeypatch.setattr("logbook.app.MOST_TEXTS", 40)
    look = WordedBabel.domain_instance.gettext
    for _request in range(3):
        with app.test_request_context("/", environ_overrides={ARRIVED: time.monotonic()}):
            app.preprocess_request()
            assert [look(f"有人写的第{n}段") for n in range(50)] == [f"有人写的第{n}段" for n in range(50)]
            assert len(g.texts) <= 40
