"""What the days at the desks of a trial avoided, as a reading keeps it.

    counterfactual  {reason} when nothing can be told, else
                    {scenarios: [{code, per_day, low, high, total}], counted, usual, home, elsewhere, unsaid, unplaced, by_commune,
                     few, factors, since, until}

kgCO2e, use and manufacturing, negative where days add travel. Groups are {days, people}, or None for fewer than five people; of `usual` and
`home`, which make `counted` together, both or neither.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from .avoided import Rows, days_of
from .estimating.counterfactual import Balance, Group, balance
from .estimating.results import CannotEstimate
from .figures import LEAST, rounded
from .weekly import Source


@dataclass(frozen=True, slots=True)
class Said:
    """The figures, and the digest of the rows that went in."""

    figures: dict[str, Any]
    digest: str


def said_of(source: Source) -> Said:
    rows = days_of(source)
    digest = _digest(rows)
    if not len(rows.days.agent):
        return Said({"reason": _("Personne n'est encore venu à un bureau que l'essai a ouvert.")}, digest)
    try:
        found = balance(rows.days, seed=source.trial.seed)
    except CannotEstimate as error:
        return Said({"reason": error.reason}, digest)
    days = sorted({s.day for s in source.stays})
    return Said(
        {
            "reason": "",
            "scenarios": _scenarios(found),
            **_groups(found),
            "by_commune": found.by_commune,
            "few": found.few,
            "factors": ", ".join(rows.factors),
            "since": days[0].isoformat(),
            "until": days[-1].isoformat(),
        },
        digest,
    )


def _digest(rows: Rows) -> str:
    found = hashlib.sha256(",".join(rows.factors).encode())
    for array in (rows.days.agent, rows.days.commune, rows.days.answer, rows.days.made, rows.days.usual):
        found.update(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()


def _scenarios(found: Balance) -> list[dict[str, Any]]:
    return [
        {
            "code": one.scenario.code,
            "per_day": rounded(one.value / 1000),
            "low": rounded(one.low / 1000),
            "high": rounded(one.high / 1000),
            "total": rounded(one.value * found.counted.days / 1000),
        }
        for one in found.scenarios
    ]


def _groups(found: Balance) -> dict[str, Any]:
    def told(group: Group) -> dict[str, int] | None:
        return None if 0 < group.people < LEAST else {"days": group.days, "people": group.people}

    parts = {"usual": told(found.usual), "home": told(found.home)}
    if None in parts.values():
        # One would be found by taking the other off the whole.
        parts = dict.fromkeys(parts)
    return {
        "counted": told(found.counted),
        **parts,
        "elsewhere": told(found.elsewhere),
        "unsaid": told(found.unsaid),
        "unplaced": told(found.unplaced),
    }
