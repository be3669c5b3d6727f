"""What booking tells people: one function per notice, each a few plain French sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from bureaux_volants.booking.directory import Directory
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french, permissions
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import managers_of

from .errors import Alternative
from .kinds import a_thing
from .models import Booking, Kind, RuleSet, WaitingEntry
from .states import State

#: What a notice takes a booking to be; looked at again when it leaves (subject.py).
HELD, ASKED, OVER, AWAITED, COMING = "held", "asked", "over", "awaited", "coming"


def what(booking: Booking) -> dict[str, Any]:
    """Its hours and its unit, as JSON keeps them."""
    start, end = (at.astimezone(dt.UTC).isoformat() for at in (booking.start, booking.end))
    return {"start": start, "end": end, "resource": booking.resource_id}


def told(booking: Booking, taken_for: str) -> dict[str, Any]:
    """What a notice of this booking says of it, and until when it is of use."""
    return {
        "about": f"booking:{booking.pk}",
        "told": {"is": taken_for, **what(booking)},
        "needed_by": booking.answer_by if taken_for == ASKED else booking.start,
    }


def search_path(kind: str) -> str:
    """Where to look for another thing of this kind."""
    return "/bureaux/" if kind == Kind.DESK else "/prendre/"


def path_of(booking: Booking) -> str:
    return f"/reservations/{booking.reference}/"


def _when(booking: Booking | WaitingEntry, directory: Directory) -> str:
    return french.span(booking.start, booking.end, directory.zone)


def _place(booking: Booking | WaitingEntry, directory: Directory) -> str:
    return directory.site_by_id(booking.site_id).name


def hosts_of(directory: Directory, site_id: int) -> list[Agent]:
    """The hosts of a site, and who stands in for them today. Territory-wide hosts are not mailed."""
    return permissions.hosts_of(directory.site_by_id(site_id), directory.territory_id)


def confirmed(booking: Booking, directory: Directory, unit_name: str) -> None:
    outbox.write(
        booking.agent,
        "booking.confirmed",
        f"Réservé : {_place(booking, directory)}, {french.day(booking.start.astimezone(directory.zone).date())}",
        f"Réservation confirmée : {_place(booking, directory)}, {_when(booking, directory)} ({unit_name}).",
        path_of(booking),
        **told(booking, HELD),
    )


def _unanswered(booking: Booking, directory: Directory) -> str:
    """What becomes of a request that nobody answers."""
    rules = directory.site_by_id(booking.site_id).rules_for(booking.kind)
    return "accordée d'office" if rules.approval_default == RuleSet.Default.GRANTED else "refusée d'office"


def _answer_by(booking: Booking, directory: Directory) -> str:
    assert booking.answer_by is not None
    return f"{french.day(booking.answer_by.astimezone(directory.zone).date())} à {french.at(booking.answer_by, directory.zone)}"


def requested(booking: Booking, directory: Directory) -> None:
    """To the agent, and to the hosts who must answer; to the managers instead while they are asked."""
    if booking.awaits_manager:
        _asked_of_managers(booking, directory)
        return
    until, otherwise = _answer_by(booking, directory), _unanswered(booking, directory)
    outbox.write(
        booking.agent,
        "booking.requested",
        f"Demande transmise : {_place(booking, directory)}",
        f"Ce site accueille sur accord ({_place(booking, directory)}). Votre demande, {_when(booking, directory)}, attend sa "
        f"réponse jusqu'au {until} ; la place vous est gardée d'ici là. Sans réponse, elle sera {otherwise}.",
        path_of(booking),
        **told(booking, ASKED),
    )
    for host in hosts_of(directory, booking.site_id):
        outbox.write(
            host,
            "host.request",
            f"Une demande attend votre réponse : {_place(booking, directory)}",
            f"{booking.agent} souhaite {a_thing(booking.kind)} : {_place(booking, directory)}, {_when(booking, directory)}. "
            f"Sans réponse de votre part, la demande sera {otherwise} le {until}.",
            host_path(booking, directory),
            **told(booking, ASKED),
        )


def _asked_of_managers(booking: Booking, directory: Directory) -> None:
    until = _answer_by(booking, directory)
    outbox.write(
        booking.agent,
        "booking.requested",
        f"Demande transmise à l'encadrement : {_place(booking, directory)}",
        f"La charte de mobilité demande l'accord de votre encadrement ({_place(booking, directory)}). Votre demande, "
        f"{_when(booking, directory)}, attend sa réponse jusqu'au {until} ; le véhicule vous est gardé d'ici là. Sans réponse, elle "
        "sera refusée d'office.",
        path_of(booking),
        **told(booking, ASKED),
    )
    for manager in managers_of(booking.agent):
        outbox.write(
            manager,
            "manager.request",
            f"Une demande attend votre accord : {booking.agent}",
            f"{booking.agent} souhaite {a_thing(booking.kind)} : {_place(booking, directory)}, {_when(booking, directory)}. La charte "
            f"de mobilité demande votre accord. Sans réponse de votre part, la demande sera refusée d'office le {until}.",
            "/equipe/",
            **told(booking, ASKED),
        )


def host_path(booking: Booking, directory: Directory) -> str:
    return f"/accueil/{directory.site_by_id(booking.site_id).slug}/"


def _weekly(booking: Booking, directory: Directory) -> str:
    """Where, which day of each week, at what hours."""
    zone = directory.zone
    hours = f"de {french.at(booking.start, zone)} à {french.at(booking.end, zone)}"
    return f"{_place(booking, directory)}, chaque {french.WEEKDAYS[booking.start.astimezone(zone).weekday()]}, {hours}"


def _dates(bookings: Sequence[Booking], directory: Directory) -> str:
    """One line per date."""
    return "\n".join(f"– {day}" for day in french.days([b.start.astimezone(directory.zone).date() for b in bookings]))


def series_answered(bookings: Sequence[Booking], directory: Directory, *, granted: bool, reason: str = "") -> None:
    """One summary of the dates of a series that a site has answered together."""
    first = bookings[0]
    if granted:
        told = f"Vos demandes sont accordées : {_weekly(first, directory)}.\n{_dates(bookings, directory)}"
    else:
        told = f"Le site ne peut pas vous accueillir : {_weekly(first, directory)}.\n{_dates(bookings, directory)}"
        told += f"\nMotif : {reason}." if reason else ""
    outbox.write(
        first.agent,
        "series.approved" if granted else "series.refused",
        f"{'Accordé chaque semaine' if granted else 'Demandes refusées'} : {_place(first, directory)}",
        told,
        "/reservations/" if granted else search_path(first.kind),
    )


def series_booked(bookings: Sequence[Booking], missed: Sequence[dt.date], directory: Directory) -> None:
    """One summary of all the dates of a series, to the agent and, where they must answer, to the hosts."""
    first = bookings[0]
    what, dates = _weekly(first, directory), _dates(bookings, directory)
    asked = [b for b in bookings if b.state == State.REQUESTED]
    told = f"Vos bureaux sont réservés : {what}.\n{dates}"
    if asked:
        told = (
            f"Ce site accueille sur accord : {what}.\n{dates}\nIl répond à chaque date ; un bureau vous est gardé d'ici "
            f"là. Sans réponse le {_answer_by(asked[0], directory)}, la première demande sera "
            f"{_unanswered(asked[0], directory)}."
        )
    if missed:
        told += f"\nImpossible ces jours-là : {french.listing(french.days(missed))}."
    outbox.write(
        first.agent,
        "series.requested" if asked else "series.booked",
        f"{'Demandes transmises' if asked else 'Réservé chaque semaine'} : {_place(first, directory)}",
        told,
        "/reservations/",
    )
    if asked:
        for host in hosts_of(directory, first.site_id):
            outbox.write(
                host,
                "host.request",
                f"{len(asked)} demande{'s attendent' if len(asked) > 1 else ' attend'} votre réponse : "
                f"{_place(first, directory)}",
                f"{first.agent} souhaite un bureau : {what}.\n{dates}\nSans réponse de votre part, la première demande "
                f"sera {_unanswered(asked[0], directory)} le {_answer_by(asked[0], directory)}.",
                host_path(first, directory),
            )


def approved(booking: Booking, directory: Directory, unit_name: str) -> None:
    outbox.write(
        booking.agent,
        "booking.approved",
        f"Accordé : {_place(booking, directory)}",
        f"Votre demande est accordée : {_place(booking, directory)}, {_when(booking, directory)} ({unit_name}).",
        path_of(booking),
        **told(booking, HELD),
    )


def refused(booking: Booking, directory: Directory, alternatives: Sequence[Alternative]) -> None:
    reason = f" Motif : {booking.end_reason}." if booking.end_reason else ""
    who = (
        "Votre encadrement ne donne pas son accord" if booking.awaits_manager else "Le site ne peut pas vous accueillir"
    )
    outbox.write(
        booking.agent,
        "booking.refused",
        f"Demande refusée : {_place(booking, directory)}",
        f"{who} : {_place(booking, directory)}, {_when(booking, directory)}.{reason}{_offer(alternatives)}",
        search_path(booking.kind),
        **told(booking, OVER),
    )


def cancelled_for(booking: Booking, directory: Directory, reason: str) -> None:
    """Somebody else than the holder cancelled."""
    because = f" Motif : {reason}." if reason else ""
    outbox.write(
        booking.agent,
        "booking.cancelled",
        f"Annulé : {_place(booking, directory)}",
        f"Votre réservation a été annulée : {_place(booking, directory)}, {_when(booking, directory)}.{because}",
        search_path(booking.kind),
        **told(booking, OVER),
    )


def reseated(booking: Booking, directory: Directory, old_name: str, new_name: str) -> None:
    desk = booking.kind == Kind.DESK
    change = f"vous serez à la place « {new_name} »" if desk else f"« {new_name} » vous attend"
    outbox.write(
        booking.agent,
        "booking.reseated",
        f"{'Votre place change' if desk else 'Vous prendrez'} : {new_name}",
        f"{_place(booking, directory)}, {_when(booking, directory)} : {change} au lieu de « {old_name} ». "
        "Rien d'autre ne change.",
        path_of(booking),
        **told(booking, HELD),
    )


def closed(booking: Booking, directory: Directory, reason: str, alternatives: Sequence[Alternative]) -> None:
    outbox.write(
        booking.agent,
        "site.closed",
        f"Fermé : {_place(booking, directory)}",
        f"Le site sera fermé ({_place(booking, directory)} : {reason}). Votre réservation, {_when(booking, directory)}, est "
        "annulée."
        f"{_offer(alternatives)}",
        search_path(booking.kind),
        **told(booking, OVER),
    )


def withdrawn(booking: Booking, directory: Directory, unit_name: str, alternatives: Sequence[Alternative]) -> None:
    """The unit is no longer there or no longer suits, and no other could be found on the site."""
    outbox.write(
        booking.agent,
        "booking.cancelled",
        f"Annulé : {_place(booking, directory)}",
        f"« {unit_name} » n'est plus disponible ({_place(booking, directory)}) et le site n'a rien d'autre de libre, "
        f"{_when(booking, directory)} : votre réservation est annulée.{_offer(alternatives)}",
        search_path(booking.kind),
        **told(booking, OVER),
    )


def shortened_by_closure(booking: Booking, directory: Directory, reason: str) -> None:
    outbox.write(
        booking.agent,
        "site.closed",
        f"Fermé une partie du jour : {_place(booking, directory)}",
        f"Le site fermera une partie de la journée ({_place(booking, directory)} : {reason}). Votre réservation est "
        f"raccourcie : {_when(booking, directory)}. Vous pouvez l'annuler si cela ne vous convient plus.",
        path_of(booking),
        **told(booking, HELD),
    )


def freed_for_absence(booking: Booking, directory: Directory) -> None:
    desk, where = booking.kind == Kind.DESK, f"{_place(booking, directory)}, {_when(booking, directory)}"
    outbox.write(
        booking.agent,
        "booking.no_show",
        f"Place rendue : {_place(booking, directory)}"
        if desk
        else f"Réservation rendue : {_place(booking, directory)}",
        f"Vous n'avez pas signalé votre arrivée ({where}) : la place a été rendue aux autres. Si vous êtes sur place, "
        "réservez de nouveau ou voyez l'accueil."
        if desk
        else f"Rien n'a été pris ({where}) : la réservation est rendue aux autres. S'il vous le faut encore, réservez de "
        "nouveau.",
        f"/sites/{directory.site_by_id(booking.site_id).slug}/" if desk else search_path(booking.kind),
        **told(booking, OVER),
    )


def was_not_there(booking: Booking, directory: Directory, unit_name: str) -> None:
    """The unit was still out with somebody else: the person who waited for it was not absent."""
    outbox.write(
        booking.agent,
        "booking.cancelled",
        f"Annulé : {unit_name} n'était pas de retour",
        f"« {unit_name} » n'était pas de retour à l'heure ({_place(booking, directory)}, {_when(booking, directory)}) : votre "
        "réservation est annulée. Elle ne compte pas comme une absence.",
        search_path(booking.kind),
        **told(booking, OVER),
    )


def waiting_served(booking: Booking, directory: Directory, unit_name: str) -> None:
    outbox.write(
        booking.agent,
        "waiting.served",
        f"Une place s'est libérée : {_place(booking, directory)}",
        f"Vous étiez en liste d'attente, {a_thing(booking.kind)} vous revient : {_place(booking, directory)}, {_when(booking, directory)} "
        f"({unit_name}). Si vous n'en avez plus besoin, annulez : la personne suivante en profitera.",
        path_of(booking),
        **told(booking, HELD),
    )


def moved(booking: Booking, directory: Directory, unit_name: str) -> None:
    outbox.write(
        booking.agent,
        "booking.changed",
        f"Modifié : {_place(booking, directory)}",
        f"Votre réservation est modifiée : {_place(booking, directory)}, {_when(booking, directory)} ({unit_name}).",
        path_of(booking),
        **told(booking, HELD),
    )


def _offer(alternatives: Iterable[Alternative]) -> str:
    names = [f"{a.site.name} ({a.free} place{'s' if a.free > 1 else ''})" for a in alternatives]
    return f" À ces heures, il reste de la place ailleurs : {french.listing(names, 'ou')}." if names else ""
