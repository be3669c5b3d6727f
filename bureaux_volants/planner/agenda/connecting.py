"""Somebody's calendar, given and taken back.

Nothing of the calendar is kept but where it is and what opens it (keeping.py); that is shown to nobody again, its owner included.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bureaux_volants.events.log import Author, record
from bureaux_volants.planner.models import CalendarLink
from bureaux_volants.territory.models import Agent

from . import caldav
from .days import read
from .fetching import CannotFetch, Unauthorised, origin
from .keeping import Source, Unreadable, sealed, source_of
from .reading import CannotRead


class CannotConnect(Exception):
    """Why the calendar was not kept; one French sentence, and which of what was given it is about."""

    def __init__(self, sentence: str, about: str = "address") -> None:
        super().__init__(sentence)
        self.about = about


@dataclass(frozen=True, slots=True)
class Given:
    """What a person typed; what is empty is as it was before."""

    address: str = field(default="", repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


def connect(agent: Agent, given: Given, zone: ZoneInfo, author: Author) -> CalendarLink:
    """Keep the calendar in place of a former one, once it has answered. Raises CannotConnect."""
    assert agent.territory_id is not None
    source = _meant(given, link_of(agent))
    try:
        source = replace(
            source, is_caldav=caldav.is_calendar(source.address, source.credentials, settings.BV_CALENDAR_HOSTS)
        )
        read(source, timezone.localdate(), zone, agent)
    except Unauthorised as error:
        raise CannotConnect(str(error), "password") from None
    except (CannotFetch, CannotRead) as error:
        raise CannotConnect(str(error)) from None
    with transaction.atomic():
        link, _made = CalendarLink.objects.update_or_create(
            agent=agent,
            defaults={
                "territory_id": agent.territory_id,
                "sealed": sealed(source, agent.pk),
                "created_at": timezone.now(),
            },
        )
        # That there is one, not where.
        record(agent.territory_id, author, "agenda.connected", "agent", agent.pk)
    return link


def _meant(given: Given, link: CalendarLink | None) -> Source:
    """What was given, and what is kept where nothing was. Raises CannotConnect.

    A kept password stays with the server that it was given for: another address there may use it, another server's may not.
    """
    kept = _kept(link)
    address, user, password = given.address.strip(), given.user.strip(), given.password
    if not address:
        if kept is None:
            raise CannotConnect("Donnez l'adresse de votre agenda.")
        if not user and not password:
            raise CannotConnect("Donnez une autre adresse, ou un autre mot de passe.")
        address = kept.address
    elif kept is not None and not _is_same_server(address, kept.address):
        kept = None
    if kept is not None and kept.user:
        if user and user != kept.user and not password:
            raise CannotConnect("Donnez aussi le mot de passe de cet identifiant.", "password")
        user, password = user or kept.user, password or kept.password
    if user and not password:
        raise CannotConnect("Donnez aussi le mot de passe.", "password")
    if password and not user:
        raise CannotConnect("Donnez aussi l'identifiant.", "user")
    if ":" in user:
        raise CannotConnect("Un identifiant n'a pas de deux-points.", "user")
    return Source(address, user, password)


def _kept(link: CalendarLink | None) -> Source | None:
    try:
        return None if link is None else source_of(link)
    except Unreadable:
        return None


def _is_same_server(address: str, kept: str) -> bool:
    try:
        return origin(address, settings.BV_CALENDAR_HOSTS) == origin(kept, settings.BV_CALENDAR_HOSTS)
    except CannotFetch:
        return False


def disconnect(agent: Agent, author: Author) -> bool:
    """Forget the address at once; False where there was none."""
    assert agent.territory_id is not None
    with transaction.atomic():
        gone, _by = CalendarLink.objects.filter(agent=agent).delete()
        if gone:
            record(agent.territory_id, author, "agenda.disconnected", "agent", agent.pk)
    return bool(gone)


def link_of(agent: Agent) -> CalendarLink | None:
    return CalendarLink.objects.filter(agent=agent).first()


@dataclass(frozen=True, slots=True)
class Shown:
    """What may be told of a link: who keeps the calendar, under what name. `problem`: one sentence, where nothing is readable."""

    host: str = ""
    user: str = ""
    problem: str = ""


def shown(link: CalendarLink) -> Shown:
    try:
        source = source_of(link)
    except Unreadable as error:
        return Shown(problem=str(error))
    return Shown(urlsplit(source.address).hostname or "", source.user)
