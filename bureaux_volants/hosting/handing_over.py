"""A host goes on leave: who stands in, from when to when. What the substitute may do: territory/permissions.py."""

from __future__ import annotations

import datetime as dt

from django.db.models import Q, QuerySet
from django.utils import timezone

from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.locks import in_transaction, lock
from bureaux_volants.events.log import Author, record
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Agent, Grant, Handover

LONGEST = dt.timedelta(days=366)


def own_reception(agent: Agent) -> QuerySet[Grant]:
    """The grants that somebody can hand over: to host, held in their own name."""
    return Grant.objects.filter(agent=agent, territory_id=agent.territory_id or 0, role=Grant.Role.HOST)


def colleagues(host: Agent) -> QuerySet[Agent]:
    """Who may stand in: active people of the same organisation."""
    return (
        Agent.objects.filter(territory_id=host.territory_id or 0, organisation_id=host.organisation_id or 0)
        .filter(is_active=True)
        .exclude(pk=host.pk)
        .select_related("service")
        .order_by("last_name", "first_name", "pk")
    )


def handovers_of(agent: Agent, today: dt.date) -> list[Handover]:
    """Those going on or to come, that the person gave or was given, soonest first."""
    return list(
        Handover.objects.filter(Q(host=agent) | Q(substitute=agent), ended_at=None, last_day__gte=today)
        .filter(territory_id=agent.territory_id or 0)
        .select_related("host", "substitute")
        .order_by("first_day", "id")
    )


def _days(handover: Handover) -> str:
    if handover.first_day == handover.last_day:
        return french.day(handover.first_day)
    return f"du {french.day(handover.first_day)} au {french.day(handover.last_day)} compris"


@in_transaction
def hand_over(
    host: Agent, substitute_id: int, first: dt.date, last: dt.date, author: Author, *, now: dt.datetime | None = None
) -> Handover:
    """Name who stands in from one local day to another, both included. Both are told.

    Raises NotFound for somebody who cannot stand in, WrongState for days that cannot be.
    """
    now = now or timezone.now()
    assert host.territory is not None
    substitute = colleagues(host).filter(pk=substitute_id).first()
    if substitute is None or not own_reception(host).exists():
        raise NotFound("Choisissez une personne de votre organisation.")
    lock(people=[host.pk, substitute.pk])
    today = now.astimezone(host.territory.zone).date()
    if first < today:
        raise WrongState("Le premier jour est passé.")
    if last < first:
        raise WrongState("Le dernier jour doit suivre le premier.")
    if last - first > LONGEST or first - today > LONGEST:
        raise WrongState("Un an au plus.")
    clash = Handover.objects.filter(host=host, ended_at=None, first_day__lte=last, last_day__gte=first).first()
    if clash is not None:
        raise WrongState(f"{clash.substitute} vous remplace déjà {_days(clash)} : terminez d'abord ce remplacement.")
    handover = Handover.objects.create(
        territory=host.territory, host=host, substitute=substitute, first_day=first, last_day=last, created_at=now
    )
    _told(handover, author, "handover.set", now)
    return handover


@in_transaction
def end_handover(agent: Agent, handover_id: int, author: Author, *, now: dt.datetime | None = None) -> Handover:
    """End it before its term: by the host, or by who stands in. Both are told. NotFound when it is over, or another's."""
    now = now or timezone.now()
    found = Handover.objects.filter(Q(host=agent) | Q(substitute=agent), pk=handover_id, ended_at=None)
    handover = found.select_for_update(of=("self",)).select_related("host", "substitute", "territory").first()
    if handover is None or handover.last_day < now.astimezone(handover.territory.zone).date():
        raise NotFound("Ce remplacement est déjà terminé.")
    handover.ended_at = now
    handover.save(update_fields=["ended_at"])
    _told(handover, author, "handover.ended", now)
    return handover


def _told(handover: Handover, author: Author, kind: str, now: dt.datetime) -> None:
    record(
        handover.territory_id,
        author,
        kind,
        "handover",
        handover.pk,
        agent=handover.substitute_id,
        first=handover.first_day.isoformat(),
        last=handover.last_day.isoformat(),
    )
    days = _days(handover)
    if kind == "handover.set":
        texts = {
            handover.host: (
                f"{handover.substitute} vous remplace à l'accueil",
                f"{handover.substitute} tient l'accueil à votre place, {days}. C'est dit aux deux ; vous pouvez y mettre fin plus tôt.",
            ),
            handover.substitute: (
                f"Vous remplacez {handover.host} à l'accueil",
                f"{handover.host} vous confie l'accueil, {days}. Ces jours-là, la page Accueil vous est ouverte ; "
                "ensuite elle se referme d'elle-même.",
            ),
        }
    else:
        ended = f"Le remplacement de {handover.host} par {handover.substitute} à l'accueil, prévu {days}, est terminé."
        texts = dict.fromkeys((handover.host, handover.substitute), ("Remplacement à l'accueil terminé", ended))
    for person, (subject, body) in texts.items():
        outbox.write(person, kind, subject, body, "/remplacement/", at=now)
