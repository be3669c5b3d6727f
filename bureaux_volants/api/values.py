"""The values that come in, made strict: an instant has an offset and a believable year, a feature is a known one."""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from bureaux_volants.booking.models import Feature, Kind
from bureaux_volants.booking.states import State

#: Far enough from the ends of the calendar that no conversion between zones leaves it.
FIRST_YEAR, LAST_YEAR = 2000, 2099

#: RFC 3339, seconds optional. A space before the offset is a "+" that nobody escaped in an address.
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:([Zz])|([+\- ])(\d{2}:\d{2}))?", re.ASCII
)


def error(code: str, message: str) -> PydanticCustomError:
    """A validation error with a code of ours. The message is French and names no input."""
    return PydanticCustomError(code, "{sentence}", {"sentence": message})


def instant(value: Any) -> dt.datetime:
    """An aware instant in UTC from RFC 3339 text; nothing else is guessed (no numbers, no naive times)."""
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise error("datetime", _("Une date et heure s'écrit par exemple 2026-12-01T09:00:00+01:00."))
    day, clock, zulu, sign, offset = found.groups()
    if not zulu and not offset:
        raise error("naive-datetime", _("Ajoutez le décalage horaire, par exemple +01:00 ou Z."))
    try:
        # Python keeps microseconds: finer digits are cut.
        read = dt.datetime.fromisoformat(f"{day}T{clock[:15]}{'Z' if zulu else ('-' if sign == '-' else '+') + offset}")
    except ValueError:
        raise error("datetime", _("Cette date ou cette heure n'existe pas.")) from None
    if not FIRST_YEAR < read.year < LAST_YEAR:
        raise error("datetime", _("L'année doit être comprise entre 2001 et 2098."))
    return read.astimezone(dt.UTC)


def _digits(value: Any) -> Any:
    """Digits and nothing else: no "1.0", no "1_000", no spaces."""
    if isinstance(value, str) and not re.fullmatch(r"-?\d{1,18}", value, re.ASCII):
        raise error("int", _("Donnez un nombre entier."))
    return value


def _features(value: Any) -> Any:
    """In an address, features are repeated or separated by commas."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list):
        return [part for item in value for part in (item.split(",") if isinstance(item, str) else [item])]
    return value


def _distinct(value: list[Any]) -> list[Any]:
    return sorted(set(value))


Digits = BeforeValidator(_digits)
Instant = Annotated[
    dt.datetime,
    PlainValidator(instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
KindValue = Annotated[Kind, WithJsonSchema({"type": "string", "enum": list(Kind.values)})]
FeatureValue = Annotated[Feature, WithJsonSchema({"type": "string", "enum": list(Feature.values)})]
StateValue = Annotated[State, WithJsonSchema({"type": "string", "enum": list(State.values)})]
FeaturesOfAddress = Annotated[
    list[FeatureValue], Field(max_length=20), BeforeValidator(_features), AfterValidator(_distinct)
]
FeaturesOfBody = Annotated[list[FeatureValue], Field(max_length=20), AfterValidator(_distinct)]
StatesOfAddress = Annotated[
    list[StateValue], Field(max_length=20), BeforeValidator(_features), AfterValidator(_distinct)
]


def in_order(start: dt.datetime, end: dt.datetime) -> None:
    """Refuse an end that does not follow its start."""
    if end <= start:
        raise error("end-before-start", _("La fin doit suivre le début."))
