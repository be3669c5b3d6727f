"""Who sits where: stays that keep every booking rule and never share a desk. Knows no database.

A stay is only written down here once the same rules as everybody's accept it, at the moment it was asked.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from enum import StrEnum

from bureaux_volants.booking.directory import Directory, SiteEntry
from bureaux_volants.booking.loading import person_of
from bureaux_volants.booking.rules import OwnBooking, Question, failing
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent

DESK = "desk"


class Fate(StrEnum):
    """What becomes of a stay, if the time for it has come."""

    USED = "used"
    ABSENT = "absent"
    AWAITED = "awaited"  # comes, but later than now whatever the hour: somebody for the visitor to check in
    CANCELLED = "cancelled"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Stay:
    """One person's hold on one desk. `gone_at`: when it was cancelled or refused."""

    agent: Agent
    site: SiteEntry
    unit_id: int
    asked: Interval
    created_at: dt.datetime
    features: frozenset[str] = frozenset()
    is_pinned: bool = False
    counterfactual: str = ""
    fate: Fate = Fate.USED
    gone_at: dt.datetime | None = None


@dataclass
class Diary:
    """All stays of a territory."""

    directory: Directory
    stays: list[Stay] = field(default_factory=list)
    _own: dict[int, list[OwnBooking]] = field(default_factory=dict)
    _taken: dict[int, list[Interval]] = field(default_factory=dict)

    def add(
        self,
        agent: Agent,
        site: SiteEntry,
        asked: Interval,
        created_at: dt.datetime,
        *,
        features: frozenset[str] = frozenset(),
        is_pinned: bool = False,
        counterfactual: str = "",
        fate: Fate = Fate.USED,
        gone_at: dt.datetime | None = None,
    ) -> Stay | None:
        """Write a stay down; None when a rule refuses it or no desk is free."""
        question = self._question(agent, site, asked, created_at, features)
        if failing(question):
            return None
        unit_id = self._free_unit(site, asked, features)
        if unit_id is None:
            return None
        stay = Stay(agent, site, unit_id, asked, created_at, features, is_pinned, counterfactual, fate, gone_at)
        self.stays.append(stay)
        if fate not in (Fate.CANCELLED, Fate.REFUSED):
            self._taken.setdefault(unit_id, []).append(asked)
            own = OwnBooking(len(self.stays), DESK, site.id, site.name, asked.start, asked.end, True)
            self._own.setdefault(agent.pk, []).append(own)
        return stay

    def would_be_accepted(self, agent: Agent, site: SiteEntry, asked: Interval, at: dt.datetime) -> bool:
        """Whether the rules accept, be a desk free or not: what a waiting list asks."""
        return not failing(self._question(agent, site, asked, at, frozenset()))

    def is_full(self, site: SiteEntry, asked: Interval) -> bool:
        return self._free_unit(site, asked, frozenset()) is None

    def of(self, agent: Agent) -> list[Stay]:
        return [s for s in self.stays if s.agent.pk == agent.pk]

    def _question(
        self, agent: Agent, site: SiteEntry, asked: Interval, at: dt.datetime, features: frozenset[str]
    ) -> Question:
        own = self._own.get(agent.pk, [])
        return Question(self.directory, site, DESK, asked, features, person_of(agent), own, at)

    def _free_unit(self, site: SiteEntry, asked: Interval, features: frozenset[str]) -> int | None:
        # The plainest desk that will do, as the assignment of real bookings prefers it.
        for unit in sorted(site.units_of(DESK), key=lambda u: (len(u.features), u.id)):
            if features <= unit.features and not any(asked.overlaps(t) for t in self._taken.get(unit.id, [])):
                return unit.id
        return None
