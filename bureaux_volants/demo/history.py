"""From the diary to rows: the state of each stay at the present moment, with every event that led to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from random import Random

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.models import REFERENCE_ALPHABET, Booking, Kind, WaitingEntry
from bureaux_volants.booking.placing import absence_deadline, held
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author, Fact, record_many
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent, Closure

from .diary import DESK, Diary, Fate, Stay
from .scenes import Wait

CheckInBy = Booking.CheckInBy
CHECK_IN_BY, CHECK_IN_WEIGHTS = (CheckInBy.PHONE, CheckInBy.QR, CheckInBy.HOST), (55, 30, 15)

SOFTWARE = Author(None, Event.Origin.DEMO)


class Story:
    """Turns stays into bookings and remembers what happened to each, to be written once bookings have numbers."""

    def __init__(self, directory: Directory, hosts: Mapping[int, Agent], rng: Random, now: dt.datetime) -> None:
        self.directory, self.hosts, self.rng, self.now = directory, hosts, rng, now
        self.today = directory.today(now)
        self.facts: list[tuple[dt.datetime, Author, Booking, str, dict[str, object]]] = []
        self._references: set[str] = set()

    def tell(self, stay: Stay) -> Booking:
        """The booking of a stay as it stands now; its events are kept for `write_events`."""
        start, end = stay.asked.start, stay.asked.end
        booking = Booking(
            reference=self.reference(),
            territory_id=self.directory.territory_id,
            site_id=stay.site.id,
            kind=Kind.DESK,
            resource_id=stay.unit_id,
            agent=stay.agent,
            booked_by=stay.agent,
            start=start,
            end=end,
            held=held(stay.site, Kind.DESK, start, end),
            state=State.CONFIRMED,
            is_pinned=stay.is_pinned,
            features=sorted(stay.features),
            counterfactual=stay.counterfactual,
            created_at=stay.created_at,
        )
        rules = stay.site.rules_for(DESK)
        self._created(booking, stay, State.REQUESTED if rules.approval == "asked" else State.CONFIRMED)
        if rules.approval == "asked":
            self._answer(booking, stay, rules.approval_hours)
        if stay.fate in (Fate.CANCELLED, Fate.REFUSED):
            assert stay.gone_at is not None
            self._gone(booking, stay, stay.gone_at)
        elif booking.state == State.CONFIRMED:
            self._attend(booking, stay)
        return booking

    def reference(self) -> str:
        """A reference that no other booking of the demonstration has."""
        while True:
            letters = "".join(self.rng.choices(REFERENCE_ALPHABET, k=10))
            reference = f"{letters[:5]}-{letters[5:]}"
            if reference not in self._references:
                self._references.add(reference)
                return reference

    def happened(self, at: dt.datetime, who: Agent | None, booking: Booking, kind: str, **data: object) -> None:
        """Remember one event of a booking, for `write_events`. `who` None is the software."""
        author = SOFTWARE if who is None else Author(who, Event.Origin.DEMO)
        self.facts.append((at, author, booking, kind, data))

    def _created(self, booking: Booking, stay: Stay, state: State) -> None:
        self.happened(
            stay.created_at,
            stay.agent,
            booking,
            "booking.created",
            site=stay.site.slug,
            resource=stay.unit_id,
            agent=stay.agent.pk,
            start=stay.asked.start.isoformat(),
            end=stay.asked.end.isoformat(),
            state=str(state),
        )

    def _answer(self, booking: Booking, stay: Stay, hours: int) -> None:
        """The host grants within some hours, unless the request was taken back, refused or is too fresh."""
        delay = dt.timedelta(minutes=self.rng.randint(60, 360))
        answered_at = min(stay.created_at + delay, stay.asked.start)
        if stay.fate is Fate.REFUSED or (stay.gone_at is not None and stay.gone_at < answered_at):
            return
        if answered_at > self.now:
            booking.state = State.REQUESTED
            booking.answer_by = min(stay.created_at + dt.timedelta(hours=hours), stay.asked.start)
        else:
            self.happened(answered_at, self.hosts.get(stay.site.id), booking, "booking.approved")

    def _gone(self, booking: Booking, stay: Stay, at: dt.datetime) -> None:
        booking.ended_at = at
        if stay.fate is Fate.CANCELLED:
            booking.state = State.CANCELLED
            self.happened(at, stay.agent, booking, "booking.cancelled", reason="")
        else:
            booking.state, booking.end_reason = State.REFUSED, "salle prise par une réunion"
            self.happened(at, self.hosts.get(stay.site.id), booking, "booking.refused", reason=booking.end_reason)

    def _attend(self, booking: Booking, stay: Stay) -> None:
        start, end = stay.asked.start, stay.asked.end
        by = self.rng.choices(CHECK_IN_BY, CHECK_IN_WEIGHTS)[0]
        drawn = start + dt.timedelta(minutes=self.rng.randint(-12, 25))
        arrival = max(drawn, stay.created_at + dt.timedelta(minutes=2))  # some ask from the doorstep
        booking.free_if_absent_at = absence_deadline(stay.site, DESK, start, end, stay.created_at)
        if stay.fate is Fate.ABSENT:
            due = booking.free_if_absent_at
            if due is not None and due <= self.now:
                booking.state, booking.ended_at = State.NO_SHOW, due
                self.happened(due, None, booking, "booking.no_show")
            return
        if arrival <= self.now and stay.fate is not Fate.AWAITED:
            booking.state, booking.checked_in_at, booking.checked_in_by = State.IN_USE, arrival, by
            who = self.hosts.get(stay.site.id) if by is CheckInBy.HOST else stay.agent
            self.happened(arrival, who, booking, "booking.checked_in", by=str(by))
            if end <= self.now:
                booking.state, booking.ended_at = State.COMPLETED, end
                self.happened(end, None, booking, "booking.completed")
        elif self.directory.today(start) == self.today:
            # Nobody plays the invented people for the rest of the day: without this, all of them would be counted
            # absent, one after the other, before the visitor's eyes. Those meant to be absent still are.
            booking.free_if_absent_at = None

    def write_events(
        self, territory_id: int, waits: Sequence[WaitingEntry], closures: Sequence[Closure], by: Agent
    ) -> None:
        """Append the whole story to the log, in the order in which it happened."""
        lines = [
            (
                at,
                author,
                Fact(territory_id, kind, "booking", booking.pk, {"reference": booking.reference, **data}, at),
            )
            for at, author, booking, kind, data in self.facts
        ]
        for entry in waits:
            data = {"site": self.directory.site_by_id(entry.site_id).slug, "agent": entry.agent_id}
            author = Author(entry.agent, Event.Origin.DEMO)
            fact = Fact(territory_id, "waiting.joined", "waiting", entry.pk, data, entry.created_at)
            lines.append((entry.created_at, author, fact))
        for closure in closures:
            at = self.now - dt.timedelta(days=12)
            data = {
                "site": closure.site_id,
                "start": closure.start.isoformat(),
                "end": closure.end.isoformat(),
                "reason": closure.reason,
            }
            fact = Fact(territory_id, "site.closed", "closure", closure.pk, data, at)
            lines.append((at, Author(by, Event.Origin.DEMO), fact))
        lines.sort(key=lambda line: line[0])
        record_many(SOFTWARE, [fact_by(fact, author) for _, author, fact in lines], wake=False)


def fact_by(fact: Fact, author: Author) -> Fact:
    """The fact with its own author, where a batch has several."""
    return Fact(fact.territory_id, fact.kind, fact.subject_kind, fact.subject_id, fact.data, fact.at, author)


def write_bookings(story: Story, diary: Diary) -> list[Booking]:
    """Insert the diary, oldest request first, as if each had been asked in its time."""
    stays = sorted(diary.stays, key=lambda s: (s.created_at, s.agent.email, s.asked.start))
    return Booking.objects.bulk_create([story.tell(stay) for stay in stays], batch_size=200)


def write_waits(territory_id: int, waits: Sequence[Wait]) -> list[WaitingEntry]:
    """Insert the queues, first come first."""
    return WaitingEntry.objects.bulk_create(
        [
            WaitingEntry(
                territory_id=territory_id,
                site_id=wait.site.id,
                kind=Kind.DESK,
                agent=wait.agent,
                start=wait.asked.start,
                end=wait.asked.end,
                created_at=wait.created_at,
            )
            for wait in sorted(waits, key=lambda w: w.created_at)
        ]
    )
