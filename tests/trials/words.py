"""Trials in the domain's words: a small territory, a design that can be frozen, and its steps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from bureaux_volants.territory.models import Agent, Commune, Site, Territory
from bureaux_volants.trials import cohorts, designing, opening
from bureaux_volants.trials.designing import CohortPlan, Draft, Expected
from bureaux_volants.trials.models import Cohort, Trial
from tests import factories
from tests.factories import NOW, TEST, TUESDAY

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


__all__ = ["NOW", "STARTS", "TEST", "TUESDAY", "Field", "field"]
