"""What a benchmark found, for people and for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. `goal` says in words what was aimed at, "" where nothing was; `holds` is None then."""

    name: str
    value: float
    unit: str
    goal: str = ""
    holds: bool | None = None


def machine() -> str:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


def as_json(bench: str, figures: Sequence[Figure]) -> str:
    """One object: {"bench", "machine", "figures": [{"name", "value", "unit", "goal", "holds"}]}."""
    return json.dumps(
        {"bench": bench, "machine": machine(), "figures": [asdict(f) for f in figures]}, ensure_ascii=False
    )


def as_table(bench: str, figures: Sequence[Figure]) -> str:
    """A readable table, with what was aimed at and whether it holds."""
    width = max((len(f.name) for f in figures), default=0)
    lines = [f"{bench} — {machine()}"]
    for f in figures:
        verdict = "" if f.holds is None else "  OK" if f.holds else "  !!"
        value = f"{f.value:,.0f}" if abs(f.value) >= 1000 else f"{f.value:.4g}"
        lines.append(f"  {f.name:<{width}}  {value:>12} {f.unit:<10} {f.goal}{verdict}".rstrip())
    return "\n".join(lines)
