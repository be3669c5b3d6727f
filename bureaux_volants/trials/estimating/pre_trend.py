"""Did communes move alike before any of them opened? A test that exists with few communes, and keeps its size there.

In the weeks before the first opening, commune and week effects out, how far apart the profiles of those that open together are from
the others': the sum of squares between openings. The openings are then dealt out again among the communes, many times; p is the
share of deals that put them as far apart. Where the order was drawn the deals are those of the draw and the test is exact (Fisher, The
Design of Experiments, 1935); elsewhere it is exact if, without opening, any commune could have been any other (Pitman, Supplement to
the JRSS 4, 1937). The Wald test of group_time.py asks for many more communes than there are effects before openings.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .randomisation import collapsed, orders_of, possible_orders
from .results import NEVER, CannotEstimate, Floats, Panel

#: Fewer deals than this cannot show a difference at 5 %.
FEWEST_DEALS = 20


@dataclass(frozen=True, slots=True)
class Tested:
    """`code`: `drawn_order` (the deals of the draw), `permutation` (communes taken for alike), `wald` (group_time.py)."""

    code: str
    p_value: float


def assess(panel: Panel, *, drawn: bool, seed: int, draws: int = 1999) -> Tested:
    """Whether openings have to do with what communes did before. `drawn`: the order of openings was drawn. Raises CannotEstimate.

    Codes: `no-before` (fewer than two weeks before the first opening), `no-comparison`, `few-orders`, `not-drawn`, and those of
    `collapsed`.
    """
    opened = panel.opened[panel.opened != NEVER]
    if not len(opened):
        raise CannotEstimate("no-comparison", "Aucune commune n'a ouvert : il n'y a pas d'avant.")
    before = panel.period < opened.min()
    if len(np.unique(panel.period[before])) < 2:
        raise CannotEstimate(
            "no-before",
            "Il faut au moins deux semaines mesurées avant la première ouverture pour comparer les tendances.",
        )
    there = collapsed(replace(panel.only(before), took_up=None))
    movable = there.drawn if drawn else np.ones_like(there.drawn)
    slot = np.unique(there.opened, return_inverse=True)[1].astype(np.int64)
    if len(there.periods) < 2 or len(np.unique(slot)) < 2:
        raise CannotEstimate(
            "no-comparison", "Avant la première ouverture, il n'y a pas de quoi comparer les tendances."
        )
    if not movable.any():
        raise CannotEstimate("not-drawn", "L'ordre d'ouverture n'a pas été tiré au sort.")
    stratum = there.stratum[movable] if drawn else None
    if possible_orders(slot[movable], stratum) < FEWEST_DEALS:
        raise CannotEstimate("few-orders", "Trop peu de communes pour comparer leurs tendances d'avant.")
    among = orders_of(slot[movable], seed, draws, stratum)
    deals = np.tile(slot, (len(among), 1))
    deals[:, movable] = among
    left = there.means - there.means.mean(axis=1, keepdims=True)
    left = left - left.mean(axis=0, keepdims=True)
    apart = _between(left, deals)
    ours = _between(left, slot[None])[0]
    share = float((apart >= ours - 1e-9 * max(1.0, ours)).mean())
    return Tested("drawn_order" if drawn else "permutation", share)


def _between(left: Floats, deals: np.ndarray) -> Floats:
    """The sum of squares between openings, of each deal."""
    found = np.zeros(len(deals))
    for one in range(int(deals.max()) + 1):
        belongs = (deals == one).astype(np.float64)
        sums = belongs @ left
        found += (sums**2).sum(axis=1) / belongs.sum(axis=1)
    return found
