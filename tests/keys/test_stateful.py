"""Any day at a box keeps the promises: nobody opens outside a window, everybody entitled does, also without network."""

from __future__ import annotations

import datetime as dt
import json
import random
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bureaux_volants.booking import jobs as booking_jobs
from bureaux_volants.booking import service
from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.states import State
from bureaux_volants.keys import boxes, jobs
from bureaux_volants.keys.access import code_for, residual_risk_until
from bureaux_volants.keys.ingest import ingest
from bureaux_volants.keys.models import Case, Custody, Grant
from bureaux_volants.keys.pushing import picture
from bureaux_volants.keys.secrecy import code_of, ring_of
from bureaux_volants.keys.simulator.cabinet import Cabinet, Denied
from bureaux_volants.keys.simulator.clock import Clock
from bureaux_volants.keys.simulator.store import Store
from tests import factories
from tests.factories import TEST, TUESDAY, at
from tests.keys.conftest import Scene, by

picks = st.integers(0, 30)


class Hand(Clock):
    """A clock that is moved by hand."""

    moment = at(TUESDAY, "7")

    def now(self) -> dt.datetime:
        return self.moment

    def hear(self, server: dt.datetime) -> None:
        pass


class Day(RuleBasedStateMachine):
    """Three bikes, one box whose network comes and goes, four people."""

    @initialize()
    def begin(self) -> None:
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Hand()
        self.scene = Scene()
        self.people = [factories.agent(self.scene.territory) for _ in range(4)]
        self.cabinet = Cabinet(Store(Path(self.folder.name) / "box"), self.clock)
        offered = boxes.offer_enrolment(self.scene.box, TEST, now=self.now)
        self.cabinet.accept_enrolment(boxes.enrol(offered, {}, now=self.now))
        self.scene.box.refresh_from_db()
        self.dice = random.Random(0)
        self.kept: list[dict[str, Any]] = []
        self.talk()

    def teardown(self) -> None:
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)
            self.cabinet.store.close()
            self.folder.cleanup()

    @property
    def now(self) -> dt.datetime:
        # Two things never happen at one instant.
        self.clock.moment += dt.timedelta(microseconds=1)
        return self.clock.moment

    def bookings(self, *states: State) -> list[Booking]:
        return list(Booking.objects.filter(state__in=states).select_related("agent").order_by("pk"))

    # -- what people do with bookings

    @rule(who=picks, hour=st.integers(8, 15), length=st.integers(1, 4))
    def book(self, who: int, hour: int, length: int) -> None:
        agent = self.people[who % 4]
        ask = Ask(Kind.BIKE, self.scene.site.pk, at(TUESDAY, str(hour)), at(TUESDAY, str(hour + length)))
        try:
            service.book(agent, ask, by(agent), now=self.now)
        except BookingError:
            return
        self.scene.follow(self.now)

    @rule(pick=picks, shift=st.integers(-1, 2), more=st.integers(0, 2))
    def change(self, pick: int, shift: int, more: int) -> None:
        found = self.bookings(State.CONFIRMED, State.IN_USE)
        if not found:
            return
        booking = found[pick % len(found)]
        start = booking.start + dt.timedelta(hours=0 if booking.state == State.IN_USE else shift)
        try:
            end = booking.end + dt.timedelta(hours=shift + more)
            service.change(booking.pk, by(booking.agent), start=start, end=end, now=self.now)
        except BookingError:
            return
        self.scene.follow(self.now)

    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        found = self.bookings(State.CONFIRMED)
        if found:
            booking = found[pick % len(found)]
            service.cancel(booking.pk, by(booking.agent), now=self.now)
            self.scene.follow(self.now)

    @rule(minutes=st.sampled_from([1, 5, 20, 45]))
    def time_passes(self, minutes: int) -> None:
        self.clock.moment += dt.timedelta(minutes=minutes)
        booking_jobs.tick(self.now)
        jobs.tick(self.now)
        self.scene.follow(self.now)

    # -- the network

    @rule()
    def talk(self) -> None:
        """Everything is exchanged: the journal in some disorder with doubles, then the picture, then what it is answered."""
        self.tell()
        assert self.cabinet.accept_picture(json.loads(json.dumps(picture(self.scene.box.pk, now=self.now))))
        self.tell()
        self.is_up_to_date = True

    def tell(self) -> None:
        events = [*self.kept, *self.cabinet.unsent()]
        self.cabinet.mark_sent(events)
        self.kept = []
        heap = events + events[::2]
        self.dice.shuffle(heap)
        assert ingest(self.scene.box, heap, now=self.now).refused == 0
        self.scene.follow(self.now)

    @rule(pick=picks)
    def some_messages_arrive_and_others_are_late(self, pick: int) -> None:
        events = [*self.kept, *self.cabinet.unsent()]
        self.cabinet.mark_sent(events)
        self.dice.shuffle(events)
        cut = pick % (len(events) + 1)
        self.kept = events[cut:]
        assert ingest(self.scene.box, events[:cut], now=self.now).refused == 0
        self.scene.follow(self.now)

    # -- at the box

    @rule(pick=picks, takes=st.booleans())
    def somebody_types_a_code_that_they_had_once(self, pick: int, takes: bool) -> None:
        grants = list(Grant.objects.select_related("booking").order_by("pk"))
        if not grants:
            return
        grant = grants[pick % len(grants)]
        box = self.scene.box
        digits = code_of(grant, box, ring_of(box))
        at_box = {g["id"]: g for g in self.cabinet.grants()}
        now = self.clock.moment
        try:
            opened = self.cabinet.enter(digits)
        except Denied:
            return
        assert str(grant.public_id) in at_box
        if opened.slot is not None:
            assert grant.from_at <= now < grant.until
            assert not at_box[str(grant.public_id)]["revoked"]
            # A code that was withdrawn opens only while the risk of it is stated.
            assert grant.revoked_at is None or residual_risk_until(grant) == grant.until
            if takes:
                self.cabinet.take(opened.slot)
        else:
            assert now < grant.late_until
        self.cabinet.close()

    @rule(pick=picks)
    def somebody_takes_what_is_theirs(self, pick: int) -> None:
        found = self.bookings(State.CONFIRMED)
        if not found:
            return
        booking = found[pick % len(found)]
        try:
            shown = code_for(booking, booking.agent, now=self.clock.moment)
        except BookingError:
            return
        inside = {tag for (tag,) in self.cabinet.store.rows("SELECT tag FROM inside")}
        tag = booking.resource.key.tag
        live = Grant.objects.get(booking=booking, revoked_at=None)
        is_known = any(g["id"] == str(live.public_id) for g in self.cabinet.grants())
        try:
            opened = self.cabinet.enter(shown.digits)
        except Denied as refused:
            why = refused.why
        else:
            if opened.slot is not None:
                self.cabinet.take(opened.slot)
            self.cabinet.close()
            return
        # Entitled, and the box has heard of it: only a key that is elsewhere stops them, or somebody else's guesses.
        assert not (is_known and shown.is_at_box) or tag not in inside or why == "locked"

    @precondition(lambda self: self.cabinet.store.rows("SELECT 1 FROM outside"))
    @rule(pick=picks, elsewhere=st.booleans())
    def somebody_brings_a_key_back(self, pick: int, elsewhere: bool) -> None:
        out = self.cabinet.store.rows("SELECT tag, grant_id FROM outside ORDER BY tag")
        tag, grant_id = out[pick % len(out)]
        grant = Grant.objects.get(public_id=grant_id)
        try:
            opened = self.cabinet.enter(code_of(grant, self.scene.box, ring_of(self.scene.box)))
        except Denied as refused:
            why = refused.why
        else:
            assert opened.slot is None
            self.hang(tag, elsewhere)
            return
        assert why == "locked" or str(grant_id) not in {g["id"] for g in self.cabinet.grants()}

    def hang(self, tag: str, elsewhere: bool) -> None:
        full = {slot for (slot,) in self.cabinet.store.rows("SELECT slot FROM inside")}
        home = int(tag.removeprefix("tag"))
        slot = next(s for s in (range(4, 9) if elsewhere or home in full else (home,)) if s not in full)
        self.cabinet.put(slot, tag)

    # -- the promises

    @invariant()
    def one_grant_lives_for_each_booking_that_may_open(self) -> None:
        if not hasattr(self, "scene"):
            return
        living = set(Grant.objects.filter(revoked_at=None).values_list("booking_id", "resource_id"))
        wanted = set(Booking.objects.filter(state__in=(State.CONFIRMED, State.IN_USE)).values_list("pk", "resource_id"))
        assert living <= wanted
        codes = [code_of(g, self.scene.box, ring_of(self.scene.box)) for g in Grant.objects.all()]
        assert len(codes) == len(set(codes))

    @invariant()
    def when_all_is_told_custody_is_where_the_keys_are(self) -> None:
        if not hasattr(self, "scene") or self.kept or self.cabinet.unsent():
            return
        told = {
            c.resource.key.tag: c for c in Custody.objects.filter(until=None).select_related("resource__key", "grant")
        }
        assert len(told) == 3
        for slot, tag in self.cabinet.store.rows("SELECT slot, tag FROM inside"):
            assert told[tag].slot == slot
        for tag, grant_id in self.cabinet.store.rows("SELECT tag, grant_id FROM outside"):
            holder = told[tag].grant
            assert holder is not None
            assert str(holder.public_id) == grant_id
        # An honest box without tampering contradicts itself in nothing; what is left is what really happened.
        codes = set(Case.objects.values_list("code", flat=True))
        assert codes <= {"wrong-slot", "taken-after-release"}


@pytest.mark.django_db
def test_any_day_at_a_box_keeps_the_promises() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Day,
        settings=settings(
            max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
