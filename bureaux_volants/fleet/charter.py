"""Cars may be lent to those only who have accepted the mobility charter, where the territory decides so.

Who has accepted is told by the room that keeps the charter: see `accepted_by` in booking/guards.py. The setting alone closes
nothing while there is no charter.
"""

from __future__ import annotations

from bureaux_volants.booking.guards import guard, has_accepted
from bureaux_volants.booking.models import Kind
from bureaux_volants.booking.rules import Refusal
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent

from .policy import policy_of


@guard
def charter_is_accepted(agent: Agent, kind: str, asked: Interval) -> list[Refusal]:
    """A car is lent to who has accepted the charter, where the territory asks for it (Policy.cars_need_charter)."""
    if kind != Kind.CAR or agent.territory_id is None or has_accepted(agent) is not False:
        return []
    if not policy_of(agent.territory_id).cars_need_charter:
        return []
    return [Refusal("charter-not-accepted", "Les voitures se prêtent à qui a accepté la charte de mobilité.")]
