"""What the pool tells people."""

from __future__ import annotations

import datetime as dt

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.notices import path_of, search_path
from bureaux_volants.keys.notices import FLEET, fleet_managers
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french

from .models import Damage
from .otherwise import Otherwise, in_words


def _late(booking: Booking, now: dt.datetime) -> str:
    return french.duration(max(1, int((now - booking.end).total_seconds() // 60)))


def holder_is_late(booking: Booking, directory: Directory, unit: str, next_at: dt.datetime | None) -> None:
    """To whoever still has it: bring it back, or say that it takes longer."""
    awaited = f" Une autre personne compte dessus à {french.at(next_at, directory.zone)}." if next_at else ""
    outbox.write(
        booking.agent,
        "vehicle.late",
        f"À rendre : {unit}",
        f"« {unit} » était attendu pour {french.at(booking.end, directory.zone)} "
        f"({directory.site_by_id(booking.site_id).name}).{awaited} Rendez-le dès que possible ; s'il est déjà revenu, "
        "dites-le depuis votre réservation.",
        path_of(booking),
    )


def manager_is_told(booking: Booking, directory: Directory, unit: str, now: dt.datetime) -> None:
    """To the fleet managers of the site: something is long overdue."""
    site = directory.site_by_id(booking.site_id)
    for manager in fleet_managers(directory.territory_id, site):
        outbox.write(
            manager,
            "fleet.late",
            f"En retard : {unit}",
            f"« {unit} » ({site.name}) était attendu pour {french.at(booking.end, directory.zone)} : "
            f"{_late(booking, now)} de retard. {booking.agent} l'a toujours, et l'a su avant vous.",
            FLEET,
        )


def left_without(booking: Booking, directory: Directory, unit: str, others: Otherwise) -> None:
    """To whoever comes next, when nothing is left to move them to."""
    when = french.span(booking.start, booking.end, directory.zone)
    told = in_words(others, directory) or " Rien d'autre n'est libre à ces heures."
    outbox.write(
        booking.agent,
        "vehicle.not_back",
        f"Pas encore de retour : {unit}",
        f"« {unit} » n'est pas encore de retour ({directory.site_by_id(booking.site_id).name}, {when}).{told} Votre "
        "réservation reste en place, et vous saurez quand il sera de retour ; annulez-la si vous vous arrangez autrement.",
        search_path(booking.kind) if others else path_of(booking),
    )


def back_at_last(booking: Booking, directory: Directory, unit: str) -> None:
    """To whoever was told that it was not back: it is."""
    outbox.write(
        booking.agent,
        "vehicle.back",
        f"De retour : {unit}",
        f"« {unit} » est de retour ({directory.site_by_id(booking.site_id).name}) : il vous attend, "
        f"{french.span(booking.start, booking.end, directory.zone)}.",
        path_of(booking),
    )


def damage_reported(damage: Damage, directory: Directory) -> None:
    """To the fleet managers of the site: what was seen, by whom, and who had it before."""
    unit, site = damage.resource, directory.site_by_id(damage.resource.site_id)
    assert damage.booking is not None
    note = f" : {damage.note}" if damage.note else ""
    had = f" Avant : {damage.before.agent}." if damage.before is not None else ""
    out = damage.severity == Damage.Severity.UNFIT
    gone = (
        " Il est hors service ; les réservations à venir ont été déplacées, ou leurs titulaires prévenus."
        if out
        else ""
    )
    for manager in fleet_managers(directory.territory_id, site):
        outbox.write(
            manager,
            "fleet.damage",
            f"{damage.get_severity_display().capitalize()} : {unit.name}",
            f"« {unit.name} » ({site.name}){note}. Signalé par {damage.booking.agent}.{had}{gone}",
            f"/flotte/vehicules/{unit.pk}/",
        )
