"""What this process reads from its environment: where its data lives and how it is served."""

import os
import secrets
from pathlib import Path
from typing import Any

VERSION = "0.1.0"  # as pyproject.toml has it
MIB = 1024 * 1024


def load(overrides: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return Flask's configuration; `overrides` (tests, the demo) win over the environment."""
    overrides = overrides or {}
    instance = Path(overrides.get("INSTANCE") or os.environ.get("LOGBOOK_INSTANCE", "instance")).resolve()
    instance.mkdir(parents=True, exist_ok=True)
    url = overrides.get("SQLALCHEMY_DATABASE_URI") or os.environ.get("LOGBOOK_DATABASE_URL")
    url = url or f"sqlite:///{instance / 'logbook.db'}"
    https = overrides.get("HTTPS", os.environ.get("LOGBOOK_HTTPS") == "1")
    config: dict[str, Any] = {
        "VERSION": VERSION,
        "INSTANCE": instance,
        "SECRET_KEY": overrides.get("SECRET_KEY") or _secret_key(instance),
        "SQLALCHEMY_DATABASE_URI": url,
        # A long writer is waited for this many seconds; then the page says so and keeps what was typed.
        "SQLALCHEMY_ENGINE_OPTIONS": {"connect_args": {"timeout": 30}} if url.startswith("sqlite") else {},
        # Eight attachments of 10 MiB and the text; what is larger is refused before it is read.
        "MAX_CONTENT_LENGTH": 84 * MIB,
        "MAX_FORM_MEMORY_SIZE": 4 * MIB,
        "MAX_FORM_PARTS": 2000,
        "WTF_CSRF_TIME_LIMIT": None,
        "HTTPS": https,  # then cookies go over HTTPS only, under names that no other host can plant (cookies.py)
        "SESSION_COOKIE_NAME": "__Host-logbook_form" if https else "logbook_form",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "BABEL_DEFAULT_LOCALE": "zh",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
        # How many reverse proxies stand in front (HTTPS); 0: none, their headers are not believed.
        "PROXIES": int(os.environ.get("LOGBOOK_PROXIES", "0")),
    }
    return config | overrides | {"INSTANCE": instance}


def _secret_key(instance: Path) -> str:
    path = Path(os.environ.get("LOGBOOK_SECRET_KEY_FILE", instance / "secret_key"))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()
