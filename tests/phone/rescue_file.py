"""Writes a rescue file as a browser does: with the key and the mark its person was handed, and nothing else."""

import base64
import json
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def line(pack, item, n, i, key=None):
    """Line i of a file of n records."""
    iv, plain = os.urandom(12), json.dumps(item, ensure_ascii=False).encode()
    sealed = AESGCM(key or base64.b64decode(pack["key"])).encrypt(iv, plain, f"logbook-rescue 1 {n} {i}".encode())
    return base64.urlsafe_b64encode(iv + sealed).decode().rstrip("=")


def written(pack, *items):
    """The whole file."""
    n = len(items)
    lines = [f"logbook-rescue 1 {n} {pack['rescue']}", *(line(pack, one, n, i) for i, one in enumerate(items, 2))]
    return "".join(f"{one}\n" for one in lines).encode()


def record(key, fields, url="/visits/new"):
    """One record on its way, its fields as a dict of texts or lists of them."""
    pairs = [[name, one] for name, value in fields.items() for one in (value if isinstance(value, list) else [value])]
    return {"url": url, "client_key": key, "fields": pairs, "created": "2026-06-10T02:00:00.000Z"}
