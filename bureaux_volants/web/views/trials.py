"""The trials as an agent has them: calls to come forward for, those one is in, leaving."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bureaux_volants.trials import cohorts, eligibility, leaving
from bureaux_volants.trials.errors import NotFound, TrialRefused
from bureaux_volants.trials.models import CohortMember, Trial
from bureaux_volants.trials.opening import opening_day
from bureaux_volants.web.access import AgentRequest, agent_page, author_of


@require_safe
@agent_page
def mine(request: AgentRequest) -> HttpResponse:
    members = (
        CohortMember.objects.filter(agent=request.user, cohort__trial__territory_id=request.directory.territory_id)
        .select_related("cohort__trial", "commune")
        .order_by("-cohort__trial__starts_on", "pk")
    )
    calls = cohorts.open_calls(request.user)
    context = {
        "calls": calls,
        # Not asked for what would be refused.
        "elsewhere": {c.pk for c in calls if request.user.pk in eligibility.elsewhere(c)},
        "members": [
            (m, opening_day(m), m.left_on is None and m.cohort.trial.state == Trial.State.RUNNING) for m in members
        ],
    }
    return render(request, "web/trials.html", context)


@require_POST
@agent_page
def volunteer(request: AgentRequest, cohort_id: int) -> HttpResponse:
    try:
        cohorts.volunteer(request.user, cohort_id, author_of(request))
    except NotFound:
        raise Http404 from None
    except TrialRefused as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("C'est noté, merci. Vous serez prévenu quand les participants seront choisis."))
    return redirect("my_trials")


@require_POST
@agent_page
def unvolunteer(request: AgentRequest, cohort_id: int) -> HttpResponse:
    try:
        cohorts.unvolunteer(request.user, cohort_id, author_of(request))
    except NotFound:
        raise Http404 from None
    except TrialRefused as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("C'est noté : vous n'êtes plus volontaire."))
    return redirect("my_trials")


@require_POST
@agent_page
def leave(request: AgentRequest, trial_id: int) -> HttpResponse:
    try:
        leaving.leave(request.directory.territory_id, trial_id, request.user, author_of(request), reason=_("retrait"))
    except NotFound:
        raise Http404 from None
    messages.success(request, _("Vous ne participez plus à cet essai. Vos réservations déjà faites restent."))
    return redirect("my_trials")
