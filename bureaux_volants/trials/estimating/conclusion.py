"""What an interval says of a threshold, in words. Pure; French, for whoever decides."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .results import Estimate


class Verdict(StrEnum):
    """Where the 95 % interval lies. A null result is a result: NOTHING and TOO_SMALL say so."""

    REACHED = "reached"
    EFFECT = "effect"
    TOO_SMALL = "too_small"
    NOTHING = "nothing"
    CONTRARY = "contrary"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """`is_conclusive`: the interval lies on one side of the threshold, so that the question asked has its answer."""

    verdict: Verdict
    is_conclusive: bool
    sentence: str


def number(value: float) -> str:
    """One decimal below a hundred, none above, thousands apart, with the French comma; never a nil with a sign."""
    text = f"{round(value, 1) + 0.0:.1f}" if abs(value) < 100 else f"{value:,.0f}".replace(",", "\u00a0")
    return text.replace(".", ",").replace("-", "−")


def plain(value: float) -> str:
    """A figure of use: a whole one without decimals, two below one, thousands apart."""
    size = abs(value)
    decimals = 0 if size >= 1000 or value == round(value) else 2 if size < 1 else 1
    text = f"{round(value, decimals) + 0.0:,.{decimals}f}"
    return text.replace(",", "\u00a0").replace(".", ",").replace("-", "−")


def conclude(estimate: Estimate, threshold: float, *, decrease: bool, unit: str = "") -> Conclusion:
    """Compare the interval with the least change that would justify widening (positive, in the expected direction, in `unit`)."""
    low, high = (-estimate.high, -estimate.low) if decrease else (estimate.low, estimate.high)
    said = " ".join(filter(None, [number(threshold).removesuffix(",0"), unit]))
    if low >= threshold:
        return Conclusion(
            Verdict.REACHED,
            True,
            f"Le seuil est atteint : tout l'intervalle est au-delà du changement de {said} qui justifierait d'élargir.",
        )
    if high < 0:
        return Conclusion(
            Verdict.CONTRARY,
            True,
            "L'effet va dans le sens contraire de celui attendu : tout l'intervalle est de l'autre côté de zéro.",
        )
    if high < threshold:
        what = "il y a un effet, trop petit pour" if low > 0 else "s'il y a un effet, il est trop petit pour"
        return Conclusion(
            Verdict.TOO_SMALL, True, f"Le seuil de {said} n'est pas atteint : {what} justifier d'élargir à lui seul."
        )
    if low > 0:
        return Conclusion(
            Verdict.EFFECT,
            False,
            f"Il y a un effet dans le sens attendu, mais on ne sait pas s'il atteint le seuil de {said} : l'intervalle passe des deux côtés.",
        )
    return Conclusion(
        Verdict.NOTHING,
        False,
        f"On ne peut pas conclure : les données sont compatibles avec l'absence d'effet comme avec un effet au-delà du seuil de {said}.",
    )


def beside(value: float, p_value: float | None, *, decrease: bool | None, level: float = 0.05) -> str:
    """What is said of a hypothesis beside the main outcome, from its p-value corrected for being one of many.

    `decrease`: the direction that was expected, None when none was written down.
    """
    if p_value is None or p_value > level:
        return "Rien n'est établi : les données sont compatibles avec l'absence de changement."
    if decrease is None:
        return "Un changement est établi, sans qu'un sens ait été annoncé."
    if (value < 0) == decrease:
        return "Établi : le changement va dans le sens attendu."
    return "Contraire à ce qui était attendu : le changement va dans l'autre sens."
