"""The timetable of a territory: swapped in whole, the former kept; read once by process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import transaction

from bureaux_volants.territory.models import Territory
from bureaux_volants.travel.models import LoadedTimetable

from .layout import Layout, lay_out
from .reading import Feed
from .timetable import Timetable


class NothingRuns(Exception):
    """The feeds hold no day of service; one French sentence."""


def swap_in(territory: Territory, feeds: Sequence[Feed], source: str, *, is_invented: bool = False) -> LoadedTimetable:
    """Compile the feeds and make them the territory's timetable, in one transaction: cut short, nothing has changed.

    Raises NothingRuns.
    """
    layout = lay_out(feeds)
    period = layout.period()
    if period is None or not layout.patterns:
        raise NothingRuns("Aucun jour de circulation dans ces horaires.")
    compiled = layout.to_bytes()
    with transaction.atomic():
        # Two loads at once wait for each other, on the row that both belong to.
        Territory.objects.select_for_update().get(pk=territory.pk)
        known = LoadedTimetable.objects.filter(territory=territory)
        known.filter(is_current=False).delete()
        known.update(is_current=False)
        return LoadedTimetable.objects.create(
            territory=territory,
            source=source,
            is_invented=is_invented,
            first_day=period[0],
            last_day=period[1],
            compiled=compiled,
        )


@dataclass(frozen=True, slots=True)
class InService:
    """The timetable in service. `is_invented`: every page that shows it says so."""

    timetable: Timetable
    is_invented: bool


def in_service(territory_id: int) -> InService | None:
    """The territory's timetable in service, or None. One small query; the rest is kept in memory until another is loaded."""
    current = LoadedTimetable.objects.filter(territory_id=territory_id, is_current=True)
    found = current.values_list("pk", "is_invented").first()
    return None if found is None else InService(_read(found[0]), found[1])


@lru_cache(maxsize=4)
def _read(pk: int) -> Timetable:
    compiled = LoadedTimetable.objects.values_list("compiled", flat=True).get(pk=pk)
    return Timetable(Layout.from_bytes(bytes(compiled)))
