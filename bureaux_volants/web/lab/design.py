"""The protocol of a trial: written, frozen, amended, ended."""

from __future__ import annotations

from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bureaux_volants.trials import amending, cohorts, designing, foresight
from bureaux_volants.trials.amending import AMENDABLE
from bureaux_volants.trials.balancing import by_stratum
from bureaux_volants.trials.cautions import cautions
from bureaux_volants.trials.drawing import digest_of
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.models import Trial
from bureaux_volants.trials.outcomes import OUTCOMES
from bureaux_volants.web.access import AgentRequest, author_of
from bureaux_volants.web.forms_lab import AmendForm, DesignForm, EndForm

from .access import lab_page
from .frame import frame_of, json_answer, trial_of

#: Parts of a frozen design, as the page names them.
_PARTS = {
    **AMENDABLE,
    "design": gettext_lazy("plan"),
    "baseline_from": gettext_lazy("début des mesures"),
    "steps": gettext_lazy("étapes"),
    "step_weeks": gettext_lazy("semaines entre deux étapes"),
    "order_strata": gettext_lazy("strates de l'ordre d'ouverture"),
    "communes": gettext_lazy("communes qui ouvrent"),
    "controls": gettext_lazy("communes témoins"),
    "hypotheses": gettext_lazy("hypothèses"),
    "cohort": gettext_lazy("participants"),
    "guesses": gettext_lazy("puissance prévue"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def new(request: AgentRequest) -> HttpResponse:
    """Begin a trial."""
    territory_id = request.directory.territory_id
    initial = {"design": Trial.Design.STEPPED_WEDGE, "steps": 3, "made_by": "everybody"}
    form = DesignForm(request.POST or None, initial=initial, territory_id=territory_id)
    if request.method == "POST" and form.is_valid():
        try:
            trial = designing.create_trial(territory_id, form.draft, author_of(request))
        except TrialRefused as error:
            _blame(form, error)
        else:
            messages.success(request, _("Le brouillon est enregistré. Il se change jusqu'à ce qu'on le fige."))
            return redirect("trial_design", trial.slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "web/lab/design_form.html", {"form": form}, status=status)


def _blame(form: DesignForm | AmendForm | EndForm, error: TrialRefused) -> None:
    for reason in error.reasons:
        form.add_error(None, reason)


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def edit(request: AgentRequest, slug: str) -> HttpResponse:
    """Change a draft."""
    trial = trial_of(request, slug)
    if trial.frozen_at is not None:
        messages.info(request, _("Ce protocole est figé : un changement se fait par un amendement, qui reste visible."))
        return redirect("trial_design", slug)
    initial = DesignForm.beginning(designing.draft_of(trial))
    form = DesignForm(request.POST or None, initial=initial, territory_id=trial.territory_id)
    if request.method == "POST" and form.is_valid():
        try:
            designing.save_draft(trial.territory_id, trial.pk, form.draft, author_of(request))
        except TrialRefused as error:
            _blame(form, error)
        else:
            messages.success(request, _("Le brouillon est enregistré."))
            return redirect("trial_design", slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "web/lab/design_form.html", {"form": form, "trial": trial}, status=status)


@require_safe
@lab_page
def design(request: AgentRequest, slug: str) -> HttpResponse:
    return _page(request, trial_of(request, slug))


def _page(request: AgentRequest, trial: Trial, *, end_form: EndForm | None = None, status: int = 200) -> HttpResponse:
    amendments = list(trial.amendments.select_related("by"))
    clusters = list(trial.clusters.select_related("commune"))
    is_parallel = trial.design == Trial.Design.PARALLEL
    changed = amending.amended_fields(amendments)
    is_draft = trial.frozen_at is None
    context = {
        **frame_of(trial, "trial_design"),
        "outcome": OUTCOMES.get(trial.outcome),
        "hypotheses": [(h, OUTCOMES.get(h.outcome)) for h in trial.hypotheses.select_related("finding")],
        "opening": [c.commune.name for c in clusters if not is_parallel or c.step is not None],
        "strata": _strata(trial, {c.commune.code: c.commune.name for c in clusters}),
        "controls": [c.commune.name for c in clusters if is_parallel and c.step is None],
        "cohort": trial.cohorts.first(),
        "kept": foresight.kept_in(trial),
        "problems": designing.problems(trial, timezone.now()) if is_draft else [],
        "cautions": cautions(trial) if is_draft else [],
        "amendable": [(what, name, what in changed) for what, name in amending.amendable(trial).items()],
        "amendments": [
            (
                a,
                AMENDABLE.get(a.what, a.what),
                amending.in_words(a.what, a.before),
                amending.in_words(a.what, a.after),
                amending.is_late(trial, a),
            )
            for a in amendments
        ],
        "departures": [_PARTS.get(name, name) for name in amending.departures(trial, amendments)],
        "findings": trial.findings.all(),
        "awaits_draw": cohorts.awaits_draw(trial),
        "digest_holds": bool(trial.frozen) and digest_of(trial.frozen) == trial.frozen_digest,
        "end_form": end_form or EndForm(),
        "is_past_its_term": request.directory.today(timezone.now()) > trial.ends_on,
    }
    return render(request, "web/lab/design.html", context, status=status)


def _strata(trial: Trial, names: Mapping[str, str]) -> list[tuple[str, list[str]]]:
    """The strata of the drawn order, each with the names of its communes."""
    found = by_stratum(designing.order_strata_of(trial))
    return [(stratum, sorted(names[code] for code in found[stratum])) for stratum in sorted(found)]


@require_safe
@lab_page
def frozen(request: AgentRequest, slug: str) -> HttpResponse:
    """The frozen protocol, byte for byte: its SHA-256 is the digest."""
    trial = trial_of(request, slug)
    if not trial.frozen:
        raise Http404
    if cohorts.awaits_draw(trial):
        messages.info(request, _("Le texte figé contient la graine : il se lit une fois tous les tirages faits."))
        return redirect("trial_design", slug)
    return json_answer(f"protocole-{trial.slug}.json", trial.frozen)


@require_POST
@lab_page
def freeze(request: AgentRequest, slug: str) -> HttpResponse:
    trial = trial_of(request, slug)
    try:
        designing.freeze(trial.territory_id, trial.pk, author_of(request))
    except TrialRefused as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("Le protocole est figé. Ce qui changera désormais sera un amendement."))
    return redirect("trial_design", slug)


@require_http_methods(["GET", "HEAD", "POST"])
@lab_page
def amend(request: AgentRequest, slug: str, what: str) -> HttpResponse:
    """Change one field of a running trial, in the open."""
    trial = trial_of(request, slug)
    if what not in amending.amendable(trial):
        raise Http404
    form = AmendForm(request.POST or None, what=what, initial={"value": amending.value_of(trial, what)})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            amending.amend(trial.territory_id, trial.pk, what, data["value"], data["reason"], author_of(request))
        except TrialRefused as error:
            _blame(form, error)
        else:
            messages.success(request, _("L'amendement est enregistré et affiché."))
            return redirect("trial_design", slug)
    context = {
        **frame_of(trial, "trial_design"),
        "form": form,
        "name": AMENDABLE[what],
        "is_late": what in amending.DECIDES and request.directory.today(timezone.now()) >= trial.starts_on,
    }
    return render(request, "web/lab/amend.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@lab_page
def end(request: AgentRequest, slug: str) -> HttpResponse:
    """End the trial: at its term, or before it with a reason."""
    trial = trial_of(request, slug)
    form = EndForm(request.POST)
    if form.is_valid():
        stopped = request.directory.today(timezone.now()) <= trial.ends_on
        try:
            designing.end_trial(
                trial.territory_id, trial.pk, author_of(request), reason=form.cleaned_data["reason"], stopped=stopped
            )
        except TrialRefused as error:
            _blame(form, error)
        else:
            messages.success(request, _("L'essai est arrêté.") if stopped else _("L'essai est terminé."))
            return redirect("trial_design", slug)
    return _page(request, trial, end_form=form, status=422)
