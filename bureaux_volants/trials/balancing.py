"""What the order of openings is balanced over: facts about communes that anybody can look up. Pure.

Each attribute parts the communes of the trial in two halves, as many to within one; several attributes cross. Halves rather than
thresholds: whatever the trial, both have communes. Frozen with the design (`Cluster.stratum`), so that a population counted anew changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

#: Names of attributes that an order may be balanced over, and what they are called.
ORDER_STRATA: Mapping[str, str] = {
    "population": "population",
    "distance": "distance à la commune la plus peuplée",
}
_HALVES: Mapping[str, tuple[str, str]] = {
    "population": ("les moins peuplées", "les plus peuplées"),
    "distance": ("les plus proches", "les plus éloignées"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """A commune by its INSEE code: inhabitants, kilometres as the crow flies from the most populous one of the territory."""

    code: str
    population: int
    distance: float


_VALUE: Mapping[str, Callable[[Facts], float]] = {
    "population": lambda commune: commune.population,
    "distance": lambda commune: commune.distance,
}


def strata_of(communes: Iterable[Facts], attributes: Sequence[str]) -> dict[str, str]:
    """The stratum of each commune by its code: its halves, in the order of the attributes. Of an odd number the middle one goes to the second half."""
    there = list(communes)
    halves: dict[str, list[str]] = {commune.code: [] for commune in there}
    for attribute in attributes:
        value = _VALUE[attribute]
        # Equal values part by the code, which nobody chooses.
        ordered = sorted(there, key=lambda commune: (value(commune), commune.code))
        for n, commune in enumerate(ordered):
            halves[commune.code].append(_HALVES[attribute][n >= len(ordered) // 2])
    return {code: " · ".join(names) for code, names in halves.items()}


def by_stratum(strata: Mapping[str, str]) -> dict[str, list[str]]:
    """The codes of each stratum, in order, from the stratum of each code."""
    found: dict[str, list[str]] = {}
    for code in sorted(strata):
        found.setdefault(strata[code], []).append(code)
    return found
