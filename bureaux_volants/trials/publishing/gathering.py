"""From a trial in the database to the plain values that its tables are made of. Nothing is kept; who is who stays in memory."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent
from bureaux_volants.trials import drawing
from bureaux_volants.trials.amending import AMENDABLE
from bureaux_volants.trials.indicators.registry import INDICATORS
from bureaux_volants.trials.models import Draw, KeptFigure, Trial
from bureaux_volants.trials.readings import latest
from bureaux_volants.trials.surveys import scales
from bureaux_volants.trials.surveys.counted import number_of
from bureaux_volants.trials.surveys.releases import released

from .anonymity import Ladder
from .schema import Field
from .tables import Measure, Place

#: km from home to the usual site, as the crow flies: upper ends of the bands, and the words of each.
BANDS = ((5.0, "moins de 5 km"), (10.0, "5 à 10 km"), (20.0, "10 à 20 km"))
FARTHEST = "20 km et plus"
UNKNOWN = "inconnu"
ALL = "tous"
TRAITS = (
    Field(
        "distance",
        "string",
        "Distance du domicile au site d'affectation",
        "À vol d'oiseau, par tranches ; tranches regroupées si les groupes seraient trop petits.",
        "5 à 10 km",
        {"required": True},
    ),
    Field(
        "employeur",
        "string",
        "Nature de l'employeur",
        "Intercommunalité ou commune ; « tous » si les distinguer ferait des groupes trop petits.",
        "commune",
        {"required": True},
    ),
    Field(
        "teletravail",
        "string",
        "Télétravail convenu",
        "Si des jours de télétravail sont convenus ; « tous » si les distinguer ferait des groupes trop petits.",
        "oui",
        {"required": True},
    ),
)


def band(km: float | None) -> Ladder:
    """The ladder of a distance: four bands, two, all. Pure."""
    if km is None:
        return (UNKNOWN, UNKNOWN, ALL)
    words = next((words for end, words in BANDS if km < end), FARTHEST)
    return (words, "moins de 10 km" if km < 10 else "10 km et plus", ALL)


def ladders_of(agent: Agent) -> tuple[Ladder, ...]:
    """One ladder for each of TRAITS. The people's directory is as it is today: who moved since is where they moved to."""
    employer = str(agent.organisation.get_kind_display()) if agent.organisation else UNKNOWN
    return (
        band(home_to_site_km(agent)),
        (employer, ALL),
        ("oui" if agent.telework_weekdays else "non", ALL),
    )


def home_to_site_km(agent: Agent) -> float | None:
    """As the crow flies, from the point of the home if it was given, else from its commune."""
    home, site = agent.home_commune, agent.usual_site
    if site is None or (agent.home_lat is None and home is None):
        return None
    if agent.home_lat is not None and agent.home_lon is not None:
        return distance_km(agent.home_lat, agent.home_lon, site.lat, site.lon)
    return distance_km(home.lat, home.lon, site.lat, site.lon) if home else None


def places_of(trial: Trial) -> dict[int, Place]:
    """The communes of a trial by their number; with tickets where the order was drawn."""
    is_drawn = trial.draws.filter(purpose=Draw.Purpose.ORDER).exists()
    return {
        c.commune_id: Place(
            c.commune.code,
            c.commune.name,
            c.step,
            c.opens_on,
            c.withdrew_on,
            drawing.ticket(trial.seed, "commune", c.commune.code) if is_drawn else "",
            c.stratum,
        )
        for c in trial.clusters.select_related("commune")
    }


def measures_of(trial: Trial, today: dt.date) -> list[Measure]:
    """Every score of every wave as the trial's page tells it (surveys/releases.py): worked out anew, the difference would be whoever withdrew."""
    codes = {name: code for code, name in scales.NAMES.items()}
    found = []
    for wave in trial.waves.select_related("survey").order_by("first_day", "number", "pk"):
        release = released(wave, today)
        if release is None:
            continue
        found += [
            Measure(
                wave=wave.number,
                survey=wave.survey.code,
                version=wave.survey.version,
                moment=str(wave.get_moment_display()),
                first=wave.first_day,
                last=wave.last_day,
                code=codes[mean["name"]],
                name=mean["name"],
                asked=release.figures["asked"],
                people=mean["n"],
                mean=mean["mean"],
                half_width=mean["half_width"],
            )
            for mean in release.figures["means"]
        ]
    return found


def weeks_told(trial: Trial) -> list[dict[str, Any]] | None:
    """The weeks as the trial's page tells them, where somebody took back what was told of them; else None: they are worked out."""
    if not number_of(trial):
        return None
    reading = latest(trial)
    is_of_outcome = reading is not None and reading.figures["outcome"]["code"] == trial.outcome
    return list(reading.figures.get("weeks", [])) if reading and is_of_outcome else []


def figures_of(trial: Trial) -> list[KeptFigure]:
    """The indicators that may be told, before the first opening and since: of periods that begin alike only the last, or two would be subtracted."""
    found: dict[tuple[str, int, str, dt.date], KeptFigure] = {}
    for figure in KeptFigure.objects.filter(trial=trial).order_by("-last_day"):
        found.setdefault((figure.code, figure.version, figure.part, figure.first_day), figure)
    return [found[key] for key in sorted(found) if key[0] in INDICATORS and not found[key].is_hidden]


def amendments_of(trial: Trial) -> list[tuple[int, dt.date, str, str, str, str]]:
    zone = trial.territory.zone
    return [
        (a.number, a.at.astimezone(zone).date(), AMENDABLE.get(a.what, a.what), str(a.before), str(a.after), a.reason)
        for a in trial.amendments.all()
    ]


def texts_of(trial: Trial) -> list[str]:
    """Everything that somebody wrote and that is published."""
    own = [trial.title, trial.question, trial.context, trial.stopping_rules, trial.end_reason, trial.frozen]
    return [
        *own,
        *trial.hypotheses.values_list("text", flat=True),
        *(str(value) for a in trial.amendments.all() for value in (a.before, a.after, a.reason)),
    ]


def refusal_of_waves(trial: Trial, today: dt.date) -> str | None:
    """Why the questionnaires cannot be published yet."""
    if trial.waves.filter(last_day__gte=today).exists():
        return _("Un questionnaire de cet essai reçoit encore des réponses : attendez qu'il soit clos.")
    return None
