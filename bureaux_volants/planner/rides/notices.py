"""What people who share a ride are told: once each time somebody else's answer changes their day."""

from __future__ import annotations

from bureaux_volants.booking.directory import Directory
from bureaux_volants.messages import outbox
from bureaux_volants.planner.models import RideRequest
from bureaux_volants.planner.subject import ASKED, GIVEN, OVER, told_of_seat
from bureaux_volants.territory import french

PAGE = "/covoiturage/"


def _day(request: RideRequest, directory: Directory) -> str:
    return french.day(request.picked_at.astimezone(directory.zone).date())


def _meeting(request: RideRequest, directory: Directory) -> str:
    return f"{_day(request, directory)} à {french.at(request.picked_at, directory.zone)}, {request.pick_up}"


def asked(request: RideRequest, directory: Directory) -> None:
    """To the driver: who, from where to where, what it adds. A home by its commune only."""
    outbox.write(
        request.offer.driver,
        "ride.asked",
        f"{request.passenger} demande une place : {request.offer.destination}",
        f"{request.passenger} voudrait faire la route avec vous, {_meeting(request, directory)}, jusqu'à {request.drop} "
        f"(détour : {max(0, round(request.detour_minutes))} min). La place est gardée jusqu'à votre réponse.",
        PAGE,
        **told_of_seat(request, ASKED),
    )


def accepted(request: RideRequest, directory: Directory) -> None:
    outbox.write(
        request.passenger,
        "ride.accepted",
        f"Place acceptée : avec {request.offer.driver}",
        f"{request.offer.driver} vous attend {_meeting(request, directory)} ; arrivée vers "
        f"{french.at(request.dropped_at, directory.zone)}, {request.drop}.",
        PAGE,
        **told_of_seat(request, GIVEN),
    )


def refused(request: RideRequest, directory: Directory) -> None:
    outbox.write(
        request.passenger,
        "ride.refused",
        f"Pas cette fois : {request.offer.destination}",
        f"{request.offer.driver} ne peut pas vous prendre ({_day(request, directory)}). D'autres trajets sont peut-être ouverts.",
        PAGE,
        **told_of_seat(request, OVER),
    )


def withdrawn(request: RideRequest, directory: Directory) -> None:
    outbox.write(
        request.offer.driver,
        "ride.withdrawn",
        f"{request.passenger} ne vient plus avec vous",
        f"{request.passenger} a rendu sa place ({_meeting(request, directory)}).",
        PAGE,
        **told_of_seat(request, OVER),
    )


def moved(request: RideRequest, directory: Directory) -> None:
    outbox.write(
        request.passenger,
        "ride.moved",
        f"Nouvelle heure : avec {request.offer.driver}",
        f"Le trajet a changé : {request.offer.driver} vous attend {_meeting(request, directory)}.",
        PAGE,
        **told_of_seat(request, GIVEN),
    )


def called_off(request: RideRequest, directory: Directory) -> None:
    outbox.write(
        request.passenger,
        "ride.cancelled",
        f"Trajet annulé : avec {request.offer.driver}",
        f"Le trajet que vous partagiez n'a plus lieu : {request.offer}, {_day(request, directory)} à "
        f"{french.at(request.picked_at, directory.zone)}. Trouvez-en un autre, ou une autre façon d'y aller.",
        PAGE,
        **told_of_seat(request, OVER),
    )
