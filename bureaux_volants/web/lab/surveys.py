"""A trial's questionnaires for the lab: waves, who answers, results of five people at least."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from bureaux_volants.territory.permissions import Action, may_everywhere
from bureaux_volants.trials.models import Survey, Trial, Wave
from bureaux_volants.trials.surveys import aggregates, diary, profile, scales, waves
from bureaux_volants.web.access import AgentRequest, author_of, role_page

from .frame import frame_of, trial_of

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
#: Ready to use: what it is called, and what it asks.
READY: dict[str, Any] = {
    "who5": (gettext_lazy("Bien-être (OMS-5)"), scales.who5, Survey.Kind.QUESTIONNAIRE),
    "sts": (gettext_lazy("Satisfaction des déplacements (STS)"), scales.sts, Survey.Kind.QUESTIONNAIRE),
    "profil": (gettext_lazy("Qui êtes-vous ?"), profile.profile, Survey.Kind.QUESTIONNAIRE),
    "carnet": (gettext_lazy("Carnet de déplacements"), dict, Survey.Kind.DIARY),
}


class WaveForm(forms.Form):
    """What is asked, when."""

    survey = forms.ChoiceField(
        label=gettext_lazy("Questionnaire"), choices=[(code, one[0]) for code, one in READY.items()]
    )
    moment = forms.ChoiceField(label=gettext_lazy("Moment"), choices=Wave.Moment)
    first_day = forms.DateField(label=gettext_lazy("Du"), widget=_DAY)
    last_day = forms.DateField(label=gettext_lazy("Au (compris)"), widget=_DAY)


@require_http_methods(["GET", "HEAD", "POST"])
@role_page(Action.EVALUATE)
def surveys(request: AgentRequest, slug: str) -> HttpResponse:
    if not may_everywhere(request.user, Action.EVALUATE):
        raise Http404
    trial, today = trial_of(request, slug), request.directory.today(timezone.now())
    form = WaveForm(request.POST or None, initial={"first_day": today, "last_day": today + dt.timedelta(days=13)})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        title, definition, kind = READY[data["survey"]]
        author = author_of(request)
        try:
            survey = waves.keep_survey(trial.territory_id, data["survey"], str(title), definition(), author, kind=kind)
            waves.open_wave(trial, survey, data["moment"], data["first_day"], data["last_day"], author)
        except waves.CannotAsk as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("La vague est prête : les invitations partent le premier jour."))
            return redirect("trial_surveys", slug)
    context = {**frame_of(trial, "trial_surveys"), "form": form, "seen": _seen(trial, today)}
    return render(request, "web/lab/surveys.html", context, status=422 if request.method == "POST" else 200)


def _seen(trial: Trial, today: dt.date) -> list[dict[str, Any]]:
    told = []
    for wave in Wave.objects.filter(trial=trial).select_related("survey", "trial"):
        is_over = today > wave.last_day
        row: dict[str, Any] = {"wave": wave, "is_over": is_over}
        if is_over:
            seen = aggregates.seen(wave)
            row |= {
                "rates": [seen.whole, *seen.by_arm, *seen.by_commune],
                "differences": seen.differences,
                "means": seen.means,
                "tallies": seen.tallies,
                "diaries": [(diary.MODES.get(m, m), diary.PURPOSES.get(p, p), km) for m, p, km in seen.diaries],
                "is_shown": seen.is_shown,
            }
        told.append(row)
    return told
