"""Who had it at 10:42 on 3 March? From the keys where a box tells, else from the loans.

The question itself is written in the log: who asked, about what, which instant, and why. Names are there as long as the
retention of vehicle loans says (booking/retention.py); later the answer is that somebody had it, and no more.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.errors import Refused
from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author, record
from bureaux_volants.keys.models import Custody

from .models import Vehicle

#: Beyond this many, an answer is no answer: say which unit.
MOST_UNITS = 300


@dataclass(frozen=True, slots=True)
class Answer:
    """Where one unit was. `booking` says with whom, None with nobody known; `by_key` when a key box or a declaration says so.

    `is_lost`: its key was lost. `in_box`: its key hung there. `was_booked`: reserved then, without ever being taken.
    """

    unit: Resource
    plate: str
    booking: Booking | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    by_key: bool = False
    in_box: bool = False
    is_lost: bool = False
    was_booked: bool = False


def _plain(text: str) -> str:
    """A plate or a name without what people write differently: `ab 123 cd` is `AB-123-CD`."""
    return re.sub(r"[^0-9a-zà-ÿ]", "", text.casefold())


def matching(directory: Directory, sites: Sequence[SiteEntry], text: str) -> list[Resource]:
    """The units of the pools of these sites whose plate or name is so written; all of them for an empty text."""
    units = list(
        Resource.objects.filter(territory_id=directory.territory_id, site_id__in=[s.id for s in sites])
        .exclude(kind=Kind.DESK)
        .select_related("site", "vehicle")
        .order_by("site__name", "kind", "name")
    )
    wanted = _plain(text)
    return [u for u in units if wanted in (_plain(u.name), _plain(_plate(u)))] if wanted else units


def _plate(unit: Resource) -> str:
    vehicle: Vehicle | None = getattr(unit, "vehicle", None)
    return vehicle.plate if vehicle is not None else ""


@transaction.atomic
def who_had(
    directory: Directory,
    sites: Sequence[SiteEntry],
    text: str,
    at: dt.datetime,
    author: Author,
    *,
    reason: str,
    now: dt.datetime | None = None,
) -> list[Answer]:
    """Where each unit so named was at an instant; of all units, those that somebody had. `sites`: those in the asker's care.

    Refused without a reason, for an instant to come, or for a name that no unit has; then nothing was asked.
    """
    now = now or timezone.now()
    reason = " ".join(reason.split())
    if len(reason) < 3:
        raise Refused([Refusal("reason-missing", "Dites pourquoi vous posez la question : le journal le garde.")])
    if at > now:
        raise Refused([Refusal("not-yet", "Cet instant n'est pas encore passé.")])
    units = matching(directory, sites, text)
    if not units:
        raise Refused([Refusal("unit-unknown", "Aucun véhicule ni carte de ce nom ou de cette immatriculation.")])
    record(
        directory.territory_id,
        author,
        "custody.asked",
        "resource" if text.strip() and len(units) == 1 else "territory",
        units[0].pk if text.strip() and len(units) == 1 else directory.territory_id,
        about=" ".join(text.split())[:80],
        asked_at=at.isoformat(),
        reason=reason[:200],
    )
    answers = _answers(units, at)
    return answers if text.strip() else [a for a in answers if a.booking is not None or a.is_lost][:MOST_UNITS]


def _answers(units: Sequence[Resource], at: dt.datetime) -> list[Answer]:
    ids = [u.pk for u in units]
    held = {
        c.resource_id: c
        for c in Custody.objects.select_related("booking__agent", "booking__territory")
        .filter(Q(until=None) | Q(until__gt=at), resource_id__in=ids, since__lte=at)
        .order_by("since", "pk")
    }
    loans = _loans(ids, at)
    return [_answer(u, held.get(u.pk), loans.get(u.pk)) for u in units]


def _loans(ids: Sequence[int], at: dt.datetime) -> dict[int, Booking]:
    """The loan that had each unit, or had booked it: one that was taken counts more."""
    touching = (
        Booking.objects.select_related("agent")
        .filter(resource_id__in=ids, start__gte=at - dt.timedelta(days=400))
        .filter(
            Q(checked_in_at__lte=at, state=State.IN_USE)
            | Q(checked_in_at__lte=at, state=State.COMPLETED, ended_at__gt=at)
            | Q(
                checked_in_at=None,
                start__lte=at,
                end__gt=at,
                state__in=(State.CONFIRMED, State.NO_SHOW, State.COMPLETED),
            )
        )
        .order_by("checked_in_at", "pk")
    )
    found: dict[int, Booking] = {}
    for booking in touching:  # NULLs, those who never came, are last
        if booking.checked_in_at is not None or booking.resource_id not in found:
            found[booking.resource_id] = booking
    return found


def _answer(unit: Resource, held: Custody | None, loan: Booking | None) -> Answer:
    plate = _plate(unit)
    if held is not None and held.booking is not None:
        return Answer(unit, plate, held.booking, held.since, held.until, by_key=True)
    if loan is not None and loan.checked_in_at is not None:
        ended = loan.ended_at if loan.state == State.COMPLETED else None
        # A key that hangs in its box says more than a loan that nobody closed.
        if held is None or held.slot is None:
            return Answer(unit, plate, loan, loan.checked_in_at, ended)
    if held is not None and (held.is_lost or held.slot is not None):
        return Answer(unit, plate, None, held.since, held.until, True, in_box=not held.is_lost, is_lost=held.is_lost)
    if loan is not None and loan.checked_in_at is None:
        return Answer(unit, plate, loan, loan.start, loan.end, was_booked=True)
    return Answer(unit, plate)
