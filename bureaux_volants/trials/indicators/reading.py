"""What pages show of the figures that were kept: only what may be told, each with its own period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from bureaux_volants.territory.models import Commune
from bureaux_volants.trials.models import KeptFigure, Trial

from .registry import INDICATORS, Indicator

#: What a trial's page shows of its uses, in this order; and of how good its data are.
USES = (
    *("stays", "agents", "flying_days", "desk_occupancy", "bookings", "no_show", "refusals", "instead_of_home"),
    *("car_km", "travel_minutes", "gco2e", "cost_eur", "meetings", "pool_km", "shared_rides", "cost_per_stay"),
)
QUALITY = ("arrivals_told", "answers_known", "diary_filled")


@dataclass(frozen=True, slots=True)
class Told:
    """A figure, or None: `is_hidden` says that there is one, of fewer than five people."""

    figure: KeptFigure | None = None
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One indicator of a trial before its first opening and since."""

    indicator: Indicator
    before: Told
    since: Told


@dataclass(frozen=True, slots=True)
class Entry:
    """One indicator of the glossary: its latest month, and the first day for which a figure is kept."""

    indicator: Indicator
    latest: Told
    since: dt.date | None


def uses_of(trial: Trial) -> tuple[list[Line], list[Line]]:
    """The lines of a trial's uses, and of the quality of its data; those of which nothing is known are left out. One query."""
    rows = list(KeptFigure.objects.filter(trial=trial, part="").order_by("last_day"))
    found = []
    for codes in (USES, QUALITY):
        lines = [
            Line(INDICATORS[code], _last(rows, code, trial.baseline_from), _last(rows, code, trial.starts_on))
            for code in codes
        ]
        found.append([line for line in lines if any(t.figure or t.is_hidden for t in (line.before, line.since))])
    return found[0], found[1]


def _last(rows: Iterable[KeptFigure], code: str, first_day: dt.date) -> Told:
    version = INDICATORS[code].version
    mine = [r for r in rows if r.code == code and r.version == version and r.first_day == first_day]
    told = [r for r in mine if not r.is_hidden]
    return Told(told[-1] if told else None, bool(mine) and not told)


def glossary(territory_id: int) -> list[Entry]:
    """Every indicator with its latest month that may be told, and since when it is kept, by group at least. Three queries."""
    every = KeptFigure.objects.filter(territory_id=territory_id, trial=None)
    rows = every.filter(part="")
    latest = {r.code: r for r in rows.order_by("code", "-last_day", "-version").distinct("code")}
    told = {r.code: r for r in rows.filter(is_hidden=False).order_by("code", "-last_day", "-version").distinct("code")}
    first = {r.code: r.first_day for r in every.order_by("code", "first_day").distinct("code")}
    return [
        Entry(one, Told(told.get(code), code in latest and code not in told), first.get(code))
        for code, one in INDICATORS.items()
    ]


def months_of(territory_id: int, code: str) -> list[KeptFigure]:
    """The months of an indicator in force, the earliest first, hidden ones too: without their value they say that they exist."""
    rows = KeptFigure.objects.filter(
        territory_id=territory_id, trial=None, code=code, version=INDICATORS[code].version, part=""
    )
    return list(rows.order_by("first_day"))


def parts_of(territory_id: int, code: str) -> list[KeptFigure]:
    """The groups of an indicator in its latest month that has some."""
    rows = KeptFigure.tellable.filter(
        territory_id=territory_id, trial=None, code=code, version=INDICATORS[code].version
    ).exclude(part="")
    last = rows.order_by("-last_day").values_list("last_day", flat=True).first()
    return list(rows.filter(last_day=last).order_by("part")) if last else []


def commune_names(territory_id: int) -> dict[str, str]:
    """How the communes of `commune:` parts are called."""
    return {str(pk): name for pk, name in Commune.objects.filter(territory_id=territory_id).values_list("pk", "name")}
