"""People, roles, passwords and codes: what may change, and what a change ends."""

import datetime as dt
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from flask_babel import lazy_gettext as _

from logbook.access import Actor, Role
from logbook.accounts import queries, sessions
from logbook.accounts.models import OneTimeCode, Person, RoleGrant, SignInFailure
from logbook.accounts.renaming import rename
from logbook.db import db
from logbook.errors import NotThere, RuleBroken

# OWASP's figures for argon2id: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Nobody's: verified when no such account exists, so that both answers take as long. Written down, not computed:
# a start has no 40 ms to give away.
NOBODY = f"$argon2id$v=19$m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}${'A' * 22}${'A' * 43}"
CODE_DAYS = 7
CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that look alike on a printed slip
FREE_FAILURES = 5
LONGEST_WAIT = 60  # seconds: a slow-down, never a lock-out
MIN_PASSWORD, MAX_PASSWORD = 8, 128
GOOD_SCORE = 3  # zxcvbn, of 0…4

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


def pinyin(name: str) -> str:
    """Return the name's pinyin, lower case, syllables apart; a surname of several readings by the table."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - 55 MB, needed only when a person or branch is added

    syllables = lazy_pinyin(name)
    if name[:1] in SURNAMES and syllables:
        syllables[0] = SURNAMES[name[0]]
    return " ".join(syllables).lower()


def add_person(new: NewPerson) -> Person:
    """Add a person; raise RuleBroken("sign_in_name") when the name is taken."""
    name = new.name.strip()
    if not name:
        raise RuleBroken("name", _("请填写姓名。"))
    _refuse_taken(new.sign_in_name, None)
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
    person = _person(person_id)
    if new.name.strip() != person.name:
        rename(person, new.name.strip(), since=since, by=by, at=at)
        person.pinyin = pinyin(person.name)
    person.post, person.official_order = new.post, new.official_order
    db.session.flush()
    return person


def change_account(person_id: int, sign_in_name: str | None, *, active: bool, at: dt.datetime) -> None:
    """Change a person's sign-in name; deactivation ends their sessions. Raise RuleBroken("sign_in_name") when taken."""
    person = _person(person_id)
    _refuse_taken(sign_in_name, person_id)
    person.sign_in_name, person.active = sign_in_name or None, active
    if not active:
        sessions.end_all(person_id, at=at)
    db.session.flush()


def _refuse_taken(sign_in_name: str | None, person_id: int | None) -> None:
    found = queries.by_sign_in_name(sign_in_name) if sign_in_name else None
    if found and found.id != person_id:
        raise RuleBroken("sign_in_name", _("这个登录名已有人使用，请换一个。"))


def _person(person_id: int) -> Person:
    person = queries.person(person_id)
    if person is None:
        raise NotThere
    return person


def set_roles(person_id: int, roles: frozenset[Role], *, by: int | None, at: dt.datetime) -> None:
    """Make `roles` the person's roles: grants are ended and added, and their sessions end.

    Raise RuleBroken("roles") when nobody would be left to keep the accounts.
    """
    held = {grant.role: grant for grant in queries.grants(person_id)}
    if held.keys() == roles:
        return
    _keep_a_sysadmin(person_id, roles)
    for role in held.keys() - roles:
        held[role].ended_at = at
    for role in sorted(roles - held.keys(), key=lambda r: r.value):
        db.session.add(RoleGrant(person_id=person_id, role=role, granted_at=at, granted_by_id=by))
    sessions.end_all(person_id, at=at)
    db.session.flush()


def _keep_a_sysadmin(person_id: int, roles: frozenset[Role]) -> None:
    others = [p for p in queries.holders(Role.SYSADMIN) if p.id != person_id and p.active]
    if Role.SYSADMIN not in roles and not others and Role.SYSADMIN in queries.roles_of(person_id):
        raise RuleBroken("roles", _("至少保留一名系统管理员。"))


def issue_code(person_id: int, *, by: int | None, at: dt.datetime) -> str:
    """Return a fresh one-time code, valid 7 days; earlier unused ones end. Only its hash is stored."""
    person = _person(person_id)
    if not person.sign_in_name or not person.active:
        raise RuleBroken("person", _("此人没有登录名，请先填写登录名。"))
    if by is not None and Role.SYSADMIN in queries.roles_of(person_id) - queries.roles_of(by):
        raise RuleBroken("person", _("系统管理员的登录码由系统管理员发放。"))
    for old in queries.unused_codes(person_id):
        old.used_at = at
    code = "".join(secrets.choice(CODE_LETTERS) for _ in range(12))
    db.session.add(
        OneTimeCode(
            person_id=person_id,
            code_hash=sessions.digest(code),
            issued_at=at,
            issued_by_id=by,
            expires_at=at + dt.timedelta(days=CODE_DAYS),
        )
    )
    db.session.flush()
    return "-".join(code[i : i + 4] for i in (0, 4, 8))


def has_code(person_id: int, *, at: dt.datetime) -> bool:
    """Whether a code issued before is still good."""
    return any(one.expires_at > at for one in queries.unused_codes(person_id))


def code_of(sign_in_name: str, code: str, *, at: dt.datetime) -> tuple[OneTimeCode, Person]:
    """The code with its person; raise RuleBroken("code"): unknown, used, expired or somebody else's."""
    plain = "".join(code.split()).replace("-", "").upper()
    found = queries.code(sessions.digest(plain), at)
    person = queries.by_sign_in_name(sign_in_name)
    if found is None or person is None or found.person_id != person.id or not person.active:
        raise RuleBroken("code", _("登录名或登录码不对，或登录码已用过、已过期。请向系统管理员或党办另领一张。"))
    return found, person


def use_code(sign_in_name: str, code: str, password_hash: str, *, at: dt.datetime) -> Person:
    """Set the password (as `hashed`) by a one-time code, end all sessions, and return the person."""
    found, person = code_of(sign_in_name, code, at=at)
    person.password_hash = password_hash
    found.used_at = at
    sessions.end_all(person.id, at=at)
    db.session.flush()
    return person


def hashed(person: Person, password: str) -> str:
    """Return the hash of a password that is long and hard enough; raise RuleBroken("password") otherwise.

    Slow on purpose: for outside any transaction, or others would wait for it.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists take 10 MB; needed only here

    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise RuleBroken("password", _("密码长度为8至128个字符。"))
    own = [person.name, person.sign_in_name or "", *person.pinyin.split(), person.pinyin.replace(" ", "")]
    if zxcvbn(password[:100], user_inputs=own, max_length=100)["score"] < GOOD_SCORE:
        raise RuleBroken("password", _("这个密码容易被猜到，请再长一些，不用姓名、拼音、生日和常见词。"))
    return HASHER.hash(password)


def rehashed(person: Person, old: str, new: str) -> str:
    """Return the hash of one's new password; raise RuleBroken("old") when the old one is wrong. Slow, as `hashed`."""
    if not verify(person.password_hash, old):
        raise RuleBroken("old", _("原密码不对。"))
    return hashed(person, new)


def change_password(actor: Actor, password_hash: str, *, session_id: int, at: dt.datetime) -> None:
    """Change one's own password (as `rehashed`); the other sessions end."""
    person = _person(actor.person_id)
    person.password_hash = password_hash
    sessions.end_all(person.id, at=at, but=session_id)
    db.session.flush()


def verify(password_hash: str | None, password: str) -> bool:
    """Tell whether the password is the one; takes as long for nobody's."""
    try:
        return HASHER.verify(password_hash or NOBODY, password[:MAX_PASSWORD]) and password_hash is not None
    except VerificationError:
        return False


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
    _person(person_id).grants_seen = queries.last_grant_id()
    db.session.flush()
