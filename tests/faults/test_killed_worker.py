"""The worker dies at any instant between freeing a desk and telling the next person: nobody is told twice, or never."""

from __future__ import annotations

import random
import time

from bureaux_volants.booking import service, waiting
from bureaux_volants.booking.models import Booking
from bureaux_volants.booking.states import State
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from tests import factories
from tests.conftest import FreshDatabase
from tests.factories import NOW, TEST, TUESDAY, ask, at

from .conftest import Start

SITES = 40
KILLS = 6


def test_each_freed_desk_goes_to_the_next_once_whenever_the_worker_dies(
    fresh_database: FreshDatabase, start_children: Start
) -> None:
    metz = factories.territory()
    factories.rules(metz, grace_minutes=30)
    for _ in range(SITES):
        site = factories.site(metz, desks=1)
        service.book(factories.agent(metz), ask(site, start="9", end="17"), TEST, now=NOW)
        for _ in range(2):
            waiting.join(factories.agent(metz), ask(site, start="9", end="17"), TEST, now=NOW)
    now = at(TUESDAY, "9:30")
    workers = start_children(KILLS + 1, fresh_database.environment)
    chance = random.Random(11)
    for worker in workers[:-1]:
        before = Booking.objects.filter(state=State.NO_SHOW).count()
        worker.tell(do="tick", now=now)
        while Booking.objects.filter(state=State.NO_SHOW).count() == before:
            time.sleep(0.002)
        time.sleep(chance.uniform(0.0, 0.03))
        worker.kill()
    # The test means something only when workers died with some desks freed and some not.
    assert KILLS <= Booking.objects.filter(state=State.NO_SHOW).count() < SITES
    workers[-1].tell(do="tick", now=now)
    assert workers[-1].hear() is not None
    assert Booking.objects.filter(state=State.NO_SHOW).count() == SITES
    assert Notice.objects.filter(kind="booking.no_show").count() == SITES
    assert Event.objects.filter(kind="booking.no_show").count() == SITES
    served = Booking.objects.filter(state=State.CONFIRMED)
    assert served.count() == SITES
    for booking in served:
        first = booking.site.waiting.order_by("id").first()
        assert first is not None
        assert first.booking_id == booking.pk
        assert Notice.objects.filter(recipient=booking.agent, kind="waiting.served").count() == 1
    assert Notice.objects.filter(kind="waiting.served").count() == SITES
