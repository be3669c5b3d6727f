"""The plan of a territory over whole months, from the database; what diaries tell of a month as it was told with its indicators (keeping.py there)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.retention import nobody_of
from bureaux_volants.booking.states import State
from bureaux_volants.fleet.models import Trip
from bureaux_volants.hosting.reception import stand_in_of
from bureaux_volants.planner.rides.export import days_that_count
from bureaux_volants.territory.calendar import local_day
from bureaux_volants.territory.models import Agent, Territory
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.indicators.keeping import first_day_known, keep_months, last_day_over, months
from bureaux_volants.trials.indicators.loading import load
from bureaux_volants.trials.indicators.rows import NEVER, ordinal
from bureaux_volants.trials.models import RunningCost, ToldTravel
from bureaux_volants.trials.spending import Totals, totals_of

from .months import (
    Allowance,
    Answers,
    Month,
    Occupancy,
    Outing,
    Total,
    Travel,
    allowances,
    distances,
    month_of,
    occupancy,
    pool_of,
    telework,
    total_of,
    travel_of,
)

#: More at once would be slow, and no plan asks for more.
MOST_MONTHS = 36


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is told of a period. `years`: civil years that are over and lie within it, with their allowance."""

    first: dt.date
    last: dt.date
    months: tuple[Month, ...]
    commute: Travel
    business: Travel
    bike_days: Total
    flying: Total
    seats: Total
    pool: dict[str, tuple[Outing, int]]
    occupancy: Occupancy
    distances: list[tuple[float | None, int]]
    telework: list[tuple[int, int]]
    years: tuple[tuple[int, list[Allowance]], ...]
    costs: Totals
    tables: tuple[str, ...]


def months_known(territory: Territory, *, now: dt.datetime | None = None) -> list[tuple[dt.date, dt.date]]:
    """The months that can be asked for, the earliest first: over, and not before the first row."""
    now = now or timezone.now()
    first = first_day_known(territory)
    return [] if first is None else list(months(first, last_day_over(territory, now)))


def plan_of(territory: Territory, first: dt.date, last: dt.date, *, now: dt.datetime | None = None) -> Plan:
    """The months from that of `first` to that of `last`. Raises TrialRefused for a period that cannot be told."""
    now = now or timezone.now()
    asked = list(months(first, last))
    if first > last or not asked:
        raise TrialRefused(_("Le dernier mois précède le premier."))
    if len(asked) > MOST_MONTHS:
        raise TrialRefused(_("Choisissez %(n)d mois au plus.") % {"n": MOST_MONTHS})
    if asked[-1][1] > last_day_over(territory, now):
        raise TrialRefused(
            _(
                "Choisissez des mois terminés : un mois en cours montrerait, d'un jour à l'autre, ce qu'une personne a fait."
            )
        )
    rows = load(territory, asked[0][0], asked[-1][1], now=now)
    told = _told(territory, asked)
    if missing := [month for month in asked if month[0] not in told]:
        # Asked for before the night that keeps them: kept now, so that what is told today is what is told tomorrow.
        keep_months(territory, missing[0][0], missing[-1][1], now=now)
        told = _told(territory, asked)
    made = tuple(month_of(rows.between(ordinal(begin), ordinal(end)), begin, told.get(begin)) for begin, end in asked)
    begin, end = asked[0][0], asked[-1][1]
    years = [y for y in range(begin.year, end.year + 1) if begin <= dt.date(y, 1, 1) and dt.date(y, 12, 31) <= end]
    costs = RunningCost.objects.filter(trial__territory=territory, day__gte=begin, day__lte=end)
    active = rows.people.left == NEVER
    return Plan(
        begin,
        end,
        made,
        travel_of(made, "commute"),
        travel_of(made, "business"),
        total_of(made, "bike_days"),
        total_of(made, "flying"),
        total_of(made, "seats"),
        pool_of(made),
        occupancy(_cars(territory, asked)),
        distances(rows.people.km[active]),
        telework(_agreed(territory)),
        tuple((y, allowances(days_that_count(territory.pk, y, territory.zone, now))) for y in years),
        totals_of(costs.values_list("kind", "euros")),
        tuple(dict.fromkeys((*rows.rates.factors, *rows.rates.allowances))),
    )


def _told(territory: Territory, asked: Sequence[tuple[dt.date, dt.date]]) -> dict[dt.date, Answers]:
    """What was told of the diaries, by the first day of each month."""
    rows = ToldTravel.objects.filter(territory=territory, first_day__range=(asked[0][0], asked[-1][1]))
    return {row.first_day: Answers.of_plain(row.figures) for row in rows}


def _agreed(territory: Territory) -> list[int]:
    """Days of telework a week agreed with each person who has an account."""
    stand_ins = (nobody_of(territory).pk, stand_in_of(territory).pk)
    found = Agent.objects.filter(territory=territory, is_active=True).exclude(pk__in=stand_ins)
    return [len(days) for days in found.values_list("telework_weekdays", flat=True)]


def _cars(territory: Territory, asked: Sequence[tuple[dt.date, dt.date]]) -> list[list[tuple[int, int]]]:
    """(driver, people aboard) of the cars of the pool that were really taken, by month; 0 for a driver without a name."""
    zone, nobody = territory.zone, nobody_of(territory).pk
    span = local_day(asked[0][0], zone).start, local_day(asked[-1][1], zone).end
    rows = Trip.objects.filter(
        territory=territory,
        booking__kind=Kind.CAR,
        booking__state__in=(State.IN_USE, State.COMPLETED),
        booking__checked_in_at__isnull=False,
        booking__start__gte=span[0],
        booking__start__lt=span[1],
    )
    by_month: dict[dt.date, list[tuple[int, int]]] = {begin: [] for begin, _end in asked}
    for start, driver, people in rows.values_list("booking__start", "booking__agent_id", "people"):
        month = start.astimezone(zone).date().replace(day=1)
        by_month[month].append((0 if driver == nobody else driver, people))
    return list(by_month.values())
