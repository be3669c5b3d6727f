"""From bookings to free time. Pure: half-open spans in, half-open spans out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

#: Anything ordered: aware datetimes in the product, whole numbers in property tests.
Instant: TypeAlias = Any
Span: TypeAlias = tuple[Instant, Instant]


def overlap(a: Span, b: Span) -> bool:
    """Whether two half-open spans share an instant: back to back is not an overlap."""
    return bool(a[0] < b[1] and b[0] < a[1])


def free_spans(busy: Iterable[Span], window: Span) -> list[Span]:
    """The parts of `window` that no busy span covers, in order. Busy spans may overlap each other."""
    free: list[Span] = []
    reached = window[0]
    for start, end in sorted(busy):
        if start >= window[1]:
            break
        if reached < start:
            free.append((reached, start))
        reached = max(reached, end)
    if reached < window[1]:
        free.append((reached, window[1]))
    return free


def peak(spans: Iterable[Span]) -> int:
    """How many spans share an instant at most."""
    edges: list[tuple[Instant, int]] = []
    for start, end in spans:
        # At the same instant an end comes before a start: half-open.
        edges += [(start, 1), (end, -1)]
    most = now = 0
    for _, step in sorted(edges):
        now += step
        most = max(most, now)
    return most
