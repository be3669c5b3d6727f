"""What a trial may take as its main outcome: what is defined (indicators/registry.py) and read per person and week (panels.py)."""

from __future__ import annotations

from collections.abc import Mapping

from .indicators.registry import Indicator, indicator
from .panels import READ

OUTCOMES: Mapping[str, Indicator] = {code: indicator(code) for code in READ}
