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
    Persona("agent@metz.example", _("Agent"), _("organise sa journée, réserve un bureau"), "desk"),
    Persona("host@marly.example", _("Référent d'accueil à Marly"), _("voit qui vient, répond, accueille"), "host"),
    Persona("manager@metz.example", _("Encadrant"), _("sait qui travaille où"), "team"),
    Persona("fleet@metz.example", _("Gestionnaire de flotte"), _("réserve comme tout agent pour l'instant"), "key"),
    Persona("lab@metz.example", _("Équipe du labo"), _("réserve comme tout agent pour l'instant"), "list"),
    Persona("admin@metz.example", _("Administrateur"), _("comptes, sites, règles, journal"), "gear"),
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
