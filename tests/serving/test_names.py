"""Under which name the house is asked for, and that no answer leads to another."""

import pytest

from logbook.app import create_app
from logbook.db import db

FOREIGN = [
    "evil.example",
    "evil.example:443",
    "jlb.example.gov.cn.evil.example",
    "jlb.example.gov.cn, evil.example",
    "jlb@evil",
    "[::2]",
]
OWN = ["jlb.example.gov.cn", "JLB.example.gov.cn:443", "jlb.example.gov.cn.", "127.0.0.1:8000", "localhost", "[::1]:80"]


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """ask(host, path, **headers) of an application that knows its name and stands behind one proxy."""
    monkeypatch.setenv("LOGBOOK_HOSTS", "jlb.example.gov.cn, 10.1.2.3")
    monkeypatch.setenv("LOGBOOK_PROXIES", "1")
    app = create_app({"INSTANCE": str(tmp_path), "SECRET_KEY": "x" * 32})
    with app.app_context():
        db.create_all()
        yield lambda host, **headers: app.test_client().get("/health", headers={"Host": host, **headers})
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("host", FOREIGN)
def test_under_a_foreign_name_nothing_is_answered(ask, host):
    answer = ask(host)
    assert (answer.status_code, "这不是本系统的网址" in answer.text) == (400, True)
    assert "evil" not in answer.text + str(answer.headers)
    assert ask("jlb.example.gov.cn", **{"X-Forwarded-Host": host}).status_code == 400


@pytest.mark.parametrize("host", OWN)
def test_under_its_own_names_it_answers(ask, host):
    assert ask(host).status_code == 200
    assert ask("10.1.2.3", **{"X-Forwarded-Host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/visits//1", "//evil.example/visits", "/visits/", "/static"])
def test_where_no_name_is_set_no_answer_names_the_one_that_was_sent(client, path):
    answer = client().get(path, base_url="http://evil.example")
    assert "evil.example" not in answer.headers.get("Location", "")
    assert answer.status_code in {302, 404}
