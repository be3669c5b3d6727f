"""The month of a site for its mairie, as a page and as a file. Services, never names."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bureaux_volants.hosting.months import month_of, recap_of
from bureaux_volants.hosting.recap import LEAST, Recap
from bureaux_volants.territory import french
from bureaux_volants.territory.permissions import Action

from .access import AgentRequest, role_page
from .csv_answer import csv_answer
from .host import FARTHEST, hosted_site
from .team_export import as_csv


def _asked_month(request: AgentRequest) -> dt.date:
    """The first day of the month named in the address (AAAA-MM); of this one when there is none, or no sensible one."""
    today = request.directory.today(timezone.now())
    try:
        month = dt.date.fromisoformat(f"{request.GET.get('mois', '')}-01")
    except ValueError:
        return today.replace(day=1)
    if month <= today and today - month <= FARTHEST:
        return month
    messages.info(request, _("Ce mois n'a pas de bilan : voici le mois en cours."))
    return today.replace(day=1)


def _name(month: dt.date) -> str:
    return f"{french.MONTHS[month.month - 1]} {month.year}"


@require_safe
@role_page(Action.HOST)
def recap(request: AgentRequest, slug: str) -> HttpResponse:
    site = hosted_site(request, slug)
    month, now = _asked_month(request), timezone.now()
    first, last = month_of(month)
    today = request.directory.today(now)
    context = {
        "site": site,
        "recap": recap_of(request.directory, site.id, month, now),
        "name": _name(month),
        "month": first,
        "earlier": first - dt.timedelta(days=1),
        "later": last + dt.timedelta(days=1) if last < today else None,
        "is_running": first <= today <= last,
        "least": LEAST,
    }
    return render(request, "web/host/recap.html", context)


@require_safe
@role_page(Action.HOST)
def recap_csv(request: AgentRequest, slug: str) -> HttpResponse:
    site = hosted_site(request, slug)
    month = _asked_month(request)
    told = recap_of(request.directory, site.id, month, timezone.now())
    head = (_("Mesure"), _("Service"), _("Personnes"), _("Jours de présence"), _("Heures"))
    return csv_answer(f"bilan-{site.slug}-{month:%Y-%m}.csv", as_csv(head, _lines(told)))


def _number(hours: float) -> str:
    return f"{hours:.1f}".replace(".", ",")


def _people(n: int) -> str:
    """Fewer than a group are not counted out."""
    return str(n) if n >= LEAST or n == 0 else _("moins de %(n)d") % {"n": LEAST}


def _lines(told: Recap) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = [
        (_("Total"), "", _people(told.people), str(told.presences), _number(told.hours)),
        (_("Jours occupés"), "", "", str(told.days), ""),
        (_("Visites sans compte"), "", "", str(told.visitors), ""),
        (_("Rencontres tenues"), "", "", str(told.meetings), ""),
    ]
    for group in told.groups:
        name = group.name or _("Autres services, ensemble")
        lines.append((_("Service"), name, str(group.people), str(group.days), _number(group.hours)))
    return lines
