"""A benchmark and the processes that it starts are on one clock: the machine's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import clock


@pytest.fixture(autouse=True)
def machine_clock() -> Iterator[None]:
    with clock.of_the_machine():
        yield
