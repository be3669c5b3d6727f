"""Several hypotheses at once: chance alone would confirm one in twenty. Pure.

Holm, A Simple Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6 (1979), 65-70: whatever the tests have
to do with each other, the chance to confirm even one false hypothesis stays under the level.
"""

from __future__ import annotations

from collections.abc import Sequence

PAPER = "Holm, Scandinavian Journal of Statistics 6 (1979)"


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Each p-value corrected for being one of so many, in the order given.

    None, a hypothesis that could not be tested, stays None and counts among the many: what was written down before was as many chances.
    """
    count = len(p_values)
    order = sorted((p, n) for n, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * count
    highest = 0.0
    for rank, (p, n) in enumerate(order):
        highest = max(highest, min(1.0, (count - rank) * p))
        found[n] = highest
    return found
