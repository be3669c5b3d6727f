"""Tableau de flotte: the day of every unit, the boxes, the cases to settle, the papers that end."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bureaux_volants.booking.errors import BookingError
from bureaux_volants.fleet import board
from bureaux_volants.fleet.timeline import Standing
from bureaux_volants.keys import cases
from bureaux_volants.keys.models import Case
from bureaux_volants.territory.permissions import Action, may

from .access import AgentRequest, author_of, role_page
from .fleet_lines import hours_line

#: How far around today a day in an address is believed.
FARTHEST = dt.timedelta(days=400)
#: The order in which the tally says how things stand.
TALLIED = (Standing.LATE, Standing.OUT, Standing.BOOKED, Standing.FREE, Standing.OFF, Standing.KEY_LOST)
#: As long as the database keeps.
LONGEST_REASON = 200


def _date(request: AgentRequest, today: dt.date) -> dt.date:
    try:
        day = dt.date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        return today
    return day if abs(day - today) <= FARTHEST else today


def _page(request: AgentRequest, **more: Any) -> dict[str, Any]:
    directory, now = request.directory, timezone.now()
    today = directory.today(now)
    mine = board.sites_of(request.user, directory)
    chosen = request.GET.get("site", "")
    sites = [s for s in mine if s.slug == chosen] if chosen else mine
    if chosen and not sites:
        raise Http404
    date = _date(request, today)
    day = board.day_of(directory, sites, date, now)
    return {
        "day": day,
        "is_today": date == today,
        "today": today,
        "earlier": date - dt.timedelta(days=1),
        "later": date + dt.timedelta(days=1),
        "now": now,
        "hours": hours_line(day.window, directory.zone),
        "tally": [(how, day.tally[how]) for how in TALLIED if day.tally[how] or how in (Standing.LATE, Standing.OUT)],
        "sites": [s for s in mine if any(u.kind in board.POOL for u in s.units)],
        "chosen": chosen,
        "boxes": board.boxes_of(directory, sites, now),
        "cases": board.open_cases(directory, sites),
        "papers": board.expiring(directory, sites, today),
        **more,
    }


@require_safe
@role_page(Action.MANAGE_FLEET)
def fleet(request: AgentRequest) -> HttpResponse:
    return render(request, "web/fleet/board.html", _page(request))


@require_POST
@role_page(Action.MANAGE_FLEET)
def settle(request: AgentRequest, case_id: int) -> HttpResponse:
    """Say how a case was settled; without a reason, ask for it and keep what was typed."""
    case = Case.objects.filter(pk=case_id, territory_id=request.directory.territory_id).select_related("box").first()
    if case is None:
        raise Http404
    if not may(request.user, Action.MANAGE_FLEET, site=request.directory.site_by_id(case.box.site_id)):
        raise Http404
    how = request.POST.get("how", "").replace("\0", "").strip()
    wrong = ""
    if not how:
        wrong = _("Dites en quelques mots comment c'est réglé.")
    elif len(how) > LONGEST_REASON:
        wrong = _("C'est trop long : %(most)s caractères au plus.") % {"most": LONGEST_REASON}
    if wrong:
        context = _page(request, refused=case.pk, how=how, wrong=wrong)
        return render(request, "web/fleet/board.html", context, status=422)
    try:
        cases.settle(case.pk, author_of(request), how=how)
        messages.success(
            request, _("C'est réglé : %(meaning)s.") % {"meaning": cases.MEANINGS.get(case.code, case.code)}
        )
    except BookingError as error:
        messages.error(request, error.message)
    return redirect("fleet")
