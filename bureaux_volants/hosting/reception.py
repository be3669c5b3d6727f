"""Somebody is at the door without a booking: a desk in two taps.

Somebody with an account gets a booking of their own, by the rules that everybody books by. Somebody without one gets a
desk in the name of the territory's stand-in, so that the same constraint and the same locks keep any desk from being
held twice; the name given, if any, is a row beside it.
"""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from bureaux_volants.booking import guards, service
from bureaux_volants.booking.directory import Directory, SiteEntry, get_directory
from bureaux_volants.booking.errors import NotFound, NoUnitFree, Refused, WrongState
from bureaux_volants.booking.loading import Picture, person_of
from bureaux_volants.booking.locks import in_transaction, lock
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.placing import Ask, find_seat, name_of, picture_for, place
from bureaux_volants.booking.pool import Seating
from bureaux_volants.booking.rules import Question, failing
from bureaux_volants.booking.search import no_unit_free
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author, record
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Agent, Territory

from .models import Visitor

#: A desk that is free for less is not worth sitting down at.
SHORTEST = dt.timedelta(minutes=15)

#: Rules about asking in advance: whoever stands at the door asks now, for what is left of the day.
_ABOUT_ASKING = frozenset({"notice", "too-short"})
#: What the site's phase says, to somebody without an account too: the desks of a trial are for those who take part in it.
_ABOUT_THE_PHASE = frozenset({"not-open-yet", "not-in-cohort"})


def stand_in_of(territory: Territory) -> Agent:
    """Who holds the desks of visitors without an account: cannot sign in, shows nothing."""
    stand_in, _ = Agent.objects.get_or_create(
        email=f"visites@{territory.slug}.invalid",
        defaults={
            "territory": territory,
            "last_name": "Visite",
            "is_active": False,
            "visibility": Agent.Visibility.NOBODY,
            "password": "!",
        },
    )
    return stand_in


def _place(territory_id: int, site_id: int) -> tuple[Directory, SiteEntry]:
    directory = get_directory(territory_id)
    try:
        site = directory.site_by_id(site_id)
    except KeyError:
        raise NotFound("Ce site n'existe pas.") from None
    if not site.is_active:
        raise WrongState("Ce site n'est plus en service.")
    return directory, site


def _rest_of_the_day(directory: Directory, site: SiteEntry, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """From this minute to the last closing of the day. WrongState when the doors are shut."""
    day, start = site.day(directory.today(now)), now.replace(second=0, microsecond=0)
    whole = day.whole
    if whole is None or start >= whole.end:
        because = f" ({day.closed_because})" if day.closed_because and whole is None else ""
        raise WrongState(f"Le site est fermé à cette heure{because} : personne ne peut s'y installer.")
    return start, whole.end


def _longest(
    site: SiteEntry, picture: Picture, start: dt.datetime, end: dt.datetime, unit_end: dt.timedelta
) -> tuple[Ask, Seating]:
    """A desk until the end of the day, else for as long as one can be had. NoUnitFree when none is free now."""
    least = start + min(SHORTEST, end - start)
    ends = {end, *(s.start - unit_end for s in picture.at(site.id) if least <= s.start - unit_end < end)}
    for until in sorted(ends, reverse=True):
        ask = Ask(Kind.DESK, site.id, start, until)
        if seating := find_seat(site, picture, ask):
            return ask, seating
    raise NoUnitFree(no_unit_free(Kind.DESK, site.lent_of(Kind.DESK, start)).message)


def _arrived(booking: Booking, author: Author, now: dt.datetime) -> Booking:
    booking.state, booking.checked_in_at, booking.checked_in_by = State.IN_USE, now, Booking.CheckInBy.HOST
    booking.answer_by = None
    booking.save(update_fields=["state", "checked_in_at", "checked_in_by", "answer_by"])
    record(
        booking.territory_id,
        author,
        "booking.checked_in",
        "booking",
        booking.pk,
        reference=booking.reference,
        by=str(Booking.CheckInBy.HOST),
    )
    return booking


@in_transaction
def receive_visitor(
    territory_id: int, site_id: int, author: Author, *, name: str = "", now: dt.datetime | None = None
) -> Visitor:
    """Let somebody without an account sit down now, for the rest of the day or as long as a desk is free.

    Raises Refused when the site's phase is not open, or open to the people of a trial only; NoUnitFree, WrongState when the
    doors are shut, NotFound for a site of another territory.
    """
    now = now or timezone.now()
    stand_in = stand_in_of(Territory.objects.get(pk=territory_id))
    lock(sites=[site_id])
    directory, site = _place(territory_id, site_id)
    start, end = _rest_of_the_day(directory, site, now)
    picture = picture_for(
        directory, site.id, Kind.DESK, stand_in.pk, Ask(Kind.DESK, site.id, start, end).interval, now=now
    )
    ask, seating = _longest(site, picture, start, end, site.turnaround(Kind.DESK))
    question = Question(directory, site, Kind.DESK, ask.interval, ask.features, person_of(stand_in), picture.own, now)
    if refusals := [r for r in failing(question) if r.code in _ABOUT_THE_PHASE]:
        raise Refused(refusals)
    booking = place(directory, site, ask, seating, stand_in, author, now=now, is_visit=True)
    record(territory_id, author, "visitor.received", "booking", booking.pk, reference=booking.reference)
    _arrived(booking, author, now)
    return Visitor.objects.create(territory_id=territory_id, booking=booking, name=" ".join(name.split())[:80])


@in_transaction
def receive_agent(
    territory_id: int, site_id: int, agent: Agent, author: Author, *, now: dt.datetime | None = None
) -> Booking:
    """Let somebody with an account sit down now: a booking of theirs, with their arrival. Whoever is expected later today
    has simply arrived. The person is told.

    Raises Refused by the rules that everybody books by, NoUnitFree, WrongState, NotFound.
    """
    now = now or timezone.now()
    if agent.territory_id != territory_id or not agent.is_active:
        raise NotFound("Cette personne n'a pas de compte ici.")
    lock(people=[agent.pk], sites=[site_id])
    directory, site = _place(territory_id, site_id)
    today = local_day(directory.today(now), directory.zone)
    expected = (
        Booking.objects.filter(agent=agent, site_id=site.id, kind=Kind.DESK, start__lt=today.end, end__gt=now)
        .filter(state__in=(State.CONFIRMED, State.IN_USE))
        .order_by("start")
        .first()
    )
    if expected is not None and expected.state == State.IN_USE:
        raise WrongState("Cette personne est déjà notée sur place.")
    if expected is not None:
        return service.check_in(expected.pk, author, Booking.CheckInBy.HOST, now=now)
    start, end = _rest_of_the_day(directory, site, now)
    picture = picture_for(
        directory, site.id, Kind.DESK, agent.pk, Ask(Kind.DESK, site.id, start, end).interval, now=now
    )
    ask, seating = _longest(site, picture, start, end, site.turnaround(Kind.DESK))
    question = Question(
        directory=directory,
        site=site,
        kind=Kind.DESK,
        asked=ask.interval,
        features=ask.features,
        person=person_of(agent),
        own=picture.own,
        now=now,
    )
    refusals = [r for r in failing(question) if r.code not in _ABOUT_ASKING]
    refusals += guards.refusals_to_book(agent, Kind.DESK, ask.interval)
    if refusals:
        raise Refused(refusals)
    booking = _arrived(place(directory, site, ask, seating, agent, author, now=now), author, now)
    outbox.write(
        agent,
        "booking.confirmed",
        f"Installé par l'accueil : {site.name}",
        f"L'accueil vous a donné une place à {site.name}, {french.span(ask.start, ask.end, directory.zone)} "
        f"({name_of(site, booking.resource_id)}). Votre arrivée est notée.",
        f"/reservations/{booking.reference}/",
        at=now,
    )
    return booking


def found_people(territory_id: int, words: str, *, most: int = 8) -> list[Agent]:
    """People with an account whose first or last name begins with each of these words; none for less than two letters."""
    parts = words.replace("\0", "").split()[:4]
    if sum(map(len, parts)) < 2:
        return []
    found = Agent.objects.filter(territory_id=territory_id, is_active=True).select_related("service", "organisation")
    for part in parts:
        found = found.filter(first_name__istartswith=part) | found.filter(last_name__istartswith=part)
    return list(found.order_by("last_name", "first_name", "pk")[:most])
