"""Who takes part in a trial, how they were chosen, what opens when, who left. Numbers, never names; groups under five are not shown."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from bureaux_volants.trials import cohorts, leaving, opening
from bureaux_volants.trials.drawing import canonical
from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.models import CohortMember, Draw, Trial
from bureaux_volants.web.access import AgentRequest, author_of
from bureaux_volants.web.forms_lab import WithdrawForm

from .access import lab_page
from .frame import frame_of, json_answer, trial_of

FEWEST_PEOPLE = 5


def shown_counts(values: list[str]) -> list[tuple[str, int]]:
    """How many of each, largest first; those under five put together, with the next smallest when they are still under five."""
    counts = sorted(Counter(values).items(), key=lambda c: (-c[1], c[0]))
    shown = [c for c in counts if c[1] >= FEWEST_PEOPLE]
    rest = sum(n for _name, n in counts) - sum(n for _name, n in shown)
    while 0 < rest < FEWEST_PEOPLE and shown:
        rest += shown.pop()[1]
    return [*shown, (_("autres, ensemble"), rest)] if rest >= FEWEST_PEOPLE else shown


def _cohorts(trial: Trial) -> list[dict[str, Any]]:
    found = []
    for cohort in trial.cohorts.all():
        members = list(cohort.members.values_list("arm", "stratum", "left_on"))
        arms = shown_counts([str(CohortMember.Arm(arm).label) for arm, _stratum, _left in members])
        found.append(
            {
                "cohort": cohort,
                "volunteers": cohort.volunteers.count(),
                "size": len(members),
                "arms": arms,
                "strata": shown_counts([stratum for _arm, stratum, _left in members]) if cohort.strata else [],
                "left": sum(1 for _arm, _stratum, left in members if left is not None),
                "calls": cohorts.calls_for_volunteers(cohort),
            }
        )
    return found


@require_safe
@lab_page
def people(request: AgentRequest, slug: str) -> HttpResponse:
    return _page(request, trial_of(request, slug))


def _page(
    request: AgentRequest, trial: Trial, *, withdraw_form: WithdrawForm | None = None, status: int = 200
) -> HttpResponse:
    clusters = list(trial.clusters.select_related("commune"))
    phases = list(trial.phases.select_related("phase").prefetch_related("phase__sites"))
    draws = list(trial.draws.select_related("by", "cohort"))
    is_running = trial.state == Trial.State.RUNNING
    staying = [(c.commune_id, c.commune.name) for c in clusters if c.withdrew_on is None]
    today = request.directory.today(timezone.now())
    groups = _cohorts(trial)
    context = {
        **frame_of(trial, "trial_people"),
        "cohorts": groups,
        "is_calling": any(group["calls"] for group in groups),
        "is_late": trial.starts_on < today,
        "clusters": clusters,
        "phases": phases,
        "draws": [(draw, _drawn_from(draw), cohorts.drawn_again(draw)) for draw in draws],
        "awaits_draw": cohorts.awaits_draw(trial),
        "redo": next((d for d in draws if d.purpose == Draw.Purpose.ORDER), draws[0] if draws else None),
        "may_draw_order": is_running
        and trial.design == Trial.Design.STEPPED_WEDGE
        and all(d.purpose != Draw.Purpose.ORDER for d in draws),
        "may_open": is_running and not phases,
        "is_running": is_running,
        "withdraw_form": withdraw_form or WithdrawForm(communes=staying, today=today),
        "fewest": FEWEST_PEOPLE,
    }
    return render(request, "web/lab/people.html", context, status=status)


def _drawn_from(draw: Draw) -> int:
    if isinstance(draw.drawn_from, dict):
        return sum(len(numbers) for numbers in draw.drawn_from.values())
    return len(draw.drawn_from)


def _draw(request: AgentRequest, slug: str, draw_id: int) -> Draw:
    found = trial_of(request, slug).draws.filter(pk=draw_id).first()
    if found is None:
        raise Http404
    return found


@require_safe
@lab_page
def draw_list(request: AgentRequest, slug: str, draw_id: int) -> HttpResponse:
    """What a draw was made from, byte for byte: its SHA-256 is the digest. Numbers of accounts or INSEE codes, no name."""
    draw = _draw(request, slug, draw_id)
    return json_answer(f"tirage-{draw_id}-liste.json", canonical(draw.drawn_from))


@require_safe
@lab_page
def draw_result(request: AgentRequest, slug: str, draw_id: int) -> HttpResponse:
    """What came out of a draw, for whoever made it again."""
    draw = _draw(request, slug, draw_id)
    return json_answer(f"tirage-{draw_id}-resultat.json", canonical(draw.result))


@require_POST
@lab_page
def draw_order(request: AgentRequest, slug: str) -> HttpResponse:
    trial = trial_of(request, slug)
    try:
        cohorts.draw_order(trial.territory_id, trial.pk, author_of(request))
    except TrialRefused as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("L'ordre d'ouverture est tiré. Il ne le sera pas deux fois."))
    return redirect("trial_people", slug)


@require_POST
@lab_page
def make_cohort(request: AgentRequest, slug: str) -> HttpResponse:
    trial = trial_of(request, slug)
    cohort = trial.cohorts.first()
    if cohort is None:
        raise Http404
    try:
        cohorts.make_cohort(trial.territory_id, cohort.pk, author_of(request))
    except TrialRefused as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("La cohorte est constituée. Les personnes à qui l'on ouvre sont prévenues."))
    return redirect("trial_people", slug)


@require_POST
@lab_page
def open_steps(request: AgentRequest, slug: str) -> HttpResponse:
    trial = trial_of(request, slug)
    try:
        opened = opening.open_steps(trial.territory_id, trial.pk, author_of(request))
    except TrialRefused as error:
        messages.warning(request, error.message)
        return redirect("trial_people", slug)
    count = len(opened.phases)
    said = ngettext("%(count)d étape est prête.", "%(count)d étapes sont prêtes.", count) % {"count": count}
    messages.success(request, _("%(said)s Les réservations suivent l'essai dès maintenant.") % {"said": said})
    if opened.moved:
        names = ", ".join(site.name for site in opened.moved)
        messages.info(
            request, _("Ces sites ont quitté la phase à laquelle ils étaient : %(names)s.") % {"names": names}
        )
    return redirect("trial_people", slug)


@require_POST
@lab_page
def withdraw(request: AgentRequest, slug: str) -> HttpResponse:
    """A commune withdraws."""
    trial = trial_of(request, slug)
    staying = trial.clusters.filter(withdrew_on=None).select_related("commune")
    form = WithdrawForm(
        request.POST,
        communes=[(c.commune_id, c.commune.name) for c in staying],
        today=request.directory.today(timezone.now()),
    )
    if form.is_valid():
        data = form.cleaned_data
        try:
            done = leaving.withdraw_commune(
                trial.territory_id, trial.pk, data["commune"], data["day"], data["reason"], author_of(request)
            )
        except TrialRefused as error:
            form.add_error(None, error.message)
        else:
            told = sum(len(c.cancelled) + len(c.shortened) for c in done)
            said = ngettext(
                "Le retrait est enregistré. %(count)d réservation concernée a été prévenue.",
                "Le retrait est enregistré. %(count)d réservations concernées ont été prévenues.",
                told,
            )
            messages.success(request, said % {"count": told})
            return redirect("trial_people", slug)
    return _page(request, trial, withdraw_form=form, status=422)
