from __future__ import annotations

import pytest

from .lived import Lived
from .words import Field, field


@pytest.fixture
def lab_field(db: None) -> Field:
    """A territory of four communes where a trial may take place."""
    return field()


@pytest.fixture
def lived(lab_field: Field) -> Lived:
    """A trial of twenty-four people, three weeks after its opening."""
    return Lived(lab_field)
