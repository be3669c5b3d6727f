"""What the signature of a box's HTTP request is made over. No Django: the box runs this file too."""

from __future__ import annotations

from hashlib import sha256
from typing import Any


def described(box: str, number: int, method: str, path: str, body: bytes) -> dict[str, Any]:
    """Everything that makes a request what it is. `number` rises with each request of a box."""
    return {"box": box, "request": number, "method": method, "path": path, "body": sha256(body).hexdigest()}
