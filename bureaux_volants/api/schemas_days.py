"""The shapes of journeys and day plans, version 1."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Self

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ConfigDict, Field, model_validator

from bureaux_volants.travel.journeys import Basis, Way
from bureaux_volants.travel.modes import Mode

from .schemas import ABSENT, _no_default
from .values import FeaturesOfBody, Instant, error, in_order

PlaceName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=120,
        description=(
            "Un site (identifiant ou nom), une commune, un arrêt (nom, ou `stop:` et son identifiant), "
            "ou « latitude,longitude »."
        ),
    ),
]
#: A body never holds more; how many a day may have is the planner's to say.
MOST_LISTED = 100


class JourneysQuery(Schema):
    from_: PlaceName = Field(alias="from")
    to: PlaceName
    depart: Instant = Field(ABSENT, description="Partir à cet instant ou après.", json_schema_extra=_no_default)
    arrive: Instant = Field(ABSENT, description="Arriver à cet instant ou avant.", json_schema_extra=_no_default)
    bike: bool = Field(False, description="J'ai un vélo.")
    bike_is_assisted: bool = Field(False, description="Il est électrique.")
    car: bool = Field(False, description="J'ai une voiture et le permis.")
    transport_pass: bool = Field(False, description="J'ai un abonnement de transport.")
    carries_things: bool = Field(False, description="Je transporte du matériel.")

    @model_validator(mode="after")
    def _either(self) -> Self:
        if ("depart" in self.model_fields_set) == ("arrive" in self.model_fields_set):
            raise error("depart-or-arrive", _("Donnez soit `depart`, soit `arrive`."))
        return self


class PlaceOut(Schema):
    name: str
    lat: float
    lon: float


class SectionOut(Schema):
    mode: Mode
    from_: PlaceOut = Field(alias="from")
    to: PlaceOut
    start: dt.datetime
    end: dt.datetime
    km: float
    line: str
    headsign: str


class JourneyOut(Schema):
    way: Way
    depart: dt.datetime
    arrive: dt.datetime
    minutes: int
    spread_minutes: int = Field(description="De combien la durée peut s'écarter, en plus ou en moins.")
    km: float
    car_km: float = Field(description="Ma part des kilomètres parcourus par une voiture.")
    grams_use: int
    grams_total: int = Field(description="Avec la fabrication.")
    employer_eur: float
    agent_eur: float
    effort_minutes: int
    transfers: int
    basis: Basis
    sections: list[SectionOut]


class VersionsOut(Schema):
    factors: str
    costs: str


class JourneysOut(Schema):
    journeys: list[JourneyOut]
    missing: dict[str, str] = Field(description="Moyen, et pourquoi il manque.")
    notes: list[str]
    versions: VersionsOut


class AppointmentAsk(Schema):
    model_config = ConfigDict(extra="forbid")

    place: PlaceName
    start: Instant
    end: Instant
    may_be_remote: bool = False

    @model_validator(mode="after")
    def _period(self) -> Self:
        in_order(self.start, self.end)
        return self


class DayPlanAsk(Schema):
    model_config = ConfigDict(extra="forbid")

    start: Instant = Field(description="Début des heures de travail ; sa date est celle de la journée.")
    end: Instant
    appointments: Annotated[list[AppointmentAsk], Field(max_length=MOST_LISTED)] = Field(default_factory=list)
    features: FeaturesOfBody = Field(default_factory=list)
    bike: bool = False
    bike_is_assisted: bool = False
    car: bool = False
    transport_pass: bool = False
    carries_things: bool = False
    usual: Literal["own_car", "transit", "own_bike", "walk"] = Field(
        "own_car", description="Comment je me déplace d'habitude : la journée de comparaison."
    )
    meet: Annotated[str, Field(max_length=20, pattern="^([0-9][0-9AB][0-9]{3}|team|team:[0-9]{1,12})?$")] = Field(
        "",
        description=(
            "Avec qui je veux travailler : le code INSEE d'une commune, dans ses murs ; `team` : mon service, ou `team:` et le numéro "
            "d'un service de mon organisation, là où il a dit qu'il serait ; vide : sans préférence."
        ),
    )
    with_pool: bool = Field(True, description="Proposer les vélos, voitures et cartes du parc.")

    @model_validator(mode="after")
    def _period(self) -> Self:
        in_order(self.start, self.end)
        return self


class DayPlanChoice(Schema):
    model_config = ConfigDict(extra="forbid")

    plan: Annotated[int, Field(ge=0, le=20)] = Field(description="Numéro de la proposition, à partir de 0.")
    reason: Annotated[str, Field(max_length=300)] = Field(
        "",
        description="Le motif, quand une règle de la charte en demande un (`effect` : reason). La personne seule le relit.",
    )


class StepOut(Schema):
    what: Literal["travel", "desk", "meeting", "remote"]
    start: dt.datetime
    end: dt.datetime
    place: PlaceOut
    from_: PlaceOut | None = Field(None, alias="from")
    way: Way | None = None
    unit: str = Field("", description="Nature de ce que le parc prête, ou vide.")
    spread_minutes: int = 0
    km: float = 0
    grams_use: int = 0
    grams_total: int = 0
    employer_eur: float = 0
    agent_eur: float = 0
    basis: Basis | None = None
    sections: list[SectionOut] = Field(default_factory=list)


class TotalsOut(Schema):
    minutes: int
    lost_minutes: int = Field(description="Minutes de travail ni travaillées, ni passées en route.")
    spread_minutes: int
    km: float
    car_km: float
    grams_use: int
    grams_total: int
    employer_eur: float
    agent_eur: float
    effort_minutes: int
    transfers: int


class CharterRuleOut(Schema):
    code: str
    effect: Literal["advise", "reason", "approval", "refuse"]
    sentence: str
    step: int = Field(description="Numéro de l'étape dont parle la règle, à partir de 0.")


class DayOut(Schema):
    virtues: list[str] = Field(description="sober, quick, near, simple, cheap.")
    steps: list[StepOut]
    totals: TotalsOut
    rules: list[CharterRuleOut] = Field(
        default_factory=list, description="Ce que la charte de mobilité dit de cette journée, le plus lourd d'abord."
    )


class SeatOut(Schema):
    ride: str = Field(description="Référence du trajet partagé.")
    pick_up: str
    picked_at: dt.datetime
    drop: str
    dropped_at: dt.datetime
    state: Literal["asked", "accepted", "refused", "withdrawn", "gone"]


class DayPlanOut(Schema):
    reference: str
    date: dt.date
    state: Literal["proposed", "booked", "cancelled"]
    chosen: int | None
    plans: list[DayOut]
    reference_day: DayOut | None = Field(description="Une journée ordinaire : site d'affectation, moyen habituel.")
    missing: list[str]
    notes: list[str]
    versions: VersionsOut
    bookings: list[str] = Field(description="Références des réservations de cette journée.")
    seats: list[SeatOut] = Field(
        default_factory=list, description="Places demandées dans la voiture d'un collègue, qui doit encore accepter."
    )


def day(kept: dict[str, Any] | None) -> dict[str, Any] | None:
    """A kept plan (planner/keeping.py) in its public shape: more is kept than is shown."""
    return (
        None
        if kept is None
        else {
            **{name: kept[name] for name in ("virtues", "steps", "totals")},
            "rules": kept.get("rules", []),
        }
    )
