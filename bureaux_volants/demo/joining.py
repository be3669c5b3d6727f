"""Who takes part in the trials of Metz Métropole, and the desks that they book once theirs is open."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from random import Random

from bureaux_volants.booking.directory import SiteEntry, get_directory
from bureaux_volants.booking.models import Booking
from bureaux_volants.territory.geography import distance_km
from bureaux_volants.territory.models import Agent, Grant, Phase
from bureaux_volants.trials import opening
from bureaux_volants.trials.models import CohortMember, Trial

from . import habits, lab, people, sites, trials
from .diary import DESK, Diary, Fate
from .enquiry import write_enquiry
from .history import Story
from .hosting import write_sheets
from .lab import Bench
from .places import Places, add_sites
from .staff import Staff

#: The communes that the first trial compares the seven to.
CONTROLS = ("57412", "57642", "57454", "57146", "57351")
#: People of each commune who come forward for the first trial, at most; and for each of the second's.
FIRST_EACH, EACH = 4, 13
#: Where those who live in Metz come from, for the communes of the second trial that touch it: the share of the way to its centre.
EDGE = 0.7
#: Chance that a member books on a working day.
COMES = 0.22
#: How common a site far from home is, beside the one next door.
FAR = 0.01


def write_metz_trials(
    places: Places,
    staff: Staff,
    diary: Diary,
    hosts: Mapping[int, Agent],
    *,
    seed: int,
    now: dt.datetime,
    waiting: set[int],
) -> None:
    """The enquiry, the two trials, and the bookings of the second's people. The mairies of the second are made here."""
    agent, by = staff.personas[people.AGENT], staff.personas[people.LAB]
    bench = Bench.of(places.territory, by, seed, now)
    found = write_enquiry(places.territory.pk, places.communes, bench.author, bench.at(bench.days.ago(77)))
    phase = Phase.objects.get(territory=places.territory, number=1)
    seven = [s.commune for s in sites.MAIRIES if s.phase == 1]
    first_people = _of_communes(places, staff, (*seven, *CONTROLS), FIRST_EACH)
    pks = {code: commune.pk for code, commune in places.communes.items()}
    first, _panel = lab.first_trial(
        bench, [pks[c] for c in seven], [pks[c] for c in CONTROLS], first_people, found, phase
    )
    add_sites(Random(f"{seed}/trial sites"), places, sites.TRIAL_MAIRIES)
    receptions = _receptions(places, staff, Random(f"{seed}/receptions"))
    directory = get_directory(places.territory.pk, anew=True)
    write_sheets(
        directory,
        [s for s in directory.sites if s.id in receptions],
        receptions,
        staff.personas[people.HOST],
        seed=seed,
        now=now,
    )
    twelve = [s.commune for s in sites.TRIAL_MAIRIES]
    taken = {a.pk for a in first_people}
    joined = [agent, *_near(places, staff, twelve, taken, Random(f"{seed}/phase-2 people"))]
    second, members = lab.wedge_begun(bench, lab.WEDGE, [pks[c] for c in twelve], joined, found)
    lab.end_first(bench, first)
    lab.wedge_lived(bench, second, members, trials.TRUE_EFFECT, yet_to_answer=frozenset({agent.pk}))
    come(
        second,
        [m.agent for m in members if m.agent_id not in waiting and m.agent_id != agent.pk],
        diary,
        {**hosts, **receptions},
        seed=seed,
        now=now,
    )
    lab.wedge_presented(bench, second, members)


def _of_communes(places: Places, staff: Staff, codes: Sequence[str], each: int) -> list[Agent]:
    """The first people who live in each of the communes, in the order of their addresses."""
    found = []
    for code in codes:
        there = [a for a in staff.agents if a.home_commune_id == places.communes[code].pk]
        found += there[:each]
    return sorted(found, key=lambda a: a.email)


def _near(places: Places, staff: Staff, codes: Sequence[str], taken: set[int], rng: Random) -> list[Agent]:
    """About as many for each commune: who lives there or farther out, then people of Metz who said from where they leave."""
    here = {places.communes[c].pk: c for c in codes}
    no_longer = {places.communes[s.commune].pk for s in sites.MAIRIES} | {places.communes[c].pk for c in CONTROLS}
    city = places.communes["57463"]
    wanting = dict.fromkeys(codes, EACH)
    joined: list[Agent] = []
    for agent in staff.agents:
        home = agent.home_commune
        if home is None or agent.pk in taken or home.pk == city.pk or (home.pk in no_longer and home.pk not in here):
            continue
        nearest = here.get(home.pk) or min(
            codes,
            key=lambda c: (places.communes[c].lat - home.lat) ** 2 + ((places.communes[c].lon - home.lon) * 0.65) ** 2,
        )
        if wanting[nearest]:
            wanting[nearest] -= 1
            joined.append(agent)
    urban = [a for a in staff.agents if a.home_commune_id == city.pk and a.pk not in taken]
    rng.shuffle(urban)
    moved = []
    for code in codes:
        to = places.communes[code]
        for _ in range(min(wanting[code], len(urban))):
            agent = urban.pop()
            agent.home_lat = round(city.lat + EDGE * (to.lat - city.lat) + rng.uniform(-0.003, 0.003), 4)
            agent.home_lon = round(city.lon + EDGE * (to.lon - city.lon) + rng.uniform(-0.004, 0.004), 4)
            moved.append(agent)
    Agent.objects.bulk_update(moved, ["home_lat", "home_lon"])
    return sorted([*joined, *moved], key=lambda a: a.email)


def _receptions(places: Places, staff: Staff, rng: Random) -> dict[int, Agent]:
    """Somebody answers at each mairie that the trial opens: who, by the number of the site."""
    there = [places.sites[facts.slug] for facts in sites.TRIAL_MAIRIES]
    by_site = dict(zip(there, rng.sample(staff.agents, len(there)), strict=True))
    Grant.objects.bulk_create(
        Grant(territory=places.territory, agent=agent, role=Grant.Role.HOST, site=site)
        for site, agent in by_site.items()
    )
    return {site.pk: agent for site, agent in by_site.items()}


def _nearness(agent: Agent, site: SiteEntry) -> float:
    """How likely somebody goes there: near home first, now and then elsewhere."""
    lat, lon = agent.home_lat, agent.home_lon
    if (lat is None or lon is None) and agent.home_commune is not None:
        lat, lon = agent.home_commune.lat, agent.home_commune.lon
    if lat is None or lon is None:
        return 1.0
    return FAR + math.exp(-distance_km(lat, lon, site.lat, site.lon) / habits.NEAR_KM)


def come(
    trial: Trial, members: Sequence[Agent], diary: Diary, hosts: Mapping[int, Agent], *, seed: int, now: dt.datetime
) -> list[Booking]:
    """Stays of the members at the sites that are open to them, from their own commune's opening to two weeks ahead, by everybody's rules.

    The membership of today opens former steps' sites too: nobody goes there before their own day, or there would be no comparison.
    """
    directory = get_directory(trial.territory_id, anew=True)
    diary.directory = directory
    phases = set(trial.phases.values_list("phase__number", flat=True))
    open_to = {
        agent.pk: [
            s
            for s in directory.sites
            if s.phase is not None
            and s.phase.number in phases
            and agent.pk in (s.phase.members or ())
            and s.units_of(DESK)
        ]
        for agent in members
    }
    theirs = CohortMember.objects.filter(cohort__trial=trial)
    begins = {
        m.agent_id: opening.opening_day(m)
        for m in theirs.select_related("cohort__trial").prefetch_related("cohort__trial__clusters")
    }
    today, before = directory.today(now), len(diary.stays)
    for offset in range((trial.starts_on - today).days, habits.DAYS_AHEAD + 1):
        day = today + dt.timedelta(days=offset)
        if day.isoweekday() > 5:
            continue
        rng = Random(f"{seed}/{trial.territory.slug}/{trial.slug}/{day}")
        for agent in members:
            places = [s for s in open_to[agent.pk] if s.phase is not None and s.phase.opens_on <= day]
            begun = (first := begins.get(agent.pk)) is not None and first <= day
            if not places or rng.random() >= COMES or not begun:
                continue
            site = rng.choices(places, [_nearness(agent, s) for s in places])[0]
            asked = habits.part_of(site.day(day), rng)
            if asked is None:
                continue
            created_at = habits.asked_at(directory, day, asked, rng, now)
            fate = Fate.ABSENT if rng.random() < habits.ABSENT and site.rules_for(DESK).grace_minutes else Fate.USED
            diary.add(agent, site, asked, created_at, counterfactual=habits.declared(rng), fate=fate)
    story = Story(directory, hosts, Random(f"{seed}/{trial.territory.slug}/{trial.slug}/story"), now)
    stays = sorted(diary.stays[before:], key=lambda s: (s.created_at, s.agent.email, s.asked.start))
    made = Booking.objects.bulk_create([story.tell(stay) for stay in stays], batch_size=200)
    story.write_events(trial.territory_id, [], [], trial.created_by or members[0])
    return made
