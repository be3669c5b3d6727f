"""What a box is told: one signed picture of everything that it must know for the coming 48 hours.

A whole picture, not a stream of changes: however often it is sent, lost or doubled, the box that has the latest knows all. Its
`serial` rises with every change; the box acknowledges it in its next heartbeat.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import F, Max
from django.utils import timezone

from bureaux_volants.booking.locks import in_transaction

from .granting import AHEAD, deliver
from .locks import lock_boxes
from .models import Box, Custody, Delivery, Grant, Key
from .secrecy import ring_of
from .signing import COMMAND, as_text, signed


@in_transaction
def push_due(now: dt.datetime) -> list[int]:
    """Put what comes within 48 hours in the outboxes (job). Returns the boxes that have something new."""
    due = list(
        Grant.objects.filter(revoked_at=None, epoch__gt=0, from_at__lte=now + AHEAD, deliveries=None).order_by(
            "box_id", "pk"
        )[:2000]
    )
    lock_boxes(g.box_id for g in due)
    for grant in due:
        deliver(grant, now)
    return sorted({g.box_id for g in due})


@in_transaction
def picture(box_id: int, *, now: dt.datetime | None = None) -> dict[str, Any]:
    """The signed picture for a box: its grants near in time, those revoked among them marked, its keys and their slots."""
    now = now or timezone.now()
    lock_boxes([box_id])
    box = Box.objects.get(pk=box_id)
    ring = ring_of(box)
    grants = (
        Grant.objects.filter(box=box, late_until__gt=now, deliveries__kind=Delivery.Kind.GRANT)
        .select_related("booking", "resource__key__home")
        .order_by("from_at", "pk")
    )
    serial = box.deliveries.aggregate(last=Max("id"))["last"] or 0
    box.deliveries.filter(delivered_at=None).update(attempts=F("attempts") + 1)
    content: dict[str, Any] = {
        "box": str(box.public_id),
        "serial": serial,
        "now": as_text(now),
        # What the box need not keep in its journal any longer.
        "received": box.settled_sequence,
        "keys": _keys(box),
        "grants": [_told(grant) for grant in grants if grant.epoch in ring.secrets],
    }
    if ring.offered is not None:
        content["rotation"] = {"epoch": ring.offered.epoch, "nonce": ring.offered.nonce}
    content["epoch"] = ring.current
    return signed(ring.secrets[ring.current], COMMAND, content)


def _keys(box: Box) -> list[dict[str, Any]]:
    """The keys of a box. `at` and `out` are for a cabinet that replaces another, and sees these keys for the first time."""
    now_in = {c.resource_id: c for c in Custody.objects.filter(box=box, until=None).select_related("grant", "booking")}
    told = []
    for key in Key.objects.filter(box=box).select_related("home", "resource").order_by("home__number"):
        here = now_in.get(key.pk)
        one: dict[str, Any] = {"key": key.tag, "slot": key.home.number, "name": key.resource.name}
        if here is not None and here.slot is not None:
            one["at"] = here.slot
        elif here is not None and here.grant is not None and here.booking is not None:
            one["out"] = {"grant": str(here.grant.public_id), "holder": here.booking.reference}
        told.append(one)
    return told


def _told(grant: Grant) -> dict[str, Any]:
    """One grant in the contract's words. `holder` is the booking's reference: a box needs to know nobody's name."""
    key = getattr(grant.resource, "key", None)
    return {
        "id": str(grant.public_id),
        "version": grant.version,
        "slot": key.home.number if key is not None else None,
        "key": key.tag if key is not None else "",
        "holder": grant.booking.reference,
        "from": as_text(grant.from_at),
        "until": as_text(grant.until),
        "late_until": as_text(grant.late_until),
        "credential": {"generation": grant.generation, "epoch": grant.epoch},
        "revoked": grant.revoked_at is not None,
    }
