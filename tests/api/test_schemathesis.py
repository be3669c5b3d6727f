"""What the description promises is what the API does, whatever is thrown at it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import schemathesis
import time_machine
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bureaux_volants.api.application import api
from bureaux_volants.booking import service
from bureaux_volants.booking.models import Booking
from bureaux_volants.territory.models import Agent, Site, Territory
from tests import factories
from tests.api.conftest import token_of
from tests.factories import NOW, TEST, ask

pytestmark = pytest.mark.django_db

schema = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))
schema.app = get_wsgi_application()


@pytest.fixture(autouse=True)
def one_connection(db: None) -> Iterator[None]:
    """The application, in this process, works within this test's transaction: it must not close the connection."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def bookings(ada: Agent, metz: Territory, marly: Site) -> Iterator[list[Booking]]:
    """My own bookings, now and later, and somebody else's: references that random letters would never find."""
    other = factories.agent(metz)
    with time_machine.travel(NOW, tick=False):
        yield [
            service.book(ada, ask(marly, NOW.date(), "9", "10"), TEST, now=NOW),
            *(
                service.book(ada, ask(marly, start=str(hour), end=str(hour + 1)), TEST, now=NOW)
                for hour in range(9, 16)
            ),
            service.book(other, ask(marly), TEST, now=NOW),
        ]


@schema.parametrize()
@settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_nothing_breaks_and_every_answer_is_as_described(
    case: schemathesis.Case, ada: Agent, bookings: list[Booking]
) -> None:
    sensible = case.meta is not None and case.meta.generation.mode.is_positive
    if sensible and "reference" in case.path_parameters:
        number = sum(map(ord, str(case.path_parameters["reference"])))
        case.path_parameters["reference"] = bookings[number % len(bookings)].reference
    if sensible and isinstance(case.body, dict) and "site" in case.body:
        case.body["site"] = "marly"
    case.call_and_validate(
        headers={"Authorization": f"Bearer {token_of(ada)}"},
        # A well-formed request may still be refused by a rule, or for an end before its start.
        excluded_checks=[positive_data_acceptance],
    )
