"""Trials in the domain's words: a small territory, a design that can be frozen, and its steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bureaux_volants.booking.models import Booking, Kind, Resource
from bureaux_volants.booking.states import State
from bureaux_volants.territory.models import Agent, Commune, Site, Territory
from bureaux_volants.trials import cohorts, designing, opening
from bureaux_volants.trials.designing import CohortPlan, Draft, Expected
from bureaux_volants.trials.models import Cohort, DiaryDay, Survey, Trial, Wave
from bureaux_volants.trials.surveys import waves
from bureaux_volants.trials.surveys.pseudonyms import pseudonym
from tests import factories
from tests.factories import NOW, TEST, TUESDAY, at

#: The Monday after NOW's week.
STARTS = dt.date(2026, 12, 7)


@dataclass
class Field:
    """A territory of four communes, each with a mairie that lends two desks, and two people who live in each."""

    territory: Territory
    communes: list[Commune]
    mairies: list[Site]
    people: list[Agent]

    def draft(self, **fields: Any) -> Draft:
        return replace(
            Draft(
                title="Ouvrir par étapes",
                question="Les bureaux volants réduisent-ils les kilomètres en voiture ?",
                threshold=10.0,
                baseline_from=dt.date(2026, 10, 5),
                starts_on=STARTS,
                ends_on=dt.date(2027, 3, 28),
                outcome="car_km",
                stopping_rules="Plus de trois refus par semaine et par commune.",
                steps=2,
                communes=tuple(c.pk for c in self.communes),
                hypotheses=(Expected("Le temps de trajet baisse aussi.", "travel_minutes", "decrease"),),
                cohort=CohortPlan("Tirage", Cohort.MadeBy.DRAWN, size=6, strata=("home_commune",)),
            ),
            **fields,
        )

    def trial(self, **fields: Any) -> Trial:
        return designing.create_trial(self.territory.pk, self.draft(**fields), TEST, now=NOW)

    def frozen(self, **fields: Any) -> Trial:
        trial = self.trial(**fields)
        return designing.freeze(self.territory.pk, trial.pk, TEST, seed=42, now=NOW)

    def opened(self, **fields: Any) -> Trial:
        """Frozen, drawn, its phases made."""
        trial = self.frozen(**fields)
        if trial.design == Trial.Design.STEPPED_WEDGE:
            cohorts.draw_order(self.territory.pk, trial.pk, TEST, now=NOW)
        for cohort in trial.cohorts.all():
            cohorts.make_cohort(self.territory.pk, cohort.pk, TEST, now=NOW)
        opening.open_steps(self.territory.pk, trial.pk, TEST, now=NOW)
        trial.refresh_from_db()
        return trial


def field() -> Field:
    territory = factories.territory()
    factories.rules(territory)
    employer = factories.organisation(territory)
    communes = [
        factories.commune(territory, name=name, lat=49.0 + n / 20, lon=6.15)
        for n, name in enumerate(("Augny", "Marly", "Metz", "Woippy"))
    ]
    mairies = [factories.site(territory, name=f"Mairie de {c.name}", commune=c, lat=c.lat, lon=c.lon) for c in communes]
    people = [factories.agent(territory, organisation=employer, home_commune=c) for c in communes for _ in range(2)]
    return Field(territory, communes, mairies, people)


def came(who: Agent, where: Site, day: dt.date, start: str = "9", end: str = "12", **fields: Any) -> Booking:
    """A stay of the past at the first desk of a site that nobody has at these hours."""
    begin, finish = at(day, start), at(day, end)
    taken = Booking.objects.filter(site=where, start__lt=finish, end__gt=begin).values("resource")
    desk = Resource.objects.filter(site=where).exclude(pk__in=taken).order_by("pk")[0]
    values: dict[str, Any] = {"state": State.COMPLETED, "counterfactual": "usual_site", **fields}
    return Booking.objects.create(
        territory_id=where.territory_id,
        site=where,
        kind=Kind.DESK,
        resource=desk,
        agent=who,
        booked_by=who,
        start=begin,
        end=finish,
        held=DateTimeTZRange(begin, finish),
        created_at=begin,
        **values,
    )


def diary(trial: Trial, days: Mapping[tuple[Agent, dt.date], list[dict[str, Any]]]) -> Wave:
    """A wave of diaries over the whole trial, filled with these trips."""
    survey = waves.keep_survey(trial.territory_id, "carnet", "Carnet", {}, TEST, kind=Survey.Kind.DIARY)
    wave = waves.open_wave(trial, survey, Wave.Moment.DURING, trial.baseline_from, trial.ends_on, TEST)
    DiaryDay.objects.bulk_create(
        DiaryDay(wave=wave, pseudonym=pseudonym(trial.pk, who.pk), day=day, trips=trips)
        for (who, day), trips in days.items()
    )
    return wave


def trip(mode: str, km: float, purpose: str = "commute", minutes: int | None = None) -> dict[str, Any]:
    return {"mode": mode, "purpose": purpose, "km": km, "minutes": minutes}


__all__ = ["NOW", "STARTS", "TEST", "TUESDAY", "Field", "at", "came", "diary", "field", "trip"]
