"""The charts of a reading, drawn once when it is made: a page only shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from bureaux_volants.trials.estimating.results import Estimate, Point

from . import charts


def drawings_of(figures: Mapping[str, Any]) -> dict[str, str]:
    """SVG by name, of what the figures (analysis.py) hold: `effect`, the main estimate against the threshold; `study`, week by week.

    Each in two widths: `…_narrow` is for a telephone.
    """
    made = {
        f"{name}{'_narrow' if is_narrow else ''}": draw(figures, is_narrow)
        for name, draw in (("effect", _effect), ("study", _study))
        for is_narrow in (False, True)
    }
    return {name: svg for name, svg in made.items() if svg is not None}


def _effect(figures: Mapping[str, Any], is_narrow: bool) -> str | None:
    main = figures.get("main")
    if main is None or main["low"] is None or main["high"] is None:
        return None
    outcome = figures["outcome"]
    return charts.interval(
        Estimate(**{**main, "warnings": tuple(main["warnings"])}),
        outcome["threshold"],
        decrease=outcome["decrease"],
        unit=outcome["unit"],
        title=_("L'effet mesuré et son intervalle, face au seuil du protocole"),
        key="effect-narrow" if is_narrow else "effect",
        is_narrow=is_narrow,
    )


def _study(figures: Mapping[str, Any], is_narrow: bool) -> str | None:
    points = [p for p in (figures.get("study") or {}).get("points", []) if None not in p.values()]
    # One point is a figure, not a curve: the table of methods says it.
    if len(points) < 2:
        return None
    return charts.event_study(
        [Point(**p) for p in points],
        unit=figures["outcome"]["unit"],
        title=_("L'effet avant et après l'ouverture, semaine par semaine"),
        key="study-narrow" if is_narrow else "study",
        is_narrow=is_narrow,
    )
