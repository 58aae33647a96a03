"""Codes, accounts and roles of before the second person come through the upgrade."""

import pytest
import sqlalchemy as sa

from logbook import schema
from logbook.access import Role
from logbook.accounts import queries
from logbook.accounts.models import OneTimeCode
from logbook.app import create_app
from logbook.db import db
from tests.conftest import POSTGRES, drop_database, new_database

BEFORE = """
INSERT INTO person (id, name, pinyin, post, official_order, active, sign_in_name, password_hash, grants_seen)
VALUES (1, '王玥', 'wang yue', '', 1, true, 'wangyue', 'x', 0), (2, '李四', 'li si', '', 2, true, 'ＬiSi', NULL, 0);
INSERT INTO role_grant (id, person_id, role, granted_at) VALUES (1, 1, 'office', '2026-01-04 01:00:00');
INSERT INTO one_time_code (id, person_id, code_hash, issued_at, issued_by_id, expires_at, used_at)
VALUES (1, 1, 'a', '2026-01-04 01:00:00', NULL, '2026-01-11 01:00:00', '2026-01-05 01:00:00'),
       (2, 2, 'b', '2026-01-04 01:00:00', 1, '2099-01-11 01:00:00', NULL)
"""


@pytest.fixture
def before(tmp_path):
    name, url = new_database() if POSTGRES else ("", f"sqlite:///{tmp_path / 'logbook.db'}")
    app = create_app({"INSTANCE": str(tmp_path), "SECRET_KEY": "x", "TESTING": True, "SQLALCHEMY_DATABASE_URI": url})
    with app.app_context():
        schema.upgrade("0008")
        with db.engine.begin() as connection:
            for statement in BEFORE.split(";"):
                connection.execute(sa.text(statement))
        yield
        db.session.remove()
        db.engine.dispose()
    if name:
        drop_database(name)


def test_what_was_there_is_there_and_old_codes_are_no_longer_good(before):
    schema.upgrade()
    assert schema.differences() == []
    used, unused = db.session.query(OneTimeCode).order_by(OneTimeCode.id)
    assert (used.acknowledged_at, used.keyed, unused.keyed) == (used.used_at, False, False)
    assert queries.code_before_keys("b", used.issued_at).id == 2
    assert queries.roles_of(1) == {Role.OFFICE}
    assert queries.can_sign_in(Role.OFFICE, used.issued_at)
    assert [one.sign_in_name for one in queries.people()] == ["wangyue", "lisi"]
    assert not queries.person(1).code_to_acknowledge
