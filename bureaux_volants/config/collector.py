"""Garbage collection in a process that serves: what is loaded stays, and a request leaves little behind."""

from __future__ import annotations

import gc

#: New objects between two looks at the youngest: one request makes thousands, nearly all freed by counting references.
YOUNG = 20_000


def settle() -> None:
    """To be called once everything is loaded: it need not be looked through again amid requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 10, 10)
