"""When a vehicle must be serviced: by a date, by its odometer, whichever comes first. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum


class Need(StrEnum):
    """How pressing a service is."""

    NONE = "none"
    SOON = "soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Service:
    """Whether a service is due. `days` and `km` are what is left, negative when passed, None when there is no such limit."""

    need: Need
    days: int | None
    km: int | None


def service(
    *, due_on: dt.date | None, due_km: int | None, today: dt.date, odometer_km: int, soon_days: int, soon_km: int
) -> Service:
    """How a vehicle stands, from its last believable reading. The last day and the last kilometre are still allowed."""
    days = None if due_on is None else (due_on - today).days
    km = None if due_km is None else due_km - odometer_km
    if (days is not None and days < 0) or (km is not None and km < 0):
        need = Need.OVERDUE
    elif (days is not None and days <= soon_days) or (km is not None and km <= soon_km):
        need = Need.SOON
    else:
        need = Need.NONE
    return Service(need, days, km)
