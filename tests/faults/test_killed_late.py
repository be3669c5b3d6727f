"""The worker dies at any instant of its round over what is late: each person is told once, and everybody is told."""

from __future__ import annotations

import random
import time

from bureaux_volants.booking.models import Booking
from bureaux_volants.events.models import Event
from bureaux_volants.fleet.models import LateReturn
from bureaux_volants.messages.models import Notice
from tests import factories
from tests.conftest import FreshDatabase
from tests.factories import TUESDAY, at
from tests.fleet.words import lent, pool_rules, taken, vehicle

from .conftest import Start

SITES = 30
KILLS = 6


def test_nobody_is_told_twice_of_what_is_late_whenever_the_worker_dies(
    fresh_database: FreshDatabase, start_children: Start
) -> None:
    metz = factories.territory()
    pool_rules(metz)
    factories.grant(factories.agent(metz), "fleet_manager")
    moved, left = [], []
    for n in range(SITES):
        site = factories.site(metz, desks=0)
        late, other = vehicle(site, "A"), vehicle(site, "B")
        taken(lent(site, "9", "12", resource_id=late.pk))
        moved.append(lent(site, "13", "15", resource_id=late.pk).pk)
        if n % 2:
            lent(site, "9", "18", resource_id=other.pk)
            left.append(moved.pop())
    now = at(TUESDAY, "13:05")
    workers = start_children(KILLS + 1, fresh_database.environment)
    chance = random.Random(5)
    for worker in workers[:-1]:
        before = LateReturn.objects.count()
        worker.tell(do="late", now=now)
        while LateReturn.objects.count() == before:
            time.sleep(0.002)
        time.sleep(chance.uniform(0.0, 0.05))
        worker.kill()
    # The test means something only when workers died with some loans followed and some not.
    assert KILLS <= LateReturn.objects.count() < SITES
    for _ in range(2):
        workers[-1].tell(do="late", now=now)
        assert workers[-1].hear() == {"outcome": "looked after"}
    for kind, count in (("vehicle.late", SITES), ("fleet.late", SITES), ("vehicle.not_back", len(left))):
        assert Notice.objects.filter(kind=kind).count() == count, kind
    assert Event.objects.filter(kind="vehicle.late").count() == SITES
    for pks, kind in ((moved, "booking.reseated"), (left, "vehicle.not_back")):
        for booking in Booking.objects.filter(pk__in=pks):
            assert Notice.objects.filter(recipient=booking.agent, kind=kind).count() == 1
            assert (booking.resource.name == "B") == (kind == "booking.reseated")
