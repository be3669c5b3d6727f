"""Where the files of an installed package are, found without importing it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def package_directories(name: str) -> list[Path]:
    """The directories of a package; empty when it is not installed."""
    found = find_spec(name)
    return [Path(place) for place in (found.submodule_search_locations or [])] if found else []
