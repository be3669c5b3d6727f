"""The shapes of version 1. They do not change: a new need is a new field with a default, or a version 2."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Self

from django.utils.translation import gettext as _
from ninja import Schema
from pydantic import ConfigDict, Field, model_validator

from .values import (
    Digits,
    FeaturesOfAddress,
    FeaturesOfBody,
    Instant,
    KindValue,
    StatesOfAddress,
    StateValue,
    error,
    in_order,
)

#: The longest period one search may cover.
LONGEST_SEARCH = dt.timedelta(days=31)
MOST_PER_PAGE = 200
#: Nobody turns pages that far; it keeps what is asked within what the database counts.
FARTHEST_OFFSET = 1_000_000


#: The default of a field that may be left out, and whose type has no null.
ABSENT: Any = None


def _no_default(schema: dict[str, Any]) -> None:
    """The description of a field says nothing of a default that no request can name."""
    schema.pop("default", None)


# -- what comes in ----------------------------------------------------------------------------------------------------


class AvailabilityQuery(Schema):
    kind: KindValue
    start: Instant
    end: Instant
    site: Annotated[str, Field(min_length=1, max_length=60)] = Field(
        ABSENT,
        description="Identifiant d'un site ; sans lui, tous les sites du territoire.",
        json_schema_extra=_no_default,
    )
    features: FeaturesOfAddress = Field(
        default_factory=list, description="Caractéristiques voulues, répétées ou séparées par des virgules."
    )

    @model_validator(mode="after")
    def _period(self) -> Self:
        in_order(self.start, self.end)
        if self.end - self.start > LONGEST_SEARCH:
            raise error("range-too-long", _("La période ne peut pas dépasser 31 jours."))
        return self


class BookingsQuery(Schema):
    from_: Instant = Field(
        ABSENT,
        alias="from",
        description="Réservations qui finissent après cet instant.",
        json_schema_extra=_no_default,
    )
    to: Instant = Field(
        ABSENT, description="Réservations qui commencent avant cet instant.", json_schema_extra=_no_default
    )
    state: StatesOfAddress = Field(default_factory=list, description="États voulus ; tous sans ce paramètre.")
    limit: Annotated[int, Field(ge=1, le=MOST_PER_PAGE), Digits] = 50
    offset: Annotated[int, Field(ge=0, le=FARTHEST_OFFSET), Digits] = 0

    @model_validator(mode="after")
    def _period(self) -> Self:
        if self.model_fields_set >= {"from_", "to"}:
            in_order(self.from_, self.to)
        return self


class BookingAsk(Schema):
    model_config = ConfigDict(extra="forbid")

    kind: KindValue
    site: Annotated[str, Field(max_length=60)] = Field(description="Identifiant du site.")
    start: Instant
    end: Instant
    resource: Annotated[str, Field(max_length=60)] | None = Field(
        None, description="Nom d'une place précise ; sans lui, le système choisit et peut réarranger."
    )
    features: FeaturesOfBody = Field(default_factory=list)

    @model_validator(mode="after")
    def _period(self) -> Self:
        in_order(self.start, self.end)
        return self


class BookingChange(Schema):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})

    start: Instant = Field(ABSENT, json_schema_extra=_no_default)
    end: Instant = Field(ABSENT, json_schema_extra=_no_default)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise error("nothing-to-change", _("Donnez un nouveau début, une nouvelle fin, ou les deux."))
        if self.model_fields_set >= {"start", "end"}:
            in_order(self.start, self.end)
        return self


# -- what goes out ----------------------------------------------------------------------------------------------------


class Reason(Schema):
    code: str
    message: str


class TerritoryOut(Schema):
    slug: str
    name: str


class Me(Schema):
    email: str
    name: str
    territory: TerritoryOut
    organisation: str | None
    service: str | None
    usual_site: str | None = Field(description="Identifiant du site d'affectation.")
    visibility: str = Field(description="Qui voit où je travaille : team, organisation, everyone ou nobody.")
    roles: list[str]
    scopes: list[str] = Field(description="Ce que ce jeton ouvre.")


class OpenInterval(Schema):
    start: dt.datetime
    end: dt.datetime


class SiteOut(Schema):
    slug: str
    name: str
    kind: str
    commune: str
    address: str
    lat: float
    lon: float
    active: bool
    units: dict[str, int] = Field(description="Nombre de places en service, par nature.")
    open_today: list[OpenInterval]
    closed_because: str = Field(description="Pourquoi le site est fermé aujourd'hui, en tout ou partie ; sinon vide.")


class Sites(Schema):
    sites: list[SiteOut]


class SiteAvailabilityOut(Schema):
    slug: str
    name: str
    commune: str
    lat: float
    lon: float
    free: int
    capacity: int
    bookable: bool
    reasons: list[Reason]


class Availability(Schema):
    sites: list[SiteAvailabilityOut]


class ResourceOut(Schema):
    name: str


class BookingOut(Schema):
    reference: str
    kind: KindValue
    state: StateValue
    site: str = Field(description="Identifiant du site.")
    resource: ResourceOut
    start: dt.datetime
    end: dt.datetime


class Bookings(Schema):
    bookings: list[BookingOut]
    count: int = Field(description="Nombre total de réservations, toutes pages comprises.")
    limit: int
    offset: int


class AlternativeOut(Schema):
    site: str
    name: str
    start: dt.datetime
    end: dt.datetime
    free: int
    km: float


class GbfsFeed(Schema):
    """The frame that every feed of GBFS 3.0 has; what is in `data` is the standard's, feed by feed."""

    last_updated: dt.datetime
    ttl: int = Field(description="Secondes pendant lesquelles une copie reste bonne.")
    version: str
    data: dict[str, Any]


class FieldError(Schema):
    where: str
    code: str
    message: str


class ProblemOut(Schema):
    model_config = ConfigDict(
        title="Problem", json_schema_extra={"required": ["type", "title", "status", "detail", "code"]}
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    reasons: list[Reason] = Field(default_factory=list, json_schema_extra=_no_default)
    alternatives: list[AlternativeOut] = Field(default_factory=list, json_schema_extra=_no_default)
    errors: list[FieldError] = Field(default_factory=list, json_schema_extra=_no_default)
