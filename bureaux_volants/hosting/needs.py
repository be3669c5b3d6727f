"""A need from its posting to its end: who is proposed for it, what becomes of it. It never rots silently (following.py)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable

from django.utils import timezone

from bureaux_volants.booking.directory import Directory, SiteEntry, get_directory
from bureaux_volants.booking.errors import NotFound, WrongState
from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.search import half_days
from bureaux_volants.booking.states import State as BookingState
from bureaux_volants.events.log import Author, record
from bureaux_volants.territory.calendar import Interval, local_day
from bureaux_volants.territory.models import Agent

from . import telling
from .busy import busy_of
from .letting_go import let_go
from .matching import NEAR_KM, Chance, Stay, Wanted, chances, km_between, replaces_a_trip
from .models import LENGTHS, LONGEST_ANSWER, LONGEST_TEXT, LONGEST_TITLE, Meeting, Need, Proposal, Skill
from .sides import readable_needs, receives_at

#: How many people are asked at the same time.
ASKED_AT_ONCE = 3
#: How far ahead a need may wait, and how far ahead a desk is looked for, days.
FARTHEST, DESKS_AHEAD = 60, 14
#: How many people without a stay near are looked at for a desk, each time.
MOST_LOOKED_AT = 12


def need_for(agent: Agent, reference: str, directory: Directory) -> Need:
    """A need that the person may read. Raises NotFound."""
    found = None
    if "\0" not in reference:  # PostgreSQL refuses a text that holds a NUL
        found = readable_needs(agent, directory).filter(reference=reference.upper()).first()
    if found is None:
        raise NotFound("Ce besoin n'existe pas.")
    return found


def locked(need_id: int) -> Need:
    """The need as it is now, until the transaction ends. People are locked before."""
    return (
        Need.objects.select_for_update(of=("self",))
        .select_related("site__organisation", "skill", "author", "territory")
        .get(pk=need_id)
    )


def _clean(text: str, most: int) -> str:
    return text.replace("\0", "").replace("\r\n", "\n").strip()[:most]


@in_transaction
def post(
    author_agent: Agent,
    site_id: int,
    skill_id: int,
    title: str,
    before: dt.date,
    author: Author,
    *,
    text: str = "",
    minutes: int = 30,
    part: str = Need.Part.DAY,
    token: uuid.UUID | None = None,
    now: dt.datetime | None = None,
) -> Need:
    """Post a need at a site where one receives for a commune, and ask the first people. The same form (`token`) twice is one need.

    Raises NotFound for a site or a skill that is not there for this person; WrongState for what cannot be asked.
    """
    now = now or timezone.now()
    if author_agent.territory_id is None:
        raise NotFound("Ce site n'existe pas.")
    directory = get_directory(author_agent.territory_id)
    site = next((s for s in directory.sites if s.id == site_id and s.is_active), None)
    if site is None or not receives_at(author_agent, site, site.kind):
        raise NotFound("Choisissez un site où vous recevez.")
    skill = Skill.objects.filter(pk=skill_id, territory_id=directory.territory_id, is_active=True).first()
    if skill is None:
        raise NotFound("Choisissez une compétence dans la liste.")
    title = " ".join(_clean(title, LONGEST_TITLE).split())
    today = directory.today(now)
    if not title:
        raise WrongState("Dites en une ligne ce dont vous avez besoin.")
    if minutes not in LENGTHS or part not in Need.Part.values:
        raise WrongState("Choisissez une durée et un moment dans la liste.")
    if not today <= before <= today + dt.timedelta(days=FARTHEST):
        raise WrongState(f"La date doit être d'ici {FARTHEST} jours, aujourd'hui au plus tôt.")
    token = token or uuid.uuid4()
    need, is_new = Need.objects.get_or_create(
        token=token,
        defaults={
            "territory_id": directory.territory_id,
            "site_id": site.id,
            "author": author_agent,
            "skill": skill,
            "title": title,
            "text": _clean(text, LONGEST_TEXT),
            "minutes": minutes,
            "before": before,
            "part": part,
            "created_at": now,
        },
    )
    if not is_new:
        if need.author_id != author_agent.pk:
            raise NotFound("Ce besoin n'existe pas.")
        return need
    record(
        directory.territory_id,
        author,
        "need.posted",
        "need",
        need.pk,
        reference=need.reference,
        site=site.id,
        skill=skill.pk,
        before=before.isoformat(),
    )
    propose(locked(need.pk), author, now=now)
    return locked(need.pk)


# -- who is proposed ----------------------------------------------------------------------------------------------------


def spans_of(need: Need, site: SiteEntry, directory: Directory, now: dt.datetime) -> tuple[Interval, ...]:
    """When the commune receives: the opening hours of each day until the last, of the part of the day that it said, from now on."""
    first, found = directory.today(now), []
    for n in range((need.before - first).days + 1):
        day = site.day(first + dt.timedelta(days=n))
        parts = {
            Need.Part.DAY: day.open,
            Need.Part.MORNING: (day.morning,),
            Need.Part.AFTERNOON: (day.afternoon,),
        }[Need.Part(need.part)]
        for span in parts:
            if span is not None and span.end > now:
                found.append(Interval(max(span.start, now), span.end))
    return tuple(found)


def _helpers(need: Need) -> list[Agent]:
    """Who could answer and was not asked yet: of a service that holds the skill, or who says so of a stay to come."""
    of_services = Agent.objects.filter(service__skills=need.skill_id)
    say_so = Agent.objects.filter(bookings__presence__skills=need.skill_id, bookings__end__gt=timezone.now())
    known = of_services.values("pk").union(say_so.values("pk"))
    return list(
        Agent.objects.filter(pk__in=known, territory_id=need.territory_id, is_active=True)
        .exclude(pk=need.author_id or 0)
        .exclude(need_proposals__need=need)
        .select_related("usual_site", "home_commune")
        .order_by("pk")
    )


def _stays(need: Need, directory: Directory, people: Iterable[Agent], now: dt.datetime) -> list[Stay]:
    """The desks these people have until the last day. One query."""
    until = local_day(need.before, directory.zone).end
    found = (
        Booking.objects.filter(
            territory_id=need.territory_id,
            agent__in=[a.pk for a in people],
            kind=Kind.DESK,
            state__in=(BookingState.CONFIRMED, BookingState.IN_USE),
            end__gt=now,
            start__lt=until,
        )
        .order_by("start", "pk")
        .values_list("agent_id", "pk", "site_id", "start", "end")
    )
    stays = []
    for agent_id, booking_id, site_id, start, end in found:
        site = directory.site_by_id(site_id)
        stays.append(Stay(agent_id, booking_id, site_id, (site.lat, site.lon), Interval(max(start, now), end)))
    return stays


def _desks(need: Need, directory: Directory, people: Iterable[Agent], now: dt.datetime) -> list[Stay]:
    """The nearest free desks that would take nobody further than their own site, on days when they have none and do not telework.

    Only those who say where they live: the rest cannot be known not to travel more.
    """
    target = directory.site_by_id(need.site_id)
    point = (target.lat, target.lon)
    near = sorted(
        (s for s in directory.sites if s.is_active and s.units_of(Kind.DESK)),
        key=lambda s: (km_between((s.lat, s.lon), point), s.id),
    )
    near = [s for s in near if km_between((s.lat, s.lon), point) <= NEAR_KM][:2]
    first = directory.today(now) + dt.timedelta(days=1)
    last = min(need.before, first + dt.timedelta(days=DESKS_AHEAD))
    if first > last or not near:
        return []
    stays: list[Stay] = []
    looked_at = 0
    for person in people:
        home, usual = _home(person), person.usual_site
        if home is None or usual is None:
            continue
        looked_at += 1
        if looked_at > MOST_LOOKED_AT:
            break
        taken = _days_taken(person, first, last, directory)
        for site in near:
            if site.id == usual.pk or not replaces_a_trip(home, (usual.lat, usual.lon), (site.lat, site.lon)):
                continue
            for days in half_days(person, Kind.DESK, first, last, site_slug=site.slug, now=now):
                by_day: dict[dt.date, list[Interval]] = {}
                for half in days.halves:
                    if half.interval is not None and half.free:
                        by_day.setdefault(half.day, []).append(half.interval)
                for day, halves in by_day.items():
                    # A half-day's desk would leave the other half to travel for.
                    whole = site.day(day).whole
                    if whole is None or day in taken or day.isoweekday() in person.telework_weekdays:
                        continue
                    if halves[0].start == whole.start and halves[-1].end == whole.end:
                        stays.append(Stay(person.pk, None, site.id, (site.lat, site.lon), whole))
    return stays


def _home(agent: Agent) -> tuple[float, float] | None:
    if agent.home_lat is not None and agent.home_lon is not None:
        return agent.home_lat, agent.home_lon
    return None if agent.home_commune is None else (agent.home_commune.lat, agent.home_commune.lon)


def _days_taken(agent: Agent, first: dt.date, last: dt.date, directory: Directory) -> set[dt.date]:
    start, end = local_day(first, directory.zone).start, local_day(last, directory.zone).end
    held = Booking.objects.filter(
        agent=agent,
        kind=Kind.DESK,
        state__in=(BookingState.REQUESTED, BookingState.CONFIRMED, BookingState.IN_USE),
        start__lt=end,
        end__gt=start,
    ).values_list("start", flat=True)
    return {at.astimezone(directory.zone).date() for at in held}


def find(need: Need, now: dt.datetime) -> list[Chance]:
    """Who could be asked now, the best first: those who come already, then, where there are too few, free desks."""
    directory = get_directory(need.territory_id)
    site = directory.site_by_id(need.site_id)
    spans = spans_of(need, site, directory, now)
    if not spans:
        return []
    people = _helpers(need)
    whole = Interval(spans[0].start, spans[-1].end)
    busy = busy_of([*(a.pk for a in people), *([need.author_id] if need.author_id else [])], whole)
    hosts = busy.pop(need.author_id, []) if need.author_id else []
    wanted = Wanted((site.lat, site.lon), need.minutes, spans)
    theirs = {person: [*hours, *hosts] for person, hours in busy.items()}
    found = chances(wanted, _stays(need, directory, people, now), theirs)
    if len(found) < ASKED_AT_ONCE:
        there = {c.person for c in found}
        found += chances(wanted, _desks(need, directory, [a for a in people if a.pk not in there], now), theirs)
    return found


def propose(need: Need, author: Author, *, now: dt.datetime) -> int:
    """Ask as many people as may be asked at once; how many were. The need is locked."""
    waiting = Proposal.objects.filter(need=need, state=Proposal.State.WAITING).count()
    if not need.is_waiting:
        return 0
    made = 0
    for chance in find(need, now)[: max(ASKED_AT_ONCE - waiting, 0)]:
        proposal = Proposal.objects.create(
            need=need,
            agent_id=chance.person,
            booking_id=chance.booking,
            site_id=chance.site,
            start=chance.span.start,
            end=chance.span.end,
            created_at=now,
        )
        telling.proposed(proposal, now)
        made += 1
    _settle(need, Need.State.PROPOSED if waiting + made else Need.State.OPEN)
    if made:
        record(need.territory_id, author, "need.proposed", "need", need.pk, reference=need.reference, people=made)
    return made


def _settle(need: Need, state: Need.State) -> None:
    if need.state != state:
        need.state = state
        need.save(update_fields=["state"])


# -- what becomes of it -------------------------------------------------------------------------------------------------


def withdraw_others(need: Need, now: dt.datetime, *, but: int | None = None) -> list[Agent]:
    """Nobody else is asked any more: who was, and had not answered."""
    waiting = (
        Proposal.objects.filter(need=need, state=Proposal.State.WAITING).exclude(pk=but or 0).select_related("agent")
    )
    people = [p.agent for p in waiting.order_by("pk")]
    waiting.update(state=Proposal.State.WITHDRAWN, answered_at=now)
    return people


def end(need: Need, state: Need.State, author: Author, now: dt.datetime, *, reason: str = "") -> list[Agent]:
    """Write the end of a need that is locked; who had been asked and had not answered."""
    need.state, need.ended_at, need.end_reason = state, now, reason[:160]
    need.save(update_fields=["state", "ended_at", "end_reason", "answer", "answered_by"])
    record(need.territory_id, author, f"need.{state.value}", "need", need.pk, reference=need.reference)
    return withdraw_others(need, now)


@in_transaction
def close(need_id: int, reason: str, author: Author, *, now: dt.datetime | None = None) -> Need:
    """The commune needs it no longer. Raises WrongState when a meeting is agreed (cancel it first), or it is over."""
    now = now or timezone.now()
    need = locked(need_id)
    if not need.is_waiting:
        raise WrongState(
            "Un rendez-vous est pris : annulez-le d'abord." if not need.is_over else "Ce besoin est déjà terminé."
        )
    drop_asked(need, author, now)
    people = end(need, Need.State.CLOSED, author, now, reason=" ".join(_clean(reason, 160).split()))
    telling.closed(need, now, people)
    return need


def drop_asked(need: Need, author: Author, now: dt.datetime) -> None:
    """A time that an agent had offered and nobody answered goes with the need; told to who offered it."""
    asked = need.meetings.filter(state=Meeting.State.ASKED).order_by("pk")
    for meeting in asked.select_related("site", "territory", "agent", "host", "asked_by"):
        let_go(meeting, author, now, reason="le besoin est clos")


@in_transaction
def postpone(need_id: int, before: dt.date, author: Author, *, now: dt.datetime | None = None) -> Need:
    """Give it more time, and look again at once. Raises WrongState for a date that is not later, or too far."""
    now = now or timezone.now()
    need = locked(need_id)
    today = now.astimezone(need.territory.zone).date()
    if not need.is_waiting:
        raise WrongState("Ce besoin n'attend plus de réponse.")
    if not max(need.before, today) < before <= today + dt.timedelta(days=FARTHEST):
        raise WrongState(f"Choisissez une date plus lointaine, d'ici {FARTHEST} jours.")
    need.before, need.nudged_at = before, None
    need.save(update_fields=["before", "nudged_at"])
    record(
        need.territory_id,
        author,
        "need.postponed",
        "need",
        need.pk,
        reference=need.reference,
        before=before.isoformat(),
    )
    propose(need, author, now=now)
    return need


def may_answer(agent: Agent, need: Need) -> bool:
    """Whether somebody may answer for the services: they were asked, or their service holds the skill."""
    if agent.territory_id != need.territory_id:
        return False
    return (
        Proposal.objects.filter(need=need, agent=agent).exists()
        or need.skill.services.filter(pk=agent.service_id or 0).exists()
    )


@in_transaction
def answer(agent: Agent, need_id: int, text: str, author: Author, *, now: dt.datetime | None = None) -> Need:
    """Answer from afar, in writing: the need is done. Raises NotFound, WrongState."""
    now = now or timezone.now()
    need = locked(need_id)
    if not may_answer(agent, need):
        raise NotFound("Ce besoin n'existe pas.")
    if not need.is_waiting:
        raise WrongState("Quelqu'un a déjà répondu, ou le besoin est clos.")
    text = _clean(text, LONGEST_ANSWER)
    if not text:
        raise WrongState("Écrivez d'abord votre réponse.")
    need.answer, need.answered_by = text, agent
    drop_asked(need, author, now)
    Proposal.objects.filter(need=need, agent=agent).update(state=Proposal.State.ACCEPTED, answered_at=now)
    people = end(need, Need.State.ANSWERED, author, now)
    telling.answered(need, now)
    telling.closed(need, now, people)
    return need


@in_transaction
def decline(agent: Agent, need_id: int, author: Author, *, now: dt.datetime | None = None) -> None:
    """Somebody who was asked cannot: the next one is. Nobody is told who declined."""
    now = now or timezone.now()
    need = locked(need_id)
    done = Proposal.objects.filter(need=need, agent=agent, state=Proposal.State.WAITING).update(
        state=Proposal.State.DECLINED, answered_at=now
    )
    if not done:
        raise WrongState("Vous avez déjà répondu, ou le besoin est clos.")
    record(need.territory_id, author, "need.declined", "need", need.pk, reference=need.reference)
    propose(need, author, now=now)
