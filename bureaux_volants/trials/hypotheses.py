"""The hypotheses written down beside the main outcome: each estimated as the protocol would have it, all corrected for being many.

    hypotheses  [{number, text, outcome, name, unit, main, estimate or None, p_adjusted, sentence, reason}]

`main`: it is the main outcome's, estimated already and not corrected, for it was chosen alone. `reason`: why there is no estimate. A
hypothesis that is measured by nothing has neither.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from .estimating import before_after, difference, group_time, randomisation, wild_bootstrap
from .estimating.conclusion import beside
from .estimating.multiplicity import holm
from .estimating.results import CannotEstimate, Estimate, Panel
from .figures import digest_of, estimate_of, marks_of, rounded, why_silent
from .models import Hypothesis, Trial
from .outcomes import OUTCOMES
from .panels import panel_of
from .weekly import Source


@dataclass(frozen=True, slots=True)
class Said:
    """The figures, the digests of the rows that went in, and the marks of their people by outcome."""

    figures: list[dict[str, Any]]
    digests: tuple[str, ...]
    people: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class _Tried:
    hypothesis: Hypothesis
    estimate: Estimate | None = None
    reason: str = ""
    digest: str = ""
    people: Sequence[str] = ()


def by_protocol(panel: Panel, trial: Trial) -> Estimate:
    """The estimate of the protocol's main method, else of the next one that the data bear. Raises CannotEstimate: why the first cannot."""
    ways: Sequence[Callable[[], Estimate]]

    def by_time() -> Estimate:
        return group_time.estimate(panel, seed=trial.seed).overall

    def drawn() -> Estimate:
        return randomisation.estimate(panel, seed=trial.seed, by_time=True)

    def plain() -> Estimate:
        return difference.estimate(panel)

    def signs() -> Estimate:
        return wild_bootstrap.estimate(panel, seed=trial.seed)

    few = panel.count()[2] < group_time.ENOUGH_CLUSTERS
    if trial.design == Trial.Design.BEFORE_AFTER:
        ways = [lambda: before_after.estimate(panel)]
    elif trial.design == Trial.Design.PARALLEL:
        # With few communes clustered errors are too small to establish anything: the same difference, its uncertainty by signs.
        ways = [signs, plain] if few else [plain]
    elif few:
        ways = [drawn, by_time, plain]
    else:
        ways = [by_time, drawn, plain]
    refused: CannotEstimate | None = None
    for way in ways:
        try:
            return way()
        except CannotEstimate as error:
            refused = refused or error
    assert refused is not None
    raise refused


def said_of(source: Source, main: dict[str, Any] | None) -> Said:
    """Every hypothesis of the trial, in the order in which they were written. `main`: the figures of the main estimate, or None."""
    trial = source.trial
    tried = [_try(h, source) for h in trial.hypotheses.all()]
    # Each one that was to be measured is a chance to be wrong, whether or not the data bear it in the end.
    many = [t for t in tried if t.hypothesis.outcome and t.hypothesis.outcome != trial.outcome]
    corrected = dict(
        zip(
            (t.hypothesis.pk for t in many),
            holm([t.estimate.p_value if t.estimate else None for t in many]),
            strict=True,
        )
    )
    return Said(
        [
            _figures(t, corrected.get(t.hypothesis.pk), main if t.hypothesis.outcome == trial.outcome else None)
            for t in tried
        ],
        tuple(t.digest for t in tried),
        {t.hypothesis.outcome: [*t.people] for t in tried if t.people},
    )


def _try(hypothesis: Hypothesis, source: Source) -> _Tried:
    if not hypothesis.outcome or hypothesis.outcome == source.trial.outcome:
        return _Tried(hypothesis)
    try:
        panel = panel_of(source, hypothesis.outcome)
    except CannotEstimate as error:
        return _Tried(hypothesis, reason=error.reason)
    found = _Tried(hypothesis, digest=digest_of(panel), people=marks_of(panel, source.trial.pk))
    if reason := why_silent(panel):
        return replace(found, reason=reason)
    try:
        return replace(found, estimate=by_protocol(panel, source.trial))
    except CannotEstimate as error:
        return replace(found, reason=error.reason)


def _figures(tried: _Tried, p_adjusted: float | None, main: dict[str, Any] | None) -> dict[str, Any]:
    one = tried.hypothesis
    indicator = OUTCOMES.get(one.outcome)
    is_main = one.outcome != "" and one.outcome == one.trial.outcome
    if is_main:
        sentence = _("C'est le critère principal.") if main else ""
    elif tried.estimate is not None:
        sentence = beside(tried.estimate.value, p_adjusted, decrease=_decreases(one))
    else:
        sentence = ""
    return {
        "number": one.number,
        "text": one.text,
        "outcome": one.outcome,
        "name": str(indicator.name) if indicator else one.outcome,
        "unit": str(indicator.unit) if indicator else "",
        "main": is_main,
        "estimate": main if is_main else estimate_of(tried.estimate) if tried.estimate else None,
        "p_adjusted": rounded(p_adjusted),
        "sentence": sentence,
        "reason": tried.reason,
    }


def _decreases(one: Hypothesis) -> bool | None:
    return one.direction == Trial.Direction.DECREASE if one.direction else None
