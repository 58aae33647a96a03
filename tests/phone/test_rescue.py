"""Rescue files: carried out once as the member's own; a damaged one is refused whole, with its line."""

import base64
import datetime as dt
import logging
import re
import string

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from logbook.access import Role
from logbook.accounts.models import Person, RoleGrant
from logbook.db import db
from logbook.errors import RuleBroken
from logbook.formats import now, today
from logbook.phone import keys, rescue
from logbook.visits.models import LockedYear, Visit, VisitVersion
from tests import factories
from tests.phone.rescue_file import line, record, written

TODAY = today()
HOW = "由党办导入救援文件"
LETTERS = f"{string.ascii_letters}{string.digits}-_+/=. ".encode()


@pytest.fixture
def place(app):
    """A member with a liaison branch."""
    member, branch = factories.member(name="王珺"), factories.branch("三岭山森林公园党支部")
    factories.liaison(member, branch, year=TODAY.year)
    return member, branch


@pytest.fixture
def pack(client, place):
    """What the member's phone took along."""
    return client(place[0]).get("/phone/pack").json


@pytest.fixture
def clerk(client):
    return client(factories.office(name="钱玥"))


def fields(branch, **values):
    return {
        "visited_on": TODAY.isoformat(), "branch_id": str(branch), "kinds": ["research", "talk"], "level": "self",
        "findings": "只说给本人的话。",
    } | values  # fmt: skip


def imported(clerk, content):
    """The page's answer to a file; the body is written here, as the test browser's own would leave a file open."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="rescue.txt"\r\n\r\n'
    sent = head + content + b"\r\n--x--\r\n"
    return clerk.post("/rescue", sent, content_type="multipart/form-data; boundary=x")


def told(answer):
    """What the page says of each line, and what it refuses."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>', answer.text)
    return [re.sub(r"<[^>]+>", "", row) for row in rows]


def refused(clerk, content):
    """The refusal of a whole file; nothing of it is stored."""
    answer = imported(clerk, content)
    assert answer.status_code == 422
    assert not told(answer)
    assert db.session.query(Visit).count() == 0
    return re.search(r'<p class="error"[^>]*>(.*?)</p>', answer.text)[1]


def versions():
    return db.session.query(VisitVersion).order_by(VisitVersion.id).all()


# --- a good file ----------------------------------------------------------------------------------


def test_an_empty_page_says_what_to_do(clerk):
    assert 'href="/rescue"' in clerk.get("/").text
    page = clerk.get("/rescue").text
    assert "这里逐条列出结果" in page
    assert "请选择文件。" in clerk.post("/rescue").text


def test_records_are_received_as_the_members_own_and_only_once(clerk, place, pack):
    member, branch = place
    file = written(pack, record("a" * 16, fields(branch)), record("b" * 16, fields(branch, findings="又一次。")))
    first, again = imported(clerk, file), imported(clerk, file)
    numbers = [f"{TODAY.year}-001", f"{TODAY.year}-002"]
    assert told(first) == [f"已收到 {number}" for number in numbers]
    assert told(again) == [f"已有 {number}" for number in numbers]
    assert "王珺的文件，共2条：收到2条，原来已有0条，没有收0条。" in first.text
    stored = db.session.query(Visit).order_by(Visit.seq).all()
    assert [(one.member_id, one.entered_by_id, one.client_key) for one in stored] == [
        (member, member, "a" * 16), (member, member, "b" * 16),
    ]  # fmt: skip
    assert all(one.confirmed_at and one.counts for one in stored)
    assert [(one.by_id, one.reason) for one in versions()] == [(member, HOW)] * 2


def test_the_history_says_how_the_record_came(client, clerk, place, pack):
    imported(clerk, written(pack, record("a" * 16, fields(place[1], level="group"))))
    visit = db.session.query(Visit).one().id
    assert f"最初的登记。{HOW}。" in client(place[0]).get(f"/visits/{visit}/history").text


def test_the_units_own_word_stands_in_the_version(clerk, place, pack):
    factories.setting("office_word", "组织科")
    imported(clerk, written(pack, record("a" * 16, fields(place[1]))))
    assert versions()[0].reason == "由组织科导入救援文件"


def test_the_office_learns_number_branch_and_day_and_no_word_of_the_record(clerk, place, pack, caplog):
    logger = logging.getLogger("logbook.requests")
    logger.disabled = False
    logger.addHandler(caplog.handler)
    try:
        answer = imported(clerk, written(pack, record("a" * 16, fields(place[1], place="码头"))))
    finally:
        logger.removeHandler(caplog.handler)
        logger.disabled = True
    assert "三岭山森林公园党支部" in answer.text
    assert f"{TODAY.month}月{TODAY.day}日" in answer.text
    assert "只说给" not in answer.text + caplog.text
    assert "王珺" not in caplog.text
    assert clerk.get(f"/visits/{db.session.query(Visit).one().id}").status_code == 404


def test_what_the_phone_had_sent_after_all_is_already_there(client, clerk, place, pack):
    member, branch = place
    client(member).post("/visits/new", fields(branch, client_key="a" * 16))
    assert told(imported(clerk, written(pack, record("a" * 16, fields(branch))))) == [f"已有 {TODAY.year}-001"]
    assert len(versions()) == 1


def test_what_a_rule_refuses_holds_no_other_line_back(clerk, place, pack):
    _member, branch = place
    tomorrow = (TODAY + dt.timedelta(days=1)).isoformat()
    file = written(
        pack,
        record("a" * 16, fields(branch, findings="")),
        record("b" * 16, fields(branch, visited_on="other", other_on=tomorrow)),
        record("c" * 16, fields(branch)),
        record("d" * 16, fields(branch, problem_text="机密", problem_category="?")),
    )
    answer = imported(clerk, file)
    said = told(answer)
    assert said[0] == "没有收：基本情况：请写一两行基本情况；没有问题可写“无问题”。"
    assert said[1] == "没有收：日期：下基层日期不能晚于今天。"
    assert said[2] == f"已收到 {TODAY.year}-001"
    assert said[3].startswith("没有收：")
    assert "没有收的还在成员的手机里" in answer.text
    assert db.session.query(Visit).count() == 1


def test_a_closed_year_asks_for_an_addendum(clerk, place, pack):
    member, branch = place
    db.session.add(LockedYear(year=TODAY.year, locked_at=now(), locked_by_id=member))
    db.session.commit()
    answer = imported(clerk, written(pack, record("a" * 16, fields(branch))))
    assert told(answer) == [f"没有收：{TODAY.year}年已归档，请作补充说明。"]


def test_another_record_under_the_same_key_is_not_taken(clerk, place, pack):
    item = record("a" * 16, fields(place[1]))
    said = told(imported(clerk, written(pack, item, record("a" * 16, fields(place[1], findings="另一条。")))))
    assert said == [f"已收到 {TODAY.year}-001", "没有收：同一编号下已收到另一条记录，请成员登录后核对。"]


def test_what_the_office_wrote_on_a_phone_is_entered_for_the_member(client, clerk, place):
    member, branch = place
    desk = factories.office()
    file = written(
        client(desk).get("/phone/pack").json,
        record("a" * 16, fields(branch, level="group", member_id=str(member))),
        record("b" * 16, fields(branch, level="group", member_id="")),
    )
    assert told(imported(clerk, file))[1] == "没有收：党组成员：请选择一位党组成员。"
    visit = db.session.query(Visit).one()
    assert (visit.member_id, visit.entered_by_id, visit.confirmed_at) == (member, desk, None)


# --- corrections ----------------------------------------------------------------------------------


@pytest.fixture
def sent(client, place):
    """A record that the phone had sent, with one problem."""
    values = fields(place[1], level="group", problem_text="码头无遮阳棚", client_key="z" * 16)
    assert client(place[0]).post("/visits/new", values).status_code == 303
    return db.session.query(Visit).one().id


def correction(visit, branch, based_on=1, **values):
    lines = {"problem_text": ["码头无遮阳棚", "路灯不亮"], "problem_line": ["1", ""]}
    typed = fields(branch, level="group", findings="改过。", reason="写漏了", based_on=str(based_on), **lines) | values
    return record("c" * 16, typed, f"/visits/{visit}/correct")


def test_a_correction_is_carried_out_once(clerk, place, pack, sent):
    member, branch = place
    file = written(pack, correction(sent, branch))
    assert told(imported(clerk, file)) == [f"已收到 {TODAY.year}-001"]
    assert told(imported(clerk, file)) == [f"已有 {TODAY.year}-001"]
    (_first, second) = versions()
    assert (second.by_id, second.reason) == (member, f"写漏了（{HOW}）")
    assert '"text":"路灯不亮"' in second.body
    assert db.session.get(Visit, sent).findings == "改过。"


def test_what_waited_too_long_says_so_and_is_recognised_all_the_same(clerk, place, pack):
    old = (TODAY - dt.timedelta(days=30)).isoformat()
    imported(clerk, written(pack, record("a" * 16, fields(place[1], visited_on=old))))
    visit = db.session.query(Visit).one()
    assert (visit.late, visit.late_reason) == (True, "离线保存，联网后送达")
    file = written(pack, correction(visit.id, place[1], visited_on=old, problem_line=["", ""]))
    assert told(imported(clerk, file)) == [f"已收到 {visit.number}"]
    assert told(imported(clerk, file)) == [f"已有 {visit.number}"]
    assert len(versions()) == 2


def test_a_correction_of_what_has_changed_meanwhile_is_not_taken(client, clerk, place, pack, sent):
    member, branch = place
    other = fields(branch, level="group", reason="改", based_on="1")
    assert client(member).post(f"/visits/{sent}/correct", other).status_code == 303
    said = told(imported(clerk, written(pack, correction(sent, branch))))
    assert said == ["没有收：这条记录已有新的版本，请成员登录后再更正。"]


@pytest.mark.parametrize("based_on", ["0", "2", "x"])
def test_a_correction_of_a_version_that_never_was_is_not_taken(clerk, place, pack, sent, based_on):
    said = told(imported(clerk, written(pack, correction(sent, place[1], based_on))))
    assert said == ["没有收：要更正的记录不在，或不是本人的。"]


def test_a_correction_without_its_reason_is_not_taken(clerk, place, pack, sent):
    said = told(imported(clerk, written(pack, correction(sent, place[1], reason=" "))))
    assert said == ["没有收：更正的原因：请写一句更正的原因。"]


def test_nobody_corrects_anothers_record_through_a_file(client, clerk, place, sent):
    other = client(factories.member()).get("/phone/pack").json
    said = told(imported(clerk, written(other, correction(sent, place[1]))))
    assert said == ["没有收：要更正的记录不在，或不是本人的。"]
    assert len(versions()) == 1


# --- whose file it is -----------------------------------------------------------------------------


def test_a_member_whose_account_is_closed_brings_nothing_in(clerk, place, pack):
    member, branch = place
    db.session.get(Person, member).active = False
    db.session.commit()
    said = refused(clerk, written(pack, record("a" * 16, fields(branch))))
    assert said == "王珺的账号已停用或不能登记，没有导入。"


def test_who_is_no_member_any_more_brings_nothing_in(clerk, place, pack):
    member, branch = place
    db.session.query(RoleGrant).filter_by(person_id=member, role=Role.MEMBER).one().ended_at = now()
    db.session.commit()
    assert "不能登记" in refused(clerk, written(pack, record("a" * 16, fields(branch))))


def test_a_person_the_lists_do_not_know(app, clerk):
    secret = app.config["SECRET_KEY"]
    key = base64.b64encode(keys.derived_key(secret, 999)).decode()
    file = written({"key": key, "rescue": keys.rescue_mark(secret, keys.Mark(999))}, record("a" * 16, fields(1)))
    assert "没有这份文件的主人" in refused(clerk, file)


def test_lines_under_another_persons_key_are_refused(client, clerk, place, pack):
    other = client(factories.member()).get("/phone/pack").json
    mixed = pack | {"key": other["key"]}
    assert "第2行有损坏" in refused(clerk, written(mixed, record("a" * 16, fields(place[1]))))


# --- damage ---------------------------------------------------------------------------------------


@pytest.fixture
def good(pack, place):
    """A file of three records."""
    return written(pack, *(record(f"{n}" * 16, fields(place[1], findings="x" * n or "无")) for n in range(3)))


def without(lines, i):
    return lines[:i] + lines[i + 1 :]


DAMAGE = {
    "cut in the first record": (lambda lines: [lines[0], lines[1][:40]], 2),
    "cut in the last record": (lambda lines: [*lines[:3], lines[3][:-1]], 4),
    "the last record missing": (lambda lines: lines[:3], 4),
    "a record missing": (lambda lines: without(lines, 2), 3),
    "two records swapped": (lambda lines: [*lines[:2], lines[3], lines[2]], 3),
    "a record twice": (lambda lines: [*lines, lines[3]], 5),
    "an empty line": (lambda lines: [*lines[:2], b"", *lines[2:]], 3),
    "another count": (lambda lines: [lines[0].replace(b" 3 ", b" 2 "), *lines[1:3]], 2),
    "text behind it": (lambda lines: [*lines, "发给党办".encode()], 5),
    "no text": (lambda lines: [lines[0], b"\x00\xff\xfe", *lines[2:]], 2),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_file_is_refused_whole_with_its_line(clerk, good, kind):
    damage, number = DAMAGE[kind]
    said = refused(clerk, b"\n".join(damage(good.splitlines())) + b"\n")
    assert said == f"第{number}行有损坏，整份文件都没有导入。请成员重新生成一份再发来。"


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"logbook-rescue 2 1 x\n", b"PK\x03\x04 not a text\x00", "会议记录".encode(),
     b"logbook-rescue 1 0 x\n", b"logbook-rescue 1 1 bm9ib2R5.c2lnbmVk\nAAAA\n"],
)  # fmt: skip
def test_a_foreign_file_is_refused(clerk, content):
    assert "第1行不对" in refused(clerk, content)


def test_a_file_from_another_installation_is_foreign(clerk, place, pack):
    mark = keys.rescue_mark("another secret", keys.Mark(place[0]))
    assert "第1行不对" in refused(clerk, written(pack | {"rescue": mark}, record("a" * 16, fields(place[1]))))


def test_ten_megabytes_are_refused_unread(clerk, good):
    assert refused(clerk, good + b"A" * 10_000_000) == "文件太大，不是救援文件。"


def test_more_records_than_a_phone_keeps_are_refused(clerk, pack):
    assert "第1行不对" in refused(clerk, f"logbook-rescue 1 501 {pack['rescue']}\n".encode())


def changes(good):
    """Every byte with a bit changed; the last of every line by each letter: base64 has bits there that say nothing."""
    for i, byte in enumerate(good[:-1]):  # its last line end may be missing
        ends = good[i + 1 : i + 2] == b"\n"
        for other in LETTERS if ends else (byte ^ 0x01, byte ^ 0x20):
            if other != byte:
                yield i, bytes([*good[:i], other, *good[i + 1 :]])


def test_no_byte_can_be_another(app, good):
    secret = app.config["SECRET_KEY"]
    assert len(rescue.read(good, secret, TODAY).items) == 3
    for i, changed in changes(good):
        with pytest.raises(RuleBroken) as broken:
            rescue.read(changed, secret, TODAY)
        number, said = good[:i].count(b"\n") + 1, str(broken.value.message)
        another_count = good[:i] == b"logbook-rescue 1 " and "第2行" in said  # it shows in the line below
        assert f"第{number}行" in said or another_count, i


def test_windows_line_ends_and_a_missing_last_one_are_no_damage(app, good):
    secret = app.config["SECRET_KEY"]
    for same in (good.replace(b"\n", b"\r\n"), good.removesuffix(b"\n")):
        assert rescue.read(same, secret, TODAY) == rescue.read(good, secret, TODAY)


@pytest.mark.parametrize(
    "item",
    [
        {"url": "/visits/new", "client_key": "a" * 16}, {"url": "/sign-out", "client_key": "a" * 16, "fields": []},
        {"url": "/visits/new", "client_key": "short", "fields": []}, {"url": "/visits/new", "client_key": None}, [], 7,
        {"url": "/visits/new", "client_key": "a" * 16, "fields": [["only a name"]]},
        {"url": "/visits/0/correct", "client_key": "a" * 16, "fields": []},
    ],
)  # fmt: skip
def test_what_is_sealed_but_no_record_is_refused(clerk, pack, item):
    lines = [f"logbook-rescue 1 1 {pack['rescue']}", line(pack, item, 1, 2)]
    assert "第2行有损坏" in refused(clerk, "\n".join(lines).encode())


def test_brackets_within_brackets_are_no_record(clerk, pack):
    sealed = AESGCM(base64.b64decode(pack["key"])).encrypt(bytes(12), b"[" * 200_000, b"logbook-rescue 1 1 2")
    deep = base64.urlsafe_b64encode(bytes(12) + sealed).decode()
    assert "第2行有损坏" in refused(clerk, f"logbook-rescue 1 1 {pack['rescue']}\n{deep}\n".encode())


def test_a_draft_goes_back_to_its_author_and_is_no_record(client, clerk, place, pack):
    member, branch = place
    draft = record("draft-0001", fields(branch)) | {"draft": True}
    for _ in range(2):
        assert "已放回本人的草稿" in imported(clerk, written(pack, draft)).text
    assert db.session.query(Visit).count() == 0
    kept = client(member).get("/drafts").json
    assert [(one["key"], one["revision"]) for one in kept] == [("draft-0001", 1)]
    assert "只说给本人的话。" in str(kept[0]["fields"])


def test_another_text_of_a_draft_that_is_there_stays_beside_it(client, clerk, place, pack):
    member, branch = place
    kept = {"fields": [["findings", "先写的。"], ["branch_id", str(branch)]], "url": "/visits/new", "based_on": 0}
    client(member).put("/drafts/draft-0001", json=kept)
    file = written(pack, record("draft-0001", fields(branch, findings="后来写的。")) | {"draft": True})
    assert "两份都在" in imported(clerk, file).text
    assert "两份都在" in imported(clerk, file).text
    texts = {one["key"]: dict(map(tuple, one["fields"]))["findings"] for one in client(member).get("/drafts").json}
    assert sorted(texts.values()) == ["先写的。", "后来写的。"]
    assert texts["draft-0001"] == "先写的。"


def test_a_draft_of_a_record_that_was_received_with_another_text_stays(client, clerk, place, pack):
    member, branch = place
    imported(clerk, written(pack, record("draft-0001", fields(branch))))
    same = record("draft-0001", fields(branch)) | {"draft": True}
    other = record("draft-0001", fields(branch, findings="后来补写的。")) | {"draft": True}
    assert "已有" in imported(clerk, written(pack, same)).text
    assert client(member).get("/drafts").json == []
    imported(clerk, written(pack, other))
    assert "后来补写的。" in str(client(member).get("/drafts").json)
