"""Papers that end are announced: thirty days before, and seven days before, each once, to whom it concerns.

A licence or an authorisation to its person; what is of vehicles and cards to the fleet managers of their site, in one
message a day. What was announced is written in the transaction that announces it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.utils import timezone

from bureaux_volants.booking.directory import Directory, get_directory
from bureaux_volants.booking.locks import in_transaction
from bureaux_volants.booking.models import Resource
from bureaux_volants.keys.notices import FLEET, fleet_managers
from bureaux_volants.messages import outbox
from bureaux_volants.territory import french
from bureaux_volants.territory.models import Agent

from .maintenance import Need, service
from .models import Announced, Licence, TakeHome, TransportCard, Vehicle
from .policy import policy_of

#: So many days before the last one.
STAGES = (7, 30)
What = Announced.What


def stage(last_day: dt.date, today: dt.date, stages: Iterable[int] = STAGES) -> int | None:
    """The announcement that is due: the nearest stage reached; None before the first one and once the paper has ended. Pure."""
    left = (last_day - today).days
    return min((s for s in stages if 0 <= left <= s), default=None)


@in_transaction
def announce(territory_id: int, *, now: dt.datetime | None = None) -> int:
    """Announce what ends in one territory. Returns how many papers were announced; again the same day, none."""
    now = now or timezone.now()
    directory = get_directory(territory_id)
    return _to_people(directory, now) + _to_managers(directory, now)


def _is_new(directory: Directory, what: What, subject_id: int, last_day: dt.date | None, days: int, now: dt.datetime, km: int = 0) -> bool:  # fmt: skip
    _, is_new = Announced.objects.get_or_create(
        territory_id=directory.territory_id,
        what=what,
        subject_id=subject_id,
        last_day=last_day,
        days=days,
        km=km,
        defaults={"at": now},
    )
    return is_new


def _to_people(directory: Directory, now: dt.datetime) -> int:
    today = directory.today(now)
    ends = {
        "territory_id": directory.territory_id,
        "valid_until__gte": today,
        "valid_until__lte": today + dt.timedelta(days=max(STAGES)),
        "agent__is_active": True,
    }
    count = 0
    papers: Sequence[tuple[What, Licence | TakeHome]] = [
        *((What.LICENCE, one) for one in Licence.objects.filter(**ends).select_related("agent").order_by("pk")),
        *((What.TAKE_HOME, one) for one in TakeHome.objects.filter(**ends).select_related("agent").order_by("pk")),
    ]
    for what, paper in papers:
        at = stage(paper.valid_until, today)
        if at is None or _is_replaced(paper) or not _is_new(directory, what, paper.pk, paper.valid_until, at, now):
            continue
        _tell_person(paper.agent, what, paper.valid_until)
        count += 1
    return count


def _is_replaced(paper: Licence | TakeHome) -> bool:
    """Whether another authorisation follows this one."""
    if isinstance(paper, Licence):
        return False
    return TakeHome.objects.filter(
        agent_id=paper.agent_id, territory_id=paper.territory_id, valid_until__gt=paper.valid_until
    ).exists()


def _tell_person(agent: Agent, what: What, last: dt.date) -> None:
    until = french.day(last, year=True)
    if what == What.LICENCE:
        subject = "Votre permis de conduire expire bientôt"
        body = (
            f"Le permis que nous avons noté est valable jusqu'au {until}. Au-delà, aucune voiture ne peut vous être "
            "prêtée : montrez le nouveau à la gestion de flotte."
        )
    else:
        subject = "Votre autorisation de remisage expire bientôt"
        body = (
            f"Votre autorisation de garder un véhicule chez vous la nuit est valable jusqu'au {until}. Pour continuer, "
            "demandez son renouvellement."
        )
    outbox.write(agent, "papers.ending", subject, body, "/prendre/")


def _to_managers(directory: Directory, now: dt.datetime) -> int:
    """One message for each manager, of all that is newly announced at their sites."""
    lines: dict[int, list[str]] = {}
    for site_id, line in (*_papers(directory, now), *_services(directory, now)):
        lines.setdefault(site_id, []).append(line)
    told: dict[int, tuple[Agent, list[str]]] = {}
    for site_id, of_site in sorted(lines.items()):
        for manager in fleet_managers(directory.territory_id, directory.site_by_id(site_id)):
            told.setdefault(manager.pk, (manager, []))[1].extend(of_site)
    for _, (manager, all_lines) in sorted(told.items()):
        count = len(all_lines)
        outbox.write(
            manager,
            "fleet.papers",
            f"{count} échéance{'s' if count > 1 else ''} à venir dans le parc",
            "\n".join(f"– {line}" for line in all_lines),
            FLEET,
        )
    return sum(len(of_site) for of_site in lines.values())


def _papers(directory: Directory, now: dt.datetime) -> list[tuple[int, str]]:
    today = directory.today(now)
    vehicles = Vehicle.objects.filter(territory_id=directory.territory_id).select_related("resource").order_by("pk")
    cards = TransportCard.objects.filter(territory_id=directory.territory_id).select_related("resource").order_by("pk")
    dated: list[tuple[What, Resource, dt.date | None]] = [
        *((What.INSPECTION, v.resource, v.inspected_until) for v in vehicles),
        *((What.INSURANCE, v.resource, v.insured_until) for v in vehicles),
        *((What.CARD, c.resource, c.valid_until) for c in cards),
    ]
    found: list[tuple[int, str]] = []
    for what, unit, last in dated:
        at = None if last is None else stage(last, today)
        if last is None or at is None or not _is_new(directory, what, unit.pk, last, at, now):
            continue
        site = directory.site_by_id(unit.site_id)
        line = f"{unit.name} ({site.name}), {what.label} : jusqu'au {french.day(last, year=True)}"
        found.append((unit.site_id, line))
    return found


def _services(directory: Directory, now: dt.datetime) -> list[tuple[int, str]]:
    today, policy = directory.today(now), policy_of(directory.territory_id)
    due = Vehicle.objects.filter(territory_id=directory.territory_id).exclude(service_due_on=None, service_due_km=None)
    found: list[tuple[int, str]] = []
    for v in due.select_related("resource").order_by("pk"):
        stands = service(
            due_on=v.service_due_on,
            due_km=v.service_due_km,
            today=today,
            odometer_km=v.odometer_km,
            soon_days=policy.service_soon_days,
            soon_km=policy.service_soon_km,
        )
        if stands.need == Need.NONE:
            continue
        # Once when it comes near, once when it is passed.
        passed = 0 if stands.need == Need.SOON else -1
        if not _is_new(directory, What.SERVICE, v.pk, v.service_due_on, passed, now, v.service_due_km or 0):
            continue
        limits = [
            *([french.day(v.service_due_on, year=True)] if v.service_due_on else []),
            *([f"{v.service_due_km} km"] if v.service_due_km else []),
        ]
        word = "à prévoir" if stands.need == Need.SOON else "dépassé"
        site = directory.site_by_id(v.resource.site_id)
        line = (
            f"{v.resource.name} ({site.name}), entretien {word} : {' ou '.join(limits)}, compteur à {v.odometer_km} km"
        )
        found.append((v.resource.site_id, line))
    return found
