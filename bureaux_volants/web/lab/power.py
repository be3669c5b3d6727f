"""What a trial as planned would see, before it starts."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from bureaux_volants.trials import foresight
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.estimating.power import SIMULATED
from bureaux_volants.trials.estimating.results import CannotEstimate
from bureaux_volants.trials.foresight import Foreseen, Guess
from bureaux_volants.trials.outcomes import OUTCOMES
from bureaux_volants.web.access import AgentRequest, author_of
from bureaux_volants.web.forms_lab import PowerForm

from .access import lab_page
from .frame import frame_of, trial_of


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing that could be larger: what is planned of it, and what it would take."""

    name: str
    planned: str
    needed: str


def _levers(found: Foreseen, guess: Guess, form: PowerForm, there: int) -> list[Lever]:
    """By how much each thing alone would have to grow for the effect hoped for to be seen; `there`: communes of the territory."""
    out_of_reach = _("hors de portée : ce levier seul n'y suffit pas")
    people, communes, weeks = found.needed.people, found.needed.communes, found.weeks
    where = _("avant, entre deux étapes et après") if form.is_wedge else _("avant et après")
    n = guess.communes + guess.controls
    return [
        Lever(
            _("Agents par commune"),
            str(guess.people),
            str(max(people, guess.people)) if people is not None else out_of_reach,
        ),
        Lever(
            _("Communes, témoins compris"),
            str(n),
            str(communes)
            if communes is not None and communes <= there
            else _("hors de portée : le territoire en a %(n)d") % {"n": there},
        ),
        Lever(
            _("Semaines"),
            str(guess.weeks_before + guess.weeks_after + (guess.steps - 1) * guess.step_weeks),
            _("%(n)d de plus %(where)s") % {"n": weeks, "where": where} if weeks is not None else out_of_reach,
        ),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def power(request: AgentRequest, slug: str) -> HttpResponse:
    """Reading works the plan out, with what the address says; sending keeps it with the draft."""
    trial = trial_of(request, slug)
    known = foresight.known_of(trial)
    guess = foresight.beginning(trial, known)
    sent = request.POST if request.method == "POST" else request.GET if "people" in request.GET else None
    form = PowerForm(sent, initial=asdict(guess), trial=trial)
    refused, found, status = "", None, 200
    if sent is None or form.is_valid():
        guess = guess if sent is None else form.guess
        try:
            found = foresight.foresee(guess, trial.design, foresight.strata_in(trial))
        except CannotEstimate as error:
            refused = error.reason
    else:
        status = 422
    if request.method == "POST" and status == 200:
        try:
            foresight.keep(trial.territory_id, trial.pk, guess, author_of(request))
        except TrialRefused as error:
            messages.warning(request, error.message)
        else:
            messages.success(
                request, _("Ces hypothèses sont gardées avec le brouillon : elles seront figées avec lui.")
            )
        return redirect("trial_power", slug)
    context = {
        **frame_of(trial, "trial_design"),
        "form": form,
        "guess": guess,
        "fields": [form[name] for name in form.fields],
        "hidden": [(name, getattr(guess, name)) for name in form.fields],
        "found": found,
        "levers": _levers(found, guess, form, trial.territory.communes.count()) if found is not None else [],
        "refused": refused,
        "known": known,
        "is_known": known.title and (guess.noise, guess.drift) == foresight.rounded(known.spread),
        "outcome": OUTCOMES.get(trial.outcome),
        "simulated": SIMULATED,
        "kept": foresight.kept_in(trial),
    }
    return render(request, "web/lab/power.html", context, status=status)
