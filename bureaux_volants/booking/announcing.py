"""What the clock alone makes worth saying: « êtes-vous arrivé ? » before a desk is given to others, the host's morning list.

Each once, whatever happens to the worker: the occasion is written in the transaction that writes the notice.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from django.utils import timezone

from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import local, local_day
from bureaux_volants.territory.models import Agent, Territory

from .directory import Directory, get_directory
from .locks import in_transaction
from .models import Booking, Kind
from .notices import AWAITED, hosts_of, path_of, told
from .states import State

#: When hosts are told who comes, local time; later in the day it is of no use any more.
MORNING, NOON = dt.time(7, 30), dt.time(12)


def announce(now: dt.datetime | None = None) -> None:
    """Every territory, each in its own transactions (job)."""
    now = now or timezone.now()
    for territory_id in Territory.objects.order_by("pk").values_list("pk", flat=True):
        nudge(territory_id, now)
        tell_hosts(territory_id, now)


@in_transaction
def nudge(territory_id: int, now: dt.datetime) -> int:
    """Ask those whose desk waits for them, half-way to when it is given to others. Returns how many were asked."""
    directory = get_directory(territory_id)
    late = Booking.objects.filter(
        territory_id=territory_id, kind=Kind.DESK, state=State.CONFIRMED, start__lte=now, free_if_absent_at__gt=now
    )
    count = 0
    for booking in late.select_related("agent").order_by("pk"):
        assert booking.free_if_absent_at is not None
        half = booking.start + (booking.free_if_absent_at - booking.start) / 2
        # Who books a desk that has begun already knows.
        if now < half or booking.created_at >= booking.start:
            continue
        if not outbox.is_first_time(territory_id, f"check-in:{booking.pk}:{booking.start.timestamp():.0f}", now):
            continue
        site = directory.site_by_id(booking.site_id)
        outbox.write(
            booking.agent,
            "reminder.check_in",
            f"Êtes-vous arrivé(e) ? {site.name}",
            f"Votre bureau vous attend ({site.name}) jusqu'à {french.at(booking.free_if_absent_at, directory.zone)}. Dites "
            "que vous êtes là d'un toucher ; si vous ne venez pas, rendez-le : il servira à quelqu'un d'autre.",
            path_of(booking),
            at=now,
            **(told(booking, AWAITED) | {"needed_by": booking.free_if_absent_at}),
        )
        count += 1
    return count


@in_transaction
def tell_hosts(territory_id: int, now: dt.datetime) -> int:
    """In the morning, who comes today, to the hosts of each site where somebody does. Returns how many hosts were told."""
    directory = get_directory(territory_id)
    today = directory.today(now)
    if not local(today, MORNING, directory.zone) <= now < local(today, NOON, directory.zone):
        return 0
    day = local_day(today, directory.zone)
    comes = Booking.objects.filter(
        territory_id=territory_id,
        kind=Kind.DESK,
        state__in=(State.CONFIRMED, State.IN_USE),
        start__gte=day.start,
        start__lt=day.end,
    ).select_related("agent", "resource")
    by_site: dict[int, list[Booking]] = defaultdict(list)
    for booking in comes.order_by("start", "agent__last_name", "agent__first_name", "pk"):
        by_site[booking.site_id].append(booking)
    count = 0
    for site_id, bookings in sorted(by_site.items()):
        for host in hosts_of(directory, site_id):
            if outbox.is_first_time(territory_id, f"morning:{today}:{site_id}:{host.pk}", now):
                _list(host, bookings, directory, today, now)
                count += 1
    return count


def _list(host: Agent, bookings: list[Booking], directory: Directory, today: dt.date, now: dt.datetime) -> None:
    site = directory.site_by_id(bookings[0].site_id)
    people = len(bookings)
    outbox.write(
        host,
        "host.morning",
        f"Aujourd'hui, {site.name} : {people} personne{'s' if people > 1 else ''}",
        "\n".join(
            [
                f"Le {french.day(today)} :",
                *(
                    f"– {french.at(b.start, directory.zone)} à {french.at(b.end, directory.zone)} : {b.agent}, {b.resource}"
                    for b in bookings
                ),
            ]
        ),
        f"/accueil/{site.slug}/",
        at=now,
        needed_by=bookings[0].start,
    )
