"""A person's phone keys by generation, and the marks that say whose rescue file it is and of which generation.

Generation 0 is derived from the installation's secret: every phone had it before keys were stored, and what lies under
it can be read again. The later ones are derived from the secret and a random name, and renewed when somebody else may
hold the last (accounts/phone_keys). Phones remember the names: a server restored from an older backup opens what was
written meanwhile, for whoever signs in as its owner; such a key vouches for nothing.
"""

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from itsdangerous import BadSignature, URLSafeSerializer

from logbook.accounts import queries as accounts
from logbook.accounts.models import NAMED

VOUCHES = dt.timedelta(days=30)  # from the day a phone was handed its mark; it keeps its key for seven of them


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys of one person's phones, 32 bytes each."""

    keys: Mapping[int, bytes]
    names: Mapping[int, str]  # none of generation 0, and of those stored by earlier versions

    @property
    def generation(self) -> int:
        """The one in force."""
        return max(self.keys)

    @property
    def current(self) -> bytes:
        return self.keys[self.generation]

    @property
    def name(self) -> str:
        """The name of the one in force."""
        return self.names.get(self.generation, "")

    @property
    def older(self) -> list[bytes]:
        """Those that only open what was written before, the latest first."""
        return [self.keys[one] for one in sorted(self.keys, reverse=True) if one != self.generation]


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose rescue file it is, of which generation, handed out on which day; those of generation 0 say no day."""

    person_id: int
    generation: int = 0
    on: dt.date | None = None
    name: str = ""  # of the key

    def vouches(self, keyring: Keyring, today: dt.date) -> bool:
        """Whether what is sealed beside it may come in as the member's own, without their tap."""
        if (self.generation, self.name) != (keyring.generation, keyring.name):
            return False
        return self.on is None or today - self.on <= VOUCHES


def keyring(secret: str, person_id: int) -> Keyring:
    """The person's keys; at every sign-in they open what stayed on a phone."""
    keys, names = {0: derived_key(secret, person_id)}, {}
    for one in accounts.phone_keys(person_id):
        name = one.key.removeprefix(NAMED) if one.key.startswith(NAMED) else ""
        names[one.generation] = name
        keys[one.generation] = named_key(secret, person_id, name) if name else base64.b64decode(one.key)
    return Keyring(keys, names)


def named_key(secret: str, person_id: int, name: str) -> bytes:
    """The key of that name, whether or not its generation is known here."""
    return _derived(secret, b"phone key\0" + name.encode(), person_id)


def derived_key(secret: str, person_id: int) -> bytes:
    """Generation 0."""
    return _derived(secret, b"phone", person_id)


def owner_id(secret: str, person_id: int) -> str:
    """How a phone tells its people apart, without saying who they are."""
    return _derived(secret, b"phone owner", person_id).hex()[:16]


def _derived(secret: str, purpose: bytes, person_id: int) -> bytes:
    return hmac.digest(secret.encode(), purpose + b"\0" + str(person_id).encode(), hashlib.sha256)


def rescue_mark(secret: str, mark: Mark) -> str:
    """The mark, signed."""
    if mark.on is None:
        return str(_signer(secret).dumps(mark.person_id))
    named = [mark.name] if mark.name else []
    return str(_signer(secret).dumps([mark.person_id, mark.generation, mark.on.isoformat(), *named]))


def read_mark(secret: str, text: str) -> Mark | None:
    """What a mark says; None when it is not ours, to the letter."""
    try:
        said = _signer(secret).loads(text)
        mark = Mark(said) if isinstance(said, int) else _dated(*said)
    except (BadSignature, ValueError, TypeError, LookupError):
        return None
    return mark if rescue_mark(secret, mark) == text else None


def _dated(person_id: int, generation: int, on: str, name: str = "") -> Mark:
    return Mark(int(person_id), int(generation), dt.date.fromisoformat(on), str(name))


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="rescue")
