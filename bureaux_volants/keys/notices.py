"""What the key room tells people. Never a code: it is shown on its page, to its holder, when its time comes."""

from __future__ import annotations

from django.db.models import Q

from bureaux_volants.messages import outbox
from bureaux_volants.territory.models import Agent, Grant
from bureaux_volants.territory.permissions import AnySite

from .models import Box, Case

FLEET = "/flotte/"


def fleet_managers(territory_id: int, site: AnySite) -> list[Agent]:
    """Who looks after the pool of a site: its fleet managers, those of its organisation, and of the territory."""
    over = (
        Q(site_id=site.id)
        | Q(organisation_id=site.organisation_id)
        | Q(site_id__isnull=True, organisation_id__isnull=True)
    )
    grants = Grant.objects.filter(over, territory_id=territory_id, role=Grant.Role.FLEET_MANAGER, agent__is_active=True)
    return [g.agent for g in grants.select_related("agent").distinct("agent_id").order_by("agent_id")]


def _tell(box: Box, kind: str, subject: str, body: str) -> None:
    for manager in fleet_managers(box.territory_id, box.site):
        outbox.write(manager, kind, subject, body, FLEET)


def case_opened(case: Case, meaning: str) -> None:
    what = f" ({case.resource.name})" if case.resource else ""
    _tell(
        case.box,
        "key.case",
        f"À régler : {meaning}{what}",
        f"{meaning}{what}, boîte « {case.box} », {case.box.site.name}. Rien n'a été décidé à votre place.",
    )


def box_locked(box: Box) -> None:
    _tell(
        box,
        "key.locked",
        f"Clavier bloqué : {box}",
        f"Trop de codes faux sur la boîte « {box} », {box.site.name} : son clavier est bloqué quelques minutes.",
    )


def box_forged(box: Box) -> None:
    _tell(
        box,
        "key.forged",
        f"Message suspect : {box}",
        f"Un message mal signé, ou déjà reçu, s'est présenté au nom de la boîte « {box} », {box.site.name}. "
        "Il a été écarté. Si cela se répète, mettez la boîte en liaison de nouveau.",
    )
