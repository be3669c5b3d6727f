"""Shared journeys as files: an agent's days for the sustainable-mobility allowance, an authority's journeys with the columns
of the national register (Registre de preuve de covoiturage, export of journeys v3.3). See docs/rides.md for what is empty.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from bureaux_volants.planner.models import RideOffer, RideRequest
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent, Commune

#: The columns of the register's export v3.3, in its order, with one incentive (it repeats them by number).
REGISTER = (
    *("journey_id", "operator_trip_id", "operator_journey_id", "operator_class", "operator", "status"),
    *("start_datetime", "start_date", "start_time", "end_datetime", "end_date", "end_time", "duration"),
    *("distance", "start_lat", "start_lon", "end_lat", "end_lon"),
    *("start_insee", "start_commune", "start_departement", "start_epci", "start_aom", "start_region", "start_pays"),
    *("end_insee", "end_commune", "end_departement", "end_epci", "end_aom", "end_region", "end_pays"),
    *("passenger_seats", "operator_passenger_id", "passenger_identity_key"),
    *("operator_driver_id", "driver_identity_key"),
    *("cee_application", "driver_revenue", "passenger_contribution", "incentive_type"),
    *("incentive_1_siret", "incentive_1_name", "incentive_1_amount"),
    *("incentive_rpc_1_campaign_id", "incentive_rpc_1_campaign_name", "incentive_rpc_1_siret"),
    *("incentive_rpc_1_name", "incentive_rpc_1_amount"),
)
#: The register gives instants by ten minutes, and points by two decimals where few people live.
_SLOT_MINUTES, _DIGITS = 10, 2


def journeys(territory_id: int, first: dt.date, last: dt.date, zone: ZoneInfo, now: dt.datetime) -> list[RideRequest]:
    """The journeys of a driver with a passenger that were accepted and are over, on local days `first` to `last`, both
    included, in order. Two queries."""
    start = dt.datetime.combine(first, dt.time(), zone)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone)
    return list(
        _over(now)
        .filter(offer__territory=territory_id, picked_at__gte=start, picked_at__lt=end)
        .select_related("offer")
        .order_by("picked_at", "pk")
    )


def _over(now: dt.datetime) -> QuerySet[RideRequest]:
    return RideRequest.objects.filter(state=RideRequest.State.ACCEPTED, dropped_at__lte=now).exclude(
        offer__state=RideOffer.State.CANCELLED
    )


def register_row(request: RideRequest, communes: Sequence[Commune], operator: str, zone: ZoneInfo) -> list[str]:
    """One journey as a line of REGISTER: numbers with a point, local times."""
    start, end = (_slot(at.astimezone(zone)) for at in (request.picked_at, request.dropped_at))
    seconds = int((request.dropped_at - request.picked_at).total_seconds())
    told = {
        "operator_trip_id": request.offer.reference,
        "operator_journey_id": f"{request.offer.reference}-{request.pk}",
        # Nothing but the two people's word: no position is followed.
        "operator_class": "A",
        "operator": operator,
        "start_datetime": start.isoformat(),
        "start_date": start.date().isoformat(),
        "start_time": start.time().isoformat(),
        "end_datetime": end.isoformat(),
        "end_date": end.date().isoformat(),
        "end_time": end.time().isoformat(),
        "duration": f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}",
        "distance": f"{request.km:.3f}",
        "passenger_seats": "1",
        # Numbers that mean nothing outside: the authority knows whose they are.
        "operator_passenger_id": str(request.passenger_id),
        "operator_driver_id": str(request.offer.driver_id),
        "driver_revenue": "0",
        "passenger_contribution": "0",
    }
    for end_of, lat, lon in (
        ("start", request.pick_up_lat, request.pick_up_lon),
        ("end", request.drop_lat, request.drop_lon),
    ):
        told |= {f"{end_of}_lat": f"{lat:.{_DIGITS}f}", f"{end_of}_lon": f"{lon:.{_DIGITS}f}"}
        commune = min(communes, key=lambda c: distance_km(c.lat, c.lon, lat, lon), default=None)
        if commune is not None:
            told |= {f"{end_of}_insee": commune.code, f"{end_of}_commune": commune.name}
    return [told.get(column, "") for column in REGISTER]


def _slot(at: dt.datetime) -> dt.datetime:
    return at.replace(minute=at.minute // _SLOT_MINUTES * _SLOT_MINUTES, second=0, microsecond=0, tzinfo=None)


@dataclass(frozen=True, slots=True)
class SharedDay:
    """A journey of an agent in a shared car. `counts`: its day may be declared for the allowance; `why_not` otherwise."""

    day: dt.date
    drives: bool
    origin: str
    destination: str
    km: float
    why_not: str

    @property
    def counts(self) -> bool:
        return not self.why_not


def days_of(agent: Agent, year: int, zone: ZoneInfo, now: dt.datetime) -> list[SharedDay]:
    """The agent's shared journeys of a year, in order. What counts for the allowance (décret 2020-1547): a car that is not
    the employer's, between home and work, with at least another aboard. One query."""
    start, end = (dt.datetime(y, 1, 1, tzinfo=zone) for y in (year, year + 1))
    found = (
        _over(now)
        .filter(Q(passenger=agent) | Q(offer__driver=agent), picked_at__gte=start, picked_at__lt=end)
        .select_related("offer")
        .order_by("picked_at", "pk")
    )
    told = []
    for request in found:
        drives = request.offer.driver_id == agent.pk
        mine = request.offer if drives else request
        homeward = mine.origin_is_home or mine.destination_is_home
        why = (
            "voiture du parc"
            if request.offer.booking_id is not None
            else ""
            if homeward
            else "pas entre le domicile et le travail"
        )
        told.append(
            SharedDay(request.picked_at.astimezone(zone).date(), drives, mine.origin, mine.destination, request.km, why)
        )
    return told


def days_that_count(territory_id: int, year: int, zone: ZoneInfo, now: dt.datetime) -> dict[int, int]:
    """Days of a year that count for the allowance (`days_of`), by the number of everybody who has any. One query."""
    start, end = (dt.datetime(y, 1, 1, tzinfo=zone) for y in (year, year + 1))
    days: dict[int, set[dt.date]] = {}
    found = _over(now).filter(
        offer__territory=territory_id, offer__booking=None, picked_at__gte=start, picked_at__lt=end
    )
    for request in found.select_related("offer"):
        day = request.picked_at.astimezone(zone).date()
        for who, way in ((request.passenger_id, request), (request.offer.driver_id, request.offer)):
            if way.origin_is_home or way.destination_is_home:
                days.setdefault(who, set()).add(day)
    return {who: len(every) for who, every in days.items()}


def about(agent: Agent) -> dict[str, object]:
    """What is kept of a person's rides, for them (RGPD, articles 15 and 20)."""
    return {
        "offers": list(
            RideOffer.objects.filter(driver=agent)
            .order_by("depart")
            .values(
                *("reference", "origin", "origin_lat", "origin_lon", "destination", "destination_lat"),
                *("destination_lon", "depart", "arrive", "seats", "taken", "state", "created_at"),
            )
        ),
        "requests": list(
            RideRequest.objects.filter(passenger=agent)
            .order_by("picked_at")
            .values(
                *("offer__reference", "origin", "destination", "pick_up", "pick_up_lat", "pick_up_lon"),
                *("picked_at", "drop", "drop_lat", "drop_lon", "dropped_at", "km", "state", "asked_at"),
            )
        ),
    }


def as_register(lines: Sequence[Sequence[str]]) -> bytes:
    """The file: commas, as the register's own."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(REGISTER)
    # No cell is ever a formula: a name that begins as one is quoted.
    writer.writerows([f"'{v}" if v[:1] in "=+@\t\r" and v else v for v in line] for line in lines)
    return out.getvalue().encode()
