"""How long names are kept: a past booking keeps its person for the territory's number of days (CNIL: no longer than
needed), then the fact stays and the name goes, in the booking, in the waiting list and in the event log alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from bureaux_volants.messages.models import Notice, Occasion
from bureaux_volants.territory.models import Agent, Territory

from .models import Booking, Kind, WaitingEntry
from .states import HOLDING


def nobody_email(territory: Territory) -> str:
    """The address of nobody_of, which is nobody's."""
    return f"anonyme@{territory.slug}.invalid"


def nobody_of(territory: Territory) -> Agent:
    """Who stands for people whose names are gone: cannot sign in, shows nothing."""
    nobody, _ = Agent.objects.get_or_create(
        email=nobody_email(territory),
        defaults={
            "territory": territory,
            "last_name": "Agent anonymisé",
            "is_active": False,
            "visibility": Agent.Visibility.NOBODY,
            "password": "!",
        },
    )
    return nobody


@transaction.atomic
def anonymise(territory: Territory, *, now: dt.datetime | None = None) -> int:
    """Take the names off everything that ended before its limit. Returns how many bookings lost their name.

    The loans of vehicles and cards have a longer limit than desks, with all that the log says of them. The log's own
    trigger lets only this through, and only in this transaction.
    """
    now = now or timezone.now()
    limits = limits_of(territory, now)
    nobody = nobody_of(territory)
    changed = 0
    for desks, limit in ((True, limits.desks), (False, limits.vehicles)):
        of_kind = Q(kind=Kind.DESK) if desks else ~Q(kind=Kind.DESK)
        old = Booking.objects.filter(of_kind, territory=territory, end__lt=limit).exclude(state__in=HOLDING)
        changed += old.exclude(agent=nobody).update(agent=nobody, booked_by=nobody, series=None)
        WaitingEntry.objects.filter(of_kind, territory=territory, end__lt=limit).exclude(agent=nobody).exclude(
            state=WaitingEntry.State.WAITING
        ).update(agent=nobody)
    Notice.objects.filter(territory=territory, created_at__lt=limits.desks).delete()
    Occasion.objects.filter(territory=territory, at__lt=limits.desks).delete()
    # An event of a booking still to come keeps its names until that booking is past.
    forget_in_log(
        territory,
        nobody,
        """(e.subject_kind = 'booking' AND NOT EXISTS (
              SELECT 1 FROM booking_booking b WHERE b.id = e.subject_id
                AND (b."end" >= CASE b.kind WHEN 'desk' THEN %(desks)s ELSE %(vehicles)s END
                     OR e.at >= CASE b.kind WHEN 'desk' THEN %(desks)s ELSE %(vehicles)s END)))
           OR (e.subject_kind = 'waiting' AND NOT EXISTS (
              SELECT 1 FROM booking_waitingentry w WHERE w.id = e.subject_id
                AND e.at >= CASE w.kind WHEN 'desk' THEN %(desks)s ELSE %(vehicles)s END))""",
        {"desks": limits.desks, "vehicles": limits.vehicles},
    )
    return changed


@dataclass(frozen=True, slots=True)
class Limits:
    """What ended before these instants has no name any more."""

    desks: dt.datetime
    vehicles: dt.datetime


def limits_of(territory: Territory, now: dt.datetime) -> Limits:
    """A territory's limits, counted back from now."""
    return Limits(
        now - dt.timedelta(days=territory.names_kept_days), now - dt.timedelta(days=territory.vehicle_names_kept_days)
    )


def forget_in_log(territory: Territory, nobody: Agent, which: str, values: Mapping[str, Any]) -> None:
    """Take the names off the events `e` of a territory that a condition chooses. `which` is a constant of the code, its
    values are parameters. Within the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL bureaux_volants.anonymising = 'on'")
        cursor.execute(
            f"""UPDATE events_event e SET actor_id = CASE WHEN e.actor_id IS NULL THEN NULL ELSE %(nobody)s END,
                 data = CASE WHEN e.data ? 'agent' THEN jsonb_set(e.data, '{{agent}}', to_jsonb(%(nobody)s::bigint)) ELSE e.data END
               WHERE e.territory_id = %(territory)s AND ({which})
                 AND (e.actor_id <> %(nobody)s OR (e.data ? 'agent' AND e.data->'agent' <> to_jsonb(%(nobody)s::bigint)))""",  # noqa: S608 -- constants only
            {**values, "nobody": nobody.pk, "territory": territory.pk},
        )
        cursor.execute("SET LOCAL bureaux_volants.anonymising = 'off'")


def anonymise_everywhere(*, now: dt.datetime | None = None) -> int:
    """Every territory in turn, each in its own transaction (job, once a day)."""
    return sum(anonymise(territory, now=now) for territory in Territory.objects.order_by("pk"))
