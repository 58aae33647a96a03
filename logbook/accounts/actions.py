"""People, roles, passwords and codes: what may change, and what a change ends."""

import datetime as dt
import secrets
from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from logbook.access import Actor
from logbook.accounts import phone_keys, queries, sessions
from logbook.accounts.models import OneTimeCode, Person, SignInFailure
from logbook.accounts.renaming import rename
from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.folding import clean_name
from logbook.formats import typed_code

CODE_DAYS = 7
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that look alike on a printed slip
FREE_FAILURES = 5
LONGEST_WAIT = 60  # seconds: a slow-down, never a lock-out

# 单 曾 仇 查 区 翟 缪 朴 …: surnames that a dictionary of plain words reads otherwise.
SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "查": "zha", "区": "ou", "翟": "zhai", "缪": "miao", "朴": "piao",
    "解": "xie", "盖": "ge", "尉": "yu", "万": "wan", "乐": "yue", "任": "ren", "华": "hua", "洗": "xian",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person as a form or the import hands it over."""

    name: str
    post: str = ""
    official_order: int = 999
    sign_in_name: str | None = None
    is_another: bool = False  # than whoever has a name that looks the same: somebody was asked and said so


def pinyin(name: str) -> str:
    """Return the name's pinyin, lower case, syllables apart; a surname of several readings by the table."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - 55 MB, needed only when a person or branch is added

    syllables = lazy_pinyin(name)
    if name[:1] in SURNAMES and syllables:
        syllables[0] = SURNAMES[name[0]]
    return " ".join(syllables).lower()


def add_person(new: NewPerson) -> Person:
    """Add a person; raise RuleBroken("sign_in_name") when it is taken, ("name") where it has to be asked about."""
    name = clean_name(new.name)
    if not name:
        raise RuleBroken("name", _("请填写姓名。"))
    refuse_taken(new.sign_in_name, None)
    _ask_about(name, None, is_another=new.is_another)
    person = Person(
        name=name,
        pinyin=pinyin(name),
        post=new.post,
        official_order=new.official_order,
        sign_in_name=new.sign_in_name or None,
    )
    db.session.add(person)
    db.session.flush()
    return person


def change_person(person_id: int, new: NewPerson, *, since: dt.date | None, by: int | None, at: dt.datetime) -> Person:
    """Change a person's entry in the lists, a name as of `since` (accounts/renaming.py); their account stays."""
    person, name = find_person(person_id), clean_name(new.name)
    if name == clean_name(person.name):
        person.name = name  # one that was kept with its padding is no other name without it
    else:
        rename(person, name, since=since, by=by, at=at)
        _ask_about(name, person_id, is_another=new.is_another)
        person.pinyin = pinyin(person.name)
    person.post, person.official_order = new.post, new.official_order
    db.session.flush()
    return person


def _ask_about(name: str, person_id: int | None, *, is_another: bool) -> None:
    """Raise RuleBroken("name") where somebody's name looks the same, until it is said that this is another."""
    alike = [] if is_another else [one for one in queries.named_alike(name) if one.id != person_id]
    if alike:
        raise RuleBroken("name", _("名册中已有%(names)s，是否为同一人？", names="、".join(map(_with_post, alike))))


def _with_post(person: Person) -> str:
    return f"“{person.name}”（{person.post}）" if person.post else f"“{person.name}”"


def refuse_taken(sign_in_name: str | None, person_id: int | None) -> None:
    """Raise RuleBroken("sign_in_name") when somebody else has it."""
    found = queries.by_sign_in_name(sign_in_name) if sign_in_name else None
    if found and found.id != person_id:
        raise RuleBroken("sign_in_name", _("这个登录名已有人使用，请换一个。"))


def find_person(person_id: int) -> Person:
    """Return the person; raise NotThere."""
    person = queries.person(person_id)
    if person is None:
        raise NotThere
    return person


def issue_code(person_id: int, *, by: int | None, at: dt.datetime, request_id: int | None = None) -> str:
    """Return a fresh one-time code, valid 7 days; earlier unused ones end. Only its keyed digest is stored.

    Who may have one made for whom stands in codes.py; by None is the server's administrator.
    """
    person = find_person(person_id)
    if not person.active:
        raise RuleBroken("person", _("此人的账号已停用，请先恢复在用。"))
    if not person.sign_in_name:
        raise RuleBroken("person", _("此人没有登录名，请先填写登录名。"))
    for old in queries.unused_codes(person_id):
        old.ended_at = at
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(12))
    db.session.add(
        OneTimeCode(
            person_id=person_id,
            code_hash=sessions.keyed_digest(code),
            issued_at=at,
            issued_by_id=by,
            request_id=request_id,
            expires_at=at + dt.timedelta(days=CODE_DAYS),
        )
    )
    db.session.flush()
    return "-".join(code[i : i + 4] for i in (0, 4, 8))


def has_code(person_id: int, *, at: dt.datetime) -> bool:
    """Whether a code issued before is still good."""
    return any(one.keyed and one.expires_at > at for one in queries.unused_codes(person_id))


def code_of(sign_in_name: str, code: str, *, at: dt.datetime) -> tuple[OneTimeCode, Person]:
    """The code with its person; raise RuleBroken("code"): unknown, used, ended, expired or somebody else's."""
    plain = typed_code(code)
    found = queries.code(sessions.keyed_digest(plain), at)
    person = queries.by_sign_in_name(sign_in_name)
    if found is None and queries.code_before_keys(sessions.digest(plain), at):
        raise RuleBroken("code", _("这张登录码是系统升级以前发的，已经作废。请向系统管理员或党办另领一张。"))
    if found is None or person is None or found.person_id != person.id or not person.active:
        raise RuleBroken(
            "code", _("登录名或登录码不对，或登录码已用过、已作废、已过期。请向系统管理员或党办另领一张。")
        )
    return found, person


def use_code(sign_in_name: str, code: str, password_hash: str, *, at: dt.datetime) -> Person:
    """Set the password (passwords.hashed) by a one-time code, end all sessions, and return the person.

    Where the account was in use before, its owner is told until they acknowledge it.
    """
    found, person = code_of(sign_in_name, code, at=at)
    found.used_at = at
    if person.password_hash is None:
        found.acknowledged_at = at
    else:
        person.code_to_acknowledge = True
    person.password_hash = password_hash
    sessions.end_all(person.id, at=at)
    phone_keys.renew(person.id, at=at)
    db.session.flush()
    return person


def acknowledge_code(actor: Actor, code_id: int, *, at: dt.datetime) -> None:
    """Note that the owner knows of the code that opened their account."""
    waiting = queries.to_acknowledge(actor.person_id)
    if code_id not in {one.id for one in waiting}:
        raise NotThere
    for one in waiting:
        if one.id == code_id:
            one.acknowledged_at = at
    find_person(actor.person_id).code_to_acknowledge = len(waiting) > 1
    db.session.flush()


def change_password(actor: Actor, password_hash: str, *, session_id: int, at: dt.datetime) -> None:
    """Change one's own password (passwords.hashed); the other sessions end."""
    person = find_person(actor.person_id)
    person.password_hash = password_hash
    sessions.end_all(person.id, at=at, but=session_id)
    phone_keys.renew(person.id, at=at)
    db.session.flush()


def renew_hash(person_id: int, old: str, new: str) -> None:
    """Put a hash made today in the place of an old one of the same password, unless it was changed meanwhile."""
    person = find_person(person_id)
    if person.password_hash == old:
        person.password_hash = new
        db.session.flush()


def lose_device(actor: Actor, session_id: int, *, at: dt.datetime) -> None:
    """Somebody's phone is gone: end its session and renew their key; what comes from it now waits for their tap."""
    if session_id not in {session.id for session in queries.open_sessions(actor.person_id)}:
        raise NotThere
    sessions.end(session_id, at=at)
    phone_keys.renew(actor.person_id, at=at)


def wait_seconds(sign_in_name: str, *, at: dt.datetime) -> int:
    """Seconds to wait before that name may be tried again: none up to 5 failures, then doubling to 60."""
    failure = queries.failure(sessions.digest(sign_in_name))
    if failure is None or failure.failures < FREE_FAILURES:
        return 0
    wait = min(LONGEST_WAIT, 2 ** (failure.failures - FREE_FAILURES))
    return max(0, int(wait - (at - failure.last_at).total_seconds()))


def note_failure(sign_in_name: str, *, at: dt.datetime) -> None:
    """Count one more failure under that name, known or not."""
    name_hash = sessions.digest(sign_in_name)
    failure = queries.failure(name_hash)
    if failure is None:
        failure = SignInFailure(name_hash=name_hash, failures=0, last_at=at)
        db.session.add(failure)
    failure.failures, failure.last_at = failure.failures + 1, at
    db.session.flush()


def note_success(sign_in_name: str) -> None:
    """Forget the failures under that name."""
    failure = queries.failure(sessions.digest(sign_in_name))
    if failure is not None:
        db.session.delete(failure)
        db.session.flush()


def see_names(person: Person) -> None:
    """Remember that this person was told every change of their name so far."""
    person.names_told = len(person.renamings)
    db.session.flush()


def see_grants(person_id: int) -> None:
    """Remember that this office holder was shown every grant so far."""
    find_person(person_id).grants_seen = queries.last_grant_id()
    db.session.flush()
