"""A trial as it stands: against its plan, what is measured, what it says so far, what was decided. It reads the last reading kept."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bureaux_volants.trials import amending, cohorts, deciding, readings
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.indicators.reading import uses_of
from bureaux_volants.trials.models import FieldNote, Reading, Trial, Verbatim
from bureaux_volants.trials.next_step import next_step
from bureaux_volants.web.access import AgentRequest, author_of
from bureaux_volants.web.forms_reports import DecisionForm

from . import words
from .access import lab_page
from .frame import frame_of, trial_of
from .report_pdf import decided_since, doubt_and_request, report_pdf

MOST_VERBATIMS = 6
METHODS = {
    "panel": gettext_lazy("mesure par agent et par semaine"),
    "all": gettext_lazy("toute estimation"),
    "group_time": gettext_lazy("effets par date d'ouverture, chaque agent comptant autant"),
    "difference": gettext_lazy("différence de différences"),
    "wild_bootstrap": gettext_lazy("différence de différences, incertitude par tirages de signes"),
    "before_after": gettext_lazy("avant et après, sans comparaison"),
    "randomisation_by_time": gettext_lazy(
        "effets par date d'ouverture, chaque commune comptant autant, incertitude par le tirage de l'ordre"
    ),
    "randomisation": gettext_lazy(
        "effet supposé constant, chaque commune comptant autant, incertitude par le tirage de l'ordre"
    ),
    "pre_trend": gettext_lazy("test des semaines d'avant"),
}


@require_safe
@lab_page
def live(request: AgentRequest, slug: str) -> HttpResponse:
    return _page(request, trial_of(request, slug))


def _page(request: AgentRequest, trial: Trial, *, form: DecisionForm | None = None, status: int = 200) -> HttpResponse:
    today = request.directory.today(timezone.now())
    context = {
        **frame_of(trial, "trial"),
        **_said(trial),
        "today": today,
        "dates": [(what, day, day <= today) for what, day in _calendar(trial)],
        "next": next_step(trial, today),
        "verbatims": _verbatims(trial)[:MOST_VERBATIMS],
        "form": form or DecisionForm(initial={"day": today}),
    }
    return render(request, "web/lab/live.html", context, status=status)


def _said(trial: Trial) -> dict[str, Any]:
    """What the live page and the report both say."""
    reading = readings.latest(trial)
    figures = reading.figures if reading else {}
    amendments = list(trial.amendments.select_related("trial__territory"))
    uses, quality = uses_of(trial)
    return {
        "uses": uses,
        "uses_until": max((u.since.figure.last_day for u in uses if u.since.figure), default=None),
        "quality": quality,
        "reading": reading,
        "seed": reading.seed if reading and not cohorts.awaits_draw(trial) else None,
        "figures": figures,
        "refused": [
            (METHODS.get(r["method"], r["method"]), words.within(r["reason"])) for r in figures.get("refused", [])
        ],
        "estimates": [
            (METHODS.get(e["method"], e["method"]), e)
            for e in [figures.get("main"), *figures.get("others", [])]
            if e is not None
        ],
        "weeks": [{**w, "day": dt.date.fromisoformat(w["monday"])} for w in figures.get("weeks", [])],
        "measured": words.sample(figures),
        "before": words.before(figures),
        "treated": words.treated(figures),
        "hypotheses_rows": words.hypothesis_rows(figures),
        "carbon": words.carbon(figures),
        "carbon_rows": words.carbon_rows(figures),
        "effect_chart": _drawing(reading, "effect"),
        "study_chart": _drawing(reading, "study"),
        "effect_narrow": _drawing(reading, "effect_narrow"),
        "study_narrow": _drawing(reading, "study_narrow"),
        "is_provisional": trial.state == Trial.State.RUNNING,
        "clusters": list(trial.clusters.select_related("commune")),
        "decisions": list(trial.decisions.prefetch_related("findings")),
        "amendments": amendments,
        "amended": [words.amended(a) for a in amendments],
        "calendar": _calendar(trial),
        "caveats": amending.caveats(trial, amendments),
    }


def _drawing(reading: Reading | None, name: str) -> SafeString | None:
    svg = reading.drawings.get(name) if reading else None
    # Our own drawing of our own figures: its words are escaped where it is made (trials/report/charts.py).
    return mark_safe(svg) if svg else None  # noqa: S308


def _calendar(trial: Trial) -> list[tuple[str, dt.date]]:
    """The plan's days in order: what, and when."""
    found = [(_("premières mesures"), trial.baseline_from), (_("première ouverture"), trial.starts_on)]
    for opens in sorted({c.opens_on for c in trial.clusters.all() if c.opens_on and c.opens_on > trial.starts_on}):
        found.append((_("ouverture d'une étape"), opens))
    found.append((_("dernier jour mesuré"), trial.ends_on))
    return found


def _verbatims(trial: Trial) -> list[Verbatim]:
    return list(
        Verbatim.objects.filter(note__trial=trial)
        .exclude(note__consent=FieldNote.Consent.REFUSED)
        .select_related("note")
        .order_by("-note__day", "pk")
    )


@require_POST
@lab_page
def recompute(request: AgentRequest, slug: str) -> HttpResponse:
    """Work the figures out now."""
    trial = trial_of(request, slug)
    told = readings.latest(trial)
    if readings.make_reading(trial) == told:
        messages.info(
            request,
            _(
                "Rien de nouveau : les chiffres restent ceux du dernier calcul. Ils se refont quand les réponses d'assez de personnes ont changé."
            ),
        )
    else:
        messages.success(request, _("Les chiffres sont recalculés."))
    return redirect("trial", slug)


@require_POST
@lab_page
def decide(request: AgentRequest, slug: str) -> HttpResponse:
    trial = trial_of(request, slug)
    form = DecisionForm(request.POST)
    if form.is_valid():
        try:
            deciding.decide(trial.territory_id, trial.pk, author_of(request), **form.cleaned_data)
        except TrialRefused as error:
            for reason in error.reasons:
                form.add_error(None, reason)
        else:
            messages.success(request, _("La décision est notée."))
            return redirect("trial", slug)
    return _page(request, trial, form=form, status=422)


@require_safe
@lab_page
def report(request: AgentRequest, slug: str) -> HttpResponse:
    """The report to read and to print: one page for those who decide, then the whole."""
    trial = trial_of(request, slug)
    said = _said(trial)
    doubt, asked = doubt_and_request(
        said["figures"], is_provisional=said["is_provisional"], decided=decided_since(trial, said["decisions"])
    )
    lines = deciding.grid_of(trial.ratings.all())
    context = {
        **frame_of(trial, "trial_report"),
        **said,
        "hypotheses": list(trial.hypotheses.all()),
        "lines": lines,
        "is_rated": any(line.now for line in lines),
        "doubt": doubt,
        "asked": asked,
    }
    return render(request, "web/lab/report.html", context)


@require_safe
@lab_page
def pdf(request: AgentRequest, slug: str, *, is_whole: bool = True) -> HttpResponse:
    """The report on paper, once there is a reading; or its page for those who decide alone."""
    trial = trial_of(request, slug)
    said = _said(trial)
    if said["reading"] is None:
        raise Http404
    made = report_pdf(
        trial,
        said,
        deciding.grid_of(trial.ratings.all()),
        list(trial.hypotheses.values_list("text", flat=True)),
        is_whole=is_whole,
    )
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="rapport-{trial.slug}{"" if is_whole else "-une-page"}.pdf"'
    return response
