"""What booking tells people: one function per notice, each a few plain French sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bureaux_volants.booking.directory import Directory
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Agent, Grant

from .errors import Alternative
from .models import Booking, WaitingEntry

SEARCH = "/bureaux/"


def path_of(booking: Booking) -> str:
    return f"/reservations/{booking.reference}/"


def _when(booking: Booking | WaitingEntry, directory: Directory) -> str:
    return french.span(booking.start, booking.end, directory.zone)


def _place(booking: Booking | WaitingEntry, directory: Directory) -> str:
    return directory.site_by_id(booking.site_id).name


def hosts_of(directory: Directory, site_id: int) -> list[Agent]:
    """The active hosts of a site: by the site itself or by its organisation. Territory-wide hosts are not mailed."""
    site = directory.site_by_id(site_id)
    grants = Grant.objects.filter(territory_id=directory.territory_id, role=Grant.Role.HOST, agent__is_active=True)
    at_site = grants.filter(site_id=site_id) | grants.filter(organisation_id=site.organisation_id)
    return [g.agent for g in at_site.select_related("agent").distinct("agent_id").order_by("agent_id")]


def confirmed(booking: Booking, directory: Directory, unit_name: str) -> None:
    outbox.write(
        booking.agent,
        "booking.confirmed",
        f"Réservé : {_place(booking, directory)}, {french.day(booking.start.astimezone(directory.zone).date())}",
        f"Votre bureau est réservé à {_place(booking, directory)}, {_when(booking, directory)} : {unit_name}.",
        path_of(booking),
    )


def requested(booking: Booking, directory: Directory) -> None:
    """To the agent, and to the hosts who must answer."""
    assert booking.answer_by is not None
    until = f"{french.day(booking.answer_by.astimezone(directory.zone).date())} à {french.at(booking.answer_by, directory.zone)}"
    outbox.write(
        booking.agent,
        "booking.requested",
        f"Demande transmise : {_place(booking, directory)}",
        f"{_place(booking, directory)} accueille sur accord. Votre demande, {_when(booking, directory)}, attend sa réponse "
        f"jusqu'au {until} ; un bureau vous est gardé d'ici là.",
        path_of(booking),
    )
    for host in hosts_of(directory, booking.site_id):
        outbox.write(
            host,
            "host.request",
            f"Une demande attend votre réponse : {_place(booking, directory)}",
            f"{booking.agent} souhaite un bureau à {_place(booking, directory)}, {_when(booking, directory)}. "
            f"Sans réponse avant le {until}, la règle du site s'applique.",
            "/accueil/",
        )


def approved(booking: Booking, directory: Directory, unit_name: str) -> None:
    outbox.write(
        booking.agent,
        "booking.approved",
        f"Accordé : {_place(booking, directory)}",
        f"Votre demande est accordée : {_place(booking, directory)}, {_when(booking, directory)} ({unit_name}).",
        path_of(booking),
    )


def refused(booking: Booking, directory: Directory, alternatives: Sequence[Alternative]) -> None:
    reason = f" Motif : {booking.end_reason}." if booking.end_reason else ""
    outbox.write(
        booking.agent,
        "booking.refused",
        f"Demande refusée : {_place(booking, directory)}",
        f"{_place(booking, directory)} ne peut pas vous accueillir, {_when(booking, directory)}.{reason}{_offer(alternatives)}",
        SEARCH,
    )


def cancelled_for(booking: Booking, directory: Directory, reason: str) -> None:
    """Somebody else than the holder cancelled."""
    because = f" Motif : {reason}." if reason else ""
    outbox.write(
        booking.agent,
        "booking.cancelled",
        f"Annulé : {_place(booking, directory)}",
        f"Votre réservation à {_place(booking, directory)}, {_when(booking, directory)}, a été annulée.{because}",
        SEARCH,
    )


def reseated(booking: Booking, directory: Directory, old_name: str, new_name: str) -> None:
    outbox.write(
        booking.agent,
        "booking.reseated",
        f"Votre place change : {new_name}",
        f"À {_place(booking, directory)}, {_when(booking, directory)}, vous serez à la place « {new_name} » au lieu de "
        f"« {old_name} ». Rien d'autre ne change.",
        path_of(booking),
    )


def closed(booking: Booking, directory: Directory, reason: str, alternatives: Sequence[Alternative]) -> None:
    outbox.write(
        booking.agent,
        "site.closed",
        f"Fermé : {_place(booking, directory)}",
        f"{_place(booking, directory)} sera fermé ({reason}). Votre réservation, {_when(booking, directory)}, est annulée."
        f"{_offer(alternatives)}",
        SEARCH,
    )


def withdrawn(booking: Booking, directory: Directory, unit_name: str, alternatives: Sequence[Alternative]) -> None:
    """The unit is no longer there or no longer suits, and no other could be found on the site."""
    outbox.write(
        booking.agent,
        "booking.cancelled",
        f"Annulé : {_place(booking, directory)}",
        f"« {unit_name} », à {_place(booking, directory)}, n'est plus disponible et aucune autre place du site n'est libre "
        f"{_when(booking, directory)} : votre réservation est annulée.{_offer(alternatives)}",
        SEARCH,
    )


def shortened_by_closure(booking: Booking, directory: Directory, reason: str) -> None:
    outbox.write(
        booking.agent,
        "site.closed",
        f"Fermé une partie du jour : {_place(booking, directory)}",
        f"{_place(booking, directory)} fermera une partie de la journée ({reason}). Votre réservation est raccourcie : "
        f"{_when(booking, directory)}. Vous pouvez l'annuler si cela ne vous convient plus.",
        path_of(booking),
    )


def freed_for_absence(booking: Booking, directory: Directory) -> None:
    outbox.write(
        booking.agent,
        "booking.no_show",
        f"Bureau libéré : {_place(booking, directory)}",
        f"Vous n'avez pas signalé votre arrivée à {_place(booking, directory)}, {_when(booking, directory)} : le bureau a été "
        "rendu aux autres. Si vous êtes sur place, réservez de nouveau ou voyez le référent d'accueil.",
        f"/sites/{directory.site_by_id(booking.site_id).slug}/",
    )


def waiting_served(booking: Booking, directory: Directory, unit_name: str) -> None:
    outbox.write(
        booking.agent,
        "waiting.served",
        f"Une place s'est libérée : {_place(booking, directory)}",
        f"Vous étiez en liste d'attente : un bureau vous revient à {_place(booking, directory)}, {_when(booking, directory)} "
        f"({unit_name}). S'il ne vous est plus utile, annulez-le : il ira au suivant.",
        path_of(booking),
    )


def moved(booking: Booking, directory: Directory, unit_name: str) -> None:
    outbox.write(
        booking.agent,
        "booking.changed",
        f"Modifié : {_place(booking, directory)}",
        f"Votre réservation à {_place(booking, directory)} est maintenant {_when(booking, directory)} ({unit_name}).",
        path_of(booking),
    )


def _offer(alternatives: Iterable[Alternative]) -> str:
    names = [f"{a.site.name} ({a.free} place{'s' if a.free > 1 else ''})" for a in alternatives]
    return f" À ces heures, il reste de la place à {french.listing(names, 'ou')}." if names else ""
