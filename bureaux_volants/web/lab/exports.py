"""What leaves a trial as files: its open data, published once; and where the employer's mobility plan is exported."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bureaux_volants.trials.errors import TrialRefused
from bureaux_volants.trials.models import Publication, Trial
from bureaux_volants.trials.publishing import publication
from bureaux_volants.web.access import AgentRequest, author_of

from .access import lab_page
from .frame import frame_of, trial_of


class PublishForm(forms.Form):
    """Whether the table by profile goes in."""

    with_profiles = forms.BooleanField(
        label=gettext_lazy("Ajouter le tableau des profils"),
        required=False,
        help_text=gettext_lazy(
            "Moyennes avant et après par groupe de cinq personnes semblables au moins : distance, employeur, télétravail."
        ),
    )


@require_safe
@lab_page
def exports(request: AgentRequest, slug: str) -> HttpResponse:
    return _page(request, trial_of(request, slug))


def _page(request: AgentRequest, trial: Trial, *, form: PublishForm | None = None, status: int = 200) -> HttpResponse:
    made = Publication.objects.filter(trial=trial).defer("package").first()
    context = {
        **frame_of(trial, "trial_exports"),
        "made": made,
        "against": [] if made else publication.reasons_against(trial, timezone.now()),
        "form": form or PublishForm(),
    }
    return render(request, "web/lab/exports.html", context, status=status)


@require_POST
@lab_page
def publish(request: AgentRequest, slug: str) -> HttpResponse:
    """Publish the open data of an ended trial, for good."""
    trial = trial_of(request, slug)
    form = PublishForm(request.POST)
    if form.is_valid():
        try:
            publication.publish(
                trial.territory_id,
                trial.pk,
                author_of(request),
                with_profiles=form.cleaned_data["with_profiles"],
                homepage=request.build_absolute_uri(reverse("trial_open_data", args=[slug])),
            )
        except TrialRefused as error:
            for reason in error.reasons:
                form.add_error(None, reason)
        else:
            messages.success(request, _("Les données sont publiées : l'archive ne changera plus."))
            return redirect("trial_exports", slug)
    return _page(request, trial, form=form, status=422)


@require_safe
@lab_page
def open_data(request: AgentRequest, slug: str) -> HttpResponse:
    """The archive as it was published."""
    made = Publication.objects.filter(trial=trial_of(request, slug)).first()
    if made is None:
        raise Http404
    response = HttpResponse(bytes(made.package), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="donnees-{slug}.zip"'
    return response
