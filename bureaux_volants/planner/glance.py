"""A week at a glance: what its days are made of, as a page or a program reads it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from bureaux_volants.booking.directory import SiteEntry
from bureaux_volants.booking.models import Booking
from bureaux_volants.territory.models import TeamDay

from .asked import Appointment
from .week import By, Spent, Where


@dataclass(frozen=True, slots=True)
class Told:
    """An appointment that the person told, and the day that it was told for."""

    number: int
    date: dt.date
    appointment: Appointment

    @property
    def name(self) -> str:
        return self.appointment.place.name


@dataclass
class DayOfWeek:
    """One day of the week. `where` is None where nothing is proposed: past, public holiday, or nothing holds (`problem` says why).

    `bookings`: desks already booked; `is_set`: where one works was decided before. `why` is one French sentence.
    """

    date: dt.date
    holiday: str
    is_open: bool
    bookings: list[Booking]
    agreed_home: bool
    team_day: TeamDay | None
    meetings: list[Told] = field(default_factory=list)
    where: Where | None = None
    site: SiteEntry | None = None
    is_set: bool = False
    why: str = ""
    problem: str = ""
    spent: Spent | None = None
    moved_here: list[Told] = field(default_factory=list)
    moved_away: list[tuple[Told, dt.date]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class WeekAtAGlance:
    """The week, and what following the proposal changes against the week as it stands; None where that cannot be said."""

    monday: dt.date
    by: By
    days: list[DayOfWeek]
    usual: SiteEntry | None
    travel: int | None
    grams: int | None
    saved_minutes: int | None
    saved_grams: int | None
    is_changed: bool
    notes: list[str]
