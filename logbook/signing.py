"""Values a browser carries for us: signed, and dated by the one clock."""

from typing import Any

from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from logbook.formats import now


class _Signer(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(now().timestamp())


class Dated(URLSafeTimedSerializer):
    """Signs a value with the moment it was given out; `loads(…, max_age=)` refuses an old one."""

    default_signer: Any = _Signer
