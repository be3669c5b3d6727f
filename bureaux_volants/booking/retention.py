"""How long names are kept: a past booking keeps its person for the territory's number of days (CNIL: no longer than
needed), then the fact stays and the name goes, in the booking, in the waiting list and in the event log alike."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction
from django.utils import timezone

from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Territory

from .models import Booking, WaitingEntry
from .states import HOLDING


def nobody_of(territory: Territory) -> Agent:
    """Who stands for people whose names are gone: cannot sign in, shows nothing."""
    nobody, _ = Agent.objects.get_or_create(
        email=f"anonyme@{territory.slug}.invalid",
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
    """Take the names off everything that ended before the limit. Returns how many bookings lost their name.

    The log's own trigger lets only this through, and only in this transaction.
    """
    limit = (now or timezone.now()) - dt.timedelta(days=territory.names_kept_days)
    nobody = nobody_of(territory)
    old = Booking.objects.filter(territory=territory, end__lt=limit).exclude(state__in=HOLDING)
    changed = old.exclude(agent=nobody).update(agent=nobody, booked_by=nobody, series=None)
    WaitingEntry.objects.filter(territory=territory, end__lt=limit).exclude(agent=nobody).exclude(
        state=WaitingEntry.State.WAITING
    ).update(agent=nobody)
    Notice.objects.filter(territory=territory, created_at__lt=limit).delete()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL bureaux_volants.anonymising = 'on'")
        # An event of a booking still to come keeps its names until that booking is past.
        cursor.execute(
            """UPDATE events_event e SET actor_id = CASE WHEN e.actor_id IS NULL THEN NULL ELSE %(nobody)s END,
                 data = CASE WHEN e.data ? 'agent' THEN jsonb_set(e.data, '{agent}', to_jsonb(%(nobody)s::bigint)) ELSE e.data END
               WHERE e.territory_id = %(territory)s AND e.at < %(limit)s AND e.subject_kind IN ('booking', 'waiting')
                 AND (e.actor_id <> %(nobody)s OR (e.data ? 'agent' AND e.data->'agent' <> to_jsonb(%(nobody)s::bigint)))
                 AND NOT EXISTS (SELECT 1 FROM booking_booking b
                                 WHERE e.subject_kind = 'booking' AND b.id = e.subject_id AND b."end" >= %(limit)s)""",
            {"nobody": nobody.pk, "territory": territory.pk, "limit": limit},
        )
        cursor.execute("SET LOCAL bureaux_volants.anonymising = 'off'")
    return changed


def anonymise_everywhere(*, now: dt.datetime | None = None) -> int:
    """Every territory in turn, each in its own transaction (job, once a day)."""
    return sum(anonymise(territory, now=now) for territory in Territory.objects.order_by("pk"))
