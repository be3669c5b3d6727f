"""What the holder of a booking needs to know of its key now: where, with which code, until when; and what somebody has in hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bureaux_volants.booking.errors import BookingError, Refused
from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author
from bureaux_volants.territory.models import Agent

from .access import Code, Known, code_in, is_silent, look
from .granting import sync
from .locks import lock_boxes
from .models import Access, Box, Custody, Key


class Step(StrEnum):
    """Where somebody stands between booking and bringing back."""

    NOT_YET = "not-yet"  # the code appears at `shown_from`
    PREPARING = "preparing"  # booked a moment ago: the grant is being made
    TAKE = "take"
    OUT = "out"  # in the person's hands
    BACK = "back"
    BLOCKED = "blocked"  # `messages` say why
    HOST = "host"
    BADGE = "badge"
    UNKNOWN = "unknown"  # nobody has said how it is reached


@dataclass(frozen=True)
class KeyState:
    """The key of one booking for its holder. `box` is None where none is concerned; `slot` is where it hangs, or has to."""

    booking: Booking
    step: Step
    box: Box | None = None
    slot: int | None = None
    code: Code | None = None
    messages: tuple[str, ...] = ()
    shown_from: dt.datetime | None = None
    #: Since when it is out, or back.
    since: dt.datetime | None = None
    #: What the reception, or whoever wrote how it is reached, has to say.
    note: str = ""
    is_late: bool = False
    is_silent: bool = False

    @property
    def is_mechanical(self) -> bool:
        return self.box is not None and self.box.adapter == Box.Adapter.MANUAL

    @property
    def speaks(self) -> bool:
        """The box itself tells when the key leaves and comes back."""
        return self.box is not None and not self.is_mechanical

    @property
    def is_moving(self) -> bool:
        """What is shown may change at any moment, by what happens at the box."""
        return self.step == Step.PREPARING or (self.speaks and self.step in (Step.TAKE, Step.OUT))

    @property
    def stamp(self) -> str:
        """Changes when there is something else to show; tells nothing of the code."""
        return f"{self.step}-{self.slot or 0}-{int(self.code is not None and self.code.is_at_box)}-{int(self.is_late)}"


def states(bookings: Sequence[Booking], viewer: Agent, *, now: dt.datetime | None = None) -> dict[int, KeyState]:
    """The state of the key of each of these bookings that has one to speak of; `viewer` sees codes of their own only."""
    now = now or timezone.now()
    taken = [b for b in bookings if b.kind != Kind.DESK]
    if not taken:
        return {}
    known = look(taken)
    access = {a.pk: a for a in Access.objects.filter(resource__in={b.resource_id for b in taken})}
    found = {b.pk: _state(known, access, b, viewer, now) for b in taken}
    return {pk: state for pk, state in found.items() if state is not None}


def state_of(booking: Booking, viewer: Agent, *, now: dt.datetime | None = None) -> KeyState | None:
    """As `states`, for one; None where there is nothing to say (a request that waits, a booking that was cancelled)."""
    return states([booking], viewer, now=now).get(booking.pk)


def _state(
    known: Known, access: Mapping[int, Access], booking: Booking, viewer: Agent, now: dt.datetime
) -> KeyState | None:
    out = known.out.get(booking.pk)
    if out is not None:
        return _in_hand(known, booking, out, viewer, now)
    key = known.keys.get(booking.resource_id)
    # Back before its hours began: the booking is then cancelled, as nothing of it was used.
    if booking.state == State.COMPLETED or (booking.state == State.CANCELLED and booking.checked_in_at is not None):
        at = known.where.get(booking.resource_id)
        if key is None or at is None or at.slot is None:
            return None
        return KeyState(booking, Step.BACK, key.box, at.slot, since=at.since)
    if booking.state not in (State.CONFIRMED, State.IN_USE):
        return None
    if key is None:
        return _without_box(access.get(booking.resource_id), booking, now)
    if booking.state == State.CONFIRMED and booking.end <= now:
        return None
    at = known.where.get(booking.resource_id)
    if at is not None and at.is_lost:
        lost = _("Cette clé est signalée perdue : voyez la gestion de flotte.")
        return KeyState(booking, Step.BLOCKED, key.box, messages=(lost,))
    grants = known.grants.get(booking.pk, [])
    live = next((g for g in grants if g.revoked_at is None and g.resource_id == booking.resource_id), None)
    box, silent = key.box, is_silent(key.box, now)
    if live is None:
        return KeyState(booking, Step.PREPARING, box, key.home.number, is_silent=silent)
    if now < live.from_at:
        return KeyState(booking, Step.NOT_YET, box, key.home.number, shown_from=live.from_at, is_silent=silent)
    try:
        code = code_in(known, booking, viewer, now=now)
    except Refused as refused:
        said = tuple(r.message for r in refused.refusals)
        return KeyState(booking, Step.BLOCKED, box, messages=said)
    except BookingError as error:
        return KeyState(booking, Step.BLOCKED, box, messages=(error.message,))
    return KeyState(booking, Step.TAKE, box, code.slot, code, is_silent=silent)


def _in_hand(known: Known, booking: Booking, out: Custody, viewer: Agent, now: dt.datetime) -> KeyState:
    key = known.keys.get(out.resource_id)
    box = key.box if key is not None else out.box
    slot = key.home.number if key is not None else None
    code: Code | None = None
    messages: tuple[str, ...] = ()
    try:
        code = code_in(known, booking, viewer, now=now)
    except BookingError as error:
        messages = (error.message,)
    return KeyState(
        booking,
        Step.OUT,
        box,
        slot,
        code,
        messages,
        since=out.since,
        is_late=booking.state == State.IN_USE and booking.end <= now,
        is_silent=is_silent(box, now),
    )


def _without_box(access: Access | None, booking: Booking, now: dt.datetime) -> KeyState | None:
    if booking.state == State.CONFIRMED and booking.end <= now:
        return None
    step = {Access.Means.HOST.value: Step.HOST, Access.Means.BADGE.value: Step.BADGE}.get(
        access.means if access is not None else "", Step.UNKNOWN
    )
    if booking.state == State.IN_USE:
        return KeyState(
            booking,
            Step.OUT,
            since=booking.checked_in_at,
            note=access.note if access is not None else "",
            is_late=booking.end <= now,
        )
    return KeyState(booking, step, note=access.note if access is not None else "")


def has_something(agent: Agent) -> bool:
    """Whether somebody has something in hand; one query, for the pages that only lead to it."""
    custody = Custody.objects.filter(booking__agent=agent, until=None)
    used = Booking.objects.filter(agent=agent, state=State.IN_USE).exclude(kind=Kind.DESK)
    return used.values("pk").union(custody.values("pk")).exists()


def in_hand(agent: Agent, *, now: dt.datetime | None = None) -> list[KeyState]:
    """Everything that somebody has now: what boxes saw them take and not bring back, and what is in use without a box."""
    now = now or timezone.now()
    held = Q(pk__in=Custody.objects.filter(booking__agent=agent, until=None).values("booking"))
    used = Q(state=State.IN_USE) & ~Q(kind=Kind.DESK)
    bookings = list(
        Booking.objects.filter(held | used, agent=agent).select_related("resource", "site").order_by("end", "pk")
    )
    return [
        s for s in states(bookings, agent, now=now).values() if s.step == Step.OUT or s.booking.state == State.IN_USE
    ]


@in_transaction
def prepare(booking: Booking, author: Author, *, now: dt.datetime | None = None) -> None:
    """Make the grant of a booking at once, for somebody who stands before the box; its follower would do it in a moment."""
    now = now or timezone.now()
    boxes = set(Key.objects.filter(pk=booking.resource_id).values_list("box_id", flat=True))
    if boxes:
        lock_boxes(boxes)
        fresh = Booking.objects.get(pk=booking.pk)
        if fresh.resource_id == booking.resource_id:
            sync(fresh, author, now)
