"""Saying, with a desk, what one can help with and whether one is open to be met; and who may see it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.utils import timezone

from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.locks import in_transaction, lock
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.queries import own
from bureaux_volants.booking.states import HOLDING, State
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.visibility import shows

from .models import LONGEST_NOTE, Presence, Skill


def skills_of(territory_id: int) -> list[Skill]:
    """The authority's list, by name."""
    return list(Skill.objects.filter(territory_id=territory_id, is_active=True).order_by("name", "pk"))


def presence_of(booking: Booking) -> Presence | None:
    return Presence.objects.filter(booking=booking).prefetch_related("skills").first()


def last_said(agent: Agent) -> Presence | None:
    """What the person said the last time: the form begins with it."""
    found = Presence.objects.filter(booking__agent=agent).prefetch_related("skills")
    return found.order_by("-said_at", "-pk").first()


@in_transaction
def show(
    agent: Agent,
    reference: str,
    skills: Iterable[int],
    author: Author,
    *,
    is_open: bool,
    shown_to: str,
    note: str = "",
    now: dt.datetime | None = None,
) -> Presence:
    """Say it of a desk of one's own that is held and not over; said again, it replaces what was said.

    `skills`: numbers of the authority's list; others are left out. Raises NotFound, WrongState.
    """
    now = now or timezone.now()
    lock(people=[agent.pk])
    booking = own(agent, reference)
    if booking.kind != Kind.DESK:
        raise NotFound("Cette réservation n'est pas un bureau.")
    if booking.state not in HOLDING or booking.end <= now:
        raise WrongState("Cette réservation est terminée : plus rien à dire à son sujet.")
    if shown_to not in Agent.Visibility.values:
        raise WrongState("Choisissez à qui le montrer.")
    presence, _created = Presence.objects.update_or_create(
        booking=booking,
        defaults={
            "territory_id": booking.territory_id,
            "is_open": is_open,
            "note": " ".join(note.replace("\0", "").split())[:LONGEST_NOTE],
            "shown_to": shown_to,
            "said_at": now,
        },
    )
    presence.skills.set([s for s in skills_of(booking.territory_id) if s.pk in set(skills)])
    record(
        booking.territory_id,
        author,
        "presence.shown",
        "booking",
        booking.pk,
        reference=booking.reference,
        is_open=is_open,
        shown_to=shown_to,
    )
    return presence


@in_transaction
def hide(agent: Agent, reference: str, author: Author) -> None:
    """Take it back; meetings that were agreed stay. Raises NotFound for somebody else's booking."""
    lock(people=[agent.pk])
    booking = own(agent, reference)
    gone, _what = Presence.objects.filter(booking=booking).delete()
    if gone:
        record(booking.territory_id, author, "presence.hidden", "booking", booking.pk, reference=booking.reference)


def is_shown(presence: Presence, viewer: Agent) -> bool:
    """Whether what was said with a stay may be seen: what the person set for that stay decides, nothing else."""
    return shows(presence.booking.agent, viewer, as_set=presence.shown_to)


def coming(viewer: Agent, site_ids: Iterable[int], *, now: dt.datetime | None = None) -> list[Presence]:
    """Who comes to these sites and lets the viewer see what they can help with, soonest first. Two queries."""
    now = now or timezone.now()
    found = (
        Presence.objects.filter(
            territory_id=viewer.territory_id or 0,
            booking__site__in=list(site_ids),
            booking__state__in=(State.CONFIRMED, State.IN_USE),
            booking__end__gt=now,
        )
        .exclude(booking__agent=viewer)
        .select_related("booking__agent__service", "booking__agent__organisation", "booking__site")
        .prefetch_related("skills")
        .order_by("booking__start", "pk")
    )
    return [p for p in found if is_shown(p, viewer)]
