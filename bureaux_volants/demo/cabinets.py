"""The key boxes of the demonstration: where each key hangs, who had it, and the one box that a visitor can touch.

Three boxes speak and are played by the simulator while `bv demo` runs; one has been silent since yesterday; others are mechanical;
at one site somebody at the reception hands things over, and cargo bikes open with a badge.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import SOFTWARE
from bureaux_volants.keys import boxes
from bureaux_volants.keys.custody import Finding
from bureaux_volants.keys.granting import window_for
from bureaux_volants.keys.models import Access, Box, BoxSecret, Case, Custody, Delivery, Grant, Key, Slot
from bureaux_volants.keys.signing import new_secret
from bureaux_volants.territory.models import Site

from .places import Places
from .sites import METROPOLE_SITES

#: The box of the page that is printed when `bv demo` starts, first; then others that speak while it runs.
PLAYED = ("maison-metropole", "centre-technique", "metz-congres")
SILENT = "pole-multimodal"
BY_HAND = "opera-theatre"
SILENT_FOR = dt.timedelta(hours=19)
#: Keys are known to hang in their boxes from this long before the history begins.
HUNG = dt.timedelta(days=70)

_STANDS = (
    "Hall d'entrée, à gauche de l'accueil",
    "Couloir du rez-de-chaussée",
    "Local à vélos, mur du fond",
    "Sas de l'entrée agents",
)
_BY_HAND = "À l'accueil, aux heures d'ouverture, sur présentation de votre carte d'agent."
_BADGE = "Abri fermé : votre badge ouvre l'antivol à l'heure de votre réservation."


def write_boxes(rng: Random, places: Places, now: dt.datetime) -> None:
    """Hang the pool's keys, and write who had each of them as its bookings tell."""
    pool = Resource.objects.filter(territory=places.territory).exclude(kind=Kind.DESK).order_by("pk")
    by_site: dict[int, list[Resource]] = {}
    for resource in pool:
        by_site.setdefault(resource.site_id, []).append(resource)
    for facts in METROPOLE_SITES:
        site = places.sites[facts.slug]
        here = by_site.get(site.pk, [])
        cargo = [r for r in here if r.kind == Kind.CARGO_BIKE]
        Access.objects.bulk_create(Access(resource=r, means=Access.Means.BADGE, note=_BADGE) for r in cargo)
        keyed = [r for r in here if r.kind != Kind.CARGO_BIKE]
        if facts.slug == BY_HAND:
            Access.objects.bulk_create(Access(resource=r, means=Access.Means.HOST, note=_BY_HAND) for r in keyed)
        elif keyed:
            box = _box(rng, site, now)
            _hang(box, keyed, now)
    _unsettled(places, now)


def _box(rng: Random, site: Site, now: dt.datetime) -> Box:
    speaks = site.slug in (*PLAYED, SILENT)
    box = Box.objects.create(
        territory_id=site.territory_id,
        site=site,
        name="Boîte à clés",
        place=rng.choice(_STANDS),
        adapter=Box.Adapter.REST if speaks else Box.Adapter.MANUAL,
        mechanical_code="" if speaks else f"{rng.randrange(10_000):04}",
    )
    if site.slug == SILENT:
        box.enrolled_at, box.last_seen_at = now - dt.timedelta(days=40), now - SILENT_FOR
        BoxSecret.objects.create(box=box, epoch=1, secret=new_secret(), created_at=now, confirmed_at=now)
    return box


def _hang(box: Box, keyed: Sequence[Resource], now: dt.datetime) -> None:
    slots = Slot.objects.bulk_create(Slot(box=box, number=n) for n in range(1, len(keyed) + 1))
    Key.objects.bulk_create(
        Key(resource=r, box=box, home=slot, tag=f"clé-{slot.number:02}") for r, slot in zip(keyed, slots, strict=True)
    )
    home = {r.pk: slot.number for r, slot in zip(keyed, slots, strict=True)}
    bookings = Booking.objects.filter(resource__in=keyed).order_by("start", "pk")
    grants = {
        g.booking_id: g for g in _grants(box, [b for b in bookings if b.end > now or b.state == State.IN_USE], now)
    }
    rows = _places_of(box, home, bookings, grants, now)
    Custody.objects.bulk_create(rows)
    box.last_sequence = box.settled_sequence = max(row.sequence for row in rows)
    box.save()


def _grants(box: Box, bookings: Iterable[Booking], now: dt.datetime) -> list[Grant]:
    """What the followers would have made of these bookings; the log does not tell it, as it would of old ones."""
    epoch = 1 if box.enrolled_at is not None else 0
    made = []
    for booking in bookings:
        if booking.state in (State.CONFIRMED, State.IN_USE):
            window = window_for(booking, box)
            made.append(
                Grant(
                    territory_id=box.territory_id, booking=booking, version=1, resource_id=booking.resource_id, box=box,
                    from_at=window.start, until=window.until, late_until=window.late_until, epoch=epoch, created_at=now,
                )
            )  # fmt: skip
    grants = Grant.objects.bulk_create(made)
    if epoch:
        seen = now - SILENT_FOR
        Delivery.objects.bulk_create(
            Delivery(box=box, grant=g, kind=Delivery.Kind.GRANT, created_at=g.created_at,
                     delivered_at=seen if g.booking.created_at < seen else None)
            for g in grants
        )  # fmt: skip
    return grants


def _places_of(
    box: Box, home: dict[int, int], bookings: Iterable[Booking], grants: dict[int, Grant], now: dt.datetime
) -> list[Custody]:
    """Where each key was: in its slot, with whoever took it, in its slot again. Numbered as the box would have."""
    moves: list[tuple[dt.datetime, int, Booking | None]] = [(now - HUNG, resource_id, None) for resource_id in home]
    for booking in bookings:
        if booking.checked_in_at is not None:
            moves.append((booking.checked_in_at, booking.resource_id, booking))
            if booking.state == State.COMPLETED and booking.ended_at is not None:
                moves.append((booking.ended_at, booking.resource_id, None))
    rows: list[Custody] = []
    last: dict[int, Custody] = {}
    for sequence, (at, resource_id, holding) in enumerate(sorted(moves, key=lambda m: (m[0], m[1])), start=1):
        row = Custody(
            territory_id=box.territory_id, resource_id=resource_id, box=box, since=at, sequence=sequence,
            slot=home[resource_id] if holding is None else None, booking=holding,
            grant=grants.get(holding.pk) if holding is not None else None,
        )  # fmt: skip
        if resource_id in last:
            last[resource_id].until = at
        rows.append(row)
        last[resource_id] = row
    return rows


def _unsettled(places: Places, now: dt.datetime) -> None:
    """What the fleet manager has to settle: a key that came back to the wrong slot, a box that lost some messages."""
    back = (
        Custody.objects.filter(territory=places.territory, until=None, box__site__slug=PLAYED[1])
        .exclude(slot=None)
        .order_by("-since")
        .select_related("box")
        .first()
    )
    if back is not None:
        free = max(Slot.objects.filter(box=back.box).values_list("number", flat=True)) + 1
        back.slot = free
        back.save(update_fields=["slot"])
        _case(back.box, Finding.WRONG_SLOT, back.sequence, back.since, back.resource_id)
    silent = Box.objects.filter(territory=places.territory, site__slug=SILENT).first()
    if silent is not None:
        _case(silent, Finding.GAP, 0, now - SILENT_FOR, None)


def _case(box: Box, code: Finding, sequence: int, at: dt.datetime, resource_id: int | None) -> None:
    Case.objects.create(
        territory_id=box.territory_id, box=box, code=code, sequence=sequence, resource_id=resource_id, opened_at=at
    )


def played() -> list[Box]:
    """The boxes that the simulator plays, the visitor's first; none where the demonstration is not loaded."""
    found = Box.objects.filter(
        territory__is_demonstration=True, site__slug__in=PLAYED, adapter=Box.Adapter.REST, is_active=True
    ).select_related("site")
    return sorted(found, key=lambda box: PLAYED.index(box.site.slug))


def ready(box: Box, directory: Path) -> list[str]:
    """The simulator's arguments for a box: where it keeps everything, and a one-time code when it has to be enrolled."""
    store = directory / f"{box.public_id}.sqlite"
    arguments = ["--store", str(store)]
    if box.enrolled_at is None or not store.exists():
        for rest in directory.glob(f"{store.name}*"):
            rest.unlink()
        arguments += ["--enrol", boxes.offer_enrolment(box, SOFTWARE)]
    return arguments


def sweep(directory: Path, kept: Sequence[Box]) -> None:
    """Forget what boxes of an earlier demonstration kept."""
    names = {str(box.public_id) for box in kept}
    for store in directory.glob("*.sqlite*"):
        if store.name.split(".")[0] not in names:
            store.unlink()
