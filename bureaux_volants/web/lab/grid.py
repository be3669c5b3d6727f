"""The working group's own grid: a trial's marks with their reasons, and those of the other trials beside them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bureaux_volants.trials import deciding
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.web.access import AgentRequest, author_of
from bureaux_volants.web.forms_reports import RatingForm

from .access import lab_page
from .frame import frame_of, trial_of


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def grid(request: AgentRequest, slug: str) -> HttpResponse:
    trial = trial_of(request, slug)
    form = RatingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            deciding.rate(
                trial.territory_id,
                trial.pk,
                author_of(request),
                criterion=data["criterion"],
                mark=data["mark"],
                reason=data["reason"],
                evidence=form.evidence,
            )
        except TrialRefused as error:
            for reason in error.reasons:
                form.add_error(None, reason)
        else:
            messages.success(request, _("La note est enregistrée. Celles d'avant restent visibles."))
            return redirect("trial_grid", slug)
    others, lines = deciding.compared(trial.territory_id)
    context = {
        **frame_of(trial, "trial_grid"),
        "lines": deciding.grid_of(trial.ratings.select_related("by")),
        "others": others,
        "compared": lines if len(others) > 1 else [],
        "form": form,
    }
    return render(request, "web/lab/grid.html", context, status=422 if request.method == "POST" else 200)
