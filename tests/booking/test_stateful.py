"""Any life of a small town hall keeps the promises: drawn step by step, checked after each against slow, plain code.

Two mairies share one day: one confirms at once, the other answers itself. Everything that happens to a booking is read
back from the log alone and compared with the row, so a change without its line, or a line without its change, shows.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.utils import timezone
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

from bureaux_volants.booking import closing, jobs, search, service, waiting
from bureaux_volants.booking.directory import RuleValues
from bureaux_volants.booking.errors import AlreadyWaiting, NoUnitFree, Refused, RoomLeft, WrongState
from bureaux_volants.booking.models import Booking, Resource, WaitingEntry
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.pool import Stay, Unit, Wish
from bureaux_volants.booking.states import HOLDING, MOVES, State
from bureaux_volants.booking.withdraw import save_unit
from bureaux_volants.events.log import record
from bureaux_volants.events.models import Event
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Closure, Grant, Site, Territory
from tests import factories
from tests.booking.words import by
from tests.factories import NOW, TUESDAY, at

Span = tuple[dt.datetime, dt.datetime]

#: Whole hours of the day: an hour is then either wholly taken or wholly free.
OPENS, SHUTS = 8, 16
spans = st.tuples(st.integers(OPENS, SHUTS - 1), st.integers(1, 8)).map(lambda s: (s[0], min(s[0] + s[1], SHUTS)))
picks = st.integers(0, 30)

#: What is left of a stay that has begun is only worth giving from this long on.
SHORTEST = dt.timedelta(minutes=RuleValues().shortest_minutes)


def hours(span: tuple[int, int]) -> Span:
    return at(TUESDAY, str(span[0])), at(TUESDAY, str(span[1]))


def meet(a: Any, b: Any) -> bool:
    return bool(a.start < b.end and b.start < a.end)


def can_sit(units: Sequence[Unit], stays: Sequence[Stay], wishes: Sequence[Wish]) -> bool:
    """Whether any arrangement exists: tries them all."""
    ids = {u.id for u in units}
    items: list[Stay | Wish] = [*(s for s in stays if s.unit_id in ids), *wishes]
    seats: list[tuple[int, Stay | Wish]] = []

    def sit(n: int) -> bool:
        if n == len(items):
            return True
        item = items[n]
        only = item.unit_id if isinstance(item, Wish) or item.is_fixed else None
        for unit in units:
            fits = item.features <= unit.features or (isinstance(item, Stay) and item.is_fixed)
            if only in (None, unit.id) and fits and not any(u == unit.id and meet(o, item) for u, o in seats):
                seats.append((unit.id, item))
                if sit(n + 1):
                    return True
                seats.pop()
        return False

    return sit(0)


class World:
    """What does not change from one life to the next."""

    def __init__(self) -> None:
        self.territory: Territory = factories.territory()
        factories.rules(self.territory)
        self.direct: Site = factories.site(self.territory, desks=2)
        factories.desk(self.direct, name="Bureau calme", features=["quiet"])
        self.asking: Site = factories.site(self.territory, desks=1)
        for site in (self.direct, self.asking):
            factories.hours(site, spans=((f"{OPENS:02d}:00", f"{SHUTS}:00"),))
        factories.rules(self.territory, at_site=self.asking, approval="asked", approval_hours=4)
        self.host: Agent = factories.agent(self.territory)
        factories.grant(self.host, Grant.Role.HOST, over=self.asking)
        self.people: list[Agent] = [factories.agent(self.territory) for _ in range(9)]


class Life(RuleBasedStateMachine):
    """One day before, then the day itself, at two mairies."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()
        self.now = NOW
        self.last_event = max(Event.objects.values_list("id", flat=True), default=0)
        self.last_notice = max(Notice.objects.values_list("id", flat=True), default=0)
        #: What the log alone says of each booking: state, start, end, unit.
        self.told: dict[int, tuple[str, dt.datetime, dt.datetime, int]] = {}
        self.is_closing = False
        #: Sites whose queue the last step must have served.
        self.freed: set[int] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.sandbox.__exit__(None, None, None)

    # Words

    def site(self, pick: int) -> Site:
        # The direct one is drawn twice as often: it has more desks.
        return self.world.asking if pick % 3 == 2 else self.world.direct

    def person(self, pick: int) -> Agent:
        return self.world.people[pick % len(self.world.people)]

    def booking(self, pick: int, *states: State) -> Booking | None:
        found = list(Booking.objects.filter(state__in=states or list(State)).select_related("agent").order_by("id"))
        return found[pick % len(found)] if found else None

    def units(self, site_id: int) -> list[Unit]:
        rows = Resource.objects.filter(site_id=site_id, is_active=True).order_by("id")
        return [Unit(r.pk, frozenset(r.features)) for r in rows]

    def stays(self, site_id: int, *, without: int | None = None) -> list[Stay]:
        rows = Booking.objects.filter(site_id=site_id, state__in=HOLDING).exclude(pk=without)
        return [
            Stay(
                b.pk,
                b.start,
                b.end,
                b.resource_id,
                frozenset(b.features),
                b.is_pinned or b.state == State.IN_USE or b.start <= self.now,
            )
            for b in rows
        ]

    def is_shut(self, site_id: int, start: dt.datetime, end: dt.datetime) -> bool:
        shut = Closure.objects.filter(territory=self.world.territory, start__lt=end, end__gt=start)
        return (shut.filter(site_id=site_id) | shut.filter(site=None)).exists()

    def sits(self, who: int, start: dt.datetime, end: dt.datetime, *, without: int | None = None) -> bool:
        own = Booking.objects.filter(agent_id=who, state__in=HOLDING, start__lt=end, end__gt=start)
        return own.exclude(pk=without).exists()

    def explain(self, refused: Refused, ask: Ask, who: Agent, *, without: int | None = None) -> None:
        """Each reason given is true, and each true one is given."""
        codes = {r.code for r in refused.refusals}
        span = (ask.start, ask.end)
        units = self.units(ask.site_id)
        assert ("one-desk-at-a-time" in codes) == self.sits(who.pk, *span, without=without)
        assert bool({"closed", "opening-hours"} & codes) == self.is_shut(ask.site_id, *span)
        assert ("notice" in codes) == (ask.end <= self.now) or without is not None
        suits = any(ask.features <= u.features and ask.resource_id in (None, u.id) for u in units)
        assert ("features-unavailable" in codes) == (not suits)
        assert codes <= {"one-desk-at-a-time", "closed", "opening-hours", "notice", "features-unavailable"}

    def ask_for(self, agent: Agent, ask: Ask) -> None:
        """Book; whoever finds the place full joins its queue."""
        wish = Wish(ask.start, ask.end, ask.features, ask.resource_id)
        room = can_sit(self.units(ask.site_id), self.stays(ask.site_id), [wish])
        try:
            service.book(agent, ask, by(agent), now=self.now)
        except Refused as refused:
            self.explain(refused, ask, agent)
        except NoUnitFree as full:
            assert not room
            for offered in full.alternatives:
                assert can_sit(self.units(offered.site.id), self.stays(offered.site.id), [replace(wish, unit_id=None)])
                assert not self.is_shut(offered.site.id, ask.start, ask.end)
            self.wait_for(agent, replace(ask, resource_id=None))
        else:
            assert room

    def wait_for(self, agent: Agent, ask: Ask) -> None:
        room = can_sit(self.units(ask.site_id), self.stays(ask.site_id), [Wish(ask.start, ask.end, ask.features)])
        mine = WaitingEntry.objects.filter(
            agent=agent, site_id=ask.site_id, start__lt=ask.end, end__gt=ask.start, state="waiting"
        )
        was_waiting = mine.exists()
        try:
            waiting.join(agent, ask, by(agent), now=self.now)
        except RoomLeft:
            assert room
        except Refused as refused:
            self.explain(refused, ask, agent)
        except AlreadyWaiting:
            assert was_waiting
        else:
            assert not room
            assert not was_waiting

    # What people do

    @initialize(asks=st.lists(st.tuples(picks, picks, spans), min_size=4, max_size=8), where=picks, span=spans)
    def a_busy_day(self, asks: list[tuple[int, int, tuple[int, int]]], where: int, span: tuple[int, int]) -> None:
        """Some come each for their own hours; then four want the same ones, and there are not as many desks."""
        some, crowd = self.world.people[:5], self.world.people[5:]
        for who, there, when in asks:
            self.ask_for(some[who % len(some)], Ask("desk", self.site(there).pk, *hours(when)))
        for person in crowd:
            self.ask_for(person, Ask("desk", self.site(where).pk, *hours(span)))

    @rule(who=picks, where=picks, span=spans, quiet=st.booleans(), named=st.sampled_from([None, None, None, 0, 1, 2]))
    def book(self, who: int, where: int, span: tuple[int, int], quiet: bool, named: int | None) -> None:
        site = self.site(where)
        desks = list(Resource.objects.filter(site=site).order_by("id"))
        unit = desks[named % len(desks)].pk if named is not None else None
        self.ask_for(self.person(who), Ask("desk", site.pk, *hours(span), frozenset({"quiet"} if quiet else ()), unit))

    @rule(pick=picks, span=spans)
    def move(self, pick: int, span: tuple[int, int]) -> None:
        booking = self.booking(pick)
        if booking is None:
            return
        start, end = hours(span)
        if booking.state == State.IN_USE:
            start = booking.start
        if start >= end:
            return
        unit = booking.resource_id if booking.is_pinned or booking.state == State.IN_USE else None
        ask = Ask("desk", booking.site_id, start, end, frozenset(booking.features), unit)
        room = can_sit(
            self.units(booking.site_id),
            self.stays(booking.site_id, without=booking.pk),
            [Wish(start, end, ask.features, unit)],
        )
        try:
            service.change(booking.pk, by(booking.agent), start=start, end=end, now=self.now)
        except NoUnitFree:
            assert not room
        except WrongState:
            assert booking.state not in HOLDING
        except Refused as refused:
            self.explain(refused, ask, booking.agent, without=booking.pk)
        else:
            assert room or (start, end) == (booking.start, booking.end)

    @rule(pick=picks, by_host=st.booleans())
    def cancel(self, pick: int, by_host: bool) -> None:
        booking = self.booking(pick)
        if booking is None:
            return
        try:
            service.cancel(booking.pk, by(self.world.host if by_host else booking.agent), now=self.now)
        except WrongState:
            assert booking.state not in HOLDING

    @precondition(lambda self: Booking.objects.filter(state=State.REQUESTED).exists())
    @rule(pick=picks, yes=st.booleans())
    def answer(self, pick: int, yes: bool) -> None:
        booking = self.booking(pick, State.REQUESTED)
        assert booking is not None
        (service.approve if yes else service.refuse)(booking.pk, by(self.world.host), now=self.now)
        for again in (service.approve, service.refuse):
            with pytest.raises(WrongState):
                again(booking.pk, by(self.world.host), now=self.now)

    @precondition(lambda self: self.now >= at(TUESDAY, "7"))
    @rule(pick=picks)
    def arrive(self, pick: int) -> None:
        booking = self.booking(pick, State.REQUESTED, State.CONFIRMED)
        if booking is None:
            return
        opens = booking.start - dt.timedelta(minutes=30)
        allowed = booking.state == State.CONFIRMED and opens <= self.now < booking.end
        try:
            service.check_in(booking.pk, by(booking.agent), Booking.CheckInBy.PHONE, now=self.now)
        except WrongState:
            assert not allowed
        else:
            assert allowed

    @precondition(lambda self: Booking.objects.filter(state=State.IN_USE).exists())
    @rule(pick=picks)
    def go(self, pick: int) -> None:
        booking = self.booking(pick, State.IN_USE)
        assert booking is not None
        service.leave(booking.pk, by(booking.agent), now=self.now)

    @rule(who=picks, where=picks, span=spans)
    def queue(self, who: int, where: int, span: tuple[int, int]) -> None:
        self.wait_for(self.person(who), Ask("desk", self.site(where).pk, *hours(span)))

    @precondition(lambda self: WaitingEntry.objects.filter(state="waiting").exists())
    @rule(pick=picks)
    def give_up_waiting(self, pick: int) -> None:
        entries = list(WaitingEntry.objects.filter(state="waiting").select_related("agent").order_by("id"))
        entry = entries[pick % len(entries)]
        waiting.leave(entry.agent, entry.pk, by(entry.agent), now=self.now)

    # What the mairie does

    @rule(where=st.sampled_from([0, 2, None]), span=spans)
    def close(self, where: int | None, span: tuple[int, int]) -> None:
        start, end = hours(span)
        if start < self.now or Closure.objects.filter(territory=self.world.territory).count() > 1:
            return
        site_id = None if where is None else self.site(where).pk
        self.is_closing = True
        closing.close_site(self.world.territory.pk, site_id, start, end, "fermeture", by(self.world.host), now=self.now)
        here = Booking.objects.filter(state__in=HOLDING, start__lt=end, end__gt=start)
        assert not (here if site_id is None else here.filter(site_id=site_id)).exists()

    @precondition(lambda self: Closure.objects.exists())
    @rule(pick=picks)
    def reopen(self, pick: int) -> None:
        closures = list(Closure.objects.order_by("id"))
        closure = closures[pick % len(closures)]
        closing.reopen(self.world.territory.pk, closure.pk, by(self.world.host), now=self.now)
        if closure.end > self.now:
            self.freed |= {closure.site_id} if closure.site_id else {self.world.direct.pk, self.world.asking.pk}

    @rule(where=picks, pick=picks)
    def put_a_desk_in_or_out_of_service(self, where: int, pick: int) -> None:
        site = self.site(where)
        desks = list(Resource.objects.filter(site=site).order_by("id"))
        desk = desks[pick % len(desks)]
        desk.is_active = not desk.is_active
        save_unit(desk, by(self.world.host), now=self.now)
        record(site.territory_id, by(self.world.host), "resource.changed", "resource", desk.pk, site=site.pk)
        event = Event.objects.order_by("-id")[0]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timezone, "now", lambda: self.now)
            jobs.serve_when_room_is_made([event])
        if desk.is_active:
            self.freed.add(site.pk)

    @rule(minutes=st.sampled_from([30, 60, 180]))
    def time_passes(self, minutes: int) -> None:
        """Through the first morning, then at once to the day itself."""
        later = self.now + dt.timedelta(minutes=minutes)
        self.now = later if self.now == NOW and minutes == 60 else max(later, at(TUESDAY, "7:30"))
        jobs.tick(self.now)
        held = Booking.objects.filter(state__in=HOLDING)
        assert not held.filter(end__lte=self.now).exists()
        assert not held.filter(state=State.CONFIRMED, free_if_absent_at__lte=self.now).exists()
        assert not held.filter(state=State.REQUESTED, answer_by__lte=self.now).exists()
        assert not WaitingEntry.objects.filter(state="waiting", end__lte=self.now).exists()
        assert jobs.tick(self.now) == jobs.Tick(0, 0, 0, 0)

    @rule(who=picks, where=picks, span=spans)
    def look(self, who: int, where: int, span: tuple[int, int]) -> None:
        """What the search counts is what can truly sit there; in one hour, what is free and what is held add up."""
        site = self.site(where)
        units, stays = self.units(site.pk), self.stays(site.pk)
        for start, end in (hours(span), hours((span[0], span[0] + 1))):
            answers = search.search(self.person(who), "desk", start, end, site_slug=site.slug, now=self.now)
            assert len(answers) == bool(units)
            for found in answers:
                wish = Wish(start, end)
                assert found.capacity == len(units)
                assert can_sit(units, stays, [wish] * found.free)
                assert not can_sit(units, stays, [wish] * (found.free + 1))
        busy = {s.unit_id for s in stays if meet(s, wish)} if units else set()
        if units:
            assert found.free + len(busy & {u.id for u in units}) == found.capacity

    # The promises

    @invariant()
    def promises(self) -> None:
        held = list(Booking.objects.filter(state__in=HOLDING))
        for n, a in enumerate(held):
            for b in held[:n]:
                if meet(a, b):
                    assert a.resource_id != b.resource_id
                    assert a.agent_id != b.agent_id
        events = list(Event.objects.filter(id__gt=self.last_event).order_by("id"))
        self.last_event = events[-1].pk if events else self.last_event
        bookings = {b.pk: b for b in Booking.objects.all()}
        expected: Counter[tuple[int, str]] = Counter()
        for event in events:
            if event.subject_kind == "booking":
                self._read(event)
                for notice in self._notices(event, bookings[event.subject_id]):
                    expected[notice] += 1
        notices = list(Notice.objects.filter(id__gt=self.last_notice).order_by("id"))
        self.last_notice = notices[-1].pk if notices else self.last_notice
        assert Counter((n.recipient_id, n.kind) for n in notices) == expected
        for notice in notices:
            for booking in bookings.values():
                if booking.reference in notice.body + notice.path:
                    assert notice.recipient_id == booking.agent_id
        assert {b.pk: (str(b.state), b.start, b.end, b.resource_id) for b in bookings.values()} == self.told
        self._queue_is_fair(events)
        self.freed, self.is_closing = set(), False

    def _read(self, event: Event) -> None:
        """Take one line of the log in; a state it says must be one that may follow."""
        kind, data, pk = event.kind, event.data, event.subject_id
        instant = dt.datetime.fromisoformat
        if kind in {"booking.created", "waiting.served"}:
            assert pk not in self.told
            self.told[pk] = (data["state"], instant(data["start"]), instant(data["end"]), data["resource"])
            return
        state, start, end, unit = before = self.told[pk]
        site_id = Booking.objects.get(pk=pk).site_id
        becomes = {
            "booking.approved": State.CONFIRMED,
            "booking.refused": State.REFUSED,
            "booking.cancelled": State.CANCELLED,
            "booking.checked_in": State.IN_USE,
            "booking.completed": State.COMPLETED,
            "booking.no_show": State.NO_SHOW,
        }
        if kind in becomes:
            assert becomes[kind] in MOVES[State(state)]
            state = str(becomes[kind])
            end = instant(data["end"]) if "end" in data else end
        elif kind == "booking.changed":
            start, end, unit, state = (
                instant(data["after"][0]),
                instant(data["after"][1]),
                data["after"][2],
                data["state"],
            )
        elif kind == "booking.shortened":
            start, end = (instant(moment) for moment in data["after"])
        else:
            assert kind == "booking.reseated"
            assert data["before"] == unit
            unit = data["after"]
        self.told[pk] = (state, start, end, unit)
        assert self.told[pk] != before
        if (state not in HOLDING or (start, end) != before[1:3]) and before[2] > self.now:
            self.freed.add(site_id)

    def _notices(self, event: Event, booking: Booking) -> list[tuple[int, str]]:
        """Who must be told of a line of the log, and of nothing else."""
        holder, host = booking.agent_id, (self.world.host.pk, "host.request")
        match event.kind:
            case "booking.created" | "waiting.served" | "booking.changed":
                if event.data["state"] == State.REQUESTED:
                    return [(holder, "booking.requested"), host]
                return [(holder, "booking.confirmed" if event.kind == "booking.created" else event.kind)]
            case "booking.cancelled":
                if self.is_closing:
                    return [(holder, "site.closed")]
                return [] if event.actor_id == holder else [(holder, "booking.cancelled")]
            case "booking.shortened":
                return [(holder, "site.closed")]
            case "booking.checked_in" | "booking.completed":
                return []
            case _:
                return [(holder, event.kind)]

    def _queue_is_fair(self, events: list[Event]) -> None:
        """Nobody passed over who could have been served; nobody left waiting beside a desk that was freed."""
        entries = list(WaitingEntry.objects.filter(state="waiting").order_by("id"))
        served = {e.subject_id for e in events if e.kind == "waiting.served"}
        for later in WaitingEntry.objects.filter(booking_id__in=served):
            for earlier in entries:
                alike = (earlier.site_id, earlier.start, earlier.end, earlier.features) == (
                    later.site_id,
                    later.start,
                    later.end,
                    later.features,
                )
                if alike and earlier.pk < later.pk:
                    assert self.sits(earlier.agent_id, max(earlier.start, self.now), earlier.end)
        for entry in entries:
            start = max(entry.start, self.now)
            if entry.site_id not in self.freed or entry.end - start < SHORTEST:
                continue
            if self.sits(entry.agent_id, start, entry.end) or self.is_shut(entry.site_id, start, entry.end):
                continue
            wish = Wish(start, entry.end, frozenset(entry.features))
            assert not can_sit(self.units(entry.site_id), self.stays(entry.site_id), [wish]), entry.pk


@pytest.mark.django_db
def test_whatever_happens_the_promises_are_kept() -> None:
    Life.world = World()
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=int(os.environ.get("BV_LIVES", "20")),
            stateful_step_count=25,
            deadline=None,
            derandomize="BV_LIVES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
