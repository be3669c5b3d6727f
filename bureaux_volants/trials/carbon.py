"""What the days at the desks of a trial avoided, as a reading keeps it.

    counterfactual  {reason} when nothing can be told, else
                    {scenarios: [{code, per_day, low, high, total}], counted, usual, home, elsewhere, unsaid, unplaced, by_commune,
                     few, factors, since, until, lost_until}

kgCO2e, use and manufacturing, negative where days add travel. Groups are {days, people}, or None for fewer than five people; of `usual` and
`home`, which make `counted` together, both or neither, and then one scenario alone: each of the others changes one of the two only,
so that the difference of two scenarios would be the trips of those few people. So too of `elsewhere`, `unsaid` and `unplaced`: their
sum is known to who knows how many days there were.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from bureaux_volants.territory import french

from .avoided import Rows, days_of, weeks_over
from .estimating.counterfactual import SCENARIOS, Balance, Days, Group, balance, groups_of
from .estimating.results import CannotEstimate
from .figures import LEAST, rounded
from .indicators.figures import is_small
from .indicators.standing import DAYS
from .models import ClosedPeriod
from .surveys.pseudonyms import mark
from .surveys.setting_aside import is_closed
from .weekly import Source


@dataclass(frozen=True, slots=True)
class Said:
    """The figures, the digest of the rows that went in, and by group of days the marks of its people (indicators/standing.py)."""

    figures: dict[str, Any]
    digest: str
    people: dict[str, list[str]] = field(default_factory=dict)


def said_of(source: Source) -> Said:
    rows = days_of(source)
    digest = _digest(rows)
    if is_closed(source.trial, ClosedPeriod.Days.STAYS):
        reason = _(
            "Des carnets ont été retirés, et trop peu de personnes venues à un bureau volant en ont encore un : ce bilan n'est plus refait, pour que personne ne soit reconnaissable."
        )
        return Said({"reason": reason}, digest)
    if not len(rows.days.agent):
        return Said({"reason": _nobody(source)}, digest)
    try:
        found = balance(rows.days, seed=source.trial.seed)
    except CannotEstimate as error:
        return Said({"reason": error.reason}, digest)
    days = sorted({s.day for s in weeks_over(source)})
    parted = _is_parted(found) and not is_closed(source.trial, ClosedPeriod.Days.APART)
    return Said(
        {
            "reason": "",
            "scenarios": _scenarios(found)[: len(SCENARIOS) if parted else 1],
            **_groups(found, parted=parted),
            "by_commune": found.by_commune,
            "few": found.few,
            "factors": ", ".join(rows.factors),
            "since": days[0].isoformat(),
            "until": days[-1].isoformat(),
            "lost_until": source.lost_until.isoformat() if source.lost_until else None,
        },
        digest,
        _marks(rows.days, source.trial.pk),
    )


def _marks(days: Days, trial_id: int) -> dict[str, list[str]]:
    """One mark for each person of each group, of all their days in it."""
    found: dict[str, list[str]] = {}
    groups = groups_of(days)
    for name, here in {**groups, "counted": groups["usual"] | groups["home"]}.items():
        mine: dict[int, list[str]] = {}
        for agent, made, usual in zip(
            days.agent[here].tolist(), days.made[here].tolist(), days.usual[here].tolist(), strict=True
        ):
            mine.setdefault(agent, []).append(f"{made!r}/{usual!r}")
        found[DAYS + name] = mark(trial_id, [f"{agent}:{sorted(said)}" for agent, said in mine.items()])
    return found


def _nobody(source: Source) -> str:
    if source.lost_until is not None:
        return _(
            "Les réservations d'avant le %(day)s n'ont plus de nom, et personne n'est venu depuis à un bureau que l'essai a ouvert : on ne sait plus ce que ces jours ont évité ou ajouté."
        ) % {"day": french.day(source.lost_until, year=True)}
    if source.stays:
        return _("Des agents sont venus à un bureau que l'essai a ouvert : le bilan se lit une fois la semaine finie.")
    return _("Personne n'est encore venu à un bureau que l'essai a ouvert.")


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


def _groups(found: Balance, *, parted: bool) -> dict[str, Any]:
    def told(group: Group) -> dict[str, int] | None:
        return None if 0 < group.people < LEAST else {"days": group.days, "people": group.people}

    parts = {"usual": told(found.usual), "home": told(found.home)}
    apart = {"elsewhere": told(found.elsewhere), "unsaid": told(found.unsaid), "unplaced": told(found.unplaced)}
    if not parted:
        # One would be found by taking the other off the whole.
        parts = dict.fromkeys(parts)
    if None in apart.values():
        apart = {name: group if group and not group["days"] else None for name, group in apart.items()}
    return {"counted": told(found.counted), **parts, **apart}


def _is_parted(found: Balance) -> bool:
    """Whether days at the usual site and days at home may be told apart."""
    return not is_small(found.usual.people) and not is_small(found.home.people)
