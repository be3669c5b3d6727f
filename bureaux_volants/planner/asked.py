"""What a person asks of a day. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from bureaux_volants.travel.journeys import Place, Traveller, Way

#: More than these in a day is no day that anybody spends.
MOST_APPOINTMENTS = 8
#: What `meet` begins with for a team.
TEAM = "team:"
#: Being there before the hour, minutes.
EARLY = 5


class Impossible(Exception):
    """The day as told cannot be: `message` says in French what to change."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Appointment:
    """Somewhere to be, from `start` until `end` (aware). `may_be_remote`: it can be attended from a desk.

    `may_move`: the person said that another day of the week would do as well, at the same hours.
    """

    place: Place
    start: dt.datetime
    end: dt.datetime
    may_be_remote: bool = False
    may_move: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A local day: its appointments in order, the hours of work, what the work needs, what the person has.

    `home`: where the day begins and ends; None where it is not told, then the usual site is. `usual`: how they usually go.
    `meet`: whom the person wants to be with: the code of a commune, or TEAM and the number of a service; the desks are there, or
    there is no day; "" for anywhere.
    """

    date: dt.date
    hours: tuple[dt.datetime, dt.datetime]
    appointments: tuple[Appointment, ...] = ()
    features: frozenset[str] = frozenset()
    home: Place | None = None
    may_work_at_home: bool = False
    traveller: Traveller = field(default_factory=Traveller)
    usual: Way = Way.OWN_CAR
    with_pool: bool = True
    meet: str = ""


def check(asked: Asked) -> None:
    """Raise Impossible for a day whose hours or appointments cannot be."""
    if asked.hours[1] <= asked.hours[0]:
        raise Impossible("hours-reversed", "La journée doit finir après son début : corrigez les heures.")
    if len(asked.appointments) > MOST_APPOINTMENTS:
        raise Impossible(
            "too-many-appointments",
            f"Au plus {MOST_APPOINTMENTS} rendez-vous dans une journée : retirez-en, ou réunissez ceux d'un même lieu.",
        )
    for one in asked.appointments:
        if one.end <= one.start:
            raise Impossible("appointment-reversed", f"{one.place.name} : le rendez-vous doit finir après son début.")
    for one, following in zip(asked.appointments, asked.appointments[1:], strict=False):
        if following.start < one.end:
            raise Impossible(
                "appointments-overlap",
                f"Le rendez-vous « {following.place.name} » commence avant la fin de « {one.place.name} ».",
            )
