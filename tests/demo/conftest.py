"""The demonstration, loaded once for a module: a Wednesday afternoon, and nothing of it is left after."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from bureaux_volants.demo import generator

#: Wednesday 18 November 2026, 15:10 in Metz.
NOW = dt.datetime(2026, 11, 18, 14, 10, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def demonstration(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[generator.Loaded]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield generator.load(now=NOW)
        transaction.set_rollback(True)


@pytest.fixture
def undone(demonstration: generator.Loaded) -> Iterator[None]:
    """What the test does to the loaded demonstration is undone after it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
