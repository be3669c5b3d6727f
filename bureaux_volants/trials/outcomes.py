"""What a trial may take as its main outcome: what is defined (indicators/registry.py) and read per person and week (weekly.py)."""

from __future__ import annotations

from collections.abc import Mapping

from .indicators.registry import Indicator, indicator
from .weekly import READ

OUTCOMES: Mapping[str, Indicator] = {code: indicator(code) for code in READ}
