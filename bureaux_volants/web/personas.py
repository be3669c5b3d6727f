"""The invented people of the demonstration whom anybody may be."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from bureaux_volants.territory.models import Agent


@dataclass(frozen=True, slots=True)
class Persona:
    """`wants` says in a few words what there is to see."""

    email: str
    role: object
    wants: object
    icon: str


PERSONAS = (
    Persona("agent@metz.example", _("Agente ou agent"), _("organise sa journée, réserve un bureau"), "desk"),
    Persona("host@marly.example", _("Accueil de la mairie de Marly"), _("voit qui vient, répond, accueille"), "host"),
    Persona("manager@metz.example", _("Encadrement d'équipe"), _("sait qui travaille où"), "team"),
    Persona(
        "fleet@metz.example", _("Gestion de flotte"), _("qui a quoi, ce qui est en retard, à quoi sert le parc"), "key"
    ),
    Persona("lab@metz.example", _("Équipe du labo"), _("enquête, essaie, mesure, rend compte"), "list"),
    Persona(
        "lab@trois-rives.example",
        _("Équipe d'un autre labo"),
        _("mesure, dans un autre territoire, un essai sans effet"),
        "list",
    ),
    Persona("admin@metz.example", _("Administration"), _("comptes, sites, règles, journal"), "gear"),
)
EMAILS = frozenset(p.email for p in PERSONAS)


def present() -> list[Persona]:
    """Those who can be entered: the demonstration is loaded and they are in it."""
    there = set(
        Agent.objects.filter(email__in=EMAILS, is_active=True, territory__is_demonstration=True).values_list(
            "email", flat=True
        )
    )
    return [p for p in PERSONAS if p.email in there]
