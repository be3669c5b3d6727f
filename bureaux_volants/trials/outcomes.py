"""What a trial may take as its main outcome: the indicators that exist per person and week."""

from __future__ import annotations

from collections.abc import Mapping

from .indicators.registry import INDICATORS, Indicator

OUTCOMES: Mapping[str, Indicator] = {code: one for code, one in INDICATORS.items() if one.per_agent_week}
