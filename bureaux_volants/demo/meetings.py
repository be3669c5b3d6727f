"""Needs of the demonstration's communes in every state, presences, and the meetings that came of them.

What lies ahead goes through the services that everybody uses (hosting/); what lies behind is written as it would have become.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from bureaux_volants.booking.directory import Directory
from bureaux_volants.booking.errors import BookingError
from bureaux_volants.booking.models import Booking, Kind
from bureaux_volants.booking.states import State
from bureaux_volants.events.log import Author, as_of, record
from bureaux_volants.events.models import Event
from bureaux_volants.hosting import meetings, needs
from bureaux_volants.hosting.models import Meeting, MeetingAnswer, Need, Proposal, Skill
from bureaux_volants.hosting.showing import show
from bureaux_volants.messages.models import Notice
from bureaux_volants.territory.models import Agent, Service, Site

from .scenes import HOSTED_MAIRIE

#: What the authority's services know, by the words of their names; an example, like the rest.
SKILLS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Voirie et espaces publics", ("voirie", "espaces publics", "mobilités")),
    ("Eau et assainissement", ("eau", "assainissement")),
    ("Urbanisme et droit des sols", ("urbanisme", "foncier", "habitat")),
    ("Déchets et propreté", ("déchets", "propreté")),
    ("Zones humides et biodiversité", ("environnement", "eau", "nature", "énergie")),
    ("Subventions et financements", ("finances", "financ", "europe", "partenariats")),
    ("Numérique", ("numérique", "informatique")),
    # Nobody's yet: what asks for it waits, and is told so.
    ("Archives", ()),
)

#: Title, what more is said, minutes, skill.
WANTED: tuple[tuple[str, str, int, str], ...] = (
    (
        "Un avis sur une zone humide",
        "Un riverain veut remblayer en bas du chemin.",
        30,
        "Zones humides et biodiversité",
    ),
    ("Le passage piéton devant l'école", "Les parents demandent un plateau.", 30, "Voirie et espaces publics"),
    ("Une fuite qui revient rue du Moulin", "", 15, "Eau et assainissement"),
    ("Relire notre demande de subvention", "Le dossier part à la fin du mois.", 45, "Subventions et financements"),
    ("Où poser un abri à vélos", "Deux endroits possibles près de la mairie.", 30, "Voirie et espaces publics"),
    ("Un permis qui nous fait hésiter", "En limite de la zone constructible.", 45, "Urbanisme et droit des sols"),
    ("Les dépôts sauvages derrière le stade", "", 30, "Déchets et propreté"),
    ("Le logiciel de l'état civil rame", "", 15, "Numérique"),
    ("Planter des arbres place de l'Église", "Quelles essences, quand ?", 30, "Zones humides et biodiversité"),
    ("Un stationnement minute devant la boulangerie", "", 15, "Voirie et espaces publics"),
    ("Les eaux de pluie du nouveau lotissement", "", 60, "Eau et assainissement"),
    ("Trier cinquante ans d'archives", "Le grenier de la mairie doit être vidé.", 60, "Archives"),
    ("Composteurs partagés", "Une association est prête à s'en occuper.", 30, "Déchets et propreté"),
)
NOTES = ("Plutôt en fin de matinée.", "Je suis là toute la journée.", "", "")


def _by(agent: Agent) -> Author:
    return Author(agent, Event.Origin.WEB)


@dataclass
class _Told:
    """What the story goes on with."""

    directory: Directory
    hosts: Mapping[int, Agent]
    host: Agent
    skills: dict[str, Skill]
    rng: Random
    now: dt.datetime

    def author_at(self, site_id: int) -> Agent:
        return self.hosts.get(site_id, self.host)

    def posted(self, wanted: tuple[str, str, int, str], site_id: int, *, ago: int, days: int) -> Need | None:
        """Posted so many days ago, for so many days ahead of today; None where it cannot be."""
        title, text, minutes, skill = wanted
        author, at = self.author_at(site_id), self.now - dt.timedelta(days=ago)
        with suppress(BookingError), as_of(at):
            return needs.post(
                author,
                site_id,
                self.skills[skill].pk,
                title,
                self.directory.today(self.now) + dt.timedelta(days=days),
                _by(author),
                text=text,
                minutes=minutes,
                now=at,
            )
        return None


def live_needs(
    directory: Directory, hosts: Mapping[int, Agent], host: Agent, agent: Agent, *, seed: int, now: dt.datetime
) -> None:
    """Write the list of skills, presences, a dozen needs. `host` and `agent` are the personas."""
    rng = Random(f"{seed}/needs")
    told = _Told(directory, hosts, host, _skills(directory.territory_id), rng, now)
    marly = directory.site(HOSTED_MAIRIE).id
    mairies = [s.id for s in directory.sites if s.is_active and s.kind == Site.Kind.MAIRIE and s.id != marly]
    _presences(told, agent)
    _behind(told, [marly, *mairies])
    _ahead(told, agent, marly, mairies)
    # Nothing is mailed: nobody is there to read it.
    about = Notice.objects.filter(territory_id=directory.territory_id, delivery=Notice.Delivery.PENDING)
    (about.filter(kind__startswith="need.") | about.filter(kind__startswith="meeting.")).update(
        delivery=Notice.Delivery.NONE, next_attempt_at=None
    )


def _skills(territory_id: int) -> dict[str, Skill]:
    made = {}
    services = list(Service.objects.filter(territory_id=territory_id, organisation__kind="intercommunal"))
    for name, words in SKILLS:
        skill = Skill.objects.create(territory_id=territory_id, name=name)
        skill.services.set([s for s in services if any(word in s.name.lower() for word in words)])
        made[name] = skill
    return made


def _coming(told: _Told) -> Iterable[Booking]:
    return (
        Booking.objects.filter(
            territory_id=told.directory.territory_id,
            kind=Kind.DESK,
            state=State.CONFIRMED,
            start__gt=told.now,
            site__kind=Site.Kind.MAIRIE,
            agent__is_active=True,
        )
        .select_related("agent__service")
        .order_by("start", "reference")
    )


def _presences(told: _Told, agent: Agent) -> None:
    """One in four says what they can help with; the persona says so of her next stay in a mairie."""
    has_said = False
    for booking in _coming(told):
        mine = booking.agent_id == agent.pk and not has_said
        if not mine and told.rng.random() > 0.25:
            continue
        has_said = has_said or mine
        held = [s for s in told.skills.values() if any(v.pk == booking.agent.service_id for v in s.services.all())]
        shown_to = (
            Agent.Visibility.EVERYONE if mine else told.rng.choice(("everyone", "everyone", "organisation", "team"))
        )
        with suppress(BookingError), as_of(told.now):
            show(
                booking.agent,
                booking.reference,
                [s.pk for s in held],
                _by(booking.agent),
                is_open=mine or told.rng.random() < 0.8,
                shown_to=shown_to,
                note=told.rng.choice(NOTES),
                now=told.now,
            )


def _behind(told: _Told, sites: list[int]) -> None:
    """Four that are over: two met, one answered from afar, one closed."""
    for number, site_id in enumerate(sites[:4]):
        title, text, minutes, skill = WANTED[number]
        author = told.author_at(site_id)
        stay = (
            Booking.objects.filter(site=site_id, kind=Kind.DESK, state=State.COMPLETED, is_visit=False)
            .filter(end__lt=told.now - dt.timedelta(days=2), agent__is_active=True)
            .exclude(agent=author)
            .select_related("agent")
            .order_by("-start", "reference")
            .first()
        )
        if stay is None:
            continue
        posted_at, state = stay.start - dt.timedelta(days=6), Need.State.MET
        ended_at, answer = stay.start + dt.timedelta(minutes=minutes), ""
        if number == 2:
            state, answer = Need.State.ANSWERED, "Le joint est à la charge du fermier : son numéro d'urgence suffit."
        if number == 3:
            state = Need.State.CLOSED
        need = Need.objects.create(
            territory_id=told.directory.territory_id,
            site_id=site_id,
            author=author,
            skill=told.skills[skill],
            title=title,
            text=text,
            minutes=minutes,
            before=told.directory.today(ended_at) + dt.timedelta(days=3),
            state=state,
            created_at=posted_at,
            ended_at=ended_at,
            answer=answer,
            answered_by=stay.agent if answer else None,
            end_reason="réglé autrement" if state == Need.State.CLOSED else "",
        )
        with as_of(posted_at):
            record(need.territory_id, _by(author), "need.posted", "need", need.pk, reference=need.reference)
        if state == Need.State.MET:
            _met(need, stay, author)
        with as_of(ended_at):
            record(need.territory_id, _by(stay.agent), f"need.{state.value}", "need", need.pk, reference=need.reference)


def _met(need: Need, stay: Booking, author: Agent) -> None:
    assert need.ended_at is not None
    Proposal.objects.create(
        need=need,
        agent=stay.agent,
        booking=stay,
        site_id=stay.site_id,
        start=stay.start,
        end=stay.end,
        state=Proposal.State.ACCEPTED,
        created_at=need.created_at,
        answered_at=need.created_at + dt.timedelta(hours=3),
    )
    meeting = Meeting.objects.create(
        territory_id=need.territory_id,
        need=need,
        booking=stay,
        site_id=stay.site_id,
        agent=stay.agent,
        host=author,
        asked_by=stay.agent,
        title=need.title,
        start=stay.start,
        end=need.ended_at,
        state=Meeting.State.OVER,
        sequence=1,
        created_at=need.created_at + dt.timedelta(hours=3),
        ended_at=need.ended_at,
    )
    for person, more in ((stay.agent, False), (author, True)):
        MeetingAnswer.objects.create(
            meeting=meeting,
            agent=person,
            said=MeetingAnswer.Said.USEFUL,
            wants_more=more,
            at=need.ended_at + dt.timedelta(hours=1),
        )
    with as_of(need.ended_at):
        record(need.territory_id, _by(stay.agent), "meeting.over", "meeting", meeting.pk, reference=meeting.reference)


def _asked(need: Need | None, stay: Booking, told: _Told) -> None:
    """The holder of this stay is asked, though others might have come before them."""
    if need is None or not need.is_waiting or need.proposals.filter(agent=stay.agent).exists():
        return
    Proposal.objects.create(
        need=need,
        agent=stay.agent,
        booking=stay,
        site_id=stay.site_id,
        start=stay.start,
        end=stay.end,
        created_at=told.now,
    )
    Need.objects.filter(pk=need.pk).update(state=Need.State.PROPOSED)


def _ahead(told: _Told, agent: Agent, marly: int, mairies: list[int]) -> None:
    """What is going on: one where the persona is asked, some agreed, some proposed, some for which nobody comes."""
    mine = next((b for b in _coming(told) if b.agent_id == agent.pk), None)
    if mine is not None:
        days = (told.directory.today(mine.start) - told.directory.today(told.now)).days
        _asked(told.posted(WANTED[4], mine.site_id, ago=1, days=days), mine, told)
    sites = [marly, *(m for m in mairies if mine is None or m != mine.site_id)]
    for number, wanted in enumerate(WANTED[5:]):
        need = told.posted(wanted, sites[number % 4], ago=1 + number % 3, days=8 + number)
        if need is None or number not in (1, 4):
            continue
        for proposal in need.proposals.filter(state=Proposal.State.WAITING).select_related("agent").order_by("pk"):
            slots = meetings.slots_for(proposal, told.now)
            if not slots:
                continue
            with suppress(BookingError), as_of(told.now):
                meetings.accept(proposal.agent, need.pk, slots[0], _by(proposal.agent), now=told.now)
                break
