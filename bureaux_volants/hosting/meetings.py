"""Meetings: a slot accepted for a need, a quarter of an hour asked of somebody who comes; agreed by both, or given up.

Everybody takes their locks first: both people, the site where a desk is to be had, then the need. The database refuses two agreed
meetings of one person at once, whoever writes.
"""

from __future__ import annotations

import datetime as dt

from django.db.utils import IntegrityError
from django.utils import timezone

from bureaux_volants.booking import service
from bureaux_volants.booking.directory import Directory, get_directory
from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.locks import constraint_name, in_transaction, lock
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.placing import Ask
from bureaux_volants.booking.states import HOLDING
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.calendar import Interval
from bureaux_volants.territory.models import Agent
from bureaux_volants.territory.permissions import hosts_of

from . import needs, telling
from .busy import busy_of
from .letting_go import ended, let_go
from .matching import common, starts
from .models import LONGEST_TITLE, QUARTER, Meeting, MeetingAnswer, Need, Presence, Proposal
from .showing import is_shown
from .sides import is_host_of, readable_meetings, receives_at

#: A quarter of an hour is asked for at least so long before.
NOTICE = dt.timedelta(minutes=15)
#: Requests that one person may have waiting for answers.
MOST_ASKED = 10


def meeting_for(agent: Agent, reference: str, directory: Directory) -> Meeting:
    """A meeting that the person may read. Raises NotFound."""
    found = None
    if "\0" not in reference:  # PostgreSQL refuses a text that holds a NUL
        found = readable_meetings(agent, directory).filter(reference=reference.upper()).first()
    if found is None:
        raise NotFound("Cette rencontre n'existe pas.")
    return found


def locked_meeting(meeting_id: int) -> Meeting:
    return (
        Meeting.objects.select_for_update(of=("self",))
        .select_related("site", "territory", "agent", "host", "asked_by", "booking")
        .get(pk=meeting_id)
    )


def _agree(meeting: Meeting, author: Author, now: dt.datetime) -> None:
    """Both said yes: written, logged, told to both. The constraint has the last word on who is free."""
    meeting.state = Meeting.State.AGREED
    try:
        meeting.save()
    except IntegrityError as error:
        if "one_meeting_at_once" in constraint_name(error):
            raise WrongState(
                "L'un de vous deux a déjà un rendez-vous à cette heure : choisissez-en une autre."
            ) from error
        raise
    record(
        meeting.territory_id,
        author,
        "meeting.agreed",
        "meeting",
        meeting.pk,
        reference=meeting.reference,
        need=meeting.need_id,
        start=meeting.start.isoformat(),
    )
    telling.agreed(meeting, now)


# -- for a need ---------------------------------------------------------------------------------------------------------


def host_of(need: Need) -> Agent | None:
    """Who receives: whoever posted it, else a host of the site."""
    if need.author is not None and need.author.is_active:
        return need.author
    hosts = hosts_of(need.site, need.territory_id)
    return hosts[0] if hosts else None


def slots_for(proposal: Proposal, now: dt.datetime) -> list[dt.datetime]:
    """When the meeting could begin: the person is near, the commune receives, neither has another meeting."""
    need = proposal.need
    directory = get_directory(need.territory_id)
    spans = needs.spans_of(need, directory.site_by_id(need.site_id), directory, now)
    within = Interval(max(proposal.start, now), proposal.end)
    if within.start >= within.end:
        return []
    host = host_of(need)
    people = [proposal.agent_id, *([host.pk] if host else [])]
    busy = [hours for given in busy_of(people, within).values() for hours in given]
    return starts(common(spans, within), need.minutes, busy)


def _proposal(agent: Agent, need: Need) -> Proposal:
    found = (
        Proposal.objects.filter(need=need, agent=agent, state=Proposal.State.WAITING)
        .select_related("need__site", "need__territory", "need__author", "site", "booking")
        .first()
    )
    if found is None:
        raise WrongState("Vous avez déjà répondu, ou le besoin est clos.")
    return found


def _begin(agent: Agent, need_id: int) -> tuple[Need, Proposal, Agent]:
    """Locks, and what stands then: the need, what the person was asked, who receives."""
    known = Proposal.objects.filter(need_id=need_id, agent=agent).select_related("need__author", "need__site").first()
    host = host_of(known.need) if known else None
    if known is None:
        raise NotFound("Ce besoin n'existe pas.")
    lock(people=[agent.pk, *([host.pk] if host else [])], sites=[] if known.booking_id else [known.site_id])
    need = needs.locked(need_id)
    if not need.is_waiting:
        raise WrongState("Quelqu'un d'autre a déjà répondu à ce besoin, ou il est clos.")
    now_host = host_of(need)
    if now_host is None or host is None or now_host.pk != host.pk:
        raise WrongState("Plus personne ne reçoit pour ce besoin : répondez à distance.")
    return need, _proposal(agent, need), now_host


def _desk(agent: Agent, proposal: Proposal, author: Author, now: dt.datetime) -> Booking:
    """The desk that makes the meeting possible: the one they have, or the free one, for its whole day."""
    if proposal.booking is not None:
        booking = proposal.booking
        if booking.state not in HOLDING or booking.end <= now:
            raise WrongState("Vous ne venez plus ce jour-là : répondez à distance, ou déclinez.")
        return booking
    return service.book(agent, Ask(Kind.DESK, proposal.site_id, proposal.start, proposal.end), author, now=now)


@in_transaction
def accept(
    agent: Agent, need_id: int, start: dt.datetime, author: Author, *, now: dt.datetime | None = None
) -> Meeting:
    """Take one of the slots that the commune offers: agreed at once, the desk booked with it where there was none.

    Raises NotFound, WrongState, and what booking a desk raises; then nothing is changed.
    """
    now = now or timezone.now()
    need, proposal, host = _begin(agent, need_id)
    if start not in slots_for(proposal, now):
        raise WrongState("Ce créneau n'est plus possible : choisissez-en un autre.")
    booking = _desk(agent, proposal, author, now)
    needs.drop_asked(need, author, now)
    meeting = Meeting(
        territory_id=need.territory_id,
        need=need,
        booking=booking,
        site=need.site,
        agent=agent,
        host=host,
        asked_by=agent,
        title=need.title,
        start=start,
        end=start + dt.timedelta(minutes=need.minutes),
        created_at=now,
    )
    _settled(need, proposal, now)
    _agree(meeting, author, now)
    return meeting


def _settled(need: Need, proposal: Proposal, now: dt.datetime) -> None:
    need.state = Need.State.AGREED
    need.save(update_fields=["state"])
    proposal.state, proposal.answered_at = Proposal.State.ACCEPTED, now
    proposal.save(update_fields=["state", "answered_at"])
    telling.taken(need, now, needs.withdraw_others(need, now, but=proposal.pk))


@in_transaction
def offer(agent: Agent, need_id: int, start: dt.datetime, author: Author, *, now: dt.datetime | None = None) -> Meeting:
    """Offer another time of one's presence than those the commune gave: it is the commune that agrees then (`agree`).

    Raises NotFound, WrongState: outside one's own hours, or with an offer waiting already.
    """
    now = now or timezone.now()
    need, proposal, host = _begin(agent, need_id)
    until = start + dt.timedelta(minutes=need.minutes)
    if proposal.booking is None:
        raise WrongState("Choisissez l'un des créneaux : le bureau se réserve avec.")
    if start < now + NOTICE or start < proposal.start or until > proposal.end:
        raise WrongState("Choisissez une heure où vous êtes sur place.")
    if Meeting.objects.filter(need=need, state=Meeting.State.ASKED).exists():
        raise WrongState("Une heure est déjà proposée à la commune : attendez sa réponse.")
    meeting = Meeting.objects.create(
        territory_id=need.territory_id,
        need=need,
        booking=_desk(agent, proposal, author, now),
        site=need.site,
        agent=agent,
        host=host,
        asked_by=agent,
        title=need.title,
        start=start,
        end=until,
        state=Meeting.State.ASKED,
        created_at=now,
    )
    _asked(meeting, host, author, now)
    return meeting


def _asked(meeting: Meeting, to: Agent, author: Author, now: dt.datetime) -> None:
    record(
        meeting.territory_id,
        author,
        "meeting.asked",
        "meeting",
        meeting.pk,
        reference=meeting.reference,
        need=meeting.need_id,
        start=meeting.start.isoformat(),
    )
    telling.asked(meeting, to, now)


# -- a quarter of an hour -----------------------------------------------------------------------------------------------


def quarter_slots(presence: Presence, host: Agent, now: dt.datetime) -> list[dt.datetime]:
    """When a quarter of an hour could begin: while the person is there and the site open, beside what both have."""
    booking = presence.booking
    directory = get_directory(booking.territory_id)
    day = directory.site_by_id(booking.site_id).day(booking.start.astimezone(directory.zone).date())
    within = Interval(max(booking.start, now + NOTICE), booking.end)
    if within.start >= within.end:
        return []
    busy = [hours for given in busy_of([booking.agent_id, host.pk], within).values() for hours in given]
    return starts(common(day.open, within), QUARTER, busy)


def askable(host: Agent, reference: str) -> Presence:
    """What somebody said of a stay at a site where `host` receives, if they show it and are open to be met. Raises NotFound."""
    found = None
    if "\0" not in reference:
        found = (
            Presence.objects.filter(
                booking__reference=reference.upper(), territory_id=host.territory_id or 0, is_open=True
            )
            .exclude(booking__agent=host)
            .select_related("booking__agent__service", "booking__site", "booking__territory")
            .prefetch_related("skills")
            .first()
        )
    if found is None or not is_shown(found, host):
        raise NotFound("Cette personne ne se dit pas disponible.")
    if not receives_at(host, found.booking.site, found.booking.site.kind):
        raise NotFound("Cette personne ne se dit pas disponible.")
    return found


@in_transaction
def ask_quarter(
    host: Agent, reference: str, start: dt.datetime, title: str, author: Author, *, now: dt.datetime | None = None
) -> Meeting:
    """Ask somebody who comes, and is open to it, for a quarter of an hour. Asked twice for one time, it is asked once.

    Raises NotFound, WrongState.
    """
    now = now or timezone.now()
    presence = askable(host, reference)
    booking = presence.booking
    lock(people=[host.pk, booking.agent_id])
    title = " ".join(title.replace("\0", "").split())[:LONGEST_TITLE]
    if not title:
        raise WrongState("Dites en une ligne de quoi vous voulez parler.")
    waiting = Meeting.objects.filter(host=host, asked_by=host, state=Meeting.State.ASKED, end__gt=now)
    if same := waiting.filter(booking=booking, start=start).first():
        return same
    if waiting.count() >= MOST_ASKED:
        raise WrongState("Vous avez déjà beaucoup de demandes en attente : laissez le temps d'y répondre.")
    if waiting.filter(agent=booking.agent, booking=booking).exists():
        raise WrongState("Vous lui avez déjà demandé un moment ce jour-là : attendez sa réponse.")
    if start not in quarter_slots(presence, host, now):
        raise WrongState("Ce moment n'est plus possible : choisissez-en un autre.")
    meeting = Meeting.objects.create(
        territory_id=booking.territory_id,
        booking=booking,
        site=booking.site,
        agent=booking.agent,
        host=host,
        asked_by=host,
        title=title,
        start=start,
        end=start + dt.timedelta(minutes=QUARTER),
        state=Meeting.State.ASKED,
        created_at=now,
    )
    _asked(meeting, booking.agent, author, now)
    return meeting


# -- what becomes of it -------------------------------------------------------------------------------------------------


def may_reply(person: Agent, meeting: Meeting) -> bool:
    """Whether it is this person's turn to say yes or no: the side that did not ask."""
    if meeting.state != Meeting.State.ASKED:
        return False
    if meeting.asked_by_id == meeting.agent_id:
        return is_host_of(person, meeting) and person.pk != meeting.agent_id
    return person.pk == meeting.agent_id


def takes_part(person: Agent, meeting: Meeting) -> bool:
    return person.pk == meeting.agent_id or is_host_of(person, meeting)


def _held(person: Agent, meeting_id: int) -> tuple[Meeting, Need | None]:
    """The meeting, its people locked before it and its need; NotFound for who has no part in it."""
    known = Meeting.objects.filter(pk=meeting_id).select_related("site").first()
    if known is None or not takes_part(person, known):
        raise NotFound("Cette rencontre n'existe pas.")
    lock(people=[p for p in (known.agent_id, known.host_id, person.pk) if p is not None])
    need = needs.locked(known.need_id) if known.need_id else None
    return locked_meeting(meeting_id), need


@in_transaction
def agree(person: Agent, meeting_id: int, author: Author, *, now: dt.datetime | None = None) -> Meeting:
    """Say yes to a time that was asked for; said twice, it is said once. Raises NotFound, WrongState."""
    now = now or timezone.now()
    meeting, need = _held(person, meeting_id)
    if meeting.state == Meeting.State.AGREED:
        return meeting
    if not may_reply(person, meeting) or meeting.start <= now or meeting.agent is None or meeting.host is None:
        raise WrongState("Cette demande n'attend plus votre réponse.")
    if meeting.booking is None or meeting.booking.state not in HOLDING:
        raise WrongState("L'agent ne vient plus ce jour-là.")
    if meeting.asked_by_id == meeting.agent_id:
        meeting.host = person
    elif busy_of([meeting.agent.pk], Interval(meeting.start, meeting.end))[meeting.agent.pk]:
        raise WrongState("Vous avez déjà un rendez-vous à cette heure : déclinez, ou déplacez l'autre.")
    if need is not None:
        proposal = Proposal.objects.filter(need=need, agent=meeting.agent).first()
        if not need.is_waiting or proposal is None:
            raise WrongState("Quelqu'un d'autre a déjà répondu à ce besoin, ou il est clos.")
        _settled(need, proposal, now)
    _agree(meeting, author, now)
    return meeting


@in_transaction
def refuse(
    person: Agent, meeting_id: int, author: Author, *, reason: str = "", now: dt.datetime | None = None
) -> Meeting:
    """Say no to a time that was asked for, or take back what one asked. Raises NotFound, WrongState."""
    now = now or timezone.now()
    meeting, _need = _held(person, meeting_id)
    if meeting.state != Meeting.State.ASKED:
        raise WrongState("Cette demande n'attend plus de réponse.")
    if may_reply(person, meeting):
        let_go(meeting, author, now, reason=reason)
    else:
        ended(meeting, Meeting.State.CANCELLED, author, now, reason)
    return meeting


@in_transaction
def cancel(
    person: Agent, meeting_id: int, author: Author, *, reason: str = "", now: dt.datetime | None = None
) -> Meeting:
    """Give up an agreed meeting that has not begun; both are told, and a need is open again. Raises NotFound, WrongState."""
    now = now or timezone.now()
    meeting, need = _held(person, meeting_id)
    if meeting.state != Meeting.State.AGREED or meeting.start <= now:
        raise WrongState("Cette rencontre ne peut plus être annulée.")
    give_up(meeting, need, author, now, reason)
    return meeting


def give_up(meeting: Meeting, need: Need | None, author: Author, now: dt.datetime, reason: str) -> None:
    """Cancel an agreed meeting that is locked: both are told, and a need looks for somebody again."""
    ended(meeting, Meeting.State.CANCELLED, author, now, reason)
    telling.cancelled(meeting, [p for p in (meeting.agent, meeting.host) if p is not None], now)
    if need is not None and need.state == Need.State.AGREED:
        Proposal.objects.filter(need=need, agent=meeting.agent).update(state=Proposal.State.DECLINED, answered_at=now)
        # Whoever was no longer needed may be asked again.
        Proposal.objects.filter(need=need, state=Proposal.State.WITHDRAWN).delete()
        need.state = Need.State.OPEN
        need.save(update_fields=["state"])
        record(need.territory_id, author, "need.open", "need", need.pk, reference=need.reference)
        needs.propose(need, author, now=now)


@in_transaction
def say(
    person: Agent, meeting_id: int, said: str, *, wants_more: bool, author: Author, now: dt.datetime | None = None
) -> MeetingAnswer:
    """One side's answer after the meeting; said again, it replaces what was said. Raises NotFound, WrongState.

    A meeting that one side says did not take place is not counted as held; its need is open again while its last day lasts.
    """
    now = now or timezone.now()
    meeting, need = _held(person, meeting_id)
    if meeting.state not in (Meeting.State.OVER, Meeting.State.MISSED) or person.pk not in (
        meeting.agent_id,
        meeting.host_id,
    ):
        raise WrongState("On répond après la rencontre.")
    if said not in MeetingAnswer.Said.values:
        raise WrongState("Choisissez l'une des réponses.")
    answer, _created = MeetingAnswer.objects.update_or_create(
        meeting=meeting, agent=person, defaults={"said": said, "wants_more": wants_more, "at": now}
    )
    record(
        meeting.territory_id, author, "meeting.answered", "meeting", meeting.pk, reference=meeting.reference, said=said
    )
    was_missed = meeting.answers.filter(said=MeetingAnswer.Said.DID_NOT_HAPPEN).exists()
    state = Meeting.State.MISSED if was_missed else Meeting.State.OVER
    if meeting.state != state:
        meeting.state = state
        meeting.save(update_fields=["state"])
        if need is not None:
            _after_all(need, was_missed, author, now)
    return answer


def _after_all(need: Need, was_missed: bool, author: Author, now: dt.datetime) -> None:
    """What a need becomes once it is known whether its meeting took place."""
    today = now.astimezone(need.territory.zone).date()
    if was_missed and need.state == Need.State.MET and need.before >= today:
        need.state, need.ended_at = Need.State.OPEN, None
        Proposal.objects.filter(need=need, state=Proposal.State.WITHDRAWN).delete()
    elif was_missed and need.state == Need.State.MET:
        need.state, need.end_reason = Need.State.CLOSED, "la rencontre n'a pas eu lieu"
    elif not was_missed and (need.is_waiting or need.state == Need.State.CLOSED):
        need.state, need.ended_at, need.end_reason = Need.State.MET, now, ""
        needs.withdraw_others(need, now)
    need.save(update_fields=["state", "ended_at", "end_reason"])
    record(need.territory_id, author, f"need.{need.state}", "need", need.pk, reference=need.reference)
    if need.is_waiting:
        needs.propose(need, author, now=now)
