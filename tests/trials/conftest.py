from __future__ import annotations

import pytest

from .words import Field, field


@pytest.fixture
def lab_field(db: None) -> Field:
    """A territory of four communes where a trial may take place."""
    return field()
