"""Loading the demonstration: places, people, sixty days behind and fourteen ahead, trials, in one transaction.

Deterministic from the seed, the day and the moment: the same three give the same people, stays and states.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from django.db import connection, transaction
from django.db.models import Q

from bureaux_volants.booking.directory import Directory, get_directory
from bureaux_volants.booking.models import Booking, RuleSet
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author, Fact, record_many
from bureaux_volants.events.models import Event
from bureaux_volants.messages import outbox
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Agent, Grant, TeamDay, Territory
from bureaux_volants.travel.gtfs.problems import Problems
from bureaux_volants.travel.gtfs.reading import read
from bureaux_volants.travel.gtfs.store import swap_in
from bureaux_volants.trials.indicators.keeping import keep_months, keep_trial
from bureaux_volants.trials.models import Trial
from bureaux_volants.trials.readings import make_reading

from . import elsewhere, errands, habits, metz, people, scenes
from .cabinets import write_boxes
from .charter import write_charter
from .diary import Diary
from .history import SOFTWARE, Story, write_bookings, write_waits
from .hosting import live_places
from .joining import write_metz_trials
from .meetings import live_needs
from .network import AGENCY, write_network
from .outings import write_outings
from .places import RealMap, close, real_map, write_places
from .pool import live_pool, write_pool
from .rides import open_rides
from .staff import Staff, write_staff

DEFAULT_SEED = 57

#: Any number, the same for all loads: two at once would trip over each other.
_LOCK = 5_746_357_463

SLUGS = (metz.SLUG, elsewhere.SLUG)


class CannotLoad(Exception):
    """Why the demonstration does not come into this database; one French sentence."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a call did. `replaced`: the day of the demonstration that was there before."""

    is_new: bool
    replaced: dt.date | None
    agents: int
    bookings: int


def load(*, now: dt.datetime, seed: int = DEFAULT_SEED, reset: bool = False) -> Loaded:
    """Make the demonstration be there, as of `now`.

    Nothing is done when it was loaded for the same day. One of another day is replaced whole, with everything that
    visitors did in it: its sixty days behind and fourteen ahead would no longer be around today.

    Raises CannotLoad when that would touch anything that is not the demonstration.
    """
    with transaction.atomic():
        _lock()
        now = now.replace(microsecond=0)
        today = now.astimezone(Territory(siren=metz.SIREN).zone).date()
        known = Territory.objects.filter(siren=metz.SIREN).first()
        before = _loaded_on(known)
        if known is not None and before == today and not reset:
            return Loaded(
                False,
                None,
                known.agents.filter(is_active=True).count(),
                Booking.objects.filter(territory=known, is_visit=False).count(),
            )
        kept_map = _make_room(known)
        agents, bookings = _write(seed, today, now, kept_map)
    return Loaded(True, before, agents, bookings)


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        # TRUNCATE waits for whoever reads: better to say so than to hang.
        cursor.execute("SET LOCAL lock_timeout = '20s'")


def _loaded_on(territory: Territory | None) -> dt.date | None:
    if territory is None:
        return None
    event = Event.objects.filter(territory=territory, kind="demo.loaded").order_by("-id").first()
    return dt.date.fromisoformat(event.data["today"]) if event else None


def _make_room(known: Territory | None) -> RealMap | None:
    """Remove the demonstration that is there, after making sure that nothing else goes with it."""
    if known is None:
        ours = [*(p.email for p in people.PERSONAS), people.ELSEWHERE_LAB]
        taken = Agent.objects.filter(email__in=ours).exists()
        if taken or Territory.objects.filter(Q(slug__in=SLUGS) | Q(siren=elsewhere.SIREN)).exists():
            raise CannotLoad("Cette base utilise déjà les noms de la démonstration : rien n'a été chargé.")
        return None
    if not known.is_demonstration:
        raise CannotLoad(f"{known.name} est ici un vrai territoire : la démonstration n'y touche pas.")
    # The invented territory comes and goes with Metz.
    other = Territory.objects.exclude(pk=known.pk).exclude(siren=elsewhere.SIREN, is_demonstration=True).first()
    stranger = Agent.objects.filter(territory=None).first()
    if other is not None or stranger is not None:
        whose = other.name if other is not None else str(stranger)
        raise CannotLoad(
            f"Recharger la démonstration viderait la base, qui contient aussi « {whose} » : rien n'a été changé."
        )
    kept_map = real_map(known)
    with connection.cursor() as cursor:
        # The log refuses to forget single lines; a demonstration is forgotten whole.
        # It goes at once only when no check is pending on rows written earlier in the caller's transaction.
        cursor.execute("SET LOCAL bureaux_volants.forgetting_demonstration = 'on'")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE territory_territory CASCADE")
        cursor.execute("SET LOCAL bureaux_volants.forgetting_demonstration = 'off'")
    return kept_map


def _load_network(territory: Territory, today: dt.date) -> None:
    """The invented public transport, as a file that is read like any other."""
    with TemporaryDirectory() as folder:
        feed = read(write_network(Path(folder) / "reseau-invente.zip", today), Problems())
    swap_in(territory, [feed], AGENCY, is_invented=True)


def _write(seed: int, today: dt.date, now: dt.datetime, kept_map: RealMap | None) -> tuple[int, int]:
    places = write_places(Random(f"{seed}/places"), today, kept_map)
    _load_network(places.territory, today)
    staff = write_staff(Random(f"{seed}/people"), places)
    territory_id = places.territory.pk
    movers = [staff.personas[people.AGENT], *staff.mobile]
    drivers = write_pool(Random(f"{seed}/pool"), places, movers, today)
    shut = scenes.closure(get_directory(territory_id), today)
    closure = close(places, scenes.CLOSED_MAIRIE, shut.start, shut.end, "réunion publique dans la salle")

    directory = get_directory(territory_id)
    diary = Diary(directory)
    agent = staff.personas[people.AGENT]
    arranged = scenes.arrange(diary, agent, staff.mobile, seed=seed, today=today, now=now)
    waiting = {wait.agent.pk for wait in arranged.waits}
    habits.live(diary, staff.mobile, seed=seed, today=today, now=now, busy_day=arranged.busy_day, waiting=waiting)

    hosts = _hosts(staff)
    story = Story(directory, hosts, Random(f"{seed}/story"), now)
    bookings = write_bookings(story, diary)
    pool = errands.Pool(directory, [d for d in drivers if d.pk != agent.pk], staff.mobile)
    live_pool(pool, agent, seed=seed, today=today, now=now)
    outings = write_outings(story, pool.outings, Random(f"{seed}/readings"))
    sure = [staff.personas[who] for who in (people.AGENT, people.MANAGER, people.FLEET, people.ADMIN)]
    write_charter(Random(f"{seed}/charter"), places.territory, staff.personas[people.ADMIN], sure, staff.agents, now)
    open_rides(directory, staff, agent, seed=seed, today=today, now=now)
    write_boxes(Random(f"{seed}/boxes"), places, now)
    waits = write_waits(territory_id, arranged.waits)
    closed_by = hosts.get(closure.site_id or 0, staff.personas[people.ADMIN])
    story.write_events(territory_id, waits, [closure], closed_by)
    live_places(directory, hosts, staff.personas[people.HOST], seed=seed, now=now)
    live_needs(directory, hosts, staff.personas[people.HOST], agent, seed=seed, now=now)
    write_metz_trials(places, staff, diary, hosts, seed=seed, now=now, waiting=waiting)
    elsewhere.write_elsewhere(seed=seed, now=now)
    # Accounts are older than what their people did: who did not come counts too.
    Agent.objects.filter(territory__slug__in=SLUGS).update(date_joined=now - dt.timedelta(days=400))
    for trial in Trial.objects.select_related("territory"):
        make_reading(trial, now=now)
        if trial.state != Trial.State.DRAFT:
            keep_trial(trial, now=now)
    for territory in Territory.objects.filter(slug__in=SLUGS):
        keep_months(territory, now=now)
    _write_notices(directory, staff, bookings)
    together = _write_team_day(staff, today, now)
    loaded = Fact(
        territory_id, "demo.loaded", "territory", territory_id, {"today": today.isoformat(), "seed": seed}, now
    )
    record_many(SOFTWARE, [together, loaded])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE booking_booking, booking_resource, territory_agent, events_event, trials_diaryday")
    return len(staff.agents) + len(staff.personas), len(bookings) + len(outings)


def _write_team_day(staff: Staff, today: dt.date, now: dt.datetime) -> Fact:
    """The agent's service is together every Thursday, at the site of most of them."""
    agent, manager = staff.personas[people.AGENT], staff.personas[people.MANAGER]
    assert agent.territory_id is not None
    assert agent.service is not None
    assert agent.usual_site is not None
    thursday = today - dt.timedelta(days=28 + today.weekday() - 3)
    made = TeamDay.objects.create(
        territory_id=agent.territory_id,
        service=agent.service,
        site=agent.usual_site,
        weekday=thursday.isoweekday(),
        first_day=thursday,
        created_by=manager,
    )
    told = {"service": str(agent.service), "site": made.site_id, "start": thursday.isoformat()}
    set_by = Author(manager, Event.Origin.WEB)
    at = now - dt.timedelta(days=30)
    return Fact(agent.territory_id, "team_day.set", "team_day", made.pk, told, at, set_by)


def _hosts(staff: Staff) -> dict[int, Agent]:
    by_id = {a.pk: a for a in [*staff.agents, *staff.personas.values()]}
    grants = Grant.objects.filter(role=Grant.Role.HOST).exclude(site=None).values_list("site_id", "agent_id")
    return {site_id: by_id[agent_id] for site_id, agent_id in grants if site_id and agent_id in by_id}


def _write_notices(directory: Directory, staff: Staff, bookings: list[Booking]) -> None:
    """What the agent and the host of Marly find in their messages. Nothing is mailed: nobody is there to read it."""
    agent, host = staff.personas[people.AGENT], staff.personas[people.HOST]
    for booking in bookings:
        site = directory.site_by_id(booking.site_id)
        when = french.span(booking.start, booking.end, directory.zone)
        if booking.agent_id == agent.pk and booking.state == State.CONFIRMED:
            notice = outbox.write(
                agent,
                "booking.confirmed",
                f"Réservé : {site.name}, {french.day(booking.start.astimezone(directory.zone).date())}",
                f"Votre bureau est réservé : {site.name}, {when}.",
                f"/reservations/{booking.reference}/",
                at=booking.created_at,
                is_sent=False,
            )
            # One's own act, which its page confirmed at once: not news any more.
            Notice.objects.filter(pk=notice.pk).update(read_at=booking.created_at)
        elif booking.state == State.REQUESTED and site.slug == "mairie-chesny":
            granted = site.rules_for(booking.kind).approval_default == RuleSet.Default.GRANTED
            outbox.write(
                host,
                "host.request",
                f"Une demande attend votre réponse : {site.name}",
                f"{booking.agent} souhaite un bureau : {site.name}, {when}. Sans réponse de votre part, la demande sera "
                f"{'accordée' if granted else 'refusée'} d'office.",
                f"/accueil/{site.slug}/",
                at=booking.created_at,
                is_sent=False,
            )
