"""What running a trial costs: entered, corrected, removed; totals by kind, per stay and per participant. What it saves is elsewhere."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bureaux_volants.trials import spending
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import RunningCost, Trial
from bureaux_volants.web.access import AgentRequest, author_of
from bureaux_volants.web.forms_costs import ExpenseForm

from .access import lab_page
from .frame import frame_of, trial_of


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def costs(request: AgentRequest, slug: str) -> HttpResponse:
    trial = trial_of(request, slug)
    form = ExpenseForm(request.POST or None, initial={"day": request.directory.today(timezone.now())})
    if request.method == "POST" and form.is_valid():
        try:
            spending.spend(trial.territory_id, trial.pk, form.expense, author_of(request))
        except TrialRefused as error:
            for reason in error.reasons:
                form.add_error(None, reason)
        else:
            messages.success(request, _("La dépense est notée."))
            return redirect("trial_costs", slug)
    return _page(request, trial, form)


def _page(request: AgentRequest, trial: Trial, form: ExpenseForm) -> HttpResponse:
    rows = list(trial.costs.order_by("-day", "-pk"))
    totals = spending.totals_of((c.kind, c.euros) for c in rows)
    context = {
        **frame_of(trial, "trial_costs"),
        "costs": rows,
        "by_kind": [(RunningCost.Kind(kind).label, euros) for kind, euros in totals.by_kind],
        "whole": totals.whole,
        "ratios": spending.ratios_of(trial),
        "form": form,
    }
    return render(request, "web/lab/costs.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def cost(request: AgentRequest, slug: str, cost_id: int) -> HttpResponse:
    """Correct one cost."""
    trial = trial_of(request, slug)
    found = get_object_or_404(RunningCost, pk=cost_id, trial=trial)
    form = ExpenseForm(request.POST or None, initial=ExpenseForm.beginning(found))
    if request.method == "POST" and form.is_valid():
        try:
            spending.correct(trial.territory_id, trial.pk, cost_id, form.expense, author_of(request))
        except TrialRefused as error:
            for reason in error.reasons:
                form.add_error(None, reason)
        except NotFound:
            raise Http404 from None
        else:
            messages.success(request, _("La dépense est corrigée ; le journal garde ce qu'elle était."))
            return redirect("trial_costs", slug)
    context = {**frame_of(trial, "trial_costs"), "form": form, "cost": found}
    return render(request, "web/lab/cost.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@lab_page
def remove(request: AgentRequest, slug: str, cost_id: int) -> HttpResponse:
    trial = trial_of(request, slug)
    try:
        spending.remove(trial.territory_id, trial.pk, cost_id, author_of(request))
    except NotFound:
        raise Http404 from None
    messages.success(request, _("La dépense est effacée ; le journal garde ce qu'elle était."))
    return redirect("trial_costs", slug)
