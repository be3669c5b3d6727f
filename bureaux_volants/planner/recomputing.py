"""Working kept days out again, with the tables that they name."""

from __future__ import annotations

from bureaux_volants.travel.tables import tables_named

from .keeping import asked_in
from .models import DayPlan
from .worked import Difference, differences


def recomputed(plan: DayPlan) -> list[Difference]:
    """What does not come out the same with the plan's own versions; empty when all does.

    LookupError when a version that the plan names is not known, or the plan was kept without its kilometres.
    """
    versions = plan.answer["versions"]
    tables = tables_named(plan.territory_id, versions["factors"], versions["costs"])
    return differences(plan.answer, asked_in(plan.asked).traveller, tables)
