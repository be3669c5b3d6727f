"""The demonstration's mobility charter: a version in force that most have accepted, and the draft of the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from random import Random

from bureaux_volants.charter import defaults
from bureaux_volants.charter.models import Acceptance, CharterVersion
from bureaux_volants.charter.rules import Effect, Rule, written
from bureaux_volants.events.log import Author, Fact, record_many
from bureaux_volants.events.models import Event
from bureaux_volants.territory.models import Agent, Territory
from bureaux_volants.travel.journeys import Way

INVENTED = "Texte inventé pour la démonstration : aucune collectivité ne l'a adopté.\n\n"
#: How long ago it was published, and what share of the people has accepted it since.
AGO, SHARE = dt.timedelta(days=40), 0.83

#: What the draft of the next version adds.
FAR = Rule(
    "longue-route",
    Effect.APPROVAL,
    "Au-delà de 60 km, une voiture du parc se prend avec l'accord de l'encadrement.",
    ways=(Way.POOL_CAR,),
    km_from=60,
)


def write_charter(
    rng: Random, territory: Territory, admin: Agent, surely: Sequence[Agent], others: Sequence[Agent], now: dt.datetime
) -> None:
    """Version 1, accepted by `surely` and by most of the others, and a draft that an administrator works on."""
    published = now - AGO
    rules = [written(rule) for rule in defaults.RULES]
    first = CharterVersion.objects.create(
        territory=territory,
        number=1,
        text=INVENTED + defaults.TEXT,
        rules=rules,
        created_at=published - dt.timedelta(days=9),
        published_at=published,
    )
    CharterVersion.objects.create(
        territory=territory,
        text=INVENTED
        + defaults.TEXT
        + "\n\nUne longue route en voiture se décide à deux : la personne et son encadrement.",
        rules=[*rules, written(FAR)],
        created_at=now - dt.timedelta(days=2),
    )
    who = [*surely, *(agent for agent in others if rng.random() < SHARE)]
    # Most at once, some after being reminded.
    when = {agent.pk: published + AGO * min(1.0, rng.expovariate(6)) for agent in who}
    Acceptance.objects.bulk_create(Acceptance(version=first, agent=agent, accepted_at=when[agent.pk]) for agent in who)
    facts = [Fact(territory.pk, "charter.published", "charter", first.pk, {"version": 1}, published, _by(admin))]
    facts += [
        Fact(territory.pk, "charter.accepted", "charter", first.pk, {"version": 1}, when[a.pk], _by(a))
        for a in sorted(who, key=lambda a: when[a.pk])
    ]
    record_many(_by(admin), facts, wake=False)


def _by(agent: Agent) -> Author:
    return Author(agent, Event.Origin.DEMO)
