"""Python's collector of cycles, for what builds much and throws little away at once."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Leave what is loaded already alone, and look for cycles a hundred times less often.

    Migrations render every model anew for each of their operations: by default a third of their time goes into looking for cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
