"""Signed messages between the server and a box: canonical JSON, HMAC-SHA256, one purpose each. No Django here.

The purpose is part of what is signed: a command can never be sent back as an event, nor one box's message as another's
(the box's identifier is in every message). TLS keeps messages private; the signature says who wrote them, also in a
journal that arrives days later through a broker.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

EVENT, COMMAND, REQUEST = "event", "command", "request"
SIGNATURE = "signature"


def canonical(message: Mapping[str, Any]) -> bytes:
    """The one way to write a message as bytes (after RFC 8785: sorted members, no spaces, UTF-8); without its signature."""
    content = {name: value for name, value in message.items() if name != SIGNATURE}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _digest(secret: bytes, purpose: str, message: Mapping[str, Any]) -> str:
    return hmac.digest(secret, purpose.encode() + b"\n" + canonical(message), sha256).hex()


def signed(secret: bytes, purpose: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """The message with its signature."""
    return {**message, SIGNATURE: _digest(secret, purpose, message)}


def signer(candidates: Iterable[tuple[int, bytes]], purpose: str, message: Mapping[str, Any]) -> int | None:
    """Which secret signed the message: its epoch, or None for a forgery. Every secret is tried, in constant time."""
    given = str(message.get(SIGNATURE, "")).encode("utf-8", "replace")
    found: int | None = None
    for epoch, secret in candidates:
        try:
            expected = _digest(secret, purpose, message)
        except (ValueError, TypeError, UnicodeEncodeError, RecursionError):
            return None  # NaN, a lone surrogate: no box writes that
        if hmac.compare_digest(expected.encode(), given):
            found = epoch
    return found


def new_secret() -> bytes:
    return secrets.token_bytes(32)


def next_secret(secret: bytes, nonce: str) -> bytes:
    """The secret that follows after a rotation. Both sides work it out: only the nonce travels.

    It protects what comes after a secret was worn by use; a secret that was stolen is ended by enrolling the box anew.
    """
    return hmac.digest(secret, f"rotate|{nonce}".encode(), sha256)


def as_text(moment: dt.datetime) -> str:
    """An instant in a message: UTC, RFC 3339, microseconds kept."""
    return moment.astimezone(dt.UTC).isoformat()


def as_instant(text: str) -> dt.datetime:
    """ValueError when it is not an instant with its offset."""
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant needs its offset")
    return moment.astimezone(dt.UTC)
