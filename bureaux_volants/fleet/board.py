"""The fleet manager's board: a day of every unit by site, the boxes, the cases, the papers that end. Some ten queries in all."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from bureaux_volants.booking.directory import Directory, SiteEntry, UnitEntry
from bureaux_volants.booking.loading import LONGEST_HOLD
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import State
from bureaux_volants.keys.access import still_opening
from bureaux_volants.keys.cases import MEANINGS
from bureaux_volants.keys.custody import Kind as BoxKind
from bureaux_volants.keys.models import Box, BoxEvent, Case, Custody, Delivery, Key
from bureaux_volants.territory.calendar import Interval, local, local_day
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import Action, may

from .models import Licence, TransportCard, Vehicle
from .timeline import Outing, Slot, Standing, slot, standing, window_of

#: What the pool is made of.
POOL = (Kind.CAR, Kind.BIKE, Kind.CARGO_BIKE, Kind.TRANSPORT_CARD)
#: The hours drawn on an ordinary day.
FROM, UNTIL = dt.time(7), dt.time(19)
#: Boxes say every few minutes that they are there: silent for so long, something is wrong.
SILENT = dt.timedelta(minutes=20)
#: Papers are announced so long before they end.
SOON = dt.timedelta(days=45)
#: How far back in a journal a word about the battery is looked for.
_RECENT = 300


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit on its day."""

    unit: UnitEntry
    standing: Standing
    slots: tuple[Slot, ...]
    plate: str = ""
    charge: int | None = None

    @property
    def is_quiet(self) -> bool:
        """Nothing happens to it that day."""
        return not self.slots and self.standing is Standing.FREE


@dataclass(frozen=True, slots=True)
class SiteLines:
    """The units of a site."""

    site: SiteEntry
    lines: tuple[UnitLine, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """All units of a day. `now` lies outside `window` on another day than today."""

    date: dt.date
    window: Interval
    sites: tuple[SiteLines, ...]
    tally: Counter[Standing]
    pressing: tuple[tuple[SiteEntry, UnitLine], ...]


def sites_of(manager: Agent, directory: Directory) -> list[SiteEntry]:
    """The sites whose pool is in somebody's care."""
    return [s for s in directory.sites if may(manager, Action.MANAGE_FLEET, site=s)]


def outings(directory: Directory, sites: Sequence[SiteEntry], span: Interval) -> QuerySet[Booking]:
    """The bookings of the pools of these sites that touch a span of time, or are not back yet; refused ones left out."""
    return (
        Booking.objects.filter(
            Q(end__gt=span.start) | Q(ended_at__gt=span.start) | Q(state=State.IN_USE),
            territory_id=directory.territory_id,
            site_id__in=[s.id for s in sites],
            kind__in=POOL,
            start__lt=span.end,
            start__gte=span.start - LONGEST_HOLD,
        )
        .exclude(state__in=(State.CANCELLED, State.REFUSED))
        .order_by("start", "pk")
    )


def day_of(directory: Directory, sites: Sequence[SiteEntry], date: dt.date, now: dt.datetime) -> Day:
    """Everything that happens to the units of these sites on a local day, and how they stand at `now`."""
    day = local_day(date, directory.zone)
    slots: dict[int, list[Slot]] = {}
    for booking in outings(directory, sites, day).select_related("agent", "trip"):
        found = slot(_outing(booking), now)
        # What has been late since yesterday is drawn until now, which may be on another day than the one shown.
        if found.start < day.end and found.until > day.start:
            slots.setdefault(booking.resource_id, []).append(found)
    facts = {
        pk: (plate, charge)
        for pk, plate, charge in Vehicle.objects.filter(
            territory_id=directory.territory_id, resource__site_id__in=[s.id for s in sites]
        ).values_list("pk", "plate", "charge_percent")
    }
    lost = set(
        Custody.objects.filter(territory_id=directory.territory_id, until=None, is_lost=True).values_list(
            "resource_id", flat=True
        )
    )

    def line(unit: UnitEntry) -> UnitLine:
        mine = tuple(slots.get(unit.id, ()))
        plate, charge = facts.get(unit.id, ("", None))
        how = standing(mine, is_active=unit.is_active, key_is_lost=unit.id in lost, now=now)
        return UnitLine(unit, how, mine, plate, charge)

    shown = tuple(
        SiteLines(site, lines)
        for site in sites
        if (lines := tuple(line(u) for kind in POOL for u in _in_order(site, kind)))
    )
    usual = Interval(local(date, FROM, directory.zone), local(date, UNTIL, directory.zone))
    everything = [(part.site, one) for part in shown for one in part.lines]
    urgent = (Standing.LATE, Standing.KEY_LOST, Standing.OFF)
    pressing = sorted((p for p in everything if p[1].standing in urgent), key=lambda p: urgent.index(p[1].standing))
    return Day(
        date,
        window_of((s for _, one in everything for s in one.slots), usual, day),
        shown,
        Counter(one.standing for _, one in everything),
        tuple(pressing),
    )


def _in_order(site: SiteEntry, kind: str) -> list[UnitEntry]:
    """By name, numbers as numbers: Clio 2 before Clio 12."""
    units = [u for u in site.units if u.kind == kind]
    return sorted(units, key=lambda u: ([int(p) if p.isdigit() else 0 for p in u.name.split()], u.name))


def _outing(booking: Booking) -> Outing:
    trip = getattr(booking, "trip", None)
    over = booking.state in (State.COMPLETED, State.NO_SHOW)
    return Outing(
        unit=booking.resource_id,
        reference=booking.reference,
        who=str(booking.agent),
        start=booking.start,
        end=booking.end,
        taken_at=booking.checked_in_at,
        back_at=booking.ended_at if over and booking.checked_in_at is not None else None,
        was_missed=over and booking.checked_in_at is None,
        to=trip.destination if trip is not None else "",
        people=trip.people if trip is not None else 1,
    )


# -- boxes ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MissingKey:
    """A key that is not in its box, though nobody should have it: lost, or out with a person unknown."""

    unit: str
    since: dt.datetime
    is_lost: bool


@dataclass(frozen=True, slots=True)
class BoxState:
    """What is known of a box now. `battery` 0..100 and `door_at` (its last opening) where it tells them."""

    box: Box
    is_silent: bool
    inside: int
    out: int
    missing: tuple[MissingKey, ...]
    battery: int | None
    door_at: dt.datetime | None
    waiting: int
    #: Until when a code that was withdrawn may still open it, because it has not said that it knows; None: none may.
    risk_until: dt.datetime | None

    @property
    def speaks(self) -> bool:
        return self.box.adapter != Box.Adapter.MANUAL


def boxes_of(directory: Directory, sites: Sequence[SiteEntry], now: dt.datetime) -> list[BoxState]:
    """Every box of these sites, with where its keys are."""
    told = BoxEvent.objects.filter(box=OuterRef("pk"), sequence__gt=OuterRef("last_sequence") - _RECENT).order_by(
        "-sequence", "-rank"
    )
    boxes = list(
        Box.objects.filter(territory_id=directory.territory_id, site_id__in=[s.id for s in sites], is_active=True)
        .select_related("site")
        .annotate(
            told_battery=Subquery(told.filter(data__has_key="battery").values("data__battery")[:1]),
            risk_until=Subquery(still_opening(now).filter(box=OuterRef("pk")).order_by("-until").values("until")[:1]),
            opened_at=Subquery(told.filter(kind=BoxKind.DOOR_OPEN).values("clock")[:1]),
        )
        .order_by("site__name", "name")
    )
    undelivered = dict(
        Delivery.objects.filter(box__in=boxes, delivered_at=None).values_list("box").annotate(n=Count("pk"))
    )
    where: dict[int, list[tuple[Custody | None, str]]] = {}
    known = {c.resource_id: c for c in Custody.objects.filter(box__in=boxes, until=None)}
    for key in Key.objects.filter(box__in=boxes).select_related("resource").order_by("resource__name"):
        where.setdefault(key.box_id, []).append((known.get(key.pk), key.resource.name))
    return [_box_state(box, where.get(box.pk, []), undelivered.get(box.pk, 0), now) for box in boxes]


def _box_state(box: Any, keys: Sequence[tuple[Custody | None, str]], waiting: int, now: dt.datetime) -> BoxState:
    held = [(custody, name) for custody, name in keys if custody is not None]
    missing = tuple(
        MissingKey(name, c.since, c.is_lost) for c, name in held if c.is_lost or (c.is_out and c.booking_id is None)
    )
    battery = box.told_battery
    return BoxState(
        box,
        is_silent=box.adapter != Box.Adapter.MANUAL and (box.last_seen_at is None or now - box.last_seen_at > SILENT),
        inside=sum(1 for c, _ in held if c.slot is not None),
        out=sum(1 for c, _ in held if c.is_out and c.booking_id is not None),
        missing=missing,
        battery=round(battery) if isinstance(battery, int | float) and 0 <= battery <= 100 else None,
        door_at=box.opened_at,
        waiting=waiting,
        risk_until=box.risk_until,
    )


# -- cases, papers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that waits for somebody, in words. `bookings`: who had the key, who took it."""

    case: Case
    meaning: str
    bookings: tuple[Booking, ...]


def open_cases(directory: Directory, sites: Sequence[SiteEntry]) -> list[OpenCase]:
    """What is to be settled at these sites, the oldest first."""
    found = (
        Case.objects.filter(
            territory_id=directory.territory_id, settled_at=None, box__site_id__in=[s.id for s in sites]
        )
        .select_related("box__site", "resource")
        .prefetch_related(Prefetch("bookings", Booking.objects.select_related("agent").order_by("start")))
        .order_by("opened_at", "pk")
    )
    return [OpenCase(case, MEANINGS.get(case.code, case.code), tuple(case.bookings.all())) for case in found]


@dataclass(frozen=True, slots=True)
class Paper:
    """Something that ends soon, or has ended. `what` is one of inspection, insurance, card, licence."""

    what: str
    whose: str
    detail: str
    last_day: dt.date
    is_over: bool
    unit_id: int | None = None


def expiring(directory: Directory, sites: Sequence[SiteEntry], today: dt.date) -> list[Paper]:
    """Inspections, insurances, cards of these sites and licences of their people that end within SOON, or have ended."""
    until = today + SOON
    here = {"territory_id": directory.territory_id, "resource__site_id__in": [s.id for s in sites]}
    found: list[Paper] = []

    def add(what: str, whose: str, detail: str, last: dt.date | None, unit: int | None = None) -> None:
        if last is not None and last <= until:
            found.append(Paper(what, whose, detail, last, last < today, unit))

    vehicles = Vehicle.objects.filter(Q(inspected_until__lte=until) | Q(insured_until__lte=until), **here)
    for v in vehicles.select_related("resource__site"):
        add("inspection", v.resource.name, v.resource.site.name, v.inspected_until, v.pk)
        add("insurance", v.resource.name, v.resource.site.name, v.insured_until, v.pk)
    for c in TransportCard.objects.filter(valid_until__lte=until, **here).select_related("resource__site"):
        add("card", c.resource.name, c.resource.site.name, c.valid_until, c.pk)
    licences = Licence.objects.filter(
        territory_id=directory.territory_id, valid_until__lte=until, agent__is_active=True
    )
    if len(sites) < len(directory.sites):
        licences = licences.filter(agent__usual_site_id__in=[s.id for s in sites])
    for licence in licences.select_related("agent__usual_site"):
        site = licence.agent.usual_site
        add("licence", str(licence.agent), site.name if site is not None else "", licence.valid_until)
    return sorted(found, key=lambda p: (p.last_day, p.what, p.whose))
