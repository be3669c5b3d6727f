"""Who can use what the trial opens, and who cannot."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from bureaux_volants.trials import equity as core
from bureaux_volants.web.access import AgentRequest

from .access import lab_page
from .frame import frame_of, trial_of


@require_safe
@lab_page
def equity(request: AgentRequest, slug: str) -> HttpResponse:
    trial = trial_of(request, slug)
    found = core.equity_of(trial)
    wave, said = core.said_of_themselves(trial, request.directory.today(timezone.now()))
    context = {
        **frame_of(trial, "trial_equity"),
        "found": found,
        "wave": wave,
        "said": said,
        "nowhere": core.counted_nowhere(trial, found.families),
    }
    return render(request, "web/lab/equity.html", context)
