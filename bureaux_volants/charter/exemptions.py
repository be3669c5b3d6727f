"""Standing exemptions: rules that do not speak of somebody for a time. No reason is asked or kept. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .rules import Rule


@dataclass(frozen=True, slots=True)
class Exempt:
    """From `first` until `last`, both included; `codes` empty: every rule."""

    first: dt.date
    last: dt.date
    codes: frozenset[str] = frozenset()


def without(rules: Iterable[Rule], exemptions: Sequence[Exempt], day: dt.date) -> tuple[Rule, ...]:
    """The rules that speak of somebody with these exemptions, on a day."""
    held = [e for e in exemptions if e.first <= day <= e.last]
    return tuple(r for r in rules if not any(not e.codes or r.code in e.codes for e in held))
