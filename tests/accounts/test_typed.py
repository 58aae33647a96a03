"""K9: codes and sign-in names as a Chinese keyboard types them."""

import pytest

from logbook.accounts import actions
from logbook.accounts.models import Person
from logbook.db import db
from logbook.formats import now, typed_code, typed_name
from tests import factories

GOOD = "环湖 步道 照明 九月"


@pytest.mark.parametrize(
    "typed",
    ["ＡＰＹＡ－２３４５－ＨＪＫＭ", "apya 2345 hjkm", "APYA–2345—HJKM", "APYA−2345‑HJKM", "APYA\u200b2345\ufeffHJKM",
     "　APYA──2345ーＨＪＫＭ\n", "APYA2345HJKM\u2060\ufe0f", "A-P-Y-A-2-3-4-5-H-J-K-M",
     "APYA\u30002345\u3000HJKM\u2800"],
)  # fmt: skip
def test_a_code_is_read_however_it_was_typed(typed):
    assert typed_code(typed) == "APYA2345HJKM"


@pytest.mark.parametrize("typed", ["ｌｉｓｉ８", "LiSi8", " lisi8\u200b", "ＬＩＳＩ８　", "lisi8\ufeff"])
def test_a_sign_in_name_too(client, typed):
    factories.office(sign_in_name="lisi8")
    assert typed_name(typed) == "lisi8"
    assert client().post("/sign-in", {"sign_in_name": typed, "password": factories.PASSWORD}).status_code == 303


def test_dashes_of_a_name_are_one_dash_and_nothing_is_nothing():
    assert {typed_name(f"li{dash}si") for dash in "-–—－‑−"} == {"li-si"}
    assert typed_code(None) == typed_name(None) == typed_code(" -—") == ""


def test_a_code_and_a_name_full_width_open_the_account(client):
    person = factories.office(sign_in_name="lisi8")
    code = actions.issue_code(person, by=None, at=now())
    db.session.commit()
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    answer = client().post("/code", {"sign_in_name": "ＬｉＳｉ８", "code": wide, "password": GOOD})
    assert answer.status_code == 303


def test_an_account_is_made_under_the_folded_name(client):
    body = {"name": "李四", "official_order": "3", "sign_in_name": "ＬＩＳＩ", "active": "y"}
    admin = client(factories.sysadmin())
    assert admin.post("/people/new", body | {"own_password": factories.PASSWORD}).status_code == 303
    assert db.session.query(Person).filter_by(name="李四").one().sign_in_name == "lisi"
