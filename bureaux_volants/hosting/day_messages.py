"""A word from the reception to those who come on a day: each person once, and not too often."""

from __future__ import annotations

import datetime as dt
import uuid

from django.utils import timezone

from bureaux_volants.booking import notices
from bureaux_volants.booking.directory import Directory, get_directory
from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.locks import in_transaction, lock
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author, record
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import local_day

from .models import LONGEST_MESSAGE, MESSAGES_A_DAY, DayMessage


def expected(directory: Directory, site_id: int, day: dt.date) -> list[Booking]:
    """One booking of each person who comes on a local day, the first one; visitors without an account have no address."""
    span = local_day(day, directory.zone)
    found = (
        Booking.objects.filter(
            territory_id=directory.territory_id,
            site_id=site_id,
            kind=Kind.DESK,
            state__in=(State.CONFIRMED, State.IN_USE),
            start__gte=span.start,
            start__lt=span.end,
            is_visit=False,
            agent__is_active=True,
        )
        .select_related("agent")
        .order_by("start", "id")
    )
    first: dict[int, Booking] = {}
    for booking in found:
        first.setdefault(booking.agent_id, booking)
    return list(first.values())


def sent(site_id: int, day: dt.date) -> list[DayMessage]:
    """What was sent for a day, first one first."""
    return list(DayMessage.objects.filter(site_id=site_id, day=day).select_related("author").order_by("number"))


@in_transaction
def send(
    territory_id: int,
    site_id: int,
    day: dt.date,
    text: str,
    token: uuid.UUID,
    author: Author,
    *,
    now: dt.datetime | None = None,
) -> DayMessage:
    """Write to everybody expected on a local day, today or later. The same form (`token`) sent twice is sent once.

    Raises WrongState when the day is over, the text empty or too long, nobody expected, or the day has had its messages.
    """
    now = now or timezone.now()
    lock(sites=[site_id])
    directory = get_directory(territory_id)
    try:
        site = directory.site_by_id(site_id)
    except KeyError:
        raise NotFound("Ce site n'existe pas.") from None
    again = DayMessage.objects.filter(token=token, site_id=site_id).first()
    if again is not None:
        return again
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise WrongState("Écrivez d'abord votre message.")
    if len(text) > LONGEST_MESSAGE:
        raise WrongState(f"Ce message est trop long : {LONGEST_MESSAGE} caractères au plus.")
    if day < directory.today(now):
        raise WrongState("Ce jour est passé.")
    number = DayMessage.objects.filter(site_id=site_id, day=day).count() + 1
    if number > MESSAGES_A_DAY:
        raise WrongState(f"{MESSAGES_A_DAY} messages ont déjà été envoyés pour ce jour : c'est le plus possible.")
    bookings = expected(directory, site_id, day)
    if not bookings:
        raise WrongState("Personne n'est attendu ce jour-là : il n'y a personne à qui écrire.")
    message = DayMessage.objects.create(
        territory_id=territory_id,
        site_id=site_id,
        day=day,
        number=number,
        text=text,
        author=author.agent,
        sent_at=now,
        people=len(bookings),
        token=token,
    )
    for booking in bookings:
        outbox.write(
            booking.agent,
            "host.message",
            f"{site.name}, {french.day(day)} : un mot de l'accueil",
            f"{text}\n\nL'accueil de {site.name}, à propos de votre venue {french.day(day)}.",
            notices.path_of(booking),
            at=now,
            **notices.told(booking, notices.COMING),
        )
    record(
        territory_id,
        author,
        "site.message",
        "site",
        site_id,
        day=day.isoformat(),
        number=number,
        people=len(bookings),
        message=message.pk,
    )
    return message
