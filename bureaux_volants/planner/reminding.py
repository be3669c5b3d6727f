"""The evening before: tomorrow's day, hour by hour, and what to take. Once, as things stand then."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from django.utils import timezone

from bureaux_volants.booking.directory import Directory, get_directory
from bureaux_volants.booking.kinds import a_thing
from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.notices import what
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.keys.holding import KeyState, states
from bureaux_volants.messages import outbox
from bureaux_volants.messages.about import Subject, register
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import local, local_day
from bureaux_volants.territory.models import Territory

#: When tomorrow is told, local time. What is booked later was told a moment ago.
EVENING = dt.time(18)

_TO_TAKE = {
    Kind.BIKE: "un casque",
    Kind.CARGO_BIKE: "un casque",
    Kind.CAR: "votre permis de conduire",
    Kind.TRANSPORT_CARD: "votre badge professionnel",
    Kind.DESK: "votre ordinateur et votre badge",
}


def remind(now: dt.datetime | None = None) -> int:
    """Every territory (job, each minute). Returns how many people were told."""
    now = now or timezone.now()
    return sum(remind_of_tomorrow(pk, now) for pk in Territory.objects.order_by("pk").values_list("pk", flat=True))


@in_transaction
def remind_of_tomorrow(territory_id: int, now: dt.datetime) -> int:
    """Those who have something tomorrow, in one territory."""
    directory = get_directory(territory_id)
    today = directory.today(now)
    evening = local(today, EVENING, directory.zone)
    if now < evening:
        return 0
    tomorrow = local_day(today + dt.timedelta(days=1), directory.zone)
    coming = Booking.objects.filter(
        territory_id=territory_id, state=State.CONFIRMED, start__gte=tomorrow.start, start__lt=tomorrow.end
    ).select_related("agent", "resource")
    days: dict[int, list[Booking]] = defaultdict(list)
    for booking in coming.order_by("start", "pk"):
        days[booking.agent_id].append(booking)
    told = 0
    for agent_id, bookings in sorted(days.items()):
        is_new = all(b.created_at >= evening for b in bookings)
        key = f"tomorrow:{today + dt.timedelta(days=1)}:{agent_id}"
        if is_new or not bookings[0].agent.is_active or not outbox.is_first_time(territory_id, key, now):
            continue
        _tell(bookings, directory, today + dt.timedelta(days=1), now)
        told += 1
    return told


def _tell(bookings: Sequence[Booking], directory: Directory, day: dt.date, now: dt.datetime) -> None:
    agent = bookings[0].agent
    keys = states(bookings, agent, now=now)
    lines = [_line(b, keys.get(b.pk), directory) for b in bookings]
    take = french.listing(list(dict.fromkeys(_TO_TAKE[Kind(b.kind)] for b in bookings)))
    outbox.write(
        agent,
        "reminder.tomorrow",
        f"Demain, {french.day(day)} : {directory.site_by_id(bookings[0].site_id).name}",
        "\n".join(["Demain :", *lines, f"À prendre : {take}.", "Si quelque chose change, rendez ce qui ne sert plus."]),
        "/" if len(bookings) > 1 else f"/reservations/{bookings[0].reference}/",
        at=now,
        about=f"stays:{bookings[0].pk}",
        told={"stays": {str(b.pk): what(b) for b in bookings}},
        needed_by=bookings[0].start,
    )


def _line(booking: Booking, key: KeyState | None, directory: Directory) -> str:
    hours = f"{french.at(booking.start, directory.zone)} à {french.at(booking.end, directory.zone)}"
    site = directory.site_by_id(booking.site_id)
    line = f"\u2013 {hours} : {a_thing(booking.kind)}, {site.name} ({booking.resource})"
    if key is not None and key.box is not None and key.shown_from is not None:
        line += f" ; le code de la boîte s'affiche à partir de {french.at(key.shown_from, directory.zone)}"
    return line


def _holds(notice: Notice, now: dt.datetime) -> bool:
    """All that is told is still so: who gave one thing up knows their day."""
    said = (notice.told or {}).get("stays", {})
    found = Booking.objects.filter(pk__in=[int(pk) for pk in said], state__in=HOLDING, end__gt=now)
    return bool({str(b.pk): what(b) for b in found} == said)


register("stays", Subject(_holds))
