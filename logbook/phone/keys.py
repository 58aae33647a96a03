"""A phone's key and the marks of its owner: derived from the installation's secret, so nothing of them is stored."""

import hashlib
import hmac

from itsdangerous import BadSignature, URLSafeSerializer


def phone_key(secret: str, person_id: int) -> bytes:
    """The person's AES key, 32 bytes, the same at every sign-in: what stayed on a phone can be read again."""
    return _derived(secret, b"phone", person_id)


def owner_id(secret: str, person_id: int) -> str:
    """How a phone tells its people apart, without saying who they are."""
    return _derived(secret, b"phone owner", person_id).hex()[:16]


def _derived(secret: str, purpose: bytes, person_id: int) -> bytes:
    return hmac.digest(secret.encode(), purpose + b"\0" + str(person_id).encode(), hashlib.sha256)


def rescue_mark(secret: str, person_id: int) -> str:
    """Whose rescue file it is, signed; it does not expire."""
    return str(_signer(secret).dumps(person_id))


def rescue_owner(secret: str, mark: str) -> int | None:
    """Whose mark it is; None when it is not ours, to the letter."""
    try:
        person_id = int(_signer(secret).loads(mark))
    except (BadSignature, ValueError, TypeError):
        return None
    return person_id if rescue_mark(secret, person_id) == mark else None


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="rescue")
