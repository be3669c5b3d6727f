"""The lab's home: trials and where they are, the enquiry behind them."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bureaux_volants.trials.models import FieldNote, Finding, Trial
from bureaux_volants.trials.next_step import next_step
from bureaux_volants.web.access import AgentRequest

from .access import lab_page


@require_safe
@lab_page
def lab(request: AgentRequest) -> HttpResponse:
    territory_id = request.directory.territory_id
    today = request.directory.today(timezone.now())
    trials = Trial.objects.filter(territory_id=territory_id).prefetch_related("clusters", "decisions")
    context = {
        "trials": [(trial, next_step(trial, today)) for trial in trials],
        "notes": FieldNote.objects.filter(territory_id=territory_id).count(),
        "latest": FieldNote.objects.filter(territory_id=territory_id).select_related("commune")[:3],
        "findings": Finding.objects.filter(territory_id=territory_id).select_related("trial"),
    }
    return render(request, "web/lab/home.html", context)
