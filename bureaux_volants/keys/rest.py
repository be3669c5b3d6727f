"""The REST adapter: a box asks for its picture and hands in its events; each request is signed and numbered.

There is no bearer token. A request carries the box, a number that rises, and a signature over method, path, number and body, so
that a request that was overheard can be neither changed nor sent again. `api/endpoints/boxes.py` gives these functions their
addresses.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any, NoReturn

from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction

from . import boxes
from .errors import Untrusted
from .ingest import alert, ingest
from .locks import lock_boxes
from .models import Box
from .pushing import picture
from .rest_request import described
from .secrecy import ring_of
from .signing import COMMAND, REQUEST, signed, signer

#: Events in one request, at most; a box with a longer journal sends it in parts.
MOST_EVENTS = 2000


def authenticate(
    public_id: str, number: str, signature: str, *, method: str, path: str, body: bytes, now: dt.datetime | None = None
) -> Box:
    """The box that wrote a request. Untrusted, with an alert, for a forged one or one that was heard before."""
    now = now or timezone.now()
    box = _authenticated(public_id, number, signature, method, path, body, now)
    if box is None:
        raise Untrusted
    return box


@in_transaction
def _authenticated(
    public_id: str, number: str, signature: str, method: str, path: str, body: bytes, now: dt.datetime
) -> Box | None:
    try:
        found = Box.objects.filter(public_id=uuid.UUID(public_id), adapter=Box.Adapter.REST, is_active=True).first()
        count = int(number)
    except ValueError:
        return None
    if found is None or not 0 < count < 2**62:
        return None
    lock_boxes([found.pk])
    box = Box.objects.select_related("site").get(pk=found.pk)
    request = {**described(public_id, count, method, path, body), "signature": signature}
    ring = ring_of(box)
    if signer(ring.trusted, REQUEST, request) is None:
        if signer(ring.outdated, REQUEST, request) is None:
            alert(box, now)
        return None
    if count <= box.last_request:
        alert(box, now)
        return None
    box.last_request, box.last_seen_at = count, now
    box.save(update_fields=["last_request", "last_seen_at"])
    return box


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def give_picture(box: Box, *, now: dt.datetime | None = None) -> dict[str, Any]:
    """The signed picture of the coming 48 hours."""
    return picture(box.pk, now=now)


def take_events(box: Box, body: bytes, *, now: dt.datetime | None = None) -> dict[str, Any]:
    """Take in `{"events": [...]}`; answers, signed, up to which number the box need keep nothing.

    ValueError for a body that is no such thing.
    """
    content = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    events = content.get("events") if isinstance(content, dict) else None
    if not isinstance(events, list) or len(events) > MOST_EVENTS or not all(isinstance(e, dict) for e in events):
        raise ValueError("events")
    heard = ingest(box, events, now=now)
    ring = ring_of(box)
    answer = {
        "box": str(box.public_id),
        "stored": heard.stored,
        "known": heard.known,
        "refused": heard.refused,
        "received": heard.settled,
    }
    return signed(ring.secrets[ring.current], COMMAND, answer)


def enrol(body: bytes) -> dict[str, Any]:
    """Use a one-time code: `{"code", "capabilities"}`. ValueError for another body; Untrusted, BoxTrouble as boxes.enrol."""
    content = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    code, capabilities = content.get("code"), content.get("capabilities", {})
    if not isinstance(code, str) or not isinstance(capabilities, dict):
        raise ValueError("enrolment")
    return boxes.enrol(code, capabilities)
