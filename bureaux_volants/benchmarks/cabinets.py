"""A territory of key boxes whose network comes back after 48 hours, each with its journal."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils import timezone

from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.booking.states import State
from bureaux_volants.events import follow
from bureaux_volants.events.log import SOFTWARE
from bureaux_volants.keys import boxes, signing
from bureaux_volants.keys.models import Box, BoxEvent, Case, Custody, Grant
from bureaux_volants.territory.models import Agent, Commune, Organisation, Site, Territory

KEYS = 4
#: How often a box says that it is there, minutes.
HEARTBEAT = 5


def load(count: int, hours: int) -> list[dict[str, Any]]:
    """Enrol so many boxes of four keys, each key taken once a day; returns each box with its secret and its journal."""
    now = timezone.now().replace(second=0, microsecond=0)
    began = now - dt.timedelta(hours=hours)
    territory = Territory.objects.create(siren="900000001", name="Banc d'essai", slug="banc-cles")
    employer = Organisation.objects.create(
        territory=territory, siret="90000000100001", name="Banc", kind=Organisation.Kind.INTERCOMMUNAL
    )
    commune = Commune.objects.create(territory=territory, code="57999", name="Banc", lat=49.1, lon=6.1)
    agent = Agent.objects.create(territory=territory, email="banc@exemple.invalid", password="!")
    made = []
    for number in range(count):
        site = Site.objects.create(
            territory=territory, organisation=employer, commune=commune, slug=f"banc-{number}", name=f"Banc {number}",
            kind=Site.Kind.METROPOLE, lat=49.1, lon=6.1,
        )  # fmt: skip
        box = Box.objects.create(territory=territory, site=site, name="Hall", adapter=Box.Adapter.REST)
        given = boxes.enrol(boxes.offer_enrolment(box, SOFTWARE, now=began), {}, now=began)
        bikes = [
            Resource.objects.create(territory=territory, site=site, kind=Kind.BIKE, name=f"Vélo {n}")
            for n in range(1, KEYS + 1)
        ]
        for slot, bike in enumerate(bikes, 1):
            boxes.install_key(bike, box, slot, SOFTWARE, tag=f"tag{slot}", now=began)
        grants = _book(territory, box, bikes, agent, began, hours)
        made.append({**given, "journal": _journal(box, given, grants, began, hours)})
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made


def _book(
    territory: Territory, box: Box, bikes: list[Resource], agent: Agent, began: dt.datetime, hours: int
) -> list[Grant]:
    """One trip a key and a day, written as rows: making them is not what is measured."""
    bookings = []
    for day in range(hours // 24):
        for n, bike in enumerate(bikes):
            start = began + dt.timedelta(days=day, hours=2 + 3 * n)
            end = start + dt.timedelta(hours=3)
            bookings.append(
                Booking(
                    territory=territory, site_id=box.site_id, kind=Kind.BIKE, resource=bike, agent=agent, booked_by=agent,
                    start=start, end=end, held=DateTimeTZRange(start, end, "[)"), state=State.CONFIRMED, created_at=began,
                )
            )  # fmt: skip
    Booking.objects.bulk_create(bookings)
    return Grant.objects.bulk_create(
        Grant(
            public_id=uuid.uuid4(), territory=territory, booking=b, version=1, resource_id=b.resource_id, box=box,
            from_at=b.start, until=b.end, late_until=b.end + dt.timedelta(days=3), epoch=1, created_at=began,
        )
        for b in bookings
    )  # fmt: skip


def _journal(
    box: Box, given: dict[str, Any], grants: list[Grant], began: dt.datetime, hours: int
) -> list[dict[str, Any]]:
    """Everything that the box saw, in its order, signed."""
    slots = {key.pk: key.home.number for key in box.keys.select_related("home")}
    seen: list[tuple[dt.datetime, dict[str, Any]]] = [
        (began + dt.timedelta(minutes=minute), {"kind": "heartbeat"}) for minute in range(0, hours * 60, HEARTBEAT)
    ]
    for grant in grants:
        slot = slots[grant.resource_id]
        taken, returned = grant.from_at + dt.timedelta(minutes=3), grant.until - dt.timedelta(minutes=20)
        about = {"slot": slot, "key": f"tag{slot}", "grant": str(grant.public_id)}
        for moment, kind in ((taken, "key_out"), (returned, "key_in")):
            seen.append((moment, {"kind": "door_open", **about}))
            seen.append((moment, {"kind": kind, **about}))
    secret = bytes.fromhex(given["secret"])
    return [
        signing.signed(
            secret,
            signing.EVENT,
            {"box": given["box"], "sequence": sequence, "clock": signing.as_text(moment), **what},
        )
        for sequence, (moment, what) in enumerate(sorted(seen, key=lambda one: one[0]), 1)
    ]


def carry() -> int:
    """Let the followers read to the end, as the worker does meanwhile. Returns how many events they read."""
    return follow.catch_up()


def verdict() -> dict[str, int]:
    """What the database says afterwards."""
    return {
        "stored": BoxEvent.objects.filter(rank=0).count(),
        "settled": sum(Box.objects.values_list("settled_sequence", flat=True)),
        "outings": Custody.objects.exclude(booking=None).count(),
        "out": Custody.objects.filter(until=None, slot=None).count(),
        "completed": Booking.objects.filter(state=State.COMPLETED).count(),
        "bookings": Booking.objects.count(),
        "cases": Case.objects.count(),
    }
